"""Conditions: the docket as it stands on a day, and one condition with its whole life."""

import re
from datetime import date
from decimal import Decimal

from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views import View

from relations import dates, fiscal, pair, states
from relations.deadlines import DueKind, dues
from relations.fields import plain
from relations.filters import BadQuery, QueryFault
from relations.models import AidCondition, Assessment, Benchmark
from relations.states import ConditionState

from .. import citing
from ..calendars import calendar, in_words
from ..docket import answer_of, life_line_of, rows_of, tally_of
from ..drawing.measured import Value, draw_measured
from ..feeds import Asked, FindingFeed
from ..filters import asked_day
from ..matrix import GROUP, PROGRAMME, inferred, matrix_of, programmes_of, table, years_of
from ..models import Event
from .base import PublishedMixin, no_parameters
from .records import (
    SECTIONS,
    FilteredMixin,
    RecordDetail,
    address_of,
    crumbs,
    csv_answer,
    feed_of,
    judgements_on,
    said,
    with_query,
)

NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
SCOPES = ("all", "in-force")
GROUPINGS = (GROUP, PROGRAMME)
ALL = "all"
PANEL = ("q", "kind", "stage", "programme", "recipient", "certifier", "from", "to")
OWN = ("on", "scope", "by", "open")


class AidConditionList(FilteredMixin, View):
    """The docket: every condition by year, and where a day is named (`on`) what was in force on it and says who."""

    model = AidCondition
    also = OWN
    page_parameters = ()

    def get(self, request):
        found, records = self.filtered()
        today = pair.current().today()
        day = asked_day(request.GET, today)
        scope, by = _asked_word(request.GET, "scope", SCOPES), _asked_word(request.GET, "by", GROUPINGS)
        docket = states.load(records)
        rows = rows_of(docket, day, with_last=True)
        if scope == "in-force":
            rows = [row for row in rows if row.standing.is_in_force]
        asked = [(name, value) for name, value in found.asked() if name not in OWN]
        here = address_of(AidCondition, "list")
        on = [("on", day.isoformat())] if request.GET.get("on") else []
        shown = asked + on + [("scope", scope)] * (scope != SCOPES[0]) + [("by", by)] * (by != GROUPINGS[0])
        opened = [key for key in request.GET.get("open", "").split(",") if key]
        # Only as JSON has a condition its standing; the columns of a file are what was typed in.
        files = {
            "csv": with_query(address_of(AidCondition, "list-csv"), asked),
            "json": with_query(address_of(AidCondition, "list-json"), asked + on),
        }
        years = years_of(docket, today, found.period())
        title = _("The docket: conditions on aid, %(first)s–%(last)s") % {"first": years[0], "last": years[1]}
        matrix = matrix_of(
            docket,
            rows,
            day=day,
            years=years,
            by=by,
            is_open=lambda key: key in opened or ALL in opened,
            fold_href=_folds(here, shown, opened),
            programmes=programmes_of(records),
            inferred=inferred(records),
        )
        context = {
            "section": "conditions",
            "crumbs": crumbs(("", SECTIONS["aidcondition"][1])),
            "title": title,
            "conditions": len(docket.keys),
            "findings": sum(len(docket.findings(key)) for key in docket.keys),
            "matrix": matrix,
            "day": day,
            "on": day.isoformat(),
            "tally": tally_of(docket, day),
            "standings": answer_of(docket, day) if on else None,
            "days": _telling_days(docket, here, asked),
            "scopes": [
                (with_query(here, _but(shown, "scope")), _("All years"), scope == "all"),
                (with_query(here, [*_but(shown, "scope"), ("scope", "in-force")]), _("In force only"), scope != "all"),
            ],
            "groupings": [
                (with_query(here, _but(shown, "by")), _("By subject"), by == GROUP),
                (with_query(here, [*_but(shown, "by"), ("by", PROGRAMME)]), _("By programme"), by == PROGRAMME),
            ],
            "all_parts": (
                (with_query(here, shown), _("Hide all parts"))
                if ALL in opened
                else (with_query(here, [*shown, ("open", ALL)]), _("Show all parts"))
            ),
            "kept": _but(shown, "on"),
            "fields": found.panel(PANEL),
            "filter_kept": [pair for pair in shown if pair[0] in OWN],
            "asked": said(found, asked),
            "here": here,
            "is_asked_on": bool(on),
            "files": files,
            "years_csv": with_query(reverse("timeline:aidcondition-docket"), asked),
            "calendar": with_query(reverse("timeline:aidcondition-calendar"), asked),
            "page": {
                "title": title,
                "canonical": citing.absolute(with_query(here, shown)),
                **files,
                "feed": with_query(feed_of(AidCondition), asked),
                "noindex": bool(asked or opened),
            },
        }
        return TemplateResponse(request, "timeline/aidcondition_list.html", context)


