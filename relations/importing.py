"""A table becomes a plan: which rows are new, changed, the same or refused. Then the plan is applied, all or nothing.

A file holds the columns of one table of a package. A row of a file of records is one record. Rows of children (stakes,
measurements, statements of the briefing, links) and of citations change the lists of the records that they belong to:
by natural key they are added or changed, and others stay.
"""

import hashlib
import re
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from itertools import chain, islice

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.db.models import Count, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from . import pair, plans, profiles, publishing, tables
from .comparing import in_words
from .doubles import doubles_of_cells
from .models import Keyed, Plan, PlanRow, Revision, Source, State, Upload
from .models.history import new_token
from .package import CITATIONS, files, record_resources, record_type
from .reading import LARGE, LIMITS, Limits, Table, Unreadable, read_lines, read_raw, read_table
from .resources import (
    ChildResource,
    Fault,
    PartsWidget,
    RecordResource,
    ReferenceWidget,
    TableResource,
    public_cells,
    registry,
    resource_of,
)
from .writing import (
    Edit,
    Prepared,
    Refused,
    Stale,
    Stored,
    examine,
    known_keys,
    latest_revision,
    may,
    prepared,
    required,
    stored,
    unknown_keys,
    write,
)

KEPT = timedelta(days=30)  # how long a plan waits for its author
WRONG = "what_is_wrong"  # the column that refused rows are given, and that is not read when they are sent again
CHUNK = 500
WRITTEN = (PlanRow.Verdict.NEW, PlanRow.Verdict.CHANGED)


# --------------------------------------------------------------------------------------------------- the tables


def table_named(text: str) -> str:
    """Return the table that a file name (`events`) or the name of a model (`Event`) means; raises LookupError."""
    word = text.lower().removesuffix(".csv").replace("-", "_")
    names = {name: name for name in files()}
    for name, resource in registry.items():
        names[resource._meta.model._meta.model_name] = name
    if word not in names:
        raise LookupError(
            _("there is no “%(text)s”; choose one of %(names)s") % {"text": text, "names": ", ".join(files())}
        )
    return names[word]


def tables_of(model: type[Keyed]) -> list[str]:
    """Return the tables that bring or change records of a model: its own, its children's and the citations."""
    own = resource_of(model)
    children = [child.name for child in own.children]
    tables = [own.file, *(child.file for child in own.children if child.name != CITATIONS)]
    return [*tables, CITATIONS] if CITATIONS in children else tables


def model_of(table: str) -> type[Keyed]:
    """Return the model under which an import of a table is found: its own or its owner's, of citations the sources'."""
    if table == CITATIONS:
        return Source
    resource = registry[table]()
    return resource._meta.model if isinstance(resource, RecordResource) else resource.owner_model


# --------------------------------------------------------------------------------------------------- planning


def plan(file_name: str, data: bytes, *, resource_name: str, by, limits: Limits = LIMITS, token: str = "") -> Plan:
    """Keep a file and what it would do as a plan that waits for its author, and return the plan.

    `resource_name` is the table: `events`, `stakes`, `citations`. Nothing is written to the record and nothing is
    locked meanwhile. `token` is the address of the plan where its maker chose one, to ask for its rows as they come.
    Raises Unreadable where the file as a whole cannot be read.
    """
    drop_expired()
    name, columns = resource_name, files()[resource_name]
    torn: list[Fault] = []
    try:
        table = read_table(data, [*columns, WRONG], name=file_name, table=name, limits=limits, is_kept_packed=True)
    except Unreadable as error:
        if error.table is None:
            raise
        table, torn = error.table, error.faults
    table.columns = [column for column in table.columns if column != WRONG]
    with pair.held():
        reader = _reader(name, table, by)
        lacking = [column for column in reader.needed if column not in table.columns]
        if lacking:
            message = _("this column is missing; without it no row says what it is about")
            raise Unreadable([Fault(column, "", message, 1) for column in lacking])
        return _keep(file_name, data, name, table, [*_refused(torn)], reader.rows(), by, token=token)


def plan_foreign(file_name: str, data: bytes, *, profile: dict, by, limits: Limits = LIMITS) -> Plan:
    """Keep a foreign file and what it would do, read by a profile, as a plan that waits for its author.

    New records that its rows name are rows of the same plan. Raises Unreadable and profiles.BadProfile as a whole, and
    profiles.NotMapped where values have no code; then nothing is kept.
    """
    drop_expired()
    raw = read_raw(data, name=file_name, limits=limits, **profiles.reading(profile))
    found = profiles.apply(profile, raw)
    if found.unmapped:
        raise profiles.NotMapped(found.unmapped)
    with pair.held():
        made = [_Records(registry[name](), table, by) for name, table in found.made.items()]
        # Records that are made beside them have no id yet, as their own have none.
        beside = {reader.model: {cells["key"]: -(2**62) for _number, cells in reader.table.rows} for reader in made}
        main = Mapped(registry[profile["table"]](), found, by)
        for reader in (*made, main):
            reader.beside = beside
        rows = chain.from_iterable(reader.rows() for reader in (*made, main))
        return _keep(file_name, data, profile["table"], found.table, [], rows, by, profile)


