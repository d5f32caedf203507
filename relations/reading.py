"""The strict reader: bytes of a file, in any format, to rows of text cells, or a list of what is wrong with it."""

import difflib
import pickle
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.conf import settings
from django.utils.translation import gettext as _

from . import formats
from .formats import Found, Limits, Options, Wrong, apart, packages
from .formats.formulas import unguarded
from .resources import Fault

LIMITS = Limits(**settings.IMPORT_LIMITS)
# By command, where whoever waits is at the machine itself.
LARGE = Limits(**settings.LARGE_IMPORT_LIMITS)
HERE = 2**18  # bytes of text that are read at once; what is larger or has to be unpacked goes to a child process
GUARDED = ("csv", "xlsx")  # the formats of spreadsheets, in which an apostrophe goes before what looks like a formula


@dataclass
class Table:
    """What a file holds: its columns, and its rows as (number as a spreadsheet counts, {column: text})."""

    columns: list[str] = field(default_factory=list)
    rows: "list[tuple[int, dict[str, str]]] | Packed" = field(default_factory=list)


class Packed:
    """Rows of a table that are kept packed, and unpacked some at a time whenever they are gone through."""

    AT_ONCE = 1_000

    def __init__(self):
        self._packed: list[bytes] = []
        self._last: list[tuple[int, dict[str, str]]] = []

    def append(self, row: tuple[int, dict[str, str]]) -> None:
        """Add a row."""
        self._last.append(row)
        if len(self._last) == self.AT_ONCE:
            self._packed.append(zlib.compress(pickle.dumps(self._last), 1))
            self._last = []

    def __iter__(self) -> Iterator[tuple[int, dict[str, str]]]:
        for chunk in self._packed:
            yield from pickle.loads(zlib.decompress(chunk))  # noqa: S301 - packed above
        yield from self._last


@dataclass
class Raw:
    """A foreign table: its columns as they stand, its rows as (number as a spreadsheet counts, cells), its format.

    `beside` names what stands in the file and is not in the table: other sheets, lists, tables.
    """

    header: list[str]
    rows: Iterator[tuple[int, list[str]]]
    format: str
    beside: list[str] = field(default_factory=list)


class Unreadable(Exception):
    """The file cannot be read exactly; `faults` says where and what would be right.

    Where only some rows are at fault, `table` holds the others.
    """

    def __init__(self, faults: list[Fault], table: Table | None = None):
        self.faults, self.table = faults, table
        super().__init__("; ".join(str(fault) for fault in faults[:20]))


def read_table(
    data: bytes,
    columns: list[str],
    *,
    name: str = "",
    table: str = "",
    needed: Iterable[str] = (),
    limits: Limits = LIMITS,
    is_packaged: bool = False,
    is_kept_packed: bool = False,
) -> Table:
    """Read a file whose header names some of `columns`, all that are `needed`, in any order.

    CSV, XLSX, JSON, JSON Lines or a data package; the content and the `name` say which. `table` is the name of the
    table, by which a sheet of a workbook and a file of a package are found. In a file that `is_packaged` every cell
    stands as it is. Rows that are kept packed take a tenth of the memory, and the time to unpack them. Raises
    Unreadable for an unknown, doubled, padded or misspelt column, a ragged row, a cell that has no exact text, another
    encoding, and what is larger than the limits; all bad rows are named.
    """
    columns = list(columns)
    options = Options(name=name, columns=columns, table=table, is_packaged=is_packaged)
    found, faults = None, []
    try:
        found = _found(data, options, limits)
        faults = _check_header(found.header, columns, needed)
        if faults:
            raise Unreadable(faults)
        read, is_guarded = Table(found.header), found.format in GUARDED and not is_packaged
        if is_kept_packed:
            read.rows = Packed()
        for row in found.rows:
            if row.wrong:
                faults += map(_fault, row.wrong)
                continue
            cells = [*map(unguarded, row.cells)] if is_guarded else row.cells
            read.rows.append((row.number, dict(zip(found.header, cells, strict=True))))
    except Wrong as wrong:
        raise Unreadable([_fault(wrong)]) from wrong
    if faults:
        raise Unreadable(faults, read)
    return read


def read_raw(data: bytes, *, name: str = "", limits: Limits = LIMITS, sheet: str = "", delimiter: str = "") -> Raw:
    """Read a foreign table, in any of the formats; every row has as many cells as the header.

    `sheet` chooses a sheet, a list of objects or a table of a package, `delimiter` what separates the cells of a CSV.
    Columns without a name, or twice there, are given as they are, and so are apostrophes; rows without a cell are left
    out. A date cell with a time of day becomes 2020-05-04T14:30:00. Raises Unreadable as `read_table` does.
    """
    faults, rows = [], []
    try:
        found = _found(data, Options(name=name, sheet=sheet, delimiter=delimiter), limits)
        for row in found.rows:
            faults += map(_fault, row.wrong)
            rows.append((row.number, row.cells))
    except Wrong as wrong:
        raise Unreadable([_fault(wrong)]) from wrong
    if faults:
        raise Unreadable(faults)
    return Raw(found.header, iter(rows), found.format, found.beside)


def read_lines(
    data: bytes, columns: list[str], *, name: str = "", table: str = "", limits: Limits = LIMITS
) -> Iterator[tuple[int, list[str]]]:
    """Yield (number, cells) of a file that `read_table` read, its header first, those of rows that are wrong too."""
    try:
        found = _found(data, Options(name=name, columns=list(columns), table=table), limits)
        yield 1, found.header
        for row in found.rows:
            yield row.number, [*map(unguarded, row.cells)] if found.format in GUARDED else row.cells
    except Wrong as wrong:
        raise Unreadable([_fault(wrong)]) from wrong


def unpacked(data: bytes, *, limits: Limits = LARGE) -> dict[str, bytes]:
    """Return {file name: bytes} of a data package in a ZIP. Raises Unreadable for one that is damaged or too large."""
    try:
        return packages.files(packages.opened(data, limits))
    except Wrong as wrong:
        raise Unreadable([_fault(wrong)]) from wrong


def _found(data: bytes, options: Options, limits: Limits) -> Found:
    read = formats.read if len(data) <= HERE and not data.startswith(b"PK") else apart.read
    return read(data, options, limits)


def _fault(wrong: Wrong) -> Fault:
    return Fault(wrong.column, wrong.value, _(wrong.message) % wrong.told, wrong.number)


def _check_header(header: list[str], columns: list[str], needed: Iterable[str]) -> list[Fault]:
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
