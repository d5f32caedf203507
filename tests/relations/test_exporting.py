import csv
import io
import json
import zipfile
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from relations import exporting, importing, package
from relations.formats.formulas import guarded, unguarded
from relations.models import Source, Theme
from relations.reading import read_table
from relations.resources import public_cells, resource_of
from relations.resources.base import TextWidget
from relations.resources.rows import cell_rows
from relations.writing import Edit, write
from tests.factories import make_actor, make_event, make_package, make_source, make_theme
from timeline.models import Event

pytestmark = pytest.mark.django_db

COLUMNS = package.files()
NORTHLAND = Path(__file__).parent / "northland-southland"
TABLE_FORMS = ("csv", "xlsx", "json", "jsonl")


def exported(table, form, **options) -> bytes:
    return b"".join(exporting.table(table, form, **options))


def read(data, table, form):
    return read_table(data, COLUMNS[table], name=f"{table}{exporting.FORMS[form].ending}", table=table)


@pytest.fixture
def visit():
    make_package()
    for key in ("trade", "security"):
        make_theme(key=key)
    make_actor(key="aland", aliases="-Al|=Land")
    make_actor(key="hidden", state="draft")
    make_source(key="report")
    make_source(key="leak", state="draft")
    cited = [{"source": "report", "field": "title"}, {"source": "report", "field": "date"}]
    cited += [{"source": "leak"}, {"source": "report", "claimant": "hidden"}]
    return make_event(
        key="2020-visit",
        title="=1+1",
        date="2020-05-04",
        importance="3",
        latitude="-33.3",
        longitude="0",
        summary="'@ once\n“_x0041_” & <b>",
        actors="aland:host|hidden:source",
        themes="security|trade",
        citations=cited,
    )


# What a record is, in each form


@pytest.mark.parametrize("drafts", [True, False])
def test_rows_hold_the_cells_of_their_records(visit, drafts):
    for resource in package.record_resources():
        model = resource._meta.model
        records = model.objects.order_by("key") if drafts else model.objects.published().order_by("key")
        with nullcontext() if drafts else public_cells():
            expected = [list(resource.export_cells(row).values()) for row in resource.with_relations(records)]
        assert list(cell_rows(resource, records, drafts=drafts)) == expected, model
    [cells] = cell_rows(resource_of(Event), Event.objects.all(), drafts=drafts)
    assert ("hidden:source" in cells[COLUMNS["events"].index("actors")]) is drafts
    assert cells[-1] == ("leak|report" if drafts else "report")


def test_what_is_not_public_is_in_no_form(visit):
    make_event(key="a-draft", title="Canary", state="draft")
    for form in exporting.FORMS:
        data = exported("events", form)
        if form in ("zip", "xlsx"):
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                data = b"".join(map(archive.read, archive.namelist()))
        assert b"2020-visit" in data and b"Canary" not in data and b"hidden" not in data, form


def test_a_spreadsheet_takes_no_text_for_a_formula(visit):
    [_header, row] = csv.reader(io.StringIO(exported("events", "csv").decode()))
    cells = dict(zip(_header, row, strict=True))
    assert (cells["title"], cells["latitude"]) == ("'=1+1", "-33.3")
    assert cells["summary"].startswith("''@ once")
    [_header, row] = csv.reader(io.StringIO(exported("actors", "csv").decode()))
    assert dict(zip(_header, row, strict=True))["aliases"] == "'-Al|=Land"


def test_a_workbook_has_typed_cells_and_no_formula(visit):
    sheet = openpyxl.load_workbook(io.BytesIO(exported("events", "xlsx")))["events"]
    cells = {head.value: cell for head, cell in zip(sheet[1], sheet[2], strict=True)}
    assert cells["importance"].value == 3 and cells["latitude"].value == -33.3 and cells["longitude"].value == 0
    assert cells["place_disputed"].value is False
    assert cells["date"].value == datetime(2020, 5, 4) and cells["date"].number_format == "yyyy\\-mm\\-dd"
    assert (cells["title"].value, cells["title"].data_type) == ("'=1+1", "s")
    assert cells["summary"].value == "''@ once\n“_x005F_x0041_” & <b>"
    assert sheet.freeze_panes == "A2"


