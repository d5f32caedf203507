"""A line of time: where a day lies, and which years are written below it."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from relations.dates import SHORT_MONTHS

from .letters import width as text_width

LABEL_SIZE = 13.5
YEAR_STEPS = (1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1000, 2000, 5000)
MONTH_STEPS = (1, 2, 3, 6)
DAY_STEPS = (1, 2, 5, 10)
STEPS = (1, 2, 5)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class YearLabel:
    """A year, a month or a day beside the axis: the tick where it begins, and what is written at `x`."""

    tick: float
    x: float
    text: str
    is_major: bool


@dataclass(frozen=True)
class Axis:
    """The days from the first of `first` to the last of `last`, two years, over `width` pixels from `x` on."""

    first: int
    last: int
    x: float
    width: float

    @property
    def span(self) -> tuple[date, date]:
        """The first and last day that it shows."""
        return date(self.first, 1, 1), date(self.last, 12, 31)

    @property
    def years(self) -> int:
        """How many years it shows, those in part too."""
        return self.last - self.first + 1

    @property
    def year_width(self) -> float:
        return self.width / self.years

    @property
    def day_width(self) -> float:
        return self.year_width / 366

    @property
    def end(self) -> float:
        return self.x + self.width

    def year(self, year: int) -> float:
        """Return where a year begins; the year after the last one ends the axis."""
        return self.x + (year - self.first) * self.year_width

    def day(self, day: date) -> float:
        """Return where a day lies; days beyond the axis lie at its ends."""
        year_start = date(day.year, 1, 1).toordinal()
        days = 366 if day.year % 4 == 0 and (day.year % 100 or day.year % 400 == 0) else 365
        x = self.year(day.year) + (day.toordinal() - year_start) / days * self.year_width
        return min(max(x, self.x), self.end)

    def day_end(self, day: date) -> float:
        """Return where a day ends."""
        return min(self.day(day) + self.day_width, self.end)

    def labels(self, least: float) -> list[YearLabel]:
        """Return the years to be written, at least so many pixels apart; where it is narrow every second one short."""
        step = next((step for step in YEAR_STEPS if step * self.year_width >= least), YEAR_STEPS[-1])
        is_narrow = step * self.year_width < 44
        found = []
        for n, year in enumerate(range(-(-self.first // step) * step, self.last + 1, step)):
            x = self.year(year)
            # Where every year is written, it stands below the middle of its year, not below its first day.
            middle = x + self.year_width / 2 if step == 1 else x
            text = f"’{year % 100:02}" if is_narrow and n % 2 else str(year)
            found.append(YearLabel(x, middle, text, is_major=year % (5 if step == 1 else step * 5) == 0))
        return found


@dataclass(frozen=True)
class DayAxis:
    """The days from `first` to `last`, both inclusive, over `width` pixels from `x` on: years, or a single day."""

    first: date
    last: date
    x: float
    width: float

    @property
    def span(self) -> tuple[date, date]:
        """The first and last day that it shows."""
        return self.first, self.last

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def years(self) -> int:
        """How many years it shows, those in part too."""
        return self.last.year - self.first.year + 1

    @property
    def day_width(self) -> float:
        return self.width / self.days

    @property
    def end(self) -> float:
        return self.x + self.width

    def day(self, day: date) -> float:
        """Return where a day begins; days beyond the axis lie at its ends."""
        return self.x + min(max((day - self.first).days, 0), self.days) * self.day_width

    def day_end(self, day: date) -> float:
        """Return where a day ends; days beyond the axis end at its ends."""
        return self.x + min(max((day - self.first).days + 1, 0), self.days) * self.day_width

    def labels(self, least: float) -> list[YearLabel]:
        """Return the years, else the months, else the days to be written, at least so many pixels apart."""
        for step in DAY_STEPS:
            if step * self.day_width >= least:
                return self._labels(self._days(step), least, step)
        for step in MONTH_STEPS:
            if step * 30.4 * self.day_width >= least:
                return self._labels(self._months(step), least, step)
        step = next((step for step in YEAR_STEPS if step * 365.2 * self.day_width >= least), YEAR_STEPS[-1])
        return self._labels(self._years(step), least, step)

    def _labels(self, parts: list[tuple[date, date, str, str, bool]], least: float, step: int) -> list[YearLabel]:
        """Return labels of (first day, last day, short text, text of the first one, is major).

        Where every part is named it stands in its middle, but not where it is cut and too little of it is left.
        """
        found, is_first = [], True
        for first, last, text, long_text, is_major in parts:
            x, end = self.day(first), self.day_end(last)
            if step == 1 and len(parts) > 1 and end - x < least * 0.8:
                text = ""
            elif is_first:
                text, is_first = long_text, False
            half = text_width(text, LABEL_SIZE, "semibold") / 2
            middle = (x + end) / 2 if step == 1 else x
            found.append(YearLabel(x, min(max(middle, self.x + half), self.end - half), text, is_major))
        return found

    def _days(self, step: int) -> list[tuple[date, date, str, str, bool]]:
        found = []
        for n in range(self.days):
            day = self.first + n * DAY
            # In steps the 31st would touch the first of the next month.
            if (day.day - 1) % step == 0 and (step == 1 or day.day < 31):
                text = f"{day.day} {SHORT_MONTHS[day.month]}"
                found.append((day, day, text, f"{text} {day.year}", day.day == 1))
        return found

    def _months(self, step: int) -> list[tuple[date, date, str, str, bool]]:
        found = []
        for n in range(self.first.year * 12 + self.first.month - 1, self.last.year * 12 + self.last.month):
            first = date(n // 12, n % 12 + 1, 1)
            if n % step or (step > 1 and first < self.first):
                continue
            last = date(n // 12, n % 12 + 1, monthrange(n // 12, n % 12 + 1)[1])
            text, is_major = str(SHORT_MONTHS[first.month]), first.month == 1
            full = f"{text} {first.year}"
            found.append((first, last, full if is_major else text, full, is_major))
        return found

    def _years(self, step: int) -> list[tuple[date, date, str, str, bool]]:
        found = []
        for year in range(-(-self.first.year // step) * step, self.last.year + 1, step):
            first, last = date(year, 1, 1), date(year, 12, 31)
            if step == 1 or first >= self.first:
                found.append((first, last, str(year), str(year), year % (5 if step == 1 else step * 5) == 0))
        return found


def nice_step(largest: float, lines: int) -> float:
    """Return the step 1, 2 or 5 times a power of ten that cuts `largest` into at most so many parts."""
    step = 1
    while True:
        for factor in STEPS:
            if largest / (step * factor) <= lines:
                return step * factor
        step *= 10
