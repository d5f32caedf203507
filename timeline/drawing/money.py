"""Bars of money by fiscal year: kinds side by side, never stacked; what was held back lies below the line.

What was promised or allowed is a dashed box, and what was paid stands before it, on the same line. A sum over several
years is one block, level over its years, so that its area is the amount. A range is solid up to its low end and dashed
from there to its high end.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
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
LEAST_LABELLED = 40  # pixels of a year that has a label of its own
WIDEST_YEAR = 64


@dataclass(frozen=True)
class Amount:
    """Money of one kind in the fiscal years from `first` to `last`.

    `kind` is a transaction's, `kind_label` the word for it.
    """

    first: int
    last: int
    kind: str
    kind_label: str
    amount: Decimal
    low: Decimal | None = None
    high: Decimal | None = None
    href: str = ""


@dataclass(frozen=True)
class Account:
    """What one set of bars shows; the title may be empty where there is only one."""

    title: str
    subtitle: str
    amounts: Sequence[Amount]


@dataclass(frozen=True)
class Bar:
    """`style` is solid, outline, dashed, held or moved; the open part leads from the low to the high end of a range.

    `label` has a line or two, of which the first stands at `label_y`.
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
    label: list[str]
    label_y: float
    is_label_inside: bool

    @property
    def middle(self) -> float:
        return self.x + self.width / 2


@dataclass(frozen=True)
class Panel:
    """The bars of one account. Its title has a line or two, of which the first stands at `title_y`."""

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


