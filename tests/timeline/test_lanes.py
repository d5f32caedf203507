"""What stands in which lane: sides by roles, level of detail, further events, money and conditions."""

import csv
import re
from datetime import date
from pathlib import Path

import pytest

from relations import dates
from relations.models import Actor
from relations.writing import Edit, State, write
from tests.factories import (
    make_actor,
    make_assessment,
    make_condition,
    make_event,
    make_package,
    make_programme,
    make_source,
    make_theme,
    make_transaction,
)
from tests.timeline.reading import links, part, words
from timeline import lanes
from timeline.drawing.dots import Dot, Lane
from timeline.drawing.lanes import draw_window
from timeline.models import Event

EDTF = list(csv.DictReader((Path(__file__).parent / "edtf.csv").read_text(encoding="utf-8").splitlines()))


def make_many(rows) -> None:
    """Write published events, of which `rows` have what is their own, at once."""
    actor, source = make_actor().key, make_source().key
    common = {"kind": "aid", "summary": "They met.", "themes": make_theme().key, "actors": f"{actor}:source"}
    names = ("field", "locator", "quotation", "credibility", "states_instead", "claimant", "note")
    citations = [{**dict.fromkeys(names, ""), "source": source, "support": "stated"}]
    edits = [
        Edit(
            Event,
            cells={"title": f"Talks {row['key']}", **common, **row},
            children={"citations": citations},
            state=State.PUBLISHED,
        )
        for row in rows
    ]
    write(edits, by=make_package())


def drawn(text: str) -> str:
    """Return how a date is drawn in a window that is a little longer than it."""
    known = dates.parse(text)
    first = known.earliest if known.earliest > date.min else known.end.first
    last = known.latest if known.latest < date.max else known.start.last
    window = draw_window(
        [Lane("Acts", "", [Dot(known, "Talks are held", "/", "coop-deed", 5)])],
        first=date.fromordinal(max(first.toordinal() - 400, 1)),
        last=date.fromordinal(min(last.toordinal() + 400, date.max.toordinal())),
        href=lambda _first, _last: "/",
    )
    [mark] = window.wide.lanes[0].marks
    parts = {
        "fades": mark.fade,
        "bar": mark.bar,
        "foot": mark.foot,
        "line": mark.line and mark.line[2],
        "runs out": mark.line and not mark.line[2],
        "runs in": mark.runs_in,
    }
    return " ".join(name for name, is_drawn in parts.items() if is_drawn) or "mark"


def test_sixty_dates_have_their_bounds_their_order_their_phrase_and_their_drawing():
    assert len(EDTF) >= 60
    known = [dates.parse(row["text"]) for row in EDTF]
    assert known == sorted(known)
    for row, date_known in zip(EDTF, known, strict=True):
        assert [date_known.earliest.isoformat(), date_known.latest.isoformat()] == [row["earliest"], row["latest"]]
        assert (row["text"], date_known.phrase()) == (row["text"], row["phrase"])
        assert (row["text"], drawn(row["text"])) == (row["text"], row["drawn"])


@pytest.mark.django_db
def test_sixty_dates_are_listed_in_their_order_and_found_by_period_and_by_what_is_known_of_them(client):
    keys = {row["text"]: f"1900-{n:02}" for n, row in enumerate(EDTF)}
    make_many({"key": key, "date": text} for text, key in keys.items())

    def found(query: str) -> list[str]:
        response = client.get(f"/timeline/csv/?{query}")
        text = b"".join(response.streaming_content).decode("utf-8-sig")
        return [row["key"] for row in csv.DictReader(text.splitlines())]

    def where(test) -> list[str]:
        return [keys[row["text"]] for row in EDTF if test(row)]

    assert found("") == list(keys.values())
    assert found("from=1985&to=1989") == where(lambda row: "possibly" in row["in_1985_1989"])
    assert found("from=1985&to=1989&certainty=certainly") == where(lambda row: "certainly" in row["in_1985_1989"])
    for name in ("day", "month", "year", "interval", "open", "about"):
        assert found(f"precision={name}") == where(lambda row, name=name: row["known"] == name), name


@pytest.fixture
def sides(db):
    """Two states with a body each, somebody who serves one, and an armed group beneath it that is of no side."""
    make_actor(key="aland", kind="state", short_name="Aland")
    make_actor(key="borland", kind="state", short_name="Borland")
    make_actor(key="aland-army", parent="aland", kind="armed-forces")
    make_actor(key="general", serves="aland-army", kind="person")
    make_actor(key="borland-bank", parent="borland", kind="company")
    make_actor(key="banker", serves="borland-bank", kind="person")
    make_package()


@pytest.mark.parametrize(
    ("actors", "lane"),
    [
        ("general:source|borland:target", "Aland acts"),
        ("borland:perpetrator|aland:victim", "Borland acts"),
        ("aland:signatory|borland:signatory", "Both act"),
        ("general:signatory|aland-army:participant|borland:participant", "Aland acts"),
        ("aland:participant|borland:participant", "Both act"),
        ("aland:target", "Aland acts"),
        ("borland-bank:source|aland:target", "Others act"),
        ("banker:source|borland:target", "Others act"),
        ("borland-bank:source|borland:source", "Borland acts"),
    ],
)
def test_who_acts_follows_from_roles_and_from_the_bodies_beneath_a_state(sides, actors, lane):
    event = make_event(actors=actors)

    found = lanes.lanes_of([event], "side")

    assert [title.title for title in found if title.dots] == [lane]
    assert [row.title for row in found] == ["Aland acts", "Both act", "Borland acts", "Others act"]


