"""The commands that the README gives are commands that work."""

import re
import shlex
import sqlite3
import subprocess
import sys

from django.conf import settings


def test_the_backup_of_a_live_sqlite_database_has_all_that_was_committed(tmp_path):
    database = sqlite3.connect(tmp_path / "db.sqlite3", isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("CREATE TABLE event (key TEXT)")
    database.execute("INSERT INTO event VALUES ('committed')")
    database.execute("BEGIN IMMEDIATE")
    database.execute("INSERT INTO event VALUES ('not committed')")
    command = re.search(
        r"^\.venv/bin/python (-c .*\.backup\(.*)$", (settings.BASE_DIR / "README.md").read_text(), re.M
    )[1]
    subprocess.run([sys.executable, *shlex.split(command)], cwd=tmp_path, check=True)
    database.close()
    with sqlite3.connect(tmp_path / "backup.sqlite3") as copy:
        assert copy.execute("SELECT key FROM event").fetchall() == [("committed",)]
    copy.close()
