"""Lanes of marks: every event is there once, drawn or counted, and no label lies on another."""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from relations.codelists import FAMILIES
from relations.dates import parse
from timeline.drawing.dots import BOX_WIDTH, LABEL_SIZE, LINE, Dot, Lane, draw_lanes
from timeline.drawing.letters import width as text_width
from timeline.drawing.shapes import RADII

FORMS = {"day": 10, "month": 7, "year": 4}
DOTS = st.lists(
    st.builds(
        lambda days, form, family, importance, words: Dot(
            parse((date(1990, 1, 1) + timedelta(days=days)).isoformat()[: FORMS[form]]),
            " ".join(["Pakistan closes the ground lines"] * words),
            "/events/one/",
            family,
            importance,
        ),
        st.integers(0, 13_000),
        st.sampled_from(list(FORMS)),
        st.sampled_from(list(FAMILIES)),
        st.integers(1, 5),
        st.integers(1, 4),
    ),
    min_size=1,
    max_size=60,
)


def address(first, last):
    return f"?from={first}&to={last}"


def dot(text, importance=3, title="Talks", **fields):
    return Dot(parse(text), title, "/events/one/", fields.pop("family", "coop-words"), importance, **fields)


def only_lane(*dots):
    return draw_lanes([Lane("Acts", "", dots)], href=address).wide.lanes[0]


@given(DOTS)
@settings(max_examples=60)
def test_every_event_is_drawn_or_counted_once(dots):
    lanes = draw_lanes([Lane("Acts", "", dots)], href=address)
    for drawing in (lanes.wide, lanes.narrow):
        (lane,) = drawing.lanes
        assert len(lane.marks) + sum(int(cluster.text[1:]) for cluster in lane.clusters) == len(dots)


@given(DOTS)
@settings(max_examples=60)
def test_labels_and_marks_lie_neither_on_each_other_nor_off_the_drawing(dots):
    lanes = draw_lanes([Lane("Acts", "", dots)], href=address)
    for drawing in (lanes.wide, lanes.narrow):
        (lane,) = drawing.lanes
        boxes = [(c.x, c.x + BOX_WIDTH, c.y + 4, c.y + 13) for c in lane.clusters]
        for mark in lane.marks:
            radius = RADII[mark.dot.importance]
            boxes.append((mark.x - radius, mark.x + radius, mark.y - 3, mark.y + 3))
            if mark.lines:
                room = max(
                    text_width(line, LABEL_SIZE, "semibold" if mark.is_strong else "regular") for line in mark.lines
                )
                left = mark.label_x if mark.anchor == "start" else mark.label_x - room
                boxes.append((left, left + room, mark.y - 4, mark.y + 4 + LINE * (len(mark.lines) - 1)))
        for n, (left, right, top, bottom) in enumerate(boxes):
            assert left >= -1 and right <= drawing.width + 1 and top >= 0 and bottom <= drawing.height + 4
            for o_left, o_right, o_top, o_bottom in boxes[n + 1 :]:
                assert right <= o_left + 0.1 or o_right <= left + 0.1 or bottom <= o_top or o_bottom <= top


def test_the_most_important_is_named_first():
    crowd = [dot("2001-09-11", 2, f"Minor matter {n}") for n in range(40)]
    lane = only_lane(*crowd, dot("2001-09-11", 5, "Attacks on the United States"), dot("1960"))
    assert "Attacks on the United States" in [mark.lines[0] for mark in lane.marks if mark.lines]


def test_a_box_leads_to_the_days_of_what_it_counts():
    lane = only_lane(
        *[dot("1950-01-01", 4, f"Named {n}") for n in range(6)],
        dot("2001-09-11", 2, "One"),
        dot("2001-09-12", 2, "Two", family="conflict-deed"),
        dot("2026"),
    )
    (box,) = [cluster for cluster in lane.clusters if cluster.href == "?from=2001-09-11&to=2001-09-12"]
    assert box.text == "+2"
    assert [family for family, _x, _width in box.parts] == ["coop-words", "conflict-deed"]


def test_doubt_and_duration_are_drawn():
    lane = only_lane(
        dot("2011-11-26/2012-07-03", title="Closed"),
        dot("2012", title="A year"),
        dot("2013-05", title="A month"),
        dot("2014-05-05~", title="About"),
        dot("2015-05-05", title="A day"),
        dot("2016-05-05/..", title="Still so"),
        dot("1990"),
        dot("2026"),
    )
    drawn = {mark.dot.title: mark for mark in lane.marks}
    assert drawn["Closed"].line[2] is True
    assert drawn["A year"].bar and not drawn["A year"].line
    assert drawn["A month"].foot and not drawn["A month"].fade
    assert drawn["About"].fade[0] < drawn["About"].x < drawn["About"].fade[1]
    assert not (drawn["A day"].line or drawn["A day"].bar or drawn["A day"].foot or drawn["A day"].fade)
    assert drawn["Still so"].line[2] is False


def test_findings_never_merge():
    findings = [dot("2012-09-13", title="waived", family="", finding="waived") for _n in range(5)]
    lane = only_lane(*findings, dot("1990"))
    glyphs = [mark for mark in lane.marks if mark.glyph]
    assert len({(mark.x, mark.y) for mark in glyphs}) == 5


def test_nothing_is_drawn_of_nothing():
    assert draw_lanes([Lane("Acts", "", [])], href=address) is None
