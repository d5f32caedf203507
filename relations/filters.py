"""What may be asked of each model: one FilterSet a model, for page, API, feed and export alike.

A parameter that is not known and a value that cannot be read are refused with what would be right: ask for
`EventFilter(request.GET, queryset, request=request).valid_or_400()`, never for `.qs`, which of an invalid FilterSet
is every record. References are named by key and found among what is public, so that an unpublished key and an
unknown one are refused in the same words.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

import django_filters
from django import forms
from django.db import models
from django.db.models import Q
from django.http import QueryDict
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from . import codelists, dates, search
from .models import (
    Actor,
    AidCondition,
    AidProgramme,
    Assessment,
    Benchmark,
    Investment,
    Judgement,
    Source,
    Stake,
    Theme,
    Transaction,
)
from .resources.base import KEY

PAGE_PARAMETERS = ("after", "before", "order", "format")
LONGEST_VALUE = 200
MOST_VALUES = 50  # of one parameter
MOST_NAMES = 8  # that are looked for where a key is expected


@dataclass(frozen=True)
class QueryFault:
    """What is wrong with one parameter: its name, the value as given, and what would be right."""

    name: str
    value: str
    message: str


class BadQuery(Exception):
    """An address asks what cannot be read. `kept` has the (name, value) pairs that can, `known` every name."""

    def __init__(self, faults: Iterable[QueryFault], data: QueryDict | None = None, known: Iterable[str] = ()):
        self.faults = list(faults)
        self.known = list(known)
        wrong = {fault.name for fault in self.faults}
        pairs = [(name, value) for name, values in (data or QueryDict()).lists() for value in values]
        self.kept = [(name, value) for name, value in pairs if value and name not in wrong and name in self.known]
        super().__init__("; ".join(fault.message for fault in self.faults))


def shown(text: str) -> str:
    """Return a text as a message may repeat it: short, and without what cannot be seen."""
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text[:80])


def unknown_names(data: QueryDict, known: Iterable[str]) -> list[QueryFault]:
    """Return a fault for each parameter that is not known."""
    known = list(known)
    faults = []
    for name in data:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            if near:
                message = _("“%(name)s” is not asked here; write “%(right)s”") % {
                    "name": shown(name),
                    "right": near[0],
                }
            elif known:
                message = _("“%(name)s” is not asked here; there is %(known)s") % {
                    "name": shown(name),
                    "known": ", ".join(known),
                }
            else:
                message = _("“%(name)s” is not asked here; this address takes no parameter") % {"name": shown(name)}
            faults.append(QueryFault(name, data.get(name, ""), message))
    return faults


# ------------------------------------------------------------------------------------------------------- values


def not_among(value: str, choices: Iterable[tuple[str, str]]) -> str:
    """Return the message for a word that is not in a list, with what it may mean or with all that there is."""
    labels = {str(word): str(label).lower() for word, label in choices}
    near = [word for word, label in labels.items() if value.lower() in (word.lower(), label)]
    near = near or difflib.get_close_matches(value.lower(), labels, n=3)
    right = near or (list(labels) if len(labels) <= 25 else [*list(labels)[:8], "…"])
    return _("“%(value)s” is not among the values; write %(right)s") % {
        "value": shown(value),
        "right": ", ".join(right),
    }


class WordField(django_filters.fields.ChoiceField):
    """One word of a list."""

    def validate(self, value):
        forms.Field.validate(self, value)
        if value and not self.valid_value(value):
            raise forms.ValidationError(not_among(value, [choice for choice in self.choices if choice[0]]))


class WordsField(django_filters.fields.MultipleChoiceField):
    """Words of a list, any of which will do."""

    def to_python(self, value):
        return [item for item in super().to_python(value) if item]

    def validate(self, value):
        words = [item for item, _label in self.choices]
        wrong = [item for item in value if item not in words]
        if wrong:
            raise forms.ValidationError([not_among(item, self.choices) for item in wrong])


class PlainTextField(forms.CharField):
    """A line of text."""

    def __init__(self, **kwargs):
        kwargs.setdefault("max_length", LONGEST_VALUE)
        super().__init__(**kwargs)


class DayField(forms.CharField):
    """A day, month, season or year; gives a `relations.dates.Edtf`."""

    def to_python(self, value):
        if not value:
            return None
        try:
            known = dates.parse(value)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error
        if known.is_interval or known.is_qualified:
            raise forms.ValidationError(
                _("“%(value)s” is more than one day, month or year; write %(right)s")
                % {"value": shown(value), "right": _(" or ").join(_single_dates(known))}
            )
        return known


def _single_dates(known: dates.Edtf) -> list[str]:
    texts = [end.text.rstrip("~?%") for end in (known.start, known.end) if end.precision]
    return list(dict.fromkeys(texts))


class ReferencesField(forms.Field):
    """Keys of public records, of actors also names; an unknown one is refused with those that it may mean."""

    widget = forms.SelectMultiple

    def __init__(self, *, model: type[models.Model], **kwargs):
        self.model = model
        super().__init__(**kwargs)

    def to_python(self, value):
        texts = list(dict.fromkeys(item for item in value or [] if item))
        public = self.model.objects.published()
        keys = [text for text in texts if len(text) <= 80 and KEY.match(text)]
        found = {row.key: row for row in public.filter(key__in=keys)} if keys else {}
        faults = []
        missing = [text for text in texts if text not in found]
        for n, text in enumerate(missing):
            near, named = self._near(text) if n < MOST_NAMES else ([], [])
            if len(named) == 1:
                found[text] = named[0]
            else:
                faults.append(self._missing(text, named or near))
        if faults:
            raise forms.ValidationError(faults)
        return [found[text] for text in texts]

    def _near(self, text: str) -> tuple[list, list]:
        """Return the public records that the words of a text find, and those that are called just so."""
        public = self.model.objects.published()
        near = list(public.filter(pk__in=search.matching(self.model, text.replace("-", " "))).order_by("key")[:20])
        near = near or list(public.filter(pk__in=search.matching(self.model, f"{text}*")).order_by("key")[:3])
        return near, [row for row in near if search.fold(text) in map(search.fold, _names(row))]

    def _missing(self, text: str, near: list) -> str:
        right = _(" or ").join(f"{row.key} ({row})" for row in near[:3])
        message = (
            _("“%(value)s” is no key of a public %(model)s; write %(right)s")
            if right
            else _("“%(value)s” is no key of a public %(model)s; its list has them all")
        )
        return message % {"value": shown(text), "model": self.model._meta.verbose_name, "right": right}


def _names(row) -> list[str]:
    """Return what an actor is called; of other records no name is a parameter."""
    return [row.name, row.short_name, *row.alias_list] if isinstance(row, Actor) else []


# ------------------------------------------------------------------------------------------------------ filters


class WordFilter(django_filters.ChoiceFilter):
    """A column that has this word."""

    field_class = WordField

    def __init__(self, *args, is_radio: bool = False, **kwargs):
        kwargs.setdefault("empty_label", None)
        kwargs.setdefault("null_label", None)
        self.is_radio = is_radio
        super().__init__(*args, **kwargs)

    @property
    def words(self) -> list[tuple[str, str]]:
        """(value, label) of all that may be asked."""
        choices = self.extra["choices"]
        return list(choices() if callable(choices) else choices)


class WordsFilter(django_filters.MultipleChoiceFilter):
    """A column that has one of these words."""

    field_class = WordsField
    words = WordFilter.words

    def filter(self, queryset, value):
        if not value:
            return queryset
        if self.extra_filter:
            return self.extra_filter(queryset, value)
        return queryset.filter(**{f"{self.field_name}__in": value})

    def __init__(self, *args, narrow: Callable | None = None, **kwargs):
        self.extra_filter = narrow
        super().__init__(*args, **kwargs)


class YesNoFilter(WordFilter):
    """A column that is true (`yes`) or not (`no`), in the words of the CSV."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, choices=[("yes", gettext_lazy("yes")), ("no", gettext_lazy("no"))], **kwargs)

    def filter(self, queryset, value):
        return queryset.filter(**{self.field_name: value == "yes"}) if value else queryset


