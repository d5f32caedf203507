"""The one way to write a record: form, import, command, package and action all end here.

`write` checks right, version and validity, and stores records, children, what follows from them and a Revision each,
in one transaction, for one record or 100,000. Nothing else in the project saves, updates or deletes a record.
"""

from __future__ import annotations

import difflib
import pickle
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from copy import copy
from dataclasses import dataclass, field
from functools import cache, lru_cache, partial
from itertools import islice
from types import SimpleNamespace

from django.apps import apps
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import MaxLengthValidator
from django.db import connection, models, transaction
from django.db.models import F, Q
from django.db.models.base import ModelBase, ModelState
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from . import needs, pair, search, tables
from .models import Actor, Change, Keyed, Need, OldKey, PackageVersion, PublicRevision, Record, Revision, Source, State
from .models.base import Citation
from .resources import ChildResource, Fault, PartsWidget, RecordResource, ReferencesWidget, resource_of

# What the app above keeps of records, such as counts, in the transaction that changes them: classes, made of the ids of
# the rows that are about to change, by model, whose `keep` is called with those that did, new ones among them.
KEEPERS: list[type] = []

PORTION = 1_000  # edits that are made into rows at a time
MOST_FAULTS = 10_000
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
    def after(self) -> dict:
        """The record as it will be, as cells and children."""
        children = {child.name: [] for child in self.resource.children}
        return {
            "cells": self.before["cells"] | self.edit.cells,
            "children": children | self.before["children"] | self.edit.children,
        }

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
    that they are not loaded twice; `new_keys` the keys of further new records that cells may name, each with an id
    that stands for its own: {model: {key: id}}.
    """
    edits = list(edits)
    works = (
        [_work(edit, stored[edit.model, edit.pk]) if edit.pk is not None else _work(edit) for edit in edits]
        if stored is not None
        else _load(edits, lock=False)
    )
    with pair.held():
        works = _examine(works, by=by, publisher=publisher, lock=False, ids=new_keys or {})
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
        works = _examine(_load(list(edits), lock=True), by=_SUPPOSED, publisher=None, lock=True, ids={})
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
    return tables.records(model, pks)


# ----------------------------------------------------------------------------------------------- many beforehand


class Prepared:
    """Edits that were examined and made into rows while nothing was locked, in a file where they are many.

    `store` then does little but hand them to the database, so that others wait as short as can be. What was seen is
    kept too, so that it can be looked at again once nobody else can change it. See `prepared`.
    """

    MOST_IN_MEMORY = 8 * 2**20

    def __init__(self, file):
        self._file = file
        self._others: list[Edit] = []
        self._seen: dict[type[Keyed], dict[int, int]] = defaultdict(dict)
        self._named: dict[type[Keyed], dict[str, int]] = {}
        self._new: dict[type[Keyed], set[str]] = defaultdict(set)

    def _add(self, works: list[_Work], *, by, plan, reason: str) -> None:
        plain = [work for work in works if _is_plain(work)]
        self._others += [work.edit for work in works if not _is_plain(work)]
        now = timezone.now()
        states = {id(work): work.row.state for work in plain}
        _settle(plain, by, now)
        for model, group in _by_model(plain).items():
            self._seen[model].update({work.row.pk: work.edit.seen for work in group if not work.is_new})
            self._new[model].update(work.row.key for work in group if work.is_new)
            versions = _versions(group, states, now=now, by=by, publisher=None, plan=plan, change="", reason=reason)
            new = [work for work in group if work.is_new]
            pickler = pickle.Pickler(self._file)
            # The models of lists between records stand in no module, and are known by their label alone.
            pickler.dispatch_table = {ModelBase: lambda model: (_model, (model._meta.label,))}
            pickler.dump([*_rows_of(model, group), *_inserted(Revision, versions), *_new_needs(new)])

    def still_holds(self) -> bool:
        """Whether all that these edits were examined against is still so; locks the rows that they change."""
        for model, seen in sorted(self._seen.items(), key=lambda item: item[0]._meta.label):
            for chunk in _chunks(seen):
                rows = model._base_manager.select_for_update().filter(pk__in=chunk).order_by("pk")
                if dict(rows.values_list("pk", "version")) != {pk: seen[pk] for pk in chunk}:
                    return False
        if any(known_keys(model, named) != named for model, named in self._named.items()):
            return False
        return not any(
            model._base_manager.filter(key__in=chunk).exists() or _old_keys(model, chunk)
            for model, new in self._new.items()
            for chunk in _chunks(new)
        )

    def store(self, *, by, plan, reason: str) -> None:
        """Store them, inside the caller's transaction, in which they still hold."""
        self._file.seek(0)
        with suppress(EOFError):
            while True:
                _run(pickle.load(self._file))  # noqa: S301 - written above, to a file that has no name
        needs.refresh(self._seen, by=by)
        if self._others:
            write(self._others, by=by, plan=plan, reason=reason)


