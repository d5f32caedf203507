"""Tags for what is drawn beside words: the mark of a family, the bars of importance, the glyph of a condition."""

from django import template
from django.utils.translation import gettext_lazy as _

from relations.codelists import FAMILIES, family_of
from relations.models import Assessment
from relations.states import ConditionState

from ..drawing.shapes import glyph_for, mark_path

register = template.Library()

# Five rising bars in a box of 23 by 12: x, y, height.
BARS = ((0, 9, 3), (4.8, 7, 5), (9.6, 5, 7), (14.4, 3, 9), (19.2, 1, 11))

WORDS = {**dict(Assessment.Finding.choices), **dict(ConditionState.choices)}


@register.filter
def family(kind: str) -> str:
    """The family of a PLOVER class, a key of `relations.codelists.FAMILIES`; a family stays what it is."""
    return kind if kind in FAMILIES else family_of(kind)


@register.filter
def family_label(kind: str) -> str:
    """`agree` → “Cooperation, in words”."""
    return FAMILIES[family(kind)][0]


@register.inclusion_tag("timeline/_mark.html")
def mark(kind: str, importance: int = 3, is_named: bool = False) -> dict:
    """The mark of a class or family; `is_named` where the family stands beside it in words."""
    name = family(kind)
    return {"family": name, "path": mark_path(name, importance), "label": "" if is_named else FAMILIES[name][0]}


@register.inclusion_tag("timeline/_legend.html")
def legend(has_sizes: bool = False) -> dict:
    """What the marks mean; `has_sizes` adds what their size means."""
    return {
        "families": [(name, label) for name, (label, _kinds) in FAMILIES.items()],
        "sizes": range(1, 6) if has_sizes else (),
    }


@register.inclusion_tag("timeline/_importance.html")
def importance(level: int, is_named: bool = False) -> dict:
    """Rising bars; `is_named` where the importance stands beside them in words."""
    bars = [{"x": x, "y": y, "height": height, "is_on": level > n} for n, (x, y, height) in enumerate(BARS)]
    return {"level": level, "bars": bars, "is_named": is_named}


@register.inclusion_tag("timeline/_condition_state.html")
def condition_state(value: str, word: str = "", is_inferred: bool = False, has_word: bool = True) -> dict:
    """A finding, or a condition's state as `relations.states` has it: glyph and word; `word` replaces the usual one."""
    glyph = glyph_for(value)
    return {
        "glyph": glyph,
        "word": word or WORDS.get(value, value),
        "is_inferred": is_inferred,
        "has_word": has_word,
    }


@register.inclusion_tag("timeline/_state_legend.html")
def state_legend() -> dict:
    """What the glyphs of conditions mean, two or three words to a glyph."""
    return {
        "items": [
            ("certified", _("certified, met")),
            ("lifted", _("lifted, released")),
            ("waived", _("waived, extended")),
            ("withheld", _("money withheld")),
            ("imposed", _("imposed, not certified, not met")),
            ("partly-met", _("partly met")),
            ("pending", _("pending")),
            ("lapsed", _("lapsed")),
        ]
    }
