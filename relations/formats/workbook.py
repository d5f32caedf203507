"""XLSX: the one sheet of a workbook that holds the table, each cell by its type.

Read as a stream of XML by what ECMA-376 (Office Open XML, parts 1 and 4) says of sheets, shared strings and number
formats, so that a workbook costs what its cells cost: a lone cell in the far corner is one cell.
"""

import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from xml.parsers import expat

from . import Found, Limits, Options, Row, Sum, Wrong, check_width, gettext_noop, too_long
from .packages import UNSOUND, damaged

CHUNK = 2**16
DIGITS = 15  # of a number; what a spreadsheet keeps
FIRST_SURE = 61  # 1 March 1900; before it spreadsheets disagree, for most count a 29 February 1900
ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
PLACE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})\Z")
# Built-in number formats: that show a whole day, that show a part of one, in some languages alone, and of a time.
DAYS, PARTS = {14, 15, 22}, {16, 17, *range(27, 32), 36, *range(50, 59)}
TIMES = {*range(18, 22), *range(32, 36), 45, 46, 47}
SAME_IN_ALL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h|m|s)[^\]]*\]', re.I)  # of a number format: what is no code

NUMBER = re.compile(r"-?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?\Z")
NO_MEMORY = expat.errors.codes[expat.errors.XML_ERROR_NO_MEMORY]

WORKBOOK, SHARED = "xl/workbook.xml", "xl/sharedStrings.xml"


def is_workbook(archive: zipfile.ZipFile) -> bool:
    """Whether a ZIP is an XLSX."""
    return WORKBOOK in archive.namelist()


def read(archive: zipfile.ZipFile, options: Options, limits: Limits) -> Found:
    """Return the table of a workbook: the sheet that is asked for, that has the table's name, or the only one in use.

    A text stays as it is. A number has at most 15 digits and no exponent, true and false are yes and no, a date is
    written 2020-05-04. A formula counts by the value that is stored with it. What is none of these is wrong, by the
    name of its cell: an error, a formula without a value, a time, a date that shows a part of its day, merged cells.
    """
    sheets, is_1904 = _sheets(archive)
    chosen = next((name for name in (options.sheet, options.table) if name in sheets), "")
    if options.sheet and options.sheet != chosen:
        message = gettext_noop("the workbook has no sheet “%(sheet)s”; it has %(names)s")
        raise Wrong(message, sheet=options.sheet[:80], names=", ".join(sheets)[:500])
    used = [name for name, part in sheets.items() if name == chosen or not _is_empty(archive, part)]
    if not used:
        raise Wrong(gettext_noop("the first row is empty; it names the columns"))
    if not chosen and len(used) > 1:
        message = gettext_noop("the workbook has the sheets %(names)s; say which one, or send one sheet")
        raise Wrong(message, names=", ".join(used)[:500])
    chosen = chosen or used[0]
    # What a time of day means in a foreign table is for its profile to say; in a table of ours no cell has one.
    sheet = _Sheet(archive, limits, _styles(archive), is_1904, keeps_times=not options.columns)
    rows = _tabled(sheet.rows(sheets[chosen]), options, limits)
    header = next(rows)
    return Found("xlsx", header.cells, rows, [name for name in used if name != chosen])


def _tabled(rows: Iterator[Row], options: Options, limits: Limits) -> Iterator[Row]:
    """Yield the header and the rows beneath it, each as wide as the header, and wrong where it lies beyond."""
    header = next(rows, None)
    if header is None or header.number != 1:
        raise Wrong(gettext_noop("the first row is empty; it names the columns"))
    if header.wrong:
        raise header.wrong[0]
    check_width(header.cells, limits)
    yield header
    width, last = len(header.cells), 1
    for row in rows:
        if options.columns and row.number > last + 1:
            number = row.number if row.number == last + 2 else f"{last + 1}–{row.number - 1}"
            empty = Wrong(gettext_noop("the row is empty; take it out"), "row", number=last + 1)
            if row.number > last + 2:
                message = gettext_noop("the rows %(numbers)s are empty; take them out")
                empty = Wrong(message, "row", number=last + 1, numbers=number)
            yield Row(last + 1, [], [empty])
        last = row.number
        if len(row.cells) > width:
            message = gettext_noop("the row has %(cells)s cells, the header %(columns)s")
            told = {"cells": len(row.cells), "columns": width}
            row.wrong.append(Wrong(message, "row", row.cells[0][:80], number=row.number, **told))
        for wrong in row.wrong:
            place = _column(wrong.told.get("cell", ""))
            wrong.column = header.cells[place - 1] if 0 < place <= width else wrong.column
        row.cells += [""] * (width - len(row.cells))
        yield row


