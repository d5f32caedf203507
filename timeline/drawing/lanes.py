"""The lanes of a timeline: the events in view, the money that moved and the conditions in force, on one axis of days.

It is drawn twice, wide and narrow. What more there is than the lanes show is counted below them, a box for some days;
the table behind the picture has a row for every mark and for every box.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from relations.dates import Edtf

from .axis import DayAxis, YearLabel
from .dots import BOX_WIDTH, GLYPH, LABEL_SIZE, Dot, Lane, LaneDrawing, count_box, draw_below
from .letters import width as text_width
from .letters import wrap
from .shapes import Glyph, glyph_for

LAW_ROW, LAW_LABEL = 34, 15  # pixels of a condition, and from its top to the foot of its name
TOP = 24.0
HEAD = 22  # pixels of the heading of a part where it has a line of its own


@dataclass(frozen=True)
class Law:
    """A condition: the days on which it is in force, and what was found of it."""

    known: Edtf
    title: str
    href: str
    findings: Sequence[Dot]


@dataclass(frozen=True)
class Sign:
    """A finding on the line of its condition, or the count of some that would touch."""

    x: float
    title: str
    href: str
    glyph: Glyph | None
    count: int = 1
    is_doubtful: bool = False


@dataclass(frozen=True)
class LawDrawing:
    """A condition: its line as (from, to) of the days possible and of those certain; whether it runs in and out."""

    title: str
    label: str
    href: str
    label_x: float
    label_y: float
    y: float
    possible: tuple[float, float]
    certain: tuple[float, float] | None
    runs_in: bool
    runs_out: bool
    signs: list[Sign]


@dataclass(frozen=True)
class Drawing:
    """The geometry of one picture, in the pixels of its view box; `first` and `last` are its days.

    `in_force` is how many conditions lie in them, of which some are drawn.
    """

    name: str
    width: float
    height: float
    first: date
    last: date
    axis_x: float
    axis_end: float
    top: float
    is_narrow: bool
    years: list[YearLabel]
    lanes: list[LaneDrawing]
    further: LaneDrawing | None
    money: list[LaneDrawing]
    laws_top: float
    laws: list[LawDrawing]
    in_force: int

    @property
    def axis_width(self) -> float:
        return self.axis_end - self.axis_x


@dataclass(frozen=True)
class Row:
    """A row of the table behind the picture."""

    lane: str
    known: Edtf | None
    text: str
    href: str


@dataclass(frozen=True)
class Picture:
    wide: Drawing
    narrow: Drawing
    rows: list[Row]


def draw_window(
    lanes: Sequence[Lane],
    *,
    first: date,
    last: date,
    href: Callable[[date, date], str],
    further: Mapping[tuple[date, date], Mapping[str, int]] | None = None,
    money: Sequence[Lane] = (),
    laws: Sequence[Law] = (),
    in_force: int = 0,
) -> Picture:
    """Return the picture of the days from `first` to `last`.

    `href(a, b)` is the address of what lies in these days. `further` counts the events that the lanes leave out, by
    (first, last day) and family, `in_force` the conditions that lie in the days, of which `laws` are drawn.
    """
    lanes = [lane for lane in lanes if lane.dots]
    drawings = [
        _drawing(name, lanes, further or {}, money, laws, DayAxis(first, last, x, width), href, whole, in_force)
        for name, x, width, whole in (("wide", 148, 1060, 1216), ("narrow", 6, 344, 358))
    ]
    return Picture(*drawings, _rows(lanes, drawings[0].further, money, laws))


def _drawing(name, lanes, further, money, laws, axis: DayAxis, href, width: float, in_force: int) -> Drawing:
    is_narrow = name == "narrow"
    found, y = draw_below(lanes, axis, href, TOP, width, is_narrow=is_narrow)
    rest = None
    if further:
        rest, y = _further(further, axis, href, y, is_narrow)
    drawn_money, y = draw_below(money, axis, href, y, width, is_narrow=is_narrow, least=3, rows=2)
    laws_top = y
    drawn_laws = []
    if laws:
        y += HEAD if is_narrow else 4
        for law in laws:
            drawn_laws.append(_law(law, axis, y, width))
            y += LAW_ROW
        y += 6
    return Drawing(
        name=name,
        width=width,
        height=y,
        first=axis.first,
        last=axis.last,
        axis_x=axis.x,
        axis_end=axis.end,
        top=TOP,
        is_narrow=is_narrow,
        years=axis.labels(48 if is_narrow else 80),
        lanes=found,
        further=rest,
        money=drawn_money,
        laws_top=laws_top,
        laws=drawn_laws,
        in_force=in_force,
    )


def _further(further, axis: DayAxis, href, y: float, is_narrow: bool) -> tuple[LaneDrawing, float]:
    """Return what the lanes leave out as boxes that count it, neighbours together where a box would not fit."""
    groups: list[list] = []  # first day, last day, counts
    for (first, last), counts in sorted(further.items()):
        groups.append([first, last, Counter(counts)])
        while len(groups) > 1 and _middle(groups[-1], axis) - _middle(groups[-2], axis) < BOX_WIDTH + 2:
            _first, last, more = groups.pop()
            groups[-1][1] = last
            groups[-1][2] += more
    total = sum((group[2] for group in groups), Counter()).total()
    box_y = y + (HEAD + 10 if is_narrow else 18)
    boxes = [
        count_box(
            counts, max(first, axis.first), min(last, axis.last), _middle(group, axis) - BOX_WIDTH / 2, box_y, href
        )
        for group in groups
        for first, last, counts in [group]
    ]
    note = _("%(n)s not drawn") % {"n": f"{total:,}"}
    lane = LaneDrawing(_("Further events"), note, y, y + 18, [], boxes)
    return lane, box_y + (20 if is_narrow else 28)


def _middle(group: list, axis: DayAxis) -> float:
    middle = (axis.day(group[0]) + axis.day_end(group[1])) / 2
    return min(max(middle, axis.x + BOX_WIDTH / 2), axis.end - BOX_WIDTH / 2)


def _law(law: Law, axis: DayAxis, y: float, width: float) -> LawDrawing:
    known = law.known
    runs_in = known.earliest < axis.first
    runs_out = known.latest > axis.last
    start, end = axis.day(known.earliest), axis.day_end(known.latest)
    certain = None
    sure_from, sure_until = known.start.last, known.end.first
    if not (known.start.is_qualified or known.end.is_qualified or known.start.is_unknown or known.end.is_unknown):
        sure_start, sure_end = axis.day(sure_from), axis.day_end(sure_until)
        if sure_end > sure_start:
            certain = (sure_start, sure_end)
    line_y = y + LAW_LABEL + 9
    room = max(axis.end - axis.x, 40)
    words = wrap(law.title, LABEL_SIZE, room - 4) or [_cut(law.title, room - 4)]
    # The name begins where the line does, unless the axis ends before it.
    label_x = max(axis.x, min(start, axis.end - text_width(words[0], LABEL_SIZE)))
    signs = _signs(law, axis)
    return LawDrawing(
        law.title, words[0], law.href, label_x, y + LAW_LABEL, line_y, (start, end), certain, runs_in, runs_out, signs
    )


def _cut(text: str, room: float) -> str:
    while " " in text and text_width(f"{text} …", LABEL_SIZE) > room:
        text = text.rpartition(" ")[0]
    return f"{text} …"


def _signs(law: Law, axis: DayAxis) -> list[Sign]:
    """Return the findings on a line; those that would touch are counted in one box that leads to the condition."""
    half = GLYPH / 2 + 0.5
    groups: list[list] = []  # left, right, dots
    for dot in sorted(law.findings, key=lambda dot: (dot.known, dot.title)):
        first = dot.known.earliest if dot.known.earliest > date.min else dot.known.end.first
        last = dot.known.latest if dot.known.latest < date.max else dot.known.start.last
        x = min(max((axis.day(first) + axis.day_end(last)) / 2, axis.x + half), axis.end - half)
        groups.append([x - half, x + half, [dot]])
        while len(groups) > 1 and groups[-2][1] > groups[-1][0]:
            left, right, dots = groups.pop()
            dots = groups[-1][2] + dots
            middle = (groups[-1][0] + right) / 2
            middle = min(max(middle, axis.x + 11), axis.end - 11)
            groups[-1] = [middle - 11, middle + 11, dots]
    signs = []
    for left, right, dots in groups:
        if len(dots) == 1:
            (dot,) = dots
            glyph, title = glyph_for(dot.finding), f"{dot.title}, {dot.known.short()}"
            doubt = dot.known.is_qualified or dot.known.precision != "day"
            signs.append(Sign((left + right) / 2, title, dot.href, glyph, is_doubtful=doubt))
        else:
            title = "; ".join(f"{dot.title.partition(':')[0]}, {dot.known.short()}" for dot in dots)
            signs.append(Sign((left + right) / 2, title, f"{law.href}#findings", None, len(dots)))
    return signs


def _rows(lanes, further: LaneDrawing | None, money, laws) -> list[Row]:
    rows = [
        Row(lane.title, dot.known, dot.title, dot.href)
        for lane in [*lanes, *money]
        for dot in sorted(lane.dots, key=lambda dot: (dot.known, dot.title))
    ]
    rows += [Row(_("Conditions"), law.known, law.title, law.href) for law in laws]
    rows += [Row(_("Conditions"), dot.known, dot.title, dot.href) for law in laws for dot in law.findings]
    if further:
        rows += [Row(further.title, None, box.title, box.href) for box in further.clusters]
    return rows
