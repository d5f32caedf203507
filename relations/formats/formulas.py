"""Texts that a spreadsheet would take for formulas, made harmless by an apostrophe that is taken away again.

The rule is one to one: what begins, behind any apostrophes, with one of the signs gets one apostrophe more on the way
out and loses exactly one on the way in. A number such as -2.5 is left alone, for a spreadsheet takes it for a number.
"""

import re

SIGNS = ("=", "+", "-", "@", "\t", "\r")
NUMBER = re.compile(r"-(0|[1-9][0-9]*)(\.[0-9]+)?\Z")


def guarded(text: str) -> str:
    """Return the text of a cell as it goes out to a spreadsheet."""
    if text[:1] in ("'", *SIGNS) and text.lstrip("'").startswith(SIGNS) and not NUMBER.match(text):
        return f"'{text}"
    return text


def unguarded(text: str) -> str:
    """Return the text of a cell that came from a spreadsheet."""
    if text[:1] == "'" and text.lstrip("'").startswith(SIGNS):
        return text[1:]
    return text
