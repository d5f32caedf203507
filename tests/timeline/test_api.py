"""The record as JSON, for programs: what it holds, what it refuses, who may read it. The data set comes last."""

import json
from datetime import UTC, datetime

import pytest
import time_machine
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from relations import publishing
from relations.models import Actor, AidCondition, Revision
from relations.resources import resource_of
from relations.writing import Edit, write
from tests.factories import (
    MAKERS,
    content_type,
    make_actor,
    make_assessment,
    make_condition,
    make_event,
    make_package,
    make_programme,
    make_source,
    make_theme,
    make_transaction,
)
from tests.timeline.reading import links
from timeline import api
from timeline.filters import FILTERS
from timeline.models import Event
from timeline.openapi import detail_address, list_address, models
from timeline.views.records import SECTIONS

pytestmark = pytest.mark.django_db
SITE = "http://127.0.0.1:8000"


def rows(client, url: str) -> list[dict]:
    response = client.get(url)
    assert response.status_code == 200, (url, response.text[:300])
    return response.json()["results"]


def keys(client, url: str) -> list[str]:
    return [row["key"] for row in rows(client, url)]


def change(record, **cells):
    record.refresh_from_db()
    edit = Edit(type(record), pk=record.pk, seen=record.version, cells=cells)
    write([edit], by=make_package(), change="correction", reason="Read again.")
    record.refresh_from_db()


# ------------------------------------------------------------------------------------------------------- a record


def test_a_record_has_its_columns_in_types_of_json_and_its_children(client):
    actor, source = make_actor(key="usa"), make_source(key="report")
    programme = make_programme(key="loan")
    make_transaction(
        key="amount",
        programme=programme.key,
        amount="12500000.50",
        counts_in_totals="no",
        note="A part of another.",
        citations=[{"source": source.key, "field": "amount", "locator": "p. 4"}],
    )
    make_event(key="2020-visit", date="2020-05", importance="4", actors="usa:source", latitude="33.7", longitude="73.1")
    amount = client.get("/api/v1/transactions/amount/").json()
    assert (amount["amount"], amount["amount_low"], amount["counts_in_totals"]) == ("12500000.5", None, False)
    assert (amount["programme"], amount["investment"], amount["sources"]) == ("loan", None, ["report"])
    assert amount["url"] == f"{SITE}/aid/loan/#amount"
    [citation] = amount["citations"]
    assert (citation["source"], citation["field"], citation["locator"]) == ("report", "amount", "p. 4")
    event = client.get("/api/v1/events/2020-visit/").json()
    assert (event["importance"], event["latitude"], event["country"]) == (4, "33.7", None)
    assert event["actors"] == [{"actor": actor.key, "role": "source"}]
    assert (event["date"], event["earliest"], event["latest"]) == ("2020-05", "2020-05-01", "2020-05-31")
    assert event["links"] == []


def test_the_columns_of_every_file_are_members_under_their_names(client):
    for model, maker in MAKERS.items():
        row = client.get(detail_address(model, maker().key)).json()
        resource = resource_of(model)
        assert row.keys() >= {*resource.columns, *(child.name for child in resource.children)}, model
        assert row.keys() >= {"url", "version", "changed_at", "revision"}


def test_a_record_is_the_same_in_the_api_beneath_its_page_and_in_both_lists(client):
    for model, maker in MAKERS.items():
        record = maker()
        one = client.get(detail_address(model, record.key)).json()
        listed = {row["key"]: row for row in rows(client, list_address(model))}[record.key]
        assert one == {"revision": one["revision"], **listed}, model
        if model._meta.model_name in SECTIONS:
            assert client.get(f"{record.get_absolute_url()}json/").json() == one
            address = record.get_absolute_url().replace(record.key, "json")
            file = json.loads(client.get(address).getvalue())
            assert {row["key"]: row for row in file[resource_of(model).file]}[record.key] == listed


