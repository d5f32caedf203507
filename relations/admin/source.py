"""Themes and sources in the admin."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from ..models import Source, Theme
from .base import DatedDisplay, RecordAdmin
from .fields import source_hint
from .filters import PeriodFilter, StateFilter


@admin.register(Theme)
class ThemeAdmin(RecordAdmin):
    """Subjects."""

    fieldsets = [(None, {"fields": ["name", "key", "description"]})]
    list_display = ("name", "key", "state_mark", "version_number", "changed")
    ordering = ("name", "key")
    examples = {"key": _("Such as “nuclear-and-missiles”; part of the address, for good.")}


@admin.register(Source)
class SourceAdmin(DatedDisplay, RecordAdmin):
    """Published documents."""

    fieldsets = [
        (_("The document"), {"fields": ["title", ("publisher", "author"), ("published", "language"), "kind", "key"]}),
        (_("Where to read it"), {"fields": ["url", "archived_url"]}),
        (_("How far it is relied on"), {"fields": ["origin", "origin_examined", "reliability", "note"]}),
    ]
    list_display = (
        "date_phrase",
        "title",
        "publisher",
        "kind",
        "reliability",
        "state_mark",
        "version_number",
        "changed",
    )
    list_display_links = ("title",)
    list_filter = (StateFilter, PeriodFilter, "kind", "reliability", "language")
    ordering = ("-earliest", "-key")
    date_column = "published"
    examples = {
        "title": _("As the document has it: “Landmark Islamabad MoU to go a long way”."),
        "publisher": _("Who answers for it: “Dawn”, “U.S. Department of State”."),
        "author": _("Persons, where it names them: “Baqir Sajjad Syed”."),
        "key": _("Publisher, subject and year, such as “dawn-islamabad-mou-2026”; part of the address, for good."),
        "url": _("The address where it can be read, beginning with https://."),
        "language": _("Two or three small letters: “en”, “ur”."),
    }

    def hint(self, source):
        return source_hint(source)
