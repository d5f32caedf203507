"""Review: what waits, as the public would see it, each claim beside its source, decided on one page."""

import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from relations import publishing
from relations.models import Comment, Plan, PublicRevision, Revision, State
from relations.writing import Edit, write
from tests.factories import (
    MAKERS,
    make_actor,
    make_assessment,
    make_condition,
    make_event,
    make_source,
    make_theme,
    make_user,
)
from tests.forms import form_of
from timeline.models import Event

pytestmark = pytest.mark.django_db


def address(record, page="review", *args) -> str:
    return reverse(f"admin:{record._meta.app_label}_{record._meta.model_name}_{page}", args=[record.pk, *args])


def frame_of(client, page) -> str:
    """The page in the frame of a review, as text."""
    response = client.get(unescape(re.search(r'<iframe [^>]*src="([^"#]*)', page.text)[1]))
    assert response.status_code == 200
    return response.text


def main_of(text: str) -> str:
    return re.search(r"<main\b.*</main>", text, re.DOTALL)[0]


def decide(client, record, act, **data):
    record.refresh_from_db()
    return client.post(address(record), {"act": act, "version": record.version} | data, follow=True)


def told(response) -> str:
    return " ".join(str(message) for message in response.context["messages"])


# ------------------------------------------------------------------------------------------- as the public would see it


@pytest.mark.parametrize("model", MAKERS, ids=lambda model: model.__name__)
def test_what_is_submitted_is_shown_as_the_public_will_see_it(client, analyst, editor, model):
    record = MAKERS[model](state="submitted", by=analyst)
    client.force_login(editor)
    shown = main_of(frame_of(client, client.get(address(record))))
    decide(client, record, "publish")
    record.refresh_from_db()
    assert record.state == State.PUBLISHED
    public = main_of(client.get(record.get_absolute_url().partition("#")[0]).text)

    history = re.compile(r'<section class="section">\s*<div class="section__head"><h2>History.*?</section>', re.DOTALL)

    def plain(text):  # without what the desk adds, and what says how often and when the record changed
        return history.sub("", text.replace('<a target="_blank" rel="noopener" ', "<a "))

    assert plain(shown) == plain(public)


def test_to_look_at_it_changes_nothing(client, analyst, editor):
    event = make_event(state="submitted", by=analyst, title="Not yet public")
    client.force_login(editor)
    number = PublicRevision.objects.get().number
    versions = Revision.objects.count()
    assert "Not yet public" in frame_of(client, client.get(address(event)))
    event.refresh_from_db()
    assert (event.state, event.version, event.is_public, event.was_public) == (State.SUBMITTED, 2, False, False)
    assert (PublicRevision.objects.get().number, Revision.objects.count()) == (number, versions)
    assert client.get(event.get_absolute_url()).status_code == 404
    assert "Not yet public" not in client.get("/events/").text


def test_a_draft_source_is_published_with_the_event_that_cites_it(client, analyst, editor):
    source = make_source(state="draft", by=analyst, title="New report")
    actor = make_actor(state="draft", by=analyst, name="New actor", citations=[])
    event = make_event(
        state="submitted",
        by=analyst,
        actors=f"{actor.key}:source",
        citations=[{"source": source.key, "locator": "p. 7"}],
    )
    client.force_login(editor)
    page = client.get(address(event))
    names = {item.record: item for item in page.context["companions"]}
    assert {record: item.is_chosen for record, item in names.items()} == {source: True, actor: False}
    assert "New report" in frame_of(client, page)
    # Without its source it cannot be public, and nothing is done.
    assert "needs a citation of a public source" in told(decide(client, event, "publish"))
    done = decide(client, event, "publish", **{"with": [names[source].name]})
    assert "is public" in told(done)
    source.refresh_from_db()
    actor.refresh_from_db()
    assert (source.state, actor.state) == (State.PUBLISHED, State.DRAFT)


def test_what_cannot_be_public_yet_says_why(client, analyst, editor):
    condition = make_condition(state="draft", by=analyst)
    finding = make_assessment(state="submitted", by=analyst, condition=condition.key)
    uncited = make_event(state="submitted", by=analyst, citations=[])
    client.force_login(editor)
    assert "It cites no source" in client.get(address(uncited)).text
    page = client.get(address(finding))
    assert "publish that first" not in page.text  # it can be published together
    assert str(condition) in frame_of(client, page)
    own = make_condition(state="draft", by=editor)
    other = make_assessment(state="submitted", by=analyst, condition=own.key)
    assert "publish that first" in unescape(client.get(address(other)).text)


