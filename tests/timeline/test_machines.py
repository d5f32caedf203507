"""What machines ask for: feeds, sitemap, robots and health."""

import xml.etree.ElementTree as ElementTree

import pytest
from django.db import connection
from django.test import override_settings

from tests.factories import make_assessment, make_event, make_judgement, make_source

pytestmark = pytest.mark.django_db
ATOM = {"a": "http://www.w3.org/2005/Atom"}
MAP = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}


def entries(client, url):
    response = client.get(url)
    assert response.status_code == 200, url
    return ElementTree.fromstring(response.content).findall("a:entry", ATOM)


def test_a_feed_has_what_was_published_and_follows_the_filters_of_its_list(client):
    make_event(title="A minor event", importance="2")
    make_event(title="A turning point", importance="5")
    make_event(title="A draft", state="draft")
    titles = [entry.findtext("a:title", namespaces=ATOM) for entry in entries(client, "/events/feed/")]
    assert sorted(titles) == ["A minor event", "A turning point"]
    [entry] = entries(client, "/events/feed/?importance=5")
    assert entry.findtext("a:title", namespaces=ATOM) == "A turning point"
    assert client.get("/events/feed/?colour=red").status_code == 400


@override_settings(PUBLIC_URL="https://record.example")
def test_entries_have_lasting_ids_and_whole_addresses(client):
    event = make_event(key="2020-visit")
    make_judgement(), make_assessment()
    [entry] = entries(client, "/events/feed/")
    assert (
        entry.findtext("a:id", namespaces=ATOM) == f"tag:record.example,{event.published_at:%Y-%m-%d}:event/2020-visit"
    )
    assert entry.find("a:link", ATOM).get("href") == "https://record.example/events/2020-visit/"
    for url in ("/judgements/feed/", "/conditions/feed/", "/timeline/feed/"):
        assert len(entries(client, url)) == 1, url


def test_an_empty_feed_does_not_change_with_the_clock(client):
    make_source()
    assert client.get("/events/feed/").content == client.get("/events/feed/").content


@override_settings(PUBLIC_URL="https://record.example")
def test_the_sitemap_leads_to_every_public_record_and_to_no_draft(client):
    make_event(key="2020-open")
    make_event(key="2020-draft", state="draft")
    index = ElementTree.fromstring(client.get("/sitemap.xml").content)
    places = [place.text for place in index.findall("s:sitemap/s:loc", MAP)]
    assert all(place.startswith("https://record.example/sitemap-") for place in places)
    found = []
    for place in places:
        section = ElementTree.fromstring(client.get(place.removeprefix("https://record.example")).content)
        found += [item.text for item in section.findall("s:url/s:loc", MAP)]
    assert "https://record.example/events/2020-open/" in found
    assert not [item for item in found if "draft" in item]
    for address in found:
        assert client.get(address.removeprefix("https://record.example")).status_code == 200, address


def test_robots_keep_away_from_the_desk(client):
    assert "Disallow: /admin/" in client.get("/robots.txt").text


def test_health_tells_database_migrations_and_revision(client):
    make_source()
    response = client.get("/healthz")
    assert response.status_code == 200
    assert response.json() == {"status": "ok", "database": True, "migrations": True, "revision": 1}
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'timeline'")
    assert client.get("/healthz").status_code == 503
