"""Actors in the admin."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from ..models import Actor
from .base import CitationInline, CitedAdmin
from .filters import EvidenceFilter, NamedFilter, StateFilter


@admin.register(Actor)
class ActorAdmin(CitedAdmin):
    """Who acts."""

    fieldsets = [
        (_("Who it is"), {"fields": ["name", ("short_name", "kind"), "country", "key"]}),
        (_("Where it belongs"), {"fields": ["parent", "serves"]}),
        (_("How else it is known"), {"fields": ["aliases", "outside_ids"]}),
        (_("What it is"), {"fields": ["description"]}),
    ]
    inlines = [CitationInline.of(Actor)]
    list_display = ("name", "short_name", "kind", "country", "state_mark", "source_count", "version_number", "changed")
    list_filter = (
        StateFilter,
        "kind",
        NamedFilter.by("parent", "parent", _("part of")),
        NamedFilter.by("serves", "serves", _("serves")),
        EvidenceFilter,
    )
    ordering = ("name", "key")
    lines = {"aliases": True, "outside_ids": True}
    examples = {
        "key": _("Such as “us-state-department” or “asim-munir”; part of the address, for good."),
        "aliases": _("Other names, one a line: “ISI”, “Inter Services Intelligence”. All are found by search."),
        "outside_ids": _("Identifiers elsewhere, one a line, as scheme:id: “wikidata:Q889”."),
        "description": _("A sentence or two, each with a source below."),
    }

    def hint(self, actor):
        return ", ".join(text for text in (actor.get_kind_display(), actor.get_country_display()) if text)
