"""The chain of an event: what led to it and what came of it, as a page and as JSON."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from relations.models import State
from relations.writing import Edit, write
from tests.factories import make_actor, make_event, make_package, make_source, make_theme
from tests.timeline.reading import links, part, words
from timeline import chains
from timeline.models import Event

pytestmark = pytest.mark.django_db


def linked(key: str, *to: tuple[str, str], **cells):
    """Make an event with links (kind, key of the other), the others being there."""
    return make_event(key=key, title=f"Event {key}", links=[{"kind": k, "to_event": o} for k, o in to], **cells)


def chain(client, key: str) -> dict[str, tuple[str, int]]:
    """Return {key: (where it stands, how many links away)} as the JSON has it."""
    answer = client.get(f"/events/{key}/chain.json").json()
    return {event["key"]: (event["place"], event["away"]) for event in answer["events"]}


def test_every_kind_of_link_leads_the_way_it_reads(client):
    for key in ("1999-answered", "1999-followed", "2001-effect", "2000-whole"):
        linked(key)
    linked(
        "2000-it",
        ("answered", "1999-answered"),
        ("follows", "1999-followed"),
        ("caused", "2001-effect"),
        ("part-of", "2000-whole"),
    )
    linked("1998-cause", ("caused", "2000-it"))
    linked("2002-answer", ("answered", "2000-it"))
    linked("2002-later", ("follows", "2000-it"))
    linked("2000-its-part", ("part-of", "2000-it"))
    found = chain(client, "2000-it")
    places = {
        "before": {"1998-cause", "1999-answered", "1999-followed"},
        "after": {"2001-effect", "2002-answer", "2002-later"},
        "whole": {"2000-whole"},
        "part": {"2000-its-part"},
        "here": {"2000-it"},
    }
    assert {place: {key for key, (at, _n) in found.items() if at == place} for place in places} == places


def test_it_goes_on_over_others_and_turns_nowhere(client):
    linked("2001-first")
    linked("2003-other-effect")
    linked("2002-second", ("answered", "2001-first"))
    linked("2003-third", ("follows", "2002-second"))
    make_event(key="2000-beside", links=[{"kind": "caused", "to_event": "2003-other-effect"}])
    assert chain(client, "2003-third") == {
        "2003-third": ("here", 0),
        "2002-second": ("before", 1),
        "2001-first": ("before", 2),
    }
    assert chain(client, "2001-first") == {
        "2001-first": ("here", 0),
        "2002-second": ("after", 1),
        "2003-third": ("after", 2),
    }


def test_a_circle_ends_and_shows_each_event_once(client):
    linked("2000-a")
    linked("2000-b", ("caused", "2000-a"))
    linked("2000-c", ("caused", "2000-b"), ("answered", "2000-a"))
    found = chain(client, "2000-a")
    assert found.keys() == {"2000-a", "2000-b", "2000-c"}
    answer = client.get("/events/2000-a/chain/")
    assert answer.status_code == 200
    assert part(answer, "chain__wide", "</svg>").count("<title>") == 3


def test_a_long_chain_is_cut_and_says_so(client):
    linked("2000-event-0")
    for number in range(1, chains.DEEPEST + 3):
        linked(f"2000-event-{number}", ("follows", f"2000-event-{number - 1}"))
    assert len(chain(client, "2000-event-0")) == chains.DEEPEST + 1
    assert client.get("/events/2000-event-0/chain.json").json()["is_cut"]
    assert "The chain goes on." in words(client.get("/events/2000-event-0/chain/"))
    assert not client.get("/events/2000-event-4/chain.json").json()["is_cut"]


def test_many_links_cost_no_more_queries_and_are_bounded(client):
    linked("2000-hub")
    linked("2001-effect-0", ("follows", "2000-hub"))
    client.get("/events/2000-hub/chain/")

    def queries():
        with CaptureQueriesContext(connection) as asked:
            client.get("/events/2000-hub/chain/")
        return len(asked)

    few = queries()
    cells = {"title": "An effect", "date": "2001", "kind": "aid", "summary": "It came of it."}
    cells |= {"actors": f"{make_actor().key}:source", "themes": make_theme().key}
    children = {"links": [{"kind": "follows", "to_event": "2000-hub"}], "citations": [{"source": make_source().key}]}
    effects = [
        Edit(Event, cells=cells | {"key": f"2001-more-{n}"}, children=children, state=State.PUBLISHED)
        for n in range(chains.MOST_EVENTS + 4)
    ]
    write(effects, by=make_package())
    client.get("/events/2000-hub/chain/")
    assert queries() == few
    assert len(chain(client, "2000-hub")) == chains.MOST_EVENTS
    assert client.get("/events/2000-hub/chain.json").json()["is_cut"]


def test_the_page_says_how_each_stands_to_the_next_with_its_date_and_the_event_leads_to_it(client):
    linked("2001-strike", date="2001-05~")
    linked("2002-reply", ("answered", "2001-strike"), date="2002")
    linked("2003-talks", ("follows", "2002-reply"), date="2003-01-04")
    answer = client.get("/events/2003-talks/chain/")
    before = words(part(answer, "What led to it</h2>", "</ol>"))
    assert "about May 2001 Event 2001-strike was answered by Event 2002-reply" in before
    assert "2002 Event 2002-reply was followed by this event" in before
    assert {"/events/2001-strike/", "/events/2002-reply/"} <= set(links(part(answer, "chain__wide", "</svg>")))
    assert "/events/2003-talks/chain/" in links(client.get("/events/2003-talks/"))


def test_an_event_that_nothing_is_linked_to_says_so(client):
    linked("2000-alone")
    assert "No event on record is linked to this one." in words(client.get("/events/2000-alone/chain/"))
    assert "/events/2000-alone/chain/" not in links(client.get("/events/2000-alone/"))


def test_drafts_break_a_chain(client):
    linked("2001-first")
    linked("2002-draft", ("follows", "2001-first"), state="draft")
    assert chain(client, "2001-first") == {"2001-first": ("here", 0)}
    assert client.get("/events/2002-draft/chain/").status_code == 404
    assert client.get("/events/2001-first/chain/?depth=3").status_code == 400
