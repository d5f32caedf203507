"""The one way to write a record: form, import, command, package and action all end here.

`write` checks right, version and validity, and stores records, children, what follows from them and a Revision each,
in one transaction, for one record or 100,000. Nothing else in the project saves, updates or deletes a record.
"""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache

from django.apps import apps
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, models, transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from . import needs, pair, search
from .models import Actor, Change, Keyed, OldKey, PackageVersion, PublicRevision, Record, Revision, Source, State
from .models.base import Citation
from .resources import ChildResource, Fault, PartsWidget, RecordResource, ReferencesWidget, ReferenceWidget, resource_of

# What the app above keeps of records, such as counts, in the transaction that changes them: classes, made of the ids of
# the rows that are about to change, by model, whose `keep` is called with those that did, new ones among them.
KEEPERS: list[type] = []

CHUNK = 900  # keys or ids in one query: below the number of parameters that every SQLite takes
MANY = 1_000  # rows after which the database counts its tables


@dataclass
class Edit:
    """What is to become of one record.

    `cells` holds the columns that change, as text; `children` whole lists, by name, of those that change. `pk` is None
    for a new record; `seen` is the version that the author saw. `state` is the state to go to, "" to stay; `into` the
    id of the record that it was merged into, to which its key leads from then on. `number` is the row of a file that
    it comes from; `numbers` those of the children of a list, in its order, 0 where none.
    """

    model: type[Keyed]
    pk: int | None = None
    seen: int = 0
    cells: dict[str, str] = field(default_factory=dict)
    children: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    state: str = ""
    into: int | None = None
    note: str = ""
    number: int = 0
    numbers: dict[str, list[int]] = field(default_factory=dict)


class Refused(Exception):
    """Nothing was written; `faults` says which cells are wrong and what would be right."""

    def __init__(self, faults: list[Fault]):
        self.faults = faults
        super().__init__("; ".join(str(fault) for fault in faults[:20]))


class Stale(Refused):
    """Nothing was written, because somebody else did first; `conflicts` holds (edit, revision that came between)."""

    def __init__(self, conflicts: list[tuple[Edit, Revision | None]]):
        self.conflicts = conflicts
        super().__init__([_stale_fault(edit, revision) for edit, revision in conflicts])


def _stale_fault(edit: Edit, revision: Revision | None) -> Fault:
    if revision is None:
        return Fault("key", "", _("the record is gone"), edit.number)
    message = _("%(who)s saved version %(version)s at %(at)s, after version %(seen)s that this change is made of") % {
        "who": revision.author,
        "version": revision.version,
        "at": timezone.localtime(revision.at).strftime("%Y-%m-%d %H:%M"),
        "seen": edit.seen,
    }
    return Fault("version", str(edit.seen), message, edit.number, revision.data["cells"].get("key", ""))


@dataclass
class _Work:
    """An edit on its way: its row, what it was before, and what was read from its cells."""

    edit: Edit
    resource: RecordResource
    row: Keyed
    is_new: bool
    before: dict
    values: dict = field(default_factory=dict)
    children: dict[str, list[dict]] = field(default_factory=dict)
    was_public: bool = False
    content: bool = False
    faults: list[Fault] = field(default_factory=list)
    denied: str = ""

    @property
    def returns(self) -> bool:
        """Whether it is withdrawn, and is so no longer."""
        return not self.is_new and self.row.state == State.WITHDRAWN and self.target != State.WITHDRAWN

    @property
    def is_hidden(self) -> bool:
        """Whether it was public and is not any more."""
        return self.was_public and not self.row.is_public

    @property
    def target(self) -> str:
        """The state that it goes to."""
        return self.edit.state or self.row.state

    @property
    def checked(self) -> tuple[Edit, dict, dict, dict]:
        """What `check` says of it."""
        return self.edit, self.before, self.edit.cells, self.edit.children

    @property
    def key(self) -> str:
        """The key that it is known by."""
        return self.edit.cells.get("key") or self.before["cells"].get("key", "")

    def fault(self, column: str, value: str, message: str) -> None:
        """Say what is wrong with one of its cells."""
        self.faults.append(Fault(column, value[:200], str(message), self.edit.number, self.key))

    def child_fault(self, child: str, index: int, column: str, value: str, message: str) -> None:
        """Say what is wrong with a cell of the child at a place of its list."""
        numbers = self.edit.numbers.get(child)
        number = numbers and numbers[index] or self.edit.number
        self.faults.append(Fault(f"{child}: {column}", value[:200], str(message), number, self.key))


@dataclass(frozen=True)
class Stored:
    """A row as it is, loaded with all that it names, and its record as cells and children."""

    row: Keyed
    record: dict


def write(
    edits: Iterable[Edit], *, by, publisher=None, plan=None, change: str = "", reason: str = ""
) -> list[Revision]:
    """Write records with their children and history, all or none, and return their new Revisions.

    `by` is the person or PackageVersion that wrote the change; `publisher` the second person, where a published record
    changes. `change` and `reason` stand on /corrections/. An edit that changes nothing writes nothing. Raises Refused
    (Stale if a version has been overtaken) and PermissionDenied; then nothing has changed.
    """
    edits = list(edits)
    with transaction.atomic(), pair.held():
        works = _prepare(edits, by=by, publisher=publisher, lock=True)
        return _store(works, by=by, publisher=publisher, plan=plan, change=change, reason=reason)


def check(edits: Iterable[Edit], *, by, publisher=None) -> list[tuple[Edit, dict, dict, dict]]:
    """Say what `write` would do without doing it or locking anything.

    Returns (edit, before, cells, children) for each edit, of which cells and children are only what would change.
    Raises what `write` raises.
    """
    with pair.held():
        return [work.checked for work in _prepare(list(edits), by=by, publisher=publisher, lock=False)]


