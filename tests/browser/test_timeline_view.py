"""The timeline moved by hand: mouse, wheel, fingers and keys; picture and list beside each other."""

import time

import pytest

from relations import dates
from tests.browser.test_timeline import keys_of
from timeline.models import Event

pytestmark = pytest.mark.usefixtures("us_pakistan")

FIVE_YEARS = "/timeline/?from=2009&to=2013"
LANES = "svg[data-lanes=wide]"


def asked(page) -> str:
    """Return what the address asks for."""
    return page.url.partition("?")[2]


def shown(page, query: str, title: str) -> None:
    """Wait until the page shows what its address asks for, list and all."""
    page.wait_for_url(f"**/timeline/?{query}" if query else "**/timeline/")
    page.wait_for_function("title => document.querySelector('h1').textContent === title", arg=title)


def followed(page) -> None:
    """Wait until the list has followed the window."""
    page.wait_for_function(
        """() => {
            const query = new URLSearchParams(location.search);
            const field = (name) => document.querySelector(`form.filter input[name=${name}]`);
            const isHere = (name) => (field(name)?.value ?? "") === (query.get(name) ?? "");
            return !document.querySelector(".view__events").ariaBusy && isHere("from") && isHere("to");
        }"""
    )


def middle(page, selector: str) -> tuple[float, float]:
    box = page.locator(selector).first.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page, start: tuple[float, float], by: float) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(start[0] + by, start[1], steps=6)
    page.mouse.up()


def possibly(first: str, last: str) -> list[str]:
    events = Event.objects.published().during(dates.parse(first).earliest, dates.parse(last).latest)
    return list(events.by_date().values_list("key", flat=True))


def test_the_picture_is_dragged_and_the_list_and_the_address_follow_there_and_back(page):
    page.goto(FIVE_YEARS)
    page.evaluate("window.isTheSame = true")
    box = page.locator(LANES).bounding_box()
    year = box["width"] * 1060 / 1216 / 5

    drag(page, (700, box["y"] + 60), -2 * year)

    shown(page, "from=2011&to=2015", "Timeline, 2011–2015")
    followed(page)
    assert keys_of(page) == possibly("2011", "2015")[:50]
    assert page.title().startswith("Timeline, 2011–2015")
    page.go_back()
    shown(page, "from=2009&to=2013", "Timeline, 2009–2013")
    page.go_forward()
    shown(page, "from=2011&to=2015", "Timeline, 2011–2015")
    assert page.evaluate("window.isTheSame"), "nothing was loaded anew"


def test_the_frame_on_the_strip_is_dragged_pulled_and_stepped(page):
    page.goto(FIVE_YEARS)
    year = page.locator(".strip__wide svg").bounding_box()["width"] * 1177 / 1216 / (2026 - 1947 + 1)
    x, y = middle(page, ".strip__wide .strip__frame")

    drag(page, (x, y + 40), -10 * year)
    shown(page, "from=1999&to=2003", "Timeline, 1999–2003")
    drag(page, middle(page, ".strip__wide .strip__handle >> nth=1"), 5 * year)
    shown(page, "from=1999&to=2008", "Timeline, 1999–2008")

    first = page.get_by_role("slider", name="First day in view").first
    first.focus()
    page.keyboard.press("ArrowRight")
    shown(page, "from=2000&to=2008", "Timeline, 2000–2008")
    assert first.get_attribute("aria-valuetext") == "2000"
    page.keyboard.press("0")
    shown(page, "", "Timeline")


def test_it_is_zoomed_by_wheel_keys_and_buttons_and_its_period_typed(page):
    page.goto(FIVE_YEARS)
    page.evaluate("window.isTheSame = true")
    page.mouse.move(*middle(page, LANES))

    page.mouse.wheel(0, 60)
    assert asked(page) == "from=2009&to=2013", "the wheel alone turns the page"
    page.evaluate("scrollTo(0, 0)")
    page.mouse.move(690, page.locator(LANES).bounding_box()["y"] + 60)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -150)
    page.keyboard.up("Control")
    page.wait_for_url("**/timeline/?from=2009-1*&to=2012*")
    followed(page)
    page.get_by_role("button", name="Zoom out").click()
    page.wait_for_url(lambda url: "from=2009-1" not in url)

    page.get_by_label("From", exact=True).fill("1990-10")
    page.get_by_label("to", exact=True).fill("1990")
    page.keyboard.press("Enter")
    shown(page, "from=1990-10&to=1990", "Timeline, Oct–Dec 1990")
    page.locator(f"{LANES} a[tabindex='0']").focus()
    page.keyboard.press("Shift+ArrowRight")
    page.wait_for_function("() => document.querySelector('h1').textContent !== 'Timeline, Oct–Dec 1990'")
    assert page.evaluate("document.activeElement.closest('svg[data-lanes]') !== null"), "the focus stays in the picture"
    assert page.evaluate("window.isTheSame")


def test_the_picture_is_one_stop_and_says_name_date_and_links_of_the_mark_that_has_the_focus(page):
    page.goto("/timeline/?from=2025-04&to=2025-06")
    assert page.locator(f"{LANES} a[tabindex='0']").count() == 1
    mark = page.locator(f"{LANES} a[data-event='2025-india-pakistan-ceasefire']")
    page.locator(f"{LANES} a[tabindex='0']").focus()
    for _step in range(100):
        if mark.evaluate("mark => mark === document.activeElement"):
            break
        page.keyboard.press("ArrowRight")
    else:
        raise AssertionError("no arrow key leads to it")

    said = page.locator("[data-said]")
    said.filter(has_text="links to other events").wait_for()
    assert said.inner_text().startswith("India and Pakistan stop fighting; the brokerage is disputed, 10 May")
    assert page.locator(f"{LANES} .links__link").count() >= 1
    page.keyboard.press("Enter")
    page.wait_for_url("**/events/2025-india-pakistan-ceasefire/")


