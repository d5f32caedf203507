"""The data set as a Frictionless Data Package: load one, merge a newer one, dump it again, byte for byte.

A package is a folder (or a zip) with `datapackage.json` and a CSV a file of the registry. A newer package is merged
cell by cell against the version loaded last: what people changed since stays and is listed; what is gone is withdrawn
unless it was edited.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from django.core.exceptions import FieldDoesNotExist
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from . import pair
from .models import Change, PackageVersion, State
from .reading import LARGE, Table, Unreadable, read_table, unpacked
from .resources import (
    ChildResource,
    CitationResource,
    Fault,
    PartsWidget,
    RecordResource,
    ReferencesWidget,
    ReferenceWidget,
    public_cells,
    registry,
    resource_of,
)
from .resources.rows import cell_rows
from .writing import Edit, redirects, required, snapshots, write

DESCRIPTOR = "datapackage.json"
CITATIONS = "citations"


@dataclass
class Loaded:
    """What became of a load: the version, how many records it wrote, and what stayed as people had changed it."""

    version: PackageVersion | None
    written: int = 0
    kept: list[str] = field(default_factory=list)


def files() -> dict[str, list[str]]:
    """Return the columns of every file of a package, in the order in which it is written."""
    columns = {name: resource().columns for name, resource in registry.items()}
    columns[CITATIONS] = ["record_type", "record", *CitationResource().columns]
    return columns


def record_resources() -> list[RecordResource]:
    """Return the Resources of keyed models, what is referred to first."""
    return [resource() for resource in registry.values() if issubclass(resource, RecordResource)]


# ----------------------------------------------------------------------------------------------------- reading


def read_folder(folder: Path) -> dict[str, bytes]:
    """Return {file name: bytes} of the descriptor and the tables of a package, in a folder or a ZIP.

    Raises Unreadable if one lacks.
    """
    contents, faults = unpacked(folder.read_bytes()) if folder.is_file() else {}, []
    for name in (DESCRIPTOR, *(f"{name}.csv" for name in files())):
        if not folder.is_file() and (folder / name).is_file():
            contents[name] = (folder / name).read_bytes()
        if name not in contents and not _is_later(name.removesuffix(".csv")):
            faults.append(Fault(name, "", _("the package lacks this file")))
    if faults:
        raise Unreadable(faults)
    return contents


def parse(contents: dict[str, bytes]) -> tuple[dict, dict[type, dict[str, dict]]]:
    """Return (descriptor, {model: {key: {"cells": …, "children": …}}}) of the files of a package.

    Raises Unreadable naming file, row, column and value.
    """
    try:
        descriptor = json.loads(contents[DESCRIPTOR])
        pair.from_descriptor(descriptor)
    except (ValueError, KeyError, TypeError) as error:
        raise Unreadable(
            [Fault(DESCRIPTOR, "", _("the descriptor cannot be read: %(error)s") % {"error": error})]
        ) from error
    for name in ("name", "version"):
        if not descriptor.get(name):
            raise Unreadable([Fault(DESCRIPTOR, name, _("the descriptor lacks this"))])
    tables, faults = {}, []
    for name, columns in files().items():
        if f"{name}.csv" not in contents and _is_later(name):
            tables[name] = Table(columns)
            continue
        try:
            later = registry[name].later if name in registry else ()
            needed = [column for column in columns if column not in later]
            tables[name] = read_table(contents[f"{name}.csv"], columns, needed=needed, limits=LARGE, is_packaged=True)
        except Unreadable as error:
            faults += [Fault(f"{name}.csv: {f.column}", f.value, f.message, f.number) for f in error.faults]
    if faults:
        raise Unreadable(faults)
    return descriptor, _records(tables)


def _is_later(name: str) -> bool:
    """Whether the first packages had no such file."""
    return name in registry and set(registry[name].later) == set(registry[name]().columns)


def _records(tables: dict[str, Table]) -> dict[type, dict[str, dict]]:
    records: dict[type, dict[str, dict]] = {}
    faults: list[Fault] = []
    sources: dict[tuple[type, str], tuple[int, str]] = {}
    by_type = {}
    for resource in record_resources():
        model = resource._meta.model
        by_type[record_type(model)] = model
        rows = records[model] = {}
        for number, cells in tables[resource.file].rows:
            key = cells["key"]
            if key in rows:
                faults.append(Fault(f"{resource.file}.csv: key", key, _("this key stands twice"), number))
            if "sources" in resource._meta.fields:
                sources[model, key] = number, cells.pop("sources")
            cells |= {name: resource.default_text(name) for name in resource.later if name not in cells}
            rows[key] = {"cells": cells, "children": {child.name: [] for child in resource.children}, "number": number}
    for name, resource in registry.items():
        if issubclass(resource, ChildResource):
            child = resource()
            for number, cells in tables[name].rows:
                owner = cells.pop(child.owner_column)
                record = records[child.owner_model].get(owner)
                if record is None:
                    message = _("the package has no such record")
                    faults.append(Fault(f"{name}.csv: {child.owner_column}", owner, message, number))
                else:
                    record["children"][child.name].append(cells)
    for number, cells in tables[CITATIONS].rows:
        kind, owner = cells.pop("record_type"), cells.pop("record")
        record = records.get(by_type.get(kind), {}).get(owner)
        if record is None:
            message = _("the package has no such record")
            faults.append(Fault("citations.csv: record", f"{kind} {owner}", message, number))
        else:
            record["children"][CITATIONS].append(cells)
    for (model, key), (number, text) in sources.items():
        cited = "|".join(sorted({row["source"] for row in records[model][key]["children"][CITATIONS]}))
        if cited != text:
            message = _("citations.csv decides, and says %(cited)s") % {"cited": cited or _("nothing")}
            faults.append(Fault(f"{resource_of(model).file}.csv: sources", text, message, number))
    if faults:
        raise Unreadable(faults)
    return records


def record_type(model) -> str:
    """Return the word for a model in `citations.csv`: its file name in the singular."""
    return resource_of(model).file.removesuffix("s")


# ----------------------------------------------------------------------------------------------------- loading


def load(contents: dict[str, bytes]) -> Loaded:
    """Load a package, or merge a newer version of it, and publish what it brings, by the package and its version.

    Loading a version again writes nothing. Raises Unreadable and Refused; then nothing has changed.
    """
    descriptor, records = parse(contents)
    name, version = descriptor["name"], str(descriptor["version"])
    if PackageVersion.objects.filter(name=name, version=version).exists():
        return Loaded(None)
    last = PackageVersion.objects.filter(name=name).order_by("-pk").first()
    base = parse(unpack(bytes(last.archive)))[1] if last else {}
    with transaction.atomic():
        package = PackageVersion.objects.create(
            name=name, version=version, loaded_at=timezone.now(), descriptor=descriptor, archive=pack(contents)
        )
        loaded = Loaded(package)
        edits = list(_merge(records, base, loaded))
        notice = descriptor.get("bilateral", {}).get("change", {})
        with pair.held():
            revisions = write(
                edits,
                by=package,
                change=notice.get("kind", Change.CORRECTION) if last else "",
                reason=notice.get("reason", _("Version %(version)s of the data package.") % {"version": version}),
            )
        loaded.written = len(revisions)
    return loaded


def pack(contents: dict[str, bytes]) -> bytes:
    """Return the files as a zip that is the same for the same files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(contents.items()):
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def unpack(archive: bytes) -> dict[str, bytes]:
    """Return the files of a zip made by `pack`."""
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def _merge(records: dict, base: dict, loaded: Loaded) -> Iterator[Edit]:
    """Yield the edits that bring the database to the package, but for what people changed since its last version."""
    for resource in record_resources():
        model = resource._meta.model
        theirs, bases = records[model], base.get(model, {})
        today = redirects(model)
        rows = {row.key: row for row in model._base_manager.only("key", "version", "state")}
        current = snapshots(model, [row.pk for row in rows.values()]) if rows else {}
        follow = followers(resource)
        for key, record in theirs.items():
            record = follow(record)
            row = rows.get(today.get(key, key))
            if row is not None and row.key != key and row.key in theirs:
                loaded.kept.append(
                    _("%(file)s %(key)s: merged here into %(into)s, stays so")
                    % {"file": resource.file, "key": key, "into": row.key}
                )
                continue
            if row is None:
                yield Edit(
                    model,
                    cells=record["cells"],
                    children=record["children"],
                    state=State.PUBLISHED,
                    number=record["number"],
                )
                continue
            record["cells"]["key"] = row.key
            earlier = follow(bases[key]) if key in bases else None
            if earlier:
                earlier["cells"]["key"] = row.key
            yield _merged(resource, row, current[row.pk], record, earlier, loaded)
        for key in bases.keys() - theirs.keys():
            row = rows.get(today.get(key, key))
            if row is None or row.state == State.WITHDRAWN or row.key in theirs:
                continue
            earlier = follow(bases[key])
            earlier["cells"]["key"] = row.key
            if {"cells": earlier["cells"], "children": earlier["children"]} != current[row.pk]:
                loaded.kept.append(
                    _("%(file)s %(key)s: gone from the package, kept because it was edited")
                    % {"file": resource.file, "key": row.key}
                )
                continue
            yield Edit(
                model, pk=row.pk, seen=row.version, state=State.WITHDRAWN, note=_("Taken out of the data package.")
            )


