"""A form with its children as one Edit, what the writer says of it back to the fields, and cells to a form again."""

from collections.abc import Iterable

from django.http import QueryDict
from django.utils.translation import gettext as _

from .. import keys
from ..models import Keyed, Source
from ..resources import Fault, PartsWidget, ReferencesWidget, ReferenceWidget, resource_of
from ..resources.base import SEPARATOR, TableResource, YesNoWidget
from ..writing import Edit
from .fields import NewSource, named

LONGEST_SHOWN = 200  # of a value in a Fault
# Edits of one form are told apart by number: the record is the first, a new source has that of its row from two on.
OF_RECORD, OF_FIRST_ROW = 1, 2


def edit_of_form(form, formsets) -> Edit:
    """Return what a form and the formsets of its children say, as one Edit on the version that the form was made of.

    Cells that a field could not read are left out. A new record without a key gets one by the rule.
    """
    model = form._meta.model
    read = form.cleaned_data
    cells = {name: text_of(read[name]) for name in resource_of(model).cell_names if name in read}
    children = {}
    for formset in formsets:
        rows = [row for _form, row in rows_of(formset)]
        if formset.cell:
            cells[formset.cell] = SEPARATOR.join(":".join(row.values()) for row in rows)
        else:
            children[formset.child.name] = rows
    if form.instance.pk is None and cells.get("key") == "":
        cells["key"] = keys.propose(model, cells)
    seen = read.get("version") or 0
    return Edit(model, pk=form.instance.pk, seen=seen, cells=cells, children=children, number=OF_RECORD)


def new_sources_of(formsets) -> list[Edit]:
    """Return the sources that rows of citations enter, one Edit each, to be written together with their record."""
    found = [source for formset in formsets for source in getattr(formset, "new_sources", ())]
    return [Edit(Source, cells=source.cells, number=OF_FIRST_ROW + source.row) for source in found]


def rows_of(formset) -> list[tuple]:
    """Return (form, {column: text}) of each child that is filled in and stays, in the order that was asked for."""
    kept = []
    for place, form in enumerate(formset.forms, 1):
        read = getattr(form, "cleaned_data", {})
        if not form.errors and form.has_changed() and not read.get("DELETE"):
            row = {column: text_of(read[column]) for column in formset.columns}
            kept.append((read.get("place") or place, place, form, row))
    return [(form, row) for _wanted, _place, form, row in sorted(kept, key=lambda item: item[:2])]


def text_of(value) -> str:
    """Return the cell of a form's value: keys for records, yes or no, lines with plain ends."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Keyed | NewSource):
        return value.key
    if isinstance(value, list):
        return SEPARATOR.join(sorted(record.key for record in value))
    return str(value).replace("\r\n", "\n").replace("\r", "\n")


# ------------------------------------------------------------------------------------------------------- refusals


def spread(faults: Iterable[Fault], form, formsets) -> None:
    """Put each fault to the field or the row of children that it speaks of; what fits nowhere stands above the form.

    A field that says already what is wrong with it is left alone.
    """
    told = {name for name in form.fields if name in form.errors}
    by_child = {formset.child.name: formset for formset in formsets if formset.child}
    by_cell = {formset.cell: formset for formset in formsets if formset.cell}
    for fault in faults:
        if fault.number >= OF_FIRST_ROW:
            _spread_to_new_source(by_child["citations"].forms[fault.number - OF_FIRST_ROW], fault)
            continue
        name, colon, column = fault.column.partition(": ")
        if name == "sources":
            name, colon, column = "citations", ": ", ""
        if colon and name in by_child:
            _spread_to_rows(by_child[name], column, fault)
        elif name in by_cell:
            _spread_to_rows(by_cell[name], "", fault)
        elif name in form.fields and not form.fields[name].widget.is_hidden:
            if name not in told:
                form.add_error(name, fault.message)
        else:
            form.add_error(None, f"{name.replace('_', ' ')}: {fault.message}")


def _spread_to_new_source(form, fault: Fault) -> None:
    name = f"new_{fault.column}" if f"new_{fault.column}" in form.fields else "source"
    if name not in form.errors:
        form.add_error(name, fault.message)


def _spread_to_rows(formset, column: str, fault: Fault) -> None:
    """Find the rows by the value that is wrong: each that has it is wrong in the same way."""
    natural = getattr(formset.child, "natural_key", ())
    hit = False
    for form, row in rows_of(formset):
        whole = ", ".join(text for part in natural if (text := row[part]))
        if column in form.fields and fault.value in (row[column][:LONGEST_SHOWN], whole):
            form.add_error(column, fault.message)
            hit = True
    if not hit:
        message = f"{column.replace('_', ' ')}: {fault.message}" if column else fault.message
        formset.non_form_errors().append(message)


# ------------------------------------------------------------------------------------------- cells to a form again


def put_cells(data: QueryDict, resource: TableResource, cells: dict[str, str], prefix: str = "") -> None:
    """Set in a form's data what cells say, as their fields would send it."""
    for name, text in cells.items():
        widget = resource.fields[name].widget
        if isinstance(widget, YesNoWidget):
            values = ["on"] if text == "yes" else []
        elif isinstance(widget, ReferenceWidget | ReferencesWidget):
            values = names(widget.model, text.split(SEPARATOR))
        else:
            values = [text]
        data.setlist(prefix + name, values)


