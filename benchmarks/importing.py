"""How fast events with actors, themes and sources come in, beside what others take for it, on both databases.

Four ratios a database, each of one run on one machine: rows a second against a stock ModelResource of
django-import-export, which reads the same file twice, to show it and to store it, validated, diffed and with Django's
own log as history; the time against that in which the database itself takes the same rows into all the tables that
the import writes (`executemany`, or COPY and insert-select); the same file again against the first time; and the
memory of the whole process. It exits with 1 where one is missed. `python benchmarks/importing.py 100000` for more rows.
"""

import csv
import io
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROWS, STOCK_ROWS = 10_000, 300
FASTER_THAN_STOCK = {"sqlite": 20, "postgresql": 40}
SLOWER_THAN_RAW, AGAIN, MEGABYTES = 5, 1 / 3, 300
COLUMNS = ["key", "title", "date", "kind", "importance", "place", "country", "latitude", "longitude"]
COLUMNS += ["place_precision", "summary", "actors", "themes", "sources"]


def main(rows: int) -> int:
    sys.path.insert(0, str(ROOT))
    from tests.postgres import server

    with tempfile.TemporaryDirectory() as folder:
        missed = _in_a_process(f"sqlite:///{folder}/importing.sqlite3", rows)
    with server() as url:
        missed += _in_a_process(url, rows)
    return missed > 0


def _in_a_process(url: str, rows: int) -> int:
    """Measure one database in a process of its own, since its memory is measured too."""
    command = [sys.executable, __file__, str(rows), "measure"]
    return subprocess.run(command, env={**os.environ, "DATABASE_URL": url}, cwd=ROOT, check=False).returncode  # noqa: S603