def _merged(resource, row, current: dict, theirs: dict, earlier: dict | None, loaded: Loaded) -> Edit:
    where = f"{resource.file} {row.key}"
    cells = _merge_cells(where, current["cells"], theirs["cells"], earlier and earlier["cells"], loaded)
    children = {}
    for child in resource.children:
        mine, new = current["children"][child.name], theirs["children"][child.name]
        old = earlier["children"][child.name] if earlier else []
        merged = _merge_children(f"{where} {child.name}", child, mine, new, old, loaded)
        if child.name == CITATIONS and mine and not merged:
            loaded.kept.append(_("%(where)s: would be left without a citation; its citations stay") % {"where": where})
            merged = mine
        children[child.name] = merged
    return Edit(
        resource._meta.model, pk=row.pk, seen=row.version, cells=cells, children=children, number=theirs["number"]
    )


def _merge_cells(where: str, mine: dict, new: dict, old: dict | None, loaded: Loaded) -> dict[str, str]:
    merged = {}
    for name, text in new.items():
        if mine[name] == text or (old is not None and old[name] == text):
            continue
        if old is not None and old[name] == mine[name]:
            merged[name] = text
        else:
            loaded.kept.append(
                _("%(where)s %(column)s: “%(mine)s” stays, the package says “%(new)s”")
                % {"where": where, "column": name, "mine": mine[name], "new": text}
            )
    return merged


