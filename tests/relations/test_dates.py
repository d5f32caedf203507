"""EDTF as the record reads it: bounds, order, words, certainty, refusals."""

import calendar
import re
from datetime import date, timedelta

import pytest
from edtf import parse_edtf
from hypothesis import given
from hypothesis import strategies as st

from relations import dates
from relations.dates import MAX_LENGTH, PRECISIONS, parse

FIRST, LAST = date.min, date.max

# text, earliest, latest, precision, phrase, short
DATES = [
    # Level 0
    ("1954-05-19", "1954-05-19", "1954-05-19", "day", "19 May 1954", "19 May 1954"),
    ("1985-04-12", "1985-04-12", "1985-04-12", "day", "12 April 1985", "12 Apr 1985"),
    ("2000-02-29", "2000-02-29", "2000-02-29", "day", "29 February 2000", "29 Feb 2000"),
    ("0001-01-01", "0001-01-01", "0001-01-01", "day", "1 January 0001", "1 Jan 0001"),
    ("9999-12-31", "9999-12-31", "9999-12-31", "day", "31 December 9999", "31 Dec 9999"),
    ("1985-04", "1985-04-01", "1985-04-30", "month", "April 1985", "Apr 1985"),
    ("2021-08", "2021-08-01", "2021-08-31", "month", "August 2021", "Aug 2021"),
    ("2023-02", "2023-02-01", "2023-02-28", "month", "February 2023", "Feb 2023"),
    ("2024-02", "2024-02-01", "2024-02-29", "month", "February 2024", "Feb 2024"),
    ("1985", "1985-01-01", "1985-12-31", "year", "1985", "1985"),
    ("0001", "0001-01-01", "0001-12-31", "year", "0001", "0001"),
    ("9999", "9999-01-01", "9999-12-31", "year", "9999", "9999"),
    ("1964/2008", "1964-01-01", "2008-12-31", "year", "1964–2008", "1964–2008"),
    ("2009/2013", "2009-01-01", "2013-12-31", "year", "2009–2013", "2009–2013"),
    ("2018/2018", "2018-01-01", "2018-12-31", "year", "2018", "2018"),
    ("2004-06/2006-08", "2004-06-01", "2006-08-31", "month", "June 2004 – August 2006", "Jun 2004 – Aug 2006"),
    ("2025-05/2025-06", "2025-05-01", "2025-06-30", "month", "May–June 2025", "May–Jun 2025"),
    ("2025-05-07/2025-05-10", "2025-05-07", "2025-05-10", "day", "7–10 May 2025", "7–10 May 2025"),
    ("2025-05-07/2025-06-10", "2025-05-07", "2025-06-10", "day", "7 May – 10 June 2025", "7 May – 10 Jun 2025"),
    (
        "2011-11-26/2012-07-03",
        "2011-11-26",
        "2012-07-03",
        "day",
        "26 November 2011 – 3 July 2012",
        "26 Nov 2011 – 3 Jul 2012",
    ),
    ("2025-05-07/2025-05-07", "2025-05-07", "2025-05-07", "day", "7 May 2025", "7 May 2025"),
    (
        "2004-02-01/2005-02",
        "2004-02-01",
        "2005-02-28",
        "month",
        "1 February 2004 – February 2005",
        "1 Feb 2004 – Feb 2005",
    ),
    ("2004-02-01/2005", "2004-02-01", "2005-12-31", "year", "1 February 2004 – 2005", "1 Feb 2004 – 2005"),
    ("2005/2006-02", "2005-01-01", "2006-02-28", "year", "2005 – February 2006", "2005 – Feb 2006"),
    ("2018/2018-06", "2018-01-01", "2018-06-30", "year", "2018 – June 2018", "2018 – Jun 2018"),
    # Qualifiers
    ("1985~", "1985-01-01", "1985-12-31", "year", "about 1985", "about 1985"),
    ("1986?", "1986-01-01", "1986-12-31", "year", "1986?", "1986?"),
    ("1985%", "1985-01-01", "1985-12-31", "year", "about 1985?", "about 1985?"),
    ("2004-06~", "2004-06-01", "2004-06-30", "month", "about June 2004", "about Jun 2004"),
    ("1986-10?", "1986-10-01", "1986-10-31", "month", "October 1986?", "Oct 1986?"),
    ("2004-06-11%", "2004-06-11", "2004-06-11", "day", "about 11 June 2004?", "about 11 Jun 2004?"),
    ("2025-10-25~", "2025-10-25", "2025-10-25", "day", "about 25 October 2025", "about 25 Oct 2025"),
    ("1954/1965~", "1954-01-01", "1965-12-31", "year", "1954 – about 1965", "1954 – about 1965"),
    ("2013~/2018~", "2013-01-01", "2018-12-31", "year", "about 2013 – about 2018", "about 2013 – about 2018"),
    ("2003-06-24/2008~", "2003-06-24", "2008-12-31", "year", "24 June 2003 – about 2008", "24 Jun 2003 – about 2008"),
    ("2018~/2018~", "2018-01-01", "2018-12-31", "year", "about 2018", "about 2018"),
    # Digits that are not specified
    ("201X", "2010-01-01", "2019-12-31", "decade", "the 2010s", "the 2010s"),
    ("199X", "1990-01-01", "1999-12-31", "decade", "the 1990s", "the 1990s"),
    ("199X~", "1990-01-01", "1999-12-31", "decade", "about the 1990s", "about the 1990s"),
    ("20XX", "2000-01-01", "2099-12-31", "century", "some year from 2000 to 2099", "some year from 2000 to 2099"),
    ("2004-XX", "2004-01-01", "2004-12-31", "year", "some month of 2004", "some month of 2004"),
    ("2004-06-XX", "2004-06-01", "2004-06-30", "month", "some day in June 2004", "some day in Jun 2004"),
    ("2004-XX-XX", "2004-01-01", "2004-12-31", "year", "some day in 2004", "some day in 2004"),
    ("2004-06-XX?", "2004-06-01", "2004-06-30", "month", "some day in June 2004?", "some day in Jun 2004?"),
    ("199X/2003", "1990-01-01", "2003-12-31", "decade", "the 1990s – 2003", "the 1990s – 2003"),
    # Seasons
    ("2001-21", "2001-03-01", "2001-05-31", "season", "spring 2001", "spring 2001"),
    ("2001-22", "2001-06-01", "2001-08-31", "season", "summer 2001", "summer 2001"),
    ("2001-23", "2001-09-01", "2001-11-30", "season", "autumn 2001", "autumn 2001"),
    ("2001-24", "2001-12-01", "2002-02-28", "season", "winter 2001", "winter 2001"),
    ("2003-24", "2003-12-01", "2004-02-29", "season", "winter 2003", "winter 2003"),
    ("9999-24", "9999-12-01", "9999-12-31", "season", "winter 9999", "winter 9999"),
    ("2001-21?", "2001-03-01", "2001-05-31", "season", "spring 2001?", "spring 2001?"),
    # Ends that are open or not known
    ("2018-01-04/..", "2018-01-04", None, "day", "from 4 January 2018, still so", "since 4 Jan 2018"),
    ("1985-04/..", "1985-04-01", None, "month", "from April 1985, still so", "since Apr 1985"),
    ("2018/..", "2018-01-01", None, "year", "from 2018, still so", "since 2018"),
    ("1985?/..", "1985-01-01", None, "year", "from 1985?, still so", "since 1985?"),
    ("1985~/..", "1985-01-01", None, "year", "from about 1985, still so", "since about 1985"),
    ("../1998-12", None, "1998-12-31", "month", "until December 1998", "until Dec 1998"),
    ("../1985-04-12", None, "1985-04-12", "day", "until 12 April 1985", "until 12 Apr 1985"),
    ("../1998~", None, "1998-12-31", "year", "until about 1998", "until about 1998"),
    ("2018/", "2018-01-01", None, "year", "from 2018, end not known", "from 2018"),
    ("1985-04-12/", "1985-04-12", None, "day", "from 12 April 1985, end not known", "from 12 Apr 1985"),
    ("/1998", None, "1998-12-31", "year", "until 1998, start not known", "until 1998"),
    ("/1985-04", None, "1985-04-30", "month", "until April 1985, start not known", "until Apr 1985"),
]
TEXTS = [row[0] for row in DATES]


