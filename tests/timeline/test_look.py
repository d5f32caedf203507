"""What holds of every template and style sheet: no inline style or script, logical properties, enough contrast."""

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.staticfiles import finders

TEMPLATES = Path(apps.get_app_config("timeline").path) / "templates" / "timeline"
STYLES = Path(finders.find("timeline/css"))
PHYSICAL = re.compile(
    r"(?<![\w-])(?:(?:margin|padding|border)-(?:left|right|top|bottom)|(?:min-|max-)?(?:width|height)|left|right|top|bottom)"
    r"\s*:"
)
TEXT = ("ink", "ink-2", "link", "visited", "error", "conflict-deed")
MARKS = ("coop-deed", "coop-words", "conflict-deed", "conflict-words", "other", "edge", "waived-edge")


def without_comments(css):
    return re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)


def templates():
    return sorted(TEMPLATES.rglob("*.html"))


def style_sheets():
    return sorted(STYLES.glob("*.css"))


def test_no_template_has_an_inline_style_or_script():
    for path in templates():
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"<[^>]*\s(?:style|on\w+)\s*=", text), path.name
        assert "<style" not in text, path.name
        assert all(" src=" in tag for tag in re.findall(r"<script[^>]*>", text)), path.name


def test_every_partial_says_what_it_is_and_which_context_it_takes():
    for path in TEMPLATES.glob("_*.html"):
        assert path.read_text(encoding="utf-8").startswith("{% comment %}\n"), path.name


def test_every_style_sheet_opens_with_a_comment():
    for path in style_sheets():
        assert path.read_text(encoding="utf-8").startswith("/* "), path.name


def test_every_style_sheet_is_linked():
    linked = "".join(path.read_text(encoding="utf-8") for path in templates())
    assert [path.name for path in style_sheets() if f"timeline/css/{path.name}" not in linked] == []


def test_style_sheets_use_logical_properties():
    for path in style_sheets():
        # A media query asks for the width of the screen, which has no logical name.
        css = re.sub(r"@media[^{]*", "", without_comments(path.read_text(encoding="utf-8")))
        assert PHYSICAL.findall(css) == [], path.name
        assert not re.search(r"text-align\s*:\s*(?:left|right)|float\s*:\s*(?:left|right)", css), path.name


def test_style_sheets_ask_nobody_else_for_anything():
    for path in style_sheets():
        css = without_comments(path.read_text(encoding="utf-8"))
        assert not re.search(r"https?:|//|data:|@import", css), path.name


def colours(scheme):
    """Return the tokens of a scheme, `light` or `dark`."""
    light, dark = without_comments((STYLES / "tokens.css").read_text(encoding="utf-8")).split("@media screen", 1)
    found = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", light))
    return found if scheme == "light" else found | dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", dark))


def contrast(one, other):
    """Return the contrast of two colours as WCAG 2.2 defines it."""

    def luminance(colour):
        channels = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_and_marks_stand_out_from_their_ground(scheme):
    tokens = colours(scheme)
    for ground in ("paper", "surface"):
        for name in TEXT:
            assert contrast(tokens[name], tokens[ground]) >= 4.5, (name, ground)
        for name in MARKS:
            assert contrast(tokens[name], tokens[ground]) >= 3, (name, ground)
    for fill in ("coop-deed", "conflict-deed", "ink-2"):
        assert contrast(tokens["on-fill"], tokens[fill]) >= 4.5, fill
    assert contrast(tokens["on-waived"], tokens["waived"]) >= 4.5
    assert contrast(tokens["ink"], tokens["notice"]) >= 4.5
    assert contrast(tokens["ink"], tokens["gone"]) >= 4.5 and contrast(tokens["ink"], tokens["new"]) >= 4.5
