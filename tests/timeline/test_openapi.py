"""The document of the API: it is whole, it leaves out nothing that can be asked, and the API answers as it says."""

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relations.models import AidCondition
from relations.writing import keyed_models
from tests.factories import MAKERS, make_event
from timeline import openapi, paging
from timeline.filters import FILTERS

WORDS = [
    "",
    "1990",
    "1990-10-01",
    "2020~",
    "0",
    "-1",
    "yes",
    "policy",
    "state",
    "usa",
    "no-such-key",
    "1990~x",
    "é",
    "\0",
]


@pytest.fixture
def document(client, db) -> dict:
    return client.get("/api/v1/openapi.json").json()


def operations(document: dict) -> list[dict]:
    return [operation for item in document["paths"].values() for operation in item.values()]


def references(found) -> list[str]:
    """Return all that a document refers to."""
    if isinstance(found, list):
        return [reference for item in found for reference in references(item)]
    if isinstance(found, dict):
        own = [found["$ref"]] if "$ref" in found else []
        return own + references(list(found.values()))
    return []


def check(document: dict, path: str, response) -> None:
    """Fail where an answer is none that the document has for a path."""
    answers = document["paths"][path]["get"]["responses"]
    assert str(response.status_code) in answers, (path, response.status_code)
    assert response["Content-Type"].partition(";")[0] == "application/json"
    schema = answers[str(response.status_code)]["content"]["application/json"]["schema"]
    jsonschema.Draft202012Validator({**schema, "components": document["components"]}).validate(response.json())


def test_the_document_is_whole(document):
    assert document["openapi"].startswith("3.1.")
    assert document["servers"] == [{"url": "http://127.0.0.1:8000"}]
    for reference in references(document):
        assert reference.removeprefix("#/components/schemas/") in document["components"]["schemas"]
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    names = [operation["operationId"] for operation in operations(document)]
    assert len(names) == len(set(names)) == 2 * len(keyed_models()) + 3
    for operation in operations(document):
        assert operation["responses"].keys() >= {"200", "304", "400"}
        asked = [parameter["name"] for parameter in operation.get("parameters", ())]
        assert len(asked) == len(set(asked))
        for parameter in operation.get("parameters", ()):
            assert parameter["description"], (operation["operationId"], parameter["name"])
            jsonschema.Draft202012Validator.check_schema(parameter["schema"])


def test_every_filter_and_every_column_is_in_it(document):
    assert set(openapi.models()) == set(keyed_models()) == set(MAKERS)
    for model in openapi.models():
        asked = {item["name"] for item in document["paths"][openapi.list_address(model)]["get"]["parameters"]}
        extra = asked - FILTERS[model].base_filters.keys() - {*paging.PARAMETERS, openapi.LIMIT}
        assert extra == ({"on"} if model is AidCondition else set())
        assert asked >= FILTERS[model].base_filters.keys()
        one = document["paths"][openapi.detail_address(model)]["get"]["responses"]
        assert one.keys() == {"200", "301", "304", "400", "404", "410"}


def test_a_record_has_the_members_that_the_document_names_and_no_other(client, document):
    for model, maker in MAKERS.items():
        found = client.get(openapi.detail_address(model, maker().key))
        check(document, openapi.detail_address(model), found)
        named = document["components"]["schemas"][model.__name__]["properties"]
        assert found.json().keys() == {"revision", *named}, model
        for name, schema in named.items():
            inner = schema.get("items", schema).get("properties")
            rows = found.json()[name] if isinstance(found.json()[name], list) else [found.json()[name]]
            for row in rows if inner else ():
                assert row.keys() == inner.keys(), (model, name)


def test_every_refusal_is_as_the_document_says(client, document):
    event = make_event(key="2020-a")
    for path, address in (
        ("/api/v1/", "/api/v1/?colour=red"),
        ("/api/v1/events/", "/api/v1/events/?colour=red&importance=9"),
        ("/api/v1/events/{key}/", f"/api/v1/events/{event.key}/?colour=red"),
        ("/api/v1/events/{key}/", "/api/v1/events/no-such-key/"),
    ):
        check(document, path, client.get(address))


@pytest.mark.usefixtures("us_pakistan")
def test_the_data_set_is_as_the_document_says(client, document):
    rows = 0
    for model in openapi.models():
        path = openapi.list_address(model)
        listed = client.get(path, {openapi.LIMIT: 200})
        check(document, path, listed)
        rows += len(listed.json()["results"])
        for row in listed.json()["results"][:3]:
            check(document, openapi.detail_address(model), client.get(openapi.detail_address(model, row["key"])))
    assert rows > 900


@pytest.mark.usefixtures("us_pakistan")
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_is_asked_is_answered_as_the_document_says(client, document, data):
    path = data.draw(st.sampled_from([path for path in document["paths"] if "{" not in path]))
    parameters = document["paths"][path]["get"].get("parameters", ())
    named = [
        st.tuples(
            st.just(item["name"]), st.sampled_from(item["schema"].get("items", item["schema"]).get("enum", WORDS))
        )
        for item in parameters
    ]
    junk = st.tuples(st.sampled_from([*(item["name"] for item in parameters), "colour", "\0"]), st.text(max_size=210))
    asked = data.draw(st.lists(st.one_of(*named, junk), max_size=5))
    query = {}
    for name, value in asked:
        query.setdefault(name, []).append(value)
    check(document, path, client.get(path, query))
