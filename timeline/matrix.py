"""The docket as a matrix: a row a condition, a column a year, and above it the money that hung on findings."""

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from django.db.models import QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from relations import states
from relations.fields import plain
from relations.models import AidCondition, AidProgramme, Assessment, AssessmentCitation
from relations.models.base import Support
from relations.states import Cell, ConditionState, Docket

from .amounts import in_short
from .docket import WORDS, Row, first_day
from .drawing.axis import Axis, YearLabel
from .drawing.matrix import (
    SIDES,
    STRIP_WIDTH,
    Bricks,
    MoneyDrawing,
    Strip,
    Sum,
    axis_of,
    draw_bricks,
    draw_money,
    draw_strip,
    pile_of,
)
from .drawing.shapes import glyph_for

Kind = Assessment.Finding
MOST_YEARS = 120  # of a record that goes back further the last ones are shown
RULES = {
    ("all", "satisfy"): gettext_lazy("all must be met"),
    ("any", "satisfy"): gettext_lazy("any one is enough"),
    ("all", "lift"): gettext_lazy("all together lift it"),
    ("any", "lift"): gettext_lazy("any one lifts it"),
}
GROUP, PROGRAMME = "group", "programme"


@dataclass(frozen=True)
class Box:
    """A cell of the table: one year with its findings, or years that are alike.

    `band` is `certain` or `possible` where the condition was in force. `words` are read aloud; where there was a
    finding, `glyph` is the last of the year and `more` how many there were if not one. `note` is shown as it stands.
    """

    years: int
    band: str = ""
    words: str = ""
    glyph: str = ""
    more: int = 0
    href: str = ""
    is_inferred: bool = False
    is_doubtful: bool = False
    goes_on: bool = False
    bricks: Bricks | None = None
    note: str = ""

    @property
    def css(self) -> str:
        """The classes of the cell, in few letters, for there are many."""
        words = {
            "b": self.band,
            "d": self.band == states.POSSIBLE,
            "on": self.goes_on,
            "i": self.is_inferred,
            "q": self.is_doubtful,
        }
        return " ".join(word for word, holds in words.items() if holds)


@dataclass(frozen=True)
class MatrixRow:
    """A condition, or those of one programme that have no short title of their own, as one.

    `now` is how it stands on the day, None where it is of a programme; `fold` is the address that shows or hides its
    parts, with the words for it.
    """

    id: str
    title: str
    href: str
    level: int
    now: Row | None
    boxes: list[Box]
    strip: Strip
    fold: tuple[str, str] | None = None


@dataclass(frozen=True)
class MatrixGroup:
    name: str
    note: str
    rows: list[MatrixRow]