def _but(pairs, name: str) -> list[tuple[str, str]]:
    return [found for found in pairs if found[0] != name]


def _folds(here: str, shown, opened: list[str]):
    """Return the function that gives the address at which the parts of a key are shown, or hidden again."""

    def href(key: str) -> str:
        # Where all are shown, to hide those of one hides them all.
        keys = [other for other in opened if other not in (key, ALL)]
        if key not in opened and ALL not in opened:
            keys.append(key)
        return with_query(here, [*shown, *([("open", ",".join(keys))] if keys else [])]) + f"#{key}"

    return href


def _asked_word(data, name: str, words: tuple[str, ...]) -> str:
    """Return the one of some words that a parameter names, else the first. Raises BadQuery."""
    word = data.get(name) or words[0]
    if word not in words:
        message = _("“%(text)s” is none of them; write %(right)s") % {"text": word[:80], "right": _(" or ").join(words)}
        raise BadQuery([QueryFault(name, word, message)], data, list(data))
    return word


def _telling_days(docket, here: str, asked) -> list[tuple[str, str]]:
    """Return the days on which most conditions were found of, as links: where one may begin to look."""
    counts: dict[date, int] = {}
    for key in docket.keys:
        for finding in docket.findings(key):
            if finding.first == finding.last:
                counts[finding.first] = counts.get(finding.first, 0) + 1
    days = sorted(sorted(counts, key=lambda day: (-counts[day], day))[:4])
    return [(with_query(here, [*asked, ("on", day.isoformat())]), dates.parse(day.isoformat()).short()) for day in days]


class DocketCsv(FilteredMixin, View):
    """The matrix as a file: a row a condition and year in which it was in force or something was found of it."""

    model = AidCondition
    page_parameters = ()

    def get(self, request):
        found, records = self.filtered()
        docket = states.load(records)
        years = years_of(docket, pair.current().today(), found.period())
        return csv_answer(table(docket, years), "docket")


class ListCalendar(FilteredMixin, View):
    """What falls due on the conditions of a list."""

    model = AidCondition
    page_parameters = ()

    def get(self, request):
        _found, records = self.filtered()
        docket = states.load(records)
        title = _("%(pair)s: deadlines on conditions") % {"pair": pair.current().title}
        return calendar(title, dues(docket, _benchmarks_of(records)), docket, request.edition)


class ConditionCalendar(PublishedMixin, View):
    """What falls due on one condition and on its parts."""

    model = AidCondition

    def get(self, request, key):
        no_parameters(request)
        record = self.get_record(key)
        records = with_parts_of(record)
        docket = states.load(records)
        return calendar(str(record), dues(docket, _benchmarks_of(records)), docket, request.edition)


class ConditionFeed(FindingFeed):
    """What was found of one condition and of its parts."""

    def get_object(self, request, key):
        no_parameters(request)
        record = ConditionCalendar(request=request).get_record(key)
        findings = Assessment.objects.published().filter(condition__in=with_parts_of(record).values("pk"))
        return Asked(findings, str(record), record.get_absolute_url(), request.path)


def with_parts_of(record: AidCondition):
    """Return a public condition and its public parts, near and far, as a queryset."""
    found, last = [record.pk], [record.pk]
    while last:
        parts = AidCondition.objects.published().filter(parent__in=last).exclude(pk__in=found)
        last = list(parts.values_list("pk", flat=True))
        found += last
    return AidCondition.objects.published().filter(pk__in=found)


def _benchmarks_of(records):
    return (
        Benchmark.objects.published().filter(condition__in=records.order_by().values("pk")).select_related("condition")
    )


