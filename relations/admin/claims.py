"""What a version of a record claims, field by field, each beside the sources that it cites for it."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.utils.html import escape
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from .. import codelists
from ..comparing import child_key
from ..evidence import Evidence, attested, weigh
from ..marking import marked
from ..models import Actor, Keyed, Record, Source, Support
from ..resources import CitationResource, PartsWidget, RecordResource, ReferencesWidget, ReferenceWidget, resource_of
from ..resources.base import SEPARATOR
from .fields import label_of, source_hint
from .panel import weight_in_words

CITATIONS = CitationResource.name


@dataclass(frozen=True)
class Cited:
    """One citation as a version has it; `mark` is `new`, `changed`, `gone`, or nothing."""

    source: Source | None
    key: str
    row: dict[str, str]
    claimant: str = ""
    mark: str = ""
    before: dict[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """What the source is called; its key where there is no such source."""
        return str(self.source or self.key)

    @property
    def published(self) -> str:
        """Publisher and date of the source."""
        return source_hint(self.source) if self.source else ""

    @property
    def support(self) -> str:
        """How the source stands to the claim, in a word."""
        return str(Support(self.row["support"]).label) if self.row["support"] in Support.values else ""

    @property
    def credibility(self) -> str:
        """The Admiralty digit with its meaning."""
        return _graded(self.row["credibility"], codelists.credibilities())

    @property
    def reliability(self) -> str:
        """The Admiralty letter of the source with its meaning."""
        return _graded(self.source.reliability, codelists.reliabilities()) if self.source else ""

    @property
    def changed(self) -> str:
        """The columns that differ, in words."""
        names = [name for name, text in self.row.items() if self.before.get(name, "") != text]
        return ", ".join(name.replace("_", " ") for name in names) if self.before else ""


@dataclass
class Claim:
    """A field, what it says, what it said before, and what stands behind it."""

    name: str
    value: str
    before: str | None = None
    citations: list[Cited] = field(default_factory=list)
    evidence: Evidence = field(default_factory=Evidence)
    lacks_source: bool = False

    @property
    def label(self) -> str:
        """The name of the field, for people."""
        return self.name.replace("_", " ") if self.name else _("the whole record")

    @property
    def weight(self) -> str:
        """How many sources and publishers stand behind it."""
        return weight_in_words(self.evidence) if self.evidence.sources else ""

    @property
    def marked(self) -> str:
        """What it says, as HTML, with the words marked that differ."""
        return mark_safe(marked(escape(self.before or ""), escape(self.value)))  # noqa: S308 - both are escaped

    @property
    def has_changed(self) -> bool:
        """Whether it says something else than before."""
        return self.before is not None and self.before != self.value


def claims_of(model: type[Keyed], after: dict, before: dict | None = None) -> list[Claim]:
    """Return what a version says, {"cells": …, "children": …}, in the order of its columns, the whole record first.

    With `before`, another version, what differs from it is marked. Named are the fields that are cited, those that
    need a source, and those that changed.
    """
    resource = resource_of(model)
    by_field: dict[str, list[Cited]] = {}
    for cited in _cited(after, before):
        by_field.setdefault(cited.row["field"], []).append(cited)
    standing = {
        name: [item for item in found if item.source and item.mark != "gone"] for name, found in by_field.items()
    }
    whole = standing.get("", [])
    needed = set(attested(model)) if issubclass(model, Record) else set()
    children = [child.name for child in resource.children if child.name != CITATIONS]
    old = before or {"cells": {}, "children": {}}
    words = _Words(resource, after, old)
    claims = []
    for name in ("", *resource.cell_names, *children):
        value, was = words.of(after, name), words.of(old, name) if before else None
        changed = was is not None and was != value
        if not (name in by_field or changed or value and name in needed):
            continue
        behind = [*standing.get(name, []), *whole]
        lacks_source = name in needed and bool(value) and not behind
        claims.append(Claim(name, value, was, by_field.get(name, []), weigh(behind), lacks_source))
    return claims


def _cited(after: dict, before: dict | None) -> Iterator[Cited]:
    rows = after["children"].get(CITATIONS, [])
    old = {child_key(CITATIONS, row): row for row in (before or {"children": {}})["children"].get(CITATIONS, [])}
    keys = {row["source"] for row in (*rows, *old.values())}
    sources = {source.key: source for source in Source.objects.filter(key__in=keys).select_related("origin__origin")}
    claimants = {row["claimant"] for row in (*rows, *old.values())} - {""}
    names = {actor.key: actor.label for actor in Actor.objects.filter(key__in=claimants)} if claimants else {}
    kept = set()
    for row in rows:
        key = child_key(CITATIONS, row)
        kept.add(key)
        was = old.get(key)
        mark = "" if before is None or was == row else "changed" if was else "new"
        yield Cited(sources.get(row["source"]), row["source"], row, names.get(row["claimant"], ""), mark, was or {})
    for key, row in old.items():
        if key not in kept:
            yield Cited(sources.get(row["source"]), row["source"], row, names.get(row["claimant"], ""), "gone")


class _Words:
    """The cells of some versions as people read them: keys of records as what these are called."""

    def __init__(self, resource: RecordResource, *versions: dict):
        self.resource = resource
        wanted: dict[type[Keyed], set[str]] = {}
        for version in versions:
            for name, text in version["cells"].items():
                widget = resource.fields[name].widget if name in resource.fields else None
                if text and isinstance(widget, ReferenceWidget | ReferencesWidget | PartsWidget):
                    wanted.setdefault(widget.model, set()).update(
                        item.partition(":")[0] for item in text.split(SEPARATOR)
                    )
        self.names = {
            (model, record.key): label_of(record)
            for model, keys in wanted.items()
            for record in model._base_manager.filter(key__in=keys)
        }

    def of(self, version: dict, name: str) -> str:
        """Return what a column, or the children of a name, say."""
        if name in version["children"]:
            rows = version["children"][name]
            return "\n".join(", ".join(text for text in row.values() if text) for row in rows)
        text = version["cells"].get(name, "")
        widget = self.resource.fields[name].widget if name in self.resource.fields else None
        if not text or not isinstance(widget, ReferenceWidget | ReferencesWidget | PartsWidget):
            return text
        found = []
        for item in text.split(SEPARATOR):
            key, _colon, word = item.partition(":")
            label = self.names.get((widget.model, key), key)
            found.append(f"{label} ({word})" if word else label)
        return "; ".join(found)


def _graded(code: str, choices: list[tuple[str, str]]) -> str:
    """Return a grade with its meaning: “B, usually reliable”."""
    return f"{code.upper()}, {dict(choices).get(code, '').lower()}" if code else ""
