"""The state of conditions: derived here from their texts, their parts and what was found of them, never typed in.

    docket = load(AidCondition.objects.all())      # seven queries, however many conditions
    docket.on(date(1990, 10, 2))                   # key -> Standing
    docket.line("pressler")                        # how it stood from the first day to the last

**Words.** A finding belongs to a group: *satisfied* (certified, met), *set aside* (waived, lifted), *bites*
(withheld, imposed, not certified, not met), *open* (partly met, pending, lapsed). `released` moves money only.
`extended` ends the lapses before it, so that what stood before them stands again, and else changes nothing.

**Time.** Outside the days that it is in force a condition is not in force, or ended; a proposed text is proposed
and no more. In force, it stands as the latest finding that holds on the day. A finding holds from its date, or from
the start of the period that it covers where that is later, to the end of that period; without a period it has no
end of its own and gives way to whatever is found later. One made after its period holds in all of the period, and
on its date. Findings of one day and different groups contradict: all are shown, and the gravest (bites, open, set
aside, satisfied) gives the state.

**Parts.** Parts that are proposed or not in force are ignored; where none is left there is no result. Under `all` a
part without a finding leaves no result; else the gravest part gives it (one that bites, then one that is open), and
where all are satisfied or set aside it is good. Under `any` one good part makes it good; else one that is open
leaves it open; where all bite it bites; else there is none. Parts that `satisfy` give their result to the whole, a
good one as satisfied. Parts that `lift` set it aside when good, and else say nothing. A result is of the date of
the latest finding that decides it, and the later of the latest act on the whole and the result stands, the act if
they are of one day. A result that is open decides nothing yet: it stands only where no act does.

**Money.** A finding that bites holds its amount, or each suspension among its transactions if it has none, from the
day on which it takes hold, whatever is found later, until the day on which a later finding of the same condition
releases, lifts or waives, or until a cancellation, reprogramming or rescission: one that it names itself, one that
a later finding names which holds nothing, or one that is part of the suspension. On the last day it is held no
more. What a condition in force holds is `held`; what one that has ended held and nothing released is
`not_released`.

**Doubt.** Every date that is not known to the day may be any of its days, each on its own. A finding whose date or
period carries a qualifier, or whose period has an end that nobody knows, may besides not be there at all. Of
`in_force` a qualifier spoils the days that rest on its end: those up to the last possible first day, or from the
first possible last day. A condition without `in_force` that is not a mere proposal may have begun and ended on any
day. A period runs from the first to the last day that its text can mean. What is so whatever the days turn out to
be is *certain*. Else it is *possible*, and of what is possible the standing shows being in force before not being
so, a finding before none, and of several findings the last in the order of dates (earliest day, then latest);
`otherwise` has the other states.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property

from django.db import models
from django.db.models import Prefetch, QuerySet
from django.utils.translation import pgettext_lazy

from . import dates, pair
from .models import Actor, AidCondition, Assessment, Transaction

DAY = timedelta(days=1)
CERTAIN, POSSIBLE = "certain", "possible"
ACT, RULE = "act", "rule"

Finding, Kind = Assessment.Finding, Transaction.Kind


class ConditionState(models.TextChoices):
    """What a condition can be on a day; design's words, the same on pages, in files and in the API."""

    PROPOSED = "proposed", pgettext_lazy("state of a condition", "proposed")
    NOT_IN_FORCE = "not in force", pgettext_lazy("state of a condition", "not in force")
    NO_FINDING = "in force, no finding", pgettext_lazy("state of a condition", "in force, no finding")
    SATISFIED = "satisfied", pgettext_lazy("state of a condition", "satisfied")
    SET_ASIDE = "set aside", pgettext_lazy("state of a condition", "set aside")
    OPEN = "open", pgettext_lazy("state of a condition", "open")
    BITES = "bites", pgettext_lazy("state of a condition", "bites")
    ENDED = "ended", pgettext_lazy("state of a condition", "ended")


