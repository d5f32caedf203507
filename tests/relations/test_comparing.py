from relations.comparing import Difference, differences, in_words

CITATION = {"field": "date", "source": "dawn-2021", "claimant": "", "locator": "p. 1", "support": "stated"}
STAKES = [
    {"actor": "barrick", "role": "operator", "since": "2022"},
    {"actor": "pakistan", "role": "owner", "since": ""},
]


def record(children=None, **cells):
    return {"cells": cells, "children": children or {}}


def test_the_same_record_has_no_differences():
    same = record({"citations": [CITATION], "stakes": STAKES}, title="The Taliban take Kabul")
    assert differences(same, same) == []


def test_a_changed_cell_shows_both_texts():
    before, after = record(title="Talks", date="2021"), record(title="Talks", date="2021-08")
    assert differences(before, after) == [Difference("date", "2021", "2021-08")]


def test_what_one_side_does_not_have_counts_as_empty():
    assert differences(record(), record(place="Kabul")) == [Difference("place", "", "Kabul")]
    assert differences(record(place="Kabul"), record()) == [Difference("place", "Kabul", "")]
    assert differences({}, {}) == []


def test_a_child_is_known_by_its_natural_key():
    moved = CITATION | {"locator": "p. 2"}
    found = differences(record({"citations": [CITATION]}), record({"citations": [moved]}))
    assert found == [Difference("citations", "p. 1", "p. 2", "date, dawn-2021", "locator")]
    assert found[0].label == "citations, locator"


def test_children_are_added_and_removed_as_a_whole():
    other = CITATION | {"field": "", "source": "nyt-2021"}
    found = differences(record({"citations": [CITATION]}), record({"citations": [other]}))
    assert found == [
        Difference("citations", "date, dawn-2021; locator: p. 1; support: stated", "", "date, dawn-2021"),
        Difference(
            "citations", "", "the whole record, nyt-2021; locator: p. 1; support: stated", "the whole record, nyt-2021"
        ),
    ]


def test_another_order_of_the_same_children_is_a_difference():
    found = differences(record({"stakes": STAKES}), record({"stakes": STAKES[::-1]}))
    words = ["barrick, operator, 2022", "pakistan, owner"]
    assert found == [Difference("stakes", "; ".join(words), "; ".join(reversed(words)))]


def test_a_child_in_words_says_its_key_first():
    assert in_words("measurements", {"note": "estimate", "date": "2024", "value": "3"}) == "2024, 3; note: estimate"
