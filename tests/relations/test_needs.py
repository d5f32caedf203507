"""What records need next is kept with every write, and is at any time what a fresh look would find."""

import pytest

from relations import commenting, needs, publishing
from relations.models import Assessment, Comment, Need
from relations.writing import Edit, keyed_models, write
from tests.factories import (
    make_actor,
    make_assessment,
    make_event,
    make_package,
    make_programme,
    make_source,
    make_transaction,
)
from timeline.models import Event

pytestmark = pytest.mark.django_db


def kinds(record) -> set[str]:
    found = Need.objects.filter(content_type__model=record._meta.model_name, object_id=record.pk)
    return set(found.values_list("kind", flat=True))


def need(record, kind: str) -> Need:
    return Need.objects.get(content_type__model=record._meta.model_name, object_id=record.pk, kind=kind)


def well_cited(**cells) -> Event:
    """An event that needs nothing."""
    return make_event(citations=[{"source": make_source().key}, {"source": make_source().key}], **cells)


def rewrite(record, **cells) -> None:
    """A newer package changes cells of a published record."""
    record.refresh_from_db()
    write([Edit(type(record), pk=record.pk, seen=record.version, cells=cells)], by=make_package(), publisher=None)


def test_a_record_goes_from_need_to_need_on_its_way_to_the_public(analyst, editor):
    event = make_event(state="draft", by=analyst, citations=[{"source": make_source().key, "field": "date"}])
    assert kinds(event) == {"finish"}
    assert need(event, "finish").person == analyst
    publishing.submit([event], by=analyst)
    event.refresh_from_db()
    assert kinds(event) == {"check"}
    assert need(event, "check").person == analyst
    publishing.send_back([event], by=editor, reason="Give a second source.")
    event.refresh_from_db()
    assert kinds(event) == {"mend", "answer"}
    assert need(event, "mend").person == analyst
    commenting.finish(Comment.objects.get(), by=editor)
    publishing.submit([event], by=analyst)
    event.refresh_from_db()
    publishing.publish([event], by=editor)
    assert kinds(event) == {"source", "publisher"}
    assert need(event, "source").fields == "summary"
    event.refresh_from_db()
    publishing.withdraw([event], by=editor, reason="It did not happen.")
    assert kinds(event) == set()


def test_who_waits_keeps_the_place_when_an_editor_mends_a_word(analyst, editor):
    event = make_event(state="submitted", by=analyst)
    before = need(event, "check").since
    write([Edit(Event, pk=event.pk, seen=event.version, cells={"title": "Other words"})], by=editor)
    assert need(event, "check").since == before


def test_what_nobody_entered_is_whose_who_took_it_up_again(editor):
    event = make_event()
    publishing.withdraw([event], by=editor, reason="In doubt.")
    event.refresh_from_db()
    publishing.reopen([event], by=editor)
    assert need(event, "finish").person == editor


def test_a_citation_of_the_whole_record_stands_for_every_field():
    assert kinds(well_cited()) == set()
    assert needs.lacking({"date": "2020", "summary": "They met."}, ["", "date"]) == []
    assert needs.lacking({"date": "2020", "summary": "They met.", "note": ""}, ["date"]) == ["summary"]


def test_a_draft_that_cites_nothing_says_so_until_it_does(analyst):
    event = make_event(state="draft", by=analyst, citations=[])
    assert kinds(event) == {"finish", "cite"}
    blank = dict.fromkeys(("locator", "quotation", "credibility", "states_instead", "claimant", "note"), "")
    citation = {"field": "", "source": make_source(state="draft").key, "support": "stated"} | blank
    write([Edit(Event, pk=event.pk, seen=1, children={"citations": [citation]})], by=analyst)
    assert kinds(event) == {"finish"}


def test_titles_classes_and_links_need_no_source_of_their_own():
    assert needs.attested(Event) == ("date", "summary")
    assert needs.attested(Assessment) == ("date", "amount_affected")


def test_copies_of_one_source_are_one_publisher():
    first = make_source(publisher="Agency")
    event = make_event(citations=[{"source": first.key}, {"source": make_source(origin=first.key).key}])
    assert kinds(event) == {"publisher"}


