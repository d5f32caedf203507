"""The parts that pages are made of: dates as they are known, evidence, amounts, marks and states in words."""

from decimal import Decimal

import pytest
from django.template import engines
from django.template.loader import render_to_string
from django.test.html import parse_html

from relations.codelists import FAMILIES, event_kinds
from relations.models import Assessment, Transaction
from relations.states import ConditionState


def render(source, **context):
    return engines["django"].from_string("{% load marks text drawing %}" + source).render(context)


@pytest.mark.parametrize(
    ("date", "words", "looks", "machine"),
    [
        ("1954-05-19", "19 May 1954", "chip", "1954-05-19"),
        ("2025-05-07/2025-05-10", "7–10 May 2025", "chip", ""),
        ("1990-10", "Oct 1990", "chip chip--partial", "1990-10"),
        ("2010", "2010", "chip chip--partial", "2010"),
        ("2025-10-25~", "about 25 Oct 2025", "chip chip--doubt", ""),
        ("1986-10?", "Oct 1986?", "chip chip--doubt", ""),
        ("2018-01-04/..", "since 4 Jan 2018", "chip", ""),
        ("../1998-12", "until Dec 1998", "chip chip--partial", ""),
        ("198X", "the 1980s", "chip chip--partial", ""),
        ("2004-XX", "some month of 2004", "chip chip--partial", ""),
        ("", "date not recorded", "chip", ""),
    ],
)
def test_a_date_chip_shows_no_more_than_is_known(date, words, looks, machine):
    inner = f'<time datetime="{machine}">{words}</time>' if machine else words
    assert parse_html(render("{% date_chip date %}", date=date)) == parse_html(f'<span class="{looks}">{inner}</span>')


@pytest.mark.parametrize(
    ("sources", "publishers", "independent", "words", "is_thin"),
    [
        (0, 0, None, "no source", True),
        (1, 1, None, "1 source only", True),
        (2, 1, None, "2 sources · 1 publisher", True),
        (3, 2, None, "3 sources · 2 publishers", False),
        (3, 2, 2, "3 sources · 2 independent", False),
    ],
)
def test_an_evidence_badge_counts_and_is_dashed_where_it_is_thin(sources, publishers, independent, words, is_thin):
    context = {"sources": sources, "publishers": publishers, "independent": independent}
    badge = render_to_string("timeline/_evidence.html", context)
    looks = "evidence evidence--thin" if is_thin else "evidence"
    assert parse_html(badge) == parse_html(f'<span class="{looks}">{words}</span>')


def amount_words(transaction, options=""):
    text = render("{% amount transaction " + options + " %}", transaction=transaction)
    return " ".join(engines["django"].from_string("{{ text|striptags }}").render({"text": text}).split())


def test_an_amount_stands_with_its_kind_and_date_and_its_range_beside_it():
    transaction = Transaction(
        kind="reimbursement",
        amount=Decimal(1438000000),
        amount_low=Decimal(353000000),
        amount_high=Decimal(1438000000),
        amount_note="derived",
        currency="USD",
        fiscal_period="US-FY2013",
    )
    assert amount_words(transaction) == "$1,438,000,000 reimbursement, FY2013 $353m to $1.44bn derived"
    assert amount_words(transaction, "is_short=True") == "$353m to $1.44bn reimbursement, FY2013 derived"


def test_special_drawing_rights_are_not_converted():
    transaction = Transaction(kind="disbursement", amount=Decimal(760000000), currency="XDR", date="2025-05-09")
    assert amount_words(transaction, "is_short=True") == "SDR\u00a0760m disbursement, 9 May 2025 not converted".replace(
        "\u00a0", " "
    )


def test_fiscal_periods_are_written_in_few_letters():
    assert render("{{ period|fiscal_short }}", period="US-FY2002/US-FY2007") == "FY2002–FY2007"
    assert render("{{ period|fiscal_short }}", period="US-FY1976TQ") == "FY1976TQ"


def test_every_kind_of_event_has_a_mark_that_says_its_family():
    for kind, _label in event_kinds():
        mark = render("{% mark kind 4 %}", kind=kind)
        assert any(f'aria-label="{label}"' in mark for label, _kinds in FAMILIES.values())


def test_marks_differ_by_shape_and_filling_not_by_colour_alone():
    paths = {family: render("{% mark family 5 %}", family=family).split(' d="')[1] for family in FAMILIES}
    assert len({path.split('"')[0] for path in paths.values()}) == len(FAMILIES)


def test_importance_is_read_aloud():
    assert 'aria-label="importance 4 of 5"' in render("{% importance 4 %}")


def test_every_finding_and_state_has_its_word_and_its_sign():
    for value, label in [*Assessment.Finding.choices, *ConditionState.choices]:
        state = render("{% condition_state value %}", value=value)
        assert f">{label.capitalize()}</b>" in state
        known = {"satisfied", "set-aside", "bites", "open", "partly", "none"}
        assert any(f"state--{tone}" in state for tone in known)


def test_what_people_typed_is_text_and_never_markup():
    payload = "<script>alert(1)</script>"
    notice = render_to_string(
        "timeline/_notice.html", {"title": payload, "text": payload, "links": [("?q=" + payload, payload)]}
    )
    assert "<script" not in notice