def test_picture_and_list_name_each_other(page):
    page.goto("/timeline/?from=2011-05&to=2011-12")
    key = page.locator(f"{LANES} a[data-event]").first.get_attribute("data-event")
    row, mark = page.locator(f".events > [id='{key}']"), page.locator(f"{LANES} a[data-event='{key}']")

    def linked(element):
        return "is-linked" in (element.get_attribute("class") or "").split()

    page.locator(f"{LANES} a[data-event='{key}'] > [transform]").hover()
    assert linked(row) and linked(mark)
    row.locator("a").first.focus()
    assert linked(mark)
    page.locator("h1").hover()
    page.evaluate("document.activeElement.blur()")
    assert not linked(mark) and not linked(row)


def test_who_asked_for_no_motion_gets_none(page):
    page.emulate_media(reduced_motion="reduce")
    page.goto(FIVE_YEARS)
    page.get_by_role("link", name="Later 2014").click()
    shown(page, "from=2014&to=2018", "Timeline, 2014–2018")
    assert page.evaluate("document.getAnimations().length") == 0


@pytest.mark.prove
def test_every_view_reached_by_hand_is_the_view_of_its_address(page):
    page.goto(FIVE_YEARS)
    read = """() => [".view__window", "[data-part=lanes] table", ".view__events", ".view__away", "form.filter"].map(
        (selector) => document.querySelector(selector).textContent.replace(/\\s+/g, " "))"""
    for step in ("Shift+ArrowRight", "+", "+", "-", "Shift+ArrowLeft", "-", "-", "-"):
        before = page.url
        page.locator(f"{LANES} a[tabindex='0']").focus()
        page.keyboard.press(step)
        page.wait_for_url(lambda url, before=before: url != before)
        followed(page)
        page.wait_for_timeout(1500)
        by_hand = page.evaluate(read)
        other = page.context.new_page()
        other.goto(page.url)
        assert other.evaluate(read) == by_hand, page.url
        other.close()


@pytest.mark.prove
def test_ten_seconds_of_panning_and_zooming_never_hold_up_the_reader(page):
    page.goto("/timeline/?from=1995&to=2012")
    page.wait_for_timeout(2000)
    page.evaluate(
        """() => { window.held = [];
        new PerformanceObserver((list) => held.push(...list.getEntries().map((entry) => Math.round(entry.duration))))
            .observe({ type: "longtask" }); }"""
    )
    box = page.locator(LANES).bounding_box()
    end, way = time.monotonic() + 10, 1
    while time.monotonic() < end:
        page.mouse.move(700, box["y"] + 60)
        page.mouse.down()
        page.mouse.move(700 + way * 250, box["y"] + 60, steps=20)
        page.mouse.up()
        page.keyboard.down("Control")
        page.mouse.wheel(0, way * 90)
        page.keyboard.up("Control")
        page.wait_for_timeout(300)
        way = -way
    page.wait_for_timeout(3000)
    assert [held for held in page.evaluate("held") if held > 50] == []


@pytest.fixture
def telephone(browser, live_server):
    context = browser.new_context(
        base_url=live_server.url, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    context.set_default_timeout(30_000)
    yield context.new_page()
    context.close()


def touch(page, kind: str, *points: tuple[float, float]) -> None:
    session = page.context.new_cdp_session(page)
    at = [{"x": x, "y": y, "id": n} for n, (x, y) in enumerate(points)]
    session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})
    session.detach()


@pytest.mark.prove
def test_fingers_move_and_zoom_it_on_a_telephone(telephone):
    page = telephone
    page.goto(FIVE_YEARS)
    page.locator("svg[data-lanes=narrow]").scroll_into_view_if_needed()
    page.evaluate("document.querySelector('svg[data-lanes=narrow]').scrollIntoView()")
    y = 200
    touch(page, "touchStart", (300, y))
    for x in range(290, 150, -10):
        touch(page, "touchMove", (x, y))
    touch(page, "touchEnd")
    shown(page, "from=2011&to=2015", "Timeline, 2011–2015")
    touch(page, "touchStart", (150, y), (250, y))
    for step in range(1, 8):
        touch(page, "touchMove", (150 - 10 * step, y), (250 + 10 * step, y))
    touch(page, "touchEnd")
    page.wait_for_url(lambda url: "from=2012" in url)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.prove
def test_axe_finds_nothing_in_any_state(look, page, barriers, screenshot):
    for name, address in {
        "timeline-window": FIVE_YEARS,
        "timeline-day": "/timeline/?from=2011-05-02&to=2011-05-02",
        "timeline-empty": "/timeline/?q=nothinglikethis",
        "timeline-theme": "/timeline/?lanes=theme&from=1998&to=2001",
        "timeline-before": "/timeline/before/?of=withheld",
        "timeline-embed": "/timeline/embed/?from=2009&to=2013",
        "embed": "/embed/timeline/?from=2009&to=2013",
        "chain": "/events/2025-india-pakistan-ceasefire/chain/",
        "timeline-print": "/timeline/print/?from=2009&to=2013",
    }.items():
        page.goto(address)
        if "timeline-" in name and page.locator("timeline-view svg[data-lanes] a[data-event]").count():
            page.locator("svg[data-lanes]:visible a[data-event]").first.focus()
            page.wait_for_timeout(500)
        screenshot(page, name)
        assert barriers(page) == [], address