def test_a_source_that_turns_out_to_be_a_copy_leaves_its_records_with_one_publisher():
    first, second, third = make_source(), make_source(), make_source()
    event = make_event(citations=[{"source": first.key}, {"source": third.key}])
    rewrite(third, origin=second.key)
    assert kinds(event) == set()
    rewrite(second, origin=first.key)
    assert kinds(event) == {"publisher"}
    rewrite(second, origin="")
    assert kinds(event) == set()


def test_a_source_that_leaves_the_public_leaves_its_records_with_the_others(editor):
    source = make_source()
    event = make_event(citations=[{"source": make_source().key}, {"source": source.key, "field": "date"}])
    publishing.withdraw([source], by=editor, reason="A hoax.")
    assert kinds(event) == {"publisher"}


def test_a_claimant_that_leaves_the_public_takes_its_citation_along(editor):
    claimant = make_actor()
    rows = [{"source": make_source().key}, {"source": make_source().key, "claimant": claimant.key}]
    event = make_event(citations=rows)
    assert kinds(event) == set()
    publishing.withdraw([claimant], by=editor, reason="Nobody of that name.")
    assert kinds(event) == {"publisher"}


def test_what_leaves_the_public_with_another_needs_nothing_until_it_is_back(editor):
    programme = make_programme()
    amount = make_transaction(programme=programme.key)
    assert kinds(amount) == {"publisher"}
    publishing.withdraw([programme], by=editor, reason="Never agreed.")
    assert kinds(amount) == set()


def test_an_open_comment_of_another_needs_an_answer_of_who_entered_the_record(analyst, editor):
    mine, packaged = make_event(state="draft", by=analyst), well_cited()
    commenting.comment([mine, packaged], "I shall look.", by=analyst)
    assert (kinds(mine), kinds(packaged)) == ({"finish"}, set())
    first, second = (commenting.comment([mine], text, by=editor)[0] for text in ("Is it?", "When?"))
    assert need(mine, "answer").person == analyst
    assert need(mine, "answer").since == first.written_at
    commenting.finish(first, by=editor)
    assert need(mine, "answer").since == second.written_at
    write([Edit(Event, pk=mine.pk, seen=1, cells={"title": "Other words"})], by=analyst)
    assert kinds(mine) == {"finish", "answer"}
    commenting.finish(second, by=editor)
    assert kinds(mine) == {"finish"}


def test_a_proposal_that_a_new_one_replaces_is_nobodys_to_mend(analyst, editor):
    event = well_cited()
    edit = Edit(Event, pk=event.pk, seen=event.version, cells={"title": "Better words"})
    plan = publishing.propose([edit], by=analyst, change="correction", reason="A slip.")
    publishing.replace_proposal(plan, by=editor)
    assert kinds(plan) == set()


def test_a_proposal_waits_and_is_its_authors_to_mend_when_refused(analyst, editor):
    event = well_cited()

    def propose(title):
        edit = Edit(Event, pk=event.pk, seen=event.version, cells={"title": title})
        return publishing.propose([edit], by=analyst, change="correction", reason="A slip.")

    plan = propose("Better words")
    assert kinds(plan) == {"check"}
    publishing.refuse(plan, by=editor, comment="No better.")
    assert kinds(plan) == {"mend"}
    assert need(plan, "mend").person == analyst
    again = propose("The best words")
    assert kinds(plan) == set()
    publishing.refuse(again, by=analyst, comment="Taken back.")
    assert kinds(again) == set()
    agreed = propose("Good words")
    publishing.agree(agreed, by=editor)
    assert kinds(agreed) == set()


def test_what_is_kept_is_what_a_fresh_look_finds(analyst, editor):
    make_event(state="draft", by=analyst)
    make_event(state="submitted", by=analyst)
    make_event(citations=[{"source": make_source().key, "field": "date"}])
    make_assessment()
    well_cited()
    known = ("content_type", "object_id", "kind", "person", "since", "fields")
    kept = sorted(map(str, Need.objects.values(*known)))
    Need.objects.all().delete()
    needs.refresh({model: model._base_manager.values_list("pk", flat=True) for model in keyed_models()})
    assert sorted(map(str, Need.objects.values(*known))) == kept
