"""Entering records in a browser: by keyboard alone and in few keystrokes, and nothing typed is lost."""

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse

from relations.models import Source
from relations.writing import Edit, write
from tests.factories import make_actor, make_event, make_source, make_theme
from timeline.models import Event

pytestmark = pytest.mark.usefixtures("db")

ADD = "admin:timeline_event_add"


class Keys:
    """A keyboard that counts: each letter and each key, with whatever is held down, is one stroke."""

    def __init__(self, page):
        self.page, self.strokes = page, 0

    def type(self, text: str) -> None:
        self.strokes += len(text)
        self.page.keyboard.type(text)

    def press(self, *names: str) -> None:
        for name in names:
            self.strokes += 1
            self.page.keyboard.press(name)

    def paste(self, text: str) -> None:
        self.strokes += 1
        self.page.keyboard.insert_text(text)

    @property
    def at(self) -> str:
        """The name of the field that is typed into."""
        return self.page.evaluate("document.activeElement.name")


@pytest.fixture
def keys(page):
    return Keys(page)


@pytest.fixture
def known(analyst):
    """What the desk has before the first event is entered: an event at a place, two actors, a theme and a source."""
    make_theme(key="diplomacy", name="Diplomacy")
    make_actor(key="munir", name="Syed Asim Munir", short_name="Munir", aliases="The field marshal")
    make_actor(key="us-state-department", name="United States Department of State", short_name="State Department")
    make_source(
        key="dawn-visit", title="Field marshal in Washington", publisher="Dawn", url="https://dawn.example/visit"
    )
    make_event(
        key="2019-washington",
        title="An earlier visit",
        date="2019-07-22",
        place="Washington, DC",
        country="US",
        latitude="38.9072",
        longitude="-77.0369",
        place_precision="city",
    )


def kept(page) -> str:
    """Return what the browser keeps of what was typed, as text."""
    return page.evaluate("JSON.stringify(Object.entries(localStorage))")


def wait_until_kept(page, words: str) -> None:
    # The policy forbids Playwright's own waiting, which evaluates a text within the page.
    for _moment in range(100):
        if words in kept(page):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"“{words}” is not kept: {kept(page)}")


def test_an_event_with_two_actors_and_three_citations_takes_few_keystrokes(page, keys, sign_in, analyst, known):
    sign_in(analyst)
    page.goto(reverse(ADD))
    assert keys.at == "title"
    keys.type("Munir visits Washington")
    keys.press("Tab")
    keys.type("2021-08~")
    page.wait_for_selector("edtf-input output >> text=between 1 and 31 August 2021, approximate")
    keys.press("Tab")
    keys.type("talks")
    keys.press("Tab")
    assert page.input_value("[name=kind]") == "consult"
    keys.type("4")
    keys.press("Tab")
    keys.type("wash")
    page.wait_for_selector(".offers:not([hidden]) >> text=Washington, DC")
    keys.press("ArrowDown", "Enter", "Tab")
    keys.type("They met.")
    keys.press("Tab")
    keys.type("diplo")
    keys.press("Alt+PageDown", "Alt+PageDown", "Alt+PageDown")
    assert keys.at == "participations-0-actor"
    keys.type("field mar")
    keys.press("Tab")
    keys.type("source")
    keys.press("Enter")
    keys.type("state dep")
    keys.press("Tab")
    keys.type("host")
    keys.press("Enter", "Enter")
    assert keys.at == "citations-0-field"
    keys.press("Tab")
    keys.paste("https://www.dawn.example/visit/?utm_source=mail")
    page.wait_for_selector(".offers:not([hidden]) >> text=Field marshal in Washington")
    keys.press("Tab")
    keys.type("para 1")
    keys.press("Enter")
    keys.type("date")
    keys.press("Tab")
    keys.press("ArrowDown", "Tab")
    keys.type("para 3")
    keys.press("Enter", "Tab")
    keys.paste("https://www.state.example/2021/08/14/readout-of-the-meeting-with-munir/")
    page.wait_for_selector(".offers:not([hidden]) >> text=A new source: state.example")
    keys.press("Tab")
    page.wait_for_selector("#id_citations-2-new_title")
    assert page.input_value("[name=citations-2-new_title]") == "Readout of the meeting with munir"
    assert page.input_value("[name=key]") == "2021-munir-visits-washington"
    keys.press("Control+Enter")
    page.wait_for_url("**/admin/timeline/event/")
    event = Event.objects.get(key="2021-munir-visits-washington")
    assert (event.state, event.kind, event.importance, event.date) == ("draft", "consult", 4, "2021-08~")
    assert (event.place, event.country, str(event.latitude), event.place_precision) == (
        "Washington, DC",
        "US",
        "38.9072",
        "city",
    )
    assert [(item.actor.key, item.role) for item in event.participations.all()] == [
        ("munir", "source"),
        ("us-state-department", "host"),
    ]
    made = Source.objects.get(url="https://www.state.example/2021/08/14/readout-of-the-meeting-with-munir/")
    assert (made.state, made.publisher, made.published, made.kind) == ("draft", "state.example", "2021-08-14", "news")
    assert {(item.field, item.source.key, item.locator) for item in event.citations.all()} == {
        ("", "dawn-visit", "para 1"),
        ("date", "dawn-visit", "para 3"),
        ("", made.key, ""),
    }
    print(f"An event with two actors and three citations: {keys.strokes} keystrokes")
    assert keys.strokes <= 130