def put_rows(data: QueryDict, formset, rows: list[dict[str, str]]) -> None:
    """Set in a form's data the rows of one kind of children, in place of those that it has; new sources stay typed."""
    entered = {source.key: source for source in getattr(formset, "new_sources", ())}
    for name in [name for name in data if name.startswith(f"{formset.prefix}-")]:
        del data[name]
    for name, count in {"TOTAL": len(rows) + 1, "INITIAL": 0, "MIN_NUM": 0, "MAX_NUM": formset.max_num}.items():
        data[f"{formset.prefix}-{name}_FORMS"] = str(count)
    for place, row in enumerate(rows):
        prefix = f"{formset.prefix}-{place}-"
        put_cells(data, formset.child or PartColumns(formset.parts), row, prefix)
        if source := entered.get(row.get("source")):
            data[f"{prefix}source"] = source.url
            for name in ("title", "publisher", "published", "kind"):
                data[f"{prefix}new_{name}"] = source.cells[name]
    # An empty row is sent with its defaults, as a browser does, or it would count as filled in.
    for name, field in formset.empty_form.fields.items():
        data[f"{formset.prefix}-{len(rows)}-{name}"] = field.initial or ""


class PartColumns:
    """Stands for the Resource of children that are written in one cell."""

    def __init__(self, parts: PartsWidget):
        self.fields = {parts.target: _Column(ReferenceWidget(parts.model)), parts.word: _Column(None)}


class _Column:
    def __init__(self, widget):
        self.widget = widget


def rows_of_cell(parts: PartsWidget, text: str) -> list[dict[str, str]]:
    """Return the children that one cell holds, `key:role|key:role`, as rows."""
    pairs = [item.partition(":") for item in text.split(SEPARATOR) if item]
    return [{parts.target: key, parts.word: word} for key, _colon, word in pairs]


def names(model: type[Keyed], keys: Iterable[str]) -> list[str]:
    """Return records as their fields show them, by key, in order; of an unknown key the key."""
    keys = [key for key in keys if key]
    found = {record.key: named(record) for record in model._base_manager.filter(key__in=keys)}
    return [found.get(key, key) for key in keys]


def refusal_in_words(faults: Iterable[Fault]) -> list[str]:
    """Return faults as sentences that name the record, each once."""
    words = []
    for fault in faults:
        where = f"{fault.key}, " if fault.key else ""
        words.append(
            _("%(where)s%(column)s: %(message)s")
            % {
                "where": where,
                "column": fault.column.replace("_", " "),
                "message": fault.message,
            }
        )
    return list(dict.fromkeys(words))
