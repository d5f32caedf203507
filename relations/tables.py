"""Rows into a table as the database itself is quickest, and the cells of many records as plain values.

For what is written or compared by the thousand: no instance is made of a row. Only `relations.writing` writes records
in this way.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import cache, lru_cache

from django.db import connection, models

from .fields import ExactDecimalField
from .resources.base import PartsWidget, RecordResource, ReferencesWidget, ReferenceWidget, resource_of

CHUNK = 900  # ids in one query: below the number of parameters that every SQLite takes


# ------------------------------------------------------------------------------------------------------- writing


def names_of(model: type[models.Model]) -> tuple[str, ...]:
    """Return the columns of a model without its id, by the names of their attributes."""
    return tuple(field.attname for field in model._meta.concrete_fields if not field.primary_key)


def values_of(model: type[models.Model], items: Iterable, names: Sequence[str]) -> list[tuple]:
    """Return the values of rows as `insert` and `update` take them.

    A row is anything with the attributes of an instance, or {attribute: value}, where what is missing has its default.
    """
    prepared, defaults = _prepared(model, connection.vendor), _defaults(model)
    ways = [(name, prepared.get(name)) for name in names]
    rows = []
    for item in items:
        values = defaults | item if isinstance(item, dict) else vars(item)
        rows.append(tuple([way(values[name]) if way else values[name] for name, way in ways]))
    return rows


@cache
def _defaults(model: type[models.Model]) -> dict:
    return {field.attname: field.get_default() for field in model._meta.concrete_fields}


@cache
def _prepared(model: type[models.Model], vendor: str) -> dict[str, Callable]:
    """Return what turns a value into one that the database takes as it is, for the columns that need it."""
    is_sqlite, ways = vendor == "sqlite", {}
    for field in model._meta.concrete_fields:
        if isinstance(field, models.DateTimeField):
            ways[field.attname] = _moment if is_sqlite else _text
        elif isinstance(field, models.DateField):
            ways[field.attname] = _text
        elif isinstance(field, ExactDecimalField):
            ways[field.attname] = field.get_prep_value
        elif isinstance(field, models.JSONField) and is_sqlite:
            ways[field.attname] = json.dumps
    return ways


@lru_cache(maxsize=100)
def _moment(value) -> str | None:
    return connection.ops.adapt_datetimefield_value(value)


def _text(value) -> str | None:
    return None if value is None else value.isoformat()


def insert(model: type[models.Model], names: Sequence[str], rows: list[tuple]) -> None:
    """Insert rows, each a tuple of the columns `names`, as `values_of` gives them."""
    if not rows:
        return
    table, columns = model._meta.db_table, _columns(model, names)
    listed = ", ".join(columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # One parameter, whatever the number of rows, and the database knows the types.
            said = json.dumps([dict(zip(_bare(columns), row, strict=True)) for row in rows])
            found = f'SELECT {listed} FROM json_populate_recordset(NULL::"{table}", %s)'  # noqa: S608
            cursor.execute(f'INSERT INTO "{table}" ({listed}) {found}', [said])  # noqa: S608
        else:
            marks = ", ".join(["%s"] * len(columns))
            cursor.executemany(f'INSERT INTO "{table}" ({listed}) VALUES ({marks})', rows)  # noqa: S608


def update(model: type[models.Model], names: Sequence[str], rows: list[tuple]) -> int:
    """Bring rows to new values where their version is the one before, and return how many were.

    `names` holds the columns of a keyed model, `id` and `version` among them.
    """
    if not rows:
        return 0
    table, columns = model._meta.db_table, _columns(model, names)
    place, version = names.index("id"), names.index("version")
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            said = json.dumps([dict(zip(_bare(columns), row, strict=True)) for row in rows])
            sets = ", ".join(f"{column} = new.{column}" for column in columns if column != '"id"')
            cursor.execute(
                f'UPDATE "{table}" AS old SET {sets} FROM json_populate_recordset(NULL::"{table}", %s) AS new'  # noqa: S608
                " WHERE old.id = new.id AND old.version = new.version - 1",
                [said],
            )
        else:
            sets = ", ".join(f"{column} = %s" for column in columns)
            cursor.executemany(
                f'UPDATE "{table}" SET {sets} WHERE id = %s AND version = %s',  # noqa: S608
                [(*row, row[place], row[version] - 1) for row in rows],
            )
        return cursor.rowcount


def _columns(model: type[models.Model], names: Sequence[str]) -> list[str]:
    return [f'"{model._meta.get_field(name).column}"' for name in names]


def _bare(columns: list[str]) -> list[str]:
    return [column.strip('"') for column in columns]


# ------------------------------------------------------------------------------------------------------- reading


def records(model: type[models.Model], pks: Iterable[int]) -> dict[int, dict]:
    """Return {pk: {"cells": …, "children": …}} of records as they are, as `RecordResource.snapshot` says them.

    In a constant number of queries for 900 of them.
    """
    resource, found, pks = resource_of(model), {}, sorted(pks)
    for start in range(0, len(pks), CHUNK):
        found |= _records(resource, model, pks[start : start + CHUNK])
    return found


def _records(resource: RecordResource, model: type[models.Model], pks: list[int]) -> dict[int, dict]:
    plain, lists = [], {}
    for name in resource.cell_names:
        widget = resource.fields[name].widget
        if isinstance(widget, PartsWidget):
            lists[name] = _parts(widget, model, pks)
        elif isinstance(widget, ReferencesWidget):
            lists[name] = _keys(model._meta.get_field(name), pks)
        else:
            plain.append(name)
    asked = [f"{name}__key" if isinstance(resource.fields[name].widget, ReferenceWidget) else name for name in plain]
    ways = [_rendered(resource, name) for name in plain]
    names, cells = resource.cell_names, {}
    for pk, *values in model._base_manager.filter(pk__in=pks).values_list("pk", *asked):
        written = {name: way(value) for name, way, value in zip(plain, ways, values, strict=True)}
        cells[pk] = {name: written[name] if name in written else lists[name].get(pk, "") for name in names}
    children = {child.name: _children(child(), model, pks) for child in resource.children}
    return {
        pk: {"cells": own, "children": {name: rows.get(pk, []) for name, rows in children.items()}}
        for pk, own in cells.items()
    }


def _rendered(resource, name: str) -> Callable:
    widget = resource.fields[name].widget
    return _or_empty if isinstance(widget, ReferenceWidget) else widget.render


def _or_empty(value) -> str:
    return value or ""


def _parts(widget: PartsWidget, model: type[models.Model], pks: list[int]) -> dict[int, str]:
    table = widget.child
    owner = next(field.name for field in table._meta.fields if field.related_model is model)
    found = defaultdict(list)
    asked = table.objects.filter(**{f"{owner}__in": pks}).values_list(owner, f"{widget.target}__key", widget.word)
    for pk, key, word in asked:
        found[pk].append(f"{key}:{word}")
    return {pk: "|".join(items) for pk, items in found.items()}


def _keys(many: models.ManyToManyField, pks: list[int]) -> dict[int, str]:
    own, other = many.m2m_field_name(), many.m2m_reverse_field_name()
    found = defaultdict(list)
    for start in range(0, len(pks), CHUNK):
        through = many.remote_field.through._base_manager.filter(**{f"{own}__in": pks[start : start + CHUNK]})
        for pk, key in through.values_list(own, f"{other}__key"):
            found[pk].append(key)
    return {pk: "|".join(sorted(keys)) for pk, keys in found.items()}


def _children(child, model: type[models.Model], pks: list[int]) -> dict[int, list[dict[str, str]]]:
    table = child._meta.model
    owner = "record" if child.name == "citations" else child.owner_column
    names = child.child_columns
    many = [name for name in names if isinstance(child.fields[name].widget, ReferencesWidget)]
    plain = [name for name in names if name not in many]
    asked = [f"{name}__key" if isinstance(child.fields[name].widget, ReferenceWidget) else name for name in plain]
    ways = [_rendered(child, name) for name in plain]
    rows = list(table.objects.filter(**{f"{owner}__in": pks}).values_list("pk", owner, *asked))
    lists = {name: _keys(table._meta.get_field(name), [row[0] for row in rows]) for name in many}
    found = defaultdict(list)
    for pk, record, *values in rows:
        cells = {name: way(value) for name, way, value in zip(plain, ways, values, strict=True)}
        found[record].append({name: cells[name] if name in cells else lists[name].get(pk, "") for name in names})
    return {record: child.in_order(own) for record, own in found.items()}
