"""The one tag that the docket's matrix needs: a sign that its cells refer to, instead of drawing it each time."""

from django import template

from ..drawing.shapes import glyph_for

register = template.Library()


@register.inclusion_tag("timeline/_sign.html")
def sign(word: str) -> dict:
    """The sign of a finding or state in its square, in its own colours wherever it is used."""
    return {"glyph": glyph_for(word)}
