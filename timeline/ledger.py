"""The money of one programme or investment: every amount, whether it counts and why not, and totals that do not lie.

Kinds are never added to each other, currencies neither; a part is never added to its whole.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from relations import dates, fiscal, pair
from relations.models import Transaction
from relations.models.base import EVER

from .amounts import in_short
from .drawing.money import Account, Amount, MoneyBars, draw_money


@dataclass(frozen=True)
class Entry:
    """An amount as its table shows it; `why` says why it is in no total."""

    transaction: Transaction
    counts: bool
    why: str
    href: str = ""  # of what it is part of


@dataclass(frozen=True)
class Total:
    """The sum of the amounts of one kind in one currency. `low` and `high` are set where sources differ."""

    kind: str
    label: str
    currency: str
    amount: Decimal
    low: Decimal | None
    high: Decimal | None
    rows: int
    period: str

    @property
    def note(self) -> str:
        """What it is made of: “10 rows that add up”."""
        return ngettext("%(n)s row", "%(n)s rows that add up", self.rows) % {"n": self.rows}

    @property
    def span(self) -> str:
        if self.low is None or self.low == self.high:
            return ""
        return _("%(low)s to %(high)s") % {
            "low": in_short(self.low, self.currency),
            "high": in_short(self.high, self.currency),
        }


def entries_of(owner) -> list[Entry]:
    """Return every public amount of a programme or an investment with its evidence, newest first, in two queries."""
    rows = owner.transactions.published().select_related("part_of__programme", "part_of__investment").with_evidence()
    return [_entry(row, owner) for row in rows.order_by("-earliest", "-latest", "key")]


def _entry(row: Transaction, owner) -> Entry:
    # Its address is that of its owner, which is loaded already.
    if row.programme_id:
        row.programme = owner
    else:
        row.investment = owner
    whole = _whole(row)
    if row.counts_in_totals and whole is None:
        return Entry(row, True, "")
    if whole:
        return Entry(row, False, _("part of %(whole)s") % {"whole": _in_words(whole)}, whole.get_absolute_url())
    return Entry(row, False, row.note)


def _whole(row: Transaction) -> Transaction | None:
    return row.part_of if row.part_of_id and row.part_of.is_public else None


def _in_words(row: Transaction) -> str:
    return f"{in_short(row.amount, row.currency)} {row.get_kind_display()}, {period_of(row)}"


def period_of(row: Transaction) -> str:
    """Return the fiscal period or the date of an amount in few letters."""
    if row.fiscal_period:
        return fiscal.short(row.fiscal_period)
    return dates.parse(row.date).short() if row.date else _("undated")


def totals_of(entries: Iterable[Entry]) -> list[Total]:
    """Return the totals by kind and currency, exactly, the largest of each currency first; only what counts."""
    alike: dict[tuple[str, str], list[Transaction]] = {}
    for entry in entries:
        if entry.counts:
            row = entry.transaction
            alike.setdefault((row.currency, row.kind), []).append(row)
    found = [_total(kind, currency, rows) for (currency, kind), rows in alike.items()]
    return sorted(found, key=lambda total: (total.currency, -total.amount, total.kind))


def _total(kind: str, currency: str, rows: list[Transaction]) -> Total:
    has_range = any(row.amount_low is not None or row.amount_high is not None for row in rows)
    return Total(
        kind=kind,
        label=str(rows[0].get_kind_display()),
        currency=currency,
        amount=sum((row.amount for row in rows), Decimal(0)),
        low=sum((row.amount if row.amount_low is None else row.amount_low for row in rows), Decimal(0))
        if has_range
        else None,
        high=sum((row.amount if row.amount_high is None else row.amount_high for row in rows), Decimal(0))
        if has_range
        else None,
        rows=len(rows),
        period=_span(rows),
    )


def _span(rows: list[Transaction]) -> str:
    """Return the years from the first to the last amount, fiscal ones where all are."""
    if all(row.fiscal_period for row in rows):
        first, last = min(rows, key=lambda row: row.earliest), max(rows, key=lambda row: row.latest)
        texts = fiscal.short(first.fiscal_period).split("–")[0], fiscal.short(last.fiscal_period).split("–")[-1]
        last_text = texts[1] if texts[1].startswith("FY") else f"FY{texts[1]}"
        return texts[0] if texts[0] == last_text else f"{texts[0]}–{last_text}"
    years = sorted({day.year for row in rows for day in (row.earliest, row.latest) if day not in EVER})
    if not years:
        return _("undated")
    return str(years[0]) if len(years) == 1 else f"{years[0]}–{years[-1]}"


def bars_of(entries: Iterable[Entry]) -> tuple[MoneyBars, str] | None:
    """Return the bars of what counts by fiscal year, and the name of the calendar; None where there are none.

    The years are those of the first calendar of the package, the currency that in which most amounts are.
    """
    calendar = next(iter(pair.current().calendars.values()), None)
    counted = [entry.transaction for entry in entries if entry.counts]
    if calendar is None or not counted:
        return None
    currencies = [row.currency for row in counted]
    currency = max(sorted(set(currencies)), key=currencies.count)
    amounts = [
        Amount(
            *years,
            row.kind,
            row.get_kind_display(),
            row.amount,
            row.amount_low,
            row.amount_high,
            f"#{row.key}",
            possible,
        )
        for row in counted
        if row.currency == currency
        for years, possible in _fiscal_years(row, calendar)
    ]
    bars = draw_money([Account("", "", amounts)], currency)
    return (bars, calendar.name) if bars else None


def _fiscal_years(row: Transaction, calendar: fiscal.Calendar) -> list[tuple[tuple[int, int], tuple[int, int] | None]]:
    """Return the first and last fiscal year of an amount, and those that it can lie in; nothing where none is known.

    A sum over an interval covers all its years. A date that is known to the year is of one day within it, so that the
    amount belongs to one year: that of the middle of what the date can mean.
    """
    if row.fiscal_period:
        found = [(match["code"], int(match["year"])) for match in fiscal.PERIOD.finditer(row.fiscal_period)]
        return [((found[0][1], found[-1][1]), None)] if found[0][0] == calendar.code else []
    if row.earliest in EVER or row.latest in EVER:
        return []

    def year_of(day):
        return int(fiscal.PERIOD.match(fiscal.periods_of(calendar, day, day)[0][0])["year"])

    first, last = year_of(row.earliest), year_of(row.latest)
    if first == last or dates.parse(row.date).is_interval or row.latest - row.earliest > timedelta(days=366):
        return [((first, last), None)]
    likeliest = year_of(row.earliest + (row.latest - row.earliest) / 2)
    return [((likeliest, likeliest), (first, last))]
