"""The strip: a bar a year, cooperation up, conflict and other down, on one scale; each bar a link.

It is drawn twice, wide and narrow, and the style sheet shows the one that fits. With numbered turning points above
the bars it opens the home page; with a window framed in it it stands above a timeline.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from relations.codelists import FAMILIES

from .axis import Axis, YearLabel, nice_step

UP = ("coop-deed", "coop-words")  # from the axis outwards
DOWN = ("conflict-deed", "conflict-words", "other")

ROOM = 168  # pixels for the tallest bar up and the tallest down together
LARGEST_UNIT = 12  # pixels an event, where there are few
WIDEST_BAR = 48  # pixels
YEARS_BELOW = 34  # pixels below the bars, for the years
BADGE_WIDTH, BADGE_HEIGHT, BADGE_ROW = 22, 20, 22
LOWEST_BADGE = 58  # pixels from the axis up to the middle of the lowest row of badges


@dataclass(frozen=True)
class TurningPoint:
    """An event that is numbered on the strip."""

    number: int
    day: date
    family: str
    title: str
    href: str

    @property
    def is_round(self) -> bool:
        return self.family.startswith("coop")


@dataclass(frozen=True)
class Bar:
    family: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Years:
    """One link: the bars of a year, or of as many as make a target that can be hit."""

    href: str
    label: str
    x: float
    width: float
    bars: list[Bar]


@dataclass(frozen=True)
class Line:
    y: float
    text: str


@dataclass(frozen=True)
class Badge:
    """A numbered turning point: its middle, and the stem down to the bar of its year."""

    point: TurningPoint
    x: float
    y: float
    stem_x: float
    stem_end: float


@dataclass(frozen=True)
class Window:
    """What is in view: the frame, and the two veils over the rest."""

    x: float
    width: float
    veil_before: float
    veil_after_x: float
    veil_after: float


@dataclass(frozen=True)
class Drawing:
    """The geometry of one strip, in the pixels of its view box; `first` and `last` are its days."""

    first: date
    last: date
    width: float
    height: float
    axis_x: float
    axis_end: float
    axis_y: float
    bottom: float
    links: list[Years]
    lines: list[Line]
    years: list[YearLabel]
    badges: list[Badge]
    window: Window | None

    @property
    def axis_width(self) -> float:
        return self.axis_end - self.axis_x


@dataclass(frozen=True)
class Row:
    """A row of the table behind the strip: a year, its events by family in the order of FAMILIES, and their sum."""

    href: str
    text: str
    counts: list[int]
    total: int


@dataclass(frozen=True)
class Strip:
    description: str
    wide: Drawing
    narrow: Drawing
    families: list[str]
    rows: list[Row]


def draw_strip(
    counts: Mapping[tuple[int, str], int],
    *,
    first: int,
    last: int,
    href: Callable[[int, int], str],
    turning_points: Sequence[TurningPoint] = (),
    window: tuple[int, int] | None = None,
) -> Strip:
    """Return the strip of the years from `first` to `last`.

    `counts` gives the number of events by year and family (a key of FAMILIES), `href(a, b)` the address of the
    timeline from year a to year b, `window` the first and last year in view. Turning points are shown wide only.
    """
    counts = {pair: n for pair, n in counts.items() if n and first <= pair[0] <= last}
    wide = _drawing(counts, Axis(first, last, 35, 1177), href, turning_points, window, width=1216, least_link=12)
    narrow = _drawing(counts, Axis(first, last, 22, 336), href, (), window, width=358, least_link=44)
    years = sorted({year for year, _family in counts})
    rows = []
    for year in years:
        by_family = [counts.get((year, family), 0) for family in FAMILIES]
        rows.append(Row(href(year, year), str(year), by_family, sum(by_family)))
    return Strip(_description(rows, first, last), wide, narrow, [label for label, _kinds in FAMILIES.values()], rows)


def _description(rows: list[Row], first: int, last: int) -> str:
    total = sum(row.total for row in rows)
    text = ngettext(
        "%(total)s event from %(first)s to %(last)s: cooperation above the line, conflict and other below it.",
        "%(total)s events from %(first)s to %(last)s: cooperation above the line, conflict and other below it.",
        total,
    ) % {"total": total, "first": first, "last": last}
    if rows:
        fullest = max(rows, key=lambda row: row.total)
        text += " " + _("Most in %(year)s: %(total)s.") % {"year": fullest.text, "total": fullest.total}
    return text


def _drawing(counts, axis: Axis, href, turning_points, window, *, width: float, least_link: float) -> Drawing:
    def tallest(families):
        return max((sum(counts.get((year, f), 0) for f in families) for year, _family in counts), default=0)

    up, down = tallest(UP), tallest(DOWN)
    unit = min(LARGEST_UNIT, ROOM / max(up + down, 1))
    # The axis first lies at 0; what is above it is known only when the turning points have found their rows.
    tops = {year: -unit * sum(counts.get((year, f), 0) for f in UP) for year in range(axis.first, axis.last + 1)}
    badges = _badges(turning_points, axis, tops)
    top = min([-unit * up, *(badge.y - BADGE_HEIGHT / 2 for badge in badges)]) - 4
    bottom = unit * down + 8
    axis_y = -top
    badges = [replace(badge, y=badge.y + axis_y, stem_end=badge.stem_end + axis_y) for badge in badges]
    return Drawing(
        first=axis.span[0],
        last=axis.span[1],
        width=width,
        height=axis_y + bottom + YEARS_BELOW,
        axis_x=axis.x,
        axis_end=axis.end,
        axis_y=axis_y,
        bottom=axis_y + bottom,
        links=_links(counts, axis, href, axis_y, unit, least_link),
        lines=_lines(up, down, unit, axis_y),
        years=axis.labels(max(36, width * 0.08)),
        badges=badges,
        window=_window(axis, window),
    )


def _links(counts, axis: Axis, href, axis_y: float, unit: float, least: float) -> list[Years]:
    step = next((step for step in (1, 2, 5, 10, 20, 25, 50, 100, 200, 500) if step * axis.year_width >= least), 1000)
    gap = 1 if axis.year_width >= 4 else axis.year_width / 4
    bar_width = min(axis.year_width - gap, WIDEST_BAR)
    indent = (axis.year_width - gap - bar_width) / 2
    found = []
    start = axis.first // step * step
    for from_year in range(start, axis.last + 1, step):
        years = range(max(from_year, axis.first), min(from_year + step - 1, axis.last) + 1)
        bars = []
        for year in years:
            for families, direction in ((UP, -1), (DOWN, 1)):
                y = axis_y
                for family in families:
                    height = counts.get((year, family), 0) * unit
                    if height:
                        bar_y = min(y, y + direction * height)
                        bars.append(Bar(family, axis.year(year) + indent, bar_y, bar_width, height))
                        y += direction * height
        x = axis.year(years[0])
        found.append(Years(href(years[0], years[-1]), _label(counts, years), x, axis.year(years[-1] + 1) - x, bars))
    return found


def _label(counts, years: range) -> str:
    def of(families):
        return sum(counts.get((year, family), 0) for year in years for family in families)

    when = str(years[0]) if len(years) == 1 else f"{years[0]}–{years[-1]}"
    total = of(UP) + of(DOWN)
    if not total:
        return _("%(when)s: no event") % {"when": when}
    return ngettext(
        "%(when)s: %(total)s event, %(up)s of cooperation, %(down)s of conflict, %(other)s other",
        "%(when)s: %(total)s events, %(up)s of cooperation, %(down)s of conflict, %(other)s other",
        total,
    ) % {"when": when, "total": total, "up": of(UP), "down": of(DOWN[:2]), "other": of(DOWN[2:])}


def _lines(up: int, down: int, unit: float, axis_y: float) -> list[Line]:
    step = int(nice_step(max(up + down, 1), 5))
    above = [Line(axis_y - n * unit, str(n)) for n in range(step, up + 1, step)]
    below = [Line(axis_y + n * unit, str(n)) for n in range(step, down + 1, step)]
    return [*above, *below]


def _badges(turning_points: Sequence[TurningPoint], axis: Axis, tops: Mapping[int, float]) -> list[Badge]:
    """Give each turning point the lowest row where it covers no bar and no other number."""
    found = []
    for point in sorted(turning_points, key=lambda point: (point.day, point.number)):
        if point.day.year not in tops:
            continue
        stem_x = axis.day(point.day)
        half = BADGE_WIDTH / 2
        x = min(max(stem_x, axis.x + half), axis.end - half)
        years = [y for y in tops if axis.year(y) < x + half + 1 and axis.year(y + 1) > x - half - 1]
        highest = min(tops[year] for year in years)
        y = -LOWEST_BADGE
        while y + BADGE_HEIGHT / 2 + 3 > highest or any(
            other.y == y and abs(other.x - x) < BADGE_WIDTH + 1 for other in found
        ):
            y -= BADGE_ROW
        # A bar that does not fill its year may lie beside the day.
        stem_end = tops[point.day.year] if axis.year_width <= WIDEST_BAR else 0
        found.append(Badge(point, x, y, stem_x, stem_end))
    return found


def _window(axis: Axis, window: tuple[int, int] | None) -> Window | None:
    if window is None:
        return None
    first, last = max(window[0], axis.first), min(window[1], axis.last)
    if first > last:
        return None
    x, end = axis.year(first), axis.year(last + 1)
    return Window(x, end - x, x - axis.x, end, axis.end - end)