def test_objects_have_typed_members(visit):
    [event] = json.loads(exported("events", "json"))
    assert list(event) == COLUMNS["events"]
    assert (event["importance"], event["latitude"], event["place_disputed"]) == (3, -33.3, False)
    assert (event["title"], event["themes"], event["place"]) == ("=1+1", ["security", "trade"], None)
    assert [json.loads(line) for line in exported("events", "jsonl").splitlines()] == [event]


def test_a_table_without_rows_is_a_file_without_rows():
    for form in TABLE_FORMS:
        table = read(exported("themes", form), "themes", form)
        assert table.columns == COLUMNS["themes"] and table.rows == [], form


def test_a_package_of_some_tables_has_their_cells_as_they_stand(visit):
    data = b"".join(exporting.bundle(["events", "citations"]))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.namelist() == ["datapackage.json", "events.csv", "citations.csv"]
        assert archive.read("events.csv").decode() == "".join(package.table_text("events"))
        described = json.loads(archive.read("datapackage.json"))["resources"]
    assert [one["name"] for one in described] == ["events", "citations"]
    assert {key["reference"]["resource"] for one in described for key in one["schema"].get("foreignKeys", [])} == set()
    assert read(data, "events", "zip").rows == read(exported("events", "csv"), "events", "csv").rows


# Out and in again


@given(st.text() | st.text("'=+-@\t\r1.0a", max_size=6))
def test_an_apostrophe_is_added_and_taken_away_exactly(text):
    out = guarded(text)
    assert unguarded(out) == text
    assert out in (text, f"'{text}")
    assert not out.startswith(("=", "+", "@", "\t", "\r"))


def readable(text: str) -> bool:
    try:
        return TextWidget(lines=True).read(text) == text
    except ValueError:
        return False


TEXTS = (st.text(max_size=20) | st.text("'=+-@_x0041\n\"|,;&<é1.0", max_size=12)).filter(readable)
NUMBERS = st.integers(-90_000_000, 90_000_000).map(lambda n: f"{n / 10**6:.6f}".rstrip("0").rstrip("."))
DATES = st.sampled_from(["1954-05-19", "1899-12-31", "1900-02-28", "1900-03-01", "2021-08", "1985~", "2020/2021", ".."])
DAYS = st.dates().map(str)


@st.composite
def tables(draw):
    """Cells as the columns of events, whatever they would mean."""
    cells = st.fixed_dictionaries(
        {
            "text": TEXTS,
            "number": NUMBERS | st.sampled_from(["", "123456789012345678", "12345678901234.123", "-0.5"]),
            "boolean": st.sampled_from(["yes", "no"]),
            "date": DATES | DAYS | st.just(""),
            "list": st.lists(TEXTS.filter(lambda text: text and "|" not in text), max_size=3).map("|".join),
        }
    )
    return draw(st.lists(cells, min_size=1, max_size=4))


KINDS = [(f"{kind}_column", kind) for kind in ("text", "number", "boolean", "date", "list")]


@pytest.mark.parametrize("form", TABLE_FORMS)
@effort(max_examples=20, deadline=None)
@given(rows=tables())
def test_cells_of_every_kind_come_back_as_they_were(form, rows):
    rows = [[row[kind] for _name, kind in KINDS] for row in rows]
    data = b"".join(exporting.WRITERS[form]("events", KINDS, iter([list(row) for row in rows])))
    names = [name for name, _kind in KINDS]
    found = read_table(data, names, name=f"events{exporting.FORMS[form].ending}", table="events")
    assert [list(cells.values()) for _number, cells in found.rows] == rows


