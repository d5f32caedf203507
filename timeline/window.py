"""The window of a timeline: the days in view, and the windows that one can step to from there.

It knows no address and asks no database: a page turns the periods that it gives into links.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from relations import dates

RANGES = (1, 5, 10, 25)  # years
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Period:
    """Days from `first` to `last`, both inclusive, and the texts of its ends as an address has them."""

    first: date
    last: date

    @property
    def is_whole_years(self) -> bool:
        return self.first == date(self.first.year, 1, 1) and self.last == date(self.last.year, 12, 31)

    @property
    def is_whole_months(self) -> bool:
        return self.first.day == 1 and (self.last == date.max or (self.last + DAY).day == 1)

    @property
    def years(self) -> tuple[int, int]:
        """The first and last year that it touches."""
        return self.first.year, self.last.year

    @property
    def texts(self) -> tuple[str, str]:
        """Its ends as EDTF, as short as they say the same: years, else months, else days."""
        if self.is_whole_years:
            return f"{self.first.year:04}", f"{self.last.year:04}"
        if self.is_whole_months:
            return self.first.isoformat()[:7], self.last.isoformat()[:7]
        return self.first.isoformat(), self.last.isoformat()

    @property
    def words(self) -> str:
        """Its ends for people: `2009`, `2009 – 2013`, `Oct – Dec 1990`."""
        first, last = self.texts
        return dates.parse(first if first == last else f"{first}/{last}").short()


@dataclass(frozen=True)
class Window:
    """The period in view within the whole of the record. `asked` is None where all of it is in view."""

    whole: Period
    asked: Period | None = None

    @property
    def period(self) -> Period:
        """What is in view: an end that is not asked for is that of the record."""
        if self.asked is None:
            return self.whole
        first = self.whole.first if self.asked.first == date.min else self.asked.first
        last = self.whole.last if self.asked.last == date.max else self.asked.last
        return Period(min(first, last), max(first, last))

    @property
    def length(self) -> int | None:
        """How many whole years are in view; None where all of the record or no whole years are."""
        if self.asked is None or not self.period.is_whole_years:
            return None
        return self.period.last.year - self.period.first.year + 1

    def earlier(self) -> Period | None:
        """The period of the same length before this one; None where the record has nothing there."""
        return self._shifted(-1) if self.asked and self.period.first > self.whole.first else None

    def later(self) -> Period | None:
        """The period of the same length after this one; None where the record has nothing there."""
        return self._shifted(1) if self.asked and self.period.last < self.whole.last else None

    def of_years(self, length: int) -> Period | None:
        """So many years around the middle of what is in view; the last ones where all is. None if there are fewer."""
        first, last = self.whole.years
        if last - first + 1 < length:
            return None
        start = last - length + 1
        if self.asked:
            start = min(max(sum(self.period.years) // 2 - (length - 1) // 2, first), start)
        return whole_years(start, start + length - 1)

    def _shifted(self, direction: int) -> Period | None:
        period = self.period
        try:
            if period.is_whole_years:
                first, last = period.years
                step = direction * (last - first + 1)
                return whole_years(first + step, last + step)
            if period.is_whole_months:
                months = _month(period.last) - _month(period.first) + 1
                first, end = _month(period.first) + direction * months, _month(period.last) + 1 + direction * months
                return Period(_month_start(first), _month_start(end) - DAY)
            step = direction * (period.last - period.first + DAY)
            return Period(period.first + step, period.last + step)
        except (ValueError, OverflowError):
            return None  # before the first year there is, or after the last


def whole_years(first: int, last: int) -> Period:
    """Return the days of the years from `first` to `last`. Raises ValueError where there is no such year."""
    return Period(date(first, 1, 1), date(last, 12, 31))


def _month(day: date) -> int:
    return day.year * 12 + day.month - 1


def _month_start(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)
