"""What is in a file of each format, and what a file may cost. The tests make the bombs themselves."""

import io
import json
import struct
import threading
import time
import zipfile
from dataclasses import replace
from datetime import datetime

import openpyxl
import pytest

from relations.reading import LARGE, LIMITS, Unreadable, read_raw, read_table

COLUMNS = ["key", "title", "date"]
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
HEADER = (
    '<row r="1"><c r="A1" t="inlineStr"><is><t>key</t></is></c><c r="B1" t="inlineStr"><is><t>title</t></is></c></row>'
)


def zipped(files: dict[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def parts_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def workbook(rows: str, *, strings: str = "", styles: str = "", properties: str = "", after: str = "") -> bytes:
    """A workbook of one sheet from the XML of its rows, as small as one may be."""
    parts = {
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">{properties}<sheets>'
        '<sheet name="One" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships><Relationship Id="rId1" Type="{OFFICE}/worksheet" '
        'Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData>{after}</worksheet>',
    }
    if strings:
        parts["xl/sharedStrings.xml"] = f'<sst xmlns="{MAIN}">{strings}</sst>'
    if styles:
        parts["xl/styles.xml"] = f'<styleSheet xmlns="{MAIN}">{styles}</styleSheet>'
    return zipped(parts)


def said(data: bytes, columns=COLUMNS, **options) -> list[str]:
    """What is wrong with a file, and that it was told in time."""
    begun = time.perf_counter()
    with pytest.raises(Unreadable) as caught:
        read_table(data, columns, **options)
    assert time.perf_counter() - begun < 60  # a machine that is busy is no fault; the limits are of computing time
    return [str(fault) for fault in caught.value.faults]


def rows_of(data: bytes, columns=COLUMNS, **options) -> list[list[str]]:
    return [list(cells.values()) for _number, cells in read_table(data, columns, **options).rows]


# Workbooks


def test_cells_are_read_by_their_type():
    strings = "<si><t>plain</t></si><si><r><t>rich </t></r><r><t>text</t></r><rPh><t>spoken</t></rPh></si>"
    strings += "<si><t>a_x000D_b _x005F_x0041_</t></si>"
    styles = '<numFmts><numFmt numFmtId="200" formatCode="[$-409]d\\ mmmm\\ yyyy"/></numFmts>'
    styles += '<cellStyleXfs><xf numFmtId="9"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="200"/></cellXfs>'
    cells = {
        '<c t="s"><v>0</v></c>': "plain",
        '<c t="s"><v>1</v></c>': "rich text",
        '<c t="s"><v>2</v></c>': "a\rb _x0041_",
        '<c t="inlineStr"><is><r><t>in </t></r><r><t xml:space="preserve">line </t></r></is></c>': "in line ",
        '<c t="str"><f>A1</f><v>found</v></c>': "found",
        "<c><f>1+1</f><v>2</v></c>": "2",
        "<c><v>33.299999999999997</v></c>": "33.3",
        "<c><v>1.5E-3</v></c>": "0.0015",
        "<c><v>-120.0</v></c>": "-120",
        '<c t="b"><v>1</v></c>': "yes",
        '<c s="1"><v>43955</v></c>': "2020-05-04",
        '<c t="d"><v>2020-05-04T00:00:00</v></c>': "2020-05-04",
        '<c s="1"/>': "",
    }
    columns = [f"c{n}" for n in range(len(cells))]
    header = "".join(f'<c t="inlineStr"><is><t>{name}</t></is></c>' for name in columns)
    data = workbook(f"<row>{header}</row><row>{''.join(cells)}</row>", strings=strings, styles=styles)
    assert rows_of(data, columns) == [[*cells.values()]]


def test_days_are_counted_from_1904_where_a_workbook_says_so():
    styles = '<cellXfs><xf numFmtId="14"/></cellXfs>'
    rows = f'{HEADER}<row r="2"><c r="A2" t="str"><v>a</v></c><c r="B2" s="0"><v>1</v></c></row>'
    early = workbook(rows, styles=styles, properties='<workbookPr date1904="1"/>')
    assert rows_of(early) == [["a", "1904-01-02"]]
    assert said(workbook(rows, styles=styles)) == [
        "row 2, title: cell B2 holds no day that spreadsheets agree on; make it text: 1899-12-31"
    ]


def test_another_program_may_write_elements_with_a_prefix_and_cells_without_a_place():
    cell = '<x:c t="inlineStr"><x:is><x:t>{}</x:t></x:is></x:c>'
    rows = [f"<x:row>{cell.format(key)}{cell.format(title)}</x:row>" for key, title in [("key", "title"), ("a", "b")]]
    sheet = f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData>{"".join(rows)}</x:sheetData></x:worksheet>'
    assert rows_of(zipped(parts_of(workbook("")) | {"xl/worksheets/sheet1.xml": sheet})) == [["a", "b"]]


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="3"/><row r="2"/>',
        '<row r="2"><c r="B2"><v>1</v></c><c r="A2"><v>1</v></c></row>',
        '<row r="2"><c r="A2"><v>1</v></c><c r="A2"><v>1</v></c></row>',
        '<row r="2"><c r="A3"><v>1</v></c></row>',
        '<row r="2"><c r="A2" t="s"><v>7</v></c></row>',
        '<row r="2"><c r="A2">',
    ],
)
def test_a_sheet_that_contradicts_itself_is_damaged(rows):
    assert said(workbook(HEADER + rows)) == ["file: the file is damaged: it cannot be unpacked; save it anew"]


