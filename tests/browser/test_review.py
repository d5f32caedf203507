"""Review in a browser: by keyboard alone, in few keystrokes, without script, for every kind of sight."""

import pytest
from django.urls import reverse

from relations import commenting, publishing
from relations.models import Plan, State
from relations.writing import Edit, write
from tests.browser.test_entry import Keys
from tests.factories import make_event, make_source
from timeline.models import Event

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def keys(page):
    return Keys(page)


def address(record, page="review", *args) -> str:
    return reverse(f"admin:{record._meta.app_label}_{record._meta.model_name}_{page}", args=[record.pk, *args])


def focused(page) -> str:
    """The words of what is focused."""
    return page.evaluate("(document.activeElement.innerText || document.activeElement.value || '').trim()")


def tab_to(keys, words: str, *, most: int = 40) -> None:
    """Press the tabulator until something of these words is focused."""
    for _stroke in range(most):
        keys.press("Tab")
        if focused(keys.page) == words:
            return
    raise AssertionError(f"“{words}” is not among the next {most} stops; last was “{focused(keys.page)}”")


def to_content(keys) -> None:
    """Leave the header by the link that is there for it."""
    tab_to(keys, "Skip to main content", most=2)
    keys.press("Enter")


def frame_of(page):
    page.wait_for_selector("iframe.review__frame")
    return page.frame_locator("iframe.review__frame")


@pytest.fixture
def submitted(analyst):
    """An event that waits for review, with a new source, and a proposal that waits after it."""
    source = make_source(state="draft", by=analyst, key="dawn", title="Talks resume", publisher="Dawn", reliability="b")
    quotation = "Both sides agreed to meet again."
    cited = {"source": source.key, "field": "summary", "locator": "p. 3", "quotation": quotation, "credibility": "2"}
    event = make_event(state="submitted", by=analyst, title="Second round of talks", citations=[cited])
    public = make_event(title="First round of talks", place="Kabul")
    edit = Edit(Event, pk=public.pk, seen=1, cells={"place": "Doha"})
    publishing.propose([edit], by=analyst, change="correction", reason="The source says so.")
    return event


def test_a_review_and_a_publication_take_a_few_keystrokes(page, keys, sign_in, editor, submitted):
    sign_in(editor)
    page.goto(reverse("admin:index"))
    to_content(keys)
    tab_to(keys, "Second round of talks", most=3)
    keys.press("Enter")
    page.wait_for_url(f"**{address(submitted)}")
    shown = frame_of(page)
    assert shown.locator("h1").inner_text() == "Second round of talks"
    assert "As the public would see it" in shown.locator(".ribbon").inner_text()
    beside = page.inner_text(".claimed")
    for words in (
        "Talks resume",
        "p. 3",
        "Both sides agreed to meet again.",
        "B, usually reliable",
        "2, probably true",
    ):
        assert words in beside
    keys.press("Control+Enter")
    page.wait_for_url("**/admin/relations/plan/*/change/")
    assert keys.strokes <= 8
    submitted.refresh_from_db()
    assert (submitted.state, submitted.citations.get().source.state) == (State.PUBLISHED, State.PUBLISHED)
    # The next follows; it is marked in place.
    shown = frame_of(page)
    assert (shown.locator("del").first.inner_text(), shown.locator("ins").first.inner_text()) == ("Kabul", "Doha")
    keys.press("Control+Enter")
    page.wait_for_selector("text=Nothing more waits for you.")
    assert Plan.objects.get().state == Plan.State.APPLIED


def test_what_is_returned_is_mended_and_reviewed_again_by_keyboard_alone(
    page, keys, sign_in, analyst, editor, submitted
):
    Plan.objects.all().delete()
    sign_in(editor)
    page.goto(address(submitted))
    to_content(keys)
    tab_to(keys, "Publish", most=5)
    keys.press("Tab")
    keys.type("Which day?")
    keys.press("Control+Enter")
    page.wait_for_selector("text=Nothing more waits for you.")
    page.context.clear_cookies()
    sign_in(analyst)
    page.goto(reverse("admin:index"))
    assert "Which day?" in page.inner_text(".next")
    to_content(keys)
    tab_to(keys, "Second round of talks", most=3)
    keys.press("Enter")
    page.wait_for_selector("text=Which day?")
    page.focus("[name=summary]")
    keys.press("End")
    keys.type(" On Monday.")
    keys.press("Control+s")
    page.wait_for_selector("text=saved as version")
    page.focus("#publish ~ .acts button:not([disabled])")
    assert focused(page) == "Ask for review"
    keys.press("Enter")
    page.wait_for_selector("text=waits for review")
    page.context.clear_cookies()
    sign_in(editor)
    page.goto(address(submitted))
    assert frame_of(page).locator("ins").first.inner_text() == "On Monday."
    assert "Which day?" in page.inner_text(".comments")


