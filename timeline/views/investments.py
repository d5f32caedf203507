"""Investments: the list, and one with its stakes, its money and its events."""

from decimal import Decimal

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from relations import dates
from relations.fields import plain
from relations.models import Investment, Judgement, Stake, Transaction

from ..amounts import in_short
from ..drawing.dots import Dot, Lane
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
            **(money := money_of(self.request, record)),
            "lanes": lanes_of(
                record.events.published(), f"investment={record.key}", more=_lanes(record, money["amounts"])
            ),
            "held_by_owners": _held_by_owners(record),
            "facts": _facts(record),
            "stakes": record.stakes.published().select_related("actor").order_by("position", "pk"),
            "themes": record.themes.published().order_by("name", "key"),
            "judgements": judgements_on(record.judgements),
        }


def _lanes(investment: Investment, entries) -> list[Lane]:
    """Return what stands below the events on their axis: the project's own dates, its money and its risks."""
    here = investment.get_absolute_url()
    own = [
        (investment.announced, _("Announced"), "#facts"),
        (investment.start, _("Start"), "#facts"),
        (investment.end, _("End"), "#facts"),
        (investment.status_as_of, capfirst(investment.get_status_display()), "#facts"),
    ]
    stakes = investment.stakes.published().select_related("actor").order_by("position", "pk")
    equity = [
        (stake.since, f"{stake.actor.label}, {stake.get_role_display()}", "#stakes")
        for stake in stakes
        if stake.role == Stake.Role.OWNER
    ]
    financing = []
    for entry in entries:
        row = entry.transaction
        words = f"{in_short(row.amount, row.currency)} {row.get_kind_display()}"
        lane = equity if row.instrument == Transaction.Instrument.EQUITY else financing
        lane.append((row.date, words, f"#{row.key}"))
    risks = [
        (row.made_on, str(row), row.get_absolute_url())
        for row in investment.judgements.published().filter(kind=Judgement.Kind.RISK).order_by("earliest", "key")
    ]
    lanes = [(_("Project"), own), (_("Equity"), equity), (_("Financing"), financing), (_("Risks"), risks)]
    found = []
    for title, rows in lanes:
        dots = [
            # Where one end alone is known, the mark is there.
            Dot(dates.parse(text.strip("./")), words, href if href.startswith("/") else f"{here}{href}", "other", 3)
            for text, words, href in rows
            if text
        ]
        if dots:
            found.append(Lane(title, "", dots))
    return found


def _held_by_owners(investment: Investment) -> Decimal | None:
    """Return what all owners on record hold together, in percent; None where no share is known."""
    owners = investment.stakes.published().filter(role=Stake.Role.OWNER, share_percent__isnull=False)
    shares = list(owners.values_list("share_percent", flat=True))
    return plain(sum(shares)) if shares else None


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