class TextFilter(django_filters.CharFilter):
    """A column that has exactly this text."""

    field_class = PlainTextField


class SearchFilter(django_filters.CharFilter):
    """Records that the words find."""

    field_class = PlainTextField

    def filter(self, queryset, value):
        return queryset.filter(pk__in=search.matching(queryset.model, value)) if value else queryset


class DayFilter(django_filters.CharFilter):
    """An end of the period; `RecordFilterSet` asks for both ends at once."""

    field_class = DayField

    def filter(self, queryset, value):
        return queryset


class ReferencesFilter(django_filters.CharFilter):
    """Records that name any of these.

    `through` gives the ids of what names them: `lambda rows: Participation.objects.filter(actor__in=rows)
    .values("event")`; without it the column itself is compared. `widen` replaces the rows by a queryset, such as an
    actor by all the bodies beneath it.
    """

    field_class = ReferencesField

    def __init__(
        self,
        *args,
        model: type[models.Model],
        through: Callable | None = None,
        widen: Callable | None = None,
        several: bool = False,
        **kwargs,
    ):
        self.through, self.widen, self.several, self.related_model = through, widen, several, model
        super().__init__(*args, model=model, **kwargs)

    def filter(self, queryset, value):
        if not value:
            return queryset
        rows = self.widen(value) if self.widen else value
        if self.through:
            return queryset.filter(pk__in=self.through(rows))
        return queryset.filter(**{f"{self.field_name}__in": rows})


