"""The first page, its lists, and lists as people arrange them: by keyboard alone and for every kind of sight."""

import pytest
from django.urls import reverse

from relations import commenting, publishing
from relations.admin import waiting
from relations.models import WorkList
from tests.browser.keyboard import Keyboard
from tests.factories import content_type, make_benchmark, make_event, make_source
from timeline.models import Event

pytestmark = pytest.mark.usefixtures("db")

EVENTS = "admin:timeline_event_changelist"


@pytest.fixture
def work(analyst, editor):
    """Something in most lists of the desk."""
    returned = make_event(state="submitted", by=analyst, title="The House committee hears witnesses on the sale")
    publishing.send_back([returned], by=editor, reason="Give a second source for the date, and say who spoke.")
    commenting.comment([make_event(state="draft", by=analyst)], "Is this the same as the talks of May?", by=editor)
    make_event(state="submitted", by=editor, title="Trade talks resume")
    cited = [{"source": make_source().key, "field": "summary"}]
    submitted = make_event(state="submitted", by=analyst, title="Foreign secretaries meet", citations=cited)
    publishing.publish([submitted], by=editor)
    make_benchmark(title="Gas tariffs", deadline="2026-06-15")
    WorkList.objects.create(name="Of weight", query="importance__exact=5", content_type=content_type(Event))


def test_no_list_of_the_desk_has_a_barrier_or_is_cut(
    page, sign_in, administrator, work, barriers, screenshot, look, share
):
    sign_in(administrator)
    width, _scheme = look
    pages = {item.name: item.url for item in waiting.LISTS.values()}
    pages |= {
        "first-page": reverse("admin:index"),
        "work-lists": reverse("admin:work-lists"),
        "arranged": f"{reverse(EVENTS)}?sort=-importance&sort=date_phrase",
    }
    found, wide = [], {}
    for name, url in share(pages.items()):
        page.goto(url)
        page.evaluate("document.querySelectorAll('.arrange__form').forEach(it => it.open = true)")
        screenshot(page, f"desk-{name}")
        if (needed := page.evaluate("document.documentElement.scrollWidth")) > width:
            wide[name] = needed
        found += [f"{name}: {barrier}" for barrier in barriers(page)]
    assert (found, wide) == ([], {})


def test_the_first_page_leads_to_what_is_next_by_two_keys(page, sign_in, analyst, work):
    sign_in(analyst)
    page.goto(reverse("admin:index"))
    assert "second source" in page.inner_text(".next")
    Keyboard(page).press(".next__what a")
    page.wait_for_url("**/change/")
    assert page.input_value("[name=title]") == "The House committee hears witnesses on the sale"


def test_a_list_is_sorted_given_columns_and_saved_by_keyboard_alone(page, sign_in, analyst):
    make_event(title="Of weight", importance="5", place="Islamabad")
    make_event(title="Of less", importance="2")
    sign_in(analyst)
    page.goto(reverse(EVENTS))
    keys = Keyboard(page)
    keys.press(".arrange__form:nth-of-type(1) summary")
    keys.type("#sort-1", "Importance, f")
    keys.press(".arrange__form:nth-of-type(1) button")
    page.wait_for_selector(".arrange__now")
    assert "Sorted by importance, falling." in page.inner_text(".arrange__now")
    keys.press(".arrange__form:nth-of-type(2) summary")
    keys.to("[name=column][value=place]")
    page.keyboard.press("Space")
    keys.press(".arrange__form:nth-of-type(2) button")
    page.wait_for_selector("td.field-place")
    keys.press(".arrange__form:nth-of-type(3) summary")
    keys.type("#list-name", "By weight")
    page.keyboard.press("Enter")
    page.wait_for_selector(".messagelist >> text=By weight")
    page.goto(reverse("admin:index"))
    address = reverse("admin:work-list", args=[WorkList.objects.get().pk])
    keys.press(f"a[href='{address}']")
    page.wait_for_selector("#result_list")
    assert page.inner_text("#result_list tbody tr:first-child th") == "Of weight"
