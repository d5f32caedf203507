"""Figures of events: on their page with their sources, in every file, and added up from the lowest to the highest."""

import csv
import io
import json

import pytest

from relations import importing, package
from relations.models import Source
from relations.writing import Refused
from tests.factories import make_event, make_source, make_user
from tests.forms import form_of
from tests.timeline.reading import links, part, words
from timeline.figures import totals
from timeline.models import Event, Figure

pytestmark = pytest.mark.django_db


def killed(source: Source, **cells) -> dict:
    return {"counts": "killed", "sources": source.key} | cells


def text_of(streamed) -> str:
    return streamed.getvalue().decode()


def only(found):
    [one] = found
    return one


def test_a_page_states_each_figure_with_its_bounds_and_its_sources(client):
    cited, other = make_source(key="cited"), make_source(key="other", publisher="The Herald")
    figures = [
        killed(cited, low="30", best="38", high="42"),
        killed(other, of_whom="soldiers", low="12", note="As the army counts."),
        {"counts": "displaced", "unit": "families", "high": "1200", "sources": other.key},
    ]
    make_event(key="2020-strike", figures=figures, citations=[{"source": cited.key, "field": "summary"}])
    page = client.get("/events/2020-strike/")
    shown = words(part(page, 'id="figures"', "</section>"))
    assert "Killed 38 (30–42) people [1]" in shown
    assert "Killed: soldiers As the army counts. at least 12 people The Herald" in shown
    assert "Displaced up to 1,200 families" in shown
    assert "/sources/other/" in links(part(page, 'id="figures"', "</section>"))
    assert "killed: at least 12 soldiers" in words(client.get("/sources/other/"))


def test_a_figure_that_no_public_source_states_is_not_shown(client):
    draft = make_source(key="draft-source", state="draft")
    make_event(key="2020-strike", figures=[killed(draft, best="38")])
    assert "38" not in words(client.get("/events/2020-strike/"))
    assert client.get("/events/2020-strike/json/").json()["figures"] == []
    assert "38" not in text_of(client.get("/data/figures.csv"))
    assert json.loads(text_of(client.get("/events/json/")))["figures"] == []


def test_a_figure_is_in_the_files_and_comes_back_the_same(client):
    source = make_source(key="report")
    make_event(key="2020-strike", figures=[killed(source, low="30", best="38")])
    [row] = csv.DictReader(io.StringIO(text_of(client.get("/data/figures.csv"))))
    assert row == {
        "event": "2020-strike",
        "counts": "killed",
        "of_whom": "",
        "low": "30",
        "best": "38",
        "high": "",
        "unit": "people",
        "sources": "report",
        "note": "",
    }
    member = only(client.get("/api/v1/events/2020-strike/").json()["figures"])
    assert member == {name: value or None for name, value in row.items() if name != "event"} | {
        "low": 30,
        "best": 38,
        "sources": ["report"],
    }
    text = "".join(package.table_text("figures"))
    plan = importing.plan("figures.csv", text.encode(), resource_name="figures", by=make_user())
    assert importing.totals(plan).same == 1


@pytest.mark.parametrize(
    ("cells", "column", "said"),
    [
        ({}, "best", "needs a number"),
        ({"low": "39", "best": "38"}, "low", "39 is more than 38"),
        ({"best": "38", "high": "37"}, "best", "38 is more than 37"),
        ({"low": "3", "high": "2"}, "low", "3 is more than 2"),
        ({"best": "-1"}, "best", "greater than or equal to 0"),
        ({"best": "1e3"}, "best", "not a whole number"),
        ({"best": "3.5"}, "best", "not a whole number"),
        ({"best": "NaN"}, "best", "not a whole number"),
        ({"best": "9999999999999"}, "best", "less than or equal to"),
        ({"best": "3", "sources": ""}, "sources", "required"),
        ({"best": "3", "counts": "slain"}, "counts", "not in the list"),
    ],
)
def test_what_is_no_figure_is_refused_with_what_would_be_right(cells, column, said):
    with pytest.raises(Refused) as refused:
        make_event(figures=[killed(make_source(), **cells)])
    fault = only(refused.value.faults)
    assert fault.column == f"figures: {column}"
    assert said in fault.message


