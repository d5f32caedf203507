"""The admin through requests: every model entered, found, mended, published and looked back on."""

from html import unescape

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from relations import importing
from relations.admin import RecordAdmin
from relations.models import Actor, Assessment, Plan, Revision, Source, State, Theme
from relations.resources import resource_of
from relations.writing import Edit, keyed_models, snapshots, write
from tests.factories import (
    MAKERS,
    make_actor,
    make_condition,
    make_event,
    make_programme,
    make_source,
    make_theme,
    make_user,
)
from tests.forms import form_of
from timeline.models import Event

pytestmark = pytest.mark.django_db

MODELS = sorted(MAKERS, key=lambda model: model.__name__)


def address(record, page="change", *args) -> str:
    model = record if isinstance(record, type) else type(record)
    own = [] if isinstance(record, type) else [record.pk]
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=[*own, *args])


def opened(client, record) -> dict[str, list[str]]:
    """What the form of a record (or, for a model, of a new one) would send."""
    model = record if isinstance(record, type) else type(record)
    page = client.get(address(record, "add" if record is model else "change"))
    assert page.status_code == 200, page
    return form_of(page, f"{model._meta.model_name}_form")


def send(client, record, data, **typed):
    """Send a form with what is typed over it."""
    changed = {name: value if isinstance(value, list) else [value] for name, value in typed.items()}
    url = address(record, "add" if isinstance(record, type) else "change")
    return client.post(url, data | {"_continue": ["1"]} | changed)


def messages(response) -> str:
    return " ".join(str(message) for message in response.context["messages"])


def versions(record) -> list[Revision]:
    return list(
        Revision.objects.filter(content_type__model=record._meta.model_name, object_id=record.pk).order_by("pk")
    )


# ------------------------------------------------------------------------------------------------------ every model


@pytest.mark.parametrize("model", MODELS)
def test_every_page_of_a_model_opens(client, analyst, model):
    record = MAKERS[model]()
    client.force_login(analyst)
    for url in (
        address(model, "changelist"),
        address(model, "add"),
        address(record),
        address(record, "history"),
        address(record, "impact"),
    ):
        assert client.get(url).status_code == 200, url


@pytest.mark.parametrize("model", MODELS)
def test_a_form_that_is_sent_as_it_was_opened_changes_nothing(client, analyst, model):
    record = MAKERS[model](state="draft", by=analyst)
    client.force_login(analyst)
    response = send(client, record, opened(client, record))
    assert response.status_code == 302, unescape(response.text)
    assert "Nothing differs" in messages(client.get(response.url))
    assert len(versions(record)) == 1


@pytest.mark.parametrize("model", MODELS)
def test_a_new_record_is_entered_in_a_form(client, analyst, model):
    given = MAKERS[model]()
    client.force_login(analyst)
    # A copy of one that there is, under another key: the form of the first, sent to the address of the second.
    data = opened(client, given)
    for name in ("change", "reason"):
        data.pop(name)
    data |= {"key": ["another"], "version": ["0"]}
    response = send(client, model, data)
    assert response.status_code == 302, unescape(response.text)
    made = model.objects.get(key="another")
    before, after = snapshots(model, [given.pk])[given.pk], snapshots(model, [made.pk])[made.pk]
    assert after["cells"] == before["cells"] | {"key": "another"}
    assert after["children"] == before["children"]
    assert (made.state, made.version, made.entered_by) == (State.DRAFT, 1, analyst)
    assert [revision.written_by for revision in versions(made)] == [analyst]


# ------------------------------------------------------------------------------------------------------ refusals


