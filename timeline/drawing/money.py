"""Bars of money by fiscal year: kinds side by side, never stacked; what was held back lies below the line.

What was promised or allowed is a dashed box, and what was paid stands before it, on the same line. A sum over several
years is one block, level over its years, so that its area is the amount. A range is solid up to its low end and dashed
from there to its high end. An amount whose date leaves its year open stands in the likeliest, above a dotted foot over
the years that it can lie in. An amount that cannot be written beside its bar without touching another is left out: the
bar's title and the table have it.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..amounts import in_full, in_short
from .axis import nice_step
from .letters import width as text_width
from .letters import wrap

PROMISED = {"pledge", "authorization", "ceiling", "request", "notification", "commitment", "award", "guarantee"}
HELD = {"suspension"}
MOVED = {"cancellation", "rescission", "reprogramming", "repayment"}

GUTTER = 48  # pixels for the amounts at the left
GAP = 24  # pixels between accounts
TITLE, TITLE_LINE = 44, 18  # pixels for an account's title and its subtitle, and for a second line of a title
TITLE_SIZE = 15.5
LABEL_ROOM = 20  # pixels above and below the bars, for the amounts on them
LABEL_SIZE = 13.5
LETTERS, LINE = 11, 15  # pixels from the foot of a label to its head, and from one height that is tried to the next
LEAST_LABELLED = 40  # pixels of a year that has a label of its own
WIDEST_YEAR = 64
FOOT = 3.5  # pixels from the line to a foot


@dataclass(frozen=True)
class Amount:
    """Money of one kind in the fiscal years from `first` to `last`.

    `kind` is a transaction's, `kind_label` the word for it. `possible` has the two years that it can lie in, where its
    date leaves that open.
    """

    first: int
    last: int
    kind: str
    kind_label: str
    amount: Decimal
    low: Decimal | None = None
    high: Decimal | None = None
    href: str = ""
    possible: tuple[int, int] | None = None


class FiscalYears:
    """How years are named where the number of each is its own."""

    @staticmethod
    def long(number: int) -> str:
        return _("FY%(year)s") % {"year": number}

    @classmethod
    def short(cls, number: int) -> str:
        return cls.long(number) if number % 10 == 0 else f"’{number % 100:02}"


@dataclass(frozen=True)
class Account:
    """What one set of bars shows; the title may be empty where there is only one.

    `partial` has the years that the record covers only in part.
    """

    title: str
    subtitle: str
    amounts: Sequence[Amount]
    partial: Collection[int] = ()


@dataclass(frozen=True)
class Bar:
    """`style` is solid, outline, dashed, held or moved; the open part leads from the low to the high end of a range.

    `label` has a line or two, of which the first stands at `label_y` around `label_x`. `foot` has the first and
    the last pixel of the years that it can lie in.
    """

    style: str
    x: float
    y: float
    width: float
    height: float
    open_y: float
    open_height: float
    title: str
    href: str
    foot: tuple[float, float] | None
    label: list[str]
    label_x: float
    label_y: float
    is_label_inside: bool

    @property
    def is_below(self) -> bool:
        return self.style in ("held", "moved")

    @property
    def foot_y(self) -> float:
        """Where the foot runs: on the other side of the line."""
        return self.y - FOOT if self.is_below else self.y + self.height + FOOT


@dataclass(frozen=True)
class Panel:
    """The bars of one account. Its title has a line or two, of which the first stands at `title_y`.

    `partial` has the first and last pixel of each run of years that the record covers only in part.
    """

    title: list[str]
    subtitle: str
    x: float
    end: float
    title_y: float
    axis_y: float
    bars: list[Bar]
    lines: list[tuple[float, str]]
    years: list[tuple[float, str, str]]  # x, text, anchor
    years_y: float
    partial: list[tuple[float, float]]

    @property
    def subtitle_y(self) -> float:
        return self.title_y + 19 + TITLE_LINE * (len(self.title) - 1)


@dataclass(frozen=True)
class Drawing:
    width: float
    height: float
    panels: list[Panel]


@dataclass(frozen=True)
class Row:
    """A row of the table behind the bars."""

    account: str
    period: str
    kind: str
    figure: str
    span: str
    href: str


@dataclass(frozen=True)
class MoneyBars:
    wide: Drawing
    narrow: Drawing
    legend: list[tuple[str, str]]  # style, words
    rows: list[Row]

    @property
    def has_ranges(self) -> bool:
        return any(bar.open_height for panel in self.wide.panels for bar in panel.bars)

    @property
    def has_partial(self) -> bool:
        return any(panel.partial for panel in self.wide.panels)

    @property
    def has_feet(self) -> bool:
        """Whether the year of an amount is not certain."""
        return any(bar.foot for panel in self.wide.panels for bar in panel.bars)


def draw_money(
    accounts: Sequence[Account],
    currency: str,
    *,
    names=FiscalYears,
    width: float = 1216,
    columns: int = 1,
    room: float = 150,
    has_own_scales: bool = False,
) -> MoneyBars | None:
    """Return the bars of accounts in one currency, each on a scale of its own or all on one; None where there are none.

    Amounts of one kind and the same years are added up: pass those that count in totals only. `names` has `long` and
    `short` of the number of a year. `columns` accounts stand beside each other in the wide drawing, `room` is the
    height of the tallest bar.
    """
    accounts = [replace(account, amounts=_added_up(account.amounts)) for account in accounts]
    amounts = [amount for account in accounts for amount in account.amounts]
    if not amounts:
        return None
    years = range(min(amount.first for amount in amounts), max(amount.last for amount in amounts) + 1)
    shared = _Shared(years, room, has_own_scales, currency, names)
    kinds = defaultdict(dict)
    for account in accounts:
        for amount in account.amounts:
            kinds[_style(amount.kind, account.amounts)][amount.kind] = amount.kind_label
    return MoneyBars(
        wide=_drawing(accounts, shared, width, columns),
        narrow=_drawing(accounts, shared, 358, 1),
        legend=[(style, ", ".join(labels.values())) for style, labels in kinds.items()],
        rows=[
            Row(
                account.title,
                _period(amount, names),
                amount.kind_label,
                in_full(amount.amount, currency),
                _span(amount, currency),
                amount.href,
            )
            for account in accounts
            for amount in account.amounts
        ],
    )


def _added_up(amounts: Sequence[Amount]) -> list[Amount]:
    alike = defaultdict(list)
    for amount in amounts:
        alike[amount.first, amount.last, amount.kind, amount.possible or ()].append(amount)
    found = []
    for _years, same in sorted(alike.items()):
        first = same[0]
        has_range = any(a.low is not None or a.high is not None for a in same)
        found.append(
            Amount(
                first.first,
                first.last,
                first.kind,
                first.kind_label,
                sum(a.amount for a in same),
                sum(a.amount if a.low is None else a.low for a in same) if has_range else None,
                sum(a.amount if a.high is None else a.high for a in same) if has_range else None,
                first.href if len(same) == 1 else "",
                first.possible,
            )
        )
    return found


def _height(amount: Amount) -> Decimal:
    """Return how much stands on each of its years, at most."""
    top = amount.amount if amount.high is None else max(amount.high, amount.amount)
    return top / (amount.last - amount.first + 1)


def _style(kind: str, amounts: Sequence[Amount]) -> str:
    if kind in HELD:
        return "held"
    if kind in MOVED:
        return "moved"
    if kind in PROMISED:
        return "dashed"
    # Reimbursed money is drawn beside what was appropriated or paid; where it is all there is, it is the solid one.
    if kind == "reimbursement" and any(_style(a.kind, ()) == "solid" for a in amounts if a.kind != kind):
        return "outline"
    return "solid"


@dataclass(frozen=True)
class _Shared:
    """What all the panels of a drawing share: their years, and the height of the tallest bar of all or of each."""

    years: range
    room: float
    has_own_scales: bool
    currency: str
    names: type


def _drawing(accounts, shared: _Shared, width: float, columns: int) -> Drawing:
    years, currency = shared.years, shared.currency
    columns = min(columns, len(accounts))
    gap = GUTTER + GAP if shared.has_own_scales else GAP
    panel_width = (width - GUTTER - gap * (columns - 1)) / columns
    panels, y = [], 0.0
    for start in range(0, len(accounts), columns):
        row = accounts[start : start + columns]
        # One scale for all accounts, and so one step, or one for each.
        tallest = [_tallest([account] if shared.has_own_scales else accounts) for account in row]
        above, below = (
            max(_tallest([account], is_below) * shared.room / most for account, most in zip(row, tallest, strict=True))
            for is_below in (False, True)
        )
        titles = [_lines_of(account.title, panel_width) for account in row]
        title = TITLE + TITLE_LINE * (max(map(len, titles)) - 1) if any(titles) else 0
        axis_y = y + title + LABEL_ROOM + above
        for column, account in enumerate(row):
            x = GUTTER + column * (panel_width + gap)
            room = axis_y - above - LABEL_ROOM, axis_y + below + LABEL_ROOM
            scale, step = shared.room / tallest[column], nice_step(tallest[column], 4)
            slots = _Slots(years, x, panel_width / len(years), axis_y, scale, currency, *room, shared.names)
            has_labels = column == 0 or shared.has_own_scales
            up, down = (_tallest([account] if shared.has_own_scales else row, side) for side in (False, True))
            lines = [
                (axis_y + n * step * scale, in_short(abs(n) * step, currency) if has_labels else "")
                for n in range(-int(up / step + 0.01), int(down / step + 0.01) + 1)
                if n
            ]
            years_y = axis_y + below + (LABEL_ROOM if below else 0) + 19
            bars = slots.bars(account.amounts)
            panels.append(
                Panel(
                    titles[column],
                    account.subtitle,
                    x,
                    x + panel_width,
                    y + 16,
                    axis_y,
                    bars,
                    lines,
                    slots.labels(),
                    years_y,
                    slots.runs(account.partial),
                )
            )
        y = years_y + (GAP + 8 if start + columns < len(accounts) else 8)
    return Drawing(width, y, panels)


def _tallest(accounts, is_below: bool | None = None) -> float:
    """Return the height of the tallest bar, of both sides of the line or of one, in units of the currency."""
    heights = [_height(a) for account in accounts for a in account.amounts if is_below in (None, _is_below(a))]
    return float(max(heights, default=0)) or (1.0 if is_below is None else 0.0)


def _lines_of(title: str, room: float) -> list[str]:
    """Return a title in two lines at most; one that is much too long stays on one line, for the table has it too."""
    return wrap(title, TITLE_SIZE, room, lines=2, weight="semibold") or [title] if title else []


def _is_below(amount: Amount) -> bool:
    return amount.kind in HELD | MOVED


@dataclass(frozen=True)
class _Slots:
    """The room that each fiscal year has in a panel, and what stands in it."""

    years: range
    x: float
    width: float
    axis_y: float
    scale: float
    currency: str
    top: float  # of the room that labels have
    bottom: float
    names: type

    def runs(self, some: Collection[int]) -> list[tuple[float, float]]:
        """Return the first and last pixel of each run of some years."""
        found: list[list[float]] = []
        for year in (year for year in self.years if year in some):
            start, end = self._year(year), self._year(year + 1)
            if found and abs(found[-1][1] - start) < 0.01:
                found[-1][1] = end
            else:
                found.append([start, end])
        return [(start, end) for start, end in found]

    def bars(self, amounts: Sequence[Amount]) -> list[Bar]:
        """Return promised amounts first, as wide as the year, then before them what was paid, then what is below."""
        layers = [[], [], []]
        for amount in amounts:
            layers[2 if _is_below(amount) else 0 if _style(amount.kind, amounts) == "dashed" else 1].append(amount)
        drawn = []
        for layer, share in zip(layers, (0.94, 0.8 if layers[0] else 0.92, 0.8), strict=True):
            # What covers several years stands behind what covers one.
            for amount in sorted(layer, key=lambda a: a.first - a.last):
                beside = [a for a in layer if a.first == a.last == amount.first]
                drawn.append((amount, self._bar(amount, _style(amount.kind, amounts), beside, share)))
        return self._labelled(drawn) if self.width >= LEAST_LABELLED else [bar for _amount, bar in drawn]

    def _bar(self, amount: Amount, style: str, beside: Sequence[Amount], share: float) -> Bar:
        count = amount.last - amount.first + 1
        left, width = self._year(amount.first), self.width * count
        if count == 1:
            room = min(self.width * share / len(beside), WIDEST_YEAR * share)
            left += (self.width - room * len(beside)) / 2 + beside.index(amount) * room
            width = room
        left, width = left + 0.5, width - 1
        low = amount.amount if amount.low is None else min(amount.low, amount.amount)
        height = float(low) / count * self.scale
        open_height = float(_height(amount)) * self.scale - height
        top = self.axis_y if _is_below(amount) else self.axis_y - height
        open_top = top + height if _is_below(amount) else top - open_height
        foot = None
        if amount.possible:
            first, last = (min(max(year, self.years[0]), self.years[-1]) for year in amount.possible)
            foot = (self._year(first), self._year(last + 1))
        title = _title(amount, self.currency, self.names)
        return Bar(style, left, top, width, height, open_top, open_height, title, amount.href, foot, [], 0, 0, False)

    def _year(self, year: int) -> float:
        return self.x + (year - self.years[0]) * self.width

    def _labelled(self, drawn: Sequence[tuple[Amount, Bar]]) -> list[Bar]:
        """Return the bars with the amount written in or by them, the largest first, where it touches nothing.

        Where several kinds are drawn alike, the kind follows the amount if there is still room for it.
        """
        alike = defaultdict(set)
        for amount, bar in drawn:
            alike[bar.style].add(amount.kind)
        largest_first = sorted(range(len(drawn)), key=lambda n: -_height(drawn[n][0]))
        labels: dict[int, tuple[list[str], float, float, bool]] = {}

        def others(n: int) -> list:
            return [_box(*label[:3]) for m, label in labels.items() if m != n]

        def taken(n: int) -> list:
            return others(n) + [box for _amount, bar in drawn for box in _in_the_way(bar, of=drawn[n][1])]

        for n in largest_first:
            amount, bar = drawn[n]
            short = in_short(amount.amount, self.currency)
            label = self._inside(amount, bar, short)
            if not label or any(_touch(_box(*label[:3]), other) for other in others(n)):
                label = self._beside(bar, short, _heights(bar), taken(n))
            if label:
                labels[n] = label
        for n in largest_first:
            amount, bar = drawn[n]
            if n in labels and len(alike[bar.style]) > 1 and bar.style != "solid":
                lines, _x, y, _is_inside = labels[n]
                longer = self._beside(bar, f"{lines[0]} {amount.kind_label}", [y], taken(n))
                if longer:
                    labels[n] = longer
        return [
            replace(bar, label=labels[n][0], label_x=labels[n][1], label_y=labels[n][2], is_label_inside=labels[n][3])
            if n in labels
            else bar
            for n, (_amount, bar) in enumerate(drawn)
        ]

    def _inside(self, amount: Amount, bar: Bar, text: str) -> tuple[list[str], float, float, bool] | None:
        """Return the label, where it stands and whether on the solid part; None where it finds no room in the bar."""
        middle = bar.x + bar.width / 2
        if bar.open_height >= 40 and not bar.is_below:
            ends = [f"{in_short(amount.low, self.currency)}–", in_short(amount.high, self.currency)]
            if max(text_width(end, LABEL_SIZE) for end in ends) <= bar.width:
                return ends, middle, bar.y - bar.open_height / 2 - 3, False
        fits = text_width(text, LABEL_SIZE, "semibold") <= bar.width - 4
        if bar.style == "solid" and bar.height >= 20 and not bar.open_height and fits:
            return [text], middle, bar.y + 16, True
        return None

    def _beside(
        self, bar: Bar, text: str, heights: Sequence[float], taken
    ) -> tuple[list[str], float, float, bool] | None:
        """Return the label above or below the bar, where it stands; None where it would touch what is taken."""
        room = text_width(text, LABEL_SIZE)
        if room > max(bar.width, self.width * 0.94) + 4:
            return None
        first, last = self.x + room / 2, self.x + self.width * len(self.years) - room / 2
        # In the middle, else flush with the one or the other side of the bar.
        across = [bar.x + bar.width / 2, bar.x + bar.width - room / 2, bar.x + room / 2]
        for y in heights:
            for x in (min(max(x, first), last) for x in across):
                box = _box([text], x, y)
                if box[2] >= self.top and box[3] <= self.bottom and not any(_touch(box, other) for other in taken):
                    return [text], x, y, False
        return None

    def labels(self) -> list[tuple[float, str, str]]:
        """Return x, words and anchor of the years: each, else the decades, else only the first and the last."""
        if self.width < LEAST_LABELLED and len(self.years) > 1:
            decades = [year for year in self.years if self.names.short(year) == self.names.long(year)]
            if len(decades) > 2 and 10 * self.width >= LEAST_LABELLED:
                return [(self._year(year) + self.width / 2, self.names.long(year), "middle") for year in decades]
            first, last = (self.names.long(year) for year in (self.years[0], self.years[-1]))
            return [(self.x, first, "start"), (self.x + self.width * len(self.years), last, "end")]
        return [
            (
                self._year(year) + self.width / 2,
                self.names.short(year) if n else self.names.long(year),
                "middle",
            )
            for n, year in enumerate(self.years)
        ]


def _box(lines: list[str], x: float, y: float) -> tuple[float, float, float, float]:
    """Return left, right, top and bottom of a label around `x`, of which the first line stands at `y`."""
    half = max(text_width(line, LABEL_SIZE) for line in lines) / 2
    return x - half, x + half, y - LETTERS, y + 3 + LINE * (len(lines) - 1)


def _heights(bar: Bar) -> list[float]:
    """Return the feet of a label above or below a bar, the nearest first."""
    if bar.is_below:
        return [bar.y + bar.height + bar.open_height + 15 + step * LINE for step in range(3)]
    return [min(bar.y, bar.open_y) - 5 - step * LINE for step in range(3)]


def _in_the_way(bar: Bar, *, of: Bar) -> list[tuple[float, float, float, float]]:
    """Return where the label of one bar may not stand for another: on what is filled, across what has an edge."""
    end, top = bar.x + bar.width, min(bar.y, bar.open_y)
    foot = max(bar.y + bar.height, bar.open_y + bar.open_height)
    if bar is not of and (bar.style not in ("dashed", "outline") or of.style == bar.style):
        return [(bar.x, end, top, foot)]
    edges = [(bar.x, end, y - 1, y + 1) for y in {bar.y, bar.y + bar.height, bar.open_y, bar.open_y + bar.open_height}]
    return edges if bar is of else [*edges, (bar.x - 1, bar.x + 1, top, foot), (end - 1, end + 1, top, foot)]


def _touch(box, other) -> bool:
    return box[0] < other[1] and other[0] < box[1] and box[2] < other[3] and other[2] < box[3]


def _title(amount: Amount, currency: str, names) -> str:
    text = _("%(amount)s %(kind)s, %(period)s") % {
        "amount": in_full(amount.amount, currency),
        "kind": amount.kind_label,
        "period": _period(amount, names),
    }
    count = amount.last - amount.first + 1
    if count > 1:
        text += "; " + ngettext(
            "not broken down by year, drawn level over %(count)s year",
            "not broken down by year, drawn level over %(count)s years",
            count,
        ) % {"count": count}
    span = _span(amount, currency)
    return f"{text}; {span}" if span else text


def _period(amount: Amount, names) -> str:
    first, last = (names.long(year) for year in amount.possible or (amount.first, amount.last))
    if amount.possible:
        return _("%(first)s or %(last)s") % {"first": first, "last": last}
    return first if first == last else f"{first}–{last}"


def _span(amount: Amount, currency: str) -> str:
    if amount.low is None or amount.low == amount.high:
        return ""
    return _("%(low)s to %(high)s") % {"low": in_short(amount.low, currency), "high": in_short(amount.high, currency)}