@pytest.mark.parametrize(("text", "earliest", "latest", "precision", "phrase", "short"), DATES, ids=TEXTS)
def test_a_date_has_bounds_a_precision_and_words(text, earliest, latest, precision, phrase, short):
    edtf = parse(text)
    assert edtf.text == str(edtf) == text
    assert edtf.earliest == (date.fromisoformat(earliest) if earliest else FIRST)
    assert edtf.latest == (date.fromisoformat(latest) if latest else LAST)
    assert edtf.precision == precision
    assert edtf.phrase() == phrase
    assert edtf.short() == short


def test_the_table_has_no_text_twice():
    assert len(set(TEXTS)) == len(TEXTS) >= 60


@pytest.mark.parametrize(
    ("text", "understood"),
    [
        ("1954-05-19", "on 19 May 1954"),
        ("2021-08~", "between 1 and 31 August 2021, approximate"),
        ("1985?", "between 1 January and 31 December 1985, uncertain"),
        ("1985%", "between 1 January and 31 December 1985, approximate and uncertain"),
        ("2001-24", "between 1 December 2001 and 28 February 2002"),
        ("2018-01-04/..", "starts on 4 January 2018; goes on"),
        ("2018-01-04/", "starts on 4 January 2018; ended, not known when"),
        ("../1998-12", "has no stated start; ends between 1 and 31 December 1998"),
        ("/1998-12", "started, not known when; ends between 1 and 31 December 1998"),
        ("2003-06-24/2008~", "starts on 24 June 2003; ends between 1 January and 31 December 2008, approximate"),
        ("2018/2018-06", "starts between 1 January and 30 June 2018; ends between 1 and 30 June 2018"),
    ],
)
def test_who_types_a_date_is_told_what_was_understood(text, understood):
    assert parse(text).understood() == understood


