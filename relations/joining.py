"""Merging doubles: two records of actors, sources or events that are the same become one.

One stays, with the values chosen of both; whatever names the other names it from then on; citations, links and stakes
of the other move to it; a value that was not chosen stays as what its sources state instead; the other name of an actor
becomes an alias. The other record is withdrawn, and its key leads to the one that stays. All of it is one plan, which
waits for a second person where anything of it is public, and is taken back as any batch.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db import models
from django.utils.translation import gettext as _

from . import batches
from .models import Actor, Keyed, Plan, State
from .naming import Named, owners_naming, renamed
from .resources import ChildResource, Fault, PartsWidget, RecordResource, ReferencesWidget, ReferenceWidget, resource_of
from .resources.base import SEPARATOR, ListWidget, registry
from .writing import Edit, Refused, Stored, may

STAYS, GOES, BOTH = "stays", "goes", "both"
FILES = ("actors", "sources", "events")
CITATIONS = "citations"
JOINED_TEXTS = ("locator", "quotation", "note")  # of two citations that become one


def can_be_merged(model: type[Keyed]) -> bool:
    """Whether records of a model are merged."""
    return resource_of(model).file in FILES


@dataclass(frozen=True)
class Column:
    """A column in which two records differ: what each says, and what is taken unless somebody chooses otherwise.

    `is_list` says that both can be taken together; `claims` that what is not chosen can stay as what its sources state,
    as a date or a place can, but not words of the desk such as a title or a summary.
    """

    name: str
    stays: str
    goes: str
    chosen: str
    is_list: bool
    claims: bool

    @property
    def label(self) -> str:
        """The name of the column, for people."""
        return self.name.replace("_", " ")


def columns(stays: Stored, goes: Stored) -> list[Column]:
    """Return the columns in which two records differ, but for their keys."""
    resource = resource_of(type(stays.row))
    cited = CITATIONS in {child.name for child in resource.children}
    found = []
    for name in resource.cell_names:
        one, other = stays.record["cells"][name], goes.record["cells"][name]
        if name == "key" or one == other:
            continue
        is_list = isinstance(resource.fields[name].widget, ReferencesWidget | PartsWidget | ListWidget)
        chosen = BOTH if is_list and one and other else STAYS if one else GOES
        claims = bool(cited and one and other) and not is_list and not _is_prose(resource, name)
        found.append(Column(name, one, other, chosen, is_list, claims))
    return found


def _is_prose(resource: RecordResource, name: str) -> bool:
    model = resource._meta.model
    return name == model.title_field or isinstance(model._meta.get_field(name), models.TextField)


def join(stays: Keyed, goes: Keyed, *, by, choices: dict[str, str] | None = None, claims: Iterable[str] = ()) -> Plan:
    """Return a plan that merges a record into another, for its author to look at and to apply by `batches.apply`.

    `choices` say by column whose value is taken: `stays`, `goes` or, of lists, `both`; `claims` name the columns of
    which the other value is to stay as what the sources of its record state, where none is cited for that column.
    Raises Refused, saying what would be right, and PermissionDenied.
    """
    model = type(stays)
    if not may(by, "change", model):
        raise PermissionDenied(_("You may not change this: %(model)s.") % {"model": model._meta.verbose_name})
    _check(stays, goes)
    owners = {target for named in owners_naming([(model, goes.pk)]).values() for target in named}
    owners -= {(model, stays.pk), (model, goes.pk)}
    found = batches.loaded([(model, stays.pk), (model, goes.pk), *owners])
    one, other = found[model, stays.pk], found[model, goes.pk]
    edits = [
        _merged(one, other, choices or {}, set(claims)),
        Edit(model, goes.pk, other.row.version, state=State.WITHDRAWN, into=stays.pk),
    ]
    notes: dict[Named, list[Fault]] = {}
    for target in sorted(owners, key=lambda target: (target[0]._meta.label, found[target].record["cells"]["key"])):
        item = found[target]
        if item.row.state == State.WITHDRAWN:
            notes[target] = [Fault("state", "", _("it is withdrawn, so it stays as it is"))]
        else:
            edits.append(_naming_the_other(item, model, goes.key, stays.key))
    return batches.prepare(Plan.Kind.MERGE, edits, by=by, model=model, found=found, notes=notes)


def _check(stays: Keyed, goes: Keyed) -> None:
    message = ""
    if type(stays) is not type(goes) or not can_be_merged(type(stays)):
        message = _("only actors, sources and events are merged, each with its own kind")
    elif stays.pk == goes.pk:
        message = _("this is one record; name another")
    elif State.WITHDRAWN in (stays.state, goes.state):
        message = _("one of them is withdrawn; reopen it first")
    elif goes.was_public and not stays.is_public:
        message = _("“%(record)s” was public, so it is the one that stays") % {"record": goes}
    if message:
        raise Refused([Fault("key", goes.key, message, 0, stays.key)])


# ---------------------------------------------------------------------------------------------- the one that stays


def _merged(one: Stored, other: Stored, choices: dict[str, str], claims: set[str]) -> Edit:
    """Return what becomes of the record that stays."""
    model, row = type(one.row), one.row
    resource = resource_of(model)
    differing = columns(one, other)
    cells, rivals = {}, {}
    for column in differing:
        choice = choices.get(column.name, column.chosen)
        if choice not in (STAYS, GOES, *([BOTH] if column.is_list else [])):
            raise Refused([Fault(column.name, choice, _("choose one of the two"), 0, row.key)])
        if choice == BOTH:
            cells[column.name] = _both(resource, column)
        elif choice == GOES:
            cells[column.name] = column.goes
        if column.claims:
            rivals[column.name] = (column.goes, GOES) if choice == STAYS else (column.stays, STAYS)
    cells = _not_itself(resource, one, other, cells)
    if model is Actor:
        cells |= _other_names(one.record["cells"] | cells, one.record["cells"], other.record["cells"])
    children = {}
    for child in resource.children:
        table = child()
        ours, theirs = (list(item.record["children"][child.name]) for item in (one, other))
        if child.name == CITATIONS:
            ours = _as_claims(ours, rivals, claims, STAYS)
            theirs = _as_claims(theirs, rivals, claims, GOES)
        rows = [row | renamed(table, row, model, other.row.key, one.row.key) for row in [*ours, *theirs]]
        children[child.name] = _each_once(table, [row for row in rows if not _is_of_itself(table, row, one.row)])
    return Edit(model, row.pk, row.version, cells, children)


def _both(resource: RecordResource, column: Column) -> str:
    widget = resource.fields[column.name].widget
    items = [*column.stays.split(SEPARATOR), *column.goes.split(SEPARATOR)]
    if isinstance(widget, PartsWidget):
        named: dict[str, str] = {}
        for item in items:
            named.setdefault(item.partition(":")[0], item)
        return SEPARATOR.join(named.values())
    return SEPARATOR.join(sorted(set(items)))


def _not_itself(resource: RecordResource, one: Stored, other: Stored, cells: dict[str, str]) -> dict[str, str]:
    """Let the record that stays not name itself: what named the other of the two names what that named, or nothing."""
    model, both = type(one.row), {one.row.key, other.row.key}
    cells = dict(cells)
    for name in resource.cell_names:
        widget = resource.fields[name].widget
        if type(widget) is ReferenceWidget and widget.model is model:
            said = (cells.get(name, one.record["cells"][name]), one.record["cells"][name], other.record["cells"][name])
            if said[0] in both:
                cells[name] = next((text for text in said if text and text not in both), "")
    return cells


def _is_of_itself(table: ChildResource, row: dict[str, str], record: Keyed) -> bool:
    """Whether a child would link a record to itself."""
    return any(
        row[name] == record.key
        for name in table.natural_key
        if getattr(table.fields[name].widget, "model", None) is type(record) is table.owner_model
    )


def _other_names(now: dict[str, str], one: dict[str, str], other: dict[str, str]) -> dict[str, str]:
    """Return the aliases of an actor with every name that is its name no more."""
    names = {cells[name] for cells in (one, other) for name in ("name", "short_name")}
    aliases = {*(now["aliases"].split(SEPARATOR)), *(name for name in names if SEPARATOR not in name)}
    return {"aliases": SEPARATOR.join(sorted(aliases - {"", now["name"], now["short_name"]}))}


# ------------------------------------------------------------------------------------------------------- citations


def _as_claims(rows: list[dict], rivals: dict[str, tuple[str, str]], claims: set[str], side: str) -> list[dict]:
    """Return the citations of one record of two, those for values that were not chosen as what their sources state.

    Where no source is cited for such a column, and it is among `claims`, those of the whole record state it.
    """
    found = []
    for row in rows:
        value, of = rivals.get(row["field"], ("", ""))
        if of == side and value and not row["states_instead"]:
            row = row | {"states_instead": _on_a_line(value)}
        found.append(row)
    told = {row["field"] for row in rows}
    for column, (value, of) in rivals.items():
        if of == side and value and column in claims and column not in told:
            whole = [row for row in rows if not row["field"]]
            found += [row | {"field": column, "states_instead": _on_a_line(value), "quotation": ""} for row in whole]
    return found


def _on_a_line(text: str, longest: int = 1000) -> str:
    text = " ".join(text.split())
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _each_once(table: ChildResource, rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return children in order, each natural key once: two that are the same become one that says what both said."""
    found: dict[tuple, dict[str, str]] = {}
    for row in rows:
        natural = tuple(row[name] for name in table.natural_key)
        found[natural] = _one_of(table, found[natural], row) if natural in found else row
    return table.in_order(list(found.values()))


