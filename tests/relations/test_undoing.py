"""Taking back: what a batch did goes, what people did since stays and is named."""

import random
from datetime import timedelta
from itertools import count

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from relations import batches, importing, plans, publishing, undoing
from relations.models import Plan, PlanRow, Revision, State, Theme
from relations.writing import Edit, Refused, keyed_models, snapshots, write
from tests.factories import make_actor, make_event, make_source, make_theme, make_user
from timeline.models import Event

pytestmark = pytest.mark.django_db


def changed(record, **cells) -> Edit:
    record.refresh_from_db()
    return Edit(type(record), pk=record.pk, seen=record.version, cells=cells)


def batch(edits, *, by, change="", reason="Many at once.") -> Plan:
    """Change records as one batch, and return it."""
    edits = list(edits)
    found = batches.loaded((edit.model, edit.pk) for edit in edits)
    plan = batches.prepare(Plan.Kind.BULK, edits, by=by, model=edits[0].model, found=found)
    batches.apply(plan, by=by, change=change, reason=reason)
    return plan


def imported(text: str, *, by, table="themes") -> Plan:
    plan = importing.plan(f"{table}.csv", text.encode(), resource_name=table, by=by)
    importing.apply(plan, by=by)
    return plan


def take_back(plan, *, by, **why) -> Plan:
    undo = undoing.take_back(plan, by=by)
    batches.apply(undo, by=by, **why)
    return undo


def the_record() -> dict:
    """All records as cells and children by model and key, without what is discarded."""
    return {
        (model.__name__, data["cells"]["key"]): data
        for model in keyed_models()
        for data in snapshots(model, model.objects.exclude(state=State.WITHDRAWN).values_list("pk", flat=True)).values()
    }


def named(plan) -> dict[str, list[str]]:
    """What a plan says of records that stays as it is: {key: sentences}."""
    return {row.key: [note["message"] for note in row.notes] for row in plan.rows.all() if row.notes}


# ---------------------------------------------------------------------------------------------------------- drafts


def test_a_batch_of_drafts_goes_back_to_what_was_there(analyst):
    themes = [make_theme(state="draft", by=analyst, name=f"Theme {n}") for n in range(3)]
    before = the_record()
    plan = batch([changed(theme, description="All the same.") for theme in themes], by=analyst)
    assert Theme.objects.filter(description="All the same.").count() == 3
    undo = take_back(plan, by=analyst)
    assert the_record() == before
    assert (undo.kind, undo.state, undo.undoes) == ("undo", "applied", plan)
    assert set(Revision.objects.filter(plan=undo).values_list("written_by", flat=True)) == {analyst.pk}


def test_a_taking_back_is_taken_back(analyst):
    theme = make_theme(state="draft", by=analyst, name="Before")
    plan = batch([changed(theme, name="After")], by=analyst)
    undo = take_back(plan, by=analyst)
    assert undoing.taken_back_by(plan) == undo
    with pytest.raises(Refused, match="take that back instead"):
        undoing.take_back(plan, by=analyst)
    take_back(undo, by=analyst)
    theme.refresh_from_db()
    assert theme.name == "After"
    assert undoing.taken_back_by(plan) is None


def test_a_cell_that_was_edited_since_stays_and_is_named_and_the_others_go_back(analyst, editor):
    theme = make_theme(state="draft", by=analyst, name="Before", description="Before.")
    plan = batch([changed(theme, name="After", description="After.")], by=analyst)
    write([changed(theme, name="Edited")], by=editor)
    undo = take_back(plan, by=analyst)
    theme.refresh_from_db()
    assert (theme.name, theme.description) == ("Edited", "Before.")
    [[said]] = named(undo).values()
    assert said.startswith(editor.username) and said.endswith("version 3: stays")


