"""What tests share: a clock that is set, quick passwords, a database in a file, people by role, static files.

`client` and `live_server` have the static files; a test of a function alone does not wait for them.
"""

import os
from datetime import UTC, datetime
from io import StringIO

import pytest
import time_machine
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client, override_settings
from hypothesis import settings as hypothesis_settings

from tests.databases import connected_to, copy_of
from tests.factories import make_user

# A busy machine is no fault of an example, and what was green stays so until something changes. Long proofs draw
# examples anew each time: HYPOTHESIS_PROFILE=anew.
hypothesis_settings.register_profile("same", deadline=None, derandomize=True)
hypothesis_settings.register_profile("anew", deadline=None)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)  # the record ends in June 2026


def pytest_collection_modifyitems(config, items):
    """Where everything is tested, leave what asks no database to the run on SQLite."""
    if config.args_source != pytest.Config.ArgsSource.TESTPATHS or connection.vendor == "sqlite":
        return
    asking = [
        item
        for item in items
        if item.get_closest_marker("django_db") or {"db", "transactional_db", "loaded"} & set(item.fixturenames)
    ]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(asking)])
    items[:] = asking


@pytest.fixture(scope="session", autouse=True)
def clock():
    """Start every run at the same moment; `time_machine.move_to` is for tests about another day."""
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture(scope="session", autouse=True)
def quick_settings():
    """Ask for a second factor as production does, hash passwords fast, and let whitenoise look for a file only when
    it is asked for one.
    """
    with override_settings(
        SECOND_FACTOR=True,
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        WHITENOISE_AUTOREFRESH=True,
    ):
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix, tmp_path_factory):
    """Keep SQLite in a file, as in life: in memory there is one connection, and no two writers meet."""
    connection.settings_dict["CONN_MAX_AGE"] = 0
    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")


@pytest.fixture(scope="session")
def static_files(tmp_path_factory):
    with override_settings(
        STATIC_ROOT=tmp_path_factory.mktemp("static"),
        STORAGES={
            "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
            "staticfiles": {"BACKEND": "config.storage.UncompressedStaticStorage"},
        },
    ):
        call_command("collectstatic", interactive=False, verbosity=0)
        yield


@pytest.fixture
def client(static_files):
    """A visitor; `client.force_login(analyst)` signs somebody in."""
    return Client()


@pytest.fixture(scope="session")
def loaded(django_db_setup, django_db_blocker):
    """The name of a database with the data set in it, which takes ten seconds to load, once a run."""
    with django_db_blocker.unblock():
        name = copy_of(connection.settings_dict["NAME"])
        with connected_to(name):
            call_command("load_package", settings.BASE_DIR / "fixtures" / "us-pakistan", stdout=StringIO())
    return name


@pytest.fixture(scope="module")
def us_pakistan(loaded):
    """The data set, for all the tests of a module: `pytestmark = pytest.mark.usefixtures("us_pakistan", "db")`."""
    with connected_to(loaded):
        yield


@pytest.fixture
def analyst(db):
    return make_user("analyst", role="analyst")


@pytest.fixture
def editor(db):
    return make_user("editor", role="editor")


@pytest.fixture
def administrator(db):
    return make_user("administrator", role="administrator")


@pytest.fixture
def outsider(db):
    """Somebody with an account and no right at all."""
    return make_user("outsider", role="")
