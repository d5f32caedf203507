"""Every kind of public page in a real browser: axe finds nothing, the console is silent, nothing is cut at 390."""

import pytest

from relations.writing import keyed_models
from tests.invariants.addresses import addresses

pytestmark = pytest.mark.usefixtures("us_pakistan")

FILES = ("json", "csv", "bibtex", "jsonld", "feed", "xml", "txt", "zip", "healthz")


def pages() -> list[str]:
    """One address of every pattern that answers with a page."""
    keys = {model: list(model.objects.published().values_list("key", flat=True)[:1]) for model in keyed_models()}
    found = [urls[0] for name, urls in addresses(keys).items() if not name.startswith("timeline:api-")]
    return [url for url in found if not any(word in url.rsplit("/", 2)[-2:] or url.endswith(word) for word in FILES)]


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_no_page_has_a_barrier(page, barriers, width, scheme):
    urls = pages()
    assert len(urls) > 18
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    found = {}
    for url in urls:
        page.goto(url)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, url
        if wrong := barriers(page):
            found[url] = wrong[:3]
    assert found == {}