def test_everything_that_is_wrong_is_said_at_its_field_at_once(client, analyst):
    client.force_login(analyst)
    make_source(key="dawn")
    data = opened(client, Event)
    response = send(
        client,
        Event,
        data,
        **{
            "date": "07/11/2025",
            "latitude": "12,5",
            "kind": "agree",
            "key": "Not A Key",
            "themes": ["nowhere"],
            "participations-0-actor": "Asim Muneer",
            "citations-0-source": "dawn",
            "citations-0-credibility": "1",
            "citations-0-quotation": "typed and kept",
        },
    )
    assert response.status_code == 200
    errors = response.context["adminform"].form.errors
    assert "2025-11-07" in errors["date"][0]
    assert "this is required" in errors["title"][0]
    assert "12.5" in errors["latitude"][0] or "not a number" in errors["latitude"][0]
    assert "a–z" in errors["key"][0]
    assert "no theme is called “nowhere”" in errors["themes"][0]
    actors = response.context["inline_admin_formsets"][0].formset
    assert "no actor is called “Asim Muneer”" in actors.forms[0].errors["actor"][0]
    assert "typed and kept" in response.text
    assert not Event.objects.exists()
    assert not Revision.objects.filter(content_type__model="event").exists()


def test_a_wrong_cell_of_a_child_is_said_in_its_row(client, analyst):
    event = make_event(state="draft", by=analyst)
    source = make_source(key="nyt")
    client.force_login(analyst)
    data = opened(client, event)
    count = int(data["citations-TOTAL_FORMS"][0])
    twice = {
        "citations-1-field": "",
        "citations-1-source": data["citations-0-source"][0],
        "citations-1-support": "stated",
    }
    response = send(client, event, data, **twice)
    formset = next(
        item.formset for item in response.context["inline_admin_formsets"] if item.formset.prefix == "citations"
    )
    assert "stands twice" in str(formset.forms[1].errors), formset.errors
    assert source.pk
    assert count == 3
    assert event.version == 1


def test_the_key_of_another_record_is_refused_at_the_key(client, analyst):
    make_theme(key="trade")
    client.force_login(analyst)
    response = send(client, Theme, opened(client, Theme), name="Trade again", key="trade")
    assert "another record has this key" in response.context["adminform"].form.errors["key"][0]


def test_a_relation_is_found_by_any_of_its_names_and_several_are_offered(client, analyst):
    make_actor(key="isi", name="Inter-Services Intelligence", short_name="ISI", aliases="The Agency|Élan service")
    make_actor(key="first", name="The same name")
    make_actor(key="second", name="The same name")
    client.force_login(analyst)
    programme = make_programme(state="draft", by=analyst)
    data = opened(client, programme)
    for text in ("isi", "Inter-Services Intelligence", "ISI", "elan service", "Élan service", "ISI [isi]"):
        assert send(client, programme, data, provider=text).status_code == 302, text
        programme.refresh_from_db()
        assert programme.provider.key == "isi", text
        data = opened(client, programme)
    response = send(client, programme, data, provider="The same name")
    assert "[first] or The same name [second]" in response.context["adminform"].form.errors["provider"][0]


# ------------------------------------------------------------------------------------------------------- stale saves


def choice_of(response, label: str) -> str:
    """The name of the radio buttons by which a field is decided."""
    labels = [conflict.label for conflict in response.context["meeting"].conflicts]
    return f"take-{labels.index(label)}"


def test_a_stale_save_is_refused_and_what_was_typed_is_kept(client, analyst, editor):
    event = make_event(state="draft", by=analyst, place="Islamabad", summary="They met.")
    client.force_login(analyst)
    mine = opened(client, event)
    edit = Edit(Event, pk=event.pk, seen=1, cells={"importance": "5", "title": "Their title"})
    write([edit], by=editor)
    response = send(client, event, mine, place="Rawalpindi", title="My title")
    assert response.status_code == 409
    page = unescape(response.text)
    assert f"{editor} saved version 2" in page
    rows = {row.label: row for row in response.context["meeting"].conflicts}
    assert set(rows) == {"importance", "place", "title"}
    assert (rows["importance"].opened, rows["importance"].theirs, rows["importance"].taken) == ("2", "5", "theirs")
    assert (rows["place"].mine, rows["place"].taken) == ("Rawalpindi", "mine")
    assert (rows["title"].theirs, rows["title"].mine, rows["title"].taken) == ("Their title", "My title", "")
    event.refresh_from_db()
    assert (event.version, event.title, event.place) == (2, "Their title", "Islamabad")
    # The form that came back has mine where I typed, theirs where I did not.
    again = form_of(response, "event_form")
    assert (again["place"], again["title"], again["importance"], again["version"]) == (
        ["Rawalpindi"],
        ["My title"],
        ["5"],
        ["2"],
    )
    # What both changed is saved once it is said whose stays.
    undecided = send(client, event, again)
    assert "One field was changed by both of you" in undecided.text
    again = form_of(undecided, "event_form")
    assert (again["title"], again["place"]) == (["My title"], ["Rawalpindi"])
    assert send(client, event, again, **{choice_of(undecided, "title"): "mine"}).status_code == 302
    event.refresh_from_db()
    assert (event.version, event.title, event.place, event.importance) == (3, "My title", "Rawalpindi", 5)