def examine(
    edits: Iterable[Edit], *, by, publisher=None, stored: dict | None = None, new_keys: dict | None = None
) -> tuple[list[tuple[Edit, dict, dict, dict]], list[Fault]]:
    """Say as `check` does what `write` would do, but return the faults of all edits beside it instead of raising.

    What the person may not do is a fault of the row too. `stored` holds the rows as `stored` below returns them, so
    that they are not loaded twice; `new_keys` the keys of further new records that cells may name: {model: {key}}.
    """
    edits = list(edits)
    works = (
        [_work(edit, stored[edit.model, edit.pk]) if edit.pk is not None else _work(edit) for edit in edits]
        if stored is not None
        else _load(edits, lock=False)
    )
    with pair.held():
        works = _examine(works, by=by, publisher=publisher, lock=False, new_keys=new_keys or {})
    for work in works:
        if work.denied:
            work.faults = []
            work.fault("key", work.key, work.denied)
    return [work.checked for work in works], [fault for work in works for fault in work.faults]


@contextmanager
def supposed(edits: Iterable[Edit]) -> Iterator[None]:
    """Within it the database is as if these edits were written, whoever may write them; after it nothing was.

    For a page as the public would see it. It holds the lock of a writer, so read a page within it and no more. Raises
    Refused and Stale where the edits cannot be written.
    """
    with transaction.atomic(), pair.held():
        works = _examine(_load(list(edits), lock=True), by=_SUPPOSED, publisher=None, lock=True, new_keys={})
        if faults := [fault for work in works for fault in work.faults]:
            raise Refused(faults)
        now = timezone.now()
        keepers = _keepers(works)
        _store_records(works, None, now)
        _refresh_public(works, now)
        # What is kept of an edition in memory is kept under its number and moment, so that it is not taken for this.
        count_change(now)
        _keep(keepers, works)
        yield
        transaction.set_rollback(True)


_SUPPOSED = object()  # stands for the writer of what nobody writes


def stored(model: type[Keyed], **among) -> Iterator[Stored]:
    """Yield rows as they are, those whose `pk` or `key` is among the given, in a constant number of queries a chunk."""
    resource = resource_of(model)
    [(name, items)] = among.items()
    for chunk in _chunks(items):
        if name == "key":
            merged = _old_keys(model, chunk)
            chunk = [key for key in chunk if key not in merged]
        for row in resource.with_relations(model._base_manager.filter(**{f"{name}__in": chunk})):
            yield Stored(row, resource.snapshot(row))


def snapshots(model: type[Keyed], pks: Iterable[int]) -> dict[int, dict]:
    """Return {pk: {"cells": …, "children": …}} of rows as they are now."""
    return {found.row.pk: found.record for found in stored(model, pk=pks)}


# ---------------------------------------------------------------------------------------------------- preparing


def _prepare(edits: list[Edit], *, by, publisher, lock: bool) -> list[_Work]:
    works = _examine(_load(edits, lock=lock), by=by, publisher=publisher, lock=lock, new_keys={})
    for work in works:
        if work.denied:
            raise PermissionDenied(work.denied)
    if any(work.faults for work in works):
        raise Refused(sorted((f for work in works for f in work.faults), key=lambda fault: fault.number))
    return works


def _examine(works: list[_Work], *, by, publisher, lock: bool, new_keys: dict) -> list[_Work]:
    """Return the works that do something, each with all its faults that can be told without the others mended."""
    _keep_changes(works)
    works = [work for work in works if work.content or work.target != work.row.state or work.is_new]
    _check_rights(works, by, publisher)
    _read(works)
    _allocate(works, lock=lock)
    _resolve(works, new_keys)
    _validate(works)
    _check_keys(works)
    _check_publishable(works, by)
    return works


def _load(edits: list[Edit], *, lock: bool) -> list[_Work]:
    """Find the rows, locked where asked, and refuse those that moved on since they were seen."""
    wanted: dict[type[Keyed], set[int]] = defaultdict(set)
    for edit in edits:
        if edit.pk is not None:
            wanted[edit.model].add(edit.pk)
    found: dict[tuple[type, int], Stored] = {}
    # In one order whoever asks, or two that want the same rows would wait for each other.
    for model, pks in sorted(wanted.items(), key=lambda item: item[0]._meta.label):
        if lock:
            for chunk in _chunks(pks):
                list(model._base_manager.select_for_update().filter(pk__in=chunk).order_by("pk").values_list("pk"))
        found.update({(model, item.row.pk): item for item in stored(model, pk=pks)})
    works, stale = [], []
    for edit in edits:
        item = found.get((edit.model, edit.pk))
        if edit.pk is not None and (item is None or item.row.version != edit.seen):
            stale.append((edit, item and latest_revision(item.row)))
        else:
            works.append(_work(edit, item))
    if stale:
        raise Stale(stale)
    return works


def _work(edit: Edit, item: Stored | None = None) -> _Work:
    resource = resource_of(edit.model)
    if item is None:
        return _Work(edit, resource, edit.model(), True, {"cells": {}, "children": {}}, content=True)
    return _Work(edit, resource, item.row, False, item.record, was_public=item.row.is_public)


def latest_revision(row: Keyed) -> Revision | None:
    """Return the Revision of the version that a row has now."""
    return (
        Revision.objects.filter(content_type=ContentType.objects.get_for_model(row), object_id=row.pk)
        .select_related("written_by", "written_by_package")
        .order_by("-version")
        .first()
    )


def _keep_changes(works: list[_Work]) -> None:
    """Drop cells and lists that say what is stored already."""
    for work in works:
        children = {child.name: child() for child in work.resource.children}
        work.edit = replace(
            work.edit,
            cells=work.resource.canonical(work.edit.cells),
            children={
                name: children[name].in_order([children[name].canonical(children[name].whole(row)) for row in rows])
                for name, rows in work.edit.children.items()
                if name in children
            },
        )
        if work.is_new:
            continue
        before = work.before
        work.edit = replace(
            work.edit,
            cells={name: text for name, text in work.edit.cells.items() if before["cells"].get(name) != text},
            children={name: rows for name, rows in work.edit.children.items() if before["children"].get(name) != rows},
        )
        work.content = bool(work.edit.cells or work.edit.children)