def link(many) -> Callable:
    """Return for `through`: the ids of records whose many-to-many field `many`, as `Judgement.actors`, has the rows."""
    table, own, other = many.through, many.field.m2m_field_name(), many.field.m2m_reverse_field_name()
    return lambda rows: table._base_manager.filter(**{f"{other}__in": rows}).values(own)


def bodies_beneath(actors: Iterable[Actor]):
    """Return the ids of actors and of all that publicly are part of them or serve them, for `actor__in`."""
    return Actor.objects.beneath(actors)


CERTAINTIES = [
    ("possibly", pgettext_lazy("a date lies in a period", "possibly")),
    ("certainly", pgettext_lazy("a date lies in a period", "certainly")),
]


class RecordFilterSet(django_filters.FilterSet):
    """What may be asked of one model. A filter named with a `_` at its end is asked by the name before it.

    `also` names further parameters that the page reads itself, besides `page_parameters`, which turn its pages.
    """

    q = SearchFilter(label=gettext_lazy("Words"))

    def __init__(
        self,
        data=None,
        queryset=None,
        *,
        also: Iterable[str] = (),
        page_parameters: Iterable[str] = PAGE_PARAMETERS,
        **kwargs,
    ):
        super().__init__(data, queryset, **kwargs)
        self.also = (*page_parameters, *also)

    @classmethod
    def get_filters(cls):
        return {name.removesuffix("_"): item for name, item in super().get_filters().items()}

    @property
    def known(self) -> list[str]:
        """The names of all parameters."""
        return [*self.filters, *self.also]

    def valid_or_400(self):
        """Return the records that the address asks for. Raises BadQuery saying what would be right."""
        faults = self.faults()
        if faults:
            raise BadQuery(faults, self._given, self.known)
        return self.qs

    @property
    def _given(self) -> QueryDict:
        return self.data if isinstance(self.data, QueryDict) else QueryDict()

    def faults(self) -> list[QueryFault]:
        """Return what is wrong with the parameters, in their order."""
        faults = unknown_names(self._given, self.known)
        bounds = []
        for name, values in self._given.lists():
            if name in self.known:
                bounds += self._bounds(name, values)
        if bounds:
            # What is beyond the bounds is not read further: to look for it may cost much.
            return faults + bounds
        self.is_valid()
        for name, messages in self.form.errors.items():
            if name in self.filters:
                value = ", ".join(self._given.getlist(name))
                faults += [QueryFault(name, value, message) for message in messages]
        return faults or self._period_faults()

    def _bounds(self, name: str, values: list[str]) -> list[QueryFault]:
        item = self.filters.get(name)
        is_list = isinstance(item, WordsFilter) or getattr(item, "several", False)
        value = values[-1] if values else ""
        if any(len(text) > LONGEST_VALUE for text in values):
            message = _("“%(name)s” is too long; write at most %(limit)s characters")
            return [QueryFault(name, value[:LONGEST_VALUE], message % {"name": name, "limit": LONGEST_VALUE})]
        if any("\0" in text for text in values):
            return [
                QueryFault(name, shown(value), _("“%(name)s” has a character in it that no text has") % {"name": name})
            ]
        given = [text for text in values if text]
        if not is_list and len(given) > 1:
            message = _("“%(name)s” is asked once; write one of %(values)s")
            values = ", ".join(shown(text) for text in given[:4])
            return [QueryFault(name, ", ".join(given[:4]), message % {"name": name, "values": values})]
        if len(given) > MOST_VALUES:
            message = _("“%(name)s” is asked too often; write at most %(limit)s values")
            return [QueryFault(name, ", ".join(given[:4]), message % {"name": name, "limit": MOST_VALUES})]
        return []

    def _period_faults(self) -> list[QueryFault]:
        period = self.period()
        if period and period[0] > period[1]:
            message = _("the period ends before it begins; write from=%(first)s and to=%(last)s")
            first, last = self._given["to"], self._given["from"]
            return [QueryFault("to", first, message % {"first": first, "last": last})]
        return []

    def period(self) -> tuple[date, date] | None:
        """Return the first and last day that are asked for; an end that is not named is the first or last day."""
        cleaned = self.form.cleaned_data if self.is_bound and self.form.is_valid() else {}
        first, last = cleaned.get("from"), cleaned.get("to")
        if not (first or last):
            return None
        return first.earliest if first else date.min, last.latest if last else date.max

    def filter_queryset(self, queryset):
        queryset = super().filter_queryset(queryset)
        if "from" in self.filters and (period := self.period()):
            queryset = queryset.during(*period, certainly=self.form.cleaned_data.get("certainty") == "certainly")
        return queryset

    def asked(self) -> list[tuple[str, str]]:
        """Return the (name, value) pairs that narrow the list, without those that are empty or turn its pages."""
        return [
            (name, value)
            for name, values in self._given.lists()
            for value in values
            if value and name not in PAGE_PARAMETERS and not self._is_all(name, value)
        ]

    def _is_all(self, name: str, value: str) -> bool:
        """Whether a value is the first of radio buttons, which narrows nothing and is sent with every form."""
        item = self.filters.get(name)
        return getattr(item, "is_radio", False) and value == str(item.words[0][0])

    def panel(self, names: Iterable[str] = (), counts: dict[str, dict[str, int]] | None = None) -> list[dict]:
        """Return the fields of the filter panel, as `_filter_field.html` draws them.

        `names` says which, by default all; `counts` gives how many records each value of a name has.
        """
        return [self._panel_field(name, (counts or {}).get(name)) for name in names or self.filters]

    def _panel_field(self, name: str, counts: dict[str, int] | None) -> dict:
        item, given = self.filters[name], [value for value in self._given.getlist(name) if value]
        field = {"name": name, "label": item.label, "help": item.extra.get("help_text", "")}
        if isinstance(item, ReferencesFilter) and item.related_model is Theme:
            choices = [(row.key, row.name) for row in Theme.objects.published().order_by("name", "key")]
        elif isinstance(item, WordFilter | WordsFilter):
            choices = item.words
        else:
            return field | {"kind": "text", "value": ", ".join(given)}
        options = [
            {
                "value": value,
                "label": capfirst(label),
                "is_chosen": str(value) in given,
                "count": None if counts is None else counts.get(str(value), 0),
                "family": value if name == "family" else "",
                "importance": value if name == "importance" else 0,
            }
            for value, label in choices
        ]
        if isinstance(item, WordFilter) and not item.is_radio:
            options = [{"value": "", "label": _("Any"), "is_chosen": not given, "count": None}, *options]
        elif isinstance(item, WordFilter) and not given:
            options[0]["is_chosen"] = True
        kind = "checkboxes" if not isinstance(item, WordFilter) else "radios" if item.is_radio else "select"
        return field | {"kind": kind, "choices": options, "shown": 6 if len(options) > 8 else len(options)}


