"""The bases of lists, details and the files of both."""

import json
from collections.abc import Iterable, Iterator

from django.http import HttpResponse, QueryDict, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views import View

from relations import dates, exporting, pair
from relations.filters import BadQuery, unknown_names
from relations.models import AidCondition, Judgement, Keyed, Record
from relations.resources import resource_of

from .. import citing, claims, figures, history, paging
from ..drawing.dots import Dot, Lane, draw_lanes
from ..filters import asked_day, filter_of
from ..models import Event
from ..serializing import as_json, json_answer, standings_of
from .base import PublishedMixin, no_parameters

PAGE_SIZE = 50
OWN_PAGE_SIZE = 20  # of the events on the page of another record
MOST_DOTS = 600  # on the timeline of a record, the most important first
SECTIONS = {
    "event": ("events", gettext_lazy("Events")),
    "actor": ("actors", gettext_lazy("Actors")),
    "investment": ("investments", gettext_lazy("Investments")),
    "aidprogramme": ("aid", gettext_lazy("Aid")),
    "aidcondition": ("conditions", gettext_lazy("Conditions")),
    "judgement": ("judgements", gettext_lazy("Judgements")),
    "theme": ("themes", gettext_lazy("Themes")),
    "source": ("sources", gettext_lazy("Sources")),
}


def address_of(model: type[Keyed], page: str, *args) -> str:
    """Return the address of a page of a model: `address_of(Event, "list")`."""
    return reverse(f"timeline:{model._meta.model_name}-{page}", args=args)


def feed_of(model: type[Keyed]) -> str:
    """Return the address of a model's feed; "" where it has none."""
    try:
        return address_of(model, "feed")
    except NoReverseMatch:
        return ""


def with_query(address: str, pairs) -> str:
    """Return an address with (name, value) pairs as its parameters."""
    query = QueryDict(mutable=True)
    for name, value in pairs:
        query.appendlist(name, value)
    return f"{address}?{query.urlencode()}" if query else address


class FilteredMixin(PublishedMixin):
    """The published records that the parameters of the address ask for."""

    also: tuple[str, ...] = ()
    page_parameters: tuple[str, ...] = paging.PARAMETERS

    def filtered(self):
        """Return the FilterSet and the records. Raises BadQuery."""
        found = filter_of(self.model)(
            self.request.GET,
            self.get_queryset(),
            request=self.request,
            also=self.also,
            page_parameters=self.page_parameters,
        )
        return found, found.valid_or_400()


class RecordList(FilteredMixin, View):
    """A list of records with its filters; `for_list` loads what a row shows, in as many queries for 1 row as for 50."""

    template_name = ""
    lead = ""
    orders = {order.name: order for order in (paging.NEWEST, paging.OLDEST)}
    panel: tuple[str, ...] = ()
    forms: tuple[str, ...] = ("csv", "json")

    @property
    def title(self) -> str:
        return str(SECTIONS[self.model._meta.model_name][1])

    def for_list(self, queryset):
        return queryset

    def more(self, found, page) -> dict:
        """Return what else the template of this list shows."""
        return {}

    def get(self, request):
        found, records = self.filtered()
        page = paging.page(self.for_list(records), self.orders, request.GET, size=PAGE_SIZE)
        asked = found.asked()
        here = address_of(self.model, "list")
        ordered = [] if page.order.name == next(iter(self.orders)) else [("order", page.order.name)]
        files = {form: with_query(address_of(self.model, f"list-{form}"), asked) for form in self.forms}
        feed = feed_of(self.model)
        feed = with_query(feed, asked) if feed else ""
        context = {
            "section": SECTIONS[self.model._meta.model_name][0],
            "crumbs": crumbs((here, self.title)),
            "title": self.title,
            "lead": self.lead,
            "noun": self.model._meta.verbose_name_plural,
            "records": page.rows,
            "listed": page,
            "pager": _pager(here, asked + ordered, page),
            "orders": [
                (
                    with_query(here, asked + ([] if n == 0 else [("order", order.name)])),
                    order.label,
                    order == page.order,
                )
                for n, order in enumerate(self.orders.values())
            ],
            "fields": found.panel(self.panel, self.counts(found)),
            "asked": said(found, asked),
            "here": here,
            "order": ordered[0][1] if ordered else "",
            "files": files,
            "empty": self._empty(found, asked) if not page.rows else None,
            "page": {
                "title": self.title,
                "canonical": citing.absolute(with_query(here, asked)),
                "description": str(self.lead),
                **files,
                "feed": feed,
                "noindex": bool(asked or request.GET.get("after") or request.GET.get("before")),
            },
            **self.more(found, page),
        }
        return TemplateResponse(request, self.template_name, context)

    def counts(self, found) -> dict[str, dict[str, int]] | None:
        """Return how many records each value of a filter has; None where nobody counts."""
        return None

    def _empty(self, found, asked) -> dict:
        """Return what the notice of an empty list says: what was asked, and the nearest records in time."""
        links = []
        if period := found.period():
            others = QueryDict(mutable=True)
            for name, value in asked:
                if name not in ("from", "to", "certainty"):
                    others.appendlist(name, value)
            rest = filter_of(self.model)(others, self.get_queryset(), also=self.also).valid_or_400()
            nearest = [
                rest.filter(latest__lt=period[0]).order_by("-latest", "-key").first(),
                rest.filter(earliest__gt=period[1]).order_by("earliest", "key").first(),
            ]
            links = [(row.get_absolute_url(), f"{row}, {when(row)}") for row in nearest if row]
        here = address_of(self.model, "list")
        if asked:
            links.append((here, _("Clear the filters")))
        return {
            "title": _("Nothing on record matches this."),
            "text": (_("The nearest are:") if len(links) > 1 else ""),
            "links": links,
        }


