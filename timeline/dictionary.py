"""The dictionary of the data, made from the Resources: every column, what stands in it and how it is written."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import models
from django.db.models import Count, Value
from django.urls import reverse
from django.utils.choices import CallableChoiceIterator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from relations import codelists, package
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
    "figures": gettext_lazy("How many an event killed, displaced, brought together: the lowest, best and highest."),
    "event_links": gettext_lazy("How one event stands to another; a row reads as a sentence."),
    "citations": gettext_lazy("This source supports this field of this record."),
}

# What stands in a column whose field has no help text of its own: by name, and by file and name where that differs.
MEANINGS = {
    "sources": gettext_lazy("The sources that it cites; citations.csv decides."),
    "themes": gettext_lazy("The subjects that it belongs to."),
    "description": gettext_lazy("What it is, in a sentence or two."),
    "title": gettext_lazy("What it is called."),
    "name": gettext_lazy("What it is called."),
    "note": gettext_lazy("What is to be borne in mind."),
    "country": gettext_lazy("The country in which it lies; empty where that is none or disputed."),
    "latitude": gettext_lazy("Degrees north, about."),
    "longitude": gettext_lazy("Degrees east, about."),
    "start": gettext_lazy("When it began."),
    "end": gettext_lazy("When it ended."),
    "currency": gettext_lazy("The currency in which the amount was stated."),
    "investment": gettext_lazy("The investment that it belongs to."),
    "programme": gettext_lazy("The aid programme that it belongs to."),
    "condition": gettext_lazy("The condition that it belongs to."),
    "actor": gettext_lazy("Who it is."),
    "actors": gettext_lazy("Whom it concerns."),
    "investments": gettext_lazy("The investments that it bears on."),
    "programmes": gettext_lazy("The aid programmes that it bears on."),
    "conditions": gettext_lazy("The conditions that it bears on."),
    "assessments": gettext_lazy("The findings that it made or that were made of it."),
    "judgements": gettext_lazy("The judgements that it bears out or contests."),
    "provider": gettext_lazy("Who gives."),
    "recipient": gettext_lazy("Who gets it."),
    "receiver": gettext_lazy("Who gets it."),
    "sources.publisher": gettext_lazy("Who published it."),
    "sources.author": gettext_lazy("Who wrote it, where that is said."),
    "sources.url": gettext_lazy("Its address on the web."),
    "sources.kind": gettext_lazy("What kind of document it is."),
    "sources.language": gettext_lazy("Its language, as an ISO 639 code."),
    "actors.kind": gettext_lazy("What kind of actor it is."),
    "actors.country": gettext_lazy("The country that it belongs to."),
    "investments.status": gettext_lazy("How far it is, as of the date in status_as_of."),
    "investments.announced": gettext_lazy("When it was made known."),
    "stakes.role": gettext_lazy("What the actor is in the investment."),
    "stakes.since": gettext_lazy("Since when it has that part."),
    "stakes.share_percent": gettext_lazy("Its share in percent."),
    "aid_programmes.category": gettext_lazy("What the aid is for."),
    "transactions.kind": gettext_lazy("What became of the money; kinds are never added to each other."),
    "transactions.amount_low": gettext_lazy("The least that sources give, where they differ."),
    "transactions.amount_high": gettext_lazy("The most that sources give, where they differ."),
    "transactions.date": gettext_lazy("When it was promised, paid or held back."),
    "transactions.instrument": gettext_lazy("In which form it is given."),
    "transactions.part_of": gettext_lazy("The larger amount that this one lies within; it is then in no total."),
    "transactions.counts_in_totals": gettext_lazy(
        "Whether it may be added up with others of its kind; else note says why."
    ),
    "aid_conditions.programmes": gettext_lazy("The aid programmes that it binds."),
    "aid_conditions.parent": gettext_lazy("The condition that this one is a part of."),
    "aid_conditions.kind": gettext_lazy("What kind of requirement it is."),
    "aid_conditions.legal_citation": gettext_lazy("Where the text stands: law and section."),
    "aid_conditions.certifier": gettext_lazy("Who certifies that it is met."),
    "aid_conditions.waivable": gettext_lazy("Whether the text allows a waiver."),
    "aid_conditions.waiver_standard": gettext_lazy("On what ground it may be waived."),
    "benchmarks.baseline": gettext_lazy("The value at the start."),
    "benchmarks.deadline": gettext_lazy("By when the target was to be reached, as first agreed."),
    "measurements.benchmark": gettext_lazy("The benchmark that was measured."),
    "measurements.date": gettext_lazy("When it was measured."),
    "measurements.value": gettext_lazy("What was measured, in the unit of the benchmark."),
    "assessments.finding": gettext_lazy("What was found or decided."),
    "assessments.decided_by": gettext_lazy("Who found or decided it."),
    "assessments.amount_affected": gettext_lazy("The money that it held back or let go."),
    "assessments.transactions": gettext_lazy("The amounts that it held back or let go."),
    "judgements.statement": gettext_lazy("What the source says, in the desk's words."),
    "judgements.kind": gettext_lazy("What kind of judgement it is."),
    "judgements.made_on": gettext_lazy("When it was made."),
    "judgements.status": gettext_lazy("How the record bears on it."),
    "briefing.section": gettext_lazy("The section of the briefing."),
    "briefing.sentence": gettext_lazy("Which sentence of the section, counted from 1."),
    "briefing.judgement": gettext_lazy("The judgement that carries it, or a part of it."),
    "events.importance": gettext_lazy("From 1, minor, to 5, a turning point."),
    "events.country": gettext_lazy("Where it happened; of disputed territory the state that administers it, or empty."),
    "events.place_precision": gettext_lazy("How exactly the place is known."),
    "events.actors": gettext_lazy("Who took part, and in which role."),
    "events.investments": gettext_lazy("The investments that it is about."),
    "events.programmes": gettext_lazy("The aid programmes that it is about."),
    "figures.event": gettext_lazy("The event that counts them."),
    "figures.unit": gettext_lazy("What is counted; units are never added to each other."),
    "figures.sources": gettext_lazy("The sources that state it."),
    "event_links.kind": gettext_lazy("How the first event stands to the second."),
    "event_links.from_event": gettext_lazy("The event that caused, answered, follows or is part of the other."),
    "event_links.to_event": gettext_lazy("The other event."),
    "citations.record_type": gettext_lazy("What kind of record is cited."),
    "citations.record": gettext_lazy("The record that is cited."),
    "citations.source": gettext_lazy("The document that is cited."),
    "citations.quotation": gettext_lazy("Its words."),
    "citations.support": gettext_lazy(
        "Whether the source states the field, lets it be inferred, or is cited but disputed."
    ),
}

# The outside vocabulary behind a choice.
VOCABULARIES = {
    codelists.event_kinds: ("plover_event", gettext_lazy("PLOVER event classes")),
    codelists.countries: ("iso_country", gettext_lazy("ISO 3166-1 countries, two letters")),
    codelists.currencies: ("iso_currency", gettext_lazy("ISO 4217 currencies, with the IMF's unit XDR")),
    codelists.sectors: ("dac_sector_3digit", gettext_lazy("DAC sectors, three digits")),
    codelists.finance_types: ("iati_finance_type", gettext_lazy("DAC types of finance, as IATI lists them")),
    codelists.military_accounts: ("military_aid", gettext_lazy("Accounts of military aid, which have no DAC code")),
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
            columns_of(name),
        )
        for name in package.files()
    ]


def columns_of(file: str) -> list[Column]:
    """Return the columns of a file of the package, in its order."""
    return [_column(file, column) for column in package.files()[file]]


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
            return Column(name, meaning(file, name), True, _("one of these words"), choices=types)
        if name == "record":
            return Column(name, meaning(file, name), True, _("the key of a row of that kind"))
    else:
        table = registry[file]()
    widget = table.fields[name].widget
    form, target, choices, vocabulary = _form(table, name, widget)
    said = package.column_help(table, name) or meaning(file, name)
    return Column(name, said, name in required(table), form, target, tuple(choices), vocabulary)


def meaning(file: str, column: str) -> str:
    """Return what stands in a column whose field has no help text of its own."""
    return str(MEANINGS.get(f"{file}.{column}") or MEANINGS.get(column, ""))


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