class CertaintyFilter(WordFilter):
    """Whether records lie in the period for certain; `RecordFilterSet` asks for it with the period."""

    def filter(self, queryset, value):
        return queryset


class PeriodFilterSet(RecordFilterSet):
    """What may be asked of records with a date."""

    from_ = DayFilter(label=gettext_lazy("From"), help_text=gettext_lazy("A day, a month or a year, such as 1990-10."))
    to = DayFilter(label=gettext_lazy("To"))
    certainty = CertaintyFilter(label=gettext_lazy("Dates that are not exact"), choices=CERTAINTIES, is_radio=True)


def actor_filter(label: str, **kwargs) -> ReferencesFilter:
    """Return a filter by an actor with all the bodies beneath it."""
    return ReferencesFilter(
        label=label,
        model=Actor,
        widen=bodies_beneath,
        several=True,
        help_text=gettext_lazy("Key, name or alias; the bodies beneath it are with it."),
        **kwargs,
    )


def theme_filter(themes) -> ReferencesFilter:
    """Return a filter by themes, any of which will do; `themes` is the many-to-many field of a model."""
    return ReferencesFilter(label=gettext_lazy("Theme"), model=Theme, several=True, through=link(themes))


def with_parts(conditions: Iterable[AidCondition]):
    """Return the ids of conditions and of their public parts, for `condition__in`."""
    return AidCondition.objects.published().filter(Q(pk__in=[row.pk for row in conditions]) | Q(parent__in=conditions))