def test_links_to_what_is_not_public_are_left_out(client):
    hidden_actor, hidden_source = make_actor(key="canary", state="draft"), make_source(key="canary", state="draft")
    theme, source = make_theme(key="trade"), make_source(key="report")
    make_event(
        key="2020-a",
        themes="|".join([make_theme(key="canary", state="draft").key, theme.key]),
        actors=f"{hidden_actor.key}:host|{make_actor(key='usa').key}:source",
        citations=[
            {"source": source.key},
            {"source": hidden_source.key},
            {"source": source.key, "field": "date", "claimant": hidden_actor.key, "states_instead": "2019"},
        ],
        links=[{"kind": "follows", "to_event": make_event(key="2019-canary", state="draft").key}],
    )
    make_programme(key="loan", provider=hidden_actor.key)
    event = client.get("/api/v1/events/2020-a/")
    assert "canary" not in event.text
    assert (event.json()["themes"], event.json()["links"], len(event.json()["citations"])) == (["trade"], [], 1)
    assert client.get("/api/v1/aid_programmes/loan/").json()["provider"] is None


def test_version_and_moment_are_those_of_the_published_version(client, analyst, editor):
    event = make_event(key="2020-a")
    before = client.get("/api/v1/events/2020-a/").content
    edit = Edit(Event, pk=event.pk, seen=event.version, cells={"title": "Another"})
    with time_machine.travel(datetime(2026, 8, 1, tzinfo=UTC), tick=False):
        proposal = publishing.propose([edit], by=analyst, change="correction", reason="Read again.")
    assert client.get("/api/v1/events/2020-a/").content == before
    with time_machine.travel(datetime(2026, 8, 2, tzinfo=UTC), tick=False):
        publishing.agree(proposal, by=editor)
    after = client.get("/api/v1/events/2020-a/").json()
    assert (after["title"], after["changed_at"]) == ("Another", "2026-08-02T00:00:00Z")
    last = Revision.objects.filter(content_type=content_type(Event), published_at__isnull=False).order_by("pk").last()
    assert after["version"] == last.version == json.loads(before)["version"] + 1


def test_what_is_seen_since_what_it_requires_is_seen_has_that_moment(client):
    programme = make_programme(key="loan", state="draft")
    make_transaction(key="amount", programme=programme.key)
    assert client.get("/api/v1/transactions/amount/").status_code == 404
    with time_machine.travel(datetime(2026, 8, 2, tzinfo=UTC), tick=False):
        cited = [{"source": make_source().key, "support": "stated"}]
        edit = Edit(type(programme), pk=programme.pk, seen=1, state="published", children={"citations": cited})
        write([edit], by=make_package())
    assert client.get("/api/v1/transactions/amount/").json()["changed_at"] == "2026-08-02T00:00:00Z"


def test_a_condition_carries_how_it_stands_on_the_day_that_is_asked(client):
    condition = make_condition(key="to-certify", in_force="2010-01-01/2019-12-31")
    make_assessment(
        key="held-back",
        condition=condition.key,
        finding="withheld",
        date="2012-03-04",
        amount_affected="250",
        currency="USD",
    )
    today = client.get("/api/v1/aid_conditions/to-certify/").json()["standing"]
    assert (today["on"], today["state"]) == ("2026-07-01", "ended")
    assert [hold["amount"] for hold in today["not_released"]] == ["250"]
    for url in ("/api/v1/aid_conditions/to-certify/?on=2013-01-01", "/api/v1/aid_conditions/?on=2013-01-01"):
        found = client.get(url).json()
        standing = found.get("results", [found])[0]["standing"]
        assert (standing["on"], standing["state"], standing["by"]) == ("2013-01-01", "bites", "act")
        assert standing["assessments"] == ["held-back"] and standing["is_certain"] is True
        assert standing["held"] == [
            {"amount": "250", "currency": "USD", "assessment": "held-back", "since": "2012-03-04"}
        ]
    [row] = json.loads(client.get("/conditions/json/?on=2011-01-01").getvalue())["aid_conditions"]
    assert row["standing"]["state"] == "in force, no finding"
    with time_machine.travel(datetime(2026, 7, 3, tzinfo=UTC)):
        assert client.get("/api/v1/aid_conditions/").json()["results"][0]["standing"]["on"] == "2026-07-03"


