"""What every public page says of the site: the pair, the menu, the edition, how much the record holds."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache

from django.conf import settings
from django.db.models import Count, Subquery, Value
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from relations.models import Actor, AidCondition, PublicRevision, Source

from .models import Event
from .views.base import Edition, read_edition


@dataclass(frozen=True)
class Section:
    """An entry of the menu."""

    name: str
    label: str
    url: str


@dataclass(frozen=True)
class Revision:
    number: int
    date: date | None


@dataclass(frozen=True)
class Licence:
    name: str
    url: str


@dataclass(frozen=True)
class Counts:
    """How many records of a kind the public may see."""

    events: int
    actors: int
    conditions: int
    sources: int


class Site:
    """What base.html asks of `site`; nothing is read before it is asked."""

    name = "Bilateral"

    def __init__(self, edition: Edition):
        self.edition, self._pair = edition, edition.pair

    @property
    def title(self) -> str:
        return self._pair.title

    @property
    def description(self) -> str:
        return self._pair.description

    @property
    def package(self) -> str:
        return self._pair.name

    @property
    def revision(self) -> Revision:
        moment = self.edition.changed_at or self.edition.loaded_at
        return Revision(self.edition.number, timezone.localtime(moment).date() if moment else None)

    @property
    def publisher(self) -> str:
        return self._pair.publisher

    @property
    def contact(self) -> str:
        return self._pair.contact

    @property
    def licence(self) -> Licence:
        return Licence(self._pair.licence, self._pair.licence_url)

    @property
    def second_person(self) -> bool:
        return settings.SECOND_PERSON

    @property
    def by_package(self) -> bool:
        return self.edition.package is not None

    @cached_property
    def sections(self) -> list[Section]:
        entries = (
            ("timeline", _("Timeline"), "timeline"),
            ("events", _("Events"), "event-list"),
            ("actors", _("Actors"), "actor-list"),
            ("investments", _("Investments"), "investment-list"),
            ("aid", _("Aid"), "aidprogramme-list"),
            ("conditions", _("Conditions"), "aidcondition-list"),
            ("judgements", _("Judgements"), "judgement-list"),
            ("sources", _("Sources"), "source-list"),
            ("data", _("Data"), "data"),
        )
        return [Section(name, label, reverse(f"timeline:{url}")) for name, label, url in entries]

    @cached_property
    def counts(self) -> Counts:
        if self.edition.changed_at is None:
            return _count()
        return _counted(self.edition.number, self.edition.changed_at)


@lru_cache(maxsize=2)
def _counted(number: int, changed_at) -> Counts:
    """Return the counts of one edition; the moment keeps apart what a restored database numbers alike."""
    return _count()


def _count() -> Counts:
    models = {"events": Event, "actors": Actor, "conditions": AidCondition, "sources": Source}

    def number_of(model):
        rows = model.objects.published().order_by().values(one=Value(1)).annotate(n=Count("pk")).values("n")
        return Coalesce(Subquery(rows), 0)

    found = PublicRevision.objects.filter(pk=1).values(**{name: number_of(model) for name, model in models.items()})
    return Counts(**(found.first() or dict.fromkeys(models, 0)))


def site(request) -> dict:
    """Return `site`, which asks the database only where a template names it."""

    def read():
        return Site(getattr(request, "edition", None) or read_edition())

    return {"site": SimpleLazyObject(read)}
