"""What must always hold is a named database constraint: the database refuses a write that goes past the writer."""

from datetime import date

import pytest
from django.apps import apps
from django.db import IntegrityError, models, transaction
from django.db.utils import DataError

from relations.fields import ExactDecimalField, KeyField
from relations.models import Child, Keyed
from relations.models.base import Dated
from tests.factories import (
    MAKERS,
    make_assessment,
    make_benchmark,
    make_condition,
    make_event,
    make_investment,
    make_judgement,
    make_source,
    make_transaction,
)

pytestmark = pytest.mark.django_db

OURS = [model for model in apps.get_models() if model._meta.app_label in ("relations", "timeline")]
KEPT = [model for model in OURS if issubclass(model, Keyed | Child)]


def rows() -> dict[type, models.Model]:
    """One row of every model that the record is kept in."""
    made = {model: maker() for model, maker in MAKERS.items()}
    actor, source = made[apps.get_model("relations", "Actor")], made[apps.get_model("relations", "Source")]
    make_investment(stakes=[{"actor": actor.key, "role": "owner", "share_percent": "40"}])
    make_benchmark(measurements=[{"date": "2021", "value": "3", "sources": source.key}])
    make_judgement(briefing=[{"section": "One", "sentence": "1"}])
    first = make_event()
    counted = [{"counts": "killed", "low": "30", "best": "38", "high": "42", "sources": source.key}]
    make_event(links=[{"kind": "follows", "to_event": first.key}], figures=counted)
    return made | {model: model.objects.first() for model in KEPT if issubclass(model, Child)}


def bad_values(field):
    """Values that the field must never hold, with the reason."""
    if isinstance(field, KeyField):
        yield "Not A Key"
        yield "double--hyphen"
        yield "csv"
    if isinstance(field, models.CharField | models.TextField) and field.max_length:
        yield "x" * (field.max_length + 1)
    if isinstance(field, models.CharField) and field.choices and len(list(field.choices)) < 40:
        yield "?"
    if isinstance(field, ExactDecimalField | models.BigIntegerField):
        for validator in field._validators:
            yield validator.limit_value + 1 if "Max" in type(validator).__name__ else validator.limit_value - 1
    if not field.blank and isinstance(field, models.CharField | models.TextField):
        yield ""


def stores(row, **columns) -> bool:
    """Whether the database takes these columns for a row; then it forgets them again."""
    try:
        with transaction.atomic():
            type(row)._base_manager.filter(pk=row.pk).update(**columns)
            transaction.set_rollback(True)
    except (IntegrityError, DataError):
        return False
    return True


def test_every_column_refuses_what_its_field_refuses():
    made = rows()
    tried, taken = 0, []
    for model, row in made.items():
        assert row is not None, model
        for field in model._meta.local_fields:
            for value in bad_values(field):
                tried += 1
                if stores(row, **{field.name: value}):
                    taken.append(f"{model.__name__}.{field.name} took {str(value)[:40]!r}")
    assert tried > 200
    assert not taken


@pytest.mark.parametrize("text", [10**30, float("inf"), float("nan")])
def test_no_number_that_is_not_finite_is_stored(text):
    event = make_event()
    with pytest.raises(Exception, match="."), transaction.atomic():
        type(event)._base_manager.filter(pk=event.pk).update(latitude=text)
    event.refresh_from_db()
    assert event.latitude is None


@pytest.mark.parametrize(
    ("make", "change"),
    [
        (make_event, {"latitude": 1}),
        (make_event, {"earliest": date(2030, 1, 1), "latest": date(2029, 1, 1)}),
        (make_event, {"state": "draft"}),
        (make_event, {"was_public": False}),
        (make_event, {"published_at": None}),
        (make_transaction, {"programme": None}),
        (make_transaction, {"amount_low": 5, "amount_high": 4}),
        (make_transaction, {"counts_in_totals": False}),
        (make_condition, {"rule": "all"}),
        (make_condition, {"stage": "proposed"}),
        (make_assessment, {"amount_affected": 5}),
    ],
)
def test_rules_over_several_columns_hold(make, change):
    row = make()
    with pytest.raises(IntegrityError), transaction.atomic():
        type(row)._base_manager.filter(pk=row.pk).update(**change)


@pytest.mark.parametrize(
    "change",
    [
        {"low": 39},
        {"high": 37},
        {"best": None, "low": 43},
        {"low": None, "best": None, "high": None},
        {"best": -1, "low": None},
    ],
)
def test_a_figure_is_a_number_between_its_bounds(change):
    source = make_source()
    counted = {"counts": "killed", "low": "30", "best": "38", "high": "42", "sources": source.key}
    [figure] = make_event(figures=[counted]).figures.all()
    with pytest.raises(IntegrityError), transaction.atomic():
        type(figure)._base_manager.filter(pk=figure.pk).update(**change)


def test_every_constraint_has_a_name_that_reads_as_the_rule():
    for model in OURS:
        for constraint in model._meta.constraints:
            assert len(constraint.name) <= 63
            assert constraint.name.count("_") >= 2, constraint.name


def test_bounds_are_never_empty():
    for model in OURS:
        if issubclass(model, Dated):
            for name in ("earliest", "latest", "certain_from", "certain_until"):
                assert not model._meta.get_field(name).null
