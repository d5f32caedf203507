"""The list of events, and the page of one: its evidence, what led to it, what came of it."""

import csv
import io
import json

import pytest

from relations.writing import Edit, write
from tests.factories import (
    make_actor,
    make_assessment,
    make_condition,
    make_event,
    make_investment,
    make_judgement,
    make_package,
    make_programme,
    make_source,
    make_theme,
)
from tests.timeline.reading import links, part, words
from timeline.models import Event

pytestmark = pytest.mark.django_db


# --------------------------------------------------------------------------------------------------------- list


def test_the_list_is_newest_first_and_turns_round(client):
    make_event(key="2001-first", date="2001", title="The first")
    make_event(key="2002-second", date="2002", title="The second")
    assert words(client.get("/events/")).index("The second") < words(client.get("/events/")).index("The first")
    oldest = words(client.get("/events/?order=oldest"))
    assert oldest.index("The first") < oldest.index("The second")


def test_every_event_is_reached_by_turning_the_pages_and_each_filter_stays(client):
    common = {"themes": make_theme(key="aid").key, "actors": f"{make_actor().key}:source"}
    for number in range(60):
        make_event(key=f"2020-event-{number:02}", date="2020-05", **common)
    make_event(key="2020-other")
    first = client.get("/events/?theme=aid")
    assert "1–50 of 60" in words(first)
    [after] = [address for address in links(first) if "after=" in address]
    assert "theme=aid" in after
    last = client.get(after)
    assert "51–60 of 60" in words(last)
    seen = [address for page in (first, last) for address in links(page) if address.startswith("/events/2020-")]
    assert sorted(seen) == [f"/events/2020-event-{number:02}/" for number in range(60)]


def test_an_empty_list_says_what_is_nearest_and_how_to_drop_the_filters(client):
    make_event(key="1950-before", date="1950", title="Before")
    make_event(key="1960-after", date="1960-03", title="After")
    answer = client.get("/events/?from=1955&to=1955")
    assert "Before, 1950" in words(answer) and "After, Mar 1960" in words(answer)
    assert {"/events/1950-before/", "/events/1960-after/", "/events/"} <= set(links(answer))


def test_the_view_goes_along_as_csv_and_json_with_the_same_records(client):
    make_theme(key="aid")
    make_event(key="2020-a", themes="aid", importance="4", latitude="33.7", longitude="73.1")
    make_event(key="2020-b")
    answer = client.get("/events/?theme=aid&order=oldest")
    assert {"/events/csv/?theme=aid", "/events/json/?theme=aid"} <= set(links(answer))
    text = b"".join(client.get("/events/csv/?theme=aid").streaming_content).decode()
    assert [row["key"] for row in csv.DictReader(io.StringIO(text))] == ["2020-a"]
    body = json.loads(b"".join(client.get("/events/json/?theme=aid").streaming_content))
    [row] = body["events"]
    assert (row["key"], row["importance"], row["themes"], row["place_disputed"]) == ("2020-a", 4, ["aid"], False)
    assert row["latitude"] == "33.7" and row["citations"][0]["support"] == "stated"


# -------------------------------------------------------------------------------------------------------- event


def test_a_page_says_who_took_part_in_which_role(client):
    make_actor(key="aland", name="Aland")
    make_actor(key="borland", name="Borland")
    make_event(key="2020-a", actors="aland:mediator|borland:signatory", place="Karachi", country="PK")
    page = words(client.get("/events/2020-a/"))
    assert "Mediators Aland" in page and "Signatories Borland" in page
    assert "Karachi, Pakistan" in page


def test_every_claim_is_shown_with_its_source_locator_and_support(client):
    wire = make_source(key="wire", title="Wire report", publisher="Wire", published="2020-05-05")
    paper = make_source(key="paper", title="Paper report", publisher="Paper")
    make_event(
        key="2020-a",
        citations=[
            {"source": wire.key, "field": "date", "locator": "p. 14", "note": "A late edition.", "credibility": "2"},
            {"source": wire.key, "field": "summary"},
            {"source": paper.key, "field": "summary", "support": "inferred", "quotation": "They were seen to meet."},
        ],
    )
    answer = client.get("/events/2020-a/")
    table = words(part(answer, '<table class="claims"', "</table>"))
    assert "Date 4 May 2020 Summary" in table
    assert "1 Wire report Wire, 5 May 2020 Stated p. 14 A late edition. credibility: Probably true Stated" in table
    assert "2 Paper report Paper, 2 Jan 2020 Inferred They were seen to meet." in table
    assert "2 sources · 2 publishers" in words(answer)
    assert links(part(answer, '<p class="lead lead--ink"', "</p>")) == ["#source-1", "#source-2"]


def test_where_sources_differ_the_page_says_what_each_says_and_who_claims_it(client):
    make_actor(key="borland", name="Borland")
    paper = make_source(key="paper", title="Paper report", publisher="Paper")
    differing = {"states_instead": "it was 5 May", "claimant": "borland", "support": "disputed"}
    make_event(
        key="2020-a",
        citations=[{"source": paper.key, "field": "date", **differing}, {"source": make_source().key}],
    )
    box = words(part(client.get("/events/2020-a/"), '<section class="differ"', "</section>"))
    assert "Sources differ: date" in box and "The record says “4 May 2020”" in box
    assert "It was 5 May Borland Paper" in box


