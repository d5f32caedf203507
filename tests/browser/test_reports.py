"""An error from the reader who reports it to the correction that thanks them: by keyboard, and without script."""

from django.urls import reverse

from relations.models import Plan, Report
from tests.factories import make_event


def tab_to(page, selector: str) -> None:
    """Go on by Tab to an element."""
    for _ in range(200):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"no Tab leads to {selector} on {page.url}")


def test_an_error_is_reported_proposed_agreed_to_and_thanked(
    page, browser, live_server, sign_in, analyst, editor, barriers
):
    event = make_event(key="2021-visit", title="A visit", date="2021-05-05")
    plain = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    reader = plain.new_page()
    reader.goto(event.get_absolute_url())
    tab_to(reader, "a[href$='/report/']")
    reader.keyboard.press("Enter")
    reader.wait_for_url("**/report/")
    tab_to(reader, "[name=field]")
    reader.keyboard.type("Date")
    tab_to(reader, "[name=right]")
    reader.keyboard.type("It was on 4 May.")
    reader.keyboard.press("Tab")
    reader.keyboard.type("Dawn, 5 May 2021, p. 1")
    reader.keyboard.press("Tab")
    reader.keyboard.type("Ayesha Q.")
    reader.keyboard.press("Tab")  # to the address, which stays empty
    reader.keyboard.press("Tab")  # past what only robots fill in
    assert reader.evaluate("document.activeElement.type") == "submit"
    reader.keyboard.press("Enter")
    reader.wait_for_selector("text=Thank you")
    assert plain.cookies() == []
    report = Report.objects.get()
    assert (report.field, report.right, report.credit) == ("date", "It was on 4 May.", "Ayesha Q.")
    plain.close()

    sign_in(analyst)
    page.goto(reverse("admin:relations_report_changelist"))
    assert barriers(page) == []
    tab_to(page, "#result_list a")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=What the reader says")
    assert barriers(page) == []
    tab_to(page, "a.button[href*='?report=']")
    page.keyboard.press("Enter")
    page.wait_for_selector("[name=reason]")
    assert barriers(page) == []
    assert "It was on 4 May." in page.input_value("[name=reason]")
    tab_to(page, "[name=date]")
    page.keyboard.press("Control+A")
    page.keyboard.type("2021-05-04")
    with page.expect_navigation():
        page.keyboard.press("Enter")

    plan = Plan.objects.get()
    sign_in(editor)
    page.goto(plan.get_absolute_url())
    assert "Reported by a reader" in page.inner_text("aside")
    assert barriers(page) == []
    tab_to(page, "button[value=agree]")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.goto(reverse("timeline:corrections"))
    assert "Reported by Ayesha Q." in page.inner_text(".corrections")
    report.refresh_from_db()
    assert report.state == "answered"


def test_the_form_has_no_barrier_and_says_what_is_wrong_at_its_field(page, db, look, barriers):
    event = make_event(key="2021-visit", title="A visit")
    page.goto(reverse("timeline:event-report", args=[event.key]))
    assert barriers(page) == []
    page.fill("[name=right]", " ")
    page.fill("[name=email]", "reader@example")
    page.evaluate("document.querySelector('form.report').noValidate = true")
    page.click("form.report button")
    page.wait_for_selector("text=Nothing was sent yet")
    assert page.get_attribute("[name=right]", "aria-describedby") == "right-error right-help"
    assert barriers(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
