"""A foreign table becomes one of ours by a profile: a JSON document that says which column goes where.

    document = ready_made()["ucdp-ged"]
    mapped = apply(document, read_raw(data, name="ged.csv", **reading(document)), by=analyst)

A profile is data. It names a `table` of ours, and for each of its columns a rule:

    {"form": 1, "table": "events", "name": …, "about": …, "sheet": "", "delimiter": "", "needs": [columns],
     "skip": [{"column": "id", "begins": "#"}],
     "fields": {"key": {"text": "ged-{id}", "key": true}, "country": {"text": "{country}", "codes": {"Peru": "PE"}}},
     "children": {"figures": [{"counts": "killed", "best": "{best}", "low": "{low}", "high": "{high}"}]}}

A rule is a text, in which `{column}` stands for a cell, and `[…]` is left out where a cell within it is empty. Besides
`text` it may say:

    instead            the text where that is empty
    codes, otherwise   what each value becomes, `Government of *` any that begins so; what the others become
    split              what divides a cell into the items of a list
    dates, until       how dates are written, such as `D/M/YYYY`; the text of the last day
    precision          {"text": …, "as": {value: day, about, month or year}}: how exactly a date is known
    key                true: a text becomes a key
    html, places, most true: tags are taken out; a number is rounded to so many places; a text is cut
    make, role         the columns of a new record where there is none of the key; the role of a part

Of the columns that a profile names those in `needs` are needed; without `needs` all are. A field of several rules, in
a list, is a list of what each gives. A row of children that says no number, or nothing from the file, is left out. What
is dropped or lowered on the way is told as a `Loss`.
"""

import csv
import hashlib
import io
import json
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from functools import cache, cached_property
from html.parser import HTMLParser
from pathlib import Path

from django.utils.translation import gettext as _

from .. import dates
from ..models import Profile
from ..package import files
from ..reading import Raw, Table
from ..resources import Fault, PartsWidget, RecordResource, ReferencesWidget, ReferenceWidget, registry
from ..resources.base import KEY, SEPARATOR, ChoiceWidget, EdtfWidget, IntegerWidget
from ..writing import known_keys

FORM = 1
FOLDER = Path(__file__).parent
PRECISIONS = ("day", "about", "month", "year")
WHATEVER = ("column", "is", "is_not", "begins", "empty")
RULE = {
    "text",
    "instead",
    "codes",
    "otherwise",
    "split",
    "dates",
    "until",
    "precision",
    "key",
    "html",
    "places",
    "most",
}
RULE |= {"make", "role"}
MEMBERS = {"form", "table", "name", "about", "sheet", "delimiter", "needs", "skip", "fields", "children"}
LONGEST_KEY = 80
MOST_BYTES = 500_000  # of a document
DROPPED, LOWERED = "dropped", "lowered"
LOSSES = ("row", "column", "value", "became", "why")


class BadProfile(ValueError):
    """A document is no profile; its text says where, and what would be right."""


@dataclass(frozen=True)
class Unmapped:
    """A value that the profile has no code for: where it goes, what it is, in how many rows."""

    path: str
    value: str
    rows: int


class NotMapped(ValueError):
    """Values of a file have no code, and nothing is planned before they have; `values` lists them all."""

    def __init__(self, values: list[Unmapped]):
        self.values = values
        super().__init__(_("%(count)s values have no code in the profile") % {"count": len(values)})


@dataclass(frozen=True)
class Loss:
    """What is dropped of a file or lowered: the row, or 0 for a whole column; the column, its value, and why."""

    row: int
    column: str
    value: str
    became: str
    why: str


@dataclass
class Mapped:
    """What a profile makes of a foreign table.

    `table` holds the rows as a file of ours does; `children` of some rows {number: {name: [{column: text}]}}; `made`
    tables of new records that rows name; `faults` what cannot be read as the profile says; `unmapped` what is to be
    settled before anything is planned; `skipped` how many rows were left out.
    """

    table: Table
    children: dict[int, dict[str, list[dict[str, str]]]] = field(default_factory=dict)
    made: dict[str, Table] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    unmapped: list[Unmapped] = field(default_factory=list)
    skipped: int = 0


# ------------------------------------------------------------------------------------------------- the documents