@pytest.mark.parametrize(
    ("text", "interval", "open_start", "open_end", "approximate", "uncertain"),
    [
        ("1985", False, False, False, False, False),
        ("1985~", False, False, False, True, False),
        ("1985?", False, False, False, False, True),
        ("1985%", False, False, False, True, True),
        ("1985/1990", True, False, False, False, False),
        ("1985/..", True, False, True, False, False),
        ("1985/", True, False, True, False, False),
        ("../1990~", True, True, False, True, False),
        ("/1990", True, True, False, False, False),
        ("1985?/1990~", True, False, False, True, True),
    ],
)
def test_a_date_says_what_kind_it_is(text, interval, open_start, open_end, approximate, uncertain):
    edtf = parse(text)
    assert edtf.is_interval == interval
    assert edtf.is_open_start == open_start
    assert edtf.is_open_end == open_end
    assert edtf.is_approximate == approximate
    assert edtf.is_uncertain == uncertain
    assert edtf.is_qualified == (approximate or uncertain)


@pytest.mark.parametrize(
    ("text", "first", "last", "possibly", "certainly"),
    [
        ("2021-08-15", "2021-08-15", "2021-08-15", True, True),
        ("2021-08-15", "2021-08-16", "2021-12-31", False, False),
        ("2021-08", "2021-01-01", "2021-12-31", True, True),
        ("2021-08", "2021-08-01", "2021-08-31", True, True),
        ("2021-08", "2021-08-02", "2021-12-31", True, False),
        ("2021-08", "2021-09-01", "2021-12-31", False, False),
        ("2021-08~", "2021-01-01", "2021-12-31", True, False),
        ("2021-08?", "2021-09-01", "2021-12-31", False, False),
        ("2004-XX", "2004-01-01", "2004-12-31", True, True),
        ("2004-XX", "2004-01-01", "2004-06-30", True, False),
        # It lasted: every period that it touched for certain.
        ("2009/2013", "2011-01-01", "2011-01-31", True, True),
        ("2009/2013", "2009-01-01", "2009-12-31", True, True),
        ("2009/2013", "2009-01-01", "2009-12-30", True, False),
        ("2009/2013", "2013-01-02", "2020-12-31", True, False),
        ("2009/2013", "2013-01-01", "2020-12-31", True, True),
        ("2009/2013~", "2011-01-01", "2011-01-31", True, False),
        # It started by the end of June, since it ended in June.
        ("2018/2018-06", "2017-01-01", "2018-06-30", True, True),
        ("2018/2018-06", "2018-06-02", "2018-12-31", True, False),
        ("2018-06/2018", "2018-06-30", "2018-12-31", True, False),
        ("2018-06/2018", "2018-06-01", "2018-06-30", True, True),
        # An open end goes on; of an end that is not known, only the start is sure.
        ("2018/..", "2050-01-01", "2050-12-31", True, True),
        ("2018/", "2050-01-01", "2050-12-31", True, False),
        ("2018/", "2018-01-01", "2018-12-31", True, True),
        ("../1998", "1950-01-01", "1950-12-31", True, True),
        ("/1998", "1950-01-01", "1950-12-31", True, False),
        ("/1998", "1998-01-01", "1998-12-31", True, True),
    ],
)
def test_a_date_lies_in_a_period_possibly_or_certainly(text, first, last, possibly, certainly):
    first, last = date.fromisoformat(first), date.fromisoformat(last)
    assert parse(text).possibly_in(first, last) == possibly
    assert parse(text).certainly_in(first, last) == certainly


