"""Investments: the list, and one with its stakes, its money and its events."""

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from relations import dates
from relations.models import Investment

from .amounts import money_of
from .records import RecordDetail, RecordList, judgements_on, lanes_of, own_events


class InvestmentList(RecordList):
    model = Investment
    template_name = "timeline/investment_list.html"
    lead = gettext_lazy("Projects with money in them, and who holds what.")
    panel = ("q", "status", "sector_code", "theme", "actor", "country", "from", "to")

    def for_list(self, queryset):
        return queryset.with_evidence()


class InvestmentDetail(RecordDetail):
    model = Investment
    template_name = "timeline/investment_detail.html"
    takes_parameters = True

    def context(self, record):
        return {
            **own_events(self.request, record.events.published(), also=("years",)),
            **money_of(self.request, record),
            "lanes": lanes_of(record.events.published(), f"investment={record.key}"),
            "facts": _facts(record),
            "stakes": record.stakes.published().select_related("actor").order_by("position", "pk"),
            "themes": record.themes.published().order_by("name", "key"),
            "judgements": judgements_on(record.judgements),
        }


def _facts(investment: Investment) -> list[dict]:
    as_of = dates.parse(investment.status_as_of).short() if investment.status_as_of else ""
    place = ", ".join(
        dict.fromkeys(filter(None, (investment.place, investment.country and investment.get_country_display())))
    )
    facts = [
        {
            "label": _("Status"),
            "field": "status",
            "text": capfirst(investment.get_status_display()),
            "note": _("as of %(date)s") % {"date": as_of} if as_of else "",
        },
        {"label": _("Sector"), "field": "sector_code", "text": investment.get_sector_code_display()},
        {"label": _("Place"), "field": "place", "text": place},
    ]
    for label, name in ((_("Announced"), "announced"), (_("Start"), "start"), (_("End"), "end")):
        text = getattr(investment, name)
        facts.append({"label": label, "field": name, "text": dates.parse(text).phrase() if text else ""})
    return [fact for fact in facts if fact["text"]]