PROPOSED, NOT_IN_FORCE, NO_FINDING, SATISFIED, SET_ASIDE, OPEN, BITES, ENDED = ConditionState

GROUPS = {
    Finding.CERTIFIED: SATISFIED,
    Finding.MET: SATISFIED,
    Finding.WAIVED: SET_ASIDE,
    Finding.LIFTED: SET_ASIDE,
    Finding.PARTLY_MET: OPEN,
    Finding.PENDING: OPEN,
    Finding.LAPSED: OPEN,
    Finding.WITHHELD: BITES,
    Finding.IMPOSED: BITES,
    Finding.NOT_CERTIFIED: BITES,
    Finding.NOT_MET: BITES,
}
GRAVITY = {SATISFIED: 1, SET_ASIDE: 2, OPEN: 3, BITES: 4}
# Which state of a part decides: the highest; those that are missing are ignored.
DECIDES = {
    AidCondition.Rule.ALL: {SATISFIED: 1, SET_ASIDE: 1, OPEN: 2, BITES: 3, NO_FINDING: 4},
    AidCondition.Rule.ANY: {BITES: 1, NO_FINDING: 2, OPEN: 3, SATISFIED: 4, SET_ASIDE: 4},
}
FREEING = {Finding.RELEASED, Finding.LIFTED, Finding.WAIVED}
# A rescission is the cancellation of budget authority by the legislature (2 U.S.C. 682-683).
CANCELLING = {Kind.CANCELLATION, Kind.REPROGRAMMING, Kind.RESCISSION}


# Rows: what a state is derived from, in memory. `record` is the row of the database that it was read from.


@dataclass(frozen=True)
class ConditionRow:
    key: str
    in_force: str = ""
    stage: str = AidCondition.Stage.ENACTED
    parent: str = ""
    rule: str = ""
    parts_effect: str = ""
    record: AidCondition | None = field(default=None, compare=False, repr=False)

    @cached_property
    def window(self) -> tuple[date, date, date, date]:
        """The first and last day on which it may be in force, and the first and last on which it surely is."""
        if not self.in_force:
            return date.min, date.max, date.max, date.min
        known = dates.parse(self.in_force)
        sure_from, sure_until = known.start.last, known.end.first
        if known.start.is_qualified:
            sure_from = _after(sure_from)
        if known.end.is_qualified:
            sure_until = _before(sure_until)
        return known.earliest, known.latest, sure_from, sure_until

    def phases(self, day: date) -> list[str]:
        """Whether it may be in force on that day (no finding), not yet, or no more; at least one of the three."""
        if self.stage == AidCondition.Stage.PROPOSED:
            return [PROPOSED]
        first, last, sure_from, sure_until = self.window
        may_be = {NO_FINDING: first <= day <= last, NOT_IN_FORCE: day < sure_from, ENDED: day > sure_until}
        return [phase for phase, is_possible in may_be.items() if is_possible]


@dataclass(frozen=True)
class TransactionRow:
    """`wholes` are the keys of the amounts that it is part of, near and far."""

    key: str
    kind: str
    amount: Decimal
    currency: str
    first: date
    last: date
    is_sure: bool = True
    wholes: tuple[str, ...] = ()
    record: Transaction | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class FindingRow:
    """An assessment. `period` is the first and last day that it covers; `date` may be any EDTF text.

    `decided_by` is None where the public may not see who it was; `record.decided_by` would tell.
    """

    key: str
    condition: str
    date: str
    finding: str
    period: tuple[date, date] | None = None
    has_sure_period: bool = True
    amount: Decimal | None = None
    currency: str = ""
    transactions: tuple[TransactionRow, ...] = ()
    decided_by: Actor | None = field(default=None, compare=False, repr=False)
    record: Assessment | None = field(default=None, compare=False, repr=False)

    @cached_property
    def known(self) -> dates.Edtf:
        return dates.parse(self.date)

    @property
    def first(self) -> date:
        return self.known.earliest

    @property
    def last(self) -> date:
        return self.known.latest

    @property
    def order(self) -> tuple[date, date]:
        return self.known.earliest, self.known.latest

    @cached_property
    def is_sure(self) -> bool:
        return self.has_sure_period and not self.known.is_qualified

    @property
    def takes_hold(self) -> tuple[date, date]:
        """The first and last day on which it can take hold."""
        start = self.period[0] if self.period else date.min
        return max(self.first, start), max(self.last, start)

    def days(self, day: date) -> list[tuple[date, date]]:
        """The days that its date can be if it holds on `day`: spans that do not touch, perhaps none."""
        if not self.period:
            spans = [(self.first, min(self.last, day))]
        elif self.period[0] <= day <= self.period[1]:
            spans = [(self.first, min(self.last, day)), (max(self.first, _after(self.period[1])), self.last)]
        elif day > self.period[1]:
            spans = [(day, day)] if self.first <= day <= self.last else []
        else:
            spans = []
        return [(first, last) for first, last in spans if first <= last]

    def surely_holds(self, day: date) -> bool:
        """Whether it holds on `day` whatever its date is, a later extension aside."""
        possible = sum((last - first).days + 1 for first, last in self.days(day))
        return self.is_sure and possible == (self.last - self.first).days + 1


