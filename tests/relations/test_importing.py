import csv
import io
from pathlib import Path

import pytest
from django.db import transaction

from relations import importing, package, publishing
from relations.models import Plan, Revision
from relations.reading import Unreadable
from relations.resources import Fault
from relations.writing import Edit, Refused, snapshots, write
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
    found = {path.relative_to(CORPUS).as_posix() for path in CORPUS.glob("*/*.csv")}
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
