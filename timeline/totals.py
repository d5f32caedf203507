"""Totals of many amounts, added up by the database: of a year, of all years, by programme, by category.

Only what `counted()` has is added up, each amount in one total of its kind and its currency. An amount belongs to the
years that it touches: a year has a total of what lies within it, and what lies over several years, or may lie in either
of two, has a total of its own, so that nothing is divided by guess and nothing is added twice.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.db.models import BigIntegerField, Count, F, Func, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from relations import pair
from relations.fields import plain
from relations.models import AidProgramme, Transaction
from relations.models.base import EVER

from .amounts import in_full, in_short
from .years import FISCAL, Years

YEAR, PROGRAMME, CATEGORY = "year", "programme", "category"
UNDATED = "undated"
KINDS = list(Transaction.Kind)


@dataclass(frozen=True)
class Part:
    """The total of the amounts of one kind and currency in one group.

    `span` has the numbers of its years where it is by years, None where they are not known; `group` is the key of a
    programme or the word of a category where it is by these, `label` its words. `low` and `high` are set where sources
    differ. `href` opens the rows that make it.
    """

    kind: Transaction.Kind
    currency: str
    amount: Decimal
    low: Decimal | None
    high: Decimal | None
    rows: int
    span: tuple[int, int] | None = None
    group: str = ""
    label: str = ""
    href: str = ""

    @property
    def kind_label(self) -> str:
        return str(self.kind.label)

    @property
    def figure(self) -> str:
        return in_full(self.amount, self.currency)

    @property
    def ends(self) -> str:
        """What sources differ by, in few letters; nothing where they agree."""
        if self.low is None or self.low == self.high:
            return ""
        low, high = (in_short(amount, self.currency) for amount in (self.low, self.high))
        return _("%(low)s to %(high)s") % {"low": low, "high": high}


def within(rows: QuerySet, years: Years, period: str) -> list[QuerySet]:
    """Return the amounts of exactly one span of years, or of none, as querysets that have no row in common.

    `period` is as `Years.text` writes it, or `undated`. Raises ValueError saying what would be right.
    """
    return [rows.filter(condition) for condition in _conditions(years, period)]


def one_of(rows: QuerySet, years: Years, period: str) -> QuerySet:
    """Return what `within` does as one queryset."""
    found = Q()
    for condition in _conditions(years, period):
        found |= condition
    return rows.filter(found)


def _conditions(years: Years, period: str) -> list[Q]:
    of_calendar = Q(fiscal_period__startswith=f"{years.calendar.code}-") if years.calendar else Q(pk__in=[])
    if period == UNDATED:
        return [~of_calendar & (Q(earliest__in=EVER) | Q(latest__in=EVER))]
    first, last = years.read(period)
    starts, ends = years.bounds(first), years.bounds(last)
    by_date = ~of_calendar & Q(
        earliest__range=(max(starts[0], _after(EVER[0])), starts[1]),
        latest__range=(ends[0], _before(EVER[-1], ends[1])),
    )
    return [Q(fiscal_period=years.text(first, last)), by_date] if years.calendar else [by_date]


def _after(day: date) -> date:
    return date.fromordinal(day.toordinal() + 1)


def _before(day: date, other: date) -> date:
    return min(date.fromordinal(day.toordinal() - 1), other)


class _Thousands(Func):
    """The thousands of millions of the smallest unit; with the rest beside it no sum is too large for a database."""

    template = "((%(expressions)s) / 1000000000)"
    output_field = BigIntegerField()


class _Rest(Func):
    template = "((%(expressions)s) - (%(expressions)s) / 1000000000 * 1000000000)"
    output_field = BigIntegerField()


def _added_up(rows: QuerySet, *groups: str) -> QuerySet:
    """Return kind, currency, the groups, the number of rows, how many have a low or high end, then sums as `_part`."""
    found = rows.order_by().values_list("kind", "currency", *groups)
    found = found.annotate(n=Count("pk"), ends=Count("amount_low") + Count("amount_high"))
    columns = {
        "total": F("amount"),
        "least": Coalesce("amount_low", "amount"),
        "most": Coalesce("amount_high", "amount"),
    }
    for name, column in columns.items():
        found = found.annotate(**{name: Sum(_Thousands(column)), f"{name}_rest": Sum(_Rest(column))})
    return found


def _part(kind: str, currency: str, n: int, ends: int, *sums, **more) -> Part:
    total, low, high = (_decimal(*both) for both in zip(sums[::2], sums[1::2], strict=True))
    return Part(Transaction.Kind(kind), currency, total, *((low, high) if ends else (None, None)), n, **more)


def _decimal(thousands: int, rest: int) -> Decimal:
    return plain(Decimal(int(thousands) * 10**9 + int(rest)).scaleb(-2))


def _merged(parts: Iterable[Part]) -> list[Part]:
    """Return parts of one group, kind and currency as one, in a total order."""
    found: dict[tuple, Part] = {}
    for part in parts:
        place = (part.currency, KINDS.index(part.kind), part.span or (0, 0), part.group)
        if before := found.get(place):
            has_ends = before.low is not None or part.low is not None
            found[place] = replace(
                before,
                amount=before.amount + part.amount,
                low=_or(before.low, before.amount) + _or(part.low, part.amount) if has_ends else None,
                high=_or(before.high, before.amount) + _or(part.high, part.amount) if has_ends else None,
                rows=before.rows + part.rows,
            )
        else:
            found[place] = part
    return [found[place] for place in sorted(found)]


def _or(amount: Decimal | None, other: Decimal) -> Decimal:
    return other if amount is None else amount


def totals(querysets: Iterable[QuerySet]) -> list[Part]:
    """Return the totals of amounts by kind and currency alone."""
    return _merged(_part(*row) for rows in querysets for row in _added_up(rows))


def by_year(querysets: Iterable[QuerySet], years: Years) -> list[Part]:
    """Return the totals of every span of years; `label` has its words."""
    found = []
    for rows in querysets:
        for kind, currency, period, earliest, latest, *sums in _added_up(rows, "fiscal_period", "earliest", "latest"):
            span = years.span(period, earliest, latest)
            label = years.words(*span) if span else _("undated")
            found.append(_part(kind, currency, *sums, span=span, label=label))
    return _merged(found)


def by_programme(querysets: Iterable[QuerySet]) -> list[Part]:
    """Return the totals of every programme; `group` is its key, `label` its title."""
    columns = ("programme__key", "programme__title")
    return _merged(
        _part(kind, currency, *sums, group=key, label=title)
        for rows in querysets
        for kind, currency, key, title, *sums in _added_up(rows, *columns)
    )


def by_category(querysets: Iterable[QuerySet]) -> list[Part]:
    """Return the totals of every category of programmes."""
    labels = dict(AidProgramme.Category.choices)
    return _merged(
        _part(kind, currency, *sums, group=word, label=str(labels[word]))
        for rows in querysets
        for kind, currency, word, *sums in _added_up(rows, "programme__category")
    )


def years_of(name: str = FISCAL) -> Years:
    """Return the years of the package's first calendar, or calendar years."""
    return Years(next(iter(pair.current().calendars.values()), None) if name == FISCAL else None)


def why_partial(parts: Iterable[Part], years: Years, today: date, covered: str) -> dict[int, list[str]]:
    """Return why the record covers a year only in part, by the number of each year from the first part to the last.

    It does where money over several years is not divided, where the year is not over, and outside of `covered`, the
    period that the package says that it has all amounts of ("" where it does not say).
    """
    spans = {(*part.span, part.kind_label): part.label for part in parts if part.span}
    if not spans:
        return {}
    bounds = pair.current().period(covered) if covered else EVER
    found = {}
    for number in range(min(span[0] for span in spans), max(span[1] for span in spans) + 1):
        start, end = years.bounds(number)
        reasons = [_("the record of this year is incomplete")] if start < bounds[0] or end > bounds[1] else []
        if end >= today:
            reasons.append(_("the year is not over"))
        reasons += [
            _("%(kind)s of %(years)s is not divided by year") % {"kind": kind, "years": label}
            for (first, last, kind), label in sorted(spans.items())
            if first <= number <= last and first != last
        ]
        if reasons:
            found[number] = reasons
    return found