# What is told of a condition.


@dataclass(frozen=True)
class Hold:
    """Money that a finding holds: its amount, or one of its suspensions (`is_suspension`).

    `since` is the first day on which it can have been held, `until` the first on which it can have ended, by
    `released_by`; both are None while nothing released it. `transactions` are the suspensions that are the same money.
    """

    amount: Decimal
    currency: str
    assessment: FindingRow
    transactions: tuple[TransactionRow, ...]
    is_suspension: bool
    since: date
    until: date | None = None
    released_by: FindingRow | TransactionRow | None = None
    certainty: str = CERTAIN


@dataclass(frozen=True)
class Standing:
    """How a condition stands on a day; `finding` has the findings that decide it, by act or by rule of the parts.

    `by` is empty where no finding stands; `otherwise` has what else the state may be where it is but possible.
    """

    state: str
    finding: tuple[FindingRow, ...] = ()
    by: str = ""
    certainty: str = CERTAIN
    contradicts: bool = False
    held: tuple[Hold, ...] = ()
    not_released: tuple[Hold, ...] = ()
    otherwise: tuple[str, ...] = ()

    @property
    def is_certain(self) -> bool:
        return self.certainty == CERTAIN

    @property
    def is_in_force(self) -> bool:
        return self.state not in (PROPOSED, NOT_IN_FORCE, ENDED)


@dataclass(frozen=True)
class Span:
    """The days from `first` to `last`, both inclusive, on which a condition stood alike."""

    first: date
    last: date
    standing: Standing


@dataclass(frozen=True)
class Cell:
    """A condition in a year: the findings whose earliest day lies in it, and how it stood at the end.

    `in_force` is `certain` or `possible` on some day of the year, or empty. The end is the last day of the year, or
    the last on which it can have been in force.
    """

    year: int
    findings: tuple[FindingRow, ...]
    in_force: str
    standing: Standing

    @property
    def last(self) -> FindingRow | None:
        return self.findings[-1] if self.findings else None


@dataclass(frozen=True)
class _Outcome:
    """What a condition may be on a day, by a finding of any day from `first` to `last`.

    `order` is the place of that finding in the order of dates: its own earliest and latest day.
    """

    state: str
    first: date = date.min
    last: date = date.min
    order: tuple[date, date] = (date.min, date.min)
    findings: tuple[FindingRow, ...] = ()
    by: str = ""
    contradicts: bool = False

    @property
    def prominence(self) -> tuple:
        return bool(self.findings), self.order, self.by == ACT, GRAVITY.get(self.state, 0), self.state == NO_FINDING


