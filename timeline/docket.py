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
from .drawing.lifeline import Finding, LifeLine, Money, Stretch, draw_life_line
from .drawing.matrix import SIDES
from .drawing.shapes import glyph_for

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
    def shown(self) -> str:
        """The word beside the glyph."""
        finding = self.finding or self.last
        return self.word or str(Kind(finding.finding).label)

    @property
    def by(self) -> str:
        """Whether an act on the condition itself decides or the rule of its parts; nothing where no finding stands."""
        return {states.ACT: _("by act"), states.RULE: _("by rule of its parts")}.get(self.standing.by, "")

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
class Tally:
    """How many conditions are in force on a day, and in which state; the boxes add up."""

    in_force: int
    boxes: list[tuple[int, str, str]]
    held: list[str]
    held_certainly: list[str]
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
        held_certainly=[in_short(amount, currency) for currency, amount in docket.held_on(day, certainly=True).items()],
        not_released=[in_short(amount, currency) for currency, amount in docket.not_released_on(day).items()],
    )


@dataclass(frozen=True)
class Step:
    """A finding that decides, or that holds money: what was found, when, by whom, and the record with its sources."""

    finding: FindingRow
    record: Assessment
    href: str

    @property
    def word(self) -> str:
        return capfirst(Kind(self.finding.finding).label)


@dataclass(frozen=True)
class Answer:
    """How a condition stands on a day, the steps that say so, and its money; without a step its own text says so.

    `held` are (amount, whether it is certain).
    """

    row: Row
    steps: list[Step]
    held: list[tuple[str, bool]]
    condition: AidCondition

    @property
    def cited(self) -> list:
        """The citations of its steps, else of its text, each source once."""
        records = [step.record for step in self.steps] or [self.condition]
        citations = [citation for record in records for citation in record.shown_citations]
        return list({citation.source_id: citation for citation in citations[::-1]}.values())[::-1]

    @property
    def state(self) -> str:
        return str(ConditionState(self.row.standing.state).label)

    @property
    def certainty(self) -> str:
        standing = self.row.standing
        if standing.is_certain:
            return _("certainly")
        other = _(" or ").join(str(ConditionState(state).label) for state in standing.otherwise)
        return _("possibly; else %(other)s") % {"other": other} if other else _("possibly")


def answer_of(docket: Docket, day: date) -> list[tuple[str, str, list[Answer]]]:
    """Return what was in force on a day, as (glyph, words, answers) in the order of the tally.

    The conditions that have ended and held what nothing released come last. Four queries, however many there are.
    """
    standings = docket.on(day)
    shown = {key: standing for key, standing in standings.items() if standing.is_in_force or standing.not_released}
    findings = {
        finding.key: finding
        for standing in shown.values()
        for finding in (
            *standing.finding,
            *(hold.assessment for hold in (*standing.held, *standing.not_released)),
        )
    }
    records = Assessment.objects.filter(pk__in=[finding.record.pk for finding in findings.values()]).with_evidence()
    by_key = {record.key: record for record in records}
    texts = AidCondition.objects.filter(pk__in=[docket.conditions[key].record.pk for key in shown]).with_evidence()
    conditions = {record.key: record for record in texts}

    def answer(key: str, standing: Standing) -> Answer:
        holds = standing.held or standing.not_released
        deciding = {finding.key: finding for finding in standing.finding}
        deciding |= {hold.assessment.key: hold.assessment for hold in holds}
        return Answer(
            Row(docket.conditions[key].record, standing, []),
            [
                Step(
                    finding,
                    by_key[finding.key],
                    f"{docket.conditions[finding.condition].record.get_absolute_url()}#{finding.key}",
                )
                for finding in deciding.values()
            ],
            [(in_short(hold.amount, hold.currency), hold.certainty == states.CERTAIN) for hold in holds],
            conditions[key],
        )

    found = [(state, glyph, words) for state, glyph, words in TALLY]
    found.append((ConditionState.ENDED, "", gettext_lazy("ended, and what it held was not released on record")))
    answers = [
        (glyph, str(words), [answer(key, standing) for key, standing in shown.items() if standing.state == state])
        for state, glyph, words in found
    ]
    return [
        (glyph, words, sorted(rows, key=lambda answer: first_day(answer.row))) for glyph, words, rows in answers if rows
    ]


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
    return draw_life_line(stretches, findings, _money_of(docket, key), today=today)


def _money_of(docket: Docket, key: str) -> list[Money]:
    """Return what hung on the findings of a condition: what was held, until when, and what was released or waived."""
    found = [
        Money(
            hold.since,
            hold.until - states.DAY if hold.until and hold.until > hold.since else hold.until or date.max,
            "held",
            _("%(amount)s held, not released on record") % {"amount": in_short(hold.amount, hold.currency)}
            if hold.until is None
            else _("%(amount)s held") % {"amount": in_short(hold.amount, hold.currency)},
            f"#{hold.assessment.key}",
        )
        for hold in docket.holds(key)
    ]
    found += [
        Money(
            finding.first,
            None,
            SIDES[glyph_for(finding.finding).tone],
            f"{in_short(finding.amount, finding.currency)} {Kind(finding.finding).label}",
            f"#{finding.key}",
        )
        for finding in docket.findings(key)
        if finding.amount is not None and glyph_for(finding.finding).tone in ("satisfied", "set-aside")
    ]
    return sorted(found, key=lambda item: (item.first, item.href))


def _shown(standing: Standing) -> str:
    return standing.finding[-1].finding if standing.finding and not standing.contradicts else standing.state


def _word(standing: Standing) -> str:
    if standing.contradicts:
        return _("Findings contradict")
    if standing.finding:
        return capfirst(Kind(standing.finding[-1].finding).label)
    return capfirst(WORDS[ConditionState(standing.state)])
