"""The evidence of a record, claim by claim: its sources numbered, what each supports, and where they differ."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.core.exceptions import FieldDoesNotExist
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from relations import dates
from relations.fields import EdtfField
from relations.models import Record, Source, Support
from relations.models.base import Citation
from relations.resources import resource_of

LABELS = {
    "": gettext_lazy("The whole record"),
    "actors": gettext_lazy("Actors and roles"),
    "sector_code": gettext_lazy("Sector"),
}
DIFFER = {"actors": gettext_lazy("who took part and how")}


@dataclass(frozen=True)
class Column:
    """What is claimed: a field of the record, and its value where that is short."""

    name: str
    label: str
    value: str = ""


@dataclass(frozen=True)
class Row:
    """One source under its number; `cells` has a list of citations for each column."""

    number: int
    source: Source
    publication: str
    cells: list[list[Citation]]


@dataclass(frozen=True)
class Said:
    """What one source says otherwise, and who claims it."""

    value: str
    by: str
    source: Source
    number: int


@dataclass(frozen=True)
class Differ:
    """A field of which sources say different things."""

    name: str
    title: str
    text: str
    rows: list[Said]


@dataclass(frozen=True)
class Claims:
    """The table of sources of a record. `footnotes` gives the numbers of the sources of a field, in order."""

    columns: list[Column]
    rows: list[Row]
    citations: int
    footnotes: dict[str, list[int]]
    differ: list[Differ]
    disputed: set[str] = field(default_factory=set)


def claims_of(record: Record) -> Claims:
    """Return the claims of a record loaded `with_evidence`."""
    citations = in_order(record)
    names = list(dict.fromkeys(citation.field for citation in citations))
    numbers: dict[int, int] = {}
    for citation in citations:
        numbers.setdefault(citation.source_id, len(numbers) + 1)
    by_source: dict[int, dict[str, list[Citation]]] = {pk: {} for pk in numbers}
    footnotes: dict[str, list[int]] = {name: [] for name in names}
    for citation in citations:
        by_source[citation.source_id].setdefault(citation.field, []).append(citation)
        if numbers[citation.source_id] not in footnotes[citation.field]:
            footnotes[citation.field].append(numbers[citation.source_id])
    sources = {citation.source_id: citation.source for citation in citations}
    return Claims(
        columns=[Column(name, label_of(type(record), name), _value(record, name)) for name in names],
        rows=[
            Row(number, sources[pk], publication(sources[pk]), [by_source[pk].get(name, []) for name in names])
            for pk, number in numbers.items()
        ],
        citations=len(citations),
        footnotes={name: sorted(found) for name, found in footnotes.items()},
        differ=_differing(record, citations, numbers),
        disputed={citation.field for citation in citations if citation.support == Support.DISPUTED},
    )


def in_order(record: Record) -> list[Citation]:
    """Return the citations of a record in the order of its columns, those of the whole record first."""
    order = {"": -1} | {name: n for n, name in enumerate(resource_of(type(record)).columns)}
    return sorted(record.shown_citations, key=lambda citation: order.get(citation.field, len(order)))


def label_of(model, name: str) -> str:
    """Return the name of a field for people."""
    if name in LABELS:
        return str(LABELS[name])
    try:
        return capfirst(str(model._meta.get_field(name).verbose_name))
    except (FieldDoesNotExist, AttributeError):
        return capfirst(name.replace("_", " "))


def publication(source: Source) -> str:
    """Return who published a source and when: “Reuters, 21 Jun 2025”, with what kind of copy it is."""
    parts = [source.publisher, dates.parse(source.published).short() if source.published else "", source.note]
    return ", ".join(filter(None, parts))


def _value(record: Record, name: str) -> str:
    """Return the value of a field where it is a date or a word."""
    try:
        model_field = record._meta.get_field(name)
    except FieldDoesNotExist:
        return ""
    text = getattr(record, name, "")
    if isinstance(model_field, EdtfField):
        return dates.parse(text).short() if text else ""
    if getattr(model_field, "choices", None):
        return str(getattr(record, f"get_{name}_display")())
    return text if isinstance(text, str) and len(text) <= 24 else ""


def _differing(record: Record, citations: Iterable[Citation], numbers: dict[int, int]) -> list[Differ]:
    fields: dict[str, list[Said]] = {}
    for citation in citations:
        if citation.states_instead:
            by = citation.claimant.label if citation.claimant else ""
            said = Said(capfirst(citation.states_instead), by, citation.source, numbers[citation.source_id])
            fields.setdefault(citation.field, []).append(said)
    found = []
    for name, rows in fields.items():
        label = label_of(type(record), name)
        title = str(DIFFER.get(name, label[:1].lower() + label[1:]))
        value = _value(record, name)
        text = (
            _("The record says “%(value)s”; these sources say otherwise.") % {"value": value}
            if value
            else _("The record holds what the desk prefers and marks it as disputed.")
        )
        rows.sort(key=lambda said: (not said.by, said.number))
        found.append(Differ(name, title, text, rows))
    return found
