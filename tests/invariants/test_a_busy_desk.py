"""Many editors save at random over the same records while a file is imported: no error, and nothing is lost.

Everybody has a connection of their own, as the threads of a server have. A short form runs always, the long one in the
long proofs.
"""

import csv
import io
import random
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import close_old_connections, connections

from relations import importing
from relations.models import Plan, Revision
from relations.writing import Edit, Stale, write
from tests.factories import content_type, make_actor, make_package, make_source, make_theme, make_user
from timeline.models import Event

LONGEST_WAIT = 2  # seconds, on a machine with nothing else to do
THINKING = 0.2  # seconds at most between opening a record and saving it


def a_file(rows: int) -> bytes:
    """New events, as a colleague brings them."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["key", "title", "date", "kind", "summary", "actors", "themes", "sources"])
    for number in range(rows):
        writer.writerow(
            [
                f"2021-talks-{number}",
                f"Talks {number}",
                "2021-08",
                "consult",
                "They met.",
                "aland:host",
                "trade",
                "news",
            ]
        )
    return text.getvalue().encode()


def import_a_file(rows: int, author) -> None:
    plan = importing.plan("events.csv", a_file(rows), resource_name="events", by=author)
    importing.apply(plan, by=author)


def edit_until(end: float, pks: list[int], person, number: int) -> tuple[list[tuple[int, str]], int, int, float]:
    """Save words in records chosen at random.

    Returns what was saved and where, how many conflicts were shown, how many saves refused, and the longest wait.
    """
    chance, saved, conflicts, refused, longest = random.Random(number), [], 0, 0, 0.0
    while time.monotonic() < end:
        pk, word = chance.choice(pks), f"{number}.{len(saved)}"
        while True:
            row = Event.objects.get(pk=pk)
            time.sleep(chance.random() * THINKING)
            edit = Edit(Event, pk=pk, seen=row.version, cells={"summary": f"{row.summary} {word}"})
            asked = time.monotonic()
            try:
                write([edit], by=person)
            except Stale as stale:
                conflicts += stale.conflicts[0][1].version > row.version  # it names the version that came between
                refused += 1
            else:
                saved.append((pk, word))
                break
            finally:
                longest = max(longest, time.monotonic() - asked)
    return saved, conflicts, refused, longest


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("editors", "records", "seconds", "rows", "longest_wait"),
    [(6, 12, 4, 60, None), pytest.param(16, 200, 120, 2000, LONGEST_WAIT, marks=pytest.mark.prove)],
)
def test_nothing_is_lost_and_nobody_waits_long(editors, records, seconds, rows, longest_wait):
    make_actor(key="aland")
    make_theme(key="trade")
    make_source(key="news")
    edits = [
        Edit(
            Event,
            cells={
                "key": f"2020-event-{number}",
                "title": f"Event {number}",
                "date": "2020-05-04",
                "kind": "consult",
                "summary": "Start.",
                "actors": "aland:source",
                "themes": "trade",
            },
        )
        for number in range(records)
    ]
    write(edits, by=make_package())
    pks = list(Event.objects.order_by("pk").values_list("pk", flat=True))
    people = [make_user(role="editor", has_app=False) for _ in range(editors)]
    author = make_user("importer")
    end = time.monotonic() + seconds

    def alone(work):
        def done():
            try:
                return work()
            finally:
                connections.close_all()

        return done

    close_old_connections()
    with ThreadPoolExecutor(editors + 1) as pool:
        importing_one = pool.submit(alone(lambda: import_a_file(rows, author)))
        at_work = [
            pool.submit(alone(lambda number=number, person=person: edit_until(end, pks, person, number)))
            for number, person in enumerate(people)
        ]
        results = [work.result() for work in at_work]
        importing_one.result()

    saved = [place for places, *_ in results for place in places]
    kept = dict(Event.objects.filter(pk__in=pks).values_list("pk", "summary"))
    assert [(pk, word) for pk, word in saved if word not in kept[pk].split()] == []
    assert sum(len(summary.split()) - 1 for summary in kept.values()) == len(saved) > editors
    versions = Revision.objects.filter(content_type=content_type(Event), object_id__in=pks)
    assert versions.count() == len(pks) + len(saved)
    assert sum(shown for _, shown, _, _ in results) == sum(refused for _, _, refused, _ in results) > 0
    assert Event.objects.filter(key__startswith="2021-talks-").count() == rows
    assert Plan.objects.get().state == Plan.State.APPLIED
    longest = max(longest for *_, longest in results)
    print(f"{len(saved)} saves beside {rows} rows, the longest wait {longest:.2f} s")
    if longest_wait:
        assert longest < longest_wait