_TRANSITIONS = {
    (State.DRAFT, State.SUBMITTED): "change",
    (State.SUBMITTED, State.DRAFT): "publish",
    (State.SUBMITTED, State.PUBLISHED): "publish",
    (State.DRAFT, State.WITHDRAWN): "publish",
    (State.SUBMITTED, State.WITHDRAWN): "publish",
    (State.PUBLISHED, State.WITHDRAWN): "publish",
    (State.WITHDRAWN, State.DRAFT): "publish",
    # What is taken back goes to the state that it had; to the public only by a second person.
    (State.WITHDRAWN, State.SUBMITTED): "publish",
    (State.WITHDRAWN, State.PUBLISHED): "publish",
}


def _check_rights(works: list[_Work], by, publisher) -> None:
    """Refuse what the person may not do, or what the state of the record does not allow."""
    if by is _SUPPOSED or isinstance(by, PackageVersion):
        return
    judge = publisher or by
    undecided = []
    for work in works:
        edit, row = work.edit, work.row
        if not may(by, "add" if work.is_new else "change", edit.model) and (work.content or work.is_new):
            work.denied = _("You may not change this: %(model)s.") % {"model": row._meta.verbose_name}
            continue
        if work.is_new:
            if edit.state not in ("", State.DRAFT):
                work.fault("state", edit.state, _("a new record is a draft"))
            continue
        if work.content and row.state == work.target == State.WITHDRAWN:
            work.fault("state", row.state, _("it is withdrawn; reopen it first"))
        returns_to_public = work.returns and work.target == State.PUBLISHED
        if work.content and row.state == State.PUBLISHED or returns_to_public:
            if publisher is None:
                work.fault("state", row.state, _("it is published; propose the change instead"))
            elif not may(publisher, "publish", edit.model):
                work.denied = _("Only an editor agrees to a change of a published record.")
            elif settings.SECOND_PERSON and publisher == by:
                work.denied = _("Who agrees to a change is not its author: a second person does.")
        if work.target != row.state:
            right = _TRANSITIONS.get((State(row.state), State(work.target)))
            if right is None and not settings.SECOND_PERSON and (row.state, work.target) == ("draft", "published"):
                right = "publish"
            if right is None:
                wording = _("a record that is %(now)s cannot become %(next)s")
                work.fault("state", work.target, wording % {"now": row.state, "next": work.target})
            elif not may(judge, right, edit.model) and not work.denied:
                work.denied = _("Only an editor publishes, returns and withdraws.")
                undecided.append(work)
    _let_authors_take_back(undecided, by)
    publishing = [work for work in works if work.target == State.PUBLISHED and work.row.state != State.PUBLISHED]
    if settings.SECOND_PERSON:
        wrote = writers([work.row for work in publishing])
        for work in publishing:
            if judge.pk in wrote[work.edit.model, work.row.pk]:
                work.denied = _("You wrote “%(title)s”, so a second person publishes it.") % {"title": work.row}


def _let_authors_take_back(works: list[_Work], by) -> None:
    """Let a person discard, call back and reopen what nobody else wrote and the public never saw."""
    own = [work for work in works if not work.row.was_public and work.target != State.PUBLISHED]
    wrote = writers([work.row for work in own if may(by, "change", work.edit.model)])
    for work in own:
        if wrote.get((work.edit.model, work.row.pk)) == {by.pk}:
            work.denied = ""


def may(person, act: str, model: type[Keyed]) -> bool:
    """Whether a person has the right to `add`, `change`, `publish`, `import`, `export` or `view` a model."""
    return person.has_perm(f"{model._meta.app_label}.{act}_{model._meta.model_name}")


def writers(rows: Iterable[Keyed]) -> dict[tuple[type, int], set[int]]:
    """Return who wrote each row since its last published version, as {(model, pk): {user id}}."""
    found: dict[tuple[type, int], set[int]] = defaultdict(set)
    by_model: dict[type, list[int]] = defaultdict(list)
    for row in rows:
        by_model[type(row)].append(row.pk)
    for model, pks in by_model.items():
        content_type = ContentType.objects.get_for_model(model)
        for chunk in _chunks(pks):
            past = Revision.objects.filter(content_type=content_type, object_id__in=chunk).order_by("version")
            for pk, published_at, act, writer in past.values_list("object_id", "published_at", "act", "written_by"):
                if published_at and act != Revision.Act.WITHDRAW:
                    found[model, pk].clear()
                elif act in (Revision.Act.CREATE, Revision.Act.CHANGE) and writer:
                    found[model, pk].add(writer)
    return found


def _read(works: list[_Work]) -> None:
    """Turn cells into values; what cannot be read is a fault and has none."""
    for work in works:
        resource, cells = work.resource, work.edit.cells
        unknown = set(cells) - set(resource.cell_names) | set(work.edit.children) - {c.name for c in resource.children}
        if unknown:
            raise LookupError(f"{resource.file} has no {sorted(unknown)}")
        if work.is_new:
            work.edit = replace(
                work.edit, cells={name: cells.get(name, resource.default_text(name)) for name in resource.cell_names}
            )
        work.values, wrong = resource.read_cells(work.edit.cells)
        for fault in wrong:
            work.fault(fault.column, fault.value, fault.message)
        for name in required(resource):
            if work.edit.cells.get(name) == "" and name in work.values:
                del work.values[name]
                work.fault(name, "", _("this is required"))
        for child in resource.children:
            if child.name in work.edit.children:
                _read_children(work, child())


def required(resource: RecordResource | ChildResource) -> set[str]:
    """Return the columns that are never empty."""
    names = set()
    for name in resource._meta.fields:
        if isinstance(resource.fields[name].widget, PartsWidget):
            names.add(name)
        elif name not in getattr(resource, "derived", ()):
            model_field = resource._meta.model._meta.get_field(name)
            if not model_field.blank and not isinstance(model_field, models.BooleanField):
                names.add(name)
    return names


