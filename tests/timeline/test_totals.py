"""Totals of many amounts: no double counting, in whatever order and however often parts and wholes are edited."""

from collections import defaultdict
from datetime import date
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relations import fiscal
from relations.models import State, Transaction
from relations.writing import Edit, Refused, write
from tests.factories import make_package, make_programme, make_transaction
from timeline import totals
from timeline.years import Years

pytestmark = pytest.mark.django_db

UNITED_STATES = fiscal.Calendar.from_descriptor(
    {
        "code": "US",
        "name": "United States",
        "years": [{"ends": "06-30", "until": 1976, "transition": "TQ"}, {"ends": "09-30"}],
    }
)
FISCAL, CALENDAR = Years(UNITED_STATES), Years(None)


def counted():
    return Transaction.objects.counted()


def sums(parts) -> dict[tuple[str, str], Decimal]:
    found = defaultdict(Decimal)
    for part in parts:
        found[str(part.kind), part.currency] += part.amount
    return dict(found)


# ------------------------------------------------------------------------------------------------ what is counted


def test_a_part_of_another_kind_than_its_whole_is_a_total_of_its_own():
    make_transaction(key="held", kind="suspension", amount="900")
    make_transaction(key="moved", kind="reprogramming", amount="300", part_of="held")
    make_transaction(key="again", kind="suspension", amount="100", part_of="moved")
    assert sums(totals.totals([counted()])) == {("suspension", "USD"): 900, ("reprogramming", "USD"): 300}


def slowly_counted() -> dict[tuple[str, str], Decimal]:
    """The obvious second implementation: climb from each row to every whole above it."""
    rows = {row.pk: row for row in Transaction.objects.all()}

    def wholes(row):
        while row.part_of_id and rows[row.part_of_id].is_public:
            row = rows[row.part_of_id]
            yield row

    found = defaultdict(Decimal)
    for row in rows.values():
        above = list(wholes(row))
        repeats = any((whole.kind, whole.currency) == (row.kind, row.currency) for whole in above)
        if row.is_public and row.counts_in_totals and not repeats and len(above) < 3:
            found[row.kind, row.currency] += row.amount
    return {place: amount for place, amount in found.items() if amount}


steps = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.one_of(
            st.tuples(st.just("part_of"), st.one_of(st.just(""), st.integers(0, 5).map("row-{}".format))),
            st.tuples(st.just("counts_in_totals"), st.sampled_from(["yes", "no"])),
            st.tuples(st.just("kind"), st.sampled_from(["commitment", "disbursement"])),
            st.tuples(st.just("state"), st.sampled_from([State.WITHDRAWN, State.PUBLISHED])),
        ),
    ),
    min_size=4,
    max_size=10,
)


@pytest.fixture
def six_rows():
    for number, programme in enumerate([make_programme().key for _n in range(2)] * 3):
        make_transaction(key=f"row-{number}", programme=programme, amount=str(10**number), note="Said elsewhere.")


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_no_sequence_of_edits_makes_money_count_twice(six_rows, edits):
    with transaction.atomic():
        for number, (column, value) in edits:
            row = Transaction.objects.get(key=f"row-{number}")
            cells, state = ({}, value) if column == "state" else ({column: value}, "")
            edit = Edit(Transaction, pk=row.pk, seen=row.version, cells=cells, state=state, note="Gone.")
            try:
                with transaction.atomic():
                    write([edit], by=make_package(), change="correction", reason="Read again.")
            except Refused:
                continue  # a circle, or a step that leads nowhere
            found = totals.totals([counted()])
            assert sums(found) == slowly_counted()
            # Each amount is a power of ten, so that one that is counted twice shows as a digit.
            assert {digit for part in found for digit in str(part.amount)} <= {"0", "1"}
            for parts in (
                totals.by_year([counted()], FISCAL),
                totals.by_programme([counted()]),
                totals.by_category([counted()]),
            ):
                assert sums(parts) == sums(found)
        transaction.set_rollback(True)


