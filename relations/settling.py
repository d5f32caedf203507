"""What an author does to an import that waits: says what its likely doubles are, and makes it again from its file.

A new event of a file that resembles a stored one is asked about: it is new, or the same as the stored one, or left
out. The plan keeps the answer, and nothing is imported before each is given.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, OuterRef, Subquery
from django.utils.translation import gettext as _

from . import importing, pair, profiles, tables
from .comparing import Difference, differences
from .models import Plan, PlanRow, Revision, Upload
from .reading import LARGE, Table
from .resources import Fault, registry
from .writing import latest_revision

NEW, OUT = "new", "out"
Verdict = PlanRow.Verdict
IN_FILE = ("key", "cells", "children", "before")  # what a row was before it became the same as a record
SETTLED = (*IN_FILE, "verdict", "object_id", "version_seen", "state", "faults", "notes", "is_asked")


def settle(plan: Plan, said: dict[int, str], *, by) -> None:
    """Keep what likely doubles are: of each row, by its id, NEW, OUT, or the id of the record that it is.

    A row that is the same as a record changes it: what the file says replaces what is stored, what the file leaves
    empty stays, and its sources are added. Only the author of the plan may; an answer can be given anew until the plan
    is applied.
    """
    _check_author(plan, by)
    with transaction.atomic(), pair.held():
        # The lock of the plan: two answers at once would count its cells wrong.
        if not Plan.objects.select_for_update().filter(pk=plan.pk, state=Plan.State.WAITING).exists():
            return
        for row in plan.rows.filter(pk__in=list(said)).exclude(doubles="").order_by("number"):
            answer, cells = said[row.pk], _changed_cells(row)
            if answer not in (NEW, OUT, *row.doubles.split("|")):
                continue
            _as_in_the_file(row)
            row.is_asked = False
            if answer == OUT:
                row.verdict = Verdict.OUT
            elif answer != NEW:
                _make_same(plan, row, int(answer), by)
            PlanRow.objects.bulk_update([row], SETTLED)
            Upload.objects.filter(plan=plan).update(changed_cells=F("changed_cells") + _changed_cells(row) - cells)
    plan.upload.refresh_from_db(fields=["changed_cells"])


def settle_the_rest(plan: Plan, answer: str, *, by) -> int:
    """Say of all rows that are still asked about that they are NEW, or OUT; return how many they were."""
    _check_author(plan, by)
    verdict = {NEW: Verdict.NEW, OUT: Verdict.OUT}[answer]
    with transaction.atomic():
        waits = Plan.objects.select_for_update().filter(pk=plan.pk, state=Plan.State.WAITING).exists()
        return plan.rows.filter(is_asked=True).update(is_asked=False, verdict=verdict) if waits else 0


def _check_author(plan: Plan, by) -> None:
    if plan.kind != Plan.Kind.IMPORT or plan.author_id != by.pk:
        raise PermissionDenied(_("Only who made an import says what its rows are."))


def _changed_cells(row: PlanRow) -> int:
    return len(row.cells) if row.verdict == Verdict.CHANGED else 0


def _as_in_the_file(row: PlanRow) -> None:
    """Let a row be what it was before anything was said of it."""
    for name, value in row.before.get("in_file", _in_file(row)).items():
        setattr(row, name, value)
    row.verdict, row.object_id, row.version_seen, row.state = Verdict.NEW, None, 0, ""
    row.faults, row.notes = [], []


def _in_file(row: PlanRow) -> dict:
    return {name: getattr(row, name) for name in IN_FILE}


def _make_same(plan: Plan, row: PlanRow, pk: int, by) -> None:
    """Let a row change the record that it is the same as."""
    model = row.content_type.model_class()
    key = tables.records(model, [pk])[pk]["cells"]["key"]
    cells = {name: text for name in plan.upload.columns if name != "sources" and (text := row.cells.get(name))}
    cells["key"] = key
    table = Table(list(cells), [(row.number, cells)])
    # Its citations and other children come beside those that are stored.
    mapped = profiles.Mapped(table, children={row.number: row.children})
    [made] = importing.Mapped(registry[plan.upload.table](), mapped, by).rows()
    in_file = _in_file(row)
    row.cells, row.children = {}, {}
    for name, value in made.planned(plan, model).items():
        if name not in ("plan_id", "doubles", "is_asked"):
            setattr(row, name, value)
    row.before = {**row.before, "in_file": in_file}
    others = plan.rows.filter(content_type=row.content_type, object_id=pk).exclude(pk=row.pk)
    if other := others.exclude(verdict__in=[Verdict.NEW, Verdict.OUT]).first():
        message = _("row %(number)s of the file is about “%(key)s” too; leave one of them out")
        fault = Fault("key", row.key, message % {"number": other.number, "key": key}, row.number, key)
        row.verdict, row.faults = Verdict.REFUSED, [fault.as_dict()]


def answers(plan: Plan) -> dict[int, str]:
    """Return what was said of likely doubles: {number of the row in the file: answer of `settle`}."""
    said = {}
    for row in plan.rows.exclude(doubles="").filter(is_asked=False):
        is_same = "in_file" in row.before
        said[row.number] = OUT if row.verdict == Verdict.OUT else _target(row) if is_same else NEW
    return said


def _target(row: PlanRow) -> str:
    if row.object_id:
        return str(row.object_id)
    # A row that is refused is about no record; its key says which it was to be.
    found = row.content_type.model_class()._base_manager.filter(key=row.key).values_list("pk", flat=True)
    return str(found.first() or NEW)


def again(plan: Plan, *, by) -> Plan:
    """Make a waiting import anew from the file that it kept, against what is stored now, and give the old one up.

    What was said of its likely doubles stays where they are still likely. Raises what `importing.plan` raises; then the
    old one stays.
    """
    _check_author(plan, by)
    upload, data = plan.upload, importing.content(plan)
    if upload.profile:
        made = importing.plan_foreign(upload.name, data, profile=upload.profile, by=by, limits=LARGE)
    else:
        made = importing.plan(upload.name, data, resource_name=upload.table, by=by, limits=LARGE)
    said = answers(plan)
    numbers = dict(made.rows.filter(is_asked=True).values_list("number", "pk"))
    settle(made, {pk: said[number] for number, pk in numbers.items() if number in said}, by=by)
    importing.discard(plan, by=by)
    return made


@dataclass(frozen=True)
class Moved:
    """A row of a plan about a record that somebody changed since: their version, and what it changed."""

    row: PlanRow
    revision: Revision
    changes: list[Difference]


def moved(plan: Plan, most: int) -> list[Moved]:
    """Return the rows of a waiting plan whose records were changed since it was made, in order, at most so many."""
    found: list[PlanRow] = []
    rows = plan.rows.filter(verdict__in=[Verdict.CHANGED, Verdict.SAME], object_id__isnull=False)
    for pk in list(rows.order_by().values_list("content_type", flat=True).distinct()):
        model = ContentType.objects.get_for_id(pk).model_class()
        version = model._base_manager.filter(pk=OuterRef("object_id")).values("version")[:1]
        own = rows.filter(content_type=pk).annotate(version_now=Subquery(version))
        found += own.exclude(version_now=F("version_seen")).select_related("content_type").order_by("number")[:most]
    return list(_told(sorted(found, key=lambda row: row.number)[:most]))


def _told(rows: list[PlanRow]) -> Iterator[Moved]:
    for row in rows:
        record = row.content_type.model_class()._base_manager.only("pk", "version").get(pk=row.object_id)
        revision = latest_revision(record)
        before = Revision.objects.filter(
            content_type=row.content_type, object_id=row.object_id, version=row.version_seen
        ).first()
        yield Moved(row, revision, differences(before.data if before else {}, revision.data))
