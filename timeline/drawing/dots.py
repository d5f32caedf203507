"""Lanes of marks along an axis, the most important named, none lying on another: a record's own timeline.

Marks are placed by importance, then by date; a label stands to the right of its mark, else to the left, else one row
lower. What finds no room, and what is not important enough for the range, goes to the lane's last row without a name;
there marks that would touch merge into a box that counts them. Every mark is a link, and so is every box. Where a day
is wide, its marks stand side by side within it, for no hour is known of any.

Doubt is drawn: a day is a mark, a month or year of which the day is not known a bar of the whole of it, what is about
or uncertain fades at its ends, and what is open runs out to the end of the axis.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.utils.formats import number_format
from django.utils.translation import ngettext

from relations.codelists import FAMILIES
from relations.dates import Edtf, parse

from .axis import Axis, DayAxis, YearLabel
from .letters import width as text_width
from .letters import wrap
from .shapes import RADII, Glyph, glyph_for, mark_path

LABEL_SIZE = 13.5
LINE = 15
ROWS = 7
GLYPH = 14
BOX_WIDTH, BOX_HEIGHT = 30, 17
WIDE_ENOUGH = 12  # pixels from which a month or a year is drawn as a bar and not as a foot
TITLE_SIZE, TITLE_ROOM, TITLE_LINE = 16.5, 138, 18
FADE = 14  # pixels at least that what is not certain fades to either side of its mark
FEWEST_NAMED = 6
LEAST_LABEL = 40  # pixels
WIDE_DAY = 48  # pixels of a day from which its marks stand side by side
COLUMN = 240  # pixels of a day from which its labels do
CELL, CELL_ROWS = 15, 5  # of marks without a name side by side


@dataclass(frozen=True)
class Dot:
    """An event, with `family` and `importance`, or a finding, with `finding`.

    `key` is what an event is known by, `label` what is written beside the mark where that is not its title.
    """

    known: Edtf
    title: str
    href: str
    family: str = ""
    importance: int = 2
    finding: str = ""
    key: str = ""
    label: str = ""


@dataclass(frozen=True)
class Lane:
    title: str
    note: str
    dots: Sequence[Dot]


@dataclass(frozen=True)
class Mark:
    """A dot where it is drawn.

    `line` is a duration as (from, to, whether it ends), `runs_in` whether it began before the axis or nobody knows
    when; `bar` is a month or year of which the day is not known, `foot` one that is too narrow for a bar, and `fade`
    what is about or uncertain.
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
    fade: tuple[float, float] | None = None
    runs_in: bool = False
    room: tuple[float, float] | None = None

    @property
    def is_strong(self) -> bool:
        return self.dot.importance == 5

    @property
    def bar_width(self) -> float:
        return self.bar[1] - self.bar[0] if self.bar else 0

    @property
    def fade_width(self) -> float:
        return self.fade[1] - self.fade[0] if self.fade else 0

    def at(self, x: float) -> "Mark":
        """Return it at another place within its day."""
        fade = self.fade and (self.fade[0] + x - self.x, self.fade[1] + x - self.x)
        return replace(self, x=x, fade=fade)


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
    """A lane; `lines` is its title as it is written beside a wide drawing."""

    title: str
    note: str
    top: float
    title_y: float
    marks: list[Mark]
    clusters: list[Cluster]

    @property
    def lines(self) -> list[str]:
        return title_lines(self.title)

    @property
    def note_y(self) -> float:
        return self.title_y + TITLE_LINE * len(self.lines)


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

    @property
    def name(self) -> str:
        return "narrow" if self.is_narrow else "wide"


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


def title_lines(title: str) -> list[str]:
    """Return the title of a lane in one line or two, as there is room for left of the axis."""
    return wrap(title, TITLE_SIZE, TITLE_ROOM, lines=2, weight="semibold") or [title]


def least_named(lanes: Sequence[Lane], years: int) -> int:
    """Return the least importance that is named: the fewer years, the lower, and lower where little is named."""
    least = 4 if years > 25 else 3 if years >= 5 else 2
    events = [dot.importance for lane in lanes for dot in lane.dots if not dot.finding]
    while least > 1 and sum(importance >= least for importance in events) < min(FEWEST_NAMED, len(events)):
        least -= 1
    return least


