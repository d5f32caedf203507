"""A real browser against a live server, as a visitor has it: hashed static files, the strict policy, no other host."""

import os
import zlib
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.db import connection
from django.test import Client
from playwright.sync_api import sync_playwright

from tests.browser.chromium import executable
from tests.databases import connected_to, copy_of, drop

SCREENSHOTS = Path(settings.BASE_DIR) / "build" / "screenshots"

LOOKS = [(width, scheme) for width in (1280, 390) for scheme in ("light", "dark")]

# A page looks the same whichever database it comes from, and to read one with axe takes a second: each database has
# one look in `make test`, of half of many pages, and `make prove` has all four of all.
LOOK_OF = {"sqlite": (1280, "light"), "postgresql": (390, "dark")}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """Where everything is tested, test half of this on each database; `make prove` has the other half of each.

    What a browser does hangs on no database, and takes seconds. What has a `look` has another one on each.
    """
    if config.args_source != pytest.Config.ArgsSource.TESTPATHS:
        return
    half = ("sqlite", "postgresql").index(connection.vendor)
    for item in items:
        is_here = item.path.parent == Path(__file__).parent and "look" not in item.fixturenames
        if is_here and zlib.crc32(item.nodeid.encode()) % 2 != half:
            item.add_marker(pytest.mark.prove)


@pytest.fixture
def transactional_db(request, django_db_setup, django_db_blocker):
    """A database for this test alone, which the server's threads see too: a copy is quicker than to empty one."""
    with django_db_blocker.unblock():
        template = request.getfixturevalue("loaded") if "us_pakistan" in request.fixturenames else None
        copy = copy_of(template or connection.settings_dict["NAME"])
        with connected_to(copy):
            yield
        drop(copy)


@pytest.fixture
def db(transactional_db):
    """What `analyst` and the like ask for."""


@pytest.fixture
def us_pakistan(transactional_db):
    """The data set, for this test alone."""


@pytest.fixture(scope="session")
def browser():
    path = executable()
    # Beside playwright's event loop this thread has other connections; one left open would keep a database from being
    # copied.
    connection.close()
    with sync_playwright() as playwright, pytest.MonkeyPatch.context() as patch:
        # Playwright keeps an event loop in this thread, and Django would refuse the database beside one.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(
            executable_path=path,
            args=[
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--no-first-run",
                *(["--no-sandbox"] if os.geteuid() == 0 else []),
            ],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def live_server(static_files, live_server):
    """The server, with static files from whitenoise: Django's own handler knows no hashed names."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(StaticFilesHandler, "_should_handle", lambda self, path: False)
        yield live_server


@pytest.fixture
def complaints():
    """What the page's console and its requests to other hosts said; a test that expects some clears the list."""
    return []


@pytest.fixture
def context(browser, live_server, complaints):
    """A fresh browser profile; whatever any of its pages complains of fails the test at its end."""

    def hear(message):
        # That the page itself answers 404 or 400 is the page's business, and a page need not name an icon.
        source = message.location["url"]
        if message.type == "error" and source not in (message.page.url, f"{live_server.url}/favicon.ico"):
            complaints.append(f"{message.page.url}: {message.text} ({source})")

    def watch(request):
        if not request.url.startswith((live_server.url, "about:", "blob:", "data:")):
            complaints.append(f"{request.frame.url}: a request to {request.url}")

    context = browser.new_context(base_url=live_server.url, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(30_000)
    context.on("console", hear)
    context.on("weberror", lambda error: complaints.append(f"{error.page.url}: {error.error}"))
    context.on("request", watch)
    yield context
    context.close()
    assert complaints == []


@pytest.fixture
def page(context):
    return context.new_page()


@pytest.fixture(params=[None, *(pytest.param(look, marks=pytest.mark.prove) for look in LOOKS)], ids=str)
def look(request, page):
    """The width in pixels and the scheme that `page` is shown in: that of this database, or any in a long proof."""
    width, scheme = request.param or LOOK_OF[connection.vendor]
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    return width, scheme


@pytest.fixture
def share(request):
    """A function: the items that this database has to read with axe; `make prove` reads all of them on each."""

    def share(items):
        items = list(items)
        if request.node.get_closest_marker("prove"):
            return items
        return items[("sqlite", "postgresql").index(connection.vendor) :: 2]

    return share


@pytest.fixture
def sign_in(context, live_server):
    """A function: sign `user` in, in every page of this test."""

    def sign_in(user):
        client = Client()
        client.force_login(user)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])

    return sign_in


@pytest.fixture
def barriers(complaints):
    """A function: what axe finds on `page`, one line each, “rule: element”. It reads the console before."""

    def barriers(page):
        assert complaints == []
        found = Axe().run(page).response["violations"]
        complaints.clear()  # axe's own styles are refused by the policy
        return [f"{rule['id']}: {node['html']}" for rule in found for node in rule["nodes"]]

    return barriers


@pytest.fixture
def screenshot(request):
    """A function: keep a picture of the whole `page` as build/screenshots/NAME-WIDTH-SCHEME.png, in a long proof."""

    def screenshot(page, name):
        if not request.node.get_closest_marker("prove"):
            return
        width = page.viewport_size["width"]
        scheme = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'")
        path = SCREENSHOTS / f"{name}-{width}-{scheme}.png"
        page.screenshot(path=path, full_page=True, animations="disabled")

    return screenshot
