"""How the timeline grows: strip, window and words at 10,000 and at 1,000,000 events, on both databases, in one run.

Beside each stands the plain query of the ORM on the same tables: the events by year and class; the 200 most important
of a window. With words it is the bare count of the same words in the same index. A 304 of an unchanged view is set
beside a static file of the same application. It exits with 1 where one is missed; `python benchmarks/timeline.py
10000 100000` for other sizes.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SIZES = (10_000, 1_000_000)
STRIP, WINDOW, GROWTH, WORDS, UNCHANGED = 100, 50, 3, 2, 0.5
VIEWS = {"plain": "", "of a theme": "theme=theme-3", "of an actor": "actor=actor-1"}
PERIOD = "from=1985&to=1994"
SAID = '"talks aid visit"'


def main(sizes: list[str]) -> int:
    sys.path.insert(0, str(ROOT))
    from tests.postgres import server

    if os.environ.get("DATABASE_URL"):
        return measure([int(size) for size in sizes] or SIZES) > 0
    with tempfile.TemporaryDirectory() as folder:
        missed = _in_a_process(f"sqlite:///{folder}/timeline.sqlite3", sizes)
    with server() as url:
        missed += _in_a_process(url, sizes)
    return missed > 0


def _in_a_process(url: str, sizes: list[str]) -> int:
    command = [sys.executable, __file__, *sizes]
    return subprocess.run(command, env={**os.environ, "DATABASE_URL": url}, cwd=ROOT, check=False).returncode  # noqa: S603


def measure(sizes: tuple[int, ...]) -> int:
    """Print the ratios of the database of this process; return how many were missed."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from benchmarks.generator import fill
    from tests.factories import make_package
    from timeline.models import Event

    call_command("migrate", verbosity=0)
    make_package()
    print(f"On {connection.vendor}:")
    found = []
    for size in sizes:
        if Event._base_manager.count() < size:
            fill(size)
        found.append(_works())
    small, large = found[0], found[-1]
    missed = 0
    for name, (ours, plain, least) in large.items():
        ratio, growth = plain / ours, ours / small[name][0]
        is_met = ratio >= least and (growth <= GROWTH or name.endswith("with words"))
        missed += not is_met
        print(
            f"  {name}: {ours * 1000:.2f} ms, {ratio:.2f} times as fast as {plain * 1000:.1f} ms (≥ {least});"
            f" {growth:.2f} times that at {sizes[0]:,} (≤ {GROWTH}){'' if is_met else ' MISSED'}"
        )
    ratio = _unchanged()
    missed += ratio < UNCHANGED
    print(f"  unchanged view: {ratio:.2f} of the requests of a static file (≥ {UNCHANGED})")
    return missed


def _works() -> dict[str, tuple[float, float, float]]:
    """Return (our seconds, the seconds it is set beside, how many times as fast it is to be) of each work."""
    from django.db.models import Count
    from django.db.models.functions import ExtractYear
    from django.test import RequestFactory

    from relations import search
    from timeline import counts, lanes, paging
    from timeline.models import Event
    from timeline.views.timeline import PERIOD as PARAMETERS
    from timeline.views.timeline import View

    def view(query: str) -> View:
        return View(RequestFactory().get(f"/timeline/?{query}"))

    def plain_strip(events):
        return list(events.order_by().values_list(ExtractYear("earliest"), "kind").annotate(n=Count("pk")))

    def plain_window(events):
        return list(lanes.shown(events).order_by("-importance", "earliest", "key")[:200])

    found = {}
    for name, query in VIEWS.items():
        whole, window = view(query), view(f"{query}&{PERIOD}")
        strip = whole.counts_by_year()
        assert sum(strip.values()) == whole.events.count()
        total = paging.total_of(window.events)
        found[f"strip {name}"] = (
            _seconds(whole.counts_by_year if query else counts.counts),
            _seconds(lambda whole=whole: plain_strip(whole.narrowed(*PARAMETERS)), 5),
            STRIP,
        )
        found[f"window {name}"] = (
            _seconds(lambda window=window, total=total: window.most_important(total)),
            _seconds(lambda window=window: plain_window(window.events), 5),
            WINDOW,
        )
    said, said_window = view(f"q={SAID}"), view(f"q={SAID}&{PERIOD}")
    total = paging.total_of(said_window.events)
    bare = _seconds(lambda: search.matching(Event, SAID).count(), 5)
    found["strip with words"] = (_seconds(said.counts_by_year, 5), bare, 1 / WORDS)
    found["window with words"] = (_seconds(lambda: said_window.most_important(total), 5), bare, 1 / WORDS)
    return found


def _seconds(work, times: int = 15) -> float:
    work()
    taken = []
    for _n in range(times):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def _unchanged() -> float:
    """Return how many unchanged views are answered in the time of one static file, both by the same application."""
    from django.core.wsgi import get_wsgi_application
    from django.test import RequestFactory, override_settings

    as_in_production = {"DEBUG": False, "WHITENOISE_AUTOREFRESH": False, "WHITENOISE_USE_FINDERS": True}
    with override_settings(**as_in_production):
        application, told = get_wsgi_application(), {}

        def ask(path: str, **headers: str) -> None:
            environ = RequestFactory(SERVER_NAME="127.0.0.1", **headers).get(path).environ
            answer = application(environ, lambda status, pairs, exc=None: told.update(pairs, status=status))
            b"".join(answer)
            answer.close()

        ask(f"/timeline/?{PERIOD}")
        etag = told["ETag"]
        ask(f"/timeline/?{PERIOD}", HTTP_IF_NONE_MATCH=etag)
        assert told["status"].startswith("304"), told
        ask("/static/timeline/css/timeline.css")
        assert told["status"].startswith("200"), told
        view = _seconds(lambda: ask(f"/timeline/?{PERIOD}", HTTP_IF_NONE_MATCH=etag), 300)
        return _seconds(lambda: ask("/static/timeline/css/timeline.css"), 300) / view


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
