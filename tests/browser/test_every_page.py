"""Every kind of public page in a real browser: axe finds nothing, the console is silent, nothing is cut at 390."""

import pytest
from django.utils.text import slugify

from relations.writing import keyed_models
from tests.invariants.addresses import addresses

pytestmark = pytest.mark.usefixtures("us_pakistan")

FILES = ("json", "csv", "ics", "bibtex", "jsonld", "feed", "xml", "txt", "zip", "ics", "healthz")


# Windows of the timeline that show more than its first page does.
WINDOWS = [
    "/timeline/?from=2009&to=2013",
    "/timeline/?from=1956&to=1956&importance=5",
    "/timeline/print/?from=1990&to=1991",
]


def pages() -> list[str]:
    """One address of every pattern that answers with a page."""
    keys = {model: list(model.objects.published().values_list("key", flat=True)[:1]) for model in keyed_models()}
    found = [urls[0] for name, urls in addresses(keys).items() if not name.startswith("timeline:api-")]
    found = [url for url in found if not any(word in url.rsplit("/", 2)[-2:] or url.endswith(word) for word in FILES)]
    return [*found, *WINDOWS]


def test_no_page_has_a_barrier_or_is_cut(page, barriers, screenshot, look):
    urls = pages()
    assert len(urls) > 21
    width, _scheme = look
    found = {}
    for url in urls:
        page.goto(url)
        screenshot(page, slugify(url.replace("/", " ")) or "home")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, url
        if wrong := barriers(page):
            found[url] = wrong[:3]
    assert found == {}
