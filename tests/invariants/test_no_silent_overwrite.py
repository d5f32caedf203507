"""Eight editors save one record ten times each at once: nothing is lost, and every conflict is shown."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import close_old_connections, connections

from relations.models import Revision
from relations.writing import Edit, Stale, write
from tests.factories import make_event, make_user
from timeline.models import Event

EDITORS, SAVES = 8, 10


@pytest.mark.django_db(transaction=True)
def test_eight_editors_lose_nothing():
    event = make_event(state="draft", summary="Start.")
    people = [make_user(role="editor") for _ in range(EDITORS)]

    def edit_all_day(number: int) -> int:
        conflicts = 0
        try:
            for save in range(SAVES):
                while True:
                    row = Event.objects.get(pk=event.pk)
                    cells = {"summary": f"{row.summary} {number}.{save}"}
                    try:
                        write([Edit(Event, pk=row.pk, seen=row.version, cells=cells)], by=people[number])
                        break
                    except Stale as stale:
                        conflicts += stale.conflicts[0][1].version > row.version
        finally:
            connections.close_all()
        return conflicts

    close_old_connections()
    with ThreadPoolExecutor(EDITORS) as pool:
        conflicts = sum(pool.map(edit_all_day, range(EDITORS)))

    event.refresh_from_db()
    wanted = {f"{number}.{save}" for number in range(EDITORS) for save in range(SAVES)}
    assert set(event.summary.split()) - {"Start."} == wanted
    kept = Revision.objects.filter(object_id=event.pk, content_type__model="event").order_by("version")
    assert [revision.version for revision in kept] == list(range(1, EDITORS * SAVES + 2))
    assert event.version == EDITORS * SAVES + 1
    assert conflicts > 0
