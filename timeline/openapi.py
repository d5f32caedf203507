"""The API as an OpenAPI document, made of the FilterSets and Resources that answer it.

The form is that of the OpenAPI Specification, version 3.1.
"""

from django.urls import reverse
from django.utils.translation import gettext as _

from relations.filters import LONGEST_VALUE, DayFilter, ReferencesFilter, WordFilter, WordsFilter
from relations.models import AidCondition, Dated, Keyed, Transaction
from relations.resources import resource_of
from relations.resources.base import RecordResource, registry
from relations.states import ConditionState

from . import citing, figures, paging
from .dictionary import ROWS
from .filters import KINDS_OF_YEARS, TOTALS_BY, AidTotalsFilter, filter_of
from .models import Event
from .serializing import DAY, DECIMAL, KEY, list_of, object_of, schema_of, steps_schema

MOST, USUAL = 200, 50  # rows of one answer
LIMIT = "limit"
TEXT = {"type": "string"}
ADDRESS = {"type": "string", "format": "uri"}


def models() -> list[type[Keyed]]:
    """Return the models that the API serves, in the order of the package."""
    return [resource._meta.model for resource in registry.values() if issubclass(resource, RecordResource)]


def orders_of(model: type[Keyed]) -> dict[str, paging.Order]:
    """Return the orders of a list: by date where the record has one, else by key."""
    orders = (paging.OLDEST, paging.NEWEST) if issubclass(model, Dated) else (paging.BY_KEY,)
    return {order.name: order for order in orders}


def list_address(model: type[Keyed]) -> str:
    """Return the path of a model's list in the API."""
    return reverse(f"timeline:api-{model._meta.model_name}-list")


def detail_address(model: type[Keyed], key: str = "{key}") -> str:
    """Return the path of a record in the API, by default as a template."""
    return f"{list_address(model)}{key}/"


def docket_address() -> str:
    """Return the path of the conditions as they stand on a day."""
    return reverse("timeline:api-aidcondition-docket")


def totals_address() -> str:
    """Return the path of the totals of aid."""
    return reverse("timeline:api-totals")


def document(edition) -> dict:
    """Return the API as OpenAPI 3.1."""
    schemas = {"Fault": _fault()}
    paths = {reverse("timeline:api-root"): {"get": _root()}}
    for model in models():
        schemas[model.__name__] = schema_of(model)
        paths[list_address(model)] = {"get": _list(model, _figures() if model is Event else None)}
        paths[detail_address(model)] = {"get": _detail(model)}
    paths[docket_address()] = {"get": _docket()}
    paths[totals_address()] = {"get": _totals()}
    return {
        "openapi": "3.1.1",
        "info": _info(edition.pair),
        "servers": [{"url": citing.absolute("")}],
        "tags": [_tag(model) for model in models()],
        "paths": paths,
        "components": {"schemas": schemas},
    }


def _info(pair) -> dict:
    found = {
        "title": f"{citing.SITE}: {pair.title}",
        "version": "1",
        "description": _("The published record, read-only and open to all. What has not changed is answered by 304."),
    }
    if pair.licence:
        found["license"] = {"name": pair.licence, **({"url": pair.licence_url} if pair.licence_url else {})}
    return found


def _tag(model: type[Keyed]) -> dict:
    file = resource_of(model).file
    return {"name": file, "description": str(ROWS.get(file, ""))}


# ------------------------------------------------------------------------------------------------ what is asked


def _root() -> dict:
    members = {
        "title": TEXT,
        "licence": {"type": ["string", "null"]},
        "revision": _revision(),
        "openapi": ADDRESS,
        **{resource_of(model).file: ADDRESS for model in models()},
        "conditions": ADDRESS,
        "totals": ADDRESS,
    }
    return {
        "operationId": "root",
        "summary": _("Every list"),
        "responses": _responses(object_of(members), "304", "400"),
    }


def _docket() -> dict:
    sums = {
        "type": "object",
        "additionalProperties": DECIMAL,
        "description": _("By currency; no sum of money twice."),
    }
    count = {"type": "integer", "minimum": 0}
    head = {
        "on": DAY | {"description": _("The day that was asked for, else today.")},
        "in_force": count | {"description": _("How many were possibly in force on the day.")},
        "states": object_of({str(state): count for state in ConditionState}, _("How many stood in each state.")),
        "held": sums,
        "held_certainly": sums,
        "not_released": sums,
    }
    rows = {"allOf": [{"$ref": f"#/components/schemas/{AidCondition.__name__}"}, object_of({"steps": steps_schema()})]}
    found = _list(AidCondition, head, rows)
    return found | {"operationId": "conditions", "summary": _("Conditions as they stand on a day")}


def _figures() -> dict:
    """Return what a list of events says of all that are asked for."""
    words = _("What they counted, each in one unit; of events that state a figure. Null beyond 50,000 events.")
    return {"figures": figures.schema() | {"type": ["array", "null"], "description": words}}


def _totals() -> dict:
    end = {"anyOf": [DECIMAL, {"type": "null"}]}
    row = object_of(
        {
            "kind": {"type": "string", "enum": [str(kind) for kind in Transaction.Kind]},
            "currency": TEXT,
            "amount": DECIMAL | {"description": _("The sum of what counts, each amount in one total.")},
            "amount_low": end | {"description": _("The sum of the lowest that sources give; null where they agree.")},
            "amount_high": end,
            "rows": {"type": "integer", "minimum": 1},
            "address": ADDRESS | {"description": _("The rows that make the total.")},
        }
    )
    row["properties"] |= {
        "period": TEXT | {"description": _("Of totals by year: US-FY2011, US-FY2002/US-FY2007, 2011 or undated.")},
        "in_part": TEXT | {"description": _("Why the record covers the years only in part; empty where it does not.")},
        "programme": KEY,
        "category": TEXT,
    }
    members = {
        "revision": _revision(),
        "by": {"type": "string", "enum": [word for word, _label in TOTALS_BY]},
        "years": {"type": "string", "enum": [word for word, _label in KINDS_OF_YEARS]},
        "results": list_of(row),
    }
    return {
        "operationId": "totals",
        "summary": _("Totals of aid by year, programme or category"),
        "parameters": [_filter(name, item) for name, item in AidTotalsFilter.base_filters.items()],
        "responses": _responses(object_of(members), "304", "400"),
    }


