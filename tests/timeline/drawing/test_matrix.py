"""The drawings of the docket: money above the years, strips, bricks; and what was measured of a benchmark."""

from datetime import date
from decimal import Decimal

from relations import dates
from timeline.drawing.matrix import NAME, YEAR, Sum, axis_of, draw_bricks, draw_money, draw_strip, pile_of
from timeline.drawing.measured import Value, draw_measured


def money(on: str, amount: int, side: str = "held") -> Sum:
    return Sum(dates.parse(on), Decimal(amount), "USD", side, f"${amount}m", f"{side} {on}", f"#{on}")


def test_the_axis_of_the_matrix_begins_after_its_first_column_and_has_equal_years():
    axis = axis_of(1976, 2026)
    assert (axis.x, axis.end) == (NAME, NAME + 51 * YEAR)
    assert axis.year(1990) == NAME + 14 * YEAR


def test_what_was_held_hangs_below_the_line_and_what_was_freed_stands_above_it():
    drawing = draw_money({"USD": [money("1990-10", 564), money("1996", 282, "freed")]}, axis_of(1976, 2026))
    [panel] = drawing.panels
    below, above = panel.bars
    assert below.y == panel.zero and above.y + above.height == panel.zero
    assert below.height == 2 * above.height, "one scale"
    assert axis_of(1976, 2026).year(1990) < below.x < axis_of(1976, 2026).year(1991)


def test_bars_of_one_side_never_overlap_and_labels_never_touch():
    sums = [money(f"2018-0{n}", 100 + n) for n in range(1, 9)] + [
        money(f"2018-0{n}", 50, "waived") for n in range(1, 5)
    ]
    [panel] = draw_money({"USD": sums}, axis_of(1976, 2026)).panels
    for side in ("held", "waived"):
        xs = sorted(bar.x for bar in panel.bars if bar.side == side)
        assert all(other - one >= 6 for one, other in zip(xs, xs[1:], strict=False))
    labels = [(bar.label_x, bar.label_y) for bar in panel.bars if bar.label]
    assert labels and len(set(labels)) == len(labels)
    assert all(bar.title for bar in panel.bars), "what has no label has its title"


def test_currencies_stand_below_each_other_at_scales_of_their_own():
    drawing = draw_money({"USD": [money("1990", 500)], "XDR": [money("2025", 5)]}, axis_of(1976, 2026))
    first, second = drawing.panels
    assert second.top > first.zero and drawing.height > second.zero
    assert second.bars[0].height < first.bars[0].height
    assert draw_money({}, axis_of(1976, 2026)) is None
    assert draw_money({"USD": [money("1950", 500)]}, axis_of(1976, 2026)) is None, "of other years"


def test_a_strip_has_a_band_a_span_and_one_path_a_tone():
    axis = axis_of(1976, 2026)
    findings = [
        (dates.parse(text), word) for text, word in (("1985", "certified"), ("1986", "met"), ("1990", "withheld"))
    ]
    strip = draw_strip([(date(1985, 8, 8), date.max), (date(1950, 1, 1), date(1960, 1, 1))], findings, axis)
    assert len(strip.bands) == 1, "what ended before the first year is not drawn"
    assert [tone for tone, _path in strip.bars] == ["satisfied", "bites"]
    assert [path.count("M") for _tone, path in strip.bars] == [2, 1]


def test_bricks_stand_above_on_and_below_the_band():
    words = ["met", "certified", "partly-met", "not-met", "pending", "waived"]
    assert pile_of(words) == 3
    bricks = draw_bricks(words, 3)
    assert {tone: path.count("M") for tone, path in bricks.paths} == {
        "partly": 1,
        "satisfied": 2,
        "bites": 1,
        "open": 1,
        "set-aside": 1,
    }


def measured(*values: tuple[str, int], **fields):
    found = [Value(dates.parse(on), Decimal(value), str(value), f"{on}: {value}") for on, value in values]
    return draw_measured(found, **fields)


def test_measured_values_rise_towards_the_target():
    chart = measured(
        ("2020-02", 14),
        ("2021-02", 24),
        baseline=(Decimal(0), "0"),
        target=(Decimal(27), "27"),
        deadlines=[(dates.parse("2019-10"), "first"), (dates.parse("2020-06"), "reset")],
    )
    first, second = chart.points
    baseline, target = chart.levels
    assert first.x < second.x and baseline.y > first.y > second.y > target.y
    assert [is_last for _x, is_last, _words in chart.deadlines] == [False, True]


def test_a_single_value_or_none_at_all_is_drawn_without_a_fault():
    assert measured(("2020", 0)).path == ""
    assert measured(("2020", -5), ("2020", -5)).points[0].y <= measured(("2020", -5)).floor
    assert measured() is None
