"""The money of one programme or investment: every amount, whether it counts and why not; and the charts of totals.

Kinds are never added to each other, currencies neither; a part is never added to its whole.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from relations import dates, fiscal, pair
from relations.models import Transaction
from relations.models.base import EVER

from .amounts import in_short
from .drawing.money import Account, Amount, MoneyBars, draw_money
from .drawing.sums import SumBars, draw_sums
from .totals import YEAR, Part, why_partial
from .years import Years


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
    href: str = ""  # of the rows that make it

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
    """Return every public amount of a programme or an investment with its evidence, newest first, in three queries."""
    counted = set(owner.transactions.counted().values_list("pk", flat=True))
    rows = owner.transactions.published().select_related("part_of__programme", "part_of__investment").with_evidence()
    return [_entry(row, owner, row.pk in counted) for row in rows.order_by("-earliest", "-latest", "key")]


def _entry(row: Transaction, owner, counts: bool) -> Entry:
    # Its address is that of its owner, which is loaded already.
    if row.programme_id:
        row.programme = owner
    else:
        row.investment = owner
    whole = _whole(row)
    if whole:
        return Entry(row, counts, _("part of %(whole)s") % {"whole": _in_words(whole)}, whole.get_absolute_url())
    return Entry(row, counts, "" if counts else row.note)


def _whole(row: Transaction) -> Transaction | None:
    return row.part_of if row.part_of_id and row.part_of.is_public else None


def _in_words(row: Transaction) -> str:
    return f"{in_short(row.amount, row.currency)} {row.get_kind_display()}, {period_of(row)}"


def period_of(row: Transaction) -> str:
    """Return the fiscal period or the date of an amount in few letters."""
    if row.fiscal_period:
        return fiscal.short(row.fiscal_period)
    return dates.parse(row.date).short() if row.date else _("undated")


def totals_of(entries: Iterable[Entry], href: str) -> list[Total]:
    """Return the totals by kind and currency, exactly, the largest of each currency first; only what counts.

    `href` begins the address of the rows that make one: `/aid/totals/?programme=fund`.
    """
    alike: dict[tuple[str, str], list[Transaction]] = {}
    for entry in entries:
        if entry.counts:
            row = entry.transaction
            alike.setdefault((row.currency, row.kind), []).append(row)
    found = [
        replace(_total(kind, currency, rows), href=f"{href}&kind={kind}&currency={currency}")
        for (currency, kind), rows in alike.items()
    ]
    return sorted(found, key=lambda total: (total.currency, -total.amount, total.kind))


def by_instrument(entries: Iterable[Entry], href: str) -> list[tuple[str, list[Total]]]:
    """Return the totals of each instrument by its words, equity first, beside it what was lent, guaranteed or given."""
    found: dict[str, list[Entry]] = {Transaction.Instrument.EQUITY: []}
    for entry in entries:
        found.setdefault(entry.transaction.instrument, []).append(entry)
    return [
        (str(Transaction.Instrument(word).label), totals)
        for word, of_word in found.items()
        if (totals := totals_of(of_word, f"{href}&instrument={word}"))
    ]


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


@dataclass(frozen=True)
class Chart:
    """A chart in one currency: `drawing` is what `template` draws, `svg` and `csv` are its addresses as a file.

    `undated` are totals of which the years are not known, `partial` says why which years are covered only in part.
    """

    currency: str
    drawing: MoneyBars | SumBars | None
    template: str
    rows: int
    undated: list[Part] = field(default_factory=list)
    partial: list[tuple[str, str]] = field(default_factory=list)
    svg: str = ""
    csv: str = ""


def charts_of(parts: Iterable[Part], by: str, years: Years) -> list[Chart]:
    """Return the charts of totals, one a currency, that of most rows first; each kind stands by itself."""
    of_currency: dict[str, list[Part]] = {}
    for part in parts:
        of_currency.setdefault(part.currency, []).append(part)
    ordered = sorted(of_currency.items(), key=lambda item: (-sum(part.rows for part in item[1]), item[0]))
    return [(_by_year if by == YEAR else _by_group)(found, currency, years) for currency, found in ordered]


def _by_group(parts: list[Part], currency: str, _years: Years) -> Chart:
    kinds: dict[str, list[Part]] = {}
    for part in parts:
        kinds.setdefault(part.kind_label, []).append(part)
    return Chart(currency, draw_sums(kinds, currency), "sums", sum(part.rows for part in parts))


def _by_year(parts: list[Part], currency: str, years: Years) -> Chart:
    kinds: dict[str, list[Part]] = {}
    for part in parts:
        if part.span:
            kinds.setdefault(part.kind_label, []).append(part)
    current = pair.current()
    partial = why_partial(parts, years, current.today(), current.complete)
    accounts = [
        Account(
            capfirst(label),
            "",
            [
                Amount(*part.span, str(part.kind), label, part.amount, part.low, part.high, part.href)
                for part in of_kind
            ],
            why_partial(of_kind, years, current.today(), current.complete),
        )
        for label, of_kind in kinds.items()
    ]
    drawing = draw_money(
        accounts,
        currency,
        names=years,
        columns=2,
        room=90,
        has_own_scales=True,
    )
    undated = [part for part in parts if not part.span]
    return Chart(currency, drawing, "money", sum(part.rows for part in parts), undated, _in_runs(partial, years))


def _in_runs(partial: dict[int, list[str]], years: Years) -> list[tuple[str, str]]:
    """Return the years for which each reason holds, in words, with the reason: (“FY1951–FY2001”, …)."""
    runs: dict[str, list[list[int]]] = {}
    for number, reasons in sorted(partial.items()):
        for reason in reasons:
            found = runs.setdefault(reason, [])
            if found and found[-1][1] == number - 1:
                found[-1][1] = number
            else:
                found.append([number, number])
    return [(", ".join(years.words(*run) for run in found), reason) for reason, found in runs.items()]


def bars_of(entries: Iterable[Entry], years: Years) -> list[Chart]:
    """Return the bars of what counts by year, all kinds on one axis, one chart a currency."""
    found: dict[str, list[Transaction]] = {}
    for entry in entries:
        if entry.counts:
            found.setdefault(entry.transaction.currency, []).append(entry.transaction)
    charts = []
    for currency, rows in sorted(found.items(), key=lambda item: (-len(item[1]), item[0])):
        amounts = [
            Amount(
                *span,
                row.kind,
                row.get_kind_display(),
                row.amount,
                row.amount_low,
                row.amount_high,
                f"#{row.key}",
                possible,
            )
            for row in rows
            for span, possible in _years_of(row, years)
        ]
        if drawing := draw_money([Account("", "", amounts)], currency, names=years):
            charts.append(Chart(currency, drawing, "money", len(rows)))
    return charts


def _years_of(row: Transaction, years: Years) -> list[tuple[tuple[int, int], tuple[int, int] | None]]:
    """Return the first and last year of an amount, and those that it can lie in; nothing where none is known.

    A sum over an interval covers all its years. A date that is known to the year is of one day within it, so that the
    amount belongs to one year: that of the middle of what the date can mean.
    """
    span = years.span(row.fiscal_period, row.earliest, row.latest)
    if span is None:
        return []
    first, last = span
    is_of_days = row.date and not dates.parse(row.date).is_interval and row.latest - row.earliest <= timedelta(days=366)
    if first == last or not is_of_days:
        return [(span, None)]
    likeliest = years.of_day(row.earliest + (row.latest - row.earliest) / 2)
    return [((likeliest, likeliest), span)]