def keep_unmapped(file_name: str, data: bytes, *, columns: list[str], profile: dict, by) -> Plan:
    """Keep a foreign file that its owner is about to map, as an import without rows."""
    drop_expired()
    return _keep(file_name, data, profile["table"], Table(columns), [], [], by, profile)


def is_unmapped(plan: Plan) -> bool:
    """Whether a plan is a foreign file that waits to be mapped."""
    return plan.state == Plan.State.WAITING and bool(plan.upload.profile) and not plan.rows.exists()


def map_anew(plan: Plan, profile: dict, *, by) -> None:
    """Keep another profile for a foreign file that waits. Only its owner does."""
    if plan.author_id != by.pk:
        raise PermissionDenied
    Upload.objects.filter(plan=plan, plan__state=Plan.State.WAITING).update(profile=profile)


def _refused(faults: list[Fault]) -> Iterator["_Row"]:
    for fault in faults:
        yield _Row(fault.number, {}, None, fault.value, faults=[fault])


_COLUMNS = tables.names_of(PlanRow)
TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")  # as `new_token` makes them


def _keep(
    file_name: str,
    data: bytes,
    name: str,
    table: Table,
    torn,
    rows,
    by,
    profile: dict | None = None,
    token: str = "",
) -> Plan:
    """Store a plan as it grows. Its upload is stored last: a plan without one is not whole, and nobody sees it."""
    model = model_of(name)
    is_free = TOKEN.fullmatch(token) and not Plan.objects.filter(token=token).exists()
    kept = Plan.objects.create(
        token=token if is_free else new_token(),
        kind=Plan.Kind.IMPORT,
        content_type=ContentType.objects.get_for_model(model),
        author=by,
        created_at=timezone.now(),
    )
    changed_cells = 0
    try:
        for chunk in _batches(chain(torn, rows), CHUNK):
            changed_cells += sum(row.changed_cells for row in chunk)
            _find_doubles(chunk)
            planned = tables.values_of(PlanRow, (row.planned(kept, model) for row in chunk), _COLUMNS)
            with transaction.atomic():
                tables.insert(PlanRow, _COLUMNS, planned)
        Upload.objects.create(
            plan=kept,
            name=file_name[-200:],
            table=name,
            columns=table.columns,
            changed_cells=changed_cells,
            digest=hashlib.sha256(data).hexdigest(),
            size=len(data),
            content=zlib.compress(data),
            profile=profile or {},
        )
    except BaseException:
        with suppress(DatabaseError):
            kept.delete()
        raise
    return kept


def _find_doubles(rows: list["_Row"]) -> None:
    """Say of the new events among rows which stored ones they may be."""
    new = [row for row in rows if row.is_new and not row.faults and row.model is registry["events"]._meta.model]
    for row, pks in zip(new, doubles_of_cells(row.changes for row in new) if new else (), strict=True):
        row.doubles = pks


def _batches(items: Iterable, size: int) -> Iterator[list]:
    items = iter(items)
    while batch := list(islice(items, size)):
        yield batch


@dataclass
class _Row:
    """A row of a file on its way into a plan: about which record it is, what it changes there, what is wrong.

    `changes` holds the cells of the file that differ from what is stored, `before` what is stored there; `children`
    what the writer is to be given of lists. `same` is the id and version of a record that it says nothing new of.
    """

    number: int
    cells: dict[str, str]
    model: type[Keyed] | None
    key: str
    stored: Stored | None = None
    same: tuple[int, int] | None = None
    is_new: bool = False
    returns: bool = False
    before: dict[str, str] = field(default_factory=dict)
    changes: dict[str, str] = field(default_factory=dict)
    children: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    notes: list[Fault] = field(default_factory=list)
    doubles: list[int] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        """What becomes of it."""
        if self.faults:
            return PlanRow.Verdict.REFUSED
        if self.is_new:
            return PlanRow.Verdict.NEW
        return PlanRow.Verdict.CHANGED if self.changes or self.returns else PlanRow.Verdict.SAME

    @property
    def changed_cells(self) -> int:
        """How many cells of a stored row it changes."""
        return len(self.changes) if self.verdict == PlanRow.Verdict.CHANGED else 0

    @cached_property
    def public(self) -> dict:
        """The stored record as the public sees it."""
        with public_cells():
            return resource_of(self.model).snapshot(self.stored.row)

    def refuse(self, column: str, value: str, message: str) -> None:
        """Say what is wrong with one of its cells."""
        fault = Fault(column, value[:200], str(message), self.number, self.key[:200])
        if fault not in self.faults:
            self.faults.append(fault)

    def stays(self, column: str, keys: Iterable[str]) -> None:
        """Note that links to what is not public stay."""
        message = _("stays, because it is not public: a file made without drafts does not remove it")
        self.notes.append(Fault(column, "|".join(keys), message, self.number, self.key[:200]))

    def planned(self, kept: Plan, model: type[Keyed]) -> dict:
        """Return it as the columns of a row of a plan; `model` stands in where it names none itself."""
        verdict = self.verdict
        row = {
            "plan_id": kept.pk,
            "number": self.number,
            "verdict": verdict,
            "content_type_id": ContentType.objects.get_for_model(self.model or model).pk,
            "key": self.key[:200],
            "faults": [fault.as_dict() for fault in self.faults],
            "notes": [note.as_dict() for note in self.notes],
            "doubles": "|".join(map(str, self.doubles)),
            "is_asked": bool(self.doubles),
        }
        if self.same:
            row["object_id"], row["version_seen"] = self.same
        elif self.stored and not self.faults:
            row["object_id"], row["version_seen"] = self.stored.row.pk, self.stored.row.version
        if verdict in WRITTEN:
            row |= {"before": {"cells": self.before}, "cells": self.changes, "children": self.children}
            row["state"] = State.DRAFT if self.returns else ""
        return row


