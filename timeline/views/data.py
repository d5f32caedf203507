"""The record as files: the package, each table, and a dictionary of every column made from the Resources."""

import io
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db import models
from django.db.models import Count, Value
from django.http import Http404, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.choices import CallableChoiceIterator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from relations import codelists, package
from relations.models import PublicRevision
from relations.resources import ChildResource, CitationResource, TableResource, registry, resource_of
from relations.resources.base import (
    ChoiceWidget,
    DatesWidget,
    DecimalWidget,
    EdtfWidget,
    IntegerWidget,
    KeyWidget,
    ListWidget,
    PartsWidget,
    ReferencesWidget,
    ReferenceWidget,
    TextWidget,
    YesNoWidget,
)
from relations.writing import required

from .base import no_parameters

EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip can name, so that the same files make the same zip

# What a row of each file is.
ROWS = {
    "themes": gettext_lazy("A subject, and why it matters."),
    "sources": gettext_lazy("A published document that the record cites."),
    "actors": gettext_lazy("A state, body, force, group, company or person that takes part."),
    "investments": gettext_lazy("A project with money in it."),
    "stakes": gettext_lazy("Who holds what in an investment, and since when."),
    "aid_programmes": gettext_lazy("Aid under one legal basis or decision."),
    "transactions": gettext_lazy("One amount of one investment or programme, of one kind."),
    "aid_conditions": gettext_lazy("One requirement attached to aid."),
    "benchmarks": gettext_lazy("The measurable part of a condition."),
    "measurements": gettext_lazy("A value of a benchmark at a date."),
    "assessments": gettext_lazy("What somebody found of a condition."),
    "judgements": gettext_lazy("What a source says that it means or expects."),
    "briefing": gettext_lazy("A sentence of the briefing, and a judgement that carries it."),
    "events": gettext_lazy("Something that happened at a date."),
    "event_links": gettext_lazy("How one event stands to another; a row reads as a sentence."),
    "citations": gettext_lazy("This source supports this field of this record."),
}

# The outside vocabulary behind a choice.
VOCABULARIES = {
    codelists.event_kinds: ("plover_event", gettext_lazy("PLOVER event classes")),
    codelists.countries: ("iso_country", gettext_lazy("ISO 3166-1 countries, two letters")),
    codelists.currencies: ("iso_currency", gettext_lazy("ISO 4217 currencies, with the IMF's unit XDR")),
    codelists.sectors: ("dac_sector_3digit", gettext_lazy("DAC sectors, three digits")),
    codelists.reliabilities: ("admiralty_source_reliability", gettext_lazy("Admiralty scale: reliability of a source")),
    codelists.credibilities: (
        "admiralty_information_credibility",
        gettext_lazy("Admiralty scale: credibility of a claim"),
    ),
}


@dataclass(frozen=True)
class Column:
    """A column as the dictionary shows it. `choices` has (value, meaning); `vocabulary` names a list of its own."""

    name: str
    help: str
    is_required: bool
    form: str
    file: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    vocabulary: str = ""

    @property
    def file_anchor(self) -> str:
        return self.file.replace("_", "-")


@dataclass(frozen=True)
class File:
    """A file of the package as the dictionary shows it."""

    name: str
    row: str
    rows: int
    url: str
    columns: list[Column]

    @property
    def anchor(self) -> str:
        return self.name.replace("_", "-")


@dataclass(frozen=True)
class Vocabulary:
    """An outside vocabulary: (code as it stands in a cell, name, meaning) of all its codes."""

    name: str
    title: str
    source_url: str
    codes: list[tuple[str, str, str]]

    @property
    def has_meanings(self) -> bool:
        return any(meaning for _code, _name, meaning in self.codes)


def dictionary() -> list[File]:
    """Return every file of the package with every column, in the order of the package, in one query."""
    counts = row_counts()
    return [
        File(
            name,
            str(ROWS.get(name, "")),
            counts[name],
            reverse("timeline:data-file", args=[name]),
            [_column(name, column) for column in columns],
        )
        for name, columns in package.files().items()
    ]


def row_counts() -> dict[str, int]:
    """Return how many rows each file has that the public may see, in one query."""
    queries = []
    for name, resource in registry.items():
        if issubclass(resource, ChildResource):
            queries.append((name, resource._meta.model.objects.published()))
            continue
        queries.append((name, resource._meta.model.objects.published()))
        if any(child.name == package.CITATIONS for child in resource.children):
            table = resource._meta.model._meta.get_field("citations").related_model
            queries.append((package.CITATIONS, table.objects.published()))
    first, *others = (
        queryset.order_by().values(file=Value(name, output_field=models.CharField())).annotate(n=Count("pk"))
        for name, queryset in queries
    )
    counts = dict.fromkeys(package.files(), 0)
    for row in first.union(*others, all=True):
        counts[row["file"]] += row["n"]
    return counts


def _column(file: str, name: str) -> Column:
    if file == package.CITATIONS:
        table = CitationResource.of(registry["events"]._meta.model)()
        if name == "record_type":
            types = tuple(
                (package.record_type(resource._meta.model), str(resource._meta.model._meta.verbose_name))
                for resource in package.record_resources()
                if any(child.name == package.CITATIONS for child in resource.children)
            )
            return Column(name, _("What kind of record is cited."), True, _("one of these words"), choices=types)
        if name == "record":
            return Column(name, _("The record that is cited."), True, _("the key of a row of that kind"))
    else:
        table = registry[file]()
    widget = table.fields[name].widget
    form, target, choices, vocabulary = _form(table, name, widget)
    return Column(
        name, package.column_help(table, name), name in required(table), form, target, tuple(choices), vocabulary
    )