def test_totals_carry_the_lowest_and_the_highest(client):
    source = make_source()
    make_event(figures=[killed(source, low="30", best="38", high="42")])
    make_event(figures=[killed(source, best="5"), {"counts": "injured", "low": "9", "sources": source.key}])
    make_event(figures=[{"counts": "destroyed", "unit": "aircraft", "best": "2", "sources": source.key}])
    found = {(total.counts, total.unit): total for total in totals(Event.objects.published())}
    dead = found["killed", "people"]
    assert (dead.events, dead.low, dead.best, dead.high, dead.may_count_twice) == (2, 35, 43, 47, False)
    hurt = found["injured", "people"]
    assert (hurt.low, hurt.best, hurt.high) == (9, None, None)
    assert found["destroyed", "aircraft"].best == 2
    said = client.get("/api/v1/events/?kind=consult").json()["figures"]
    for address in ("/timeline/json/", "/events/json/"):
        assert json.loads(text_of(client.get(address)))["figures"] == said
    assert only(row for row in said if row["counts"] == "killed") == {
        "counts": "killed",
        "unit": "people",
        "events": 2,
        "low": 35,
        "best": 43,
        "high": 47,
        "may_count_twice": False,
    }
    listed = words(client.get("/events/"))
    assert "Killed 43 (35–47) people, as 2 events state" in listed
    assert "Injured at least 9 people, as 1 event states" in listed
    assert client.get("/api/v1/events/?from=1950&to=1951").json()["figures"] == []


def test_a_part_is_never_added_to_its_whole():
    source = make_source()
    whole = make_event(figures=[killed(source, best="38"), killed(source, of_whom="children", best="9")])
    part_of = [{"kind": "part-of", "to_event": whole.key}]
    make_event(links=part_of, figures=[killed(source, best="20")])
    assert only(totals(Event.objects.published())).best == 38
    assert only(totals(Event.objects.exclude(pk=whole.pk))).best == 20


def test_groups_that_may_overlap_are_added_and_said_to():
    source = make_source()
    make_event(figures=[killed(source, of_whom="soldiers", best="3"), killed(source, of_whom="children", best="4")])
    dead = only(totals(Event.objects.published()))
    assert (dead.best, dead.may_count_twice) == (7, True)


def test_who_is_displaced_twice_is_said_to_be_counted_twice():
    source = make_source()
    for _time in range(2):
        make_event(figures=[{"counts": "displaced", "best": "100", "sources": source.key}])
    assert only(totals(Event.objects.published())).may_count_twice


def test_figures_are_entered_and_kept_in_the_form_of_their_event(client, analyst):
    source = make_source(key="report")
    event = make_event(state="draft", by=analyst, figures=[killed(source, best="3")])
    client.force_login(analyst)
    url = f"/admin/timeline/event/{event.pk}/change/"
    form = form_of(client.get(url), "event_form")
    assert form["figures-0-best"] == ["3"]
    client.post(url, form | {"figures-0-best": "4", "figures-0-high": "6"})
    [figure] = Figure.objects.all()
    assert (figure.best, figure.high) == (4, 6)


def test_the_package_of_before_lacks_the_file():
    contents = {f"{name}.csv": "".join(package.table_text(name)).encode() for name in package.files()}
    contents[package.DESCRIPTOR] = json.dumps(
        {
            "name": "other",
            "version": "1",
            "bilateral": {"sides": ["a", "b"], "time_zone": "UTC", "sections": [], "calendars": []},
        }
    ).encode()
    del contents["figures.csv"]
    _descriptor, records = package.parse(contents)
    assert records[Event] == {}
