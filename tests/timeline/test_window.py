from datetime import date

import pytest

from timeline.window import Period, Window, whole_years

WHOLE = whole_years(1947, 2026)


def window(first: date, last: date) -> Window:
    return Window(WHOLE, Period(first, last))


def test_years_step_by_their_own_length():
    five = Window(WHOLE, whole_years(2009, 2013))

    assert five.earlier().texts == ("2004", "2008")
    assert five.later().texts == ("2014", "2018")
    assert five.length == 5


def test_months_step_by_months_and_days_by_days():
    autumn = window(date(1990, 10, 1), date(1990, 12, 31))
    days = window(date(2001, 9, 13), date(2001, 9, 14))

    assert autumn.earlier().texts == ("1990-07", "1990-09")
    assert autumn.later().texts == ("1991-01", "1991-03")
    assert days.earlier().texts == ("2001-09-11", "2001-09-12")
    assert days.length is None


def test_there_is_no_step_out_of_the_record():
    assert Window(WHOLE, whole_years(1947, 1951)).earlier() is None
    assert Window(WHOLE, whole_years(2022, 2026)).later() is None
    assert Window(WHOLE).earlier() is None and Window(WHOLE).later() is None


def test_a_range_keeps_the_middle_of_what_is_in_view_and_stays_in_the_record():
    assert Window(WHOLE, whole_years(2011, 2011)).of_years(5).years == (2009, 2013)
    assert Window(WHOLE, whole_years(2009, 2013)).of_years(1).years == (2011, 2011)
    assert Window(WHOLE, whole_years(2026, 2026)).of_years(10).years == (2017, 2026)
    assert Window(WHOLE, whole_years(1947, 1947)).of_years(25).years == (1947, 1971)


def test_where_all_is_in_view_a_range_is_of_the_last_years():
    assert Window(WHOLE).of_years(10).years == (2017, 2026)


def test_a_record_of_few_years_has_no_longer_range():
    assert Window(whole_years(2020, 2023)).of_years(5) is None


def test_an_end_that_is_not_asked_for_is_that_of_the_record():
    assert window(date(2009, 1, 1), date.max).period == Period(date(2009, 1, 1), WHOLE.last)
    assert window(date.min, date(1960, 12, 31)).period == Period(WHOLE.first, date(1960, 12, 31))


@pytest.mark.parametrize("last", [date(9999, 12, 31), date(9999, 12, 30)])
def test_at_the_end_of_all_time_there_is_nothing_later(last):
    assert Window(whole_years(1, 9999), Period(date(9990, 1, 1), last)).later() is None


def test_at_the_beginning_of_all_time_there_is_nothing_earlier():
    assert Window(whole_years(1, 9999), whole_years(2, 500)).earlier() is None


def test_words_are_as_short_as_they_can_be():
    assert whole_years(2011, 2011).words == "2011"
    assert whole_years(2009, 2013).words == "2009–2013"
    assert Period(date(1990, 10, 1), date(1990, 10, 31)).words == "Oct 1990"