def _model(label: str) -> type[models.Model]:
    return apps.get_model(label)


@contextmanager
def prepared(
    edits: Iterable[Edit], *, by, plan, reason: str = "", new: dict[type[Keyed], list[str]]
) -> Iterator[Prepared]:
    """Examine edits as `write` does, and make all that can be made beforehand, locking nothing, some at a time.

    `new` holds the keys of all new records among them. Raises what `write` raises; then nothing has changed.
    """
    ids = {model: dict(zip(keys, _new_ids(model, len(keys)), strict=True)) for model, keys in new.items() if keys}
    with tempfile.SpooledTemporaryFile(Prepared.MOST_IN_MEMORY) as file, pair.held():
        made, faults = Prepared(file), []
        for chunk in _portions(edits):
            works = _examine(_load(chunk, lock=False), by=by, publisher=None, lock=False, ids=ids, named=made._named)
            _raise_denied(works)
            found = [fault for work in works for fault in work.faults]
            faults += found[: MOST_FAULTS - len(faults)]
            if not faults:
                made._add(works, by=by, plan=plan, reason=reason)
        if faults:
            raise Refused(faults)
        yield made


def _portions(edits: Iterable[Edit]) -> Iterator[list[Edit]]:
    """Yield edits some at a time; all at once of a model that names itself, for a circle is seen as a whole alone."""
    edits = iter(edits)
    while portion := list(islice(edits, PORTION)):
        if any(f.related_model is edit.model for edit in portion[:1] for f in edit.model._meta.fields):
            portion += edits
        yield portion


def _is_plain(work: _Work) -> bool:
    """Whether storing it changes nothing but its own rows: it is a draft and stays one, under its key."""
    edit, row = work.edit, work.row
    if work.is_new:
        return not edit.state and not edit.note
    is_draft = row.state in (State.DRAFT, State.SUBMITTED) and not row.is_public
    return is_draft and work.target == row.state and "key" not in edit.cells and not edit.into and not edit.note


def _raise_denied(works: list[_Work]) -> None:
    for work in works:
        if work.denied:
            raise PermissionDenied(work.denied)


# ---------------------------------------------------------------------------------------------------- preparing


def _prepare(edits: list[Edit], *, by, publisher, lock: bool) -> list[_Work]:
    works = _examine(_load(edits, lock=lock), by=by, publisher=publisher, lock=lock, ids={})
    _raise_denied(works)
    if any(work.faults for work in works):
        raise Refused(sorted((f for work in works for f in work.faults), key=lambda fault: fault.number))
    return works


def _examine(works: list[_Work], *, by, publisher, lock: bool, ids: dict, named: dict | None = None) -> list[_Work]:
    """Return the works that do something, each with all its faults that can be told without the others mended.

    `ids` holds those of new records beyond these works, and `named` is given the ids of all that cells name.
    """
    _keep_changes(works)
    works = [work for work in works if work.content or work.target != work.row.state or work.is_new]
    _check_rights(works, by, publisher)
    _read(works)
    _allocate(works, ids, lock=lock)
    _resolve(works, ids, {} if named is None else named)
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
        return _Work(edit, resource, _blank(edit.model), True, {"cells": {}, "children": {}}, content=True)
    return _Work(edit, resource, item.row, False, item.record, was_public=item.row.is_public)


