"""The timeline as readers have it: with a keyboard, without JavaScript, on a telephone, on paper."""

import re

import pytest

from relations import dates
from timeline.models import Event

pytestmark = pytest.mark.usefixtures("us_pakistan")

FIVE_YEARS = "/timeline/?from=2009&to=2013"


def keys_of(page) -> list[str]:
    """Return the keys of the events that the list shows."""
    return page.locator(".view__events .event__title a").evaluate_all("all => all.map(a => a.dataset.key)")


def keys_in(pdf: bytes) -> set[str]:
    """Return the keys of the events that a PDF has a link to."""
    return {key.decode() for key in re.findall(rb"/URI \([^)]*/events/([a-z0-9-]+)/\)", pdf)}


def events_of(first: str, last: str) -> set[str]:
    events = Event.objects.published().during(dates.parse(first).earliest, dates.parse(last).latest)
    return set(events.values_list("key", flat=True))


def test_everything_works_without_javascript(browser, live_server):
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/timeline/")

    page.locator('.strip__wide a[href="/timeline/?from=1998&to=1998"]').click()
    assert page.locator("h1").inner_text() == "Timeline, 1998"
    page.get_by_role("link", name="5 years", exact=True).click()
    assert page.locator("h1").inner_text() == "Timeline, 1996–2000"
    page.get_by_role("link", name="Later 2001–2005").click()
    assert page.locator("h1").inner_text() == "Timeline, 2001–2005"

    page.get_by_role("checkbox", name="Conflict, in deed").check()
    page.get_by_role("radio", name="Major").check()
    page.get_by_role("button", name="Show events").click()
    page.wait_for_load_state()
    assert "family=conflict-deed" in page.url and "from=2001" in page.url
    found = Event.objects.published().filter(key__in=keys_of(page))
    assert found.exists() and all(event.importance >= 4 and event.family == "conflict-deed" for event in found)

    page.locator(".active__item", has_text="Kind of act").click()
    assert "family" not in page.url and "importance=4" in page.url

    page.get_by_label("From", exact=True).fill("1990-10")
    page.get_by_label("to", exact=True).fill("1990")
    page.get_by_role("button", name="Go").click()
    assert page.locator("h1").inner_text() == "Timeline, Oct–Dec 1990"
    assert "importance=4" in page.url
    context.close()


def test_the_filter_stands_open_beside_the_list_and_folded_on_a_telephone(page):
    page.goto(FIVE_YEARS)
    assert page.get_by_role("button", name="Show events").is_visible()

    page.set_viewport_size({"width": 390, "height": 844})
    assert not page.get_by_role("button", name="Show events").is_visible()
    page.locator(".filter__fold > summary").click()
    assert page.get_by_role("button", name="Show events").is_visible()


def test_the_strip_is_one_stop_of_the_keyboard_with_arrows_inside(page):
    page.goto("/timeline/")
    bars = page.locator(".strip__wide .strip__years")
    bars.first.focus()

    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")

    page.wait_for_url("**/timeline/?from=2025&to=2025")
    assert page.locator("h1").inner_text() == "Timeline, 2025"


def test_on_paper_the_list_has_every_event_that_it_shows_and_nothing_to_press(page):
    page.goto(FIVE_YEARS)
    shown = keys_of(page)
    pdf = page.pdf()

    assert len(shown) == 50
    assert keys_in(pdf) >= set(shown)
    page.emulate_media(media="print")
    for control in (".view__window", ".filter__fold", ".masthead", ".view__away"):
        assert not page.locator(control).first.is_visible(), control


def test_the_printed_chronology_has_every_event_of_the_view(page):
    page.goto(FIVE_YEARS)
    page.get_by_role("link", name="Print").click()
    page.wait_for_url("**/timeline/print/**")

    assert keys_in(page.pdf()) == events_of("2009", "2013")


def test_all_of_the_record_can_be_printed(page):
    page.goto("/timeline/print/")

    assert keys_in(page.pdf()) == events_of("0001", "9999")
