"""What tests share: a clock that is set, quick passwords, a database in a file, people by role, static files.

`client` and `live_server` have the static files; a test of a function alone does not wait for them.
"""

from datetime import UTC, datetime

import pytest
import time_machine
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.db import connection
from django.test import Client, override_settings
from hypothesis import settings as hypothesis_settings

# A busy machine is no fault of an example.
hypothesis_settings.register_profile("unhurried", deadline=None)
hypothesis_settings.load_profile("unhurried")

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)  # the record ends in June 2026


@pytest.fixture(scope="session", autouse=True)
def clock():
    """Start every run at the same moment; `time_machine.move_to` is for tests about another day."""
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture(scope="session", autouse=True)
def quick_settings():
    """Hash passwords fast, and let whitenoise look for a file only when it is asked for one."""
    with override_settings(
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        WHITENOISE_AUTOREFRESH=True,
    ):
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix, tmp_path_factory):
    """Keep SQLite in a file, as in life: in memory there is one connection, and no two writers meet."""
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


def make_user(name: str, *, role: str = "") -> User:
    """Make somebody who may sign in with the password “the password of NAME”; without a role, an outsider."""
    user = User.objects.create_user(name, f"{name}@example.org", f"the password of {name}", is_staff=bool(role))
    if role:
        user.groups.add(Group.objects.get(name=role))
    return user


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
    return make_user("outsider")
