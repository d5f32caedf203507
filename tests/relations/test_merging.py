"""Two people at one record: what differs, field by field and child by child, and what is taken of it."""

import pytest

from relations.admin.merging import MINE, THEIRS, choose, merge
from relations.models import Source
from relations.resources import resource_of
from relations.writing import Edit, snapshots, write
from tests.factories import make_actor, make_event, make_investment, make_source
from tests.forms import form_of
from tests.relations.test_admin import choice_of, opened, send
from timeline.models import Event

pytestmark = pytest.mark.django_db


def version(title="T", actors="a:source|b:target", **citations) -> dict:
    """A version of an event: `dawn="p. 1"` is a citation of the whole record."""
    blank = dict.fromkeys(["field", "quotation", "credibility", "states_instead", "claimant", "note"], "")
    rows = [blank | {"source": key, "locator": text, "support": "stated"} for key, text in citations.items()]
    return {"cells": {"title": title, "actors": actors}, "children": {"citations": rows}}


def merged_with(opened, theirs, mine, choices=None):
    merged = merge(resource_of(Event), opened, theirs, mine, choices)
    cited = {row["source"]: row["locator"] for row in merged.children["citations"]}
    return merged, merged.cells["title"], merged.cells["actors"], cited


def test_what_one_of_two_changed_is_taken_and_shown():
    merged, title, actors, cited = merged_with(
        version(dawn="p. 1", nyt="p. 1"),
        version(title="Theirs", dawn="p. 2", nyt="p. 1", bbc=""),
        version(actors="a:source", dawn="p. 1", nyt="p. 9"),
    )
    assert (title, actors, cited) == ("Theirs", "a:source", {"dawn": "p. 2", "nyt": "p. 9", "bbc": ""})
    assert not merged.undecided
    assert [(item.name, item.key, item.taken) for item in merged.conflicts] == [
        ("title", None, THEIRS),
        ("actors", ("b",), MINE),
        ("citations", ("", "dawn", ""), THEIRS),
        ("citations", ("", "nyt", ""), MINE),
        ("citations", ("", "bbc", ""), THEIRS),
    ]


def test_what_both_changed_is_undecided_until_it_is_chosen():
    versions = version(dawn="p. 1"), version(title="Theirs", dawn="p. 2"), version(title="Mine")
    merged, title, _actors, cited = merged_with(*versions)
    assert [item.name for item in merged.undecided] == ["title", "citations"]
    assert (title, cited) == ("Mine", {})
    _merged, title, _actors, cited = merged_with(*versions, {0: THEIRS, 1: THEIRS})
    assert (title, cited) == ("Theirs", {"dawn": "p. 2"})


def test_children_in_order_keep_the_order_of_whoever_changed_it():
    assert merged_with(version(), version(actors="b:target|a:source"), version())[2] == "b:target|a:source"
    assert merged_with(version(), version(), version(actors="b:target|a:source"))[2] == "b:target|a:source"
    both = version(actors="a:source|b:target|c:host"), version(actors="c:host|a:source|b:target")
    mine = version(actors="b:target|a:source|c:host")
    merged, _title, actors, _cited = merged_with(*both, mine)
    assert actors == "b:target|a:source|c:host"
    assert [(item.label, item.is_order) for item in merged.undecided] == [("actors, order", True)]
    assert merged_with(*both, mine, {0: THEIRS})[2] == "c:host|a:source|b:target"


def test_what_stands_twice_is_not_dropped():
    twice = version(dawn="p. 1")
    twice["children"]["citations"] *= 2
    assert len(merge(resource_of(Event), version(), version(title="Theirs"), twice).children["citations"]) == 2


def test_what_is_typed_after_the_choice_stays():
    opened, theirs, mine = version(), version(title="Theirs", dawn="p. 2"), version(title="Mine", dawn="p. 3")
    resource = resource_of(Event)
    merged, chosen = (
        merge(resource, opened, theirs, mine),
        merge(resource, opened, theirs, mine, {0: THEIRS, 1: THEIRS}),
    )
    as_filled = {"cells": dict(merged.cells), "children": dict(merged.children)}
    assert choose(resource, as_filled, merged, chosen)["cells"]["title"] == "Theirs"
    assert choose(resource, as_filled, merged, chosen)["children"]["citations"][0]["locator"] == "p. 2"
    typed = {"cells": merged.cells | {"title": "A third"}, "children": merged.children}
    assert choose(resource, typed, merged, chosen)["cells"]["title"] == "A third"


# ------------------------------------------------------------------------------------------------------ in the form