def _drawing(lanes, axis: Axis, href, width: float, *, is_narrow: bool) -> Drawing:
    top = 24.0
    found, bottom = draw_below(lanes, axis, href, top, width, is_narrow=is_narrow)
    return Drawing(width, bottom, axis.x, axis.end, top, is_narrow, axis.labels(40 if is_narrow else 80), found)


def draw_below(
    lanes: Sequence[Lane],
    axis: Axis | DayAxis,
    href: Callable[[date, date], str],
    top: float,
    width: float,
    *,
    is_narrow: bool,
    least: int | None = None,
    rows: int = ROWS,
) -> tuple[list[LaneDrawing], float]:
    """Return the lanes from `top` on, one below the other, and where they end.

    `least` is the importance from which a mark is named; unless it is given the number of years decides it. `rows` is
    how many rows of names a lane may have.
    """
    least = least_named(lanes, axis.years) if least is None else least
    lines = 2 if axis.years > 25 or is_narrow else 1
    most = min(rows, ROWS if lines == 1 else ROWS - 2)
    found, y = [], top
    for lane in lanes:
        head = 24 if is_narrow else 4
        placed, bottom = _lane(lane, axis, href, y + head, width, least, lines, most, is_narrow)
        found.append(LaneDrawing(lane.title, lane.note, y, y + 18, *placed))
        y = max(bottom + 6, y + head + (20 if is_narrow else 24 + TITLE_LINE * len(title_lines(lane.title))))
    return found, y


def _lane(lane, axis, href, top, width, least, lines, most, is_narrow):
    """Return the marks and boxes of a lane, and where it ends."""
    pitch = LINE * lines + 4
    rows: list[list[tuple[float, float]]] = []
    marks, bare = [], []
    order = sorted(lane.dots, key=lambda dot: (-dot.importance, dot.known.earliest, dot.known.latest, dot.title))
    for dot in order:
        if dot.finding:
            continue
        mark = _mark(dot, axis)
        if dot.importance < least or not (placed := _place(mark, rows, most, axis, width, lines, is_narrow)):
            bare.append(mark)
            continue
        row, named = placed
        marks.append(replace(named, y=top + row * pitch + 10))
    bottom = top + len(rows) * pitch
    clusters = []
    beside = [mark for mark in bare if mark.room]
    if beside:
        singles, clusters, height = _beside(beside, axis, href, bottom + 10)
        marks += singles
        bottom += height
    if others := [_plain(mark) for mark in bare if not mark.room]:
        singles, merged = _merged(others, axis, href, bottom + 10)
        marks += singles
        clusters += merged
        bottom += 22
    glyph_rows: list[list[tuple[float, float]]] = []
    for dot in sorted((dot for dot in lane.dots if dot.finding), key=lambda dot: (dot.known, dot.title)):
        mark = _mark(dot, axis)
        row = _free_row(glyph_rows, (mark.x - GLYPH / 2 - 0.5, mark.x + GLYPH / 2 + 0.5), len(lane.dots))
        marks.append(replace(mark, y=bottom + row * 17 + 9))
    return (sorted(marks, key=lambda mark: mark.x), clusters), bottom + len(glyph_rows) * 17


def _plain(mark: Mark) -> Mark:
    """Return a mark as it stands among others without a name: of its doubt only a foot is left."""
    is_doubtful = mark.foot or mark.bar or mark.fade
    return replace(mark, line=None, bar=None, fade=None, foot=(mark.x - 6, mark.x + 6) if is_doubtful else None)


