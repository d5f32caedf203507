"""Actors: the list, and one with its parts in events, its findings, its money and whom it acts with."""

from collections import Counter

from django.db.models import Count, Max, Min, Q
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from relations import dates
from relations.codelists import FAMILIES, family_of
from relations.models import Actor, AidProgramme, Transaction
from relations.models.base import EVER

from .. import paging
from ..drawing.dots import Dot, Lane, draw_lanes
from ..models import Event, Participation
from .records import MOST_DOTS, RecordDetail, RecordList, events_in_words, in_list, judgements_on, own_events

MOST_TOGETHER = 8
MOST_MONEY = 12

Role = Participation.Role
LANES = (
    (gettext_lazy("Acts"), (Role.SOURCE, Role.PERPETRATOR)),
    (gettext_lazy("Takes part"), (Role.SIGNATORY, Role.MEDIATOR, Role.PARTICIPANT)),
    (gettext_lazy("Is acted on"), (Role.TARGET, Role.VICTIM)),
    (gettext_lazy("Hosts"), (Role.HOST,)),
)


class ActorList(RecordList):
    model = Actor
    template_name = "timeline/actor_list.html"
    lead = gettext_lazy("Who acts: states and their bodies, forces, groups, companies and persons.")
    orders = {"key": paging.BY_KEY}
    panel = ("q", "kind", "country", "parent", "serves")

    def more(self, found, page):
        parts = Participation.objects.published().filter(actor__in=[row.pk for row in page.rows])
        counts = dict(parts.order_by().values_list("actor").annotate(n=Count("pk")))
        return {"rows": [(actor, counts.get(actor.pk, 0)) for actor in page.rows]}


class ActorDetail(RecordDetail):
    model = Actor
    template_name = "timeline/actor_detail.html"
    takes_parameters = True

    def get_queryset(self):
        return super().get_queryset().select_related("parent", "serves")

    def crumb(self, record):
        return record.label

    def context(self, record):
        parts = record.participations.published()
        events = Event.objects.published().filter(pk__in=parts.values("event"))
        findings = list(record.decided.published().select_related("condition").order_by("-earliest", "-key"))
        money = Transaction.objects.published().filter(Q(provider=record) | Q(receiver=record))
        kinds = list(
            events.order_by()
            .values("kind")
            .annotate(n=Count("pk"), first=Min("earliest"), last=Max("latest"))
            .values_list("kind", "n", "first", "last")
        )
        families = Counter()
        for kind, n, _first, _last in kinds:
            families[family_of(kind)] += n
        return {
            **own_events(self.request, events),
            "facts": _facts(record, kinds),
            "numbers": [
                (sum(families.values()), _("events"), "#events"),
                (len(findings), _("findings on conditions"), "#findings"),
                (money.count(), _("amounts given or received"), "#money"),
            ],
            "lanes": draw_lanes(_lanes(parts, findings), href=in_list(f"actor={record.key}")),
            "families": [(name, label, families[name]) for name, (label, _kinds) in FAMILIES.items()],
            "most": max(families.values(), default=1),
            "together": _together(record, parts),
            "findings": findings,
            "money": money.select_related("programme", "investment").order_by("-earliest", "-key")[:MOST_MONEY],
            "aid": AidProgramme.objects.published()
            .filter(Q(provider=record) | Q(recipient=record))
            .order_by("-earliest", "key"),
            "stakes": record.stakes.published().select_related("investment").order_by("investment__key", "position"),
            "judgements": judgements_on(record.judgements),
        }


def _facts(actor: Actor, kinds) -> list[dict]:
    facts = [{"label": _("Kind"), "text": capfirst(actor.get_kind_display())}]
    if actor.country:
        facts.append({"label": _("Country"), "text": actor.get_country_display()})
    for label, other in ((_("Part of"), actor.parent), (_("Serves"), actor.serves)):
        if other and other.is_public:
            facts.append({"label": label, "links": [(other.get_absolute_url(), other.name)]})
    below = Actor.objects.published().filter(Q(parent=actor) | Q(serves=actor)).order_by("key")
    bodies, persons = [], []
    for other in below:
        (bodies if other.parent_id == actor.pk else persons).append((other.get_absolute_url(), other.label))
    for label, links in ((_("Holds"), bodies), (_("Persons"), persons)):
        if links:
            facts.append({"label": label, "links": links})
    names = [*([actor.short_name] if actor.short_name else []), *actor.alias_list]
    if names:
        facts.append({"label": _("Known as"), "text": ", ".join(names)})
    for text in filter(None, actor.outside_ids.split("|")):
        scheme, _colon, identifier = text.partition(":")
        if scheme == "wikidata":
            facts.append({"label": _("Elsewhere"), "links": [(f"https://www.wikidata.org/wiki/{identifier}", text)]})
        else:
            facts.append({"label": _("Elsewhere"), "text": text})
    days = [day for _kind, _n, first, last in kinds for day in (first, last) if day not in EVER]
    if days:
        first, last = (dates.parse(day.isoformat()).short() for day in (min(days), max(days)))
        facts.append({"label": _("On record"), "text": _("%(first)s to %(last)s") % {"first": first, "last": last}})
    return facts


def _lanes(parts, findings) -> list[Lane]:
    shown = parts.select_related("event").order_by("-event__importance", "-event__earliest", "-event__key")[:MOST_DOTS]
    lane_of = {role: str(title) for title, roles in LANES for role in roles}
    dots: dict[str, list[Dot]] = {str(title): [] for title, _roles in LANES}
    for part in shown:
        event = part.event
        dots[lane_of[part.role]].append(
            Dot(dates.parse(event.date), event.title, event.get_absolute_url(), event.family, event.importance)
        )
    lanes = [Lane(title, events_in_words(len(found)), found) for title, found in dots.items()]
    found = [
        Dot(
            dates.parse(row.date),
            f"{row.get_finding_display()}: {row.condition}",
            row.get_absolute_url(),
            finding=row.finding,
        )
        for row in findings
    ]
    note = ngettext("%(n)s finding", "%(n)s findings", len(found)) % {"n": len(found)}
    return [*lanes, Lane(_("Finds"), note, found)]


def _together(actor: Actor, parts) -> list[tuple[Actor, int]]:
    """Return the actors that take part in most of the same events, with how many they share."""
    others = (
        Participation.objects.published()
        .filter(event__in=parts.values("event"))
        .exclude(actor=actor)
        .order_by()
        .values_list("actor")
        .annotate(n=Count("pk"))
        .order_by("-n", "actor__key")[:MOST_TOGETHER]
    )
    counts = dict(others)
    rows = Actor.objects.published().in_bulk(counts)
    return [(rows[pk], n) for pk, n in counts.items()]