# ------------------------------------------------------------------------------------------- rows of records


def _reader(name: str, table: Table, by) -> "_Records | _Children":
    resource = None if name == CITATIONS else registry[name]()
    if isinstance(resource, RecordResource):
        return _Records(resource, table, by)
    return _Children(resource, table, by)


class _Records:
    """The rows of a file of records: one record each."""

    needed = ("key",)

    def __init__(self, resource: RecordResource, table: Table, by):
        self.resource, self.table, self.by = resource, table, by
        self.model = resource._meta.model
        self.given = [name for name in table.columns if name not in resource.derived]
        self.missing = {
            name for name in required(resource) if name not in table.columns and resource.default_text(name) == ""
        }
        self.places: dict[str, list[int]] = {}
        self.beside: dict[type[Keyed], dict[str, int]] = {}
        self.new_keys: dict[str, int] = {}
        self.taken_back: set[int] = set()

    def rows(self) -> Iterator[_Row]:
        """Yield all rows, planned a chunk at a time."""
        self.places = _places((cells["key"], number) for number, cells in self.table.rows)
        # New records have no id yet; any below those that stand for the rows of one chunk will do.
        self.new_keys = dict.fromkeys(self.places, -(2**62))
        for chunk in _batches(self.table.rows, CHUNK):
            rows = [_Row(number, cells, self.model, cells["key"]) for number, cells in chunk]
            self._plan(rows)
            yield from rows

    def _plan(self, rows: list[_Row]) -> None:
        denied = _denied(self.by, self.model)
        for row in rows:
            if denied:
                row.refuse("key", row.key, denied)
            elif len(self.places[row.key]) > 1:
                row.refuse("key", row.key, _twice(self.places[row.key]))
        right = {row.number: row for row in rows if not row.faults}
        differing = self._differing(list(right.values()))
        right = {number: row for number, row in right.items() if not row.same}
        found = {item.row.key: item for item in stored(self.model, pk=differing)}
        self.taken_back = _taken_back(self.model, [item.row for item in found.values()])
        edits = []
        for row in right.values():
            row.stored = found.get(row.key)
            row.is_new = row.stored is None
            edits.append(self._new(row) if row.is_new else self._changed(row))
        edits = [edit for edit in edits if edit]
        checked, faults = examine(
            edits,
            by=self.by,
            publisher=publishing.ANYONE,
            stored={(self.model, item.row.pk): item for item in found.values()},
            new_keys=self.beside | {self.model: self.new_keys},
        )
        for edit, _before, cells, children in checked:
            row = right[edit.number]
            own = self.resource.cell_names
            row.changes = cells | {name: text for name, text in row.changes.items() if name not in own}
            row.children = children
        for fault in faults:
            column = "sources" if fault.column.startswith(f"{CITATIONS}: ") else fault.column
            lacks = column in self.missing and fault.value == ""
            message = _("this column is missing, and a new record needs it") if lacks else fault.message
            right[fault.number].refuse(column, fault.value, message)

    def _differing(self, rows: list[_Row]) -> list[int]:
        """Tell the rows that say what is stored, and return the ids of the records that the others are about."""
        known = known_keys(self.model, {row.key for row in rows})
        records = tables.records(self.model, known.values())
        columns = ("pk", "version", "state")
        versions = {
            pk: (version, state)
            for chunk in _batches(known.values(), CHUNK)
            for pk, version, state in self.model._base_manager.filter(pk__in=chunk).values_list(*columns)
        }
        has_sources = "sources" in self.table.columns and "sources" in self.resource.derived
        differing = []
        for row in rows:
            pk = known.get(row.key)
            if pk is None:
                continue
            version, state = versions[pk]
            cells, children = records[pk]["cells"], records[pk]["children"]
            written = self.resource.canonical({name: row.cells[name] for name in self.given})
            is_same = state != State.WITHDRAWN and all(text == cells[name] for name, text in written.items())
            if is_same and has_sources:
                is_same = row.cells["sources"] == "|".join(sorted({item["source"] for item in children[CITATIONS]}))
            if is_same:
                row.same = pk, version
            else:
                differing.append(pk)
        return differing

    def _new(self, row: _Row) -> Edit:
        cells = {name: row.cells[name] for name in self.given}
        _check_sight(row, self.resource, cells, self.by)
        edit = Edit(self.model, cells=cells, number=row.number)
        if row.cells.get("sources"):
            edit.children = self._cited(row, stored_text="")
        return edit

    def _changed(self, row: _Row) -> Edit | None:
        before = row.stored.record["cells"]
        cells = self.resource.canonical({name: row.cells[name] for name in self.given})
        cells = {name: text for name, text in cells.items() if text != before[name]}
        for name in cells:
            cells[name] = _with_hidden(row, self.resource, name, cells[name], before[name], row.public["cells"])
        cells = {name: text for name, text in cells.items() if text != before[name]}
        _check_sight(row, self.resource, cells, self.by)
        row.before = {name: before[name] for name in cells}
        edit = Edit(self.model, pk=row.stored.row.pk, seen=row.stored.row.version, cells=cells, number=row.number)
        if row.stored.row.pk in self.taken_back:
            row.returns, edit.state = True, State.DRAFT
            message = _("it was discarded when an import was taken back, and becomes a draft again")
            row.notes.append(Fault("state", State.WITHDRAWN, message, row.number, row.key))
        if "sources" in row.cells:
            stored_text = self.resource.fields["sources"].export(row.stored.row)
            if row.cells["sources"] != stored_text:
                edit.children = self._cited(row, stored_text)
        return edit if edit.cells or edit.children or edit.state else None

    def _cited(self, row: _Row, stored_text: str) -> dict[str, list[dict[str, str]]]:
        """Return the citations after a change of the column `sources`, under their name; {} where none changes."""
        text, column = row.cells["sources"], self.resource.fields["sources"]
        if row.stored:
            with public_cells():
                public = {"sources": column.export(row.stored.row)}
            text = _with_hidden(row, self.resource, "sources", text, stored_text, public)
        changed = {"sources": text}
        _check_sight(row, self.resource, changed, self.by)
        try:
            listed = column.widget.clean(changed["sources"]) if changed else None
        except ValueError as error:
            row.refuse("sources", text, str(error))
            listed = None
        if listed is None or text == stored_text:
            return {}
        citation = next(child for child in self.resource.children if child.name == CITATIONS)()
        citations = row.stored.record["children"][CITATIONS] if row.stored else []
        gone = {item["source"] for item in citations} - set(listed)
        for source in sorted(gone):
            fields = sorted({item["field"] for item in citations if item["source"] == source} - {""})
            if fields:
                message = _("“%(source)s” supports the fields %(fields)s, so it cannot be taken out here; keep it")
                row.refuse("sources", source, message % {"source": source, "fields": ", ".join(fields)})
        added = [source for source in listed if source not in {item["source"] for item in citations}]
        left = [item for item in citations if item["source"] not in gone]
        left += [citation.whole({"source": source}) for source in added]
        if row.stored and not left and row.stored.row.state == State.PUBLISHED:
            row.refuse("sources", "", _("a public record needs a citation; keep one source"))
        row.before["sources"], row.changes["sources"] = stored_text, text
        return {CITATIONS: citation.in_order(left)}


