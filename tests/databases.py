"""Copies of the test database, quick on both: a file is copied, PostgreSQL takes a database as template."""

import itertools
import shutil
from contextlib import contextmanager
from pathlib import Path

from django.db import connection

_numbers = itertools.count(1)


def copy_of(name: str) -> str:
    """Return the name of a new database, like the one named; who is still connected to that is cut off."""
    connection.close()
    if connection.vendor == "sqlite":
        copy = str(Path(name).with_name(f"copy-{next(_numbers)}.sqlite3"))
        shutil.copy(name, copy)
    else:
        copy = f"{name}_copy_{next(_numbers)}"
        with connection._nodb_cursor() as cursor:
            # A thread that a test started may have left its connection behind, and a template allows none.
            cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
            cursor.execute(f'CREATE DATABASE "{copy}" TEMPLATE "{name}"')
    return copy


def drop(name: str) -> None:
    if connection.vendor == "sqlite":
        for path in Path(name).parent.glob(f"{Path(name).name}*"):
            path.unlink()
    else:
        with connection._nodb_cursor() as cursor:
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def connected_to(name: str):
    """Use the database of this name, in this thread and in those that connect later."""
    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before


def database_url() -> str:
    """Return the address of the database in use, for another process."""
    known = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{known['NAME']}"
    password = f":{known['PASSWORD']}" if known["PASSWORD"] else ""
    port = f":{known['PORT']}" if known["PORT"] else ""
    host = known["HOST"]
    if host.startswith("/"):
        return f"postgresql://{known['USER']}{password}@/{known['NAME']}?host={host}"
    return f"postgresql://{known['USER']}{password}@{host}{port}/{known['NAME']}"
