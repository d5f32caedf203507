import csv
import io
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relations import importing, package, publishing
from relations.fields import plain
from relations.models import Actor, Investment, Plan, PlanRow, Revision, State, Theme, Upload
from relations.reading import Unreadable, read_table
from relations.resources import Fault
from relations.resources.base import TextWidget
from relations.writing import Edit, Refused, Stale, snapshots, write
from tests.factories import (
    make_actor,
    make_benchmark,
    make_event,
    make_investment,
    make_judgement,
    make_package,
    make_programme,
    make_source,
    make_theme,
    make_user,
)
from timeline.models import Event

pytestmark = pytest.mark.django_db

CORPUS = Path(__file__).parent.parent / "corpus"


def table_of(rows: list[dict], columns=None) -> bytes:
    """The bytes of a CSV file with these rows."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, columns or list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue().encode()


def planned(rows, by, table="events") -> Plan:
    data = rows if isinstance(rows, bytes) else table_of(rows)
    return importing.plan("file.csv", data, resource_name=table, by=by)


def verdicts(plan) -> list[tuple]:
    return list(plan.rows.values_list("number", "verdict"))


def faults(plan) -> list[Fault]:
    return [Fault(**fault) for row in plan.rows.all() for fault in row.faults]


def said(plan) -> list[str]:
    return [fault.message for fault in faults(plan)]


def exported(table, *, drafts=False) -> bytes:
    return "".join(package.table_text(table, drafts=drafts)).encode()


def draft(**cells) -> Event:
    return make_event(state="draft", **cells)


def record(row) -> dict:
    return snapshots(type(row), [row.pk])[row.pk]


def renamed(row, key):
    edit = Edit(type(row), pk=row.pk, seen=row.version, cells={"key": key})
    write([edit], by=make_package(), change="correction", reason="A better name.")


@pytest.fixture
def world(analyst):
    """What the files of the corpus speak of."""
    renamed(make_theme(key="commerce", name="Commerce"), "trade")
    make_theme(key="security", name="Security")
    for key in ("report", "letter"):
        make_source(key=key)
    renamed(make_actor(key="oldland", name="Aland"), "aland")
    make_actor(key="borland", name="Borland")
    visit = {"title": "A visit", "date": "2020-05-04", "importance": "3", "place": "Alton", "summary": "They met."}
    visit |= {"latitude": "1.5", "longitude": "2", "actors": "aland:host|borland:source", "themes": "trade"}
    whole = {"source": "report"}
    draft(key="2020-visit", citations=[whole], **visit)
    cited = [whole | {"field": "title"}, whole | {"field": "date"}]
    draft(key="2020-meal", actors="aland:host", themes="trade", citations=cited)
    make_event(key="2020-mistake", actors="aland:host", themes="trade", citations=[whole], state="withdrawn")
    make_event(key="2019-pact", actors="aland:signatory", themes="trade", citations=[whole])
    stakes = [{"actor": "aland", "role": "owner", "since": "2001", "share_percent": "51"}]
    stakes += [{"actor": "borland", "role": "lender", "since": "", "share_percent": "9"}]
    make_investment(key="dam", stakes=stakes, citations=[whole], state="draft")
    make_programme(key="programme", citations=[whole], state="draft")
    make_benchmark(key="wells", citations=[whole], state="draft")
    make_judgement(key="it-matters", citations=[whole], state="draft")


def read_corpus() -> list[dict[str, str]]:
    with (CORPUS / "verdicts.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_file_of_the_corpus_has_a_verdict():
    found = {path.relative_to(CORPUS).as_posix() for path in CORPUS.glob("*/*.*")}
    assert found == {case["file"] for case in read_corpus()}
    assert len(found) > 150


def verdict_of(case, by) -> str:
    """Import a file of the corpus, and again where it is accepted; return what is not as its verdict says."""
    name = case["file"]
    table, data = name.split("/")[0], (CORPUS / name).read_bytes()
    before = Revision.objects.count()
    try:
        plan = importing.plan(name, data, resource_name=table, by=by)
    except Unreadable as error:
        plan, wrong = None, error.faults
    else:
        wrong = faults(plan)
    if case["verdict"] == "refused":
        numbers = [int(number) for number in case["row"].split("|") if number] or [0]
        expected = {(number, column) for number in numbers for column in case["column"].split("|")}
        found = {(fault.number, fault.column) for fault in wrong}
        if found != expected or not all(case["says"] in fault.message for fault in wrong):
            return f"{name}: {[str(fault) for fault in wrong]}"
        if plan:
            with pytest.raises(Refused):
                importing.apply(plan, by=by)
        return "" if Revision.objects.count() == before else f"{name}: something was written"
    totals = plan and importing.totals(plan)
    words = ("new", "changed", "same", "refused")
    found = plan and ", ".join(f"{getattr(totals, word)} {word}" for word in words if getattr(totals, word))
    if (found or "nothing") != case["verdict"]:
        return f"{name}: {found}, {[str(fault) for fault in wrong]}"
    importing.apply(plan, by=by, change="addition", reason="From the corpus.")
    for proposal in plan.proposals.all():
        publishing.agree(proposal, by=make_user(role="editor"))
    before = Revision.objects.count()
    again = importing.plan(name, data, resource_name=table, by=by)
    importing.apply(again, by=by)
    if importing.totals(again).writes or Revision.objects.count() != before:
        return f"{name}: the same file again changes something"
    return ""


def test_each_file_of_the_corpus_is_refused_or_accepted_and_changes_nothing_a_second_time(world, analyst):
    wrong = []
    for case in read_corpus():
        with transaction.atomic():
            wrong.append(verdict_of(case, analyst))
            transaction.set_rollback(True)
    assert [line for line in wrong if line] == []


# What a row becomes


def test_a_plan_says_of_each_row_what_it_would_do_and_writes_nothing(world, analyst):
    new = {"key": "2021-talks", "title": "Talks", "date": "2021-08", "kind": "consult", "summary": "They met."}
    new |= {"actors": "aland:host", "themes": "trade"}
    rows = [new, {"key": "2020-visit", "title": "The visit", "place": ""}, {"key": "2020-meal"}]
    visit, meal = Event.objects.get(key="2020-visit"), Event.objects.get(key="2020-meal")
    for row in rows[1:]:
        row.update({name: record(Event.objects.get(key=row["key"]))["cells"][name] for name in new if name not in row})
        row.setdefault("place", "Alton")
    rows[2]["place"] = meal.place
    before = Revision.objects.count(), Event.objects.count()
    plan = planned(table_of(rows, [*new, "place"]), analyst)
    assert verdicts(plan) == [(2, "new"), (3, "changed"), (4, "same")]
    changed = plan.rows.get(number=3)
    assert changed.before["cells"] == {"title": "A visit", "place": "Alton"}
    assert changed.cells == {"title": "The visit", "place": ""}
    assert (changed.object_id, changed.version_seen, changed.key) == (visit.pk, visit.version, "2020-visit")
    assert importing.totals(plan) == importing.Totals(new=1, changed=1, same=1, refused=0, cells=2)
    assert (Revision.objects.count(), Event.objects.count()) == before


def test_the_file_is_kept_privately_byte_for_byte(world, analyst):
    data = b"\xef\xbb\xbf" + table_of([{"key": "2020-visit", "importance": "4"}])
    plan = planned(data, analyst)
    upload = Upload.objects.get(plan=plan)
    assert importing.content(plan) == data
    assert (upload.name, upload.table, upload.size, upload.columns) == (
        "file.csv",
        "events",
        len(data),
        ["key", "importance"],
    )
    assert len(upload.digest) == 64


def test_a_missing_column_changes_nothing_and_an_empty_cell_empties(world, analyst):
    event = Event.objects.get(key="2020-visit")
    importing.apply(planned([{"key": "2020-visit", "place": ""}], analyst), by=analyst)
    event.refresh_from_db()
    assert (event.place, event.title, event.importance) == ("", "A visit", 3)


def test_new_records_become_drafts_whoever_imports(world, editor):
    theme = {"key": "aid", "name": "Aid", "description": ""}
    plan = planned([theme], editor, "themes")
    importing.apply(plan, by=editor, reason="The first of them.")
    found = Theme.objects.get(key="aid")
    revision = Revision.objects.get(plan=plan)
    assert (found.state, found.entered_by) == (State.DRAFT, editor)
    assert (revision.object_id, revision.written_by, revision.reason) == (found.pk, editor, "The first of them.")


def test_new_records_of_one_file_may_name_each_other_however_far_apart(world, analyst, monkeypatch):
    monkeypatch.setattr(importing, "CHUNK", 2)
    rows = [{"key": f"body-{n}", "name": f"Body {n}", "kind": "company", "parent": f"body-{n - 1}"} for n in range(9)]
    rows[0]["parent"] = "body-8"
    rows[8]["parent"] = ""
    importing.apply(planned(rows, analyst, "actors"), by=analyst)
    assert Actor.objects.get(key="body-1").parent.parent.key == "body-8"


def test_every_fault_of_every_row_is_told_at_once(world, analyst):
    rows = [
        {"key": "2020-visit", "date": "05/06/2020", "importance": "9", "themes": "weather", "title": "T" * 300},
        {"key": "2020-meal", "date": "2020-13", "importance": "3", "themes": "trade", "title": "A meal"},
    ]
    assert sorted((fault.number, fault.column) for fault in faults(planned(rows, analyst))) == [
        (2, "date"),
        (2, "importance"),
        (2, "themes"),
        (2, "title"),
        (3, "date"),
    ]


def test_torn_rows_are_refused_beside_rows_with_wrong_cells(world, analyst):
    plan = planned(b"key,importance\n2020-visit\n2020-meal,9\n2020-meat,3,4\n", analyst)
    assert [(fault.number, fault.column) for fault in faults(plan)] == [(2, "row"), (3, "importance"), (4, "row")]


def test_refused_rows_come_back_as_a_file_that_can_be_mended_and_sent_again(world, analyst):
    data = b'place,key,importance\n"Al,ton",2020-visit,9\nAlton,2020-meal,3\nAlton\n'
    plan = planned(data, analyst)
    lines = list(importing.refused_lines(plan))
    assert lines[0] == ["place", "key", "importance", "what_is_wrong"]
    assert lines[1][:3] == ["Al,ton", "2020-visit", "9"] and lines[1][3].startswith("importance: “9” is not in the")
    assert lines[2] == ["Alton", "", "", "row: the row has 1 cells, the header 3"]
    lines[1][2] = "5"
    buffer = io.StringIO()
    csv.writer(buffer).writerows(lines[:2])
    mended = planned(buffer.getvalue().encode(), analyst)
    assert verdicts(mended) == [(2, "changed")] and mended.upload.columns == ["place", "key", "importance"]
    assert list(importing.refused_lines(planned(buffer.getvalue().replace("5", "7").encode(), analyst)))[1][3:] == [
        lines[1][3].replace("9", "7")
    ]


@pytest.mark.django_db(transaction=True)
def test_a_plan_that_cannot_be_stored_whole_leaves_nothing(world, analyst):
    def fails(execute, sql, params, many, context):
        if "relations_upload" in sql and sql.startswith("INSERT"):
            raise DatabaseError("The disk is full.")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(fails), pytest.raises(DatabaseError):
        planned([{"key": "2020-visit", "importance": "4"}], analyst)
    assert not Plan.objects.exists() and not PlanRow.objects.exists()


# Sources


def test_a_source_added_to_the_column_becomes_a_citation_of_the_whole_record(world, analyst):
    importing.apply(planned([{"key": "2020-meal", "sources": "letter|report"}], analyst), by=analyst)
    citations = record(Event.objects.get(key="2020-meal"))["children"]["citations"]
    assert [(row["field"], row["source"], row["support"]) for row in citations] == [
        ("", "letter", "stated"),
        ("date", "report", "stated"),
        ("title", "report", "stated"),
    ]


def test_a_source_with_citations_of_fields_cannot_be_taken_out_there(world, analyst):
    plan = planned([{"key": "2020-meal", "sources": "letter"}], analyst)
    assert said(plan) == ["“report” supports the fields date, title, so it cannot be taken out here; keep it"]


def test_the_last_source_of_a_published_record_cannot_be_taken_out(world, analyst):
    assert said(planned([{"key": "2019-pact", "sources": ""}], analyst)) == [
        "a public record needs a citation; keep one source"
    ]


# What is not public


def test_a_file_made_without_drafts_removes_no_link_to_what_is_not_public(world, analyst):
    hidden_actor = make_actor(key="ministry", state="draft")
    hidden_theme = make_theme(key="secrets", state="draft")
    hidden_source = make_source(key="memo", state="draft")
    event = make_event(
        key="2018-deal",
        actors=f"aland:host|{hidden_actor.key}:mediator|borland:source",
        themes=f"{hidden_theme.key}|trade",
        citations=[{"source": "report"}, {"source": hidden_source.key, "field": "date"}],
    )
    make_actor(key="envoy", kind="person", serves="ministry", citations=[{"source": "report"}])
    for table in ("events", "actors", "citations"):
        data = exported(table)
        assert b"ministry" not in data and b"secrets" not in data and b"memo" not in data
        plan = planned(data, analyst, table)
        assert importing.totals(plan).same == importing.totals(plan).rows
    notes = {
        note["column"]: note["value"] for row in planned(exported("events"), analyst).rows.all() for note in row.notes
    }
    assert notes == {"actors": "ministry", "themes": "secrets", "sources": "memo"}
    cells = {"key": "2018-deal", "actors": "borland:source|aland:host", "themes": "security"}
    plan = planned([cells], analyst)
    assert plan.rows.get().cells == {
        "actors": "borland:source|aland:host|ministry:mediator",
        "themes": "secrets|security",
    }
    assert [note["message"] for note in plan.rows.get().notes] == [
        "stays, because it is not public: a file made without drafts does not remove it"
    ] * 2
    assert record(event)["cells"]["themes"] == "secrets|trade"


def test_a_file_made_with_drafts_says_the_same_and_may_give_the_hidden_one_another_part(world, analyst):
    make_actor(key="ministry", state="draft")
    draft(key="2018-deal", actors="aland:host|ministry:mediator", themes="trade")
    assert importing.totals(planned(exported("events", drafts=True), analyst)).writes == 0
    plan = planned([{"key": "2018-deal", "actors": "ministry:source|aland:host"}], analyst)
    assert plan.rows.get().cells == {"actors": "ministry:source|aland:host"} and plan.rows.get().notes == []


# Children and citations


def test_rows_of_children_change_the_list_of_their_owner_and_leave_the_others(world, analyst):
    rows = [
        {"investment": "dam", "actor": "borland", "role": "funder", "since": "2003", "share_percent": "4"},
        {"investment": "dam", "actor": "aland", "role": "owner", "since": "2001", "share_percent": "60"},
    ]
    plan = planned(rows, analyst, "stakes")
    assert verdicts(plan) == [(2, "new"), (3, "changed")]
    assert plan.rows.get(number=3).before["cells"] == {"share_percent": "51"}
    importing.apply(plan, by=analyst)
    dam = Investment.objects.get(key="dam")
    stakes = record(dam)["children"]["stakes"]
    assert [(row["actor"], row["role"], row["share_percent"]) for row in stakes] == [
        ("aland", "owner", "60"),
        ("borland", "lender", "9"),
        ("borland", "funder", "4"),
    ]
    assert dam.version == 2 and Revision.objects.filter(plan=plan).count() == 1


def test_one_file_of_citations_changes_records_of_several_models(world, analyst):
    rows = [
        {"record_type": "event", "record": "2020-visit", "field": "place", "source": "letter", "claimant": ""},
        {"record_type": "investment", "record": "dam", "field": "", "source": "letter", "claimant": "aland"},
    ]
    plan = planned(rows, analyst, "citations")
    importing.apply(plan, by=analyst)
    assert {revision.content_type.model for revision in Revision.objects.filter(plan=plan)} == {"event", "investment"}
    visit = record(Event.objects.get(key="2020-visit"))
    assert [row["source"] for row in visit["children"]["citations"]] == ["report", "letter"]


def test_faults_of_children_stand_at_their_own_rows(world, analyst):
    rows = [
        {"investment": "dam", "actor": "aland", "role": "owner", "since": "2001", "share_percent": "101"},
        {"investment": "dam", "actor": "nobody", "role": "funder", "since": "", "share_percent": ""},
        {"investment": "dam", "actor": "borland", "role": "insurer", "since": "1/2/2003", "share_percent": ""},
        {"investment": "dam", "actor": "borland", "role": "operator", "since": "", "share_percent": "5"},
    ]
    plan = planned(rows, analyst, "stakes")
    assert [(fault.number, fault.column) for fault in faults(plan)] == [
        (2, "share_percent"),
        (3, "actor"),
        (4, "since"),
    ]
    assert verdicts(plan)[3] == (5, "new")


def test_what_is_wrong_with_the_owner_is_wrong_with_each_of_its_rows(world, analyst):
    rows = [
        {"record_type": "event", "record": "2020-mistake", "field": field, "source": "letter", "claimant": ""}
        for field in ("date", "title")
    ]
    found = faults(planned(rows, analyst, "citations"))
    assert [(fault.number, fault.column, fault.message) for fault in found] == [
        (number, "record", "it is withdrawn; reopen it first") for number in (2, 3)
    ]


# Who may


def person_with(*acts, models=(Event,)):
    """Somebody with these rights alone."""
    person = make_user(role="")
    for model in models:
        types = ContentType.objects.get_for_model(model)
        codes = [f"{act}_{model._meta.model_name}" for act in acts]
        person.user_permissions.add(*Permission.objects.filter(content_type=types, codename__in=codes))
    return type(person).objects.get(pk=person.pk)


NEW = {
    "key": "2021-talks",
    "title": "Talks",
    "date": "2021-08",
    "kind": "consult",
    "summary": "They met.",
    "actors": "aland:host",
    "themes": "trade",
}


def test_rights_are_asked_row_by_row(world):
    rows = [NEW, NEW | {"key": "2020-visit"}]
    seen = (Actor, Theme)
    for acts, expected in [
        (("import", "view", "add"), ["new", "refused"]),
        (("import", "view", "change"), ["refused", "changed"]),
        (("import", "view"), ["refused", "refused"]),
        (("view", "add", "change"), ["refused", "refused"]),
        (("import", "add", "change"), ["refused", "refused"]),
        (("import", "view", "add", "change"), ["new", "changed"]),
    ]:
        person = person_with(*acts)
        person.user_permissions.add(
            *Permission.objects.filter(codename__in=[f"view_{model._meta.model_name}" for model in seen])
        )
        person = type(person).objects.get(pk=person.pk)
        assert [verdict for _number, verdict in verdicts(planned(rows, person))] == expected, acts


def test_who_may_not_see_a_model_is_told_the_same_of_what_exists_and_what_does_not(world):
    person = person_with("import", "add", "change")
    plan = planned([NEW, NEW | {"key": "2020-visit"}, NEW | {"key": "no key"}], person)
    assert set(said(plan)) == {"You may not import this: event."}
    assert all(row.object_id is None and row.before == {} for row in plan.rows.all())
    person = person_with("import", "view", "add", "change")
    plan = planned([NEW, NEW | {"key": "2021-more", "actors": "nobody:host", "themes": "nothing"}], person)
    first, second = ({(f["column"], f["message"]) for f in row.faults} for row in plan.rows.all())
    assert first == second
    assert ("themes", "You may not see this: theme.") in first and ("actors", "You may not see this: actor.") in first


def test_a_right_that_is_lost_after_the_preview_stops_the_import(world, analyst):
    plan = planned([NEW], analyst)
    analyst.groups.clear()
    stripped = type(analyst).objects.get(pk=analyst.pk)
    with pytest.raises(PermissionDenied):
        importing.apply(plan, by=stripped)
    assert not Event.objects.filter(key="2021-talks").exists() and plan.state == Plan.State.WAITING


def test_only_its_author_applies_or_discards_a_plan(world, analyst, editor):
    plan = planned([NEW], analyst)
    for act in (importing.apply, importing.discard):
        with pytest.raises(PermissionDenied):
            act(plan, by=editor)
    plan.refresh_from_db()
    assert plan.state == Plan.State.WAITING and plan.rows.count() == 1


# Applying


def test_a_plan_is_applied_once(world, analyst):
    plan = planned([NEW], analyst)
    importing.apply(plan, by=analyst)
    with pytest.raises(Refused, match="already done: this is applied since"):
        importing.apply(plan, by=analyst)
    assert Event.objects.filter(key="2021-talks").count() == 1 and importing.report(plan).created == 1


def test_a_colleagues_edit_since_the_preview_is_refused_by_name(world, analyst, editor):
    plan = planned([NEW, {**NEW, "key": "2020-visit"}, {**NEW, "key": "2020-meal"}], analyst)
    for key in ("2020-visit", "2020-meal"):
        row = Event.objects.get(key=key)
        write([Edit(Event, pk=row.pk, seen=row.version, cells={"importance": "5"})], by=editor)
    with pytest.raises(Stale) as caught:
        importing.apply(plan, by=analyst)
    assert [(fault.number, fault.key) for fault in caught.value.faults] == [(3, "2020-visit"), (4, "2020-meal")]
    assert all("editor saved version 2" in fault.message for fault in caught.value.faults)
    assert not Event.objects.filter(key="2021-talks").exists()
    assert Event.objects.get(key="2020-visit").title == "A visit"
    assert plan.state == Plan.State.WAITING


def test_a_key_that_somebody_took_since_the_preview_is_refused(world, analyst):
    plan = planned([NEW], analyst)
    draft(key="2021-talks", actors="aland:host", themes="trade")
    with pytest.raises(Refused, match="another record has this key"):
        importing.apply(plan, by=analyst)


def test_a_reference_that_went_away_since_the_preview_is_refused(world, analyst):
    plan = planned([NEW | {"themes": "security"}], analyst)
    theme = Theme.objects.get(key="security")
    write(
        [Edit(Theme, pk=theme.pk, seen=1, cells={"key": "safety"})], by=make_package(), change="correction", reason="x"
    )
    with pytest.raises(Refused, match="this key has become “safety”"):
        importing.apply(plan, by=analyst)


def test_changes_to_published_records_wait_as_one_proposal_and_drafts_are_written(world, analyst, editor):
    rows = [NEW, {**NEW, "key": "2019-pact", "title": "The pact"}, {**NEW, "key": "2020-visit"}]
    plan = planned(rows, analyst)
    assert importing.public_targets(plan) == 1
    with pytest.raises(Refused, match="Say why the published record changes"):
        importing.apply(plan, by=analyst)
    assert not Event.objects.filter(key="2021-talks").exists()
    importing.apply(plan, by=analyst, change="correction", reason="As the archive has it.")
    done = importing.report(plan)
    assert (done.created, done.changed, done.proposed) == (1, 1, 1)
    assert done.proposal.state == Plan.State.WAITING and done.proposal.parent == plan
    assert Event.objects.get(key="2019-pact").title != "The pact"
    publishing.agree(done.proposal, by=editor)
    pact = Event.objects.get(key="2019-pact")
    assert (pact.title, pact.is_public, pact.version) == ("The pact", True, 2)


def test_a_note_that_readers_could_not_see_through_is_refused(world, analyst):
    for reason in ("x" * 1001, "So \u202eit is"):
        with pytest.raises(Refused):
            importing.apply(planned([NEW], analyst), by=analyst, reason=reason)
    assert not Event.objects.filter(key="2021-talks").exists()


def test_a_plan_that_is_discarded_keeps_nothing_of_the_file(world, analyst):
    plan = planned([NEW], analyst)
    importing.discard(plan, by=analyst)
    assert plan.state == Plan.State.DISCARDED
    assert not plan.rows.exists() and not Upload.objects.filter(plan=plan).exists()
    with pytest.raises(Refused):
        importing.apply(plan, by=analyst)


def test_what_nobody_applies_in_time_is_dropped_and_what_was_applied_is_kept(world, analyst):
    applied, waiting, recent = (planned([NEW | {"key": f"2021-{n}"}], analyst) for n in range(3))
    importing.apply(applied, by=analyst)
    Plan.objects.exclude(pk=recent.pk).update(created_at=timezone.now() - importing.KEPT - timedelta(minutes=1))
    importing.drop_expired()
    assert set(Plan.objects.all()) == {applied, recent}
    assert set(Upload.objects.values_list("plan", flat=True)) == {applied.pk, recent.pk}


def test_the_plan_is_applied_and_not_the_file_read_again(world, analyst):
    plan = planned([NEW], analyst)
    Upload.objects.filter(plan=plan).update(content=b"")
    importing.apply(plan, by=analyst)
    assert Event.objects.get(key="2021-talks").title == "Talks"


def test_a_preview_costs_the_same_number_of_queries_for_2_and_for_200_rows(
    world, analyst, django_assert_max_num_queries
):
    rows = [NEW | {"key": f"2021-talks-{n}"} for n in range(200)]
    planned(rows[:2], analyst)
    for count in (2, 200):
        with django_assert_max_num_queries(25):
            planned(rows[:count], analyst)


# Out and in again


def is_readable(text: str) -> bool:
    try:
        TextWidget(lines=True).clean(text)
    except ValueError:
        return False
    return True


LINES = st.text(st.characters(exclude_categories=["Cc", "Cs", "Cn"]), max_size=40).map(str.strip).filter(is_readable)
DATES = ["2020-05-04", "2020-05", "2020", "1985~", "2020-21", "2018/..", "2020-05-04/2020-06", "201X", "2020?"]
ROLES = ["host", "source", "target", "victim"]


def coordinate(limit: int):
    return st.decimals(-limit, limit, places=6).map(lambda number: f"{plain(number):f}")


@st.composite
def event_cells(draw) -> dict[str, str]:
    """The cells of an event, as an export writes them."""
    actors = draw(st.lists(st.sampled_from(["aland", "borland"]), min_size=1, unique=True))
    point = draw(st.one_of(st.just(("", "")), st.tuples(coordinate(90), coordinate(180))))
    return {
        "title": draw(LINES.filter(bool)),
        "date": draw(st.sampled_from(DATES)),
        "kind": draw(st.sampled_from(["consult", "aid", "assault"])),
        "importance": draw(st.sampled_from("12345")),
        "place": draw(LINES),
        "latitude": point[0],
        "longitude": point[1],
        "place_disputed": draw(st.sampled_from(["yes", "no"])),
        "summary": "\n".join([draw(LINES.filter(bool)), *draw(st.lists(LINES, max_size=2)), "End."]),
        "actors": "|".join(f"{actor}:{draw(st.sampled_from(ROLES))}" for actor in actors),
        "themes": "|".join(sorted(draw(st.sets(st.sampled_from(["security", "trade"]), min_size=1)))),
        "sources": "|".join(sorted(draw(st.sets(st.sampled_from(["letter", "report"]))))),
    }


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records=st.lists(event_cells(), min_size=1, max_size=4), ends=st.sampled_from(["\n", "\r\n"]))
def test_what_goes_in_comes_out_the_same_and_in_again_changes_nothing(world, analyst, records, ends):
    rows = [{"key": f"2030-{number}"} | cells for number, cells in enumerate(records)]
    with transaction.atomic():
        buffer = io.StringIO()
        writer = csv.DictWriter(buffer, list(rows[0]), lineterminator=ends)
        writer.writeheader()
        writer.writerows(rows)
        plan = planned(buffer.getvalue().encode(), analyst)
        assert said(plan) == []
        importing.apply(plan, by=analyst)
        out = read_table(exported("events", drafts=True), package.files()["events"])
        found = {cells["key"]: {name: cells[name] for name in rows[0]} for _number, cells in out.rows}
        assert [found[row["key"]] for row in rows] == rows
        again = planned(exported("events", drafts=True), analyst)
        assert importing.totals(again).writes == importing.totals(again).refused == 0
        transaction.set_rollback(True)