def _merge_children(where: str, child, mine: list, new: list, old: list, loaded: Loaded) -> list[dict[str, str]]:
    def by_key(rows):
        return {tuple(row[name] for name in child.natural_key): row for row in rows}

    ours, theirs, before = by_key(mine), by_key(new), by_key(old)
    merged = []
    for key, row in theirs.items():
        if key in ours:
            merged.append(ours[key] | _merge_cells(where, ours[key], row, before.get(key), loaded))
        elif key not in before:
            merged.append(row)
        else:
            loaded.kept.append(_("%(where)s %(key)s: stays removed") % {"where": where, "key": ", ".join(key)})
    for key, row in ours.items():
        if key not in theirs and (key not in before or before[key] != row):
            merged.append(row)  # a person added or changed it
    return child().in_order(merged)


def followers(resource: RecordResource):
    """Return a function that gives a copy of a package's record in which old keys are those of today."""
    tables: dict[type, dict[str, str]] = defaultdict(dict)
    for table in (resource, *(child() for child in resource.children)):
        for item in table.fields.values():
            model = getattr(item.widget, "model", None)
            if model and model not in tables:
                tables[model] = redirects(model)

    def follow_cells(table, cells):
        copied = dict(cells)
        for name, text in cells.items():
            widget = table.fields[name].widget
            today = tables.get(getattr(widget, "model", None))
            if not today or not text:
                continue
            if isinstance(widget, PartsWidget):
                pairs = [item.split(":", 1) for item in text.split("|")]
                copied[name] = "|".join(f"{today.get(key, key)}:{word}" for key, word in pairs)
            elif isinstance(widget, ReferencesWidget):
                copied[name] = "|".join(sorted(today.get(key, key) for key in text.split("|")))
            elif isinstance(widget, ReferenceWidget):
                copied[name] = today.get(text, text)
        return copied

    def follow(record):
        return {
            "cells": follow_cells(resource, record["cells"]),
            "children": {
                child.name: child().in_order([follow_cells(child(), row) for row in record["children"][child.name]])
                for child in resource.children
            },
            "number": record["number"],
        }

    return follow


# ----------------------------------------------------------------------------------------------------- dumping


