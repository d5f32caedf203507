"""The record as read-only JSON under /api/v1/, with the same filters as the pages, and the page that explains it.

Plain views over the FilterSets and Resources that the pages use, so that there is no second definition: see
docs/decisions/0005-the-api-is-the-pages.md.
"""

from collections import Counter
from functools import wraps

from django.db.models import CharField, Min, Value
from django.http import Http404, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View

from relations import pair, states
from relations.filters import BadQuery, QueryFault, shown, unknown_names
from relations.models import (
    Actor,
    AidCondition,
    AidProgramme,
    Assessment,
    Benchmark,
    Investment,
    Judgement,
    Keyed,
    Source,
    Theme,
    Transaction,
)
from relations.resources import resource_of
from relations.states import ConditionState

from . import citing, figures, paging
from .filters import asked_day
from .models import Event
from .openapi import (
    LIMIT,
    MOST,
    USUAL,
    detail_address,
    docket_address,
    document,
    list_address,
    models,
    orders_of,
    totals_address,
)
from .serializing import as_json, json_answer, standing_as_json, standings_of, steps_as_json, written
from .views.amounts import TotalsMixin, table_of
from .views.base import Moved, PublishedMixin, no_parameters
from .views.records import FilteredMixin, with_query

METHODS = "GET, HEAD, OPTIONS"
# What a page of another site may ask with and read beside the body, and for how many seconds it need not ask again.
TO_ALL = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "ETag"}
BEFOREHAND = {
    "Allow": METHODS,
    "Access-Control-Allow-Methods": METHODS,
    "Access-Control-Allow-Headers": "If-None-Match, If-Modified-Since",
    "Access-Control-Max-Age": "86400",
}
# What each list may be asked, for the page to read.
EXAMPLES = {
    Event: "from=1990&to=1995&importance=4",
    Actor: "kind=state",
    Investment: "status=operational",
    AidProgramme: "category=military",
    Transaction: "kind=disbursement&currency=USD",
    AidCondition: "on=1990-10-02",
    Benchmark: "from=2024",
    Assessment: "finding=waived",
    Judgement: "kind=expectation",
    Theme: "q=trade",
    Source: "kind=legislation",
}


def open_to_all(view):
    """Let pages of other sites read the answer: it is the same for everybody and takes no cookie."""

    @wraps(view)
    def answer(request, *args, **kwargs):
        if request.method == "OPTIONS":
            response = HttpResponse(status=204, headers=BEFOREHAND)
        elif request.method not in METHODS.split(", "):
            response = json_answer({"status": 405, "title": _("The record is read here, not written.")})
            response.status_code, response.headers["Allow"] = 405, METHODS
        else:
            response = view(request, *args, **kwargs)
        for name, value in TO_ALL.items():
            response.headers[name] = value
        return response

    return answer


class ApiList(FilteredMixin, View):
    """Some records of a model, in a total order, with the addresses of the next and the previous."""

    page_parameters = (*paging.PARAMETERS, LIMIT)

    @property
    def also(self) -> tuple[str, ...]:
        return ("on",) if self.model is AidCondition else ()

    def get(self, request):
        _found, records = self.filtered()
        size = self._size()
        loaded = resource_of(self.model).with_relations(records)
        page = paging.page(loaded, orders_of(self.model), request.GET, size=size)
        head, results = self.said(records, page.rows, asked_day(request.GET, pair.current().today()))
        if self.model is Event:
            head["figures"] = None if page.total is None else figures.as_json(figures.totals(records))
        asked = [
            (name, value)
            for name, values in request.GET.lists()
            for value in values
            if value and name not in ("after", "before")
        ]
        here = citing.absolute(request.path)
        return json_answer(
            {
                "revision": request.edition.number,
                **head,
                "count": page.total,
                "next": with_query(here, [*asked, page.next]) if page.next else None,
                "previous": with_query(here, [*asked, page.previous]) if page.previous else None,
                "results": results,
            }
        )

    def said(self, records, rows, day) -> tuple[dict, list[dict]]:
        """Return what the answer says of all the records, and each row of the page."""
        # Not of the sliced page: a state depends on parents and parts that other pages may hold.
        standings = standings_of(self.model.objects.filter(pk__in=[row.pk for row in rows]), day)
        return {}, [as_json(row, standings) for row in rows]

    def _size(self) -> int:
        text = self.request.GET.get(LIMIT) or str(USUAL)
        if not (text.isascii() and text.isdigit() and len(text) < 4 and 0 < int(text) <= MOST):
            message = _("“%(value)s” is no number of rows; write 1 to %(most)s")
            fault = QueryFault(LIMIT, text, message % {"value": shown(text), "most": MOST})
            raise BadQuery([fault], self.request.GET, list(self.request.GET))
        return int(text)


