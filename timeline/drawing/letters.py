"""How wide a label will be: the letter widths of the font that the pages bring along."""

import csv
from functools import cache
from pathlib import Path

WEIGHTS = ("regular", "semibold", "bold")
UNKNOWN = 620  # thousandths of the size; about a wide small letter, for what the font has not


@cache
def letter_widths() -> dict[str, tuple[int, ...]]:
    """Return the width of each letter in thousandths of the size, one for each of WEIGHTS.

    Measured from the file in `static/timeline/fonts/`, see its README.
    """
    with (Path(__file__).parent / "letter_widths.csv").open(encoding="utf-8", newline="") as file:
        return {
            chr(int(row["letter"], 16)): tuple(int(row[weight]) for weight in WEIGHTS) for row in csv.DictReader(file)
        }


def width(text: str, size: float, weight: str = "regular") -> float:
    """Return the width of a line of text in pixels."""
    widths, column = letter_widths(), WEIGHTS.index(weight)
    return sum(widths[letter][column] if letter in widths else UNKNOWN for letter in text) * size / 1000


def wrap(text: str, size: float, room: float, *, lines: int = 1, weight: str = "regular") -> list[str]:
    """Return the text in at most so many lines of `room` pixels, broken between words.

    What does not fit is cut between words and ends in an ellipsis; nothing is returned where less than two thirds
    of the text would be left, for such a label says too little.
    """
    words, found = text.split(), []
    while words and len(found) < lines:
        line = words.pop(0)
        while words and width(f"{line} {words[0]}", size, weight) <= room:
            line = f"{line} {words.pop(0)}"
        found.append(line)
    if words:
        last = found[-1]
        while " " in last and width(f"{last} …", size, weight) > room:
            last = last.rpartition(" ")[0]
        found[-1] = f"{last} …"
    kept = sum(len(line) for line in found) - (2 if words else 0)
    if any(width(line, size, weight) > room for line in found) or kept < len(text) * 2 / 3:
        return []
    return found
