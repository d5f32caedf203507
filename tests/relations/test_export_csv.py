import os
import subprocess
import sys
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from relations import importing, package
from tests.databases import database_url
from tests.factories import make_actor, make_event, make_package, make_theme

pytestmark = pytest.mark.django_db


def exported(*arguments) -> str:
    out = StringIO()
    call_command("export_csv", *arguments, stdout=out)
    return out.getvalue()


def test_what_is_published_is_written_and_drafts_only_where_they_are_asked_for():
    make_theme(key="trade", name="Trade")
    make_theme(key="secrets", name="Secrets", state="draft")
    assert exported("themes") == "key,name,description\ntrade,Trade,\n"
    assert exported("themes", "--drafts") == "key,name,description\nsecrets,Secrets,\ntrade,Trade,\n"


def test_links_to_what_is_not_public_are_left_out():
    make_package()
    make_actor(key="ministry", state="draft")
    make_actor(key="aland")
    make_event(key="2020-visit", actors="ministry:host|aland:source")
    assert ",aland:source," in exported("events")
    assert ",ministry:host|aland:source," in exported("events", "--drafts")


def test_every_file_of_a_package_can_be_exported_by_its_name_and_by_its_model():
    for name, columns in package.files().items():
        assert exported(name) == ",".join(columns) + "\n"
    for word, name in [("Event", "events"), ("eventlink", "event_links"), ("aid-programmes.csv", "aid_programmes")]:
        assert importing.table_named(word) == name


def test_an_unknown_name_is_refused_with_those_that_there_are():
    with pytest.raises(CommandError, match="there is no “evnts”; choose one of themes, sources"):
        exported("evnts")


@pytest.mark.django_db(transaction=True)
def test_who_stops_reading_is_not_answered_with_an_error():
    make_theme(key="trade", name="Trade")
    command = [sys.executable, settings.BASE_DIR / "manage.py", "export_csv", "themes"]
    environment = {**os.environ, "DATABASE_URL": database_url()}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        child.stdout.close()
        assert child.stderr.read() == b"" and child.wait(60) == 0