def _read_children(work: _Work, child: ChildResource) -> None:
    seen, rows = set(), []
    cited = {"", *work.resource._meta.fields, *(c.name for c in work.resource.children)} - {
        "key",
        "sources",
        "citations",
    }
    needed = required(child) - {child.owner_column, "record"}
    for index, cells in enumerate(work.edit.children[child.name]):
        values, wrong = child.read_cells(cells)
        for fault in wrong:
            work.child_fault(child.name, index, fault.column, fault.value, fault.message)
        for name in needed:
            if cells[name] == "" and name in values:
                del values[name]
                work.child_fault(child.name, index, name, "", _("this is required"))
        natural = tuple(cells[name] for name in child.natural_key)
        if natural in seen:
            text = ", ".join(part for part in natural if part)
            message = _("this stands twice: %(text)s") % {"text": text}
            work.child_fault(child.name, index, child.natural_key[0], text, message)
        seen.add(natural)
        if child.name == "citations" and cells["field"] not in cited:
            message = _("there is no such field; write one of %(names)s") % {"names": ", ".join(sorted(cited - {""}))}
            work.child_fault(child.name, index, "field", cells["field"], message)
        rows.append(values)
    work.children[child.name] = rows


def _allocate(works: list[_Work], *, lock: bool) -> None:
    """Give new rows their ids beforehand, so that rows of one batch can point to each other.

    Where nothing is to be written the ids are below zero, and none is used up.
    """
    new: dict[type[Keyed], list[_Work]] = defaultdict(list)
    for work in works:
        if work.is_new:
            new[work.edit.model].append(work)
    for model, group in new.items():
        ids = _new_ids(model, len(group)) if lock else range(-1, -1 - len(group), -1)
        for work, pk in zip(group, ids, strict=True):
            work.row.pk = pk


def _new_ids(model: type[Keyed], count: int) -> Iterator[int]:
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [f'"{table}"', count]
            )
            return iter([row[0] for row in cursor.fetchall()])
    # SQLite has one writer at a time, and rows are never deleted.
    last = model._base_manager.aggregate(last=models.Max("pk"))["last"] or 0
    return iter(range(last + 1, last + 1 + count))


def _resolve(works: list[_Work], new_keys: dict) -> None:
    """Find the rows that cells name by key, in the database or new in the batch; an unknown key loses its value."""
    needed: dict[type[Keyed], set[str]] = defaultdict(set)
    for work in works:
        for _values, _name, _place, widget, value in _references(work):
            needed[widget.model].update(_keys_of(widget, value))
    found: dict[type[Keyed], dict[str, int]] = {}
    for model, keys in needed.items():
        # Records of other batches have no id yet; any below those of this batch will do.
        found[model] = dict.fromkeys(keys & new_keys.get(model, set()), -(2**62)) | known_keys(model, keys)
    for work in works:
        # A record that was merged, and returns, has its key again.
        key = work.values.get("key") or (work.row.key if work.returns else "")
        if key and work.edit.model in found:
            found[work.edit.model][key] = work.row.pk
    advice = {model: unknown_keys(model, keys - found[model].keys()) for model, keys in needed.items()}
    for work in works:
        for values, name, place, widget, value in _references(work):
            unknown = [key for key in _keys_of(widget, value) if key in advice[widget.model]]
            for key in unknown:
                message = advice[widget.model][key]
                work.child_fault(*place, name, key, message) if place else work.fault(name, key, message)
            if unknown:
                del values[name]
        _assign(work, found)


def _references(work: _Work) -> list[tuple]:
    """Return (values, name, (child, index) or None, widget, value) of each value that names other rows."""
    tables = [(work.values, work.resource.fields, None)]
    for child in work.resource.children:
        rows = enumerate(work.children.get(child.name, ()))
        tables += [(values, child.fields, (child.name, index)) for index, values in rows]
    return [
        (values, name, place, fields[name].widget, value)
        for values, fields, place in tables
        for name, value in values.items()
        if value and hasattr(fields[name].widget, "model")
    ]


def _keys_of(widget, value) -> tuple[str, ...]:
    if isinstance(widget, PartsWidget):
        return tuple(key for key, _word in value)
    return value if isinstance(widget, ReferencesWidget) else (value,)


def known_keys(model: type[Keyed], keys: Iterable[str]) -> dict[str, int]:
    """Return {key: pk} of the rows of a model that have one of these keys; not of those merged into others."""
    found = {}
    for chunk in _chunks(keys):
        found.update(model._base_manager.filter(key__in=chunk).values_list("key", "pk"))
    for key in _old_keys(model, found):
        del found[key]
    return found


def _old_keys(model: type[Keyed], keys: Iterable[str]) -> dict[str, int]:
    """Return {key: the row that it leads to} of those keys that are a record's own no more."""
    content_type, found = ContentType.objects.get_for_model(model), {}
    for chunk in _chunks(keys):
        old = OldKey.objects.filter(content_type=content_type, key__in=chunk)
        found.update(old.values_list("key", "object_id"))
    return found


def redirects(model: type[Keyed], keys: Iterable[str] | None = None) -> dict[str, str]:
    """Return {key: the key of today that it leads to} of old keys of a model; of all of them where none are given."""
    if keys is None:
        content_type = ContentType.objects.get_for_model(model)
        keys = OldKey.objects.filter(content_type=content_type).values_list("key", flat=True)
    today = {key: key for key in keys}
    for _step in range(OldKey.LONGEST_WAY):
        old = _old_keys(model, set(today.values()))
        if not old:
            break
        names: dict[int, str] = {}
        for chunk in _chunks(set(old.values())):
            names.update(model._base_manager.filter(pk__in=chunk).values_list("pk", "key"))
        today = {start: names.get(old.get(key), key) for start, key in today.items()}
    return {start: key for start, key in today.items() if start != key}