# ---------------------------------------------------------------------------------------------- marked, and its sources


def test_what_changed_since_it_was_returned_is_marked_in_place(client, analyst, editor):
    event = make_event(state="submitted", by=analyst, summary="They met in Islamabad on Tuesday.", importance="3")
    publishing.send_back([event], by=editor, reason="Which day?")
    event.refresh_from_db()
    cells = {"summary": "They met in Islamabad on Monday.", "importance": "4"}
    write([Edit(Event, pk=event.pk, seen=event.version, cells=cells)], by=analyst)
    event.refresh_from_db()
    publishing.submit([event], by=analyst)
    client.force_login(editor)
    page = client.get(address(event))
    assert "Islamabad on <del>Tuesday.</del> <ins>Monday.</ins>" in frame_of(client, page)
    assert {item.label: (item.before, item.after) for item in page.context["differences"]} == {
        "summary": ("They met in Islamabad on Tuesday.", "They met in Islamabad on Monday."),
        "importance": ("3", "4"),
    }


def test_a_proposal_is_marked_in_the_page_that_readers_have(client, analyst, editor):
    source = make_source(key="dawn", title="Dawn report", publisher="Dawn", reliability="b")
    event = make_event(title="Talks", summary="They met.", place="Kabul")
    rows = [
        dict.fromkeys(["claimant", "states_instead", "note"], "")
        | {"field": "summary", "source": source.key, "support": "stated"}
        | {"locator": "p. 3", "quotation": "They met in Doha.", "credibility": "2"}
    ]
    edit = Edit(Event, pk=event.pk, seen=1, cells={"place": "Doha"}, children={"citations": rows})
    plan = publishing.propose([edit], by=analyst, change="correction", reason="The source says so.")
    client.force_login(editor)
    page = client.get(plan.get_absolute_url())
    shown = frame_of(client, page)
    assert "<del>Kabul</del> <ins>Doha</ins>" in shown
    claims = {claim.name: claim for claim in page.context["claims"]}
    assert (claims["place"].before, claims["place"].value) == ("Kabul", "Doha")
    [cited] = claims["summary"].citations
    assert (cited.mark, cited.row["locator"], cited.reliability, cited.credibility) == (
        "new",
        "p. 3",
        "B, usually reliable",
        "2, probably true",
    )
    for words in ("They met in Doha.", "Dawn report", "B, usually reliable", "2, probably true"):
        assert words in page.text
    assert [claim.lacks_source for claim in (claims["date"], claims["summary"])] == [True, False]
    assert "Kabul" in client.get(event.get_absolute_url()).text


# ------------------------------------------------------------------------------------------------- the next one follows


def test_what_waits_longest_comes_first_and_the_next_follows(client, analyst, editor):
    first = make_theme(state="submitted", by=analyst, name="First")
    public = make_theme(name="Public")
    edit = Edit(type(public), pk=public.pk, seen=1, cells={"name": "Proposed"})
    plan = publishing.propose([edit], by=analyst, change="clarification", reason="Clearer.")
    last = make_event(state="submitted", by=analyst)
    make_theme(state="submitted", by=editor, name="My own")
    publishing.propose([edit], by=editor, change="clarification", reason="Mine.")
    client.force_login(editor)
    assert client.get(reverse("admin:next-review")).url == address(first)
    page = client.get(address(first))
    assert "2 more wait" in page.text
    assert page.context["place"].next_url == plan.get_absolute_url()
    after = decide(client, first, "publish")
    assert after.redirect_chain == [(plan.get_absolute_url(), 302)]
    assert "After this 1 more waits." in told(after)
    after = client.post(plan.get_absolute_url(), {"act": "agree"}, follow=True)
    assert after.redirect_chain == [(address(last), 302)]
    after = decide(client, last, "return", reason="No page.")
    assert after.redirect_chain == [(reverse("admin:index"), 302)]
    assert "Nothing more waits for you." in told(after)
    last.refresh_from_db()
    assert (last.state, last.state_note) == (State.DRAFT, "No page.")


def test_what_an_editor_edited_waits_for_another(client, analyst, editor):
    event = make_event(state="submitted", by=analyst)
    write([Edit(Event, pk=event.pk, seen=2, cells={"importance": "4"})], by=editor)
    client.force_login(editor)
    assert client.get(reverse("admin:next-review")).url == reverse("admin:index")
    page = client.get(address(event))
    assert "you wrote this, so a second person does it" in page.text
    assert "You wrote" in told(decide(client, event, "publish"))
    other = make_user(role="editor")
    client.force_login(other)
    assert client.get(reverse("admin:next-review")).url == address(event)
    assert "is public" in told(decide(client, event, "publish"))


