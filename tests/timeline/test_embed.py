"""The picture of a timeline elsewhere: in a frame of another site, and as an SVG file."""

import gzip
import re
from xml.etree import ElementTree

import pytest
from django.conf import settings

from tests.factories import make_event, make_theme
from tests.timeline.reading import links, words

pytestmark = pytest.mark.django_db


def test_any_site_may_frame_the_embed_and_nothing_else_is_loosened(client):
    make_event()
    embed, page = client.get("/embed/timeline/"), client.get("/timeline/")

    def policy(response):
        return dict(part.strip().split(" ", 1) for part in response["Content-Security-Policy"].split(";"))

    assert policy(embed) == policy(page) | {"frame-ancestors": "*"}
    assert policy(page)["frame-ancestors"] == "'none'" and page["X-Frame-Options"] == "DENY"
    assert "X-Frame-Options" not in embed
    # What a browser has kept takes the headers of a 304.
    unchanged = client.get("/embed/timeline/", headers={"if-none-match": embed["ETag"]})
    assert unchanged.status_code == 304
    assert policy(unchanged)["frame-ancestors"] == "*" and "X-Frame-Options" not in unchanged


def test_the_embed_shows_the_view_without_a_script_and_leads_out_of_the_frame(client):
    make_event(key="2010-seen", date="2010-05-04", importance="4", title="Seen")
    make_event(key="2020-other", date="2020-05-04", importance="4", title="Other")
    answer = client.get("/embed/timeline/?from=2009&to=2013")
    html = answer.content.decode()
    assert "Timeline, 2009–2013" in words(answer) and "1 event" in words(answer)
    assert "/events/2010-seen/" in links(answer) and "/events/2020-other/" not in links(answer)
    assert f"{settings.PUBLIC_URL}/timeline/?from=2009&to=2013" in links(answer)
    assert "<script" not in html
    assert len(re.findall(r"<a\b", html)) == html.count('<a target="_blank" rel="noopener"') > 2
    assert client.get("/embed/timeline/?form=2009").status_code == 400


def test_the_snippet_is_the_address_of_the_view_at_a_height_that_fits(client):
    theme = make_theme(key="aid").key
    make_event(themes=theme, date="2010-05-04")
    page = client.get("/timeline/?theme=aid&lanes=class")
    assert "/timeline/embed/?theme=aid&lanes=class" in links(page)
    snippet = words(client.get("/timeline/embed/?theme=aid&lanes=class"))
    address = f"{settings.PUBLIC_URL}/embed/timeline/?theme=aid&amp;lanes=class"
    assert f'<iframe src="{address}"' in snippet
    assert int(re.search(r'height="(\d+)"', snippet)[1]) >= 320


def test_the_svg_has_title_source_and_date_in_it_and_its_links_are_whole(client):
    make_event(key="2010-seen", date="2010-05-04", title="Seen & heard")
    answer = client.get("/timeline/picture.svg?from=2009&to=2013")
    assert answer["Content-Type"].startswith("image/svg+xml")
    assert answer["Content-Disposition"] == 'attachment; filename="timeline.svg"'
    root = ElementTree.fromstring(answer.content)  # noqa: S314 - of our own making
    space = "{http://www.w3.org/2000/svg}"
    assert root.find(f"{space}title").text == "Aland–Borland: Timeline, 2009–2013"
    source = root.find(f"{space}desc").text
    assert "revision" in source and "2026" in source and settings.PUBLIC_URL in source
    hrefs = {element.get("href") for element in root.iter(f"{space}a")}
    assert f"{settings.PUBLIC_URL}/events/2010-seen/" in hrefs
    assert all(href.startswith(settings.PUBLIC_URL) for href in hrefs)
    assert "class=" not in answer.content.decode()


def test_where_there_is_no_event_there_is_a_title_alone(client):
    for address in ("/embed/timeline/", "/timeline/embed/", "/timeline/picture.svg"):
        assert client.get(address).status_code == 200, address


def test_the_embed_of_all_of_the_record_stays_below_60_kilobytes(client, us_pakistan):
    html = client.get("/embed/timeline/").content
    assets = re.findall(r'<link rel="stylesheet" href="/static/([^"]+)"', html.decode())
    assert assets
    folder = settings.STATIC_ROOT
    sizes = [len(gzip.compress(html)), *(len(gzip.compress((folder / name).read_bytes())) for name in assets)]
    sheet = next(name for name in assets if "embed" in name)
    [font] = re.findall(r'url\("\.\./([^"]+)"\)', (folder / sheet).read_text())
    sizes.append((folder / "timeline" / font).stat().st_size)
    assert sum(sizes) < 60_000, sizes