def test_tomorrow_a_condition_is_asked_anew(client):
    make_condition(key="to-certify")
    first = client.get("/api/v1/aid_conditions/")
    tag = {"If-None-Match": first["ETag"]}
    assert client.get("/api/v1/aid_conditions/", headers=tag).status_code == 304
    with time_machine.travel(datetime(2026, 7, 3, tzinfo=UTC)):
        assert client.get("/api/v1/aid_conditions/", headers=tag).status_code == 200


# --------------------------------------------------------------------------------------------------------- a list


def test_pages_hold_each_record_once_in_a_total_order_both_ways(client):
    common = {"themes": make_theme().key, "actors": f"{make_actor().key}:source"}
    for number in range(7):
        make_event(**common, key=f"2020-{number}", date="2020" if number % 2 else "2019")
    for order in ("oldest", "newest"):
        url, there = f"/api/v1/events/?limit=2&order={order}&from=2019&to=2020", []
        while url:
            answer = client.get(url.removeprefix(SITE)).json()
            there.append([row["key"] for row in answer["results"]])
            assert answer["count"] == 7
            last, url = url, answer["next"]
        assert [len(page) for page in there] == [2, 2, 2, 1]
        flat = [key for page in there for key in page]
        wanted = [f"2020-{number}" for number in (0, 2, 4, 6, 1, 3, 5)]
        assert flat == (wanted if order == "oldest" else wanted[::-1])
        back = [client.get(last.removeprefix(SITE)).json()]
        while back[-1]["previous"]:
            back.append(client.get(back[-1]["previous"].removeprefix(SITE)).json())
        assert [[row["key"] for row in page["results"]] for page in back] == there[::-1]


def test_every_order_of_every_list_ends_with_the_key():
    for model in models():
        for order in api.orders_of(model).values():
            assert order.names[-1] == "key", model


@pytest.mark.parametrize("make_more", [make_event, make_condition, make_transaction])
def test_a_list_costs_the_same_for_one_row_and_for_thirty(client, make_more):
    # All of them name the same others, so that only the number of rows grows.
    cited = [{"source": make_source().key}]
    common = {"citations": cited}
    if make_more is make_event:
        common |= {"themes": make_theme().key, "actors": f"{make_actor().key}:source"}
    elif make_more is make_transaction:
        common["programme"] = make_programme().key
    else:
        common["programmes"] = make_programme().key
    url = list_address(type(make_more(**common)))

    def queries():
        with CaptureQueriesContext(connection) as found:
            rows(client, url)
        return len(found)

    client.get(url)
    few = queries()
    for _n in range(29):
        make_more(**common)
    assert len(rows(client, url)) == 30
    assert queries() == few < 25


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("colour=red", "colour"),
        ("format=csv", "format"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=1e2", "limit"),
        ("limit=-1", "limit"),
        ("limit=%D9%A3", "limit"),
        ("limit=5&limit=6", "limit"),
        ("after=%00", "after"),
        ("after=2020-13-01~x", "after"),
        ("after=2020-01-01~x&before=2020-01-01~y", "before"),
        ("order=best", "order"),
        ("from=03/04/2025", "from"),
        ("from=2020&to=2019", "to"),
        ("importance=9", "importance"),
        ("theme=no-such-theme", "theme"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name_with_what_would_be_right(client, query, name):
    response = client.get(f"/api/v1/events/?{query}")
    assert response.status_code == 400
    [error] = response.json()["errors"]
    assert error["parameter"] == name
    assert len(error["message"]) > 20


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/api/v1/?q=1", "takes no parameter"),
        ("/api/v1/openapi.json?q=1", "takes no parameter"),
        ("/api/v1/aid_conditions/x/?day=2020-01-01", "there is on"),
        ("/api/v1/aid_conditions/x/?on=2020", "no single day"),
        ("/api/v1/aid_conditions/?on=yesterday", "not a date"),
        ("/api/v1/events/x/?on=2020-01-01", "takes no parameter"),
        ("/api/v1/actors/?order=newest", "write key"),
    ],
)
def test_every_address_refuses_what_it_does_not_take(client, address, words):
    response = client.get(address)
    assert response.status_code == 400
    assert words in response.json()["detail"]


