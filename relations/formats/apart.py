"""Reading a file in a process of its own, with hard limits on its computing time and memory.

What a hostile or damaged file costs is then no more than these, and whoever asked goes on. The process is given the
bytes and what is known of them, has neither settings nor a database, and writes JSON: what it found, rows in chunks,
and `null` at the end, or what is wrong.
"""

import gc
import io
import json
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from itertools import islice
from pathlib import Path

CHUNK = 500
ORDINARY = 5 * 2**20  # bytes of a file that the limits are meant for; a larger one has so many times more
MOST = 10  # times the memory
PATIENCE = 5  # times its computing time, for a machine that is busy; then it is killed


def read(data: bytes, options, limits):
    """Return the table that a file holds, read in a child process. Raises Wrong as `formats.read` does."""
    from . import Found, Wrong, gettext_noop

    times = max(1, len(data) // ORDINARY)
    limits = replace(limits, seconds=limits.seconds * times, memory=limits.memory * min(times, MOST))
    command = [sys.executable, "-I", "-S", __file__, json.dumps(asdict(limits))]
    given = json.dumps(asdict(options)).encode() + b"\n" + data
    costly = Wrong(
        gettext_noop("to read the file takes more than %(seconds)s seconds or %(memory)s MB; divide it"),
        seconds=limits.seconds,
        memory=limits.memory // 2**20,
    )
    try:
        # The program and its arguments are ours; the file goes in as bytes.
        done = subprocess.run(  # noqa: S603
            command, input=given, capture_output=True, env={}, timeout=PATIENCE * limits.seconds, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise costly from error
    lines = iter(io.BytesIO(done.stdout))
    if done.returncode in (-signal.SIGXCPU, -signal.SIGKILL, -signal.SIGSEGV, -signal.SIGABRT, MEMORY):
        raise costly
    if done.returncode:
        raise RuntimeError(done.stderr.decode(errors="replace")[-2000:])
    first = _read_line(next(lines))
    return Found(first["format"], first["header"], _rows(lines), first["beside"])


def _rows(lines: Iterator[bytes]):
    from . import Row, Wrong

    for line in lines:
        for number, cells, wrong in _read_line(line) or ():
            yield Row(number, cells, [Wrong(*told[:3], number=told[3], **told[4]) for told in wrong])


def _read_line(line: bytes):
    from . import Wrong

    found = json.loads(line.decode(errors="surrogatepass"))
    if isinstance(found, dict) and "wrong" in found:
        told = found["wrong"]
        raise Wrong(*told[:3], number=told[3], **told[4])
    return found


MEMORY = 77  # the status that says so


def _main() -> None:
    limits = json.loads(sys.argv[1])
    for kind, most in (
        (resource.RLIMIT_CPU, limits["seconds"]),
        (resource.RLIMIT_AS, limits["memory"]),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))
    gc.disable()  # nothing here goes in circles, and what is kept would be looked at again and again
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))
    from relations import formats

    options = formats.Options(**json.loads(sys.stdin.buffer.readline()))
    try:
        for item in _told(sys.stdin.buffer.read(), options, formats.Limits(**limits)):
            text = json.dumps(item, ensure_ascii=False, separators=(",", ":"))
            sys.stdout.buffer.write(text.encode(errors="surrogatepass") + b"\n")
        sys.stdout.flush()
    except MemoryError:
        sys.exit(MEMORY)


def _told(data: bytes, options, limits) -> Iterator[object]:
    from relations import formats

    try:
        found = formats.read(data, options, limits)
        yield {"format": found.format, "header": found.header, "beside": found.beside}
        while chunk := list(islice(found.rows, CHUNK)):
            yield [[row.number, row.cells, [_as_list(wrong) for wrong in row.wrong]] for row in chunk]
        yield None
    except formats.Wrong as wrong:
        yield {"wrong": _as_list(wrong)}


def _as_list(wrong) -> list:
    return [wrong.message, wrong.column, wrong.value, wrong.number, wrong.told]


if __name__ == "__main__":
    _main()
