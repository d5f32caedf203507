"""The search over all that is public."""

import pytest

from relations.writing import keyed_models
from tests.factories import MAKERS, make_actor, make_assessment, make_condition, make_event, make_theme
from tests.timeline.reading import links, words

pytestmark = pytest.mark.django_db

# The column of each model in which its words stand.
COLUMN = {
    "theme": "name",
    "actor": "name",
    "investment": "name",
    "judgement": "statement",
    "assessment": "note",
    "transaction": "note",
}


def test_it_finds_every_kind_of_record_and_counts_them_by_kind(client):
    records = [MAKERS[model](**{COLUMN.get(model._meta.model_name, "title"): "Zanzibar"}) for model in keyed_models()]
    answer = client.get("/search/?q=zanzibar")
    assert f"{len(records)} records" in words(answer)
    for record in records:
        assert record.get_absolute_url() in links(answer), record


def test_many_of_a_kind_are_counted_and_linked_as_a_list(client):
    common = {"themes": make_theme().key, "actors": f"{make_actor().key}:source"}
    for number in range(12):
        make_event(key=f"2020-event-{number}", title="Zanzibar", **common)
    answer = client.get("/search/?q=zanzibar")
    assert "12 Events" in words(answer) and "/events/?q=zanzibar" in links(answer)


def test_a_draft_is_neither_found_nor_counted(client):
    make_event(title="Zanzibar", state="draft")
    answer = client.get("/search/?q=zanzibar")
    assert "Nothing on record has “zanzibar”." in words(answer)


def test_what_is_read_on_anothers_page_has_the_name_of_that(client):
    make_condition(key="bar", title="The bar")
    make_assessment(key="found", condition="bar", note="Zanzibar", finding="waived")
    answer = client.get("/search/?q=zanzibar")
    assert "The bar: waived" in words(answer) and "/conditions/bar/#found" in links(answer)


def test_no_words_ask_nothing_and_strange_ones_break_nothing(client):
    make_event(title="Élan über F-16", summary="Zanzibar")
    assert client.get("/search/").status_code == client.get("/search/?q=").status_code == 200
    for text in ('"', '"; drop AND OR * (', "F-16", "elan", "-x", "*", "'", "%", "\u200f\u0627\u0631\u062f\u0648"):
        assert client.get("/search/", {"q": text}).status_code == 200, text
    assert "Élan über F-16" in words(client.get("/search/?q=elan"))


def test_more_than_one_search_at_once_is_refused(client):
    assert client.get("/search/?q=a&q=b").status_code == 400
