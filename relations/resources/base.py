"""The columns of a record: how each is written as text in a cell, and read back from it.

A record as text cells is the one form of exchange: a CSV row, a form's change, a plan, a revision and a package all
use it. One Resource a model defines its columns; widgets turn a cell into a value and back, and refuse what they
cannot read exactly. References stay keys here; the writer finds their rows, many at a time.
"""

import re
import unicodedata
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from decimal import Decimal, InvalidOperation
from functools import cache

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from import_export.fields import Field
from import_export.resources import ModelResource
from import_export.widgets import Widget

from .. import dates
from ..fields import EdtfField, ExactDecimalField, KeyField, plain

SEPARATOR = "|"
KEY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")

_public: ContextVar[bool] = ContextVar("public cells", default=False)


@contextmanager
def public_cells():
    """Write cells as the public may see them: keys of what is not public vanish from lists and references."""
    token = _public.set(True)
    try:
        yield
    finally:
        _public.reset(token)


@dataclass(frozen=True)
class Fault:
    """What is wrong with one cell: the column, the value, and what would be right."""

    column: str
    value: str
    message: str
    number: int = 0
    key: str = ""

    def as_dict(self) -> dict:
        """Return it as JSON can hold it."""
        return asdict(self)

    def __str__(self):
        where = _("row %(number)s, ") % {"number": self.number} if self.number else ""
        return f"{where}{self.column}: {self.message}"


class StrictWidget(Widget):
    """A widget that reads a cell exactly or raises ValueError saying what would be right."""

    empty = ""

    def clean(self, value, row=None, **kwargs):
        return self.read(value) if value != "" else self.empty

    def render(self, value, obj=None, **kwargs):
        return "" if value is None else str(value)

    def read(self, text: str):
        """Return the value of a cell that is not empty."""
        return text


# Controls that reorder text or cannot be seen; the joiners U+200C and U+200D belong to Urdu and stay.
_INVISIBLE = {*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF, 0x00AD, 0x061C}


class TextWidget(StrictWidget):
    """One line of text."""

    def __init__(self, lines: bool = False):
        super().__init__()
        self.lines = lines

    def read(self, text):
        # What can be printed holds no control and nothing invisible, and is told at once.
        is_printable = (text.replace("\n", "") if self.lines else text).isprintable()
        for character in "" if is_printable else text:
            code = ord(character)
            if code in _INVISIBLE:
                raise ValueError(
                    _("an invisible character (%(name)s) stands in the text; take it out")
                    % {"name": unicodedata.name(character, f"U+{code:04X}")}
                )
            if unicodedata.category(character) in ("Cc", "Cs", "Cn") and not (self.lines and character == "\n"):
                raise ValueError(
                    _("a control character (U+%(code)04X) stands in the text; take it out") % {"code": code}
                )
        if text != text.strip():
            raise ValueError(_("there is a space at an end; write “%(text)s”") % {"text": text.strip()})
        return text


class EdtfWidget(StrictWidget):
    """An EDTF date, kept as text."""

    def read(self, text):
        return dates.parse(text).text


class IntegerWidget(StrictWidget):
    """A whole number in ASCII digits."""

    empty = None

    def read(self, text):
        if not re.fullmatch(r"-?(0|[1-9][0-9]{0,17})", text):
            raise ValueError(_("“%(text)s” is not a whole number; write digits only, such as 3") % {"text": text})
        return int(text)


class DecimalWidget(StrictWidget):
    """A decimal with a point, without exponent, separators or a unit."""

    empty = None

    def read(self, text):
        if not re.fullmatch(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,18})?", text):
            raise ValueError(
                _("“%(text)s” is not a number as it is written here; write %(right)s")
                % {"text": text, "right": _suggest_number(text)}
            )
        return plain(Decimal(text))


def _suggest_number(text: str) -> str:
    multiple = {"k": 3, "m": 6, "bn": 9, "b": 9}
    found = re.fullmatch(r"[$€£]?\s*([0-9]+(?:[.,][0-9]+)?)\s*(k|m|bn|b)", text.strip().lower())
    if found:
        return str(plain(Decimal(found[1].replace(",", ".")).scaleb(multiple[found[2]])))
    text = re.sub(r"['_\s$€£]", "", text)
    # Three digits behind one comma are thousands; fewer or more have a comma for a point.
    is_decimal = re.fullmatch(r"-?[0-9]+,([0-9]{1,2}|[0-9]{4,})", text)
    digits = text.replace(",", "." if is_decimal else "")
    try:
        number = Decimal(digits)
    except InvalidOperation:
        return "12500000"
    if not number.is_finite() or abs(number.adjusted()) > 17:
        return "12500000"
    return f"{plain(number):f}"


