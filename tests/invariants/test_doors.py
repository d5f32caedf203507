"""Roles × models × acts × doors: everybody tries every door of the desk, and finds what the table in `doors` says."""

import re
from collections.abc import Iterable
from contextlib import contextmanager
from functools import cache
from http.cookies import SimpleCookie
from itertools import chain, product

import pytest
from django.contrib import admin
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from relations.models import Theme
from relations.writing import keyed_models
from tests.factories import MAKERS
from tests.forms import form_of
from tests.invariants.doors import (
    CURATORS,
    EDITORS,
    EVERYBODY,
    OF_RECORDS,
    OF_THE_DESK,
    OUTSIDE,
    PEOPLE,
    Door,
    World,
    act,
    make_people,
    reason,
)

# What a visit leaves behind whoever comes: that somebody is there, and when.
VISITS = re.compile(r"django_session|axes_|django_content_type|last_login")


@cache
def admin_patterns(resolver=None, before: str = "") -> dict[str, str]:
    """Return the route of every pattern of the admin by its name; one without a name by its place and its route."""
    found = {}
    for entry in (resolver or get_resolver()).url_patterns:
        route = before + str(entry.pattern)
        if not route.startswith("admin"):
            continue
        if isinstance(entry, URLPattern):
            folder = before.removeprefix("admin/").strip("/").replace("/", "_")
            name = entry.name or ": ".join(filter(None, (folder, str(entry.pattern))))
            found[name.removeprefix("^")] = route
        else:
            found |= admin_patterns(entry, route)
    return found


def name_of(door: Door, model) -> str:
    """Return the name by which `admin_patterns` knows a door of a model."""
    own = f"{model._meta.app_label}_{model._meta.model_name}"
    names = (f"{own}_{door.page}", f"{own}: {door.page}")
    return next((name for name in names if name in admin_patterns()), door.page)


def test_every_pattern_of_the_admin_is_in_the_table_and_no_other():
    patterns = set(admin_patterns())
    assert len(patterns) > 100
    listed = {name_of(door, model) for door in OF_RECORDS for model in keyed_models()}
    listed |= {door.page for door in OF_THE_DESK}
    assert patterns - listed == set(), "say in tests/invariants/doors.py for whom these open"
    assert listed - patterns == set()


def address(door: Door, world: World, person) -> str:
    own = [world.records[door.of].pk] if door.of in world.records else []
    arguments = door.of(world, person) if callable(door.of) else own
    name = name_of(door, world.model)
    if re.search(r"[:(]", name):
        return "/" + re.sub(r"<.*?>|\(.*", str(arguments[0]) if arguments else "nowhere", admin_patterns()[name])
    namespace = "" if "password_reset" in name else "admin:"
    return reverse(f"{namespace}{name}", args=arguments)


@contextmanager
def watched():
    """Give the statements that write, whatever but the visit itself."""
    found = []

    def watch(execute, sql, params, many, context):
        if re.match(r"\s*(INSERT|UPDATE|DELETE)", sql) and not VISITS.search(sql):
            found.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        yield found


def try_doors(tries: Iterable[tuple[Door, str]], world: World, clients: dict[str, Client]) -> list[str]:
    """Let somebody try a door, each as if nobody had been there; return what is not as the table says."""
    wrong = []
    for door, role in tries:
        if deviation := compare(door, role, *come_to(door, world, role, clients[role])):
            wrong.append(f"{world.model._meta.model_name}: {door}, {role}: {deviation}")
    return wrong


def come_to(door: Door, world: World, role: str, client: Client) -> tuple[HttpResponse, list[str]]:
    """Return what is answered, and the statements that wrote something; all of it is forgotten again."""
    person = world.people[role]
    url = address(door, world, person)
    data = door.sends(world, person) if callable(door.sends) else door.sends
    cookies = {name: morsel.value for name, morsel in client.cookies.items()}
    with transaction.atomic(), watched() as written:
        response = client.get(url) if data is None else client.post(url, data)
        transaction.set_rollback(True)
    client.cookies = SimpleCookie(cookies)
    return response, written


