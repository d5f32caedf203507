"""The public addresses. Every one passes `public`: no tracking parameters, 304 where nothing changed, GET alone.

But readers report errors by POST.
"""

from django.urls import path

from relations.models import Actor, AidCondition, AidProgramme, Investment, Judgement, Source, Theme
from relations.resources import resource_of

from . import api, exchange, feeds
from .models import Event
from .views import data, home, machines, pages, timeline
from .views.actors import ActorDetail, ActorList
from .views.aid import AidProgrammeDetail, AidProgrammeList
from .views.amounts import Amounts, AmountsCsv, ChartCsv, ChartSvg
from .views.base import public
from .views.before import Before, BeforeCsv, BeforeJson
from .views.chain import EventChain, EventChainJson
from .views.conditions import (
    AidConditionDetail,
    AidConditionList,
    ConditionCalendar,
    ConditionFeed,
    DocketCsv,
    ListCalendar,
)
from .views.corrections import CorrectionsFeed, corrections
from .views.embed import embed, embedded, framed, picture_svg
from .views.events import EventDetail, EventList
from .views.exchange import TimelineCalendar, TimelineJs, TimelineLosses
from .views.iati import ListIati, ListLosses, ProgrammeIati, ProgrammeLosses
from .views.investments import InvestmentDetail, InvestmentList
from .views.judgements import JudgementDetail, JudgementList
from .views.records import ListCsv, ListJson, RecordFile
from .views.reports import ReportError
from .views.search import search
from .views.sources import SourceDetail, SourceList
from .views.themes import ThemeDetail, ThemeList

app_name = "timeline"


def page(route: str, view, name: str, *, is_of_today: bool = False):
    """Return the pattern of a public page; `is_of_today` where it shows another thing tomorrow."""
    return path(route, public(view, is_of_today=is_of_today), name=name)


def record_pages(folder: str, model, list_view, detail_view, *, is_of_today: bool = False) -> list:
    """Return the patterns of a model: its list, a record, and both as files."""

    def of_model(route: str, view, page_name: str):
        return page(f"{folder}/{route}", view, f"{name}-{page_name}", is_of_today=is_of_today)

    name = model._meta.model_name
    report = public(ReportError.as_view(model=model), takes_post=True)
    forms = ("json", "csv", "bibtex", "jsonld")
    return [
        of_model("", list_view.as_view(), "list"),
        of_model("csv/", ListCsv.as_view(model=model), "list-csv"),
        of_model("json/", ListJson.as_view(model=model), "list-json"),
        of_model("<slug:key>/", detail_view.as_view(), "detail"),
        path(f"{folder}/<slug:key>/report/", report, name=f"{name}-report"),
        *(of_model(f"<slug:key>/{form}/", RecordFile.as_view(model=model, form=form), form) for form in forms),
    ]


def totals_pages(folder: str, model) -> list:
    """Return the patterns of the totals of a model's amounts: the rows that make one, and the charts as files."""
    name = model._meta.model_name
    return [
        page(f"{folder}/totals/", Amounts.as_view(model=model), f"{name}-totals"),
        page(f"{folder}/totals.csv", AmountsCsv.as_view(model=model), f"{name}-totals-csv"),
        page(f"{folder}/chart.svg", ChartSvg.as_view(model=model), f"{name}-chart-svg", is_of_today=True),
        page(f"{folder}/chart.csv", ChartCsv.as_view(model=model), f"{name}-chart-csv", is_of_today=True),
    ]


def api_pages() -> list:
    """Return the patterns of the API: its root, its document, a list and a record of every model, and all the rest."""
    found = [("", api.root, "api-root", False), ("openapi.json", api.openapi, "api-openapi", False)]
    for model in api.models():
        name, file, of_today = model._meta.model_name, resource_of(model).file, model is AidCondition
        found.append((f"{file}/", api.ApiList.as_view(model=model), f"api-{name}-list", of_today))
        found.append((f"{file}/<slug:key>/", api.ApiDetail.as_view(model=model), f"api-{name}-detail", of_today))
    found.append(("conditions/", api.ApiDocket.as_view(), "api-aidcondition-docket", True))
    found.append(("totals/", api.ApiTotals.as_view(), "api-totals", True))
    found.append(("<path:rest>", api.elsewhere, "api-elsewhere", False))
    return [
        path(f"api/v1/{route}", api.open_to_all(public(view, is_of_today=of_today)), name=name)
        for route, view, name, of_today in found
    ]


