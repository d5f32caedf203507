"""What may be asked of events, and the FilterSet of every public model."""

from datetime import date

from django.db.models import Count, F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from relations import codelists, dates
from relations.evidence import OFFICIAL
from relations.filters import (
    ActorFilter,
    AidConditionFilter,
    AidProgrammeFilter,
    AssessmentFilter,
    BadQuery,
    BenchmarkFilter,
    InvestmentFilter,
    JudgementFilter,
    PeriodFilterSet,
    QueryFault,
    RecordFilterSet,
    ReferencesFilter,
    SourceFilter,
    TextFilter,
    ThemeFilter,
    TransactionFilter,
    WordFilter,
    WordsFilter,
    actor_filter,
    link,
    theme_filter,
    with_parts,
)
from relations.models import AidCondition, AidProgramme, Assessment, Investment, Judgement, Transaction
from relations.models.base import EVER

from .models import Event, EventCitation, Participation

__all__ = ["FILTERS", "BadQuery", "EventFilter", "QueryFault", "RecordFilterSet", "asked_day", "filter_of"]

EVIDENCE = [
    ("one-publisher", _("from one publisher only")),
    ("two-publishers", _("from two publishers or more")),
    ("three-sources", _("three sources or more")),
    ("official", _("an official source among them")),
    ("unofficial", _("no official source")),
]
# What is known of a date, each date once; of an interval it is the interval that is known.
_DAY, _LASTS = Q(earliest=F("latest")), Q(date__contains="/")
_ABOUT = Q(certain_from=EVER[1], certain_until=EVER[0])
_OPEN = ~_DAY & (Q(earliest=EVER[0]) | Q(latest=EVER[1]))
_YEAR = ~Q(date__contains="-") | Q(date__regex="^....-XX")
PRECISE = {
    "about": _ABOUT,
    "open": ~_ABOUT & _OPEN,
    "interval": ~_ABOUT & ~_OPEN & _LASTS,
    "day": ~_ABOUT & ~_LASTS & _DAY,
    "month": ~_ABOUT & ~_LASTS & ~_DAY & ~_YEAR,
    "year": ~_ABOUT & ~_LASTS & ~_DAY & _YEAR,
}
PRECISIONS = [
    ("day", _("a day")),
    ("month", _("a month or a season")),
    ("year", _("a year or more")),
    ("interval", _("from one date to another")),
    ("open", _("with an open end")),
    ("about", _("about, or uncertain")),
]
HOLDING = ("withheld", "imposed", "not-certified", "not-met")
IMPORTANCES = [(1, _("All")), *Event.Importance.choices[1:]]
FAMILIES = [(name, label) for name, (label, _kinds) in codelists.FAMILIES.items()]


def _with(many, **public) -> Q:
    """Return the condition of events whose `many` has a public row that is so."""
    name = many.field.m2m_reverse_field_name()
    public = {f"{name}__{column}": value for column, value in (public | {"is_public": True}).items()}
    return Q(pk__in=many.through._base_manager.filter(**public).values("event"))


def _held() -> Q:
    """Return the condition of events with a finding that holds money back: an amount of its own, or a suspension."""
    findings = Assessment.objects.published().filter(finding__in=HOLDING)
    suspended = Assessment.transactions.through._base_manager.filter(
        transaction__in=Transaction.objects.published().filter(kind="suspension").values("pk")
    )
    holding = findings.filter(Q(amount_affected__isnull=False) | Q(pk__in=suspended.values("assessment")))
    return Q(pk__in=Event.assessments.through._base_manager.filter(assessment__in=holding.values("pk")).values("event"))


MONEY = {
    "investment": (_("an investment"), lambda: _with(Event.investments)),
    "aid": (_("an aid programme"), lambda: _with(Event.programmes)),
    "held": (_("money held back"), _held),
    "none": (_("none of these"), lambda: ~(_with(Event.investments) | _with(Event.programmes) | _held())),
}


def _any(conditions) -> Q:
    found = Q()
    for condition in conditions:
        found |= condition
    return found


class ImportanceFilter(WordFilter):
    """Events of at least this importance."""

    def filter(self, queryset, value):
        # Importance 1 is all of them: a condition less leaves the index by date alone.
        return queryset.filter(importance__gte=int(value)) if value and int(value) > 1 else queryset


class EvidenceFilter(WordFilter):
    """Events that so many sources or publishers stand behind, copies counted as their origin."""

    def filter(self, queryset, value):
        if not value:
            return queryset
        cited = EventCitation.objects.published()
        official = cited.filter(source__kind__in=OFFICIAL).values("record")
        if value == "official":
            return queryset.filter(pk__in=official)
        if value == "unofficial":
            return queryset.exclude(pk__in=official)
        column = "source" if value == "three-sources" else "publisher"
        wanted = {"one-publisher": {"n": 1}, "two-publishers": {"n__gte": 2}, "three-sources": {"n__gte": 3}}[value]
        weighed = cited.with_origins().values("record").annotate(n=Count(f"origin_{column}", distinct=True))
        return queryset.filter(pk__in=weighed.filter(**wanted).values("record"))