# ------------------------------------------------------------------------------------------------------ its parts


def _parse(archive: zipfile.ZipFile, name: str, start: Callable, end: Callable, text: Callable) -> Iterator[None]:
    """Run handlers over a part, and yield after each piece of it. Elements go by their names without prefix.

    A document type, which declares entities, is refused: workbooks have none.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.buffer_size = CHUNK
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text

    def doctype(*_declared):
        raise Wrong(gettext_noop("the workbook declares a document type, which none has; save it anew"))

    parser.StartDoctypeDeclHandler = doctype
    try:
        with archive.open(name) as part:
            while piece := part.read(CHUNK):
                parser.Parse(piece)
                yield
        parser.Parse(b"", True)
    except (expat.ExpatError, *UNSOUND) as error:
        if getattr(error, "code", None) == NO_MEMORY:
            raise MemoryError from error
        raise damaged() from error
    except KeyError as error:
        raise Wrong(gettext_noop("the workbook lacks its part %(name)s; save it anew"), name=name[:80]) from error
    yield


def _elements(archive: zipfile.ZipFile, name: str) -> list[tuple[str, dict[str, str]]]:
    """Return (name, attributes) of all elements of a small part, in order; none where the part is not there."""
    found = []
    if name in archive.namelist():
        handlers = (lambda tag, given: found.append((_local(tag), given)), lambda _tag: None, lambda _text: None)
        for _piece in _parse(archive, name, *handlers):
            pass
    return found


def _local(tag: str) -> str:
    return tag.rpartition(":")[2]


def _sheets(archive: zipfile.ZipFile) -> tuple[dict[str, str], bool]:
    """Return {name of a sheet: its part}, and whether days are counted from 1904."""
    targets = {
        given.get("Id"): given.get("Target", "")
        for tag, given in _elements(archive, "xl/_rels/workbook.xml.rels")
        if tag == "Relationship" and given.get("Type", "").endswith("/worksheet")
    }
    sheets, is_1904 = {}, False
    for tag, given in _elements(archive, WORKBOOK):
        if tag == "workbookPr":
            is_1904 = given.get("date1904") in ("1", "true", "on")
        elif tag == "sheet":
            own = next((value for name, value in given.items() if _local(name) == "id"), None)
            if own in targets:
                target = targets[own]
                sheets[given.get("name", "")] = target[1:] if target.startswith("/") else f"xl/{target}"
    return sheets, is_1904


def _is_empty(archive: zipfile.ZipFile, part: str) -> bool:
    found = []

    def start(tag, _given):
        if _local(tag) in ("v", "is"):
            found.append(tag)

    return all(not found for _piece in _parse(archive, part, start, lambda _tag: None, lambda _text: None))


def _styles(archive: zipfile.ZipFile) -> list[str]:
    """Return of each style of cells what its numbers are: "" numbers, a "day", a "part" of one, a "time"."""
    own, styles, is_within = {}, [], False
    for tag, given in _elements(archive, "xl/styles.xml"):
        if tag == "numFmt":
            own[given.get("numFmtId")] = _kind(given.get("formatCode", ""))
        elif tag in ("cellXfs", "cellStyleXfs", "cellStyles", "dxfs"):
            is_within = tag == "cellXfs"
        elif tag == "xf" and is_within:
            number = given.get("numFmtId", "0")
            styles.append(own[number] if number in own else _built_in(number))
    return styles


def _built_in(number: str) -> str:
    code = int(number) if number.isdigit() else 0
    return "day" if code in DAYS else "part" if code in PARTS else "time" if code in TIMES else ""


def _kind(code: str) -> str:
    """Return what a number format shows, by the letters of its first section."""
    letters = set(SAME_IN_ALL.sub("", code).split(";")[0].lower())
    if {"d", "y"} <= letters:
        return "day"
    if letters & set("dy"):
        return "part"
    if letters & set("hs") or ("m" in letters and not letters & set("0#?")):
        return "time" if letters & set("hs") else "part"
    return ""


# ------------------------------------------------------------------------------------------------------ its cells


class _Sheet:
    """The cells of one sheet, as rows."""

    def __init__(
        self, archive: zipfile.ZipFile, limits: Limits, styles: list[str], is_1904: bool, *, keeps_times: bool
    ):
        self.archive, self.limits, self.styles, self.keeps_times = archive, limits, styles, keeps_times
        self.epoch = datetime(1904, 1, 1) if is_1904 else datetime(1899, 12, 30)
        self.least = 0 if is_1904 else FIRST_SURE
        self.strings: list[str] = []
        self.columns: dict[str, int] = {}

    def rows(self, part: str) -> Iterator[Row]:
        """Yield the rows that have a cell with something in it."""
        self.strings = self._strings()
        size, ready = Sum(self.limits), []
        # What the handlers keep between them: the row, the cell, its type and style, and the text that is gathered.
        row: Row | None = None
        number = digits = column = 0
        kind = style = ""
        place = value = inline = None
        is_formula = is_text = False
        gathered, most = "", self.limits.cell
        is_spoken: list[str] = []  # how a text is pronounced stands within it, and is not the text
        merged: list[str] = []

        def start(tag, given):
            nonlocal row, number, digits, column, kind, style, place, value, inline, is_formula, is_text, gathered
            if ":" in tag:
                tag = _local(tag)
            if tag == "c":
                place = given.get("r")
                column = self._column(place, number, digits) if place else column + 1
                kind, style = given.get("t", "n"), given.get("s", "")
                value, inline, is_formula = None, None, False
            elif tag == "t" or tag == "v":
                is_text, gathered = not is_spoken, ""
            elif tag == "f":
                is_formula = True
            elif tag == "row":
                number = self._number(given.get("r"), number)
                digits = len(str(number))
                row, column = Row(number, []), 0
            elif tag == "rPh":
                is_spoken.append(tag)
            elif tag == "mergeCell":
                merged.append(given.get("ref", ""))

        def end(tag):
            nonlocal value, inline, is_text
            if ":" in tag:
                tag = _local(tag)
            if tag == "c":
                if kind == "inlineStr":
                    text = inline or ""
                    if "_" in text or "\r" in text:
                        text = _unescaped(text)
                else:
                    text = self._text(row, place or f"{_letters(column)}{number}", kind, style, value, is_formula)
                if text:
                    self._put(row.cells, column, text)
            elif tag == "v":
                value, is_text = gathered, False
            elif tag == "t":
                if is_text:
                    inline, is_text = gathered if inline is None else inline + gathered, False
            elif tag == "rPh":
                is_spoken.pop()
            elif tag == "row" and (row.cells or row.wrong):
                size.add(number, row.cells)
                ready.append(row)

        def text(piece):
            nonlocal gathered
            if is_text:
                gathered += piece
                if len(gathered) > most:
                    raise too_long(number, self.limits)

        for _piece in _parse(self.archive, part, start, end, text):
            yield from ready
            ready.clear()
        if merged:
            message = gettext_noop("the cells %(cells)s are merged; unmerge them, and write what each holds")
            raise Wrong(message, cells=", ".join(merged[:20])[:500])

    def _strings(self) -> list[str]:
        """Return the texts that cells share."""
        strings, pieces, is_text, is_spoken = [], [], False, []

        def start(tag, _given):
            nonlocal is_text
            if ":" in tag:
                tag = _local(tag)
            if tag == "t":
                is_text = not is_spoken
            elif tag == "rPh":
                is_spoken.append(tag)

        def end(tag):
            nonlocal is_text
            if ":" in tag:
                tag = _local(tag)
            if tag == "t":
                is_text = False
            elif tag == "si":
                strings.append(self._shared(pieces))
                pieces.clear()
            elif tag == "rPh":
                is_spoken.pop()

        def text(piece):
            if is_text:
                pieces.append(piece)

        if SHARED in self.archive.namelist():
            for _piece in _parse(self.archive, SHARED, start, end, text):
                self._shared(pieces)
        return strings

    def _shared(self, pieces: list[str]) -> str:
        text = pieces[0] if len(pieces) == 1 else "".join(pieces)
        if len(text) > self.limits.cell:
            message = gettext_noop("a cell is longer than %(limit)s characters; shorten it")
            raise Wrong(message, limit=self.limits.cell)
        return _unescaped(text) if "_" in text or "\r" in text else text

    def _number(self, text: str | None, last: int) -> int:
        if text is None:
            return last + 1
        if not (text.isascii() and text.isdigit()) or int(text[:9]) <= last:
            raise damaged()
        return int(text[:9])

    def _column(self, place: str, number: int, digits: int) -> int:
        column = self.columns.get(place[:-digits])
        if column is None:
            column = self.columns[place[:-digits]] = _column(place)
        if not column or place[-digits:] != str(number):
            raise damaged()
        return column

    def _put(self, cells: list[str], column: int, text: str) -> None:
        missing = column - len(cells) - 1
        if missing < 0:
            raise damaged()
        if column > self.limits.columns:
            message = gettext_noop("column %(column)s lies beyond the %(limit)s columns that are read")
            raise Wrong(message, column=_letters(column), limit=self.limits.columns)
        if missing:
            cells += [""] * missing
        cells.append(text)

    def _text(self, row: Row, name: str, kind: str, style: str, value, is_formula: bool) -> str:
        """Return the text of a cell, and note what is wrong with it."""
        wrong = ""
        if not value:
            if is_formula and kind != "str":
                wrong = gettext_noop("cell %(cell)s has a formula and no value; put the value in its place")
        elif kind == "s":
            if not value.isdigit() or int(value) >= len(self.strings):
                raise damaged()
            return self.strings[int(value)]
        elif kind == "str":
            return _unescaped(value)
        elif kind == "b":
            return "yes" if value.strip() in ("1", "true") else "no"
        elif kind == "d":
            return self._iso(row, name, value)
        elif kind == "n":
            return self._numeral(row, name, value, style)
        else:
            wrong = gettext_noop("cell %(cell)s has the error %(value)s; put the value in its place")
        if wrong:
            row.wrong.append(Wrong(wrong, "row", value or "", number=row.number, cell=name, value=value or ""))
        return ""

    def _numeral(self, row: Row, name: str, value: str, style: str) -> str:
        place = int(style) if style.isdigit() else 0
        kind = self.styles[place] if place < len(self.styles) else ""
        if kind:
            return self._day(row, name, value, kind)
        plain = value if value.isdigit() and len(value) <= DIGITS and value[0] != "0" else _plain(value)
        if not plain:
            message = gettext_noop(
                "cell %(cell)s holds %(value)s; a spreadsheet keeps 15 digits of a number: make the cell text"
            )
            row.wrong.append(Wrong(message, "row", value, number=row.number, cell=name, value=value[:40]))
        return plain

    def _day(self, row: Row, name: str, value: str, kind: str) -> str:
        try:
            days = float(value) if NUMBER.match(value) else None
            moment = self.epoch + timedelta(seconds=round((days or 0) * 86_400))
        except (ValueError, OverflowError):
            days = moment = None
        if days is None or not self.least <= days:
            message = gettext_noop("cell %(cell)s holds no day that spreadsheets agree on; make it text: 1899-12-31")
        elif kind == "part" and not self.keeps_times:
            message = gettext_noop(
                "cell %(cell)s shows a part of the day that it holds, %(value)s; make it text, such as %(right)s"
            )
        elif kind in ("day", "part") and days == int(days):
            return moment.date().isoformat()
        elif self.keeps_times:
            return moment.isoformat(timespec="seconds")
        else:
            message = gettext_noop("cell %(cell)s holds a time of day, %(value)s; write the day alone")
        shown, right = (moment.isoformat(" ", "minutes"), f"{moment:%Y-%m}") if moment else (value[:40], "")
        row.wrong.append(Wrong(message, "row", value, number=row.number, cell=name, value=shown, right=right))
        return ""

    def _iso(self, row: Row, name: str, value: str) -> str:
        day, _letter, time = value.partition("T")
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", day) and (self.keeps_times or not time.strip("0:.Z")):
            return value if time.strip("0:.Z") else day
        message = gettext_noop("cell %(cell)s holds a time of day, %(value)s; write the day alone")
        row.wrong.append(Wrong(message, "row", value, number=row.number, cell=name, value=value[:40]))
        return ""


def _plain(value: str) -> str:
    """Return the one written form of a number cell, "" where it has more digits than a spreadsheet keeps.

    Spreadsheets write 33.3 as 33.299999999999997, which is the same number in binary: the shortest form is meant.
    """
    if not NUMBER.match(value) or len(value) > 40:
        return ""
    number = Decimal(repr(float(value))) if re.search(r"[.eE]", value) else Decimal(value)
    if not number.is_finite() or abs(number.adjusted()) > DIGITS + 2:
        return ""
    text = f"{number:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    if "." not in text and len(text.lstrip("-")) > DIGITS:
        return ""
    return "0" if text == "-0" else text


def _unescaped(text: str) -> str:
    """Return a text with its escaped characters, such as _x000D_, as they are, and line ends as LF."""
    if "_x" in text:
        text = ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    return text.replace("\r\n", "\n") if "\r" in text else text


def _column(place: str) -> int:
    """Return the number of the column of a cell such as B12, 0 where it names none."""
    found, column = PLACE.match(place), 0
    for letter in found[1] if found else "":
        column = column * 26 + ord(letter) - 64
    return column


def _letters(column: int) -> str:
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
