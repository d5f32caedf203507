"""Events in the admin."""

from django import forms
from django.contrib import admin
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from relations.admin.base import ChildInline, CitationInline, CitedAdmin, DatedDisplay, PartsInline
from relations.admin.fields import KindSelect, kinds_by_family
from relations.admin.filters import EvidenceFilter, LinkFilter, NamedFilter, PeriodFilter, StateFilter
from relations.codelists import FAMILIES
from relations.models import Theme
from relations.resources import registry

from .models import Event, EventLink, Figure, Participation


class ParticipationInline(PartsInline):
    """Who took part, in order."""

    model = Participation
    cell = "actors"
    fields = ("actor", "role", "place")
    verbose_name = _("participant")
    verbose_name_plural = _("Who took part")
    add_words = _("Add a participant")

    def rows_like(self, record):
        return self.rows(record)


class FigureInline(ChildInline):
    """How many: the best figure, and the lowest and highest that sources state."""

    model = Figure
    child = registry["figures"]
    fields = ("counts", "of_whom", "low", "best", "high", "sources", "unit", "note")
    details = ("unit", "note")
    extra = 1
    verbose_name = _("figure")
    verbose_name_plural = _("Figures")
    add_words = _("Add a figure")


class EventLinkInline(ChildInline):
    """What it led to or came from."""

    model = EventLink
    child = registry["event_links"]
    fk_name = "from_event"
    fields = ("kind", "to_event")
    extra = 1
    verbose_name = _("link")
    verbose_name_plural = _("This event … another")
    add_words = _("Add a link")


@admin.register(Event)
class EventAdmin(DatedDisplay, CitedAdmin):
    """What happened."""

    fieldsets = [
        (
            _("What happened"),
            {"fields": ["title", ("date", "kind"), ("importance", "place"), "summary", "themes", "key"]},
        ),
        (
            _("Where exactly"),
            {"fields": ["country", ("latitude", "longitude"), ("place_precision", "place_disputed")]},
        ),
        (_("What it touches"), {"fields": ["investments", "programmes", "assessments", "judgements"]}),
    ]
    kept_for_next = (
        "date",
        "themes",
        "place",
        "country",
        "latitude",
        "longitude",
        "place_precision",
        "place_disputed",
    )
    warns_of_doubles = True
    inlines = [ParticipationInline, CitationInline.of(Event), FigureInline, EventLinkInline]
    list_display = (
        "date_phrase",
        "title",
        "class_of_event",
        "importance",
        "state_mark",
        "source_count",
        "version_number",
        "changed",
    )
    list_display_links = ("title",)
    list_filter = (
        StateFilter,
        PeriodFilter,
        NamedFilter.by("actor", "participations__actor", _("actor")),
        EvidenceFilter,
        "importance",
        LinkFilter.to("themes", Theme),
        "kind",
    )
    ordering = ("-earliest", "-key")
    examples = {
        "key": _("Year and title in a few words, such as “2021-taliban-take-kabul”; part of the address, for good."),
        "date": _("“2021-08-15”, “2021-08”, about 1985: “1985~”, from – to: “2025-05-07/2025-05-10”."),
        "importance": _("5 changed the relation; 4 and 3 a reader of its history should know; 1 is for the record."),
        "kind": _("The class of the act: what the source of it did."),
        "latitude": _("In degrees, north positive: “34.17”."),
        "longitude": _("In degrees, east positive: “73.24”."),
        "place_precision": _("How exactly the coordinates are known."),
        "themes": _("One or more."),
        "assessments": _("Findings on conditions that this event made."),
        "judgements": _("Judgements that speak of it."),
    }

    def get_fieldsets(self, request, obj=None):
        first, *others = self.fieldsets
        if obj is not None:
            return self.fieldsets
        # What a new event seldom needs, or a place fills in, is out of the way of the Tab key.
        return [first, *((name, {**options, "classes": ["collapse"]}) for name, options in others)]

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name == "kind":
            choices = [("", _("Choose one")), *kinds_by_family()]
            return forms.ChoiceField(
                choices=choices, label=_("Class"), widget=KindSelect, help_text=self.examples["kind"]
            )
        if db_field.name == "importance":
            choices = [(value, f"{value}, {label}") for value, label in Event.Importance.choices]
            return forms.ChoiceField(
                choices=choices,
                label=capfirst(db_field.verbose_name),
                initial=db_field.default,
                help_text=self.examples["importance"],
            )
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    @admin.display(description=_("class"), ordering="kind")
    def class_of_event(self, event):
        """The class under the mark of its family."""
        label = FAMILIES[event.family][0]
        return format_html('<span class="family family--{}" title="{}">{}</span>', event.family, label, event.kind)

    def hint(self, event):
        return self.date_phrase(event)
