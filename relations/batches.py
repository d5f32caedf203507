"""What is done to many records at once: looked at as a plan, applied as one batch, and taken back as one.

A batch is a plan that its author alone sees until it is applied. Then drafts are written; what changes published
records waits for a second person as one proposal beneath it. A merge is agreed to or refused as a whole.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from . import commenting, pair, plans, publishing
from .importing import KEPT
from .models import Keyed, Plan, PlanRow, Revision, State
from .naming import Named, owners_naming
from .resources import Fault
from .writing import Edit, Refused, Stored, examine, may, stored, write, writers

KINDS = (Plan.Kind.BULK, Plan.Kind.MERGE, Plan.Kind.UNDO)
MOST = 10_000  # records in one change of many, in the browser


def loaded(targets: Iterable[Named]) -> dict[Named, Stored]:
    """Return records as they are, by model and id."""
    wanted: dict[type[Keyed], set[int]] = {}
    for model, pk in targets:
        wanted.setdefault(model, set()).add(pk)
    return {(model, item.row.pk): item for model, pks in wanted.items() for item in stored(model, pk=pks)}


def prepare(
    kind: str,
    edits: Iterable[Edit],
    *,
    by,
    model: type[Keyed],
    found: dict[Named, Stored],
    notes: dict[Named, list[Fault]] | None = None,
    wrong: dict[Named, list[Fault]] | None = None,
    undoes: Plan | None = None,
) -> Plan:
    """Keep edits of existing records as a plan for its author to look at, and return it; nothing is locked meanwhile.

    Each edit is a row: changed, the same or refused, with what is wrong. `found` holds the records as they are;
    `wrong` says why an edit is refused before it is looked at; `notes` what stays of a record as it is and why, also
    of one without an edit.
    """
    drop_expired()
    notes = dict(notes or {})
    edits = [replace(edit, number=number) for number, edit in enumerate(edits, 1)]
    is_whole = kind == Plan.Kind.MERGE or undoes is not None and whole(undoes)
    states = {target: item.row.state for target, item in found.items()}
    checked, faults = [], {edit.number: list((wrong or {}).get((edit.model, edit.pk), ())) for edit in edits}
    for group, publisher in zip(_split(edits, states, by, is_whole), (None, publishing.ANYONE), strict=True):
        asked = [edit for edit in group if not faults[edit.number]]
        changed, refused = examine(asked, by=by, publisher=publisher, stored=found)
        checked += changed
        for fault in refused:
            faults[fault.number].append(fault)
    changed = {edit.number: (before, cells, children) for edit, before, cells, children in checked}
    rows = []
    for edit in edits:
        item = found[edit.model, edit.pk]
        before, cells, children = changed.get(edit.number, (item.record, {}, {}))
        row = _row(edit.model, item, number=edit.number, state=edit.state, into=edit.into)
        row.cells, row.children = cells, children
        row.before = {
            "cells": {name: before["cells"].get(name, "") for name in cells},
            "children": {name: before["children"].get(name, []) for name in children},
        }
        row.faults = [fault.as_dict() for fault in faults[edit.number]]
        row.notes = [note.as_dict() for note in notes.pop((edit.model, edit.pk), ())]
        if row.faults:
            row.verdict = PlanRow.Verdict.REFUSED
        elif edit.number in changed:
            row.verdict = PlanRow.Verdict.CHANGED
        rows.append(row)
    for number, (target, why) in enumerate(notes.items(), len(edits) + 1):
        row = _row(target[0], found[target], number=number)
        row.notes = [note.as_dict() for note in why]
        rows.append(row)
    plan = plans.keep(kind, rows, model=model, author=by)
    if undoes:
        Plan.objects.filter(pk=plan.pk).update(undoes=undoes)
        plan.undoes = undoes
    return plan


def _row(model: type[Keyed], item: Stored, **fields) -> PlanRow:
    return PlanRow(
        verdict=PlanRow.Verdict.SAME,
        content_type=ContentType.objects.get_for_model(model),
        object_id=item.row.pk,
        key=item.record["cells"]["key"],
        version_seen=item.row.version,
        **fields,
    )


def whole(plan: Plan) -> bool:
    """Whether a plan is agreed to or refused as one, drafts and all: a merge, and what takes a merge back."""
    return plan.kind == Plan.Kind.MERGE or plan.undoes is not None and whole(plan.undoes)


def _split(edits: list[Edit], states: dict[Named, str], by, is_whole: bool) -> tuple[list[Edit], list[Edit]]:
    """Return the edits that are written at once, and those that wait for a second person.

    Who may withdraw does so at once. What is discarded waits while a record names it whose change waits.
    """
    later = [edit for edit in edits if _waits(edit, states.get((edit.model, edit.pk)), by)]
    if later and is_whole:
        return [], edits
    waiting = {(edit.model, edit.pk) for edit in later}
    now = [edit for edit in edits if (edit.model, edit.pk) not in waiting]
    discarded = [(edit.model, edit.pk) for edit in now if edit.state == State.WITHDRAWN] if later else []
    naming = owners_naming(discarded)
    while held := [target for target, owners in naming.items() if target not in waiting and owners & waiting]:
        waiting.update(held)
    return [edit for edit in edits if (edit.model, edit.pk) not in waiting], [
        edit for edit in edits if (edit.model, edit.pk) in waiting
    ]


def _waits(edit: Edit, state: str | None, by) -> bool:
    if edit.state == State.PUBLISHED and state == State.WITHDRAWN:
        return True
    if edit.into and not may(by, "publish", edit.model):
        row = edit.model._base_manager.get(pk=edit.pk)
        return row.was_public or writers([row])[edit.model, row.pk] != {by.pk}
    if state != State.PUBLISHED:
        return False
    return bool(edit.cells or edit.children or edit.into) or not may(by, "publish", edit.model)


def apply(plan: Plan, *, by, change: str = "", reason: str = "") -> None:
    """Do what a plan says, all of it or nothing, but for the rows that it refuses; only its author may, and once.

    `change` and `reason` stand for what changes published records, which waits as one proposal; `reason` stands in
    the history of the others. Raises PermissionDenied, Stale and Refused; then nothing has happened.
    """
    if plan.kind not in KINDS or plan.author_id != by.pk:
        raise PermissionDenied(_("Only who prepared this applies it."))
    with transaction.atomic(), pair.held():
        plans.claim(plan, by=by, state=Plan.State.APPLIED)
        plan.change, plan.reason = change, publishing.checked_reason(reason)
        Plan.objects.filter(pk=plan.pk).update(change=change, reason=plan.reason)
        if plan.kind == Plan.Kind.MERGE and plan.rows.filter(verdict=PlanRow.Verdict.REFUSED).exists():
            raise Refused(
                [Fault("record", "", _("a record is refused, and a merge happens as a whole; mend it first"))]
            )
        edits = plans.edits_of(plan)
        states = _states(edits)
        now, later = _split(edits, states, by, whole(plan))
        if _needs_reason(plan, edits, states) and not plan.reason:
            raise Refused([Fault("reason", "", _("Say why: who reads or wrote these records is told."))])
        write(now, by=by, plan=plan, reason=plan.reason)
        if plan.kind == Plan.Kind.BULK:
            returned = [edit for edit in now if _is_returned(edit, states[edit.model, edit.pk])]
            for model in {edit.model for edit in returned}:
                rows = model._base_manager.filter(pk__in=[edit.pk for edit in returned if edit.model is model])
                commenting.comment(rows, plan.reason[: commenting.LONGEST], by=by)
        if later:
            publishing.propose(later, by=by, change=change, reason=plan.reason, parent=plan)
        if plan.undoes:
            for proposal in plan.undoes.proposals.filter(kind=Plan.Kind.PROPOSAL, state=Plan.State.WAITING):
                plans.claim(proposal, by=by, state=Plan.State.REFUSED, comment=_("Taken back with its batch."))


def _states(edits: Iterable[Edit]) -> dict[Named, str]:
    """Return the states of the rows that edits change."""
    wanted: dict[type[Keyed], set[int]] = {}
    for edit in edits:
        wanted.setdefault(edit.model, set()).add(edit.pk)
    states = {}
    for model, pks in wanted.items():
        pks = sorted(pks)
        for start in range(0, len(pks), 500):
            rows = model._base_manager.filter(pk__in=pks[start : start + 500]).values_list("pk", "state")
            states.update({(model, pk): state for pk, state in rows})
    return states


def _needs_reason(plan: Plan, edits: Iterable[Edit], states: dict[Named, str]) -> bool:
    """Whether readers, or the author of what is returned, are told why."""
    for edit in edits:
        state = states.get((edit.model, edit.pk))
        if edit.into or state == State.PUBLISHED or edit.state == State.PUBLISHED and state == State.WITHDRAWN:
            return True
        if plan.kind == Plan.Kind.BULK and (edit.state == State.WITHDRAWN or _is_returned(edit, state)):
            return True
    return False


def _is_returned(edit: Edit, state: str | None) -> bool:
    return (state, edit.state) == (State.SUBMITTED, State.DRAFT)


@dataclass(frozen=True)
class Outlook:
    """What applying a plan asks for: whether a reason is needed, and how many records wait for a second person."""

    needs_reason: bool
    waiting: int
    writes: int


def outlook(plan: Plan, by) -> Outlook:
    """Return what applying a waiting plan asks for."""
    edits = plans.edits_of(plan)
    states = _states(edits)
    _now, later = _split(edits, states, by, whole(plan))
    return Outlook(_needs_reason(plan, edits, states), len(later), len(edits))


def leave_out(plan: Plan, faults: Iterable[Fault]) -> int:
    """Refuse the rows of a waiting plan that faults speak of, so that the others can be applied; return how many."""
    wrong: dict[int, list[Fault]] = {}
    for fault in faults:
        if fault.number:
            wrong.setdefault(fault.number, []).append(fault)
    count = 0
    for row in plan.rows.filter(number__in=list(wrong)[:MOST], verdict=PlanRow.Verdict.CHANGED):
        said = [fault.as_dict() for fault in wrong[row.number]]
        count += PlanRow.objects.filter(pk=row.pk).update(verdict=PlanRow.Verdict.REFUSED, faults=said)
    return count


def discard(plan: Plan, *, by) -> None:
    """Give a plan up. Only its author may."""
    if plan.kind not in KINDS or plan.author_id != by.pk:
        raise PermissionDenied(_("Only who prepared this gives it up."))
    with transaction.atomic():
        plans.claim(plan, by=by, state=Plan.State.DISCARDED)
        plan.rows.all().delete()


def drop_expired() -> None:
    """Delete plans that nobody applied in time."""
    old = timezone.now() - KEPT
    Plan.objects.filter(kind__in=KINDS, state=Plan.State.WAITING, created_at__lt=old).delete()


def revisions_of(plan: Plan):
    """Return the revisions that a batch made, those of its proposals among them."""
    return Revision.objects.filter(Q(plan=plan) | Q(plan__parent=plan))


def tally(plan: Plan) -> dict[str, int]:
    """Return {verdict: number of rows} of a plan."""
    counted = dict(plan.rows.order_by().values_list("verdict").annotate(Count("pk")))
    return {verdict: counted.get(verdict, 0) for verdict in PlanRow.Verdict.values}
