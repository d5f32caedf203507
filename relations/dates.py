"""Dates as they are known: EDTF level 0 and 1, their bounds, their order and their words.

A date is a text of at most 64 characters. Source of the forms: Library of Congress, Extended
Date/Time Format (EDTF) specification, 2019, levels 0 and 1, of which the record takes

    1954  1954-05  1954-05-19           a year, a month, a day; years 0001 to 9999
    1985~  1986-10?  2004-06-11%        about right; doubtful; both
    199X  19XX  2004-XX  2004-06-XX     some year, month or day of it
    2001-21                             spring; 22 summer, 23 autumn, 24 winter
    2009/2013  2018-01-04/..  ../1998   from one to the other; goes on; has no stated start
    2018/  /1998                        ended, nobody knows when; started, nobody knows when

and leaves out times of day, years beyond four digits and years before 0001. EDTF's seasons belong to
no hemisphere; here they are bounded as north of the equator, where both countries of the first data
set lie: spring March to May, summer June to August, autumn September to November, winter December
to February of the next year. A season may be qualified or end an interval, as any date may; some
other readers of EDTF refuse that.
"""

import re
import unicodedata
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from django.utils.dates import MONTHS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

MAX_LENGTH = 64
PRECISIONS = ("day", "month", "season", "year", "decade", "century")

DATE = re.compile(
    r"(?P<year>[0-9]{4}|[0-9]{3}X|[0-9]{2}XX)"
    r"(?:-(?P<month>[0-9]{2}|XX)(?:-(?P<day>[0-9]{2}|XX))?)?"
    r"(?P<qualifier>[~?%]?)"
)
SEASONS = {
    21: gettext_lazy("spring"),
    22: gettext_lazy("summer"),
    23: gettext_lazy("autumn"),
    24: gettext_lazy("winter"),
}
SHORT_MONTHS = {
    1: pgettext_lazy("short month", "Jan"),
    2: pgettext_lazy("short month", "Feb"),
    3: pgettext_lazy("short month", "Mar"),
    4: pgettext_lazy("short month", "Apr"),
    5: pgettext_lazy("short month", "May"),
    6: pgettext_lazy("short month", "Jun"),
    7: pgettext_lazy("short month", "Jul"),
    8: pgettext_lazy("short month", "Aug"),
    9: pgettext_lazy("short month", "Sep"),
    10: pgettext_lazy("short month", "Oct"),
    11: pgettext_lazy("short month", "Nov"),
    12: pgettext_lazy("short month", "Dec"),
}


@dataclass(frozen=True)
class End:
    """One date, or one end of an interval: the first and last day that it can be, both inclusive.

    `precision` says what is known of it: `2004-06-XX` is known to the month. It is empty for an open
    end (`..`) and for one that is not known (an empty text).
    """

    text: str
    first: date
    last: date
    precision: str
    is_approximate: bool = False
    is_uncertain: bool = False

    @property
    def is_qualified(self) -> bool:
        return self.is_approximate or self.is_uncertain

    @property
    def is_open(self) -> bool:
        return self.text == ".."

    @property
    def is_unknown(self) -> bool:
        return self.text == ""


