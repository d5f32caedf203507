"""The strict reader: bytes of a CSV file to rows of text cells, or a list of what is wrong with it."""

import csv
import difflib
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .resources import Fault

BOM = b"\xef\xbb\xbf"
DELIMITERS = {";": gettext_lazy("semicolons"), "\t": gettext_lazy("tabs"), "|": gettext_lazy("upright strokes")}


@dataclass(frozen=True)
class Limits:
    """How large a file may be, in bytes, rows, columns, and characters of one cell."""

    bytes: int = 64 * 2**20
    rows: int = 200_000
    columns: int = 200
    cell: int = 50_000


LIMITS = Limits()


@dataclass
class Table:
    """What a file holds: its columns, and its rows as (number as a spreadsheet counts, {column: text})."""

    columns: list[str] = field(default_factory=list)
    rows: list[tuple[int, dict[str, str]]] = field(default_factory=list)


class Unreadable(Exception):
    """The file cannot be read exactly; `faults` says where and what would be right.

    Where only some rows are at fault, `table` holds the others.
    """

    def __init__(self, faults: list[Fault], table: Table | None = None):
        self.faults, self.table = faults, table
        super().__init__("; ".join(str(fault) for fault in faults[:20]))


def read_table(data: bytes, columns: list[str], *, needed: Iterable[str] = (), limits: Limits = LIMITS) -> Table:
    """Read the bytes of a CSV file whose header names some of `columns`, all that are `needed`, in any order.

    Comma, double quotes, UTF-8 with or without byte-order mark, any line ends; a line end within a cell is LF. Raises
    Unreadable for another encoding, an unknown, doubled, padded or misspelt column, a ragged row, an unclosed quote, a
    NUL, and what is larger than the limits.
    """
    lines = read_lines(data, limits)
    header = next(lines, None)
    if header is None or header == []:
        raise _unreadable(_("the first row is empty; it names the columns"))
    if len(header) > limits.columns:
        raise _unreadable(
            _("the first row has %(count)s columns; at most %(limit)s are read")
            % {"count": len(header), "limit": limits.columns}
        )
    faults = _check_header(header, columns, needed)
    if faults:
        raise Unreadable(faults)
    table = Table(header)
    for number, line in enumerate(lines, 2):
        if number > limits.rows + 1:
            raise _unreadable(_("there are more than %(limit)s rows; divide the file") % {"limit": limits.rows})
        if not any(line):
            faults.append(Fault("row", "", _("the row is empty; take it out"), number))
        elif len(line) != len(header):
            message = _("the row has %(cells)s cells, the header %(columns)s") % {
                "cells": len(line),
                "columns": len(header),
            }
            faults.append(Fault("row", line[0][:80], message, number))
        else:
            table.rows.append((number, dict(zip(header, line, strict=True))))
    if faults:
        raise Unreadable(faults, table)
    return table


def read_lines(data: bytes, limits: Limits = LIMITS) -> Iterator[list[str]]:
    """Yield the rows of a CSV file as lists of cells, the header first. Raises Unreadable as `read_table` does."""
    if len(data) > limits.bytes:
        raise _unreadable(_("the file is larger than %(limit)s bytes; divide it") % {"limit": limits.bytes})
    number = 1
    csv.field_size_limit(limits.cell)  # of the whole process, and other libraries move it
    try:
        for number, line in enumerate(csv.reader(io.StringIO(_decode(data), newline=""), strict=True), 1):
            if any(len(cell) > limits.cell for cell in line):
                raise _too_long(number, limits)
            yield [cell.replace("\r\n", "\n") for cell in line]
            number += 1
    except csv.Error as error:
        if "field limit" in str(error):
            raise _too_long(number, limits) from error
        message = _("the file is not CSV from here on (%(error)s): is there a quotation mark that is not closed?")
        raise Unreadable([Fault("row", "", message % {"error": error}, number)]) from error


def _unreadable(message: str) -> Unreadable:
    return Unreadable([Fault("file", "", message)])


def _too_long(number: int, limits: Limits) -> Unreadable:
    message = _("a cell is longer than %(limit)s characters: is there a quotation mark that is not closed?")
    return Unreadable([Fault("row", "", message % {"limit": limits.cell}, number)])


def _decode(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in data[:2]:
        raise _unreadable(_("the file is UTF-16; save it as CSV UTF-8"))
    try:
        text = data.removeprefix(BOM).decode("utf-8")
    except UnicodeDecodeError as error:
        at = error.start + (len(BOM) if data.startswith(BOM) else 0)
        message = _("byte %(at)s (0x%(byte)02X), in line %(line)s, is not UTF-8; save the file as CSV UTF-8") % {
            "at": at + 1,
            "byte": data[at],
            "line": data[:at].count(b"\n") + 1,
        }
        raise _unreadable(message) from error
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise _unreadable(_("there is a NUL character in line %(line)s; take it out") % {"line": line})
    return text


def _check_header(header: list[str], columns: list[str], needed: Iterable[str]) -> list[Fault]:
    if len(header) == 1:
        for mark, name in DELIMITERS.items():
            if set(header[0].split(mark)) & set(columns) and mark in header[0]:
                message = _("the cells are separated by %(marks)s; save the file with commas")
                return [Fault("file", header[0][:80], message % {"marks": name}, 1)]
    faults = []
    for name in header:
        if name not in columns:
            message = _("there is no column “%(name)s”; %(hint)s")
            faults.append(Fault(name[:80], "", message % {"name": name[:80], "hint": _hint(name, columns)}, 1))
    for name in sorted({name for name in header if header.count(name) > 1}):
        faults.append(Fault(name[:80], "", _("the column stands twice"), 1))
    faults += [Fault(name, "", _("this column is missing"), 1) for name in needed if name not in header]
    return faults


def _hint(name: str, columns: list[str]) -> str:
    plain = re.sub(r"[^a-z0-9]+", "_", name[:80].lower()).strip("_")
    near = difflib.get_close_matches(plain, columns, n=1)
    if near:
        return _("write “%(name)s”") % {"name": near[0]}
    return _("the columns are %(names)s") % {"names": ", ".join(columns)}
