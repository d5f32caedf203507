"""A line of time: where a day lies, and which years are written below it."""

from dataclasses import dataclass
from datetime import date

YEAR_STEPS = (1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1000, 2000, 5000)
STEPS = (1, 2, 5)


@dataclass(frozen=True)
class YearLabel:
    """A year below the axis: the tick where it begins, and what is written at `x`."""

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
    def year_width(self) -> float:
        return self.width / (self.last - self.first + 1)

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
        return min(self.day(day) + self.year_width / 366, self.end)

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


def nice_step(largest: float, lines: int) -> float:
    """Return the step 1, 2 or 5 times a power of ten that cuts `largest` into at most so many parts."""
    step = 1
    while True:
        for factor in STEPS:
            if largest / (step * factor) <= lines:
                return step * factor
        step *= 10
