"""Two versions of a page as one: what the later says, with what is new and what is gone marked in its place.

It reads only pages that our own templates wrote: well-formed, and with `<` and `>` escaped wherever they are no tag.
"""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

PIECE = re.compile(r"(<[^>]*>)")
WORD = re.compile(r"\S+")
NAME = re.compile(r"</?([a-zA-Z][\w-]*)")
# Where no <ins> may stand: drawings, and what holds text alone.
UNMARKED = frozenset({"svg", "script", "style", "textarea", "option", "title"})


def marked(before: str, after: str) -> str:
    """Return the HTML of `after` with <ins> around words that `before` has not, and <del> where it had others.

    Drawings are left alone, and a change of a tag is none.
    """
    pieces = PIECE.split(after)
    places = list(_texts(pieces))
    old_pieces = PIECE.split(before)
    old = [old_pieces[place] for place in _texts(old_pieces)]
    changed = _compared([_plain(text) for text in old], [_plain(pieces[place]) for place in places])
    gone_last: list[str] = []
    for kind, first, last, start, end in changed:
        if kind == "equal":
            continue
        olds, news = old[first:last], places[start:end]
        for text, place in zip(olds, news, strict=False):
            pieces[place] = _within(text, pieces[place])
        for place in news[len(olds) :]:
            pieces[place] = _wrapped("ins", pieces[place])
        gone = "".join(f" {_wrapped('del', text.strip())}" for text in olds[len(news) :])
        at = news[-1] if news else places[start - 1] if start else None
        if at is None:
            gone_last.append(gone)
        else:
            pieces[at] += gone
    if gone_last and places:
        pieces[places[0]] = "".join(gone_last) + pieces[places[0]]
    return "".join(pieces)


def _texts(pieces: list[str]) -> Iterator[int]:
    """Yield the places of texts in which a word may be marked."""
    closed_by: list[str] = []
    for place, piece in enumerate(pieces):
        if place % 2:
            name = NAME.match(piece)
            name = name and name[1].lower()
            if name in UNMARKED and not piece.endswith("/>"):
                if piece.startswith("</"):
                    if closed_by and closed_by[-1] == name:
                        closed_by.pop()
                else:
                    closed_by.append(name)
        elif not closed_by and piece.strip():
            yield place


def _plain(text: str) -> str:
    return " ".join(text.split())


def _compared(old: list[str], new: list[str]):
    return SequenceMatcher(None, old, new, autojunk=len(new) > 2000).get_opcodes()


def _wrapped(tag: str, text: str) -> str:
    """Return a text within a tag, the spaces at its ends outside."""
    inner = text.strip()
    if not inner:
        return text
    start = text.index(inner)
    return f"{text[:start]}<{tag}>{inner}</{tag}>{text[start + len(inner) :]}"


def _within(before: str, after: str) -> str:
    """Return a text with its words marked."""
    old, new = WORD.findall(before), list(WORD.finditer(after))
    matcher = SequenceMatcher(None, old, [word[0] for word in new], autojunk=False)
    if matcher.ratio() < 0.2:  # another text: word by word it could not be read
        return f"{_wrapped('del', before.strip())} {_wrapped('ins', after)}"
    found, at = "", 0
    starts = [*(word.start() for word in new), len(after)]
    for kind, first, last, start, end in matcher.get_opcodes():
        if kind == "equal":
            continue
        found += after[at : starts[start]]
        at = starts[start]
        if first < last:
            space = " " if found and not found[-1].isspace() else ""
            found += f"{space}<del>{' '.join(old[first:last])}</del>{' ' if start < len(new) else ''}"
        if start < end:
            at = new[end - 1].end()
            found += f"<ins>{after[starts[start] : at]}</ins>"
    return found + after[at:]