def _taken_back(model: type[Keyed], rows: Iterable[Keyed]) -> set[int]:
    """Return the ids of rows that nobody saw and that were discarded when what created them was taken back."""
    versions = {row.pk: row.version for row in rows if row.state == State.WITHDRAWN and not row.was_public}
    content_type = ContentType.objects.get_for_model(model)
    undone = Revision.objects.filter(content_type=content_type, object_id__in=versions, plan__kind=Plan.Kind.UNDO)
    last = undone.values_list("object_id", "version") if versions else ()
    return {pk for pk, version in last if versions[pk] == version}


def _places(keys: Iterable[tuple]) -> dict:
    """Return {key: the numbers of its rows}."""
    places = defaultdict(list)
    for key, number in keys:
        places[key].append(number)
    return places


def _twice(numbers: list[int]) -> str:
    shown = ", ".join(map(str, numbers[:10]))
    return _("this stands in the rows %(numbers)s; it may stand once in a file") % {"numbers": shown}


def _denied(by, model: type[Keyed]) -> str:
    """Return why the person may import no row about a model, "" where they may."""
    if may(by, "import", model) and may(by, "view", model):
        return ""
    return _("You may not import this: %(model)s.") % {"model": model._meta.verbose_name}


def _check_sight(row: _Row, resource: TableResource, cells: dict[str, str], by) -> None:
    """Refuse and take out keys of models that the person may not see, whether or not there are such records."""
    for name in list(cells):
        model = getattr(resource.fields[name].widget, "model", None)
        if model and cells[name] and not may(by, "view", model):
            message = _("You may not see this: %(model)s.") % {"model": model._meta.verbose_name}
            row.refuse(name, cells.pop(name), message)


def _with_hidden(row: _Row, resource: TableResource, name: str, text: str, before: str, public: dict[str, str]) -> str:
    """Return the text of a cell with the links that stay because they are not public, and note them.

    A text that cannot be read stays as it is, to be refused.
    """
    widget, seen = resource.fields[name].widget, public[name]
    if before == seen or not hasattr(widget, "model"):
        return text
    if isinstance(widget, ReferenceWidget):
        if text:
            return text
        row.stays(name, [before])
        return before
    with suppress(ValueError):
        widget.clean(text)
        return _list_with_hidden(row, name, widget, *(cell.split("|") if cell else [] for cell in (text, before, seen)))
    return text