class EventFilter(PeriodFilterSet):
    importance = ImportanceFilter(label=_("Importance, at least"), choices=IMPORTANCES, is_radio=True)
    family = WordsFilter(
        label=_("Kind of act"),
        choices=FAMILIES,
        narrow=lambda queryset, families: queryset.filter(
            kind__in=[kind for family in families for kind in codelists.FAMILIES[family][1]]
        ),
    )
    kind = WordsFilter(label=_("Class"), choices=codelists.event_kinds)
    theme = theme_filter(Event.themes)
    actor = actor_filter(_("Actor"), through=lambda rows: Participation.objects.filter(actor__in=rows).values("event"))
    country = WordFilter(label=_("Country"), choices=codelists.countries)
    place = TextFilter(label=_("Place"), help_text=_("As it is written: “Islamabad”, “Washington, DC”."))
    precision = WordsFilter(
        label=_("What is known of the date"),
        choices=PRECISIONS,
        narrow=lambda queryset, words: queryset.filter(_any(PRECISE[word] for word in words)),
    )
    evidence = EvidenceFilter(label=_("Evidence"), choices=EVIDENCE)
    investment = ReferencesFilter(label=_("Investment"), model=Investment, through=link(Event.investments))
    programme = ReferencesFilter(label=_("Programme"), model=AidProgramme, through=link(Event.programmes))
    condition = ReferencesFilter(
        label=_("Condition"),
        model=AidCondition,
        widen=with_parts,
        through=lambda rows: Event.assessments.through.objects.filter(
            assessment__in=Assessment.objects.published().filter(condition__in=rows)
        ).values("event"),
    )
    judgement = ReferencesFilter(label=_("Judgement"), model=Judgement, through=link(Event.judgements))
    money = WordsFilter(
        label=_("Money"),
        choices=[(name, label) for name, (label, _condition) in MONEY.items()],
        narrow=lambda queryset, words: queryset.filter(_any(MONEY[word][1]() for word in words)),
    )
    finding = WordsFilter(
        label=_("What was found of a condition"),
        choices=Assessment.Finding.choices,
        narrow=lambda queryset, words: queryset.filter(
            pk__in=Event.assessments.through.objects.filter(
                assessment__in=Assessment.objects.published().filter(finding__in=words).values("pk")
            ).values("event")
        ),
    )

    class Meta:
        model = Event
        fields = ()


class OfTotals:
    """A filter that chooses among amounts or arranges their totals: of the records that have them it narrows none."""

    def filter(self, queryset, value):
        return queryset


class TotalsWordFilter(OfTotals, WordFilter):
    pass


class TotalsTextFilter(OfTotals, TextFilter):
    pass


TOTALS_BY = [("year", _("year")), ("programme", _("programme")), ("category", _("category"))]
KINDS_OF_YEARS = [("fiscal", _("fiscal years")), ("calendar", _("calendar years"))]


class TotalsFilterSet(PeriodFilterSet):
    """What may be asked of the amounts of records, beside what may be asked of the records."""

    years = TotalsWordFilter(label=_("Years"), choices=KINDS_OF_YEARS)
    kind = TotalsWordFilter(label=_("Kind of amount"), choices=Transaction.Kind.choices)
    instrument = TotalsWordFilter(label=_("Instrument"), choices=Transaction.Instrument.choices)
    currency = TotalsWordFilter(label=_("Currency"), choices=codelists.currencies)
    period = TotalsTextFilter(
        label=_("Years of the amounts"),
        help_text=_("Such as US-FY2011, US-FY2002/US-FY2007, 2011 with years=calendar, or undated."),
    )

    def chosen(self) -> list[tuple[str, str]]:
        """Return the (name, value) pairs of all that is asked for."""
        return super().asked()

    def asked(self) -> list[tuple[str, str]]:
        """Return those that narrow the list of records, which knows no other."""
        return [(name, value) for name, value in self.chosen() if name in FILTERS[self._meta.model].base_filters]


class AidTotalsFilter(TotalsFilterSet, AidProgrammeFilter):
    by = TotalsWordFilter(label=_("Totals by"), choices=TOTALS_BY)
    programme = ReferencesFilter(
        label=_("Programme"), model=AidProgramme, through=lambda rows: [row.pk for row in rows]
    )

    class Meta(AidProgrammeFilter.Meta):
        pass


class InvestmentTotalsFilter(TotalsFilterSet, InvestmentFilter):
    investment = ReferencesFilter(
        label=_("Investment"), model=Investment, through=lambda rows: [row.pk for row in rows]
    )

    class Meta(InvestmentFilter.Meta):
        pass


FILTERS: dict[type, type[RecordFilterSet]] = {
    item._meta.model: item
    for item in (
        EventFilter,
        ActorFilter,
        InvestmentFilter,
        AidProgrammeFilter,
        TransactionFilter,
        AidConditionFilter,
        BenchmarkFilter,
        AssessmentFilter,
        JudgementFilter,
        ThemeFilter,
        SourceFilter,
    )
}


def filter_of(model) -> type[RecordFilterSet]:
    """Return the FilterSet of a keyed model."""
    return FILTERS[model]


def asked_day(data, today: date) -> date:
    """Return the day that `on` names, else today. Raises BadQuery saying what would be right."""
    text = data.get("on", "")
    if not text:
        return today
    try:
        known = dates.parse(text)
    except ValueError as error:
        raise BadQuery([QueryFault("on", text, str(error))], data, list(data)) from error
    if known.earliest != known.latest or known.is_qualified:
        right = gettext(" or ").join(dict.fromkeys((known.start.first.isoformat(), known.end.last.isoformat())))
        message = gettext("“%(text)s” is no single day; write %(right)s") % {"text": text, "right": right}
        raise BadQuery([QueryFault("on", text, message)], data, list(data))
    return known.earliest