@dataclass(frozen=True)
class _End:
    """What ends a hold, from the day that is later, its own or `start`; `follows` if only once the finding is made."""

    by: FindingRow | TransactionRow
    start: date = date.min
    follows: bool = True

    @property
    def since(self) -> date:
        return max(self.by.first, self.start)

    def possibly(self, day: date, finding: FindingRow) -> bool:
        return self.since <= day and (not self.follows or min(self.by.last, day) > finding.first)

    def surely(self, day: date, finding: FindingRow) -> bool:
        has_come = self.by.is_sure and max(self.by.last, self.start) <= day
        return has_come and (not self.follows or self.by.first > finding.last)


class Docket:
    """Conditions with their parts and findings, in memory; asks the database nothing.

    `conditions` must have the parts too; `keys` are those that are asked about, by default all. `cancellations` are
    the transactions that are part of a suspension and end it.
    """

    def __init__(
        self,
        conditions: Iterable[ConditionRow],
        findings: Iterable[FindingRow],
        *,
        cancellations: Iterable[TransactionRow] = (),
        keys: Iterable[str] | None = None,
    ):
        self.conditions = {row.key: row for row in conditions}
        self.keys = list(self.conditions if keys is None else keys)
        self._cancellations = list(cancellations)
        self._findings = {key: [] for key in self.conditions}
        for finding in sorted(findings, key=lambda row: (row.known, row.key)):
            self._findings[finding.condition].append(finding)
        self._parts = {key: [] for key in self.conditions}
        for row in self.conditions.values():
            if row.parent in self._parts:
                self._parts[row.parent].append(row.key)
        self._holds = {}
        self._day, self._outcomes_of_day = None, {}

    def findings(self, key: str) -> tuple[FindingRow, ...]:
        """Every finding of a condition itself, in the order of dates."""
        return tuple(self._findings[key])

    def parts(self, key: str) -> tuple[str, ...]:
        return tuple(self._parts[key])

    def on(self, day: date) -> dict[str, Standing]:
        """How every condition stands on a day, by key."""
        return {key: self.standing(key, day) for key in self.keys}

    def standing(self, key: str, day: date) -> Standing:
        """How a condition stands on a day."""
        outcomes = self._outcomes(key, day)
        held = tuple(self._held(key, day)) if self._holds_of(key) else ()
        if len(outcomes) == 1 and not held:
            [shown] = outcomes
            return Standing(shown.state, shown.findings, shown.by, contradicts=shown.contradicts)
        shown = max(outcomes, key=lambda outcome: outcome.prominence)
        alike = [o for o in outcomes if (o.state, o.by, o.order) == (shown.state, shown.by, shown.order)]
        states = {outcome.state for outcome in outcomes}
        return Standing(
            state=shown.state,
            finding=_together(alike),
            by=shown.by,
            certainty=POSSIBLE if len(states) > 1 else CERTAIN,
            contradicts=any(outcome.contradicts for outcome in alike),
            held=held if shown.state not in (PROPOSED, NOT_IN_FORCE, ENDED) else (),
            not_released=held if shown.state == ENDED else (),
            otherwise=tuple(state for state in ConditionState if state in states - {shown.state}),
        )

    def by_parts(self, key: str, day: date) -> list[str]:
        """What the parts of a condition alone make of it on a day: the states that it may have by its rule.

        `in force, no finding` where they say nothing; nothing where it has no rule.
        """
        condition = self.conditions[key]
        if not condition.rule:
            return []
        self._outcomes(key, day)
        found = {outcome.state for outcome in self._results(condition, day)}
        return [state for state in ConditionState if state in found]

    def line(self, key: str) -> list[Span]:
        """How a condition stood from the first day there is to the last: spans that leave no day out."""
        spans = []
        for first in sorted({date.min, *self._turns(key)}):
            standing = self.standing(key, first)
            if not spans or spans[-1].standing != standing:
                if spans:
                    spans[-1] = replace(spans[-1], last=first - DAY)
                spans.append(Span(first, date.max, standing))
        return spans

    def year(self, key: str, year: int) -> Cell:
        """What was found of a condition in a year, and how it stood at its end."""
        [cell] = self.years(key, year, year)
        return cell

    def years(self, key: str, first: int, last: int) -> list[Cell]:
        """The years from `first` to `last`, both inclusive, as `year` gives each."""
        condition = self.conditions[key]
        opens, closes, sure_from, sure_until = condition.window
        turning = {day.year for day in self._turns(key)}
        by_year = {}
        for finding in self._findings[key]:
            by_year.setdefault(finding.first.year, []).append(finding)
        cells, standing = [], None
        for year in range(first, last + 1):
            start, end = date(year, 1, 1), date(year, 12, 31)
            in_force, day = "", end
            if condition.stage != AidCondition.Stage.PROPOSED and opens <= end and closes >= start:
                is_certain = max(sure_from, start) <= min(sure_until, end)
                in_force, day = CERTAIN if is_certain else POSSIBLE, min(closes, end)
            # From one end of a year to the next nothing changes in a year without a turn.
            if standing is None or year in turning:
                standing = self.standing(key, day)
            cells.append(Cell(year, tuple(by_year.get(year, ())), in_force, standing))
            if day != end:
                standing = None
        return cells

    def holds(self, key: str) -> list[Hold]:
        """All that a condition ever held, with what released it where something did, in the order of findings."""
        holds = []
        for hold, ends in self._holds_of(key):
            finding = hold.assessment
            end = next((end for end in ends if not end.follows or end.by.last > finding.first), None)
            is_certain = finding.is_sure and finding.first == finding.last
            released = {"until": max(end.since, hold.since), "released_by": end.by} if end else {}
            holds.append(replace(hold, certainty=CERTAIN if is_certain else POSSIBLE, **released))
        return holds

    def held_on(self, day: date, *, certainly: bool = False) -> dict[str, Decimal]:
        """The money that conditions in force possibly (or certainly) hold on a day, by currency, each sum once."""
        return total(_wanted((hold for standing in self.on(day).values() for hold in standing.held), certainly))

    def not_released_on(self, day: date, *, certainly: bool = False) -> dict[str, Decimal]:
        """What ended conditions held, nothing released and no condition in force holds, by currency, each sum once."""
        standings = self.on(day).values()
        held = [hold for standing in standings for hold in standing.held]
        ended = _wanted((hold for standing in standings for hold in standing.not_released), certainly)
        before, together = total(held), total([*held, *ended])
        apart = {currency: amount - before.get(currency, 0) for currency, amount in together.items()}
        return {currency: amount for currency, amount in apart.items() if amount}

    def _outcomes(self, key: str, day: date) -> list[_Outcome]:
        """All that a condition may be on a day, given that any doubtful date may be any of its days."""
        if day != self._day:
            self._day, self._outcomes_of_day = day, {}
        if key not in self._outcomes_of_day:
            condition = self.conditions[key]
            # A part of itself is ignored, so that a circle of parents ends.
            self._outcomes_of_day[key] = [_Outcome(NOT_IN_FORCE)]
            outcomes = []
            for phase in condition.phases(day):
                outcomes += self._in_force(condition, day) if phase == NO_FINDING else [_Outcome(phase)]
            self._outcomes_of_day[key] = outcomes
        return self._outcomes_of_day[key]

    def _in_force(self, condition: ConditionRow, day: date) -> list[_Outcome]:
        outcomes = []
        for act in self._acts(condition.key, day):
            for result in self._results(condition, day):
                if act.state == NO_FINDING or result.state in (NO_FINDING, OPEN):
                    outcomes.append(result if act.state == NO_FINDING else act)
                    continue
                if act.last >= result.first:
                    outcomes.append(replace(act, first=max(act.first, result.first)))
                if result.last > act.first:
                    outcomes.append(replace(result, first=max(result.first, _after(act.first))))
        return _distinct(outcomes)

    def _acts(self, key: str, day: date) -> list[_Outcome]:
        """What the condition's own findings may make of it.

        A finding can stand if its date can be a day on which it holds and which no other finding is bound to surpass:
        one that holds whatever its date is surpasses every day before its first, and if graver that first day too.
        """
        findings = [finding for finding in self._findings[key] if finding.finding in GROUPS]
        extended = [f for f in self._findings[key] if f.finding == Finding.EXTENDED and f.first <= day]
        # A lapse of these days or earlier may have been ended; a lapse of those days or earlier is bound to have been.
        may_end = max((min(f.last, day) for f in extended), default=date.min)
        must_end = max((f.first for f in extended if f.is_sure and f.last <= day), default=date.min)
        standing, bound = [], []
        for finding in findings:
            days, is_lapse = finding.days(day), finding.finding == Finding.LAPSED
            if is_lapse:
                days = [(max(first, _after(must_end)), last) for first, last in days if last > must_end]
            if days:
                standing.append((finding, days))
            if finding.surely_holds(day) and not (is_lapse and finding.first <= may_end):
                bound.append(finding)
        outcomes = [] if bound else [_Outcome(NO_FINDING)]
        for finding, days in standing:
            others = [other for other in bound if other is not finding]
            state = GROUPS[finding.finding]
            floor = max(
                (
                    _after(other.first) if GRAVITY[GROUPS[other.finding]] > GRAVITY[state] else other.first
                    for other in others
                ),
                default=date.min,
            )
            of_one_day = tuple(f for f, _days in standing if f.order == finding.order)
            contradicts = len({GROUPS[f.finding] for f in of_one_day}) > 1
            outcomes += [
                _Outcome(state, max(first, floor), last, finding.order, of_one_day, ACT, contradicts)
                for first, last in days
                if max(first, floor) <= last
            ]
        return _distinct(outcomes)

    def _results(self, condition: ConditionRow, day: date) -> list[_Outcome]:
        """What the parts may make of the whole; where they say nothing, no finding."""
        if not condition.rule:
            return [_Outcome(NO_FINDING)]
        decides = DECIDES[condition.rule]
        results = [_Outcome(NOT_IN_FORCE)]
        for part in self._parts[condition.key]:
            outcomes = self._outcomes(part, day)
            results = _distinct(_decisive(one, other, decides) for one in results for other in outcomes)
        is_lift = condition.parts_effect == AidCondition.PartsEffect.LIFT
        return _distinct(_result(outcome, is_lift) for outcome in results)

    def _turns(self, key: str) -> Iterator[date]:
        """The days on which a condition may begin to stand otherwise."""
        keys, seen = [key], set()
        while keys:
            part = keys.pop()
            if part in seen:
                continue
            seen.add(part)
            keys += self._parts[part]
            days = [*self.conditions[part].window]
            for finding in self._findings[part]:
                days += [finding.first, finding.last, *(finding.period or ())]
            for _hold, ends in self._holds_of(part):
                days += [day for end in ends for day in (end.by.first, end.by.last)]
            for day in days:
                yield day
                yield _after(day)

    def _held(self, key: str, day: date) -> Iterator[Hold]:
        is_sure = len(self.conditions[key].phases(day)) == 1
        for hold, ends in self._holds_of(key):
            finding = hold.assessment
            if hold.since > day or any(end.surely(day, finding) for end in ends):
                continue
            end = next((end for end in ends if end.possibly(day, finding)), None)
            is_certain = is_sure and finding.is_sure and finding.takes_hold[1] <= day and not end
            yield replace(
                hold,
                certainty=CERTAIN if is_certain else POSSIBLE,
                until=end and max(end.since, hold.since),
                released_by=end and end.by,
            )

    def _holds_of(self, key: str) -> list[tuple[Hold, list[_End]]]:
        """What the findings of a condition hold, with all that may end it, in the order of days."""
        if key not in self._holds:
            by_finding = [(finding, list(_holds(finding))) for finding in self._findings[key]]
            self._holds[key] = [
                (hold, self._ends(hold, by_finding)) for _finding, holds in by_finding for hold in holds
            ]
        return self._holds[key]

    def _ends(self, hold: Hold, by_finding: list[tuple[FindingRow, list[Hold]]]) -> list[_End]:
        suspended = {transaction.key for transaction in hold.transactions}
        ends = [_End(row, follows=False) for row in self._cancellations if suspended & set(row.wholes)]
        for finding, holds in by_finding:
            if finding.finding in FREEING:
                ends.append(_End(finding, start=finding.takes_hold[0]))
            if finding is hold.assessment or not holds:
                ends += [
                    _End(transaction, follows=finding is not hold.assessment)
                    for transaction in finding.transactions
                    if transaction.kind in CANCELLING
                ]
        return sorted(ends, key=lambda end: (end.since, end.by.last, end.by.key))