def test_drafts_and_what_is_withdrawn_count_nowhere():
    fund = make_programme(key="fund")
    make_transaction(programme=fund.key, amount="1000")
    make_transaction(programme=fund.key, amount="7", state="draft")
    make_transaction(programme=fund.key, amount="70", state="submitted")
    make_transaction(programme=make_programme(state="draft").key, amount="700", state="draft")
    for parts in (totals.totals([counted()]), totals.by_year([counted()], FISCAL), totals.by_programme([counted()])):
        assert sums(parts) == {("commitment", "USD"): 1000}


def test_a_total_is_exact_beyond_what_a_database_can_add():
    for _n in range(12):
        make_transaction(amount="9999999999999999.99")
    assert sums(totals.totals([counted()])) == {("commitment", "USD"): 12 * Decimal("9999999999999999.99")}


# ---------------------------------------------------------------------------------------------------------- years


def test_the_transition_quarter_of_1976_is_a_period_of_its_own():
    quarter = FISCAL.of_day(date(1976, 7, 1))
    assert FISCAL.text(quarter, quarter) == "US-FY1976TQ" and FISCAL.long(quarter) == "FY1976TQ"
    assert FISCAL.bounds(quarter) == (date(1976, 7, 1), date(1976, 9, 30))
    assert FISCAL.of_day(date(1976, 6, 30)) == quarter - 1 and FISCAL.of_day(date(1976, 10, 1)) == quarter + 1
    assert [FISCAL.text(n, n) for n in (quarter - 1, quarter + 1)] == ["US-FY1976", "US-FY1977"]
    assert FISCAL.read("US-FY2002/US-FY2007") == tuple(FISCAL.of_day(date(year, 1, 1)) for year in (2002, 2007))


@given(st.dates(date(1900, 1, 1), date(2100, 12, 31)))
def test_every_day_lies_in_the_year_that_has_its_number(day):
    for years in (FISCAL, CALENDAR):
        number = years.of_day(day)
        first, last = years.bounds(number)
        assert first <= day <= last
        assert years.read(years.text(number, number)) == (number, number)


DATED = [
    {"date": "", "fiscal_period": "US-FY2011"},
    {"date": "2011-12-05", "fiscal_period": "US-FY2011"},  # decided later
    {"date": "", "fiscal_period": "US-FY2010/US-FY2012"},
    {"date": "2010-10-01"},
    {"date": "2011-09-30"},
    {"date": "2011-10"},
    {"date": "2011"},
    {"date": "2009/2011-09"},
    {"date": "../2011"},
    {"date": ""},
]


@pytest.mark.parametrize("years", [FISCAL, CALENDAR], ids=["fiscal", "calendar"])
def test_each_amount_is_in_one_span_of_years_and_found_by_its_text(years):
    for number, cells in enumerate(DATED):
        make_transaction(amount=str(10**number), **cells)
    parts = totals.by_year([counted()], years)
    assert sum(part.amount for part in parts) == int("1" * len(DATED))
    for part in parts:
        period = years.text(*part.span) if part.span else totals.UNDATED
        assert [found.amount for found in totals.totals(totals.within(counted(), years, period))] == [part.amount]
        assert sum(row.amount for row in totals.one_of(counted(), years, period)) == part.amount
    words = {part.label: part.amount for part in parts}
    if years.calendar:
        assert words["FY2011"] == 11011 and words["FY2010–FY2012"] == 100 and words["undated"] == 1100000000
    else:
        assert words["2011"] == 1110010 and words["2010–2011"] == 1


def test_years_outside_of_what_the_package_covers_and_the_one_that_is_not_over_are_partial():
    make_transaction(date="2001-11", amount="1")
    make_transaction(date="2020-11", amount="1")
    parts = totals.by_year([counted()], CALENDAR)
    why = totals.why_partial(parts, CALENDAR, date(2020, 12, 31), "2002/2018")
    assert why == {
        2001: ["the record of this year is incomplete"],
        2019: ["the record of this year is incomplete"],
        2020: ["the record of this year is incomplete", "the year is not over"],
    }
