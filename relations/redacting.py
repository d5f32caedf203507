"""Redaction: a text that law or safety demands to be gone leaves everything, and a tombstone says that it did.

An administrator asks for it, a second person agrees. Then the text goes from the records, by the writer, so that
each has a version that says so; and from all that happened or waits: revisions, plans, uploaded files, archives of
packages, comments, old keys, and the words by which records are found. The tombstone keeps digest, date and reason.
What stands in place of the text is a mark. Copies elsewhere, such as backups, are beyond its reach.
"""

import csv
import hashlib
import io
import json
import secrets
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from django.apps import apps
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import FieldDoesNotExist, PermissionDenied
from django.db import connection, models, transaction
from django.db.models import Q, TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from . import package, pair, plans, publishing, search
from .fields import EdtfField
from .models import (
    Change,
    Child,
    Keyed,
    OldKey,
    PackageVersion,
    Plan,
    PlanRow,
    Redaction,
    Revision,
    SearchEntry,
    State,
    Upload,
)
from .naming import owner_field
from .resources import (
    CitationResource,
    Fault,
    RecordResource,
    ReferencesWidget,
    TableResource,
    registry,
    resource_of,
)
from .resources.base import (
    KEY,
    SEPARATOR,
    ChoiceWidget,
    DatesWidget,
    DecimalWidget,
    EdtfWidget,
    IntegerWidget,
    ListWidget,
    YesNoWidget,
)
from .writing import Edit, Refused, check, count_change, erase, keyed_models, snapshots, write

SHORTEST, LONGEST, MOST_TEXTS = 4, 4000, 20
NO_TEXTS = {"auth", "contenttypes", "sessions"}  # apps whose tables hold accounts, and no text of the desk
# What such a column holds is one of a list, a number or a date: a text that is like one of them is not meant.
WORDLESS = (ChoiceWidget, DatesWidget, DecimalWidget, EdtfWidget, IntegerWidget, YesNoWidget)


