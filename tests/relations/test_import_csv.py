import csv
import os
import random
import signal
import time
from io import StringIO
from itertools import count

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, connections

from relations import importing, publishing
from relations.models import Plan, PlanRow, Revision, Theme, Upload
from tests.factories import make_actor, make_event, make_theme
from timeline.models import Event

HEADER = ["key", "title", "date", "kind", "summary", "actors", "themes"]


def new(key: str, **cells) -> dict[str, str]:
    # One word of its own, so that it resembles no other.
    blank = {"title": f"Talks{key}".replace("-", ""), "date": "2021-08", "kind": "consult", "summary": "They met."}
    return {"key": key} | blank | {"actors": "aland:host", "themes": "trade"} | cells


@pytest.fixture
def record(analyst):
    """What the files speak of: two actors, a theme, a draft and a published event."""
    make_actor(key="aland")
    make_theme(key="trade")
    make_event(key="2020-visit", actors="aland:host", themes="trade", state="draft")
    make_event(key="2019-pact", actors="aland:host", themes="trade")


@pytest.fixture
def write_file(tmp_path):
    """Write rows into a CSV file and return its path."""

    def written(*rows, name="events.csv"):
        path = tmp_path / name
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        return path

    return written


def run(*arguments) -> str:
    out = StringIO()
    call_command("import_csv", *map(str, arguments), stdout=out)
    return out.getvalue()


def refused(*arguments) -> tuple[str, list[str]]:
    """The last word and the lines on standard error of an import that is refused."""
    err = StringIO()
    with pytest.raises(CommandError) as caught:
        call_command("import_csv", *map(str, arguments), stdout=StringIO(), stderr=err)
    assert caught.value.returncode == 1
    return str(caught.value), err.getvalue().splitlines()


@pytest.mark.django_db
def test_a_file_is_imported_and_the_report_says_what_the_database_has(record, write_file):
    path = write_file(new("2021-talks"), new("2020-visit", title="The visit"))
    assert run("events", path, "--as", "analyst", "--reason", "From the ministry's list.").splitlines() == [
        "events.csv: 2 rows: 1 new, 1 changed (2 cells), 0 same, 0 refused.",
        "Imported: 1 drafts created, 1 drafts changed.",
    ]
    assert Event.objects.get(key="2021-talks").state == "draft"
    plan = Plan.objects.get()
    assert set(Revision.objects.filter(plan=plan).values_list("reason", flat=True)) == {"From the ministry's list."}
    assert plan.state == Plan.State.APPLIED and Upload.objects.get(plan=plan).size == path.stat().st_size


@pytest.mark.django_db
def test_the_same_file_again_writes_nothing_and_keeps_nothing(record, write_file):
    path = write_file(new("2021-talks"))
    run("event", path, "--as", "analyst")
    before = Revision.objects.count()
    assert run("event", path, "--as", "analyst").splitlines()[1:] == [
        "Nothing to import: all is stored as the file says."
    ]
    assert Revision.objects.count() == before and Plan.objects.count() == 1


@pytest.mark.django_db
def test_a_dry_run_shows_cell_by_cell_what_would_happen_and_does_nothing(record, write_file):
    path = write_file(new("2021-talks"), {**new("2019-pact"), "title": "The pact"})
    lines = run("events", path, "--as", "analyst", "--dry-run").splitlines()
    assert "row 2, 2021-talks: new" in lines
    assert "row 3, 2019-pact, title: “Event 2019-pact” becomes “The pact”" in lines
    assert lines[-1] == "Nothing was done. Of the records that would change 1 are published."
    assert not Plan.objects.exists() and not Event.objects.filter(key="2021-talks").exists()


@pytest.mark.django_db
def test_every_bad_row_is_named_with_column_value_and_what_would_be_right(record, write_file):
    path = write_file(new("2021-talks", date="07/11/2021"), new("2020-visit"), new("2021-more", actors="alnd:host"))
    last, lines = refused("events", path, "--as", "analyst")
    assert last == f"Nothing was imported from {path}."
    assert lines == [
        f"{path}: row 2, 2021-talks, date “07/11/2021”: “07/11/2021” is not a date: it does not say which is the day "
        "and which the month; write 2021-11-07 or 2021-07-11",
        f"{path}: row 4, 2021-more, actors “alnd”: no actor has the key “alnd”. Near: aland (Actor aland).",
    ]
    assert not Plan.objects.exists() and not Event.objects.filter(key__startswith="2021").exists()


@pytest.mark.django_db
def test_a_file_that_cannot_be_read_is_refused_in_words(record, tmp_path):
    path = tmp_path / "events.csv"
    path.write_bytes(b"key,titel\n")
    assert refused("events", path, "--as", "analyst")[1] == [
        f"{path}: row 1, titel: there is no column “titel”; write “title”"
    ]
    path.write_bytes("key,title\na,é\n".encode("latin-1"))
    assert "0xE9" in refused("events", path, "--as", "analyst")[1][0]
    assert "cannot be read" in refused("events", tmp_path / "none.csv", "--as", "analyst")[0]
    assert "no active account “nobody”" in refused("events", path, "--as", "nobody")[0]
    assert "there is no “evnts”" in refused("evnts", path, "--as", "analyst")[0]