def test_theirs_is_chosen_for_a_field_a_participant_and_a_citation(client, analyst, editor):
    for key in ("munir", "isi"):
        make_actor(key=key)
    dawn = make_source(key="dawn")
    event = make_event(state="draft", by=analyst, actors="munir:source", citations=[{"source": "dawn"}])
    client.force_login(analyst)
    data = opened(client, event)
    rows = snapshots(Event, [event.pk])[event.pk]["children"]["citations"]
    theirs = {"title": "Theirs", "actors": "munir:host|isi:target"}
    write(
        [Edit(Event, pk=event.pk, seen=1, cells=theirs, children={"citations": [rows[0] | {"locator": "p. 2"}]})],
        by=editor,
    )
    mine = {"title": "Mine", "participations-0-role": "target", "citations-0-locator": "p. 3"}
    response = send(client, event, data, **mine)
    assert response.status_code == 409
    labels = [conflict.label for conflict in response.context["meeting"].conflicts]
    assert labels == ["title", "actors", "actors", "citations"]
    again = form_of(response, "event_form")
    assert send(client, event, again, **{f"take-{n}": "theirs" for n in range(4)}).status_code == 302
    event.refresh_from_db()
    now = snapshots(Event, [event.pk])[event.pk]
    assert (now["cells"]["title"], now["cells"]["actors"]) == ("Theirs", "munir:host|isi:target")
    assert now["children"]["citations"][0]["locator"] == "p. 2"
    assert event.version == 2  # with all of theirs nothing is left to write
    assert dawn.pk


def test_a_third_save_in_between_loses_nothing(client, analyst, editor):
    event = make_event(state="draft", by=analyst, title="First", place="Kabul")
    client.force_login(analyst)
    data = opened(client, event)
    write([Edit(Event, pk=event.pk, seen=1, cells={"title": "Second"})], by=editor)
    response = send(client, event, data, title="Mine", place="Lahore")
    write([Edit(Event, pk=event.pk, seen=2, cells={"place": "Quetta", "importance": "4"})], by=editor)
    again = send(client, event, form_of(response, "event_form"), **{choice_of(response, "title"): "theirs"})
    assert again.status_code == 409
    rows = {item.label: (item.opened, item.theirs, item.mine) for item in again.context["meeting"].conflicts}
    assert rows["place"] == ("Kabul", "Quetta", "Lahore")
    assert "title" not in rows
    last = form_of(again, "event_form")
    assert send(client, event, last, **{choice_of(again, "place"): "mine"}).status_code == 302
    event.refresh_from_db()
    assert (event.version, event.title, event.place, event.importance) == (4, "Second", "Lahore", 4)


def test_a_choice_stays_where_something_else_is_wrong(client, analyst, editor):
    event = make_event(state="draft", by=analyst, title="First")
    client.force_login(analyst)
    data = opened(client, event)
    write([Edit(Event, pk=event.pk, seen=1, cells={"title": "Second"})], by=editor)
    response = send(client, event, data, title="Mine")
    take = choice_of(response, "title")
    for wrong in ({"date": "14/08/2021"}, {"themes": ["nowhere"]}):
        refused = send(client, event, form_of(response, "event_form") | {take: ["theirs"]}, **wrong)
        assert refused.status_code == 200, wrong
        again = form_of(refused, "event_form")
        assert (again[take], again["title"]) == (["theirs"], ["Mine"]), wrong
    assert send(client, event, form_of(response, "event_form"), **{take: "theirs"}).status_code == 302
    event.refresh_from_db()
    assert event.title == "Second"


def test_a_new_source_that_was_typed_survives_a_stale_save(client, analyst, editor):
    event = make_event(state="draft", by=analyst)
    client.force_login(analyst)
    data = opened(client, event)
    write([Edit(Event, pk=event.pk, seen=1, cells={"importance": "4"})], by=editor)
    new = {
        "citations-1-source": "https://dawn.example/visit",
        "citations-1-new_title": "A visit",
        "citations-1-new_publisher": "Dawn",
        "citations-1-new_kind": "news",
    }
    response = send(client, event, data, **new)
    assert response.status_code == 409
    assert send(client, event, form_of(response, "event_form")).status_code == 302
    source = Source.objects.get(url="https://dawn.example/visit")
    assert (source.title, source.publisher) == ("A visit", "Dawn")
    assert event.citations.filter(source=source).exists()


def test_what_was_sent_of_a_meeting_is_believed_only_in_its_form(client, analyst):
    investment = make_investment(state="draft", by=analyst, name="Dam")
    client.force_login(analyst)
    data = opened(client, investment)
    for mine in (
        "",
        "[]",
        "{}",
        '{"cells": []}',
        '{"cells": {}, "children": []}',
        '{"cells": {}, "children": {"stakes": [1]}}',
        "x",
    ):
        sent = {"met-mine": mine, "met-opened": "1", "name": f"Dam {mine[:9]}"}
        response = send(client, investment, data, **sent)
        assert response.status_code == 302, mine
        data = opened(client, investment)