def _effects(records) -> list[dict]:
    return list(records.order_by("key").values("key", "title", "publisher", "note"))


@pytest.mark.parametrize("form", [*TABLE_FORMS, "zip"])
@effort(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(TEXTS.filter(lambda text: text and "\n" not in text), min_size=1, max_size=3))
def test_an_export_imported_into_an_empty_site_is_exported_the_same(form, texts, analyst):
    with transaction.atomic():
        cells = {"publisher": "P", "url": "https://news.example/1", "kind": "news", "language": "en"}
        edits = [
            Edit(Source, cells={**cells, "key": f"source-{n}", "title": text, "note": text})
            for n, text in enumerate(texts)
        ]
        with transaction.atomic():
            write(edits, by=analyst)
            first, records = exported("sources", form, drafts=True), _effects(Source.objects)
            transaction.set_rollback(True)
        assert not Source.objects.exists()
        name = f"sources{exporting.FORMS[form].ending}"
        importing.apply(importing.plan(name, first, resource_name="sources", by=analyst), by=analyst)
        assert _effects(Source.objects) == records
        assert exported("sources", form, drafts=True) == first
        transaction.set_rollback(True)


# From the desk and the public pages


def test_the_desk_takes_a_table_in_the_format_that_it_chooses(visit, client, analyst):
    client.force_login(analyst)
    address = "/admin/timeline/event/export/"
    assert '<option value="xlsx">XLSX</option>' in client.get(address).text
    for word, form in exporting.FORMS.items():
        answer = client.get(address, {"table": "events", "format": word, "drafts": "yes"})
        data = b"".join(answer.streaming_content)
        assert answer.headers["Content-Type"] == form.media_type
        assert answer.headers["Content-Disposition"] == f'attachment; filename="events{form.ending}"'
        assert read(data, "events", word).rows[0][1]["title"] == "=1+1", word
    # A package has all the tables of the kind of record.
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.namelist()[1:] == [f"{name}.csv" for name in importing.tables_of(Event)]


def test_a_list_of_readers_is_harmless_in_a_spreadsheet_and_the_package_as_it_stands(visit, client):
    listed = b"".join(client.get("/events/csv/").streaming_content)
    packaged = b"".join(client.get("/data/events.csv").streaming_content)
    assert b",'=1+1," in listed
    assert b",=1+1," in packaged


# By command


def test_the_name_of_a_file_says_its_format(tmp_path):
    make_theme(key="trade", name="Trade")
    for form in exporting.FORMS.values():
        file = tmp_path / f"themes{form.ending}"
        call_command("export_csv", "themes", file, verbosity=0, stdout=io.StringIO())
        assert read_table(file.read_bytes(), COLUMNS["themes"], name=file.name).rows[0][1]["name"] == "Trade"
    assert len(list(tmp_path.iterdir())) == len(exporting.FORMS)
    with pytest.raises(CommandError, match="themes.odt says no format; let it end in one of .csv, .xlsx"):
        call_command("export_csv", "themes", tmp_path / "themes.odt")
    with pytest.raises(CommandError, match="cannot be written: No such file or directory"):
        call_command("export_csv", "themes", tmp_path / "none" / "themes.csv")
    assert Theme.objects.count() == 1


def test_a_package_in_a_zip_is_loaded_and_written_the_same(tmp_path):
    folder, first, second = NORTHLAND, tmp_path / "first.zip", tmp_path / "second.zip"
    with zipfile.ZipFile(first, "w") as archive:
        for path in folder.iterdir():
            archive.write(path, f"package/{path.name}")
    call_command("load_package", first, stdout=io.StringIO())
    call_command("dump_package", second, stdout=io.StringIO())
    with zipfile.ZipFile(second) as archive:
        written = {name: archive.read(name) for name in archive.namelist()}
    assert {name: data for name, data in written.items() if (folder / name).exists()} == {
        path.name: path.read_bytes() for path in folder.iterdir()
    }
