"""Every kind of public page in a real browser: axe finds nothing, the console is silent, nothing is cut at 390."""

import pytest
from django.test import Client
from django.utils.text import slugify

from relations.writing import keyed_models
from tests.invariants.addresses import addresses

pytestmark = pytest.mark.usefixtures("us_pakistan")

# Windows of the timeline that show more than its first page does.
WINDOWS = [
    "/timeline/?from=2009&to=2013",
    "/timeline/?from=1956&to=1956&importance=5",
    "/timeline/print/?from=1990&to=1991",
]


def pages() -> list[str]:
    """One address of every pattern that answers with a page."""
    keys = {model: list(model.objects.published().values_list("key", flat=True)[:1]) for model in keyed_models()}
    client = Client()
    answers = {urls[0]: client.get(urls[0]) for urls in addresses(keys).values()}
    shown = [url for url, found in answers.items() if found.status_code == 200]
    # Parts of a page, which a script puts into the one that it has, are none.
    return [url for url in shown if getattr(answers[url], "content", b"").startswith(b"<!doctype html>")] + WINDOWS


def test_no_page_has_a_barrier_or_is_cut(page, barriers, screenshot, look, share):
    urls = pages()
    assert len(urls) > 21
    width, _scheme = look
    found = {}
    for url in share(urls):
        page.goto(url)
        screenshot(page, slugify(url.replace("/", " ")) or "home")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, url
        if wrong := barriers(page):
            found[url] = wrong[:3]
    assert found == {}
