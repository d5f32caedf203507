"""Merging in a browser: two actors become one, agreed to by a second person, and two again, by keyboard alone."""

import pytest
from django.urls import reverse

from relations.models import Actor, Plan
from tests.browser.keyboard import Keyboard
from tests.factories import make_actor, make_event

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def doubles():
    kept = make_actor(key="isi", name="Inter-Services Intelligence", country="PK", description="The service.")
    double = make_actor(key="isi-directorate", name="ISI Directorate", short_name="ISI", description="A directorate.")
    make_event(key="2020-visit", title="A visit", actors="isi-directorate:source")
    return kept, double


def agree(page, keys, sign_in, person) -> None:
    sign_in(person)
    page.goto(Plan.objects.get(kind="proposal", state="waiting").get_absolute_url())
    keys.press("[value=agree]")
    page.wait_for_selector(".messagelist")


def test_two_actors_are_merged_and_taken_back_by_keyboard_alone(page, sign_in, analyst, editor, doubles, barriers):
    sign_in(analyst)
    keys = Keyboard(page)
    page.goto(reverse("admin:merge", args=["relations.actor", doubles[0].pk]))
    keys.type("[name=with]", "isi-directorate")
    keys.press("#other button")
    page.wait_for_selector("#join")
    assert barriers(page) == []
    keys.to("[name=choice-description]:checked")
    page.keyboard.press("ArrowRight")
    keys.press("#join .acts button")
    page.wait_for_selector("text=Nothing is written yet")
    assert "2020-visit" in page.inner_text("#content")
    keys.press("[value=apply]")
    page.wait_for_selector("text=Its changes of published records are one proposal: waiting")
    batch = page.url
    agree(page, keys, sign_in, editor)
    page.goto("/actors/isi-directorate/")
    assert page.url.endswith("/actors/isi/")
    assert "A directorate." in page.inner_text("main")
    page.goto("/events/2020-visit/")
    assert page.locator("main a[href='/actors/isi/']").count()
    assert Actor.objects.get(key="isi").aliases == "ISI Directorate"
    sign_in(analyst)
    page.goto(batch)
    keys.press("[value=undo]")
    page.wait_for_selector("text=It takes back")
    keys.press("[value=apply]")
    page.wait_for_selector("text=waiting")
    agree(page, keys, sign_in, editor)
    page.goto("/actors/isi-directorate/")
    assert page.url.endswith("/actors/isi-directorate/")
    assert Actor.objects.get(key="isi").aliases == ""