def _mark(dot: Dot, axis: Axis | DayAxis) -> Mark:
    """Return the mark of a dot at height 0, with what is drawn for the doubt in its date."""
    known = dot.known
    first, last = _days(known)
    start, end = axis.day(first), axis.day_end(last)
    line = bar = foot = fade = room = None
    is_early, is_late = first < axis.span[0], last > axis.span[1]
    x = (start + end) / 2
    if known.is_open_start and not dot.finding:
        x = start
        line = (axis.x, x, True)
    elif known.is_open_end or known.is_open_start:
        x = start
        line = (start, axis.end - 2, False) if known.is_open_end else None
    elif known.is_interval and not dot.finding:
        x = start
        if end - start > WIDE_ENOUGH or is_early or is_late:
            line = (start, end - 2 if is_late else end, not is_late)
    elif known.precision == "day":
        if axis.day_width >= WIDE_DAY and not dot.finding:
            room = (start, end)
    elif end - start > WIDE_ENOUGH and not dot.finding:
        bar = (start, end)
    else:
        foot = (min(start, x - 5), max(end, x + 5))
    if known.is_qualified and not dot.finding:
        fade = (min(start, x - FADE), max(end, x + FADE))
        bar = foot = None
    elif known.is_qualified:
        foot = foot or (x - 6, x + 6)
    radius = GLYPH / 2 if dot.finding else RADII[dot.importance]
    x = min(max(x, axis.x + radius), axis.end - radius)
    if fade:
        fade = (max(fade[0], axis.x), min(fade[1], axis.end))
    if dot.finding:
        return Mark(dot, x, 0, glyph=glyph_for(dot.finding), foot=foot)
    runs_in = bool(line) and (is_early or known.is_open_start)
    path = mark_path(dot.family, dot.importance)
    return Mark(dot, x, 0, path, line=line, bar=bar, foot=foot, fade=fade, runs_in=runs_in, room=room)


def _place(mark: Mark, rows, most, axis, width, lines, is_narrow) -> tuple[int, Mark] | None:
    """Return the row and the mark with its label where it fits; the row is taken."""
    for row in range(most):
        taken = rows[row] if row < len(rows) else []
        for x in _places(mark, taken):
            if placed := _named(mark.at(x), taken, axis, width, lines, is_narrow):
                if row == len(rows):
                    rows.append([])
                box, named = placed
                rows[row].append(box)
                return row, named
        if not taken:
            break
    return None


def _places(mark: Mark, taken: list[tuple[float, float]]) -> list[float]:
    """Return where in a row the mark may stand: at its day; where a day is a column, wherever there is room in it."""
    if not mark.room or mark.room[1] - mark.room[0] < COLUMN:
        return [mark.x]
    radius = RADII[mark.dot.importance] + 1
    if mark.fade:
        radius = max(radius, (mark.fade_width) / 2)
    first, last = mark.room[0] + radius, mark.room[1] - radius
    return [x for x in (first, *sorted(end + 8 + radius for _start, end in taken)) if first <= x <= last]


def _named(mark: Mark, taken, axis, width, lines, is_narrow) -> tuple[tuple[float, float], Mark] | None:
    """Return what a mark and its label take of a row, and the mark with its label; None where there is no room."""
    radius = RADII[mark.dot.importance] + 1
    left, right = mark.x - radius, mark.x + radius
    for span in filter(None, (mark.line and mark.line[:2], mark.bar, mark.foot, mark.fade)):
        left, right = min(left, span[0]), max(right, span[1])
    if any(left < end + 6 and start < right + 6 for start, end in taken):
        return None
    weight = "semibold" if mark.is_strong else "regular"
    room = 150 if is_narrow else 190 if lines == 2 else 420
    next_start = min((start for start, _end in taken if start > right), default=width)
    last_end = max((end for _start, end in taken if end < left), default=axis.x - 6)
    for anchor, gap in (("start", next_start - right), ("end", left - last_end)):
        space = min(room, gap - 12)
        if space < LEAST_LABEL:
            continue
        text = wrap(mark.dot.label or mark.dot.title, LABEL_SIZE, space, lines=lines, weight=weight)
        # A label is cut for want of room only where the row below would cut it as well.
        if not text or (space < room and text[-1].endswith("…")):
            continue
        label = max(text_width(line, LABEL_SIZE, weight) for line in text) + 6
        box = (left, right + label) if anchor == "start" else (left - label, right)
        label_x = right + 3 if anchor == "start" else left - 3
        return box, replace(mark, lines=tuple(text), label_x=label_x, anchor=anchor)
    # What reaches over all of the axis has its label upon it.
    space = min(room, right - mark.x - radius - 6)
    if space >= LEAST_LABEL:
        text = wrap(mark.dot.label or mark.dot.title, LABEL_SIZE, space, lines=lines, weight=weight)
        if text and not text[-1].endswith("…"):
            return (left, right), replace(mark, lines=tuple(text), label_x=mark.x + radius + 3)
    return None


