import pytest
from django.core.exceptions import PermissionDenied
from django.test import override_settings

from relations import publishing
from relations.models import Plan, Revision
from relations.writing import Edit, Refused, Stale, write
from tests.factories import make_event, make_source, make_user

pytestmark = pytest.mark.django_db


def fresh(record):
    return type(record).objects.get(pk=record.pk)


def title(record, text) -> Edit:
    return Edit(type(record), pk=record.pk, seen=record.version, cells={"title": text})


def test_a_draft_becomes_public_by_a_second_person(analyst, editor):
    event = make_event(state="draft", by=analyst)
    publishing.submit([event], by=analyst)
    with pytest.raises(PermissionDenied):
        publishing.publish([fresh(event)], by=analyst)
    [revision] = publishing.publish([fresh(event)], by=editor)
    event = fresh(event)
    assert (event.state, event.is_public, event.version) == ("published", True, 3)
    assert (revision.act, revision.published_by, revision.change) == ("publish", editor, "")


def test_an_editor_who_wrote_any_of_it_does_not_publish_it(analyst, editor):
    event = make_event(state="submitted", by=analyst)
    write([title(event, "Edited while submitted")], by=editor)
    with pytest.raises(PermissionDenied, match="second person"):
        publishing.publish([fresh(event)], by=editor)
    publishing.publish([fresh(event)], by=make_user(role="editor"))
    assert fresh(event).is_public


def test_an_editor_does_not_publish_what_is_not_submitted(editor):
    with pytest.raises(Refused, match="cannot become published"):
        publishing.publish([make_event(state="draft")], by=editor)


def test_nothing_is_public_without_a_public_citation(editor):
    bare = make_event(state="submitted", citations=[])
    hidden = make_event(state="submitted", citations=[{"source": make_source(state="draft").key}])
    for event in (bare, hidden):
        with pytest.raises(Refused, match="citation"):
            publishing.publish([event], by=editor)
        assert not fresh(event).is_public


def test_returning_needs_a_comment_that_the_author_reads(analyst, editor):
    event = make_event(state="submitted", by=analyst)
    with pytest.raises(Refused, match="mended"):
        publishing.send_back([event], by=editor, reason=" ")
    publishing.send_back([event], by=editor, reason="The date needs a source.")
    assert (fresh(event).state, fresh(event).state_note) == ("draft", "The date needs a source.")


def test_a_change_to_what_is_public_waits_and_the_public_sees_the_row_as_it_was(analyst, editor):
    event = make_event(title="As published")
    plan = publishing.propose([title(event, "As proposed")], by=analyst, change="correction", reason="A slip.")
    assert fresh(event).title == "As published"
    [revision] = publishing.agree(plan, by=editor)
    assert fresh(event).title == "As proposed"
    assert (revision.written_by, revision.published_by, revision.plan) == (analyst, editor, plan)
    assert (revision.change, revision.reason) == ("correction", "A slip.")
    plan.refresh_from_db()
    assert (plan.state, plan.decided_by) == ("applied", editor)
    with pytest.raises(Refused, match="already done"):
        publishing.agree(plan, by=editor)


def test_nobody_agrees_to_a_proposal_of_their_own(editor):
    event = make_event()
    plan = publishing.propose([title(event, "Mine")], by=editor, change="correction", reason="A slip.")
    with pytest.raises(PermissionDenied, match="second person"):
        publishing.agree(plan, by=editor)
    assert Plan.objects.get().state == "waiting"


def test_a_proposal_that_was_overtaken_is_refused_and_goes_on_waiting(analyst, editor):
    event = make_event()
    first = publishing.propose([title(event, "First")], by=analyst, change="correction", reason="A slip.")
    second = publishing.propose([title(event, "Second")], by=analyst, change="correction", reason="A slip.")
    publishing.agree(first, by=editor)
    with pytest.raises(Stale):
        publishing.agree(second, by=editor)
    second.refresh_from_db()
    assert (second.state, fresh(event).title) == ("waiting", "First")


def test_a_proposal_says_why_and_of_which_kind(analyst):
    event = make_event()
    with pytest.raises(Refused, match="corrections"):
        publishing.propose([title(event, "Other")], by=analyst, change="correction", reason="")
    with pytest.raises(Refused, match="addition, correction"):
        publishing.propose([title(event, "Other")], by=analyst, change="whim", reason="So.")


def test_a_refused_proposal_keeps_its_comment_and_changes_nothing(analyst, editor):
    event = make_event(title="As published")
    plan = publishing.propose([title(event, "Worse")], by=analyst, change="correction", reason="A slip.")
    with pytest.raises(PermissionDenied):
        publishing.refuse(plan, by=make_user(), comment="No.")
    publishing.refuse(plan, by=editor, comment="The source says otherwise.")
    plan.refresh_from_db()
    assert (plan.state, plan.comment, fresh(event).title) == ("refused", "The source says otherwise.", "As published")


def test_withdrawing_tells_readers_why_and_reopening_leaves_the_address_gone(editor, analyst):
    event = make_event()
    publishing.withdraw([event], by=editor, reason="It never happened.")
    event = fresh(event)
    assert (event.is_public, event.was_public, event.state_note) == (False, True, "It never happened.")
    assert Revision.objects.get(change="withdrawal").published_by == editor
    publishing.reopen([event], by=editor)
    assert (fresh(event).state, fresh(event).is_public) == ("draft", False)


@override_settings(SECOND_PERSON=False)
def test_a_desk_of_one_person_may_switch_the_second_person_off(editor):
    event = make_event(state="draft", by=editor)
    publishing.publish([event], by=editor)
    plan = publishing.propose([title(fresh(event), "Mended")], by=editor, change="correction", reason="A slip.")
    assert (plan.state, fresh(event).title) == ("applied", "Mended")
