"""Views of the timeline for TimelineJS and for calendars, each with the list of what it cannot say."""

import csv
import io
import json

import pytest
from icalendar import Calendar

from tests.factories import make_actor, make_event, make_source, make_theme

pytestmark = pytest.mark.django_db


def text_of(response) -> str:
    assert response.status_code == 200
    return response.getvalue().decode()


def slides(client, query: str = "") -> dict[str, dict]:
    found = json.loads(text_of(client.get(f"/timeline/timelinejs/{query}")))
    return {slide["unique_id"]: slide for slide in found["events"]}


def entries(client, query: str = "") -> dict[str, dict]:
    found = Calendar.from_ical(text_of(client.get(f"/timeline/ics/{query}")))
    return {str(entry["uid"]).removeprefix("event-").partition("@")[0]: entry for entry in found.walk("VEVENT")}


def losses(client, form: str, query: str = "") -> dict[tuple[str, str], dict]:
    rows = csv.DictReader(io.StringIO(text_of(client.get(f"/timeline/{form}/losses.csv{query}"))))
    return {(row["record"], row["field"]): row for row in rows}


def test_a_view_is_a_timeline_of_slides(client):
    make_event(key="2021-fall", title="Kabul <falls>", date="2021-08-15", kind="assault", summary="A & B.")
    make_event(key="1954-pact", date="1954-05-19/1955", importance="4")
    assert list(slides(client)) == ["1954-pact", "2021-fall"]
    slide = slides(client, "?from=2021")["2021-fall"]
    assert slide["start_date"] == {"year": 2021, "month": 8, "day": 15}
    assert slide["text"]["headline"] == "Kabul &lt;falls&gt;"
    assert slide["text"]["text"].startswith("<p>A &amp; B.</p>")
    assert "/events/2021-fall/" in slide["text"]["text"]
    assert "display_date" not in slide
    pact = slides(client)["1954-pact"]
    assert (pact["start_date"]["day"], pact["end_date"]) == (19, {"year": 1955})
    assert list(slides(client, "?importance=4")) == ["1954-pact"]


@pytest.mark.parametrize(
    ("date", "start", "words"),
    [
        ("1985~", {"year": 1985}, "About 1985"),
        ("2018-01-04/..", {"year": 2018, "month": 1, "day": 4}, "From 4 January 2018, still so"),
        ("../1998", {"year": 1998}, "Until 1998"),
        ("198X", {"year": 1980}, "1980s"),
    ],
)
def test_what_a_slide_cannot_say_of_a_date_stands_in_words_and_in_the_losses(client, date, start, words):
    make_event(key="event", date=date)
    slide = slides(client)["event"]
    assert (slide["start_date"], "end_date" in slide) == (start, False)
    assert words.lower() in slide["display_date"].lower()
    lost = losses(client, "timelinejs")["event", "date"]
    assert (lost["value"], lost["became"]) == (date, "lowered")


def test_a_view_is_a_calendar_of_whole_days(client):
    theme = make_theme(name="Security")
    where = {"place": "Kabul", "country": "AF", "latitude": "34.5", "longitude": "69.2"}
    make_event(key="2021-fall", title="Kabul falls, at last", date="2021-08-15", themes=theme.key, **where)
    make_event(key="1954-pact", date="1954-05")
    found = entries(client)
    fall = found["2021-fall"]
    assert str(fall["summary"]) == "Kabul falls, at last"
    assert (str(fall["dtstart"].dt), str(fall["dtend"].dt)) == ("2021-08-15", "2021-08-16")
    assert str(fall["location"]) == "Kabul, Afghanistan"
    assert (str(found["1954-pact"]["dtstart"].dt), str(found["1954-pact"]["dtend"].dt)) == ("1954-05-01", "1954-06-01")
    assert list(entries(client, "?from=2021")) == ["2021-fall"]
    lost = losses(client, "ics")
    assert lost["1954-pact", "date"]["became"] == "lowered"
    assert ("2021-fall", "date") not in lost
    assert ("2021-fall", "place") not in lost


@pytest.mark.parametrize("form", ["timelinejs", "ics"])
def test_every_filled_cell_and_child_is_said_or_listed_as_lost(client, form):
    source, actor = make_source(key="report"), make_actor(key="us")
    make_event(
        key="2021-fall",
        date="2021-08-15",
        actors="us:source",
        importance="5",
        place="Kabul",
        place_disputed="yes",
        citations=[{"source": source.key, "field": "summary"}],
        figures=[{"counts": "killed", "best": "3", "sources": source.key}],
    )
    lost = losses(client, form)
    for field in ("actors", "importance", "place_disputed", "citations", "figures"):
        assert lost["2021-fall", field]["became"] == "dropped", field
    assert actor.key in lost["2021-fall", "actors"]["value"]
    assert ("2021-fall", "title") not in lost
    answer = client.get(f"/timeline/{form}/?from=2021")
    assert f"/timeline/{form}/losses.csv?from=2021>" in answer.headers["Link"]


@pytest.mark.parametrize("form", ["timelinejs", "ics"])
def test_a_view_that_shows_nothing_is_an_empty_file_and_a_wrong_one_is_refused(client, form):
    assert not (slides if form == "timelinejs" else entries)(client)
    assert client.get(f"/timeline/{form}/?nothing=1").status_code == 400