def test_every_cell_at_fault_is_named():
    rows = "".join(f'<row r="{n}"><c r="B{n}" t="e"><v>#REF!</v></c></row>' for n in range(2, 1502))
    found = said(workbook(HEADER + rows))
    assert len(found) == 1500
    assert found[-1] == "row 1501, title: cell B1501 has the error #REF!; put the value in its place"


# Foreign tables


def raw(data: bytes, **options):
    found = read_raw(data, **options)
    return found.header, list(found.rows)


def test_a_foreign_table_is_read_as_it_stands():
    assert raw(b"id,,id\n1,x,'=y\n\n2,,\n") == (["id", "", "id"], [(2, ["1", "x", "'=y"]), (4, ["2", "", ""])])
    assert raw("naam;ort\nÉlan;x\n".encode("utf-16"))[1] == [(2, ["Élan", "x"])]
    assert raw(b"a b c\n1 2 3\n", delimiter=" ") == (["a", "b", "c"], [(2, ["1", "2", "3"])])
    with pytest.raises(Unreadable, match="row 2, row: the row has 1 cells, the header 2"):
        raw(b"a,b\n1\n")


def test_objects_within_objects_become_columns():
    slides = [{"start_date": {"year": "2020", "month": 5}, "text": {"headline": "One"}}, {"text": {"text": "Two"}}]
    found = read_raw(json.dumps({"title": {"text": {"headline": "All"}}, "events": slides, "eras": []}).encode())
    assert found.header == ["start_date.year", "start_date.month", "text.headline", "text.text"]
    assert list(found.rows) == [(2, ["2020", "5", "One", ""]), (3, ["", "", "", "Two"])]
    assert (found.format, found.beside) == ("json", ["title.text.headline"])
    old = {"timeline": {"headline": "All", "date": [{"startDate": "2020,5"}], "era": [{"headline": "An age"}]}}
    with pytest.raises(Unreadable, match=r"several lists of objects: timeline\.date, timeline\.era; say which one"):
        read_raw(json.dumps(old).encode())
    assert raw(json.dumps(old).encode(), sheet="timeline.date") == (["startDate"], [(2, ["2020,5"])])


def test_a_sheet_is_chosen_and_a_time_of_day_is_kept_for_a_profile():
    book = openpyxl.Workbook()
    book.active.title = "Notes"
    book.active["A1"] = "mine"
    sheet = book.create_sheet("Data")
    sheet.append(["when"])
    sheet.append([datetime(2020, 5, 4, 14, 30)])
    buffer = io.BytesIO()
    book.save(buffer)
    found = read_raw(buffer.getvalue(), sheet="Data")
    assert (list(found.rows), found.beside) == ([(2, ["2020-05-04T14:30:00"])], ["Notes"])
    with pytest.raises(Unreadable, match="has no sheet “Date”; it has Notes, Data"):
        read_raw(buffer.getvalue(), sheet="Date")


# What a file may cost


def test_a_cell_in_the_far_corner_is_one_cell():
    data = workbook(f'{HEADER}<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')
    assert len(data) < 2_000
    assert said(data) == ["file: column XFD lies beyond the 200 columns that are read"]
    below = workbook(f'{HEADER}<row r="1048576"><c r="A1048576"><v>1</v></c></row>')
    assert said(below) == ["file: there are more than 50000 rows; divide the file"]


