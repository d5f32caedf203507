"""Taking back: a batch, or all that an account did since a moment, goes back to what was there before.

Each cell, child and state that was changed, and that nobody changed since, gets back what it had. What was edited
since stays, and is named with who did it. A record that the batch created is discarded unless it was public, was
edited since, or is still named by a record that stays. Taking back is a batch itself, so that it can be taken back.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from . import batches
from .comparing import child_key, differences, references
from .models import Keyed, Plan, Revision, State
from .naming import Named, owners_naming
from .resources import Fault, RecordResource, resource_of
from .writing import CHUNK, Edit, Refused, Stored, keyed_models, may

MOST_LABELS = 8  # of columns that a later edit changed


def may_take_back(plan: Plan, person) -> bool:
    """Whether a person may take a batch back: who made it, or who publishes all that it is about."""
    if plan.state != Plan.State.APPLIED or plan.kind == Plan.Kind.REDACT:
        return False
    types = batches.revisions_of(plan).order_by().values_list("content_type", flat=True).distinct()
    models = [ContentType.objects.get_for_id(pk).model_class() for pk in types]
    return bool(models) and (plan.author_id == person.pk or all(may(person, "publish", model) for model in models))


def taken_back_by(plan: Plan) -> Plan | None:
    """Return the batch by which a batch was taken back, unless that was taken back itself."""
    for undo in plan.undone_by.filter(state=Plan.State.APPLIED).order_by("-pk"):
        if taken_back_by(undo) is None:
            return undo
    return None


def _cancelled(plan: Plan) -> set[int]:
    """Return the ids of batches that took this one back and that were taken back themselves, with those that did so."""
    found = set()
    for undo in plan.undone_by.filter(state=Plan.State.APPLIED):
        if again := taken_back_by(undo):
            found |= {undo.pk, again.pk} | _cancelled(undo) | _cancelled(again)
    return found


def take_back(plan: Plan, *, by) -> Plan:
    """Return a plan that takes a batch back, for its author to look at and to apply by `batches.apply`.

    Raises PermissionDenied, also where it wrote nothing yet, and Refused where it is taken back already.
    """
    if not may_take_back(plan, by):
        raise PermissionDenied(_("Who made a batch takes it back, or an editor."))
    if undo := taken_back_by(plan):
        message = _("%(who)s took it back at %(at)s; take that back instead") % {
            "who": undo.author,
            "at": timezone.localtime(undo.decided_at).strftime("%Y-%m-%d %H:%M"),
        }
        raise Refused([Fault("state", plan.state, message)])
    return _prepare(batches.revisions_of(plan), by=by, model=plan.content_type.model_class(), undoes=plan)


def take_back_all_by(account, since, *, by) -> Plan:
    """Return a plan that takes back all that an account wrote or published since a moment, as `take_back` does.

    Raises PermissionDenied for who does not publish every kind of record, Refused where the account did nothing.
    """
    if not all(may(by, "publish", model) for model in keyed_models()):
        raise PermissionDenied(_("Only an editor takes back what an account did."))
    return _prepare(done_by(account, since), by=by, model=None, undoes=None)


def done_by(account, since) -> QuerySet[Revision]:
    """Return the revisions that an account wrote or published since a moment."""
    return Revision.objects.filter(Q(written_by=account) | Q(published_by=account), at__gte=since)


# ------------------------------------------------------------------------------------------------ what goes back


@dataclass
class _Record:
    """A record on its way back: as it is, as it will be, and what was done to it since that stays."""

    item: Stored
    after: dict
    state: str
    into: int | None = None
    is_discarded: bool = False
    later: list[tuple[Revision, Revision | None]] = field(default_factory=list)
    notes: list[Fault] = field(default_factory=list)

    @property
    def model(self) -> type[Keyed]:
        return type(self.item.row)

    def stays(self, message: str, column: str = "", value: str = "") -> None:
        """Note what stays as it is, and why."""
        self.notes.append(Fault(column, value, message, 0, self.item.record["cells"]["key"]))

    def edit(self) -> Edit | None:
        """Return what is to be written, None where nothing is."""
        row, now = self.item.row, self.item.record
        cells = {name: text for name, text in self.after["cells"].items() if text != now["cells"][name]}
        children = {name: rows for name, rows in self.after["children"].items() if rows != now["children"][name]}
        state = self.state if self.state != row.state else ""
        if not (cells or children or state):
            return None
        return Edit(self.model, row.pk, row.version, cells, children, state, self.into if state else None)


def _prepare(revisions: QuerySet[Revision], *, by, model: type[Keyed] | None, undoes: Plan | None) -> Plan:
    ours: dict[type[Keyed], dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
    for pk, content_type, row in revisions.order_by().values_list("pk", "content_type", "object_id"):
        rows = ours[ContentType.objects.get_for_id(content_type).model_class()]
        rows[row].add(pk)
    if not ours:
        raise Refused([Fault("batch", "", _("nothing was written by it, so there is nothing to take back"))])
    records: dict[Named, _Record] = {}
    cancelled = _cancelled(undoes) if undoes else set()
    for kind, rows in sorted(ours.items(), key=lambda entry: entry[0]._meta.label):
        records.update(_records(kind, rows, cancelled))
    _keep_what_is_named(records)
    edits, notes = [], {}
    for target, record in records.items():
        _name_later_edits(record)
        if edit := record.edit():
            edits.append(edit)
        if record.notes:
            notes[target] = record.notes
        elif not edit:
            record.stays(_("it is as it was before already"))
            notes[target] = record.notes
    found = {target: record.item for target, record in records.items()}
    kind = model or next(iter(ours))
    return batches.prepare(Plan.Kind.UNDO, edits, by=by, model=kind, found=found, notes=notes, undoes=undoes)


def _records(model: type[Keyed], ours: dict[int, set[int]], cancelled: set[int]) -> dict[Named, _Record]:
    """Return the records of a model of which some revisions go back, as they will be.

    The revisions of `cancelled` batches, which came to nothing together, count as if they had not been.
    """
    found = batches.loaded((model, pk) for pk in ours)
    resource, content_type = resource_of(model), ContentType.objects.get_for_model(model)
    records, pks = {}, sorted(ours)
    for start in range(0, len(pks), CHUNK):
        past: dict[int, list[Revision]] = defaultdict(list)
        versions = Revision.objects.filter(content_type=content_type, object_id__in=pks[start : start + CHUNK])
        people = ("written_by", "written_by_package", "plan")
        for revision in versions.select_related(*people).order_by("version"):
            plan = revision.plan
            if plan is None or not {plan.pk, plan.parent_id} & cancelled:
                past[revision.object_id].append(revision)
        for pk, versions in past.items():
            records[model, pk] = _going_back(resource, found[model, pk], versions, ours[pk])
    return records


def _going_back(resource: RecordResource, item: Stored, past: list[Revision], ours: set[int]) -> _Record:
    """Return a record without some of its revisions; `past` are all of them, the oldest first."""
    row = item.row
    record = _Record(item, item.record, row.state)
    first = next(place for place, revision in enumerate(past) if revision.pk in ours)
    steps = [(past[place], past[place - 1] if place else None) for place in range(first, len(past))]
    record.later = [(revision, before) for revision, before in steps if revision.pk not in ours]
    if first == 0:
        return _created(record)
    for revision, before in reversed(steps):
        if revision.pk not in ours:
            continue
        record.after = _carried(resource, record.after, revision.data, before.data)
        if record.state == revision.state != before.state:
            record.state, record.into = before.state, before.into
    if row.state == State.PUBLISHED and record.state in (State.DRAFT, State.SUBMITTED):
        # What the public saw does not become unseen: its address says that it was withdrawn, and why.
        record.state = State.WITHDRAWN
        record.stays(_("readers saw it, so it is withdrawn, and its address says why"), "state", row.state)
    return record


def _created(record: _Record) -> _Record:
    """A record that was not there before: discarded, unless somebody took it up."""
    row = record.item.row
    if row.was_public:
        record.stays(_("it was published since, so it stays"), "state", row.state)
    elif record.later:
        record.stays(_("it was edited since, so it stays"))
    elif row.state != State.WITHDRAWN:
        record.state, record.is_discarded = State.WITHDRAWN, True
    return record


def _carried(resource: RecordResource, now: dict, after: dict, before: dict) -> dict:
    """Return a record with what one of its versions changed as it was before, where it is still as that left it."""
    cells = dict(now["cells"])
    for name, text in cells.items():
        if name in after["cells"] and name in before["cells"] and text == after["cells"][name]:
            cells[name] = before["cells"][name]
    children = {}
    for child in resource.children:
        lists = [version["children"].get(child.name, []) for version in (now, after, before)]
        children[child.name] = child().in_order(_carried_rows(child.name, *lists))
    return {"cells": cells, "children": children}


def _carried_rows(name: str, now: list[dict], after: list[dict], before: list[dict]) -> list[dict]:
    if now == after:
        return before
    if after == before:
        return now
    is_now, is_after, was = ({child_key(name, row): row for row in rows} for rows in (now, after, before))
    rows = []
    for key, row in is_now.items():
        kept = was.get(key) if row == is_after.get(key) else row
        if kept is not None:
            rows.append(kept)
    return [*rows, *(row for key, row in was.items() if key not in is_now and key not in is_after)]


def _keep_what_is_named(records: dict[Named, _Record]) -> None:
    """Let what would be discarded stay where a record that stays names it."""
    naming = owners_naming(target for target, record in records.items() if record.is_discarded)
    others = _states_and_keys({owner for owners in naming.values() for owner in owners} - records.keys())
    named: dict[Named, set] = {}

    def still_names(owner: Named, model: type[Keyed], key: str) -> bool:
        if owner not in records:
            return others[owner][0] != State.WITHDRAWN
        record = records[owner]
        if record.state == State.WITHDRAWN:
            return False
        if owner not in named:
            named[owner] = set(references(resource_of(owner[0]), record.after))
        return (model, key) in named[owner]

    is_settled = False
    while not is_settled:
        is_settled = True
        for target, owners in naming.items():
            record = records[target]
            key = record.item.record["cells"]["key"]
            holding = [owner for owner in owners if record.is_discarded and still_names(owner, target[0], key)]
            if holding:
                keys = sorted(
                    records[owner].item.record["cells"]["key"] if owner in records else others[owner][1]
                    for owner in holding
                )
                record.state, record.is_discarded, is_settled = record.item.row.state, False, False
                record.stays(_("it is named by %(keys)s, so it stays") % {"keys": ", ".join(keys[:MOST_LABELS])})


def _states_and_keys(targets: Iterable[Named]) -> dict[Named, tuple[str, str]]:
    """Return {record: (state, key)}."""
    wanted, found = defaultdict(list), {}
    for model, pk in targets:
        wanted[model].append(pk)
    for model, pks in wanted.items():
        for start in range(0, len(pks), CHUNK):
            rows = model._base_manager.filter(pk__in=pks[start : start + CHUNK]).values_list("pk", "state", "key")
            found.update({(model, pk): (state, key) for pk, state, key in rows})
    return found


def _name_later_edits(record: _Record) -> None:
    """Say who did what to a record since, and that it stays."""
    for revision, before in record.later:
        labels = [item.label for item in differences(before.data, revision.data)] if before else []
        labels = list(dict.fromkeys(labels))[:MOST_LABELS] or [revision.get_act_display()]
        message = _("%(who)s, %(at)s, version %(version)s: stays") % {
            "who": revision.author,
            "at": timezone.localtime(revision.at).strftime("%Y-%m-%d %H:%M"),
            "version": revision.version,
        }
        record.stays(message, ", ".join(labels), str(revision.version))
