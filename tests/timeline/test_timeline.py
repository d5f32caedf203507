"""The timeline. Tests of a small site come first: once the data set is there, it stays for the rest of the module."""

import csv
import io
import json
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from relations import dates
from tests.factories import make_actor, make_event, make_source, make_theme, make_user
from tests.timeline.reading import links, part, words
from timeline.models import Event

ATOM = "{http://www.w3.org/2005/Atom}"


def listed(response) -> list[str]:
    """Return the keys of the events in the list, in their order."""
    return [
        address.removeprefix("/events/").strip("/")
        for address in links(part(response, 'class="section view__events"', "</section>"))
        if address.startswith("/events/")
    ]


def query(response, text: str) -> str:
    """Return the address of the link with that text."""
    html = response.content.decode()
    before = html[: html.index(f">{text}</a>")]
    return links(f"{before[before.rindex('<a ') :]}></a>")[0]


def test_an_empty_timeline_says_so(client, db):
    response = client.get("/timeline/")

    assert response.status_code == 200
    assert "There is no event yet." in words(response)


def test_events_stand_by_year_in_order_of_date_with_their_doubt(client, db):
    make_event(key="third", date="1990-10", title="Cut off")
    make_event(key="first", date="1985~", title="Law")
    make_event(key="second", date="1990-01-02", title="Visit")

    response = client.get("/timeline/")

    assert listed(response) == ["first", "second", "third"]
    text = words(part(response, "In view", "</section>"))
    assert "1985 about 1985" in text
    assert "1990 2 Jan 1990" in text and text.count("1990 2 Jan") == 1
    assert 'class="chip chip--doubt"' in response.content.decode()
    assert listed(client.get("/timeline/?order=newest")) == ["third", "second", "first"]


def test_an_event_without_a_known_start_stands_in_the_year_of_its_end(client, db):
    make_event(key="open", date="../1960")
    make_event(key="later", date="1970")

    response = client.get("/timeline/")

    assert 'id="year-1960"' in response.content.decode()
    assert "2 events from 1960 to 1970" in words(response)


def test_a_period_is_asked_for_possibly_or_certainly(client, db):
    make_event(key="surely", date="1985-03-01")
    make_event(key="about", date="1985~")

    assert listed(client.get("/timeline/?from=1985&to=1985")) == ["about", "surely"]
    assert listed(client.get("/timeline/?from=1985&to=1985&certainty=certainly")) == ["surely"]


def test_filters_narrow_the_list_and_stand_in_words_to_be_removed(client, db):
    theme = make_theme(key="water", name="Water").key
    actor = make_actor(key="river-board", name="River Board").key
    make_event(key="wanted", themes=theme, actors=f"{actor}:source", kind="aid", importance="4", title="Dam opens")
    make_event(key="other", kind="assault")

    response = client.get("/timeline/?theme=water&actor=river-board&family=coop-deed&importance=3&q=dams")

    assert listed(response) == ["wanted"]
    active = part(response, '<div class="active">', "</div>")
    for said in ("Theme: Water", "Actor: River Board", "Kind of act: Cooperation, in deed", "at least: notable"):
        assert said in words(active)
    assert "/timeline/?theme=water&actor=river-board&importance=3&q=dams" in links(active)
    assert listed(client.get("/timeline/?actor=River+Board")) == ["wanted"]


def test_counts_beside_a_filter_are_what_it_would_find(client, db):
    theme = make_theme(key="water", name="Water").key
    make_event(kind="aid", importance="4", themes=theme)
    make_event(kind="consult", importance="2", themes=theme)
    make_event(kind="assault", importance="5")

    panel = words(part(client.get("/timeline/?theme=water"), '<form class="filter"', "</form>"))

    assert "Cooperation, in words 1 Cooperation, in deed 1 Conflict, in words 0 Conflict, in deed 0" in panel
    assert "All 2 Routine 2 Notable 1 Major 1 Turning point 0" in panel
    assert "Water 2" in panel