class YesNoWidget(StrictWidget):
    """`yes` or `no`."""

    def clean(self, value, row=None, **kwargs):
        if value not in ("yes", "no"):
            raise ValueError(_("“%(text)s” is neither yes nor no") % {"text": value})
        return value == "yes"

    def render(self, value, obj=None, **kwargs):
        return "yes" if value else "no"


class ChoiceWidget(StrictWidget):
    """One word or code of a list."""

    def __init__(self, values: list[str], number: bool = False):
        super().__init__()
        self.values, self.number = values, number
        self.empty = None if number else ""

    def read(self, text):
        if text not in self.values:
            near = [value for value in self.values if value.lower() == text.strip().lower()]
            right = near or (self.values if len(self.values) <= 20 else [])
            hint = _("; write %(right)s") % {"right": ", ".join(right)} if right else ""
            raise ValueError(_("“%(text)s” is not in the list%(hint)s") % {"text": text, "hint": hint})
        return int(text) if self.number else text


def check_key(text: str) -> str:
    """Return the text if it has the form of a key; raises ValueError saying what would be right."""
    if not KEY.match(text) or len(text) > 80:
        raise ValueError(_("“%(text)s” is not a key: a–z, 0–9 and single hyphens, at most 80") % {"text": text[:100]})
    return text


class KeyWidget(StrictWidget):
    """The record's own key."""

    def read(self, text):
        return check_key(text)