def said(found, asked) -> list[tuple[str, str]]:
    """Return the (label, value) pairs of the filters that are set."""
    labels = {name: str(item.label) for name, item in found.filters.items()}
    return [(labels[name], value) for name, value in asked if name in labels]


def when(record) -> str:
    """Return the principal date of a record in few letters."""
    for name in ("date", "made_on", "in_force", "announced", "start", "published"):
        if text := getattr(record, name, ""):
            return dates.parse(text).short()
    return ""


def _pager(here: str, pairs: list, page: paging.Page) -> dict:
    return {
        "previous": with_query(here, [*pairs, page.previous]) if page.previous else "",
        "next": with_query(here, [*pairs, page.next]) if page.next else "",
        "first": page.first,
        "last": page.last,
        "total": page.total,
        "size": page.size,
    }


def crumbs(*steps: tuple[str, str]) -> list[tuple[str, str]]:
    """Return the way from the home page; the last step is where one is and has no address."""
    way = [(reverse("timeline:home"), pair.current().title), *((href, str(words)) for href, words in steps)]
    return [*way[:-1], ("", way[-1][1])]


# ------------------------------------------------------------------------------------------------------- details


class RecordDetail(PublishedMixin, View):
    """The page of a record. `context` returns what this kind of record shows beyond what all do."""

    template_name = ""
    takes_parameters = False  # of its own

    def get_queryset(self):
        queryset = super().get_queryset()
        return queryset.with_evidence() if issubclass(self.model, Record) else queryset

    def get(self, request, key):
        if not self.takes_parameters:
            no_parameters(request)
        record = self.get_record(key)
        context = {**self.shared(record), **self.context(record)}
        notes = context["claims"].footnotes if context["claims"] else {}
        for fact in context.get("facts", ()):
            fact["footnotes"] = notes.get(fact.get("field"))
        return TemplateResponse(request, self.template_name, context)

    def context(self, record) -> dict:
        return {}

    def crumb(self, record) -> str:
        """Return the last step of the way to the record."""
        return str(record)

    def shared(self, record) -> dict:
        """Return what every record shows: its claims, history, how to cite it and its files."""
        name = self.model._meta.model_name
        section, label = SECTIONS[name]
        title = citing.title_of(record)
        return {
            "section": section,
            "crumbs": crumbs((address_of(self.model, "list"), label), ("", self.crumb(record))),
            "record": record,
            "title": title,
            "claims": claims.claims_of(record) if isinstance(record, Record) else None,
            "history": history_of(record),
            "cite": citing.cite(record, self.request.edition),
            "page": {
                "title": title,
                "kind": "article",
                "canonical": citing.absolute(record.get_absolute_url()),
                "description": Truncator(citing._description(record) or title).chars(200),
                "json": address_of(self.model, "json", record.key),
                "csv": address_of(self.model, "csv", record.key),
                "linked_data": address_of(self.model, "jsonld", record.key),
                "cite": "#cite",
            },
        }


def history_of(record: Keyed) -> list[dict]:
    """Return what `_history.html` shows: what changed since the record was published, newest first."""
    found = history.entries(history.of_record(record).order_by("-version"))
    return [
        {
            "kind": capfirst(entry.kind) if entry.revision.change else _("Published"),
            "at": entry.revision.published_at,
            "by": entry.by,
            "reason": entry.reason if entry.revision.change else "",
            "thanks": entry.thanks,
            "changes": [
                {
                    "label": ", ".join(filter(None, (change.label, change.child))),
                    "before": change.before,
                    "after": change.after,
                }
                for change in entry.changes
            ],
        }
        for entry in found
    ]


def said_by(judgement: Judgement) -> str:
    """Return who says a judgement, loaded `with_evidence`, and when: “CFR survey, 18 Dec 2025”."""
    sources = [citation.source for citation in judgement.shown_citations]
    who = sources[0].publisher or sources[0].title if sources else ""
    made_on = dates.parse(judgement.made_on).short() if judgement.made_on else ""
    return ", ".join(filter(None, (who, made_on)))