def _list_with_hidden(row: _Row, name: str, widget, items: list[str], before: list[str], seen: list[str]) -> str:
    def key_of(item):
        return item.split(":")[0]

    listed = {key_of(item) for item in items}
    hidden = [item for item in before if item not in seen and key_of(item) not in listed]
    for item in hidden:
        # In a list that keeps its order it stays behind what it stood behind.
        ahead = [other for other in before[: before.index(item)] if other in items]
        items.insert(items.index(ahead[-1]) + 1 if ahead else 0, item)
    if hidden:
        row.stays(name, map(key_of, hidden))
    return "|".join(items if isinstance(widget, PartsWidget) else sorted(items))


class Mapped(_Records):
    """Rows that a profile made of foreign ones: each may have children of its own, which are added or changed."""

    def __init__(self, resource: RecordResource, mapped: profiles.Mapped, by):
        super().__init__(resource, mapped.table, by)
        self.mapped = mapped
        self.lists = {child.name: child() for child in resource.children}
        self.wrong: dict[int, list[Fault]] = defaultdict(list)
        for fault in mapped.faults:
            self.wrong[fault.number].append(fault)

    def _plan(self, rows: list[_Row]) -> None:
        for row in rows:
            for fault in self.wrong[row.number]:
                row.refuse(fault.column, fault.value, fault.message)
        super()._plan(rows)

    def _differing(self, rows: list[_Row]) -> list[int]:
        differing = super()._differing(rows)
        for row in rows:
            if row.same and self.mapped.children.get(row.number):
                differing.append(row.same[0])
                row.same = None
        return differing

    def _new(self, row: _Row) -> Edit:
        edit = super()._new(row)
        edit.children |= self._children(row, {})
        return edit

    def _changed(self, row: _Row) -> Edit | None:
        edit = super()._changed(row)
        children = self._children(row, row.stored.record["children"])
        if children and edit is None:
            edit = Edit(self.model, pk=row.stored.row.pk, seen=row.stored.row.version, number=row.number)
        if children:
            edit.children |= children
        return edit

    def _children(self, row: _Row, stored_lists: dict[str, list[dict]]) -> dict[str, list[dict]]:
        """Return the lists that its children change, and tell them beside its cells."""
        changed = {}
        for name, given in self.mapped.children.get(row.number, {}).items():
            child, before = self.lists[name], stored_lists.get(name, [])
            old = {_natural(child, item): item for item in before}
            given = [child.canonical(old.get(_natural(child, item), {}) | item) for item in given]
            for item in given:
                _check_sight(row, child, item, self.by)
            merged, _numbers = _merged(child, before, [(row.number, item) for item in given])
            if merged != before:
                changed[name] = merged
                row.before[name], row.changes[name] = (
                    "\n".join(in_words(name, item) for item in rows) for rows in (before, merged)
                )
        return changed


# ------------------------------------------------------------------------------------------ rows of children


