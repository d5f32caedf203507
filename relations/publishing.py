"""Who may make the record public: submit, publish, return, withdraw, and a second person for what is public already."""

from collections.abc import Iterable
from dataclasses import replace

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from . import commenting, needs, plans, reporting
from .models import Change, Keyed, Plan, Revision, State
from .resources import Fault
from .resources.base import TextWidget
from .writing import Edit, Refused, check, may, write

LONGEST_REASON = 1000


def submit(records: Iterable[Keyed], *, by) -> list[Revision]:
    """Hand drafts on to an editor."""
    return _move(records, State.SUBMITTED, by=by, of=State.DRAFT)


def publish(records: Iterable[Keyed], *, by) -> list[Revision]:
    """Make submitted records public. Raises PermissionDenied for a writer of what is published, Refused if uncited."""
    return _move(records, State.PUBLISHED, by=by)


def send_back(records: Iterable[Keyed], *, by, reason: str) -> list[Revision]:
    """Return submitted records to their authors with a comment."""
    records = list(records)
    reason = _needed(reason, _("Say what is to be mended."))
    with transaction.atomic():
        revisions = _move(records, State.DRAFT, by=by, reason=reason, of=State.SUBMITTED)
        commenting.comment(records, reason[: commenting.LONGEST], by=by)
    return revisions


def publish_with(record: Keyed, others: Iterable[Keyed], *, by) -> list[Revision]:
    """Publish a record together with drafts and submitted records that it names, all or none."""
    others = list(others)
    with transaction.atomic():
        drafts = [other for other in others if other.state == State.DRAFT]
        if drafts and settings.SECOND_PERSON:
            submit(drafts, by=by)
            for draft in drafts:
                draft.refresh_from_db(fields=["state", "version"])
        return publish([*others, record], by=by)


def withdraw(records: Iterable[Keyed], *, by, reason: str) -> list[Revision]:
    """Take records from the public; a draft that was never public is discarded. The reason is shown to readers."""
    reason = _needed(reason, _("Say why it is withdrawn: readers of its address are told."))
    return _move(records, State.WITHDRAWN, by=by, reason=reason, change=Change.WITHDRAWAL)


def reopen(records: Iterable[Keyed], *, by, reason: str = "") -> list[Revision]:
    """Make withdrawn records drafts again; their addresses stay gone until they are published."""
    return _move(records, State.DRAFT, by=by, reason=reason, of=State.WITHDRAWN)


def _move(
    records: Iterable[Keyed], state: str, *, by, reason: str = "", change: str = "", of: str = ""
) -> list[Revision]:
    records = list(records)
    wording = _("it is %(now)s, not %(of)s")
    faults = [
        Fault("state", record.state, wording % {"now": record.state, "of": of}, number, record.key)
        for number, record in enumerate(records, 1)
        if of and record.state != of
    ]
    if faults:
        raise Refused(faults)
    edits = [
        Edit(type(record), pk=record.pk, seen=record.version, state=state, note=reason, number=number)
        for number, record in enumerate(records, 1)
    ]
    return write(edits, by=by, reason=reason, change=change)


def checked_reason(reason: str) -> str:
    """Return a reason without space at its ends. Raises Refused where it could not be kept as it is."""
    reason = reason.strip().replace("\r\n", "\n")
    try:
        TextWidget(lines=True).clean(reason)
    except ValueError as error:
        raise Refused([Fault("reason", reason[:200], str(error))]) from error
    if len(reason) > LONGEST_REASON:
        message = _("a reason has at most %(longest)s characters") % {"longest": LONGEST_REASON}
        raise Refused([Fault("reason", reason[:80], message)])
    return reason


def _needed(reason: str, message: str) -> str:
    if not reason.strip():
        raise Refused([Fault("reason", "", message)])
    return reason.strip()


def propose(edits: list[Edit], *, by, change: str, reason: str, parent: Plan | None = None) -> Plan | None:
    """Keep changes to published records as one proposal, which a second person agrees to or refuses as a whole.

    Returns None where the edits change nothing. Where the desk has switched the second person off and the author may
    publish, the proposal is agreed to at once. Raises Refused, Stale and PermissionDenied as `write` does.
    """
    faults = []
    if not reason.strip():
        message = _("Say why the published record changes: it stands on the page of corrections.")
        faults.append(Fault("reason", "", message))
    kinds = [kind for kind, _label in Change.of_cells()]
    if change not in kinds:
        faults.append(Fault("change", change, _("choose one of %(kinds)s") % {"kinds": ", ".join(kinds)}))
    if faults:
        raise Refused(faults)
    edits = [replace(edit, number=edit.number or number) for number, edit in enumerate(edits, 1)]
    checked = check(edits, by=by, publisher=ANYONE)
    if not checked:
        return None
    rows = [plans.row_of(*entry) for entry in checked]
    with transaction.atomic():
        plan = plans.keep(
            Plan.Kind.PROPOSAL,
            rows,
            model=edits[0].model,
            author=by,
            change=change,
            reason=reason.strip(),
            parent=parent,
        )
        if not settings.SECOND_PERSON and all(may(by, "publish", edit.model) for edit in edits):
            agree(plan, by=by)
    return plan


class _Anyone:
    """Stands for the second person who is still to come, while a proposal is checked."""

    pk = None

    def has_perm(self, permission: str) -> bool:
        return True


ANYONE = _Anyone()


def agree(plan: Plan, *, by) -> list[Revision]:
    """Apply a proposal: its author wrote it, `by` publishes it. Raises PermissionDenied, Stale and Refused."""
    edits = plans.edits_of(plan)
    _check_second_person(plan, edits, by)
    with transaction.atomic():
        plans.claim(plan, by=by, state=Plan.State.APPLIED)
        written = write(edits, by=plan.author, publisher=by, plan=plan, change=plan.change, reason=plan.reason)
        reporting.settle(plan, by=by)
    return written


def refuse(plan: Plan, *, by, comment: str) -> None:
    """Return a proposal to its author with a comment; its author may take it back in the same way.

    What is said of a proposal about one record is a comment on that record too.
    """
    comment = _needed(comment, _("Say why, so that its author can mend it."))
    edits = plans.edits_of(plan)
    if by != plan.author and not all(may(by, "publish", edit.model) for edit in edits):
        raise PermissionDenied(_("Only an editor refuses a proposal of somebody else."))
    with transaction.atomic():
        decided = plans.claim(plan, by=by, state=Plan.State.REFUSED, comment=comment)
        if by != plan.author:
            needs.send_back(decided)
        if by != plan.author and len(edits) == 1 and edits[0].pk:
            commenting.comment(edits[0].model._base_manager.filter(pk=edits[0].pk), comment, by=by)


def replace_proposal(plan: Plan, *, by) -> None:
    """Close a proposal that waits where its author, or an editor, made a new one of it."""
    is_theirs = by == plan.author or all(may(by, "publish", edit.model) for edit in plans.edits_of(plan))
    if plan.state == Plan.State.WAITING and is_theirs:
        plans.claim(plan, by=by, state=Plan.State.REFUSED, comment=_("Replaced by a new proposal."))


def _check_second_person(plan: Plan, edits: list[Edit], by) -> None:
    if plan.kind != Plan.Kind.PROPOSAL or not all(may(by, "publish", edit.model) for edit in edits):
        raise PermissionDenied(_("Only an editor agrees to a proposal."))
    if settings.SECOND_PERSON and plan.author_id == by.pk:
        raise PermissionDenied(_("You made this proposal, so a second person agrees to it."))
