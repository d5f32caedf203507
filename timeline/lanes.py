"""What stands in the lanes above the list of a timeline: the events in view, the money and the conditions beside them.

An event's side comes from its actors' roles. A side is one state of the pair and the bodies beneath it; a person
counts through `serves`; armed groups, companies, parties and civil society belong to no side.
"""

from bisect import bisect
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection
from django.db.models import QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from relations import codelists, dates, pair
from relations.filters import bodies_beneath
from relations.models import Actor, AidCondition, Assessment, Theme, Transaction
from relations.models.base import EVER

from .amounts import in_short
from .drawing.dots import Dot, Lane
from .drawing.lanes import Law
from .models import Event, Participation
from .window import Period

CHOICES = {
    "side": pgettext_lazy("lanes by", "Who acts"),
    "theme": pgettext_lazy("lanes by", "Theme"),
    "actor": pgettext_lazy("lanes by", "Actor"),
    "class": pgettext_lazy("lanes by", "Class"),
}
MOST_EVENTS = 200
MOST_LANES = 8
FEW = 5000  # events in view, up to which each is looked at
MOST_RUNNING, MOST_WEIGHED = 50, 2000  # of what began before the window: shown, and looked at
SLICES = 20  # of the window, from which the events that do not all fit are taken evenly
MOST_AMOUNTS = 120
MOST_FINDINGS = 400
MOST_LAWS = 6

Role = Participation.Role
Kind = Actor.Kind
ROLES = ({Role.SOURCE, Role.PERPETRATOR}, {Role.SIGNATORY, Role.MEDIATOR}, {Role.PARTICIPANT}, set(Role))
OF_NO_SIDE = {Kind.ARMED_GROUP, Kind.COMPANY, Kind.POLITICAL_PARTY, Kind.CIVIL_SOCIETY}

# What money is drawn; what was only pledged, allowed or asked for is in its own list.
MONEY = {
    "committed": (gettext_lazy("Committed"), ("commitment", "obligation", "appropriation", "authorization", "award")),
    "disbursed": (gettext_lazy("Disbursed"), ("disbursement", "reimbursement", "buyer-payment", "settlement")),
    "held": (gettext_lazy("Held back"), ("suspension", "cancellation", "rescission", "reprogramming")),
}


# ------------------------------------------------------------------------------------------------------- events


def most_important(events: QuerySet[Event], period: Period) -> list[Event]:
    """Return the events that the lanes show: all of them, else the most important, each level whole as far as it fits.

    Of the level that does not fit, the same number of each twentieth of the period is taken, so that no end of it is
    empty for that. `events` are those in view, few enough to look at each; two queries.
    """
    rows = list(events.order_by("earliest", "key").values_list("importance", "earliest", "pk"))
    if len(rows) <= MOST_EVENTS:
        return list(shown(events))
    ends = _slices(period)
    chosen: list[int] = []
    for level in sorted(Event.Importance.values, reverse=True):
        of_level = [(earliest, pk) for importance, earliest, pk in rows if importance == level]
        room = MOST_EVENTS - len(chosen)
        if len(of_level) > room:
            taken: Counter[int] = Counter()
            for earliest, pk in of_level:
                n = max(bisect(ends, earliest) - 1, 0)
                if taken[n] < room // SLICES:
                    taken[n] += 1
                    chosen.append(pk)
            break
        chosen += [pk for _earliest, pk in of_level]
    return list(shown(Event.objects.published().filter(pk__in=chosen)))


def most_important_of_many(
    starting: QuerySet[Event], period: Period, running_in: QuerySet[Event] | None = None
) -> list[Event]:
    """Return what `most_important` does of any number of events, each level read from an index as far as it is shown.

    `starting` are the events that start in a period, `running_in` those that began before it. At most eight queries.
    """
    pks: list[int] = []
    if running_in is not None:
        rows = running_in.order_by().values_list("importance", "pk")[:MOST_WEIGHED]
        pks = [pk for _importance, pk in sorted(rows, reverse=True)[:MOST_RUNNING]]
    for level in sorted(Event.Importance.values, reverse=True):
        room = MOST_EVENTS - len(pks)
        of_level = starting.filter(importance=level).order_by("earliest", "key").values_list("pk", flat=True)
        found = list(of_level[: room + 1])
        if len(found) > room:
            pks += _of_slices(of_level, period, room // SLICES) if room >= SLICES else []
            break
        pks += found
    return list(shown(Event.objects.published().filter(pk__in=pks)))


def _of_slices(pks: QuerySet, period: Period, most: int) -> list[int]:
    """Return the first ids, at most so many, of each slice of a period; one query.

    Django makes no union of limited queries on SQLite. They differ in their ends alone, so that one is made into SQL,
    of which the ends are the last two values.
    """
    ends = [connection.ops.adapt_datefield_value(day) for day in (*_slices(period), date.max)]
    one = pks.filter(earliest__gte=period.first, earliest__lt=period.last)[:most]
    text, values = one.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            " UNION ALL ".join([f"SELECT * FROM ({text}) AS part"] * SLICES),  # noqa: S608
            [value for n in range(SLICES) for value in (*values[:-2], ends[n], ends[n + 1])],
        )
        return [pk for (pk,) in cursor.fetchall()]