def test_unknown_and_unpublished_keys_get_the_same_404_as_filters_the_same_400(client):
    for model, maker in MAKERS.items():
        draft = maker(state="draft").key
        for key in (draft, "x" * len(draft)):
            answer = client.get(detail_address(model, key))
            assert answer.status_code == 404
            assert answer.json() == client.get(detail_address(model, "unknown")).json()
    draft = make_actor(state="draft").key
    hidden, unknown = (client.get(f"/api/v1/events/?actor={key}") for key in (draft, "x" * len(draft)))
    assert hidden.status_code == unknown.status_code == 400
    assert hidden.text.replace(draft, "") == unknown.text.replace("x" * len(draft), "")


def test_a_withdrawn_record_answers_410_with_the_reason_and_an_old_key_301(client, editor):
    gone, renamed = make_event(key="2020-gone"), make_event(key="2020-old")
    publishing.withdraw([gone], by=editor, reason="It never happened.")
    change(renamed, key="2020-new")
    answer = client.get("/api/v1/events/2020-gone/")
    assert (answer.status_code, answer.json()["detail"]) == (410, "It never happened.")
    moved = client.get("/api/v1/events/2020-old/")
    assert (moved.status_code, moved["Location"]) == (301, "/api/v1/events/2020-new/")
    assert moved["Access-Control-Allow-Origin"] == "*"
    assert keys(client, "/api/v1/events/") == ["2020-new"]


# ---------------------------------------------------------------------------------------------------- who may read


def test_it_is_open_to_other_sites_and_to_reading_alone(static_files, analyst):
    visitor = Client(enforce_csrf_checks=True)
    visitor.force_login(analyst)
    make_programme(key="loan")
    for url in ("/api/v1/", "/api/v1/aid_programmes/", "/api/v1/aid_programmes/loan/", "/api/v1/openapi.json"):
        for method in ("get", "head", "options", "post", "put", "patch", "delete", "trace"):
            response = getattr(visitor, method)(url)
            assert response["Access-Control-Allow-Origin"] == "*", (url, method)
            assert "Access-Control-Allow-Credentials" not in response.headers
            assert not response.cookies
            wanted = {"get": 200, "head": 200, "options": 204}.get(method, 405)
            assert response.status_code == wanted, (url, method)
            if wanted == 405:
                assert response["Allow"] == "GET, HEAD, OPTIONS"
                assert response.json()["status"] == 405
        asked = visitor.get(url)
        assert visitor.get(url, headers={"If-None-Match": asked["ETag"]}).status_code == 304
        assert "ETag" in asked["Access-Control-Expose-Headers"]
        assert visitor.options(url)["Access-Control-Allow-Headers"] == "If-None-Match, If-Modified-Since"
    for url in ("/", "/aid/loan/json/", "/api/", "/healthz"):
        assert "Access-Control-Allow-Origin" not in visitor.get(url).headers, url


def test_an_address_that_the_api_does_not_have_can_be_read_by_other_sites_too(client):
    make_event(key="2020-a")
    for address in ("/api/v1/nowhere/", "/api/v1/events/No-Key!/", "/api/v1/events/2020-a/nowhere/"):
        answer = client.get(address)
        assert (answer.status_code, answer.json()["status"]) == (404, 404), address
        assert answer["Access-Control-Allow-Origin"] == "*"
    for address in ("/api/v1/events", "/api/v1/events/2020-a"):
        answer = client.get(f"{address}?limit=5")
        assert (answer.status_code, answer["Location"]) == (301, f"{address}/?limit=5")
        assert answer["Access-Control-Allow-Origin"] == "*"


