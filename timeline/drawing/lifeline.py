"""The life line of a condition: the band of its days in force, coloured by how it stood, with its findings above.

Each finding stands as near the band as it can without touching another label or the stem of one. A stem is dotted
where the date is qualified, and a dotted foot below the band shows the days that a finding's date can mean.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from relations.dates import Edtf

from .axis import Axis, YearLabel
from .letters import width as text_width
from .shapes import Glyph, glyph_for

GLYPH = 20
BAND = 26
STEM = 24  # least pixels between a glyph and the band
STEP = 6  # pixels from one height that is tried to the next
REACH = 260  # pixels above the band within which a label is kept; what finds no room there is a bare glyph
LABEL_SIZE = 13.5
LEAST_FOOT = 4
UNDER, LINE, LEAST_BAR = 44, 21, 8  # pixels: from the band to the money beneath it, a line of it, its shortest bar


@dataclass(frozen=True)
class Stretch:
    """Days on which a condition in force stood alike, both inclusive; date.min and date.max are open ends.

    `state` is what gives the colour: the finding that decides, or a state of `relations.states`.
    """

    first: date
    last: date
    state: str
    word: str
    is_certain: bool = True


@dataclass(frozen=True)
class Finding:
    """What was found: `known` is its date, `word` the finding in words, `note` a second line."""

    known: Edtf
    finding: str
    word: str
    note: str = ""
    href: str = ""


@dataclass(frozen=True)
class Money:
    """What hung on a finding from its day on; without `last` it is a moment, date.max where nothing ended it."""

    first: date
    last: date | None
    side: str
    label: str
    href: str


@dataclass(frozen=True)
class Band:
    tone: str
    x: float
    width: float
    word: str
    title: str
    is_certain: bool
    is_open: bool


@dataclass(frozen=True)
class Pin:
    """A finding above the band. Its label stands at `label_x` with its anchor, `lines` from the first to the last."""

    glyph: Glyph
    x: float
    y: float
    stem_end: float
    is_doubtful: bool
    foot: tuple[float, float] | None
    label_x: float
    anchor: str
    lines: list[str]
    title: str
    href: str


@dataclass(frozen=True)
class MoneyLine:
    side: str
    x: float
    y: float
    width: float
    is_open: bool
    label: str
    label_x: float
    anchor: str  # start, end, or inside the bar
    href: str


@dataclass(frozen=True)
class Drawing:
    width: float
    height: float
    band_y: float
    bands: list[Band]
    pins: list[Pin]
    money: list[MoneyLine]
    years: list[YearLabel]


@dataclass(frozen=True)
class LifeLine:
    wide: Drawing
    narrow: Drawing


@dataclass(frozen=True)
class _Box:
    left: float
    right: float
    top: float
    bottom: float
    x: float  # of its stem, which leads from its bottom to the band at 0

    def touches(self, other: "_Box") -> bool:
        beside = self.left < other.right + 4 and other.left < self.right + 4
        return beside and self.top < other.bottom + 2 and other.top < self.bottom + 2

    def is_crossed_by(self, stem: "_Box") -> bool:
        return self.left - 3 < stem.x < self.right + 3 and stem.bottom <= self.top


def draw_life_line(
    stretches: Sequence[Stretch], findings: Sequence[Finding], money: Sequence[Money] = (), *, today: date
) -> LifeLine | None:
    """Return the life line of a condition; None where it has neither days in force nor findings."""
    stretches = _joined(stretches)
    known = [day for s in stretches for day in (s.first, s.last)] + [
        day for f in findings for day in (f.known.earliest, f.known.latest)
    ]
    known = [day for day in known if date.min < day < date.max]
    if not known:
        return None
    first = min(known).year
    last = max(max(known).year, today.year if any(s.last == date.max for s in stretches) else 0)
    if last - first < 2:
        first, last = first - 1, last + 1
    return LifeLine(
        _drawing(stretches, findings, money, Axis(first, last, 12, 1190), 1216, is_narrow=False),
        _drawing(stretches, findings, money, Axis(first, last, 6, 342), 358, is_narrow=True),
    )


def _joined(stretches: Sequence[Stretch]) -> list[Stretch]:
    found: list[Stretch] = []
    for s in sorted(stretches, key=lambda stretch: stretch.first):
        if found and (found[-1].state, found[-1].word, found[-1].is_certain) == (s.state, s.word, s.is_certain):
            s = Stretch(found.pop().first, s.last, s.state, s.word, s.is_certain)
        found.append(s)
    return found


def _drawing(stretches, findings, money, axis: Axis, width: float, *, is_narrow: bool) -> Drawing:
    # The axis ends where the label of the last finding still fits.
    over = max(
        (_middle(f, axis) + GLYPH / 2 + 5 + _room(_labels(f, is_narrow)[0]) - width for f in findings), default=0
    )
    if over > 0:
        axis = Axis(axis.first, axis.last, axis.x, axis.width - over)
    pins = _pins(findings, axis, width, is_narrow)
    top = min([pin.y for pin in pins], default=-STEM) - 6
    band_y = -top
    lines = _money(money, axis, width, band_y + BAND + UNDER)
    return Drawing(
        width=width,
        height=(lines[-1].y + LINE if lines else band_y + BAND + 12) + 32,
        band_y=band_y,
        bands=[_band(s, axis) for s in stretches],
        pins=[replace(pin, y=pin.y + band_y, stem_end=band_y) for pin in pins],
        money=lines,
        years=axis.labels(34 if is_narrow else 52),
    )


def _money(money: Sequence[Money], axis: Axis, width: float, top: float) -> list[MoneyLine]:
    """Return a line for each sum, one below the other, with its label where there is more room."""
    lines = []
    for n, item in enumerate(money):
        x = min(axis.day(item.first), axis.end - LEAST_BAR)
        end = x + LEAST_BAR if item.last is None else max(axis.day_end(item.last), x + LEAST_BAR)
        room = text_width(item.label, LABEL_SIZE)
        label_x, anchor = end + 6, "start"
        if label_x + room > width and x - 6 - room > 0:
            label_x, anchor = x - 6, "end"
        elif label_x + room > width:
            # On neither side is there room: the bar is long then, and it stands on it.
            label_x, anchor = x + 6, "inside"
        is_open = item.last == date.max
        lines.append(MoneyLine(item.side, x, top + n * LINE, end - x, is_open, item.label, label_x, anchor, item.href))
    return lines


def _band(s: Stretch, axis: Axis) -> Band:
    x = axis.x if s.first == date.min else axis.day(s.first)
    end = axis.end if s.last == date.max else axis.day_end(s.last)
    fits = text_width(s.word, LABEL_SIZE, "semibold") + 16 <= end - x
    return Band(
        glyph_for(s.state).tone,
        x,
        max(end - x, 1),
        s.word if fits else "",
        s.word,
        s.is_certain,
        s.last == date.max,
    )


def _pins(findings, axis: Axis, width: float, is_narrow: bool) -> list[Pin]:
    """Place the findings from the last to the first, each as low as it can stand; the band's edge lies at 0."""
    placed: list[_Box] = []
    pins = []
    for finding in sorted(findings, key=lambda f: (f.known.earliest, f.known.latest), reverse=True):
        start, end = axis.day(finding.known.earliest), axis.day_end(finding.known.latest)
        x = _middle(finding, axis)
        box, lines, anchor = _place(finding, x, placed, width, is_narrow)
        placed.append(box)
        label_x = x + (GLYPH / 2 + 5) * (1 if anchor == "start" else -1)
        foot = (start, end) if end - start >= LEAST_FOOT else None
        when = finding.known.short()
        title = f"{finding.word}, {when}" + (f": {finding.note}" if finding.note else "")
        pins.append(
            Pin(
                glyph_for(finding.finding),
                x,
                box.top,
                0,
                finding.known.is_qualified,
                foot,
                label_x,
                anchor,
                lines,
                title,
                finding.href,
            )
        )
    return pins[::-1]


