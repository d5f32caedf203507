"""A foreign spreadsheet in a browser, by keyboard alone: mapped, its values given codes, saved by name, previewed."""

import pytest
from django.urls import reverse

from relations.models import Profile
from tests.browser.keyboard import Keyboard

pytestmark = pytest.mark.usefixtures("db")

FOREIGN = (
    b"When,Headline,Details,Town,Land,Deaths\n"
    b"14.5.2021,They meet,Talks.,Eastport,Pakistan,3\n"
    b"15.5.2021,They part,No more talks.,Westport,Hindustan,\n"
)


def test_a_foreign_sheet_is_mapped_saved_and_previewed(page, sign_in, analyst, barriers, screenshot):
    sign_in(analyst)
    page.goto(reverse("admin:profiles"))
    assert barriers(page) == []
    keys = Keyboard(page)
    keys.to("[name=file]")
    page.set_input_files("[name=file]", {"name": "incidents.csv", "mimeType": "text/csv", "buffer": FOREIGN})
    keys.press("#map button[value=map]")
    page.wait_for_selector("#mapping")
    assert page.input_value("[name='text.date']") == "{When}"
    assert page.input_value("[name='dates.date']") == "D.M.YYYY"
    keys.type("[name='text.kind']", "consult")
    keys.type("[name='text.themes']", "Talks")
    keys.to("[name='make.themes']")
    page.keyboard.press("Space")
    keys.type("[name='part.0.text']", "Aland")
    keys.to("[name='part.0.kind']")
    page.keyboard.type("state")
    keys.type("[name='cite.source']", "Herald")
    keys.type("[name='cite.title']", "The Herald")
    keys.type("[name='cite.url']", "https://herald.example/")
    keys.to("[name='cite.kind']")
    page.keyboard.type("news")
    keys.press("#mapping button[value=show]")
    page.wait_for_selector("#unmapped")
    screenshot(page, "map")
    assert barriers(page) == []
    keys.type("[name='unmapped.0.code']", "IN")
    keys.type("[name=name]", "Incidents of the ministry")
    keys.press("#mapping button[value=save]")
    page.wait_for_selector("text=is saved")
    assert Profile.objects.get().document["fields"]["country"]["codes"] == {"Hindustan": "IN"}
    keys.press("#mapping button[value=show]")
    page.wait_for_selector(".tally")
    assert page.inner_text(".tally__item--new b") == "5"
    assert "They meet" in page.inner_text("#content")