def test_whoever_is_signed_in_reads_what_everybody_reads(client, administrator):
    make_event(key="2020-a")
    make_event(key="2020-canary", state="draft")
    before = client.get("/api/v1/events/").content
    client.force_login(administrator)
    assert client.get("/api/v1/events/").content == before
    assert client.get("/api/v1/events/2020-canary/").status_code == 404


@override_settings(PUBLIC_URL="https://record.example")
def test_all_addresses_are_those_of_the_public_site(client):
    make_event(key="2020-a")
    make_event(key="2020-b")
    root = client.get("/api/v1/").json()
    assert root["events"] == "https://record.example/api/v1/events/"
    answer = client.get("/api/v1/events/?limit=1").json()
    assert answer["next"].startswith("https://record.example/api/v1/events/?limit=1&after=")
    assert answer["results"][0]["url"] == "https://record.example/events/2020-a/"
    for model in models():
        address = root[resource_of(model).file].removeprefix("https://record.example")
        assert client.get(address).status_code == 200


# ----------------------------------------------------------------------------------------------- the page to read


def test_the_page_to_read_names_every_list_parameter_and_member(client):
    make_event(key="2020-a")
    page = client.get("/api/").text
    described = client.get("/api/v1/openapi.json").json()
    for model in models():
        assert f'href="{list_address(model)}"' in page
        for name in described["components"]["schemas"][model.__name__]["properties"]:
            assert f"<code>{name}</code>" in page, (model, name)
        for name in FILTERS[model].base_filters:
            assert f"<code>{name}</code>" in page, (model, name)
    assert f"curl '{SITE}/api/v1/events/2020-a/'" in page
    assert "/api/v1/openapi.json" in links(page)
    assert "/api/" in links(client.get("/data/"))
    assert client.get("/api/?q=1").status_code == 400


# -------------------------------------------------------------------------------------------------- the data set


@pytest.mark.usefixtures("us_pakistan")
def test_every_call_that_the_page_shows_finds_records(client):
    assert set(api.EXAMPLES) == set(models())
    for model, query in api.EXAMPLES.items():
        assert rows(client, f"{list_address(model)}?{query}"), (model, query)


@pytest.mark.usefixtures("us_pakistan")
@pytest.mark.parametrize(
    "query", ["", "from=2011&to=2011&certainty=certainly", "q=aid", "theme=nuclear", "importance=4&kind=sanction"]
)
def test_page_file_and_api_count_the_same(client, query):
    asked = 0
    for model in models():
        if model._meta.model_name not in SECTIONS:
            continue
        folder = f"/{SECTIONS[model._meta.model_name][0]}/"
        answer = client.get(f"{list_address(model)}?{query}")
        file = client.get(f"{folder}json/?{query}")
        assert answer.status_code == file.status_code == client.get(f"{folder}?{query}").status_code
        if answer.status_code == 400:
            continue
        asked += 1
        count = answer.json()["count"]
        assert len(json.loads(file.getvalue())[resource_of(model).file]) == count
        page = client.get(f"{folder}?{query}").context
        assert (page["conditions"] if model is AidCondition else page["listed"].total) == count, (model, query)
    assert asked


@pytest.mark.usefixtures("us_pakistan")
def test_the_pages_of_the_whole_record_hold_it_once(client):
    url, found = f"{list_address(Actor)}?limit=200", []
    while url:
        answer = client.get(url.removeprefix(SITE)).json()
        found += [row["key"] for row in answer["results"]]
        url = answer["next"]
    assert found == sorted(set(found))
    assert len(found) == answer["count"] == Actor.objects.published().count()


@pytest.mark.usefixtures("us_pakistan")
def test_pressler_stands_as_the_record_has_it(client):
    before = client.get("/api/v1/aid_conditions/pressler/?on=1989-12-01").json()["standing"]
    after = client.get("/api/v1/aid_conditions/pressler/?on=1991-03-01").json()["standing"]
    assert (before["state"], after["state"]) == ("satisfied", "bites")
    assert [hold["amount"] for hold in after["held"]] == ["564000000"]
