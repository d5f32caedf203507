"""The public addresses. Every one passes `public`: GET alone, no tracking parameters, 304 where nothing changed."""

from django.urls import path

from relations.models import Actor, AidCondition, AidProgramme, Investment, Judgement, Source, Theme

from .models import Event
from .views import data, home, pages, timeline
from .views.actors import ActorDetail, ActorList
from .views.aid import AidProgrammeDetail, AidProgrammeList
from .views.base import public
from .views.conditions import AidConditionDetail, AidConditionList
from .views.corrections import CorrectionsFeed, corrections
from .views.events import EventDetail, EventList
from .views.investments import InvestmentDetail, InvestmentList
from .views.judgements import JudgementDetail, JudgementList
from .views.records import ListCsv, ListJson, RecordFile
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
    forms = ("json", "csv", "bibtex", "jsonld")
    return [
        of_model("", list_view.as_view(), "list"),
        of_model("csv/", ListCsv.as_view(model=model), "list-csv"),
        of_model("json/", ListJson.as_view(model=model), "list-json"),
        of_model("<slug:key>/", detail_view.as_view(), "detail"),
        *(of_model(f"<slug:key>/{form}/", RecordFile.as_view(model=model, form=form), form) for form in forms),
    ]


urlpatterns = [
    page("", home.home, "home", is_of_today=True),
    page("timeline/", timeline.timeline, "timeline"),
    page("timeline/print/", timeline.printed, "timeline-print"),
    page("timeline/csv/", ListCsv.as_view(model=Event), "timeline-csv"),
    page("timeline/json/", ListJson.as_view(model=Event), "timeline-json"),
    page("timeline/feed/", timeline.TimelineFeed(), "timeline-feed"),
    *record_pages("events", Event, EventList, EventDetail),
    *record_pages("actors", Actor, ActorList, ActorDetail),
    *record_pages("investments", Investment, InvestmentList, InvestmentDetail),
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
]