def test_lanes_by_actor_take_the_bodies_beneath_it(sides):
    general, bank = make_event(actors="general:source"), make_event(actors="borland-bank:source")

    found = lanes.lanes_of([general, bank], "actor", [Actor.objects.get(key="aland")])

    assert [(lane.title, [dot.key for dot in lane.dots]) for lane in found] == [
        ("Aland", [general.key]),
        ("Others", [bank.key]),
    ]


@pytest.mark.django_db
def test_what_does_not_fit_is_counted_with_nothing_lost_at_any_level_of_detail(client):
    make_many(
        {
            "key": f"{1960 + n // 8}-{n:03}",
            "date": f"{1960 + n // 8}",
            "importance": "5" if n % 80 == 0 else str(1 + n % 4),
        }
        for n in range(lanes.MOST_EVENTS + 40)
    )

    html = client.get("/timeline/lanes/").content.decode()

    wide = html[html.index('data-lanes="wide"') : html.index('data-lanes="narrow"')]
    named = len(re.findall(r"data-event=", wide))
    counted = sum(map(int, re.findall(r">\+(\d+)</text>", wide)))
    assert named + counted == lanes.MOST_EVENTS + 40
    assert "Further events" in wide
    assert {"1960", "1970", "1980"} <= set(re.findall(r"<title>[^<]*, (\d{4})</title>", wide))


@pytest.mark.django_db
def test_a_day_with_many_events_shows_every_one_or_counts_it_and_leads_to_the_list(client):
    make_many({"key": f"2001-{n:03}", "date": "2001-09-11", "importance": str(1 + n % 5)} for n in range(300))

    response = client.get("/timeline/?from=2001-09-11&to=2001-09-11")

    html = response.content.decode()
    wide = html[html.index('data-lanes="wide"') : html.index('data-lanes="narrow"')]
    counted = sum(map(int, re.findall(r">\+(\d+)</text>", wide)))
    assert len(re.findall(r"data-event=", wide)) + counted == 300
    assert len(re.findall(r"data-event=", wide)) > 150
    assert "/timeline/?from=2001-09-11&to=2001-09-11#list" in links(wide)
    assert 'data-first="2001-09-11" data-last="2001-09-11"' in wide


@pytest.mark.django_db
def test_money_has_a_lane_of_each_kind_and_conditions_a_line_with_their_findings(client):
    programme = make_programme(title="Army aid").key
    for kind, amount in (("commitment", "5000000"), ("disbursement", "3000000"), ("suspension", "800000")):
        make_transaction(programme=programme, kind=kind, amount=amount, currency="USD", date="2011-07")
    make_transaction(programme=programme, kind="pledge", amount="9000000", currency="USD", date="2011-07")
    condition = make_condition(title="Certify each year", in_force="2009-10-15/2014-09-30").key
    make_assessment(condition=condition, date="2011-03-18", finding="waived")
    make_condition(title="Long over", in_force="1961/1965")
    make_event(date="2011")

    lanes_part = part(client.get("/timeline/?from=2011&to=2011"), 'data-part="lanes"', "</figure>")

    table = words(lanes_part)
    for said in ("Committed July 2011 $5m, commitment: Army aid", "Held back July 2011 $800,000, suspension: Army aid"):
        assert said in table
    assert "pledge" not in table
    assert "Certify each year" in table and "Waived: Certify each year" in table
    assert "Long over" not in table
    assert f"/conditions/{condition}/" in links(lanes_part)


@pytest.mark.django_db
def test_lanes_are_chosen_by_address_and_what_they_cannot_be_is_refused(client):
    make_event(kind="aid")

    assert "Aid 1 event" in words(client.get("/timeline/lanes/?lanes=class").content.decode().replace("<svg", "<p"))
    for query, right in (("lanes=sides", "side"), ("lanes=side&lanes=theme", "theme")):
        response = client.get(f"/timeline/?{query}")
        assert response.status_code == 400
        assert right in words(response)
    actors = "&".join(f"actor={make_actor().key}" for _n in range(9))
    assert "8 at most" in words(client.get(f"/timeline/?lanes=actor&{actors}"))


@pytest.mark.django_db
def test_the_parts_that_follow_the_window_are_answered_alone_and_alike(client):
    make_event(date="1990-10", title="Cut off")
    make_event(date="1970", title="Talks")

    page = client.get("/timeline/?from=1990&to=1990")
    parts = client.get("/timeline/lanes/?from=1990&to=1990")

    for name, end in (("count", "</p>"), ("window", "</form>"), ("strip", "</figure>"), ("lanes", "</figure>")):
        assert part(page, f'data-part="{name}"', end) == part(parts, f'data-part="{name}"', end)
    assert "1 event" in words(parts) and "<html" not in parts.content.decode()
    again = client.get("/timeline/lanes/?from=1990&to=1990", headers={"If-None-Match": parts["ETag"]})
    assert again.status_code == 304