ADVISED = 20  # keys in one batch for which near ones are looked up


def unknown_keys(model: type[Keyed], keys: Iterable[str]) -> dict[str, str]:
    """Return {key: sentence} for keys that no row has: where each leads to now, or which keys are near."""
    keys, said = sorted(keys), {}
    today = redirects(model, keys)
    for key in keys:
        if key in today:
            said[key] = _("this key has become “%(key)s”; write that") % {"key": today[key]}
            continue
        near = _near(model, key) if len(said) < ADVISED else []
        said[key] = _("no %(model)s has the key “%(key)s”.%(hint)s") % {
            "model": model._meta.verbose_name,
            "key": key,
            "hint": _(" Near: %(keys)s.") % {"keys": ", ".join(near)} if near else "",
        }
    return said


def _near(model: type[Keyed], key: str) -> list[str]:
    """Return up to three keys that are spelt much like one, each with its title."""
    like = model._base_manager.filter(key__startswith=key[:2]).order_by("key").values_list("key", flat=True)[:5000]
    near = difflib.get_close_matches(key, like, n=3)
    titles = {row.key: str(row)[:80] for row in model._base_manager.filter(key__in=near)} if near else {}
    return [f"{found} ({titles[found]})" for found in near]


def _assign(work: _Work, found: dict[type[Keyed], dict[str, int]]) -> None:
    """Set the attributes of the row, and turn the keys of lists and children into ids."""
    row = work.row
    for name, value in work.values.items():
        widget = work.resource.fields[name].widget
        if isinstance(widget, PartsWidget):
            work.values[name] = [(found[widget.model][key], word) for key, word in value]
        elif isinstance(widget, ReferencesWidget):
            work.values[name] = [found[widget.model][key] for key in value]
        elif isinstance(widget, ReferenceWidget):
            setattr(row, name, None)
            setattr(row, f"{name}_id", found[widget.model][value] if value else None)
        else:
            setattr(row, name, value)
    for child in work.resource.children:
        for values in work.children.get(child.name, ()):
            for name, value in list(values.items()):
                widget = child.fields[name].widget
                if isinstance(widget, ReferencesWidget):
                    values[name] = [found[widget.model][key] for key in value]
                elif isinstance(widget, ReferenceWidget):
                    del values[name]
                    values[f"{name}_id"] = found[widget.model][value] if value else None


def _validate(works: list[_Work]) -> None:
    """Derive what follows and let the model say what is wrong, all but what needs a query.

    What lacks a value, because its cell was refused, is left out; rules about several cells wait until each is right.
    """
    for work in works:
        if not work.content:
            continue
        is_right = not work.faults
        unread = work.edit.cells.keys() - work.values.keys()
        for name, message in _wrong(work.row, {"changed_at", *unread}, whole=is_right):
            work.fault(name, work.edit.cells.get(name, ""), message)
        for child in work.resource.children:
            if child.name in work.children:
                _validate_children(work, child(), whole=is_right)
    _check_circles([work for work in works if not work.faults])


def _validate_children(work: _Work, child: ChildResource, *, whole: bool) -> None:
    objects = []
    owner = "record" if child.name == "citations" else child.owner_column
    for index, values in enumerate(work.children[child.name]):
        cells = work.edit.children[child.name][index]
        plain = {name: value for name, value in values.items() if not isinstance(value, list)}
        item = child._meta.model(**plain, **{f"{owner}_id": work.row.pk})
        item.lists = {name: value for name, value in values.items() if isinstance(value, list)}
        for name, message in _wrong(item, cells.keys() - values.keys(), whole=whole):
            work.child_fault(child.name, index, name, cells.get(name, ""), message)
        objects.append(item)
    work.children[child.name] = objects


def _wrong(item, unread: set[str], *, whole: bool) -> list[tuple[str, str]]:
    """Return (column, message) of what a model refuses; `unread` columns, and what was read already, are left out."""
    try:
        item.clean_fields(exclude=_read_already(type(item)) | unread)
        if whole:
            item.clean()
            if hasattr(item, "derive"):
                item.derive()
    except ValidationError as error:
        by_field = error.message_dict if hasattr(error, "error_dict") else {"key": error.messages}
        return [(name, message) for name, messages in by_field.items() for message in messages]
    return []


@cache
def _read_already(model) -> frozenset[str]:
    """The relations and choices, which the widgets and the search for keys have checked."""
    return frozenset(f.name for f in model._meta.fields if f.is_relation or f.choices)


def _check_circles(works: list[_Work]) -> None:
    """Refuse a parent, origin or whole that is also beneath its own child."""
    for model in {work.edit.model for work in works}:
        own = {work.row.pk: work for work in works if work.edit.model is model}
        for model_field in model._meta.fields:
            if model_field.related_model is not model:
                continue
            above = {pk: getattr(work.row, model_field.attname) for pk, work in own.items()}
            frontier = {up for up in above.values() if up} - set(above)
            while frontier:
                for chunk in _chunks(frontier):
                    above.update(model._base_manager.filter(pk__in=chunk).values_list("pk", model_field.attname))
                frontier = {above.get(pk) for pk in frontier if above.get(pk)} - set(above)
            for pk, work in own.items():
                seen, at = {pk}, above.get(pk)
                while at and at not in seen:
                    seen.add(at)
                    at = above.get(at)
                if at == pk and model_field.name in work.edit.cells:
                    work.fault(model_field.name, work.edit.cells[model_field.name], _("this runs in a circle"))


