"""How soon a browser shows the first picture of a timeline, and how many bytes that takes, beside its peers.

TimelineJS3 and vis-timeline come from npm into build/peers and show the same events. It fails where the page takes more
than a third of the time or of the bytes of the faster of them at 1,000 events, or more than one and a half times its
own time at 1,000 where there are more. `python benchmarks/picture.py 10000` goes no further than that.
"""

# ruff: noqa: S603, S607  the programs and their arguments are the project's own

import gzip
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PEERS = ROOT / "build" / "peers"
PACKAGES = {"@knight-lab/timelinejs": "3.9.11", "vis-timeline": "8.5.4"}
SIZES = (1_000, 10_000, 100_000, 1_000_000)
RUNS, PORT, MOST_OF_A_PEER, MOST_OF_ITSELF = 5, 8719, 1 / 3, 1.5
# The first mark that stands for an event, in each of them.
MARKS = {
    "ours": "svg[data-lanes] a.dot, svg[data-lanes] a.cluster",
    "timelinejs": ".tl-timemarker-content-container",
    "vis": ".vis-item",
}
WATCH = """(selector) => {
    const look = () => {
        const found = document.querySelector(selector);
        if (found && found.getBoundingClientRect().width) {
            requestAnimationFrame(() => setTimeout(() => (window.seenAt = performance.now())));
        } else requestAnimationFrame(look);
    };
    look();
}"""
PAGES = {
    "timelinejs": """<!doctype html><meta charset="utf-8"><title>TimelineJS3</title>
<link rel="stylesheet" href="node_modules/@knight-lab/timelinejs/dist/css/timeline.css">
<script src="node_modules/@knight-lab/timelinejs/dist/js/timeline.js"></script>
<div id="it" style="width: 100%; height: 600px"></div>
<script>fetch("timelinejs.json").then((r) => r.json()).then(
    (all) => new TL.Timeline("it", all, {font: null}));</script>""",
    "vis": """<!doctype html><meta charset="utf-8"><title>vis-timeline</title>
<link rel="stylesheet" href="node_modules/vis-timeline/styles/vis-timeline-graph2d.min.css">
<script src="node_modules/vis-timeline/standalone/umd/vis-timeline-graph2d.min.js"></script>
<div id="it"></div>
<script>fetch("vis.json").then((r) => r.json()).then((all) => new vis.Timeline(
    document.getElementById("it"), new vis.DataSet(all), {maxHeight: 600}));</script>""",
}


def main(most: int) -> int:
    if not shutil.which("npm"):
        print("Its peers come from npm, which is not there: apt-get install npm", file=sys.stderr)
        return 1
    _fetch_peers()
    sys.path.insert(0, str(ROOT))
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "DATABASE_URL": f"sqlite:///{folder}/picture.sqlite3",
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
        import django

        django.setup()
        return _compare(most)


def _fetch_peers() -> None:
    PEERS.mkdir(parents=True, exist_ok=True)
    wanted = [f"{name}@{version}" for name, version in PACKAGES.items()]
    command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--silent", *wanted]
    subprocess.run(command, cwd=PEERS, check=True)


def _compare(most: int) -> int:
    from django.core.management import call_command
    from playwright.sync_api import sync_playwright

    from benchmarks.generator import fill
    from tests.browser.chromium import executable
    from tests.factories import make_package

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    make_package()
    failed = False
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    # Playwright keeps an event loop in this thread, beside which Django would refuse the database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright, _peers() as peers:
        browser = playwright.chromium.launch(executable_path=executable(), args=options)
        own = {}
        for size in [size for size in SIZES if size <= most]:
            fill(size)
            with _site() as site:
                own[size] = _measured(browser, f"{site}/timeline/", "ours")
            print(f"{size:>9,} events: {own[size][0]:6.0f} ms, {own[size][1] / 1000:6.1f} kB")
            if size == SIZES[0]:
                _write_pages()
                others = {name: _measured(browser, f"{peers}/{name}.html", name) for name in PAGES}
                for name, (milliseconds, size_of_all) in others.items():
                    print(f"{name:>16}: {milliseconds:6.0f} ms, {size_of_all / 1000:6.1f} kB")
                _name, faster = min(others.items(), key=lambda item: item[1][0])
                for what, mine, its in zip(("time", "bytes"), own[size], faster, strict=True):
                    print(f"{what}: {mine / its:.2f} of the faster one's")
                    failed |= mine / its > MOST_OF_A_PEER
            else:
                ratio = own[size][0] / own[SIZES[0]][0]
                print(f"{ratio:.2f} times the time at {SIZES[0]:,}")
                failed |= ratio > MOST_OF_ITSELF
        browser.close()
    return failed


def _write_pages() -> None:
    """Write the same events as each of the peers reads them, and a page that shows them."""
    from timeline.models import Event

    rows = Event.objects.published().by_date().values("key", "title", "summary", "earliest")
    slides = [
        {
            "unique_id": row["key"],
            "start_date": {"year": row["earliest"].year, "month": row["earliest"].month, "day": row["earliest"].day},
            "text": {"headline": row["title"], "text": row["summary"]},
        }
        for row in rows
    ]
    items = [{"id": row["key"], "content": row["title"], "start": row["earliest"].isoformat()} for row in rows]
    (PEERS / "timelinejs.json").write_text(json.dumps({"events": slides}))
    (PEERS / "vis.json").write_text(json.dumps(items))
    for name, page in PAGES.items():
        (PEERS / f"{name}.html").write_text(page)


class _peers:  # noqa: N801 - reads as a function
    """The peers' files on a server of their own: its address, while it is there."""

    def __enter__(self) -> str:
        handler = partial(_Quiet, directory=PEERS)
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_port}"

    def __exit__(self, *error) -> None:
        self.server.shutdown()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments) -> None:
        pass


class _site:  # noqa: N801
    """The site as it is served: its address, while it is there."""

    def __enter__(self) -> str:
        command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--threads", "4", "--bind", f"127.0.0.1:{PORT}"]
        self.process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
        address = f"http://127.0.0.1:{PORT}"
        for _second in range(120):
            try:
                urllib.request.urlopen(f"{address}/timeline/")  # noqa: S310
                return address
            except OSError:
                time.sleep(1)
        raise RuntimeError("the site does not answer")

    def __exit__(self, *error) -> None:
        self.process.terminate()
        self.process.wait()


def _measured(browser, address: str, name: str) -> tuple[float, int]:
    """Return the median of milliseconds until the first mark is painted, and the bytes of all that came, compressed."""
    times = []
    for _run in range(RUNS):
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.set_default_timeout(300_000)  # a peer takes its time on a busy machine
        page = context.new_page()
        bodies = []
        page.on("response", lambda response, bodies=bodies: bodies.append(response))
        page.add_init_script(f"({WATCH})({json.dumps(MARKS[name])})")
        page.route(lambda url: not url.startswith("http://127.0.0.1"), lambda route: route.abort())
        page.goto(address)
        page.wait_for_function("window.seenAt")
        times.append(page.evaluate("window.seenAt"))
        page.wait_for_load_state("networkidle")
        size = sum(_size(response) for response in bodies)
        context.close()
    return statistics.median(times), size


def _size(response) -> int:
    """Return the bytes of an answer as a server would compress it: of fonts and pictures as they are."""
    if response.status != 200:
        return 0
    body = response.body()
    return min(len(body), len(gzip.compress(body)))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else SIZES[-1]))
