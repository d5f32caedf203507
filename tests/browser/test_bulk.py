"""Many at once in a browser: chosen, looked at, done and taken back, by keyboard alone; for every kind of sight."""

import pytest
from django.urls import reverse

from relations.models import Plan
from relations.writing import Edit, write
from tests.browser.keyboard import Keyboard
from tests.factories import make_event
from timeline.models import Event

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def events(analyst):
    return [
        make_event(key=f"2020-visit-{n}", title=f"Visit {n}", state="draft", by=analyst, date=f"2020-0{n}")
        for n in range(1, 4)
    ]


def test_many_are_changed_and_the_change_is_taken_back_by_keyboard_alone(page, sign_in, analyst, editor, events):
    sign_in(analyst)
    keys = Keyboard(page)
    page.goto(reverse("admin:timeline_event_changelist"))
    keys.to("#action-toggle")
    page.keyboard.press("Space")
    keys.to("[name=action]", back=True)
    page.keyboard.type("Set imp")
    keys.press("[name=index]")
    page.wait_for_selector("#bulk")
    keys.type("[name=importance]", "4")
    keys.press("#bulk button")
    page.wait_for_selector("text=Nothing is written yet")
    assert page.locator("tbody ins").all_inner_texts() == ["4", "4", "4"]
    keys.type("[name=reason]", "Looked at again")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Done: what it did stands below.")
    assert set(Event.objects.values_list("importance", flat=True)) == {4}
    first = Event.objects.get(key="2020-visit-1")
    write([Edit(Event, first.pk, first.version, cells={"importance": "5"})], by=editor)
    keys.press("[value=undo]")
    page.wait_for_selector("text=It takes back")
    assert f"{editor.username}, " in page.inner_text("#content")
    keys.press("[value=apply]")
    page.wait_for_selector("text=Done: what it did stands below.")
    found = dict(Event.objects.values_list("key", "importance"))
    assert found == {"2020-visit-1": 5, "2020-visit-2": 2, "2020-visit-3": 2}


def test_a_batch_is_read_in_every_look(page, sign_in, editor, analyst, events, barriers, screenshot, look):
    width, _scheme = look
    make_event(key="2020-public", title="A public visit")
    make_event(key="2020-mine", title="My own visit", state="submitted", by=editor)
    sign_in(editor)
    page.goto(reverse("admin:timeline_event_changelist"))
    page.check("#action-toggle")
    page.select_option("[name=action]", "publish_selected")
    page.click("[name=index]")
    page.wait_for_selector(".tally")
    screenshot(page, "batch-refused")
    assert barriers(page) == []
    page.goto(reverse("admin:timeline_event_changelist"))
    page.check("#action-toggle")
    page.select_option("[name=action]", "replace_actor_of_selected")
    page.click("[name=index]")
    page.wait_for_selector("#bulk")
    screenshot(page, "bulk-asked")
    assert barriers(page) == []
    part = Event.objects.get(key="2020-visit-1").participations.get()
    page.fill("[name=actor]", part.actor.key)
    page.fill("[name=other]", Event.objects.get(key="2020-visit-2").participations.get().actor.key)
    page.click("#bulk .acts button")
    page.wait_for_selector(".tally")
    screenshot(page, "batch-preview")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert barriers(page) == []
    page.click("[value=apply]")
    page.wait_for_selector("text=Take this back")
    screenshot(page, "batch-done")
    assert barriers(page) == []
    page.goto(reverse("admin:batches"))
    screenshot(page, "batches")
    assert barriers(page) == []
    assert Plan.objects.filter(state="applied").count() == 1
