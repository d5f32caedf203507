"""How many events of a view each value of its filters has, were it the only one of its filter."""

from collections import Counter
from collections.abc import Callable, Mapping

from django.db.models import Case, CharField, Count, QuerySet, Value, When

from relations import codelists
from relations.evidence import OFFICIAL
from relations.models import Actor, Assessment

from .filters import MONEY, PRECISE
from .models import Event, EventCitation, Participation

MOST_ACTORS = 8

Counts = dict[str, int]
COLUMNS = ("importance", "kind", "country", "precision")  # of an event, which one query can count together


def count(events: QuerySet[Event], others: Mapping[str, QuerySet[Event]], *, is_all: bool) -> dict[str, Counts]:
    """Return {name of a filter: {value: events}} of a view.

    `others` has for each filter that is set the events of the view without it. Without `is_all` those are not counted.
    """
    found: dict[str, Counts] = {}
    for name, queryset in [("", events), *others.items()] if is_all else [("", events)]:
        own = {name} if name else {*COLUMNS, "family", *FACETS} - others.keys()
        columns = [column for column in COLUMNS if column in own or (column == "kind" and "family" in own)]
        if columns:
            by_column = _together(queryset, columns)
            if "family" in own:
                by_column["family"] = _of_families(by_column["kind"])
            if "importance" in own:
                levels = by_column["importance"]
                by_column["importance"] = {str(n): sum(levels[m] for m in range(n, 6)) for n in range(1, 6)}
            found |= {column: counts for column, counts in by_column.items() if column in own}
        found |= {of: facet(queryset) for of, facet in FACETS.items() if of in own}
    return found


def _together(events: QuerySet[Event], columns: list[str]) -> dict[str, Counter]:
    cases = [When(condition, then=Value(name)) for name, condition in PRECISE.items()]
    if "precision" in columns:
        events = events.annotate(precision=Case(*cases, default=Value(""), output_field=CharField()))
    found = {column: Counter() for column in columns}
    for *values, n in events.order_by().values_list(*columns).annotate(n=Count("pk")):
        for column, value in zip(columns, values, strict=True):
            found[column][value] += n
    return found


def _of_families(kinds: Counts) -> Counts:
    return {name: sum(kinds[kind] for kind in of_family) for name, (_label, of_family) in codelists.FAMILIES.items()}


def theme(events: QuerySet[Event]) -> Counts:
    themes = Event.themes.through.objects.filter(event__in=events, theme__is_public=True)
    return dict(themes.values_list("theme__key").annotate(n=Count("pk")).order_by())


def money(events: QuerySet[Event]) -> Counts:
    cases = {name: Count(Case(When(condition(), then="pk"))) for name, (_label, condition) in MONEY.items()}
    return events.order_by().aggregate(**cases)


def finding(events: QuerySet[Event]) -> Counts:
    public = Assessment.objects.published().values("pk")
    found = Event.assessments.through.objects.filter(event__in=events, assessment__in=public)
    return dict(found.values_list("assessment__finding").annotate(n=Count("event", distinct=True)).order_by())


def evidence(events: QuerySet[Event]) -> Counts:
    cited = EventCitation.objects.published().filter(record__in=events).with_origins().order_by()
    weighed = cited.values("record").annotate(
        sources=Count("origin_source", distinct=True),
        publishers=Count("origin_publisher", distinct=True),
        official=Count(Case(When(source__kind__in=OFFICIAL, then="pk"))),
    )
    found: Counter = Counter()
    for sources, publishers, official in weighed.values_list("sources", "publishers", "official"):
        found["one-publisher"] += publishers == 1
        found["two-publishers"] += publishers >= 2
        found["three-sources"] += sources >= 3
        found["official" if official else "unofficial"] += 1
    return found


def actors(events: QuerySet[Event], *, chosen: list[Actor] = ()) -> list[tuple[Actor, int]]:
    """Return the actors that take part in most of them, as they are named and without the bodies beneath, two queries.

    `chosen` ones are not among them.
    """
    parts = Participation.objects.published().filter(event__in=events).exclude(actor__in=chosen)
    most = parts.order_by().values_list("actor").annotate(n=Count("pk")).order_by("-n", "actor__key")[:MOST_ACTORS]
    counts = dict(most)
    rows = Actor.objects.published().in_bulk(counts)
    return [(rows[pk], n) for pk, n in counts.items()]


# Those that take a query each.
FACETS: dict[str, Callable[[QuerySet[Event]], Counts]] = {
    "theme": theme,
    "evidence": evidence,
    "money": money,
    "finding": finding,
}
