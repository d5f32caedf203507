import csv
import os
import random
import signal
import subprocess
import sys
import time
from io import StringIO
from itertools import count

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection

from relations import publishing
from relations.models import Plan, PlanRow, Revision, Theme, Upload
from tests.databases import database_url
from tests.factories import make_actor, make_event, make_theme
from timeline.models import Event

HEADER = ["key", "title", "date", "kind", "summary", "actors", "themes"]


def new(key: str, **cells) -> dict[str, str]:
    blank = {"title": f"Talks {key}", "date": "2021-08", "kind": "consult", "summary": "They met."}
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


ROWS = 400


def is_killed_in_mid_import(path, seed: int) -> bool:
    """Kill -9 an import some moments after it has begun; return whether it had not ended by then."""
    plans = Plan.objects.count()
    child = subprocess.Popen(
        [sys.executable, settings.BASE_DIR / "manage.py", "import_csv", "events", path, "--as", "analyst"],
        env={**os.environ, "DATABASE_URL": database_url()},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while Plan.objects.count() == plans and child.poll() is None:
        time.sleep(0.005)
    time.sleep(random.Random(seed).uniform(0, 1))
    child.kill()
    return child.wait(60) == -signal.SIGKILL


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("times", [3, pytest.param(20, marks=pytest.mark.prove)])
def test_an_import_that_is_killed_is_never_half_applied_and_locks_nobody_out(record, write_file, times):
    killed = 0
    for seed in range(times * 10):
        key = f"{2100 + seed}-talks"
        path = write_file(*(new(f"{key}-{number}") for number in range(ROWS)), name=f"{key}.csv")
        killed += is_killed_in_mid_import(path, seed)
        happened = Plan.objects.filter(upload__name=path.name, state=Plan.State.APPLIED).exists()
        rows = Event.objects.filter(key__startswith=key)
        counts = rows.count(), Revision.objects.filter(plan__upload__name=path.name).count()
        assert counts == ((ROWS, ROWS) if happened else (0, 0)), seed
        if killed == times:
            break
    assert killed == times
    assert "Imported" in run("events", write_file(new("2040-talks")), "--as", "analyst")
    assert Theme.objects.get(key="trade").events.filter(key="2040-talks").exists()