class _Children:
    """The rows of a file of children or citations, which change lists of the records that they belong to."""

    def __init__(self, resource: ChildResource | None, table: Table, by):
        self.table, self.by = table, by
        if resource:
            self.owner_column = resource.owner_column
            self.needed = (resource.owner_column, *resource.natural_key)
            self.kinds = {"": resource}
        else:
            self.owner_column = "record"
            citing = [item for item in record_resources() if any(child.name == CITATIONS for child in item.children)]
            self.kinds = {
                record_type(item._meta.model): next(child for child in item.children if child.name == CITATIONS)()
                for item in citing
            }
            self.needed = ("record_type", "record", *next(iter(self.kinds.values())).natural_key)

    def rows(self) -> Iterator[_Row]:
        """Yield all rows, planned some owners at a time."""
        rows = [self._row(number, cells) for number, cells in self.table.rows]
        places = _places((self._identity(row), row.number) for row in rows)
        groups: dict[tuple, list[_Row]] = defaultdict(list)
        for row in rows:
            if len(places[self._identity(row)]) > 1 and not row.faults:
                row.refuse(self.owner_column, row.key, _twice(places[self._identity(row)]))
            groups[row.model, row.key].append(row)
        for chunk in _batches(groups.items(), CHUNK):
            self._plan({owner: [row for row in group if not row.faults] for owner, group in chunk})
            for _owner, group in chunk:
                yield from group

    def _row(self, number: int, cells: dict[str, str]) -> _Row:
        owned = dict(cells)
        kind, key = owned.pop("record_type", ""), owned.pop(self.owner_column)
        if kind not in self.kinds:
            row = _Row(number, owned, None, key)
            message = _("“%(kind)s” is no kind of record; write one of %(kinds)s")
            row.refuse("record_type", kind, message % {"kind": kind[:80], "kinds": ", ".join(self.kinds)})
            return row
        child = self.kinds[kind]
        row = _Row(number, child.canonical(owned), self._model(child), key)
        denied = _denied(self.by, row.model)
        if denied:
            row.refuse(self.owner_column, key, denied)
        elif not key:
            row.refuse(self.owner_column, "", _("this is required"))
        return row

    def _model(self, child: ChildResource) -> type[Keyed]:
        if child.name == CITATIONS:
            return child._meta.model._meta.get_field("record").related_model
        return child.owner_model

    def _child(self, model: type[Keyed]) -> ChildResource:
        return next(child for child in self.kinds.values() if self._model(child) is model)

    def _identity(self, row: _Row) -> tuple:
        if row.model is None:
            return (None, row.number)
        return (row.model, row.key, *(row.cells[name] for name in self._child(row.model).natural_key))

    def _plan(self, groups: dict[tuple, list[_Row]]) -> None:
        groups = {owner: group for owner, group in groups.items() if group}
        wanted: dict[type[Keyed], set[str]] = defaultdict(set)
        for model, key in groups:
            wanted[model].add(key)
        owners = {
            (model, item.row.key): item for model, keys in wanted.items() for item in stored(model, key=sorted(keys))
        }
        unknown = {
            model: unknown_keys(model, {key for key in keys if (model, key) not in owners})
            for model, keys in wanted.items()
        }
        edits, by_number = [], {}
        for (model, key), group in groups.items():
            if (model, key) not in owners:
                for row in group:
                    row.refuse(self.owner_column, key, unknown[model][key])
                continue
            edit = self._edit(self._child(model), owners[model, key], group)
            if edit:
                edits.append(edit)
                by_number[edit.number] = group
        _checked, faults = examine(
            edits,
            by=self.by,
            publisher=publishing.ANYONE,
            stored={(model, item.row.pk): item for (model, _key), item in owners.items()},
        )
        rows = {row.number: row for group in groups.values() for row in group}
        for fault in faults:
            _child, is_of_child, column = fault.column.partition(": ")
            # What is wrong with the owner is wrong with each of its rows.
            for row in [rows[fault.number]] if is_of_child else by_number[fault.number]:
                row.refuse(column or self.owner_column, fault.value, fault.message)

    def _edit(self, child: ChildResource, owner: Stored, group: list[_Row]) -> Edit | None:
        """Find what each row of an owner changes, and return the change of the owner's list, None where none does."""
        before = owner.record["children"][child.name]
        by_key = {_natural(child, item): item for item in before}
        written = []
        for row in group:
            row.stored = owner
            old = by_key.get(_natural(child, row.cells))
            row.is_new = old is None
            if row.is_new:
                row.changes = child.whole(row.cells)
            else:
                public = {_natural(child, item): item for item in row.public["children"][child.name]}
                seen = public.get(_natural(child, old), old)
                for name, text in row.cells.items():
                    if text != old[name]:
                        text = _with_hidden(row, child, name, text, old[name], seen)
                    if text != old[name]:
                        row.before[name], row.changes[name] = old[name], text
            if row.changes:
                _check_sight(row, child, row.changes, self.by)
            if row.changes and not row.faults:
                row.children = {child.name: [child.whole((old or {}) | row.changes)]}
                written.append((row.number, row.children[child.name][0]))
        if not written:
            return None
        rows, numbers = _merged(child, before, written)
        return Edit(
            type(owner.row),
            pk=owner.row.pk,
            seen=owner.row.version,
            children={child.name: rows},
            numbers={child.name: numbers},
            number=written[0][0],
        )


def _natural(child: ChildResource, cells: dict[str, str]) -> tuple[str, ...]:
    return tuple(cells[name] for name in child.natural_key)


def _merged(child: ChildResource, before: list[dict], written: list[tuple[int, dict]]) -> tuple[list[dict], list[int]]:
    """Return a list of children with some of them written anew or added, and the row of the file of each, or 0."""
    numbers = {_natural(child, item): number for number, item in written}
    anew = {_natural(child, item): item for _number, item in written}
    rows = [anew.pop(_natural(child, item), item) for item in before]
    rows = child.in_order([*rows, *anew.values()])
    return rows, [numbers.get(_natural(child, item), 0) for item in rows]


# -------------------------------------------------------------------------------------------------- applying


def apply(plan: Plan, *, by, change: str = "", reason: str = "") -> None:
    """Do what a plan says, all of it or nothing; only its author may, and once.

    New records become drafts and changed drafts are written, with `reason` in their history; changes to published
    records wait as one proposal, for which `change` and `reason` stand. Rights, versions and references are checked
    again. Raises PermissionDenied, Stale naming who changed a record since the plan was made, and Refused.
    """
    if plan.kind != Plan.Kind.IMPORT or plan.author_id != by.pk:
        raise PermissionDenied(_("Only who made an import applies it."))
    reason = publishing.checked_reason(reason)
    try:
        with _prepared(plan, by, reason) as (public, made), transaction.atomic(), pair.held():
            plans.claim(plan, by=by, state=Plan.State.APPLIED)
            Plan.objects.filter(pk=plan.pk).update(change=change, reason=reason)
            if made.still_holds():
                made.store(by=by, plan=plan, reason=reason)
            else:
                _current_states(_edits(plan))
                write((edit for edit in _edits(plan) if _named(edit) not in public), by=by, plan=plan, reason=reason)
            _name_new_rows(plan)
            if public:
                proposed = [edit for edit in _edits(plan) if _named(edit) in public]
                publishing.propose(proposed, by=by, change=change, reason=reason, parent=plan)
    except Exception:
        with suppress(DatabaseError):
            plan.refresh_from_db()
        raise
    # Nothing is asked of the database after the commit: what failed then would deny what has happened.
    plan.change, plan.reason = change, reason