def _slices(period: Period) -> list[date]:
    """Return where each of the slices of a period begins."""
    first, days = period.first.toordinal(), (period.last - period.first).days + 1
    return [date.fromordinal(first + days * n // SLICES) for n in range(SLICES)]


def shown(events: QuerySet[Event]) -> QuerySet[Event]:
    """Return them with what a mark needs and no more."""
    return events.only("key", "title", "date", "kind", "importance", "earliest", "latest")


def lanes_of(events: Sequence[Event], by: str, actors: Sequence[Actor] = ()) -> list[Lane]:
    """Return the lanes of events by one of CHOICES; those of actors for the given ones, else for whom they name most.

    An event stands once in each lane that it belongs to: once by side and class, perhaps in several by theme and actor.
    """
    lanes = {"side": _by_side, "theme": _by_theme, "class": _by_class}
    found = _by_actor(events, actors) if by == "actor" else lanes[by](events)
    return [
        Lane(title, note or events_in_words(len(rows)), [dot(event) for event in rows]) for title, note, rows in found
    ]


def dot(event: Event) -> Dot:
    """Return an event as it is drawn."""
    known = dates.parse(event.date)
    return Dot(known, event.title, event.get_absolute_url(), event.family, event.importance, key=event.key)


def events_in_words(n: int) -> str:
    return ngettext("%(n)s event", "%(n)s events", n) % {"n": n}


def _by_side(events):
    sides = {actor.key: actor for actor in Actor.objects.published().filter(key__in=pair.current().sides)}
    sides = [sides[key] for key in pair.current().sides if key in sides]
    of_event = sides_of(events, sides)
    found: dict[frozenset, list[Event]] = defaultdict(list)
    for event in events:
        found[of_event[event.pk]].append(event)
    acts = [(_("%(actor)s acts") % {"actor": side.label}, "", found[frozenset([side.pk])]) for side in sides]
    both = [(_("Both act"), "", found[frozenset(side.pk for side in sides)])] if len(sides) == 2 else []
    return [*acts[:1], *both, *acts[1:], (_("Others act"), "", found[frozenset()])]


def sides_of(events: Iterable[Event], sides: Sequence[Actor]) -> dict[int, frozenset[int]]:
    """Return the sides of each event by its id: the ids of one side, of both, or of none.

    Those decide who have the first role of ROLES that anybody has: where an armed group acts on a side, others act.
    """
    parts = defaultdict(list)
    named = Participation.objects.published().filter(event__in=[event.pk for event in events])
    for event, actor, role in named.order_by().values_list("event", "actor", "role"):
        parts[event].append((actor, role))
    side_of = _side_of({actor for found in parts.values() for actor, _role in found}, {side.pk for side in sides})
    found = {}
    for event in events:
        acting = next(
            (who for roles in ROLES if (who := [actor for actor, role in parts[event.pk] if role in roles])), []
        )
        found[event.pk] = frozenset(side_of[actor] for actor in acting if side_of.get(actor))
    return found


def _side_of(actors: set[int], sides: set[int]) -> dict[int, int | None]:
    """Return the side of each actor, over what it publicly is part of or serves; a query a level."""
    above: dict[int, tuple[set[int], str]] = {}
    wanted = set(actors)
    while wanted:
        rows = Actor.objects.published().filter(pk__in=wanted).order_by()
        for pk, kind, *up in rows.values_list("pk", "kind", "parent", "serves"):
            above[pk] = {other for other in up if other}, kind
        wanted = (
            {up for ups, _kind in above.values() for up in ups}
            - above.keys()
            - {pk for pk in wanted if pk not in above}
        )
    found = {}
    for actor in actors:
        near, seen = {actor}, set()
        while near and not near & sides:
            seen |= near
            # What is beneath a company or a party is not the state's either.
            near = {up for pk in near if pk in above and above[pk][1] not in OF_NO_SIDE for up in above[pk][0]} - seen
        found[actor] = min(near & sides, default=None)
    return found


def _by_theme(events):
    themes = Event.themes.through._base_manager.filter(event__in=[event.pk for event in events], theme__is_public=True)
    names = dict(Theme.objects.published().values_list("pk", "name"))
    of_theme, of_event = defaultdict(set), defaultdict(set)
    for event, theme in themes.values_list("event", "theme"):
        of_theme[theme].add(event)
        of_event[event].add(theme)
    fullest = sorted(of_theme, key=lambda theme: (-len(of_theme[theme]), names[theme]))[:MOST_LANES]
    lanes = [(names[pk], "", [event for event in events if event.pk in of_theme[pk]]) for pk in fullest]
    rest = [event for event in events if not of_event[event.pk] & set(fullest)]
    return [*lanes, (_("Other themes"), "", rest)]


def _by_actor(events, actors):
    parts = Participation.objects.published().filter(event__in=[event.pk for event in events])
    pairs = list(parts.order_by().values_list("event", "actor"))
    if not actors:
        most = Counter(actor for _event, actor in pairs).most_common()
        rows = Actor.objects.published().in_bulk([pk for pk, _n in most])
        most = sorted(most, key=lambda item: (-item[1], rows[item[0]].key))[:MOST_LANES]
        beneath = {rows[pk]: {pk} for pk, _n in most}
    else:
        beneath = {actor: set(_ids_beneath(actor)) for actor in actors[:MOST_LANES]}
    lanes = []
    for actor, bodies in beneath.items():
        of_actor = {event for event, pk in pairs if pk in bodies}
        lanes.append((actor.label, "", [event for event in events if event.pk in of_actor]))
    seen = {event for event, pk in pairs if any(pk in bodies for bodies in beneath.values())}
    return [*lanes, (_("Others"), "", [event for event in events if event.pk not in seen])]


def _ids_beneath(actor: Actor) -> list[int]:
    return list(Actor.objects.filter(pk__in=bodies_beneath([actor])).values_list("pk", flat=True))


def _by_class(events):
    of_kind = defaultdict(list)
    for event in events:
        of_kind[event.kind].append(event)
    labels = dict(codelists.event_kinds())
    fullest = sorted(of_kind, key=lambda kind: (-len(of_kind[kind]), kind))[:MOST_LANES]
    kinds = [kind for kind in labels if kind in fullest]
    rest = [event for event in events if event.kind not in fullest]
    return [*((str(labels[kind]), "", of_kind[kind]) for kind in kinds), (_("Other classes"), "", rest)]


# -------------------------------------------------------------------------------------------- money and conditions


def money(period: Period) -> list[Lane]:
    """Return a lane each of what was committed, disbursed and held back in a period; one query.

    A part of another amount is not drawn beside it. The largest are named.
    """
    group = {kind: name for name, (_label, kinds) in MONEY.items() for kind in kinds}
    rows = (
        Transaction.objects.published()
        .during(period.first, period.last)
        .filter(kind__in=group, part_of=None)
        .exclude(earliest=EVER[0], latest=EVER[1])
        .select_related("programme", "investment")
    )
    dots: dict[str, list[Dot]] = {name: [] for name in MONEY}
    for row in rows.order_by("-amount", "key")[:MOST_AMOUNTS]:
        name, figure = group[row.kind], in_short(row.amount, row.currency)
        known = dates.parse(row.date if row.date else f"{row.earliest}/{row.latest}")
        title = f"{figure}, {row.get_kind_display()}: {row.programme or row.investment}"
        dots[name].append(Dot(known, title, row.get_absolute_url(), f"money-{name}", 3, label=figure))
    return [
        Lane(str(MONEY[name][0]), ngettext("%(n)s amount", "%(n)s amounts", len(found)) % {"n": len(found)}, found)
        for name, found in dots.items()
        if found
    ]


@dataclass(frozen=True)
class Laws:
    """The conditions that lie in a period: how many there are, and those that are drawn."""

    total: int
    laws: list[Law]


def conditions(period: Period) -> Laws:
    """Return the conditions possibly in force in a period, those of which most was found in it first; three queries."""
    in_force = (
        AidCondition.objects.published()
        .during(period.first, period.last)
        .exclude(in_force="")
        .exclude(stage="proposed")
    )
    total = in_force.count()
    found = (
        Assessment.objects.published()
        .during(period.first, period.last)
        .filter(condition__in=in_force.values("pk"))
        .select_related("condition")
        .order_by("earliest", "key")[:MOST_FINDINGS]
    )
    findings = defaultdict(list)
    for finding in found:
        findings[finding.condition].append(finding)
    rows = sorted(findings, key=lambda row: (-len(findings[row]), not row.short_title, row.key))[:MOST_LAWS]
    if len(rows) < MOST_LAWS:
        others = in_force.exclude(pk__in=[row.pk for row in rows]).order_by("earliest", "key")
        rows += others[: MOST_LAWS - len(rows)]
    laws = [
        Law(
            dates.parse(row.in_force),
            row.short_title or row.title,
            row.get_absolute_url(),
            [
                Dot(
                    dates.parse(finding.date),
                    f"{capfirst(finding.get_finding_display())}: {row.short_title or row.title}",
                    finding.get_absolute_url(),
                    finding=finding.finding,
                )
                for finding in findings[row]
            ],
        )
        for row in sorted(rows, key=lambda row: (row.earliest, row.key))
    ]
    return Laws(total, laws)