class AidConditionDetail(RecordDetail):
    model = AidCondition
    template_name = "timeline/aidcondition_detail.html"

    def get_queryset(self):
        return super().get_queryset().select_related("parent", "recipient", "certifier")

    def crumb(self, record):
        return record.group or str(record)

    def context(self, record):
        today = pair.current().today()
        records = with_parts_of(record)
        docket = states.load(records)
        [row] = rows_of(docket, today, [record.key, *docket.keys])[:1]
        findings = list(
            record.assessments.published().select_related("decided_by").with_evidence().order_by("-earliest", "-key")
        )
        for finding in findings:
            finding.condition = record
            finding.period_text = _period(finding.period_covered)
        programmes = record.programmes.published().order_by("key")
        events = Event.objects.published().filter(
            pk__in=Event.assessments.through.objects.filter(
                assessment__in=Assessment.objects.published().filter(condition=record)
            ).values("event")
        )
        due = dues(docket, _benchmarks_of(records))
        own = {item.key: item for item in due if item.kind == DueKind.DEADLINE and item.condition == record.key}
        benchmarks = record.benchmarks.published().with_evidence().prefetch_related("measurements__sources")
        return {
            "row": row,
            "facts": _facts(record, row, programmes),
            "life_line": life_line_of(docket, record.key, today),
            "holds": docket.holds(record.key),
            "findings": findings,
            "benchmarks": [_benchmark(item, record, own, today) for item in benchmarks.order_by("earliest", "key")],
            "programmes": programmes,
            "events": events.order_by("earliest", "key"),
            "judgements": judgements_on(record.judgements),
            "by_parts": _by_parts(docket, record, today) if row.standing.is_in_force else "",
            "ahead": [_in_row(item, docket, record) for item in due if item.is_ahead(today)],
            "unanswered": [_in_row(item, docket, record) for item in due if item.is_unanswered(today)],
            "calendar": reverse("timeline:aidcondition-own-calendar", args=[record.key]) if due else "",
        }

    def shared(self, record):
        found = super().shared(record)
        found["page"]["feed"] = reverse("timeline:aidcondition-own-feed", args=[record.key])
        return found


def _by_parts(docket, record: AidCondition, today: date) -> str:
    """Return what the parts alone make of a condition, in words."""
    found = [str(ConditionState(state).label) for state in docket.by_parts(record.key, today)]
    return _(" or ").join(found)


def _in_row(item, docket, record: AidCondition) -> dict:
    """Return something that falls due as the page shows it."""
    words, note = in_words(item, docket)
    owner = docket.conditions[item.condition].record
    return {
        "words": words,
        "note": note,
        "known": item.day,
        "former": item.former,
        "kind": item.kind.label,
        "is_deadline": item.kind == DueKind.DEADLINE,
        "href": f"{owner.get_absolute_url()}#{item.key}" if item.key != owner.key else owner.get_absolute_url(),
        "owner": owner if owner != record else None,
    }


def _period(text: str) -> str:
    """Return a fiscal or other period in few letters."""
    if not text:
        return ""
    return _("for %(period)s") % {"period": fiscal.short(text)} if "-FY" in text else dates.parse(text).short()


def _benchmark(item, condition, due, today: date):
    """Return a benchmark with its values, the chart of them, and whether its deadline passed without a finding."""
    item.condition = condition
    item.values = [
        (measurement, [source for source in measurement.sources.all() if source.is_public])
        for measurement in item.measurements.all()
    ]
    unit = f" {item.unit}" if item.unit else ""
    dates_known = [dates.parse(text) for text in (item.deadline, *item.resets) if text]
    item.is_unanswered = item.key in due and due[item.key].is_unanswered(today)
    item.chart = draw_measured(
        [
            Value(
                dates.parse(measurement.date),
                measurement.value,
                _figure(measurement.value),
                f"{dates.parse(measurement.date).short()}: {_figure(measurement.value)}{unit}",
            )
            for measurement, _sources in item.values
        ],
        baseline=None if item.baseline is None else (item.baseline, _figure(item.baseline)),
        target=(Decimal(item.target), _figure(Decimal(item.target))) if NUMBER.fullmatch(item.target) else None,
        deadlines=[(known, _("deadline %(date)s") % {"date": known.short()}) for known in dates_known],
    )
    return item


def _figure(number: Decimal) -> str:
    return number_format(plain(number), use_l10n=True, force_grouping=True)


def _facts(condition: AidCondition, row, programmes) -> list[dict]:
    def public(actor):
        return [(actor.get_absolute_url(), actor.label)] if actor and actor.is_public else []

    stage = capfirst(condition.get_stage_display())
    in_force = dates.parse(condition.in_force).phrase() if condition.in_force else ""
    waivable = {"yes": _("yes"), "no": _("no"), "unknown": ""}[condition.waivable]
    facts = [
        {"label": _("Now"), "state": row.state, "word": row.word, "note": _now(row)},
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


def _now(row) -> str:
    """Return the note beside a state, which says by act where it does not say by rule."""
    return " · ".join(filter(None, (row.note, row.by if row.standing.by == states.ACT else "")))
