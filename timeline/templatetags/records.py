"""What templates say of citations."""

from django import template

from ..claims import label_of

register = template.Library()


@register.filter
def claim_label(citation) -> str:
    """The name of the field that a citation supports."""
    return label_of(type(citation)._meta.get_field("record").related_model, citation.field)
