"""The years that money is added up by: the periods of a fiscal calendar or calendar years, numbered without gaps.

A transition between two rules of a calendar (the quarter of 1976) is a period of its own with a number of its own.
"""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from django.utils.translation import gettext as _

from relations import fiscal
from relations.models.base import EVER

FISCAL, CALENDAR = "fiscal", "calendar"


@dataclass(frozen=True)
class Years:
    """The years of a fiscal calendar, or calendar years where there is none.

    A span is the numbers of the first and the last year that something touches; its text is `US-FY2011`,
    `US-FY2002/US-FY2007`, `2011` or `2011/2012`.
    """

    calendar: fiscal.Calendar | None

    @property
    def name(self) -> str:
        return FISCAL if self.calendar else CALENDAR

    def span(self, fiscal_period: str, earliest: date, latest: date) -> tuple[int, int] | None:
        """Return the span of an amount; None where its years are not known."""
        if self.calendar and fiscal_period.startswith(f"{self.calendar.code}-"):
            return self.read(fiscal_period)
        if earliest in EVER or latest in EVER:
            return None
        return self.of_day(earliest), self.of_day(latest)

    def of_day(self, day: date) -> int:
        """Return the number of the year that a day lies in."""
        return _of_day(self.calendar, day) if self.calendar else day.year

    def read(self, text: str) -> tuple[int, int]:
        """Return the span of a text. Raises ValueError saying what would be right."""
        if self.calendar:
            first, last = fiscal.parse_period(text, {self.calendar.code: self.calendar})
            return self.of_day(first), self.of_day(last)
        found = text.split("/")
        if len(found) > 2 or not all(len(year) == 4 and year.isascii() and year.isdigit() for year in found):
            raise ValueError(_("“%(text)s” is no year; write 2011 or 2011/2013") % {"text": text[:64]})
        first, last = int(found[0]), int(found[-1])
        if not 0 < first <= last or (len(found) == 2 and first == last):
            raise ValueError(_("“%(text)s” is no range of years; write the earlier one first") % {"text": text[:64]})
        return first, last

    def text(self, first: int, last: int) -> str:
        """Return the text of a span."""
        return "/".join(dict.fromkeys(self._code(number) for number in (first, last)))

    def bounds(self, number: int) -> tuple[date, date]:
        """Return the first and the last day of a year."""
        if self.calendar:
            return fiscal.parse_period(self._code(number), {self.calendar.code: self.calendar})
        return date(number, 1, 1), date(number, 12, 31)

    def long(self, number: int) -> str:
        """Return a year as charts name it: “FY2011”, “2011”."""
        return self._code(number).partition("-")[2] if self.calendar else str(number)

    def short(self, number: int) -> str:
        """Return a year beside others: “’11”, “TQ”; in full where a decade begins."""
        name = self.long(number).removeprefix("FY")
        if not name.isdigit():
            return name[4:]
        return self.long(number) if name.endswith("0") else f"’{name[-2:]}"

    def words(self, first: int, last: int) -> str:
        """Return a span in few letters: “FY2002–FY2007”."""
        return self.long(first) if first == last else f"{self.long(first)}–{self.long(last)}"

    def _code(self, number: int) -> str:
        if not self.calendar:
            return f"{number:04}"
        for rule in self.calendar.rules:
            if not rule.transition or number <= rule.until:
                continue
            number -= 1
            if number == rule.until:
                return f"{self.calendar.code}-FY{number:04}{rule.transition}"
        return f"{self.calendar.code}-FY{number:04}"


@lru_cache(maxsize=100_000)
def _of_day(calendar: fiscal.Calendar, day: date) -> int:
    code = fiscal.PERIOD.fullmatch(fiscal.periods_of(calendar, day, day)[0][0])
    year = int(code["year"])
    before = sum(1 for rule in calendar.rules if rule.transition and rule.until < year)
    return year + before + bool(code["transition"])
