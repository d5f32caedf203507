"""Merging doubles: what moves, what stays as a claim, where the old key leads, and taking it back."""

import json
from pathlib import Path

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from relations import batches, importing, joining, naming, package, publishing, undoing
from relations.models import Actor, Child, Keyed, OldKey, Plan, Source, State
from relations.resources import resource_of
from relations.writing import Edit, Refused, keyed_models, known_keys, snapshots, write
from tests.factories import (
    make_actor,
    make_assessment,
    make_benchmark,
    make_event,
    make_investment,
    make_judgement,
    make_package,
    make_programme,
    make_source,
    make_transaction,
    make_user,
)
from tests.forms import form_of
from timeline.models import Event

pytestmark = pytest.mark.django_db

REASON = {"change": "correction", "reason": "They are the same."}


def merge(stays, goes, *, by, **how) -> Plan:
    """Merge two records, with a second person where one is needed."""
    plan = joining.join(stays, goes, by=by, **how)
    batches.apply(plan, by=by, **REASON)
    for proposal in plan.proposals.all():
        publishing.agree(proposal, by=make_user(role="editor"))
    return plan


def record_of(row) -> dict:
    return snapshots(type(row), [row.pk])[row.pk]


def cells_of(row) -> dict[str, str]:
    return record_of(row)["cells"]


def everything() -> dict:
    return {
        (model.__name__, data["cells"]["key"]): (data, state)
        for model in keyed_models()
        for pk, state in model.objects.values_list("pk", "state")
        for data in [snapshots(model, [pk])[pk]]
    }


def naming_world():
    """A record of each kind that names the actor `double`, and the source `copy`, wherever it can."""
    double, copy = make_actor(key="double"), make_source(key="copy")
    cited = [{"source": copy.key, "claimant": double.key, "field": "", "states_instead": "Otherwise."}]
    cited += [{"source": make_source(key="other-source").key}]
    make_actor(key="body", parent=double.key, citations=cited)
    make_actor(key="person", kind="person", serves=double.key, citations=cited)
    make_source(key="reprint", origin=copy.key)
    programme = make_programme(key="programme", provider=double.key, recipient=double.key, citations=cited)
    make_investment(key="project", stakes=[{"actor": double.key, "role": "owner"}], citations=cited)
    make_transaction(key="amount", programme=programme.key, provider=double.key, receiver=double.key, citations=cited)
    finding = make_assessment(key="finding", decided_by=double.key, citations=cited)
    cells = {"certifier": double.key, "recipient": double.key}
    write([Edit(type(finding.condition), finding.condition.pk, 1, cells=cells)], by=make_package())
    make_benchmark(
        key="benchmark", condition=finding.condition.key, citations=cited,
        measurements=[{"date": "2021", "value": "3", "sources": copy.key}],
    )  # fmt: skip
    make_judgement(key="judgement", actors=double.key, citations=cited)
    make_event(key="2020-event", actors="double:source|person:target", citations=cited)
    return double, copy


# ------------------------------------------------------------------------------------------------------- what moves


@pytest.mark.parametrize("which", ["double", "copy"])
def test_after_a_merge_no_relation_of_any_model_leads_to_the_one_that_went(which, analyst):
    double, copy = naming_world()
    goes, stays = (double, make_actor(key="kept")) if which == "double" else (copy, make_source(key="kept"))
    named = naming.owners_naming([(type(goes), goes.pk)])[type(goes), goes.pk]
    kinds = {model.__name__ for model, _pk in named}
    assert len(kinds) >= 8
    merge(stays, goes, by=analyst)
    left = []
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.get_fields():
            if field.concrete and field.is_relation and field.related_model is type(goes):
                left += [f"{model.__name__}.{field.name}"] * model._base_manager.filter(**{field.name: goes.pk}).count()
    assert set(left) <= {"ActorCitation.record"}, left  # its own
    assert naming.owners_naming([(type(stays), stays.pk)])[type(stays), stays.pk] >= named


def test_every_relation_to_a_record_is_a_column_by_which_it_can_be_renamed():
    for model in joining.models_that_merge():
        for field in naming.places(model):
            table = field.model
            if issubclass(table, Keyed):
                assert field.name in resource_of(table).cell_names, field
                continue
            owner = table._meta.get_field(naming.owner_field(table)).related_model
            children = {child._meta.model: child() for child in resource_of(owner).children}
            parts = [item.widget.child for item in resource_of(owner).fields.values() if hasattr(item.widget, "child")]
            assert issubclass(table, Child)
            assert table in parts or field.name in children[table].child_columns, field


