"""The API: what its document says, it answers; what cannot be read, it refuses in words; drafts are not there."""

import json

import jsonschema
import pytest
from django.urls import reverse

from relations import publishing
from tests.factories import MAKERS, make_event, make_programme, make_user
from timeline import api


def document(client) -> dict:
    return client.get("/api/v1/openapi.json").json()


def checked(client, url: str, schema: dict, whole: dict):
    response = client.get(url)
    assert response.status_code == 200, url
    jsonschema.Draft202012Validator({**schema, "components": whole["components"]}).validate(response.json())
    return response.json()


@pytest.mark.usefixtures("us_pakistan", "db")
def test_every_address_of_the_document_answers_as_the_document_says(client):
    whole = document(client)
    answered = 0
    for path, item in whole["paths"].items():
        if "{key}" in path:
            continue
        schema = item["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        listed = checked(client, path, schema, whole)
        answered += 1
        for row in listed.get("results", [])[:3]:
            one = whole["paths"][f"{path}{{key}}/"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
            checked(client, f"{path}{row['key']}/", one, whole)
        for parameter in item["get"].get("parameters", ()):
            response = client.get(path, {parameter["name"]: "no such value, anywhere"})
            assert response.status_code in (200, 400), (path, parameter["name"])
    assert answered == len(MAKERS) + 1


@pytest.mark.usefixtures("us_pakistan", "db")
def test_the_pages_of_a_list_hold_each_record_once_and_as_many_as_the_page_counts(client):
    url, keys = f"{api.list_address(next(iter(MAKERS)))}?limit=7", []
    while url:
        answer = client.get(url.removeprefix("http://127.0.0.1:8000")).json()
        keys += [row["key"] for row in answer["results"]]
        url = answer["next"]
    assert keys == sorted(set(keys))
    assert len(keys) == answer["count"]
    events = client.get("/api/v1/events/?from=2011&to=2011&importance=4").json()
    listed = json.loads(client.get("/events/json/?from=2011&to=2011&importance=4").getvalue())
    assert sorted(row["key"] for row in events["results"]) == sorted(row["key"] for row in listed["events"])


@pytest.mark.usefixtures("us_pakistan", "db")
def test_a_condition_carries_its_standing_on_the_day_that_is_asked(client):
    before = client.get("/api/v1/aid_conditions/pressler/?on=1989-12-01").json()["standing"]
    after = client.get("/api/v1/aid_conditions/pressler/?on=1991-03-01").json()["standing"]
    assert (before["state"], after["state"]) == ("satisfied", "bites")
    assert [hold["amount"] for hold in after["held"]] == ["564000000"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("colour=red", "colour"),
        ("limit=0", "limit"),
        ("limit=1e2", "limit"),
        ("after=%00", "after"),
        ("after=2020-13-01~x", "after"),
        ("order=best", "order"),
        ("from=03/04/2025", "from"),
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


@pytest.mark.django_db
def test_unknown_and_unpublished_are_404_withdrawn_is_410_and_a_new_key_301(client):
    for model, maker in MAKERS.items():
        address = reverse(f"timeline:api-{model._meta.model_name}-detail", args=[maker(state="draft").key])
        assert client.get(address).status_code == 404
    event = make_event(key="2020-gone")
    publishing.withdraw([event], by=make_user(role="editor"), reason="It never happened.")
    gone = client.get("/api/v1/events/2020-gone/")
    assert gone.status_code == 410
    assert "It never happened." in gone.text


@pytest.mark.django_db
def test_the_api_is_open_to_other_sites_and_to_reading_alone(client):
    make_programme()
    for url in ("/api/v1/", "/api/v1/events/", "/api/v1/openapi.json"):
        response = client.get(url)
        assert response["Access-Control-Allow-Origin"] == "*"
        assert not response.cookies
        assert client.get(url, headers={"If-None-Match": response["ETag"]}).status_code == 304
        assert client.options(url).status_code == 204
        for method in ("post", "put", "patch", "delete"):
            assert getattr(client, method)(url).status_code == 405
    assert "Access-Control-Allow-Origin" not in client.get("/").headers


@pytest.mark.django_db
def test_the_page_to_read_names_every_list(client):
    page = client.get("/api/").text
    for model in MAKERS:
        assert api.list_address(model) in page
