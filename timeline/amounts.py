"""How an amount of money is written: the currency as people know it, in full or in few letters."""

from decimal import ROUND_HALF_UP, Decimal

from django.utils.formats import number_format
from django.utils.translation import gettext as _

SYMBOLS = {"USD": "$", "XDR": "SDR\u00a0"}  # the IMF's unit is known by its own letters; the rest by their ISO code


def in_full(amount, currency: str) -> str:
    """`$564,000,000`, `SDR 760,000,000`, `PKR 12,500.50`."""
    amount = Decimal(amount)
    places = 0 if amount == amount.to_integral_value() else 2
    return _symbol(currency) + number_format(amount, places, force_grouping=True)


def in_short(amount, currency: str) -> str:
    """`$5.84bn`, `SDR 760m`: at most two decimals of its unit; below a million in full."""
    amount = Decimal(amount)
    billions, millions = (
        (amount / 10**places).quantize(Decimal("0.01"), ROUND_HALF_UP).normalize() + 0 for places in (9, 6)
    )
    if millions >= 1000:
        return _symbol(currency) + _("%(figure)sbn") % {"figure": number_format(billions)}
    if millions >= 1:
        return _symbol(currency) + _("%(figure)sm") % {"figure": number_format(millions)}
    return in_full(amount, currency)


def _symbol(currency: str) -> str:
    return SYMBOLS.get(currency, f"{currency}\u00a0")