def draw_money(
    accounts: Sequence[Account], currency: str, *, width: float = 1216, columns: int = 1, room: float = 150
) -> MoneyBars | None:
    """Return the bars of accounts in one currency on one scale; None where there is nothing to draw.

    Amounts of one kind and the same years are added up: pass those that count in totals only. `columns` accounts
    stand beside each other in the wide drawing, `room` is the height of the tallest bar.
    """
    accounts = [Account(account.title, account.subtitle, _added_up(account.amounts)) for account in accounts]
    amounts = [amount for account in accounts for amount in account.amounts]
    if not amounts:
        return None
    years = range(min(amount.first for amount in amounts), max(amount.last for amount in amounts) + 1)
    scale = room / float(max(_height(amount) for amount in amounts) or 1)
    styles = {
        amount.kind: (_style(amount.kind, account.amounts), amount.kind_label)
        for account in accounts
        for amount in account.amounts
    }
    return MoneyBars(
        wide=_drawing(accounts, currency, years, scale, width, columns),
        narrow=_drawing(accounts, currency, years, scale, 358, 1),
        legend=list(styles.values()),
        rows=[
            Row(
                account.title,
                _period(amount),
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
        alike[amount.first, amount.last, amount.kind].append(amount)
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


def _drawing(accounts, currency: str, years: range, scale: float, width: float, columns: int) -> Drawing:
    columns = min(columns, len(accounts))
    panel_width = (width - GUTTER - GAP * (columns - 1)) / columns
    # One scale for all accounts, and so one step.
    step = nice_step(float(max(_height(a) for account in accounts for a in account.amounts)), 4)
    panels, y = [], 0.0
    for start in range(0, len(accounts), columns):
        row = accounts[start : start + columns]
        above, below = (
            max((float(_height(a)) for account in row for a in account.amounts if _is_below(a) == side), default=0)
            * scale
            for side in (False, True)
        )
        titles = [_lines_of(account.title, panel_width) for account in row]
        title = TITLE + TITLE_LINE * (max(map(len, titles)) - 1) if any(titles) else 0
        axis_y = y + title + LABEL_ROOM + above
        for column, account in enumerate(row):
            x = GUTTER + column * (panel_width + GAP)
            slots = _Slots(years, x, panel_width / len(years), axis_y, scale, currency)
            lines = [
                (axis_y + n * step * scale, in_short(abs(n) * step, currency) if column == 0 else "")
                for n in range(-int(above / scale / step + 0.01), int(below / scale / step + 0.01) + 1)
                if n
            ]
            years_y = axis_y + below + (LABEL_ROOM if below else 0) + 17
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
                )
            )
        y = years_y + (GAP + 8 if start + columns < len(accounts) else 8)
    return Drawing(width, y, panels)


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

    def bars(self, amounts: Sequence[Amount]) -> list[Bar]:
        """Return promised amounts first, as wide as the year, then before them what was paid, then what is below."""
        found = []
        layers = [[], [], []]
        for amount in amounts:
            layers[2 if _is_below(amount) else 0 if _style(amount.kind, amounts) == "dashed" else 1].append(amount)
        for layer, share in zip(layers, (0.94, 0.72 if layers[0] else 0.92, 0.72), strict=True):
            for amount in layer:
                beside = [a for a in layer if a.first == a.last == amount.first]
                behind = [a for a in layers[0] if a.first <= amount.first <= a.last] if layer is layers[1] else []
                found.append(self._bar(amount, _style(amount.kind, amounts), beside, share, bool(behind)))
        return found

    def _bar(self, amount: Amount, style: str, beside: Sequence[Amount], share: float, is_before: bool) -> Bar:
        count = amount.last - amount.first + 1
        left, width = self.x + (amount.first - self.years[0]) * self.width, self.width * count
        if count == 1:
            room = min(self.width * share, WIDEST_YEAR * share) / len(beside)
            left += (self.width - room * len(beside)) / 2 + beside.index(amount) * room
            width = room
        left, width = left + 0.5, width - 1
        low = amount.amount if amount.low is None else min(amount.low, amount.amount)
        height = float(low) / count * self.scale
        open_height = float(_height(amount)) * self.scale - height
        direction = 1 if _is_below(amount) else -1
        top = self.axis_y if direction == 1 else self.axis_y - height
        open_top = top + height if direction == 1 else top - open_height
        text, label_y, is_inside = self._label(amount, style, width, top, height, open_height, direction, is_before)
        title = _title(amount, self.currency)
        return Bar(style, left, top, width, height, open_top, open_height, title, amount.href, text, label_y, is_inside)

    def _label(self, amount, style, width, top, height, open_height, direction, is_before) -> tuple[list, float, bool]:
        """Return the amount in short, where it stands, and whether that is inside the solid bar."""
        if self.width < LEAST_LABELLED:
            return [], 0, False
        text = in_short(amount.amount, self.currency)
        text_room = text_width(text, LABEL_SIZE, "semibold")
        if open_height >= 40 and direction == -1:
            ends = [f"{in_short(amount.low, self.currency)}–", in_short(amount.high, self.currency)]
            if max(text_width(end, LABEL_SIZE) for end in ends) <= width:
                return ends, top - open_height / 2 - 3, False
        if style == "solid" and height >= 20 and not open_height and text_room <= width - 4:
            return [text], top + 16, True
        if is_before or text_room > max(width, self.width * 0.94) + 4:
            return [], 0, False
        return [text], top + height + open_height + 15 if direction == 1 else top - open_height - 5, False

    def labels(self) -> list[tuple[float, str, str]]:
        """Return x, words and anchor of the years: each, or only the first and the last."""
        first, last = (_("FY%(year)s") % {"year": year} for year in (self.years[0], self.years[-1]))
        if self.width < LEAST_LABELLED and len(self.years) > 1:
            return [(self.x, first, "start"), (self.x + self.width * len(self.years), last, "end")]
        return [
            (
                self.x + (n + 0.5) * self.width,
                f"’{year % 100:02}" if n and year % 10 else _("FY%(year)s") % {"year": year},
                "middle",
            )
            for n, year in enumerate(self.years)
        ]


def _title(amount: Amount, currency: str) -> str:
    text = _("%(amount)s %(kind)s, %(period)s") % {
        "amount": in_full(amount.amount, currency),
        "kind": amount.kind_label,
        "period": _period(amount),
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


def _period(amount: Amount) -> str:
    first, last = (_("FY%(year)s") % {"year": year} for year in (amount.first, amount.last))
    return first if first == last else f"{first}–{last}"


def _span(amount: Amount, currency: str) -> str:
    if amount.low is None or amount.low == amount.high:
        return ""
    return _("%(low)s to %(high)s") % {"low": in_short(amount.low, currency), "high": in_short(amount.high, currency)}