def dump(*, drafts: bool = False) -> Iterator[tuple[str, Iterator[str]]]:
    """Yield (file name, its text in pieces) of the package as the record is now; without `drafts` what is public."""
    yield DESCRIPTOR, iter([descriptor_text()])
    for name in files():
        yield f"{name}.csv", table_text(name, drafts=drafts)


def table_text(name: str, *, drafts: bool = False, queryset=None) -> Iterator[str]:
    """Yield one file of the package as CSV text, in pieces; `queryset` narrows its records, or its rows' owners."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(files()[name])
    for count, cells in enumerate(table_rows(name, drafts=drafts, queryset=queryset), 1):
        writer.writerow(cells)
        if count % 200 == 0:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def table_rows(name: str, *, drafts: bool = False, queryset=None) -> Iterator[list[str]]:
    """Yield the rows of one file as the texts of its columns, in its order."""
    if name == CITATIONS:
        for resource in sorted(record_resources(), key=lambda resource: record_type(resource._meta.model)):
            model = resource._meta.model
            is_asked = queryset is None or queryset.model is model
            if is_asked and any(child.name == CITATIONS for child in resource.children):
                cited = _child_rows(resource, CITATIONS, drafts, queryset)
                yield from ([record_type(model), *row.values()] for row in cited)
        return
    resource = registry[name]()
    if isinstance(resource, RecordResource):
        records = resource._meta.model.objects.all() if queryset is None else queryset
        order = ("earliest", "key") if name == "events" else ("key",)
        yield from cell_rows(resource, (records if drafts else records.published()).order_by(*order), drafts=drafts)
        return
    owner = resource_of(resource.owner_model)
    children = _child_rows(owner, resource.name, drafts, queryset)
    if name == "briefing":
        order = list(pair.current().sections)
        children = sorted(
            children, key=lambda row: (_place(order, row["section"]), int(row["sentence"]), row["judgement"])
        )
    yield from ([row[column] for column in resource.columns] for row in children)


def _place(order: list[str], section: str) -> tuple[int, str]:
    return (order.index(section) if section in order else len(order), section)


def _child_rows(resource: RecordResource, name: str, drafts: bool, queryset) -> Iterator[dict[str, str]]:
    child = next(child for child in resource.children if child.name == name)()
    owners = resource._meta.model.objects.all() if queryset is None else queryset
    owners = owners if drafts else owners.published()
    for row in resource.with_relations(owners.order_by("key")).iterator(chunk_size=500):
        with nullcontext() if drafts else public_cells():
            cells = child.export_children(row)
        for item in cells:
            yield {child.owner_column: row.key, **item}


def descriptor_text() -> str:
    """Return the text of `datapackage.json`: what the last package says of itself, and the tables as they are."""
    last = PackageVersion.objects.order_by("-pk").first()
    about = json.loads(unpack(bytes(last.archive))[DESCRIPTOR]) if last else {"name": "bilateral", "version": "0"}
    about["resources"] = [_table_schema(name, columns) for name, columns in files().items()]
    return json.dumps(about, ensure_ascii=False, indent=2) + "\n"


def _table_schema(name: str, columns: list[str]) -> dict:
    fields, references, key = [], [], None
    if name == CITATIONS:
        table = CitationResource.of(registry["events"]._meta.model)()
        fields += [{"name": "record_type", "type": "string"}, {"name": "record", "type": "string"}]
        columns = columns[2:]
    else:
        table = registry[name]()
        key = "key" if "key" in columns else None
    for column in columns:
        widget = table.fields[column].widget
        fields.append({"name": column, "type": "string", **_described(table, column)})
        if type(widget) is ReferenceWidget:
            target = resource_of(widget.model).file
            references.append(
                {"fields": column, "reference": {"resource": "" if target == name else target, "fields": "key"}}
            )
    schema = {"fields": fields, "missingValues": [""]}
    if key:
        schema["primaryKey"] = key
    if references:
        schema["foreignKeys"] = references
    return {
        "name": name,
        "path": f"{name}.csv",
        "profile": "tabular-data-resource",
        "encoding": "utf-8",
        "dialect": {"lineTerminator": "\n"},
        "schema": schema,
    }


def _described(table, column: str) -> dict:
    text = column_help(table, column)
    described = {"description": text} if text else {}
    if column in required(table):
        described["constraints"] = {"required": True}
    return described


def column_help(table, column: str) -> str:
    """Return the help text of a column, "" where it has none."""
    try:
        return str(table._meta.model._meta.get_field(column).help_text)
    except FieldDoesNotExist:
        return ""
