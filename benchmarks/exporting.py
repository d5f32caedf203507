"""How fast events go out as CSV, beside the database's own export of a query with the same columns, on both databases.

That is COPY TO on PostgreSQL, and on SQLite its shell. It fails where ours takes more than three times as long, where
the first byte takes a second, or where 100,000 events take more memory than 1,000 do.
"""

# ruff: noqa: S603, S608  the programs and the names in the queries are the project's own

import csv
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FEW, MANY, RUNS = 1_000, 100_000, 3
SLOWER_THAN_RAW, FIRST_BYTE, MORE_MEMORY = 3, 1, 1.1


def main(rows: int) -> int:
    sys.path.insert(0, str(ROOT))
    from tests.postgres import server

    if not shutil.which("sqlite3"):
        sys.exit("The SQLite shell is what this is measured against: apt-get install sqlite3")
    with tempfile.TemporaryDirectory() as folder:
        missed = _measured(f"sqlite:///{folder}/exporting.sqlite3", rows)
    with server() as url:
        missed += _measured(url, rows)
    return missed > 0


def _measured(url: str, rows: int) -> int:
    """Print the ratios of one database; return how many were missed."""
    vendor = url.partition(":")[0]
    peaks = []
    for count in (FEW, rows):
        _in_a_process(url, "fill", count)
        peaks.append(int(_in_a_process(url, "peak", count)))
    ours, raw, first = map(float, _in_a_process(url, "race", rows).split())
    return sum(
        [
            _told(f"{vendor}: {rows:,} events in {ours:.2f} s, raw {raw:.2f} s", ours / raw, SLOWER_THAN_RAW, "times"),
            _told(f"{vendor}: the first byte", first, FIRST_BYTE, "s"),
            _told(f"{vendor}: memory of {FEW:,} and {rows:,}", peaks[1] / peaks[0], MORE_MEMORY, "times"),
        ]
    )


def _told(what: str, value: float, most: float, unit: str) -> bool:
    print(f"{what}: {value:.2f} {unit}, at most {most} {'' if value <= most else 'MISSED'}", flush=True)
    return value > most


def _in_a_process(url: str, act: str, rows: int) -> str:
    """Do something on a database in a process of its own, since its memory is measured too; return what it prints."""
    command = [sys.executable, __file__, str(rows), act]
    return subprocess.run(
        command, env={**os.environ, "DATABASE_URL": url}, cwd=ROOT, check=True, stdout=-1
    ).stdout.decode()


def act(name: str, rows: int) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    sys.path.insert(0, str(ROOT))
    import django
    from django.conf import settings

    django.setup()
    settings.DEBUG = False  # with it Django keeps the text of 9,000 queries
    {"fill": _fill, "peak": _peak, "race": _race}[name](rows)


def _fill(rows: int) -> None:
    from django.core.management import call_command

    from benchmarks.generator import fill
    from tests.factories import make_package
    from timeline.models import Event

    call_command("migrate", verbosity=0)
    if not Event.objects.exists():
        make_package()
    fill(rows)


def _peak(rows: int) -> None:
    """Print the most memory that a process has had which exported all events, in kilobytes."""
    with tempfile.NamedTemporaryFile() as file:
        file.writelines(_ours())
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def _ours():
    from relations import exporting

    return exporting.table("events", "csv")


def _race(rows: int) -> None:
    """Print the seconds of our export, of the database's own, and to our first byte: of each the best of some runs."""
    from django.db import connection

    raw = {"sqlite": _shell, "postgresql": _copy}[connection.vendor]
    ours, theirs, first = [], [], []
    for _run in range(RUNS):
        with tempfile.NamedTemporaryFile() as file:
            begun = time.perf_counter()
            pieces = _ours()
            file.write(next(pieces) + next(pieces))  # the header alone does not count
            first.append(time.perf_counter() - begun)
            file.writelines(pieces)
            ours.append(time.perf_counter() - begun)
            own = _cells(file)
        with tempfile.NamedTemporaryFile() as file:
            begun = time.perf_counter()
            raw(file)
            theirs.append(time.perf_counter() - begun)
            assert own == _cells(file)
    assert len(own) == rows
    print(min(ours), min(theirs), min(first))


def _cells(file) -> list[tuple[str, ...]]:
    """Return what both write in the same way of each event; lists are in an order of their own."""
    file.flush()
    with open(file.name, encoding="utf-8", newline="") as written:
        return [
            (*(row[name] for name in ("key", "title", "date", "actors")), {*row["sources"].split("|")}, row["themes"])
            for row in csv.DictReader(written)
        ]


def _query() -> str:
    """Return the SQL of the columns of `events.csv`, of what is public."""
    from django.db import connection

    from relations.models import Actor, Source
    from timeline.models import Event, EventCitation, Participation

    event, is_sqlite = Event._meta.db_table, connection.vendor == "sqlite"

    def joined(value: str, tables: str, order: str) -> str:
        """Return the subquery of a list in a cell; the table that is joined is `t`."""
        if is_sqlite:
            rows = f"SELECT {value} AS v FROM {tables} AND t.is_public ORDER BY {order}"
            return f"(SELECT group_concat(v, '|') FROM ({rows}))"
        return f"(SELECT string_agg({value}, '|' ORDER BY {order}) FROM {tables} AND t.is_public)"

    columns = [
        *(f"e.{name}" for name in ("key", "title", "date", "kind", "importance", "place", "country")),
        "e.latitude / 1000000.0 AS latitude",
        "e.longitude / 1000000.0 AS longitude",
        "e.place_precision",
        "CASE WHEN e.place_disputed THEN 'yes' ELSE 'no' END AS place_disputed",
        "e.summary",
    ]
    tables = (
        f"{Participation._meta.db_table} l JOIN {Actor._meta.db_table} t ON t.id = l.actor_id WHERE l.event_id = e.id"
    )
    columns.append(joined("t.key || ':' || l.role", tables, "l.position") + " AS actors")
    for name in ("themes", "investments", "programmes", "assessments", "judgements"):
        many = Event._meta.get_field(name)
        tables = (
            f"{many.m2m_db_table()} l JOIN {many.related_model._meta.db_table} t ON t.id = l.{many.m2m_reverse_name()}"
        )
        columns.append(joined("t.key", f"{tables} WHERE l.{many.m2m_column_name()} = e.id", "t.key") + f" AS {name}")
    cited = f"SELECT DISTINCT c.source_id FROM {EventCitation._meta.db_table} c LEFT JOIN {Actor._meta.db_table} a"
    cited += " ON a.id = c.claimant_id WHERE c.record_id = e.id AND (a.id IS NULL OR a.is_public)"
    tables = f"({cited}) l JOIN {Source._meta.db_table} t ON t.id = l.source_id WHERE true"
    columns.append(joined("t.key", tables, "t.key") + " AS sources")
    return f"SELECT {', '.join(columns)} FROM {event} e WHERE e.is_public ORDER BY e.earliest, e.key"


def _shell(file) -> None:
    from django.db import connection

    command = ["sqlite3", "-readonly", "-csv", "-header", connection.settings_dict["NAME"], _query()]
    subprocess.run(command, stdout=file, check=True)


def _copy(file) -> None:
    from django.db import connection

    with connection.cursor() as cursor, cursor.copy(f"COPY ({_query()}) TO STDOUT WITH CSV HEADER") as pieces:
        for piece in pieces:
            file.write(piece)


if __name__ == "__main__":
    if len(sys.argv) == 3:
        act(sys.argv[2], int(sys.argv[1]))
    else:
        sys.exit(main(int(sys.argv[1]) if len(sys.argv) == 2 else MANY))
