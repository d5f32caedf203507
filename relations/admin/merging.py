"""Two people's changes to one record: what each changed since the version that both began with."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from ..comparing import child_key, in_words
from ..resources import RecordResource


@dataclass(frozen=True)
class Conflict:
    """One cell, or one child, on which the versions differ: as it was opened, theirs and mine."""

    label: str
    opened: str
    theirs: str
    mine: str

    @property
    def keeps_mine(self) -> bool:
        """Whether the merge takes mine: where I changed it. What I left alone is theirs."""
        return self.mine != self.opened


@dataclass
class Merge:
    """What somebody typed, brought onto the version that came between."""

    cells: dict[str, str] = field(default_factory=dict)
    children: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    conflicts: list[Conflict] = field(default_factory=list)


def merge(resource: RecordResource, opened: dict, theirs: dict, mine: dict) -> Merge:
    """Return three versions of a record, {"cells": …, "children": …}, as one, with every place where they differ.

    A cell or child that I changed stays mine; one that I left as it was becomes theirs. Nothing is dropped unseen:
    whatever differs between theirs and mine is a Conflict.
    """
    merged = Merge()
    for name in resource.cell_names:
        was, their, my = (version["cells"].get(name, "") for version in (opened, theirs, mine))
        merged.cells[name] = my if my != was else their
        if their != my:
            merged.conflicts.append(Conflict(name.replace("_", " "), was, their, my))
    for child in resource.children:
        versions = [
            {child_key(child.name, row): row for row in version["children"].get(child.name, [])}
            for version in (opened, theirs, mine)
        ]
        merged.children[child.name] = list(_merged_rows(child.name, merged.conflicts, *versions))
    return merged


def _merged_rows(name: str, conflicts: list[Conflict], opened: dict, theirs: dict, mine: dict) -> Iterator[dict]:
    for key in dict.fromkeys([*mine, *theirs]):
        was, their, my = opened.get(key), theirs.get(key), mine.get(key)
        kept = my if my != was else their
        if kept is not None:
            yield kept
        if their != my:
            texts = (in_words(name, row) if row else "" for row in (was, their, my))
            conflicts.append(Conflict(name, *texts))