def test_doubles_in_lists_and_children_stand_once_and_nothing_links_to_itself(analyst):
    kept, double = make_actor(key="kept"), make_actor(key="double")
    both = make_event(state="draft", by=analyst, actors="double:host|kept:source")
    project = make_investment(
        state="draft",
        by=analyst,
        stakes=[
            {"actor": "kept", "role": "owner", "share_percent": ""},
            {"actor": "double", "role": "owner", "share_percent": "30"},
        ],
    )
    body = make_actor(key="body", state="draft", by=analyst, parent="double")
    merge(kept, double, by=analyst)
    assert cells_of(both)["actors"] == "kept:host"
    [stake] = record_of(project)["children"]["stakes"]
    assert (stake["actor"], stake["share_percent"]) == ("kept", "30")
    assert cells_of(body)["parent"] == "kept"


def test_links_between_two_events_that_become_one_are_dropped_and_others_move(analyst):
    first, second, third = (make_event(key=f"2020-{key}", state="draft", by=analyst) for key in "abc")

    def link(record, *rows):
        record.refresh_from_db()
        links = [{"kind": kind, "to_event": to} for to, kind in rows]
        write([Edit(Event, record.pk, record.version, children={"links": links})], by=analyst)

    link(first, ("2020-b", "caused"), ("2020-c", "follows"))
    link(second, ("2020-a", "answered"), ("2020-c", "caused"))
    link(third, ("2020-a", "follows"), ("2020-b", "follows"))
    for record in (first, second, third):
        record.refresh_from_db()
    merge(first, second, by=analyst)
    assert record_of(first)["children"]["links"] == [
        {"kind": "caused", "to_event": "2020-c"},
        {"kind": "follows", "to_event": "2020-c"},
    ]
    assert record_of(third)["children"]["links"] == [{"kind": "follows", "to_event": "2020-a"}]


# ---------------------------------------------------------------------------------------------------- what is chosen


def test_values_are_chosen_one_by_one_and_rivals_stay_as_claims_of_their_sources(analyst):
    for key in ("for-date", "whole", "mine"):
        make_source(key=key)
    cited = [{"source": "for-date", "field": "date"}, {"source": "whole", "locator": "p. 3"}]
    first = make_event(key="2020-a", state="draft", by=analyst, date="2020-05-04", place="Kabul", importance="2",
                       citations=[{"source": "mine"}])  # fmt: skip
    second = make_event(key="2020-b", state="draft", by=analyst, date="2020-05-05", place="Islamabad", importance="4",
                        country="PK", citations=cited)  # fmt: skip
    differing = {column.name: column for column in joining.columns(*stored_pair(first, second))}
    assert {"date", "place", "importance", "country", "title", "themes", "actors"} == set(differing)
    assert differing["country"].chosen == "goes"  # the first says nothing
    assert differing["themes"].chosen == "both"
    merge(first, second, by=analyst, choices={"importance": "goes"}, claims={"place"})
    cells = cells_of(first)
    assert (cells["date"], cells["place"], cells["importance"], cells["country"]) == ("2020-05-04", "Kabul", "4", "PK")
    assert len(cells["themes"].split("|")) == len(cells["actors"].split("|")) == 2
    citations = {(row["field"], row["source"]): row for row in record_of(first)["children"]["citations"]}
    assert set(citations) == {("", "mine"), ("", "whole"), ("date", "for-date"), ("place", "whole")}
    assert citations["date", "for-date"]["states_instead"] == "2020-05-05"
    assert citations["place", "whole"]["states_instead"] == "Islamabad"
    assert citations["", "whole"]["locator"] == "p. 3"


def stored_pair(one, other):
    found = batches.loaded([(type(one), one.pk), (type(other), other.pk)])
    return found[type(one), one.pk], found[type(other), other.pk]


def test_one_source_cited_by_both_is_cited_once_and_says_what_both_said(analyst):
    make_source(key="both")
    first = make_event(state="draft", by=analyst, citations=[{"source": "both", "locator": "p. 1"}])
    second = make_event(
        state="draft", by=analyst, citations=[{"source": "both", "locator": "p. 2", "quotation": "So."}]
    )
    merge(first, second, by=analyst)
    [row] = record_of(first)["children"]["citations"]
    assert (row["locator"], row["quotation"]) == ("p. 1; p. 2", "So.")


def test_the_other_name_of_an_actor_becomes_an_alias(analyst):
    first = make_actor(state="draft", by=analyst, name="Inter-Services Intelligence", aliases="The Agency")
    second = make_actor(state="draft", by=analyst, name="I.S.I.", short_name="ISI", aliases="Isi")
    merge(first, second, by=analyst, choices={"name": "stays"})
    cells = cells_of(first)
    assert (cells["name"], cells["short_name"]) == ("Inter-Services Intelligence", "ISI")
    assert cells["aliases"] == "I.S.I.|Isi|The Agency"


