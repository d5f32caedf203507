"""What leans on a record: who names it, and what would leave the public with it."""

from dataclasses import dataclass

from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from ..models import Actor, Child, Citation, Keyed, Record, Source
from ..naming import owner_field, places
from ..writing import keyed_models
from .fields import label_of

MOST_SHOWN = 20
MOST_LEFT = 100
MOST_RESTING = 500


@dataclass(frozen=True)
class Leaning:
    """Records of one kind that name a record in one place."""

    label: str
    count: int
    links: list[tuple[str, str]]
    more: int


def links(records: list[Keyed]) -> list[tuple[str, str]]:
    """Return what records are called and where they are edited."""
    place = "admin:{0.app_label}_{0.model_name}_change"
    return [(label_of(record), reverse(place.format(record._meta), args=[record.pk])) for record in records]


def owner_of(item) -> Keyed:
    """Return the record that a child belongs to; a record itself."""
    return item if isinstance(item, Keyed) else getattr(item, owner_field(type(item)))


def pointing_at(record: Keyed) -> int:
    """Return how often other records name this one, in one query."""
    model = type(record)
    counts = {}
    for number, field in enumerate(places(model)):
        rows = field.model._base_manager.filter(**{field.name: OuterRef("pk")}).order_by().values(field.name)
        counts[f"n{number}"] = Coalesce(Subquery(rows.annotate(n=Count("pk")).values("n")), 0)
    found = model._base_manager.filter(pk=record.pk).annotate(**counts).values_list(*counts) if counts else []
    return sum(found[0]) if found else 0


def leanings(record: Keyed) -> list[Leaning]:
    """Return who names a record, by kind and place, each with its first twenty."""
    found = []
    for field in places(type(record)):
        if isinstance(record, Source) and issubclass(field.model, Citation) and field.name == "source":
            continue  # see `resting_on`
        rows = field.model._base_manager.filter(**{field.name: record})
        if issubclass(field.model, Child):
            rows = rows.select_related(owner_field(field.model))
        count = rows.count()
        if count:
            shown = list(dict.fromkeys(owner_of(row) for row in rows.order_by("pk")[:MOST_SHOWN]))
            label = _("%(models)s, as %(place)s") % {
                "models": capfirst(type(shown[0])._meta.verbose_name_plural),
                "place": field.verbose_name,
            }
            found.append(Leaning(label, count, links(shown), max(0, count - MOST_SHOWN)))
    return found


def goes_with(records: list[Keyed]) -> list[Keyed]:
    """Return the public records that require one of these, and so leave the public with it; at most a hundred."""
    found: list[Keyed] = []
    queue = list(records)
    while queue and len(found) < 100:
        model = type(queue[0])
        pks = [record.pk for record in queue if type(record) is model]
        queue = [record for record in queue if type(record) is not model]
        for dependent in keyed_models():
            for name in dependent.requires:
                if dependent._meta.get_field(name).related_model is model:
                    below = list(dependent.objects.published().filter(**{f"{name}__in": pks}).order_by("key")[:100])
                    found += below
                    queue += below
    return found[:100]


def citation_tables() -> list[type[Citation]]:
    """Return the tables of citations, one a kind of record."""
    cited = [model for model in keyed_models() if issubclass(model, Record)]
    return [model._meta.get_field("citations").related_model for model in cited]


def left_uncited(records: list[Keyed]) -> list[Keyed]:
    """Return the public records that cite none but these sources or claimants, and so need another first.

    At most a hundred. The writer refuses to leave them so.
    """
    gone = {
        name: [record.pk for record in records if isinstance(record, model)]
        for name, model in (("source", Source), ("claimant", Actor))
    }
    hit = Q(source__in=gone["source"]) | Q(claimant__in=gone["claimant"])
    found: list[Keyed] = []
    for table in citation_tables() if any(gone.values()) else ():
        shown = table.objects.published()
        left = shown.exclude(source__in=gone["source"]).filter(Q(claimant=None) | ~Q(claimant__in=gone["claimant"]))
        model = table._meta.get_field("record").related_model
        rows = model.objects.published().filter(pk__in=shown.filter(hit).values("record"))
        found += rows.exclude(pk__in=left.values("record")).order_by("key")[: MOST_LEFT - len(found)]
    return found


@dataclass(frozen=True)
class Resting:
    """A record that rests on a source: what of it does, and whether it cites no other."""

    words: str
    url: str
    state: str
    state_label: str
    claims: list[Citation]
    is_alone: bool

    @property
    def said(self) -> list[str]:
        """What of it rests there: “date: stated, p. 14”."""
        return [
            f"{claim.field.replace('_', ' ') or _('the whole record')}: "
            + ", ".join(filter(None, (claim.get_support_display(), claim.locator)))
            for claim in self.claims
        ]


def resting_on(source: Source) -> list[tuple[str, list[Resting]]]:
    """Return (kind of record, records) of all that cites a source, drafts too; at most five hundred of a kind."""
    found = []
    for table in citation_tables():
        citations = table.objects.filter(source=source).select_related("record", "claimant")
        by_record: dict[Keyed, list[Citation]] = {}
        for citation in citations.order_by("record__key", "field", "pk")[: MOST_RESTING * 4]:
            by_record.setdefault(citation.record, []).append(citation)
        if not by_record:
            continue
        shown = list(by_record)[:MOST_RESTING]
        others = table.objects.filter(record__in=shown).exclude(source=source)
        not_alone = set(others.values_list("record", flat=True))
        rows = [
            Resting(words, url, record.state, record.get_state_display(), by_record[record], record.pk not in not_alone)
            for record, (words, url) in zip(shown, links(shown), strict=True)
        ]
        found.append((capfirst(type(shown[0])._meta.verbose_name_plural), rows))
    return found
