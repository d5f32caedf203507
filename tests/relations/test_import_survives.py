"""An import that breaks anywhere has done nothing, and says so: a failing database call, a killed process."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest
from django.conf import settings
from django.db import OperationalError, connection

from relations import importing
from relations.models import Plan, Revision
from tests.factories import make_actor, make_source, make_theme, make_user
from timeline.models import Event

ROWS = 300
HEADER = "key,title,date,kind,summary,actors,themes,sources\n"


def table(count: int) -> bytes:
    rows = (f"2021-{n},Talks {n},2021-08,consult,They met.,us:source,aid,dawn\n" for n in range(count))
    return (HEADER + "".join(rows)).encode()


def desk():
    make_theme(key="aid"), make_actor(key="us"), make_source(key="dawn")
    return make_user(name="ann")


class BreakAt:
    """Lets so many calls of the database through and fails the next."""

    def __init__(self, number: int):
        self.left = number

    def __call__(self, execute, sql, params, many, context):
        self.left -= 1
        if self.left == 0:
            raise OperationalError("broken on purpose")
        return execute(sql, params, many, context)


@pytest.mark.django_db
def test_whichever_call_of_the_database_fails_nothing_is_imported():
    analyst = desk()
    revisions = Revision.objects.count()
    plan = importing.plan("file.csv", table(3), resource_name="events", by=analyst)
    for number in range(1, 500):
        try:
            with connection.execute_wrapper(BreakAt(number)):
                importing.apply(plan, by=analyst)
        except OperationalError:
            assert not Event.objects.exists(), number
            assert Revision.objects.count() == revisions, number
            assert Plan.objects.get(pk=plan.pk).state == Plan.State.WAITING, number
            continue
        break
    assert number > 20
    assert Event.objects.count() == 3
    assert Plan.objects.get(pk=plan.pk).state == Plan.State.APPLIED
    assert importing.report(plan).created == 3


def address() -> str:
    """The test's database as DATABASE_URL has it."""
    known = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{known['NAME']}"
    host = known["OPTIONS"].get("host") or known["HOST"]
    return f"postgresql://{known['USER']}@/{known['NAME']}?host={host}"


def killed_at_random(tmp_path, times: int) -> None:
    desk()
    file = tmp_path / "events.csv"
    file.write_bytes(table(ROWS))
    command = [sys.executable, "manage.py", "import_csv", "events", str(file), "--as", "ann"]
    environment = {**os.environ, "DATABASE_URL": address()}
    connection.close()
    started = time.monotonic()
    dry = subprocess.run(
        [*command, "--dry-run"], cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True
    )
    assert dry.returncode == 0, dry.stderr
    usual = time.monotonic() - started
    chance = random.Random(9)
    for _ in range(times):
        process = subprocess.Popen(
            command, cwd=settings.BASE_DIR, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(usual * chance.uniform(0.5, 1.3))
        process.send_signal(signal.SIGKILL)
        process.wait()
        count = Event.objects.count()
        assert count in (0, ROWS)
        applied = Plan.objects.filter(kind="import", state=Plan.State.APPLIED).exists()
        assert applied == (count == ROWS)
        if count:
            break
    connection.close()
    subprocess.run(command, cwd=settings.BASE_DIR, env=environment, check=True, capture_output=True)
    assert Event.objects.count() == ROWS


@pytest.mark.django_db(transaction=True)
def test_a_killed_import_has_done_nothing_or_all_and_locks_nobody_out(tmp_path):
    killed_at_random(tmp_path, 4)


@pytest.mark.prove
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("run", range(5))
def test_twenty_killed_imports(tmp_path, run):
    killed_at_random(tmp_path, 4)
