"""CSV: which encoding, which separator, and the rows."""

import csv
import io
from collections.abc import Iterator

from . import Found, Limits, Options, Row, Sum, Wrong, check_width, gettext_noop, too_long

UTF_8 = b"\xef\xbb\xbf"
UTF_16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
DELIMITERS = (",", ";", "\t", "|")
DECLARED = "sep="  # in a line ahead of the header, as spreadsheets write it


def decoded(data: bytes) -> str:
    """Return the text of a file in UTF-8, with or without byte-order mark, or UTF-16 with one.

    Raises Wrong for any other encoding, with a guess at it and its first byte that cannot be read, and for a NUL.
    """
    if data[:4] in (b"\xff\xfe\0\0", b"\0\0\xfe\xff"):
        raise Wrong(gettext_noop("the file is UTF-32; save it as CSV UTF-8"))
    encoding, mark = UTF_16.get(data[:2], "utf-8"), 2 if data[:2] in UTF_16 else 0
    if not mark and 0 in data[:2]:
        raise Wrong(gettext_noop("the file is UTF-16 without a byte-order mark; save it as CSV UTF-8"))
    if data.startswith(UTF_8):
        mark = len(UTF_8)
    try:
        text = data[mark:].decode(encoding)
    except UnicodeDecodeError as error:
        at = error.start + mark
        raise Wrong(
            gettext_noop(
                "byte %(at)s (0x%(byte)s), in line %(line)s, is not %(encoding)s; the file looks like %(guess)s: save "
                "it as CSV UTF-8"
            ),
            at=at + 1,
            byte=f"{data[at]:02X}",
            line=data[mark:at].decode(encoding, "replace").count("\n") + 1,
            encoding=encoding.upper()[:6].rstrip("-"),
            guess=_guess(data) if encoding == "utf-8" else "UTF-16",
        ) from error
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise Wrong(gettext_noop("there is a NUL character in line %(line)s; take it out"), line=line)
    return text


def _guess(data: bytes) -> str:
    """Guess at an encoding that is not UTF-8: of one byte a letter, by how many letters are no ASCII; else of two."""
    sample = data[: 2**16]
    high = sum(byte > 127 for byte in sample)
    plain = sum(97 <= byte | 32 <= 122 for byte in sample)
    if high > plain:
        scripts = {"windows-1256": range(0x600, 0x700), "windows-1251": range(0x400, 0x460)}
        found = {
            name: sum(ord(letter) in script for letter in sample.decode(name, "ignore"))
            for name, script in scripts.items()
        }
        for name, few in (("gb18030", 0.9), ("shift_jis", 0.9)):
            wide = sum(0x3040 <= ord(letter) < 0xA000 for letter in sample.decode(name, "ignore"))
            found[name] = wide * 2 if wide * 2 > high * few else 0
        return max(found, key=found.get).replace("windows", "Windows")
    return "Windows-1252" if any(0x80 <= byte < 0xA0 for byte in sample) else "ISO-8859-1 or Windows-1252"


def read(text: str, options: Options, limits: Limits) -> Found:
    """Return the table in the text of a CSV file.

    Double quotes, any line ends; a line end within a cell is LF. The separator is the one that was declared, by who
    sends the file, by a line `sep=;` or by the name `.tsv`; of a table of ours the one under which the header is ours;
    else the comma.
    """
    delimiter, skipped = _delimiter(text, options, limits)
    lines = _lines(text, delimiter, skipped, limits)
    header = next(lines, None)
    check_width(header.cells if header else [], limits)
    return Found("csv", header.cells, _rows(lines, len(header.cells), options, limits))


def _delimiter(text: str, options: Options, limits: Limits) -> tuple[str, int]:
    """Return the separator, and how many lines stand ahead of the header."""
    first = text[:10].splitlines()[0] if text.strip() else ""
    if first.lower().startswith(DECLARED) and len(first) == len(DECLARED) + 1:
        return first[-1], 1
    if options.delimiter:
        return options.delimiter, 0
    if options.is_packaged:
        return ",", 0
    if options.name.lower().endswith(".tsv"):
        return "\t", 0
    headers = {mark: _header(text, mark, limits) for mark in DELIMITERS}
    headers = {mark: names for mark, names in headers.items() if len(names) > 1}
    if options.columns:
        # Where no header is ours throughout, the nearest one says best what is wrong with it; it is refused.
        ours = {mark: len(set(names) & set(options.columns)) for mark, names in headers.items()}
        return max(ours, key=ours.get) if any(ours.values()) else ",", 0
    return next(iter(headers)) if len(headers) == 1 else ",", 0


def _header(text: str, mark: str, limits: Limits) -> list[str]:
    csv.field_size_limit(limits.cell)
    try:
        return next(csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True), [])
    except csv.Error:
        return []


def _lines(text: str, delimiter: str, skipped: int, limits: Limits) -> Iterator[Row]:
    number, size = 1, Sum(limits)
    csv.field_size_limit(limits.cell)  # of the whole process, and other libraries move it
    try:
        for number, line in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), 1):
            if number <= skipped:
                continue
            size.add(number - skipped, line)
            yield Row(number - skipped, [cell.replace("\r\n", "\n") for cell in line])
            number += 1
    except csv.Error as error:
        if "field limit" in str(error):
            raise too_long(number, limits) from error
        message = gettext_noop(
            "the file is not CSV from here on (%(error)s): is there a quotation mark that is not closed?"
        )
        raise Wrong(message, "row", number=number, error=str(error)) from error


def _rows(lines: Iterator[Row], width: int, options: Options, limits: Limits) -> Iterator[Row]:
    for row in lines:
        if not any(row.cells):
            if not options.columns:
                continue
            row.wrong.append(Wrong(gettext_noop("the row is empty; take it out"), "row", number=row.number))
        elif len(row.cells) != width:
            message = gettext_noop("the row has %(cells)s cells, the header %(columns)s")
            row.wrong.append(
                Wrong(message, "row", row.cells[0][:80], number=row.number, cells=len(row.cells), columns=width)
            )
        yield row
