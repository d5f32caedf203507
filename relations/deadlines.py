"""What falls due on a condition: the deadlines of its benchmarks, the end of what a finding covers, its own last day.

    found = dues(docket, Benchmark.objects.published().filter(condition__in=conditions))

A deadline that was reset is due at the last of its resets. It is *answered* by a finding of the condition on or after
the first day that it can mean, by one whose period reaches that day, and by an earlier one that satisfies or sets
aside: what was met before its day needs no finding on it. One that has passed unanswered has *no finding recorded*.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.db import models
from django.utils.translation import pgettext_lazy

from . import dates
from .models import Benchmark
from .states import GROUPS, SATISFIED, SET_ASIDE, Docket, FindingRow


class DueKind(models.TextChoices):
    """What it is that falls due."""

    DEADLINE = "deadline", pgettext_lazy("what falls due", "deadline")
    RENEWAL = "renewal", pgettext_lazy("what falls due", "what was found runs out")
    END = "end", pgettext_lazy("what falls due", "last day in force")


@dataclass(frozen=True)
class Due:
    """Something that falls due on some day from `first` to `last`, both inclusive.

    `former` are the deadlines before the last reset. `finding` is what answers a deadline, or what runs out.
    """

    kind: DueKind
    condition: str
    first: date
    last: date
    former: tuple[dates.Edtf, ...] = ()
    finding: FindingRow | None = None
    known: dates.Edtf | None = None
    benchmark: Benchmark | None = field(default=None, compare=False, repr=False)

    @property
    def key(self) -> str:
        """What is due: the key of the benchmark, of the finding or of the condition."""
        if self.benchmark:
            return self.benchmark.key
        return self.finding.key if self.finding else self.condition

    @property
    def day(self) -> dates.Edtf:
        """The days that it can be, as a date."""
        return self.known or dates.parse(
            self.first.isoformat() if self.first == self.last else f"{self.first}/{self.last}"
        )

    def is_ahead(self, day: date) -> bool:
        return self.last >= day

    def is_unanswered(self, day: date) -> bool:
        """Whether it is a deadline that has passed before that day, and no finding is recorded for it."""
        return self.kind == DueKind.DEADLINE and self.last < day and self.finding is None


def dues(docket: Docket, benchmarks: Iterable[Benchmark]) -> list[Due]:
    """Return all that falls due on the conditions of a docket, in the order of days.

    The benchmarks are to be those of its conditions, with their condition loaded; others are passed over.
    """
    found = [due for row in benchmarks if (due := _deadline(docket, row))]
    for key in docket.keys:
        _first, last, _sure_from, _sure_until = docket.conditions[key].window
        known = docket.conditions[key].in_force
        if known and last < date.max:
            end = dates.parse(known).end
            found.append(Due(DueKind.END, key, end.first, end.last))
        for finding in docket.findings(key):
            if finding.period and finding.period[1] < date.max and finding.finding in GROUPS:
                found.append(Due(DueKind.RENEWAL, key, finding.period[1], finding.period[1], finding=finding))
    return sorted(found, key=lambda due: (due.first, due.last, due.kind, due.key))


def _deadline(docket: Docket, row: Benchmark) -> Due | None:
    texts = [text for text in (row.deadline, *row.resets) if text]
    key = row.condition.key
    if not texts or key not in docket.conditions:
        return None
    *former, known = map(dates.parse, texts)
    # A condition that had ended by then asks nothing any more.
    if docket.conditions[key].window[1] < known.earliest:
        return None
    answers = [finding for finding in docket.findings(key) if _answers(finding, known.earliest)]
    return Due(
        DueKind.DEADLINE,
        key,
        known.earliest,
        known.latest,
        tuple(former),
        answers[0] if answers else None,
        known,
        row,
    )


def _answers(finding: FindingRow, day: date) -> bool:
    if finding.last >= day or (finding.period and finding.period[1] >= day):
        return True
    return GROUPS.get(finding.finding) in (SATISFIED, SET_ASIDE)
