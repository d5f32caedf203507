"""How conditions stand, as pages show it: rows of the docket, the tally of a day, the life line of one condition."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from relations import states
from relations.models import AidCondition, Assessment
from relations.states import ConditionState, Docket, FindingRow, Standing

from .amounts import in_short
from .drawing.lifeline import Finding, LifeLine, Stretch, draw_life_line

Kind = Assessment.Finding

# The boxes of the tally: what they count, and the glyph that stands for it.
TALLY = (
    (ConditionState.BITES, Kind.IMPOSED, gettext_lazy("imposed, withheld or not met")),
    (ConditionState.SET_ASIDE, Kind.WAIVED, gettext_lazy("waived or lifted")),
    (ConditionState.SATISFIED, Kind.CERTIFIED, gettext_lazy("met or certified")),
    (ConditionState.OPEN, Kind.PENDING, gettext_lazy("pending, partly met or lapsed")),
    (ConditionState.NO_FINDING, "", gettext_lazy("no finding on record")),
)
WORDS = {
    ConditionState.PROPOSED: gettext_lazy("proposed, never law"),
    ConditionState.NO_FINDING: gettext_lazy("no finding on record"),
    ConditionState.NOT_IN_FORCE: gettext_lazy("not yet in force"),
    ConditionState.ENDED: gettext_lazy("no longer in force"),
    ConditionState.SATISFIED: pgettext_lazy("state of a condition", "satisfied"),
    ConditionState.SET_ASIDE: pgettext_lazy("state of a condition", "set aside"),
    ConditionState.OPEN: pgettext_lazy("state of a condition", "open"),
    ConditionState.BITES: pgettext_lazy("state of a condition", "bites"),
}


@dataclass(frozen=True)
class Row:
    """One condition with how it stands on a day; `parts` are its parts, in the same form."""

    condition: AidCondition
    standing: Standing
    parts: list["Row"]
    last: FindingRow | None = None  # shown in the place of a state that says no more than that it ended

    @property
    def state(self) -> str:
        """What the glyph shows: the finding that decides, else the state."""
        finding = self.finding or self.last
        return finding.finding if finding and not self.standing.contradicts else self.standing.state

    @property
    def finding(self):
        return self.standing.finding[-1] if self.standing.finding else None

    @property
    def word(self) -> str:
        """The word beside the glyph, where the finding's own does not do."""
        if self.standing.contradicts:
            words = dict.fromkeys(str(Kind(finding.finding).label) for finding in self.standing.finding)
            return _("findings contradict: %(words)s") % {"words": ", ".join(words)}
        return "" if self.finding or self.last else str(WORDS[self.standing.state])

    @property
    def note(self) -> str:
        """The date of the finding, whether it stands by rule, what is in doubt, and what is held."""
        parts = []
        if self.finding:
            parts.append(self.finding.known.short())
        elif self.last:
            parts += [self.last.known.short(), str(WORDS[self.standing.state])]
        if self.standing.by == states.RULE:
            parts.append(_("by rule of its parts"))
        if not self.standing.is_certain:
            other = " or ".join(str(WORDS[ConditionState(state)]) for state in self.standing.otherwise)
            parts.append(_("possibly; else %(other)s") % {"other": other} if other else _("possibly"))
        held = [in_short(hold.amount, hold.currency) for hold in self.standing.held]
        parts += [_("%(amount)s held") % {"amount": amount} for amount in held]
        return " · ".join(parts)


@dataclass(frozen=True)
class Group:
    name: str
    rows: list[Row]


@dataclass(frozen=True)
class Tally:
    """How many conditions are in force on a day, and in which state; the boxes add up."""

    in_force: int
    boxes: list[tuple[int, str, str]]
    held: list[str]
    not_released: list[str]


def rows_of(docket: Docket, day: date, keys: Iterable[str] | None = None, *, with_last: bool = False) -> list[Row]:
    """Return the conditions asked for, each part beneath its parent where that is among them.

    `with_last` shows of a condition that has ended what was found of it last.
    """
    keys = list(docket.keys if keys is None else keys)
    asked = set(keys)

    def last(key: str) -> FindingRow | None:
        findings = docket.findings(key)
        return findings[-1] if findings and docket.standing(key, day).state == ConditionState.ENDED else None

    def row(key: str, above: frozenset = frozenset()) -> Row:
        below = [part for part in docket.parts(key) if part in asked and part not in above | {key}]
        return Row(
            docket.conditions[key].record,
            docket.standing(key, day),
            [row(part, above | {key}) for part in sorted(below)],
            last(key) if with_last else None,
        )

    tops = [key for key in keys if docket.conditions[key].parent not in asked]
    return [row(key) for key in tops]


def groups_of(rows: Iterable[Row]) -> list[Group]:
    """Return rows by their group, groups and rows in the order of their first days in force."""
    groups: dict[str, list[Row]] = {}
    for row in sorted(rows, key=first_day):
        groups.setdefault(row.condition.group or _("Other conditions"), []).append(row)
    return [Group(name, found) for name, found in groups.items()]


def first_day(row: Row) -> tuple:
    """Return the place of a row: by its first day, those without one last."""
    return row.condition.earliest == date.min, row.condition.earliest, row.condition.key


def tally_of(docket: Docket, day: date) -> Tally:
    """Return the tally of a day; parts are conditions of their own."""
    standings = docket.on(day)
    counts = Counter(standing.state for standing in standings.values() if standing.is_in_force)
    return Tally(
        in_force=sum(counts.values()),
        boxes=[(counts[state], glyph, str(words)) for state, glyph, words in TALLY],
        held=[in_short(amount, currency) for currency, amount in docket.held_on(day).items()],
        not_released=[in_short(amount, currency) for currency, amount in docket.not_released_on(day).items()],
    )


def life_line_of(docket: Docket, key: str, today: date) -> LifeLine | None:
    """Return the life line of a condition: how it stood while it was in force, and its findings."""
    stretches = [
        Stretch(span.first, span.last, _shown(span.standing), _word(span.standing), span.standing.is_certain)
        for span in docket.line(key)
        if span.standing.is_in_force
    ]
    findings = [
        Finding(
            finding.known,
            finding.finding,
            capfirst(Kind(finding.finding).label),
            in_short(finding.amount, finding.currency) if finding.amount is not None else "",
            f"#{finding.key}",
        )
        for finding in docket.findings(key)
    ]
    return draw_life_line(stretches, findings, today=today)


def _shown(standing: Standing) -> str:
    return standing.finding[-1].finding if standing.finding and not standing.contradicts else standing.state


def _word(standing: Standing) -> str:
    if standing.contradicts:
        return _("Findings contradict")
    if standing.finding:
        return capfirst(Kind(standing.finding[-1].finding).label)
    return capfirst(WORDS[ConditionState(standing.state)])
