"""Aid: the list of programmes, and one with its money and its terms."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from relations import dates, pair, states
from relations.models import AidProgramme

from .. import paging
from ..docket import first_day, rows_of
from .amounts import TotalsMixin, ledger_of, money_of, switches_of, title_of
from .records import RecordDetail, RecordList, judgements_on, lanes_of, own_events


class AidProgrammeList(TotalsMixin, RecordList):
    """The programmes, and above them the totals of their amounts: by year, by programme or by category."""

    model = AidProgramme
    page_parameters = paging.PARAMETERS
    template_name = "timeline/aidprogramme_list.html"
    lead = gettext_lazy("Aid under one law or decision each: how much, of which kind, on what terms.")
    forms = ("csv", "json", "iati")
    panel = ("q", "category", "theme", "provider", "recipient", "from", "to")

    def for_list(self, queryset):
        return queryset.with_evidence().select_related("provider", "recipient")

    def filtered(self):
        self.totals = self.asked()
        return self.found, self.records

    def more(self, found, page):
        asked = self.totals
        return {
            "totals": asked.parts("kind"),
            "charts": ledger_of(asked, found.chosen()),
            "ledger_title": title_of(asked),
            "switches": switches_of(asked, found.chosen()),
            "caveats": pair.current().caveats[:1] if pair.current().complete else (),
        }


class AidProgrammeDetail(RecordDetail):
    model = AidProgramme
    template_name = "timeline/aidprogramme_detail.html"
    takes_parameters = True

    def get_queryset(self):
        return super().get_queryset().select_related("provider", "recipient")

    def crumb(self, record):
        return record.get_category_display().capitalize()

    def context(self, record):
        today = pair.current().today()
        docket = states.load(record.conditions.all())
        return {
            **own_events(self.request, record.events.published(), also=("years",)),
            **money_of(self.request, record),
            "lanes": lanes_of(record.events.published(), f"programme={record.key}"),
            "facts": _facts(record),
            "conditions": sorted(rows_of(docket, today, with_last=True), key=first_day),
            "themes": record.themes.published().order_by("name", "key"),
            "judgements": judgements_on(record.judgements),
        }


def _facts(programme: AidProgramme) -> list[dict]:
    def public(actor):
        return [(actor.get_absolute_url(), actor.label)] if actor and actor.is_public else []

    facts = [
        {"label": _("From"), "field": "provider", "links": public(programme.provider)},
        {"label": _("To"), "field": "recipient", "links": public(programme.recipient)},
        {"label": _("Kind"), "field": "category", "text": programme.get_category_display().capitalize()},
        {"label": _("Account"), "field": "account", "text": programme.get_account_display()},
        {"label": _("Start"), "field": "start", "text": _phrase(programme.start)},
        {"label": _("End"), "field": "end", "text": _phrase(programme.end)},
        {"label": _("Law"), "field": "legal_basis", "text": programme.legal_basis},
    ]
    return [fact for fact in facts if fact.get("text") or fact.get("links")]


def _phrase(text: str) -> str:
    return dates.parse(text).phrase() if text else ""
