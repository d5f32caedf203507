"""An old version of a record as a change of the record of today."""

from .models import Keyed, Revision
from .package import followers
from .resources import resource_of
from .writing import Edit


def edit_to(record: Keyed, revision: Revision) -> Edit:
    """Return the edit by which a record says again what one of its versions said.

    It keeps its key. Records that got another key since are named by that of today; a column that the version knows
    nothing of stays as it is, and one that there is no more is left out.
    """
    resource = resource_of(type(record))
    cells, children = revision.data["cells"], revision.data["children"]
    known = {
        "cells": {name: cells[name] for name in resource.cell_names if name in cells and name != "key"},
        "children": {
            child.name: [
                child().whole({name: row[name] for name in child().child_columns if name in row})
                for row in children.get(child.name, [])
            ]
            for child in resource.children
        },
        "number": 0,
    }
    followed = followers(resource)(known)
    return Edit(
        type(record),
        pk=record.pk,
        seen=record.version,
        cells=followed["cells"],
        children={name: rows for name, rows in followed["children"].items() if name in children},
    )