def _list(model: type[Keyed], head: dict | None = None, rows: dict | None = None) -> dict:
    """Return the operation of a list; `head` is what it says of all that are asked for, `rows` what each row is."""
    members = {
        "revision": _revision(),
        **(head or {}),
        "count": {"type": ["integer", "null"], "description": _("How many there are; null beyond 50,000.")},
        "next": {"type": ["string", "null"], "format": "uri"},
        "previous": {"type": ["string", "null"], "format": "uri"},
        "results": list_of(rows or {"$ref": f"#/components/schemas/{model.__name__}"}),
    }
    return {
        "operationId": f"{resource_of(model).file}_list",
        "summary": str(model._meta.verbose_name_plural),
        "tags": [resource_of(model).file],
        "parameters": list_parameters(model),
        "responses": _responses(object_of(members), "304", "400"),
    }


def _detail(model: type[Keyed]) -> dict:
    record = {"allOf": [object_of({"revision": _revision()}), {"$ref": f"#/components/schemas/{model.__name__}"}]}
    return {
        "operationId": f"{resource_of(model).file}_detail",
        "summary": str(model._meta.verbose_name),
        "tags": [resource_of(model).file],
        "parameters": [
            {"name": "key", "in": "path", "required": True, "description": _("The record's key."), "schema": KEY},
            *_standing_day(model),
        ],
        "responses": _responses(record, "301", "304", "400", "404", "410"),
    }


def list_parameters(model: type[Keyed]) -> list[dict]:
    """Return the parameters of a list: its filters, then what turns its pages."""
    orders = list(orders_of(model))
    return [
        *(_filter(name, item) for name, item in filter_of(model).base_filters.items()),
        *_standing_day(model),
        _query("order", _("The order of the rows; the key decides between equals."), {"enum": orders}, orders[0]),
        _query("after", _("The rows after this one: follow “next”, which has it."), {"maxLength": LONGEST_VALUE}),
        _query("before", _("The rows before this one: follow “previous”."), {"maxLength": LONGEST_VALUE}),
        _query(LIMIT, _("How many rows."), {"type": "integer", "minimum": 1, "maximum": MOST}, USUAL),
    ]


def _query(name: str, description: str, schema: dict, default=None) -> dict:
    schema = TEXT | schema | ({} if default is None else {"default": default})
    return {"name": name, "in": "query", "description": description, "schema": schema}


def _filter(name: str, item) -> dict:
    said = [str(text).rstrip(".") for text in (item.label, item.extra.get("help_text")) if text]
    schema = {"type": "string", "maxLength": LONGEST_VALUE}
    if isinstance(item, WordFilter | WordsFilter):
        schema = {"type": "string", "enum": [str(value) for value, _label in item.words]}
    elif isinstance(item, DayFilter):
        schema |= {"examples": ["1990", "1990-10", "1990-10-01"]}
    elif isinstance(item, ReferencesFilter) and not item.several:
        said.append(_("A key"))
    if isinstance(item, WordsFilter) or getattr(item, "several", False):
        said.append(_("May stand several times: any of them will do"))
        schema = list_of(schema)
    return {"name": name, "in": "query", "description": ". ".join([*said, ""]).strip(), "schema": schema}


def _standing_day(model: type[Keyed]) -> list[dict]:
    if model is not AidCondition:
        return []
    return [_query("on", _("The day of the standing, such as 1990-10-01; today if it is left out."), {"maxLength": 64})]


# --------------------------------------------------------------------------------------------- what is answered


def _revision() -> dict:
    return {"type": "integer", "description": _("Counts the changes of the public record.")}


def _responses(schema: dict, *others: str) -> dict:
    """Return the responses of an operation: what is asked for, and what is answered where that cannot be."""
    fault = {"$ref": "#/components/schemas/Fault"}
    words = {
        "301": _("The record has another key now."),
        "304": _("Nothing has changed since the answer whose ETag was sent back."),
        "400": _("A parameter is not known or cannot be read; the answer says what would be right."),
        "404": _("There is no such public record."),
        "410": _("The record was withdrawn; the answer says why."),
    }
    etag = {"ETag": {"description": _("Names this state of the answer."), "schema": TEXT}}
    found = {"200": {"description": _("As asked."), "headers": etag, "content": _json(schema)}}
    for status in others:
        found[status] = {"description": words[status]}
        if status >= "400":
            found[status]["content"] = _json(fault)
        if status == "301":
            found[status]["headers"] = {"Location": {"schema": TEXT | {"format": "uri-reference"}}}
    return found


def _json(schema: dict) -> dict:
    return {"application/json": {"schema": schema}}


def _fault() -> dict:
    """Return the schema of what `timeline.views.errors` answers."""
    schema = object_of({"status": {"type": "integer"}, "title": TEXT})
    error = object_of({"parameter": TEXT, "value": TEXT, "message": TEXT | {"description": _("What would be right.")}})
    schema["properties"] |= {
        "detail": TEXT,
        "errors": list_of(error),
        "rest": TEXT | {"description": _("The address without what cannot be read.")},
    }
    return schema