def _one_of(table: ChildResource, row: dict[str, str], other: dict[str, str]) -> dict[str, str]:
    joined = {name: text or other[name] for name, text in row.items() if name != "states_instead"}
    if "states_instead" in row:
        joined["states_instead"] = row["states_instead"]
        if other["states_instead"] not in ("", row["states_instead"]):
            also = _("It states too: %(text)s") % {"text": other["states_instead"]}
            other = other | {"note": "; ".join(filter(None, (other["note"], also)))}
        for name in JOINED_TEXTS:
            parts = list(dict.fromkeys(text for text in (row[name], other[name]) if text))
            longest = table._meta.model._meta.get_field(name).max_length
            whole = "; ".join(parts)
            joined[name] = whole if len(whole) <= longest else whole[: longest - 1] + "…"
    return {name: joined[name] for name in row}


# ------------------------------------------------------------------------------------------------------ what names it


def _naming_the_other(item: Stored, model: type[models.Model], old: str, new: str) -> Edit:
    """Return the change of a record that names one record so that it names another."""
    resource, record = resource_of(type(item.row)), item.record
    children = {}
    for child in resource.children:
        table, rows = child(), record["children"][child.name]
        changed = [row | renamed(table, row, model, old, new) for row in rows]
        if changed != rows:
            changed = [row for row in changed if not _is_of_itself(table, row, item.row)]
            children[child.name] = _each_once(table, changed)
    cells = renamed(resource, record["cells"], model, old, new)
    return Edit(type(item.row), item.row.pk, item.row.version, cells, children)


def models_that_merge() -> list[type[Keyed]]:
    """Return the models whose records are merged."""
    return [registry[name]._meta.model for name in FILES]
