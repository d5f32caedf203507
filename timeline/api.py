"""The record as read-only JSON under /api/v1/, with the same filters as the pages, and an OpenAPI document of it.

Plain views over the FilterSets and Resources that the pages use, so that there is no second definition: see
docs/decisions/0005-the-api-is-the-pages.md.
"""

from functools import wraps

from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View

from relations import pair
from relations.filters import BadQuery, QueryFault, shown
from relations.models import AidCondition, Dated, Keyed
from relations.resources import resource_of
from relations.resources.base import RecordResource, registry

from . import citing, paging
from .filters import FILTERS, asked_day
from .serializing import as_json, json_answer, list_of, object_of, schema_of, standings_of
from .views.base import PublishedMixin, no_parameters
from .views.records import FilteredMixin, with_query

MOST, USUAL = 200, 50  # rows of one answer
LIMIT = "limit"


def models() -> list[type[Keyed]]:
    """Return the models that the API serves, in the order of the package."""
    return [resource._meta.model for resource in registry.values() if issubclass(resource, RecordResource)]


def open_to_all(view):
    """Let pages of other sites read the answer: it is the same for everybody and takes no cookie."""

    @wraps(view)
    def answer(request, *args, **kwargs):
        if request.method == "OPTIONS":
            response = HttpResponse(status=204, headers={"Allow": "GET, HEAD, OPTIONS"})
            response.headers["Access-Control-Allow-Methods"] = "GET, HEAD, OPTIONS"
            response.headers["Access-Control-Allow-Headers"] = "If-None-Match, If-Modified-Since"
        else:
            response = view(request, *args, **kwargs)
        response.headers["Access-Control-Allow-Origin"] = "*"
        return response

    return answer


def orders_of(model: type[Keyed]) -> dict[str, paging.Order]:
    """Return the orders of a list: by date where the record has one, else by key."""
    orders = (paging.OLDEST, paging.NEWEST) if issubclass(model, Dated) else (paging.BY_KEY,)
    return {order.name: order for order in orders}


class ApiList(FilteredMixin, View):
    """Some records of a model, in a total order, with the addresses of the next and the previous."""

    page_parameters = (*paging.PARAMETERS, LIMIT)

    @property
    def also(self) -> tuple[str, ...]:
        return ("on",) if self.model is AidCondition else ()

    def get(self, request):
        found, records = self.filtered()
        size = self._size()
        loaded = resource_of(self.model).with_relations(records)
        page = paging.page(loaded, orders_of(self.model), request.GET, size=size)
        # Not of the sliced page: a state depends on parents and parts that other pages may hold.
        rows = self.model.objects.filter(pk__in=[row.pk for row in page.rows])
        standings = standings_of(rows, asked_day(request.GET, pair.current().today()))
        asked = [(name, value) for name, value in request.GET.items() if name not in ("after", "before") and value]
        asked += [(name, value) for name, value in found.asked() if (name, value) not in asked]
        here = citing.absolute(request.path)
        return json_answer(
            {
                "revision": request.edition.number,
                "count": page.total,
                "next": with_query(here, [*asked, page.next]) if page.next else None,
                "previous": with_query(here, [*asked, page.previous]) if page.previous else None,
                "results": [as_json(row, standings) for row in page.rows],
            }
        )

    def _size(self) -> int:
        text = self.request.GET.get(LIMIT) or str(USUAL)
        if not (text.isascii() and text.isdigit() and 0 < int(text[:4]) <= MOST and len(text) < 4):
            message = _("“%(value)s” is no number of rows; write 1 to %(most)s")
            fault = QueryFault(LIMIT, text, message % {"value": shown(text), "most": MOST})
            raise BadQuery([fault], self.request.GET, list(self.request.GET))
        return int(text)


class ApiDetail(PublishedMixin, View):
    """One record by its key."""

    def get_queryset(self):
        return resource_of(self.model).with_relations(super().get_queryset())

    def get(self, request, key):
        if self.model is AidCondition:
            day = asked_day(request.GET, pair.current().today())
            if set(request.GET) - {"on"}:
                no_parameters(request)
        else:
            day = pair.current().today()
            no_parameters(request)
        record = self.get_record(key)
        standings = standings_of(self.model.objects.filter(pk=record.pk), day)
        return json_answer({"revision": request.edition.number} | as_json(record, standings))


def root(request):
    """Every list, by the name of its file."""
    no_parameters(request)
    return json_answer(
        {
            "title": request.edition.pair.title,
            "revision": request.edition.number,
            "openapi": citing.absolute(reverse("timeline:api-openapi")),
            **{resource_of(model).file: citing.absolute(list_address(model)) for model in models()},
        }
    )


def list_address(model: type[Keyed]) -> str:
    """Return the path of a model's list in the API."""
    return reverse(f"timeline:api-{model._meta.model_name}-list")


def openapi(request):
    """The OpenAPI 3.1 document."""
    no_parameters(request)
    return json_answer(document(request.edition))