def _blank(model: type[Keyed]) -> Keyed:
    """Return a new row with the defaults of its columns, which its constructor would ask for one by one each time."""
    row = model.__new__(model)
    vars(row).update(_defaults(model))
    row._state = ModelState()
    return row


@cache
def _defaults(model: type[Keyed]) -> dict:
    return {name: value for name, value in vars(model()).items() if name != "_state"}


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
        edit = work.edit = copy(work.edit)
        edit.cells = work.resource.canonical(edit.cells)
        children = {child.name: child for child in work.resource.children if child.name in edit.children}
        edit.children = {
            name: child().in_order([child().canonical(child().whole(row)) for row in edit.children[name]])
            for name, child in children.items()
        }
        if work.is_new:
            continue
        before = work.before
        edit.cells = {name: text for name, text in edit.cells.items() if before["cells"].get(name) != text}
        edit.children = {name: rows for name, rows in edit.children.items() if before["children"].get(name) != rows}
        work.content = bool(edit.cells or edit.children)


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
    allowed = cache(partial(may, by))
    for work in works:
        edit, row = work.edit, work.row
        if not allowed("add" if work.is_new else "change", edit.model) and (work.content or work.is_new):
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
            work.edit.cells = {
                name: cells[name] if name in cells else resource.default_text(name) for name in resource.cell_names
            }
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
    return _required(type(resource))


@cache
def _required(resource: type[RecordResource | ChildResource]) -> set[str]:
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


def _allocate(works: list[_Work], known: dict, *, lock: bool) -> None:
    """Give new rows their ids beforehand, so that rows of one batch can point to each other.

    Where nothing is to be written the ids are below zero, and none is used up.
    """
    new: dict[type[Keyed], list[_Work]] = defaultdict(list)
    for work in works:
        if work.is_new:
            given = known.get(work.edit.model, {}).get(work.edit.cells.get("key"), 0)
            if given > 0:
                work.row.pk = given
            else:
                new[work.edit.model].append(work)
    for model, group in new.items():
        ids = _new_ids(model, len(group)) if lock else range(-1, -1 - len(group), -1)
        for work, pk in zip(group, ids, strict=True):
            work.row.pk = pk