class ReferenceWidget(StrictWidget):
    """The key of another record."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def read(self, text):
        return check_key(text)

    def render(self, value, obj=None, **kwargs):
        if value is None or (_public.get() and not value.is_public):
            return ""
        return value.key


class ListWidget(StrictWidget):
    """Texts separated by `|`, sorted and each once."""

    def read(self, text):
        items = text.split(SEPARATOR)
        for item in items:
            TextWidget().read(item)
        check_list(items)
        return text


def check_list(items: list[str]) -> None:
    """Refuse empty items, doubles and a list that is not sorted. Raises ValueError saying what would be right."""
    if "" in items:
        raise ValueError(_("an item of the list is empty; separate items by one “|”"))
    doubles = sorted({item for item in items if items.count(item) > 1}) if len(set(items)) < len(items) else []
    if doubles:
        raise ValueError(_("“%(item)s” stands twice in the list") % {"item": doubles[0]})
    if items != sorted(items):
        raise ValueError(_("the list is not sorted; write %(right)s") % {"right": SEPARATOR.join(sorted(items))})


class DatesWidget(StrictWidget):
    """EDTF dates separated by `|`, in their own order."""

    def read(self, text):
        for item in text.split(SEPARATOR):
            dates.parse(item)
        return text


class ReferencesWidget(StrictWidget):
    """Keys of other records separated by `|`, sorted and each once."""

    empty = ()

    def __init__(self, model):
        super().__init__()
        self.model = model

    def read(self, text):
        items = [check_key(item) for item in text.split(SEPARATOR)]
        check_list(items)
        return tuple(items)

    def render(self, value, obj=None, **kwargs):
        public = _public.get()
        return SEPARATOR.join(sorted(item.key for item in value.all() if item.is_public or not public))


class PartsWidget(StrictWidget):
    """Children of two columns in one cell, in order: `key:role|key:role`.

    Reads to a tuple of (key, role) pairs.
    """

    empty = ()

    def __init__(self, model, target: str, word: str):
        super().__init__()
        self.child, self.target, self.word = model, target, word
        self.model = model._meta.get_field(target).related_model
        self.words = [value for value, _label in model._meta.get_field(word).choices]

    def read(self, text):
        pairs = []
        for item in text.split(SEPARATOR):
            key, colon, word = item.partition(":")
            if not colon or word not in self.words:
                raise ValueError(
                    _("“%(item)s” is not key:role with a role of %(words)s")
                    % {"item": item[:120], "words": ", ".join(self.words)}
                )
            pairs.append((check_key(key), word))
        keys = [key for key, _word in pairs]
        if len(set(keys)) < len(keys):
            raise ValueError(_("“%(item)s” stands twice in the list") % {"item": max(keys, key=keys.count)})
        return tuple(pairs)

    def render(self, value, obj=None, **kwargs):
        public = _public.get()
        return SEPARATOR.join(
            f"{target.key}:{getattr(child, self.word)}"
            for child in value.all()
            if (target := getattr(child, self.target)).is_public or not public
        )


class SourcesWidget(ReferencesWidget):
    """The sources of a record, which follow from its citations."""

    def render(self, value, obj=None, **kwargs):
        public = _public.get()
        return SEPARATOR.join(
            sorted({item.source.key for item in value.all() if not public or is_public_citation(item)})
        )


def is_public_citation(citation) -> bool:
    """Whether the public may see a citation of a public record; source and claimant are to be loaded."""
    return citation.source.is_public and (citation.claimant is None or citation.claimant.is_public)


# Every Resource by the name of its file, in the order in which a package is written: what is referred to comes first.
registry: dict[str, type["TableResource"]] = {}


def register(resource: type["TableResource"]) -> type["TableResource"]:
    """Add a Resource to the registry, under its file name. Class decorator."""
    registry[resource.file] = resource
    return resource


def resource_of(model) -> "RecordResource":
    """Return the Resource of a keyed model."""
    for resource in registry.values():
        if resource._meta.model is model and issubclass(resource, RecordResource):
            return resource()
    raise LookupError(model)


class TableResource(ModelResource):
    """One file: its columns, in order.

    `later` are those that a package may lack, for the first ones had them not; where that is all, the file.
    """

    file = ""
    later: tuple[str, ...] = ()

    class Meta:
        # Fields that the model does not have are declared on the class.
        import_id_fields = ()

    def __init__(self, **kwargs):
        # Without super(), which copies every field for every instance: nothing here changes one, and that was half of
        # the time of a load.
        self.create_instances, self.update_instances, self.delete_instances = [], [], []

    @classmethod
    def field_from_django_field(cls, field_name, django_field, readonly):
        return Field(attribute=field_name, column_name=field_name, widget=widget_for(django_field), readonly=readonly)

    @property
    def columns(self) -> list[str]:
        """The names of the columns, in the order of the file."""
        return list(self._meta.fields)

    def export_cells(self, instance) -> dict[str, str]:
        """Return the row of an instance as {column: text}."""
        return {name: self.fields[name].export(instance) for name in self._meta.fields}

    def canonical(self, cells: dict[str, str]) -> dict[str, str]:
        """Return the cells in their one written form; what cannot be read stays as it is, to be refused later."""
        written = dict(cells)
        for name, widget in _numbers(type(self)):
            if text := cells.get(name):
                with suppress(ValueError):
                    number = widget.read(text)
                    written[name] = str(number) if isinstance(number, int) else f"{number:f}"
        return written

    def default_text(self, name: str) -> str:
        """Return the text of a cell that a new row leaves out: the default of its field."""
        return _default_text(type(self), name)

    def read_cells(self, cells: dict[str, str]) -> tuple[dict, list[Fault]]:
        """Return ({column: value}, faults) of some cells; references are keys, lists are tuples of keys."""
        values, faults = {}, []
        for name, text in cells.items():
            try:
                values[name] = self.fields[name].widget.clean(text)
            except (ValueError, ValidationError) as error:
                message = error.messages[0] if isinstance(error, ValidationError) else str(error)
                faults.append(Fault(name, text[:200], message))
        return values, faults


@cache
def _numbers(resource: type[TableResource]) -> list[tuple[str, StrictWidget]]:
    """Return the columns of numbers that may be written in more than one way, with their widgets."""
    widgets = ((name, field.widget) for name, field in resource.fields.items())
    return [(name, widget) for name, widget in widgets if isinstance(widget, DecimalWidget | IntegerWidget)]


@cache
def _default_text(resource: type[TableResource], name: str) -> str:
    if isinstance(resource.fields[name].widget, PartsWidget):
        return ""
    model_field = resource._meta.model._meta.get_field(name)
    if isinstance(model_field, models.BooleanField):
        return "yes" if model_field.default else "no"
    return "" if model_field.is_relation else str(model_field.get_default() or "")


class RecordResource(TableResource):
    """One row a keyed record. The columns are public: people's files depend on their names."""

    children: tuple[type["ChildResource"], ...] = ()
    derived = ("sources",)  # follows from citations; read from a file of one model, never stored as a cell

    class Meta(TableResource.Meta):
        import_id_fields = ("key",)

    @property
    def record_type(self) -> str:
        """The word for this model in `citations.csv`."""
        return self.file.removesuffix("s") if not self.file.endswith("ies") else self.file

    @property
    def cell_names(self) -> list[str]:
        """The columns that a version keeps: all but those that follow from others."""
        return [name for name in self._meta.fields if name not in self.derived]

    def with_relations(self, queryset):
        """Return the queryset with all that its rows and children name loaded, in a constant number of queries."""
        foreign, many = [], []
        for name in self._meta.fields:
            widget = self.fields[name].widget
            if isinstance(widget, ReferenceWidget):
                foreign.append(name)
            elif isinstance(widget, PartsWidget):
                related = self.fields[name].attribute
                many.append(models.Prefetch(related, widget.child.objects.select_related(widget.target)))
            elif isinstance(widget, ReferencesWidget) and not isinstance(widget, SourcesWidget):
                many.append(name)
        for child in self.children:
            many.append(models.Prefetch(child.related_name, child().with_relations(child._meta.model.objects.all())))
        return queryset.select_related(*foreign).prefetch_related(*many)

    def snapshot(self, instance) -> dict:
        """Return {"cells": {column: text}, "children": {name: [{column: text}]}} of a row loaded `with_relations`."""
        return {
            "cells": {name: self.fields[name].export(instance) for name in self.cell_names},
            "children": {child.name: child().export_children(instance) for child in self.children},
        }