def test_an_editor_who_edits_hands_on_and_goes_to_the_next(client, analyst, editor):
    event = make_event(state="submitted", by=analyst)
    after = make_theme(state="submitted", by=analyst)
    client.force_login(editor)
    form = client.get(address(event, "change"))
    assert "Review it" in form.text
    data = form_of(form, "event_form") | {"title": ["Mended"], "_save": ["1"]}
    saved = client.post(address(event, "change"), data, follow=True)
    assert "another editor publishes it" in told(saved)
    assert saved.redirect_chain == [(address(after), 302)]
    assert "As the public would see it" in client.get(address(event, "change")).text


def test_a_decision_on_a_version_that_was_overtaken_does_nothing_and_keeps_the_comment(client, analyst, editor):
    event = make_event(state="submitted", by=analyst)
    client.force_login(editor)
    write([Edit(Event, pk=event.pk, seen=2, cells={"importance": "4"})], by=analyst)
    for act in ("publish", "return"):
        page = client.post(address(event), {"act": act, "version": 2, "reason": "Which page?"})
        assert f"{analyst} saved version 3" in told(page)
        assert "Which page?</textarea>" in page.text
    event.refresh_from_db()
    assert event.state == State.SUBMITTED


# --------------------------------------------------------------------------------------------------------- mended again


def test_a_returned_proposal_is_mended_in_the_form_and_proposed_again(client, analyst, editor):
    event = make_event(title="Talks", place="Kabul")
    edit = Edit(Event, pk=event.pk, seen=1, cells={"place": "Doha", "importance": "4"})
    plan = publishing.propose([edit], by=analyst, change="correction", reason="The source says so.")
    client.force_login(editor)
    client.post(plan.get_absolute_url(), {"act": "refuse", "comment": "Doha yes, importance no."})
    client.force_login(analyst)
    page = client.get(plan.get_absolute_url())
    assert "Doha yes, importance no." in page.text
    form = client.get(page.context["mend_url"])
    data = form_of(form, "event_form")
    assert (data["place"], data["importance"], data["change"]) == (["Doha"], ["4"], ["correction"])
    assert data["reason"] == ["The source says so."]
    sent = client.post(page.context["mend_url"], data | {"importance": ["2"], "_save": ["1"]}, follow=True)
    assert "waits for a second person" in told(sent)
    new = Plan.objects.get(state=Plan.State.WAITING)
    assert new.rows.get().cells == {"place": "Doha"}


def test_a_proposal_that_was_overtaken_is_brought_onto_the_new_version(client, analyst, editor):
    event = make_event(title="Talks", place="Kabul", summary="They met.")
    mine = Edit(Event, pk=event.pk, seen=1, cells={"place": "Doha", "title": "Talks in Doha"})
    plan = publishing.propose([mine], by=analyst, change="correction", reason="The source says so.")
    theirs = Edit(Event, pk=event.pk, seen=1, cells={"title": "Second talks", "summary": "They met twice."})
    other = publishing.propose([theirs], by=make_user(), change="correction", reason="Twice.")
    publishing.agree(other, by=editor)
    client.force_login(analyst)
    form = client.get(client.get(plan.get_absolute_url()).context["mend_url"])
    assert "the proposal was made of version 1" in form.text
    data = form_of(form, "event_form")
    assert (data["place"], data["title"], data["summary"]) == (["Doha"], ["Talks in Doha"], ["They met twice."])
    url = f"{reverse('admin:timeline_event_change', args=[event.pk])}?plan={plan.pk}"
    undecided = client.post(url, data | {"_save": ["1"]})
    assert "choose theirs or yours" in undecided.text
    take = [item.label for item in undecided.context["meeting"].conflicts].index("title")
    client.post(url, form_of(undecided, "event_form") | {f"take-{take}": ["theirs"], "_save": ["1"]})
    plan.refresh_from_db()
    new = Plan.objects.get(state=Plan.State.WAITING)
    assert (plan.state, new.rows.get().cells) == (Plan.State.REFUSED, {"place": "Doha"})


# ------------------------------------------------------------------------------------------------------------- comments