def test_children_that_two_people_add_are_both_kept(client, analyst, editor):
    event = make_event(state="draft", by=analyst)
    old, theirs, mine = make_source(key="old-source"), make_source(key="theirs"), make_source(key="mine")
    client.force_login(analyst)
    data = opened(client, event)
    before = snapshots(Event, [event.pk])[event.pk]["children"]["citations"]
    row = dict.fromkeys(before[0], "") | {"source": theirs.key, "field": "date", "support": "stated"}
    write([Edit(Event, pk=event.pk, seen=1, children={"citations": [*before, row]})], by=editor)
    new = {"citations-1-source": mine.key, "citations-1-field": "summary", "citations-1-locator": "p. 7"}
    response = send(client, event, data, **new)
    assert response.status_code == 409
    assert send(client, event, form_of(response, "event_form")).status_code == 302
    cited = {(item.field, item.source.key, item.locator) for item in event.citations.all()}
    assert {("date", "theirs", ""), ("summary", "mine", "p. 7")} < cited
    assert len(cited) == 3
    assert old.pk


def test_a_form_without_its_version_is_stale(client, analyst):
    theme = make_theme(state="draft", by=analyst)
    client.force_login(analyst)
    for version in ("", "0", "x", "²", "99999999999999"):
        response = send(client, theme, opened(client, theme), name="Overwritten", version=version)
        assert response.status_code == 409, version
    theme.refresh_from_db()
    assert theme.version == 1


def test_a_record_withdrawn_meanwhile_comes_back_with_what_was_typed(client, analyst, editor):
    theme = make_theme(state="draft", by=analyst)
    client.force_login(analyst)
    data = opened(client, theme)
    write([Edit(Theme, pk=theme.pk, seen=1, state=State.WITHDRAWN, note="A double.")], by=editor)
    response = send(client, theme, data, name="Typed name")
    assert response.status_code == 409
    again = form_of(response, "theme_form")
    assert again["name"] == ["Typed name"]
    assert "it is withdrawn; reopen it first" in unescape(send(client, theme, again).text)


# ------------------------------------------------------------------------------------- states, and a second person


def act(client, record, name, **data):
    record.refresh_from_db()
    return client.post(address(record, "act", name), {"version": record.version} | data, follow=True)


def test_a_draft_is_submitted_and_published_by_a_second_person(client, analyst, editor):
    event = make_event(state="draft", by=analyst)
    client.force_login(analyst)
    assert "waits for review" in messages(act(client, event, "submit"))
    client.force_login(editor)
    assert "is public" in messages(act(client, event, "publish"))
    event.refresh_from_db()
    assert (event.state, event.is_public) == (State.PUBLISHED, True)
    assert [(item.act, item.author) for item in versions(event)] == [
        ("create", analyst),
        ("submit", analyst),
        ("publish", editor),
    ]
    assert versions(event)[-1].publisher == editor