def test_children_go_back_one_by_one(analyst):
    sources = [make_source(key=f"source-{n}") for n in range(4)]
    event = make_event(state="draft", by=analyst, citations=[{"source": source.key} for source in sources[:2]])
    plain = snapshots(Event, [event.pk])[event.pk]["children"]["citations"][0]

    def citing(*numbers, **cells) -> Edit:
        event.refresh_from_db()
        rows = [plain | {"source": f"source-{number}"} | cells for number in numbers]
        return Edit(Event, event.pk, event.version, children={"citations": rows})

    plan = batch([citing(1, 2, locator="p. 1")], by=analyst)  # 0 goes, 1 changes, 2 comes
    now = snapshots(Event, [event.pk])[event.pk]["children"]["citations"]
    event.refresh_from_db()
    more = [*now, plain | {"source": "source-3"}]
    write([Edit(Event, event.pk, event.version, children={"citations": more})], by=analyst)
    take_back(plan, by=analyst)
    rows = snapshots(Event, [event.pk])[event.pk]["children"]["citations"]
    assert [(row["source"], row["locator"]) for row in rows] == [("source-0", ""), ("source-1", ""), ("source-3", "")]


# --------------------------------------------------------------------------------------------------------- imports


def test_an_analyst_takes_an_import_back_alone_and_imports_it_again(analyst):
    text = "key,name,description\ntrade,Trade,Goods.\nwater,Water,Rivers.\n"
    plan = imported(text, by=analyst)
    undo = take_back(plan, by=analyst)
    assert set(Theme.objects.values_list("key", "state")) == {("trade", "withdrawn"), ("water", "withdrawn")}
    take_back(undo, by=analyst)
    assert set(Theme.objects.values_list("key", "state")) == {("trade", "draft"), ("water", "draft")}
    take_back(plan, by=analyst)
    again = imported(text.replace("Rivers", "Rivers and dams"), by=analyst)
    assert set(again.rows.values_list("key", "verdict")) == {("trade", "changed"), ("water", "changed")}
    assert dict(Theme.objects.values_list("key", "description")) == {"trade": "Goods.", "water": "Rivers and dams."}
    assert set(Theme.objects.values_list("state", flat=True)) == {"draft"}


def test_what_an_import_created_stays_where_it_was_published_edited_or_named_since(analyst, editor):
    keys = ("edited", "named", "published", "untouched")
    plan = imported("key,name,description\n" + "".join(f"{key},{key.title()},\n" for key in keys), by=analyst)
    themes = {theme.key: theme for theme in Theme.objects.all()}
    write([changed(themes["edited"], name="By hand")], by=analyst)
    make_event(key="2020-visit", state="draft", by=analyst, themes="named")
    publishing.submit([themes["published"]], by=analyst)
    themes["published"].refresh_from_db()
    publishing.publish([themes["published"]], by=editor)
    undo = take_back(plan, by=analyst)
    states = dict(Theme.objects.values_list("key", "state"))
    assert states == {"edited": "draft", "named": "draft", "published": "published", "untouched": "withdrawn"}
    said = named(undo)
    assert set(said) == {"edited", "named", "published"}
    assert "it was edited since, so it stays" in said["edited"]
    assert said["named"] == ["it is named by 2020-visit, so it stays"]
    assert "it was published since, so it stays" in said["published"]


def test_what_was_created_together_goes_together(analyst):
    make_theme(key="trade")
    make_actor(key="state")
    events = (
        "key,title,date,kind,importance,summary,actors,themes,sources\n"
        "2020-a,A,2020,consult,2,They met.,state:source,trade,\n"
    )
    first = imported(events, by=analyst, table="events")
    links = "kind,from_event,to_event\nfollows,2020-b,2020-a\n"
    imported(events.replace("2020-a,A", "2020-b,B"), by=analyst, table="events")
    imported(links, by=analyst, table="event_links")
    undo = take_back(first, by=analyst)
    assert named(undo) == {"2020-a": ["it is named by 2020-b, so it stays"]}
    since = timezone.now() - timedelta(hours=1)
    editor = make_user(role="editor")
    everything = undoing.take_back_all_by(analyst, since, by=editor)
    batches.apply(everything, by=editor, reason="All of it.")
    assert set(Event.objects.values_list("state", flat=True)) == {"withdrawn"}