@contextmanager
def _prepared(plan: Plan, by, reason: str) -> Iterator[tuple[set, Prepared]]:
    """Give which published records a waiting plan changes, and all else that it does, made ready to be stored.

    This takes the time that an import takes, and locks nothing.
    """
    if not Plan.objects.filter(pk=plan.pk, state=Plan.State.WAITING).exists():
        plans.claim(plan, by=by, state=Plan.State.APPLIED)  # says what became of it
    if plan.rows.filter(verdict=PlanRow.Verdict.REFUSED).exists():
        raise Refused([Fault("file", "", _("rows are refused, so nothing is imported; mend them first"))])
    if asked := plan.rows.filter(is_asked=True).count():
        message = _("%(count)s rows may be records that are stored already; say of each what it is first")
        raise Refused([Fault("file", "", message % {"count": asked})])
    for pk in plan.rows.filter(verdict__in=WRITTEN).order_by().values_list("content_type", flat=True).distinct():
        if denied := _denied(by, ContentType.objects.get_for_id(pk).model_class()):
            raise PermissionDenied(denied)
    states = _current_states(_edits(plan))
    public = {target for target, state in states.items() if state == State.PUBLISHED}
    drafts = (edit for edit in _edits(plan) if _named(edit) not in public)
    new: dict[type[Keyed], list[str]] = defaultdict(list)
    keys = plan.rows.filter(verdict=PlanRow.Verdict.NEW, object_id=None).values_list("content_type", "key")
    for pk, key in keys.iterator(chunk_size=CHUNK):
        new[ContentType.objects.get_for_id(pk).model_class()].append(key)
    with prepared(drafts, by=by, plan=plan, reason=reason, new=new) as made:
        yield public, made


def _named(edit: Edit) -> tuple[type[Keyed], int | None]:
    return edit.model, edit.pk


def _name_new_rows(plan: Plan) -> None:
    """Say in a plan which rows its new records have become."""
    new = {"verdict": PlanRow.Verdict.NEW, "object_id": None}
    for pk in list(plan.rows.filter(**new).order_by().values_list("content_type", flat=True).distinct()):
        model = ContentType.objects.get_for_id(pk).model_class()
        own = model._base_manager.filter(key=OuterRef("key")).values("pk")[:1]
        plan.rows.filter(**new, content_type=pk).update(object_id=Subquery(own))


def _edits(plan: Plan) -> Iterator[Edit]:
    """Yield what the writer is to be given of a plan, read from the database as it is asked for."""
    table = plan.upload.table
    resource = None if table == CITATIONS else registry[table]()
    rows = plan.rows.filter(verdict__in=WRITTEN)
    if not isinstance(resource, RecordResource):
        yield from _owners_edits(rows.select_related("content_type"))
        return
    # A foreign file brings new records of other models too.
    kinds = rows.order_by().values_list("content_type", flat=True).distinct()
    models = {pk: ContentType.objects.get_for_id(pk).model_class() for pk in kinds}
    of = {pk: resource_of(model) for pk, model in models.items()}
    columns = ("content_type", "number", "object_id", "version_seen", "cells", "children", "state")
    for content_type, number, pk, seen, cells, children, state in rows.values_list(*columns).iterator(chunk_size=CHUNK):
        cells = {name: text for name, text in cells.items() if name in of[content_type].cell_names}
        yield Edit(
            models[content_type],
            pk=pk,
            seen=seen,
            cells=cells,
            children=children,
            state=state,
            note=plan.reason if state else "",
            number=number,
        )


def _owners_edits(rows: Iterable[PlanRow]) -> list[Edit]:
    """Return a change of each owner's list; what is stored is taken as it is, for its version is checked."""
    owners: dict[tuple[type[Keyed], int], list[PlanRow]] = defaultdict(list)
    for row in rows:
        owners[row.content_type.model_class(), row.object_id].append(row)
    wanted: dict[type[Keyed], list[int]] = defaultdict(list)
    for model, pk in owners:
        wanted[model].append(pk)
    records = {(model, item.row.pk): item.record for model, pks in wanted.items() for item in stored(model, pk=pks)}
    edits = []
    for (model, pk), group in owners.items():
        [name] = group[0].children
        child = next(child for child in resource_of(model).children if child.name == name)()
        written = [(row.number, row.children[name][0]) for row in group]
        merged, numbers = _merged(child, records[model, pk]["children"][name], written)
        edits.append(
            Edit(
                model,
                pk=pk,
                seen=group[0].version_seen,
                children={name: merged},
                numbers={name: numbers},
                number=group[0].number,
            )
        )
    return edits


