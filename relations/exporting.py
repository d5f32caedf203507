"""A table of the record as a file, in pieces: CSV, XLSX with typed cells, JSON, JSON Lines, or a data package.

    exporting.table("events", "xlsx")             # what is published
    exporting.bundle(["events", "event_links"])   # a package of these tables

What goes out is read again by `relations.reading` as the same cells. Nothing is kept while it is written: it costs the
same memory whatever its size.
"""

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import chain
from xml.sax.saxutils import escape

from django.utils.translation import gettext_lazy

from . import package
from .formats.formulas import guarded
from .resources import CitationResource, PartsWidget, ReferencesWidget, registry
from .resources.base import (
    ChoiceWidget,
    DatesWidget,
    DecimalWidget,
    EdtfWidget,
    IntegerWidget,
    ListWidget,
    StrictWidget,
    YesNoWidget,
)

CHUNK = 500  # rows in a piece
EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip can name, so that the same files make the same zip


@dataclass(frozen=True)
class Form:
    """A format of files: its name, the end of a file's name, and its media type."""

    label: str
    ending: str
    media_type: str


FORMS = {
    "csv": Form("CSV", ".csv", "text/csv; charset=utf-8"),
    "xlsx": Form("XLSX", ".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "json": Form("JSON", ".json", "application/json"),
    "jsonl": Form("JSON Lines", ".jsonl", "application/jsonl"),
    "zip": Form(gettext_lazy("Data package"), ".zip", "application/zip"),
}


def table(name: str, form: str, *, drafts: bool = False, queryset=None) -> Iterator[bytes]:
    """Yield one table as a file of a form; `queryset` narrows its records, or its rows' owners."""
    if form == "zip":
        return bundle([name], drafts=drafts, queryset=queryset)
    columns = list(zip(package.files()[name], _kinds(name), strict=True))
    rows = package.table_rows(name, drafts=drafts, queryset=queryset)
    return WRITERS[form](name, columns, rows)


def bundle(names: list[str], *, drafts: bool = False, queryset=None) -> Iterator[bytes]:
    """Yield a data package of some tables, whose cells stand as they are."""
    about = json.loads(package.descriptor_text())
    about["resources"] = [described for described in about["resources"] if described["name"] in names]
    for described in about["resources"]:
        keys = described["schema"].get("foreignKeys", [])
        # Of a table that is left out nothing can be checked.
        kept = [key for key in keys if key["reference"]["resource"] in ("", *names)]
        described["schema"] |= {"foreignKeys": kept} if keys else {}
    descriptor = json.dumps(about, ensure_ascii=False, indent=2) + "\n"
    tables = ((f"{name}.csv", package.table_text(name, drafts=drafts, queryset=queryset)) for name in names)
    return zipped(chain([(package.DESCRIPTOR, [descriptor])], tables))


def _kinds(name: str) -> list[str]:
    """Return of each column of a table whether its cells are text, number, boolean, date or list."""
    if name == package.CITATIONS:
        resource = CitationResource.of(registry["events"]._meta.model)()
        return ["text", "text", *(_kind(resource.fields[column].widget) for column in resource.columns)]
    resource = registry[name]()
    return [_kind(resource.fields[column].widget) for column in resource.columns]


def _kind(widget: StrictWidget) -> str:
    if isinstance(widget, IntegerWidget | DecimalWidget) or (isinstance(widget, ChoiceWidget) and widget.number):
        return "number"
    if isinstance(widget, ListWidget | DatesWidget | ReferencesWidget | PartsWidget):
        return "list"
    return {YesNoWidget: "boolean", EdtfWidget: "date"}.get(type(widget), "text")


Columns = list[tuple[str, str]]  # name and kind


def _in_pieces(texts: Iterable[str]) -> Iterator[bytes]:
    waiting = []
    for text in texts:
        waiting.append(text)
        if len(waiting) >= CHUNK:
            yield "".join(waiting).encode()
            waiting.clear()
    yield "".join(waiting).encode()


# ----------------------------------------------------------------------------------------------------------- CSV


def _csv(name: str, columns: Columns, rows: Iterator[list[str]]) -> Iterator[bytes]:
    yield csv_line([column for column, _kind in columns]).encode()
    free = [place for place, (_column, kind) in enumerate(columns) if kind in ("text", "list")]
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    for count, cells in enumerate(rows, 1):
        for place in free:
            if cells[place][:1] in SUSPECT:
                cells[place] = guarded(cells[place])
        writer.writerow(cells)
        if count % CHUNK == 0:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


SUSPECT = frozenset("'=+-@\t\r")


def csv_line(cells: Iterable[str]) -> str:
    """Return a line of a CSV that a spreadsheet may open."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(map(guarded, cells))
    return buffer.getvalue()


# ---------------------------------------------------------------------------------------------------------- JSON


def _json(name: str, columns: Columns, rows: Iterator[list[str]]) -> Iterator[bytes]:
    objects = _objects(columns, rows)
    first = next(objects, "")
    return _in_pieces(chain([f"[\n{first}" if first else "["], (f",\n{text}" for text in objects), ["\n]\n"]))


def _json_lines(name: str, columns: Columns, rows: Iterator[list[str]]) -> Iterator[bytes]:
    return _in_pieces(f"{text}\n" for text in _objects(columns, rows))


def _objects(columns: Columns, rows: Iterator[list[str]]) -> Iterator[str]:
    members = [(f"{_quoted(column)}: ", JSON_VALUES[kind]) for column, kind in columns]
    for cells in rows:
        found = [name + (value(text) if text else "null") for (name, value), text in zip(members, cells, strict=True)]
        yield f"{{{', '.join(found)}}}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


JSON_VALUES: dict[str, Callable[[str], str]] = {
    "text": _quoted,
    "date": _quoted,
    "number": str,
    "boolean": {"yes": "true", "no": "false"}.__getitem__,
    "list": lambda text: f"[{', '.join(map(_quoted, text.split('|')))}]",
}


# ---------------------------------------------------------------------------------------------------------- XLSX

DAY, TEXT = 1, 2  # styles, by their place among the cellXfs
FIRST_DAY, DAY_NOUGHT = date(1900, 3, 1), date(1899, 12, 30)  # before March 1900 spreadsheets disagree
MOST_ROWS = 2**20
EXACT = re.compile(r"-?(?=[0-9.]{1,16}\Z)(?:[1-9][0-9]*|0)(?:\.[0-9]*[1-9])?\Z")  # at most 15 digits and a point
WHOLE_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
# What XML cannot hold, or a reader would take for an escape: ECMA-376 part 1, 22.9.2.19 writes it as _xHHHH_.
UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff\ud800-\udfff]|_(?=x[0-9A-Fa-f]{4}_)")
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"

PARTS = {
    "[Content_Types].xml": (
        f'<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{TYPE}.styles+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{TYPE}.worksheet+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>'
    ),
    # Cells are general, days, or text; text stays text when somebody types into it.
    "xl/styles.xml": (
        f'<styleSheet xmlns="{MAIN}"><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/></numFmts>'
        '<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/>'
        '</fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        '<cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
        '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
        '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    ),
}


def _xlsx(name: str, columns: Columns, rows: Iterator[list[str]]) -> Iterator[bytes]:
    workbook = (
        f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><bookViews><workbookView/></bookViews>'
        f'<sheets><sheet name="{name}" sheetId="1" r:id="rId1"/></sheets></workbook>'
    )
    parts = {**PARTS, "xl/workbook.xml": workbook}
    files = ((part, [HEAD + text]) for part, text in parts.items())
    return zipped(chain(files, [("xl/worksheets/sheet1.xml", _sheet(columns, rows))]))


def _sheet(columns: Columns, rows: Iterator[list[str]]) -> Iterator[str]:
    """Yield the XML of a sheet whose header stays in sight, some rows at a time."""
    letters = [f"{chr(64 + place // 26) if place >= 26 else ''}{chr(65 + place % 26)}" for place in range(len(columns))]
    styles = "".join(
        f'<col min="{place}" max="{place}" width="18" style="{TEXT if kind in ("text", "date", "list") else 0}"/>'
        for place, (_column, kind) in enumerate(columns, 1)
    )
    yield (
        f'{HEAD}<worksheet xmlns="{MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" '
        f'activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols>{styles}</cols><sheetData>'
    )
    header = [(letter, _text_cell) for letter in letters]
    below = [(letter, CELLS[kind]) for letter, (_column, kind) in zip(letters, columns, strict=True)]
    waiting = []
    lines = chain([[column for column, _kind in columns]], rows)
    for number, cells in enumerate(lines, 1):
        if number > MOST_ROWS:
            raise ValueError(f"A sheet holds {MOST_ROWS} rows and no more; choose another format.")
        written = [
            cell(f"{letter}{number}", text)
            for (letter, cell), text in zip(below if number > 1 else header, cells, strict=True)
            if text
        ]
        waiting.append(f'<row r="{number}">{"".join(written)}</row>')
        if len(waiting) == CHUNK:
            yield "".join(waiting)
            waiting.clear()
    yield f"{''.join(waiting)}</sheetData></worksheet>"


def _text_cell(place: str, text: str) -> str:
    text = guarded(text)
    if UNWRITABLE.search(text):
        text = UNWRITABLE.sub(lambda found: f"_x{ord(found[0]):04X}_", text)
    return f'<c r="{place}" s="{TEXT}" t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'


def _number_cell(place: str, text: str) -> str:
    return f'<c r="{place}"><v>{text}</v></c>' if EXACT.match(text) else _text_cell(place, text)


def _day_cell(place: str, text: str) -> str:
    if WHOLE_DAY.match(text) and (day := date.fromisoformat(text)) >= FIRST_DAY:
        return f'<c r="{place}" s="{DAY}"><v>{(day - DAY_NOUGHT).days}</v></c>'
    return _text_cell(place, text)


def _boolean_cell(place: str, text: str) -> str:
    return f'<c r="{place}" t="b"><v>{int(text == "yes")}</v></c>'


CELLS = {
    "text": _text_cell,
    "list": _text_cell,
    "number": _number_cell,
    "date": _day_cell,
    "boolean": _boolean_cell,
}


# ----------------------------------------------------------------------------------------------------------- ZIP


class _Pieces(io.RawIOBase):
    """A file that cannot be wound back: what is written waits to be taken."""

    def __init__(self):
        self.waiting = bytearray()

    def writable(self):
        return True

    def write(self, data):
        self.waiting += data
        return len(data)

    def take(self) -> bytes:
        taken = bytes(self.waiting)
        self.waiting.clear()
        return taken


def zipped(files: Iterable[tuple[str, Iterable[str]]]) -> Iterator[bytes]:
    """Yield a zip of (name, text in pieces); the same files give the same bytes."""
    pieces = _Pieces()
    with zipfile.ZipFile(pieces, "w") as archive:
        for name, text in files:
            info = zipfile.ZipInfo(name, EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(info, "w") as file:
                for piece in text:
                    file.write(piece.encode())
                    if pieces.waiting:
                        yield pieces.take()
    yield pieces.take()


WRITERS = {"csv": _csv, "xlsx": _xlsx, "json": _json, "jsonl": _json_lines}