class ApiDocket(ApiList):
    """Conditions as they stand on a day, with the steps that say so, and the totals of all that are asked for."""

    model = AidCondition

    def said(self, records, rows, day):
        docket = states.load(records)
        standings = docket.on(day)
        counts = Counter(standing.state for standing in standings.values())
        head = {
            "on": day.isoformat(),
            "in_force": sum(standing.is_in_force for standing in standings.values()),
            "states": {str(state): counts[state] for state in ConditionState},
            "held": _sums(docket.held_on(day)),
            "held_certainly": _sums(docket.held_on(day, certainly=True)),
            "not_released": _sums(docket.not_released_on(day)),
        }
        shown = {row.key: standings[row.key] for row in rows}
        said = {key: standing_as_json(standing, day) for key, standing in shown.items()}
        steps = steps_as_json(shown)
        return head, [as_json(row, said) | {"steps": steps[row.key]} for row in rows]


def _sums(sums) -> dict[str, str]:
    return {currency: written(amount) for currency, amount in sums.items()}


class ApiTotals(TotalsMixin, View):
    """Totals of the amounts of aid, each amount in one of them, as the charts show them."""

    def get(self, request):
        asked = self.asked()
        head = {"revision": request.edition.number, "by": asked.by, "years": asked.years.name}
        return json_answer(head | {"results": list(table_of(asked))})


class ApiDetail(PublishedMixin, View):
    """One record by its key."""

    def get_queryset(self):
        return resource_of(self.model).with_relations(super().get_queryset())

    def get(self, request, key):
        names = ("on",) if self.model is AidCondition else ()
        if faults := unknown_names(request.GET, names):
            raise BadQuery(faults, request.GET, names)
        day = asked_day(request.GET, pair.current().today())
        record = self.get_record(key)
        standings = standings_of(self.model.objects.filter(pk=record.pk), day)
        return json_answer({"revision": request.edition.number} | as_json(record, standings))


def root(request):
    """Every list, by the name of its file."""
    no_parameters(request)
    return json_answer(
        {
            "title": request.edition.pair.title,
            "licence": request.edition.pair.licence or None,
            "revision": request.edition.number,
            "openapi": citing.absolute(reverse("timeline:api-openapi")),
            **{resource_of(model).file: citing.absolute(list_address(model)) for model in models()},
            "conditions": citing.absolute(docket_address()),
            "totals": citing.absolute(totals_address()),
        }
    )


def openapi(request):
    """The OpenAPI document."""
    no_parameters(request)
    return json_answer(document(request.edition))


def elsewhere(request, rest: str):
    """Answer what is no address of the API, so that pages of other sites can read that too."""
    if not rest.endswith("/"):
        raise Moved(request.get_full_path(force_append_slash=True))
    raise Http404


def reading(request):
    """The page of the project's own to read the document."""
    no_parameters(request)
    described, keys = document(request.edition), _some_keys()
    context = {
        "section": "data",
        "lists": [_read(model, described, keys.get(model, "")) for model in models()],
        "root": citing.absolute(reverse("timeline:api-root")),
        "usual": USUAL,
        "most": MOST,
        "page": {
            "title": _("The record as JSON"),
            "canonical": citing.absolute(request.path),
            "description": _("How to ask for the record as JSON: addresses, parameters, members."),
        },
    }
    return TemplateResponse(request, "timeline/api.html", context)


def _some_keys() -> dict[type[Keyed], str]:
    """Return the first key of each model that has a public record, in one query."""
    of = {model._meta.label: model for model in models()}
    first, *others = (
        model.objects.published()
        .order_by()
        .values(of=Value(label, output_field=CharField()))
        .annotate(key=Min("key"))
        .values_list("of", "key")
        for label, model in of.items()
    )
    return {of[label]: key for label, key in first.union(*others, all=True)}


def _read(model: type[Keyed], described: dict, key: str) -> dict:
    """Return what the page shows of a model, from the document."""
    file, address = resource_of(model).file, list_address(model)
    properties = described["components"]["schemas"][model.__name__]["properties"]
    whole = citing.absolute(f"{address}?{EXAMPLES[model]}")
    return {
        "file": file,
        "label": model._meta.verbose_name_plural,
        "about": next(tag["description"] for tag in described["tags"] if tag["name"] == file),
        "address": address,
        "calls": [whole, *([citing.absolute(detail_address(model, key))] if key else [])],
        "parameters": [
            {
                "name": parameter["name"],
                "about": parameter["description"],
                "choices": _choices(parameter["schema"]),
                "default": parameter["schema"].get("default", ""),
            }
            for parameter in described["paths"][address]["get"]["parameters"]
        ],
        "members": [
            {
                "name": name,
                "about": schema.get("description", ""),
                "form": _form(schema),
                "choices": _choices(schema),
                "members": list(schema.get("items", schema).get("properties", ())),
            }
            for name, schema in properties.items()
        ],
    }


def _choices(schema: dict) -> list:
    """Return the words that may stand there; of a long list the first."""
    words = [word for word in schema.get("items", schema).get("enum", ()) if word is not None]
    return words if len(words) <= 24 else [*words[:6], "…"]


def _form(schema: dict) -> str:
    """Return the form of a member in words: “text or null”."""
    words = {
        "string": _("text"),
        "integer": _("whole number"),
        "boolean": _("true or false"),
        "array": _("list"),
        "object": _("object"),
        "null": _("null"),
        "uri": _("address"),
        "date": _("day"),
        "date-time": _("moment"),
    }
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return _(" or ").join(words[schema.get("format", name) if name == "string" else name] for name in types)
