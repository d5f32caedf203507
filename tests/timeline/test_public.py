"""What every public address does: nothing but reading, the same for everybody, 304 where nothing changed."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext, override_settings

from relations.models import AidCondition, Source
from relations.publishing import reopen, withdraw
from relations.writing import Edit, write
from tests.factories import (
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
from tests.timeline.reading import words
from timeline.models import Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def of_record():
    """What a record needs that is public already, so that a draft of it changes nothing public."""
    parts = {"themes": make_theme().key, "actors": f"{make_actor().key}:source"}
    return parts | {"citations": [{"source": make_source().key}]}


def change(record, **cells):
    write([Edit(type(record), pk=record.pk, seen=record.version, cells=cells)], by=make_package(), change="correction")
    record.refresh_from_db()


def test_a_page_that_did_not_change_costs_a_304_and_one_query(client):
    event = make_event(key="2020-a")
    for url in ("/events/", "/events/2020-a/", "/events/2020-a/json/", "/events/csv/?theme=", "/search/?q=met"):
        first = client.get(url)
        with CaptureQueriesContext(connection) as queries:
            again = client.get(url, headers={"If-None-Match": first["ETag"]})
        assert (again.status_code, again.content, len(queries)) == (304, b"", 1), url
        assert again["ETag"] == first["ETag"]
    change(event, title="They met again")
    changed = client.get("/events/2020-a/", headers={"If-None-Match": first["ETag"]})
    assert changed.status_code == 200 and "They met again" in changed.content.decode()


def test_a_draft_changes_no_etag(client, of_record):
    make_event(key="2020-a")
    tag = client.get("/events/")["ETag"]
    make_event(key="2020-b", state="draft", **of_record)
    assert client.get("/events/", headers={"If-None-Match": tag}).status_code == 304


def test_a_page_that_depends_on_today_is_another_tomorrow(client):
    make_condition(key="bar")
    docket, event = client.get("/conditions/")["ETag"], client.get("/events/")["ETag"]
    with time_machine.travel(datetime(2026, 7, 2, 12, tzinfo=UTC)):
        assert client.get("/conditions/", headers={"If-None-Match": docket}).status_code == 200
        assert client.get("/conditions/bar/json/", headers={"If-None-Match": docket}).status_code == 200
        assert client.get("/events/", headers={"If-None-Match": event}).status_code == 304


def test_who_asks_by_date_is_answered_by_the_date_of_the_last_change(client):
    event = make_event(key="2020-a")
    later = datetime(2100, 1, 1, tzinfo=UTC)  # after the day on which the code of this site was last changed
    with time_machine.travel(later):
        seen = client.get("/events/")["Last-Modified"]
        assert client.get("/events/", headers={"If-Modified-Since": seen}).status_code == 304
        change(event, title="Another title")
    with time_machine.travel(later + timedelta(days=1)):
        assert client.get("/events/", headers={"If-Modified-Since": seen}).status_code == 200


def test_what_settings_change_on_a_page_changes_its_etag(client):
    from timeline.views.base import _made_of

    tag = client.get("/events/")["ETag"]
    try:
        with override_settings(SECOND_PERSON=False):
            _made_of.cache_clear()
            assert client.get("/events/")["ETag"] != tag
    finally:
        _made_of.cache_clear()


def test_pages_are_the_same_for_who_is_signed_in_and_touch_no_session(client, editor):
    make_event(key="2020-a")
    for url in ("/events/", "/events/2020-a/", "/conditions/", "/search/?q=met", "/events/nothing/"):
        before = client.get(url)
        client.force_login(editor)
        after = client.get(url)
        client.logout()
        assert before.content == after.content, url
        assert not after.cookies and "Cookie" not in after.get("Vary", ""), url


def test_only_reading_is_answered(client):
    assert client.post("/events/", {"title": "x"}).status_code == 405
    assert client.delete("/events/2020-a/").status_code == 405
    assert client.head("/events/").status_code == 200


@pytest.mark.parametrize("name", ["utm_source", "utm_anything", "fbclid", "gclid", "msclkid", "mc_eid"])
def test_tracking_parameters_lead_to_the_clean_address(client, name):
    answer = client.get(f"/events/?{name}=x&q=a%26b&theme=")
    assert answer.status_code == 301
    assert answer["Location"] == "/events/?q=a%26b&theme="
    assert client.get(f"/events/?{name}=x")["Location"] == "/events/"


def test_an_unknown_key_and_a_draft_are_the_same_page_with_a_search_for_their_words(client, of_record):
    unknown = client.get("/events/2020-secret-visit/")
    make_event(key="2020-secret-visit", title="Canary", state="draft", **of_record)
    draft = client.get("/events/2020-secret-visit/")
    assert (unknown.status_code, draft.status_code) == (404, 404)
    assert unknown.content == draft.content
    assert 'value="2020 secret visit"' in draft.content.decode()
    for form in ("json", "csv", "bibtex", "jsonld"):
        answer = client.get(f"/events/2020-secret-visit/{form}/")
        assert answer.status_code == 404 and b"Canary" not in answer.content


def test_a_discarded_draft_is_unknown_and_a_withdrawn_record_gone_with_its_reason(client, editor):
    make_event(key="2020-discarded", state="withdrawn")
    assert client.get("/events/2020-discarded/").status_code == 404
    event = make_event(key="2020-gone", title="Canary")
    withdraw([event], by=editor, reason="It happened to somebody else.")
    answer = client.get("/events/2020-gone/")
    assert answer.status_code == 410
    assert "It happened to somebody else." in words(answer) and "Canary" not in words(answer)
    assert client.get("/events/2020-gone/json/").json()["detail"] == "It happened to somebody else."
    assert client.get("/events/2020-gone/csv/").status_code == 410


def test_a_record_reopened_after_it_was_withdrawn_says_why_it_went_and_nothing_of_the_desk(client, editor):
    event = make_event(key="2020-gone")
    withdraw([event], by=editor, reason="It happened to somebody else.")
    event.refresh_from_db()
    reopen([event], by=editor, reason="Canary: ask the embassy.")
    answer = client.get("/events/2020-gone/")
    assert answer.status_code == 410
    assert "somebody else" in words(answer) and "Canary" not in words(answer)


def test_what_requires_a_withdrawn_record_is_gone_with_it(client, editor):
    parent = make_condition(key="bar")
    make_condition(key="bar-part", parent="bar")
    withdraw([parent], by=editor, reason="The law never passed.")
    answer = client.get("/conditions/bar-part/")
    assert answer.status_code == 410 and "The law never passed." in words(answer)


def test_an_old_key_leads_to_the_new_one_in_every_form_while_its_target_is_public(client, editor):
    event = make_event(key="2020-old")
    change(event, key="2020-new")
    for tail in ("", "json/", "csv/", "bibtex/", "jsonld/"):
        answer = client.get(f"/events/2020-old/{tail}")
        assert (answer.status_code, answer["Location"]) == (301, f"/events/2020-new/{tail}")
    withdraw([event], by=editor, reason="It was a rumour.")
    assert client.get("/events/2020-old/").status_code == 410
    assert "rumour" in words(client.get("/events/2020-old/"))


def test_a_key_that_was_changed_before_anybody_saw_it_is_unknown(client, analyst):
    event = make_event(key="2020-old", state="draft", by=analyst)
    write([Edit(Event, pk=event.pk, seen=event.version, cells={"key": "2020-new"})], by=analyst)
    assert client.get("/events/2020-old/").status_code == client.get("/events/2020-new/").status_code == 404


@pytest.mark.parametrize(
    "url",
    [
        "/events/?importance=9&from=1990",
        "/events/?unknown=1",
        "/events/?after=x",
        "/events/2020-a/?x=1",
        "/actors/aland/?order=oldest",
        "/conditions/?on=1990",
        "/conditions/?scope=some",
        "/conditions/?after=x",
        "/search/?words=x",
        "/search/?q=" + "a" * 201,
        "/events/?q=%00",
        "/search/?q=%00",
        "/sources/?on=2020",
    ],
)
def test_what_cannot_be_asked_is_a_400_that_says_what_would_be_right(client, url):
    make_event(key="2020-a")
    make_actor(key="aland")
    answer = client.get(url)
    assert answer.status_code == 400
    assert 'class="notice notice--error"' in answer.content.decode()
    assert "ETag" not in answer


def test_a_refusal_keeps_the_rest_and_offers_to_mend_the_value(client):
    page = client.get("/events/?importance=9&from=1990&to=").content.decode()
    assert '<input type="hidden" name="from" value="1990">' in page
    assert 'name="importance" value="9"' in page
    assert 'href="/events/?from=1990"' in page


def test_a_file_is_refused_in_its_own_form(client):
    answer = client.get("/events/json/?importance=9&from=1990")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["parameter"] == "importance"
    assert answer.json()["rest"] == "/events/json/?from=1990"
    answer = client.get("/events/csv/?importance=9")
    assert answer["Content-Type"].startswith("text/plain") and b"1, 2, 3, 4, 5" in answer.content


def test_hostile_texts_come_back_harmless(client):
    for text in ("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7*7 }}"):
        for url in ("/events/", "/search/", "/conditions/", "/events/2020-x/"):
            page = client.get(url, {"q": text, "kind": text}).content.decode()
            assert "<script>alert" not in page and "<img src=x" not in page and "49" not in page.split("<main")[1]


def test_a_fault_of_the_program_is_a_page_that_needs_no_database(client, monkeypatch):
    from timeline.views import events

    make_event(key="2020-a")
    monkeypatch.setattr(events, "_steps", lambda *args: 1 / 0)
    client.raise_request_exception = False
    with override_settings(DEBUG=False):
        answer = client.get("/events/2020-a/")
    assert answer.status_code == 500 and "Something went wrong here." in words(answer)


def test_links_to_what_is_not_public_vanish_from_pages_and_files(client):
    hidden = {"state": "draft", "citations": []}
    make_actor(key="hidden-actor", name="Canary body", **hidden)
    make_programme(key="hidden-programme", title="Canary programme", state="draft")
    actor = make_actor(key="aland", parent="hidden-actor")
    source = make_source(key="shown-source")
    hidden_source = make_source(key="hidden-source", title="Canary source", state="draft")
    make_event(
        key="2020-a",
        actors="aland:source|hidden-actor:target",
        programmes="hidden-programme",
        citations=[
            {"source": source.key},
            {"source": hidden_source.key, "field": "date"},
            {"source": source.key, "field": "summary", "claimant": "hidden-actor", "states_instead": "Canary claim"},
        ],
    )
    make_programme(key="fund", provider="hidden-actor", recipient="aland")
    make_transaction(key="paid", programme="fund", receiver="hidden-actor", provider="aland")
    make_assessment(key="found", decided_by="hidden-actor", condition=make_condition(key="bar").key)
    urls = ["/actors/aland/", "/events/2020-a/", "/aid/fund/", "/conditions/bar/", "/sources/shown-source/", "/aid/"]
    urls += [f"{url}{form}/" for url in urls[:5] for form in ("json", "csv", "jsonld")]
    for url in urls:
        answer = client.get(url)
        assert answer.status_code == 200, url
        text = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert b"Canary" not in text and b"hidden-" not in text, url
    assert actor.is_public and not Source.objects.get(key="hidden-source").is_public
    assert AidCondition.objects.published().count() == 1