def test_the_writer_of_a_record_does_not_publish_it(client, editor):
    event = make_event(state="draft", by=editor)
    client.force_login(editor)
    act(client, event, "submit")
    page = client.get(address(event))
    assert "Publish: you wrote this, so a second person does it." in unescape(page.text)
    assert "You wrote" in messages(act(client, event, "publish"))
    event.refresh_from_db()
    assert event.state == State.SUBMITTED


def test_a_submitted_record_is_returned_with_a_comment(client, analyst, editor):
    event = make_event(state="submitted", by=analyst)
    client.force_login(editor)
    asked = client.get(address(event, "act", "return"))
    assert "What is to be mended?" in asked.text
    without = act(client, event, "return", reason=" ")
    assert "Say what is to be mended." in messages(without)
    act(client, event, "return", reason="The date is of the signature.")
    event.refresh_from_db()
    assert (event.state, event.state_note) == (State.DRAFT, "The date is of the signature.")


def test_withdrawing_names_what_leaves_the_public_with_it(client, editor):
    condition = make_condition()
    finding = MAKERS[Assessment](condition=condition.key)
    client.force_login(editor)
    page = client.get(address(condition, "act", "withdraw"))
    assert str(finding) in page.text
    assert "These leave the public with it" in page.text
    act(client, condition, "withdraw", reason="Not a condition of aid.")
    condition.refresh_from_db()
    finding.refresh_from_db()
    assert (condition.state, condition.is_public, finding.is_public) == (State.WITHDRAWN, False, False)
    assert "Not a condition of aid." in client.get(address(condition)).text
    act(client, condition, "reopen")
    condition.refresh_from_db()
    assert condition.state == State.DRAFT


def test_an_act_on_a_version_that_was_overtaken_does_nothing(client, analyst, editor):
    event = make_event(state="draft", by=analyst)
    write([Edit(Event, pk=event.pk, seen=1, cells={"title": "Changed"})], by=editor)
    client.force_login(analyst)
    response = client.post(address(event, "act", "submit"), {"version": 1}, follow=True)
    assert f"{editor} saved version 2" in messages(response)
    event.refresh_from_db()
    assert event.state == State.DRAFT


def test_what_is_published_changes_by_a_proposal_that_a_second_person_agrees_to(client, analyst, editor):
    event = make_event(title="As published")
    client.force_login(analyst)
    data = opened(client, event)
    assert "change" in data
    unexplained = send(client, event, data, title="As corrected")
    assert set(unexplained.context["adminform"].form.errors) == {"change", "reason"}
    response = send(client, event, data, title="As corrected", change="correction", reason="The source says so.")
    plan = Plan.objects.get()
    shown = client.get(response.url)
    assert "waits for a second person" in messages(shown)
    assert plan.get_absolute_url() in messages(shown)
    assert plan.get_absolute_url() in shown.text.split("publish", 1)[1]
    event.refresh_from_db()
    assert (event.title, event.version) == ("As published", 1)
    page = client.get(plan.get_absolute_url())
    assert "As corrected" in page.text
    assert 'value="agree"' not in page.text
    assert client.post(plan.get_absolute_url(), {"act": "agree"}).status_code == 403
    client.force_login(editor)
    assert plan.get_absolute_url() in client.get(reverse("admin:relations_plan_changelist")).text
    client.post(plan.get_absolute_url(), {"act": "agree"})
    event.refresh_from_db()
    assert (event.title, event.version) == ("As corrected", 2)
    latest = versions(event)[-1]
    assert (latest.author, latest.publisher, latest.change, latest.reason) == (
        analyst,
        editor,
        "correction",
        "The source says so.",
    )
    again = client.post(plan.get_absolute_url(), {"act": "agree"}, follow=True)
    assert "already done" in messages(again)


def test_an_editor_does_not_agree_to_a_proposal_of_their_own(client, editor):
    theme = make_theme()
    client.force_login(editor)
    send(client, theme, opened(client, theme), name="Mine", change="clarification", reason="Clearer.")
    plan = Plan.objects.get()
    assert client.post(plan.get_absolute_url(), {"act": "agree"}).status_code == 403
    taken_back = client.post(plan.get_absolute_url(), {"act": "take-back"}, follow=True)
    assert "Taken back" in messages(taken_back)
    plan.refresh_from_db()
    theme.refresh_from_db()
    assert (plan.state, theme.version) == (Plan.State.REFUSED, 1)