def test_texts_of_60_megabytes_are_refused():
    data = workbook(HEADER, strings=f"<si><t>{'a' * 60 * 2**20}</t></si>")
    assert len(data) < 70_000
    assert "times larger; at most 100 times is read" in said(data)[0]
    wide = replace(LIMITS, ratio=2000)
    assert said(data, limits=wide) == ["file: a cell is longer than 50000 characters; shorten it"]
    cell = f'<row r="2"><c r="A2" t="inlineStr"><is><t>{"a" * 60 * 2**20}</t></is></c></row>'
    [told] = said(workbook(HEADER + cell), limits=wide)
    assert told.startswith("row 2, row: a cell is longer than 50000 characters")


def test_one_text_in_every_cell_does_not_grow_without_end():
    rows = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(2, 3002))
    data = workbook(HEADER + rows, strings=f"<si><t>{'a' * 50_000}</t></si>")
    assert said(data) == [f"file: the cells hold more than {LIMITS.unpacked // 3} characters; divide the file"]


def test_entities_are_not_expanded():
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    sheet = f'<!DOCTYPE worksheet [<!ENTITY l0 "ha">{laughs}]><worksheet xmlns="{MAIN}"><sheetData>{HEADER}'
    parts = parts_of(workbook(HEADER))
    parts["xl/worksheets/sheet1.xml"] = f"{sheet}<row><c><v>&l9;</v></c></row></sheetData></worksheet>"
    assert said(zipped(parts)) == ["file: the workbook declares a document type, which none has; save it anew"]


def test_a_zip_is_refused_by_what_it_says_of_its_parts():
    named = {"datapackage.json": "{}", "events.csv": b"\0" * 70 * 2**20}
    assert "times larger; at most 100 times is read" in said(zipped(named))[0]
    assert "at most 100663296 are read" in said(zipped({**named, "more.csv": b"\0" * 40 * 2**20}))[0]
    assert said(zipped({f"{n}.csv": "" for n in range(1001)})) == [
        "file: the file has 1001 parts; at most 1000 are read"
    ]
    twice = zipped({"events.csv": "key\n", "eventz.csv": "key\na\n"}).replace(b"eventz", b"events")
    assert said(twice) == ["file: the part events.csv stands twice in the file"]


def test_a_part_that_is_larger_than_it_says_is_damaged():
    descriptor = json.dumps({"resources": [{"name": "events", "path": "events.csv"}]})
    data = bytearray(zipped({"datapackage.json": descriptor, "events.csv": "key\n" + "a\n" * 2**20}))
    at = data.rindex(b"PK\x01\x02")
    assert struct.unpack_from("<L", data, at + 24)[0] > 2**20
    struct.pack_into("<L", data, at + 24, 8)
    assert said(bytes(data)) == ["file: the file is damaged: it cannot be unpacked; save it anew"]


@pytest.mark.parametrize("data", [b"[" * 2**20, b'{"a":' * 2**18, b'[{"key": ' + b"[" * 2**19])
def test_deep_json_is_refused(data):
    assert said(data) == ["file: the JSON is nested too deep"]


def test_what_takes_too_long_or_too_much_memory_is_refused_and_others_go_on():
    rows = "".join(f'<row r="{n}"><c r="A{n}"><v>{n}</v></c></row>' for n in range(2, 400_000))
    data, told = workbook(HEADER + rows), []
    reading = threading.Thread(target=lambda: told.extend(said(data, limits=replace(LARGE, seconds=1))))
    reading.start()
    ticks = 0
    while reading.is_alive():
        time.sleep(0.01)
        ticks += 1
    assert told == ["file: to read the file takes more than 1 seconds or 384 MB; divide it"]
    assert ticks > 10
    many = workbook(HEADER, strings="".join(f"<si><t>{n:0200}</t></si>" for n in range(300_000)))
    assert said(many, limits=replace(LARGE, seconds=4, memory=64 * 2**20)) == [
        "file: to read the file takes more than 4 seconds or 64 MB; divide it"
    ]


def test_a_large_text_is_read_apart_as_a_small_one_is_here():
    small = b'key,title\na,"two\nlines"\nb\n'
    large = b"key,title\n" + b"k,%s\n" % (b"x" * 1000) * 400 + b"b\n"
    assert said(small) == ["row 3, row: the row has 1 cells, the header 2"]
    assert said(large) == ["row 402, row: the row has 1 cells, the header 2"]
    objects = json.dumps([{"key": str(n), "title": "é" * 1000} for n in range(300)], ensure_ascii=False).encode()
    assert rows_of(objects)[299] == ["299", "é" * 1000]
    # A lone surrogate, which UTF-8 cannot hold, comes through to be refused by its cell.
    assert rows_of(b'[{"key": "\\ud800", "title": "%s"}]' % (b"x" * 40_000) * 1)[0][0] == "\ud800"