@dataclass(frozen=True)
class Texts:
    """What is to go, the longest first, and what stands in place of each."""

    texts: tuple[str, ...]
    mark: str

    @cached_property
    def marks(self) -> list[tuple[str, str]]:
        """(text, mark): a key keeps the form of a key, what can stand in an address that of an address."""
        pairs = []
        for text in sorted(self.texts, key=len, reverse=True):
            plain = "redacted" if not any(letter.isspace() for letter in text) else "[redacted]"
            pairs.append((text, self.mark if KEY.fullmatch(text) else plain))
        return pairs

    @cached_property
    def written(self) -> list[tuple[bytes, bytes]]:
        """(bytes, bytes) of the texts as files may hold them: in JSON, CSV and XML, in UTF-8 and UTF-16."""
        pairs = []
        for text, mark in self.marks:
            forms = {text, text.replace('"', '""'), text.replace("\n", "\r\n")}
            forms |= {json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}
            forms |= {text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")}
            for form in sorted(forms):
                pairs += [(form.encode(code), mark.encode(code)) for code in ("utf-8", "utf-16-le", "utf-16-be")]
        return pairs

    def stand_in(self, text: str) -> bool:
        """Whether one of them stands in a text."""
        return any(wanted in text for wanted, _mark in self.marks)

    def out_of(self, text: str, longest: int | None = None) -> str:
        """Return a text without them; no longer than it may be."""
        for wanted, mark in self.marks:
            text = text.replace(wanted, mark)
        return text if longest is None or len(text) <= longest else text[: longest - 1] + "…"

    def out_of_cells(self, table: TableResource | None, cells: dict[str, str]) -> dict[str, str]:
        """Return cells without them, as the columns of a table hold them: lists sorted, no text longer than it may be.

        Columns that hold no words stay as they are.
        """
        changed = {}
        for name, text in cells.items():
            widget = table.fields[name].widget if table and name in table.fields else None
            changed[name] = text
            if isinstance(text, str) and self.stand_in(text) and not isinstance(widget, WORDLESS):
                changed[name] = self.out_of(text, _longest(table, name))
                if isinstance(widget, ListWidget | ReferencesWidget):
                    changed[name] = SEPARATOR.join(sorted(set(changed[name].split(SEPARATOR))))
        return changed

    def out_of_record(self, resource: RecordResource, record: dict) -> dict:
        """Return a record as cells and children without them; a plan may hold a part of it, or cells of a child."""
        children = {child.name: child() for child in resource.children}
        return {
            part: self.out_of_cells(resource, value)
            if part == "cells"
            else {name: [self.out_of_cells(children.get(name), row) for row in rows] for name, rows in value.items()}
            for part, value in record.items()
        }

    def out_of_json(self, value):
        """Return what JSON holds without them."""
        if isinstance(value, str):
            return self.out_of(value)
        if isinstance(value, list):
            return [self.out_of_json(item) for item in value]
        if isinstance(value, dict):
            return {key: self.out_of_json(item) for key, item in value.items()}
        return value

    def out_of_bytes(self, data: bytes) -> bytes:
        """Return a file without them: a zip member by member, all else as the bytes that it is."""
        if data[:4] == b"PK\x03\x04":
            return self._out_of_zip(data)
        for wanted, mark in self.written:
            data = data.replace(wanted, mark)
        return data

    def _out_of_zip(self, data: bytes) -> bytes:
        with zipfile.ZipFile(io.BytesIO(data)) as old:
            members = [(info, old.read(info)) for info in old.infolist()]
        changed = [(self.out_of(info.filename), self.out_of_bytes(content)) for info, content in members]
        if changed == [(info.filename, content) for info, content in members]:
            return data
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
            for (info, _content), (name, content) in zip(members, changed, strict=True):
                new.writestr(zipfile.ZipInfo(name, info.date_time), content, zipfile.ZIP_DEFLATED)
        return buffer.getvalue()


def _longest(table: TableResource | None, name: str) -> int | None:
    model = table and table._meta.model
    try:
        return model._meta.get_field(name).max_length if model else None
    except FieldDoesNotExist:
        return None


# ------------------------------------------------------------------------------------------------------ asking for it


def ask(texts: Iterable[str], *, by, reason: str) -> Plan:
    """Return a plan that takes texts out of everything, which waits for a second person.

    Each text is one spelling, exactly as it is written. Raises PermissionDenied for who is no administrator, and
    Refused where a text is too short to be meant, stands nowhere, or stands in the reason.
    """
    if not by.has_perm("relations.add_redaction"):
        raise PermissionDenied(_("Only an administrator asks for a redaction."))
    wanted = tuple(dict.fromkeys(text.strip() for text in texts if text.strip()))
    reason = publishing.checked_reason(reason)
    faults = _faults(wanted, reason)
    if faults:
        raise Refused(faults)
    gone = Texts(wanted, f"redacted-{secrets.token_hex(3)}")
    places = counted(gone)
    if not places:
        raise Refused([Fault("texts", "", _("none of these stands anywhere; write each exactly as it is written"))])
    # Only the person of the plan and who agrees to it may write; the check refuses what could not be written.
    rows = [plans.row_of(*entry) for entry in check(_edits(gone), by=by, publisher=publishing.ANYONE)]
    with transaction.atomic():
        plan = plans.keep(Plan.Kind.REDACT, rows, model=Revision, author=by, change=Change.REDACTION, reason=reason)
        Redaction.objects.create(
            plan=plan,
            texts=list(wanted),
            digests=[hashlib.sha256(text.encode()).hexdigest() for text in wanted],
            mark=gone.mark,
            places=places,
        )
    return plan


def _faults(texts: tuple[str, ...], reason: str) -> list[Fault]:
    faults = []
    if not reason:
        faults.append(Fault("reason", "", _("Say why: the reason stays, and readers are told.")))
    if not texts:
        faults.append(Fault("texts", "", _("write what is to go, one spelling a line")))
    if len(texts) > MOST_TEXTS:
        faults.append(Fault("texts", "", _("at most %(most)s spellings at once") % {"most": MOST_TEXTS}))
    for text in texts:
        if not SHORTEST <= len(text) <= LONGEST:
            values = {"shortest": SHORTEST, "longest": LONGEST}
            faults.append(Fault("texts", text[:80], _("a text has %(shortest)s to %(longest)s letters") % values))
        elif text in reason:
            faults.append(Fault("reason", "", _("the reason stays, so the text itself cannot stand in it")))
    return faults


def texts_of(record: Keyed, column: str) -> list[str]:
    """Return all that a column of a record says or has said, to be taken out. Raises LookupError for no such column."""
    resource = resource_of(type(record))
    if column not in resource.cell_names:
        raise LookupError(column)
    past = Revision.objects.filter(content_type__model=record._meta.model_name, object_id=record.pk).order_by("version")
    said = [data["cells"].get(column, "") for data in past.values_list("data", flat=True)]
    said.append(snapshots(type(record), [record.pk])[record.pk]["cells"][column])
    return [text for text in dict.fromkeys(said) if len(text) >= SHORTEST]


# ----------------------------------------------------------------------------------------------------------- deciding


def may_decide(plan: Plan, person) -> bool:
    """Whether a person is the second one of a redaction."""
    is_second = plan.author_id != person.pk or not settings.SECOND_PERSON
    return is_second and person.has_perm("relations.publish_redaction")


def agree(plan: Plan, *, by) -> Redaction:
    """Take the texts of a redaction out of everything, all or nothing, and return its tombstone.

    Raises PermissionDenied for who is not a second person, and Refused where a record would be wrong without them.
    """
    if plan.kind != Plan.Kind.REDACT or not may_decide(plan, by):
        raise PermissionDenied(_("A second person agrees to a redaction: an editor or another administrator."))
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete = ON")  # or what is overwritten stays in free pages of the file
    with transaction.atomic(), pair.held():
        plans.claim(plan, by=by, state=Plan.State.APPLIED)
        tombstone = Redaction.objects.select_for_update().get(plan=plan)
        gone = Texts(tuple(tombstone.texts), tombstone.mark)
        Redaction.objects.filter(pk=tombstone.pk).update(texts=[])
        places = counted(gone)
        edits = _edits(gone)
        for model in keyed_models():
            _purge(model, gone, model._base_manager.filter(state=State.WITHDRAWN))
        write(edits, by=plan.author, publisher=by, plan=plan, change=plan.change, reason=plan.reason)
        for model in _tables():
            _purge(model, gone, model._base_manager.all())
        _purge_files(gone)
        search.tidy()
        count_change()
        Redaction.objects.filter(pk=tombstone.pk).update(places=places)
    pair.of_version.cache_clear()  # it may hold a descriptor
    plan.refresh_from_db()
    return Redaction.objects.get(plan=plan)


def refuse(plan: Plan, *, by, comment: str) -> None:
    """Refuse a redaction, or take one's own back: what waited keeps nothing of the text."""
    if plan.kind != Plan.Kind.REDACT or not (may_decide(plan, by) or plan.author_id == by.pk):
        raise PermissionDenied(_("Who asked for a redaction takes it back, or a second person refuses it."))
    if not comment.strip():
        raise Refused([Fault("comment", "", _("Say why."))])
    with transaction.atomic():
        plans.claim(plan, by=by, state=Plan.State.REFUSED, comment=comment.strip()[:1000])
        plan.rows.all().delete()
        Redaction.objects.filter(plan=plan).update(texts=[])


# ---------------------------------------------------------------------------------------------------- where it stands


def _tables() -> list[type[models.Model]]:
    """Return every model whose rows may hold a text, those of other apps and those that come later too."""
    return [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label not in NO_TEXTS and model is not SearchEntry and not model._meta.proxy
    ]


def _columns(model: type[models.Model]) -> list[models.Field]:
    kinds = (models.CharField, models.TextField, models.JSONField)
    return [
        field
        for field in model._meta.concrete_fields
        if isinstance(field, kinds) and not (field.is_relation or field.choices or isinstance(field, EdtfField))
    ]


def _holding(model: type[models.Model], gone: Texts, rows: models.QuerySet) -> Iterator[tuple[int, dict]]:
    """Yield (pk, {column: value without the texts}) of the rows in which one of them stands."""
    columns = _columns(model)
    if not columns:
        return
    casts = {f"text_of_{field.name}": Cast(field.attname, TextField()) for field in columns}
    wanted = Q()
    for text, _mark in gone.marks:
        forms = {text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}
        for name in casts:
            for form in forms:
                wanted |= Q(**{f"{name}__contains": form})
    names = [field.attname for field in columns]
    of = ["content_type"] if model in (Revision, PlanRow) else []
    found = rows.order_by().annotate(**casts).filter(wanted).values("pk", *names, *of)
    for values in found.iterator(chunk_size=500):
        resource = _resource_of_type(values["content_type"]) if of else None
        changed = {field.attname: _without(gone, resource, field, values[field.attname]) for field in columns}
        changed = {name: value for name, value in changed.items() if value != values[name]}
        if changed:
            yield values["pk"], changed


def _resource_of_type(content_type: int) -> RecordResource | None:
    model = ContentType.objects.get_for_id(content_type).model_class()
    return resource_of(model) if issubclass(model, Keyed) else None


def _without(gone: Texts, resource: RecordResource | None, field: models.Field, value):
    """Return the value of a column without the texts."""
    if not isinstance(field, models.JSONField):
        return gone.out_of(value, field.max_length) if value else value
    if resource and field.name in ("data", "before"):
        return gone.out_of_record(resource, value)
    if resource and field.name in ("cells", "children"):
        return gone.out_of_record(resource, {field.name: value})[field.name]
    return gone.out_of_json(value)


def counted(gone: Texts) -> dict[str, int]:
    """Return in how many rows of which table the texts stand: {table: number}."""
    places = {}
    for model in _tables():
        if model is Redaction:
            continue
        if count := sum(1 for _row in _holding(model, gone, model._base_manager.all())):
            places[str(model._meta.verbose_name_plural)] = count
    for model, changed in _files(gone):
        name = str(model._meta.verbose_name_plural)
        places[name] = max(places.get(name, 0), len(changed))
    return {name: count for name, count in places.items() if count}


def _edits(gone: Texts) -> list[Edit]:
    """Return what the writer is to take out of records that are not withdrawn."""
    edits = []
    for model in keyed_models():
        resource = resource_of(model)
        pks = {pk for pk, _changed in _holding(model, gone, model._base_manager.exclude(state=State.WITHDRAWN))}
        for child in resource.children:
            table = child._meta.model
            owner = owner_field(table) if issubclass(table, Child) else child().owner_column
            rows = table._base_manager.exclude(**{f"{owner}__state": State.WITHDRAWN})
            held = [pk for pk, _changed in _holding(table, gone, rows)]
            for start in range(0, len(held), 500):
                pks.update(
                    table._base_manager.filter(pk__in=held[start : start + 500]).values_list(f"{owner}_id", flat=True)
                )
        versions = {}
        for start in range(0, len(pks), 500):
            some = sorted(pks)[start : start + 500]
            versions.update(model._base_manager.filter(pk__in=some).values_list("pk", "version"))
        for pk, record in snapshots(model, pks).items():
            edit = _spared(gone, resource, Edit(model, pk, versions[pk], number=len(edits) + 1), record)
            if edit.cells or edit.children:
                edits.append(edit)
    return edits


def _spared(gone: Texts, resource: RecordResource, edit: Edit, record: dict) -> Edit:
    """Return the edit of a record without the texts; whom it names by key it goes on naming, under the new key."""
    without = gone.out_of_record(resource, record)
    for name, text in without["cells"].items():
        if text != record["cells"][name] and not hasattr(resource.fields[name].widget, "model"):
            edit.cells[name] = text
    for child in resource.children:
        rows, fields = record["children"][child.name], child().fields
        pairs = zip(without["children"][child.name], rows, strict=True)
        own = [name for name in (rows[0] if rows else ()) if not hasattr(fields[name].widget, "model")]
        if any(row[name] != before[name] for row, before in pairs for name in own):
            edit.children[child.name] = without["children"][child.name]
    return edit


# ------------------------------------------------------------------------------------------------------ taking it out


def _purge(model: type[models.Model], gone: Texts, rows: models.QuerySet) -> None:
    """Overwrite what rows hold of the texts, past and waiting alike; a key that is old and tells them goes."""
    changed = dict(_holding(model, gone, rows))
    if model is OldKey:
        erase(model, gone=changed)
        return
    erase(model, changed)
    if issubclass(model, Keyed) and changed:
        found = model._base_manager.filter(pk__in=changed)
        search.index((row, row.search_text()) for row in found)


def _files(gone: Texts) -> Iterator[tuple[type[models.Model], dict[int, dict]]]:
    """Yield the models that keep files, each with {pk: {column: content without the texts}} of those that hold them."""
    uploads = {}
    for pk, packed in Upload.objects.values_list("pk", "content").iterator(chunk_size=5):
        data = zlib.decompress(bytes(packed))
        changed = gone.out_of_bytes(data)
        if changed != data:
            uploads[pk] = {"content": zlib.compress(changed), "size": len(changed)}
    yield Upload, uploads
    archives = {}
    for pk, archive in PackageVersion.objects.values_list("pk", "archive").iterator(chunk_size=1):
        contents = package.unpack(bytes(archive))
        changed = {gone.out_of(name): _out_of_table(gone, name, data) for name, data in contents.items()}
        if changed != contents:
            archives[pk] = {"archive": package.pack(changed)}
    yield PackageVersion, archives


def _out_of_table(gone: Texts, name: str, data: bytes) -> bytes:
    """Return a file of a package without the texts, cell by cell, so that it can be read again."""
    if not name.endswith(".csv"):
        about = json.loads(data)
        changed = gone.out_of_json(about)
        return data if changed == about else json.dumps(changed, ensure_ascii=False, indent=2).encode() + b"\n"
    table = registry.get(name.removesuffix(".csv"), CitationResource)()
    columns, *rows = csv.reader(io.StringIO(data.decode(), newline=""))
    changed = [list(gone.out_of_cells(table, dict(zip(columns, row, strict=True))).values()) for row in rows]
    if changed == rows:
        return data
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows([columns, *changed])
    return buffer.getvalue().encode()


def _purge_files(gone: Texts) -> None:
    for model, changed in _files(gone):
        erase(model, changed)