def _check_keys(works: list[_Work]) -> None:
    """Refuse a key that another record has, had in public, or gets in the same batch."""
    named: dict[type[Keyed], dict[str, list[_Work]]] = defaultdict(lambda: defaultdict(list))
    for work in works:
        if "key" in work.values:
            named[work.edit.model][work.values["key"]].append(work)
    for model, by_key in named.items():
        taken = known_keys(model, by_key)
        old = _old_keys(model, by_key)
        advice = unknown_keys(model, old)
        for key, group in by_key.items():
            for work in group:
                if len(group) > 1:
                    work.fault("key", key, _("this key stands twice"))
                elif key in taken and (work.is_new or taken[key] != work.row.pk):
                    work.fault("key", key, _("another record has this key; choose a new one"))
                elif key in old and old[key] != work.row.pk:
                    work.fault("key", key, advice[key])


def _check_publishable(works: list[_Work], by) -> None:
    """Refuse, row by row, to publish what would be without a citation, or what belongs to something that is not public.

    `_check_published` says the same of what is stored, whatever changed it; this is for who looks before.
    """
    if isinstance(by, PackageVersion) or by is _SUPPOSED:
        return
    going = [work for work in works if work.edit.state == State.PUBLISHED != work.row.state and not work.faults]
    shown = {(work.edit.model, work.row.pk) for work in going}
    sources_go_too = any(work.edit.model is Source for work in going)
    for model, group in _by_model(going).items():
        for work in group:
            for name in model.requires:
                needed = getattr(work.row, name)
                if needed is not None and not needed.is_public and (type(needed), needed.pk) not in shown:
                    work.fault(name, "", _("what it belongs to is not public yet: publish that first"))
        told = set() if sources_go_too else {work.row.pk for work in group if not work.children}
        uncited = _uncited(model, told, once_public=True)
        for work in group:
            if work.row.pk in uncited:
                work.fault("sources", "", _("a public record needs a citation of a public source"))


# ------------------------------------------------------------------------------------------------------ storing


def _store(works: list[_Work], *, by, publisher, plan, change: str, reason: str) -> list[Revision]:
    now = timezone.now()
    old_states = {id(work): work.row.state for work in works}
    keepers = _keepers(works)
    _store_records(works, None if isinstance(by, PackageVersion) else by, now)
    if len(works) >= MANY:
        _count_rows({work.edit.model for work in works})
    touched = _refresh_public(works, now)
    _check_published(works, touched, by)
    revisions = _store_revisions(
        works, old_states, now=now, by=by, publisher=publisher, plan=plan, change=change, reason=reason
    )
    if touched or any(work.was_public for work in works) or any(revision.published_at for revision in revisions):
        count_change(now)
    _keep(keepers, works)
    _refresh_needs(works, touched, None if isinstance(by, PackageVersion) else by)
    return revisions


def _store_records(works: list[_Work], person, now) -> None:
    """Store rows, lists and children, the keys that they had and the words by which they are found."""
    old_keys = {id(work): work.before["cells"].get("key") for work in works}
    returning = [work for work in works if work.returns]
    for work in works:
        row, old_state = work.row, work.row.state
        row.state = work.target if not (work.is_new and not work.edit.state) else State.DRAFT
        row.version = work.edit.seen + 1
        row.changed_at = now
        if work.is_new:
            row.entered_by = person
        if row.state != old_state or work.edit.note:
            row.state_note = work.edit.note
        if row.state != State.PUBLISHED:
            row.is_public = False
    for model, group in _by_model(works).items():
        _store_rows(model, group)
        _store_lists(group)
        _store_children(model, group)
        _store_old_keys(group, old_keys)
        _store_merged_keys(model, group, [work.row.key for work in returning if work.edit.model is model])
        search.index((work.row, work.row.search_text()) for work in group if work.content)


def _keepers(works: list[_Work]) -> list:
    changing = {model: {w.row.pk for w in group if not w.is_new} for model, group in _by_model(works).items()}
    return [keeper(changing) for keeper in KEEPERS]


def _keep(keepers: list, works: list[_Work]) -> None:
    for keeper in keepers:
        keeper.keep({model: {work.row.pk for work in group} for model, group in _by_model(works).items()})


def count_change(now=None) -> None:
    """Count a change of what the public sees, by which pages and answers are dated."""
    now = now or timezone.now()
    PublicRevision.objects.get_or_create(pk=1)
    PublicRevision.objects.filter(pk=1).update(number=F("number") + 1, changed_at=now)


def _by_model(works: list[_Work]) -> dict[type[Keyed], list[_Work]]:
    groups: dict[type[Keyed], list[_Work]] = defaultdict(list)
    for work in works:
        groups[work.edit.model].append(work)
    return groups


def _store_rows(model: type[Keyed], works: list[_Work]) -> None:
    model._base_manager.bulk_create([work.row for work in works if work.is_new], batch_size=500)
    names = [f.attname for f in model._meta.concrete_fields if not f.primary_key]
    for work in works:
        if not work.is_new:
            current = model._base_manager.filter(pk=work.row.pk, version=work.edit.seen)
            if not current.update(**{name: getattr(work.row, name) for name in names}):
                raise Stale([(work.edit, latest_revision(work.row))])


def _store_lists(works: list[_Work]) -> None:
    """Bring the rows of many-to-many tables, and of children written in one cell, to what the cells say."""
    for name, value_field in works[0].resource.fields.items():
        widget = value_field.widget
        changed = [work for work in works if name in work.values and isinstance(work.values[name], list)]
        if not changed:
            continue
        if isinstance(widget, PartsWidget):
            table, owner = widget.child, _owner_field(widget.child, works[0].edit.model)
            _delete(table, owner, [work.row.pk for work in changed if not work.is_new])
            _create(
                table(
                    **{owner: work.row.pk, f"{widget.target}_id": pk, widget.word: word, "position": position},
                )
                for work in changed
                for position, (pk, word) in enumerate(work.values[name])
            )
        else:
            many = works[0].edit.model._meta.get_field(name)
            _store_many(many, [(work.row.pk, work.values[name], work.is_new) for work in changed])