class ChildResource(TableResource):
    """One row a child, with the key of its owner in `owner_column`; `name` is its name in plans and revisions."""

    name = ""
    related_name = ""
    owner_column = ""
    natural_key: tuple[str, ...] = ()
    keeps_order = False

    @property
    def owner_model(self):
        """The model of the record that it belongs to."""
        return self._meta.model._meta.get_field(self.owner_column).related_model

    @property
    def child_columns(self) -> list[str]:
        """Its columns without that of its owner."""
        return [name for name in self._meta.fields if name != self.owner_column]

    def with_relations(self, queryset):
        """Return the queryset with all that its rows name loaded."""
        foreign = [name for name in self.child_columns if isinstance(self.fields[name].widget, ReferenceWidget)]
        many = [name for name in self.child_columns if isinstance(self.fields[name].widget, ReferencesWidget)]
        return queryset.select_related(*foreign).prefetch_related(*many)

    def export_children(self, instance) -> list[dict[str, str]]:
        """Return the children of a loaded record as rows without the owner, in the order of the file."""
        public = _public.get()
        rows = []
        for child in getattr(instance, self.related_name).all():
            if public and not self.is_public_child(child):
                continue
            rows.append({name: self.fields[name].export(child) for name in self.child_columns})
        return self.in_order(rows)

    def whole(self, row: dict[str, str]) -> dict[str, str]:
        """Return a row with all columns of a child, in order; what it leaves out has its default."""
        unknown = set(row) - set(self.child_columns)
        if unknown:
            raise LookupError(f"{self.file} has no {sorted(unknown)}")
        return {name: row[name] if name in row else self.default_text(name) for name in self.child_columns}

    def is_public_child(self, child) -> bool:
        """Whether the public may see a child of a public record."""
        owner = self.owner_column
        return all(getattr(child, name).is_public for name in child.requires if name not in (owner, "record"))

    def in_order(self, rows: list[dict[str, str]]) -> list[dict[str, str]]:
        """Return rows in the order of the file: their own, or by natural key."""
        if self.keeps_order:
            return rows
        return sorted(rows, key=lambda row: [row[name] for name in self.natural_key])


def widget_for(field: models.Field) -> StrictWidget:
    """Return the widget that reads and writes a model field."""
    if isinstance(field, models.ManyToManyField):
        return ReferencesWidget(field.related_model)
    if isinstance(field, models.ForeignKey):
        return ReferenceWidget(field.related_model)
    if isinstance(field, KeyField):
        return KeyWidget()
    if isinstance(field, EdtfField):
        return EdtfWidget()
    if isinstance(field, ExactDecimalField):
        return DecimalWidget()
    if isinstance(field, models.BooleanField):
        return YesNoWidget()
    if field.choices:
        return ChoiceWidget([str(value) for value, _label in field.flatchoices], isinstance(field, models.IntegerField))
    if isinstance(field, models.IntegerField):
        return IntegerWidget()
    return TextWidget(lines=isinstance(field, models.TextField))
