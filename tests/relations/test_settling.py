"""Likely doubles of an import, each settled by its author, and an import made again from its file."""

import pytest
from django.core.exceptions import PermissionDenied

from relations import importing, settling
from relations.models import Plan, PlanRow, State
from relations.writing import Edit, Refused, snapshots, write
from tests.factories import make_actor, make_event, make_source, make_theme, make_user
from timeline.models import Event

pytestmark = pytest.mark.django_db

HEADER = "key,title,date,kind,place,summary,actors,themes,sources\n"
TALKS = "2021-talks,The two sides hold talks in Alton,2021-08-05,consult,,They met.,us:source,aid,dawn\n"
STORM = "2021-storm,A storm closes the port,2021-08-05,other,,It did.,us:source,aid,dawn\n"


@pytest.fixture
def stored(analyst):
    """An event that the row TALKS of a file may be."""
    make_theme(key="aid"), make_actor(key="us"), make_source(key="dawn"), make_source(key="report")
    return make_event(
        key="2021-alton",
        state="draft",
        by=analyst,
        title="Two sides hold talks in Alton",
        date="2021-08-04",
        place="Alton",
        actors="us:source",
        themes="aid",
        citations=[{"source": "report", "field": "title"}],
    )


@pytest.fixture
def plan(stored, analyst) -> Plan:
    return importing.plan("file.csv", (HEADER + TALKS + STORM).encode(), resource_name="events", by=analyst)


def said(plan: Plan, answer: str, by) -> PlanRow:
    """The row that resembles a stored one, once it is settled."""
    row = plan.rows.exclude(doubles="").get()
    settling.settle(plan, {row.pk: answer}, by=by)
    return plan.rows.get(pk=row.pk)


def test_a_new_event_that_resembles_a_stored_one_is_asked_about_and_nothing_is_imported_before(plan, stored, analyst):
    row = plan.rows.exclude(doubles="").get()
    assert (row.key, row.doubles, row.is_asked, row.verdict) == ("2021-talks", str(stored.pk), True, "new")
    totals = importing.totals(plan)
    assert (totals.new, totals.doubles, totals.asked, totals.rows) == (2, 1, 1, 2)
    with pytest.raises(Refused, match="1 rows may be records that are stored already"):
        importing.apply(plan, by=analyst)
    assert Event.objects.count() == 1


def test_a_likely_double_that_is_new_is_created(plan, analyst):
    assert said(plan, settling.NEW, analyst).verdict == "new"
    importing.apply(plan, by=analyst)
    assert set(Event.objects.values_list("key", flat=True)) == {"2021-alton", "2021-talks", "2021-storm"}


def test_a_likely_double_that_is_left_out_is_not_written_and_the_totals_add_up(plan, analyst):
    assert said(plan, settling.OUT, analyst).verdict == "out"
    totals = importing.totals(plan)
    assert (totals.new, totals.out, totals.writes, totals.rows) == (1, 1, 1, 2)
    importing.apply(plan, by=analyst)
    assert set(Event.objects.values_list("key", flat=True)) == {"2021-alton", "2021-storm"}


def test_a_likely_double_that_is_the_same_changes_what_is_stored_and_empties_nothing(plan, stored, analyst):
    row = said(plan, str(stored.pk), analyst)
    assert (row.verdict, row.object_id, row.version_seen) == ("changed", stored.pk, 1)
    assert row.before["cells"]["date"] == "2021-08-04" and row.cells["date"] == "2021-08-05"
    assert "place" not in row.cells
    assert importing.totals(plan).cells == len(row.cells)
    importing.apply(plan, by=analyst)
    record = snapshots(Event, [stored.pk])[stored.pk]
    assert (record["cells"]["key"], record["cells"]["place"]) == ("2021-alton", "Alton")
    assert [item["source"] for item in record["children"]["citations"]] == ["dawn", "report"]
    assert not Event.objects.filter(key="2021-talks").exists()


def test_an_answer_can_be_given_anew_until_the_plan_is_applied(plan, stored, analyst):
    before = plan.rows.exclude(doubles="").values("key", "cells", "children", "before", "object_id").get()
    said(plan, str(stored.pk), analyst), said(plan, settling.OUT, analyst)
    row = said(plan, settling.NEW, analyst)
    assert {name: getattr(row, name) for name in before} == before
    assert importing.totals(plan).cells == 0
    importing.apply(plan, by=analyst)
    settling.settle(plan, {row.pk: settling.OUT}, by=analyst)
    assert plan.rows.get(pk=row.pk).verdict == "new"


def test_two_rows_are_not_the_same_record(stored, analyst):
    text = HEADER + TALKS + TALKS.replace("2021-talks", "2021-talks-again")
    plan = importing.plan("file.csv", text.encode(), resource_name="events", by=analyst)
    first, second = plan.rows.all()
    settling.settle(plan, {first.pk: str(stored.pk), second.pk: str(stored.pk)}, by=analyst)
    second.refresh_from_db()
    assert second.verdict == "refused" and "row 2 of the file is about “2021-alton” too" in second.faults[0]["message"]
    settling.settle(plan, {second.pk: settling.OUT}, by=analyst)
    importing.apply(plan, by=analyst)
    assert Event.objects.get().title == "The two sides hold talks in Alton"


def test_all_that_is_still_asked_about_is_settled_at_once_by_the_author_alone(plan, analyst):
    with pytest.raises(PermissionDenied):
        settling.settle_the_rest(plan, settling.OUT, by=make_user("somebody"))
    assert settling.settle_the_rest(plan, settling.OUT, by=analyst) == 1
    assert settling.settle_the_rest(plan, settling.NEW, by=analyst) == 0
    assert importing.totals(plan).out == 1


def test_what_somebody_changed_since_is_shown_and_the_plan_is_made_again_with_the_answers(plan, stored, analyst):
    said(plan, str(stored.pk), analyst)
    editor = make_user("editor", role="editor")
    assert settling.moved(plan, 10) == []
    write([Edit(Event, pk=stored.pk, seen=1, cells={"title": "Theirs", "place": "Elton"})], by=editor)
    [moved] = settling.moved(plan, 10)
    assert (moved.row.key, moved.revision.written_by, moved.revision.version) == ("2021-alton", editor, 2)
    assert {change.column: change.after for change in moved.changes} == {"title": "Theirs", "place": "Elton"}
    with pytest.raises(Refused, match="editor saved version 2"):
        importing.apply(plan, by=analyst)
    write([Edit(Event, pk=stored.pk, seen=2, cells={"title": "Two sides hold talks"})], by=editor)
    made = settling.again(plan, by=analyst)
    plan.refresh_from_db()
    assert plan.state == Plan.State.DISCARDED
    row = made.rows.exclude(doubles="").get()
    assert (row.verdict, row.version_seen, row.before["cells"]["title"]) == ("changed", 3, "Two sides hold talks")
    importing.apply(made, by=analyst)
    assert Event.objects.get(pk=stored.pk).state == State.DRAFT
    assert Event.objects.get(pk=stored.pk).place == "Elton"