def _middle(finding: Finding, axis: Axis) -> float:
    middle = (axis.day(finding.known.earliest) + axis.day_end(finding.known.latest)) / 2
    return min(max(middle, axis.x + GLYPH / 2), axis.end - GLYPH / 2)


def _labels(finding: Finding, is_narrow: bool) -> list[list[str]]:
    """Return the labels that are tried, the fullest first; each has one line or two."""
    when = finding.known.short()
    return [[when]] if is_narrow else [[f"{finding.word}, {when}", *filter(None, [finding.note])], [when]]


def _room(lines: list[str]) -> float:
    return max(text_width(line, LABEL_SIZE, "regular" if n else "semibold") for n, line in enumerate(lines))


def _place(finding, x: float, placed: list[_Box], width: float, is_narrow: bool) -> tuple[_Box, list[str], str]:
    for lines in _labels(finding, is_narrow):
        room = _room(lines)
        # To the right, where findings before it step up and clear of it; to the left only at the end of the line.
        left, right, anchor = x - GLYPH / 2, x + GLYPH / 2 + 5 + room, "start"
        if right > width:
            left, right, anchor = x - GLYPH / 2 - 5 - room, x + GLYPH / 2, "end"
        height = GLYPH + 15 * (len(lines) - 1)
        for bottom in range(-STEM, -REACH, -STEP):
            box = _Box(left, right, bottom - height, bottom, x)
            if not any(box.touches(o) or box.is_crossed_by(o) or o.is_crossed_by(box) for o in placed):
                return box, lines, anchor
    bottom = -STEM
    while True:
        box = _Box(x - GLYPH / 2, x + GLYPH / 2, bottom - GLYPH, bottom, x)
        if not any(box.touches(other) or box.is_crossed_by(other) for other in placed):
            return box, [], "start"
        bottom -= STEP