def total(holds: Iterable[Hold]) -> dict[str, Decimal]:
    """Return the sum of holds by currency, exactly and each sum of money once.

    Holds that name the same suspension are the same money, and a suspension within another is no more money.
    Suspensions are counted first, then amounts, the largest first: of each what exceeds what was counted before.
    """
    suspensions, amounts, sums = {}, {}, {}
    for hold in holds:
        if hold.is_suspension:
            suspensions.update((row.key, row) for row in hold.transactions)
        else:
            amounts[hold.assessment.key] = hold
    counted = _outermost(suspensions)
    for row in counted.values():
        sums[row.currency] = sums.get(row.currency, 0) + row.amount
    for hold in sorted(amounts.values(), key=lambda hold: (-hold.amount, hold.assessment.key)):
        named = _outermost({row.key: row for row in hold.transactions})
        shared = 0
        for row in named.values():
            if counted.keys() & {row.key, *row.wholes}:
                shared += row.amount
            else:
                shared += sum(other.amount for other in counted.values() if row.key in other.wholes)
        sums[hold.currency] = sums.get(hold.currency, 0) + max(hold.amount - shared, 0)
        counted = _outermost(counted | named)
    return dict(sorted(sums.items()))


def _outermost(rows: dict[str, TransactionRow]) -> dict[str, TransactionRow]:
    return {key: row for key, row in rows.items() if not rows.keys() & set(row.wholes)}