def test_a_proposal_is_refused_with_a_comment_and_one_that_was_overtaken_cannot_be_agreed_to(client, analyst, editor):
    theme = make_theme()
    client.force_login(analyst)
    for name in ("First", "Second"):
        send(client, theme, opened(client, theme), name=name, change="clarification", reason="Clearer.")
    first, second = Plan.objects.order_by("pk")
    client.force_login(editor)
    assert "Say why" in messages(client.post(first.get_absolute_url(), {"act": "refuse"}, follow=True))
    client.post(first.get_absolute_url(), {"act": "agree"})
    page = client.get(second.get_absolute_url())
    assert "there is version 2 by now" in page.text
    assert "saved version 2" in messages(client.post(second.get_absolute_url(), {"act": "agree"}, follow=True))
    client.post(second.get_absolute_url(), {"act": "refuse", "comment": "Done already."})
    second.refresh_from_db()
    theme.refresh_from_db()
    assert (second.state, second.comment, theme.name) == (Plan.State.REFUSED, "Done already.", "First")


# ------------------------------------------------------------------------------------------------------------ lists


def choose(client, model, name, records):
    """Do something to records chosen in a list, as a batch that is looked at and applied at once."""
    sent = {"action": name, "_selected_action": [record.pk for record in records], "index": "0"}
    response = client.post(address(model, "changelist"), sent)
    if response.status_code == 302 and "/batches/" in response.url:
        return client.post(response.url, {"act": "apply", "reason": "Because."}, follow=True)
    return response


def test_chosen_records_leave_as_a_file_of_the_package(client, analyst):
    draft, _other = make_event(state="draft", by=analyst, title="Taken away"), make_event()
    client.force_login(analyst)
    response = choose(client, Event, "export_selected", [draft])
    lines = b"".join(response.streaming_content).decode().splitlines()
    assert lines[0].split(",") == list(resource_of(Event).columns)
    assert len(lines) == 2
    assert "Taken away" in lines[1]


def listed(client, model, query) -> set[str]:
    response = client.get(f"{address(model, 'changelist')}?{query}")
    assert response.status_code == 200, response
    return {record.key for record in response.context["cl"].result_list}


def test_a_list_is_narrowed_by_state_period_actor_theme_and_evidence(client, analyst):
    actor = make_actor(key="munir", name="Asim Munir", short_name="Munir")
    theme = make_theme()
    make_event(key="day", date="1990-10-01", actors="munir:source", themes=theme.key)
    make_event(key="about", date="1990~", kind="sanction", importance="5")
    make_event(key="uncited", state="draft", by=analyst, date="2001", citations=[])
    pair = [{"source": make_source(publisher="Dawn").key}, {"source": make_source(publisher="NYT").key}]
    make_event(key="two", date="1991", citations=pair)
    client.force_login(analyst)
    assert listed(client, Event, "from=1990&to=1990") == {"day", "about"}
    assert listed(client, Event, "from=1990&to=1990&certainty=certainly") == {"day"}
    assert listed(client, Event, "actor=Munir") == listed(client, Event, f"actor={actor.key}") == {"day"}
    assert listed(client, Event, f"themes__id__exact={theme.pk}") == {"day"}
    assert listed(client, Event, "kind__exact=sanction") == {"about"}
    assert listed(client, Event, "importance__exact=5") == {"about"}
    assert listed(client, Event, "state=draft") == listed(client, Event, "state=mine") == {"uncited"}
    assert listed(client, Event, "evidence=none") == {"uncited"}
    assert listed(client, Event, "evidence=one") == {"day", "about"}
    assert listed(client, Event, "from=1990-13") == set()
    assert listed(client, Event, "actor=Nobody") == set()


