"""The list of judgements, and the page of one: who says it, what it bears on, how the record stands to it."""

import pytest

from tests.factories import (
    make_actor,
    make_condition,
    make_event,
    make_investment,
    make_judgement,
    make_programme,
    make_source,
    make_theme,
)
from tests.timeline.reading import links, part, words

pytestmark = pytest.mark.django_db


def test_the_list_shows_statement_outcome_and_who_says_so(client):
    survey = make_source(key="survey", publisher="The Survey")
    make_judgement(
        statement="It will not last.",
        made_on="2025-12-18",
        status="borne-out",
        status_note="It ended in May.",
        citations=[{"source": survey.key, "field": "statement"}],
    )
    page = words(client.get("/judgements/"))
    assert "It will not last. Borne out It ended in May. The Survey, 18 Dec 2025" in page


def test_the_page_says_how_the_record_stands_to_it_and_all_that_it_bears_on(client):
    make_theme(key="arms")
    make_actor(key="aland")
    make_programme(key="fund")
    make_condition(key="bar")
    make_investment(key="mine")
    make_judgement(
        key="said",
        statement="It will not last.",
        horizon="2027",
        status="contested",
        status_note="The record says otherwise.",
        themes="arms",
        actors="aland",
        programmes="fund",
        conditions="bar",
        investments="mine",
    )
    make_event(key="2020-a", judgements="said")
    answer = client.get("/judgements/said/")
    outcome = words(part(answer, 'id="outcome"', "</section>"))
    assert "Contested by the record. The record says otherwise." in outcome
    assert "Horizon 2027" in words(answer)
    wanted = ["/themes/arms/", "/actors/aland/", "/aid/fund/", "/conditions/bar/", "/investments/mine/"]
    assert {*wanted, "/events/2020-a/"} <= set(links(answer))


def test_a_sentence_of_the_briefing_is_named_by_its_section(client):
    make_judgement(key="said", briefing=[{"section": "One", "sentence": "3"}])
    assert "The first, sentence 3" in words(client.get("/judgements/said/"))
