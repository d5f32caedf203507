"""A key stands in an address, so no record has the key of a page that stands there already."""

import re
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.urls import URLPattern, get_resolver, reverse

from relations import package
from relations.fields import KEY_PATTERN, RESERVED_KEYS
from relations.models import Theme
from relations.writing import Edit, Refused, keyed_models, write
from tests.factories import MAKERS, make_theme, make_user

SMALL_PACKAGE = Path(__file__).parent.parent / "relations" / "northland-southland"


def routes(resolver=None, before: str = "") -> list[str]:
    """Return the routes of all public patterns: `events/<slug:key>/json/`."""
    found = []
    for entry in (resolver or get_resolver("timeline.urls")).url_patterns:
        route = before + str(entry.pattern)
        found += [route] if isinstance(entry, URLPattern) else routes(entry, route)
    return found


def beside_keys(all_routes: list[str]) -> dict[str, set[str]]:
    """Return the words that stand where a key could, by what comes before: {"events/": {"csv", "json"}}."""
    lists = {route.partition("<slug:key>")[0] for route in all_routes if "<slug:key>" in route}
    found: dict[str, set[str]] = {}
    for before in lists:
        rests = [route.removeprefix(before) for route in all_routes if route.startswith(before)]
        found[before] = {word for rest in rests if re.match(KEY_PATTERN, word := rest.partition("/")[0])}
    return found


def test_what_stands_beneath_a_list_is_no_key():
    found = beside_keys(routes())
    assert len(found) > len(keyed_models())  # the lists and those of the API
    assert {"csv", "feed", "json"} <= found["events/"]
    free = {before: words - set(RESERVED_KEYS) for before, words in found.items()}
    assert not any(free.values()), f"add to RESERVED_KEYS: {set().union(*free.values())}"


def test_a_new_page_beneath_a_list_would_be_found():
    assert beside_keys(["events/", "events/<slug:key>/", "events/map/", "events/all.csv"]) == {"events/": {"map"}}


@pytest.mark.django_db
def test_no_model_takes_a_reserved_key_and_each_says_what_would_be_right():
    for model, make in MAKERS.items():
        with pytest.raises(Refused, match=re.escape("add a word or a year, such as “csv-2021”")):
            make(key="csv", state="draft")
        assert not model.objects.filter(key="csv").exists()


@pytest.mark.django_db
def test_no_record_can_be_renamed_to_a_reserved_key():
    theme = make_theme(state="draft")
    for key in RESERVED_KEYS:
        with pytest.raises(Refused, match=f"“{key}” is an address"):
            write([Edit(Theme, pk=theme.pk, seen=theme.version, cells={"key": key})], by=make_user())
    write([Edit(Theme, pk=theme.pk, seen=theme.version, cells={"key": "csv-files"})], by=make_user())


def test_form_import_and_package_refuse_a_reserved_key(client, analyst, tmp_path, capsys):
    client.force_login(analyst)
    page = client.post(reverse("admin:relations_theme_add"), {"name": "Feeds", "key": "feed", "version": "0"})
    assert "“feed” is an address of the list itself; add a word or a year, such as “feed-2021”." in page.text

    file = tmp_path / "themes.csv"
    file.write_text("key,name\nfeed,Feeds\n", encoding="utf-8")
    with pytest.raises(CommandError):
        call_command("import_csv", "theme", str(file), "--as", analyst.username)
    printed = capsys.readouterr()
    assert "such as “feed-2021”" in printed.out + printed.err

    contents = package.read_folder(SMALL_PACKAGE)
    contents["themes.csv"] = contents["themes.csv"].replace(b"idle,Idle", b"feed,Idle")
    with pytest.raises(Refused, match="such as “feed-2021”"):
        package.load(contents)
    assert not Theme.objects.filter(key="feed").exists()