def test_where_an_interval_is_doubt_it_is_some_day_within():
    finding = parse("2018-06-28/2018-06-29")
    day = date(2018, 6, 28)
    assert finding.certainly_in(day, day)
    assert not finding.certainly_in(day, day, duration=False)
    assert finding.certainly_in(day, day + timedelta(days=1), duration=False)


@pytest.mark.parametrize(
    ("text", "day", "possibly", "certainly"),
    [
        ("2018-01-04/..", "2018-01-03", False, False),
        ("2018-01-04/..", "2018-01-04", True, True),
        ("2018-01-04/..", "2025-01-01", True, True),
        ("2018/..", "2018-06-01", True, False),
        ("2018/..", "2018-12-31", True, True),
        ("2018~/..", "2018-12-31", True, False),
        ("2018~/..", "2019-01-01", True, True),
        ("2003-06-24/2008~", "2003-06-24", True, True),
        ("2003-06-24/2008~", "2007-12-31", True, True),
        ("2003-06-24/2008~", "2008-01-01", True, False),
        ("2003-06-24/2008", "2008-01-01", True, True),
        ("2003-06-24/2008", "2008-01-02", True, False),
        ("2003-06-24/2008", "2009-01-01", False, False),
        ("2013~/2018~", "2015-06-01", True, True),
        ("2013?/2018", "2018-01-01", True, True),
        ("2018/", "2025-01-01", True, False),
        ("2018-01-04/", "2018-01-04", True, True),
        ("../1998", "1950-01-01", True, True),
        ("/1998", "1950-01-01", True, False),
        ("../1998?", "1998-01-01", True, False),
        ("../1998?", "1997-12-31", True, True),
        ("2007-08-03", "2007-08-03", True, True),
        ("2007-08-03?", "2007-08-03", True, False),
    ],
)
def test_a_qualifier_spoils_only_what_rests_on_its_end(text, day, possibly, certainly):
    day = date.fromisoformat(day)
    assert parse(text).possibly_on(day) == possibly
    assert parse(text).certainly_on(day) == certainly


def test_dates_sort_by_first_day_then_last_day_then_qualifiers():
    in_order = [
        "../1998",
        "1985-01-01",
        "1985-01",
        "1985",
        "1985-XX",
        "1985~",
        "1985?",
        "1985%",
        "1985/1990",
        "1985/",
        "1985/..",
        "1985-02",
        "1986",
    ]
    assert [edtf.text for edtf in sorted(map(parse, reversed(in_order)))] == in_order