def test_a_list_is_searched_by_words_beginnings_and_keys_in_any_case_and_mark(client, analyst):
    make_actor(key="elan-vital", name="Élan vital")
    client.force_login(analyst)
    for text in ("élan", "ELAN", "Éla", "elan-vit", "vital"):
        assert listed(client, Actor, f"q={text}") == {"elan-vital"}, text
    assert listed(client, Actor, "q=nothing-like-it") == set()


@pytest.mark.parametrize("model", MODELS)
def test_a_list_costs_the_same_for_one_and_for_many(client, analyst, model):
    client.force_login(analyst)
    counts = []
    for _round in range(2):
        MAKERS[model]()
        for _ in range(5 * len(counts)):
            MAKERS[model]()
        client.get(address(model, "changelist"))
        with CaptureQueriesContext(connection) as queries:
            client.get(address(model, "changelist"))
        counts.append(len(queries))
    assert counts[0] == counts[1] < 30, counts


@pytest.mark.parametrize("model", MODELS)
def test_a_form_takes_less_than_thirty_queries(client, analyst, django_assert_max_num_queries, model):
    record = MAKERS[model]()
    client.force_login(analyst)
    client.get(address(record))
    with django_assert_max_num_queries(29):
        client.get(address(record))


# ---------------------------------------------------------------------------------------------- asked while typing


def test_names_are_offered_with_what_tells_them_apart(client, analyst):
    make_actor(key="isi", name="Inter-Services Intelligence", short_name="ISI", aliases="The Agency")
    make_actor(key="elan", name="Élan", kind="company", state="draft", by=analyst, citations=[])
    client.force_login(analyst)
    url = reverse("admin:find", args=["relations.actor"])

    def offered(text):
        return client.get(url, {"q": text}).json()["results"]

    assert offered("agen") == offered("inter-serv") == offered("isi")
    assert offered("isi") == [{"value": "ISI [isi]", "label": "ISI", "hint": "government body"}]
    assert offered("élan") == offered("ELAN") == [{"value": "Élan [elan]", "label": "Élan", "hint": "company, draft"}]
    assert offered("") == offered("\0") == offered('"') == []
    source = make_source(key="dawn", title="Landmark", publisher="Dawn", url="https://dawn.example/1")
    sources = reverse("admin:find", args=["relations.source"])
    found = client.get(sources, {"q": source.url}).json()["results"]
    assert [item["value"] for item in found] == ["Landmark [dawn]"]
    assert client.get(reverse("admin:find", args=["auth.user"])).status_code == 404


def test_a_date_says_what_it_means_or_what_would_be_right(client, analyst):
    client.force_login(analyst)
    url = reverse("admin:understand-date")
    assert client.get(url, {"text": "2021-08~"}).json() == {"understood": "between 1 and 31 August 2021, approximate"}
    assert "2021-08" in client.get(url, {"text": "August 2021"}).json()["error"]
    assert client.get(url).json() == {}


# --------------------------------------------------------------------------------------------------------- history


def test_history_says_who_when_why_and_what_field_by_field(client, analyst, editor):
    event = make_event(state="draft", by=analyst, title="First title")
    client.force_login(editor)
    send(client, event, opened(client, event), title="Second title", reason="Read the text again.")
    page = unescape(client.get(address(event, "history")).text)
    for words in ("Version 2", "Version 1", "First title", "Second title", "Read the text again.", editor.username):
        assert words in page, words
    assert not LogEntry.objects.exists()


def test_impact_names_what_points_to_a_record(client, analyst):
    actor = make_actor(key="munir", name="Asim Munir")
    event = make_event(actors="munir:source", title="A visit of the field marshal")
    client.force_login(analyst)
    page = client.get(address(actor, "impact"))
    assert event.title in page.text
    assert "Impact: 1 record points here" in client.get(address(actor)).text


# -------------------------------------------------------------------------------------------------- who may do what

