"""Feeds: what was published last, for readers that keep entries apart by their ids."""

import re
import xml.etree.ElementTree as ElementTree
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from relations import publishing
from relations.models import AidCondition
from relations.writing import Edit, write
from tests.factories import (
    make_actor,
    make_assessment,
    make_condition,
    make_event,
    make_judgement,
    make_package,
    make_source,
    make_theme,
)

pytestmark = pytest.mark.django_db
ATOM = {"a": "http://www.w3.org/2005/Atom"}
FEEDS = ("/events/feed/", "/timeline/feed/", "/judgements/feed/", "/conditions/feed/", "/corrections/feed/")


def read(client, url: str):
    response = client.get(url)
    assert response.status_code == 200, url
    assert response["Content-Type"] == "application/atom+xml; charset=utf-8"
    return ElementTree.fromstring(response.content)


def entries(client, url: str) -> list:
    return read(client, url).findall("a:entry", ATOM)


def said(entry, name: str) -> str:
    return entry.findtext(f"a:{name}", namespaces=ATOM)


def titles(client, url: str) -> list[str]:
    return [said(entry, "title") for entry in entries(client, url)]


def change(record, **cells):
    record.refresh_from_db()
    edit = Edit(type(record), pk=record.pk, seen=record.version, cells=cells)
    write([edit], by=make_package(), change="correction", reason="Read again.")
    record.refresh_from_db()


def test_a_feed_has_what_was_published_and_follows_the_filters_of_its_list(client):
    make_event(title="A minor event", importance="2")
    make_event(title="A turning point", importance="5")
    make_event(title="Canary", state="draft")
    assert sorted(titles(client, "/events/feed/")) == ["A minor event", "A turning point"]
    assert titles(client, "/events/feed/?importance=5") == ["A turning point"]
    assert "Importance, at least: 5" in said(read(client, "/events/feed/?importance=5"), "title")


def test_the_findings_on_the_conditions_of_a_list_are_a_feed(client):
    agreed = make_condition(title="To certify", stage="agreed")
    make_assessment(condition=agreed.key, finding="waived", date="2012-03-04", note="For a year.")
    make_assessment(finding="met")
    make_assessment(finding="imposed", note="canary", state="draft", condition=agreed.key)
    assert len(entries(client, "/conditions/feed/")) == 2
    [entry] = entries(client, "/conditions/feed/?stage=agreed")
    assert said(entry, "title") == "To certify: waived"
    assert said(entry, "summary") == "4 March 2012. For a year."
    assert "/conditions/feed/?stage=agreed" in client.get("/conditions/?stage=agreed").text


@pytest.mark.parametrize("feed", FEEDS)
@pytest.mark.parametrize("query", ["colour=red", "order=newest", "after=2020", "format=json"])
def test_a_parameter_that_a_feed_does_not_take_is_refused(client, feed, query):
    response = client.get(f"{feed}?{query}")
    assert response.status_code == 400
    assert query.partition("=")[0] in response.text


def test_an_entry_keeps_its_id_when_the_record_is_changed_and_renamed(client):
    event = make_event(key="2020-visit", title="A visit")
    [before] = entries(client, "/events/feed/")
    with time_machine.travel(datetime(2026, 8, 1, tzinfo=UTC), tick=False):
        change(event, key="2020-state-visit", title="A state visit")
    [after] = entries(client, "/events/feed/")
    assert (said(before, "title"), said(after, "title")) == ("A visit", "A state visit")
    assert said(before, "id") == said(after, "id")
    assert said(before, "published") == said(after, "published")
    assert (said(before, "updated") < said(after, "updated")) and said(after, "updated").startswith("2026-08-01T")
    change(event, key="2020-visit")
    make_event(key="2020-talks")
    ids = [said(entry, "id") for entry in entries(client, "/events/feed/")]
    assert said(before, "id") in ids and len(set(ids)) == 2


