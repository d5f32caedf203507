"""A record as JSON, alike in the API, beneath its page and in its list; and what each member is, as JSON Schema.

The members are the columns of its file and its children under their own names (`relations.resources.members`), and
besides `url`, `version` and `changed_at`, of a dated record `earliest` and `latest`, of a condition its `standing`.
"""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime

from django.db import models
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _

from relations import package, states
from relations.fields import KEY_PATTERN, plain
from relations.models import AidCondition, Assessment, Dated, Keyed
from relations.resources import PartsWidget, ReferencesWidget, ReferenceWidget, public_cells, resource_of
from relations.resources.base import (
    ChoiceWidget,
    DatesWidget,
    DecimalWidget,
    EdtfWidget,
    IntegerWidget,
    KeyWidget,
    ListWidget,
    TableResource,
    YesNoWidget,
)
from relations.resources.members import record_members
from relations.states import ConditionState

from . import citing
from .dictionary import ROWS, meaning

# --------------------------------------------------------------------------------------------------- a record


def as_json(record: Keyed, standings: Mapping[str, dict]) -> dict:
    """Return a public record, loaded by its Resource's `with_relations`, as members of a JSON object.

    `standings` are what `standings_of` returns for a queryset that has the record.
    """
    with public_cells():
        found = {
            "url": citing.absolute(record.get_absolute_url()),
            **record_members(resource_of(type(record)), record),
            "version": record.version,
            "changed_at": moment(seen_since(record)),
        }
    if isinstance(record, Dated):
        found |= {"earliest": record.earliest.isoformat(), "latest": record.latest.isoformat()}
    if isinstance(record, AidCondition):
        found["standing"] = standings.get(record.key)
    return found


def seen_since(record: Keyed) -> datetime:
    """Return when a public record became what the public sees of it: published, or changed by a second person."""
    # What was published before that which it requires is seen since both are.
    return max(record.changed_at, record.published_at)