def _beside(bare: list[Mark], axis, href, y: float) -> tuple[list[Mark], list[Cluster], float]:
    """Return marks without a name, side by side within their day, a box for those that find no room, and the height."""
    singles, clusters, height = [], [], 0
    days: dict[tuple[float, float], list[Mark]] = {}
    for mark in bare:
        days.setdefault(mark.room, []).append(mark)
    for (start, end), marks in days.items():
        cell = max(CELL, *(2 * RADII[mark.dot.importance] for mark in marks))
        columns = max(int((end - start) / cell), 1)
        fits = columns * CELL_ROWS
        # What finds no room is counted in a box that takes the place of three.
        shown = marks if len(marks) <= fits else marks[: max(fits - 3, 0)]
        for n, mark in enumerate(shown):
            row, column = divmod(n, columns)
            # What is about its day fades in its cell.
            moved = replace(_plain(mark), foot=None) if not mark.fade else _plain(mark)
            x = start + (column + 0.5) * cell
            singles.append(replace(moved, x=x, y=y + row * cell, foot=moved.foot and (x - 6, x + 6)))
        if rest := marks[len(shown) :]:
            box = _cluster(rest, axis, href, y + (CELL_ROWS - 1) * cell)
            clusters.append(replace(box, x=end - BOX_WIDTH) if len(shown) else box)
        height = max(height, (-(-min(len(marks), fits) // columns)) * cell + 7)
    return singles, clusters, height


def _free_row(rows, box: tuple[float, float], most: int) -> int:
    for row in range(most + 1):
        if row == len(rows):
            rows.append([])
        if not any(box[0] < end and start < box[1] for start, end in rows[row]):
            rows[row].append(box)
            return row
    return most


def _merged(bare: list[Mark], axis: Axis | DayAxis, href, y: float) -> tuple[list[Mark], list[Cluster]]:
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


def _reach(group: list[Mark], axis: Axis | DayAxis) -> tuple[float, float]:
    if len(group) == 1:
        radius = RADII[group[0].dot.importance]
        return group[0].x - radius, group[0].x + radius
    return _box((group[0].x + group[-1].x) / 2, axis)


def _box(middle: float, axis: Axis | DayAxis) -> tuple[float, float]:
    middle = min(max(middle, axis.x + BOX_WIDTH / 2), axis.end - BOX_WIDTH / 2)
    return middle - BOX_WIDTH / 2, middle + BOX_WIDTH / 2


def _cluster(group: list[Mark], axis: Axis | DayAxis, href, y: float) -> Cluster:
    left, _right = _reach(group, axis) if len(group) > 1 else _box(group[0].x, axis)
    days = [_days(mark.dot.known) for mark in group]
    # To look closer at what lasts is to look at where it starts.
    starts = [first if mark.dot.known.is_interval else last for mark, (first, last) in zip(group, days, strict=True)]
    first = max(min(first for first, _last in days), axis.span[0])
    last = min(max(*starts, first), axis.span[1])
    return count_box(Counter(mark.dot.family for mark in group), first, last, left, y, href)


def count_box(counts: Counter, first: date, last: date, left: float, y: float, href) -> Cluster:
    """Return the box that counts events by family, in the days from `first` to `last`."""
    total, parts, x = counts.total(), [], left + 1
    for family in sorted(counts, key=lambda name: list(FAMILIES).index(name) if name in FAMILIES else len(FAMILIES)):
        if counts[family]:
            part = (BOX_WIDTH - 2) * counts[family] / total
            parts.append((family, x, part))
            x += part
    if first.year == last.year:
        span = parse(f"{first}/{last}" if first < last else str(first)).short()
        title = ngettext("%(count)s event, %(when)s", "%(count)s events, %(when)s", total)
        title %= {"count": number_format(total, force_grouping=True), "when": span}
    else:
        title = ngettext("%(count)s event, %(from)s to %(to)s", "%(count)s events, %(from)s to %(to)s", total)
        title %= {"count": number_format(total, force_grouping=True), "from": first.year, "to": last.year}
    text = f"+{total}" if total < 1000 else _thousands(total)
    return Cluster(left, y - BOX_HEIGHT / 2, text, title, href(first, last), parts)


def _thousands(total: int) -> str:
    """Return a large count as it fits into a box: `+12k`, `+1.2M`."""
    if total < 1_000_000:
        return f"+{total // 1000}k"
    return f"+{total / 1_000_000:.1f}M"