def _store_many(many: models.ManyToManyField, lists: list[tuple[int, list[int], bool]]) -> None:
    table = many.remote_field.through
    own, other = f"{many.m2m_field_name()}_id", f"{many.m2m_reverse_field_name()}_id"
    _delete(table, own, [pk for pk, _items, is_new in lists if not is_new])
    _create(table(**{own: pk, other: item}) for pk, items, _is_new in lists for item in items)


def _store_children(model: type[Keyed], works: list[_Work]) -> None:
    for child in resource_of(model).children:
        changed = [work for work in works if child.name in work.children]
        if not changed:
            continue
        table = child._meta.model
        owner = _owner_field(table, model, "record" if child.name == "citations" else child().owner_column)
        old = [work.row.pk for work in changed if not work.is_new]
        lists = list(table._meta.many_to_many)
        for many in lists:
            for chunk in _chunks(old):
                gone = table._base_manager.filter(**{f"{owner}__in": chunk}).values("pk")
                many.remote_field.through._base_manager.filter(**{f"{many.m2m_field_name()}__in": gone}).delete()
        _delete(table, owner, old)
        items = []
        for work in changed:
            for position, item in enumerate(work.children[child.name]):
                if child.keeps_order:
                    item.position = position
                items.append(item)
        if lists:
            for item, pk in zip(items, _new_ids(table, len(items)), strict=True):
                item.pk = pk
        _create(items)
        for many in lists:
            _store_many(many, [(item.pk, item.lists.get(many.name, []), True) for item in items])


def _owner_field(table, model: type[Keyed], name: str = "") -> str:
    if name:
        return f"{name}_id"
    return next(f.attname for f in table._meta.fields if f.related_model is model)


def _delete(table, owner: str, pks: list[int]) -> None:
    for chunk in _chunks(pks):
        table._base_manager.filter(**{f"{owner}__in": chunk})._raw_delete(connection.alias)


def _create(items: Iterable[models.Model]) -> None:
    items = list(items)
    if items:
        type(items[0])._base_manager.bulk_create(items, batch_size=500)


def _store_old_keys(works: list[_Work], old_keys: dict[int, str | None]) -> None:
    for work in works:
        old = old_keys[id(work)]
        if old and old != work.row.key:
            content_type = ContentType.objects.get_for_model(work.edit.model)
            if work.row.was_public:
                OldKey.objects.get_or_create(content_type=content_type, key=old, defaults={"object_id": work.row.pk})
            OldKey.objects.filter(content_type=content_type, key=work.row.key, object_id=work.row.pk).delete()


def _store_merged_keys(model: type[Keyed], works: list[_Work], returning: list[str]) -> None:
    """Lead the keys of merged records on, and give those that return their own again."""
    content_type = ContentType.objects.get_for_model(model)
    for chunk in _chunks(returning):
        OldKey.objects.filter(content_type=content_type, key__in=chunk).delete()
    for work in works:
        if work.edit.into:
            where = {"object_id": work.edit.into, "was_public": work.row.was_public}
            OldKey.objects.update_or_create(content_type=content_type, key=work.row.key, defaults=where)


def _count_rows(written: Iterable[type[Keyed]]) -> None:
    """Let PostgreSQL count the tables of records of which many were just written.

    Nothing else counts them before this transaction ends, and tables that seem empty are read in a way that takes a
    quarter of an hour for four thousand records.
    """
    if connection.vendor == "postgresql":
        tables = set(written)
        for model in written:
            tables |= {child._meta.model for child in resource_of(model).children}
            tables |= {many.remote_field.through for many in model._meta.many_to_many}
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {', '.join(sorted(table._meta.db_table for table in tables))}")


def _refresh_public(works: list[_Work], now) -> dict[type[Keyed], set[int]]:
    """Bring `is_public` of the rows and of all that require them to what it should be; return the rows that changed."""
    touched: dict[type[Keyed], set[int]] = defaultdict(set)
    queue = [
        (
            model,
            {work.row.pk for work in group},
            {work.row.pk for work in group if work.is_hidden},
        )
        for model, group in _by_model(works).items()
    ]
    while queue:
        model, pks, changed = queue.pop(0)
        good = Q(state=State.PUBLISHED)
        for name in model.requires:
            good &= Q(**{f"{name}__isnull": True}) | Q(**{f"{name}__is_public": True})
        for chunk in _chunks(pks):
            rows = model._base_manager.filter(pk__in=chunk)
            shown = list(rows.filter(good, is_public=False).values_list("pk", flat=True))
            kept = rows.filter(good).values("pk")
            hidden = list(rows.filter(is_public=True).exclude(pk__in=kept).values_list("pk", flat=True))
            model._base_manager.filter(pk__in=shown).update(
                is_public=True, was_public=True, published_at=Coalesce("published_at", now)
            )
            model._base_manager.filter(pk__in=hidden).update(is_public=False)
            changed.update(shown, hidden)
        if not changed:
            continue
        touched[model] |= changed
        for dependent in keyed_models():
            for name in dependent.requires:
                if dependent._meta.get_field(name).related_model is model:
                    below: set[int] = set()
                    for chunk in _chunks(changed):
                        found = dependent._base_manager.filter(**{f"{name}__in": chunk})
                        below.update(found.values_list("pk", flat=True))
                    if below:
                        queue.append((dependent, below, set()))
    return touched


def keyed_models() -> list[type[Keyed]]:
    """Return all models that have a key, references first."""
    return [model for model in apps.get_models() if issubclass(model, Keyed)]


def _check_published(works: list[_Work], touched: dict[type[Keyed], set[int]], by) -> None:
    """Refuse to publish what lacks a citation or what requires what is not public, and to leave a record uncited."""
    for model, group in _by_model(works).items():
        public = set()
        pks = [work.row.pk for work in group]
        for chunk in _chunks(pks):
            public.update(model.objects.published().filter(pk__in=chunk).values_list("pk", flat=True))
        uncited = _uncited(model, public)
        for work in group:
            row = work.row
            if row.state != State.PUBLISHED:
                continue
            if row.pk not in public and not isinstance(by, PackageVersion) and work.edit.state:
                missing = [name for name in model.requires if _is_hidden(row, name)]
                message = _("what it belongs to is not public yet: publish that first")
                work.fault(missing[0] if missing else "state", "", message)
            if row.pk in uncited:
                work.fault("sources", "", _("a public record needs a citation of a public source"))
    faults = [fault for work in works for fault in work.faults]
    for model in (Source, Actor):
        if touched.get(model):
            faults += _left_uncited(model, touched[model])
    if faults:
        raise Refused(faults)


