"""How files hold tables: one module a format, from bytes to rows of text cells.

Whatever is large or has to be unpacked is read in a child process. So that it starts in a few hundredths of a second,
and has nothing within reach but the file, what reads here imports no Django: a message is translated later.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field


def gettext_noop(message: str) -> str:
    """Return a message as it is, marked as one that is translated where it is shown."""
    return message


@dataclass(frozen=True)
class Limits:
    """How large a file may be, and what reading it may cost.

    `unpacked` are the bytes of the parts that are read, and three times the characters of all cells, `ratio` how many
    times larger than the file its parts may be, `cell` the characters of one cell; `seconds` of computing and `memory`
    in bytes are what the child process has that reads 5 MB.
    """

    bytes: int
    unpacked: int
    ratio: int
    parts: int
    rows: int
    columns: int
    cell: int
    seconds: int
    memory: int


class Wrong(Exception):
    """What cannot be read exactly: a message to be translated, what is put into it, and where it is."""

    def __init__(self, message: str, column: str = "file", value: str = "", /, number: int = 0, **told):
        self.message, self.column, self.value, self.number, self.told = message, column, value[:200], number, told
        super().__init__(message)


@dataclass
class Options:
    """What is known of a file besides its bytes.

    `columns` are those of a table of ours, none of a foreign one; `table` is its name, by which it is found in a
    workbook or a package; `sheet` and `delimiter` are what somebody declared.
    """

    name: str = ""
    columns: list[str] = field(default_factory=list)
    table: str = ""
    sheet: str = ""
    delimiter: str = ""
    is_packaged: bool = False


@dataclass
class Row:
    """One row: its number as a spreadsheet counts, its cells, and what is wrong with it."""

    number: int
    cells: list[str]
    wrong: list[Wrong] = field(default_factory=list)


@dataclass
class Found:
    """A table in a file: its format, its columns, its rows, and the names of what stands beside it."""

    format: str
    header: list[str]
    rows: Iterator[Row]
    beside: list[str] = field(default_factory=list)


class Sum:
    """The cells of a table as they are read, so that what one text repeats cannot grow without end."""

    def __init__(self, limits: Limits):
        self.limits, self.most, self.characters = limits, limits.unpacked // 3, 0

    def add(self, number: int, cells: list[str]) -> None:
        """Count a row. Raises Wrong for too many rows, too long a cell and too much text."""
        if number > self.limits.rows + 1:
            raise Wrong(gettext_noop("there are more than %(limit)s rows; divide the file"), limit=self.limits.rows)
        for cell in cells:
            if len(cell) > self.limits.cell:
                raise too_long(number, self.limits)
            self.characters += len(cell)
        if self.characters > self.most:
            raise Wrong(gettext_noop("the cells hold more than %(limit)s characters; divide the file"), limit=self.most)


def too_long(number: int, limits: Limits) -> Wrong:
    """Return what is wrong with a row that has a cell beyond the limit."""
    message = gettext_noop("a cell is longer than %(limit)s characters: is there a quotation mark that is not closed?")
    return Wrong(message, "row", number=number, limit=limits.cell)


def check_width(header: list[str], limits: Limits) -> None:
    """Raise Wrong for a header without a name in it and for one that is too wide."""
    if not any(header):
        raise Wrong(gettext_noop("the first row is empty; it names the columns"))
    if len(header) > limits.columns:
        raise Wrong(
            gettext_noop("the first row has %(count)s columns; at most %(limit)s are read"),
            count=len(header),
            limit=limits.columns,
        )


def read(data: bytes, options: Options, limits: Limits) -> Found:
    """Return the table that a file holds; its content and its name say in which format. Raises Wrong, later too."""
    from . import delimited, objects, packages, workbook

    if len(data) > limits.bytes:
        raise Wrong(gettext_noop("the file is larger than %(limit)s bytes; divide it"), limit=limits.bytes)
    ending = options.name.rpartition(".")[2].lower() if "." in options.name else ""
    if data[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        archive = packages.opened(data, limits)
        if workbook.is_workbook(archive):
            return workbook.read(archive, options, limits)
        return packages.read(archive, options, limits)
    for magic, message in UNREADABLE.items():
        if data.startswith(magic):
            raise Wrong(message)
    if ending in ("xlsx", "zip"):
        raise Wrong(
            gettext_noop("the file is named .%(ending)s and is none; save it anew, or name it as what it is"),
            ending=ending,
        )
    text = delimited.decoded(data)
    is_json = text.lstrip()[:1] in ("{", "[") and ending not in ("csv", "tsv")
    if is_json or ending in ("json", "jsonl", "ndjson"):
        return objects.read(text, options, limits)
    return delimited.read(text, options, limits)


UNREADABLE = {
    b"\xd0\xcf\x11\xe0": gettext_noop("the file is an old .xls or has a password; save it as .xlsx without one"),
    b"\x1f\x8b": gettext_noop("the file is packed with gzip; unpack it first"),
    b"%PDF": gettext_noop("the file is a PDF; export the table that it was made from"),
    b"SQLite format 3": gettext_noop("the file is an SQLite database; export its table as CSV"),
}
