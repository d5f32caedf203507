"""The shapes that stand for a record: the mark of an event and the glyph of a finding."""

from dataclasses import dataclass

RADII = {1: 2.8, 2: 3.8, 3: 5.0, 4: 6.5, 5: 8.5}
HOLLOW = ("coop-words", "conflict-words")
STROKE = 2.0  # of a hollow mark, in mark.css too


def number(value: float) -> str:
    """Return a coordinate as short as it can be written: at most one decimal."""
    text = f"{value:.1f}"
    return text.removesuffix(".0") if text != "-0.0" else "0"


def mark_path(family: str, importance: int = 3, x: float = 0, y: float = 0) -> str:
    """Return the path of an event's mark around x, y: round is cooperation, diamond conflict, square other.

    `family` is a key of `relations.codelists.FAMILIES`. A hollow mark is drawn smaller by half its stroke, so that
    marks of one importance have one size.
    """
    radius = RADII[importance] - (STROKE / 2 if family in HOLLOW else 0)
    if family.startswith("coop"):
        r, d = number(radius), number(2 * radius)
        return f"M{number(x - radius)} {number(y)}a{r} {r} 0 1 0 {d} 0a{r} {r} 0 1 0-{d} 0z"
    if family.startswith("conflict"):
        half = radius * 1.2
        h = number(half)
        return f"M{number(x)} {number(y - half)}l{h} {h}l-{h} {h}l-{h}-{h}z"
    half = radius * 0.85
    side = number(2 * half)
    return f"M{number(x - half)} {number(y - half)}h{side}v{side}h-{side}z"


@dataclass(frozen=True)
class Glyph:
    """How a word for a condition is shown: `tone` names the colour, `sign` is a path in a box of 20 by 20."""

    tone: str
    sign: str = ""


TICK = "M5 10.4l3.6 3.6L15.2 6.6"
ARROW = "M10 15.6V5M5.4 9.6L10 5l4.6 4.6"
WAVE = "M3.8 11.6c1.8-4.4 4.2-4.4 6.2-1.6s4.4 2.8 6.2-1.6"
TWO_BARS = "M7.4 5.4v9.2M12.6 5.4v9.2"
CROSS = "M6 6l8 8M14 6l-8 8"
DOTS = "M4.6 10h2M9 10h2M13.4 10h2"
DASH = "M5.4 10h9.2"

# Findings, and the states of `relations.states` for a condition whose state no single finding tells.
# Blue where nothing more is asked, yellow where the rule is set aside, rust where it bites, grey where it is open.
GLYPHS = {
    "certified": Glyph("satisfied", TICK),
    "met": Glyph("satisfied", TICK),
    "satisfied": Glyph("satisfied", TICK),
    "lifted": Glyph("satisfied", ARROW),
    "released": Glyph("satisfied", ARROW),
    "waived": Glyph("set-aside", WAVE),
    "extended": Glyph("set-aside", WAVE),
    "set aside": Glyph("set-aside", WAVE),
    "withheld": Glyph("bites", TWO_BARS),
    "imposed": Glyph("bites", CROSS),
    "not-certified": Glyph("bites", CROSS),
    "not-met": Glyph("bites", CROSS),
    "bites": Glyph("bites", CROSS),
    "partly-met": Glyph("partly"),
    "pending": Glyph("open", DOTS),
    "lapsed": Glyph("open", DASH),
    "open": Glyph("open", DOTS),
    "in force, no finding": Glyph("open"),
}
NO_GLYPH = Glyph("none")  # not in force, ended, proposed


def glyph_for(word: str) -> Glyph:
    """Return the glyph of a finding or of a condition's state; a dashed empty square where it has no force."""
    return GLYPHS.get(word, NO_GLYPH)