EXAMPLES = "write for example 2021, 2021-08, 2021-08-14, 1985~, 2009/2013"
REFUSED = [
    ("", "it is empty; " + EXAMPLES),
    ("03/04/2025", "does not say which is the day and which the month; write 2025-04-03 or 2025-03-04"),
    ("25/12/2021", "write 2021-12-25"),
    ("12/25/2021", "write 2021-12-25"),
    ("25.12.2021", "write 2021-12-25"),
    ("10/25/06", "the year needs all four digits; write 2006-10-25 or 1906-10-25"),
    ("31/02/2021", "write 2021-02-28 or 2021-02"),
    ("2021/05/03", "write 2021-05-03"),
    ("2021/25/03", "write 2021-03-25"),
    ("2021/05", "write 2021-05"),
    ("12/2021", "write 2021-12"),
    ("20210503", "write 2021-05-03"),
    ("1985-4-3", "write 1985-04-03"),
    ("2021-5", "write 2021-05"),
    ("May 2021", "write 2021-05"),
    ("3 May 2021", "write 2021-05-03"),
    ("3rd May 2021", "write 2021-05-03"),
    ("May 3, 2021", "write 2021-05-03"),
    ("2021 May 3", "write 2021-05-03"),
    ("Sept 2021", "write 2021-09"),
    ("31 June 2021", "write 2021-06-30 or 2021-06"),
    ("spring 2001", "write 2001-21"),
    ("1990s", "write 199X"),
    ("199u", "write 199X"),
    ("199x", "write 199X"),
    ("c. 1985", "write 1985~"),
    ("circa May 1985?", "write 1985-05%"),
    ("~1985", "write 1985~"),
    ("perhaps 1985", "write 1985?"),
    ("1985 ?", "write 1985?"),
    ("since 2018", "write 2018/.."),
    ("2018-present", "write 2018/.."),
    ("2018/open", "write 2018/.."),
    ("until 1998", "write ../1998"),
    ("2018 to 2020", "write 2018/2020"),
    ("2018–2020", "write 2018/2020"),
    ("2018-19", "there is no month 19 (months are 01 to 12, seasons 21 to 24); write 2018 or 2018/2019"),
    ("2021-05-03 - 2021-05-07", "write 2021-05-03/2021-05-07"),
    ("2021-13", "there is no month 13 (months are 01 to 12, seasons 21 to 24); write 2021"),
    ("2021-00", "there is no month 00 (months are 01 to 12, seasons 21 to 24); write 2021"),
    ("2021-25", "there is no month 25"),
    ("2021-02-30", "February 2021 has 28 days; write 2021-02-28 or 2021-02"),
    ("2021-02-29", "February 2021 has 28 days; write 2021-02-28 or 2021-02"),
    ("2021-04-31", "April 2021 has 30 days; write 2021-04-30 or 2021-04"),
    ("2021-05-00", "May 2021 has 31 days; write 2021-05"),
    ("2001-21-03", "a season has no days"),
    ("2020/2019", "it ends before it starts; write 2019/2020"),
    ("2013/2009", "it ends before it starts; write 2009/2013"),
    ("199X/1985~", "it ends before it starts; write 1985~/199X"),
    ("2021-05-03/2021-05-01", "it ends before it starts; write 2021-05-01/2021-05-03"),
    ("2021-02-30/2021-03", "February 2021 has 28 days; write 2021-02-28/2021-03"),
    ("2021-05-03T12:00", "no time of day is kept; write 2021-05-03"),
    ("2021-05-03 12:00:00Z", "no time of day is kept; write 2021-05-03"),
    ("../..", "at least one end of an interval must be known"),
    ("/", "at least one end of an interval must be known"),
    ("../", "at least one end of an interval must be known"),
    ("/..", "at least one end of an interval must be known"),
    ("..", EXAMPLES),
    ("2018/2019/2020", EXAMPLES),
    (" 2021", "it has spaces or invisible characters in it; write 2021"),
    ("2021 ", "it has spaces or invisible characters in it; write 2021"),
    ("2021\n", "it has spaces or invisible characters in it; write 2021"),
    ("2021\0", "it has spaces or invisible characters in it; write 2021"),
    ("2021\u200f", "it has spaces or invisible characters in it"),
    ("２０２１", "only the digits 0 to 9 are read; write 2021"),
    ("۲۰۲۱", "only the digits 0 to 9 are read; write 2021"),
    ("२०२१-०५", "only the digits 0 to 9 are read; write 2021-05"),
    ("2021−05", "write 2021-05"),
    ("201X-05", "an X stands for what is not known from the right end on"),
    ("2004-XX-05", "an X stands for what is not known from the right end on"),
    ("2XXX", EXAMPLES),
    ("XXXX", EXAMPLES),
    ("1985~~", EXAMPLES),
    ("0000", "years run from 0001 to 9999"),
    ("000X", "years run from 0001 to 9999"),
    ("00XX", "years run from 0001 to 9999"),
    ("-0400", "years run from 0001 to 9999"),
    ("Y170000002", "years run from 0001 to 9999"),
    ("Y1E99999999", "years run from 0001 to 9999"),
    ("1E9", EXAMPLES),
    ("1950S2", EXAMPLES),
    ("[1667,1668]", EXAMPLES),
    ("{1667,1668}", EXAMPLES),
    ("2004-06~-11", EXAMPLES),
    ("yesterday", EXAMPLES),
    ("9" * 65, "is too long for a date; write at most 64 characters"),
]


