"""Many at once, through the lists of the admin: chosen, looked at, done as one batch, taken back; and who may."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from relations import batches, publishing
from relations.models import Comment, Plan, Revision, State
from relations.writing import Edit, write
from tests.factories import (
    make_actor,
    make_event,
    make_investment,
    make_programme,
    make_source,
    make_theme,
    make_transaction,
    make_user,
)
from tests.forms import form_of
from timeline.models import Event

pytestmark = pytest.mark.django_db

EVENTS = "admin:timeline_event_changelist"


def choose(client, action: str, records, url=EVENTS, query="", across=False, **answers):
    """Choose an action of a list, as its form sends it; answer what it asks first; return the page of the batch."""
    sent = {"action": action, "index": "0", "_selected_action": [record.pk for record in records]}
    if across:
        sent["select_across"] = "1"
    response = client.post(reverse(url) + query, sent)
    if answers and response.status_code == 200:
        asked = form_of(response, "bulk") | {name: [value] for name, value in answers.items()}
        if not response.context or "form" not in response.context:
            return response
        data = {name: values for name, values in asked.items() if name != "csrfmiddlewaretoken"}
        response = client.post(reverse(url) + query, data)
    return client.get(response.url) if response.status_code == 302 else response


def batch_of(response) -> Plan:
    return response.context["plan"]


def decide(client, plan: Plan, act="apply", **said):
    return client.post(reverse("admin:batch", args=[plan.pk]), {"act": act} | said)


def verdicts(plan) -> dict[str, str]:
    return dict(plan.rows.values_list("key", "verdict"))


# ------------------------------------------------------------------------------------------------ what becomes of them


def test_importance_is_set_for_all_that_the_filter_finds_and_not_only_for_the_page(client, analyst):
    theme, actor = make_theme(), make_actor()
    cells = {"themes": theme.key, "actors": f"{actor.key}:source", "summary": "They met.", "kind": "consult"}
    edits = [
        Edit(Event, cells=cells | {"key": f"2020-{n}", "title": f"Visit {n}", "date": str(1960 + n % 3)})
        for n in range(60)
    ]
    write(edits, by=analyst)
    client.force_login(analyst)
    first = Event.objects.first()
    page = choose(client, "set_importance_of_selected", [first], query="?from=1961", across=True, importance="4")
    plan = batch_of(page)
    assert plan.rows.count() == 40
    assert not Event.objects.filter(importance=4).exists()
    assert decide(client, plan, reason="Looked at again.").status_code == 302
    assert set(Event.objects.filter(importance=4).values_list("earliest__year", flat=True)) == {1961, 1962}
    assert Revision.objects.filter(plan=plan, reason="Looked at again.").count() == 40


def test_a_theme_is_added_and_removed_and_the_page_shows_each_cell_before_and_after(client, analyst):
    make_theme(key="trade", name="Trade")
    events = [make_event(state="draft", by=analyst, themes="trade"), make_event(state="draft", by=analyst)]
    client.force_login(analyst)
    page = choose(client, "add_theme_of_selected", events, theme="Trade")
    plan = batch_of(page)
    assert verdicts(plan) == {events[0].key: "same", events[1].key: "changed"}
    [row] = plan.rows.filter(verdict="changed")
    assert f"<ins>{row.cells['themes']}</ins>" in page.text
    decide(client, plan)
    assert events[1].themes.filter(key="trade").exists()
    plan = batch_of(choose(client, "remove_theme_of_selected", events, theme="trade"))
    # The first would be left without a theme, and an event has one: it is refused by name, and the other goes on.
    assert verdicts(plan) == {events[0].key: "refused", events[1].key: "changed"}
    decide(client, plan)
    assert [event.themes.filter(key="trade").exists() for event in events] == [True, False]


def test_an_actor_is_replaced_in_lists_and_children_in_its_place_and_stands_once(client, analyst):
    for key in ("old", "new", "other"):
        make_actor(key=key)
    parts = {"2020-a": "old:source|other:target", "2020-b": "other:host|old:target|new:source", "2020-c": "other:host"}
    events = [make_event(key=key, state="draft", by=analyst, actors=text) for key, text in parts.items()]
    client.force_login(analyst)
    plan = batch_of(choose(client, "replace_actor_of_selected", events, actor="old", other="new"))
    decide(client, plan)
    now = {
        event.key: [(part.actor.key, part.role) for part in event.participations.select_related("actor")]
        for event in events
    }
    assert now == {
        "2020-a": [("new", "source"), ("other", "target")],
        "2020-b": [("other", "host"), ("new", "target")],
        "2020-c": [("other", "host")],
    }
    investment = make_investment(state="draft", by=analyst, stakes=[{"actor": "old", "role": "owner"}])
    page = choose(
        client,
        "replace_actor_of_selected",
        [investment],
        url="admin:relations_investment_changelist",
        actor="old",
        other="new",
    )
    decide(client, batch_of(page))
    assert investment.stakes.get().actor.key == "new"


def test_published_records_change_as_one_proposal_and_drafts_at_once(client, analyst, editor):
    public, draft = make_event(title="Public"), make_event(title="Draft", state="draft", by=analyst)
    client.force_login(analyst)
    page = choose(client, "set_importance_of_selected", [public, draft], importance="5")
    plan = batch_of(page)
    assert "1 of them waits as a proposal for a second person." in page.text
    response = decide(client, plan, change="correction", reason="")
    assert response.status_code == 400
    decide(client, plan, change="correction", reason="It changed the relation.")
    public.refresh_from_db()
    draft.refresh_from_db()
    assert (public.importance, draft.importance) == (2, 5)
    publishing.agree(plan.proposals.get(), by=editor)
    public.refresh_from_db()
    assert public.importance == 5
    # Taken back in the same way: the draft at once, the public one by two.
    response = decide(client, plan, act="undo")
    undo = batch_of(client.get(response.url))
    decide(client, undo, change="correction", reason="It did not.")
    draft.refresh_from_db()
    assert draft.importance == 2
    publishing.agree(undo.proposals.get(), by=editor)
    public.refresh_from_db()
    assert public.importance == 2
    assert "Taken back:" in client.get(reverse("admin:batch", args=[plan.pk])).text


def test_records_are_submitted_published_returned_withdrawn_and_reopened_as_batches(client, analyst, editor):
    events = [make_event(state="draft", by=analyst) for _ in range(2)]
    client.force_login(analyst)
    decide(client, batch_of(choose(client, "submit_selected", events)))
    assert set(Event.objects.values_list("state", flat=True)) == {"submitted"}
    client.force_login(editor)
    plan = batch_of(choose(client, "return_selected", events[:1]))
    assert decide(client, plan, reason="").status_code == 400
    decide(client, plan, reason="No source for the date.")
    assert Comment.objects.get().text == "No source for the date."
    decide(client, batch_of(choose(client, "publish_selected", events[1:])))
    events[1].refresh_from_db()
    assert events[1].is_public
    decide(client, batch_of(choose(client, "withdraw_selected", events)), reason="Doubles.")
    assert set(Event.objects.values_list("state", "state_note")) == {("withdrawn", "Doubles.")}
    decide(client, batch_of(choose(client, "reopen_selected", events)))
    assert set(Event.objects.values_list("state", flat=True)) == {"draft"}


def test_what_leans_on_records_to_be_withdrawn_is_shown_before(client, editor):
    source, programme = make_source(key="paper"), make_programme(key="programme")
    make_transaction(key="amount", programme="programme", citations=[{"source": "paper"}], note="A first part.")
    client.force_login(editor)
    page = choose(client, "withdraw_selected", [source], url="admin:relations_source_changelist")
    assert "These are public and cite nothing else" in page.text
    response = client.get(decide(client, batch_of(page), reason="Retracted.").url)
    assert "would be left without a citation" in response.text
    source.refresh_from_db()
    assert source.is_public
    page = choose(client, "withdraw_selected", [programme], url="admin:relations_aidprogramme_changelist")
    assert "These leave the public with them" in page.text


def test_what_cannot_be_is_refused_row_by_row_and_the_rest_goes_on(client, analyst, editor):
    uncited = make_event(key="2020-uncited", state="submitted", by=analyst, citations=[])
    mine = make_event(key="2020-mine", state="submitted", by=editor)
    draft = make_event(key="2020-draft", state="draft", by=analyst)
    good = make_event(key="2020-good", state="submitted", by=analyst)
    client.force_login(editor)
    page = choose(client, "publish_selected", [uncited, mine, draft, good])
    plan = batch_of(page)
    said = {row.key: row.faults[0]["message"] for row in plan.rows.filter(verdict="refused")}
    assert said == {
        "2020-uncited": "a public record needs a citation of a public source",
        "2020-mine": "You wrote “Event 2020-mine”, so a second person publishes it.",
        "2020-draft": "it is draft.",
    }
    assert all(message in page.text for message in said.values())
    decide(client, plan)
    assert dict(Event.objects.filter(is_public=True).values_list("key", "state")) == {"2020-good": "published"}


def test_a_record_saved_meanwhile_is_refused_by_name_and_the_rest_goes_on_when_asked_again(client, analyst, editor):
    events = [make_event(state="draft", by=analyst) for _ in range(3)]
    client.force_login(analyst)
    plan = batch_of(choose(client, "set_importance_of_selected", events, importance="1"))
    write([Edit(Event, events[0].pk, 1, cells={"title": "Saved meanwhile"})], by=editor)
    response = decide(client, plan)
    assert response.status_code == 409
    assert f"{editor.username} saved version 2" in response.text
    assert not Event.objects.filter(importance=1).exists()
    decide(client, plan)
    assert Event.objects.filter(importance=1).count() == 2
    assert "Already done" in client.get(decide(client, plan).url).text


def test_too_many_at_once_are_refused_in_words(client, analyst, monkeypatch):
    monkeypatch.setattr(batches, "MOST", 2)
    events = [make_event(state="draft", by=analyst) for _ in range(3)]
    client.force_login(analyst)
    page = choose(client, "submit_selected", events)
    assert page.status_code == 200
    assert "At most 2 records are changed at once." in page.text
    assert not Plan.objects.exists()


# ------------------------------------------------------------------------------------------------------------- who may


def test_each_sees_the_actions_that_the_rights_allow_and_no_address_does_more(client, analyst, editor, outsider):
    event = make_event(state="submitted", by=analyst)
    editors_only = {"publish_selected", "return_selected", "withdraw_selected", "reopen_selected"}
    data = {f"{name}_of_selected" for name in ("set_importance", "add_theme", "remove_theme", "replace_actor")}
    everyones = data | {"submit_selected", "merge_selected"}
    for person, expected in ((analyst, everyones), (editor, everyones | editors_only)):
        client.force_login(person)
        page = client.get(reverse(EVENTS))
        offered = {name for name, _label in page.context["action_form"].fields["action"].choices if name}
        assert offered - {"export_selected"} == expected
    client.force_login(analyst)
    for action in editors_only:
        choose(client, action, [event])
    assert not Plan.objects.exists()
    client.force_login(outsider)
    assert client.get(reverse("admin:batches")).status_code == 302


def test_a_plan_is_its_authors_alone_until_it_is_applied(client, analyst, editor):
    event = make_event(state="draft", by=analyst)
    client.force_login(analyst)
    plan = batch_of(choose(client, "submit_selected", [event]))
    own = reverse("admin:batch", args=[plan.pk])
    client.force_login(editor)
    assert client.get(own).status_code == 404
    assert decide(client, plan).status_code == 404
    client.force_login(analyst)
    decide(client, plan)
    client.force_login(editor)
    assert client.get(own).status_code == 200
    assert client.get(reverse("admin:relations_plan_change", args=[plan.pk])).url == own
    assert plan.get_absolute_url() in client.get(reverse("admin:timeline_event_history", args=[event.pk])).text
    client.force_login(make_user())
    assert "Take this back" not in client.get(own).text
    assert decide(client, plan, act="undo").status_code == 403


def test_a_plan_is_given_up_and_nothing_was_written(client, analyst):
    event = make_event(state="draft", by=analyst)
    client.force_login(analyst)
    plan = batch_of(choose(client, "submit_selected", [event]))
    decide(client, plan, act="discard")
    assert client.get(reverse("admin:batch", args=[plan.pk])).status_code == 404
    event.refresh_from_db()
    assert event.state == State.DRAFT


def test_the_list_of_batches_asks_as_many_queries_for_many_as_for_one(client, analyst):
    client.force_login(analyst)
    counts = []
    for _ in range(2):
        for event in [make_event(state="draft", by=analyst) for _ in range(3)]:
            decide(client, batch_of(choose(client, "submit_selected", [event])))
        with CaptureQueriesContext(connection) as queries:
            page = client.get(reverse("admin:batches"))
        assert page.text.count("Change of many") >= 3
        counts.append(len(queries))
    assert counts[0] == counts[1]


# ----------------------------------------------------------------------------------------------------------- by command


def test_a_batch_is_taken_back_by_command_and_shown_before(client, analyst):
    event = make_event(key="2020-visit", state="draft", by=analyst)
    client.force_login(analyst)
    plan = batch_of(choose(client, "set_importance_of_selected", [event], importance="5"))
    decide(client, plan)
    out = StringIO()
    call_command("undo", str(plan.pk), "--as", analyst.username, "--dry-run", stdout=out)
    assert "2020-visit, importance: “5” becomes “2”" in out.getvalue()
    event.refresh_from_db()
    assert (event.importance, Plan.objects.filter(kind="undo").count()) == (5, 0)
    call_command("undo", str(plan.pk), "--as", analyst.username, stdout=out)
    event.refresh_from_db()
    assert event.importance == 2
    assert "1 records written" in out.getvalue()
    for number, name in ((plan.pk, analyst.username), (0, analyst.username), (plan.pk, "nobody")):
        with pytest.raises(CommandError):
            call_command("undo", str(number), "--as", name, stdout=out)