def test_a_conflict_of_two_people_is_solved_by_keyboard_alone(page, keys, sign_in, analyst, editor, complaints):
    event = make_event(state="draft", by=analyst, title="Talks", place="Islamabad")
    sign_in(analyst)
    page.goto(address(event, "change"))
    write([Edit(Event, pk=event.pk, seen=1, cells={"title": "Their title", "importance": "5"})], by=editor)
    page.fill("[name=title]", "My title")
    page.fill("[name=place]", "Rawalpindi")
    keys.press("Control+Enter")
    page.wait_for_selector(".conflict")
    complaints.clear()  # the answer is 409
    keys.press("Control+Enter")
    page.wait_for_selector("text=choose theirs or yours")
    for _stroke in range(60):
        keys.press("Tab")
        if keys.at == "take-0" and page.evaluate("document.activeElement.type") == "radio":
            break
    assert page.get_attribute("[role=radiogroup]:has([name=take-0])", "aria-labelledby") == "take-0-of"
    keys.press("Space")  # theirs
    tab_to(keys, "Save with these choices", most=6)
    keys.press("Enter")
    page.wait_for_selector("text=saved as version 3")
    event.refresh_from_db()
    assert (event.title, event.place, event.importance) == ("Their title", "Rawalpindi", 5)


def test_a_review_works_without_script(browser, live_server, context, sign_in, editor, submitted):
    sign_in(editor)
    plain = browser.new_context(
        base_url=live_server.url, java_script_enabled=False, storage_state=context.storage_state()
    )
    page = plain.new_page()
    page.goto(address(submitted))
    assert page.frame_locator("iframe.review__frame").locator("h1").inner_text() == "Second round of talks"
    page.click("button[value=publish]")
    page.fill("[name=comment]", "Says who?")
    page.click("button[value=refuse]")
    assert "Nothing more waits for you." in page.inner_text(".messagelist")
    submitted.refresh_from_db()
    assert (submitted.state, Plan.objects.get().comment) == (State.PUBLISHED, "Says who?")
    plain.close()


@pytest.fixture
def pages(analyst, editor, submitted):
    """Addresses of what is read before something is decided."""
    other = make_event(state="draft", by=analyst, title="A draft")
    write([Edit(Event, pk=other.pk, seen=1, cells={"title": "A longer draft"})], by=analyst)
    for text in ("Is this the day?", "Which page?"):
        last = commenting.comment([submitted], text, by=editor)[0]
    commenting.finish(last, by=editor)
    return {
        "review": address(submitted),
        "preview": address(other),
        "proposal": Plan.objects.get().get_absolute_url(),
        "history": address(other, "history"),
        "compare": f"{address(other, 'compare')}?from=1&to=2",
        "restore": address(other, "restore", 1),
        "what rests on it": address(submitted.citations.get().source, "impact"),
        "comments": reverse("admin:relations_comment_changelist") + "?state=all",
        "form": address(submitted, "change"),
    }


def test_no_page_of_a_review_has_a_barrier_and_its_frame_is_as_high_as_its_page(
    page, sign_in, editor, pages, barriers, look
):
    sign_in(editor)
    width, _scheme = look
    found = []
    for name, url in pages.items():
        page.goto(url, wait_until="load")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        if frame := page.query_selector("iframe.review__frame"):
            page.wait_for_timeout(100)
            inside = frame.content_frame()
            missing = inside.evaluate("document.documentElement.scrollHeight - innerHeight")
            assert missing <= 2, f"{name}: {missing} px of the page are hidden in its frame"
            assert inside.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, name
        found += [f"{name}: {barrier}" for barrier in barriers(page)]
    assert found == []