@dataclass(frozen=True, order=True)
class Edtf:
    """A date as it is known. The order is total: earliest, latest, qualifiers, text.

    `earliest` and `latest` are inclusive; an end that is open or not known is the first or last date
    there is. Qualifiers move no bound. Of two dates with the same bounds the unqualified comes first,
    then approximate, uncertain, both. `start` and `end` are the same for a single date. The two ends
    of an interval are narrowed by each other, for it cannot end before it starts: `2018/2018-06`
    started by 30 June.
    """

    earliest: date
    latest: date
    qualifiers: int
    text: str
    start: End = field(compare=False, repr=False)
    end: End = field(compare=False, repr=False)

    def __str__(self) -> str:
        return self.text

    @property
    def is_interval(self) -> bool:
        return "/" in self.text

    @property
    def is_open_start(self) -> bool:
        """Whether it has no first day on record: `../1998` and `/1998`."""
        return not self.start.precision

    @property
    def is_open_end(self) -> bool:
        """Whether it has no last day on record: `2018/..` and `2018/`."""
        return not self.end.precision

    @property
    def is_approximate(self) -> bool:
        return self.start.is_approximate or self.end.is_approximate

    @property
    def is_uncertain(self) -> bool:
        return self.start.is_uncertain or self.end.is_uncertain

    @property
    def is_qualified(self) -> bool:
        return self.qualifiers > 0

    @property
    def precision(self) -> str:
        """One of PRECISIONS; of an interval, that of the end that is known less exactly."""
        return max(filter(None, (self.start.precision, self.end.precision)), key=PRECISIONS.index)

    @property
    def certain_from(self) -> date:
        return self.certain_bounds()[0]

    @property
    def certain_until(self) -> date:
        return self.certain_bounds()[1]

    def certain_bounds(self, *, duration: bool = True) -> tuple[date, date]:
        """Return (from, until): it certainly lies in the period a..b if from <= b and until >= a.

        With `duration` an interval lasts from its start to its end, and is in every period that it
        touches. Without, it is some day within, as the date of a finding is. What is qualified is
        certain in no period but all time.
        """
        if self.is_qualified:
            return date.max, date.min
        if duration and self.is_interval:
            return self.start.last, self.end.first
        return self.latest, self.earliest

    def possibly_in(self, first: date, last: date) -> bool:
        return self.earliest <= last and self.latest >= first

    def certainly_in(self, first: date, last: date, *, duration: bool = True) -> bool:
        certain_from, certain_until = self.certain_bounds(duration=duration)
        return certain_from <= last and certain_until >= first

    def possibly_on(self, day: date) -> bool:
        """Whether what lasts this long, a law say, can have lasted on that day."""
        return self.start.first <= day <= self.end.last

    def certainly_on(self, day: date) -> bool:
        """Whether what lasts this long, a law say, surely lasted on that day.

        Here a qualifier spoils only what rests on its end: that of the start the days up to the last
        on which it can have started, that of the end the days from the first on which it can have
        ended. An open end (`..`) is no doubt, an end that is not known is.
        """
        if self.start.is_qualified and day <= self.start.last:
            return False
        if self.end.is_qualified and day >= self.end.first:
            return False
        return self.start.last <= day <= self.end.first

    def phrase(self) -> str:
        """Return it as people write it in prose: `about 1985`, `from 4 January 2018, still so`."""
        return self._in_words(
            MONTHS,
            still=_("from %(date)s, still so"),
            unknown_start=_("until %(date)s, start not known"),
            unknown_end=_("from %(date)s, end not known"),
        )

    def short(self) -> str:
        """Return it in few letters, for chips and axes: `about 25 Oct 2025`, `since 4 Jan 2018`."""
        return self._in_words(
            SHORT_MONTHS,
            still=_("since %(date)s"),
            unknown_start=_("until %(date)s"),
            unknown_end=_("from %(date)s"),
        )

    def understood(self) -> str:
        """Return what was read, day by day, for who types it: `between 1 and 31 August 2021, approximate`."""
        if not self.is_interval:
            return _understood(self.start)
        if self.start.is_open:
            start = _("has no stated start")
        elif self.start.is_unknown:
            start = _("started, not known when")
        else:
            start = _("starts %(days)s") % {"days": _understood(self.start)}
        if self.end.is_open:
            end = _("goes on")
        elif self.end.is_unknown:
            end = _("ended, not known when")
        else:
            end = _("ends %(days)s") % {"days": _understood(self.end)}
        return f"{start}; {end}"

    def _in_words(self, months: dict, *, still: str, unknown_start: str, unknown_end: str) -> str:
        if self.end.is_open:
            return still % {"date": _words(self.start, months)}
        if self.end.is_unknown:
            return unknown_end % {"date": _words(self.start, months)}
        if self.start.is_open:
            return _("until %(date)s") % {"date": _words(self.end, months)}
        if self.start.is_unknown:
            return unknown_start % {"date": _words(self.end, months)}
        if self.start.text == self.end.text:
            return _words(self.start, months)
        return _range(self.start, self.end, months)


def parse(text: str) -> Edtf:
    """Return the date that an EDTF text of level 0 or 1 means; raise ValueError saying what would be right."""
    if edtf := _read(text):
        return edtf
    raise ValueError(_refusal(text))


