"""The import in a browser: its pages by keyboard alone, for every kind of sight, wide and narrow."""

import csv
import io

import pytest
from django.urls import reverse

from relations import importing
from relations.writing import Edit, write
from tests.browser.keyboard import Keyboard
from tests.factories import make_event
from timeline.models import Event

pytestmark = pytest.mark.usefixtures("db", "us_pakistan")


def events_file(**changes) -> bytes:
    """A file of events of the data set, some of them changed: {key: cells}; a new key is a new row."""
    columns = ["key", "title", "date", "kind", "importance", "place", "country", "summary", "actors", "themes"]
    resource = importing.resource_of(Event)
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, columns, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    for event in resource.with_relations(Event.objects.order_by("-earliest", "-key")[:12]):
        writer.writerow(resource.export_cells(event) | changes.pop(event.key, {}))
    for key, cells in changes.items():
        stored = resource.with_relations(Event.objects.filter(key=key)).first()
        writer.writerow((resource.export_cells(stored) if stored else {"key": key}) | cells)
    return buffer.getvalue().encode()


NEW = {
    "2026-barrick-letter": ("Barrick writes that it stays committed to Reko Diq", "2026-06-25", "support", "1"),
    "2026-f16-spares-notice": ("Congress is notified of a package of F-16 spares", "2026-06-28", "support", "4"),
    "2026-imf-fourth-review": ("IMF completes the fourth review of the 2024 programme", "2026-06", "aid", "2"),
}


def a_quarter(*, mended: bool) -> bytes:
    """Three new events, changes to a draft and to published events, and, unless `mended`, two rows that are refused."""
    new = {
        key: dict(zip(("title", "date", "kind", "importance"), cells, strict=True))
        | {"summary": "As reported.", "actors": "us:source|pakistan:target", "themes": "diplomacy"}
        for key, cells in NEW.items()
    }
    changed = {
        "2021-fall-of-kabul": {"importance": "4", "place": ""},
        "2020-draft-visit": {"title": "Explosions in Kabul attributed to a Pakistani strike", "date": "2025-10-09"},
    }
    wrong = {
        "2011-abbottabad-raid": {"date": "07/11/2025"},
        "2026-visit": new["2026-imf-fourth-review"] | {"actors": "pakistan:source|asim-muneer:target"},
    }
    return events_file(**new, **changed, **({} if mended else wrong))


def upload(page, data: bytes) -> None:
    page.goto(reverse("admin:timeline_event_import"))
    page.set_input_files("[name=file]", {"name": "events-2025-q4.csv", "mimeType": "text/csv", "buffer": data})
    page.click("text=Show what it would do")
    page.wait_for_selector(".tally")


@pytest.fixture
def draft(analyst):
    return make_event(key="2020-draft-visit", state="draft", by=analyst, title="Strikes in Kabul", themes="diplomacy")


def test_a_preview_is_read_wide_or_narrow_light_or_dark(page, sign_in, analyst, draft, barriers, screenshot, look):
    sign_in(analyst)
    width, _scheme = look
    upload(page, a_quarter(mended=False))
    screenshot(page, "import-preview")
    assert page.inner_text("h2 >> nth=0") == "2 rows are refused, so nothing can be imported yet"
    totals = [int(text) for text in page.locator(".tally b").all_inner_texts()]
    assert sum(totals[:-1]) == totals[-1] == 19
    assert page.is_disabled("text=Import 5 rows")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert barriers(page) == []
    upload(page, a_quarter(mended=True))
    screenshot(page, "import-ready")
    assert barriers(page) == []


def test_a_file_is_imported_by_keyboard_alone(page, sign_in, analyst, draft):
    sign_in(analyst)
    upload(page, a_quarter(mended=True))
    keys = page.keyboard

    def tab_to(expression: str) -> None:
        for _stop in range(200):
            if page.evaluate(expression):
                return
            keys.press("Tab")
        pytest.fail(expression)

    tab_to("document.activeElement.name == 'change'")
    keys.type("Clar")
    tab_to("document.activeElement.name == 'reason'")
    keys.type("Fourth quarter of 2025")
    keys.press("Enter")
    page.wait_for_selector("text=3 created as drafts, 1 drafts changed.")
    assert "1 change to a published record waits for a second person" in page.inner_text("#content")
    assert Event.objects.filter(key__in=NEW, state="draft").count() == 3
    tab_to("document.activeElement.textContent == '2026-barrick-letter'")
    keys.press("Enter")
    page.wait_for_url("**/change/")
    assert page.input_value("[name=title]") == NEW["2026-barrick-letter"][0]


def test_doubles_are_settled_and_an_import_is_taken_back_but_for_later_edits_by_keyboard_alone(
    page, sign_in, analyst, editor, draft
):
    sign_in(analyst)
    keys = Keyboard(page)
    plain = {"date": "2026-06-25", "kind": "support", "importance": "1", "summary": "As reported."}
    plain |= {"actors": "us:source|pakistan:target", "themes": "diplomacy"}
    titles = ["Barrick writes to Quetta", "Congress hears of spares", "A dam is inspected", "Wheat is shipped"]
    new = {f"2026-new-{number}": plain | {"title": title} for number, title in enumerate(titles)}
    double = plain | {"title": "More strikes in Kabul", "date": "2020-05-05", "actors": "us:source"}
    write([Edit(Event, draft.pk, draft.version, cells={"actors": "us:source"})], by=analyst)
    upload(page, events_file(**{"2020-strikes": double}, **new))
    assert page.is_disabled("text=Import 5 rows")
    keys.press("a[href='?verdict=doubles']")
    page.wait_for_selector(".likely")
    keys.to("[name^=row-]")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=All likely doubles are settled.")
    assert "More strikes in Kabul" in page.inner_text(".rows-read--changed ins >> nth=0")
    keys.press("[value=apply]")
    page.wait_for_selector("text=4 created as drafts, 1 drafts changed.")
    for event in Event.objects.filter(key__in=list(new)[:3]):
        write([Edit(Event, event.pk, event.version, cells={"place": "Quetta"})], by=editor)
    keys.press("a[href*='/batches/']")
    page.wait_for_selector("[value=undo]")
    keys.press("[value=undo]")
    page.wait_for_selector("text=It takes back")
    assert page.locator(f"td:has-text('{editor.username}, ')").count() == 3
    keys.press("[value=apply]")
    page.wait_for_selector("text=Done: what it did stands below.")
    assert dict(Event.objects.filter(key__in=new).values_list("key", "state")) == {
        key: "draft" if number < 3 else "withdrawn" for number, key in enumerate(new)
    }
    draft.refresh_from_db()
    assert draft.title == "Strikes in Kabul"
