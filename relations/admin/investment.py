"""Investments in the admin."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from ..models import Investment, Stake
from ..resources import registry
from .base import ChildInline, CitationInline, CitedAdmin, DatedDisplay
from .filters import EvidenceFilter, NamedFilter, PeriodFilter, StateFilter
from .forms import OrderedChildForm


class StakeInline(ChildInline):
    """Who holds what."""

    model = Stake
    form = OrderedChildForm
    child = registry["stakes"]
    fields = ("actor", "role", "since", "share_percent", "place")
    verbose_name_plural = _("Who holds what in it")
    add_words = _("Add a stake")


@admin.register(Investment)
class InvestmentAdmin(DatedDisplay, CitedAdmin):
    """Projects with money in them."""

    fieldsets = [
        (_("What it is"), {"fields": ["name", "sector_code", "key", "description"]}),
        (_("How it stands"), {"fields": [("status", "status_as_of"), "announced", ("start", "end")]}),
        (_("Where"), {"fields": [("place", "country"), ("latitude", "longitude")]}),
        (_("What it is about"), {"fields": ["themes"]}),
    ]
    inlines = [StakeInline, CitationInline.of(Investment)]
    list_display = (
        "date_phrase",
        "name",
        "sector_code",
        "status",
        "state_mark",
        "source_count",
        "version_number",
        "changed",
    )
    list_display_links = ("name",)
    list_filter = (
        StateFilter,
        PeriodFilter,
        "status",
        NamedFilter.by("actor", "stakes__actor", _("actor with a stake")),
        EvidenceFilter,
    )
    ordering = ("-earliest", "-key")
    examples = {
        "name": _("As it is known: “Reko Diq copper and gold mine”."),
        "key": _("Such as “reko-diq”; part of the address, for good."),
        "announced": _("When it was announced: “2022-03-20”."),
        "start": _("When work or payments began."),
        "end": _("When it ended; empty while it goes on."),
        "latitude": _("In degrees, north positive: “29.1”."),
        "longitude": _("In degrees, east positive: “62.0”."),
        "description": _("Two or three sentences, each with a source below."),
    }

    def date_phrase(self, investment):
        for column in ("start", "announced", "status_as_of"):
            if getattr(investment, column):
                self_date = DatedDisplay()
                self_date.date_column = column
                return self_date.date_phrase(investment)
        return "–"

    date_phrase.short_description = _("date")
    date_phrase.admin_order_field = "earliest"

    def hint(self, investment):
        return ", ".join(str(text) for text in (investment.place, investment.get_status_display()) if text)