def _new_ids(model: type[models.Model], count: int) -> Iterator[int]:
    """Take ids from the sequence of a table, so that nobody else is given them."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [f'"{table}"', count]
            )
            return iter([row[0] for row in cursor.fetchall()])
        found = cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table]).fetchone()
        if found is None:
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, 0)", [table])
        taken = "UPDATE sqlite_sequence SET seq = seq + %s WHERE name = %s RETURNING seq"
        [last] = cursor.execute(taken, [count, table]).fetchone()
    return iter(range(last - count + 1, last + 1))


def _resolve(works: list[_Work], ids: dict, named: dict) -> None:
    """Find the rows that cells name by key, in the database or new in the batch; an unknown key loses its value."""
    needed: dict[type[Keyed], set[str]] = defaultdict(set)
    for work in works:
        for _values, _name, _place, widget, value in _references(work):
            needed[widget.model].update(_keys_of(widget, value))
    found: dict[type[Keyed], dict[str, int]] = {}
    for model, keys in needed.items():
        known, new = known_keys(model, keys), ids.get(model, {})
        named.setdefault(model, {}).update(known)
        found[model] = {key: new[key] for key in keys if key in new} | known
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
    found = [
        (work.values, name, None, widget, value)
        for name, widget in _naming(type(work.resource))
        if (value := work.values.get(name))
    ]
    for child in work.resource.children:
        for index, values in enumerate(work.children.get(child.name, ())):
            found += [
                (values, name, (child.name, index), widget, value)
                for name, widget in _naming(child)
                if (value := values.get(name))
            ]
    return found


@cache
def _naming(resource: type[RecordResource | ChildResource]) -> list[tuple]:
    """Return the columns that name other records, each with its widget."""
    fields = ((name, resource.fields[name].widget) for name in resource._meta.fields)
    return [(name, widget) for name, widget in fields if hasattr(widget, "model")]


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
    row, values = work.row, work.values
    named = dict(_naming(type(work.resource)))
    vars(row).update({name: value for name, value in values.items() if name not in named})
    for name, widget in named.items():
        if name not in values:
            continue
        if isinstance(widget, PartsWidget):
            values[name] = [(found[widget.model][key], word) for key, word in values[name]]
        elif isinstance(widget, ReferencesWidget):
            values[name] = [found[widget.model][key] for key in values[name]]
        else:
            setattr(row, f"{name}_id", found[widget.model][values[name]] if values[name] else None)
    for child in work.resource.children:
        for own in work.children.get(child.name, ()):
            for name, widget in _naming(child):
                if name not in own:
                    continue
                if isinstance(widget, ReferencesWidget):
                    own[name] = [found[widget.model][key] for key in own[name]]
                else:
                    value = own.pop(name)
                    own[f"{name}_id"] = found[widget.model][value] if value else None


def _validate(works: list[_Work]) -> None:
    """Derive what follows and let the model say what is wrong, all but what needs a query.

    What lacks a value, because its cell was refused, is left out; rules about several cells wait until each is right.
    """
    for work in works:
        if not work.content:
            continue
        is_right = not work.faults
        unread = work.edit.cells.keys() - work.values.keys()
        for name, message in _wrong(work.row, work.edit.model, unread, whole=is_right):
            work.fault(name, work.edit.cells.get(name, ""), message)
        for child in work.resource.children:
            if child.name in work.children:
                _validate_children(work, child(), whole=is_right)
    _check_circles([work for work in works if not work.faults])


def _validate_children(work: _Work, child: ChildResource, *, whole: bool) -> None:
    objects, model = [], child._meta.model
    # An instance costs more than all else that is done for a child, and only its own `clean` needs one.
    is_plain = model.clean is models.Model.clean and not hasattr(model, "derive")
    make = partial(SimpleNamespace, **_child_defaults(model)) if is_plain else model
    owner = "record" if child.name == "citations" else child.owner_column
    for index, values in enumerate(work.children[child.name]):
        cells = work.edit.children[child.name][index]
        plain = {name: value for name, value in values.items() if not isinstance(value, list)}
        item = make(**plain, **{f"{owner}_id": work.row.pk})
        item.lists = {name: value for name, value in values.items() if isinstance(value, list)}
        for name, message in _wrong(item, model, cells.keys() - values.keys(), whole=whole and not is_plain):
            work.child_fault(child.name, index, name, cells.get(name, ""), message)
        objects.append(item)
    work.children[child.name] = objects


@cache
def _child_defaults(model: type[models.Model]) -> dict:
    return {field.attname: field.get_default() for field in model._meta.concrete_fields}


def _wrong(item, model, unread: set[str], *, whole: bool) -> list[tuple[str, str]]:
    """Return (column, message) of what a model refuses; `unread` columns, and what was read already, are left out."""
    values = vars(item)
    wrong = [
        (model_field.name, message)
        for name, may_be_empty, model_field in _left_to_check(model)
        if not (may_be_empty and values[name] in ("", None)) and name not in unread
        for message in _messages(model_field, values[name])
    ]
    if wrong or not whole:
        return wrong
    try:
        item.clean()
        if hasattr(item, "derive"):
            item.derive()
    except ValidationError as error:
        by_field = error.message_dict if hasattr(error, "error_dict") else {"key": error.messages}
        return [(name, message) for name, messages in by_field.items() for message in messages]
    return []


@cache
def _left_to_check(model: type[models.Model]) -> list[tuple[str, bool, models.Field]]:
    """The columns but relations and choices, which the widgets and the search for keys have checked."""
    own = (f for f in model._meta.concrete_fields if f.editable and not f.primary_key)
    return [(f.attname, f.blank, f) for f in own if not (f.is_relation or f.choices)]


def _messages(model_field: models.Field, value) -> list[str]:
    """Return what a field says against a value."""
    # A batch has the same places, numbers and words again and again.
    is_long = isinstance(value, str) and len(value) > MOST_KEPT
    if _is_right.__wrapped__(model_field, value) if is_long else _is_right(model_field, value):
        return []
    try:
        _clean(model_field, value)
    except ValidationError as error:
        return error.messages
    return []


MOST_KEPT = 40  # characters


@lru_cache(maxsize=20_000)
def _is_right(model_field: models.Field, value) -> bool:
    try:
        _clean(model_field, value)
    except ValidationError:
        return False
    return True


def _clean(model_field: models.Field, value) -> None:
    model_field.clean(value, None)
    if isinstance(model_field, models.TextField) and model_field.max_length:
        # Django leaves the length of a long text to its form.
        MaxLengthValidator(model_field.max_length)(value)


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
    now, person = timezone.now(), None if isinstance(by, PackageVersion) else by
    old_states = {id(work): work.row.state for work in works}
    keepers = _keepers(works)
    _store_records(works, person, now)
    if len(works) >= MANY:
        _count_rows({work.edit.model for work in works})
    # What was and is not published changes nothing of what the public sees.
    visible = [work for work in works if work.was_public or work.row.state == State.PUBLISHED]
    touched = _refresh_public(visible, now)
    _check_published(visible, touched, by)
    versions = _versions(
        works, old_states, now=now, by=by, publisher=publisher, plan=plan, change=change, reason=reason
    )
    _run(_inserted(Revision, versions))
    revisions = [Revision(**version) for version in versions]
    if touched or any(work.was_public for work in works) or any(revision.published_at for revision in revisions):
        count_change(now)
    _keep(keepers, visible)
    _refresh_needs(works, touched, person)
    return revisions


# What is to be done to tables, made beforehand: functions with their arguments, to be called one after the other.
Steps = list[tuple[Callable, tuple]]


def _run(steps: Steps) -> None:
    for do, arguments in steps:
        do(*arguments)


def _store_records(works: list[_Work], person, now) -> None:
    """Store rows, lists and children, the keys that they had and the words by which they are found."""
    old_keys = {id(work): work.before["cells"].get("key") for work in works}
    returning = [work for work in works if work.returns]
    _settle(works, person, now)
    for model, group in _by_model(works).items():
        _run(_rows_of(model, group))
        _store_old_keys(group, old_keys)
        _store_merged_keys(model, group, [work.row.key for work in returning if work.edit.model is model])


def _settle(works: list[_Work], person, now) -> None:
    """Set what a row is given with each version."""
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


def _rows_of(model: type[Keyed], works: list[_Work]) -> Steps:
    """Return how the rows of records of one model, their lists, children and words come to be what they are to be."""
    names = ("id", *tables.names_of(model))
    new = tables.values_of(model, (work.row for work in works if work.is_new), names)
    old = tables.values_of(model, (work.row for work in works if not work.is_new), names)
    words = {
        is_new: {work.row.pk: work.row.search_text() for work in works if work.content and work.is_new == is_new}
        for is_new in (True, False)
    }
    content_type = ContentType.objects.get_for_model(model)
    return [
        (tables.insert, (model, names, new)),
        (_update, (model, names, old)),
        *_lists(works),
        *_children(model, works),
        *((search.store, (content_type, texts, is_new)) for is_new, texts in words.items() if texts),
    ]


def _inserted(model: type[models.Model], items: list[dict]) -> Steps:
    """Return how new rows come in that have no id yet."""
    names = tables.names_of(model)
    return [(tables.insert, (model, names, tables.values_of(model, items, names)))]


def _update(model: type[Keyed], names: tuple[str, ...], rows: list[tuple]) -> None:
    if tables.update(model, names, rows) == len(rows):
        return
    version, place = names.index("version"), names.index("id")
    gone = []
    for row in rows:
        if not model._base_manager.filter(pk=row[place], version=row[version]).exists():
            found = model._base_manager.filter(pk=row[place]).first()
            gone.append((Edit(model, pk=row[place], seen=row[version] - 1), found and latest_revision(found)))
    raise Stale(gone)


def _keepers(works: list[_Work]) -> list:
    changing = {model: {w.row.pk for w in group if not w.is_new} for model, group in _by_model(works).items()}
    return [keeper(changing) for keeper in KEEPERS]


def _keep(keepers: list, works: list[_Work]) -> None:
    for keeper in keepers:
        keeper.keep({model: {work.row.pk for work in group} for model, group in _by_model(works).items()})


def count_change(now=None) -> None:
    """Count a change of what the public sees, by which pages and answers are dated."""
    now = now or timezone.now()
    row = PublicRevision.objects.filter(pk=1)
    if not row.update(number=F("number") + 1, changed_at=now):
        PublicRevision.objects.get_or_create(pk=1)
        row.update(number=F("number") + 1, changed_at=now)


def _by_model(works: list[_Work]) -> dict[type[Keyed], list[_Work]]:
    groups: dict[type[Keyed], list[_Work]] = defaultdict(list)
    for work in works:
        groups[work.edit.model].append(work)
    return groups


def _lists(works: list[_Work]) -> Steps:
    """Return how the rows of many-to-many tables, and of children written in one cell, come to be what cells say."""
    steps: Steps = []
    for name, value_field in works[0].resource.fields.items():
        widget = value_field.widget
        changed = [work for work in works if name in work.values and isinstance(work.values[name], list)]
        if not changed:
            continue
        if isinstance(widget, PartsWidget):
            table, owner = widget.child, _owner_field(widget.child, works[0].edit.model)
            rows = [
                (work.row.pk, pk, word, position)
                for work in changed
                for position, (pk, word) in enumerate(work.values[name])
            ]
            names = (owner, f"{widget.target}_id", widget.word, "position")
            steps += _anew(table, owner, [work.row.pk for work in changed if not work.is_new], names, rows)
        else:
            many = works[0].edit.model._meta.get_field(name)
            steps += _many(many, [(work.row.pk, work.values[name], work.is_new) for work in changed])
    return steps


def _anew(table, owner: str, old: list[int], names: tuple[str, ...], rows: list[tuple]) -> Steps:
    """Return how the rows of some owners come to be others; `old` are the owners that have some already."""
    return [(_delete, (table, owner, old)), (tables.insert, (table, names, rows))]


def _many(many: models.ManyToManyField, lists: list[tuple[int, list[int], bool]]) -> Steps:
    table = many.remote_field.through
    names = own, _other = f"{many.m2m_field_name()}_id", f"{many.m2m_reverse_field_name()}_id"
    rows = [(pk, item) for pk, items, _is_new in lists for item in items]
    return _anew(table, own, [pk for pk, _items, is_new in lists if not is_new], names, rows)


def _children(model: type[Keyed], works: list[_Work]) -> Steps:
    steps: Steps = []
    for child in resource_of(model).children:
        changed = [work for work in works if child.name in work.children]
        if not changed:
            continue
        table = child._meta.model
        owner = _owner_field(table, model, "record" if child.name == "citations" else child().owner_column)
        old = [work.row.pk for work in changed if not work.is_new]
        lists = list(table._meta.many_to_many)
        steps += [(_delete_lists, (table, many.name, owner, old)) for many in lists]
        items = []
        for work in changed:
            for position, item in enumerate(work.children[child.name]):
                if child.keeps_order:
                    item.position = position
                items.append(item)
        names = tables.names_of(table)
        if lists:
            names = ("id", *names)
            for item, pk in zip(items, _new_ids(table, len(items)), strict=True):
                item.pk = pk
        steps += _anew(table, owner, old, names, tables.values_of(table, items, names))
        for many in lists:
            steps += _many(many, [(item.pk, item.lists.get(many.name, []), True) for item in items])
    return steps


def _owner_field(table, model: type[Keyed], name: str = "") -> str:
    if name:
        return f"{name}_id"
    return next(f.attname for f in table._meta.fields if f.related_model is model)


def _delete(table, owner: str, pks: list[int]) -> None:
    for chunk in _chunks(pks):
        table._base_manager.filter(**{f"{owner}__in": chunk})._raw_delete(connection.alias)


def _delete_lists(table, name: str, owner: str, pks: list[int]) -> None:
    many = table._meta.get_field(name)
    for chunk in _chunks(pks):
        gone = table._base_manager.filter(**{f"{owner}__in": chunk}).values("pk")
        many.remote_field.through._base_manager.filter(**{f"{many.m2m_field_name()}__in": gone}).delete()


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
    fresh = [work for work in works if work.is_new and work.row.state == State.DRAFT]
    _run(_new_needs(fresh))
    known = {id(work) for work in fresh}
    others = _by_model(work for work in works if id(work) not in known)
    changed = {model: {work.row.pk for work in group} for model, group in others.items()}
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


def _new_needs(works: list[_Work]) -> Steps:
    """Return how the needs of new drafts come in, of which nothing needs to be asked."""
    found = []
    for work in works:
        found += needs.of_new(work.row, is_cited=bool(work.children.get("citations")))
    return _inserted(Need, found)


_ACTS: dict[str, str] = {
    State.SUBMITTED: Revision.Act.SUBMIT,
    State.DRAFT: Revision.Act.RETURN,
    State.PUBLISHED: Revision.Act.PUBLISH,
    State.WITHDRAWN: Revision.Act.WITHDRAW,
}


def _versions(works, old_states, *, now, by, publisher, plan, change, reason) -> list[dict]:
    """Return the new versions of records, each as it is now, as the columns of Revision."""
    is_package = isinstance(by, PackageVersion)
    publisher = publisher or by
    versions = []
    for model, group in _by_model(works).items():
        content_type = ContentType.objects.get_for_model(model)
        # A key that changes in the same batch stands in other records too, so that they are asked for.
        is_renamed = any("key" in work.edit.cells and not work.is_new for work in works)
        after = snapshots(model, [work.row.pk for work in group]) if is_renamed else {}
        for work in group:
            row = work.row
            act = Revision.Act.CREATE if work.is_new else Revision.Act.CHANGE
            if not work.content:
                act = _ACTS[row.state]
            was_public = work.was_public or work.row.was_public
            is_withdrawn = row.state == State.WITHDRAWN and old_states[id(work)] != State.WITHDRAWN
            kind = Change.WITHDRAWAL if is_withdrawn else change
            seen = row.state == State.PUBLISHED or act == Revision.Act.WITHDRAW and was_public
            versions.append(
                {
                    "content_type_id": content_type.pk,
                    "object_id": row.pk,
                    "version": row.version,
                    "act": act,
                    "data": after[row.pk] if is_renamed else work.after,
                    "state": row.state,
                    "into": work.edit.into,
                    "at": now,
                    "written_by_id": None if is_package else by.pk,
                    "written_by_package_id": by.pk if is_package else None,
                    "published_by_id": publisher.pk if seen and not is_package else None,
                    "published_by_package_id": by.pk if seen and is_package else None,
                    "published_at": now if seen else None,
                    "change": kind if seen and was_public else "",
                    "reason": (reason or work.edit.note)[:1000],
                    "plan_id": plan and plan.pk,
                }
            )
    return versions


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
