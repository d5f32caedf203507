"""What pages sum up of many records: counts by year and family, turning points, money, conditions, the briefing.

Everything starts from `published()`, and nothing here knows which countries the record is about.
"""

from calendar import monthrange
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Case, Count, F, FloatField, QuerySet, Sum, When
from django.db.models.functions import Cast, ExtractYear, TruncMonth
from django.urls import reverse

from relations import fiscal, pair, states
from relations.codelists import family_of
from relations.models import AidCondition, BriefingStatement, Judgement, Transaction
from relations.models.base import EVER

from .drawing.money import HELD, MOVED, PROMISED, Account, Amount
from .drawing.strip import TurningPoint
from .models import Event
from .window import Period

MOST_TURNING_POINTS = 24  # numbers that a strip can hold

# The day by which an event stands on the strip.
_START = Case(When(earliest=EVER[0], then=F("latest")), default=F("earliest"))


def counts_by_year(events: QuerySet[Event]) -> dict[tuple[int, str], int]:
    """Return the number of events by (year, family), in one query.

    An event counts in the year of its first day; where that is open, in the year of its last.
    """
    rows = events.order_by().values(year=ExtractYear(_START), of=F("kind")).annotate(n=Count("pk"))
    counts: dict[tuple[int, str], int] = defaultdict(int)
    for row in rows:
        counts[row["year"], family_of(row["of"])] += row["n"]
    return dict(counts)


@dataclass(frozen=True)
class Parts:
    """A period cut into the smallest of years, months or days that its picture can show."""

    period: Period

    @property
    def unit(self) -> str:
        days = (self.period.last - self.period.first).days
        return "year" if days > 4 * 366 else "month" if days > 120 else "day"

    def of(self, start: date) -> tuple[date, date]:
        """Return the first and last day of the part that a start lies in, within the period."""
        start = min(max(start, self.period.first), self.period.last)
        first = last = start
        if self.unit == "year":
            first, last = date(start.year, 1, 1), date(start.year, 12, 31)
        elif self.unit == "month":
            first, last = start.replace(day=1), start.replace(day=monthrange(start.year, start.month)[1])
        return max(first, self.period.first), min(last, self.period.last)

    def counts(self, events: QuerySet[Event]) -> dict[tuple[date, date], Counter[str]]:
        """Return the number of events by (first, last day) of the part in which they start, and by family; one query.

        What starts before the period counts in its first part.
        """
        extract = {"year": ExtractYear(_START), "month": TruncMonth(_START), "day": _START}[self.unit]
        found: dict[tuple[date, date], Counter[str]] = defaultdict(Counter)
        for start, kind, n in events.order_by().values_list(extract, "kind").annotate(n=Count("pk")):
            first = date(start, 1, 1) if self.unit == "year" else start
            found[self.of(first)][family_of(kind)] += n
        return dict(found)


def start_of(earliest: date, latest: date) -> date:
    """Return the day by which an event stands on the strip: its first day; where that is open, its last."""
    return latest if earliest == EVER[0] else earliest


def years_of(counts: Iterable[tuple[int, str]]) -> tuple[int, int] | None:
    """Return the first and last year that has an event; None where there is none."""
    years = [year for year, _family in counts]
    return (min(years), max(years)) if years else None


def turning_points() -> list[TurningPoint]:
    """Return the events of the highest importance as they are numbered on the strip, the last 24 at most."""
    found = Event.objects.published().filter(importance=Event.Importance.TURNING_POINT)
    events = list(found.only("key", "title", "kind", "earliest", "latest").order_by("-earliest", "-key"))
    return [
        TurningPoint(
            number,
            start_of(event.earliest, event.latest),
            event.family,
            event.title,
            event.get_absolute_url(),
        )
        for number, event in enumerate(reversed(events[:MOST_TURNING_POINTS]), 1)
    ]


def latest_events(number: int, *, importance: int = Event.Importance.NOTABLE) -> list[Event]:
    """Return the events of at least so much importance that began last, newest first."""
    events = Event.objects.published().for_list().filter(importance__gte=importance)
    return list(events.order_by("-earliest", "-key")[:number])


# ------------------------------------------------------------------------------------------------- the briefing


@dataclass(frozen=True)
class Section:
    """A section of the briefing with the judgements that carry its sentences, each once."""

    name: str
    title: str
    judgements: list[Judgement]

    @property
    def is_long(self) -> bool:
        """Whether it takes two columns beside others."""
        return len(self.judgements) > 7


def briefing() -> list[Section]:
    """Return the briefing in its order: the sections as the package names them, then any others."""
    order = pair.current().sections
    rows = BriefingStatement.objects.published().select_related("judgement").order_by("sentence", "judgement__key")
    sections: dict[str, list[Judgement]] = {name: [] for name in order}
    for row in rows:
        of_section = sections.setdefault(row.section, [])
        if row.judgement not in of_section:
            of_section.append(row.judgement)
    return [Section(name, order.get(name, name), found) for name, found in sections.items() if found]


def outcomes(sections: Iterable[Section]) -> list[tuple[str, str, int]]:
    """Return (status, its word, how many judgements have it) of all that sections carry, in the order of statuses."""
    found = Counter({j.pk: j.status for section in sections for j in section.judgements}.values())
    return [(value, label, found[value]) for value, label in Judgement.Status.choices if found[value]]


