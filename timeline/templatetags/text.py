"""Tags and filters for what is written in few letters: dates as they are known and amounts of money."""

from decimal import ROUND_HALF_UP, Decimal

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from relations import dates

register = template.Library()

SYMBOLS = {"USD": "$", "XDR": "SDR\u00a0"}
STEPS = (
    (Decimal(10) ** 9, lambda figure: _("%(figure)sbn") % {"figure": figure}),
    (Decimal(10) ** 6, lambda figure: _("%(figure)sm") % {"figure": figure}),
)


@register.filter
def money(value, currency: str) -> str:
    """An amount in full: `$564,000,000`, `SDR 760,000,000`, `PKR 12,500.50`."""
    value = Decimal(value)
    places = 0 if value == value.to_integral_value() else 2
    return _symbol(currency) + number_format(value, places, force_grouping=True)


@register.filter
def money_short(value, currency: str) -> str:
    """An amount to at most two decimals of its unit: `$5.84bn`, `SDR 760m`; below a million in full."""
    value = Decimal(value)
    for step, words in STEPS:
        figure = (value / step).quantize(Decimal("0.01"), ROUND_HALF_UP)
        if figure >= 1:
            return _symbol(currency) + words(number_format(figure.normalize() + 0, use_l10n=True))
    return money(value, currency)


def _symbol(currency: str) -> str:
    return SYMBOLS.get(currency, f"{currency}\u00a0")


@register.inclusion_tag("timeline/_date_chip.html")
def date_chip(value, is_plain: bool = False) -> dict:
    """A date as it is known, from an EDTF text or a `relations.dates.Edtf`; `is_plain` within a sentence."""
    known = dates.parse(value) if isinstance(value, str) and value else value
    if not known:
        return {"known": None, "is_plain": is_plain}
    # Only what HTML can say as well: a single day, month or year that is not qualified.
    is_exact = not (known.is_interval or known.is_qualified) and known.precision in ("day", "month", "year")
    return {
        "known": known,
        "is_plain": is_plain,
        "is_doubtful": known.is_qualified,
        "is_partial": not known.is_qualified and known.precision != "day",
        "machine": known.text if is_exact and "X" not in known.text else "",
    }


@register.filter
def date_short(value) -> str:
    """A date in few letters: `about 25 Oct 2025`; nothing where there is none."""
    return dates.parse(value).short() if value else ""


@register.filter
def date_phrase(value) -> str:
    """A date as people write it: `from 4 January 2018, still so`; nothing where there is none."""
    return dates.parse(value).phrase() if value else ""


@register.filter
def fiscal_short(value: str) -> str:
    """A fiscal period in few letters: `US-FY2002/US-FY2007` → `FY2002–FY2007`."""
    return "–".join(period.partition("-")[2] for period in value.split("/")) if value else ""


@register.inclusion_tag("timeline/_amount.html")
def amount(transaction, is_short: bool = False, has_kind: bool = True) -> dict:
    """An amount with its kind, date and currency, from a `relations.models.Transaction`.

    Short, a range replaces the amount; in full, it stands beside what the desk prefers. `has_kind` is False only
    where kind and date stand in the same row of a table.
    """
    currency, preferred = transaction.currency, transaction.amount
    low = preferred if transaction.amount_low is None else transaction.amount_low
    high = preferred if transaction.amount_high is None else transaction.amount_high
    figure, to, span = (money_short if is_short else money)(preferred, currency), "", ""
    if low != high and is_short:
        figure, to = money_short(low, currency), money_short(high, currency)
    elif low != high:
        span = _("%(low)s to %(high)s") % {"low": money_short(low, currency), "high": money_short(high, currency)}
    return {"transaction": transaction, "figure": figure, "to": to, "span": span, "has_kind": has_kind}