def own_events(request, events, *, also: tuple[str, ...] = ()) -> dict:
    """Return the events of a record as its page lists them: some, newest first, with a pager of the page's own.

    Raises BadQuery: the page takes `after` and `before`, what `also` names, and no more.
    """
    names = ("after", "before", *also)
    if faults := unknown_names(request.GET, names):
        raise BadQuery(faults, request.GET, names)
    page = paging.page(events.for_list(), {"newest": paging.NEWEST}, request.GET, size=OWN_PAGE_SIZE)
    kept = [(name, request.GET[name]) for name in also if request.GET.get(name)]
    pager = _pager(request.path, kept, page)
    for name in ("previous", "next"):
        pager[name] = pager[name] and f"{pager[name]}#events"
    return {"events": page.rows, "total": page.total, "pager": pager}


GROUPS = (
    (gettext_lazy("Cooperation"), ("coop-words", "coop-deed")),
    (gettext_lazy("Conflict"), ("conflict-words", "conflict-deed")),
    (gettext_lazy("Other"), ("other",)),
)


def lanes_of(events, query: str, *, more: Iterable[Lane] = ()):
    """Return the own timeline of a record: its most important events in lanes by family; None where there are none.

    `query` is what asks for its events, `theme=aid`: the boxes that count marks lead there. `more` are lanes below.
    """
    shown = events.only("key", "title", "date", "kind", "importance")
    lanes: dict[str, list[Dot]] = {str(title): [] for title, _families in GROUPS}
    lane_of = {family: str(title) for title, families in GROUPS for family in families}
    for event in shown.order_by("-importance", "-earliest", "-key")[:MOST_DOTS]:
        dot = Dot(dates.parse(event.date), event.title, event.get_absolute_url(), event.family, event.importance)
        lanes[lane_of[event.family]].append(dot)
    found = [Lane(title, events_in_words(len(dots)), dots) for title, dots in lanes.items()]
    return draw_lanes([*found, *more], href=in_list(query))


def events_in_words(n: int) -> str:
    return ngettext("%(n)s event", "%(n)s events", n) % {"n": n}


def in_list(query: str):
    """Return the function that gives the address of the events of `query` in some days."""
    here = reverse("timeline:event-list")
    return lambda first, last: f"{here}?{query}&from={first.isoformat()}&to={last.isoformat()}"


def judgements_on(queryset) -> list[dict]:
    """Return judgements as `_judgement.html` takes them, from a relation of a record."""
    rows = queryset.published().with_evidence().order_by("-earliest", "key")
    return [{"judgement": row, "by": said_by(row)} for row in rows]


# --------------------------------------------------------------------------------------------------------- files


def csv_answer(rows: Iterator[str], name: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(rows, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


class ListCsv(FilteredMixin, View):
    """The records that a list shows, all its pages, as the rows of their file."""

    page_parameters = ()

    def get(self, request):
        _found, records = self.filtered()
        file = resource_of(self.model).file
        return csv_answer(exporting.table(file, "csv", queryset=records), file)


class ListJson(FilteredMixin, View):
    """The records that a list shows, all its pages, as JSON."""

    page_parameters = ()

    @property
    def also(self) -> tuple[str, ...]:
        return ("on",) if self.model is AidCondition else ()

    def get(self, request):
        _found, records = self.filtered()
        standings = standings_of(records, asked_day(request.GET, pair.current().today()))
        return StreamingHttpResponse(self._pieces(records, standings), content_type="application/json; charset=utf-8")

    def _pieces(self, records, standings: dict[str, dict]) -> Iterator[str]:
        resource = resource_of(self.model)
        head = {"revision": self.request.edition.number, "package": self.request.edition.pair.name}
        yield json.dumps(head, ensure_ascii=False, indent=2)[:-2] + f',\n  "{resource.file}": ['
        rows = resource.with_relations(records.order_by("key")).iterator(chunk_size=500)
        for n, record in enumerate(rows):
            text = json.dumps(as_json(record, standings), ensure_ascii=False, indent=2).replace("\n", "\n    ")
            yield (",\n    " if n else "\n    ") + text
        yield "\n  ]"
        if self.model is Event:
            totals = json.dumps(figures.as_json(figures.totals(records)), indent=2).replace("\n", "\n  ")
            yield f',\n  "figures": {totals}'
        yield "\n}\n"


class RecordFile(PublishedMixin, View):
    """One record as CSV, JSON, BibTeX or JSON-LD."""

    form = ""

    def get_queryset(self):
        queryset = super().get_queryset()
        if self.form == "json":
            return resource_of(self.model).with_relations(queryset)
        return queryset.with_evidence() if self.form == "jsonld" and issubclass(self.model, Record) else queryset

    def get(self, request, key):
        no_parameters(request)
        record = self.get_record(key)
        if self.form == "csv":
            file = resource_of(self.model).file
            own = self.model.objects.filter(pk=record.pk)
            return csv_answer(exporting.table(file, "csv", queryset=own), record.key)
        if self.form == "json":
            standings = standings_of(self.model.objects.filter(pk=record.pk), pair.current().today())
            return json_answer({"revision": request.edition.number} | as_json(record, standings))
        if self.form == "jsonld":
            return json_answer(citing.linked_data(record, request.edition), "application/ld+json")
        text = citing.bibtex(record, request.edition)
        return HttpResponse(text, content_type="text/x-bibtex; charset=utf-8")
