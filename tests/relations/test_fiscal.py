"""Fiscal periods by calendars that a package describes."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relations.fiscal import Calendar, parse_period, periods_of, phrase, short

US = {
    "code": "US",
    "name": "United States",
    "years": [{"ends": "06-30", "until": 1976, "transition": "TQ"}, {"ends": "09-30"}],
}
PK = {"code": "PK", "name": "Pakistan", "years": [{"ends": "06-30"}]}
CALENDARS = {described["code"]: Calendar.from_descriptor(described) for described in (US, PK)}


@pytest.mark.parametrize(
    ("text", "first", "last", "words", "few_letters"),
    [
        ("US-FY1948", "1947-07-01", "1948-06-30", "fiscal year 1948", "FY1948"),
        ("US-FY1976", "1975-07-01", "1976-06-30", "fiscal year 1976", "FY1976"),
        ("US-FY1976TQ", "1976-07-01", "1976-09-30", "transition quarter 1976", "FY1976TQ"),
        ("US-FY1977", "1976-10-01", "1977-09-30", "fiscal year 1977", "FY1977"),
        ("US-FY1990", "1989-10-01", "1990-09-30", "fiscal year 1990", "FY1990"),
        ("PK-FY1976", "1975-07-01", "1976-06-30", "fiscal year 1976", "FY1976"),
        ("PK-FY2024", "2023-07-01", "2024-06-30", "fiscal year 2024", "FY2024"),
        ("PK-FY0001", "0001-01-01", "0001-06-30", "fiscal year 0001", "FY0001"),
        ("PK-FY9999", "9998-07-01", "9999-06-30", "fiscal year 9999", "FY9999"),
        ("US-FY2002/US-FY2007", "2001-10-01", "2007-09-30", "fiscal years 2002–2007", "FY2002–2007"),
        ("US-FY1975/US-FY1978", "1974-07-01", "1978-09-30", "fiscal years 1975–1978", "FY1975–1978"),
        (
            "US-FY1976/US-FY1976TQ",
            "1975-07-01",
            "1976-09-30",
            "fiscal year 1976 – transition quarter 1976",
            "FY1976–1976TQ",
        ),
    ],
)
def test_a_fiscal_period_has_a_first_and_a_last_day_and_words(text, first, last, words, few_letters):
    assert parse_period(text, CALENDARS) == (date.fromisoformat(first), date.fromisoformat(last))
    assert phrase(text) == words
    assert short(text) == few_letters


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("", "it is written CODE-FYyear; write US-FY1990 or PK-FY1990"),
        ("FY1990", "write US-FY1990 or PK-FY1990"),
        ("1990", "write US-FY1990 or PK-FY1990"),
        ("US-FY90", "write US-FY1990"),
        ("US-FY07", "write US-FY2007"),
        ("us-fy1990", "write US-FY1990"),
        ("US FY1990", "write US-FY1990"),
        ("US-FY2002/2007", "write US-FY2002/US-FY2007"),
        ("US-FY2002-2007", "write US-FY2002/US-FY2007"),
        ("FY 2002–07", "write US-FY2002/US-FY2007 or PK-FY2002/PK-FY2007"),
        ("UK-FY1990", "there is no fiscal calendar UK here; write US-FY1990 or PK-FY1990"),
        ("US-FY1980TQ", "there is no such transition; write US-FY1980 or US-FY1976TQ"),
        ("PK-FY1976TQ", "there is no such transition; write PK-FY1976"),
        ("US-FY2007/US-FY2002", "the earlier period first; write US-FY2002/US-FY2007"),
        ("US-FY2002/US-FY2002", "the earlier period first; write US-FY2002"),
        ("US-FY2002/PK-FY2003", "a range is of one calendar"),
        ("US-FY2002/", "write US-FY1990"),
        ("US-FY0000", "write US-FY1990"),
        (" US-FY1990", "write US-FY1990"),
        ("US-FY1990\0", r"“US-FY1990\u0000” is not a fiscal period"),
        ("US-FY１９９０", "write US-FY1990"),
        ("US-FY" + "9" * 10_000, "write US-FY1990"),
    ],
)
def test_a_refusal_says_what_would_be_right(text, right):
    with pytest.raises(ValueError, match="is not a fiscal period") as refusal:
        parse_period(text, CALENDARS)
    assert right in str(refusal.value)
    assert len(str(refusal.value)) < 250


def test_without_a_calendar_no_period_is_read():
    with pytest.raises(ValueError, match="write CODE-FY1990"):
        parse_period("US-FY1990", {})


def test_the_periods_that_some_days_touch_are_listed_in_order():
    assert periods_of(CALENDARS["US"], date(1976, 6, 30), date(1976, 10, 1)) == [
        ("US-FY1976", date(1975, 7, 1), date(1976, 6, 30)),
        ("US-FY1976TQ", date(1976, 7, 1), date(1976, 9, 30)),
        ("US-FY1977", date(1976, 10, 1), date(1977, 9, 30)),
    ]
    assert periods_of(CALENDARS["PK"], date(2024, 7, 1), date(2024, 7, 1)) == [
        ("PK-FY2025", date(2024, 7, 1), date(2025, 6, 30))
    ]


@pytest.mark.parametrize(
    ("change", "right"),
    [
        ({"code": "us"}, "the code “us” is not two capital letters"),
        ({"code": None}, "is not two capital letters"),
        ({"name": " "}, "US has no name"),
        ({"years": ["06-30"]}, 'write "years": [{"ends": "06-30"}]'),
        ({"years": []}, 'write "years": [{"ends": "06-30"}]'),
        ({"years": [{"ends": "30 June"}]}, "“30 June” is not the last day of its years; write month-day: 06-30"),
        ({"years": [{"ends": "02-29"}]}, "“02-29” is not the last day of its years"),
        ({"years": [{}]}, "is not the last day of its years"),
        ({"years": [{"ends": "06-30", "until": 1976}]}, "the last rule goes on"),
        ({"years": [{"ends": "06-30"}, {"ends": "09-30"}]}, "is not the last year of a rule; write a number: 1976"),
        ({"years": [{"ends": "06-30", "until": "1976"}, {"ends": "09-30"}]}, "“1976” is not the last year of a rule"),
        (
            {"years": [{"ends": "06-30", "until": 1976}, {"ends": "09-30", "until": 1976}, {"ends": "12-31"}]},
            "1976 does not come after 1976",
        ),
        (
            {"years": [{"ends": "09-30", "until": 1976, "transition": "TQ"}, {"ends": "06-30"}]},
            "no days are left for the transition after 1976",
        ),
        (
            {"years": [{"ends": "06-30", "until": 1976, "transition": "quarter"}, {"ends": "09-30"}]},
            "“quarter” is not two capital letters; write TQ",
        ),
    ],
)
def test_a_calendar_that_cannot_be_is_refused(change, right):
    with pytest.raises(ValueError, match="Fiscal calendar") as refusal:
        Calendar.from_descriptor(US | change)
    assert right in str(refusal.value)


@st.composite
def calendars(draw):
    """Calendars of one to four rules, with a transition wherever days are left for one."""
    ends = draw(st.lists(st.dates(date(2001, 1, 1), date(2001, 12, 31)), min_size=1, max_size=4))
    untils = sorted(draw(st.sets(st.integers(1, 9998), min_size=len(ends) - 1, max_size=len(ends) - 1)))
    rules = [{"ends": end.strftime("%m-%d")} for end in ends]
    for rule, later, until in zip(rules, rules[1:], untils, strict=False):
        rule["until"] = until
        if later["ends"] > rule["ends"] and draw(st.booleans()):
            rule["transition"] = "TQ"
    return Calendar.from_descriptor({"code": "XX", "name": "Somewhere", "years": rules})


@given(calendars(), st.integers(1, 9990), st.integers(0, 3000))
def test_periods_tile_time_without_gap_or_overlap(calendar, year, days):
    # Near a change of rule most of all.
    for start in {year, *(rule.until for rule in calendar.rules if rule.until and rule.until < 9990)}:
        first = date(start, 1, 1)
        last = first + timedelta(days=days)
        periods = periods_of(calendar, first, last)
        assert periods[0][1] <= first
        assert periods[-1][2] >= last
        for one, other in zip(periods, periods[1:], strict=False):
            assert other[1] == one[2] + timedelta(days=1)
        for code, start_day, end_day in periods:
            assert start_day <= end_day
            assert parse_period(code, {"XX": calendar}) == (start_day, end_day)


@given(st.text(max_size=100))
def test_any_text_is_read_or_refused(text):
    try:
        parse_period(text, CALENDARS)
    except ValueError:
        return
    assert phrase(text)
    assert short(text)
