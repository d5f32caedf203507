"""The docket on a day, and one condition with its whole life."""

import pytest

from tests.factories import (
    make_actor,
    make_assessment,
    make_benchmark,
    make_condition,
    make_event,
    make_programme,
    make_source,
    make_transaction,
)
from tests.timeline.reading import links, part, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def bar():
    """A condition of 2010 to 2019 that was certified, then withheld 300 million dollars, then waived."""
    make_actor(key="chief", name="The Chief", kind="government-body")
    condition = make_condition(
        key="bar", title="The bar", short_title="Bar", group="Standing bars", in_force="2010-01-01/2019-12-31"
    )
    make_assessment(key="one", condition="bar", date="2011-01-01", finding="certified", decided_by="chief")
    make_assessment(
        key="two",
        condition="bar",
        date="2012-06-01",
        finding="withheld",
        amount_affected="300000000",
        currency="USD",
        decided_by="chief",
        note="Nothing was paid.",
    )
    make_assessment(key="three", condition="bar", date="2015-03-04", finding="waived", decided_by="chief")
    return condition


def row(client, query: str, key: str = "bar") -> str:
    return words(part(client.get(f"/conditions/?{query}"), f'id="{key}"', "</li>"))


@pytest.mark.parametrize(
    ("day", "state"),
    [
        ("2009-12-31", "Bar Not yet in force"),
        ("2010-05-05", "Bar No finding on record"),
        ("2011-01-01", "Bar 1 Jan 2011 Certified"),
        ("2012-06-01", "Bar 1 Jun 2012 · $300m held Withheld"),
        ("2015-03-03", "Bar 1 Jun 2012 · $300m held Withheld"),
        ("2015-03-04", "Bar 4 Mar 2015 Waived"),
        ("2020-01-01", "Bar No longer in force"),
    ],
)
def test_the_docket_says_how_a_condition_stood_on_a_day(client, bar, day, state):
    assert row(client, f"on={day}").endswith(state)


def test_the_tally_adds_up_and_counts_the_money_held(client, bar):
    make_condition(key="other", in_force="2000/..")
    box = words(part(client.get("/conditions/?on=2013-01-01"), '<div class="in-force"', "</div>"))
    assert "2 in force on 1 January 2013" in box
    assert "1 Imposed, withheld or not met" in box and "1 no finding on record" in box
    assert "$300m held back on that day" in box


def test_without_a_day_the_docket_is_of_today(client, bar):
    answer = client.get("/conditions/")
    assert "as they stood on 1 July 2026" in words(answer)
    assert "The docket: conditions on aid, 2010–2026" in words(answer)


def test_only_what_is_in_force_is_shown_where_that_is_asked(client, bar):
    make_condition(key="other", in_force="2000/..")
    assert 'id="other"' in client.get("/conditions/?scope=in-force").content.decode()
    assert 'id="bar"' not in client.get("/conditions/?scope=in-force").content.decode()
    assert 'id="bar"' in client.get("/conditions/?scope=in-force&on=2011-01-01").content.decode()


def test_conditions_stand_in_their_groups_in_the_order_of_their_first_days_and_parts_beneath(client, bar):
    make_condition(key="older", group="Older laws", in_force="1976/..")
    make_condition(key="bar-part", title="A part", parent="bar")
    make_condition(key="bill", group="Bills", stage="proposed", in_force="")
    page = words(client.get("/conditions/"))
    assert page.index("Older laws") < page.index("Standing bars") < page.index("Bills")
    assert "1 part A part" in page and "Proposed, never law" in page


def test_the_docket_takes_the_filters_and_keeps_the_day(client, bar):
    make_programme(key="fund")
    make_condition(key="other", programmes="fund")
    html = client.get("/conditions/?programme=fund&on=2012-01-01").content.decode()
    assert 'id="other"' in html and 'id="bar"' not in html
    assert '<input type="hidden" name="programme" value="fund">' in html


@pytest.mark.parametrize(
    ("day", "right"),
    [
        ("1990", "1990-01-01 or 1990-12-31"),
        ("1990-13-01", "months are 01 to 12"),
        ("yesterday", "2021-08-14"),
        ("1990-10-02~", "1990-10-02"),
    ],
)
def test_a_wrong_day_is_told_what_would_be_right(client, day, right):
    answer = client.get(f"/conditions/?on={day}")
    assert answer.status_code == 400 and right in words(answer)


# -------------------------------------------------------------------------------------------------- one condition