@dataclass(frozen=True)
class Matrix:
    """`years` are (year, what is written above it, whether strongly); `day_x` is where the day lies, if within."""

    years: list[tuple[int, str, bool]]
    groups: list[MatrixGroup]
    lines: Axis
    day_x: float | None
    glyphs: list[str]
    strip_years: list[YearLabel]
    money: MoneyDrawing | None
    sums: list[Sum]

    @property
    def columns(self) -> int:
        return len(self.years) + 1

    @property
    def width_class(self) -> int:
        """The number of years, up to the next five, of which the style sheet knows how wide they are."""
        return -(-len(self.years) // 5) * 5

    @property
    def ticks(self) -> list[tuple[float, bool]]:
        """Where each year begins, and whether it is a fifth."""
        return [(self.lines.year(year), year % 5 == 0) for year, _words, _is_strong in self.years]


@dataclass(frozen=True)
class _Entry:
    """A row before it is drawn: a condition with its parts, or a programme with its conditions."""

    row: Row | None
    parts: list["_Entry"]
    title: str
    href: str
    id: str

    @property
    def keys(self) -> list[str]:
        own = [self.row.condition.key] if self.row else []
        return own + [key for part in self.parts for key in part.keys]


def years_of(docket: Docket, today: date, period: tuple[date, date] | None = None) -> tuple[int, int]:
    """Return the first and last year of a docket's matrix; `period` cuts it."""
    known = [today.year]
    for key in docket.keys:
        condition = docket.conditions[key]
        if condition.in_force and condition.window[0] > date.min:
            known.append(condition.window[0].year)
        known += [finding.first.year for finding in docket.findings(key) if finding.first > date.min]
    first, last = min(known), max(today.year, *(year for year in known))
    if period:
        first, last = max(first, period[0].year), min(last, period[1].year)
        last = max(first, last)
    return max(first, last - MOST_YEARS + 1), last


def inferred(conditions: QuerySet[AidCondition]) -> set[str]:
    """Return the keys of findings that the desk inferred: no source that is cited for the finding states it."""
    findings = Assessment.objects.published().filter(condition__in=conditions.order_by().values("pk"))
    cited = AssessmentCitation.objects.published().filter(field__in=("", "finding"))
    stated = cited.exclude(support=Support.INFERRED).values("record")
    return set(findings.exclude(pk__in=stated).filter(pk__in=cited.values("record")).values_list("key", flat=True))


def programmes_of(conditions: QuerySet[AidCondition]) -> dict[str, list[AidProgramme]]:
    """Return the public programmes that conditions bind, by the key of the condition, in two queries."""
    links = AidCondition.programmes.through.objects.filter(aidcondition__in=conditions.order_by().values("pk"))
    programmes = AidProgramme.objects.published().in_bulk(set(links.values_list("aidprogramme", flat=True)))
    found: dict[str, list[AidProgramme]] = {}
    for key, pk in links.values_list("aidcondition__key", "aidprogramme").order_by("aidprogramme__key"):
        if pk in programmes:
            found.setdefault(key, []).append(programmes[pk])
    return found


def matrix_of(
    docket: Docket,
    rows: list[Row],
    *,
    day: date,
    years: tuple[int, int],
    by: str,
    is_open: Callable[[str], bool],
    fold_href: Callable[[str], str],
    programmes: Mapping[str, list[AidProgramme]],
    inferred: set[str],
) -> Matrix:
    """Return the matrix of rows that stand beneath no other, in groups, as the page shows it.

    `is_open` says whether the parts of a key are shown, `fold_href` has the address that turns it.
    """
    axis, strip_axis = axis_of(*years), Axis(*years, 0, STRIP_WIDTH)
    draw = _Draw(docket, years, strip_axis, inferred)
    groups = []
    for name, entries in _groups(rows, by, programmes):
        found = []
        for entry in entries:
            _draw_rows(entry, 0, draw, is_open, fold_href, found)
        note = ""
        if any(box.bricks for row in found for box in row.boxes):
            note = _(
                "one brick a finding: above the band met, below it not met, on it waived or pending; pale, partly met"
            )
        groups.append(MatrixGroup(name, note, found))
    sums = _sums(docket)
    return Matrix(
        years=[_head(year, years[0]) for year in range(years[0], years[1] + 1)],
        groups=groups,
        lines=axis,
        day_x=axis.day(day) if years[0] <= day.year <= years[1] else None,
        glyphs=sorted(draw.glyphs | {row.now.state for group in groups for row in group.rows if row.now}),
        strip_years=strip_axis.labels(44),
        money=draw_money(sums, axis),
        sums=[item for found in sums.values() for item in found],
    )


def _head(year: int, first: int) -> tuple[int, str, bool]:
    """Return what is written above a year: of tens and of the first all of it, of fives two letters."""
    if year % 10 == 0 or (year == first and year % 10 < 8):
        return year, str(year), True
    return year, "" if year % 5 or year - first < 3 else f"’{year % 100:02}", False


def _groups(rows: list[Row], by: str, programmes) -> list[tuple[str, list[_Entry]]]:
    """Return rows by group or programme; groups and rows stand in the order of their first days."""
    found: dict[str, list[_Entry]] = {}
    for row in sorted(rows, key=first_day):
        if by == PROGRAMME:
            names = [programme.title for programme in programmes.get(row.condition.key, ())]
            names = names or [_("Of no programme: they bind the recipient as a whole")]
        else:
            names = [row.condition.group or _("Other conditions")]
        for name in names:
            found.setdefault(name, []).append(_entry(row))
    if by == GROUP:
        found = {name: _by_programme(entries, programmes) for name, entries in found.items()}
    return list(found.items())


def _entry(row: Row) -> _Entry:
    condition = row.condition
    return _Entry(
        row,
        [_entry(part) for part in sorted(row.parts, key=first_day)],
        condition.short_title or condition.title,
        condition.get_absolute_url(),
        condition.key,
    )


def _by_programme(entries: list[_Entry], programmes) -> list[_Entry]:
    """Return the rows of a group; those of one programme that have no short title are one, where the first is."""
    alike: dict[str, list[_Entry]] = {}
    for entry in entries:
        bound = programmes.get(entry.id, ())
        if len(bound) == 1 and not entry.row.condition.short_title and not entry.parts:
            alike.setdefault(bound[0].key, []).append(entry)
    alike = {key: found for key, found in alike.items() if len(found) > 1}
    folded = {entry.id: key for key, found in alike.items() for entry in found}
    rows, seen = [], set()
    for entry in entries:
        key = folded.get(entry.id)
        if not key:
            rows.append(entry)
        elif key not in seen:
            seen.add(key)
            [programme] = programmes[entry.id]
            rows.append(_Entry(None, alike[key], programme.title, programme.get_absolute_url(), f"programme-{key}"))
    return rows


def _draw_rows(entry: _Entry, level: int, draw: "_Draw", is_open, fold_href, found: list[MatrixRow]) -> None:
    fold, shows_parts = None, bool(entry.parts) and is_open(entry.id)
    if entry.parts:
        n = len(entry.keys) - (1 if entry.row else 0)
        rule = RULES.get((entry.row.condition.rule, entry.row.condition.parts_effect), "") if entry.row else ""
        if shows_parts:
            words = _("− parts: %(rule)s") % {"rule": rule} if rule else _("− parts")
        else:
            words = ngettext("+ %(n)s part", "+ %(n)s parts", n) % {"n": n}
        fold = fold_href(entry.id), words
    # A row that has no short title, and so is not one that the docket names, shows what was found of its parts.
    is_piled = bool(entry.parts) and not (entry.row and entry.row.condition.short_title) and not shows_parts
    boxes = draw.piles(entry, fold[0]) if is_piled else draw.boxes(entry)
    found.append(
        MatrixRow(entry.id, entry.title, entry.href, level, entry.row, boxes, draw.strip(entry, is_piled), fold)
    )
    if shows_parts:
        for part in entry.parts:
            _draw_rows(part, level + 1, draw, is_open, fold_href, found)


class _Draw:
    """Draws rows, and remembers which glyphs they need."""

    def __init__(self, docket: Docket, years: tuple[int, int], strip_axis: Axis, inferred: set[str]):
        self.docket, self.span, self.strip_axis, self.inferred = docket, years, strip_axis, inferred
        self.glyphs: set[str] = set()
        # Translated once: there is a word for every condition and year.
        self.labels = {value: str(label) for value, label in Kind.choices}
        self.states = {
            (state, is_certain): str(state.label) if is_certain else _("possibly %(state)s") % {"state": state.label}
            for state in ConditionState
            for is_certain in (True, False)
        }

    def boxes(self, entry: _Entry) -> list[Box]:
        """Return the cells of a condition, or the mere band of a programme whose conditions are shown beneath it."""
        if entry.row is None:
            return [Box(self.span[1] - self.span[0] + 1)]
        key, docket = entry.row.condition.key, self.docket
        condition = docket.conditions[key]
        if condition.stage == AidCondition.Stage.PROPOSED:
            return self._proposed(key)
        boxes, run, alike = [], 0, None
        cells = docket.years(key, *self.span)
        for cell in cells:
            how = (cell.in_force, cell.in_force and self._state(cell))
            if run and (cell.findings or how != alike):
                boxes.append(Box(run, *alike))
                run = 0
            if cell.findings:
                boxes.append(self._found(cell, entry.href))
            else:
                run, alike = run + 1, how
        if run:
            boxes.append(Box(run, *alike))
        if cells[-1].in_force and condition.window[1] > date(self.span[1], 12, 31):
            boxes[-1] = replace(boxes[-1], goes_on=True)
        return boxes

    def _state(self, cell: Cell) -> str:
        """Return how a condition stood at the end of a year, in the words of the states."""
        return self.states[cell.standing.state, cell.standing.is_certain]

    def _found(self, cell: Cell, href: str) -> Box:
        finding = cell.last
        self.glyphs.add(finding.finding)
        said = "; ".join(f"{self.labels[item.finding]}, {item.known.short()}" for item in cell.findings)
        known = finding.known
        return Box(
            1,
            band=cell.in_force,
            words=f"{capfirst(said)}: {self._state(cell)}" if cell.in_force else capfirst(said),
            glyph=finding.finding,
            more=len(cell.findings) if len(cell.findings) > 1 else 0,
            href=f"{href}#{finding.key}",
            is_inferred=finding.key in self.inferred,
            is_doubtful=known.is_qualified
            or (known.earliest.year, known.earliest.month) != (known.latest.year, known.latest.month),
        )

    def _proposed(self, key: str) -> list[Box]:
        words = str(WORDS[ConditionState.PROPOSED])
        years = self.span[1] - self.span[0] + 1
        shown = [finding for finding in self.docket.findings(key) if self.span[0] <= finding.first.year <= self.span[1]]
        if not shown:
            return [Box(years, note=words)]
        finding = shown[-1]
        before = finding.first.year - self.span[0]
        self.glyphs.add(ConditionState.PROPOSED)
        said = capfirst(f"{self.labels[finding.finding]}, {finding.known.short()}: {words}")
        href = f"{self.docket.conditions[key].record.get_absolute_url()}#{finding.key}"
        boxes = [Box(before)] if before else []
        boxes.append(Box(1, words=said, glyph=ConditionState.PROPOSED, href=href))
        if years - before - 1:
            boxes.append(Box(years - before - 1, note=words))
        return boxes

    def piles(self, entry: _Entry, href: str) -> list[Box]:
        """Return the cells of conditions that are shown as one: of each year a brick a finding."""
        by_key = [self.docket.years(key, *self.span) for key in entry.keys]
        years = list(zip(*by_key, strict=True))
        found = [[finding.finding for cell in cells for finding in cell.findings] for cells in years]
        most = max(map(pile_of, found), default=0)
        boxes, run, alike = [], 0, None
        for cells, words in zip(years, found, strict=True):
            bands = {cell.in_force for cell in cells}
            band = next((word for word in (states.CERTAIN, states.POSSIBLE) if word in bands), "")
            how = (band, _("in force") if band else "")
            if run and (words or how != alike):
                boxes.append(Box(run, *alike))
                run = 0
            if words:
                counts = Counter(words)
                said = ", ".join(f"{counts[word]} {label}" for word, label in self.labels.items() if word in counts)
                boxes.append(Box(1, band=band, words=said, href=href, bricks=draw_bricks(words, most)))
            else:
                run, alike = run + 1, how
        if run:
            boxes.append(Box(run, *alike))
        last = date(self.span[1], 12, 31)
        if years[-1] and any(
            cell.in_force and self.docket.conditions[key].window[1] > last
            for key, cell in zip(entry.keys, years[-1], strict=True)
        ):
            boxes[-1] = replace(boxes[-1], goes_on=True)
        return boxes

    def strip(self, entry: _Entry, is_piled: bool) -> Strip:
        keys = entry.keys if is_piled else [entry.row.condition.key] if entry.row else []
        windows = sorted(
            self.docket.conditions[key].window[:2]
            for key in keys
            if self.docket.conditions[key].stage != AidCondition.Stage.PROPOSED
        )
        merged: list[tuple[date, date]] = []
        for first, last in windows:
            if merged and first <= merged[-1][1]:
                merged[-1] = merged[-1][0], max(last, merged[-1][1])
            else:
                merged.append((first, last))
        findings = [(finding.known, finding.finding) for key in keys for finding in self.docket.findings(key)]
        return draw_strip(merged, sorted(findings, key=lambda item: item[0]), self.strip_axis)


def _sums(docket: Docket) -> dict[str, list[Sum]]:
    """Return the money that hung on findings, by currency: what each held, released, certified or waived."""
    found: dict[str, list[Sum]] = {}
    for key in docket.keys:
        condition = docket.conditions[key]
        if condition.stage == AidCondition.Stage.PROPOSED:
            continue
        # What bites may hold suspensions where it names no amount of its own.
        amounts = [(hold.assessment, hold.amount, hold.currency) for hold in docket.holds(key)]
        amounts += [
            (finding, finding.amount, finding.currency)
            for finding in docket.findings(key)
            if finding.amount is not None and glyph_for(finding.finding).tone in ("satisfied", "set-aside")
        ]
        for finding, amount, currency in amounts:
            word, name = Kind(finding.finding).label, condition.record.short_title or condition.record.title
            found.setdefault(currency, []).append(
                Sum(
                    finding.known,
                    amount,
                    currency,
                    SIDES[glyph_for(finding.finding).tone],
                    in_short(amount, currency),
                    f"{capfirst(word)}, {finding.known.short()}, {name}",
                    f"{condition.record.get_absolute_url()}#{finding.key}",
                )
            )
    for rows in found.values():
        rows.sort(key=lambda item: (item.known, item.href))
    # The currency in which most is known comes first.
    return dict(sorted(found.items(), key=lambda item: (-len(item[1]), item[0])))


TABLE = (
    "condition",
    "title",
    "group",
    "year",
    "in_force",
    "state",
    "certainty",
    "otherwise",
    "by",
    "findings",
    "held",
    "not_released",
)


def table(docket: Docket, years: tuple[int, int]) -> Iterator[str]:
    """Yield the matrix as CSV: a row a condition and year in which it was in force or something was found of it.

    `state` is that of the last day of the year, or of the last on which it can have been in force; `findings` are
    those of the year, as finding:date:key. Lists are separated by `|`.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(TABLE)
    for key in sorted(docket.keys):
        record = docket.conditions[key].record
        for cell in docket.years(key, *years):
            if cell.in_force or cell.findings:
                standing = cell.standing
                writer.writerow(
                    [
                        key,
                        record.title,
                        record.group,
                        cell.year,
                        cell.in_force,
                        str(standing.state),
                        standing.certainty,
                        "|".join(map(str, standing.otherwise)),
                        standing.by,
                        "|".join(f"{item.finding}:{item.date}:{item.key}" for item in cell.findings),
                        _plain_sums(standing.held),
                        _plain_sums(standing.not_released),
                    ]
                )
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def _plain_sums(holds) -> str:
    return "|".join(f"{plain(amount):f} {currency}" for currency, amount in states.total(holds).items())
