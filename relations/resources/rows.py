"""The cells of many records at once, as an export needs them: no record is made of a row, and nothing is kept.

What comes out is what `RecordResource.export_cells` says of each record; a test compares them.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from django.db.models import ForeignKey, Lookup, Model, Q

from .base import SEPARATOR, PartsWidget, RecordResource, ReferencesWidget, ReferenceWidget, SourcesWidget, StrictWidget

FIRST, CHUNK = 50, 900  # rows at once; few at first, so that whoever waits sees something


@dataclass(frozen=True)
class Ids:
    """Ids that came from the database; no list, for Django converts and binds each item of one in turn."""

    pks: list[int]


@ForeignKey.register_lookup
class Among(Lookup):
    """Whether a foreign key is one of some `Ids`; as `in`, which took half the time of an export."""

    lookup_name = "among"

    def get_prep_lookup(self):
        return self.rhs.pks

    def as_sqlite(self, compiler, connection):
        # One text for all chunks: the driver keeps 128 prepared statements, each with its ids if they stood in it.
        column, parameters = self.process_lhs(compiler, connection)
        return f"{column} IN (SELECT value FROM json_each(%s))", [*parameters, json.dumps(self.rhs)]  # noqa: S608

    def as_postgresql(self, compiler, connection):
        column, parameters = self.process_lhs(compiler, connection)
        return f"{column} = ANY(%s)", [*parameters, self.rhs]


def cell_rows(resource: RecordResource, queryset, *, drafts: bool) -> Iterator[list[str]]:
    """Yield the cells of the records of a queryset, in its order; without `drafts` as the public may see them.

    In a constant number of queries for 900 records.
    """
    asked, columns, lists = ["pk"], [], []
    for name in resource._meta.fields:
        widget = resource.fields[name].widget
        if isinstance(widget, ReferencesWidget | PartsWidget):
            texts: dict[int, str] = {}
            lists.append((texts, _lists(queryset.model, name, widget, drafts)))
            columns.append(_text_of(texts))
        elif isinstance(widget, ReferenceWidget):
            columns.append(_key_at(len(asked), drafts))
            asked += [f"{name}__key", f"{name}__is_public"]
        else:
            columns.append(_text_at(len(asked), widget))
            asked.append(name)
    found, size = queryset.values_list(*asked).iterator(chunk_size=CHUNK), FIRST
    while chunk := list(islice(found, size)):
        size = CHUNK
        pks = [row[0] for row in chunk]
        for texts, texts_of in lists:
            texts.clear()
            texts.update(texts_of(pks))
        for row in chunk:
            yield [text(row) for text in columns]


def _text_at(place: int, widget: StrictWidget) -> Callable[[tuple], str]:
    render = widget.render
    if render.__func__ is StrictWidget.render:  # of most columns; a call less for each cell
        return lambda row: "" if row[place] is None else str(row[place])
    return lambda row: render(row[place])


def _key_at(place: int, drafts: bool) -> Callable[[tuple], str]:
    return lambda row: (row[place] or "") if drafts or row[place + 1] else ""


def _text_of(texts: dict[int, str]) -> Callable[[tuple], str]:
    return lambda row: texts.get(row[0], "")


def _lists(model: type[Model], name: str, widget: StrictWidget, drafts: bool) -> Callable[[list], dict[int, str]]:
    """Return the function that finds {pk: text} of a list column of some records."""
    if isinstance(widget, PartsWidget):
        table, target, words = widget.child, widget.target, [widget.word]
        owner = next(field.name for field in table._meta.fields if field.related_model is model)
    elif isinstance(widget, SourcesWidget):
        table, owner, target, words = model._meta.get_field("citations").related_model, "record", "source", []
    else:
        many = model._meta.get_field(name)
        table, words = many.remote_field.through, []
        owner, target = many.m2m_field_name(), many.m2m_reverse_field_name()
    seen = Q() if drafts else Q(**{f"{target}__is_public": True})
    if isinstance(widget, SourcesWidget) and not drafts:
        seen &= Q(claimant=None) | Q(claimant__is_public=True)
    keeps_order = isinstance(widget, PartsWidget)

    def texts_of(pks: list[int]) -> dict[int, str]:
        own = table._default_manager.filter(seen, **{f"{owner}__among": Ids(pks)})
        found = defaultdict(list)
        for pk, *parts in (own if keeps_order else own.order_by()).values_list(owner, f"{target}__key", *words):
            found[pk].append(":".join(parts))
        return {pk: SEPARATOR.join(items if keeps_order else sorted(set(items))) for pk, items in found.items()}

    return texts_of