@pytest.mark.parametrize(("text", "right"), REFUSED, ids=[ascii(text) for text, right in REFUSED])
def test_a_refusal_says_what_would_be_right(text, right):
    with pytest.raises(ValueError, match="“") as refusal:
        parse(text)
    assert right in str(refusal.value)


def test_a_refusal_shows_invisible_characters_and_no_more_than_the_limit():
    with pytest.raises(ValueError, match=r"“2021\\u0000” is not a date"):
        parse("2021\0")
    with pytest.raises(ValueError, match="“9{64}…” is too long"):
        parse("9" * 100_000)


@pytest.mark.parametrize("text", ["2025-05-07/2025-05-10", "2025-05/2025-06", "2018/..", "../1998-12", "2025-10-25~"])
def test_who_types_the_words_that_a_page_shows_is_told_the_date(text):
    with pytest.raises(ValueError, match="“") as refusal:
        parse(parse(text).phrase())
    assert f"write {text}" in str(refusal.value)


@pytest.mark.parametrize("name", [name for name, value in vars(dates).items() if isinstance(value, re.Pattern)])
def test_no_pattern_repeats_without_a_limit(name):
    # With at most 64 characters and no nested or endless repetition, no text takes long.
    assert not set("*+") & set(getattr(dates, name).pattern)


# Properties

qualifiers = st.sampled_from(["", "", "~", "?", "%"])
years = st.integers(1, 9999).map("{:04}".format)
days = st.dates().map(date.isoformat)
months = st.dates().map(lambda day: day.isoformat()[:7])
seasons = st.builds("{}-{}".format, years, st.integers(21, 24))
unspecified = st.one_of(
    st.integers(1, 999).map("{:03}X".format),
    st.integers(1, 99).map("{:02}XX".format),
    years.map("{}-XX".format),
    years.map("{}-XX-XX".format),
    months.map("{}-XX".format),
)
plain = st.one_of(years, months, days)
singles = st.builds("{}{}".format, st.one_of(plain, seasons, unspecified), qualifiers)


def is_readable(text):
    try:
        parse(text)
    except ValueError:
        return False
    return True


intervals = st.one_of(
    st.builds("{}/{}".format, singles, singles).filter(is_readable),
    st.builds("{}/{}".format, singles, st.sampled_from(["", ".."])),
    st.builds("{}/{}".format, st.sampled_from(["", ".."]), singles),
)
edtfs = st.one_of(singles, intervals).map(parse)
periods = st.tuples(st.dates(), st.dates()).map(sorted)


@given(edtfs)
def test_what_was_read_is_kept_as_it_was_written(edtf):
    assert parse(edtf.text) == edtf
    assert str(edtf) == edtf.text


@given(edtfs)
def test_bounds_are_in_order(edtf):
    assert edtf.earliest <= edtf.latest
    for end in (edtf.start, edtf.end):
        assert edtf.earliest <= end.first <= end.last <= edtf.latest
    assert edtf.precision in PRECISIONS