def test_an_import_with_published_records_is_taken_back_as_drafts_and_a_proposal(analyst, editor):
    public = make_theme(key="public", name="Public")
    mine = make_theme(key="draft", name="Draft", state="draft", by=analyst)
    plan = importing.plan(
        "themes.csv",
        b"key,name\npublic,Public changed\ndraft,Draft changed\n",
        resource_name="themes",
        by=analyst,
    )
    importing.apply(plan, by=analyst, change="correction", reason="As it is spelt.")
    publishing.agree(plan.proposals.get(), by=editor)
    undo = take_back(plan, by=analyst, change="correction", reason="It was right before.")
    public.refresh_from_db()
    mine.refresh_from_db()
    assert (public.name, mine.name) == ("Public changed", "Draft")
    publishing.agree(undo.proposals.get(), by=editor)
    public.refresh_from_db()
    assert public.name == "Public"


def test_a_proposal_that_still_waits_is_taken_back_with_its_batch(analyst, editor):
    theme = make_theme(name="Public")
    plan = batch([changed(theme, name="Changed")], by=analyst, change="correction", reason="As it is spelt.")
    with pytest.raises(PermissionDenied):  # nothing is written yet: the proposal itself is taken back
        undoing.take_back(plan, by=analyst)
    mine = make_theme(state="draft", by=analyst)
    both = [changed(theme, name="Changed"), changed(mine, name="Changed")]
    plan = batch(both, by=analyst, change="correction", reason="As it is spelt.")
    take_back(plan, by=analyst)
    proposal = plan.proposals.get()
    assert (proposal.state, proposal.comment) == ("refused", "Taken back with its batch.")


# ---------------------------------------------------------------------------------------------------------- states


def test_a_withdrawal_from_the_public_is_taken_back_by_two(analyst, editor):
    theme = make_theme()
    edit = Edit(Theme, theme.pk, theme.version, state=State.WITHDRAWN)
    plan = batch([edit], by=editor, reason="By mistake.")
    undo = take_back(plan, by=editor, change="correction", reason="It was right.")
    theme.refresh_from_db()
    assert theme.state == "withdrawn"
    proposal = undo.proposals.get()
    with pytest.raises(PermissionDenied):
        publishing.agree(proposal, by=editor)
    publishing.agree(proposal, by=make_user(role="editor"))
    theme.refresh_from_db()
    assert (theme.state, theme.is_public) == ("published", True)


def test_what_was_published_is_withdrawn_when_that_is_taken_back(analyst, editor):
    theme = make_theme(state="submitted", by=analyst)
    plan = batch([Edit(Theme, theme.pk, theme.version, state=State.PUBLISHED)], by=editor)
    undo = take_back(plan, by=editor, reason="Too early.")
    theme.refresh_from_db()
    assert (theme.state, theme.state_note) == ("withdrawn", "Too early.")
    assert "its address says why" in named(undo)[theme.key][0]


@pytest.mark.parametrize("state", ["draft", "submitted"])
def test_what_was_discarded_returns_to_the_state_that_it_had(analyst, editor, state):
    theme = make_theme(state=state, by=analyst)
    plan = batch([Edit(Theme, theme.pk, theme.version, state=State.WITHDRAWN)], by=editor, reason="A double.")
    take_back(plan, by=editor)
    theme.refresh_from_db()
    assert theme.state == state


def test_an_author_calls_back_what_was_submitted_too_early_but_nobody_elses(analyst, editor):
    mine = make_theme(state="draft", by=analyst)
    theirs = make_theme(state="draft", by=editor)
    plan = batch([Edit(Theme, theme.pk, 1, state=State.SUBMITTED) for theme in (mine, theirs)], by=analyst)
    undo = undoing.take_back(plan, by=analyst)
    verdicts = dict(undo.rows.values_list("key", "verdict"))
    assert verdicts == {mine.key: PlanRow.Verdict.CHANGED, theirs.key: PlanRow.Verdict.REFUSED}
    batches.apply(undo, by=analyst)
    assert dict(Theme.objects.values_list("key", "state")) == {mine.key: "draft", theirs.key: "submitted"}