class ThemeFilter(RecordFilterSet):
    class Meta:
        model = Theme
        fields = ()


class SourceFilter(PeriodFilterSet):
    kind = WordsFilter(label=gettext_lazy("Kind"), choices=Source.Kind.choices)
    publisher = TextFilter(label=gettext_lazy("Publisher"))
    language = TextFilter(label=gettext_lazy("Language"))
    reliability = WordsFilter(label=gettext_lazy("Reliability"), choices=codelists.reliabilities)
    origin = ReferencesFilter(label=gettext_lazy("Copy of"), model=Source)

    class Meta:
        model = Source
        fields = ()


class ActorFilter(RecordFilterSet):
    kind = WordsFilter(label=gettext_lazy("Kind"), choices=Actor.Kind.choices)
    country = WordFilter(label=gettext_lazy("Country"), choices=codelists.countries)
    parent = ReferencesFilter(label=gettext_lazy("Part of"), model=Actor)
    serves = ReferencesFilter(label=gettext_lazy("Serves"), model=Actor)

    class Meta:
        model = Actor
        fields = ()


class InvestmentFilter(PeriodFilterSet):
    theme = theme_filter(Investment.themes)
    status = WordsFilter(label=gettext_lazy("Status"), choices=Investment.Status.choices)
    sector_code = WordFilter(label=gettext_lazy("Sector"), choices=codelists.sectors)
    country = WordFilter(label=gettext_lazy("Country"), choices=codelists.countries)
    actor = actor_filter(
        gettext_lazy("Actor with a stake"),
        through=lambda rows: Stake.objects.published().filter(actor__in=rows).values("investment"),
    )

    class Meta:
        model = Investment
        fields = ()