@given(st.lists(edtfs, min_size=2, max_size=8))
def test_the_order_is_total_and_follows_the_bounds(several):
    several.sort()
    for one, other in zip(several, several[1:], strict=False):
        assert (one < other) + (one > other) + (one == other) == 1
        assert (one == other) == (one.text == other.text)
        assert (one.earliest, one.latest) <= (other.earliest, other.latest)


@given(edtfs, periods, st.booleans())
def test_what_is_certain_is_possible(edtf, period, duration):
    if edtf.certainly_in(*period, duration=duration):
        assert edtf.possibly_in(*period)
    if edtf.certainly_on(period[0]):
        assert edtf.possibly_on(period[0])


@given(edtfs, periods)
def test_the_two_columns_answer_as_the_method_does(edtf, period):
    first, last = period
    assert edtf.certainly_in(first, last) == (edtf.certain_from <= last and edtf.certain_until >= first)


@given(edtfs, periods)
def test_a_qualified_date_is_certainly_in_no_period_but_all_time(edtf, period):
    assert edtf.certainly_in(FIRST, LAST)
    if edtf.is_qualified and period != [FIRST, LAST]:
        assert not edtf.certainly_in(*period)


@given(
    st.builds("{}/{}".format, plain, plain).filter(is_readable).map(parse),
    st.integers(-400, 400),
    st.integers(0, 400),
    st.sampled_from(["earliest", "latest"]),
)
def test_an_interval_is_certain_where_its_latest_start_and_earliest_end_touch_the_period(edtf, shift, length, near):
    at = min(max(getattr(edtf, near).toordinal() + shift, 1), LAST.toordinal() - 400)
    first, last = date.fromordinal(at), date.fromordinal(at + length)
    latest_start = min(parse(edtf.start.text).latest, edtf.latest)
    earliest_end = max(parse(edtf.end.text).earliest, edtf.earliest)
    assert edtf.certainly_in(first, last) == (latest_start <= last and earliest_end >= first)


@given(edtfs)
def test_words_are_never_empty(edtf):
    for words in (edtf.phrase(), edtf.short(), edtf.understood()):
        assert words.strip() == words != ""
        assert "%" not in words


@given(singles.map(parse))
def test_words_never_claim_more_than_was_recorded(edtf):
    months_named = [name for name in calendar.month_name if name and name in edtf.phrase()]
    digits = [part for part in edtf.phrase().replace("?", "").split() if part.isdigit() and len(part) < 3]
    assert bool(months_named) == (edtf.precision in ("day", "month"))
    assert bool(digits) == (edtf.precision == "day")
    assert ("about" in edtf.phrase()) == edtf.is_approximate
    assert ("?" in edtf.phrase()) == edtf.is_uncertain


def bounds_by_the_library(text):
    edtf = parse_edtf(text)
    return tuple(date(*day[:3]) for day in (edtf.lower_strict(), edtf.upper_strict()))


# The library refuses a qualified season, and ends winter in December.
seasons_but_winter = st.builds("{}-{}".format, years, st.integers(21, 23))


@given(st.one_of(seasons_but_winter, st.builds("{}{}".format, st.one_of(plain, unspecified), qualifiers)))
def test_single_dates_have_the_bounds_that_the_edtf_library_gives(text):
    edtf = parse(text)
    assert (edtf.earliest, edtf.latest) == bounds_by_the_library(text)


@given(st.builds("{}/{}".format, plain, plain).filter(is_readable))
def test_plain_intervals_have_the_bounds_that_the_edtf_library_gives(text):
    edtf = parse(text)
    assert (edtf.earliest, edtf.latest) == bounds_by_the_library(text)


pieces = st.lists(
    st.sampled_from([*"0123456789XY-/.~?% eET:+[]{},", "..", "2021", "-05", "May", "since ", "c. ", " to ", "۲"]),
    max_size=40,
).map("".join)


@given(st.one_of(st.text(max_size=200), pieces))
def test_any_text_is_read_or_refused_with_what_would_be_right(text):
    if is_readable(text):
        assert parse(text).text == text
        assert text.isascii()
        assert len(text) <= MAX_LENGTH
    else:
        with pytest.raises(ValueError, match="write .*[0-9]") as refusal:
            parse(text)
        assert str(refusal.value).isprintable()
