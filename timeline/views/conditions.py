"""Conditions: the docket as it stands on a day, and one condition with its whole life."""

from datetime import date

from django.template.response import TemplateResponse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views import View

from relations import dates, fiscal, pair, states
from relations.filters import BadQuery, QueryFault
from relations.models import AidCondition, Assessment

from .. import citing
from ..docket import groups_of, life_line_of, rows_of, tally_of
from ..filters import asked_day
from ..models import Event
from .records import (
    SECTIONS,
    FilteredMixin,
    RecordDetail,
    address_of,
    crumbs,
    feed_of,
    judgements_on,
    said,
    with_query,
)

SCOPES = ("all", "in-force")
PANEL = ("q", "kind", "stage", "programme", "recipient", "certifier", "from", "to")


class AidConditionList(FilteredMixin, View):
    """The docket: every condition, grouped, with its state on a day (`on`), today if none is named."""

    model = AidCondition
    also = ("on", "scope")
    page_parameters = ()

    def get(self, request):
        found, records = self.filtered()
        today = pair.current().today()
        day, scope = asked_day(request.GET, today), _asked_scope(request.GET)
        docket = states.load(records)
        rows = rows_of(docket, day)
        if scope == "in-force":
            rows = [row for row in rows if row.standing.is_in_force]
        asked = [pair for pair in found.asked() if pair[0] not in self.also]
        here = address_of(AidCondition, "list")
        on = [("on", day.isoformat())] if request.GET.get("on") else []
        # Only as JSON has a condition its standing; the columns of a file are what was typed in.
        files = {
            "csv": with_query(address_of(AidCondition, "list-csv"), asked),
            "json": with_query(address_of(AidCondition, "list-json"), asked + on),
        }
        known = [row.earliest.year for row in docket_records(docket) if row.earliest > date.min]
        title = _("The docket: conditions on aid, %(first)s–%(last)s") % {
            "first": min(known, default=today.year),
            "last": today.year,
        }
        context = {
            "section": "conditions",
            "crumbs": crumbs(("", SECTIONS["aidcondition"][1])),
            "title": title,
            "conditions": len(docket.keys),
            "findings": sum(len(docket.findings(key)) for key in docket.keys),
            "groups": groups_of(rows),
            "day": day,
            "on": day.isoformat(),
            "tally": tally_of(docket, day),
            "days": _telling_days(docket, here, asked),
            "scopes": [
                (with_query(here, asked + on), _("All years"), scope == "all"),
                (with_query(here, [*asked, *on, ("scope", "in-force")]), _("In force only"), scope == "in-force"),
            ],
            "kept": [*asked, *([("scope", scope)] if scope != "all" else [])],
            "fields": found.panel(PANEL),
            "asked": said(found, asked),
            "here": here,
            "is_asked_on": bool(on),
            "files": files,
            "page": {
                "title": title,
                "canonical": citing.absolute(with_query(here, asked + on)),
                **files,
                "feed": with_query(feed_of(AidCondition), asked),
                "noindex": bool(asked),
            },
        }
        return TemplateResponse(request, "timeline/aidcondition_list.html", context)


def docket_records(docket) -> list[AidCondition]:
    return [docket.conditions[key].record for key in docket.keys]


def _asked_scope(data) -> str:
    scope = data.get("scope") or "all"
    if scope not in SCOPES:
        message = _("“%(text)s” is no scope; write %(right)s") % {"text": scope[:80], "right": _(" or ").join(SCOPES)}
        raise BadQuery([QueryFault("scope", scope, message)], data, list(data))
    return scope


def _telling_days(docket, here: str, asked) -> list[tuple[str, str]]:
    """Return the days on which most conditions were found of, as links: where one may begin to look."""
    counts: dict[date, int] = {}
    for key in docket.keys:
        for finding in docket.findings(key):
            if finding.first == finding.last:
                counts[finding.first] = counts.get(finding.first, 0) + 1
    days = sorted(sorted(counts, key=lambda day: (-counts[day], day))[:4])
    return [(with_query(here, [*asked, ("on", day.isoformat())]), dates.parse(day.isoformat()).short()) for day in days]


class AidConditionDetail(RecordDetail):
    model = AidCondition
    template_name = "timeline/aidcondition_detail.html"

    def get_queryset(self):
        return super().get_queryset().select_related("parent", "recipient", "certifier")

    def crumb(self, record):
        return record.group or str(record)

    def context(self, record):
        today = pair.current().today()
        docket = states.load(AidCondition.objects.filter(pk=record.pk))
        [row] = rows_of(docket, today, [record.key, *docket.parts(record.key)])[:1]
        findings = list(
            record.assessments.published().select_related("decided_by").with_evidence().order_by("-earliest", "-key")
        )
        for finding in findings:
            finding.condition = record
            finding.period_text = _period(finding.period_covered)
        benchmarks = record.benchmarks.published().with_evidence().prefetch_related("measurements__sources")
        programmes = record.programmes.published().order_by("key")
        events = Event.objects.published().filter(
            pk__in=Event.assessments.through.objects.filter(
                assessment__in=Assessment.objects.published().filter(condition=record)
            ).values("event")
        )
        return {
            "row": row,
            "facts": _facts(record, row, programmes),
            "life_line": life_line_of(docket, record.key, today),
            "holds": docket.holds(record.key),
            "findings": findings,
            "benchmarks": [_benchmark(item, record) for item in benchmarks.order_by("earliest", "key")],
            "programmes": programmes,
            "events": events.order_by("earliest", "key"),
            "judgements": judgements_on(record.judgements),
        }


def _period(text: str) -> str:
    """Return a fiscal or other period in few letters."""
    if not text:
        return ""
    return _("for %(period)s") % {"period": fiscal.short(text)} if "-FY" in text else dates.parse(text).short()


def _benchmark(item, condition):
    item.condition = condition
    item.values = [
        (measurement, [source for source in measurement.sources.all() if source.is_public])
        for measurement in item.measurements.all()
    ]
    return item


def _facts(condition: AidCondition, row, programmes) -> list[dict]:
    def public(actor):
        return [(actor.get_absolute_url(), actor.label)] if actor and actor.is_public else []

    stage = capfirst(condition.get_stage_display())
    in_force = dates.parse(condition.in_force).phrase() if condition.in_force else ""
    waivable = {"yes": _("yes"), "no": _("no"), "unknown": ""}[condition.waivable]
    facts = [
        {"label": _("Now"), "state": row.state, "word": row.word, "note": row.note},
        {"label": _("Stage"), "field": "stage", "text": stage},
        {"label": _("In force"), "field": "in_force", "text": in_force},
        {"label": _("Binds"), "field": "recipient", "links": public(condition.recipient)},
        {"label": _("Money"), "field": "programmes", "links": [(p.get_absolute_url(), p.title) for p in programmes]},
        {"label": _("Kind"), "field": "kind", "text": capfirst(condition.get_kind_display())},
        {"label": _("Law"), "field": "legal_citation", "text": condition.legal_citation},
        {"label": _("Certifier"), "field": "certifier", "links": public(condition.certifier)},
        {"label": _("Waivable"), "field": "waivable", "text": capfirst(waivable), "note": condition.waiver_standard},
    ]
    if condition.parent_id:
        links = [(condition.parent.get_absolute_url(), str(condition.parent))]
        facts.insert(1, {"label": _("Part of"), "links": links})
    return [fact for fact in facts if fact.get("text") or fact.get("links") or fact.get("state")]
