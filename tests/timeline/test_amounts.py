"""Amounts as they are written."""

from decimal import Decimal

import pytest

from timeline.amounts import in_full, in_short

NBSP = "\u00a0"


@pytest.mark.parametrize(
    ("amount", "currency", "full", "short"),
    [
        ("564000000", "USD", "$564,000,000", "$564m"),
        ("5840000000", "USD", "$5,840,000,000", "$5.84bn"),
        ("14573000000", "USD", "$14,573,000,000", "$14.57bn"),
        ("1438000000", "USD", "$1,438,000,000", "$1.44bn"),
        ("1000000000", "USD", "$1,000,000,000", "$1bn"),
        ("999999999", "USD", "$999,999,999", "$1bn"),
        ("10000000", "USD", "$10,000,000", "$10m"),
        ("999999", "USD", "$999,999", "$1m"),
        ("12500", "USD", "$12,500", "$12,500"),
        ("0", "USD", "$0", "$0"),
        ("760000000", "XDR", f"SDR{NBSP}760,000,000", f"SDR{NBSP}760m"),
        ("12500.5", "PKR", f"PKR{NBSP}12,500.50", f"PKR{NBSP}12,500.50"),
    ],
)
def test_an_amount_has_its_currency_and_a_length_for_its_place(amount, currency, full, short):
    assert (in_full(Decimal(amount), currency), in_short(Decimal(amount), currency)) == (full, short)