def test_an_empty_result_names_the_filter_to_drop_and_the_nearest_events(client, db):
    make_theme(key="water", name="Water")
    make_event(key="before", title="Before it", date="1950-05-01")
    make_event(key="after", title="After it", date="1960")

    alone = words(part(client.get("/timeline/?from=1955&to=1956"), "In view", "</section>"))
    both = part(client.get("/timeline/?from=1950&to=1950&theme=water"), "In view", "</section>")

    assert "No event is all of this." in alone
    assert "2 events without Period: 1955–1956" in alone
    assert "The nearest are Before it, 1 May 1950 and After it, 1960" in alone
    assert "1 event without Theme: Water" in words(both)
    assert "/timeline/?from=1950&to=1950" in links(both)


@pytest.mark.parametrize(
    ("address", "right"),
    [
        ("?from=1956-13", "months are 01 to 12"),
        ("?from=1995&to=1990", "write from=1990 and to=1995"),
        ("?importance=abc", "write 1, 2, 3, 4, 5"),
        ("?family=war", "write coop-words"),
        ("?theme=nothing", "is no key of a public theme"),
        ("?form=1990", "write “from”"),
        ("?order=random", "write oldest, newest"),
        ("?after=now", "write one such as"),
        ("?after=1990-01-01~a&before=1990-01-01~a", "exclude each other"),
    ],
)
def test_a_wrong_value_is_refused_with_what_would_be_right(client, db, address, right):
    response = client.get(f"/timeline/{address}")

    assert response.status_code == 400
    assert right in words(response)
    assert client.get(f"/timeline/print/{address}").status_code == 400


def test_a_draft_is_in_no_bar_no_count_and_no_form_of_the_view(client, db):
    source, theme, actor = make_source().key, make_theme().key, make_actor().key
    make_event(themes=theme, actors=f"{actor}:source", date="1990")
    forms = ["", "print/", "csv/", "json/", "feed/"]
    before = [_read(client.get(f"/timeline/{form}?theme={theme}")) for form in forms]

    make_event(
        title="Canary",
        themes=theme,
        actors=f"{actor}:source",
        date="1991",
        state="draft",
        by=make_user(),
        citations=[{"source": source}],
    )

    assert [_read(client.get(f"/timeline/{form}?theme={theme}")) for form in forms] == before


def _read(response) -> bytes:
    assert response.status_code == 200
    return b"".join(response.streaming_content) if response.streaming else response.content


def test_the_list_costs_the_same_for_one_event_and_for_many(client, db):
    theme, actor = make_theme().key, make_actor().key
    make_event(themes=theme, actors=f"{actor}:source", date="1990")

    def cost():
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"/timeline/?theme={theme}&from=1990&to=1990").status_code == 200
        return len(queries)

    cost()  # what the footer counts is counted once a revision
    one = cost()
    for _n in range(12):
        make_event(themes=theme, actors=f"{actor}:source|{make_actor().key}:target", date="1990")

    cost()
    assert cost() == one < 30


# ------------------------------------------------------------------------------------------------- the data set


@pytest.fixture
def view(client, us_pakistan, db):
    """A function: the page at an address of the data set's timeline."""
    return lambda address="": client.get(f"/timeline/{address}")


def test_the_strip_has_a_link_for_every_year_that_keeps_the_filters(view):
    strip = part(view("?theme=nuclear&from=1998&to=1998"), '<div class="view__strip" data-part="strip">', "</figure>")

    addresses = links(strip)
    for year in range(1947, 2027):
        assert f"/timeline/?theme=nuclear&from={year}&to={year}" in addresses
    assert 'class="strip__frame"' in strip


def test_the_strip_the_list_and_the_files_agree_in_number(view, client):
    response = view("?from=2009&to=2013&importance=3")
    events = Event.objects.published().filter(importance__gte=3, earliest__lte="2013-12-31", latest__gte="2009-01-01")

    rows = list(csv.DictReader(io.StringIO(_read(client.get(query(response, "CSV"))).decode())))
    data = json.loads(_read(client.get(query(response, "JSON"))))

    assert f"{events.count()} events" in words(response)
    assert {row["key"] for row in rows} == set(events.values_list("key", flat=True))
    assert {event["key"] for event in data["events"]} == set(events.values_list("key", flat=True))