def test_comments_are_open_until_who_wrote_them_or_an_editor_marks_them_as_done(client, analyst, editor):
    event = make_event(state="draft", by=analyst)
    write_url = reverse("admin:relations_comment_write", args=["timeline.event", event.pk])
    own = address(event, "change")
    client.force_login(analyst)
    page = client.post(write_url, {"text": "Is the date the signature?", "to": own}, follow=True)
    assert page.redirect_chain == [(f"{own}#comments", 302)]
    assert "Is the date the signature?" in page.text
    comment = Comment.objects.get()
    done_url = reverse("admin:relations_comment_done", args=[comment.pk])
    assert "Is the date the signature?" in client.get(reverse("admin:relations_comment_changelist")).text
    client.force_login(make_user())
    assert done_url not in client.get(own).text
    assert client.post(done_url).status_code == 403
    client.force_login(editor)
    assert "Is the date the signature?" in client.get(address(event)).text
    client.post(done_url, {"to": "https://elsewhere.example/"})
    comment.refresh_from_db()
    assert (comment.done_by, comment.text) == (editor, "Is the date the signature?")
    changelist = reverse("admin:relations_comment_changelist")
    assert "Is the date the signature?" not in client.get(changelist).text
    assert "Is the date the signature?" in client.get(f"{changelist}?state=done").text


def test_what_a_record_or_a_proposal_is_returned_with_is_a_comment(client, analyst, editor):
    event = make_event(state="submitted", by=analyst)
    public = make_event()
    edit = Edit(Event, pk=public.pk, seen=1, cells={"title": "Other"})
    plan = publishing.propose([edit], by=analyst, change="correction", reason="A slip.")
    client.force_login(editor)
    decide(client, event, "return", reason="Which page?")
    client.post(plan.get_absolute_url(), {"act": "refuse", "comment": "Says who?"})
    said = {(item.object_id, item.text, item.written_by) for item in Comment.objects.all()}
    assert said == {(event.pk, "Which page?", editor), (public.pk, "Says who?", editor)}
    client.force_login(analyst)
    assert "Which page?" in client.get(address(event, "change")).text


def test_an_empty_comment_is_refused(client, analyst):
    theme = make_theme(state="draft", by=analyst)
    client.force_login(analyst)
    for text in ("", "  ", "x" * 1001, "a\0b"):
        url = reverse("admin:relations_comment_write", args=["relations.theme", theme.pk])
        assert "in at most 1000 characters" in told(client.post(url, {"text": text}, follow=True))
    assert not Comment.objects.exists()


def test_no_comment_and_no_proposal_is_on_a_public_page(client, analyst, editor):
    event = make_event(title="Talks")
    client.force_login(analyst)
    client.post(reverse("admin:relations_comment_write", args=["timeline.event", event.pk]), {"text": "CANARY-COMMENT"})
    edit = Edit(Event, pk=event.pk, seen=1, cells={"summary": "CANARY-PROPOSAL"})
    plan = publishing.propose([edit], by=analyst, change="correction", reason="CANARY-REASON")
    client.force_login(editor)
    assert "CANARY-PROPOSAL" in frame_of(client, client.get(plan.get_absolute_url()))
    own = event.get_absolute_url()
    for url in (
        own,
        "/events/",
        "/corrections/",
        "/",
        "/search/?q=canary",
        f"{own[:-1]}.json",
        "/api/v1/events/",
        "/timeline/",
    ):
        assert "CANARY" not in client.get(url).text.replace("q=canary", ""), url


def test_a_review_costs_the_same_for_one_source_and_for_many(client, analyst, editor):
    client.force_login(editor)
    counts = []
    for number in (1, 6):
        rows = [{"source": make_source(publisher=f"P{n}").key, "field": "summary"} for n in range(number)]
        event = make_event(state="submitted", by=analyst, citations=rows)
        for _more in range(number):
            make_theme(state="submitted", by=analyst)
        page = client.get(address(event))
        with CaptureQueriesContext(connection) as of_page:
            client.get(address(event))
        frame_of(client, page)
        with CaptureQueriesContext(connection) as of_frame:
            frame_of(client, page)
        counts.append((len(of_page), len(of_frame)))
    assert counts[0] == counts[1]
    assert max(counts[0]) < 70, counts


@pytest.mark.parametrize("state", ["draft", "withdrawn", "published"])
def test_what_is_not_submitted_is_shown_and_not_decided_on(client, analyst, editor, state):
    event = make_event(state=state, by=analyst, title="Looked at")
    client.force_login(editor)
    page = client.get(address(event))
    assert "Looked at" in frame_of(client, page)
    assert 'value="publish"' not in page.text
    decide(client, event, "publish")
    decide(client, event, "return", reason="No.")
    assert (Event.objects.get().state, Event.objects.get().version) == (event.state, event.version)
