"""The drawings of the docket: money above its years, and of each condition the strip that a narrow page has.

The matrix itself is a table. Its first column is as wide as NAME and every year as YEAR, in any unit: the style sheet
keeps that proportion, so that what is drawn here in the same units lies above the right year at every width.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from relations.dates import Edtf

from .axis import Axis
from .letters import width as text_width
from .shapes import glyph_for, number

NAME, YEAR = 320, 16
STRIP_WIDTH, STRIP_HEIGHT = 358, 26
BRICK = 4  # pixels from one brick to the next
BAND = 10  # pixels of the band between the bricks that are met and those that are not

BAR_WIDTH = 6
TALLEST, TALLEST_BELOW = 70, 30  # pixels of the largest amount of the first currency, and of each after it
LABEL_SIZE = 12.5
LINE = 14
LEVELS = 4  # how far from its bar a label may stand, in lines; what finds no room has its title alone

# What a finding did with money, and on which side of the line it stands.
SIDES = {"satisfied": "freed", "set-aside": "waived", "bites": "held"}


def axis_of(first: int, last: int) -> Axis:
    """Return the axis of the years of a matrix, to the right of its first column."""
    return Axis(first, last, NAME, YEAR * (last - first + 1))


# ------------------------------------------------------------------------------------------------- one condition


@dataclass(frozen=True)
class Strip:
    """A condition's life in one line: bands in force, then for each tone the path of its bars."""

    bands: list[str]
    bars: list[tuple[str, str]]


# Where the bars of a tone stand: above the band what is met, on it what is set aside or open, below it what bites.
HEIGHTS = {"satisfied": (1, 11), "partly": (5, 7), "set-aside": (8, 10), "open": (8, 10), "bites": (14, 11)}


def draw_strip(spans: Iterable[tuple[date, date]], findings: Iterable[tuple[Edtf, str]], axis: Axis) -> Strip:
    """Return the strip of a condition: the first and last days in force, and each finding with its date."""
    bands = []
    for first, last in spans:
        x, end = axis.day(first), axis.day_end(last)
        if last >= date(axis.first, 1, 1) and first <= date(axis.last, 12, 31):
            bands.append(f"M{number(x)} 10h{number(max(end - x, 1))}v6H{number(x)}z")
    bars: dict[str, list[str]] = {}
    for known, finding in findings:
        tone = glyph_for(finding).tone
        if tone in HEIGHTS and axis.first <= known.earliest.year <= axis.last:
            x = (axis.day(known.earliest) + axis.day_end(known.latest)) / 2
            x = min(max(x - 2.5, axis.x), axis.end - 5)
            y, height = HEIGHTS[tone]
            bars.setdefault(tone, []).append(f"M{number(x)} {y}h5v{height}h-5z")
    return Strip(bands, [(tone, "".join(bars[tone])) for tone in HEIGHTS if tone in bars])


@dataclass(frozen=True)
class Bricks:
    """Findings of a year, one brick each: above the middle those that are met, below it those that are not."""

    height: float
    paths: list[tuple[str, str]]


def draw_bricks(findings: Sequence[str], most: int) -> Bricks:
    """Return the bricks of a year; `most` is the highest pile of any year of the row."""
    middle = most * BRICK + BAND / 2
    piles: dict[str, list[str]] = {}
    up, down = middle - BAND / 2, middle + BAND / 2 + 1
    on_band = set()
    for finding in sorted(findings, key=lambda word: (glyph_for(word).tone, word)):
        tone = glyph_for(finding).tone
        if tone in ("satisfied", "partly"):
            up -= BRICK
            piles.setdefault(tone, []).append(f"M1 {number(up)}h14v3H1z")
        elif tone == "bites":
            piles.setdefault(tone, []).append(f"M1 {number(down)}h14v3H1z")
            down += BRICK
        elif tone in ("set-aside", "open"):
            on_band.add(tone)
    for tone in ("open", "set-aside"):
        if tone in on_band:
            piles[tone] = [f"M2 {number(middle - 4)}h12v8H2z"]
    return Bricks(2 * middle + 1, [(tone, "".join(paths)) for tone, paths in piles.items()])


