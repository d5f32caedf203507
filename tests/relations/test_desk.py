"""The first page and the lists of the desk: what waits for whom, counted, and what comes next."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from relations import commenting, importing, publishing
from relations.admin import waiting
from relations.models import Actor, Need, Plan
from relations.writing import Edit, write
from tests.conftest import NOW
from tests.factories import (
    make_actor,
    make_assessment,
    make_benchmark,
    make_condition,
    make_event,
    make_source,
    make_theme,
    make_user,
)
from timeline.models import Event

pytestmark = pytest.mark.django_db


def page(client, name: str, **parameters):
    return client.get(reverse("admin:desk-list", args=[name]), parameters)


def rows(client, name: str) -> list[waiting.Row]:
    response = page(client, name)
    assert response.status_code == 200, response
    for row in response.context["rows"]:
        assert row.step in response.text
    return response.context["rows"]


def titles(client, name: str) -> list[str]:
    return [row.title for row in rows(client, name)]


def counts(client) -> dict[str, int]:
    """What the first page says of each list that the person sees."""
    overview = client.get(reverse("admin:index")).context["overview"]
    return {shown.list.name: shown.pages.count for _words, lists in overview.sections for shown in lists}


def propose(event, by, title: str = "Better words") -> Plan:
    event.refresh_from_db()
    edit = Edit(Event, pk=event.pk, seen=event.version, cells={"title": title})
    return publishing.propose([edit], by=by, change="correction", reason="A slip.")


# ----------------------------------------------------------------------------------------------------- each list


def test_an_analyst_finds_own_drafts_the_oldest_first(client, analyst):
    for day, title in ((2, "The second"), (1, "The first"), (3, "The third")):
        with time_machine.travel(NOW - timedelta(days=10 - day)):
            make_event(state="draft", by=analyst, title=title)
    make_event(state="draft", title="Of another")
    client.force_login(analyst)
    assert titles(client, "drafts") == ["The first", "The second", "The third"]
    assert "Finish it and ask for review" in page(client, "drafts").text


def test_what_an_editor_returned_is_with_its_author_with_the_comment(client, analyst, editor):
    event = make_event(state="submitted", by=analyst, title="A visit")
    publishing.send_back([event], by=editor, reason="Give a second source.")
    client.force_login(analyst)
    [row] = rows(client, "returned")
    assert (row.title, row.note, row.who) == ("A visit", "Give a second source.", "editor")
    assert row.url == reverse("admin:timeline_event_change", args=[event.pk])
    assert counts(client)["drafts"] == 0
    client.force_login(editor)
    assert titles(client, "returned") == []


def test_a_refused_proposal_is_with_its_author_until_it_is_proposed_anew(client, analyst, editor):
    event = make_event(title="A visit")
    publishing.refuse(propose(event, analyst), by=editor, comment="No better.")
    client.force_login(analyst)
    [row] = rows(client, "returned")
    assert (row.title, row.note, row.who, row.kind) == ("A visit", "No better.", "editor", "proposal: event")
    propose(event, analyst, "The best words")
    assert titles(client, "returned") == []
    assert titles(client, "sent") == ["A visit"]


def test_submitted_records_and_proposals_wait_together_the_oldest_first(client, analyst, editor):
    public = make_event(title="Public")
    with time_machine.travel(NOW - timedelta(days=3)):
        make_event(state="submitted", by=analyst, title="The first")
    with time_machine.travel(NOW - timedelta(days=2)):
        propose(public, analyst)
    with time_machine.travel(NOW - timedelta(days=1)):
        make_actor(state="submitted", by=analyst, name="The third")
    client.force_login(editor)
    assert titles(client, "check") == ["The first", "Public", "The third"]
    assert [row.who for row in rows(client, "check")] == ["analyst"] * 3
    client.force_login(analyst)
    assert titles(client, "sent") == ["The first", "Public", "The third"]


def test_what_an_editor_wrote_waits_for_another_editor(client, editor):
    make_event(state="submitted", by=editor, title="My own")
    touched = make_event(state="submitted", title="Of an analyst")
    write([Edit(Event, pk=touched.pk, seen=touched.version, cells={"summary": "They met twice."})], by=editor)
    client.force_login(editor)
    [row] = rows(client, "check")
    assert row.title == "Of an analyst"
    assert "another editor publishes" in row.step
    assert titles(client, "sent") == ["My own"]


def test_a_desk_of_one_checks_its_own_work(client, settings, editor):
    settings.SECOND_PERSON = False
    make_event(state="submitted", by=editor, title="My own")
    client.force_login(editor)
    [row] = rows(client, "check")
    assert "publish or return" in row.step


def test_a_public_date_without_a_source_is_listed_with_what_lacks_one(client, analyst):
    make_event(title="Half cited", citations=[{"source": make_source().key, "field": "summary"}])
    make_event(title="Well cited")
    make_event(state="draft", title="A draft", citations=[])
    client.force_login(analyst)
    [row] = rows(client, "without-source")
    assert (row.title, row.step) == ("Half cited", "Cite a source for: date")


def test_what_rests_on_one_publisher_is_listed_until_a_second_is_found(client, analyst):
    two = [{"source": make_source(publisher="Dawn").key}, {"source": make_source(publisher="AP").key}]
    make_event(title="Of two", citations=two, actors=f"{make_actor(citations=two).key}:source")
    make_event(
        title="Of one",
        citations=[two[0], {"source": make_source(publisher="Dawn").key}],
        actors=f"{Actor.objects.get().key}:source",
    )
    client.force_login(analyst)
    assert titles(client, "one-publisher") == ["Of one"]


def test_an_event_in_work_that_may_be_another_one_leads_to_both_side_by_side(client, analyst):
    known = make_event(title="Taliban take Kabul", date="2021-08-15")
    make_event(title="Taliban take Kabul", date="2021-08-25", state="draft", by=analyst)
    make_event(title="Taliban take Kabul", date="2021-08-16", state="draft", by=analyst, key="again")
    client.force_login(analyst)
    [row] = rows(client, "doubles")
    assert (row.title, row.note, counts(client)["doubles"]) == ("Taliban take Kabul", str(known), 1)
    side_by_side = client.get(row.url)
    assert side_by_side.status_code == 200 and known.key in side_by_side.text and "again" in side_by_side.text


def test_open_comments_of_others_are_with_who_entered_the_record(client, analyst, editor):
    mine, other = make_event(state="draft", by=analyst, title="Mine"), make_event(state="draft", title="Of another")
    [open_one] = commenting.comment([mine], "Is this a double?", by=editor)
    commenting.comment([mine], "I shall look.", by=analyst)
    commenting.comment([other], "And this?", by=editor)
    client.force_login(analyst)
    [row] = rows(client, "comments")
    assert (row.title, row.note, row.who) == ("Mine", "Is this a double?", "editor")
    commenting.finish(open_one, by=editor)
    assert titles(client, "comments") == []


def test_my_imports_say_which_of_them_wait_for_me(client, analyst):
    themes, actors, sources = make_theme().key, f"{make_actor().key}:source", make_source().key
    text = (
        "key,title,date,kind,summary,themes,actors,sources\n"
        f"new,New,2020,consult,They met.,{themes},{actors},{sources}\n"
    )

    def planned(name):
        return importing.plan(name, text.encode(), resource_name="events", by=analyst)

    planned("first.csv")
    applied = planned("second.csv")
    importing.apply(applied, by=analyst, reason="")
    importing.discard(planned("third.csv"), by=analyst)
    client.force_login(analyst)
    found = rows(client, "imports")
    assert [row.title for row in found] == ["second.csv", "first.csv"]
    assert [row.step for row in found] == ["See what it did", "See what it would do, then apply or discard it"]
    client.force_login(make_user())
    assert titles(client, "imports") == []


def test_what_colleagues_published_this_week_is_news_to_the_others_alone(client, analyst, editor):
    def published(title):
        event = make_event(state="submitted", by=analyst, title=title)
        publishing.publish([event], by=editor)

    with time_machine.travel(NOW - timedelta(days=8)):
        published("Last week")
    published("Today")
    make_event(title="Of a package")
    client.force_login(analyst)
    [row] = rows(client, "this-week")
    assert (row.title, row.who) == ("Today", "editor")
    client.force_login(editor)
    assert titles(client, "this-week") == []


def test_deadlines_of_the_next_90_days_come_first_then_those_that_passed_without_a_finding(client, analyst):
    standing = make_condition(in_force="2010-01-01/..").key
    make_benchmark(condition=standing, title="Soon", deadline="2026-09")
    make_benchmark(condition=standing, title="Sooner", deadline="2026-03-31", deadline_reset="2026-07-15")
    make_benchmark(condition=standing, title="Far", deadline="2026-12-31")
    make_benchmark(condition=standing, title="Long ago", deadline="2015-06-30")
    make_benchmark(condition=standing, title="Lately", deadline="2026-06-30")
    met = make_condition(in_force="2010-01-01/..").key
    make_benchmark(condition=met, title="Met", deadline="2026-05-31")
    make_assessment(condition=met, date="2026-06-02", finding="met")
    make_condition(in_force="2010-01-01/2026-08-31", title="Ends")
    client.force_login(analyst)
    found = rows(client, "deadlines")
    assert [row.title for row in found] == ["Sooner", "Ends", "Soon", "Lately", "Long ago"]
    assert [row.is_late for row in found] == [False, False, False, True, True]
    assert found[3].step == "Look for the finding: none is recorded"
    make_assessment(condition=standing, date="2026-07-01", finding="not-met")
    assert titles(client, "deadlines") == ["Sooner", "Ends", "Soon"]


# ------------------------------------------------------------------------------------------------- the first page


def test_the_first_page_counts_each_list_and_says_what_is_next(client, analyst, editor):
    event = make_event(state="submitted", by=analyst, title="A visit")
    make_event(state="draft", by=analyst)
    publishing.send_back([event], by=editor, reason="Give a second source.")
    client.force_login(analyst)
    counted = counts(client)
    assert (counted["returned"], counted["drafts"], counted["sent"]) == (1, 1, 0)
    first = client.get(reverse("admin:index"))
    name, row = first.context["overview"].next
    assert (name.name, row.title) == ("returned", "A visit")
    assert "Give a second source." in first.text


def test_each_list_that_is_empty_says_so_kindly(client, editor):
    client.force_login(editor)
    assert "Nothing waits for you." in client.get(reverse("admin:index")).text
    for item in waiting.LISTS.values():
        response = page(client, item.name)
        assert str(item.empty) in response.text.replace("&#x27;", "'"), item.name
        assert str(item.about) in response.text.replace("&#x27;", "'"), item.name


def test_an_analyst_does_not_see_what_only_editors_decide(client, analyst, outsider):
    client.force_login(analyst)
    assert "check" not in counts(client)
    assert page(client, "check").status_code == 403
    assert page(client, "no-such-list").status_code == 404
    outsider.is_staff = True
    outsider.save()
    client.force_login(outsider)
    assert counts(client) == {}
    for name in waiting.LISTS:
        assert page(client, name).status_code == 403, name
    client.logout()
    assert page(client, "drafts").status_code == 302


def test_who_may_see_some_kinds_of_record_alone_finds_no_others(client, analyst, outsider):
    from django.contrib.auth.models import Permission

    cited = [{"source": make_source().key, "field": "summary"}]
    make_event(title="An event", citations=cited)
    propose(make_event(title="Public"), analyst)
    outsider.is_staff = True
    outsider.save()
    outsider.user_permissions.add(Permission.objects.get(codename="view_actor"))
    client.force_login(outsider)
    assert set(titles(client, "one-publisher")) == {str(actor) for actor in Actor.objects.all()}
    assert titles(client, "without-source") == []


# ----------------------------------------------------------------------------------------------------- how it grows


def test_a_list_is_turned_page_by_page_and_counted_no_further_than_it_leads(client, analyst):
    event = make_event(state="draft", by=analyst)
    content_type, now = ContentType.objects.get_for_model(Event), timezone.now()
    Need.objects.bulk_create(
        [
            Need(content_type=content_type, object_id=event.pk + n, kind="finish", person=analyst, since=now)
            for n in range(1, 10_051)
        ]
    )
    client.force_login(analyst)
    assert "10,000+" in client.get(reverse("admin:index")).text
    assert page(client, "drafts", p=2).context["page"].number == 2
    last = page(client, "drafts", p=9999)
    assert last.context["page"].number == 200
    assert "10,000+" in last.text


def test_lists_and_the_first_page_cost_the_same_for_one_row_and_for_many(client, analyst, editor):
    def add(n):
        for _number in range(n):
            publishing.send_back([make_event(state="submitted", by=analyst)], by=editor, reason="Why?")
            publishing.refuse(propose(make_event(), analyst), by=editor, comment="No.")
            commenting.comment([make_event(state="draft", by=analyst)], "And?", by=editor)
            event = make_event(
                state="submitted", by=analyst, citations=[{"source": make_source().key, "field": "date"}]
            )
            publishing.publish([event], by=editor)
            make_event(state="submitted", by=analyst)
            propose(make_event(), analyst)

    def costs() -> dict[str, int]:
        found = {}
        for person in (analyst, editor):
            client.force_login(person)
            for url in (reverse("admin:index"), *(item.url for item in waiting.lists_of(person))):
                with CaptureQueriesContext(
                    connection,
                ) as queries:
                    assert client.get(url).status_code == 200
                found[f"{person} {url}"] = len(queries)
        return found

    add(1)
    costs()  # what is kept in memory, is kept
    few = costs()
    add(4)
    costs()
    assert costs() == few
    assert max(few.values()) < 30, few
