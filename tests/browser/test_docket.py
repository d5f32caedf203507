"""The docket as readers have it: by keyboard, without JavaScript, on a telephone, on paper."""

import pytest

pytestmark = pytest.mark.usefixtures("us_pakistan")


def focused(page) -> str:
    """Return where the focus is: the address of the link."""
    return page.evaluate("document.activeElement.getAttribute('href') ?? ''")


def test_the_matrix_is_one_stop_of_the_keyboard_and_the_arrows_move_within(page):
    page.goto("/conditions/")
    matrix = page.locator("docket-matrix")
    assert matrix.locator('a[tabindex="0"]').count() == 1
    matrix.locator('a[tabindex="0"]').focus()
    assert focused(page) == "/conditions/symington-669/"
    page.keyboard.press("ArrowDown")
    assert focused(page) == "/conditions/glenn-670/"
    page.keyboard.press("ArrowRight")
    assert focused(page).startswith("/conditions/glenn-670/#glenn-1998")
    assert "Glenn" in page.locator("[data-said]").inner_text() and "1998" in page.locator("[data-said]").inner_text()
    page.keyboard.press("End")
    assert focused(page) == "/conditions/glenn-670/#glenn-2001-09"
    page.keyboard.press("ArrowUp")
    assert focused(page) == "/conditions/symington-669/#symington-2001-09", "the nearest in the row above"
    page.keyboard.press("Home")
    assert focused(page) == "/conditions/symington-669/"
    page.keyboard.press("Tab")
    assert not page.evaluate("document.activeElement.closest('docket-matrix')")
    page.keyboard.press("Shift+Tab")
    assert focused(page) == "/conditions/symington-669/", "one comes back to where one was"


def test_all_of_the_docket_works_without_javascript(browser, live_server):
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/conditions/")
    page.locator("#pressler .fold").click()
    assert page.url.endswith("/conditions/?open=pressler#pressler")
    assert page.locator("#pressler-no-device").is_visible()
    page.get_by_label("In force on").fill("1990-10-02")
    page.get_by_role("button", name="Show", exact=True).first.click()
    assert "on=1990-10-02" in page.url
    assert "Not certified" in page.locator("#standings tr", has_text="Pressler: yearly").inner_text()
    page.get_by_role("link", name="By programme").click()
    assert "by=programme" in page.url and page.locator(".matrix__group").count() > 10
    context.close()


def test_on_a_telephone_each_condition_is_a_strip_and_nothing_scrolls_sideways(page):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/conditions/?on=2018-02-01&open=all")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator("#pressler .strip").is_visible() and not page.locator("#pressler td").first.is_visible()
    assert "Waived 22 Sep 2001" in " ".join(page.locator("#pressler .now").inner_text().split())


def test_the_docket_is_printed_whole(page):
    page.goto("/conditions/")
    page.emulate_media(media="print")
    sheet = page.locator(".matrix__sheet").bounding_box()
    assert sheet["width"] <= page.locator("main").bounding_box()["width"]
    assert page.locator("#pressler td a").first.is_visible()
