"""What falls due on conditions, and which deadlines passed without a finding."""

from datetime import date

import pytest

from relations import states
from relations.deadlines import DueKind, dues
from relations.models import AidCondition, Benchmark
from tests.factories import make_assessment, make_benchmark, make_condition

pytestmark = pytest.mark.django_db

LATER = date(2026, 7, 1)


def found():
    docket = states.load(AidCondition.objects.all())
    return dues(docket, Benchmark.objects.published().select_related("condition"))


def deadline():
    [due] = [due for due in found() if due.kind == DueKind.DEADLINE]
    return due


@pytest.fixture
def law():
    condition = make_condition(key="law", in_force="2020/..")
    make_benchmark(key="passed", condition="law", deadline="2024-06", deadline_reset="2025-06-30|2025-12")
    return condition


def test_a_deadline_is_due_at_the_last_of_its_resets(law):
    due = deadline()
    assert (due.first, due.last) == (date(2025, 12, 1), date(2025, 12, 31))
    assert [known.text for known in due.former] == ["2024-06", "2025-06-30"]


def test_a_deadline_of_a_month_has_passed_after_its_last_day(law):
    due = deadline()
    assert due.is_ahead(date(2025, 12, 31)) and not due.is_unanswered(date(2025, 12, 31))
    assert not due.is_ahead(date(2026, 1, 1)) and due.is_unanswered(date(2026, 1, 1))


@pytest.mark.parametrize(
    ("finding", "on", "period", "is_answered"),
    [
        ("not-met", "2025-12-31", "", True),
        ("not-met", "2025-12", "", True),
        ("not-met", "2025-11-30", "", False),
        ("pending", "2025-06-30", "", False),
        ("pending", "2026-02-01", "", True),
        ("met", "2024-03-01", "", True),
        ("waived", "2025-01-01", "", True),
        ("not-met", "2025-10-01", "2025-07-01/2025-12-31", True),
    ],
)
def test_a_deadline_is_answered_by_a_finding_on_or_after_it_or_by_an_earlier_good_one(
    law, finding, on, period, is_answered
):
    make_assessment(key="answer", condition="law", finding=finding, date=on, period_covered=period)
    due = deadline()
    assert due.is_unanswered(LATER) is not is_answered
    assert (due.finding and due.finding.key) == ("answer" if is_answered else None)


def test_a_condition_that_had_ended_by_then_asks_nothing_any_more(law):
    make_condition(key="ended", in_force="2020-01-01/2021-12-31")
    make_benchmark(condition="ended", deadline="2022-03")
    assert [due.condition for due in found() if due.kind == DueKind.DEADLINE] == ["law"]


def test_what_is_not_public_answers_nothing_and_is_not_due(law):
    make_assessment(condition="law", finding="met", date="2026-01-01", state="draft")
    make_benchmark(condition="law", deadline="2025-01", state="draft")
    assert deadline().is_unanswered(LATER)


def test_the_end_of_a_period_and_of_a_condition_fall_due_too():
    make_condition(key="law", in_force="2020-01-01/2027-09")
    make_assessment(key="yearly", condition="law", finding="certified", date="2025-10-01", period_covered="US-FY2026")
    make_assessment(condition="law", finding="pending", date="2025-11-01", period_covered="2025-11-01/..")
    assert [(str(due.kind), due.key, due.first, due.last) for due in found()] == [
        ("renewal", "yearly", date(2026, 9, 30), date(2026, 9, 30)),
        ("end", "law", date(2027, 9, 1), date(2027, 9, 30)),
    ]
