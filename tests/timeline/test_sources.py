"""The list of sources, and the page of one with all that rests on it."""

import pytest

from relations.writing import keyed_models
from tests.factories import MAKERS, make_benchmark, make_condition, make_event, make_source
from tests.timeline.reading import links, part, words

pytestmark = pytest.mark.django_db


def test_the_list_counts_the_records_that_cite_each_once(client):
    source = make_source(key="paper", title="Paper report", publisher="Paper", published="2020-01")
    fields = [{"source": "paper", "field": "date"}, {"source": "paper", "field": "summary"}]
    make_event(citations=fields)
    make_condition(citations=[{"source": source.key}])
    make_event(citations=fields, state="draft")
    assert "Paper report Paper Jan 2020 news 2" in words(client.get("/sources/"))


def test_the_page_shows_every_kind_of_record_that_rests_on_it(client):
    make_source(key="paper")
    citing = [model for model in keyed_models() if hasattr(model, "citations")]
    assert len(citing) == 9
    records = [MAKERS[model](citations=[{"source": "paper", "locator": "p. 3"}]) for model in citing]
    answer = client.get("/sources/paper/")
    for record in records:
        assert record.get_absolute_url() in links(answer), record
    assert words(answer).count("The whole record: stated, p. 3") == 9
    assert "9 records" in words(answer)


def test_what_it_says_otherwise_and_what_was_measured_by_it_are_there(client):
    make_source(key="paper")
    make_event(key="2020-a", citations=[{"source": "paper", "field": "date", "states_instead": "it was 5 May"}])
    make_benchmark(
        title="People reached", measurements=[{"date": "2014", "value": "62.5", "note": "", "sources": "paper"}]
    )
    page = words(client.get("/sources/paper/"))
    assert "Date: stated; says instead: it was 5 May" in page
    assert "People reached 2014: 62.5" in page


def test_a_copy_and_its_origin_name_each_other(client):
    make_source(key="wire", title="Wire report")
    make_source(key="copy", title="Copied report", origin="wire", reliability="b")
    facts = part(client.get("/sources/copy/"), '<dl class="facts"', "</dl>")
    assert "Copy of Wire report" in words(facts) and "Reliability" in words(facts)
    assert "/sources/copy/" in links(client.get("/sources/wire/"))


def test_its_address_on_the_web_is_a_link(client):
    make_source(key="paper", url="https://news.example/a", archived_url="https://archive.example/b")
    assert {"https://news.example/a", "https://archive.example/b"} <= set(links(client.get("/sources/paper/")))


def test_the_badge_says_independent_only_where_the_origins_of_all_were_examined(client):
    make_source(key="wire", publisher="Agency", origin_examined="yes")
    make_source(key="copy", publisher="Daily", origin="wire", origin_examined="yes")
    make_source(key="own", publisher="Gazette", origin_examined="yes")
    make_source(key="unseen", publisher="Weekly")
    make_event(key="2020-seen", citations=[{"source": key} for key in ("copy", "own")])
    make_event(key="2020-half", citations=[{"source": key} for key in ("copy", "own", "unseen")])
    assert "2 sources · 2 independent" in words(client.get("/events/2020-seen/"))
    assert "3 sources · 3 publishers" in words(client.get("/events/2020-half/"))
    assert "Origin examined: it copies no other document" in words(client.get("/sources/own/"))
    assert "Origin examined" not in words(client.get("/sources/unseen/"))