def _read(text: str) -> Edtf | None:
    return _short(text) if len(text) <= MAX_LENGTH else None


@lru_cache(maxsize=20_000)
def _short(text: str) -> Edtf | None:
    start_text, slash, end_text = text.partition("/")
    if not slash:
        start = end = _end(text)
    else:
        start = _end(start_text, open_day=date.min)
        end = _end(end_text, open_day=date.max)
    if not start or not end or not (start.precision or end.precision) or end.last < start.first:
        return None
    if slash:
        start, end = (
            End(start.text, start.first, min(start.last, end.last), *_rest(start)),
            End(end.text, max(end.first, start.first), end.last, *_rest(end)),
        )
    approximate = start.is_approximate or end.is_approximate
    uncertain = start.is_uncertain or end.is_uncertain
    return Edtf(start.first, end.last, approximate + 2 * uncertain, text, start, end)


def _rest(end: End) -> tuple[str, bool, bool]:
    return end.precision, end.is_approximate, end.is_uncertain


def _end(text: str, *, open_day: date | None = None) -> End | None:
    """Return one date or, where `open_day` says what an open end is, one end of an interval."""
    if open_day and text == "..":
        return End(text, open_day, open_day, "")
    if open_day and text == "":
        return End(text, date.min, date.max, "")
    match = DATE.fullmatch(text)
    if not match:
        return None
    year, month, day, qualifier = match.group("year", "month", "day", "qualifier")
    bounds = _bounds(year, month, day)
    return bounds and End(text, *bounds, qualifier in ("~", "%"), qualifier in ("?", "%"))


def _bounds(year: str, month: str | None, day: str | None) -> tuple[date, date, str] | None:
    """Return first day, last day and precision; None where there is no such date."""
    if year.endswith("X"):
        first, last = int(year.replace("X", "0")), int(year.replace("X", "9"))
        precision = "century" if year.endswith("XX") else "decade"
        return None if month or not first else (date(first, 1, 1), date(last, 12, 31), precision)
    number = int(year)
    if not number:
        return None
    if month is None or (month == "XX" and day in (None, "XX")):
        return date(number, 1, 1), date(number, 12, 31), "year"
    if month == "XX":
        return None
    if 21 <= int(month) <= 24 and day is None:
        return *_season(number, int(month)), "season"
    if not 1 <= int(month) <= 12:
        return None
    days = monthrange(number, int(month))[1]
    if day is None or day == "XX":
        return date(number, int(month), 1), date(number, int(month), days), "month"
    if not 1 <= int(day) <= days:
        return None
    return date(number, int(month), int(day)), date(number, int(month), int(day)), "day"


def _season(year: int, season: int) -> tuple[date, date]:
    first_month = (season - 20) * 3
    if season < 24:
        return date(year, first_month, 1), date(year, first_month + 2, monthrange(year, first_month + 2)[1])
    if year == date.max.year:
        return date(year, 12, 1), date.max
    return date(year, 12, 1), date(year + 1, 2, monthrange(year + 1, 2)[1])


# Words. The months are passed in, full or short; every pattern can be translated, so that another
# language may order day, month and year otherwise.


def _day(day: date, months: dict) -> str:
    return _("%(day)s %(month)s %(year)s") % {"day": day.day, "month": months[day.month], "year": _year(day)}


def _day_of_month(day: date, months: dict) -> str:
    return _("%(day)s %(month)s") % {"day": day.day, "month": months[day.month]}


def _month(day: date, months: dict) -> str:
    return _("%(month)s %(year)s") % {"month": months[day.month], "year": _year(day)}


def _year(day: date) -> str:
    return f"{day.year:04}"


