import re
from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from relations import publishing
from relations.models import Change
from relations.writing import Edit, write
from tests.factories import (
    MAKERS,
    make_actor,
    make_assessment,
    make_condition,
    make_event,
    make_package,
    make_source,
    make_theme,
    make_transaction,
    make_user,
)
from tests.timeline.reading import links, part, words
from timeline.models import Event

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def correct(analyst, editor):
    """A function: change cells or children of a published record, by an analyst and an editor."""

    def correct(record, *, change=Change.CORRECTION, reason="It was wrong.", children=None, **cells):
        record.refresh_from_db()
        edit = Edit(type(record), pk=record.pk, seen=record.version, cells=cells, children=children or {})
        plan = publishing.propose([edit], by=analyst, change=change, reason=reason)
        publishing.agree(plan, by=editor)
        record.refresh_from_db()

    return correct


def withdraw(record, reason: str):
    record.refresh_from_db()
    publishing.withdraw([record], by=make_user(role="editor"), reason=reason)


def entries(response) -> list[str]:
    """Return the words of each change on the page, in their order."""
    return [words(item) for item in re.findall(r'<li class="correction".*?</li>', response.content.decode(), re.S)]


def test_where_nothing_was_changed_the_page_says_so(client, db):
    make_event()

    assert "Nothing that was published has been changed since." in words(client.get("/corrections/"))


def test_a_change_stands_with_kind_reason_and_what_was_there_before(client, correct):
    event = make_event(title="Talks in May", date="2020-05-04")

    correct(event, change=Change.CLARIFICATION, reason="The minutes give the day.", date="2020-05-05")

    response = client.get("/corrections/")
    [entry] = entries(response)
    assert "Clarification the desk Talks in May event The minutes give the day. date 2020-05-04 2020-05-05" in entry
    html = response.content.decode()
    assert "<del>2020-05-04</del> <ins>2020-05-05</ins>" in html
    assert event.get_absolute_url() in links(response)


def test_the_newest_change_comes_first(client, correct):
    event = make_event(title="Old title")
    correct(event, title="Middle title")
    correct(event, title="New title")

    first, second = entries(client.get("/corrections/"))

    assert "title Middle title New title" in first
    assert "title Old title Middle title" in second


def test_a_change_of_a_child_names_it(client, correct):
    source = make_source(key="minutes")
    event = make_event(citations=[{"source": source.key, "locator": "p. 1"}])
    row = {"source": source.key, "locator": "p. 2", "support": "stated"}

    correct(event, children={"citations": [row]})

    [entry] = entries(client.get("/corrections/"))
    assert "citations, locator the whole record, minutes p. 1 p. 2" in entry


def test_versions_that_were_never_public_are_not_compared(client, analyst, editor):
    event = make_event(title="Canary of the draft", state="draft", by=analyst)
    write([Edit(Event, pk=event.pk, seen=1, cells={"title": "As published"})], by=analyst)
    event.refresh_from_db()
    publishing.submit([event], by=analyst)
    event.refresh_from_db()
    for citation in event.citations.all():
        assert citation.source.is_public
    publishing.publish([event], by=editor)

    assert "Canary" not in client.get("/corrections/").content.decode()
    assert "As published" not in words(client.get("/corrections/"))  # its publication is no correction


def test_a_proposal_that_waits_is_on_no_page(client, analyst, db):
    event = make_event(title="As it is")
    before = client.get("/corrections/").content
    edit = Edit(Event, pk=event.pk, seen=event.version, cells={"title": "Canary"})

    publishing.propose([edit], by=analyst, change=Change.CORRECTION, reason="Canary.")

    assert client.get("/corrections/").content == before


def test_keys_that_the_public_never_saw_are_not_told(client, correct):
    draft, seen = make_theme(key="canary-theme", state="draft"), make_theme(key="seen-theme")
    hidden = make_actor(key="canary-actor", state="draft")
    event = make_event(themes=seen.key)

    correct(
        event,
        themes="|".join(sorted([seen.key, draft.key, make_theme(key="other-theme").key])),
        actors=f"{event.participations.get().actor.key}:source|{hidden.key}:target",
    )

    response = client.get("/corrections/")
    assert "canary" not in response.content.decode()
    assert "themes seen-theme other-theme|seen-theme" in entries(response)[0]
    assert "canary" not in client.get("/corrections/feed/").content.decode()


def test_a_theme_that_was_public_once_stays_in_what_it_was_removed_from(client, correct):
    gone = make_theme(key="gone")
    event = make_event(themes=f"gone|{make_theme(key='kept').key}")
    correct(event, themes="kept")
    withdraw(gone, "It named nothing.")

    response = client.get("/corrections/")

    assert "themes gone|kept kept" in entries(response)[-1]


def test_a_withdrawn_record_is_a_tombstone_with_its_key_and_reason(client, correct):
    event = make_event(key="2020-rumour", title="Canary title", summary="Canary summary.")
    correct(event, reason="Canary reason.", summary="Another canary.")
    withdraw(event, "No source stands behind it.")

    response = client.get("/corrections/")

    first, second = entries(response)
    assert "Withdrawal the desk 2020-rumour event, no longer public No source stands behind it." in first
    assert second.endswith("Correction the desk 2020-rumour event, no longer public")
    assert "anary" not in response.content.decode()
    assert event.get_absolute_url() not in links(response)
    assert "anary" not in client.get("/corrections/feed/").content.decode()


