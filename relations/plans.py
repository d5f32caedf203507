"""What waits to be written: edits kept as a Plan, and taken up again when somebody applies or agrees to it."""

from collections.abc import Iterable

from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from . import needs
from .models import Plan, PlanRow
from .resources import Fault
from .writing import Edit, Refused


def keep(
    kind: str, rows: Iterable[PlanRow], *, model, author, change: str = "", reason: str = "", parent: Plan | None = None
) -> Plan:
    """Store a plan with its rows and return it."""
    with transaction.atomic():
        plan = Plan.objects.create(
            kind=kind,
            content_type=ContentType.objects.get_for_model(model),
            author=author,
            created_at=timezone.now(),
            change=change,
            reason=reason,
            parent=parent,
        )
        kept = list(rows)
        for row in kept:
            row.plan = plan
        PlanRow.objects.bulk_create(kept, batch_size=500)
        if kind == Plan.Kind.PROPOSAL:
            needs.propose(plan, kept)
    return plan


def row_of(edit: Edit, before: dict, cells: dict, children: dict) -> PlanRow:
    """Return the row of a plan that holds an edit, as `writing.check` gives it."""
    return PlanRow(
        number=edit.number,
        verdict=PlanRow.Verdict.NEW if edit.pk is None else PlanRow.Verdict.CHANGED,
        content_type=ContentType.objects.get_for_model(edit.model),
        object_id=edit.pk,
        key=cells.get("key") or before["cells"].get("key", ""),
        version_seen=edit.seen,
        before=before,
        cells=cells,
        children=children,
        state=edit.state,
        into=edit.into,
    )


def edits_of(plan: Plan) -> list[Edit]:
    """Return the edits that a plan holds, in its order."""
    rows = plan.rows.filter(verdict__in=[PlanRow.Verdict.NEW, PlanRow.Verdict.CHANGED]).select_related("content_type")
    return [
        Edit(
            row.content_type.model_class(),
            pk=row.object_id,
            seen=row.version_seen,
            cells=row.cells,
            children=row.children,
            state=row.state,
            into=row.into,
            note=plan.reason if row.state else "",
            number=row.number,
        )
        for row in rows
    ]


def claim(plan: Plan, *, by, state: str, comment: str = "") -> Plan:
    """Mark a waiting plan as decided, inside the caller's transaction; a second click finds it decided already.

    Raises Refused if it does not wait any more, saying what became of it.
    """
    decided = Plan.objects.filter(pk=plan.pk, state=Plan.State.WAITING).update(
        state=state, decided_by=by, decided_at=timezone.now(), comment=comment
    )
    if not decided:
        plan.refresh_from_db()
        message = _("already done: this is %(state)s since %(at)s") % {
            "state": plan.get_state_display(),
            "at": timezone.localtime(plan.decided_at).strftime("%Y-%m-%d %H:%M"),
        }
        raise Refused([Fault("state", plan.state, message)])
    plan.refresh_from_db()
    if plan.kind == Plan.Kind.PROPOSAL:
        needs.decide(plan)
    return plan