def _words(end: End, months: dict) -> str:
    # The bounds of an interval's end are narrowed by the other end, so that words come from the text.
    year, month, day, qualifier = DATE.fullmatch(end.text).group("year", "month", "day", "qualifier")
    if end.precision == "century":
        words = _("some year from %(first)s to %(last)s") % {
            "first": year.replace("X", "0"),
            "last": year.replace("X", "9"),
        }
    elif end.precision == "decade":
        words = _("the %(year)ss") % {"year": year.replace("X", "0")}
    elif day == "XX" and month == "XX":
        words = _("some day in %(year)s") % {"year": year}
    elif month == "XX":
        words = _("some month of %(year)s") % {"year": year}
    elif day == "XX":
        words = _("some day in %(month)s") % {"month": _month(date(int(year), int(month), 1), months)}
    elif end.precision == "season":
        words = _("%(season)s %(year)s") % {"season": SEASONS[int(month)], "year": year}
    elif end.precision == "month":
        words = _month(date(int(year), int(month), 1), months)
    elif end.precision == "day":
        words = _day(end.first, months)
    else:
        words = year
    return {
        "": "%(date)s",
        "~": _("about %(date)s"),
        "?": _("%(date)s?"),
        "%": _("about %(date)s?"),
    }[qualifier] % {"date": words}


def _range(start: End, end: End, months: dict) -> str:
    plain = not (start.is_qualified or end.is_qualified or "X" in start.text + end.text)
    if plain and start.precision == end.precision:
        # A day or month is repeated only where it changes.
        first, last = start.first, end.last
        if start.precision == "year":
            return _("%(start)s–%(end)s") % {"start": _year(first), "end": _year(last)}
        if start.precision == "month" and first.year == last.year:
            return _("%(start)s–%(end)s") % {"start": months[first.month], "end": _month(last, months)}
        if start.precision == "day" and (first.year, first.month) == (last.year, last.month):
            return _("%(start)s–%(end)s") % {"start": first.day, "end": _day(last, months)}
        if start.precision == "day" and first.year == last.year:
            return _("%(start)s – %(end)s") % {"start": _day_of_month(first, months), "end": _day(last, months)}
    return _("%(start)s – %(end)s") % {"start": _words(start, months), "end": _words(end, months)}


def _understood(end: End) -> str:
    first, last = end.first, end.last
    if first == last:
        days = _("on %(day)s") % {"day": _day(first, MONTHS)}
    else:
        if (first.year, first.month) == (last.year, last.month):
            start = str(first.day)
        elif first.year == last.year:
            start = _day_of_month(first, MONTHS)
        else:
            start = _day(first, MONTHS)
        days = _("between %(start)s and %(end)s") % {"start": start, "end": _day(last, MONTHS)}
    if end.is_approximate and end.is_uncertain:
        return _("%(days)s, approximate and uncertain") % {"days": days}
    if end.is_approximate:
        return _("%(days)s, approximate") % {"days": days}
    if end.is_uncertain:
        return _("%(days)s, uncertain") % {"days": days}
    return days


# Refusals. What was typed is never guessed at: it is shown beside what it may have meant, and only
# what can itself be read is suggested.

EXAMPLES = "2021, 2021-08, 2021-08-14, 1985~, 2009/2013"
MONTH_NAMES = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
SEASON_NAMES = {"spring": "21", "summer": "22", "autumn": "23", "fall": "23", "winter": "24"}
A_MONTH = r"(?P<name>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"

DAY_AND_MONTH = re.compile(r"(?P<one>[0-9]{1,2})[-/. ](?P<two>[0-9]{1,2})[-/. ](?P<year>[0-9]{4}|[0-9]{2})")
YEAR_FIRST = re.compile(r"(?P<year>[0-9]{4})[-/. ]?(?P<month>[0-9]{1,2})(?:[-/. ]?(?P<day>[0-9]{1,2}))?")
MONTH_FIRST = re.compile(r"(?P<month>[0-9]{1,2})[-/.](?P<year>[0-9]{4})")
NAMED_MONTH = re.compile(
    rf"(?:(?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)? )?{A_MONTH}"
    r"(?: (?P<late_day>[0-9]{1,2})(?:st|nd|rd|th)?)?,? (?P<year>[0-9]{4})"
)
YEAR_THEN_NAME = re.compile(rf"(?P<year>[0-9]{{4}})[ -]{A_MONTH}(?:[ -](?P<day>[0-9]{{1,2}}))?")
NAMED_SEASON = re.compile(r"(?P<season>spring|summer|autumn|fall|winter)(?: of)? (?P<year>[0-9]{4})")
DECADE = re.compile(r"(?:the )?(?P<decade>[0-9]{3})0'?s")
TIME = re.compile(r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})[t ][0-9]{1,2}(?::?[0-9]{2}.{0,40})?")
QUALIFIED = re.compile(
    r"(?P<about>(?:circa|ca\.?|c\.?|about|around|approximately|approx\.?|~) ?)?"
    r"(?P<perhaps>(?:perhaps|possibly|probably|\?) ?)?"
    r"(?P<date>.{0,60}?) ?(?P<qualifier>[~?%]?)"
)
UNTIL = re.compile(r"(?:until|till|up to|before) (?P<end>.{4,60})")
SINCE = re.compile(r"(?:since|from|after) (?P<start>.{4,60})")
STILL = re.compile(
    r"(?:since |from )?(?P<start>.{4,50}?) ?(?:/|-|to|until|,) ?(?:open|now|present|today|ongoing|still so)"
)
TWO_YEARS = re.compile(r"(?P<start>[0-9]{4}) ?[-/] ?(?P<end>[0-9]{2})")
TWO_DATES = re.compile(r"(?:from |between )?(?P<start>.{1,30}?)(?: to | until | and | - |/)(?P<end>.{4,30})")
HYPHEN = re.compile(r"(?P<start>[^-]{1,30})-(?P<end>[^-]{4,30})")


