"""Roles × models × acts: who may do what, through the functions that every door calls."""

import itertools

import pytest
from django.core.exceptions import PermissionDenied

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


@pytest.mark.parametrize("model", MAKERS, ids=lambda model: model.__name__)
def test_each_act_is_open_to_whom_it_should_be(model):
    people = {role: make_user(role=role) for role in ROLES}
    make = MAKERS[model]
    acts = {
        "change a draft": (
            lambda who: write([other_text(make(state="draft"))], by=who),
            CURATORS,
        ),
        "submit": (
            lambda who: publishing.submit([make(state="draft")], by=who),
            CURATORS,
        ),
        "publish": (lambda who: publishing.publish([make(state="submitted")], by=who), EDITORS),
        "return": (
            lambda who: publishing.send_back([make(state="submitted")], by=who, reason="No source."),
            EDITORS,
        ),
        "discard": (
            lambda who: publishing.withdraw([make(state="draft")], by=who, reason="A double."),
            EDITORS,
        ),
        "withdraw": (lambda who: publishing.withdraw([make()], by=who, reason="Wrong."), EDITORS),
        "propose": (
            lambda who: publishing.propose([other_text(make())], by=who, change="correction", reason="A slip."),
            CURATORS,
        ),
        "agree": (
            lambda who: publishing.agree(
                publishing.propose([other_text(make())], by=make_user(), change="correction", reason="A slip."), by=who
            ),
            EDITORS,
        ),
    }
    for door, allowed in acts.values():
        for role, person in people.items():
            if role in allowed:
                door(person)
            else:
                with pytest.raises(PermissionDenied):
                    door(person)


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