def load(conditions: QuerySet[AidCondition], *, published: bool = True) -> Docket:
    """Return the docket of a queryset of conditions: seven queries, however many they are.

    With `published` only what the public may see has part in it, of every kind of record; without, all that was not
    withdrawn. The queryset must not be sliced. What it joins (`select_related`) is on each row's `record`. An amount
    within an amount beyond the third level costs a query more.
    """

    def seen(queryset):
        return queryset.published() if published else queryset.exclude(state="withdrawn")

    asked = list(seen(conditions))
    parts = {}
    for part, parent in seen(AidCondition.objects).filter(parent__isnull=False).values_list("pk", "parent"):
        parts.setdefault(parent, []).append(part)
    keys = {record.pk: record.key for record in asked}
    wanted, missing = list(keys), []
    for pk in wanted:
        more = [part for part in parts.get(pk, ()) if part not in keys]
        keys.update(dict.fromkeys(more))
        wanted += more
        missing += more
    records = asked + list(seen(AidCondition.objects).filter(pk__in=missing))
    keys.update((record.pk, record.key) for record in records)

    amounts = seen(Transaction.objects).select_related("part_of__part_of__part_of")
    assessments = (
        seen(Assessment.objects)
        .filter(condition__in=wanted)
        .select_related("decided_by")
        .prefetch_related(Prefetch("transactions", amounts, to_attr="shown_transactions"))
    )
    calendar = pair.current()
    findings = [_finding_row(record, keys[record.condition_id], calendar, published) for record in assessments]
    suspended = {
        transaction.record.pk
        for finding in findings
        for transaction in finding.transactions
        if transaction.kind == Kind.SUSPENSION
    }
    cancellations = amounts.filter(part_of__in=suspended, kind__in=CANCELLING)
    return Docket(
        [_condition_row(record, keys) for record in records],
        findings,
        cancellations=[_transaction_row(record, published) for record in cancellations] if suspended else (),
        keys=[record.key for record in asked],
    )