ACTS = ("submit", "publish", "return", "withdraw", "reopen")
STATES = ("draft", "submitted", "withdrawn", "published")
ALLOWED = {
    "": set(),
    "analyst": {("submit", "draft")},
    "editor": {
        ("submit", "draft"),
        ("publish", "submitted"),
        ("return", "submitted"),
        ("withdraw", "draft"),
        ("withdraw", "submitted"),
        ("withdraw", "published"),
        ("reopen", "withdrawn"),
    },
}
ALLOWED["administrator"] = ALLOWED["editor"]


@pytest.mark.parametrize("role", ALLOWED)
@pytest.mark.parametrize("door", ["button", "list"])
def test_each_role_does_what_it_is_offered_and_nothing_else(client, role, door):
    person = make_user(role=role)
    client.force_login(person)
    for act_name in ACTS:
        for state in STATES:
            theme = make_theme(state=state)
            if door == "button":
                page = client.get(address(theme)).text
                own = address(theme, "act", act_name)
                offered = f'action="{own}"' in page or f'href="{own}"' in page
                client.post(address(theme, "act", act_name), {"version": theme.version, "reason": "Because."})
            else:
                offered = (act_name, state) in ALLOWED[role]
                choose(client, Theme, f"{act_name}_selected", [theme])
            moved = Theme.objects.get(pk=theme.pk).state != state
            assert (moved, offered) == (((act_name, state) in ALLOWED[role]),) * 2, (role, act_name, state)


@pytest.mark.parametrize("role", ["analyst", "editor", "administrator"])
def test_nobody_deletes(client, role):
    client.force_login(make_user(role=role))
    for model in MODELS:
        record = MAKERS[model]()
        assert client.get(address(record, "delete")).status_code == 403
        assert client.post(address(record, "delete"), {"post": "yes"}).status_code == 403
        choose(client, model, "delete_selected", [record])
        assert model.objects.filter(pk=record.pk).exists()


def test_an_outsider_sees_nothing(client):
    client.force_login(make_user(role=""))
    for model in MODELS:
        record = MAKERS[model]()
        pages = ["delete", "change", "history", "impact"]
        urls = [address(model, "changelist"), address(model, "add"), *(address(record, page) for page in pages)]
        assert {client.get(url).status_code for url in urls} == {302}, model
    for url in (reverse("admin:find", args=["relations.actor"]), reverse("admin:understand-date")):
        assert client.get(url).status_code == 302


def test_somebody_of_the_desk_without_a_role_is_offered_no_names(client):
    client.force_login(User.objects.create_user("no-role", "no-role@desk.example", is_staff=True))
    assert client.get(reverse("admin:find", args=["relations.actor"])).status_code == 403
    assert client.get(address(make_theme())).status_code == 403
    assert client.get(reverse("admin:relations_plan_changelist")).status_code == 403


def test_acts_need_post_and_a_token():
    editor = make_user(role="editor")
    theme = make_theme(state="submitted")
    client = Client(enforce_csrf_checks=True)
    client.force_login(editor)
    client.get(address(theme, "act", "publish"))
    assert client.post(address(theme, "act", "publish"), {"version": theme.version}).status_code == 403
    theme.refresh_from_db()
    assert theme.state == State.SUBMITTED


def test_what_the_desk_only_looks_at_has_no_form(client, administrator):
    client.force_login(administrator)
    for name in ("relations_plan", "relations_revision", "relations_packageversion", "auth_group"):
        assert client.get(reverse(f"admin:{name}_changelist")).status_code == 200, name
        assert client.get(reverse(f"admin:{name}_add")).status_code == 403, name


def test_every_model_of_the_record_is_registered_with_the_writer_behind_it():
    for model in keyed_models():
        assert isinstance(admin.site.get_model_admin(model), RecordAdmin), model


# --------------------------------------------------------------------------------------------------------- accounts


