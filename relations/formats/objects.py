"""JSON and JSON Lines: objects, read by the names of their members."""

import json
from collections.abc import Iterator

from . import Found, Limits, Options, Row, Sum, Wrong, check_width, gettext_noop


class _Number(str):
    """A number as it is written."""

    __slots__ = ()


def _object(pairs: list[tuple]) -> dict:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _value in pairs]
        name = max(names, key=names.count)
        raise Wrong(gettext_noop("an object has the member “%(name)s” twice"), name[:80], name=name[:80])
    return found


def _constant(word: str):
    raise Wrong(gettext_noop("%(word)s is no number of JSON; write null, or the number"), word=word)


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_int=_Number, parse_float=_Number, parse_constant=_constant)


def read(text: str, options: Options, limits: Limits) -> Found:
    """Return the table in the text of a JSON or JSON Lines file.

    It is a list of objects, alone or as a member of an object, or an object a line. Of a table of ours every object
    has the same members, each a text, a number, true, false, null or a list of texts. Of a foreign one objects within
    objects become columns such as `date.year`, and what an object lacks is empty. Numbers stay as they are written.
    """
    try:
        kind, objects, beside = _objects(text, options)
        flat = [_flat(item) for item in objects] if not options.columns else objects
    except RecursionError as error:
        raise Wrong(gettext_noop("the JSON is nested too deep")) from error
    for number, item in enumerate(flat, 2):
        if not isinstance(item, dict):
            raise Wrong(gettext_noop("this is no object; write {"), "row", str(item), number=number)
    header = list(dict.fromkeys(name for item in (flat if not options.columns else flat[:1]) for name in item))
    if not flat:
        header = list(options.columns)
    check_width(header, limits)
    return Found(kind, header, _rows(flat, header, options, limits), beside)


def _objects(text: str, options: Options) -> tuple[str, list, list[str]]:
    """Return the format, the objects of the table, and the names of what stands beside it."""
    ending = options.name.rpartition(".")[2].lower()
    if ending not in ("jsonl", "ndjson"):
        try:
            whole = _DECODER.decode(text)
        except json.JSONDecodeError as error:
            # A second object in a line of its own: JSON Lines without their name.
            if ending == "json" or error.msg != "Extra data" or not text.lstrip().startswith("{"):
                raise _not_json(error, error.lineno) from error
        else:
            if isinstance(whole, dict) and options.columns and whole.keys() <= set(options.columns):
                return "jsonl", [whole], []
            return "json", *_list_in(whole, options)
    lines, found = text.split("\n"), []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            if number < len(lines):
                raise Wrong(gettext_noop("line %(line)s is empty; take it out"), line=number)
            continue
        try:
            found.append(_DECODER.decode(line))
        except json.JSONDecodeError as error:
            raise _not_json(error, number) from error
    return "jsonl", found, []


def _not_json(error: json.JSONDecodeError, line: int) -> Wrong:
    message = gettext_noop("the file is not JSON in line %(line)s, character %(at)s: %(error)s")
    return Wrong(message, line=line, at=error.colno, error=error.msg)


def _list_in(whole, options: Options) -> tuple[list, list[str]]:
    """Return the list of objects in a JSON text: the whole, or the one that there is within, or that was named."""
    if isinstance(whole, list):
        return whole, []
    lists, others = {}, []
    for path, value in _members(whole):
        if isinstance(value, list) and all(isinstance(item, dict) for item in value):
            lists[path] = value
        else:
            others.append(path)
    filled = [path for path, value in lists.items() if value]
    for chosen in (options.sheet, options.table, *(filled if len(filled) == 1 else [])):
        if chosen in lists:
            return lists[chosen], others + [path for path in filled if path != chosen]
    if not filled:
        raise Wrong(gettext_noop("the JSON holds no list of objects; write one object a row, in [ ]"))
    message = gettext_noop("the JSON holds several lists of objects: %(names)s; say which one")
    raise Wrong(message, names=", ".join(filled)[:500])


def _members(value, path: str = "") -> Iterator[tuple[str, object]]:
    for name, member in value.items() if isinstance(value, dict) else ():
        own = f"{path}.{name}" if path else name
        if isinstance(member, dict):
            yield from _members(member, own)
        else:
            yield own, member


def _flat(item) -> dict:
    return dict(_members(item)) if isinstance(item, dict) else item


def _rows(objects: list[dict], header: list[str], options: Options, limits: Limits) -> Iterator[Row]:
    size = Sum(limits)
    for number, item in enumerate(objects, 2):
        row = Row(number, [])
        for name in header:
            row.cells.append(_cell(row, name, item.get(name), options))
        if options.columns:
            wrong = [(name, gettext_noop("the object lacks this member")) for name in header if name not in item]
            wrong += [
                (name, gettext_noop("the first object has no such member; all have the same"))
                for name in item
                if name not in header
            ]
            row.wrong += [Wrong(message, name[:80], number=number) for name, message in wrong]
        size.add(number, row.cells)
        yield row


def _cell(row: Row, name: str, value, options: Options) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return str(value)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        if options.columns and any("|" in item or item == "" for item in value):
            message = gettext_noop("an item of the list is empty or has a “|” in it; it separates the items")
            row.wrong.append(Wrong(message, name[:80], json.dumps(value, ensure_ascii=False), number=row.number))
        return "|".join(value)
    shown = json.dumps(value, ensure_ascii=False)
    if options.columns:
        message = gettext_noop("an object cannot stand in a cell; write a text, a number or a list of texts")
        row.wrong.append(Wrong(message, name[:80], shown, number=row.number))
    return shown
