"""The strict reader: bytes of a CSV file to rows of text cells, or a list of what is wrong with it."""

import csv
import io
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from .resources import Fault

BOM = b"\xef\xbb\xbf"


@dataclass
class Table:
    """What a file holds: its columns, and its rows as (number as a spreadsheet counts, {column: text})."""

    columns: list[str] = field(default_factory=list)
    rows: list[tuple[int, dict[str, str]]] = field(default_factory=list)


class Unreadable(Exception):
    """The file cannot be read exactly; `faults` says where and what would be right."""

    def __init__(self, faults: list[Fault]):
        self.faults = faults
        super().__init__("; ".join(str(fault) for fault in faults[:20]))


def read_table(data: bytes, columns: list[str], *, all_columns: bool = False) -> Table:
    """Read the bytes of a CSV file whose header names some (or all) of `columns`, in any order.

    Comma, double quotes, UTF-8 with or without byte-order mark, any line ends. Raises Unreadable for another encoding,
    an unknown, doubled, padded or misspelt column, a ragged row, an unclosed quote or a NUL.
    """
    text = _decode(data)
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise Unreadable([Fault("file", "", _("the file is not CSV: %(error)s") % {"error": error})]) from error
    if not lines:
        raise Unreadable([Fault("file", "", _("the file is empty; its first row names the columns"))])
    header = lines[0]
    faults = _check_header(header, columns, all_columns)
    rows = []
    for number, line in enumerate(lines[1:], 2):
        if not line or line == [""] and len(header) > 1:
            faults.append(Fault("row", "", _("the row is empty; take it out"), number))
        elif len(line) != len(header):
            message = _("the row has %(cells)s cells, the header %(columns)s") % {
                "cells": len(line),
                "columns": len(header),
            }
            faults.append(Fault("row", line[0][:80], message, number))
        else:
            rows.append((number, dict(zip(header, line, strict=True))))
    if faults:
        raise Unreadable(faults)
    return Table(header, rows)


def _decode(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise Unreadable([Fault("file", "", _("the file is UTF-16; save it as CSV UTF-8"))])
    try:
        text = data.removeprefix(BOM).decode("utf-8")
    except UnicodeDecodeError as error:
        at = error.start + (len(BOM) if data.startswith(BOM) else 0)
        message = _("byte %(at)s (0x%(byte)02X) is not UTF-8; save the file as CSV UTF-8") % {
            "at": at + 1,
            "byte": data[at],
        }
        raise Unreadable([Fault("file", "", message)]) from error
    if "\0" in text:
        row = text[: text.index("\0")].count("\n") + 1
        raise Unreadable([Fault("file", "", _("there is a NUL character in line %(row)s; take it out") % {"row": row})])
    return text


def _check_header(header: list[str], columns: list[str], all_columns: bool) -> list[Fault]:
    faults = []
    for name in header:
        if name not in columns:
            near = name.strip().lower().replace(" ", "_")
            hint = (
                _("write “%(name)s”") % {"name": near}
                if near in columns
                else _("the columns are %(names)s") % {"names": ", ".join(columns)}
            )
            faults.append(
                Fault(
                    name[:80], "", _("there is no column “%(name)s”; %(hint)s") % {"name": name[:80], "hint": hint}, 1
                )
            )
    for name in sorted({name for name in header if header.count(name) > 1}):
        faults.append(Fault(name, "", _("the column stands twice"), 1))
    if all_columns:
        for name in columns:
            if name not in header:
                faults.append(Fault(name, "", _("this column is missing"), 1))
    return faults
