"""Bars of money: on one scale, never stacked, with the area of an amount where it stands for several years."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeline.drawing.letters import width
from timeline.drawing.money import LABEL_SIZE, LETTERS, LINE, Account, Amount, draw_money

KINDS = ("appropriation", "disbursement", "reimbursement", "ceiling", "pledge", "suspension", "cancellation")
AMOUNTS = st.lists(
    st.builds(
        lambda first, more, kind, millions: Amount(first, first + more, kind, kind, Decimal(millions) * 10**6),
        st.integers(2002, 2018),
        st.sampled_from([0, 0, 0, 5]),
        st.sampled_from(KINDS),
        st.integers(1, 6000),
    ),
    min_size=1,
    max_size=40,
)


def amount(first, kind, millions, *, last=None, low=None, high=None):
    ends = [None if end is None else Decimal(end) * 10**6 for end in (low, high)]
    return Amount(first, last or first, kind, kind, Decimal(millions) * 10**6, *ends)


def draw(*amounts, **options):
    return draw_money([Account("", "", amounts)], "USD", **options)


def bars(drawing):
    return [bar for panel in drawing.panels for bar in panel.bars]


def test_nothing_is_drawn_of_nothing():
    assert draw_money([Account("Aid", "appropriated", [])], "USD") is None


@given(AMOUNTS)
def test_every_bar_stands_on_the_line(amounts):
    money = draw(*amounts)
    for drawing in (money.wide, money.narrow):
        (panel,) = drawing.panels
        for bar in panel.bars:
            is_below = bar.style in ("held", "moved")
            assert (bar.y if is_below else bar.y + bar.height) == pytest.approx(panel.axis_y)


@given(AMOUNTS)
def test_bars_of_a_year_stand_beside_each_other_and_before_what_was_promised(amounts):
    money = draw(*[one for one in amounts if one.first == one.last], amount(2010, "pledge", 1))
    layer_of = {"dashed": "promised", "held": "below", "moved": "below"}
    for drawing in (money.wide, money.narrow):
        layers = {"promised": [], "paid": [], "below": []}
        for bar in bars(drawing):
            layers[layer_of.get(bar.style, "paid")].append((bar.x, bar.x + bar.width))
        for spans in layers.values():
            spans.sort()
            assert all(a[1] <= b[0] + 0.01 for a, b in zip(spans, spans[1:], strict=False))


def test_heights_compare_as_amounts_do_across_accounts():
    money = draw_money(
        [
            Account("One", "appropriated", [amount(2010, "appropriation", 1000)]),
            Account("Two", "reimbursed", [amount(2011, "reimbursement", 250)]),
        ],
        "USD",
        columns=2,
    )
    one, two = bars(money.wide)
    assert one.height == pytest.approx(4 * two.height)


def test_a_sum_over_several_years_is_a_block_whose_area_is_the_amount():
    block, bar = bars(draw(amount(2002, "reimbursement", 6000, last=2007), amount(2008, "reimbursement", 1000)).wide)
    assert block.height == pytest.approx(bar.height)
    assert "not broken down by year, drawn level over 6 years" in block.title


def test_a_range_is_solid_to_its_low_end_and_open_to_its_high_end():
    (bar,) = bars(draw(amount(2013, "reimbursement", 1438, low=353, high=1438)).wide)
    assert bar.height / (bar.height + bar.open_height) == pytest.approx(353 / 1438)
    assert bar.open_y == pytest.approx(bar.y - bar.open_height)
    assert "$353m to $1.44bn" in bar.title


def test_reimbursed_money_is_an_outline_beside_what_was_appropriated_and_solid_alone():
    beside = {bar.style for bar in bars(draw(amount(2010, "appropriation", 5), amount(2010, "reimbursement", 5)).wide)}
    alone = {bar.style for bar in bars(draw(amount(2010, "reimbursement", 5)).wide)}
    assert (beside, alone) == ({"solid", "outline"}, {"solid"})


def test_amounts_of_one_kind_and_year_are_added_up_and_kinds_never_are():
    money = draw(amount(2010, "appropriation", 5), amount(2010, "appropriation", 7), amount(2010, "pledge", 100))
    assert [(row.kind, row.figure) for row in money.rows] == [
        ("appropriation", "$12,000,000"),
        ("pledge", "$100,000,000"),
    ]


def test_what_was_held_back_lies_below_the_line():
    paid, held = bars(draw(amount(2017, "reimbursement", 550), amount(2017, "suspension", 900)).wide)
    assert held.y >= paid.y + paid.height - 0.01
    assert held.style == "held"


@given(AMOUNTS)
def test_no_label_touches_another_or_stands_across_a_filled_bar(amounts):
    (panel,) = draw(*amounts).wide.panels
    labels = [
        (bar.label_x - half, bar.label_x + half, bar.label_y - LETTERS, bar.label_y + LINE * (len(bar.label) - 1), bar)
        for bar in panel.bars
        if bar.label
        for half in [max(width(line, LABEL_SIZE) for line in bar.label) / 2]
    ]
    filled = [
        (bar.x, bar.x + bar.width, bar.y, bar.y + bar.height)
        for bar in panel.bars
        if bar.style in ("solid", "held", "moved")
    ]
    for n, (left, right, top, bottom, bar) in enumerate(labels):
        for other in labels[:n]:
            assert right <= other[0] or other[1] <= left or bottom <= other[2] or other[3] <= top
        if not bar.is_label_inside:
            for x, end, y, foot in filled:
                assert right <= x or end <= left or bottom <= y or foot <= top


def test_an_amount_of_a_year_that_is_not_certain_is_one_bar_above_the_years_that_it_can_lie_in():
    certain = amount(2019, "award", 100)
    money = draw(certain, replace(amount(2019, "award", 5840), possible=(2019, 2020)), width=1216)
    bar, wide = bars(money.wide)
    assert bar.foot is None
    assert wide.height == pytest.approx(58.4 * bar.height)
    assert wide.foot[0] <= wide.x and wide.x + wide.width <= wide.foot[1]
    assert [row.period for row in money.rows] == ["FY2019", "FY2019 or FY2020"]


def test_kinds_that_are_drawn_alike_share_a_key_and_are_named_where_there_is_room():
    money = draw(amount(2024, "award", 5840), amount(2025, "pledge", 945), amount(2025, "disbursement", 9))
    assert money.legend == [("dashed", "award, pledge"), ("solid", "disbursement")]
    assert {tuple(bar.label) for bar in bars(money.wide)} >= {("$5.84bn award",), ("$945m pledge",)}
