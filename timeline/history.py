"""What the public may see of how records changed: published versions only, without keys that were never public."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC

from django.contrib.contenttypes.models import ContentType
from django.db.models import CharField, F, OuterRef, QuerySet, Subquery, Value
from django.utils.translation import gettext as _

from relations.comparing import Difference, differences, keys_in, references
from relations.models import Keyed, OldKey, Revision
from relations.reporting import credits
from relations.resources import RecordResource, ReferenceWidget, resource_of
from relations.resources.base import SEPARATOR


@dataclass(frozen=True)
class Entry:
    """One change after publication. `record` is None where the public sees it no more; then nothing is compared.

    `into` is the public record that it was merged into; `thanks` are the names of readers who reported the error.
    """

    revision: Revision
    key: str
    model: type[Keyed]
    record: Keyed | None
    changes: list[Difference] = field(default_factory=list)
    into: Keyed | None = None
    thanks: list[str] = field(default_factory=list)

    @property
    def kind(self) -> str:
        return self.revision.get_change_display()

    @property
    def noun(self) -> str:
        return str(self.model._meta.verbose_name)

    @property
    def reason(self) -> str:
        """Why, in the words of the desk; of a record that is gone only why it went."""
        if self.record or self.revision.act == Revision.Act.WITHDRAW:
            return self.revision.reason
        return ""

    @property
    def by(self) -> str:
        """Who published it, as the public may know it: a package by name, of people that it was the desk."""
        return str(self.revision.published_by_package or _("the desk"))

    @property
    def anchor(self) -> str:
        """Its place on the page: a record changes once in a moment, and a key is of one record for good."""
        moment = self.revision.published_at.astimezone(UTC)
        return f"{self.model._meta.model_name}.{self.revision.data['cells'].get('key', '')}.{moment:%Y%m%dT%H%M%S%f}"


def corrections() -> QuerySet[Revision]:
    """Return the versions that changed a record after the public had seen it."""
    return Revision.objects.filter(published_at__isnull=False).exclude(change="")


def of_record(record: Keyed) -> QuerySet[Revision]:
    """Return the versions of a record that the public saw, its first publication among them."""
    content_type = ContentType.objects.get_for_model(record)
    return Revision.objects.filter(content_type=content_type, object_id=record.pk, published_at__isnull=False)


def entries(revisions: Iterable[Revision]) -> list[Entry]:
    """Return revisions as the public may see them, each compared with the published version before it.

    Asks as many queries as there are models among them, and five more, however many revisions they are.
    """
    revisions = list(revisions)
    before = _versions_before(revisions)
    records = _records(revisions)
    packages = {version.pk: version for version in _packages(revisions)}
    thanked = credits(revisions)
    pairs = []
    for revision in revisions:
        revision.published_by_package = packages.get(revision.published_by_package_id)
        model = _model(revision)
        record = records.get((model, revision.object_id))
        pairs.append((revision, model, record, before.get(revision.pk) if record else None))
    known = _known_keys(
        key
        for revision, model, _record, earlier in pairs
        if earlier
        for data in (earlier.data, revision.data)
        for key in references(resource_of(model), data)
    )
    return [
        Entry(
            revision,
            record.key if record else revision.data["cells"].get("key", ""),
            model,
            record,
            _compared(resource_of(model), earlier.data, revision.data, known) if earlier else [],
            records.get((model, revision.into)),
            thanked.get(revision.pk, []) if record else [],
        )
        for revision, model, record, earlier in pairs
    ]


def _model(revision: Revision) -> type[Keyed]:
    return ContentType.objects.get_for_id(revision.content_type_id).model_class()


def _versions_before(revisions: list[Revision]) -> dict[int, Revision]:
    """Return {pk of a revision: the published version before it}, in one query."""
    same = Revision.objects.filter(
        content_type=OuterRef("content_type"),
        object_id=OuterRef("object_id"),
        version__lt=OuterRef("version"),
        published_at__isnull=False,
    ).order_by("-version")
    asked = Revision.objects.filter(pk__in=[revision.pk for revision in revisions])
    found = dict(asked.order_by().annotate(before=Subquery(same.values("pk")[:1])).values_list("pk", "before"))
    versions = Revision.objects.in_bulk([pk for pk in found.values() if pk])
    return {pk: versions[before] for pk, before in found.items() if before}


def _records(revisions: list[Revision]) -> dict[tuple[type[Keyed], int], Keyed]:
    """Return the records of revisions that are public, with what their addresses need."""
    wanted = defaultdict(set)
    for revision in revisions:
        wanted[_model(revision)].update({revision.object_id, revision.into} - {None})
    return {
        (model, record.pk): record
        for model, pks in wanted.items()
        for record in model.objects.published().filter(pk__in=pks).select_related(*model.requires)
    }


def _packages(revisions: list[Revision]):
    pks = {revision.published_by_package_id for revision in revisions} - {None}
    model = Revision._meta.get_field("published_by_package").related_model
    return model.objects.filter(pk__in=pks).only("name", "version") if pks else ()


def _compared(resource: RecordResource, before: dict, after: dict, known: set) -> list[Difference]:
    return differences(_as_public(resource, before, known), _as_public(resource, after, known))


# ------------------------------------------------------------------------------------- keys that were never public


def _known_keys(named: Iterable[tuple[type[Keyed], str]]) -> set[tuple[type[Keyed], str]]:
    """Return those of (model, key) that the public saw at some time, in two queries."""
    wanted = defaultdict(set)
    for model, key in named:
        wanted[model].add(key)
    if not wanted:
        return set()
    first, *others = (
        model.objects.filter(was_public=True, key__in=keys)
        .order_by()
        .values_list(Value(model._meta.label, output_field=CharField()), F("key"))
        for model, keys in wanted.items()
    )
    known = set(first.union(*others, all=True))
    every = set().union(*wanted.values())
    for old in OldKey.objects.filter(was_public=True, key__in=every).values_list("content_type", "key"):
        known.add((ContentType.objects.get_for_id(old[0]).model_class()._meta.label, old[1]))
    return {(model, key) for model, keys in wanted.items() for key in keys if (model._meta.label, key) in known}


def _as_public(resource: RecordResource, data: dict, known: set) -> dict:
    """Return a version without keys that the public never saw, and without the children that hang on them."""
    cells = {name: _public_text(resource, name, text, known) for name, text in data.get("cells", {}).items()}
    children = {}
    for child in resource.children:
        table, rows = child(), []
        for row in data.get("children", {}).get(child.name, ()):
            shown = {name: _public_text(table, name, text, known) for name, text in row.items()}
            hidden = [name for name, text in row.items() if text and not shown[name]]
            if not any(isinstance(table.fields[name].widget, ReferenceWidget) for name in hidden):
                rows.append(shown)
        children[child.name] = rows
    return {"cells": cells, "children": children}


def _public_text(table, name: str, text: str, known: set) -> str:
    widget = table.fields[name].widget if name in table.fields else None
    keys = keys_in(widget, text)
    if not keys:
        return text
    items = zip(text.split(SEPARATOR), keys, strict=True)
    return SEPARATOR.join(item for item, key in items if (widget.model, key) in known)