def _is_hidden(row: Keyed, name: str) -> bool:
    required_row = getattr(row, name)
    return required_row is not None and not type(required_row).objects.published().filter(pk=required_row.pk).exists()


def _uncited(model: type[Keyed], pks: set[int], *, once_public: bool = False) -> set[int]:
    """Return those records that have no public citation, or would have none once they are public themselves."""
    if not issubclass(model, Record):
        return set()
    cited: set[int] = set()
    table = model._meta.get_field("citations").related_model
    citations = table.objects.by_public_sources() if once_public else table.objects.published()
    for chunk in _chunks(pks):
        cited.update(citations.filter(record__in=chunk).values_list("record", flat=True))
    return pks - cited


def _left_uncited(model: type[Keyed], pks: set[int]) -> list[Fault]:
    """The public records that would be left without citation where sources or claimants have become hidden."""
    faults = []
    # As keys, not a subquery: in the transaction of a first load PostgreSQL has no statistics, and joins for minutes.
    gone: set[int] = set()
    for chunk in _chunks(pks):
        gone.update(model._base_manager.filter(pk__in=chunk, is_public=False).values_list("pk", flat=True))
    name = "source" if model is Source else "claimant"
    for table in apps.get_models():
        if not issubclass(table, Citation):
            continue
        record_model = table._meta.get_field("record").related_model
        leaning: set[int] = set()
        for chunk in _chunks(gone):
            citations = table._base_manager.filter(record__is_public=True, **{f"{name}__in": chunk})
            leaning.update(citations.values_list("record", flat=True))
        for key in record_model._base_manager.filter(pk__in=_uncited(record_model, leaning)).values_list(
            "key", flat=True
        ):
            label = record_model._meta.verbose_name
            message = _("the public %(model)s “%(key)s” would be left without a citation") % {
                "model": label,
                "key": key,
            }
            faults.append(Fault("state", State.WITHDRAWN, message))
    return faults


def _refresh_needs(works: list[_Work], touched: dict[type[Keyed], set[int]], person) -> None:
    """Bring what records need next to what it is now: of those written, shown or hidden, and of what leans on them."""
    changed = {model: {work.row.pk for work in group} for model, group in _by_model(works).items()}
    # Nothing leans on new rows but what is written with them.
    new = {(work.edit.model, work.row.pk) for work in works if work.is_new}
    weighed = {
        work.row.pk for work in works if work.edit.model is Source and {"publisher", "origin"} & work.edit.cells.keys()
    }
    sources = {pk for pk in weighed | touched.get(Source, set()) if (Source, pk) not in new}
    claimants = {pk for pk in touched.get(Actor, ()) if (Actor, pk) not in new}
    for found in (touched, needs.leaning(sources=sources, claimants=claimants)):
        for model, pks in found.items():
            changed[model] = changed.get(model, set()) | pks
    needs.refresh(changed, by=person)


_ACTS: dict[str, str] = {
    State.SUBMITTED: Revision.Act.SUBMIT,
    State.DRAFT: Revision.Act.RETURN,
    State.PUBLISHED: Revision.Act.PUBLISH,
    State.WITHDRAWN: Revision.Act.WITHDRAW,
}


def _store_revisions(works, old_states, *, now, by, publisher, plan, change, reason) -> list[Revision]:
    package = by if isinstance(by, PackageVersion) else None
    revisions = []
    for model, group in _by_model(works).items():
        content_type = ContentType.objects.get_for_model(model)
        after = snapshots(model, [work.row.pk for work in group])
        for work in group:
            row = work.row
            act = Revision.Act.CREATE if work.is_new else Revision.Act.CHANGE
            if not work.content:
                act = _ACTS[row.state]
            was_public = work.was_public or work.row.was_public
            is_withdrawn = row.state == State.WITHDRAWN and old_states[id(work)] != State.WITHDRAWN
            kind = Change.WITHDRAWAL if is_withdrawn else change
            seen = row.state == State.PUBLISHED or act == Revision.Act.WITHDRAW and was_public
            revisions.append(
                Revision(
                    content_type=content_type,
                    object_id=row.pk,
                    version=row.version,
                    act=act,
                    data=after[row.pk],
                    state=row.state,
                    into=work.edit.into,
                    at=now,
                    written_by=None if package else by,
                    written_by_package=package,
                    published_by=(publisher or by) if seen and not package else None,
                    published_by_package=package if seen else None,
                    published_at=now if seen else None,
                    change=kind if seen and was_public else "",
                    reason=(reason or work.edit.note)[:1000],
                    plan=plan,
                )
            )
    return Revision.objects.bulk_create(revisions, batch_size=500)


def _chunks(items: Iterable, size: int = CHUNK) -> Iterator[list]:
    items = sorted(items)
    for start in range(0, len(items), size):
        yield items[start : start + size]


# ------------------------------------------------------------------------------------------------------ overwriting


def erase(model: type[models.Model], changed: dict[int, dict] | None = None, *, gone: Iterable[int] = ()) -> None:
    """Overwrite columns of rows as they are, {pk: {column: value}}, and delete rows: history too, without a version.

    For redaction, after which nothing may tell what stood there, and for nothing else.
    """
    for pk, values in (changed or {}).items():
        model._base_manager.filter(pk=pk).update(**values)
    for chunk in _chunks(gone):
        model._base_manager.filter(pk__in=chunk)._raw_delete(connection.alias)
