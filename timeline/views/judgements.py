"""Judgements: the list, and one with what it bears on and how the record stands to it."""

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from relations import dates, pair
from relations.models import Judgement

from .records import RecordDetail, RecordList, said_by


class JudgementList(RecordList):
    model = Judgement
    template_name = "timeline/judgement_list.html"
    lead = gettext_lazy("What sources say it means or expect; never mixed with what happened.")
    panel = ("q", "kind", "status", "theme", "actor", "from", "to")

    def for_list(self, queryset):
        return queryset.with_evidence()

    def more(self, found, page):
        return {"rows": [{"judgement": row, "by": said_by(row)} for row in page.rows]}


class JudgementDetail(RecordDetail):
    model = Judgement
    template_name = "timeline/judgement_detail.html"

    def crumb(self, record):
        return capfirst(record.get_kind_display())

    def context(self, record):
        sections = pair.current().sections
        return {
            "facts": _facts(record),
            "by": said_by(record),
            "briefing": [
                (sections.get(row.section, row.section), row.sentence)
                for row in record.briefing.order_by("section", "sentence")
            ],
            "events": record.events.published().for_list().order_by("-earliest", "-key"),
            "conditions": record.conditions.published().order_by("key"),
            "programmes": record.programmes.published().order_by("key"),
            "investments": record.investments.published().order_by("key"),
            "actors": record.actors.published().order_by("key"),
            "themes": record.themes.published().order_by("name", "key"),
        }


def _facts(judgement: Judgement) -> list[dict]:
    facts = [{"label": _("Kind"), "text": capfirst(judgement.get_kind_display())}]
    for label, name in ((_("Made"), "made_on"), (_("Horizon"), "horizon")):
        if text := getattr(judgement, name):
            facts.append({"label": label, "text": dates.parse(text).phrase()})
    return facts
