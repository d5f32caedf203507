"""The one filter that drawings need: a coordinate as it is written in SVG."""

from django import template

from ..drawing.shapes import number

register = template.Library()


@register.filter
def px(value: float, more: float = 0) -> str:
    """A coordinate with at most one decimal and a point in every language, moved by `more`."""
    return number(value + more)
