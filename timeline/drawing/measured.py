"""The values that were measured of a benchmark, by date, beside where it began and where it should end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from relations.dates import Edtf

from .axis import Axis

WIDTH, HEIGHT = 320, 132
LEFT, RIGHT, TOP, FLOOR = 8, 8, 20, 104


@dataclass(frozen=True)
class Value:
    """A measurement: `text` is its value as it is written, `words` what it was and when."""

    known: Edtf
    value: Decimal
    text: str
    words: str


@dataclass(frozen=True)
class Point:
    """`span` is where its first and last possible day lie, where they lie apart."""

    x: float
    y: float
    label: str
    anchor: str
    title: str
    span: tuple[float, float] | None


@dataclass(frozen=True)
class Level:
    """A line across: the baseline or the target."""

    y: float
    name: str
    text: str


@dataclass(frozen=True)
class Measured:
    width: float
    height: float
    floor: float
    points: list[Point]
    path: str
    levels: list[Level]
    deadlines: list[tuple[float, bool, str]]
    years: list


def draw_measured(
    values: Sequence[Value],
    *,
    baseline: tuple[Decimal, str] | None = None,
    target: tuple[Decimal, str] | None = None,
    deadlines: Sequence[tuple[Edtf, str]] = (),
) -> Measured | None:
    """Return the chart of a benchmark, None where nothing was measured.

    `baseline` and `target` are a number and how it is written; `deadlines` the original one and its resets with words,
    of which the last stands.
    """
    if not values:
        return None
    days = [day for value in values for day in (value.known.earliest, value.known.latest)]
    days += [known.latest for known, _words in deadlines]
    days = [day for day in days if date.min < day < date.max]
    years = [day.year for day in days] or [values[0].known.earliest.year]
    axis = Axis(min(years), max(years), LEFT, WIDTH - LEFT - RIGHT)
    levels = [(name, *level) for name, level in (("baseline", baseline), ("target", target)) if level]
    numbers = [value.value for value in values] + [number for _name, number, _text in levels]
    low, high = min([*numbers, Decimal(0)]), max(numbers)
    room = high - low or Decimal(1)

    def height(number: Decimal) -> float:
        return FLOOR - float((number - low) / room) * (FLOOR - TOP)

    points = []
    for value in sorted(values, key=lambda item: (item.known, item.value)):
        start, end = axis.day(value.known.earliest), axis.day_end(value.known.latest)
        x = (start + end) / 2
        anchor = "start" if x < WIDTH / 3 else "end" if x > WIDTH * 2 / 3 else "middle"
        span = (start, end) if end - start > 4 else None
        points.append(Point(x, height(value.value), value.text, anchor, value.words, span))
    path = "M" + "L".join(f"{point.x:.1f} {point.y:.1f}" for point in points) if len(points) > 1 else ""
    return Measured(
        WIDTH,
        HEIGHT,
        FLOOR,
        points,
        path,
        [Level(height(number), name, text) for name, number, text in levels],
        [
            (axis.day_end(known.latest), n == len(deadlines) - 1, words)
            for n, (known, words) in enumerate(deadlines)
            if date.min < known.latest < date.max
        ],
        axis.labels(40),
    )