def test_what_was_typed_survives_a_closed_tab_and_an_expired_sign_in(page, context, keys, sign_in, analyst):
    make_actor(key="munir", name="Syed Asim Munir", short_name="Munir")
    sign_in(analyst)
    page.goto(reverse(ADD))
    keys.type("A title that took long")
    page.fill("[name=participations-0-actor]", "Munir")
    for place in (1, 2):
        page.click("text=+ Add a participant")
        keys.type(f"Actor {place}")
    wait_until_kept(page, "Actor 2")
    page.close()

    page = context.new_page()
    page.goto(reverse(ADD))
    assert "You typed this at" in page.inner_text(".kept")
    assert page.input_value("[name=title]") == ""  # never unasked
    page.focus(".kept button")
    page.keyboard.press("Enter")
    assert page.input_value("[name=title]") == "A title that took long"
    assert page.input_value("[name=participations-2-actor]") == "Actor 2"

    Session.objects.all().delete()
    page.click("[name=_save]")
    page.wait_for_url("**/admin/login/**")
    sign_in(analyst)
    page.goto(reverse(ADD))
    page.click("text=Take it up")
    assert page.input_value("[name=title]") == "A title that took long"
    page.click("text=Log out")
    page.wait_for_selector("text=Logged out")
    assert kept(page) == "[]"


def test_what_was_typed_is_forgotten_once_it_is_saved_and_tells_when_the_record_has_changed(
    page, keys, sign_in, analyst, editor, complaints
):
    event = make_event(state="draft", by=analyst, title="Before")
    sign_in(analyst)
    url = reverse("admin:timeline_event_change", args=[event.pk])
    page.goto(url)
    page.fill("[name=title]", "Saved at once")
    page.click("[name=_continue]")
    page.wait_for_selector("text=saved as version 2")
    assert kept(page) == "[]"
    page.fill("[name=title]", "Typed and left")
    wait_until_kept(page, "Typed and left")
    page.goto(reverse("admin:index"))
    write([Edit(Event, pk=event.pk, seen=2, cells={"importance": "5"})], by=editor)
    page.goto(url)
    assert "it was version 2, now it is 3" in page.inner_text(".kept")
    page.click("text=Take it up")
    page.click("[name=_continue]")
    page.wait_for_selector(".conflict")
    assert "editor saved version 3" in page.inner_text(".conflict")
    assert page.input_value("[name=title]") == "Typed and left"
    assert page.input_value("[name=importance]") == "5"
    page.click("[name=_continue]")
    page.wait_for_selector("text=saved as version 4")
    complaints.clear()  # of the 409
    page.fill("[name=title]", "Thrown away")
    wait_until_kept(page, "Thrown away")
    page.goto(url)
    page.click("text=Discard")
    assert page.is_hidden(".kept")
    assert kept(page) == "[]"


