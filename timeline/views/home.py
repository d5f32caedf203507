"""The first page: the state of the relation at a glance."""

from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from relations import pair
from relations.models import AidProgramme

from .. import counts, summaries
from ..amounts import in_short
from ..drawing.money import draw_money
from ..drawing.strip import draw_strip
from ..models import Event
from .base import no_parameters

LATEST = 12


def home(request):
    no_parameters(request)
    context = {**_strip(), **_briefing(), **_money(), "latest": summaries.latest_events(LATEST)}
    context["tally"] = summaries.conditions_on(pair.current().today())
    context["page"] = {"feed": f"{reverse('timeline:timeline-feed')}?importance={Event.Importance.NOTABLE.value}"}
    shown = ("strip", "latest", "briefing", "money")
    context["empty"] = not (any(context[name] for name in shown) or context["tally"].in_force)
    return render(request, "timeline/home.html", context)


def _strip() -> dict:
    found = counts.counts()
    span = summaries.years_of(found)
    if span is None:
        return {"strip": None, "turning_points": []}
    points = summaries.turning_points()
    strip = draw_strip(found, first=span[0], last=span[1], href=summaries.years_url, turning_points=points)
    return {"strip": strip, "turning_points": points, "years": max(span[1] - span[0], 1)}


def _briefing() -> dict:
    sections = summaries.briefing()
    outcomes = summaries.outcomes(sections)
    return {
        "briefing": sections[0] if sections else None,
        "sections": sections[1:],
        "outcomes": outcomes,
        "statements": sum(number for _status, _word, number in outcomes),
    }


def _money() -> dict:
    accounts = summaries.main_accounts()
    if accounts is None:
        return {"money": None}
    notes = [_("Pledged, appropriated, reimbursed and suspended money is never added together.")]
    notes += [
        _("FY%(year)s %(kind)s: sources give %(low)s to %(high)s.")
        % {
            "kind": amount.kind_label,
            "year": amount.first,
            "low": in_short(amount.low, accounts.currency),
            "high": in_short(amount.high, accounts.currency),
        }
        for amount in accounts.ranges[:3]
    ]
    return {
        "money": draw_money(accounts.accounts, accounts.currency, width=768, columns=3, room=150),
        "accounts": accounts,
        "money_note": " ".join(notes),
        "programmes": AidProgramme.objects.published().count(),
    }
