"""What stands beside a record's form: the way to the public, what waits, checks of the evidence, the last versions."""

from dataclasses import dataclass, field

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..commenting import comments_on, may_finish
from ..evidence import Evidence, attested, by_field, weigh
from ..joining import can_be_merged
from ..models import Citation, Comment, Keyed, Plan, PlanRow, Record, State
from ..writing import may
from .acts import ACTS, Act, states_of, why_not
from .history import Entry, entries, revisions_of
from .impact import pointing_at
from .joining import address

VERSIONS_SHOWN = 3


@dataclass(frozen=True)
class Step:
    """One step on the way to the public."""

    label: str
    is_done: bool


@dataclass(frozen=True)
class Button:
    """An act that the state of the record allows; `why_not` says why this person cannot."""

    act: Act
    url: str
    why_not: str


@dataclass(frozen=True)
class Check:
    """Something that a second person looks at."""

    label: str
    is_good: bool


@dataclass(frozen=True)
class Remark:
    """A comment on the record, and whether this person may mark it as done."""

    comment: Comment
    may_finish: bool


@dataclass(frozen=True)
class Remarks:
    """The comments on a record, and the address to which more are sent."""

    items: list[Remark]
    url: str


@dataclass
class Panel:
    """All that stands beside the form of one record."""

    steps: list[Step]
    buttons: list[Button]
    proposals: list[Plan]
    checks: list[Check]
    entries: list[Entry]
    versions: int
    pointing: int
    remarks: Remarks
    evidence: dict[str, Evidence]
    links: dict[str, str] = field(default_factory=dict)

    @property
    def ways(self) -> list[tuple[str, str]]:
        """Where the ribbon leads: (address, words)."""
        is_asked = any(button.act.name == "publish" and not button.why_not for button in self.buttons)
        return [(self.links["review"], _("Review it") if is_asked else _("As the public would see it"))]

    @property
    def reasons(self) -> list[str]:
        """Why buttons are shut, each reason once, with the acts that it shuts."""
        shut: dict[str, list[str]] = {}
        for button in self.buttons:
            if button.why_not:
                shut.setdefault(button.why_not, []).append(str(button.act.label))
        return [f"{', '.join(labels)}: {reason}" for reason, labels in shut.items()]


def panel_of(record: Keyed, person) -> Panel:
    """Return what a person sees beside the form of a stored record."""
    name = f"admin:{record._meta.app_label}_{record._meta.model_name}"
    citations = _citations(record)
    latest = list(revisions_of(record)[: VERSIONS_SHOWN + 1])
    return Panel(
        steps=_steps(record, bool(citations), latest),
        buttons=[
            Button(act, reverse(f"{name}_act", args=[record.pk, act.name]), why_not(act, record, person))
            for act in ACTS.values()
            if record.state in states_of(act)
        ],
        proposals=waiting_for(record),
        checks=_checks(record, citations),
        entries=entries(record, latest)[:VERSIONS_SHOWN],
        versions=record.version,
        pointing=pointing_at(record),
        remarks=remarks_on(record, person),
        evidence=by_field(citations),
        links={page: reverse(f"{name}_{page}", args=[record.pk]) for page in ("history", "impact", "review")}
        | _merging(record, person),
    )


def show_evidence(form, record: Keyed, evidence: dict[str, Evidence]) -> None:
    """Say at the fields of a form what stands behind each, and mark those that need a source and have none."""
    needed = attested(type(record)) if isinstance(record, Record) else ()
    for name in form.fields:
        found = evidence.get(name) or (evidence[""] if name in needed else None)
        if found is None or not form.initial.get(name):
            continue
        if found.sources:
            words, kind = weight_in_words(found), ""
        else:
            words, kind = _("no source"), " weight--none"
        shown = form[name]
        shown.help_text = format_html('{} <span class="weight{}">{}</span>', shown.help_text, kind, words)


def weight_in_words(evidence: Evidence) -> str:
    """Return how many sources and publishers stand behind something: “2 sources, 1 publisher”."""
    sources = ngettext("%(n)s source", "%(n)s sources", evidence.sources) % {"n": evidence.sources}
    if evidence.independent:
        return _("%(sources)s, %(n)s independent") % {"sources": sources, "n": evidence.independent}
    publishers = ngettext("%(n)s publisher", "%(n)s publishers", evidence.publishers) % {"n": evidence.publishers}
    return f"{sources}, {publishers}"


def remarks_on(record: Keyed, person) -> Remarks:
    """Return the comments on a record, those that are open first."""
    found = [Remark(comment, not comment.done_at and may_finish(comment, person)) for comment in comments_on(record)]
    return Remarks(found, reverse("admin:relations_comment_write", args=[record._meta.label_lower, record.pk]))


def waiting_for(record: Keyed) -> list[Plan]:
    """Return the proposals to change a record that wait for a second person, oldest first."""
    rows = PlanRow.objects.filter(
        content_type=ContentType.objects.get_for_model(record), object_id=record.pk, plan__state=Plan.State.WAITING
    )
    plans = Plan.objects.filter(kind=Plan.Kind.PROPOSAL, pk__in=rows.values("plan"))
    return list(plans.select_related("author").order_by("created_at"))


def _citations(record: Keyed) -> list[Citation]:
    if not isinstance(record, Record):
        return []
    table = record._meta.get_field("citations").related_model
    return list(table.objects.filter(record=record).with_sources())


def _merging(record: Keyed, person) -> dict[str, str]:
    """Return where the record is merged with another that is the same, if it can be."""
    can = can_be_merged(type(record)) and record.state != State.WITHDRAWN and may(person, "change", type(record))
    return {"merge": address(record)} if can else {}


def _steps(record: Keyed, is_cited: bool, latest) -> list[Step]:
    author = latest[0].author if latest else ""
    if record.state == State.WITHDRAWN:
        return [Step(_("Withdrawn: %(why)s") % {"why": record.state_note}, True)]
    steps = [Step(_("Version %(version)s by %(who)s") % {"version": record.version, "who": author}, True)]
    if isinstance(record, Record):
        steps.append(Step(_("A source is cited"), is_cited))
    if record.state == State.PUBLISHED:
        publisher = next((revision.publisher for revision in latest if revision.published_at), "")
        return [*steps, Step(_("Published by %(who)s") % {"who": publisher} if publisher else _("Published"), True)]
    steps.append(Step(_("Review is asked for"), record.state == State.SUBMITTED))
    if settings.SECOND_PERSON:
        steps.append(Step(_("A second person publishes"), False))
    return steps


def _checks(record: Keyed, citations: list[Citation]) -> list[Check]:
    if not isinstance(record, Record):
        return []
    evidence = weigh(citations)
    whole = any(not citation.field for citation in citations)
    cited = {citation.field for citation in citations}
    official = _("An official source is among them") if evidence.is_official else _("No source is an official text")
    checks = [
        Check(weight_in_words(evidence), evidence.publishers > 1),
        Check(official, evidence.is_official),
    ]
    if not whole:
        told = _("Sources are cited for %(fields)s; for the rest, cite one for the whole record")
        names = ", ".join(sorted(name.replace("_", " ") for name in cited)) or _("no field")
        checks.insert(0, Check(told % {"fields": names}, False))
    else:
        checks.insert(0, Check(_("A source stands for the whole record"), True))
    return checks
