"""A drawing as a file of its own: colours as attributes, for no stylesheet goes with it, and title and source in it."""

import re

from django.conf import settings
from django.template.loader import render_to_string

from .letters import width as text_width
from .shapes import number

MARGIN = 16
INK, INK_2, EDGE, RULE, PAPER = "#17212b", "#4a5763", "#77838f", "#d3d9df", "#ffffff"
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
}
CLASS = re.compile(r'class="([^"]*)"')
LINK = re.compile(r'href="(/[^"]*)"')


def as_file(drawing, template: str, *, title: str, source: str) -> str:
    """Return a drawing as an SVG document on white, with a title above and the source below it.

    `template` names what draws it: `money` for `_money_drawing.html`. Without a drawing the title stands alone.
    """
    inner, width, height = "", 1216.0, 0.0
    if drawing:
        svg = render_to_string(f"timeline/_{template}_drawing.html", {"drawing": drawing})
        inner = CLASS.sub(_painted, svg[svg.index(">") + 1 : svg.rindex("</svg>")])
        inner = LINK.sub(rf'href="{settings.PUBLIC_URL}\1"', inner)
        width, height = drawing.width, drawing.height
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
