"""The lanes of a window: what is in view is drawn or counted once at every length, and nothing lies on anything."""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from relations.codelists import FAMILIES
from relations.dates import parse
from timeline.drawing.axis import DayAxis
from timeline.drawing.dots import BOX_WIDTH, LABEL_SIZE, LINE, Dot, Lane
from timeline.drawing.lanes import Law, draw_window
from timeline.drawing.letters import width as text_width
from timeline.drawing.shapes import RADII

FIRST = date(2000, 1, 1)
FORMS = {"day": "{0}", "month": "{0:%Y-%m}", "year": "{0:%Y}", "about": "{0}~", "open": "{0}/..", "lasts": "{0}/{1}"}
LENGTHS = st.sampled_from([1, 2, 7, 31, 100, 366, 2000, 15_000])


@st.composite
def windows(draw):
    """Return the days of a window and dots that lie in it."""
    days = draw(LENGTHS)
    dots = [
        Dot(
            parse(FORMS[form].format(start, start + timedelta(days=length))),
            " ".join(["Pakistan closes the ground lines"] * words),
            "/events/one/",
            family,
            importance,
        )
        for start, length, form, family, importance, words in draw(
            st.lists(
                st.tuples(
                    st.integers(0, days - 1).map(lambda n: FIRST + timedelta(days=n)),
                    st.integers(1, 900),
                    st.sampled_from(list(FORMS)),
                    st.sampled_from(list(FAMILIES)),
                    st.integers(1, 5),
                    st.integers(1, 4),
                ),
                min_size=1,
                max_size=70,
            )
        )
    ]
    return FIRST, FIRST + timedelta(days=days - 1), dots


def address(first, last):
    return f"?from={first}&to={last}"


def window(dots, first="2011-01-01", last="2011-12-31", **more):
    lanes = [Lane("Acts", "", dots)]
    return draw_window(lanes, first=date.fromisoformat(first), last=date.fromisoformat(last), href=address, **more)


@given(windows())
@settings(max_examples=40)
def test_everything_in_view_is_drawn_or_counted_once_and_nothing_lies_on_anything(found):
    first, last, dots = found
    picture = draw_window([Lane("Acts", "", dots)], first=first, last=last, href=address)
    assert len(picture.rows) == len(dots)
    for drawing in (picture.wide, picture.narrow):
        [lane] = drawing.lanes
        assert len(lane.marks) + sum(int(box.text[1:]) for box in lane.clusters) == len(dots)
        boxes = [(c.x, c.x + BOX_WIDTH, c.y + 4, c.y + 13) for c in lane.clusters]
        for mark in lane.marks:
            radius = RADII[mark.dot.importance]
            boxes.append((mark.x - radius, mark.x + radius, mark.y - 3, mark.y + 3))
            if mark.lines:
                weight = "semibold" if mark.is_strong else "regular"
                room = max(text_width(line, LABEL_SIZE, weight) for line in mark.lines)
                left = mark.label_x if mark.anchor == "start" else mark.label_x - room
                boxes.append((left, left + room, mark.y - 4, mark.y + 4 + LINE * (len(mark.lines) - 1)))
        for n, (left, right, top, bottom) in enumerate(boxes):
            assert left >= -1
            assert right <= drawing.width + 1
            assert top >= 0
            assert bottom <= drawing.height + 4
            for o_left, o_right, o_top, o_bottom in boxes[n + 1 :]:
                assert right <= o_left + 0.1 or o_right <= left + 0.1 or bottom <= o_top or o_bottom <= top


def test_what_is_not_drawn_is_counted_in_boxes_that_open_their_days():
    further = {
        (date(2011, 1, 1), date(2011, 1, 31)): {"coop-deed": 3},
        (date(2011, 2, 1), date(2011, 2, 28)): {"conflict-deed": 1000},
    }
    picture = window([Dot(parse("2011-05-02"), "Raid", "/", "conflict-deed", 5)], further=further)

    boxes = picture.wide.further.clusters
    assert [(box.text, box.href) for box in boxes] == [
        ("+3", "?from=2011-01-01&to=2011-01-31"),
        ("+1k", "?from=2011-02-01&to=2011-02-28"),
    ]
    # Where there is no room for two they are one.
    assert [box.text for box in picture.narrow.further.clusters] == ["+1k"]
    assert picture.wide.further.note == "1,003 not drawn"


def test_a_condition_is_a_line_of_the_days_in_force_with_its_findings_upon_it():
    findings = [
        Dot(parse("2011-03-18"), "Certified: To certify", "/a/", finding="certified"),
        Dot(parse("2011-03-20"), "Waived: To certify", "/b/", finding="waived"),
        Dot(parse("2011-11"), "Withheld: To certify", "/c/", finding="withheld"),
    ]
    law = Law(parse("2009-10-15/2011-06-30~"), "To certify", "/conditions/one/", findings)

    [drawn] = window([Dot(parse("2011"), "Year", "/")], laws=[law], in_force=4).wide.laws

    assert drawn.runs_in
    assert not drawn.runs_out
    assert drawn.possible[1] < 700
    assert drawn.certain is None
    assert [(sign.count, sign.is_doubtful) for sign in drawn.signs] == [(2, False), (1, True)]
    assert drawn.signs[0].href == "/conditions/one/#findings"


def test_an_axis_names_years_then_months_then_days_as_there_is_room():
    def texts(first, last):
        axis = DayAxis(date.fromisoformat(first), date.fromisoformat(last), 148, 1060)
        return [label.text for label in axis.labels(80) if label.text]

    assert texts("1947-01-01", "2026-12-31")[:2] == ["1950", "1960"]
    assert texts("2009-01-01", "2010-12-31")[:3] == ["Jan 2009", "Mar", "May"]
    assert texts("2011-03-01", "2011-04-30")[:2] == ["1 Mar 2011", "6 Mar"]
    assert texts("2011-05-02", "2011-05-02") == ["2 May 2011"]
    assert texts("9999-12-31", "9999-12-31") == ["31 Dec 9999"]