class AidProgrammeFilter(PeriodFilterSet):
    theme = theme_filter(AidProgramme.themes)
    category = WordsFilter(label=gettext_lazy("Category"), choices=AidProgramme.Category.choices)
    provider = actor_filter(gettext_lazy("From whom"), field_name="provider")
    recipient = actor_filter(gettext_lazy("To whom"), field_name="recipient")

    class Meta:
        model = AidProgramme
        fields = ()


class TransactionFilter(PeriodFilterSet):
    kind = WordsFilter(label=gettext_lazy("Kind"), choices=Transaction.Kind.choices)
    instrument = WordsFilter(label=gettext_lazy("Instrument"), choices=Transaction.Instrument.choices)
    currency = WordFilter(label=gettext_lazy("Currency"), choices=codelists.currencies)
    programme = ReferencesFilter(label=gettext_lazy("Programme"), model=AidProgramme)
    investment = ReferencesFilter(label=gettext_lazy("Investment"), model=Investment)
    provider = actor_filter(gettext_lazy("From whom"), field_name="provider")
    receiver = actor_filter(gettext_lazy("To whom"), field_name="receiver")
    part_of = ReferencesFilter(label=gettext_lazy("Part of"), model=Transaction)
    counts_in_totals = YesNoFilter(label=gettext_lazy("Counts in totals"))

    class Meta:
        model = Transaction
        fields = ()


class AidConditionFilter(PeriodFilterSet):
    kind = WordsFilter(label=gettext_lazy("Kind"), choices=AidCondition.Kind.choices)
    stage = WordsFilter(label=gettext_lazy("Stage"), choices=AidCondition.Stage.choices)
    group = TextFilter(label=gettext_lazy("Group"))
    programme = ReferencesFilter(
        label=gettext_lazy("Programme"),
        model=AidProgramme,
        through=link(AidCondition.programmes),
    )
    recipient = actor_filter(gettext_lazy("Binds"), field_name="recipient")
    certifier = actor_filter(gettext_lazy("Certified by"), field_name="certifier")
    parent = ReferencesFilter(label=gettext_lazy("Part of"), model=AidCondition)

    class Meta:
        model = AidCondition
        fields = ()


class BenchmarkFilter(PeriodFilterSet):
    condition = ReferencesFilter(label=gettext_lazy("Condition"), model=AidCondition, widen=with_parts)

    class Meta:
        model = Benchmark
        fields = ()


class AssessmentFilter(PeriodFilterSet):
    finding = WordsFilter(label=gettext_lazy("Finding"), choices=Assessment.Finding.choices)
    condition = ReferencesFilter(label=gettext_lazy("Condition"), model=AidCondition, widen=with_parts)
    decided_by = actor_filter(gettext_lazy("Decided by"), field_name="decided_by")

    class Meta:
        model = Assessment
        fields = ()


class JudgementFilter(PeriodFilterSet):
    theme = theme_filter(Judgement.themes)
    kind = WordsFilter(label=gettext_lazy("Kind"), choices=Judgement.Kind.choices)
    status = WordsFilter(label=gettext_lazy("Outcome"), choices=Judgement.Status.choices)
    actor = actor_filter(gettext_lazy("Actor"), through=link(Judgement.actors))
    investment = ReferencesFilter(
        label=gettext_lazy("Investment"), model=Investment, through=link(Judgement.investments)
    )
    programme = ReferencesFilter(
        label=gettext_lazy("Programme"), model=AidProgramme, through=link(Judgement.programmes)
    )
    condition = ReferencesFilter(
        label=gettext_lazy("Condition"), model=AidCondition, through=link(Judgement.conditions)
    )

    class Meta:
        model = Judgement
        fields = ()
