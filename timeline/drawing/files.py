"""A drawing as a file of its own: colours as attributes, for no stylesheet goes with it, and title and source in it."""

import re
from collections.abc import Sequence

from django.conf import settings
from django.template.loader import render_to_string

from .letters import width as text_width
from .shapes import HOLLOW, number

MARGIN = 16
INK, INK_2, EDGE, RULE, PAPER = "#17212b", "#4a5763", "#77838f", "#d3d9df", "#ffffff"
FAMILY = {
    "coop-deed": "#0b5fa5",
    "coop-words": "#4a90cc",
    "conflict-deed": "#a8380f",
    "conflict-words": "#c8741c",
    "other": "#6b7680",
}
# The light tokens of the stylesheet; a class of more than one word has the attributes of all.
PAINT = {
    "chart__line": {"stroke": RULE},
    "chart__axis": {"stroke": EDGE, "stroke-width": "1.5"},
    "chart__axis--partial": {"stroke": PAPER, "stroke-width": "2.5", "stroke-dasharray": "3 4"},
    "chart__label": {"fill": INK_2},
    "chart__label--end": {"text-anchor": "end"},
    "chart__label--middle": {"text-anchor": "middle"},
    "chart__label--ink": {"fill": INK},
    "chart__label--on": {"fill": PAPER, "font-weight": "600"},
    "chart__label--strong": {"fill": INK, "font-weight": "600"},
    "chart__label--title": {"fill": INK, "font-size": "15", "font-weight": "600"},
    "money__bar--solid": {"fill": INK_2},
    "money__bar--outline": {"fill": PAPER, "stroke": INK_2, "stroke-width": "1.5"},
    "money__bar--dashed": {"fill": PAPER, "stroke": INK_2, "stroke-dasharray": "3 2.5"},
    "money__bar--range": {"fill": "#e6eaee", "stroke": INK_2, "stroke-dasharray": "3 2.5"},
    "money__bar--held": {"fill": "#a8380f"},
    "money__bar--moved": {"fill": "#f2c84b", "stroke": "#7a5c00"},
    "money__foot": {"stroke": INK, "stroke-width": "1.5", "stroke-dasharray": "1.5 3"},
    "chart__tick": {"stroke": RULE},
    "chart__hit": {"fill": "none"},
    "strip__veil": {"fill": PAPER, "fill-opacity": "0.68"},
    "strip__frame": {"fill": "none", "stroke": INK, "stroke-width": "2"},
    "lanes__rule": {"stroke": RULE},
    "lanes__title": {
        "fill": INK,
        "font-family": "'Source Serif 4', Georgia, serif",
        "font-size": "16",
        "font-weight": "600",
    },
    "life__foot": {"stroke": INK, "stroke-width": "1.5", "stroke-dasharray": "1.5 3"},
    "law__line": {"fill": "none", "stroke": EDGE, "stroke-width": "2"},
    "law__line--possible": {"stroke-width": "1.5", "stroke-dasharray": "3 3"},
    "cluster__box": {"fill": "#f3f5f7", "stroke": EDGE},
    "dot__line": {"fill": "none", "stroke-width": "2"},
    "dot__bar": {"fill": EDGE, "fill-opacity": "0.15", "stroke-dasharray": "3 2.5"},
    "dot__fade": {"fill": EDGE, "fill-opacity": "0.6"},
    "mark--money-committed": {"fill": PAPER, "stroke": INK_2, "stroke-width": "1.5"},
    "mark--money-disbursed": {"fill": INK_2},
    "mark--money-held": {"fill": FAMILY["conflict-deed"]},
    "money-committed": {"fill": EDGE},
    "money-disbursed": {"fill": INK_2},
    "money-held": {"fill": FAMILY["conflict-deed"]},
    **{
        f"dot__{part}--money-{kind}": {"stroke": INK_2}
        for part in ("line", "bar")
        for kind in ("committed", "disbursed")
    },
    **{f"dot__{part}--money-held": {"stroke": FAMILY["conflict-deed"]} for part in ("line", "bar")},
    # The square of a finding takes the colour of what is around it.
    "state--satisfied": {"color": FAMILY["coop-deed"], "stroke": PAPER},
    "state--bites": {"color": FAMILY["conflict-deed"], "stroke": PAPER},
    "state--set-aside": {"color": "#f2c84b", "stroke": INK},
    "state--partly": {"color": FAMILY["coop-words"], "stroke": PAPER},
    "state--open": {"color": "#e6eaee", "stroke": INK_2},
    "state__box": {"fill": "currentColor", "stroke": "none"},
    "state__half": {"fill": FAMILY["coop-deed"], "stroke": "none"},
    "state__sign": {"fill": "none", "stroke-width": "2.2"},
}
for family, colour in FAMILY.items():
    is_hollow = family in HOLLOW
    PAINT[family] = {"fill": colour}
    PAINT[f"mark--{family}"] = {"fill": PAPER, "stroke": colour, "stroke-width": "2"} if is_hollow else {"fill": colour}
    PAINT[f"dot__line--{family}"] = PAINT[f"dot__bar--{family}"] = {"stroke": colour}
    PAINT[f"dot__fade--{family}"] = {"fill": colour}
CLASS = re.compile(r'class="([^"]*)"')
LINK = re.compile(r'href="(/[^"]*)"')


def as_file(drawing, template: str, *, title: str, source: str) -> str:
    """Return a drawing as an SVG document on white, with a title above and the source below it.

    `template` names what draws it: `money` for `_money_drawing.html`. Without a drawing the title stands alone.
    """
    return pictures_as_file([(drawing, template)] if drawing else [], title=title, source=source)


def pictures_as_file(drawings: Sequence[tuple], *, title: str, source: str) -> str:
    """Return drawings, each with what draws it, one below the other as an SVG document like that of `as_file`."""
    inner, width, height = "", 1216.0, 0.0
    for drawing, template in drawings:
        svg = render_to_string(f"timeline/_{template}_drawing.html", {"drawing": drawing})
        drawn = CLASS.sub(_painted, svg[svg.index(">") + 1 : svg.rindex("</svg>")])
        drawn = LINK.sub(rf'href="{settings.PUBLIC_URL}\1"', drawn)
        inner += f'<g transform="translate(0 {number(height)})">{drawn}</g>' if height else drawn
        width, height = max(width, drawing.width), height + drawing.height
    width = max(width, text_width(title, 20, "semibold"), text_width(source, 13.5))
    return render_to_string(
        "timeline/chart.svg",
        {
            "title": title,
            "source": source,
            "inner": inner,
            "width": number(width + 2 * MARGIN),
            "height": number(height + 92),
            "foot": number(height + 78),
        },
    )


def _painted(found: re.Match) -> str:
    attributes: dict[str, str] = {}
    for name in found[1].split():
        attributes |= PAINT.get(name, {})
    return " ".join(f'{name}="{value}"' for name, value in attributes.items())
