import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from relations import pair
from relations.models import Actor, OldKey, PublicRevision, Revision, Source, State, Theme, Transaction
from relations.writing import Edit, Refused, Stale, check, snapshots, write
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
    make_user,
)
from timeline.models import Event

pytestmark = pytest.mark.django_db


def draft(**fields) -> Event:
    return make_event(state="draft", **fields)


def change(record, **cells) -> Edit:
    return Edit(type(record), pk=record.pk, seen=record.version, cells=cells)


def revisions(record):
    return list(
        Revision.objects.filter(object_id=record.pk, content_type__model=record._meta.model_name).order_by("version")
    )


def test_a_new_record_is_a_draft_with_a_revision_of_the_whole_record(analyst):
    theme, actor, source = make_theme(), make_actor(), make_source()
    cells = {
        "key": "2021-visit",
        "title": "A visit",
        "date": "2021-08",
        "kind": "consult",
        "summary": "They met.",
        "themes": theme.key,
        "actors": f"{actor.key}:host",
    }
    cited = {"field": "date", "source": source.key, "support": "stated"}
    [revision] = write([Edit(Event, cells=cells, children={"citations": [cited]})], by=analyst)
    event = Event.objects.get(key="2021-visit")
    assert (event.state, event.version, event.is_public, event.entered_by) == ("draft", 1, False, analyst)
    assert (str(event.earliest), str(event.latest)) == ("2021-08-01", "2021-08-31")
    assert [(p.actor, p.role) for p in event.participations.all()] == [(actor, "host")]
    assert revision.act == "create" and revision.written_by == analyst and revision.published_at is None
    assert revision.data == snapshots(Event, [event.pk])[event.pk]
    assert revision.data["cells"]["actors"] == f"{actor.key}:host"
    assert revision.data["children"]["citations"][0]["source"] == source.key


def test_what_changes_nothing_writes_nothing(analyst):
    event = draft(by=analyst)
    before = Revision.objects.count()
    assert write([change(event, title=event.title, latitude="", importance="2")], by=analyst) == []
    assert Revision.objects.count() == before


def test_a_number_has_one_written_form(analyst):
    event = draft(by=analyst)
    write([change(event, latitude="33.60", longitude="73.000")], by=analyst)
    event.refresh_from_db()
    assert (str(event.latitude), str(event.longitude)) == ("33.6", "73")
    assert write([change(event, latitude="33.600")], by=analyst) == []


def test_the_second_of_two_editors_is_told_who_was_first_and_nothing_is_lost(analyst, editor):
    event = draft(by=analyst)
    write([change(event, title="The first")], by=editor)
    with pytest.raises(Stale) as caught:
        write([change(event, title="The second")], by=analyst)
    assert "editor saved version 2" in str(caught.value)
    event.refresh_from_db()
    assert event.title == "The first" and len(revisions(event)) == 2


def test_all_or_nothing(analyst):
    good, bad = draft(by=analyst), draft(by=analyst)
    with pytest.raises(Refused) as caught:
        write([change(good, title="Better"), change(bad, date="03/04/2025")], by=analyst)
    assert [fault.column for fault in caught.value.faults] == ["date"]
    good.refresh_from_db()
    assert good.title != "Better" and good.version == 1


@pytest.mark.parametrize(
    ("cells", "column", "advice"),
    [
        ({"date": "2021-13"}, "date", "2021"),
        ({"importance": "4.9"}, "importance", "1, 2, 3, 4, 5"),
        ({"importance": "6"}, "importance", "1, 2, 3, 4, 5"),
        ({"latitude": "1e20", "longitude": "2"}, "latitude", "number"),
        ({"latitude": "91", "longitude": "2"}, "latitude", "90"),
        ({"latitude": "12"}, "longitude", "pairs"),
        ({"title": "x" * 201}, "title", "200"),
        ({"title": ""}, "title", "required"),
        ({"title": "reversed \u202e text"}, "title", "invisible"),
        ({"title": "nul \0 text"}, "title", "control"),
        ({"title": " padded"}, "title", "padded"),
        ({"kind": "Agree"}, "kind", "write agree"),
        ({"country": "UK"}, "country", "not in the list"),
        ({"themes": "no-such-theme"}, "themes", "no theme has the key"),
        ({"actors": "us:boss"}, "actors", "source, target"),
        ({"actors": ""}, "actors", "required"),
        ({"place_disputed": "true"}, "place_disputed", "yes nor no"),
        ({"key": "Not a key"}, "key", "a–z"),
    ],
)
def test_a_refusal_names_the_column_and_what_would_be_right(analyst, cells, column, advice):
    event = draft(by=analyst)
    with pytest.raises(Refused) as caught:
        write([change(event, **cells)], by=analyst)
    assert column in [fault.column for fault in caught.value.faults]
    assert advice in str(caught.value)


def test_a_near_key_is_pointed_out(analyst):
    make_actor(key="asim-munir")
    with pytest.raises(Refused, match="asim-munir"):
        write([change(draft(by=analyst), actors="asim-muneer:source")], by=analyst)


def test_urdu_and_its_joiners_stay_as_they_are(analyst):
    title = "پاک\u200cامریکہ تعلقات"
    event = draft(by=analyst, title=title)
    assert event.title == title


def test_a_published_record_is_not_written_past_a_second_person(editor, analyst):
    event = make_event()
    for person in (analyst, editor):
        with pytest.raises(Refused, match="propose"):
            write([change(event, title="Other")], by=person)
    with pytest.raises(PermissionDenied):
        write([change(event, title="Other")], by=editor, publisher=editor)
    with pytest.raises(PermissionDenied):
        write([change(event, title="Other")], by=editor, publisher=analyst)
    [revision] = write(
        [change(event, title="Other")], by=analyst, publisher=editor, change="correction", reason="Slip."
    )
    assert (revision.written_by, revision.published_by, revision.change) == (analyst, editor, "correction")