# ------------------------------------------------------------------------------------------------------------ who


def test_only_its_author_or_an_editor_takes_a_batch_back(analyst, editor):
    theme = make_theme(state="draft", by=analyst)
    plan = batch([changed(theme, name="After")], by=analyst)
    for person in (make_user(), make_user(role="")):
        with pytest.raises(PermissionDenied):
            undoing.take_back(plan, by=person)
    undo = undoing.take_back(plan, by=editor)
    with pytest.raises(PermissionDenied):
        batches.apply(undo, by=analyst)
    batches.apply(undo, by=editor)
    with pytest.raises(Refused, match="already done"):
        batches.apply(undo, by=editor)


def test_all_that_an_account_did_since_a_moment_is_taken_back(analyst, editor, administrator):
    theme = make_theme(state="draft", by=analyst, name="Before")
    write([changed(theme, name="Long ago")], by=editor)
    since = timezone.now()
    made = make_theme(state="draft", by=editor)
    published = make_theme(state="submitted", by=analyst)
    write([changed(theme, name="Vandalised")], by=editor)
    write([changed(theme, description="By somebody else.")], by=analyst)
    write([changed(theme, name="Vandalised again")], by=editor)
    publishing.publish([published], by=editor)
    with pytest.raises(PermissionDenied):
        undoing.take_back_all_by(editor, since, by=analyst)
    undo = undoing.take_back_all_by(editor, since, by=administrator)
    batches.apply(undo, by=administrator, reason="A stolen account.")
    for row in (theme, made, published):
        row.refresh_from_db()
    assert (theme.name, theme.description) == ("Long ago", "By somebody else.")
    assert (made.state, published.state) == ("withdrawn", "withdrawn")


def test_a_record_that_somebody_saves_after_the_preview_is_refused_by_name(analyst, editor):
    theme = make_theme(state="draft", by=analyst)
    plan = batch([changed(theme, name="After")], by=analyst)
    undo = undoing.take_back(plan, by=analyst)
    write([changed(theme, description="Meanwhile.")], by=editor)
    with pytest.raises(Refused, match=editor.username) as refused:
        batches.apply(undo, by=analyst)
    undo.refresh_from_db()
    assert undo.state == "waiting"
    assert batches.leave_out(undo, refused.value.faults) == 1
    batches.apply(undo, by=analyst)
    theme.refresh_from_db()
    assert theme.name == "After"


# -------------------------------------------------------------------------------------------------------- property


