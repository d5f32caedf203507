"""Who names a record: the relations of other records and of their children, walked from the models.

A relation that is added later is found here by itself, so that nothing which leans on a record is forgotten when it is
merged, discarded or withdrawn.
"""

from collections import defaultdict
from collections.abc import Iterable
from functools import cache

from django.db import models

from .models import Child, Keyed
from .resources import PartsWidget, ReferencesWidget, ReferenceWidget
from .resources.base import SEPARATOR, TableResource
from .writing import CHUNK

Named = tuple[type[Keyed], int]  # a record: its model and its id


@cache
def owner_field(table: type[Child]) -> str:
    """Return the field by which a child names the record that it belongs to."""
    if any(field.name == "record" for field in table._meta.fields):
        return "record"
    return next(field.name for field in table._meta.fields if field.related_model is not None)


@cache
def places(model: type[Keyed]) -> tuple[models.Field, ...]:
    """Return the fields of records and of children that point to a model; not those by which its own children do."""
    found = []
    for relation in model._meta.get_fields(include_hidden=True):
        table = relation.related_model if relation.auto_created and not relation.concrete else None
        if table is None or not issubclass(table, Keyed | Child):
            continue
        if relation.many_to_many and issubclass(relation.through, Child):
            continue  # the children themselves are found
        if issubclass(table, Keyed) or relation.field.name != owner_field(table):
            found.append(relation.field)
    return tuple(found)


def owners_naming(targets: Iterable[Named]) -> dict[Named, set[Named]]:
    """Return {record: the records that name it, themselves or by a child}, in a few queries for each kind of record."""
    wanted: dict[type[Keyed], set[int]] = defaultdict(set)
    for model, pk in targets:
        wanted[model].add(pk)
    found: dict[Named, set[Named]] = defaultdict(set)
    for model, ids in wanted.items():
        pks = sorted(ids)
        for field in places(model):
            owner, owners_model = "pk", field.model
            if issubclass(field.model, Child):
                owner = owner_field(field.model)
                owners_model = field.model._meta.get_field(owner).related_model
            for start in range(0, len(pks), CHUNK):
                rows = field.model._base_manager.filter(**{f"{field.name}__in": pks[start : start + CHUNK]})
                for named, naming in rows.order_by().values_list(field.name, owner):
                    found[model, named].add((owners_model, naming))
    return found


def renamed(table: TableResource, cells: dict[str, str], model: type[Keyed], old: str, new: str) -> dict[str, str]:
    """Return the cells that name a record, naming another instead; each once in a list, in its place."""
    changed = {}
    for name, text in cells.items():
        widget = table.fields[name].widget if name in table.fields else None
        if not text or getattr(widget, "model", None) is not model:
            continue
        if isinstance(widget, PartsWidget):
            pairs = [item.partition(":") for item in text.split(SEPARATOR)]
            named: dict[str, str] = {}
            for key, _colon, word in pairs:
                named.setdefault(new if key == old else key, word)
            written = SEPARATOR.join(f"{key}:{word}" for key, word in named.items())
        elif isinstance(widget, ReferencesWidget):
            written = SEPARATOR.join(sorted({new if key == old else key for key in text.split(SEPARATOR)}))
        elif isinstance(widget, ReferenceWidget):
            written = new if text == old else text
        else:
            continue
        if written != text:
            changed[name] = written
    return changed
