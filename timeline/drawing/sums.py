"""Bars of totals that lie side by side, a panel a kind: of programmes, of categories.

The words stand above each bar and the figure after it. A range is solid up to its low end and dashed from there to its
high end. All panels of a drawing have one scale, so that kinds can be compared, and none is added to another.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from ..amounts import in_short
from .letters import width as text_width
from .money import _style

GAP = 40  # pixels between panels
HEAD = 34  # pixels for the title of a panel
ROW, BAR = 40, 12  # pixels from one bar to the next, and of a bar
SIZE = 13.5  # of letters
FIGURE = 84  # pixels for the figure after a bar
MOST = 12  # bars of a panel; the table has the rest


@dataclass(frozen=True)
class SumBar:
    """`y` is where the words stand; the open part leads from the low to the high end of a range."""

    label: str
    title: str
    style: str
    x: float
    y: float
    width: float
    open_width: float
    figure: str
    href: str

    @property
    def end(self) -> float:
        return self.x + self.width + self.open_width


@dataclass(frozen=True)
class SumPanel:
    title: str
    note: str
    x: float
    y: float
    end: float
    bars: list[SumBar]


@dataclass(frozen=True)
class SumDrawing:
    width: float
    height: float
    panels: list[SumPanel]


@dataclass(frozen=True)
class SumBars:
    wide: SumDrawing
    narrow: SumDrawing
    rows: list


def draw_sums(kinds: Mapping[str, Sequence], currency: str) -> SumBars | None:
    """Return the bars of totals by kind, the largest first; None where there are none.

    `kinds` has `totals.Part`s by the words for their kind.
    """
    parts = [part for of_kind in kinds.values() for part in of_kind]
    if not parts:
        return None
    ordered = {kind: sorted(found, key=lambda part: (-part.amount, part.group)) for kind, found in kinds.items()}
    most = float(max(_ends(part)[1] for part in parts)) or 1
    return SumBars(
        _drawing(ordered, currency, most, 1216, 2),
        _drawing(ordered, currency, most, 358, 1),
        [part for of_kind in ordered.values() for part in of_kind],
    )


def _ends(part) -> tuple:
    low = part.amount if part.low is None else min(part.low, part.amount)
    return low, part.amount if part.high is None else max(part.high, part.amount)


def _drawing(kinds, currency: str, most: float, width: float, columns: int) -> SumDrawing:
    room = (width - GAP * (columns - 1)) / columns
    heights = [0.0] * columns
    panels = []
    for kind, parts in kinds.items():
        column = heights.index(min(heights))
        x, y = column * (room + GAP), heights[column]
        scale = (room - FIGURE) / most
        bars = [_bar(part, currency, scale, x, y + HEAD + n * ROW, room) for n, part in enumerate(parts[:MOST])]
        rest = len(parts) - MOST
        note = _("and %(n)s more in the table") % {"n": rest} if rest > 0 else ""
        panels.append(SumPanel(capfirst(kind), note, x, y + 16, x + room, bars))
        heights[column] += HEAD + len(bars) * ROW + 20
    return SumDrawing(width, max(heights), panels)


def _bar(part, currency: str, scale: float, x: float, y: float, room: float) -> SumBar:
    low, high = (float(end) * scale for end in _ends(part))
    figure = in_short(part.amount, currency)
    title = ": ".join([part.label, f"{part.figure}, {part.kind_label}", *filter(None, [part.ends])])
    style = _style(str(part.kind), ())
    return SumBar(_cut(part.label, room), title, style, x, y + 14, max(low, 1), high - low, figure, part.href)


def _cut(text: str, room: float) -> str:
    if text_width(text, SIZE) <= room:
        return text
    while text and text_width(f"{text}…", SIZE) > room:
        text = text[:-1]
    return f"{text.rstrip()}…"