def test_nobody_writes_without_the_right(outsider):
    with pytest.raises(PermissionDenied):
        write([Edit(Theme, cells={"key": "new", "name": "New"})], by=outsider)
    assert not Theme.objects.exists()


def test_a_circle_of_parents_is_refused(analyst):
    top = make_actor(state="draft", by=analyst)
    below = make_actor(state="draft", by=analyst, parent=top.key)
    with pytest.raises(Refused, match="circle"):
        write([change(top, parent=below.key)], by=analyst)


def test_a_batch_may_point_to_itself(analyst):
    edits = [
        Edit(Actor, cells={"key": "body", "name": "Body", "kind": "government-body", "parent": "state"}),
        Edit(Actor, cells={"key": "state", "name": "State", "kind": "state"}),
    ]
    write(edits, by=analyst)
    assert Actor.objects.get(key="body").parent.key == "state"


def test_what_requires_is_public_only_with_what_it_requires(editor):
    programme = make_programme(state="draft")
    amount = make_transaction(programme=programme.key)
    assert amount.state == "published" and not amount.is_public
    write([Edit(type(programme), pk=programme.pk, seen=1, state=State.SUBMITTED)], by=make_user())
    write([Edit(type(programme), pk=programme.pk, seen=2, state=State.PUBLISHED)], by=editor)
    amount.refresh_from_db()
    assert amount.is_public
    edit = Edit(type(programme), pk=programme.pk, seen=3, state=State.WITHDRAWN, note="Wrong.")
    write([edit], by=editor, reason="Wrong.")
    amount.refresh_from_db()
    assert not amount.is_public and amount.was_public


def test_a_condition_below_a_hidden_parent_hides_its_findings_too():
    parent = make_condition(state="draft")
    finding = make_assessment(condition=make_condition(parent=parent.key).key)
    assert not finding.is_public


def test_the_number_of_the_public_revision_counts_public_changes_only(analyst):
    make_event()
    before = PublicRevision.objects.get().number
    write([change(draft(by=analyst), title="Still a draft")], by=analyst)
    assert PublicRevision.objects.get().number > before  # the themes and sources of the draft were published
    number = PublicRevision.objects.get().number
    event = Event.objects.get(title="Still a draft")
    write([change(event, title="Still hidden")], by=analyst)
    assert PublicRevision.objects.get().number == number


def test_an_old_key_leads_on_and_is_never_given_to_another(analyst, editor):
    event = make_event(key="2020-old")
    write([change(event, key="2020-new")], by=analyst, publisher=editor, change="correction", reason="Better key.")
    assert OldKey.objects.get().key == "2020-old" and OldKey.objects.get().object_id == event.pk
    with pytest.raises(Refused, match="2020-new"):
        make_event(key="2020-old")


def test_a_source_is_not_withdrawn_from_under_a_public_record(editor):
    source = make_source()
    event = make_event(citations=[{"source": source.key}])
    with pytest.raises(Refused, match=event.key):
        write([Edit(Source, pk=source.pk, seen=1, state=State.WITHDRAWN, note="Fake.")], by=editor)
    source.refresh_from_db()
    assert source.is_public


def test_a_citation_of_an_unknown_field_is_refused(analyst):
    with pytest.raises(Refused, match="there is no such field"):
        draft(by=analyst, citations=[{"source": make_source().key, "field": "colour"}])


def test_checking_writes_nothing_and_locks_nothing(analyst):
    event = draft(by=analyst)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        [(_edit, _before, cells, _children)] = check([change(event, title="Seen only")], by=analyst)
    assert cells == {"title": "Seen only"}
    assert not [q for q in queries if not q["sql"].lstrip().upper().startswith("SELECT")]
    assert not [q for q in queries if "FOR UPDATE" in q["sql"]]


def test_many_records_cost_hardly_more_queries_than_one(analyst):
    def edits(count, offset):
        theme, actor, source = make_theme(), make_actor(), make_source()
        return [
            Edit(
                Event,
                cells={
                    "key": f"2020-many-{offset}-{n}",
                    "title": f"Event {n}",
                    "date": "2020",
                    "kind": "aid",
                    "summary": "Aid.",
                    "themes": theme.key,
                    "actors": f"{actor.key}:source",
                },
                children={"citations": [{"source": source.key, "support": "stated"}]},
            )
            for n in range(count)
        ]

    one, many = edits(1, 1), edits(200, 2)
    with CaptureQueriesContext(connection) as few, transaction.atomic():
        write(one, by=analyst)
    with CaptureQueriesContext(connection) as more, transaction.atomic():
        write(many, by=analyst)
    # SQLite's full-text index takes a statement a record.
    indexing = sum("relations_search " in q["sql"] for q in more)
    assert len(more) - indexing <= len(few) + 8


def test_a_period_beyond_the_calendars_is_refused(analyst):
    make_package()
    assert pair.current().sides == ("aland", "borland")
    programme = make_programme(state="draft", by=analyst)
    with pytest.raises(Refused):
        make_transaction(state="draft", by=analyst, programme=programme.key, date="", fiscal_period="ZZ-FY1990")
    good = make_transaction(state="draft", by=analyst, programme=programme.key, date="", fiscal_period="US-FY1990")
    assert (str(good.earliest), str(good.latest)) == ("1989-10-01", "1990-09-30")


def test_an_amount_that_does_not_count_says_why(analyst):
    with pytest.raises(Refused, match="why"):
        make_transaction(state="draft", by=analyst, counts_in_totals="no")
    assert not Transaction.objects.exists()