def test_pages_follow_each_other_without_gap_or_repetition(view, client):
    response, seen, pages = view("?from=2001&to=2003"), [], 0
    while True:
        seen += listed(response)
        pages += 1
        following = [a for a in links(part(response, "In view", "</section>")) if "after=" in a]
        if not following:
            break
        response = client.get(following[0])

    events = Event.objects.published().during(*_days("2001", "2003")).by_date()
    assert seen == list(events.values_list("key", flat=True))
    assert pages > 1


def _days(first: str, last: str):
    return dates.parse(first).earliest, dates.parse(last).latest


def test_the_window_moves_by_links(view, client):
    response = view("?from=2009&to=2013&theme=aid")

    window = links(part(response, '<div class="view__window" data-part="window">', "</form>"))

    assert "/timeline/?from=2004&to=2008&theme=aid" in window
    assert "/timeline/?from=2014&to=2018&theme=aid" in window
    assert "/timeline/?from=2011&to=2011&theme=aid" in window
    assert "/timeline/?theme=aid" in window
    assert all(client.get(address).status_code == 200 for address in window)


def test_each_form_carries_what_the_other_asks(view):
    response = view("?from=2009&to=2013&theme=aid&order=newest&investment=reko-diq")

    window = part(response, '<form class="view__period"', "</form>")
    panel = part(response, '<form class="filter"', "</form>")

    for carried in ('name="theme" value="aid"', 'name="order" value="newest"', 'name="investment" value="reko-diq"'):
        assert f'type="hidden" {carried}' in window
    for carried in ('name="from" value="2009"', 'name="to" value="2013"', 'name="investment" value="reko-diq"'):
        assert f'type="hidden" {carried}' in panel
    assert 'type="hidden" name="theme"' not in panel


def test_all_of_a_view_stands_in_the_chronology_that_is_printed(view, client):
    response = client.get(query(view("?from=2009&to=2013"), "Print"))

    text = words(response)
    events = Event.objects.published().during(*_days("2009", "2013")).by_date()
    titles = [text.index(event.title) for event in events]

    assert events.count() > 50  # more than a page of the list
    assert titles == sorted(titles)
    assert f"{events.count()} events in order of date." in text


def test_a_chronology_that_is_too_long_says_how_to_have_the_rest(view, client, monkeypatch):
    monkeypatch.setattr("timeline.views.timeline.MOST_PRINTED", 10)

    response = client.get("/timeline/print/?from=2009&to=2013")

    assert "These are the first 10 only." in words(response)
    assert "/timeline/csv/?from=2009&to=2013" in links(response)


def test_a_view_is_a_feed_of_what_was_published_last(view, client):
    feed = ElementTree.fromstring(_read(client.get(query(view("?theme=nuclear&importance=4"), "Feed"))))

    titles = [entry.find(f"{ATOM}title").text for entry in feed.findall(f"{ATOM}entry")]
    events = Event.objects.published().filter(themes__key="nuclear", importance__gte=4)
    assert 0 < len(titles) <= 50 and set(titles) == set(events.values_list("title", flat=True))
    assert "Theme: Nuclear and missiles" in feed.find(f"{ATOM}title").text
    assert client.get("/timeline/feed/?order=newest").status_code == 400


def test_an_unchanged_view_costs_one_query(view, client):
    response = view("?theme=nuclear")

    with CaptureQueriesContext(connection) as queries:
        again = client.get("/timeline/?theme=nuclear", headers={"if-none-match": response["ETag"]})

    assert again.status_code == 304
    assert len(queries) == 1


@pytest.mark.parametrize(
    "address",
    ["", "?from=2009&to=2013", "?q=nuclear&theme=aid&theme=nuclear&actor=us&family=coop-deed&from=1955&to=1955"],
)
def test_a_view_takes_few_queries(view, address):
    with CaptureQueriesContext(connection) as queries:
        assert view(address).status_code == 200
    assert len(queries) < 30
