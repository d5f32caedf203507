"""A record's own timeline: lanes of marks along an axis, the most important named, none lying on another.

Marks are placed by importance, then by date; a label stands to the right of its mark, else to the left, else one row
lower. What finds no room, and what is not important enough for the range, goes to the lane's last row without a name;
there marks that would touch merge into a box that counts them. Every mark is a link, and so is every box.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.utils.translation import ngettext

from relations.codelists import FAMILIES
from relations.dates import Edtf

from .axis import Axis, YearLabel
from .letters import width as text_width
from .letters import wrap
from .shapes import RADII, Glyph, glyph_for, mark_path

LABEL_SIZE = 13.5
LINE = 15
ROWS = 7
GLYPH = 14
BOX_WIDTH, BOX_HEIGHT = 30, 17
WIDE_ENOUGH = 12  # pixels from which a month or a year is drawn as a bar and not as a foot
FEWEST_NAMED = 6
LEAST_LABEL = 40  # pixels


@dataclass(frozen=True)
class Dot:
    """An event, with `family` and `importance`, or a finding, with `finding`."""

    known: Edtf
    title: str
    href: str
    family: str = ""
    importance: int = 2
    finding: str = ""


@dataclass(frozen=True)
class Lane:
    title: str
    note: str
    dots: Sequence[Dot]


@dataclass(frozen=True)
class Mark:
    """A dot where it is drawn.

    `line` is a duration as (from, to, whether it ends), `bar` a month or year of which the day is not known, and
    `foot` one that is too narrow for a bar.
    """

    dot: Dot
    x: float
    y: float
    path: str = ""
    glyph: Glyph | None = None
    lines: tuple[str, ...] = ()
    label_x: float = 0
    anchor: str = "start"
    line: tuple[float, float, bool] | None = None
    bar: tuple[float, float] | None = None
    foot: tuple[float, float] | None = None

    @property
    def is_strong(self) -> bool:
        return self.dot.importance == 5

    @property
    def bar_width(self) -> float:
        return self.bar[1] - self.bar[0] if self.bar else 0


@dataclass(frozen=True)
class Cluster:
    """Marks that would touch: how many, and a bar of their families as (family, x, width)."""

    x: float
    y: float
    text: str
    title: str
    href: str
    parts: list[tuple[str, float, float]]


@dataclass(frozen=True)
class LaneDrawing:
    title: str
    note: str
    top: float
    title_y: float
    marks: list[Mark]
    clusters: list[Cluster]


@dataclass(frozen=True)
class Drawing:
    width: float
    height: float
    axis_x: float
    axis_end: float
    top: float
    is_narrow: bool
    years: list[YearLabel]
    lanes: list[LaneDrawing]


@dataclass(frozen=True)
class Lanes:
    wide: Drawing
    narrow: Drawing


def draw_lanes(lanes: Sequence[Lane], *, href: Callable[[date, date], str]) -> Lanes | None:
    """Return the lanes that have a mark, on one axis; None where there is none.

    `href(first, last)` is the address of what lies in these days: a box that counts links there.
    """
    lanes = [lane for lane in lanes if lane.dots]
    days = [d for lane in lanes for dot in lane.dots for d in _days(dot.known)]
    if not days:
        return None
    first, last = min(days).year, max(days).year
    return Lanes(
        _drawing(lanes, Axis(first, last, 148, 1060), href, 1216, is_narrow=False),
        _drawing(lanes, Axis(first, last, 6, 344), href, 358, is_narrow=True),
    )


def _days(known: Edtf) -> tuple[date, date]:
    """Return the first and last day that it can be; an open end is as long as what is known of the other."""
    first = known.earliest if known.earliest > date.min else known.end.first
    last = known.latest if known.latest < date.max else known.start.last
    return first, last


def _named(lanes: Sequence[Lane], years: int) -> int:
    """Return the least importance that is named: the fewer years, the lower, and lower where little is named."""
    least = 4 if years > 25 else 3 if years >= 5 else 2
    events = [dot.importance for lane in lanes for dot in lane.dots if not dot.finding]
    while least > 1 and sum(importance >= least for importance in events) < min(FEWEST_NAMED, len(events)):
        least -= 1
    return least


def _drawing(lanes, axis: Axis, href, width: float, *, is_narrow: bool) -> Drawing:
    years = axis.last - axis.first + 1
    least = _named(lanes, years)
    lines = 2 if years > 25 or is_narrow else 1
    top = y = 24.0
    found = []
    for lane in lanes:
        head = 24 if is_narrow else 4
        placed, bottom = _lane(lane, axis, href, y + head, width, least, lines, is_narrow)
        found.append(LaneDrawing(lane.title, lane.note, y, y + 18, *placed))
        y = max(bottom + 6, y + head + (20 if is_narrow else 42))
    return Drawing(width, y, axis.x, axis.end, top, is_narrow, axis.labels(40 if is_narrow else 80), found)


def _lane(lane, axis, href, top, width, least, lines, is_narrow) -> tuple[tuple[list[Mark], list[Cluster]], float]:
    pitch = LINE * lines + 4
    rows: list[list[tuple[float, float]]] = []
    marks, bare = [], []
    order = sorted(lane.dots, key=lambda dot: (-dot.importance, dot.known.earliest, dot.known.latest, dot.title))
    for dot in order:
        if dot.finding:
            continue
        mark = _mark(dot, axis)
        if dot.importance < least or not (placed := _place(mark, rows, axis, width, lines, is_narrow)):
            bare.append(replace(mark, line=None, bar=None, foot=mark.foot or mark.bar and _short_foot(mark)))
            continue
        row, named = placed
        marks.append(replace(named, y=top + row * pitch + 10))
    bottom = top + len(rows) * pitch
    clusters = []
    if bare:
        singles, clusters = _merged(bare, axis, href, bottom + 10)
        marks += singles
        bottom += 22
    glyph_rows: list[list[tuple[float, float]]] = []
    for dot in sorted((dot for dot in lane.dots if dot.finding), key=lambda dot: (dot.known, dot.title)):
        mark = _mark(dot, axis)
        row = _free_row(glyph_rows, (mark.x - GLYPH / 2 - 0.5, mark.x + GLYPH / 2 + 0.5), len(lane.dots))
        marks.append(replace(mark, y=bottom + row * 17 + 9))
    return (sorted(marks, key=lambda mark: mark.x), clusters), bottom + len(glyph_rows) * 17


def _mark(dot: Dot, axis: Axis) -> Mark:
    """Return the mark of a dot at height 0, with what is drawn for the doubt in its date."""
    first, last = _days(dot.known)
    start, end = axis.day(first), axis.day_end(last)
    line = bar = foot = None
    x = (start + end) / 2
    if dot.known.is_open_end or dot.known.is_open_start:
        x = start
        line = (start, axis.end - 2, False) if dot.known.is_open_end else None
    elif dot.known.is_interval and not dot.finding:
        x = start
        if end - start > WIDE_ENOUGH:
            line = (start, end, True)
    elif end - start > WIDE_ENOUGH and not dot.finding:
        bar = (start, end)
    elif dot.known.precision != "day":
        foot = (min(start, x - 5), max(end, x + 5))
    if dot.known.is_qualified and not bar:
        foot = foot or (x - 6, x + 6)
    radius = GLYPH / 2 if dot.finding else RADII[dot.importance]
    x = min(max(x, axis.x + radius), axis.end - radius)
    if dot.finding:
        return Mark(dot, x, 0, glyph=glyph_for(dot.finding), foot=foot)
    return Mark(dot, x, 0, path=mark_path(dot.family, dot.importance), line=line, bar=bar, foot=foot)


def _short_foot(mark: Mark) -> tuple[float, float]:
    return mark.x - 6, mark.x + 6


def _place(mark: Mark, rows, axis, width, lines, is_narrow) -> tuple[int, Mark] | None:
    """Return the row and the mark with its label where it fits; the row is taken."""
    radius = RADII[mark.dot.importance] + 1
    left, right = mark.x - radius, mark.x + radius
    for span in filter(None, (mark.line and mark.line[:2], mark.bar, mark.foot)):
        left, right = min(left, span[0]), max(right, span[1])
    weight = "semibold" if mark.is_strong else "regular"
    room = 150 if is_narrow else 190 if lines == 2 else 420
    for row in range(ROWS if lines == 1 else ROWS - 2):
        taken = rows[row] if row < len(rows) else []
        if any(left < end + 6 and start < right + 6 for start, end in taken):
            continue
        next_start = min((start for start, _end in taken if start > right), default=width)
        last_end = max((end for _start, end in taken if end < left), default=axis.x - 6)
        for anchor, gap in (("start", next_start - right), ("end", left - last_end)):
            space = min(room, gap - 12)
            if space < LEAST_LABEL:
                continue
            text = wrap(mark.dot.title, LABEL_SIZE, space, lines=lines, weight=weight)
            # A label is cut for want of room only where the row below would cut it as well.
            if not text or (space < room and text[-1].endswith("…")):
                continue
            label = max(text_width(line, LABEL_SIZE, weight) for line in text) + 6
            if row == len(rows):
                rows.append([])
            rows[row].append((left, right + label) if anchor == "start" else (left - label, right))
            label_x = right + 3 if anchor == "start" else left - 3
            return row, replace(mark, lines=tuple(text), label_x=label_x, anchor=anchor)
        if not taken:
            break
    return None


def _free_row(rows, box: tuple[float, float], most: int) -> int:
    for row in range(most + 1):
        if row == len(rows):
            rows.append([])
        if not any(box[0] < end and start < box[1] for start, end in rows[row]):
            rows[row].append(box)
            return row
    return most


def _merged(bare: list[Mark], axis: Axis, href, y: float) -> tuple[list[Mark], list[Cluster]]:
    """Return the marks that stand alone and the boxes of those that would touch."""
    groups: list[list[Mark]] = []
    for mark in sorted(bare, key=lambda mark: mark.x):
        groups.append([mark])
        while len(groups) > 1 and _reach(groups[-2], axis)[1] + 1 > _reach(groups[-1], axis)[0]:
            last = groups.pop()
            groups[-1] = groups[-1] + last
    singles, clusters = [], []
    for group in groups:
        if len(group) == 1:
            singles.append(replace(group[0], y=y))
        else:
            clusters.append(_cluster(group, axis, href, y))
    return singles, clusters


def _reach(group: list[Mark], axis: Axis) -> tuple[float, float]:
    if len(group) == 1:
        radius = RADII[group[0].dot.importance]
        return group[0].x - radius, group[0].x + radius
    middle = (group[0].x + group[-1].x) / 2
    middle = min(max(middle, axis.x + BOX_WIDTH / 2), axis.end - BOX_WIDTH / 2)
    return middle - BOX_WIDTH / 2, middle + BOX_WIDTH / 2


def _cluster(group: list[Mark], axis: Axis, href, y: float) -> Cluster:
    left, _right = _reach(group, axis)
    counts = Counter(mark.dot.family for mark in group)
    parts, x = [], left + 1
    for family in FAMILIES:
        if counts[family]:
            part = (BOX_WIDTH - 2) * counts[family] / len(group)
            parts.append((family, x, part))
            x += part
    days = [_days(mark.dot.known) for mark in group]
    first, last = min(day for day, _end in days), max(end for _day, end in days)
    title = ngettext("%(count)s event, %(from)s to %(to)s", "%(count)s events, %(from)s to %(to)s", len(group)) % {
        "count": len(group),
        "from": first.year,
        "to": last.year,
    }
    return Cluster(left, y - BOX_HEIGHT / 2, f"+{len(group)}", title, href(first, last), parts)