class World:
    """A few drafts, and random edits of them that can be made again in a world that lacks some of the others."""

    def __init__(self, seed: int, by):
        self.random, self.by, self.number = random.Random(seed), by, 0
        self.sources = [make_source(key=f"source-{n}").key for n in range(5)]
        self.actors = [make_actor(key=f"actor-{n}").key for n in range(4)]
        for n in range(4):
            make_theme(key=f"theme-{n}", state="draft", by=by)
        for n in range(4):
            make_event(
                key=f"2020-event-{n}", state="draft", by=by, themes="theme-0", citations=[{"source": "source-0"}],
                actors="actor-0:source",
            )  # fmt: skip

    def some_edits(self, count: int) -> list:
        return [self._edit() for _ in range(count)]

    def _edit(self):
        """Return (model, key, what to do to its cells and children)."""
        self.number += 1
        text = f"text {self.number}"
        if self.random.random() < 0.4:
            key = f"theme-{self.random.randrange(4)}"
            column = self.random.choice(["name", "description"])
            return Theme, key, lambda data: data["cells"].update({column: text})
        key = f"2020-event-{self.random.randrange(4)}"
        source, themes = self.random.choice(self.sources[1:]), self.random.sample(range(4), 2)
        parts = "|".join(f"{actor}:source" for actor in self.random.sample(self.actors, 2))

        def add(data):
            rows = [row for row in data["children"]["citations"] if row["source"] != source]
            data["children"]["citations"] = [
                *rows,
                {**data["children"]["citations"][0], "source": source, "note": text},
            ]

        def remove(data):
            data["children"]["citations"] = [row for row in data["children"]["citations"] if row["source"] != source]

        changes = [
            lambda data: data["cells"].update(title=text),
            lambda data: data["cells"].update(place=text),
            lambda data: data["cells"].update(summary=text),
            lambda data: data["cells"].update(themes="|".join(f"theme-{n}" for n in sorted(themes)), note=""),
            lambda data: data["cells"].update(actors=parts),
            add,
            remove,
        ]
        return Event, key, self.random.choice(changes)

    def edit_of(self, model, key, change) -> Edit:
        row = model.objects.get(key=key)
        data = snapshots(model, [row.pk])[row.pk]
        change(data)
        data["cells"].pop("note", None)
        return Edit(model, row.pk, row.version, cells=data["cells"], children=data["children"])

    def make(self, edits, plan=None) -> None:
        for edit in edits:
            write([self.edit_of(*edit)], by=self.by, plan=plan)


@pytest.mark.parametrize("seed", range(12))
def test_after_a_taking_back_all_is_as_if_the_batch_had_never_been_but_for_what_is_named(seed, analyst):
    world = World(seed, analyst)
    world.make(world.some_edits(4))
    ours, later = world.some_edits(6), world.some_edits(3)
    with transaction.atomic():
        world.make(later)
        without = the_record()
        transaction.set_rollback(True)
    plan = plans.keep(Plan.Kind.BULK, [], model=Event, author=analyst)
    plans.claim(plan, by=analyst, state=Plan.State.APPLIED)
    write([Edit(Theme, cells={"key": "made", "name": "Made by the batch"})], by=analyst, plan=plan)
    world.make(ours, plan)
    world.make(later)
    undo = take_back(plan, by=analyst)
    expected, found = without, the_record()
    assert found.keys() - expected.keys() <= {("Theme", key) for key in named(undo)}
    for target, data in expected.items():
        if found[target] != data:
            differing = {name for name, text in data["cells"].items() if found[target]["cells"][name] != text}
            lists = {name for name, rows in data["children"].items() if found[target]["children"][name] != rows}
            notes = undo.rows.get(key=target[1]).notes
            said = ", ".join(note["column"] for note in notes)
            assert all(name in said for name in differing | lists), (target, differing, lists, said)
            assert not differing, "a cell that was edited later is the same in both worlds"
    for target, _key in {(Theme, ""), (Event, "")}:
        for row in target.objects.all():
            assert Revision.objects.filter(object_id=row.pk, content_type__model=target._meta.model_name).count() == (
                row.version
            )


def test_whichever_call_of_the_database_fails_all_goes_back_or_nothing(analyst):
    plan = imported("key,name,description\ntrade,Trade,Goods.\nwater,Water,Rivers.\n", by=analyst)
    for number in count(1):
        calls = count(1)

        def fails(execute, sql, params, many, context, calls=calls, number=number):
            is_bracket = sql.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK"))  # or nothing could be asked after
            if not is_bracket and next(calls) == number:
                raise DatabaseError("The disk is full.")
            return execute(sql, params, many, context)

        with transaction.atomic():
            undo = undoing.take_back(plan, by=analyst)
            with connection.execute_wrapper(fails):
                try:
                    batches.apply(undo, by=analyst)
                except DatabaseError:
                    expected = "draft"
                else:
                    expected = "withdrawn"
            assert dict(Theme.objects.values_list("key", "state")) == {"trade": expected, "water": expected}, number
            transaction.set_rollback(True)
        if next(calls) <= number:
            break
    assert number > 12