@pytest.mark.django_db
def test_changes_to_published_records_need_a_kind_and_a_reason_and_wait(record, write_file, editor):
    path = write_file(new("2021-talks"), new("2019-pact", title="The pact"))
    last, _lines = refused("events", path, "--as", "analyst")
    assert "1 published records would change" in last and "--kind correction --reason" in last
    assert not Event.objects.filter(key="2021-talks").exists() and not Plan.objects.exists()
    told = run("events", path, "--as", "analyst", "--kind", "correction", "--reason", "As the archive has it.")
    proposal = Plan.objects.get(kind=Plan.Kind.PROPOSAL)
    assert f"1 published records: one proposal, waiting: {settings.PUBLIC_URL}" in told
    assert (proposal.change, proposal.reason) == ("correction", "As the archive has it.")
    assert Event.objects.get(key="2019-pact").title == "Event 2019-pact"
    publishing.agree(proposal, by=editor)
    assert Event.objects.get(key="2019-pact").title == "The pact"


@pytest.mark.django_db
def test_somebody_without_the_right_imports_nothing(record, write_file, outsider):
    path = write_file(new("2021-talks"))
    assert refused("events", path, "--as", "outsider")[1] == [
        f"{path}: row 2, key “2021-talks”: You may not import this: event."
    ]


def all_or_nothing(key: str) -> bool:
    """Whether the import of `failing_at` has happened, which is then whole."""
    rows = Event.objects.filter(key__startswith=key)
    happened = rows.exists()
    plans = Plan.objects.filter(upload__name=f"{key}.csv", state=Plan.State.APPLIED)
    changed = Event.objects.filter(key="2020-visit", title=f"The visit {key}")
    proposed = PlanRow.objects.filter(plan__kind=Plan.Kind.PROPOSAL, cells__title=f"The pact {key}")
    written = Revision.objects.filter(plan__in=plans)
    counts = (rows.count(), plans.count(), changed.count(), proposed.count(), written.count())
    assert counts == ((2, 1, 1, 1, 3) if happened else (0, 0, 0, 0, 0)), counts
    return happened


@pytest.mark.django_db(transaction=True)
def test_whichever_call_of_the_database_fails_all_or_nothing_is_imported_and_the_truth_told(record, write_file):
    for number in count(1):
        calls = count(1)

        def fails(execute, sql, params, many, context, calls=calls, number=number):
            if next(calls) == number:
                raise DatabaseError("The disk is full.")
            return execute(sql, params, many, context)

        key = f"{2100 + number}-talks"
        changes = [new("2020-visit", title=f"The visit {key}"), new("2019-pact", title=f"The pact {key}")]
        path = write_file(new(f"{key}-1"), new(f"{key}-2"), *changes, name=f"{key}.csv")
        options = ("--as", "analyst", "--kind", "correction", "--reason", "So it was.")
        with connection.execute_wrapper(fails):
            try:
                told = run("events", path, *options)
            except CommandError as error:
                told = str(error)
        assert ("Imported" in told) == all_or_nothing(key), (number, told)
        assert "Imported" in told or "Nothing was imported" in told
        assert not Plan.objects.filter(kind=Plan.Kind.IMPORT, state=Plan.State.WAITING).exists()
        if next(calls) <= number:
            break
    assert number > 40


ROWS = 60


def is_killed_in_mid_import(path, author, after: float | None) -> bool:
    """Kill -9 a process that plans and applies an import, so many seconds after it began; return whether it was."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        try:
            plan = importing.plan(path.name, path.read_bytes(), resource_name="events", by=author)
            importing.apply(plan, by=author)
        finally:
            os._exit(0)
    if after is not None:
        time.sleep(after)
        os.kill(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("times", [20, pytest.param(100, marks=pytest.mark.prove)])
def test_an_import_that_is_killed_is_never_half_applied_and_locks_nobody_out(record, write_file, analyst, times):
    chance, longest = random.Random(times), 0.0  # noqa: S311
    killed = applied = 0
    for number in range(times * 10):
        key = f"{2100 + number}-talks"
        path = write_file(*(new(f"{key}-{row}") for row in range(ROWS)), name=f"{key}.csv")
        begun = time.perf_counter()
        # The first runs to its end, and says how long that takes.
        was_killed = is_killed_in_mid_import(path, analyst, chance.uniform(0, longest) if longest else None)
        longest = longest or time.perf_counter() - begun
        killed += was_killed
        happened = Plan.objects.filter(upload__name=path.name, state=Plan.State.APPLIED).exists()
        rows = Event.objects.filter(key__startswith=key)
        counts = rows.count(), Revision.objects.filter(plan__upload__name=path.name).count()
        assert counts == ((ROWS, ROWS) if happened else (0, 0)), number
        applied += happened
        if killed == times:
            break
    assert (killed, applied > 0) == (times, True)
    assert "Imported" in run("events", write_file(new("2040-talks")), "--as", "analyst")
    assert Theme.objects.get(key="trade").events.filter(key="2040-talks").exists()


def test_likely_doubles_are_named_and_settled_for_all_at_once(record, write_file, analyst):
    title = "The two sides hold talks in Alton"
    make_event(key="2021-alton", state="draft", by=analyst, title=title, date="2021-08-04", actors="aland:host")
    path = write_file(new("2021-talks", title=title, date="2021-08-05"), new("2021-storm", title="A storm"))
    told, lines = refused("events", path, "--as", "analyst")
    assert lines == ["row 2, 2021-talks: may be 2021-alton"]
    assert "--doubles out" in told
    assert not Event.objects.filter(key="2021-storm").exists()
    assert "1 drafts created" in run("events", path, "--as", "analyst", "--doubles", "out")
    assert "1 drafts created" in run("events", path, "--as", "analyst", "--doubles", "new")