def _refusal(text: str) -> str:
    """Return why a text is no date, and what would be right."""
    shown = _shown(text)
    if len(text) > MAX_LENGTH:
        return _("“%(text)s” is too long for a date; write at most %(limit)s characters, such as %(examples)s") % {
            "text": shown,
            "limit": MAX_LENGTH,
            "examples": EXAMPLES,
        }
    suggestions = [s for s in dict.fromkeys(_suggestions(_plain(text))) if s != text and _read(s)][:4]
    return _("“%(text)s” is not a date: %(reason)s; write %(right)s") % {
        "text": shown,
        "reason": _reason(text),
        "right": _(" or ").join(suggestions) or _("for example %(examples)s") % {"examples": EXAMPLES},
    }


def _shown(text: str) -> str:
    shown = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text[:MAX_LENGTH])
    return shown if len(text) <= MAX_LENGTH else shown + "…"


def _plain(text: str) -> str:
    """Return it with ASCII digits and hyphens, single spaces and small letters."""
    text = "".join(str(unicodedata.digit(c)) if c.isdecimal() else c for c in unicodedata.normalize("NFKC", text))
    text = re.sub(r"[\u2010-\u2015\u2212]", "-", text.replace("\0", ""))
    return " ".join(text.split()).lower()[:MAX_LENGTH]


def _suggestions(text: str) -> Iterator[str]:
    """Yield what a text may have meant, the likeliest first; not all of it can be read."""
    start, slash, end = text.upper().partition("/")
    if slash and _read(start) and _read(end):
        yield f"{end}/{start}"
        return
    dates = _dates(text)
    yield from dates
    if match := TWO_YEARS.fullmatch(text):
        yield f"{match['start']}/{match['start'][:2]}{match['end']}"
    if dates:
        return
    if match := STILL.fullmatch(text) or SINCE.fullmatch(text):
        yield from (f"{start}/.." for start in _dates(match["start"]))
    if match := UNTIL.fullmatch(text):
        yield from (f"../{end}" for end in _dates(match["end"]))
    if match := TWO_DATES.fullmatch(text) or HYPHEN.fullmatch(text):
        starts, ends = _dates(match["start"]), _dates(match["end"])
        yield from (f"{start}/{end}" for start, end in zip(starts, ends, strict=False))
        yield from (f"{end}/{start}" for start, end in zip(starts, ends, strict=False) if end < start)
        if not starts:
            # Of “7–10 May 2025” the start shares the month and year of the end.
            words = match["end"].split()
            for count in (1, 2):
                starts = _dates(" ".join([match["start"], *words[-count:]]))
                yield from (f"{start}/{end}" for start, end in zip(starts, ends, strict=False))


def _dates(text: str) -> list[str]:
    """Return the single dates that a text may have meant, the likeliest first."""
    match = QUALIFIED.fullmatch(text)
    if not match:
        return []
    about = match["about"] or match["qualifier"] in ("~", "%")
    perhaps = match["perhaps"] or match["qualifier"] in ("?", "%")
    qualifier = "%" if about and perhaps else "~" if about else "?" if perhaps else ""
    return [date_text + qualifier for date_text in _unqualified(match["date"]) if _read(date_text)]