def compare(door: Door, role: str, response: HttpResponse, written: list[str]) -> str:
    """Return in words how an answer differs from what the table says."""
    is_open = role in door.who
    if not is_open and role in OUTSIDE:
        if response.status_code != 302 or not response.url.startswith(reverse("admin:login")):
            return f"{response.status_code}, not sent to sign in"
    elif response.status_code != (expected := door.answer if is_open else door.shut):
        return f"{response.status_code}, not {expected}"
    writes = door.writes if isinstance(door.writes, bool) else role in door.writes
    if bool(written) != (is_open and writes):
        return f"wrote {written[:3]}" if written else "wrote nothing"
    return ""


def all_tries(doors: tuple[Door, ...]) -> list[tuple[Door, str]]:
    return list(product(doors, PEOPLE))


def some_tries(number: int) -> list[tuple[Door, str]]:
    """Return somebody for each door of the model of a number: of three models one who comes in, two who do not.

    Who it is goes round, so that all models together are tried by everybody at every door.
    """
    found = []
    for turn, door in enumerate(OF_RECORDS, number):
        inside, others = ([role for role in PEOPLE if (role in door.who) == is_in] for is_in in (True, False))
        if inside and (turn % 3 == 0 or not others):
            role = inside[turn // 3 % len(inside)]
        else:
            role = others[(turn - turn // 3) % len(others)] if inside else others[turn % len(others)]
        found.append((door, role))
    return found


@pytest.fixture
def people(db):
    return make_people()


@pytest.fixture
def clients(people, static_files) -> dict[str, Client]:
    """A browser for everybody, signed in where they can."""
    found = {role: Client() for role in people}
    for role, person in people.items():
        if person is not None:
            found[role].force_login(person)
    return found


def world_of(model, people, clients) -> World:
    world = World(model, people)
    own = f"admin:{model._meta.app_label}_{model._meta.model_name}_change"
    page = clients["analyst"].get(reverse(own, args=[world.records["draft"].pk]))
    world.form = form_of(page, f"{model._meta.model_name}_form")
    return world


@pytest.mark.parametrize("model", MAKERS, ids=lambda model: model.__name__)
def test_the_doors_of_a_record_open_for_whom_they_should_and_no_other(model, people, clients):
    wrong = try_doors(some_tries(list(MAKERS).index(model)), world_of(model, people, clients), clients)
    assert not wrong, "\n".join(wrong)


@pytest.mark.prove
@pytest.mark.parametrize("model", MAKERS, ids=lambda model: model.__name__)
def test_every_door_of_a_record_opens_for_whom_it_should_and_no_other(model, people, clients):
    wrong = try_doors(all_tries(OF_RECORDS), world_of(model, people, clients), clients)
    assert not wrong, "\n".join(wrong)


def test_every_door_of_the_desk_opens_for_whom_it_should_and_no_other(people, clients):
    wrong = try_doors(all_tries(OF_THE_DESK), world_of(Theme, people, clients), clients)
    assert not wrong, "\n".join(wrong)


def test_everybody_tries_every_door_and_every_model():
    assert set(MAKERS) == set(keyed_models())
    tries = [some_tries(number) for number in range(len(MAKERS))]
    assert set(chain.from_iterable(tries)) == set(all_tries(OF_RECORDS))
    for of_model in tries:
        assert {door for door, _role in of_model} == set(OF_RECORDS)
        assert {role for _door, role in of_model} == set(PEOPLE)


def test_a_door_that_opens_too_far_or_writes_would_be_found(people, clients):
    world = world_of(Theme, people, clients)

    def found(door: Door, role: str) -> list[str]:
        return try_doors([(door, role)], world, clients)

    assert found(Door("change", CURATORS, of="draft"), "analyst") == []
    assert found(Door("change", EDITORS, of="draft"), "analyst") == ["theme: GET change draft, analyst: 200, not 403"]
    assert found(Door("change", EVERYBODY, of="draft"), "visitor") == ["theme: GET change draft, visitor: 302, not 200"]
    submit = {"page": "act", "answer": 302, "of": act("draft", "submit"), "sends": reason("draft")}
    assert found(Door(**submit, who=CURATORS, writes=True), "analyst") == []
    assert "analyst: wrote ['UPDATE" in found(Door(**submit, who=CURATORS), "analyst")[0]
    assert "wrote nothing" in found(Door("change", CURATORS, of="draft", writes=True), "editor")[0]


def test_every_admin_that_is_registered_is_tried():
    names = {model._meta.model_name for model in admin.site._registry}
    tried = {name for name in names if any(f"_{name}_changelist" in pattern for pattern in admin_patterns())}
    assert tried == names
