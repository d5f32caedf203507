"""Two people's changes to one record: what each changed since the version that both began with, and which is taken.

Nothing is dropped unseen: where theirs and mine differ is a Conflict, of which one side is taken.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from django.contrib.contenttypes.models import ContentType
from django.http import QueryDict
from django.utils.translation import gettext as _

from ..comparing import child_key, in_words
from ..models import Keyed, Plan, PlanRow, Revision, State
from ..resources import PartsWidget, RecordResource, ReferencesWidget
from ..resources.base import SEPARATOR, YesNoWidget
from .gathering import PartColumns, put_cells, put_rows, rows_of_cell
from .history import revision_of

THEIRS, MINE = "theirs", "mine"
MOST = 1000  # conflicts of one record that can be chosen of
Rows = dict[tuple[str, ...], dict[str, str]]


@dataclass(frozen=True)
class Conflict:
    """One cell, one child, or the order of children, on which the versions differ: as it was opened, theirs and mine.

    `name` is the column, or that of the children; `key` is the natural key of a child, and None for a cell or an order.
    """

    name: str
    label: str
    opened: str
    theirs: str
    mine: str
    key: tuple[str, ...] | None = None
    is_order: bool = False
    choice: str = ""

    @property
    def taken(self) -> str:
        """Which side is taken: the one that was chosen, else the only one that changed it; nothing where both did."""
        return self.choice or (THEIRS if self.mine == self.opened else MINE if self.theirs == self.opened else "")

    @property
    def needs_choice(self) -> bool:
        """Whether both changed it, so that somebody has to say which stays."""
        return self.theirs != self.opened and self.mine != self.opened


@dataclass
class Merge:
    """What somebody typed, brought onto the version that came between; what is undecided is as it was typed."""

    cells: dict[str, str] = field(default_factory=dict)
    children: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    conflicts: list[Conflict] = field(default_factory=list)

    @property
    def undecided(self) -> list[Conflict]:
        """What both changed and nobody has chosen yet."""
        return [conflict for conflict in self.conflicts if not conflict.taken]


def merge(
    resource: RecordResource, opened: dict, theirs: dict, mine: dict, choices: Mapping[int, str] | None = None
) -> Merge:
    """Return three versions of a record, {"cells": …, "children": …}, as one, with every place where they differ.

    `choices` says of conflicts, by their place, which side is taken.
    """
    merged, parts = Merge(), _parts(resource)
    choices = choices or {}

    def decide(name: str, label: str, was: str, their: str, my: str, **about) -> str:
        choice = choices.get(len(merged.conflicts), "")
        conflict = Conflict(name, label, was, their, my, choice=choice, **about)
        merged.conflicts.append(conflict)
        return conflict.taken or MINE

    for name in resource.cell_names:
        if name in parts:
            continue
        was, their = (version["cells"].get(name, "") for version in (opened, theirs))
        my = mine["cells"].get(name, was)
        takes_mine = their == my or decide(name, name.replace("_", " "), was, their, my) == MINE
        merged.cells[name] = my if takes_mine else their
    for name in (*parts, *(child.name for child in resource.children)):
        versions = [_rows(resource, version, name) for version in (opened, theirs, mine)]
        words = _pair_in_words if name in parts else partial(in_words, name)
        rows = list(_merged_rows(name, decide, words, *versions))
        if _is_ordered(resource, name):
            rows = _in_order(name, decide, rows, *versions)
        merged.children[name] = [row for _key, row in rows]
    for name, widget in parts.items():
        merged.cells[name] = _cell_of(widget, merged.children.pop(name))
    return merged


def _merged_rows(name: str, decide, words, opened: Rows, theirs: Rows, mine: Rows) -> Iterator[tuple]:
    """Yield (natural key, row) of the children that stay: those of mine in their order, then the others of theirs."""
    for key in dict.fromkeys([*mine, *theirs, *opened]):
        was, their, my = opened.get(key), theirs.get(key), mine.get(key)
        row = my
        if their != my:
            texts = [words(row) if row else "" for row in (was, their, my)]
            row = my if decide(name, name.replace("_", " "), *texts, key=key) == MINE else their
        if row is not None:
            yield key, row


def _in_order(name: str, decide, rows: list[tuple], opened: Rows, theirs: Rows, mine: Rows) -> list[tuple]:
    """Return rows in the order that one of two people gave them; where both did, in the one that is chosen."""
    common = opened.keys() & theirs.keys() & mine.keys()
    was, their, my = ([key for key in version if key in common] for version in (opened, theirs, mine))
    if their == my:
        return rows
    texts = ["; ".join(key[0] for key in order) for order in (was, their, my)]
    label = _("%(name)s, order") % {"name": name.replace("_", " ")}
    if decide(name, label, *texts, is_order=True) == MINE:
        return rows
    places = {key: place for place, key in enumerate(theirs)}
    return sorted(rows, key=lambda item: places.get(item[0], len(places)))


def choose(resource: RecordResource, version: dict, merged: Merge, chosen: Merge) -> dict:
    """Return a version, {"cells": …, "children": …}, with what was chosen in place of what a form was filled with.

    `merged` filled the form, `chosen` is the same with the choices. What was typed over it since stays as typed.
    """
    parts = _parts(resource)
    cells, children = dict(version["cells"]), dict(version["children"])
    for name in chosen.cells:
        if name not in parts and cells.get(name) == merged.cells[name]:
            cells[name] = chosen.cells[name]
    filled_by, taken_by = ({"cells": item.cells, "children": item.children} for item in (merged, chosen))
    for name in (*parts, *chosen.children):
        typed, filled, taken = (_rows(resource, item, name) for item in (version, filled_by, taken_by))
        order = [*taken, *typed] if list(typed) == list(filled) else [*typed, *taken]
        rows = [taken.get(key) if typed.get(key) == filled.get(key) else typed.get(key) for key in dict.fromkeys(order)]
        rows = [row for row in rows if row is not None]
        if name in parts:
            cells[name] = _cell_of(parts[name], rows)
        else:
            children[name] = rows
    return {"cells": cells, "children": children}


def _parts(resource: RecordResource) -> dict[str, PartsWidget]:
    """Return the columns whose cells hold children."""
    widgets = {name: resource.fields[name].widget for name in resource.cell_names}
    return {name: widget for name, widget in widgets.items() if isinstance(widget, PartsWidget)}


def _rows(resource: RecordResource, version: dict, name: str) -> Rows:
    """Return the children of one name by their natural keys, in their order; of a key that stands twice, each row."""
    widget = _parts(resource).get(name)
    if widget is None:
        found = [(child_key(name, row), row) for row in version["children"].get(name, [])]
    else:
        pairs = [item.partition(":") for item in version["cells"].get(name, "").split(SEPARATOR) if item]
        found = [((key,), {widget.target: key, widget.word: word}) for key, _colon, word in pairs]
    rows: Rows = {}
    for key, row in found:
        again = key
        while again in rows:
            again = (*again, "")
        rows[again] = row
    return rows


def _cell_of(widget: PartsWidget, rows: list[dict[str, str]]) -> str:
    return SEPARATOR.join(f"{row[widget.target]}:{row[widget.word]}" for row in rows)


def _pair_in_words(row: dict[str, str]) -> str:
    return ", ".join(row.values())


def _is_ordered(resource: RecordResource, name: str) -> bool:
    return name in _parts(resource) or any(child.name == name and child.keeps_order for child in resource.children)


# ----------------------------------------------------------------------------------------------------- in a form


@dataclass(frozen=True)
class Meeting:
    """What the form of a record shows of two people's changes.

    `opened` is the version that mine is made of, `latest` the Revision of theirs, `merged` what fills the form,
    `chosen` the same with the choices that were sent, and `mine` what was typed, as JSON that the form sends again.
    `is_asked` says that the form has shown it before, `is_proposed` that mine is a proposal and the form just opened.
    """

    opened: int
    latest: Revision
    merged: Merge
    chosen: Merge
    mine: str
    is_asked: bool = False
    is_proposed: bool = False

    @property
    def conflicts(self) -> list[Conflict]:
        """Every place where they differ, with what was chosen so far."""
        return self.chosen.conflicts


def meet(resource: RecordResource, record: Keyed, opened: int, mine: dict) -> Meeting:
    """Return what was typed, {"cells": …, "children": …}, onto the version `opened`, together with what is now."""
    latest = revision_of(record, record.version)
    return _meeting(resource, opened, revision_of(record, opened) or latest, latest, mine, {})


@dataclass(frozen=True)
class Begun:
    """What fills the form of a public record that is opened to mend a proposal."""

    resource: RecordResource
    plan: Plan
    meeting: Meeting

    def initial(self, names: Iterable[str]) -> dict:
        """Return the initial values of those fields that it fills."""
        cells = self.meeting.merged.cells
        about = {"change": self.plan.change, "reason": self.plan.reason}
        return _initial(self.resource, {name: cells[name] for name in names if name in cells}) | about

    def rows(self, inline) -> list[dict]:
        """Return the initial values of the forms of one kind of children."""
        merged, cell = self.meeting.merged, getattr(inline, "cell", "")
        if cell:
            widget = self.resource.fields[cell].widget
            table, rows = PartColumns(widget), rows_of_cell(widget, merged.cells[cell])
        else:
            table, rows = inline.child(), merged.children[inline.child.name]
        return [_initial(table, row) | {"place": place} for place, row in enumerate(rows, 1)]


def begin(request, resource: RecordResource, record: Keyed) -> Begun | None:
    """Return what fills the form of a record where its address names a proposal to mend."""
    row = row_in_address(request, record) if record.state == State.PUBLISHED else None
    if row is None:
        return None
    mine = {"cells": row.before["cells"] | row.cells, "children": row.before["children"] | row.children}
    meeting = replace(meet(resource, record, row.version_seen, mine), is_proposed=True)
    return Begun(resource, row.plan, meeting)


def row_in_address(request, record: Keyed) -> PlanRow | None:
    """Return what the proposal that the address names, `?plan=`, would change in a record, if that is all it would."""
    number = request.GET.get("plan", "")
    is_number = number.isascii() and number.isdigit() and len(number) < 18
    if not is_number or not request.user.has_perm("relations.view_plan"):
        return None
    rows = list(PlanRow.objects.filter(plan=number, plan__kind=Plan.Kind.PROPOSAL).select_related("plan")[:2])
    own = (ContentType.objects.get_for_model(record).pk, record.pk)
    return rows[0] if len(rows) == 1 and (rows[0].content_type_id, rows[0].object_id) == own else None


def _initial(table, cells: dict[str, str]) -> dict:
    """Return cells as the initial values of the fields of a form."""
    data = QueryDict(mutable=True)
    put_cells(data, table, cells)
    found = {}
    for name in cells:
        widget, values = table.fields[name].widget, data.getlist(name)
        is_yes_or_no, is_list = isinstance(widget, YesNoWidget), isinstance(widget, ReferencesWidget)
        found[name] = bool(values) if is_yes_or_no else values if is_list else next(iter(values), "")
    return found


def met(request, resource: RecordResource, record: Keyed) -> Meeting | None:
    """Return what a form was filled with and what was chosen since, from what it sends; None where it met nobody."""
    sent = request.POST
    try:
        mine = _read(resource, sent.get("met-mine", ""))
        opened, now = int(sent.get("met-opened", "")), int(sent.get("version", ""))
        before, latest = (revision_of(record, min(version, 10**9)) for version in (opened, now))
        choices = {n: side for n in range(MOST) if (side := sent.get(f"take-{n}")) in (THEIRS, MINE)}
        return replace(_meeting(resource, opened, before, latest, mine, choices), is_asked=True)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None  # it is no form of ours


def _read(resource: RecordResource, text: str) -> dict:
    """Return the version that a form sends as JSON, its columns alone. Raises what JSON of another form raises."""
    sent = json.loads(text)
    tables = {child.name: child() for child in resource.children}

    def texts(row: dict, names: list[str]) -> dict[str, str]:
        return {name: str(row[name]) for name in names if name in row}

    return {
        "cells": texts(sent["cells"], resource.cell_names),
        "children": {
            name: [tables[name].whole(texts(row, tables[name].child_columns)) for row in rows]
            for name, rows in sent["children"].items()
        },
    }


def _meeting(resource, opened: int, before: Revision, latest: Revision, mine: dict, choices: dict) -> Meeting:
    versions = (before.data, latest.data, mine)
    merged, chosen = merge(resource, *versions), merge(resource, *versions, choices)
    return Meeting(opened, latest, merged, chosen, json.dumps(mine, ensure_ascii=False))


def fill(data: QueryDict, resource: RecordResource, merged: Merge, form, formsets, new_sources=()) -> None:
    """Set in a form's data what two people's changes come to; a row enters again the new source that it cites."""
    put_cells(data, resource, {name: text for name, text in merged.cells.items() if name in form.fields})
    entered = {edit.cells["key"]: edit.cells for edit in new_sources}
    for formset in formsets:
        if formset.cell:
            put_rows(data, formset, rows_of_cell(formset.parts, merged.cells[formset.cell]))
            continue
        rows = merged.children[formset.child.name]
        put_rows(data, formset, rows)
        for place, row in enumerate(rows):
            if cells := entered.get(row.get("source", "")):
                data[f"{formset.prefix}-{place}-source"] = cells["url"]
                for name in ("title", "publisher", "published", "kind"):
                    data[f"{formset.prefix}-{place}-new_{name}"] = cells.get(name, "")