def test_a_body_that_is_merged_into_its_parent_is_not_its_own_parent(analyst):
    top = make_actor(key="top", state="draft", by=analyst)
    parent = make_actor(key="parent", state="draft", by=analyst, parent="top")
    child = make_actor(key="child", state="draft", by=analyst, parent="parent")
    merge(child, parent, by=analyst)
    assert cells_of(child)["parent"] == "top"
    assert top.pk


# ------------------------------------------------------------------------------------------------- where keys lead


def test_the_old_address_leads_to_the_new_one_and_the_page_of_corrections_says_so(client, analyst, editor):
    kept, double = make_actor(key="kept", name="Kept"), make_actor(key="double", name="Double")
    plan = joining.join(kept, double, by=analyst)
    batches.apply(plan, by=analyst, **REASON)
    assert client.get("/actors/double/").status_code == 200  # until a second person agrees
    publishing.agree(plan.proposals.get(), by=editor)
    response = client.get("/actors/double/")
    assert (response.status_code, response.url) == (301, "/actors/kept/")
    page = client.get("/corrections/").text
    assert "Merged into" in page and "They are the same." in page
    assert [entry.kind for entry in client.get("/corrections/").context["entries"]] == ["correction", "withdrawal"]
    # And on, when the record that it leads to is merged too.
    last = make_actor(key="last")
    second = joining.join(last, Actor.objects.get(key="kept"), by=analyst)
    batches.apply(second, by=analyst, **REASON)
    publishing.agree(second.proposals.get(), by=editor)
    assert client.get("/actors/double/").url == "/actors/last/"
    assert client.get("/api/v1/actors/double/").status_code in (301, 302)


def test_an_import_by_an_old_key_is_refused_and_names_the_new_one(analyst, editor):
    kept, double = (
        make_actor(key="kept", state="draft", by=analyst),
        make_actor(key="double", state="draft", by=analyst),
    )
    merge(kept, double, by=analyst)
    assert known_keys(Actor, ["kept", "double"]) == {"kept": kept.pk}
    for table, text in (
        ("actors", "key,name\ndouble,Another name\n"),
        ("actors", f"key,name\ndouble,{double.name}\n"),
        ("actors", "key,name,kind,parent\nthird,Third,force,double\n"),
    ):
        plan = importing.plan("file.csv", text.encode(), resource_name=table, by=analyst)
        [row] = plan.rows.all()
        assert row.verdict == "refused"
        assert any("this key has become “kept”; write that" in fault["message"] for fault in row.faults), row.faults
    with pytest.raises(Refused, match="this key has become “kept”"):
        write([Edit(Actor, cells={"key": "double", "name": "New", "kind": "force"})], by=analyst)


def test_what_the_public_never_saw_leads_nowhere_in_public(client, analyst, editor):
    kept, double = make_actor(key="kept"), make_actor(key="double", state="draft", by=analyst)
    plan = joining.join(kept, double, by=analyst)
    batches.apply(plan, by=analyst, **REASON)
    publishing.agree(plan.proposals.get(), by=editor)
    assert OldKey.objects.get().was_public is False
    assert client.get("/actors/double/").status_code == 404
    assert client.get("/actors/nowhere/").text.replace("nowhere", "double") == client.get("/actors/double/").text


def test_a_newer_package_leaves_what_was_merged_merged(analyst):
    contents = package.read_folder(Path(__file__).parent / "northland-southland")
    package.load(contents)
    stays, goes = Source.objects.order_by("key")[:2]
    merge(stays, goes, by=analyst)
    descriptor = json.loads(contents[package.DESCRIPTOR]) | {"version": "2099.1"}
    loaded = package.load(contents | {package.DESCRIPTOR: json.dumps(descriptor).encode()})
    assert f"sources {goes.key}: merged here into {stays.key}, stays so" in loaded.kept
    goes.refresh_from_db()
    stays.refresh_from_db()
    assert (goes.state, stays.state) == ("withdrawn", "published")


# ----------------------------------------------------------------------------------------------------- taking it back


@pytest.mark.parametrize("which", ["double", "copy"])
def test_a_merge_is_taken_back_and_all_is_as_it_was(client, which, analyst, editor):
    double, copy = naming_world()
    goes, stays = (double, make_actor(key="kept")) if which == "double" else (copy, make_source(key="kept"))
    before = everything()
    plan = joining.join(stays, goes, by=analyst)
    batches.apply(plan, by=analyst, **REASON)
    publishing.agree(plan.proposals.get(), by=editor)
    assert everything() != before
    undo = undoing.take_back(plan, by=analyst)
    batches.apply(undo, by=analyst, change="correction", reason="They are two.")
    assert everything() != before  # it waits for a second person
    publishing.agree(undo.proposals.get(), by=editor)
    assert everything() == before
    assert not OldKey.objects.exists()
    assert client.get(goes.get_absolute_url()).status_code == 200
    # And the merge again, by taking that back.
    again = undoing.take_back(undo, by=analyst)
    batches.apply(again, by=analyst, **REASON)
    publishing.agree(again.proposals.get(), by=editor)
    assert client.get(goes.get_absolute_url()).url == stays.get_absolute_url()