def _current_states(edits: Iterable[Edit]) -> dict[tuple[type[Keyed], int], str]:
    """Return the states of the rows that edits change. Raises Stale for all that moved on since the plan was made."""
    states, stale = {}, []
    for portion in _batches((edit for edit in edits if edit.pk is not None), CHUNK):
        by_pk: dict[type[Keyed], dict[int, Edit]] = defaultdict(dict)
        for edit in portion:
            by_pk[edit.model][edit.pk] = edit
        for model, own in by_pk.items():
            for row in model._base_manager.filter(pk__in=own).only("pk", "version", "state"):
                states[model, row.pk] = row.state
                if row.version != own[row.pk].seen:
                    stale.append((own[row.pk], latest_revision(row)))
    if stale:
        raise Stale(sorted(stale, key=lambda pair: pair[0].number))
    return states


def discard(plan: Plan, *, by) -> None:
    """Give a plan up: its file and rows are deleted. Only its author may."""
    if plan.kind != Plan.Kind.IMPORT or plan.author_id != by.pk:
        raise PermissionDenied(_("Only who made an import discards it."))
    with transaction.atomic():
        plans.claim(plan, by=by, state=Plan.State.DISCARDED)
        plan.rows.all().delete()
        Upload.objects.filter(plan=plan).delete()


def drop_expired() -> None:
    """Delete imports that nobody applied in time. The files of those that were applied are kept."""
    old = timezone.now() - KEPT
    Plan.objects.filter(kind=Plan.Kind.IMPORT, state=Plan.State.WAITING, created_at__lt=old).delete()


# ------------------------------------------------------------------------------------------------- reporting


@dataclass(frozen=True)
class Totals:
    """How many rows of a plan are of each verdict, and how many cells of stored rows it changes.

    `doubles` are those that may be other records, whatever their verdict, and `asked` those of them that nobody has
    said yet what they are.
    """

    new: int = 0
    changed: int = 0
    same: int = 0
    refused: int = 0
    out: int = 0
    cells: int = 0
    doubles: int = 0
    asked: int = 0

    @property
    def rows(self) -> int:
        """All rows of the file."""
        return self.new + self.changed + self.same + self.refused + self.out

    @property
    def writes(self) -> int:
        """The rows that it would write."""
        return self.new + self.changed

    @property
    def ready(self) -> int:
        """The rows that are not refused."""
        return self.rows - self.refused


def totals(plan: Plan) -> Totals:
    """Return the totals of a plan; they add up."""
    counted = (
        plan.rows.order_by()
        .values_list("verdict")
        .annotate(
            count=Count("pk"), resembling=Count("pk", filter=~Q(doubles="")), asked=Count("pk", filter=Q(is_asked=True))
        )
    )
    found = list(counted)
    return Totals(
        **{verdict: count for verdict, count, _doubles, _asked in found},
        cells=plan.upload.changed_cells,
        doubles=sum(doubles for _verdict, _count, doubles, _asked in found),
        asked=sum(asked for *_others, asked in found),
    )


def public_targets(plan: Plan) -> int:
    """Return how many published records a waiting plan would change: they become a proposal."""
    rows = plan.rows.filter(verdict__in=WRITTEN, object_id__isnull=False).order_by()
    count = 0
    for content_type in ContentType.objects.filter(pk__in=rows.values("content_type").distinct()):
        pks = rows.filter(content_type=content_type).values("object_id")
        count += content_type.model_class()._base_manager.filter(pk__in=pks, state=State.PUBLISHED).count()
    return count


@dataclass(frozen=True)
class Report:
    """What an import did, as the database says: records created, records changed, and its proposal if there is one."""

    created: int
    changed: int
    proposal: Plan | None
    proposed: int


def report(plan: Plan) -> Report:
    """Return what became of an import that was applied."""
    acts = dict(Revision.objects.filter(plan=plan).order_by().values_list("act").annotate(Count("pk")))
    proposal = plan.proposals.order_by("pk").first()
    return Report(
        created=acts.get(Revision.Act.CREATE, 0),
        changed=acts.get(Revision.Act.CHANGE, 0),
        proposal=proposal,
        proposed=proposal.rows.count() if proposal else 0,
    )


def content(plan: Plan) -> bytes:
    """Return the file that a plan was made from, byte for byte."""
    return zlib.decompress(bytes(plan.upload.content))


def refused_lines(plan: Plan) -> Iterator[list[str]]:
    """Yield the refused rows of a plan as they stand in the file, with the column `what_is_wrong`, header first."""
    wrong = {
        row.number: "; ".join(f"{fault['column']}: {fault['message']}" for fault in row.faults)
        for row in plan.rows.filter(verdict=PlanRow.Verdict.REFUSED).only("number", "faults")
    }
    upload = plan.upload
    if upload.profile:
        raw = read_raw(content(plan), name=upload.name, limits=LARGE, **profiles.reading(upload.profile))
        header, lines = raw.header, raw.rows
    else:
        columns = [*files()[upload.table], WRONG]
        lines = read_lines(content(plan), columns, name=upload.name, table=upload.table, limits=LARGE)
        _number, header = next(lines)
    old = header.index(WRONG) if WRONG in header else None
    width = len(header) - (old is not None)

    def line_of(cells: list[str], message: str) -> list[str]:
        kept = [cell for place, cell in enumerate(cells) if place != old]
        return [*kept, *[""] * (width - len(kept)), message]

    yield line_of(header, WRONG)
    for number, cells in lines:
        if number in wrong:
            yield line_of(cells, wrong[number])
