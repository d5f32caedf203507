"""What holds of every public page: few queries, however many rows; no inline script or style; a strict policy."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from relations.writing import keyed_models
from tests.factories import (
    MAKERS,
    make_actor,
    make_assessment,
    make_benchmark,
    make_condition,
    make_event,
    make_investment,
    make_judgement,
    make_programme,
    make_source,
    make_theme,
    make_transaction,
)
from tests.invariants.addresses import addresses

pytestmark = pytest.mark.django_db

MOST_QUERIES = 30


def read(response) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def asked(client, url: str):
    """Return what an address answers, and the queries that it took; none where it leads elsewhere."""
    with CaptureQueriesContext(connection) as queries:
        response = client.get(url)
        read(response)
    return response, [query["sql"] for query in queries] if response.status_code == 200 else []


@pytest.fixture(scope="module", params=[1, pytest.param(3, marks=pytest.mark.prove)])
def answers(request, us_pakistan, static_files, django_db_blocker) -> dict[str, tuple]:
    """What every address answers on the data set, with the queries that it took; so many records of a model."""
    client = Client()
    with django_db_blocker.unblock():
        keys = {
            model: list(model.objects.published().values_list("key", flat=True)[: request.param])
            for model in keyed_models()
        }
        return {url: asked(client, url) for urls in addresses(keys).values() for url in urls}


def test_no_page_of_the_data_set_takes_thirty_queries(answers):
    # A file of a whole table is read in pieces, so many queries a piece.
    counts = {url: len(queries) for url, (response, queries) in answers.items() if not response.streaming}
    assert len(counts) > 100
    assert {url: count for url, count in counts.items() if count >= MOST_QUERIES} == {}


def test_no_page_has_inline_script_or_style_and_each_has_the_strict_policy(answers):
    seen = 0
    for url, (response, _queries) in answers.items():
        policy = response["Content-Security-Policy"]
        assert "unsafe" not in policy, url
        assert "default-src 'self'" in policy or "default-src 'none'" in policy, url
        assert not response.cookies, url
        if response["Content-Type"].startswith("text/html"):
            seen += 1
            page = response.content.decode()
            assert not re.search(r"<script(?![^>]*\bsrc=)", page), url
            assert not re.search(r"<style|\sstyle=|\son[a-z]+=\"", page), url
            assert not re.search(r"(?:src|href)=\"(?:https?:)?//[^\"]*\.(?:js|css|woff2?|png|svg)\"", page), url
    assert seen > 20


def hub() -> dict[type, str]:
    """One record of every model on which all the others will hang; their keys by model."""
    theme, source, actor = make_theme(), make_source(), make_actor()
    common = {"citations": [{"source": source.key}]}
    programme = make_programme(themes=theme.key, provider=actor.key, **common)
    investment = make_investment(themes=theme.key, **common)
    condition = make_condition(programmes=programme.key, rule="all", parts_effect="satisfy", **common)
    judgement = make_judgement(
        themes=theme.key,
        actors=actor.key,
        programmes=programme.key,
        conditions=condition.key,
        investments=investment.key,
        **common,
    )
    event = make_event(key="2015-hub", themes=theme.key, actors=f"{actor.key}:source", **common)
    records = (theme, source, actor, programme, investment, condition, judgement, event)
    return {type(record): record.key for record in records}


def grow(keys: dict[type, str], count: int) -> None:
    """Hang so many more of everything on the hub."""
    of = {model._meta.model_name: key for model, key in keys.items()}
    cited = [{"source": of["source"]}]
    common = {"themes": of["theme"], "citations": cited}
    for number in range(count):
        year = f"20{10 + number % 9}"
        actor = make_actor(parent=of["actor"], citations=cited)
        part = make_condition(parent=of["aidcondition"], programmes=of["aidprogramme"], citations=cited)
        amount = make_transaction(programme=of["aidprogramme"], provider=of["actor"], date=year, citations=cited)
        make_transaction(investment=of["investment"], receiver=of["actor"], citations=cited)
        finding = make_assessment(
            condition=of["aidcondition"],
            decided_by=of["actor"],
            date=year,
            transactions=amount.key,
            citations=cited,
        )
        make_assessment(condition=part.key, decided_by=of["actor"], citations=cited)
        measured = [{"date": "2021", "value": "3", "sources": of["source"]}]
        make_benchmark(condition=of["aidcondition"], citations=cited, measurements=measured)
        stakes = [{"actor": of["actor"], "role": "lender"}, {"actor": actor.key, "role": "owner"}]
        make_investment(**common, stakes=stakes)
        make_programme(**common, recipient=of["actor"])
        make_judgement(**common, actors=of["actor"], programmes=of["aidprogramme"], conditions=of["aidcondition"])
        make_source(origin=of["source"])
        make_theme()
        make_event(
            **common,
            date=f"{year}-03",
            importance="5",
            actors=f"{of['actor']}:source|{actor.key}:target",
            programmes=of["aidprogramme"],
            investments=of["investment"],
            assessments=finding.key,
            judgements=of["judgement"],
            links=[{"kind": "follows", "to_event": of["event"]}],
            figures=[
                {"counts": "killed", "best": "3", "sources": of["source"]},
                {"counts": "killed", "of_whom": "soldiers", "best": "2", "sources": of["source"]},
            ],
        )


@pytest.mark.parametrize("more", [2, pytest.param(48, marks=pytest.mark.prove)])  # fifty fill a page
def test_a_page_asks_as_often_for_one_row_as_for_many(client, more):
    assert set(MAKERS) == set(keyed_models())
    keys = hub()

    def counted() -> dict[str, int]:
        pages = addresses({model: [key] for model, key in keys.items()}).values()
        answers = {url: asked(client, url) for urls in pages for url in urls}
        # A file of a whole table is read in pieces, so many queries a piece.
        return {url: len(queries) for url, (response, queries) in answers.items() if not response.streaming}

    grow(keys, 1)
    one = counted()
    grow(keys, more)
    many = counted()
    assert sum(count > 0 for count in one.values()) > 30
    assert {url: (one[url], many[url]) for url in one if many[url] > one[url]} == {}