def reading(request):
    """The page of the project's own to read the document."""
    no_parameters(request)
    described = document(request.edition)
    lists = [
        {
            "file": resource_of(model).file,
            "label": model._meta.verbose_name_plural,
            "about": described["paths"][list_address(model)]["get"]["description"],
            "address": list_address(model),
            "parameters": described["paths"][list_address(model)]["get"]["parameters"],
        }
        for model in models()
    ]
    page = {"title": _("The record as JSON"), "canonical": citing.absolute(request.path)}
    context = {"section": "data", "lists": lists, "page": page, "public_url": citing.absolute("")}
    return TemplateResponse(request, "timeline/api.html", context)


# ------------------------------------------------------------------------------------------------- the document


def document(edition) -> dict:
    """Return the API as OpenAPI 3.1, made of the FilterSets and Resources that answer it."""
    schemas = {"Fault": _fault_schema()}
    paths = {
        reverse("timeline:api-root"): {
            "get": {
                "operationId": "root",
                "summary": _("Every list"),
                "responses": {"200": _answer_of({"type": "object"}), **_refusals("400")},
            }
        }
    }
    for model in models():
        name, file = model.__name__, resource_of(model).file
        schemas[name] = schema_of(model)
        about = " ".join((resource_of(model).__doc__ or "").split())
        listed = object_of(
            {
                "revision": {"type": "integer"},
                "count": {"type": ["integer", "null"], "description": _("How many there are; null beyond 50,000.")},
                "next": {"type": ["string", "null"], "format": "uri"},
                "previous": {"type": ["string", "null"], "format": "uri"},
                "results": list_of({"$ref": f"#/components/schemas/{name}"}),
            }
        )
        one = {"allOf": [object_of({"revision": {"type": "integer"}}), {"$ref": f"#/components/schemas/{name}"}]}
        paths[list_address(model)] = {
            "get": {
                "operationId": f"{file}_list",
                "summary": str(model._meta.verbose_name_plural),
                "description": about,
                "parameters": _list_parameters(model),
                "responses": {"200": _answer_of(listed), **_refusals("400")},
            }
        }
        path = f"{list_address(model)}{{key}}/"
        key = {"name": "key", "in": "path", "required": True, "schema": {"type": "string"}}
        paths[path] = {
            "get": {
                "operationId": f"{file}_detail",
                "summary": str(model._meta.verbose_name),
                "parameters": [key, *([_on()] if model is AidCondition else [])],
                "responses": {"200": _answer_of(one), **_refusals("301", "400", "404", "410")},
            }
        }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": edition.pair.title,
            "version": "1",
            "description": _("The published record, read-only. Every address answers 304 to what has not changed."),
            "license": {"name": edition.pair.licence or "CC BY 4.0"},
        },
        "servers": [{"url": citing.absolute("")}],
        "paths": paths,
        "components": {"schemas": schemas},
    }


def _list_parameters(model: type[Keyed]) -> list[dict]:
    filter_set = FILTERS[model]
    found = []
    for name, item in filter_set.base_filters.items():
        name = name.rstrip("_")
        choices = (
            [str(value) for value, _label in item.extra.get("choices") or ()]
            if not callable(item.extra.get("choices"))
            else []
        )
        schema = {"type": "string", "maxLength": 200} | ({"enum": choices} if 0 < len(choices) < 40 else {})
        help_text = ". ".join(str(text).rstrip(".") for text in (item.label, item.extra.get("help_text", "")) if text)
        found.append({"name": name, "in": "query", "description": help_text, "schema": schema})
    orders = list(orders_of(model))
    found += [
        {"name": "order", "in": "query", "schema": {"type": "string", "enum": orders, "default": orders[0]}},
        {"name": "after", "in": "query", "description": _("Rows after this cursor."), "schema": {"type": "string"}},
        {"name": "before", "in": "query", "description": _("Rows before it."), "schema": {"type": "string"}},
        {
            "name": LIMIT,
            "in": "query",
            "description": _("How many rows."),
            "schema": {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL},
        },
    ]
    return found + ([_on()] if model is AidCondition else [])


def _on() -> dict:
    return {
        "name": "on",
        "in": "query",
        "description": _("The day of the standing, such as 1990-10-01; today if it is left out."),
        "schema": {"type": "string", "format": "date"},
    }


def _answer_of(schema: dict) -> dict:
    return {"description": _("As asked."), "content": {"application/json": {"schema": schema}}}


def _refusals(*statuses: str) -> dict:
    words = {
        "301": _("The record has another key now."),
        "400": _("A parameter is not known or cannot be read; the answer says what would be right."),
        "404": _("There is no such record."),
        "410": _("The record was withdrawn; the answer says why."),
    }
    fault = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Fault"}}}}
    return {status: {"description": words[status]} | (fault if status != "301" else {}) for status in statuses}


def _fault_schema() -> dict:
    text = {"type": "string"}
    schema = object_of({"status": {"type": "integer"}, "title": text})
    schema["properties"] |= {
        "detail": text,
        "errors": list_of(object_of({"parameter": text, "value": text, "message": text})),
        "rest": text,
    }
    return schema