def test_a_proposed_change_is_not_told(client, analyst):
    event = make_event(title="A visit")
    before = client.get("/events/feed/").content
    edit = Edit(type(event), pk=event.pk, seen=event.version, cells={"title": "Canary"})
    publishing.propose([edit], by=analyst, change="correction", reason="Canary")
    assert client.get("/events/feed/").content == before


def test_the_newest_publication_stands_first(client):
    make_event(title="Older", date="2021")
    with time_machine.travel(datetime(2026, 8, 1, tzinfo=UTC)):
        make_event(title="Newer", date="1950")
    assert titles(client, "/events/feed/") == ["Newer", "Older"]


def test_what_people_typed_is_text_in_every_reader(client):
    make_event(title="<b>Bold</b> & more", summary="<script>alert(1)</script> they said")
    [entry] = entries(client, "/events/feed/")
    assert said(entry, "title") == "<b>Bold</b> & more"
    assert entry.find("a:summary", ATOM).get("type") == "html"
    assert "<script" not in said(entry, "summary") and "&lt;script&gt;" in said(entry, "summary")


def test_what_people_typed_is_text_in_the_feed_of_corrections(client):
    event = make_event(summary="They met.")
    change(event, summary="<script>alert(1)</script> they said")
    [entry] = entries(client, "/corrections/feed/")
    assert "<script" not in said(entry, "summary") and "&lt;script&gt;" in said(entry, "summary")


@override_settings(PUBLIC_URL="https://record.example")
def test_all_addresses_are_whole_and_those_of_the_public_site(client):
    change(make_event(key="2020-visit"), title="A state visit")
    make_judgement()
    make_assessment()
    for feed in FEEDS:
        root = read(client, feed)
        found = [link.get("href") for link in root.iterfind(".//a:link", ATOM)]
        assert len(found) == 3, feed
        for address in found:
            assert address.startswith("https://record.example/"), (feed, address)
            assert client.get(address.removeprefix("https://record.example")).status_code == 200, address
        assert "testserver" not in ElementTree.tostring(root, encoding="unicode")
    [entry] = entries(client, "/events/feed/")
    assert re.fullmatch(r"tag:record\.example,\d{4}-\d\d-\d\d:event/2020-visit", said(entry, "id"))
    [same] = entries(client, "/timeline/feed/")
    assert said(same, "id") == said(entry, "id")


def test_an_empty_feed_does_not_change_with_the_clock(client):
    make_source()
    for feed in FEEDS:
        before = client.get(feed).content
        with time_machine.travel(datetime.now(UTC) + timedelta(hours=1)):
            assert client.get(feed).content == before, feed


@pytest.mark.parametrize("feed", FEEDS)
def test_an_unchanged_feed_is_answered_by_304_on_either_question(client, feed):
    change(make_event(), title="Another")
    with time_machine.travel(datetime(2040, 1, 1, tzinfo=UTC)):  # the code is older than this
        first = client.get(feed)
        for question in ({"If-None-Match": first["ETag"]}, {"If-Modified-Since": first["Last-Modified"]}):
            assert client.get(feed, headers=question).status_code == 304, question


def test_a_feed_costs_the_same_for_one_entry_and_for_thirty(client):
    common = {"themes": make_theme().key, "actors": f"{make_actor().key}:source"}
    cited = [{"source": make_source().key}]
    condition = make_condition(citations=cited).key

    def grow(count):
        for _n in range(count):
            make_event(**common, citations=cited)
            make_judgement(citations=cited)
            make_assessment(condition=condition, decided_by=common["actors"].split(":")[0], citations=cited)

    def queries(feed):
        with CaptureQueriesContext(connection) as found:
            assert len(entries(client, feed)) >= 1
        return len(found)

    grow(1)
    client.get("/events/feed/")
    few = {feed: queries(feed) for feed in FEEDS[:4]}
    grow(29)
    assert {feed: queries(feed) for feed in FEEDS[:4]} == few
    assert len(entries(client, "/conditions/feed/")) == 30
    assert AidCondition.objects.count() == 1
