"""The timeline: the strip of all years with a window on it, and what is in view; all filters are in the address."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import groupby

from django.db.models import Exists, F, OuterRef
from django.http import QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from relations import codelists
from relations.filters import ReferencesFilter, bodies_beneath, not_among
from relations.models import Actor

from .. import counts, facets, lanes, paging, summaries
from ..counts import Of
from ..drawing.lanes import Picture, draw_window
from ..drawing.strip import draw_strip
from ..feeds import Asked, EventFeed
from ..filters import BadQuery, EventFilter, QueryFault
from ..footnotes import Footnotes
from ..models import Event, Participation
from ..window import RANGES, Period, Window, whole_years

ORDERS = {"oldest": paging.OLDEST, "newest": paging.NEWEST}
PERIOD = ("from", "to", "certainty")
PLACE = ("after", "before")  # of a page in the list
PANEL = (
    "q",
    "importance",
    "family",
    "theme",
    "actor",
    "kind",
    "country",
    "place",
    "precision",
    "evidence",
    "money",
    "finding",
    "certainty",
)
FULLEST_FIRST = ("theme", "kind", "country")
UNCOMMON = ("kind", "country", "finding")  # of which what nothing has is not offered
MOST_COUNTED = 20_000  # events of which it is counted what each value of a filter would find
# The view in other forms: each is the pattern `timeline-NAME`, which takes the same filters.
FORMS = {
    "csv": "CSV",
    "json": "JSON",
    "timelinejs": "TimelineJS",
    "ics": gettext_lazy("Calendar"),
    "feed": gettext_lazy("Feed"),
    "svg": "SVG",
    "embed": gettext_lazy("Embed"),
    "print": gettext_lazy("Print"),
}
PICTURES = ("svg", "embed")
LANES = "lanes"  # the parameter that says what the lanes are by; it narrows nothing
MOST_ADVICE = 6  # filters of which an empty result says what is found without them
MOST_PRINTED = 1000


@dataclass(frozen=True)
class Active:
    """A filter that is set: its name and value in words, and the address without it."""

    name: str
    label: str
    words: str
    href: str


@dataclass(frozen=True)
class Without:
    """What is found without one filter: its name and values in words, how many events, and their address."""

    label: str
    words: str
    count: int
    href: str


class View:
    """The address of a timeline, read: its filters, its window, and the addresses one step away.

    Raises BadQuery saying what would be right.
    """

    def __init__(self, request, page_parameters: tuple[str, ...] = paging.PARAMETERS):
        self.request, self.data = request, request.GET
        self.filters = EventFilter(
            self.data, Event.objects.published(), request=request, also=(LANES,), page_parameters=page_parameters
        )
        self.events = self.filters.valid_or_400()
        self.lanes_by = self._lanes_by()
        self.kept = counts.counts()
        span = summaries.years_of(self.kept)
        self.whole = whole_years(*span) if span else None
        asked = self.filters.period()
        self.window = Window(self.whole, Period(*asked) if asked else None) if span else None

    def _lanes_by(self) -> str:
        by = self.data.get(LANES) or next(iter(lanes.CHOICES))
        message = ""
        if by not in lanes.CHOICES or len(self.data.getlist(LANES)) > 1:
            message = not_among(", ".join(self.data.getlist(LANES)), lanes.CHOICES.items())
        elif by == "actor" and len(self.actors) > lanes.MOST_LANES:
            message = _("lanes by actor show %(most)s at most; leave the others out") % {"most": lanes.MOST_LANES}
        if message:
            raise BadQuery([QueryFault(LANES, by, message)], self.data, self.filters.known)
        return by

    @property
    def actors(self) -> list:
        """The actors that are asked for."""
        return self.filters.form.cleaned_data["actor"] or []

    # Addresses

    def address(self, *, without: tuple[str, ...] = (), name: str = "timeline", **changes: str) -> str:
        """Return the address of this view with other values, at its first page; `from_` stands for from."""
        data = _copied(self.data, without=(*PLACE, *without))
        for key, value in changes.items():
            data[key.removesuffix("_")] = value
        query = data.urlencode()
        return reverse(f"timeline:{name}") + (f"?{query}" if query else "")

    def of_period(self, period: Period | None) -> str:
        """Return the address of this view of another period; of all there is where there is none."""
        if period is None:
            return self.address(without=("from", "to"))
        first, last = period.texts
        return self.address(from_=first, to=last)

    def of_years(self, first: int, last: int) -> str:
        return self.address(from_=f"{first:04}", to=f"{last:04}")

    def of_days(self, first: date, last: date) -> str:
        """Return the address of this view of some days; where they are in view already, its list."""
        period = Period(first, last)
        return f"{self.address()}#list" if period == self.window.period else self.of_period(period)

    def form(self, name: str) -> str:
        """Return the address of this view in one of FORMS: PICTURES have its lanes, print its order, others neither."""
        without = ("order",) if name in PICTURES else (LANES,) if name == "print" else ("order", LANES)
        return self.address(name=f"timeline-{name}", without=without)

    def at(self, cursor: tuple[str, str] | None) -> str:
        """Return the address of another page of the list; "" where there is none."""
        if cursor is None:
            return ""
        data = _copied(self.data, without=PLACE)
        data[cursor[0]] = cursor[1]
        return f"{reverse('timeline:timeline')}?{data.urlencode()}"

    def hidden(self, *names: str) -> list[tuple[str, str]]:
        """Return what a form that asks for `names` carries along."""
        return [pair for pair in _pairs(self.data) if pair[0] not in (*names, *PLACE)]

    # What is asked

    def narrowed(self, *without: str):
        """Return the events that the address asks for without some of its filters; values are not read again."""
        events, values = Event.objects.published(), self.filters.form.cleaned_data
        for name, item in self.filters.filters.items():
            if name not in without:
                events = item.filter(events, values[name])
        period = None if "from" in without else self.filters.period()
        return events.during(*period, certainly=values["certainty"] == "certainly") if period else events

    def active(self) -> list[Active]:
        """Return the filters that are set, the period first."""
        found = []
        if self.filters.period():
            certainly = self.filters.form.cleaned_data.get("certainty") == "certainly"
            words = self.asked_words()
            label = _("Certainly in the period") if certainly else _("Period")
            found.append(Active("from", label, words, self.address(without=PERIOD)))
        for name, value in self.filters.asked():
            if name not in (*PERIOD, LANES):
                label, words = self._in_words(name, value)
                found.append(Active(name, label, words, self._dropping(name, value)))
        return found

    def asked_words(self) -> str:
        """Return the period as it was asked for: `2009 – 2013`, `since 2009`."""
        first, last = (self.filters.form.cleaned_data.get(name) for name in ("from", "to"))
        if first and last:
            period = Period(first.earliest, last.latest)
            return period.words
        return _("since %(date)s") % {"date": first.short()} if first else _("until %(date)s") % {"date": last.short()}

    def _in_words(self, name: str, value: str) -> tuple[str, str]:
        item = self.filters.filters[name]
        if isinstance(item, ReferencesFilter):
            rows = {row.key: row for row in self.filters.form.cleaned_data[name]}
            row = rows.get(value) or next(iter(rows.values()), None)
            return str(item.label), getattr(row, "label", None) or str(row or value)
        words = dict(item.words) if hasattr(item, "words") else {}
        return str(item.label), str(words.get(value) or words.get(int(value) if value.isdigit() else value) or value)

    def _dropping(self, name: str, value: str) -> str:
        data = _copied(self.data, without=(*PLACE, name))
        data.setlist(name, [other for other in self.data.getlist(name) if other not in (value, "")])
        query = data.urlencode()
        return reverse("timeline:timeline") + (f"?{query}" if query else "")

    # How many there are

    def counts_by_year(self) -> dict[tuple[int, str], int]:
        """Return how many events of any period the other filters leave, by year and family."""
        found = self._kept_counts()
        return summaries.counts_by_year(self.narrowed(*PERIOD)) if found is None else found

    def _kept_counts(self) -> dict[tuple[int, str], int] | None:
        """Return what is kept of all events, of one theme and of one actor; None where something else is asked for."""
        asked = [name for name, _value in self.filters.asked() if name not in (*PERIOD, LANES)]
        of = {(): Of.ALL, ("theme",): Of.THEME, ("actor",): Of.ACTOR}.get(tuple(asked))
        if of is None or of == Of.ALL:
            return None if of is None else self.kept
        return counts.counts(of, self.filters.form.cleaned_data[asked[0]][0].pk)

    def total(self, counted: int | None) -> int | None:
        """Return how many events there are: as they were counted, else as it is kept; None where nobody knows."""
        if counted is not None or self.filters.period():
            return counted
        found = self._kept_counts()
        return None if found is None else sum(found.values())

    def counts_by_part(self, parts: summaries.Parts) -> dict[tuple[date, date], Counter[str]]:
        """Return how many events of the view start in each part of its window, by family.

        By years and of all of the record the numbers are those of the strip, which are kept.
        """
        if self.window.asked or parts.unit != "year":
            return parts.counts(self.events)
        found: dict[tuple[date, date], Counter[str]] = defaultdict(Counter)
        for (year, family), n in self.counts_by_year().items():
            found[parts.of(date(year, 1, 1))][family] += n
        return found

    def most_important(self, total: int | None) -> list[Event]:
        """Return the events that the lanes show, of `total` in view, None where there are too many to count."""
        period = self.window.period
        if total is not None and total <= lanes.FEW:
            return lanes.most_important(self.events, period)
        is_certain = self.filters.form.cleaned_data["certainty"] == "certainly"
        if is_certain or not self.window.asked:
            return lanes.most_important_of_many(self._probed(self.narrowed("theme", "actor")), period)
        events = self._probed(self.narrowed("theme", "actor", *PERIOD))
        return lanes.most_important_of_many(
            events.filter(earliest__gte=period.first, earliest__lte=period.last),
            period,
            # Said again so that the index of what lasts can answer.
            events.filter(earliest__lt=period.first, latest__gte=period.first, latest__gt=F("earliest")),
        )

    def _probed(self, events):
        """Return those of the themes and actors that are asked for, each event looked up when its turn comes.

        Where there are many it is quicker to try the first in order than to gather all that a theme or an actor has.
        """
        if themes := self.filters.form.cleaned_data["theme"]:
            through = Event.themes.through.objects.filter(event=OuterRef("pk"), theme__in=themes)
            events = events.filter(Exists(through))
        if self.actors:
            bodies = list(Actor.objects.filter(pk__in=bodies_beneath(self.actors)).values_list("pk", flat=True))
            events = events.filter(Exists(Participation.objects.filter(event=OuterRef("pk"), actor__in=bodies)))
        return events

    def counts(self, total: int | None) -> dict[str, dict[str, int]]:
        """Return how many events each value of the filters has in this view, were it the only one of its filter.

        Of a large record only where the view has at most MOST_COUNTED events, `total`, and the filter is not set:
        without it there may be any number.
        """
        is_small = sum(self.kept.values()) <= MOST_COUNTED
        if not is_small and (total is None or total > MOST_COUNTED):
            return {}
        names = dict.fromkeys(name for name, _value in self.filters.asked() if name not in (*PERIOD, LANES))
        return facets.count(self.events, {name: self.narrowed(name) for name in names}, is_all=is_small)

    def panel(self, total: int | None) -> list[dict]:
        """Return the fields of the filter with their counts, the fullest first where there are many."""
        found = self.counts(total)
        fields = self.filters.panel(PANEL, found)
        for field in fields:
            if field["name"] in FULLEST_FIRST:
                field["choices"].sort(
                    key=lambda choice: (
                        choice["value"] != "",
                        not choice["is_chosen"],
                        -(choice["count"] or 0),
                        choice["label"],
                    )
                )
            if field["name"] in UNCOMMON:
                of_use = [choice for choice in field["choices"] if choice["count"] != 0 or choice["is_chosen"]]
                field["choices"], field["shown"] = of_use, 6 if len(of_use) > 8 else len(of_use)
            if field["name"] == "actor":
                field["value"], field["also"] = "", self._actors(bool(found))
        return fields

    def _actors(self, is_counted: bool) -> list[dict]:
        """Return the chosen actors and those that take part in most, as boxes above the field for another."""
        chosen = self.actors
        most = facets.actors(self.events, chosen=chosen) if is_counted else []
        pairs = [*((actor, None) for actor in chosen), *most]
        return [
            {"value": actor.key, "label": actor.label, "is_chosen": actor in chosen, "count": n} for actor, n in pairs
        ]


def _pairs(data: QueryDict) -> list[tuple[str, str]]:
    return [(name, value) for name, values in data.lists() for value in values if value]


def _copied(data: QueryDict, *, without: tuple[str, ...]) -> QueryDict:
    copy = QueryDict(mutable=True)
    for name, value in _pairs(data):
        if name not in without:
            copy.appendlist(name, value)
    return copy


def fragment(request):
    """Answer the parts of the page that follow its window, for who has the rest: numbers, controls, strip and lanes."""
    view = View(request)
    context = {
        "title": _title(view),
        "total": view.total(paging.total_of(view.events)),
        "active": view.active(),
        "hidden": {"window": view.hidden("from", "to")},
    }
    if view.window:
        context |= _window(view, context["total"])
    return render(request, "timeline/_lanes_view.html", context)


def timeline(request):
    view = View(request)
    page = paging.page(view.events.for_list(), ORDERS, request.GET)
    context = {
        "section": "timeline",
        "title": _title(view),
        "total": view.total(page.total),
        "groups": by_year(page.rows),
        "order": page.order,
        "pager": {
            "previous": view.at(page.previous),
            "next": view.at(page.next),
            "first": page.first,
            "last": page.last,
            "total": page.total,
            "size": page.size,
        },
        "active": view.active(),
        "panel": view.panel(page.total),
        "hidden": {"window": view.hidden("from", "to"), "filter": view.hidden(*PANEL)},
        "all": view.address(without=tuple(view.filters.filters)),
        "orders": [
            (order.label, view.address(order=name) if name != "oldest" else view.address(without=("order",)))
            for name, order in ORDERS.items()
            if order is not page.order
        ],
        "forms": [(words, view.form(name)) for name, words in FORMS.items()],
    }
    context["page"] = {
        "title": context["title"],
        "csv": view.form("csv"),
        "json": view.form("json"),
        "feed": view.form("feed"),
        "noindex": bool(request.GET),
    }
    if view.window:
        context |= _window(view, page.total)
    if not page.rows:
        context |= _advice(view, context["active"])
    return render(request, "timeline/timeline.html", context)


def _title(view: View) -> str:
    if not view.filters.period():
        return _("Timeline")
    return _("Timeline, %(period)s") % {"period": view.asked_words()}


def picture(view: View, total: int | None) -> Picture:
    """Return the lanes of what is in view: the most important events, what more there is, money and conditions.

    `total` is how many events there are; None where there are too many to count.
    """
    period = view.window.period
    events = view.most_important(total) if total != 0 else []
    further = {}
    if len(events) != total:
        parts = summaries.Parts(period)
        further = view.counts_by_part(parts)
        for event in events:
            days = parts.of(summaries.start_of(event.earliest, event.latest))
            if days in further:
                further[days][event.family] -= 1
        further = {days: +found for days, found in further.items() if +found}
    laws = lanes.conditions(period)
    return draw_window(
        lanes.lanes_of(events, view.lanes_by, view.actors),
        first=period.first,
        last=period.last,
        href=view.of_days,
        further=further,
        money=lanes.money(period),
        laws=laws.laws,
        in_force=laws.total,
    )


def _window(view: View, total: int | None) -> dict:
    window = view.window
    earlier, later = window.earlier(), window.later()
    ranges = [(length, window.of_years(length)) for length in RANGES]
    return {
        "window": window,
        "strip": draw_strip(
            view.counts_by_year(),
            first=view.whole.first.year,
            last=view.whole.last.year,
            href=view.of_years,
            window=window.period.years if window.asked else None,
        ),
        "earlier": earlier and (view.of_period(earlier), earlier.words),
        "later": later and (view.of_period(later), later.words),
        "ranges": [
            (
                view.of_period(period),
                ngettext("%(n)s year", "%(n)s years", length) % {"n": length},
                window.length == length,
            )
            for length, period in ranges
            if period
        ]
        + [(view.of_period(None), _("All"), window.asked is None)],
        "ends": [view.data.get("from", ""), view.data.get("to", "")],
        "picture": picture(view, total),
        "lanes_by": [
            (
                label,
                view.address(lanes=name) if name != "side" else view.address(without=(LANES,)),
                name == view.lanes_by,
            )
            for name, label in lanes.CHOICES.items()
        ],
    }


def by_year(events: list[Event]) -> list[tuple[int, list[Event]]]:
    """Return events in their order as (year, events of it); where the first day is open, the year of the last."""

    def year(event):
        return (event.latest if event.earliest == date.min else event.earliest).year

    return [(found, list(rows)) for found, rows in groupby(events, key=year)]


def _advice(view: View, active: list[Active]) -> dict:
    """Return what an empty result says: what is found without each filter, and the nearest events before and after."""
    without = []
    for name in list(dict.fromkeys(item.name for item in active))[:MOST_ADVICE]:
        names = PERIOD if name == "from" else (name,)
        of_name = [item for item in active if item.name == name]
        words = ", ".join(item.words for item in of_name)
        count = view.narrowed(*names).count()
        without.append(Without(of_name[0].label, words, count, view.address(without=names)))
    nearest = []
    if period := view.filters.period():
        others = view.narrowed(*PERIOD)
        nearest = [
            others.filter(earliest__lt=period[0]).order_by("-earliest", "-key").first(),
            others.filter(earliest__gte=period[0]).order_by("earliest", "key").first(),
        ]
    return {
        "without": [item for item in sorted(without, key=lambda item: -item.count) if item.count],
        "nearest": [event for event in nearest if event],
    }


def printed(request):
    """Answer all of the view on one page, as a dated chronology to be printed."""
    view = View(request, page_parameters=("order",))
    page = paging.page(view.events.for_list(), ORDERS, request.GET, size=MOST_PRINTED)
    notes = Footnotes()
    context = {
        "section": "timeline",
        "title": _title(view),
        "active": view.active(),
        "groups": [
            (year, [(event, _facts(event), notes.of(event)) for event in events]) for year, events in by_year(page.rows)
        ],
        "sources": notes.sources,
        "total": page.total,
        "shown": len(page.rows),
        "is_cut": bool(page.next),
        "back": view.address(),
        "csv": view.form("csv"),
        "page": {"title": _title(view), "noindex": True},
    }
    return render(request, "timeline/timeline_print.html", context)


def _facts(event: Event) -> str:
    """Return class, importance and who took part on one line."""
    roles, kinds, levels = _labels()
    parts = ", ".join(f"{part.actor.label} ({roles[part.role]})" for part in event.participations.all())
    return "; ".join(filter(None, (f"{kinds[event.kind]}, {levels[event.importance]}", parts)))


@cache
def _labels() -> tuple[dict, dict, dict]:
    # Django's own get_…_display() hashes all choices at each call, which a thousand events would feel.
    return dict(Participation.Role.choices), dict(codelists.event_kinds()), dict(Event.Importance.choices)


class TimelineFeed(EventFeed):
    """The events of a view that were published last, as Atom."""

    def get_object(self, request):
        view = View(request, page_parameters=())
        words = "; ".join(f"{item.label}: {item.words}" for item in view.active())
        return Asked(view.events, words, view.address(), view.address(name="timeline-feed"))