def moment(at: datetime) -> str:
    """Return a moment as RFC 3339 writes it, to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def standings_of(records: QuerySet, day: date) -> dict[str, dict]:
    """Return {key: how it stands on the day} of conditions; nothing of other records. Seven queries."""
    if records.model is not AidCondition:
        return {}
    return {key: standing_as_json(standing, day) for key, standing in states.load(records).on(day).items()}


def standing_as_json(standing: states.Standing, day: date) -> dict:
    return {
        "on": day.isoformat(),
        "state": str(standing.state),
        "is_certain": standing.is_certain,
        "otherwise": [str(state) for state in standing.otherwise],
        "by": standing.by or None,
        "contradicts": standing.contradicts,
        "assessments": [finding.key for finding in standing.finding],
        "held": [_hold(hold) for hold in standing.held],
        "not_released": [_hold(hold) for hold in standing.not_released],
    }


def written(amount) -> str:
    """Return a number as it is written everywhere: no exponent, no zeros at its end."""
    return f"{plain(amount):f}"


def _hold(hold: states.Hold) -> dict:
    return {
        "amount": written(hold.amount),
        "currency": hold.currency,
        "assessment": hold.assessment.key,
        "since": hold.since.isoformat(),
    }


def steps_as_json(standings: Mapping[str, states.Standing]) -> dict[str, list[dict]]:
    """Return {key: the findings that decide how it stands or that hold money, with who says so}. Three queries."""
    steps = {
        key: {
            finding.key: finding
            for finding in (
                *standing.finding,
                *(hold.assessment for hold in (*standing.held, *standing.not_released)),
            )
        }
        for key, standing in standings.items()
    }
    pks = {finding.record.pk for found in steps.values() for finding in found.values()}
    cited = {row.key: row.shown_citations for row in Assessment.objects.filter(pk__in=pks).with_evidence()}
    return {
        key: [
            {
                "assessment": finding.key,
                "finding": finding.finding,
                "date": finding.date,
                "decided_by": finding.decided_by and finding.decided_by.key,
                "sources": sorted({citation.source.key for citation in cited[finding.key]}),
            }
            for finding in found.values()
        ]
        for key, found in steps.items()
    }


def steps_schema() -> dict:
    """Return the schema of what `steps_as_json` has of one condition."""
    step = object_of(
        {
            "assessment": KEY,
            "finding": {"type": "string", "enum": list(Assessment.Finding.values)},
            "date": {"type": "string", "maxLength": 64},
            "decided_by": KEY | {"type": ["string", "null"]},
            "sources": list_of(KEY),
        }
    )
    return list_of(step) | {"description": _("The findings that decide how it stands or hold money, and who says so.")}


def json_answer(body: dict, kind: str = "application/json") -> HttpResponse:
    """Return JSON as all files and the API write it: indented, in UTF-8."""
    text = json.dumps(body, ensure_ascii=False, indent=2) + "\n"
    return HttpResponse(text, content_type=f"{kind}; charset=utf-8")


# --------------------------------------------------------------------------------------------------- its schema

KEY = {"type": "string", "pattern": KEY_PATTERN, "maxLength": 80}
DAY = {"type": "string", "format": "date"}
DECIMAL = {"type": "string", "pattern": r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?$"}


def object_of(properties: dict[str, dict], description: str = "") -> dict:
    """Return the schema of an object that always has all of these members."""
    said = {"description": description} if description else {}
    return {"type": "object", **said, "properties": properties, "required": list(properties)}


def list_of(items: dict) -> dict:
    return {"type": "array", "items": items}


def schema_of(model: type[Keyed]) -> dict:
    """Return the JSON Schema of a record as `as_json` writes it."""
    resource = resource_of(model)
    properties = {"url": {"type": "string", "format": "uri", "description": _("Its page.")}}
    properties |= _members(resource, resource.columns)
    for child in resource.children:
        table = child()
        items = object_of(_members(table, table.child_columns))
        properties[table.name] = list_of(items) | {"description": str(ROWS[table.file])}
    properties["version"] = {
        "type": "integer",
        "minimum": 1,
        "description": _("Counts its versions; another number is another text."),
    }
    properties["changed_at"] = {
        "type": "string",
        "format": "date-time",
        "description": _("Since when the public sees it as it is."),
    }
    if issubclass(model, Dated):
        properties["earliest"] = DAY | {"description": _("The first day that its date can mean; 0001-01-01 if open.")}
        properties["latest"] = DAY | {"description": _("The last day that its date can mean; 9999-12-31 if open.")}
    if model is AidCondition:
        properties["standing"] = _standing_schema()
    return object_of(properties)


def _members(table: TableResource, names: list[str]) -> dict[str, dict]:
    found = {}
    for name in names:
        schema = _member(table, name)
        if said := package.column_help(table, name) or meaning(table.file, name):
            schema["description"] = said
        found[name] = schema
    return found


def _member(table: TableResource, name: str) -> dict:
    """Return the schema of what `relations.resources.members` makes of a cell."""
    widget = table.fields[name].widget
    if isinstance(widget, KeyWidget):
        return dict(KEY)
    if isinstance(widget, PartsWidget):
        return list_of(object_of({widget.target: KEY, widget.word: {"type": "string", "enum": widget.words}}))
    if isinstance(widget, ReferencesWidget):
        return list_of(KEY)
    if isinstance(widget, DatesWidget | ListWidget):
        return list_of({"type": "string"})
    if isinstance(widget, YesNoWidget):
        return {"type": "boolean"}
    field = table._meta.model._meta.get_field(name)
    schema, is_optional = _value(widget, field), field.blank or field.null
    if isinstance(widget, ReferenceWidget):
        # What it names may not be public, unless the record requires it.
        is_optional |= name not in table._meta.model.requires
    if is_optional:
        schema["type"] = [schema["type"], "null"]
        if "enum" in schema:
            schema["enum"] = [*schema["enum"], None]
    return schema


def _value(widget, field: models.Field) -> dict:
    if isinstance(widget, ReferenceWidget):
        return dict(KEY)
    if isinstance(widget, DecimalWidget):
        return dict(DECIMAL)
    if isinstance(widget, ChoiceWidget):
        numbers = [int(value) for value in widget.values] if widget.number else widget.values
        return {"type": "integer" if widget.number else "string", "enum": list(numbers)}
    if isinstance(widget, IntegerWidget):
        return {"type": "integer"}
    if isinstance(widget, EdtfWidget):
        return {"type": "string", "maxLength": field.max_length, "examples": ["1990-10", "2018-01-04/.."]}
    return {"type": "string", "maxLength": field.max_length}


def _standing_schema() -> dict:
    hold = object_of(
        {
            "amount": DECIMAL,
            "currency": {"type": "string"},
            "assessment": KEY | {"description": _("The finding that holds it.")},
            "since": DAY,
        }
    )
    state = {"type": "string", "enum": [str(state) for state in ConditionState]}
    return object_of(
        {
            "on": DAY | {"description": _("The day that was asked for, else today.")},
            "state": state,
            "is_certain": {"type": "boolean", "description": _("Whether it is so whatever a doubtful date means.")},
            "otherwise": list_of(state) | {"description": _("What else the state may be where that is not certain.")},
            "by": {
                "type": ["string", "null"],
                "enum": [states.ACT, states.RULE, None],
                "description": _("What decides: an act on the whole, the rule for its parts, or nothing."),
            },
            "contradicts": {"type": "boolean", "description": _("Whether findings of one day contradict each other.")},
            "assessments": list_of(KEY) | {"description": _("The findings that decide.")},
            "held": list_of(hold) | {"description": _("The money that it holds on the day.")},
            "not_released": list_of(hold) | {"description": _("What it held until it ended and nothing released.")},
        },
        _("How it stands on a day, derived from its text, its parts and what was found of it; stands in no file."),
    )
