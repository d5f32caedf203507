"""Labels are measured before they are drawn."""

from hypothesis import given
from hypothesis import strategies as st

from timeline.drawing.letters import width, wrap

WORDS = st.lists(st.text(st.characters(codec="latin-1", categories=["L", "N"]), min_size=1, max_size=12), min_size=1)


def test_wide_letters_and_heavy_ones_take_more_room():
    assert width("WWW", 13.5) > width("iii", 13.5)
    assert width("Congress", 13.5, "semibold") > width("Congress", 13.5)


def test_letters_that_the_font_has_not_still_take_room():
    assert width("پاکستان", 13.5) > 30


@given(WORDS, st.integers(20, 400), st.integers(1, 3))
def test_no_line_is_wider_than_its_room_and_no_label_says_less_than_two_thirds(words, room, lines):
    text = " ".join(words)
    found = wrap(text, 13.5, room, lines=lines)
    assert len(found) <= lines
    assert all(width(line, 13.5) <= room for line in found)
    if found:
        kept = " ".join(found).removesuffix(" …")
        assert text.startswith(kept)
        assert len(kept) >= len(text) * 2 / 3 - lines


def test_what_fits_is_neither_broken_nor_cut():
    assert wrap("Pressler Amendment becomes law", 13.5, 400) == ["Pressler Amendment becomes law"]
    assert wrap("Pressler Amendment becomes law", 13.5, 120, lines=2) == ["Pressler Amendment", "becomes law"]
