"""A record as JSON: the columns of its file as members, each as JSON's own type where it has one.

Dates stay EDTF texts, and decimals texts of digits, for a JSON number is read as a float. What is empty is null, a
list is a list.
"""

from .base import (
    SEPARATOR,
    ChoiceWidget,
    DatesWidget,
    DecimalWidget,
    IntegerWidget,
    ListWidget,
    PartsWidget,
    RecordResource,
    ReferencesWidget,
    TableResource,
    YesNoWidget,
)


def member(widget, text: str):
    """Return the JSON value of a cell."""
    if isinstance(widget, PartsWidget):
        pairs = [item.split(":", 1) for item in text.split(SEPARATOR)] if text else []
        return [{widget.target: key, widget.word: word} for key, word in pairs]
    if isinstance(widget, ReferencesWidget | ListWidget | DatesWidget):
        return text.split(SEPARATOR) if text else []
    if isinstance(widget, YesNoWidget):
        return text == "yes"
    if text == "":
        return None
    is_number = isinstance(widget, IntegerWidget) or (isinstance(widget, ChoiceWidget) and widget.number)
    return int(text) if is_number and not isinstance(widget, DecimalWidget) else text


def members(table: TableResource, cells: dict[str, str]) -> dict:
    """Return {column: JSON value} of a row."""
    return {name: member(table.fields[name].widget, text) for name, text in cells.items()}


def record_members(resource: RecordResource, instance) -> dict:
    """Return a record loaded `with_relations` with its children, as {column: value, name of children: [{…}]}."""
    found = members(resource, resource.export_cells(instance))
    for child in resource.children:
        table = child()
        found[child.name] = [members(table, row) for row in table.export_children(instance)]
    return found