def _form(table: TableResource, name: str, widget) -> tuple[str, str, Iterable[tuple[str, str]], str]:
    """Return how a cell is written, the file whose keys it holds, its words, and the vocabulary that they are of."""
    target = resource_of(widget.model).file if isinstance(widget, ReferenceWidget | ReferencesWidget) else ""
    if isinstance(widget, PartsWidget):
        words = widget.child._meta.get_field(widget.word).choices
        file = resource_of(widget.model).file
        return _("key:role pairs, separated by |, in their own order"), file, _labelled(words), ""
    if isinstance(widget, ReferencesWidget):
        return _("keys, sorted and separated by |"), target, (), ""
    if isinstance(widget, ReferenceWidget):
        return _("a key"), target, (), ""
    if isinstance(widget, KeyWidget):
        return _("a key: a–z, 0–9 and single hyphens, at most 80"), "", (), ""
    if isinstance(widget, EdtfWidget):
        return _("an EDTF date"), "", (), ""
    if isinstance(widget, DatesWidget):
        return _("EDTF dates, separated by |"), "", (), ""
    if isinstance(widget, ListWidget):
        return _("texts, sorted and separated by |"), "", (), ""
    if isinstance(widget, IntegerWidget):
        return _("a whole number"), "", (), ""
    if isinstance(widget, DecimalWidget):
        return _("a number with a decimal point, no separators"), "", (), ""
    if isinstance(widget, YesNoWidget):
        return _("yes or no"), "", (), ""
    field = table._meta.model._meta.get_field(name)
    if isinstance(widget, ChoiceWidget):
        source = field.choices.func if isinstance(field.choices, CallableChoiceIterator) else None
        if source in VOCABULARIES:
            return _("a code of"), "", (), VOCABULARIES[source][0]
        return _("one of these words"), "", _labelled(field.flatchoices), ""
    assert isinstance(widget, TextWidget)
    lines = _("text of several lines, at most %(limit)s characters")
    line = _("text, at most %(limit)s characters")
    return (lines if widget.lines else line) % {"limit": field.max_length}, "", (), ""


def _labelled(choices) -> list[tuple[str, str]]:
    """Return (value, label) where a label says more than its value."""
    pairs = [(str(value), str(label)) for value, label in choices]
    return [(value, "" if label == value.replace("-", " ") else label) for value, label in pairs]


def vocabularies() -> list[Vocabulary]:
    """Return the outside vocabularies with all their codes, as cells hold them."""
    found = []
    for choices, (name, title) in VOCABULARIES.items():
        codes = codelists.codelist(name)
        by_cell = {code.lower(): code for code in codes}
        rows = [
            (value, str(label), codes[by_cell[value.lower()]].description if value.lower() in by_cell else "")
            for value, label in choices()
        ]
        found.append(Vocabulary(name, str(title), next(iter(codes.values())).source_url, rows))
    return found


# -------------------------------------------------------------------------------------------------------- files


class Changed(Exception):
    """The record changed while its package was written, so that the files would not fit each other."""


class _Pieces(io.RawIOBase):
    """A file that cannot be wound back: what is written waits to be taken."""

    def __init__(self):
        self.waiting = bytearray()

    def writable(self):
        return True

    def write(self, data):
        self.waiting += data
        return len(data)

    def take(self) -> bytes:
        taken = bytes(self.waiting)
        self.waiting.clear()
        return taken


def zipped(files: Iterable[tuple[str, Iterable[str]]]) -> Iterator[bytes]:
    """Yield a zip of (name, text in pieces); the same files give the same bytes."""
    pieces = _Pieces()
    with zipfile.ZipFile(pieces, "w") as archive:
        for name, text in files:
            info = zipfile.ZipInfo(name, EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(info, "w") as file:
                for piece in text:
                    file.write(piece.encode())
                    if pieces.waiting:
                        yield pieces.take()
    yield pieces.take()


def _unchanged(files: Iterable[tuple[str, Iterable[str]]]) -> Iterator[tuple[str, Iterable[str]]]:
    """Yield files as they are; raise Changed at the end if a public record changed meanwhile.

    A download that breaks off is a fault that everybody sees; files of two states of the record are not.
    """
    before = _revision()
    yield from files
    if _revision() != before:
        raise Changed


def _revision() -> int | None:
    return PublicRevision.objects.values_list("number", flat=True).first()


# -------------------------------------------------------------------------------------------------------- pages


def data(request):
    no_parameters(request)
    edition = request.edition
    context = {
        "section": "data",
        "files": dictionary(),
        "vocabularies": vocabularies(),
        "caveats": edition.pair.caveats,
        "calendars": [(code, calendar.name) for code, calendar in edition.pair.calendars.items()],
        "package": edition.pair,
        "page": {"title": _("Data"), "description": _("Downloads, dictionary, licence and caveats of the data.")},
    }
    return render(request, "timeline/data.html", context)


def data_package(request):
    """Answer the whole package as a zip, file after file."""
    no_parameters(request)
    name = request.edition.pair.name or "bilateral"
    return _file(zipped(_unchanged(package.dump())), "application/zip", f"{name}.zip")


def data_file(request, name: str):
    """Answer one file of the package as CSV."""
    no_parameters(request)
    if name not in package.files():
        raise Http404
    return _file(package.table_text(name), "text/csv; charset=utf-8", f"{name}.csv")


def data_descriptor(request):
    """Answer `datapackage.json`."""
    no_parameters(request)
    return _file([package.descriptor_text()], "application/json", package.DESCRIPTOR)


def _file(pieces: Iterable[bytes | str], content_type: str, name: str) -> StreamingHttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(pieces, content_type=content_type, headers=headers)