def test_an_administrator_invites_by_mail_and_sets_no_password(
    client, administrator, django_capture_on_commit_callbacks
):
    client.force_login(administrator)
    data = form_of(client.get(reverse("admin:auth_user_add")), "user_form")
    analysts = Group.objects.get(name="analyst")
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(
            reverse("admin:auth_user_add"),
            data | {"username": "ayesha", "email": "ayesha@desk.example", "groups": [analysts.pk], "_save": "1"},
        )
    assert response.status_code == 302, unescape(response.text)
    ayesha = User.objects.get(username="ayesha")
    assert (ayesha.is_staff, ayesha.is_superuser, ayesha.has_usable_password()) == (True, False, False)
    assert list(ayesha.groups.all()) == [analysts]
    (sent,) = mail.outbox
    assert sent.to == ["ayesha@desk.example"]
    link = next(line for line in sent.body.splitlines() if "/admin/reset/" in line)
    client.logout()
    path = link.split("8000", 1)[1]
    form = client.get(path, follow=True)
    new = {"new_password1": "a long new password", "new_password2": "a long new password"}
    client.post(form.redirect_chain[-1][0], new)
    ayesha.refresh_from_db()
    assert ayesha.check_password("a long new password")
    client.force_login(administrator)
    assert client.get(reverse("admin:auth_user_password_change", args=[ayesha.pk])).status_code == 403


def test_only_administrators_keep_accounts_and_none_makes_a_superuser(client, administrator, editor):
    client.force_login(editor)
    assert client.get(reverse("admin:auth_user_changelist")).status_code == 403
    assert client.post(reverse("admin:auth_user_invite", args=[administrator.pk])).status_code == 403
    client.force_login(administrator)
    url = reverse("admin:auth_user_change", args=[editor.pk])
    data = form_of(client.get(url), "user_form")
    client.post(url, data | {"is_superuser": "on", "user_permissions": ["1"], "_save": "1"})
    editor.refresh_from_db()
    assert not editor.is_superuser
    assert not editor.user_permissions.exists()
    root = User.objects.create_superuser("root", "root@desk.example")
    assert client.post(reverse("admin:auth_user_change", args=[root.pk]), data).status_code == 403


def test_each_version_has_its_revision_whichever_act_made_it(client, analyst, editor):
    event = make_event(state="draft", by=analyst)
    client.force_login(analyst)
    send(client, event, opened(client, event), title="Changed")
    act(client, event, "submit")
    client.force_login(editor)
    act(client, event, "return", reason="Once more.")
    act(client, event, "submit")
    act(client, event, "publish")
    act(client, event, "withdraw", reason="Wrong.")
    event.refresh_from_db()
    assert [item.version for item in versions(event)] == list(range(1, event.version + 1))
    assert versions(event)[-1].data == snapshots(Event, [event.pk])[event.pk]
    assert Source.objects.exists()


def test_an_import_is_seen_by_others_once_it_was_applied(client, analyst, editor):
    data = b"key,name,description\ntrade,Trade,Goods.\n"
    plan = importing.plan("themes.csv", data, resource_name="themes", by=analyst)
    client.force_login(editor)
    assert client.get(plan.get_absolute_url()).status_code == 302
    importing.apply(plan, by=analyst)
    page = client.get(plan.get_absolute_url(), follow=True)
    assert page.status_code == 200
    assert "Goods." in page.text
    assert client.post(plan.get_absolute_url(), {"act": "refuse", "comment": "No."}, follow=True).status_code == 200
    client.force_login(analyst)
    assert client.get(plan.get_absolute_url()).url.endswith(f"/import/{plan.token}/")


def test_a_desk_of_one_person_publishes_and_corrects_alone(client, editor, settings):
    settings.SECOND_PERSON = False
    theme = make_theme(state="draft", by=editor)
    client.force_login(editor)
    assert "is public" in messages(act(client, theme, "publish"))
    response = send(client, theme, opened(client, theme), name="Mended", change="correction", reason="A slip.")
    assert "changed for readers too" in messages(client.get(response.url))
    theme.refresh_from_db()
    assert (theme.name, theme.state) == ("Mended", State.PUBLISHED)
    assert Plan.objects.get().state == Plan.State.APPLIED
