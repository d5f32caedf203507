"""A chain of events down the page in the order of time, with an arrow from each to what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..models import Event
from .letters import wrap
from .shapes import mark_path, number

TITLE_SIZE, LINE = 16, 20
LEAST_ROW = 48


@dataclass(frozen=True)
class Row:
    """An event: where its row begins and its mark lies, and the lines of its title."""

    event: Event
    top: float
    height: float
    y: float
    path: str
    lines: list[str]
    is_here: bool


@dataclass(frozen=True)
class Arc:
    kind: str
    path: str


@dataclass(frozen=True)
class Drawing:
    width: float
    height: float
    mark_x: float
    text_x: float
    rows: list[Row]
    arcs: list[Arc]


@dataclass(frozen=True)
class ChainDrawing:
    wide: Drawing
    narrow: Drawing


def draw_chain(events: Sequence[Event], links: Sequence[tuple[int, int, str]], here: int) -> ChainDrawing:
    """Return the drawing of events in their order.

    `links` are (pk of what came first, pk of what came of it, kind), `here` is the pk of the event whose chain it is.
    """
    return ChainDrawing(_drawing(events, links, here, 776, 130), _drawing(events, links, here, 358, 56))


def _drawing(events, links, here: int, width: float, gutter: float) -> Drawing:
    mark_x, text_x = gutter + 14, gutter + 34
    rows, y = [], 0.0
    for event in events:
        lines = wrap(event.title, TITLE_SIZE, width - text_x - 8, lines=5, weight="semibold") or [event.title]
        height = max(LEAST_ROW, 30 + LINE * len(lines))
        path = mark_path(event.family, event.importance)
        rows.append(Row(event, y, height, y + 24, path, lines, event.pk == here))
        y += height
    places = {row.event.pk: n for n, row in enumerate(rows)}
    arcs = []
    for one, other, kind in links:
        start, end = rows[places[one]], rows[places[other]]
        reach = min(12 + 9 * abs(places[one] - places[other]), gutter - 8)
        arcs.append(Arc(kind, _arc(mark_x - 12, start.y, end.y, reach)))
    return Drawing(width, y, mark_x, text_x, rows, arcs)


def _arc(x: float, start: float, end: float, reach: float) -> str:
    """Return an arc from one height to another, that reaches so far to the left, with an arrow at its end."""
    # A curve goes three quarters of the way to its handles.
    x, bow, start, end = (number(value) for value in (x, x - reach * 4 / 3, start, end))
    return f"M{x} {start}C{bow} {start} {bow} {end} {x} {end}m-7-4l7 4-7 4"