def _condition_row(record: AidCondition, keys: dict[int, str]) -> ConditionRow:
    parent = keys.get(record.parent_id, "")
    return ConditionRow(
        record.key, record.in_force, record.stage, parent, record.rule, record.parts_effect, record=record
    )


def _finding_row(record: Assessment, condition: str, calendar: pair.Pair, published: bool) -> FindingRow:
    text = record.period_covered
    period = calendar.period(text) if text else None
    edtf = dates.parse(text) if text and "-FY" not in text else None
    return FindingRow(
        key=record.key,
        condition=condition,
        date=record.date,
        finding=record.finding,
        period=period,
        has_sure_period=not edtf or not (edtf.is_qualified or edtf.start.is_unknown or edtf.end.is_unknown),
        amount=record.amount_affected,
        currency=record.currency,
        transactions=tuple(_transaction_row(transaction, published) for transaction in record.shown_transactions),
        decided_by=record.decided_by if record.decided_by.is_public or not published else None,
        record=record,
    )


def _transaction_row(record: Transaction, published: bool) -> TransactionRow:
    wholes, whole = [], record.part_of
    while whole and (whole.is_public or not published) and whole.key not in wholes:
        wholes.append(whole.key)
        whole = whole.part_of
    return TransactionRow(
        key=record.key,
        kind=record.kind,
        amount=record.amount,
        currency=record.currency,
        first=record.earliest,
        last=record.latest,
        is_sure=not (record.date and dates.parse(record.date).is_qualified),
        wholes=tuple(wholes),
        record=record,
    )