def _unqualified(text: str) -> Iterator[str]:
    upper = text.upper().replace("U", "X")
    if _read(upper):
        yield upper
        return
    if match := TIME.fullmatch(text):
        yield match["date"]
    if match := YEAR_FIRST.fullmatch(text):
        year, month, day = match["year"], int(match["month"]), int(match["day"] or 0)
        if day:
            yield from _nearest(year, month, day) if month <= 12 else _nearest(year, day, month)
        else:
            yield f"{year}-{month:02}" if 1 <= month <= 12 else year
    if match := DAY_AND_MONTH.fullmatch(text):
        one, two, year = int(match["one"]), int(match["two"]), match["year"]
        for full_year in [year] if len(year) == 4 else [f"20{year}", f"19{year}"]:
            yield from _nearest(full_year, two, one)
            yield from _nearest(full_year, one, two)
    if match := MONTH_FIRST.fullmatch(text):
        yield f"{match['year']}-{int(match['month']):02}"
    if match := NAMED_MONTH.fullmatch(text) or YEAR_THEN_NAME.fullmatch(text):
        named = match.groupdict()
        day = named["day"] or named.get("late_day")
        month = f"{named['year']}-{MONTH_NAMES.index(named['name']) + 1:02}"
        if day:
            yield from _nearest(month[:4], int(month[5:]), int(day))
        else:
            yield month
    if match := NAMED_SEASON.fullmatch(text):
        yield f"{match['year']}-{SEASON_NAMES[match['season']]}"
    if match := DECADE.fullmatch(text):
        yield f"{match['decade']}X"


def _nearest(year: str, month: int, day: int) -> Iterator[str]:
    """Yield the day; where the month is shorter, its last day and the month."""
    if year != "0000" and 1 <= month <= 12 and 1 <= day <= 31:
        last = monthrange(int(year), month)[1]
        yield f"{year}-{month:02}-{min(day, last):02}"
        if day > last:
            yield f"{year}-{month:02}"


def _reason(text: str) -> str:
    if not text:
        return _("it is empty")
    if text != text.strip() or not text.isprintable():
        return _("it has spaces or invisible characters in it")
    if any(c.isdecimal() and not c.isascii() for c in text):
        return _("only the digits 0 to 9 are read")
    start, slash, end = text.partition("/")
    if slash and {start, end} <= {"", ".."}:
        return _("at least one end of an interval must be known")
    if slash and _read(start) and _read(end):
        return _("it ends before it starts")
    for part in (start, end):
        if (match := DATE.fullmatch(part)) and (reason := _no_such_date(*match.group("year", "month", "day"))):
            return reason
    plain = _plain(text)
    if TIME.fullmatch(plain):
        return _("no time of day is kept")
    if match := DAY_AND_MONTH.fullmatch(plain):
        if len(match["year"]) == 2:
            return _("the year needs all four digits")
        if int(match["one"]) <= 12 and int(match["two"]) <= 12:
            return _("it does not say which is the day and which the month")
    if re.fullmatch(r"y?-?[0-9]{5,}|-[0-9]{4}.*|y.*[0-9].*", plain) and not YEAR_FIRST.fullmatch(plain):
        return _("years run from 0001 to 9999")
    return _("a date is written year-month-day")


def _no_such_date(year: str, month: str | None, day: str | None) -> str:
    """Return why a text of the right form is no date; nothing if it is one."""
    if _bounds(year, month, day):
        return ""
    if "X" in year and month or month == "XX":
        return _("an X stands for what is not known from the right end on")
    if not int(year.replace("X", "0")):
        return _("years run from 0001 to 9999")
    if 21 <= int(month) <= 24:
        return _("a season has no days")
    if not 1 <= int(month) <= 12:
        return _("there is no month %(month)s (months are 01 to 12, seasons 21 to 24)") % {"month": month}
    first = date(int(year), int(month), 1)
    return _("%(month)s has %(count)s days") % {
        "month": _month(first, MONTHS),
        "count": monthrange(first.year, first.month)[1],
    }