def test_what_hangs_on_a_withdrawn_record_goes_with_it(client, correct):
    condition = make_condition()
    finding = make_assessment(condition=condition.key, note="Canary before.")
    correct(finding, note="Canary after.")
    withdraw(condition, "It was never law.")

    response = client.get("/corrections/")

    assert "anary" not in response.content.decode()
    assert len(entries(response)) == 2


def test_a_newer_package_is_told_as_that_version(client, db):
    event = make_event(title="Old title")
    edit = Edit(Event, pk=event.pk, seen=event.version, cells={"title": "New title"})
    write([edit], by=make_package(), change=Change.CORRECTION, reason="Version 2 of the package.")

    [entry] = entries(client.get("/corrections/"))

    assert "Correction factory 1 New title event Version 2 of the package. title Old title New title" in entry


def make_changes(correct, number: int) -> Event:
    event = make_event(title="Title 0")
    for n in range(1, number + 1):
        correct(event, title=f"Title {n}")
    return event


def test_pages_follow_each_other_both_ways_without_gap_or_repetition(client, analyst, editor, correct):
    # One moment for many: a batch changes them together.
    events = [make_event(key=f"event-{n:02}", title="Before") for n in range(60)]
    edits = [Edit(Event, pk=event.pk, seen=1, cells={"title": f"After {n:02}"}) for n, event in enumerate(events)]
    publishing.agree(publishing.propose(edits, by=analyst, change="correction", reason="All."), by=editor)
    make_changes(correct, 1)

    first = client.get("/corrections/")
    second = client.get(next(a for a in links(first) if "after=" in a))
    back = client.get(next(a for a in links(second) if "before=" in a))

    assert "1–50 of 61" in words(first) and "51–61 of 61" in words(second)
    assert len(entries(first)) == 50 and len(entries(second)) == 11
    assert len(set(entries(first) + entries(second))) == 61
    assert entries(back) == entries(first)
    assert not [a for a in links(second) if "after=" in a]
    assert not [a for a in links(back) if "before=" in a]


@pytest.mark.parametrize(
    "address",
    [
        "?after=yesterday",
        "?after=20260701T120000.000000.0",
        "?before=99999999T999999.999999.1",
        "?after=%00",
        "?year=2020",
        "?after=20260701T120000.000000.0&before=20260701T120000.000000.0",
    ],
)
def test_a_place_that_there_is_not_is_refused(client, db, address):
    assert client.get(f"/corrections/{address}").status_code == 400


def test_the_page_tells_no_id_of_the_database(client, correct):
    event = make_changes(correct, 1)
    ids = {str(event.pk), *(str(pk) for pk in event.participations.values_list("pk", flat=True))}

    html = part(client.get("/corrections/"), '<li class="correction"', "</li>")

    assert re.search(r'id="event\.[a-z0-9-]+\.\d{8}T\d{12}"', html)
    assert not any(re.search(rf'="[^"]*\b{pk}\b[^"]*"', html.replace(event.key, "")) for pk in ids)


def test_a_page_costs_as_many_queries_for_one_change_as_for_many(client, correct):
    event = make_event(title="Title")
    correct(event, title="Title 1")

    def cost():
        client.get("/corrections/")
        with CaptureQueriesContext(connection) as queries:
            client.get("/corrections/")
        return len(queries)

    one = cost()
    for n in range(2, 8):
        correct(event, title=f"Title {n}")

    assert cost() == one < 30


def test_changes_of_every_kind_of_record_stay_below_thirty_queries(client, correct):
    cells = {"note": "Another.", "description": "Another.", "statement": "Another.", "title": "Another"}
    for model, maker in MAKERS.items():
        record = maker()
        name = next(name for name in cells if name in {field.name for field in model._meta.fields})
        correct(record, **{name: cells[name]})

    with CaptureQueriesContext(connection) as queries:
        response = client.get("/corrections/")

    assert len(entries(response)) == len(MAKERS)
    assert len(queries) < 30


def test_the_feed_has_each_change_with_its_moment_and_link(client, correct):
    event = make_event(title="Talks", date="2020-05-04")
    with time_machine.travel(datetime(2026, 8, 1, 10, tzinfo=UTC), tick=False):
        correct(event, reason="The minutes give the day.", date="2020-05-05")

    response = client.get("/corrections/feed/")

    assert response["Content-Type"].startswith("application/atom+xml")
    feed = ElementTree.fromstring(response.content)
    [entry] = feed.findall(f"{ATOM}entry")
    assert feed.find(f"{ATOM}title").text == "Aland–Borland: corrections"
    assert entry.find(f"{ATOM}title").text == "Correction: Talks"
    assert entry.find(f"{ATOM}updated").text == "2026-08-01T10:00:00+00:00"
    assert entry.find(f"{ATOM}link").get("href").endswith(event.get_absolute_url())
    assert "The minutes give the day." in entry.find(f"{ATOM}summary").text
    assert "“2020-05-04” → “2020-05-05”" in entry.find(f"{ATOM}summary").text


def test_an_unchanged_feed_costs_one_query(client, correct):
    make_changes(correct, 1)
    etag = client.get("/corrections/feed/")["ETag"]

    with CaptureQueriesContext(connection) as queries:
        again = client.get("/corrections/feed/", headers={"if-none-match": etag})

    assert again.status_code == 304
    assert len(queries) == 1


def test_an_amount_leads_to_its_place_on_the_page_of_its_programme(client, correct):
    amount = make_transaction(amount="10")
    correct(amount, amount="12")

    response = client.get("/corrections/")

    assert amount.get_absolute_url() in links(response)
    assert "amount 10 12" in entries(response)[0]