# --------------------------------------------------------------------------------------------------- conditions


@dataclass(frozen=True)
class Stood:
    """A condition with how it stands."""

    condition: AidCondition
    standing: states.Standing

    @property
    def state(self) -> str:
        """The finding that decides it, else its state."""
        findings = self.standing.finding
        return findings[-1].finding if findings and not self.standing.contradicts else self.standing.state

    @property
    def when(self) -> str:
        """The date of the finding that decides it, in few letters."""
        return self.standing.finding[-1].known.short() if self.standing.finding else ""


@dataclass(frozen=True)
class Tally:
    """How the conditions in force stand on a day: (state, number) pairs that add up, and the ones to show."""

    day: date
    counts: list[tuple[str, int]]
    shown: list[Stood]

    @property
    def in_force(self) -> int:
        return sum(number for _state, number in self.counts)

    @property
    def biting(self) -> int:
        return dict(self.counts).get(states.ConditionState.BITES, 0)


# What weighs most is named first.
TALLIED = (
    states.ConditionState.BITES,
    states.ConditionState.SET_ASIDE,
    states.ConditionState.OPEN,
    states.ConditionState.SATISFIED,
    states.ConditionState.NO_FINDING,
)


def conditions_on(day: date, *, most: int = 5) -> Tally:
    """Return how the conditions in force stand on a day, in six queries.

    Shown are at most two of each state that a finding decides: those of which something was found last, then those of
    which most was found. Of what bites or was set aside, those that the docket has a short title for come first.
    """
    docket = states.load(AidCondition.objects.all())
    by_state: dict[str, list[Stood]] = defaultdict(list)
    for key, standing in docket.on(day).items():
        if standing.is_in_force:
            by_state[standing.state].append(Stood(docket.conditions[key].record, standing))

    def weight(item: Stood):
        condition, last = item.condition, item.standing.finding[-1].first
        is_aside = item.standing.state in TALLIED[:2] and not condition.short_title
        return is_aside, -last.toordinal(), -len(docket.findings(condition.key)), condition.key

    shown = [
        item for state in TALLIED for item in sorted((i for i in by_state[state] if i.standing.finding), key=weight)[:2]
    ]
    counts = [(state, len(by_state[state])) for state in TALLIED if by_state[state]]
    return Tally(day, counts, shown[:most])


# -------------------------------------------------------------------------------------------------------- money


@dataclass(frozen=True)
class Accounts:
    """The accounts that the home page draws; `ranges` has the amounts of which sources differ, in words."""

    currency: str
    calendar: str
    accounts: list[Account]
    programmes: int
    ranges: list[Amount]


def main_accounts(number: int = 3) -> Accounts | None:
    """Return the programmes with the most counted money of one kind by fiscal year, in three queries.

    The first fiscal calendar of the package decides the years, and the currency of the largest amount decides the
    currency. Only money that moved or was given leave to move is compared: no pledge, no ceiling, nothing held back.
    """
    calendar = next(iter(pair.current().calendars.values()), None)
    if calendar is None:
        return None
    counted = Transaction.objects.counted().filter(
        programme__isnull=False, fiscal_period__startswith=f"{calendar.code}-FY"
    )
    totals = list(
        counted.exclude(kind__in=PROMISED | HELD | MOVED)
        .order_by()
        .values_list("programme", "kind", "currency")
        # Only to rank them: whole numbers of minor units would be more than SQLite can add.
        .annotate(total=Sum(Cast("amount", FloatField())))
        .order_by("-total", "programme__key", "kind", "currency")
    )
    if not totals:
        return None
    currency = totals[0][2]
    chosen: dict[int, str] = {}
    for programme, kind, of_currency, _total in totals:
        if of_currency == currency and programme not in chosen and len(chosen) < number:
            chosen[programme] = kind
    rows = defaultdict(list)
    found = counted.filter(programme__in=chosen, currency=currency).select_related("programme")
    for row in found.order_by("earliest", "key"):
        if row.kind == chosen[row.programme_id]:
            rows[row.programme].append(row)
    accounts, ranges = [], []
    for programme, of_programme in sorted(rows.items(), key=lambda item: list(chosen).index(item[0].pk)):
        amounts = [_amount(row) for row in of_programme]
        label = of_programme[0].get_kind_display()
        accounts.append(Account(programme.title, label, amounts))
        ranges += [amount for amount in amounts if amount.low is not None and amount.low != amount.high]
    return Accounts(currency, calendar.name, accounts, counted.values("programme").distinct().count(), ranges)


def _amount(row: Transaction) -> Amount:
    first, *last = (int(match["year"]) for match in fiscal.PERIOD.finditer(row.fiscal_period))
    return Amount(
        first,
        last[0] if last else first,
        row.kind,
        row.get_kind_display(),
        row.amount,
        row.amount_low,
        row.amount_high,
        row.get_absolute_url(),
    )


def years_url(first: int, last: int) -> str:
    """Return the address of the timeline from one year to another."""
    return f"{reverse('timeline:timeline')}?from={first:04}&to={last:04}"
