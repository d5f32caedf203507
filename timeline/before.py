"""What happened within some days before each of many moments: findings, suspensions of money, events of a class."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice

import django_filters
from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q, QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from relations import codelists, dates
from relations.filters import WordFilter
from relations.models import Assessment, Keyed, Transaction

from . import amounts
from .filters import EventFilter
from .ledger import period_of
from .models import Event

SUSPENDED = "suspended"
DAYS, MOST_DAYS = 90, 366
SHOWN = 50  # events before a moment, the nearest first
PERIOD = ("from", "to", "certainty")
CHUNK = 20  # moments whose events are read at once


def moments() -> list[tuple[str, str]]:
    """Return what events can be asked for before it, as (value, label): money suspended, findings, classes of event."""
    findings = [
        (value, _("condition: %(finding)s") % {"finding": label}) for value, label in Assessment.Finding.choices
    ]
    kinds = [(value, _("event: %(class)s") % {"class": label}) for value, label in codelists.event_kinds()]
    return [(SUSPENDED, _("money suspended")), *findings, *kinds]


class MomentFilter(WordFilter):
    """Which moments; of the events it narrows none."""

    def filter(self, queryset, value):
        return queryset


class DaysField(forms.IntegerField):
    def __init__(self, **kwargs):
        right = _("write a whole number from 1 to %(most)s") % {"most": MOST_DAYS}
        bounds = [MinValueValidator(1, right), MaxValueValidator(MOST_DAYS, right)]
        super().__init__(error_messages={"invalid": right}, validators=bounds, **kwargs)


class DaysFilter(django_filters.Filter):
    """How many days before each; of the events it narrows none."""

    field_class = DaysField

    def filter(self, queryset, value):
        return queryset


class BeforeFilter(EventFilter):
    """What may be asked of the events, and of the moments: from, to and certainty are of the moments."""

    of = MomentFilter(label=gettext_lazy("Before each"), choices=moments)
    days = DaysFilter(label=gettext_lazy("Days before"))

    class Meta(EventFilter.Meta):
        pass


@dataclass(frozen=True)
class Moment:
    """A record, and the days on one of which it happened or began; `is_sure` unless its date is qualified."""

    record: Keyed
    title: str
    finding: str
    words: str
    first: date
    last: date
    is_sure: bool

    def window(self, days: int) -> tuple[date, date]:
        """Return the first and last day that can lie within so many days before it."""
        first, last = (max(day.toordinal() - n, 1) for day, n in ((self.first, days), (self.last, 1)))
        return date.fromordinal(first), date.fromordinal(last)

    def possibly(self, days: int) -> Q:
        """Return the condition of the events that can have happened within so many days before it."""
        first, last = self.window(days)
        return Q(earliest__lte=last, latest__gte=first)

    def certainly(self, days: int) -> Q:
        """Return the condition of those that surely have, on whichever day it happened."""
        if not self.is_sure or self.first == date.min:
            return Q(pk__in=())
        earliest = date.fromordinal(max(self.last.toordinal() - days, 1))
        return Q(certain_from__lt=self.first, certain_until__gte=earliest)


@dataclass(frozen=True)
class Found:
    """An event before a moment: at least and at most so many days before it, and whether that is certain."""

    event: Event
    least: int
    most: int
    is_certain: bool

    def words(self, days: int) -> str:
        """Return how long before it was: `3 days before`, `1–40 days before`."""
        if self.least == self.most:
            return ngettext("%(n)s day before", "%(n)s days before", self.least) % {"n": self.least}
        if self.most > days:
            return _("%(least)s to more than %(most)s days before") % {"least": self.least, "most": days}
        return _("%(least)s–%(most)s days before") % {"least": self.least, "most": self.most}


def moments_of(of: str, period: tuple[date, date] | None, *, certainly: bool) -> QuerySet:
    """Return the records that the moments are of; such as have no date of their own are left out."""
    if of == SUSPENDED:
        found = Transaction.objects.published().filter(kind=Transaction.Kind.SUSPENSION)
        found = found.select_related("programme", "investment")
    elif of in Assessment.Finding.values:
        found = Assessment.objects.published().filter(finding=of).select_related("condition")
    else:
        found = Event.objects.published().filter(kind=of)
    found = found.exclude(earliest=date.min)
    return found.during(*period, certainly=certainly) if period else found


def moment(record: Keyed) -> Moment:
    """Return the moment of a record: of what lasts, its beginning."""
    if isinstance(record, Event):
        known = dates.parse(record.date)
        start = known.start
        return Moment(record, record.title, "", known.short(), start.first, start.last, not start.is_qualified)
    if isinstance(record, Transaction):
        amount = amounts.in_short(record.amount, record.currency)
        title = _("%(amount)s suspended: %(owner)s") % {"amount": amount, "owner": record.owner}
        known = dates.parse(record.date) if record.date else None
        words = known.short() if known else period_of(record)
        is_sure = not (known and known.is_qualified)
        return Moment(record, title, "", words, record.earliest, record.latest, is_sure)
    condition = record.condition
    title = f"{capfirst(record.get_finding_display())}: {condition.short_title or condition.title}"
    known = dates.parse(record.date)
    return Moment(record, title, record.finding, known.short(), known.earliest, known.latest, not known.is_qualified)


def nearest(events: QuerySet, found: Sequence[Moment], days: int, *, certainly: bool) -> list[list[Found]]:
    """Return the events before each moment, the nearest first, at most one more than SHOWN; of all in one query."""
    chosen = Q(pk__in=())
    for one in found:
        asked = one.certainly(days) if certainly else one.possibly(days)
        rows = events.filter(asked & one.possibly(days)).exclude(pk=_own(one)).order_by("-earliest", "-key")
        chosen |= Q(pk__in=rows.values("pk")[: SHOWN + 1])
    rows = list(Event.objects.published().filter(chosen).order_by("-earliest", "-key"))
    return [_before(one, rows, days, certainly=certainly)[: SHOWN + 1] for one in found]


def every(events: QuerySet, found: QuerySet, days: int, *, certainly: bool) -> Iterator[tuple[Moment, list[Found]]]:
    """Yield each moment of a queryset, in its order, with all the events before it."""
    records = found.iterator(chunk_size=CHUNK)
    while chunk := [moment(record) for record in islice(records, CHUNK)]:
        chosen = Q(pk__in=())
        for one in chunk:
            chosen |= one.possibly(days)
        rows = list(events.filter(chosen).order_by("-earliest", "-key"))
        for one in chunk:
            yield one, _before(one, rows, days, certainly=certainly)


def _own(one: Moment) -> int | None:
    return one.record.pk if isinstance(one.record, Event) else None


def _before(one: Moment, rows: list[Event], days: int, *, certainly: bool) -> list[Found]:
    first, last = one.window(days)
    found = []
    for event in rows:
        if event.earliest > last or event.latest < first or event.pk == _own(one):
            continue
        is_certain = (
            one.is_sure
            and event.certain_from < one.first
            and event.certain_until.toordinal() >= one.last.toordinal() - days
        )
        if is_certain or not certainly:
            least = max((one.first - event.latest).days, 1)
            found.append(Found(event, least, max((one.last - event.earliest).days, least), is_certain))
    return found