def test_what_a_source_says_by_itself_stands_after_what_others_claim_in_the_order_of_the_sources(client):
    make_actor(key="borland", name="Borland")
    keys = [make_source(key=key, title=f"Report {key}", publisher=key.title()).key for key in ("one", "two", "three")]
    said = [("9 May", ""), ("7 May", "borland"), ("5 May", "borland")]
    make_event(
        key="2020-a",
        citations=[
            {"source": key, "field": "date", "states_instead": what, "claimant": who, "support": "disputed"}
            for key, (what, who) in zip(keys, said, strict=True)
        ],
    )
    page = client.get("/events/2020-a/")
    rows = words(part(page, '<section class="differ"', "</section>")).split("Reported in", 1)[1]
    said_first, _, last = rows.partition("9 May the source itself")
    assert last and "Borland" not in last
    assert said_first.count("Borland") == 2
    numbers = [href for href in links(part(page, '<section class="differ"', "</section>")) if "#source-" in href]
    assert numbers[:2] == sorted(numbers[:2])


def test_before_and_after_has_what_is_linked_and_the_nearest_of_the_same_theme(client):
    theme = make_theme(key="arms").key
    make_event(key="2019-near", date="2019", themes=theme, importance="3", title="Near before")
    make_event(key="2018-far", date="2018", themes=theme, importance="3", title="Far before")
    make_event(key="2019-minor", date="2019-12", themes=theme, importance="1", title="Minor before")
    make_event(key="2019-other", date="2019-12", importance="5", title="Of another theme")
    make_event(key="2020-cause", date="2020-01", title="The cause", importance="2")
    make_event(key="2021-after", date="2021", title="The effect")
    make_event(
        key="2020-a",
        themes=theme,
        links=[
            {"to_event": "2020-cause", "kind": "answered"},
            {"to_event": "2021-after", "kind": "caused"},
        ],
    )
    steps = words(part(client.get("/events/2020-a/"), '<ol class="course"', "</ol>"))
    order = ["Near before", "The cause", "This event", "The effect"]
    assert [steps.index(title) for title in order] == sorted(steps.index(title) for title in order)
    assert "Jan 2020 · this one answered it The cause" in steps
    assert "2021 · caused by this one The effect" in steps
    assert not any(title in steps for title in ("Far before", "Minor before", "Of another theme"))
    other = words(part(client.get("/events/2020-cause/"), '<ol class="course"', "</ol>"))
    assert "answered this one Event 2020-a" in other


def test_what_it_touched_is_beside_it(client):
    programme, investment = make_programme(key="fund"), make_investment(key="mine")
    finding = make_assessment(key="found", condition=make_condition(key="bar", title="The bar").key, finding="waived")
    judgement = make_judgement(key="said", statement="It will last.", status="contested", status_note="It did not.")
    make_event(
        key="2020-a",
        programmes=programme.key,
        investments=investment.key,
        assessments=finding.key,
        judgements=judgement.key,
    )
    answer = client.get("/events/2020-a/")
    assert {"/aid/fund/", "/investments/mine/", "/conditions/bar/#found", "/judgements/said/"} <= set(links(answer))
    assert "It will last." in words(answer) and "Contested by the record It did not." in words(answer)
    assert "The bar 4 Mar 2012 Waived" in words(answer)


def test_history_has_each_published_version_with_reason_and_what_changed(client):
    event = make_event(key="2020-a")
    package = make_package()
    edit = Edit(Event, pk=event.pk, seen=event.version, cells={"date": "2020-05-05"})
    write([edit], by=package, change="correction", reason="The treaty bears this date.")
    history = words(part(client.get("/events/2020-a/"), '<ol class="history"', "</ol>"))
    assert "Correction 1 Jul 2026, factory 1 The treaty bears this date. date 2020-05-04 2020-05-05" in history
    assert "Published 1 Jul 2026" in history


def test_it_says_how_to_cite_it_and_gives_itself_in_every_form(client):
    make_event(key="2020-a", title="100 % & {more}", place="Karachi", country="PK")
    answer = client.get("/events/2020-a/")
    assert "record 2020-a, revision" in words(part(answer, '<div class="cite"', "</div>"))
    bibtex = client.get("/events/2020-a/bibtex/").content.decode()
    assert bibtex.startswith("@misc{factory-event-2020-a,")
    assert r"title = {{100 \% \& \{more\}}}" in bibtex and "/events/2020-a/}" in bibtex
    linked = client.get("/events/2020-a/jsonld/")
    assert linked["Content-Type"].startswith("application/ld+json")
    data = linked.json()
    assert (data["@type"], data["startDate"], data["location"]["name"]) == ("Event", "2020-05-04", "Karachi")
    body = client.get("/events/2020-a/json/").json()
    assert (body["key"], body["title"]) == ("2020-a", "100 % & {more}")
    text = b"".join(client.get("/events/2020-a/csv/").streaming_content).decode()
    [row] = csv.DictReader(io.StringIO(text))
    assert row["title"] == "100 % & {more}"
    head = answer.content.decode().split("</head>")[0]
    for form in ("json", "csv", "jsonld"):
        assert f'href="/events/2020-a/{form}/"' in head