urlpatterns = [
    page("", home.home, "home", is_of_today=True),
    page("timeline/", timeline.timeline, "timeline"),
    page("timeline/lanes/", timeline.fragment, "timeline-lanes"),
    page("timeline/print/", timeline.printed, "timeline-print"),
    page("timeline/picture.svg", picture_svg, "timeline-svg"),
    page("timeline/embed/", embed, "timeline-embed"),
    path("embed/timeline/", framed(public(embedded)), name="embed-timeline"),
    page("timeline/before/", Before.as_view(), "timeline-before"),
    page("timeline/before/csv/", BeforeCsv.as_view(), "timeline-before-csv"),
    page("timeline/before/json/", BeforeJson.as_view(), "timeline-before-json"),
    page("timeline/csv/", ListCsv.as_view(model=Event), "timeline-csv"),
    page("timeline/json/", ListJson.as_view(model=Event), "timeline-json"),
    page("timeline/feed/", timeline.TimelineFeed(), "timeline-feed"),
    page("timeline/timelinejs/", TimelineJs.as_view(), "timeline-timelinejs"),
    page(
        "timeline/timelinejs/losses.csv", TimelineLosses.as_view(form=exchange.TIMELINEJS), "timeline-timelinejs-losses"
    ),
    page("timeline/ics/", TimelineCalendar.as_view(), "timeline-ics"),
    page("timeline/ics/losses.csv", TimelineLosses.as_view(form=exchange.CALENDAR), "timeline-ics-losses"),
    page("events/feed/", feeds.EventFeed(), "event-feed"),
    page("judgements/feed/", feeds.JudgementFeed(), "judgement-feed"),
    page("conditions/feed/", feeds.FindingFeed(), "aidcondition-feed"),
    page("conditions/docket.csv", DocketCsv.as_view(), "aidcondition-docket", is_of_today=True),
    page("conditions/calendar.ics", ListCalendar.as_view(), "aidcondition-calendar"),
    page("conditions/<slug:key>/calendar.ics", ConditionCalendar.as_view(), "aidcondition-own-calendar"),
    page("conditions/<slug:key>/feed/", ConditionFeed(), "aidcondition-own-feed"),
    page("events/<slug:key>/chain/", EventChain.as_view(), "event-chain"),
    page("events/<slug:key>/chain.json", EventChainJson.as_view(), "event-chain-json"),
    *record_pages("events", Event, EventList, EventDetail),
    *record_pages("actors", Actor, ActorList, ActorDetail),
    *totals_pages("investments", Investment),
    *totals_pages("aid", AidProgramme),
    *record_pages("investments", Investment, InvestmentList, InvestmentDetail),
    page("aid/iati/", ListIati.as_view(), "aidprogramme-list-iati", is_of_today=True),
    page("aid/iati/losses.csv", ListLosses.as_view(), "aidprogramme-list-iati-losses", is_of_today=True),
    page("aid/<slug:key>/iati/", ProgrammeIati.as_view(), "aidprogramme-iati", is_of_today=True),
    page("aid/<slug:key>/iati/losses.csv", ProgrammeLosses.as_view(), "aidprogramme-iati-losses", is_of_today=True),
    *record_pages("aid", AidProgramme, AidProgrammeList, AidProgrammeDetail, is_of_today=True),
    *record_pages("conditions", AidCondition, AidConditionList, AidConditionDetail, is_of_today=True),
    *record_pages("judgements", Judgement, JudgementList, JudgementDetail),
    *record_pages("themes", Theme, ThemeList, ThemeDetail),
    *record_pages("sources", Source, SourceList, SourceDetail),
    page("search/", search, "search"),
    page("data/", data.data, "data"),
    page("data/package.zip", data.data_package, "data-package"),
    page("data/datapackage.json", data.data_descriptor, "data-descriptor"),
    page("data/<slug:name>.csv", data.data_file, "data-file"),
    page("about/", pages.about, "about"),
    page("corrections/", corrections, "corrections"),
    page("corrections/feed/", CorrectionsFeed(), "corrections-feed"),
    page("api/", api.reading, "api"),
    *api_pages(),
    page("sitemap.xml", machines.sitemap_index, "sitemap"),
    page("sitemap-<slug:section>.xml", machines.sitemap_section, "sitemap-section"),
    page("robots.txt", machines.robots, "robots"),
    path("healthz", machines.healthz, name="healthz"),
]