def test_the_page_says_how_it_stands_now_and_what_the_law_is(client, bar):
    make_actor(key="borland", name="Borland")
    make_condition(
        key="now",
        requirement="To certify every year.",
        in_force="2010/..",
        recipient="borland",
        certifier="chief",
        legal_citation="Act 9, s. 2",
        waivable="yes",
        waiver_standard="national interest",
        citations=[{"source": make_source().key, "field": "legal_citation"}],
    )
    make_assessment(condition="now", date="2015-03-04", finding="waived", decided_by="chief")
    answer = client.get("/conditions/now/")
    facts = part(answer, '<dl class="facts"', "</dl>")
    assert "Now Waived 4 Mar 2015" in words(facts)
    assert "Binds Borland" in words(facts) and "Certifier The Chief" in words(facts)
    assert "Law Act 9, s. 2" in words(facts) and "#source-1" in links(facts)
    assert "Waivable Yes national interest" in words(facts)
    assert "To certify every year." in words(answer)


def test_each_finding_is_a_row_with_who_found_it_money_and_evidence(client, bar):
    findings = part(client.get("/conditions/bar/"), 'id="findings"', "</section>")
    assert words(findings).index("Waived") < words(findings).index("Withheld") < words(findings).index("Certified")
    assert "Withheld 1 Jun 2012 The Chief $300m Nothing was paid." in words(findings)
    for key in ("one", "two", "three"):
        assert f'<tr id="{key}">' in findings


def test_the_life_line_and_what_was_held_are_shown(client, bar):
    answer = client.get("/conditions/bar/")
    assert '<figure class="life"' in answer.content.decode()
    held = words(part(answer, 'id="holds"', "</section>"))
    assert "$300,000,000 withheld, 1 Jun 2012 1 Jun 2012 4 Mar 2015" in held


def test_parts_and_the_rule_that_joins_them_are_beside_it(client):
    make_condition(key="whole", rule="any", parts_effect="lift", in_force="2010/..")
    make_condition(key="first", title="First part", parent="whole", in_force="2010/..")
    make_condition(key="second", title="Second part", parent="whole", in_force="2010/..")
    make_assessment(condition="first", finding="met", date="2011")
    answer = client.get("/conditions/whole/")
    parts = words(part(answer, 'id="parts"', "</section>"))
    assert "Any one lifts it." in parts and "First part 2011 Met" in parts
    assert "by rule of its parts" in words(part(answer, '<dl class="facts"', "</dl>"))
    assert "Part of" in words(part(client.get("/conditions/first/"), '<dl class="facts"', "</dl>"))


def test_contradicting_findings_of_one_day_are_both_named(client):
    make_condition(key="bar", in_force="2010/..")
    make_assessment(condition="bar", finding="certified", date="2011-05-05")
    make_assessment(condition="bar", finding="not-certified", date="2011-05-05")
    assert "Findings contradict: certified, not certified" in row(client, "on=2011-06-01")


def test_a_doubtful_date_is_shown_as_possibly(client):
    make_condition(key="bar", in_force="2010/..")
    make_assessment(condition="bar", finding="certified", date="2011?")
    assert "possibly" in row(client, "on=2011-06-01")


def test_benchmarks_have_target_deadline_resets_and_what_was_measured_by_whom(client):
    source = make_source(key="paper", publisher="Paper")
    make_condition(key="bar")
    make_benchmark(
        key="target",
        condition="bar",
        title="People vaccinated",
        unit="percent",
        baseline="1.5",
        target="80",
        deadline="2015",
        deadline_reset="2016|2017-06",
        measurements=[{"date": "2014", "value": "62.5", "note": "by survey", "sources": source.key}],
    )
    table = words(part(client.get("/conditions/bar/"), 'id="target"', "</tr>"))
    assert "People vaccinated baseline 1.5 80 percent 2015 reset to 2016 reset to Jun 2017" in table
    assert "2014: 62.5 by survey Paper" in table


def test_what_it_binds_and_the_events_of_its_findings_are_linked(client, bar):
    make_programme(key="fund", title="The fund")
    condition = make_condition(key="other", programmes="fund")
    make_transaction(key="cut", programme="fund", kind="suspension")
    make_assessment(key="four", condition=condition.key, transactions="cut")
    make_event(key="2012-cut", assessments="four")
    assert {"/aid/fund/", "/events/2012-cut/"} <= set(links(client.get("/conditions/other/")))