def _holds(finding: FindingRow) -> Iterator[Hold]:
    if GROUPS.get(finding.finding) != BITES:
        return
    suspensions = tuple(row for row in finding.transactions if row.kind == Kind.SUSPENSION)
    since = finding.takes_hold[0]
    if finding.amount is not None:
        yield Hold(finding.amount, finding.currency, finding, suspensions, False, since)
    else:
        for row in suspensions:
            yield Hold(row.amount, row.currency, finding, (row,), True, since)


def _wanted(holds: Iterable[Hold], certainly: bool) -> list[Hold]:
    return [hold for hold in holds if hold.certainty == CERTAIN or not certainly]


def _decisive(one: _Outcome, other: _Outcome, decides: dict[str, int]) -> _Outcome:
    """The part that decides; of two that decide alike, both, and the later date."""
    rank, other_rank = decides.get(one.state, 0), decides.get(other.state, 0)
    if rank != other_rank:
        return one if rank > other_rank else other
    return replace(
        one,
        first=max(one.first, other.first),
        last=max(one.last, other.last),
        order=max(one.order, other.order),
        findings=_together([one, other]),
        contradicts=one.contradicts or other.contradicts,
    )


def _result(outcome: _Outcome, is_lift: bool) -> _Outcome:
    is_good = outcome.state in (SATISFIED, SET_ASIDE)
    if is_lift and is_good:
        return replace(outcome, state=SET_ASIDE, by=RULE)
    if not is_lift and outcome.findings:
        return replace(outcome, state=SATISFIED if is_good else outcome.state, by=RULE)
    return _Outcome(NO_FINDING)


def _distinct(outcomes: Iterable[_Outcome]) -> list[_Outcome]:
    """Each outcome once, with all the findings that may make it."""
    distinct = {}
    for outcome in outcomes:
        name = outcome.state, outcome.by, outcome.first, outcome.last, outcome.order
        distinct.setdefault(name, []).append(outcome)
    return [
        alike[0]
        if len(alike) == 1
        else replace(alike[0], findings=_together(alike), contradicts=any(outcome.contradicts for outcome in alike))
        for alike in distinct.values()
    ]


def _together(outcomes: list[_Outcome]) -> tuple[FindingRow, ...]:
    """Their findings, each once, in the order of dates."""
    findings = {finding.key: finding for outcome in outcomes for finding in outcome.findings}
    return tuple(sorted(findings.values(), key=lambda finding: (finding.known, finding.key)))


def _after(day: date) -> date:
    return day + DAY if day < date.max else day


def _before(day: date) -> date:
    return day - DAY if day > date.min else day
