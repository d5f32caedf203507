"""The strip: true to its counts at any length of time, with numbers that never collide."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relations.codelists import FAMILIES
from timeline.drawing.strip import BADGE_HEIGHT, BADGE_WIDTH, DOWN, UP, TurningPoint, draw_strip

FIRST, LAST = 1947, 2026
COUNTS = st.dictionaries(
    st.tuples(st.integers(FIRST, LAST), st.sampled_from(list(FAMILIES))), st.integers(1, 80), max_size=60
)
# Close together, so that bars and numbers are in each other's way.
CROWDED_COUNTS = st.dictionaries(
    st.tuples(st.integers(2001, 2006), st.sampled_from(list(FAMILIES))), st.integers(1, 80), max_size=20
)
CROWDED_DAYS = st.lists(st.integers(0, 2500).map(lambda n: date(2000, 6, 1) + timedelta(days=n)), max_size=25)


def address(first, last):
    return f"/timeline/?from={first}&to={last}"


def points(days, family="coop-words"):
    return [
        TurningPoint(n, day, family, f"Turning point {n}", f"/events/{n}/") for n, day in enumerate(sorted(days), 1)
    ]


def bars(drawing):
    return [bar for link in drawing.links for bar in link.bars]


@given(COUNTS)
def test_all_bars_stand_on_one_scale_and_show_every_event_once(counts):
    strip = draw_strip(counts, first=FIRST, last=LAST, href=address)
    for drawing in (strip.wide, strip.narrow):
        heights = dict.fromkeys(FAMILIES, 0)
        for bar in bars(drawing):
            heights[bar.family] += bar.height
            assert bar.height > 0
        shown = {family: sum(n for (_year, of), n in counts.items() if of == family) for family in FAMILIES}
        unit = sum(heights.values()) / max(sum(shown.values()), 1)
        assert all(heights[family] == pytest.approx(unit * shown[family]) for family in FAMILIES)


@given(COUNTS)
def test_cooperation_goes_up_and_the_rest_down_and_no_bar_lies_on_another(counts):
    drawing = draw_strip(counts, first=FIRST, last=LAST, href=address).wide
    for link in drawing.links:
        for bar in link.bars:
            assert (bar.y + bar.height <= drawing.axis_y + 0.01) == (bar.family in UP)
            assert (bar.y >= drawing.axis_y - 0.01) == (bar.family in DOWN)
        up = sorted((bar.y, bar.y + bar.height) for bar in link.bars)
        assert all(end <= start + 0.01 for (_start, end), (start, _end) in zip(up, up[1:], strict=False))


@given(CROWDED_COUNTS, CROWDED_DAYS)
def test_numbers_cover_neither_a_bar_nor_each_other(counts, days):
    drawing = draw_strip(counts, first=FIRST, last=LAST, href=address, turning_points=points(days)).wide
    assert len(drawing.badges) == len(days)
    boxes = [(badge.x - BADGE_WIDTH / 2, badge.y - BADGE_HEIGHT / 2) for badge in drawing.badges]
    for n, (x, y) in enumerate(boxes):
        assert y >= 0 and 0 <= x <= drawing.width - BADGE_WIDTH
        for other_x, other_y in boxes[n + 1 :]:
            assert abs(x - other_x) >= BADGE_WIDTH or abs(y - other_y) >= BADGE_HEIGHT
        for bar in bars(drawing):
            beside = bar.x + bar.width <= x or bar.x >= x + BADGE_WIDTH
            assert beside or bar.y >= y + BADGE_HEIGHT


@pytest.mark.parametrize(("first", "last"), [(2020, 2020), (2021, 2026), (1947, 2026), (1726, 2026), (1, 2026)])
def test_every_year_belongs_to_one_link_that_can_be_hit(first, last):
    strip = draw_strip({(last, "other"): 3}, first=first, last=last, href=address)
    for drawing, least in ((strip.wide, 12), (strip.narrow, 44)):
        assert drawing.links[0].href.startswith(f"/timeline/?from={first}&")
        assert drawing.links[-1].href.endswith(f"&to={last}")
        edges = [(link.x, link.x + link.width) for link in drawing.links]
        assert all(end == pytest.approx(start) for (_x, end), (start, _y) in zip(edges, edges[1:], strict=False))
        whole = drawing.links[1:-1] or drawing.links
        assert all(link.width >= least - 0.01 for link in whole)


def test_years_are_written_without_touching():
    for first, last in [(2020, 2020), (2021, 2026), (1947, 2026), (1726, 2026), (1, 2026)]:
        strip = draw_strip({}, first=first, last=last, href=address)
        for drawing, least in ((strip.wide, 44), (strip.narrow, 30)):
            assert drawing.years
            xs = [year.x for year in drawing.years]
            assert all(b - a >= least for a, b in zip(xs, xs[1:], strict=False))


def test_a_window_is_framed_and_the_rest_veiled():
    drawing = draw_strip({}, first=1947, last=2026, href=address, window=(2009, 2013)).wide
    window = drawing.window
    assert window.width == pytest.approx((drawing.axis_end - drawing.axis_x) * 5 / 80)
    assert drawing.axis_x + window.veil_before == pytest.approx(window.x)
    assert window.veil_after_x + window.veil_after == pytest.approx(drawing.axis_end)


def test_a_window_beyond_the_years_is_not_drawn():
    assert draw_strip({}, first=1947, last=2026, href=address, window=(1900, 1910)).wide.window is None


def test_the_table_behind_says_what_the_bars_show():
    counts = {(1954, "coop-words"): 3, (1954, "conflict-deed"): 2, (1990, "other"): 1}
    strip = draw_strip(counts, first=1947, last=2026, href=address)
    assert [(row.text, row.counts, row.total) for row in strip.rows] == [
        ("1954", [3, 0, 0, 2, 0], 5),
        ("1990", [0, 0, 0, 0, 1], 1),
    ]
    assert strip.description == (
        "6 events from 1947 to 2026: cooperation above the line, conflict and other below it. Most in 1954: 5."
    )
    label = next(link.label for link in strip.wide.links if "from=1954" in link.href)
    assert label == "1954: 5 events, 3 of cooperation, 2 of conflict, 0 other"
