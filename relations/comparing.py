"""What changed between two versions of a record, cell by cell and child by child."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from .resources import CitationResource, PartsWidget, RecordResource, ReferencesWidget, ReferenceWidget, registry
from .resources.base import SEPARATOR


@dataclass(frozen=True)
class Difference:
    """One cell that differs.

    `column` is a column of the record, or the name of its children. Of a child that differs, `child` says which by its
    natural key, and `part` is the column of the child; of one that was added or removed, `part` is empty and `before`
    or `after` is its whole text.
    """

    column: str
    before: str
    after: str
    child: str = ""
    part: str = ""

    @property
    def label(self) -> str:
        """The name of what differs, for people: `place precision`, `citations, locator`."""
        return ", ".join(name.replace("_", " ") for name in (self.column, self.part) if name)


def differences(before: dict, after: dict) -> list[Difference]:
    """Return what differs between two records, as revisions keep them: {"cells": {…}, "children": {name: [{…}]}}.

    Columns come in the order of the file, then children by name. What one side does not have counts as empty.
    """
    found = [
        Difference(column, old, new)
        for column in _names(before, after, "cells")
        if (old := before.get("cells", {}).get(column, "")) != (new := after.get("cells", {}).get(column, ""))
    ]
    for name in _names(before, after, "children"):
        old, new = before.get("children", {}).get(name, []), after.get("children", {}).get(name, [])
        if old != new:
            found += _of_children(name, old, new)
    return found


def _names(before: dict, after: dict, part: str) -> list[str]:
    return list(dict.fromkeys([*after.get(part, {}), *before.get(part, {})]))


def _of_children(name: str, before: list[dict], after: list[dict]) -> Iterator[Difference]:
    natural = _natural_key(name)
    old = {child_key(name, row): row for row in before}
    new = {child_key(name, row): row for row in after}
    for key, row in old.items():
        if key not in new:
            yield Difference(name, in_words(name, row), "", _words(name, natural, key))
    for key, row in new.items():
        if key not in old:
            yield Difference(name, "", in_words(name, row), _words(name, natural, key))
            continue
        for part in dict.fromkeys([*row, *old[key]]):
            if old[key].get(part, "") != row.get(part, ""):
                yield Difference(name, old[key].get(part, ""), row.get(part, ""), _words(name, natural, key), part)
    if list(old) != list(new) and set(old) == set(new):
        yield Difference(name, *("; ".join(_words(name, natural, key) for key in rows) for rows in (old, new)))


def references(resource: RecordResource, data: dict) -> Iterator[tuple[type, str]]:
    """Yield (model, key) of all that the cells and children of a version name."""
    rows = [(resource, data.get("cells", {}))]
    rows += [(child(), row) for child in resource.children for row in data.get("children", {}).get(child.name, ())]
    for table, cells in rows:
        for name, text in cells.items():
            widget = table.fields[name].widget if name in table.fields else None
            for key in keys_in(widget, text):
                yield widget.model, key


def keys_in(widget, text: str) -> list[str]:
    """Return the keys that a cell holds; none where it holds something else."""
    if not text or not isinstance(widget, ReferenceWidget | ReferencesWidget | PartsWidget):
        return []
    items = text.split(SEPARATOR)
    return [item.partition(":")[0] for item in items] if isinstance(widget, PartsWidget) else items


def child_key(name: str, row: dict[str, str]) -> tuple[str, ...]:
    """Return what tells a child of this name from its siblings: the texts of its natural key."""
    return tuple(row.get(part, "") for part in _natural_key(name))


def in_words(name: str, row: dict[str, str]) -> str:
    """Return a child on one line: its natural key, then what else it says, each with its name."""
    natural = _natural_key(name)
    rest = [f"{part.replace('_', ' ')}: {text}" for part, text in row.items() if text and part not in natural]
    return "; ".join([_words(name, natural, child_key(name, row)), *rest])


def _words(name: str, natural: tuple[str, ...], key: tuple[str, ...]) -> str:
    parts = dict(zip(natural, key, strict=True))
    if name == CitationResource.name:
        parts["field"] = parts["field"].replace("_", " ") or _("the whole record")
    return ", ".join(text for text in parts.values() if text)


def _natural_key(name: str) -> tuple[str, ...]:
    if name == CitationResource.name:
        return CitationResource.natural_key
    return next(child.natural_key for child in registry.values() if getattr(child, "name", "") == name)