def pile_of(findings: Iterable[str]) -> int:
    """Return how high the bricks of a year stand, above or below the band."""
    tones = [glyph_for(finding).tone for finding in findings]
    return max(sum(tone in ("satisfied", "partly") for tone in tones), tones.count("bites"))


# --------------------------------------------------------------------------------------------------------- money


@dataclass(frozen=True)
class Sum:
    """Money that hung on one finding; `side` is held, freed or waived."""

    known: Edtf
    amount: Decimal
    currency: str
    side: str
    label: str
    title: str
    href: str


@dataclass(frozen=True)
class Bar:
    side: str
    x: float
    y: float
    height: float
    title: str
    href: str
    label: str
    label_x: float
    label_y: float


@dataclass(frozen=True)
class MoneyPanel:
    """The sums of one currency, at one scale; `top` is where it begins in the drawing."""

    currency: str
    top: float
    zero: float
    bars: list[Bar]


@dataclass(frozen=True)
class MoneyDrawing:
    width: float
    height: float
    axis: Axis
    panels: list[MoneyPanel]


def draw_money(sums: dict[str, list[Sum]], axis: Axis) -> MoneyDrawing | None:
    """Return the money that hung on findings, by currency, each at its own scale; None where there is none."""
    panels, top = [], 0.0
    for currency, found in sums.items():
        shown = [item for item in found if axis.first <= item.known.earliest.year <= axis.last]
        if shown:
            panel, top = _panel(currency, shown, axis, top)
            panels.append(panel)
    return MoneyDrawing(axis.end, top, axis, panels) if panels else None


def _panel(currency: str, sums: list[Sum], axis: Axis, top: float) -> tuple[MoneyPanel, float]:
    largest = max(item.amount for item in sums) or 1
    placed: list[tuple[float, float, float]] = []  # left, right and upper edge of each label, from the line at 0
    bars, taken = [], {True: axis.x, False: axis.x}
    for item in sorted(sums, key=lambda item: (item.known, item.title)):
        is_down = item.side == "held"
        height = max(float(item.amount / largest) * (TALLEST if top == 0 else TALLEST_BELOW), 2)
        x = max(min(_middle(item.known, axis) - BAR_WIDTH / 2, axis.end - BAR_WIDTH), taken[is_down])
        taken[is_down] = x + BAR_WIDTH + 1
        bars.append((item, x, height, is_down))
    # A label may stand in no other label and in no bar.
    solid = [(x - 1, x + BAR_WIDTH + 1, 0 if down else -height, height if down else 0) for _i, x, height, down in bars]
    drawn = []
    for item, x, height, is_down in bars:
        room = text_width(item.label, LABEL_SIZE)
        middle = min(max(x + BAR_WIDTH / 2, axis.x + room / 2), axis.end - room / 2)
        left, right = middle - room / 2, middle + room / 2
        label, label_y = "", 0.0
        for level in range(LEVELS):
            upper = height + 2 + level * LINE if is_down else -height - LINE - 1 - level * LINE
            lower = upper + LINE
            is_free = all(
                right + 3 < other[0] or other[1] + 3 < left or lower <= other[2] or other[2] + LINE <= upper
                for other in placed
            ) and all(right < other[0] or other[1] < left or lower <= other[2] or other[3] <= upper for other in solid)
            if is_free:
                placed.append((left, right, upper))
                label, label_y = item.label, upper + LINE - 3
                break
        drawn.append((item, x, height, is_down, label, middle, label_y))
    highest = min([0.0, *(-bar[2] for bar in bars if not bar[3]), *(upper for _l, _r, upper in placed)])
    lowest = max([0.0, *(bar[2] for bar in bars if bar[3]), *(upper + LINE for _l, _r, upper in placed)])
    zero = top + max(-highest, 20) + 4
    panel = MoneyPanel(
        currency,
        top,
        zero,
        [
            Bar(
                item.side,
                x,
                zero - (0 if down else height),
                height,
                f"{item.label}: {item.title}",
                item.href,
                label,
                middle,
                zero + y,
            )
            for item, x, height, down, label, middle, y in drawn
        ],
    )
    # Beside it stand its name and what the three colours mean, which need their height too.
    return panel, max(zero + lowest + 8, top + (104 if top == 0 else 44))


def _middle(known: Edtf, axis: Axis) -> float:
    return (axis.day(known.earliest) + axis.day_end(known.latest)) / 2
