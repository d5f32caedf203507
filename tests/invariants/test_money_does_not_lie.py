"""Totals are exact on both databases, however the amounts are written."""

from decimal import Decimal

import pytest
from django.db.models import Sum
from hypothesis import given
from hypothesis import strategies as st

from relations.fields import ExactDecimalField, plain
from relations.models import Transaction
from tests.factories import make_programme, make_transaction

amounts = st.decimals(min_value=0, max_value=10**14, places=2, allow_nan=False, allow_infinity=False)


@pytest.mark.django_db
def test_the_sum_of_amounts_is_exact():
    programme = make_programme()
    texts = ["0.1", "0.2", "99999999999999.99", "1234567.89", "0.01"]
    for number, text in enumerate(texts):
        make_transaction(key=f"part-{number}", programme=programme.key, amount=text)
    total = Transaction.objects.published().aggregate(total=Sum("amount"))["total"]
    assert total == sum(map(Decimal, texts))


@given(amounts)
def test_a_decimal_comes_back_as_it_went_in_and_in_one_form(number):
    field = ExactDecimalField(decimal_places=2)
    stored = field.get_prep_value(number)
    assert isinstance(stored, int)
    back = field.from_db_value(stored, None, None)
    assert back == number
    assert "E" not in f"{back}" and f"{back}" == f"{plain(number):f}"
