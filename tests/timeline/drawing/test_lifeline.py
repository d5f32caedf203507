"""The life line: coloured by how the condition stood, with labels that lie neither on each other nor on a stem."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from relations.dates import parse
from timeline.drawing.letters import width as text_width
from timeline.drawing.lifeline import GLYPH, LABEL_SIZE, Finding, Money, Stretch, draw_life_line

TODAY = date(2026, 6, 22)
WORDS = ("certified", "waived", "withheld", "not-certified", "pending")
FINDINGS = st.lists(
    st.builds(
        lambda days, finding, note, form: Finding(
            parse((date(1985, 1, 1) + timedelta(days=days)).isoformat()[: {"day": 10, "month": 7, "year": 4}[form]]),
            finding,
            finding.capitalize(),
            note,
        ),
        st.integers(0, 14_000),
        st.sampled_from(WORDS),
        st.sampled_from(["", "$564m"]),
        st.sampled_from(["day", "month", "year"]),
    ),
    max_size=18,
)


def box(pin):
    """The left, right, top and bottom of a pin's glyph and label, as wide as the letters are."""
    left, right = pin.x - GLYPH / 2, pin.x + GLYPH / 2
    for n, line in enumerate(pin.lines):
        room = text_width(line, LABEL_SIZE, "regular" if n else "semibold")
        left, right = (left, max(right, pin.label_x + room)) if pin.anchor == "start" else (pin.label_x - room, right)
    return left, right, pin.y, pin.y + GLYPH + 15 * max(len(pin.lines) - 1, 0)


@given(FINDINGS)
def test_labels_lie_neither_on_each_other_nor_under_the_stem_of_another_label(findings):
    line = draw_life_line([Stretch(date(1985, 8, 8), date.max, "waived", "Waived")], findings, today=TODAY)
    for drawing in (line.wide, line.narrow):
        assert len(drawing.pins) == len(findings)
        for n, pin in enumerate(drawing.pins):
            left, right, top, bottom = box(pin)
            assert left >= -1 and right <= drawing.width + 1 and top >= 0 and bottom < drawing.band_y
            for other in drawing.pins[n + 1 :]:
                o_left, o_right, o_top, o_bottom = box(other)
                assert right <= o_left or o_right <= left or bottom <= o_top or o_bottom <= top
                if pin.lines and other.lines:
                    assert not (o_left < pin.x < o_right and bottom <= o_top)
                    assert not (left < other.x < right and o_bottom <= top)


def test_findings_of_nine_years_running_are_all_named():
    findings = [Finding(parse(str(year)), "certified", "Certified") for year in range(1985, 1994)]
    line = draw_life_line([Stretch(date(1985, 8, 8), date.max, "certified", "Certified")], findings, today=TODAY)
    assert all(pin.lines for pin in line.wide.pins)


def test_the_band_takes_the_colour_of_what_stood():
    line = draw_life_line(
        [
            Stretch(date(1985, 8, 8), date(1990, 10, 1), "certified", "Certified"),
            Stretch(date(1990, 10, 2), date(2001, 9, 21), "not-certified", "Not certified"),
            Stretch(date(2001, 9, 22), date.max, "waived", "Waived"),
        ],
        [],
        today=TODAY,
    )
    bands = line.wide.bands
    assert [(band.tone, band.word, band.is_open) for band in bands] == [
        ("satisfied", "Certified", False),
        ("bites", "Not certified", False),
        ("set-aside", "Waived", True),
    ]
    assert all(abs(a.x + a.width - b.x) < 1 for a, b in zip(bands, bands[1:], strict=False))


def test_stretches_that_are_alike_are_one():
    days = [date(2000, 1, 1), date(2004, 12, 31), date(2005, 1, 1), date(2009, 12, 31)]
    line = draw_life_line(
        [Stretch(days[0], days[1], "met", "Met"), Stretch(days[2], days[3], "met", "Met")], [], today=TODAY
    )
    assert len(line.wide.bands) == 1


def test_doubt_in_a_date_is_drawn():
    known, month, doubtful = (
        draw_life_line([], [Finding(parse(text), "certified", "Certified")], today=TODAY).wide.pins[0]
        for text in ("1988-11-17", "1988-11", "1988-11?")
    )
    assert known.foot is None and not known.is_doubtful
    assert month.foot and not month.is_doubtful
    assert doubtful.foot and doubtful.is_doubtful


def test_nothing_is_drawn_of_nothing():
    assert draw_life_line([], [], today=TODAY) is None


def test_a_condition_with_no_known_bound_is_drawn_around_its_findings():
    stretch = Stretch(date.min, date.max, "in force, no finding", "In force, no finding")
    finding = Finding(parse("1990"), "waived", "Waived")
    line = draw_life_line([stretch], [finding], today=TODAY)
    assert line.wide.years[-1].text == "2026"
    assert line.wide.bands[0].width > 1000


def test_what_hung_on_a_finding_runs_below_the_band_with_its_label_where_there_is_room():
    money = [
        Money(date(2012, 6, 1), date(2012, 12, 31), "held", "$300m held", "#a"),
        Money(date(2013, 1, 1), None, "freed", "$300m released", "#a"),
        Money(date(2010, 1, 1), date.max, "held", "$5m held, not released on record", "#b"),
    ]
    drawing = draw_life_line([Stretch(date(2010, 1, 1), date.max, "bites", "Bites")], [], money, today=TODAY).wide
    short, moment, long = drawing.money
    assert drawing.band_y < short.y < moment.y < long.y < drawing.height
    assert [line.anchor for line in drawing.money] == ["start", "start", "inside"]
    assert moment.width < short.width < long.width and long.is_open
