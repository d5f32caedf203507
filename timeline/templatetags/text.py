"""Tags and filters for what is written in few letters: dates as they are known and amounts of money."""

from django import template
from django.utils.translation import gettext as _

from relations import dates

from .. import amounts

register = template.Library()

register.filter("money", amounts.in_full)
register.filter("money_short", amounts.in_short)


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
    figure, to, span = (amounts.in_short if is_short else amounts.in_full)(preferred, currency), "", ""
    if low != high and is_short:
        figure, to = amounts.in_short(low, currency), amounts.in_short(high, currency)
    elif low != high:
        span = _("%(low)s to %(high)s") % {
            "low": amounts.in_short(low, currency),
            "high": amounts.in_short(high, currency),
        }
    return {"transaction": transaction, "figure": figure, "to": to, "span": span, "has_kind": has_kind}
