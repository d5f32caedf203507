"""Totals of the figures of events: each of one thing in one unit, from the lowest to the highest that sources state."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from .models import Figure, in_numbers
from .serializing import list_of, object_of


@dataclass(frozen=True)
class Total:
    """What some events counted of one thing in one unit.

    `best` is None where a figure has only bounds, `high` where one says “at least”. `may_count_twice` where the same
    people may be in it more than once: groups of one event that overlap, or who was displaced again.
    """

    counts: str
    unit: str
    events: int
    low: int
    best: int | None
    high: int | None
    may_count_twice: bool

    @property
    def label(self) -> str:
        """What was counted, in words: “killed”."""
        return str(Figure.Counts(self.counts).label)

    @property
    def number(self) -> str:
        """The total as it is read, with what was counted: “842 (810–1,034) people”."""
        return f"{in_numbers(self.low, self.best, self.high)} {Figure.Unit(self.unit).label}"


def totals(events: QuerySet) -> list[Total]:
    """Return the totals of the public figures of a queryset of events, by what they count and in which unit."""
    found = (
        Figure.objects.counted(events)
        .order_by()
        .values("counts", "unit")
        .annotate(
            events=Count("event", distinct=True),
            figures=Count("pk"),
            lows=Sum(Coalesce("low", "best", 0)),
            bests=Sum("best"),
            with_best=Count("best"),
            highs=Sum(Coalesce("high", "best")),
            with_high=Count(Coalesce("high", "best")),
        )
    )
    order, units = list(Figure.Counts), list(Figure.Unit)
    return sorted(
        (
            Total(
                row["counts"],
                row["unit"],
                row["events"],
                int(row["lows"]),
                int(row["bests"]) if row["with_best"] == row["figures"] else None,
                int(row["highs"]) if row["with_high"] == row["figures"] else None,
                row["figures"] > row["events"] or row["counts"] in Figure.COUNTED_AGAIN,
            )
            for row in found
        ),
        key=lambda total: (order.index(total.counts), units.index(total.unit)),
    )


def as_json(found: list[Total]) -> list[dict]:
    """Return totals as members of JSON objects."""
    return [
        {
            "counts": total.counts,
            "unit": total.unit,
            "events": total.events,
            "low": total.low,
            "best": total.best,
            "high": total.high,
            "may_count_twice": total.may_count_twice,
        }
        for total in found
    ]


def schema() -> dict:
    """Return the schema of what `as_json` returns."""
    number = {"type": "integer", "minimum": 0}
    open_end = {"type": ["integer", "null"], "minimum": 0}
    total = object_of(
        {
            "counts": {"type": "string", "enum": list(Figure.Counts.values)},
            "unit": {"type": "string", "enum": list(Figure.Unit.values)},
            "events": number | {"description": _("How many of the events have such a figure.")},
            "low": number | {"description": _("The sum of the lowest that sources state.")},
            "best": open_end | {"description": _("The sum of the best; null where one has only bounds.")},
            "high": open_end | {"description": _("The sum of the highest; null where one says “at least”.")},
            "may_count_twice": {
                "type": "boolean",
                "description": _("Whether the same people may be in it more than once."),
            },
        }
    )
    return list_of(total)


def of_event(event, claims) -> Iterator[dict]:
    """Yield each public figure of an event with its sources, as numbers in the claims of its page or by name."""
    numbers = {row.source.pk: row.number for row in claims.rows}
    for figure in event.figures.published().prefetch_related("sources").order_by("counts", "unit", "of_whom"):
        sources = [source for source in figure.sources.all() if source.is_public]
        yield {
            "figure": figure,
            "footnotes": sorted(numbers[source.pk] for source in sources if source.pk in numbers),
            "sources": sorted((s for s in sources if s.pk not in numbers), key=lambda source: source.key),
        }
