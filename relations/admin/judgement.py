"""Judgements in the admin."""

from django import forms
from django.contrib import admin
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from .. import pair
from ..models import BriefingStatement, Judgement
from ..resources import registry
from .base import ChildInline, CitationInline, CitedAdmin, DatedDisplay
from .filters import EvidenceFilter, NamedFilter, PeriodFilter, StateFilter


class BriefingInline(ChildInline):
    """The sentences of the briefing that a judgement carries."""

    model = BriefingStatement
    child = registry["briefing"]
    fields = ("section", "sentence")
    extra = 1
    verbose_name_plural = _("In the briefing")
    add_words = _("Add a sentence")

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name == "section":
            sections = pair.current().sections
            choices = [("", "–"), *((name, name) for name in sections)]
            return forms.ChoiceField(choices=choices, label=_("Section"))
        return super().formfield_for_dbfield(db_field, request, **kwargs)


@admin.register(Judgement)
class JudgementAdmin(DatedDisplay, CitedAdmin):
    """What sources say it means or expect."""

    fieldsets = [
        (_("What is judged"), {"fields": ["statement", ("kind", "made_on"), "horizon", "key"]}),
        (_("What became of it"), {"fields": ["status", "status_note"]}),
        (_("What it bears on"), {"fields": ["actors", "investments", "programmes", "conditions", "themes"]}),
    ]
    inlines = [CitationInline.of(Judgement), BriefingInline]
    list_display = (
        "date_phrase",
        "short_statement",
        "kind",
        "status",
        "state_mark",
        "source_count",
        "version_number",
        "changed",
    )
    list_display_links = ("short_statement",)
    list_filter = (
        StateFilter,
        PeriodFilter,
        "kind",
        "status",
        NamedFilter.by("actor", "actors", _("actor")),
        "themes",
        EvidenceFilter,
    )
    ordering = ("-earliest", "-key")
    date_column = "made_on"
    examples = {
        "statement": _("What the source says it means or expects, in a sentence or two; never what happened."),
        "key": _("Such as “crs-2026-trade-first”; part of the address, for good."),
        "made_on": _("When it was said: “2026-05”."),
        "status_note": _("Which events bear it out or do not: one sentence."),
    }

    @admin.display(description=_("statement"), ordering="statement")
    def short_statement(self, judgement):
        """Its beginning."""
        return Truncator(judgement.statement).chars(120)

    def hint(self, judgement):
        return judgement.get_kind_display()
