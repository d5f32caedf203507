"""The sitemap: every public page once, none that is not, at the address that the site has."""

import xml.etree.ElementTree as ElementTree
from datetime import UTC, datetime

import pytest
import time_machine
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from relations.writing import keyed_models
from tests.factories import MAKERS, make_event, make_source, make_theme
from timeline import sitemaps

pytestmark = pytest.mark.django_db
MAP = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}
SITE = "https://record.example"


@pytest.fixture(autouse=True)
def public_url():
    with override_settings(PUBLIC_URL=SITE):
        yield


def read(client, url: str):
    response = client.get(url.removeprefix(SITE))
    assert (response.status_code, response["Content-Type"]) == (200, "application/xml"), url
    return ElementTree.fromstring(response.content)


def places(client) -> list[str]:
    return [place.text for place in read(client, "/sitemap.xml").iterfind("s:sitemap/s:loc", MAP)]


def addresses(client, url: str) -> list[str]:
    return [address.text for address in read(client, url).iterfind("s:url/s:loc", MAP)]


def test_it_leads_to_every_public_record_with_a_page_and_to_no_draft(client):
    records = {model: maker() for model, maker in MAKERS.items()}
    for maker in MAKERS.values():
        maker(state="draft", key="canary")
    assert set(records) == set(keyed_models())
    found = [address for place in places(client) for address in addresses(client, place)]
    for record in records.values():
        assert f"{SITE}{record.get_absolute_url()}".partition("#")[0] in found, record
    assert not [address for address in found if "canary" in address]
    assert len(found) == len(set(found))
    for address in found:
        assert address.startswith(f"{SITE}/")
        assert client.get(address.removeprefix(SITE)).status_code == 200, address


def test_a_record_has_the_day_of_its_published_version(client, analyst):
    with time_machine.travel(datetime(2026, 8, 3, 12, tzinfo=UTC)):
        make_event(key="2020-a")
    [entry] = read(client, "/sitemap-events.xml").findall("s:url", MAP)
    assert entry.findtext("s:lastmod", namespaces=MAP) == "2026-08-03"
    index = ElementTree.tostring(read(client, "/sitemap.xml"), encoding="unicode")
    assert "2026-08-03T12:00:0" in index


def test_a_kind_without_public_records_has_no_sitemap_in_the_index(client):
    make_event(state="draft", themes=make_theme(state="draft").key)
    assert f"{SITE}/sitemap-events.xml" not in places(client)
    assert f"{SITE}/sitemap-pages.xml" in places(client)


def test_many_records_come_in_pages(client, monkeypatch):
    monkeypatch.setattr(sitemaps.Records, "limit", 2)
    for key in "abcde":
        make_source(key=key)
    pages = [place for place in places(client) if "sources" in place]
    assert pages == [
        f"{SITE}/sitemap-sources.xml",
        f"{SITE}/sitemap-sources.xml?p=2",
        f"{SITE}/sitemap-sources.xml?p=3",
    ]
    found = [addresses(client, page) for page in pages]
    assert [len(page) for page in found] == [2, 2, 1]
    assert found[2] == [f"{SITE}/sources/e/"]
    assert client.get("/sitemap-sources.xml?p=4").status_code == 404


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/sitemap.xml?p=1", 400),
        ("/sitemap-events.xml?p=0", 400),
        ("/sitemap-events.xml?p=-1", 400),
        ("/sitemap-events.xml?p=last", 400),
        ("/sitemap-events.xml?p=9999999999", 400),
        ("/sitemap-events.xml?p=%00", 400),
        ("/sitemap-events.xml?page=1", 400),
        ("/sitemap-transactions.xml", 404),
        ("/sitemap-users.xml", 404),
    ],
)
def test_what_is_not_there_is_refused(client, address, status):
    assert client.get(address).status_code == status


def test_it_costs_the_same_for_one_record_and_for_thirty(client):
    def queries(url):
        with CaptureQueriesContext(connection) as found:
            read(client, url)
        return len(found)

    make_theme()
    few = queries("/sitemap.xml"), queries("/sitemap-themes.xml")
    for _n in range(29):
        make_theme()
    assert (queries("/sitemap.xml"), queries("/sitemap-themes.xml")) == few
    assert len(addresses(client, "/sitemap-themes.xml")) == 30