# ------------------------------------------------------------------------------------------------------------- refusals


def test_a_merge_is_refused_where_it_cannot_be(analyst, outsider):
    public, draft = make_actor(key="public"), make_actor(key="draft", state="draft", by=analyst)
    gone = make_actor(state="withdrawn", by=analyst)
    for stays, goes, words in (
        (draft, public, "was public, so it is the one that stays"),
        (public, public, "this is one record"),
        (public, gone, "one of them is withdrawn"),
        (public, make_source(), "each with its own kind"),
    ):
        with pytest.raises(Refused, match=words):
            joining.join(stays, goes, by=analyst)
    with pytest.raises(PermissionDenied):
        joining.join(public, draft, by=outsider)
    assert not Plan.objects.exists()


def test_a_merge_is_not_applied_in_part(analyst, editor):
    kept, double = (
        make_actor(key="kept", state="draft", by=analyst),
        make_actor(key="double", state="draft", by=analyst),
    )
    make_event(key="2020-a", state="draft", by=analyst, actors="double:source")
    plan = joining.join(kept, double, by=analyst)
    event = Event.objects.get()
    write([Edit(Event, event.pk, event.version, cells={"title": "Meanwhile"})], by=editor)
    with pytest.raises(Refused, match="saved version 2"):
        batches.apply(plan, by=analyst, **REASON)
    double.refresh_from_db()
    assert double.state == State.DRAFT
    plan.rows.filter(key="2020-a").update(verdict="refused")
    plan.refresh_from_db()
    with pytest.raises(Refused, match="a merge happens as a whole"):
        batches.apply(plan, by=analyst, **REASON)


def test_an_analysts_merge_of_a_colleagues_draft_waits_for_an_editor(analyst, editor):
    colleague = make_user()
    kept, double = (make_source(key=key, state="draft", by=colleague) for key in ("kept", "double"))
    plan = joining.join(kept, double, by=analyst)
    batches.apply(plan, by=analyst, **REASON)
    double.refresh_from_db()
    assert double.state == State.DRAFT
    publishing.agree(plan.proposals.get(), by=editor)
    double.refresh_from_db()
    assert (double.state, Source.objects.filter(state="draft").count()) == (State.WITHDRAWN, 1)


# --------------------------------------------------------------------------------------------------- through the door


def test_two_are_chosen_in_a_list_shown_side_by_side_and_merged(client, analyst, editor):
    for key in ("first", "second"):
        make_source(key=key)
    kept = make_event(key="2020-a", title="A visit", date="2020-05-04", citations=[{"source": "first"}])
    double = make_event(key="2020-b", title="The visit", date="2020-05-05", citations=[{"source": "second"}])
    client.force_login(analyst)
    sent = {"action": "merge_selected", "index": "0", "_selected_action": [double.pk, kept.pk]}
    url = client.post(reverse("admin:timeline_event_changelist"), sent).url
    page = client.get(url)
    assert "2020-05-04" in page.text and "2020-05-05" in page.text
    data = form_of(page, "join")
    assert data["choice-date"] == ["stays"] and "date" in data["claim"]
    page = client.get(client.post(url, data | {"choice-title": ["goes"]}).url)
    assert "merged into A visit" in page.text
    plan = page.context["plan"]
    own = reverse("admin:batch", args=[plan.pk])
    assert page.context["form"].initial["reason"] == "“2020-b” and “2020-a” are the same."
    client.post(own, {"act": "apply"} | REASON)
    client.force_login(editor)
    proposal = plan.proposals.get()
    assert "merged into" in client.get(proposal.get_absolute_url()).text
    client.post(proposal.get_absolute_url(), {"act": "agree"})
    assert client.get("/events/2020-b/").url == "/events/2020-a/"
    page = client.get("/events/2020-a/").text
    assert "The visit" in page and "5 May 2020" in page or "2020-05-05" in page


def test_one_or_three_are_not_merged_and_a_wrong_name_is_told(client, analyst):
    actors = [make_actor(state="draft", by=analyst) for _ in range(3)]
    client.force_login(analyst)
    for chosen in (actors[:1], actors):
        sent = {"action": "merge_selected", "index": "0", "_selected_action": [actor.pk for actor in chosen]}
        page = client.post(reverse("admin:relations_actor_changelist"), sent, follow=True)
        assert "Choose two records that are the same" in page.text
    own = reverse("admin:merge", args=["relations.actor", actors[0].pk])
    assert "no actor is called “Nobody”" in client.get(f"{own}?with=Nobody").text
    page = client.post(f"{own}?with={actors[0].key}", {})
    assert "this is one record; name another" in page.text
    assert not Plan.objects.exists()
