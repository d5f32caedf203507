"""Downloads and dictionary. Tests of a small site come first: once the data set is there, it stays."""

import io
import json
import zipfile
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from relations import codelists, package
from relations.exporting import zipped
from relations.models import Source
from relations.resources import registry
from relations.resources.base import ChoiceWidget
from tests.factories import make_event, make_source, make_theme
from tests.timeline.reading import links, part, words
from timeline.dictionary import ROWS, dictionary, vocabularies
from timeline.views.data import Changed

OTHER_PAIR = settings.BASE_DIR / "tests" / "relations" / "northland-southland"
FIXTURE = settings.BASE_DIR / "fixtures" / "us-pakistan"


def read(response) -> bytes:
    assert response.status_code == 200
    return b"".join(response.streaming_content)


def test_a_site_without_a_record_has_the_tables_that_are_to_come(client, db):
    response = client.get("/data/")

    assert "events.csv Something that happened at a date. 0" in words(response)
    assert read(client.get("/data/events.csv")).decode().startswith("key,title,date")


def test_another_pair_says_its_own_caveats_calendars_and_licence(client, db):
    call_command("load_package", OTHER_PAIR, verbosity=0)

    text = words(client.get("/data/"))

    assert "All of it is invented." in text
    assert "NL Northland" in text
    assert "northland-southland, version 1" in text
    assert "Creative Commons Attribution 4.0" in text
    assert read(client.get("/data/package.zip"))[:2] == b"PK"


def test_a_draft_is_in_no_file_and_no_count(client, db):
    make_theme(key="seen")
    before = client.get("/data/").content, read(client.get("/data/package.zip"))

    make_theme(key="canary", name="Canary", state="draft")

    assert (client.get("/data/").content, read(client.get("/data/package.zip"))) == before
    assert b"canary" not in read(client.get("/data/themes.csv"))


def test_an_unknown_file_is_not_found(client, db):
    assert client.get("/data/secrets.csv").status_code == 404
    assert client.get("/data/events.csv?year=1990").status_code == 400


def test_the_same_files_make_the_same_zip(db):
    files = [("a.csv", ["key\n", "one\n"]), ("b.csv", ["key\n"])]

    first, second = (b"".join(zipped(iter(files))) for _n in range(2))

    assert first == second
    assert zipfile.ZipFile(io.BytesIO(first)).read("a.csv") == b"key\none\n"


def test_a_download_breaks_off_where_the_record_changes_meanwhile(client, db):
    make_event()
    pieces = client.get("/data/package.zip").streaming_content
    received = [next(pieces)]

    make_source()

    with pytest.raises(Changed):
        received.extend(pieces)
    assert not zipfile.is_zipfile(io.BytesIO(b"".join(received)))


def test_the_dictionary_says_of_every_column_what_stands_in_it_and_how_it_is_written(db):
    files = {file.name: file for file in dictionary()}

    assert list(files) == list(package.files()) and set(ROWS) == set(files)
    for name, columns in package.files().items():
        assert [column.name for column in files[name].columns] == columns
        for column in files[name].columns:
            assert column.help, (name, column.name)
            assert column.form, (name, column.name)


def test_every_word_that_a_column_takes_stands_beside_it_or_in_a_vocabulary(client, db):
    lists = {vocabulary.name: {code for code, *_rest in vocabulary.codes} for vocabulary in vocabularies()}
    files = {file.name: file for file in dictionary()}

    checked = 0
    for name, resource in registry.items():
        for column in files[name].columns:
            widget = resource().fields[column.name].widget
            if isinstance(widget, ChoiceWidget):
                words_of = {value for value, _meaning in column.choices} or lists[column.vocabulary]
                assert words_of == set(widget.values), (name, column.name)
                checked += 1
    assert checked > 20
    assert "Meeting, visit, call, talks." in words(client.get("/data/"))


def test_the_page_names_every_column_and_whether_it_is_required(client, db):
    table = part(client.get("/data/"), 'id="sources">', "</table>")

    assert "title required" in words(table)
    assert "publisher Who published it. Text, at most 200 characters." in words(table)
    assert "keys of sources.csv" in words(table)
    assert [kind for kind in Source.Kind.values if kind not in words(table)] == []


def test_codes_come_with_their_name_and_where_they_were_taken_from(client, db):
    html = part(client.get("/data/"), 'id="plover_event"', "</details>")

    assert codelists.codelist("plover_event")["AGREE"].source_url in links(html)
    assert "agree Agree Promise or offer to cooperate" in words(html)


# ------------------------------------------------------------------------------------------------- the data set


@pytest.fixture
def data(client, us_pakistan, db):
    return client.get("/data/")


def test_every_link_on_the_page_that_is_ours_works(client, data):
    for address in set(links(data)):
        if address.startswith("/") and not address.startswith(("/search", "/admin")):
            assert client.get(address).status_code == 200, address


def test_the_package_is_that_from_which_the_site_was_loaded(client, data):
    archive = zipfile.ZipFile(io.BytesIO(read(client.get("/data/package.zip"))))

    assert archive.namelist() == [package.DESCRIPTOR, *(f"{name}.csv" for name in package.files())]
    for name in archive.namelist():
        assert archive.read(name) == Path(FIXTURE, name).read_bytes(), name


def test_each_file_is_the_one_in_the_package_and_has_as_many_rows_as_the_page_says(client, data):
    rows = {file.name: file.rows for file in dictionary()}

    for name in package.files():
        text = read(client.get(f"/data/{name}.csv"))
        assert text == Path(FIXTURE, f"{name}.csv").read_bytes()
        lines = Path(FIXTURE, f"{name}.csv").read_text().count("\n") - 1
        assert rows[name] == lines, name  # no cell of the data set has two lines


def test_caveats_revision_licence_and_version_stand_on_the_page(data):
    descriptor = json.loads(Path(FIXTURE, package.DESCRIPTOR).read_text())
    text = words(data)

    letters = "".join(text.split())
    for caveat in descriptor["bilateral"]["caveats"]:
        assert "".join(caveat.replace("`", "").split()) in letters, caveat
    assert f"us-pakistan, version {descriptor['version']}" in text
    assert "Revision 1, of" in text
    assert "https://creativecommons.org/licenses/by/4.0/" in links(data)


def test_an_unchanged_package_costs_one_query(client, data):
    etag = client.get("/data/package.zip")["ETag"]

    with CaptureQueriesContext(connection) as queries:
        again = client.get("/data/package.zip", headers={"if-none-match": etag})

    assert again.status_code == 304
    assert len(queries) == 1


def test_the_page_takes_few_queries(client, data):
    with CaptureQueriesContext(connection) as queries:
        client.get("/data/")
    assert len(queries) < 10