@cache
def ready_made() -> dict[str, dict]:
    """Return the profiles that come with the project, {name of its file: document}."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))}


def named(name: str) -> dict:
    """Return the profile of a name: one that was saved, or one of the project. Raises LookupError naming all."""
    saved = Profile.objects.filter(name=name).first()
    if saved:
        return saved.document
    if name in ready_made():
        return ready_made()[name]
    names = ", ".join([*ready_made(), *Profile.objects.values_list("name", flat=True)])
    raise LookupError(_("there is no profile “%(name)s”; choose one of %(names)s") % {"name": name, "names": names})


def read_document(data: bytes) -> dict:
    """Return the profile in the bytes of a JSON file. Raises BadProfile."""
    if len(data) > MOST_BYTES:
        raise BadProfile(_("a profile has at most %(most)s bytes") % {"most": MOST_BYTES})
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BadProfile(_("this is not JSON: %(error)s") % {"error": error}) from error
    return checked(document)


def checked(document) -> dict:
    """Return a document that is a profile. Raises BadProfile saying where it is none, and what would be right."""
    if not isinstance(document, dict) or document.get("form") != FORM:
        raise BadProfile(_("a profile is a JSON object with “form”: %(form)s") % {"form": FORM})
    _only(document, MEMBERS, "profile")
    table = document.get("table")
    if table not in registry or not issubclass(registry[table], RecordResource):
        tables = ", ".join(name for name, item in registry.items() if issubclass(item, RecordResource))
        raise BadProfile(_("“table” is one of %(tables)s") % {"tables": tables})
    for name in ("name", "about", "sheet", "delimiter"):
        if not isinstance(document.get(name, ""), str):
            raise BadProfile(_("“%(name)s” is a text") % {"name": name})
    needs = document.get("needs", [])
    if not isinstance(needs, list) or not all(isinstance(name, str) for name in needs):
        raise BadProfile(_("“needs” is a list of columns"))
    _check_skip(document.get("skip", []))
    resource = registry[table]()
    children = {child.name: child() for child in resource.children}
    _check_rules(document.get("fields", {}), resource.cell_names, "fields")
    rows = document.get("children", {})
    _only(rows, set(children), "children")
    for name, rules in rows.items():
        if not isinstance(rules, list):
            raise BadProfile(_("“%(name)s” is a list of rows") % {"name": name})
        for row in rules:
            _check_rules(row, children[name].child_columns, name)
    return document


def _only(members, known: set[str], where: str) -> None:
    if not isinstance(members, dict):
        raise BadProfile(_("“%(where)s” is an object") % {"where": where})
    if unknown := sorted(set(members) - known):
        told = {"where": where, "name": unknown[0][:80], "known": ", ".join(sorted(known))}
        raise BadProfile(_("“%(where)s” has no “%(name)s”; write one of %(known)s") % told)


def _check_skip(skips) -> None:
    if not isinstance(skips, list):
        raise BadProfile(_("“skip” is a list"))
    for skip in skips:
        _only(skip, set(WHATEVER), "skip")
        if not isinstance(skip.get("column"), str) or len(skip) != 2:
            raise BadProfile(_("what is skipped names a “column” and one of is, is_not, begins, empty"))
        lists = [skip[name] for name in ("is", "is_not") if name in skip]
        if any(not isinstance(values, list) for values in lists) or not isinstance(skip.get("begins", ""), str):
            raise BadProfile(_("“is” and “is_not” are lists of values, “begins” is a text"))


def _check_rules(fields, columns: Iterable[str], where: str) -> None:
    _only(fields, set(columns), where)
    for name, rules in fields.items():
        for rule in rules if isinstance(rules, list) else [rules]:
            _check_rule(rule, f"{where}.{name}")


def _check_rule(rule, where: str) -> None:
    if isinstance(rule, str):
        rule = {"text": rule}
    _only(rule, RULE, where)
    for name in ("text", "instead", "otherwise", "until", "split", "role"):
        if not isinstance(rule.get(name, ""), str):
            raise BadProfile(_("“%(name)s” of %(where)s is a text") % {"name": name, "where": where})
    for name in ("text", "instead", "otherwise", "until"):
        Pattern.read(rule.get(name, ""), where)
    codes = rule.get("codes", {})
    if not isinstance(codes, dict) or not all(isinstance(code, str) for code in codes.values()):
        raise BadProfile(_("“codes” of %(where)s is an object of texts") % {"where": where})
    formats = rule.get("dates", [])
    if not isinstance(formats, list) or not all(isinstance(item, str) and "YYYY" in item for item in formats):
        raise BadProfile(_('“dates” of %(where)s is a list such as ["D/M/YYYY"]') % {"where": where})
    if "precision" in rule:
        _only(rule["precision"], {"text", "as"}, f"{where}.precision")
        words = rule["precision"].get("as")
        if not isinstance(words, dict) or not set(words.values()) <= set(PRECISIONS):
            told = {"where": where, "words": ", ".join(PRECISIONS)}
            raise BadProfile(_("“as” of %(where)s says of each value one of %(words)s") % told)
        Pattern.read(rule["precision"].get("text", ""), where)
    for name in ("places", "most"):
        if not isinstance(rule.get(name, 0), int) or rule.get(name, 0) < 0:
            raise BadProfile(_("“%(name)s” of %(where)s is a whole number") % {"name": name, "where": where})
    make = rule.get("make", {})
    if not isinstance(make, dict):
        raise BadProfile(_("“make” of %(where)s is an object") % {"where": where})
    for name, text in make.items():
        _check_rule(text, f"{where}.make.{name}")


def as_text(document: dict) -> str:
    """Return a document as its file, in one order whatever the database made of it."""
    return json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def reading(document: dict) -> dict[str, str]:
    """Return what the reader is to be told of the file: `sheet` and `delimiter`."""
    return {name: document.get(name, "") for name in ("sheet", "delimiter")}


# ------------------------------------------------------------------------------------------------------ patterns


class Pattern:
    """A text with cells in it: `{Town}[, {Country}]`; what stands in brackets goes where a cell within is empty.

    `\\[` is a bracket.
    """

    TOKEN = re.compile(r"\\[\[\]{}\\]|\{([^{}]*)\}|[\[\]{}\\]|[^\[\]{}\\]+")

    def __init__(self, parts: list):
        self.parts = parts

    @classmethod
    @cache
    def read(cls, text: str, where: str = "") -> "Pattern":
        """Return the pattern of a text. Raises BadProfile."""
        stack: list[list] = [[]]
        for token in cls.TOKEN.finditer(text):
            piece = token[0]
            if len(piece) == 2 and piece[0] == "\\":
                stack[-1].append(piece[1])
            elif piece == "[":
                stack.append([])
            elif piece == "]" and len(stack) > 1:
                group = stack.pop()
                stack[-1].append(cls(group))
            elif token[1]:
                stack[-1].append((token[1],))
            elif piece in ("{", "}", "]", "{}"):
                raise cls._torn(text, where)
            else:
                stack[-1].append(piece)
        if len(stack) > 1:
            raise cls._torn(text, where)
        return cls(stack[0])

    @staticmethod
    def _torn(text: str, where: str) -> BadProfile:
        message = _("a bracket of “%(text)s” (%(where)s) does not close; write a \\ before one that is a letter")
        return BadProfile(message % {"text": text[:200], "where": where})

    @cached_property
    def columns(self) -> list[str]:
        """The columns that it names."""
        found = []
        for part in self.parts:
            found += part.columns if isinstance(part, Pattern) else [part[0]] if isinstance(part, tuple) else []
        return list(dict.fromkeys(found))

    def fill(self, cells: dict[str, str]) -> str:
        """Return the text of a row."""
        return "".join(self._pieces(cells))

    def _pieces(self, cells: dict[str, str]) -> Iterator[str]:
        for part in self.parts:
            if isinstance(part, str):
                yield part
            elif isinstance(part, tuple):
                yield cells[part[0]]
            else:
                inner = [cells[piece[0]] for piece in part.parts if isinstance(piece, tuple)]
                if all(inner):
                    yield part.fill(cells)


def slug(text: str) -> str:
    """Return the key that a text makes: small letters without marks, digits, single hyphens, at most 80."""
    letters = unicodedata.normalize("NFKD", re.sub(r"[.'’]", "", text).casefold())
    words = re.findall(r"[a-z0-9]+", "".join(letter for letter in letters if not unicodedata.combining(letter)))
    key = "-".join(words)
    if len(key) <= LONGEST_KEY:
        return key
    # What is cut off tells two keys apart no more, so that a digest does.
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return f"{key[: LONGEST_KEY - 9].rstrip('-')}-{digest}"


# --------------------------------------------------------------------------------------------------------- dates

MONTHS = (
    ("january", 1),
    ("february", 2),
    ("march", 3),
    ("april", 4),
    ("may", 5),
    ("june", 6),
    ("july", 7),
    ("august", 8),
    ("september", 9),
    ("october", 10),
    ("november", 11),
    ("december", 12),
)
_TOKENS = {
    "YYYY": r"(?P<year>[0-9]{4})",
    "MMMM": r"(?P<name>[A-Za-z]+)",
    "MMM": r"(?P<name>[A-Za-z]{3})\.?",
    "MM": r"(?P<month>[0-9]{2})",
    "M": r"(?P<month>[0-9]{1,2})",
    "DD": r"(?P<day>[0-9]{2})",
    "D": r"(?P<day>[0-9]{1,2})",
    "hh": r"(?P<hour>[0-9]{1,2})",
    "mm": r"(?P<minute>[0-9]{1,2})",
    "ss": r"(?P<second>[0-9]{1,2}(?:\.[0-9]+)?)",
}
FORMATS = (
    "YYYY-MM-DD",
    "YYYY-M-D",
    "D/M/YYYY",
    "M/D/YYYY",
    "D.M.YYYY",
    "D-M-YYYY",
    "YYYY/M/D",
    "D MMMM YYYY",
    "D MMM YYYY",
    "MMMM D, YYYY",
    "MMM D, YYYY",
    "YYYY-MM-DDThh:mm:ss",
    "YYYY-MM-DD hh:mm:ss",
    "YYYY-MM",
    "MM/YYYY",
    "MMMM YYYY",
    "YYYY",
)


@cache
def _format(text: str) -> re.Pattern:
    pieces = re.findall(r"YYYY|MMMM|MMM|MM|M|DD|D|hh|mm|ss|.", text)
    return re.compile("".join(_TOKENS.get(piece, re.escape(piece)) for piece in pieces))


@dataclass(frozen=True)
class Day:
    """A date that was read by a format; month and day are 0 where they are not said."""

    year: int
    month: int = 0
    day: int = 0
    has_time: bool = False

    def text(self, precision: str = "day") -> str:
        """Return it as EDTF, known to the day, the month or the year at most."""
        parts = [f"{self.year:04}"]
        if self.month and precision != "year":
            parts.append(f"{self.month:02}")
            if self.day and precision != "month":
                parts.append(f"{self.day:02}")
        return "-".join(parts) + ("~" if precision == "about" else "")


def read_day(text: str, formats: Iterable[str]) -> Day:
    """Return the date that a text is by one of some formats. Raises ValueError where it is none, or two."""
    found = set()
    for name in formats:
        if (day := _day(text, name)) is not None:
            found.add(day)
    if len(found) != 1:
        told = {"text": text[:80], "formats": ", ".join(formats)}
        if found:
            raise ValueError(_("“%(text)s” is two dates by %(formats)s; declare one of them") % told)
        raise ValueError(_("“%(text)s” is no date as the profile declares them: %(formats)s") % told)
    return found.pop()


def _day(text: str, name: str) -> Day | None:
    match = _format(name).fullmatch(text)
    if match is None:
        return None
    said = match.groupdict()
    month = int(said.get("month") or 0)
    if word := said.get("name"):
        month = next((number for full, number in MONTHS if full.startswith(word.lower()) and len(word) > 2), 0)
        if not month:
            return None
    has_time = any(float(said.get(part) or 0) for part in ("hour", "minute", "second"))
    day = Day(int(said["year"]), month, int(said.get("day") or 0), has_time)
    try:
        dates.parse(day.text())
    except ValueError:
        return None
    return day


# ------------------------------------------------------------------------------------------------------- mapping


@dataclass
class _Line:
    """A row of the file on its way: its cells, and what was found wrong, lost, unmapped or to be made on it."""

    number: int
    cells: dict[str, str]
    is_skipped: bool = False
    faults: list[Fault] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)
    unmapped: list[tuple[str, str]] = field(default_factory=list)
    named: list[tuple[type, str, str, str]] = field(default_factory=list)  # model, key, path, value
    made: dict[str, dict[str, dict[str, str]]] = field(default_factory=lambda: defaultdict(dict))

    def lose(self, column: str, value: str, became: str, why: str) -> None:
        """Say that something is dropped or lowered."""
        self.losses.append(Loss(self.number, column, value, became, why))


class Mapper:
    """A profile at work on the rows of a file with this header. Raises BadProfile where a column lacks."""

    def __init__(self, document: dict, header: list[str]):
        self.document, self.header = checked(document), header
        self.resource = registry[document["table"]]()
        self.children = {child.name: child() for child in self.resource.children}
        needed = document.get("needs") or self.columns
        doubled = sorted({name for name in self.columns if header.count(name) > 1})
        lacking = [name for name in needed if name not in header]
        if lacking:
            told = {"names": ", ".join(lacking), "header": ", ".join(header)[:1000]}
            raise BadProfile(_("the file lacks columns that the profile takes: %(names)s. It has: %(header)s") % told)
        if doubled:
            told = {"names": ", ".join(doubled)}
            raise BadProfile(_("the file has twice a column that the profile takes: %(names)s; rename one") % told)

    @cached_property
    def columns(self) -> list[str]:
        """The columns of the file that it takes or asks."""
        found = list(self.document.get("needs", []))
        found += [skip["column"] for skip in self.document.get("skip", [])]
        for rule in self._rules():
            found += _columns_of(rule)
        return list(dict.fromkeys(found))

    @cached_property
    def blank(self) -> dict[str, str]:
        """The columns that it takes, empty: what the file may lack."""
        return dict.fromkeys(self.columns, "")

    @cached_property
    def taken(self) -> set[str]:
        """The columns of the file from which something comes."""
        return {name for rule in self._rules() for name in _columns_of(rule)}

    def _rules(self) -> Iterator[dict | str]:
        tables = [self.document.get("fields", {})]
        tables += [row for rows in self.document.get("children", {}).values() for row in rows]
        for table in tables:
            for rules in table.values():
                yield from rules if isinstance(rules, list) else [rules]

    def skips(self, cells: dict[str, str]) -> bool:
        """Whether the profile leaves a row out."""
        for skip in self.document.get("skip", []):
            text = cells[skip["column"]].strip()
            if "is" in skip and text in skip["is"] or "is_not" in skip and text not in skip["is_not"]:
                return True
            if "begins" in skip and text.startswith(skip["begins"]) or "empty" in skip and not text:
                return True
        return False

    def lines(self, raw: Raw) -> Iterator[tuple[_Line, dict, dict]]:
        """Yield (line, cells, children) of each row of the file; of one that is left out (line, {}, {})."""
        for number, row in raw.rows:
            cells = self.blank | dict(zip(self.header, row, strict=True))
            line = _Line(number, cells)
            if self.skips(cells):
                line.is_skipped = True
                yield line, {}, {}
                continue
            own = {
                name: self._value(line, self.resource, name, rule, name)
                for name, rule in self.document.get("fields", {}).items()
            }
            yield line, own, self._children(line)

    def _children(self, line: _Line) -> dict[str, list[dict[str, str]]]:
        found: dict[str, list[dict[str, str]]] = {}
        for name, rows in self.document.get("children", {}).items():
            child = self.children[name]
            for row in rows:
                asked = [rule for rule in row.values() if _columns_of(rule)]
                values = {
                    column: self._value(line, child, column, rule, f"{name}.{column}") for column, rule in row.items()
                }
                # What counts stands where it has a number, all else where the file says something of it.
                numbers = [column for column in row if isinstance(child.fields[column].widget, IntegerWidget)]
                told = numbers or [column for column, rule in row.items() if _columns_of(rule)]
                if not asked or any(values[column] for column in told):
                    found.setdefault(name, []).append(child.whole(values))
        return {name: self.children[name].in_order(rows) for name, rows in found.items()}

    # One cell

    def _value(self, line: _Line, table, column: str, rules, path: str) -> str:
        widget = table.fields[column].widget
        if isinstance(rules, list) or isinstance(widget, PartsWidget):
            items = []
            for rule in rules if isinstance(rules, list) else [rules]:
                rule = _whole(rule)
                for item in self._items(line, rule, table, column, path):
                    items.append(f"{item}:{rule.get('role', 'participant')}" if "role" in rule else item)
            items = _each_once(items)
            return SEPARATOR.join(items if isinstance(widget, PartsWidget) else sorted(items))
        rule = _whole(rules)
        if isinstance(widget, EdtfWidget):
            return self._date(line, rule, path)
        items = self._items(line, rule, table, column, path)
        return SEPARATOR.join(sorted(_each_once(items))) if "split" in rule else "".join(items)

    def _items(self, line: _Line, rule: dict, table, column: str, path: str) -> list[str]:
        """Return the items of a cell: one, or those that it is split into, each with its code."""
        text = self._text(line, rule, table.fields[column].widget, path)
        pieces = [piece.strip() for piece in text.split(rule["split"])] if rule.get("split") else [text]
        return [item for piece in pieces if piece and (item := self._coded(line, rule, table, column, path, piece))]

    def _text(self, line: _Line, rule: dict, widget, path: str) -> str:
        pattern = Pattern.read(rule.get("text", ""))
        text = pattern.fill(line.cells)
        if not text.strip() and "instead" in rule:
            pattern = Pattern.read(rule["instead"])
            text = pattern.fill(line.cells)
        column = ", ".join(pattern.columns)
        if rule.get("html"):
            plain = without_tags(text)
            if plain != text:
                line.lose(column, text, LOWERED, _("%(field)s is plain text") % {"field": path})
            text = plain
        if not getattr(widget, "lines", False):
            text = " ".join(text.split())
        text = text.strip()
        most = rule.get("most", 0)
        if most and len(text) > most:
            why = _("%(field)s has at most %(most)s letters") % {"field": path, "most": most}
            line.lose(column, text, LOWERED, why)
            text = text[: most - 1].rstrip() + "…"
        if "places" in rule and text:
            text = _rounded(line, text, rule["places"], column, path)
        return text

    def _coded(self, line: _Line, rule: dict, table, column: str, path: str, text: str) -> str:
        widget = table.fields[column].widget
        codes, value = rule.get("codes", {}), text
        is_constant = not _columns_of(rule)
        is_unlisted = isinstance(widget, ChoiceWidget) and text not in widget.values
        code = _code(codes, text)
        if code is not None:
            text = code
            if not code:
                why = _("the profile gives it no code for %(field)s") % {"field": path}
                line.lose(", ".join(_columns_of(rule)), value, DROPPED, why)
        elif is_unlisted and (known := _by_name(table._meta.model, column).get(text.casefold())):
            text = known
        elif "otherwise" in rule:
            text = Pattern.read(rule["otherwise"]).fill(line.cells)
            if isinstance(widget, ChoiceWidget):
                told = {"field": path, "text": text or _("nothing")}
                line.lose(", ".join(_columns_of(rule)), value, LOWERED, _("%(field)s becomes %(text)s") % told)
        elif rule.get("key"):
            text = slug(text)
        elif (codes or is_unlisted) and not is_constant:
            line.unmapped.append((path, value))
            return ""
        if text and isinstance(widget, ReferenceWidget | ReferencesWidget | PartsWidget):
            if not KEY.match(text):
                line.unmapped.append((path, value))
                return ""
            line.named.append((widget.model, text, path, value))
            if "make" in rule:
                self._make(line, widget.model, text, rule["make"], value)
        return text

    def _make(self, line: _Line, model, key: str, rules: dict, value: str) -> None:
        table = next(item() for item in registry.values() if item._meta.model is model)
        cells = {"key": key}
        inner = replace(line, cells=line.cells | {"value": value})
        for column, rule in rules.items():
            cells[column] = self._value(inner, table, column, rule, f"{table.file}.{column}")
        line.made[table.file].setdefault(key, cells)

    def _date(self, line: _Line, rule: dict, path: str) -> str:
        texts = [Pattern.read(rule[name]).fill(line.cells).strip() for name in ("text", "until") if name in rule]
        texts = [text for text in texts if text]
        if not texts:
            return ""
        if not rule.get("dates"):
            return "/".join(_each_once(texts))
        try:
            days = [read_day(text, rule["dates"]) for text in texts]
        except ValueError as error:
            line.faults.append(Fault(path, texts[0][:200], str(error), line.number))
            return ""
        column = ", ".join(_columns_of(rule))
        if any(day.has_time for day in days):
            line.lose(column, " ".join(texts), LOWERED, _("a date has no time of day here"))
        precision = "day"
        if "precision" in rule:
            told = Pattern.read(rule["precision"]["text"]).fill(line.cells).strip()
            if told not in rule["precision"]["as"]:
                line.unmapped.append((f"{path}.precision", told))
            precision = rule["precision"]["as"].get(told, "day")
        found = _each_once(day.text(precision) for day in days)
        if precision in ("month", "year"):
            why = _("it is known to the %(precision)s alone") % {"precision": precision}
            line.lose(column, " – ".join(texts), LOWERED, why)
        return "/".join(found)


def _whole(rule) -> dict:
    return {"text": rule} if isinstance(rule, str) else rule


def _columns_of(rule) -> list[str]:
    """Return the columns of the file that a rule names."""
    rules = rule if isinstance(rule, list) else [rule]
    found = []
    for item in map(_whole, rules):
        for name in ("text", "instead", "until", "otherwise"):
            found += Pattern.read(item.get(name, "")).columns
        found += Pattern.read(item.get("precision", {}).get("text", "")).columns
        for inner in item.get("make", {}).values():
            found += [name for name in _columns_of(inner) if name != "value"]
    return list(dict.fromkeys(found))


def _each_once(items: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(items))


def _code(codes: dict[str, str], text: str) -> str | None:
    """Return the code of a value: its own, or that of the longest beginning such as `Government of *`."""
    if text in codes:
        return codes[text]
    begun = [name for name in codes if name.endswith("*") and text.startswith(name[:-1])]
    return codes[max(begun, key=len)] if begun else None


@cache
def _by_name(model, column: str) -> dict[str, str]:
    """Return the words of a choice by their names, in small letters: {"pakistan": "PK"}."""
    return {str(label).casefold(): str(value) for value, label in model._meta.get_field(column).flatchoices}


def _rounded(line: _Line, text: str, places: int, column: str, path: str) -> str:
    try:
        number = Decimal(text)
        if not number.is_finite() or abs(number.adjusted()) > 17:
            return text
        rounded = number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)
    except InvalidOperation:
        return text
    if rounded != number:
        line.lose(column, text, LOWERED, _("%(field)s has %(places)s places") % {"field": path, "places": places})
    rounded = rounded.normalize()
    return f"{rounded:f}" if rounded else "0"


class _Tags(HTMLParser):
    BLOCKS = ("p", "br", "div", "li", "h1", "h2", "h3", "blockquote")

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.pieces.append(" " if tag in self.BLOCKS else "")

    def handle_endtag(self, tag):
        self.pieces.append(" " if tag in self.BLOCKS else "")

    def handle_data(self, data):
        self.pieces.append(data)


def without_tags(text: str) -> str:
    """Return the words of a piece of HTML; what has no tags and no entities stays as it is."""
    if "<" not in text and "&" not in text:
        return text
    parser = _Tags()
    parser.feed(text)
    parser.close()
    return re.sub(r" {2,}", " ", "".join(parser.pieces)).strip()


# --------------------------------------------------------------------------------------------------------- apply


def apply(document: dict, raw: Raw) -> Mapped:
    """Return what a profile makes of a foreign table. Raises BadProfile where they do not fit."""
    mapper = Mapper(document, raw.header)
    columns = [name for name in files()[document["table"]] if name in document.get("fields", {})]
    found = Mapped(Table(columns))
    unmapped: Counter[tuple[str, str]] = Counter()
    named: dict[type, dict[str, Counter]] = defaultdict(lambda: defaultdict(Counter))
    made: dict[str, dict[str, tuple[int, dict[str, str]]]] = defaultdict(dict)
    for line, cells, children in mapper.lines(raw):
        if line.is_skipped:
            found.skipped += 1
            continue
        found.table.rows.append((line.number, {name: cells[name] for name in columns}))
        if children:
            found.children[line.number] = children
        found.faults += line.faults
        unmapped.update(set(line.unmapped))
        for model, key, path, value in line.named:
            named[model][key][path, value] += 1
        for table, records in line.made.items():
            for key, record in records.items():
                made[table].setdefault(key, (line.number, record))
    _settle(found, unmapped, named, made)
    return found


def _settle(found: Mapped, unmapped: Counter, named: dict, made: dict) -> None:
    """Find what is named and not there: new records where the profile makes them, else values without a code."""
    for model, keys in named.items():
        table = next(name for name, item in registry.items() if item._meta.model is model)
        missing = keys.keys() - known_keys(model, keys).keys()
        new = {key: made[table][key] for key in sorted(missing) if key in made[table]}
        if new:
            # In the order of the table: PostgreSQL keeps none of the members of a document.
            given = {name for _number, record in new.values() for name in record}
            columns = [name for name in files()[table] if name in given]
            rows = sorted(new.values(), key=lambda row: (row[0], row[1]["key"]))
            # Several may come of one row of the file, so that they have numbers of their own.
            found.made[table] = Table(
                columns, [(place, dict.fromkeys(columns, "") | record) for place, (_row, record) in enumerate(rows, 1)]
            )
        for key in sorted(missing - new.keys()):
            unmapped.update(keys[key])
    found.unmapped = [Unmapped(path, value, rows) for (path, value), rows in sorted(unmapped.items())]


def losses(document: dict, raw: Raw) -> Iterator[str]:
    """Yield what a profile drops or lowers of a foreign table, as CSV in pieces: whole columns first, then rows."""
    mapper = Mapper(document, raw.header)
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(LOSSES)
    why = _("the profile takes nothing from this column")
    for name in raw.header:
        if name not in mapper.taken:
            writer.writerow(("", name, "", DROPPED, why))
    for number, (line, _cells, _children) in enumerate(mapper.lines(raw)):
        if line.is_skipped:
            first = next(filter(None, line.cells.values()), "")
            writer.writerow((line.number, "", first, DROPPED, _("the profile leaves this row out")))
        for loss in line.losses:
            writer.writerow((loss.row, loss.column, loss.value, loss.became, loss.why))
        if number % 500 == 0:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


# ------------------------------------------------------------------------------------------------------- guessing

# How others name what our columns hold: the words of a header, in small letters, the likeliest first.
NAMES = {
    "key": ("key", "id", "event id", "unique id", "ref"),
    "title": ("title", "headline", "event", "name", "what", "event name"),
    "date": ("date", "event date", "start date", "when", "day of event"),
    "summary": ("summary", "description", "text", "notes", "details", "what happened", "comment"),
    "place": ("place", "location", "city", "town", "where", "site", "district"),
    "country": ("country", "nation", "country name", "land"),
    "latitude": ("latitude", "lat"),
    "longitude": ("longitude", "lon", "lng", "long"),
    "kind": ("kind", "type", "event type", "category", "class"),
    "themes": ("themes", "theme", "tags", "tag", "topic", "subject"),
    "actors": ("actors", "actor", "who", "participants", "actor1"),
    "publisher": ("publisher", "published by"),
    "url": ("url", "link", "address", "web"),
    "name": ("name", "title"),
    "description": ("description", "notes", "about"),
}
COUNTED = {
    "killed": ("killed", "fatalities", "deaths", "dead"),
    "injured": ("injured", "wounded", "hurt"),
    "displaced": ("displaced",),
    "missing": ("missing",),
}


def guess(table: str, header: list[str], rows: list[dict[str, str]]) -> dict:
    """Return a profile as it may be meant, from the names of the columns and what stands in some rows."""
    for document in ready_made().values():
        if document["table"] == table and document.get("needs") and set(document["needs"]) <= set(header):
            return document
    resource = registry[table]()
    plain = {" ".join(re.findall(r"[a-z0-9]+", name.lower())): name for name in reversed(header)}
    fields: dict[str, dict] = {}
    for column in resource.cell_names:
        for words in NAMES.get(column, (column.replace("_", " "),)):
            if words in plain and "{" + plain[words] + "}" not in {rule["text"] for rule in fields.values()}:
                fields[column] = _guessed(resource, column, plain[words], rows)
                break
    if "date" in resource.cell_names and "date" not in fields and "year" in plain:
        fields["date"] = _guessed_parts(plain)
    if "key" not in fields:
        words = [fields[name]["text"] for name in ("date", resource._meta.model.title_field) if name in fields]
        if words:
            fields["key"] = {"text": " ".join(words), "key": True}
    document = {"form": FORM, "table": table, "name": "", "fields": fields}
    figures = [
        {"counts": counts, "best": f"{{{plain[word]}}}"}
        for counts, words in COUNTED.items()
        for word in words[:4]
        if word in plain
    ]
    if figures and any(child.name == "figures" for child in resource.children):
        document["children"] = {"figures": figures}
    return document


def _guessed(resource: RecordResource, column: str, name: str, rows: list[dict[str, str]]) -> dict:
    widget, rule = resource.fields[column].widget, {"text": "{" + name + "}"}
    values = [row[name].strip() for row in rows if row[name].strip()]
    if column == "key" and not all(KEY.match(value) for value in values):
        rule["key"] = True
    if isinstance(widget, EdtfWidget):
        formats = formats_of(values)
        if len(formats) == 1:
            rule["dates"] = formats
    if isinstance(widget, ReferencesWidget | PartsWidget):
        marks = [mark for mark in (";", "|", ",") if any(mark in value for value in values)]
        if marks:
            rule["split"] = marks[0]
    if isinstance(widget, PartsWidget):
        rule["role"] = "participant"
    return rule


def _guessed_parts(plain: dict[str, str]) -> dict:
    text, formats = f"{{{plain['year']}}}", ["YYYY"]
    if "month" in plain:
        rest = f"-{{{plain['day']}}}" if "day" in plain else ""
        text += f"[-{{{plain['month']}}}{f'[{rest}]' if rest else ''}]"
        formats = ["YYYY-M-D", "YYYY-M", "YYYY"] if rest else ["YYYY-M", "YYYY"]
    return {"text": text, "dates": formats}


def formats_of(values: list[str]) -> list[str]:
    """Return the formats by which all the values are dates; none where they are EDTF already, or there is no value."""
    if not values or all(_is_edtf(value) for value in values):
        return []
    return [name for name in FORMATS if all(_day(value, name) for value in values)]


def _is_edtf(text: str) -> bool:
    try:
        dates.parse(text)
    except ValueError:
        return False
    return True