def measure(rows: int) -> int:
    """Print the ratios of the database of this process; return how many were missed."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    sys.path.insert(0, str(ROOT))
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from benchmarks.generator import fill
    from relations import importing
    from relations.models import Revision
    from tests.factories import make_package, make_user

    call_command("migrate", verbosity=0)
    make_package()
    fill(0)
    person = make_user("importer")
    vendor = connection.vendor
    data = a_file(rows)

    begun = time.perf_counter()
    plan = importing.plan("events.csv", data, resource_name="events", by=person)
    planned = time.perf_counter() - begun
    assert importing.totals(plan).new == rows, importing.totals(plan)
    importing.apply(plan, by=person, reason="Measured.")
    ours = time.perf_counter() - begun

    revisions = Revision.objects.count()
    begun = time.perf_counter()
    again = importing.plan("events.csv", data, resource_name="events", by=person)
    importing.apply(again, by=person)
    second = time.perf_counter() - begun
    assert (importing.totals(again).same, Revision.objects.count()) == (rows, revisions)
    again.delete()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    raw = _raw(plan)
    stock = _stock(a_file(STOCK_ROWS, seed=2), person)
    times_stock = stock / STOCK_ROWS * rows / ours
    print(f"{vendor}: {rows:,} events in {ours:.1f} s ({planned:.1f} s to plan them)")
    return sum(
        not held
        for held in (
            _told("times the rows a second of a stock resource", times_stock, FASTER_THAN_STOCK[vendor], ">="),
            _told("times as long as the database alone", ours / raw, SLOWER_THAN_RAW, "<="),
            _told("of that time for the same file again", second / ours, AGAIN, "<="),
            _told("megabytes in all", memory, MEGABYTES, "<="),
        )
    )


def _told(what: str, value: float, bound: float, sign: str) -> bool:
    held = value >= bound if sign == ">=" else value <= bound
    print(f"  {value:8.2f} {what} (wanted {sign} {bound:.2f}){'' if held else ': missed'}")
    return held


def a_file(rows: int, seed: int = 1) -> bytes:
    """A CSV file of so many new events, two actors, a theme and two sources each."""
    from benchmarks.generator import WORDS

    chance = random.Random(seed)  # noqa: S311
    words = [*WORDS, "port", "grain", "visa", "fence"]
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    for number in range(rows):
        day = date(1947, 8, 15) + timedelta(days=chance.randrange(28_800))
        said = [" ".join(chance.choices(words, k=12)).capitalize() for _sentence in range(3)]
        actors = chance.sample(range(1, 501), 2)
        sources = sorted(f"source-{n}" for n in chance.sample(range(1, 2001), 2))
        row = [f"{day.year}-{seed}-{number}", " ".join(chance.choices(words, k=5)).capitalize(), day.isoformat()]
        row += [chance.choice(("consult", "aid", "threaten", "agree")), chance.randint(1, 5), "Islamabad", "PK"]
        row += ["33.6938", "73.0652", "city", ". ".join(said) + "."]
        row += [f"actor-{actors[0]}:source|actor-{actors[1]}:target", f"theme-{1 + number % 20}", "|".join(sources)]
        writer.writerow(row)
    return buffer.getvalue().encode()


def _raw(plan) -> float:
    """Return the seconds in which the database itself takes all that the import of a plan wrote."""
    from django.contrib.contenttypes.models import ContentType
    from django.db import connection, transaction

    from relations.models import Need, PlanRow, Revision, SearchEntry, Upload
    from timeline.models import Event, EventCitation, Participation

    events = ContentType.objects.get_for_model(Event).pk
    of_events = f"content_type_id = {events}"
    tables = {
        Event: "true",
        Participation: "true",
        Event.themes.through: "true",
        EventCitation: "true",
        Revision: of_events,
        SearchEntry: of_events,
        Need: of_events,
        PlanRow: f"plan_id = {plan.pk}",
        Upload: f"plan_id = {plan.pk}",
    }
    names = {
        model._meta.db_table: (", ".join(f'"{field.column}"' for field in model._meta.concrete_fields), which)
        for model, which in tables.items()
    }
    kept = {}
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            entries = f"SELECT id FROM relations_searchentry WHERE {of_events}"  # noqa: S608
            names["relations_search"] = "rowid, words", f"rowid IN ({entries})"
        for table, (columns, which) in names.items():
            cursor.execute(f'SELECT {columns} FROM "{table}" WHERE {which}')  # noqa: S608
            kept[table] = cursor.fetchall()
        for table, (_columns, which) in reversed(names.items()):
            cursor.execute(f'DELETE FROM "{table}" WHERE {which}')  # noqa: S608
        if connection.vendor == "postgresql":
            return _copied(cursor, names, kept)
    begun = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        for table, (columns, _which) in names.items():
            marks = ", ".join(["%s"] * len(columns.split(", ")))
            cursor.executemany(f'INSERT INTO "{table}" ({columns}) VALUES ({marks})', kept[table])  # noqa: S608
    return time.perf_counter() - begun


def _copied(cursor, names: dict, kept: dict) -> float:
    from django.db import transaction
    from psycopg.types.json import Json

    begun = time.perf_counter()
    with transaction.atomic():
        for table, (columns, _which) in names.items():
            cursor.execute(f'CREATE TEMPORARY TABLE staged AS SELECT {columns} FROM "{table}" WITH NO DATA')  # noqa: S608
            with cursor.copy(f"COPY staged ({columns}) FROM STDIN") as copy:
                for row in kept[table]:
                    copy.write_row([Json(cell) if isinstance(cell, dict | list) else cell for cell in row])
            cursor.execute(f'INSERT INTO "{table}" ({columns}) SELECT {columns} FROM staged')  # noqa: S608
            cursor.execute("DROP TABLE staged")
    return time.perf_counter() - begun


def _stock(data: bytes, person) -> float:
    """Return the seconds in which stock resources show and then store a file, its citations and parts too."""
    import tablib
    from django.contrib.admin.models import ADDITION, LogEntry
    from django.db import transaction
    from django.utils import timezone
    from import_export import fields, resources, widgets

    from relations.models import Actor, Source, Theme
    from timeline.models import Event, EventCitation, Participation

    def keyed(name, model):
        return fields.Field(attribute=name, column_name=name, widget=widgets.ForeignKeyWidget(model, "key"))

    class Validated:
        clean_model_instances = True
        skip_diff = False
        use_bulk = False

    class Events(resources.ModelResource):
        themes = fields.Field(
            attribute="themes", column_name="themes", widget=widgets.ManyToManyWidget(Theme, separator="|", field="key")
        )

        def before_save_instance(self, instance, row, **kwargs):
            instance.changed_at = timezone.now()
            instance.derive()

        class Meta(Validated):
            model = Event
            import_id_fields = ("key",)
            fields = tuple(name for name in COLUMNS if name not in ("actors", "sources"))

    class Parts(resources.ModelResource):
        event, actor = keyed("event", Event), keyed("actor", Actor)

        class Meta(Validated):
            model = Participation
            import_id_fields = ("event", "actor")
            fields = ("event", "actor", "role", "position")

    class Citations(resources.ModelResource):
        record, source = keyed("record", Event), keyed("source", Source)

        class Meta(Validated):
            model = EventCitation
            import_id_fields = ("record", "source")
            fields = ("record", "source", "support")

    rows = list(csv.DictReader(io.StringIO(data.decode())))
    parts = [
        (row["key"], *part.split(":"), place) for row in rows for place, part in enumerate(row["actors"].split("|"))
    ]
    cited = [(row["key"], source, "stated") for row in rows for source in row["sources"].split("|")]
    sheets = [
        (Events, tablib.Dataset(*(list(row.values()) for row in rows), headers=COLUMNS)),
        (Parts, tablib.Dataset(*parts, headers=["event", "actor", "role", "position"])),
        (Citations, tablib.Dataset(*cited, headers=["record", "source", "support"])),
    ]
    begun = time.perf_counter()
    for sheet, table in sheets:
        for is_shown_only in (True, False):
            # Parts and citations cannot be shown before the events that they belong to are there.
            result = sheet().import_data(table, dry_run=is_shown_only, raise_errors=True, use_transactions=True)
            assert not result.has_errors()
            assert not result.has_validation_errors()
        with transaction.atomic():
            LogEntry.objects.bulk_create(
                LogEntry(
                    user=person,
                    content_type_id=1,
                    object_id=row.object_id,
                    object_repr=row.object_repr,
                    action_flag=ADDITION,
                )
                for row in result.rows
            )
    return time.perf_counter() - begun


if __name__ == "__main__":
    number = int(sys.argv[1]) if sys.argv[1:] else ROWS
    sys.exit(measure(number) if sys.argv[2:] == ["measure"] else main(number))
