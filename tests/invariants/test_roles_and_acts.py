"""Roles × models × acts: who may do what, through the functions that every door calls."""

import itertools

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction

from relations import publishing
from relations.resources import resource_of
from relations.writing import Edit, Refused, keyed_models, may, write
from tests.factories import MAKERS, make_user

pytestmark = pytest.mark.django_db

ROLES = ("", "analyst", "editor", "administrator")
CURATORS, EDITORS = {"analyst", "editor", "administrator"}, {"editor", "administrator"}
CURATING = {"view", "add", "change", "import", "export"}
EXPECTED = {"": set(), "analyst": CURATING, "editor": CURATING | {"publish"}, "administrator": CURATING | {"publish"}}


def other_text(record) -> Edit:
    resource = resource_of(type(record))
    field = next(name for name in ("title", "name", "statement", "note") if name in resource.cell_names)
    return Edit(type(record), pk=record.pk, seen=record.version, cells={field: "Other words"})


def test_the_rights_of_each_role_are_those_and_no_others():
    for role, model in itertools.product(ROLES, keyed_models()):
        person = make_user(role=role)
        held = {act for act in (*CURATING, "publish", "delete") if may(person, act, model)}
        assert held == EXPECTED[role], (role, model)


def proposed(record, by):
    return publishing.propose([other_text(record)], by=by, change="correction", reason="A slip.")


# What is done, to a record in which state, and by whom.
ACTS = {
    "change a draft": ("draft", lambda record, who: write([other_text(record)], by=who), CURATORS),
    "submit": ("draft", lambda record, who: publishing.submit([record], by=who), CURATORS),
    "publish": ("submitted", lambda record, who: publishing.publish([record], by=who), EDITORS),
    "return": ("submitted", lambda record, who: publishing.send_back([record], by=who, reason="No source."), EDITORS),
    "discard": ("draft", lambda record, who: publishing.withdraw([record], by=who, reason="A double."), EDITORS),
    "withdraw": ("published", lambda record, who: publishing.withdraw([record], by=who, reason="Wrong."), EDITORS),
    "propose": ("published", proposed, CURATORS),
    "agree": ("published", lambda record, who: publishing.agree(proposed(record, make_user()), by=who), EDITORS),
}


@pytest.mark.parametrize("model", MAKERS, ids=lambda model: model.__name__)
def test_each_act_is_open_to_whom_it_should_be(model):
    people = {role: make_user(role=role) for role in ROLES}
    records = {state: MAKERS[model](state=state) for state in ("draft", "submitted", "published")}
    for name, (state, act, allowed) in ACTS.items():
        for role, person in people.items():
            with transaction.atomic():
                record = model._base_manager.get(pk=records[state].pk)
                if role in allowed:
                    act(record, person)
                else:
                    with pytest.raises(PermissionDenied):
                        act(record, person)
                    assert model._base_manager.get(pk=record.pk).version == record.version, (name, role)
                transaction.set_rollback(True)


@pytest.mark.parametrize("model", MAKERS, ids=lambda model: model.__name__)
def test_no_one_person_can_make_anything_public(model):
    editor = make_user(role="editor")
    mine = MAKERS[model](state="submitted", by=editor)
    with pytest.raises(PermissionDenied):
        publishing.publish([mine], by=editor)
    with pytest.raises(Refused):
        write([other_text(MAKERS[model]())], by=editor)
    mine.refresh_from_db()
    assert not mine.is_public