def test_a_likely_double_is_named_while_one_types_and_stops_nothing(page, keys, sign_in, analyst, known):
    sign_in(analyst)
    page.goto(reverse(ADD))
    keys.type("The earlier visit")
    keys.press("Tab")
    keys.type("2019-07-21")
    page.fill("[name=participations-0-actor]", Event.objects.get().participations.get().actor.key)
    page.wait_for_selector(".doubles >> text=An earlier visit")
    page.fill("[name=date]", "2018-07-21")
    page.wait_for_selector(".doubles", state="hidden")


def test_the_next_one_like_it_begins_with_what_one_keeps(page, keys, sign_in, analyst, known):
    event = Event.objects.get()
    draft = make_event(
        state="draft",
        by=analyst,
        title="First",
        place="Islamabad",
        actors="munir:source",
        themes="diplomacy",
        citations=[{"source": "dawn-visit", "locator": "p. 3"}],
    )
    sign_in(analyst)
    page.goto(reverse("admin:timeline_event_change", args=[draft.pk]))
    keys.press("Control+Shift+Enter")
    page.wait_for_url("**/add/?like=*")
    assert keys.at == "title"
    assert page.input_value("[name=title]") == page.input_value("[name=summary]") == ""
    assert page.input_value("[name=key]") == page.input_value("[name=kind]") == ""
    assert page.input_value("[name=date]") == draft.date
    assert page.input_value("[name=place]") == "Islamabad"
    assert page.input_value("[name=themes] >> nth=0") == "Diplomacy [diplomacy]"
    assert page.input_value("[name=participations-0-actor]") == "Munir [munir]"
    assert page.input_value("[name=participations-0-role]") == "source"
    assert "[dawn-visit]" in page.input_value("[name=citations-0-source]")
    assert page.input_value("[name=citations-0-locator]") == ""
    assert event.pk != draft.pk


def test_the_keys_are_listed_under_a_question_mark_and_leave_typing_alone(page, keys, sign_in, analyst):
    sign_in(analyst)
    page.goto(reverse(ADD))
    keys.type("Why?")
    assert page.input_value("[name=title]") == "Why?"
    assert page.is_hidden("#shortcuts")
    keys.press("Control+?")
    assert "To the next section" in page.inner_text("#shortcuts")
    keys.press("Escape")
    assert page.is_hidden("#shortcuts")
    page.focus("text=What belongs in")
    keys.press("?")
    assert page.is_visible("#shortcuts")
    keys.press("Escape")
    page.focus("[name=title]")
    keys.press("Alt+PageDown")
    assert keys.at == "country"  # the section was shut
    keys.press("Alt+PageUp")
    assert keys.at == "title"
    keys.press("Alt+Enter")
    assert keys.at == "participations-0-actor"


def test_no_page_of_entry_has_a_barrier(page, sign_in, analyst, known, barriers, look, screenshot):
    sign_in(analyst)
    page.goto(reverse(ADD))
    page.fill("[name=title]", "The earlier visit")
    page.fill("[name=date]", "2019-07-21")
    page.fill("[name=participations-0-actor]", Event.objects.get().participations.get().actor.key)
    page.wait_for_selector(".doubles >> text=An earlier visit")
    page.fill("[name=citations-0-source]", "https://news.example/2021/08/15/kabul-has-fallen")
    page.focus("[name=citations-0-source]")
    page.keyboard.press("ArrowDown")
    page.wait_for_selector(".offers:not([hidden]) >> text=A new source")
    page.keyboard.press("Enter")
    found = barriers(page)
    screenshot(page, "desk-entry")
    page.goto(reverse(ADD))
    page.wait_for_selector(".kept")
    page.keyboard.press("Control+?")
    found += barriers(page)
    screenshot(page, "desk-keys")
    page.goto(reverse("admin:help", args=["events"]))
    found += barriers(page)
    screenshot(page, "desk-help")
    assert found == []
