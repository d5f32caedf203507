"""The docket on a day, and one condition with its whole life."""

import csv
import io
import re
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from icalendar import Calendar

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


def row(client, query: str = "", key: str = "bar") -> str:
    """The row of a condition in the matrix."""
    return part(client.get(f"/conditions/?{query}"), f'<tr id="{key}"', "</tr>")


def answer(client, day: str, key: str = "bar") -> str:
    """What is said of a condition where a day is named."""
    section = part(client.get(f"/conditions/?on={day}"), 'id="standings"', "</section>")
    return words(section[section.index(f'href="/conditions/{key}/"') - 3 :].partition("</tr>")[0])


@pytest.mark.parametrize(
    ("day", "state"),
    [
        ("2009-12-31", "Bar Not yet in force"),
        ("2010-05-05", "Bar No finding on record"),
        ("2011-01-01", "Bar Certified 1 Jan 2011"),
        ("2012-06-01", "Bar Withheld 1 Jun 2012 · $300m held"),
        ("2015-03-03", "Bar Withheld 1 Jun 2012 · $300m held"),
        ("2015-03-04", "Bar Waived 4 Mar 2015"),
        ("2020-01-01", "Bar Waived 4 Mar 2015 · no longer in force"),
    ],
)
def test_the_docket_says_how_a_condition_stood_on_a_day(client, bar, day, state):
    assert words(row(client, f"on={day}")).startswith(state)


def test_a_day_is_answered_with_state_certainty_step_money_and_the_sources_that_say_so(client, bar):
    source = make_source(key="paper", title="The paper of record")
    cited = [{"source": source.key, "field": "finding", "locator": "p. 7"}]
    make_assessment(
        key="doubt",
        condition="bar",
        date="2013-02",
        finding="withheld",
        amount_affected="5000000",
        currency="USD",
        decided_by="chief",
        instrument="a letter",
        citations=cited,
    )
    said = answer(client, "2013-02-10")
    assert "Withheld bites, certainly; by act" in said
    assert "Withheld, 1 Jun 2012, The Chief" in said and "Withheld, Feb 2013, The Chief a letter" in said
    assert "$300m" in said and "$5m possibly" in said
    assert "The paper of record, p. 7" in said


def test_where_no_finding_stands_the_text_itself_is_the_step(client):
    source = make_source(title="Public law")
    make_condition(
        key="bar", in_force="2010/..", legal_citation="Act 9, s. 2", citations=[{"source": source.key, "field": ""}]
    )
    said = answer(client, "2015-01-01")
    assert "in force, no finding, certainly" in said and "its text, since 2010 Act 9, s. 2 Public law" in said


def test_what_an_ended_law_held_is_answered_apart(client):
    make_condition(key="bar", in_force="2010-01-01/2012-12-31")
    make_assessment(condition="bar", date="2011", finding="withheld", amount_affected="7000000", currency="USD")
    section = words(part(client.get("/conditions/?on=2014-01-01"), 'id="standings"', "</section>"))
    assert "Ended, and what it held was not released on record 1" in section and "$7m" in section
    assert "No condition on record was in force" in words(client.get("/conditions/?on=2009-01-01"))


def cells(html: str) -> list[tuple[int, str]]:
    """The cells of a row as (years, what is said in them)."""
    found = []
    for attributes, inner in re.findall(r"<td([^>]*)>(.*?)</td>", html, flags=re.S):
        span = re.search(r'colspan="(\d+)"', attributes)
        label = re.search(r'aria-label="([^"]*)"', inner)
        found.append((int(span[1]) if span else 1, label[1] if label else words(inner)))
    return found


def test_the_matrix_has_a_row_a_condition_and_a_column_a_year(client, bar):
    make_assessment(condition="bar", date="2015-11", finding="imposed", decided_by="chief")
    page = client.get("/conditions/")
    heads = re.findall(r'<span class="unseen">(\d{4})</span></th>', page.content.decode())
    assert heads == [str(year) for year in range(2010, 2027)]
    assert cells(row(client)) == [
        (1, "in force, no finding"),
        (1, "Certified, 1 Jan 2011: satisfied"),
        (1, "Withheld, 1 Jun 2012: bites"),
        (2, "bites"),
        (1, "Waived, 4 Mar 2015; imposed, Nov 2015: bites"),
        (4, "bites"),
        (7, ""),
    ]
    assert "<small>2</small>" in row(client), "the last finding is shown, and how many there were"
    assert sum(years for years, _words in cells(row(client))) == len(heads)


def test_a_period_cuts_the_years_of_the_matrix(client, bar):
    assert [years for years, _words in cells(row(client, "from=2012&to=2014"))] == [1, 2]


def test_doubt_inference_and_what_goes_on_are_marked_in_the_matrix(client):
    source = make_source()
    make_condition(key="bar", in_force="2010-01-01/..")
    make_assessment(
        condition="bar",
        date="2012?",
        finding="certified",
        citations=[{"source": source.key, "field": "finding", "support": "inferred"}],
    )
    html = row(client)
    assert '<td class="b i q">' in html and "possibly satisfied" in html
    assert re.search(r'<td class="b on" colspan="14">', html)
    make_condition(key="doubtful", in_force="2011")
    assert '<td class="b d">' in row(client, key="doubtful")


def test_parts_are_folded_under_their_whole_until_they_are_asked_for(client):
    make_condition(key="whole", title="Whole", short_title="Whole", rule="any", parts_effect="lift", in_force="2010/..")
    make_condition(key="part", title="A part", parent="whole", in_force="2010/..")
    make_condition(key="part-of-part", title="Its part", parent="part", in_force="2010/..")
    html = client.get("/conditions/").content.decode()
    assert '<tr id="part"' not in html and "+ 2 parts" in html
    [href] = [href for href in links(row(client, key="whole")) if "open=" in href]
    assert href == "/conditions/?open=whole#whole"
    opened = client.get("/conditions/?open=whole").content.decode()
    assert '<tr id="part" class="part"' in opened and "− parts: any one lifts it" in opened
    assert '<tr id="part-of-part" class="part part--deep"' in client.get("/conditions/?open=all").content.decode()


def test_conditions_of_one_programme_without_short_titles_are_one_row_of_bricks(client):
    make_programme(key="loan", title="The loan")
    for number, finding in enumerate(("met", "not-met", "not-met")):
        make_condition(key=f"item-{number}", title=f"Item {number}", programmes="loan", in_force="2024/..")
        make_assessment(condition=f"item-{number}", date="2025-06", finding=finding)
    html = row(client, key="programme-loan")
    assert "The loan" in html and "+ 3 parts" in html and 'class="bricks"' in html
    assert (1, "1 met, 2 not met") in cells(html)
    assert '<tr id="item-0" class="part"' in client.get("/conditions/?open=programme-loan").content.decode()


def test_the_docket_is_grouped_by_programme_too(client, bar):
    make_programme(key="fund", title="The fund")
    make_condition(key="other", programmes="fund", group="Standing bars")
    page = words(client.get("/conditions/?by=programme"))
    assert "The fund" in page and "Of no programme" in page
    wrong = client.get("/conditions/?by=country")
    assert wrong.status_code == 400 and "group or programme" in words(wrong)


def test_the_money_that_hung_on_findings_stands_above_the_years_and_in_a_table(client, bar):
    make_assessment(
        condition="bar", date="2016", finding="waived", decided_by="chief", amount_affected="250000000", currency="USD"
    )
    page = client.get("/conditions/")
    figure = part(page, '<figure class="hung"', "</figure>")
    assert "hung__bar--held" in figure and "hung__bar--waived" in figure
    table = words(part(page, 'id="money"', "</section>"))
    assert "$300m withheld, imposed or not certified Withheld, 1 Jun 2012, Bar" in table
    assert "$250m freed by a waiver Waived, 2016, Bar" in table


def test_the_years_are_a_file_with_a_row_a_condition_and_year(client, bar):
    answer = client.get("/conditions/docket.csv")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert [line["year"] for line in rows] == [str(year) for year in range(2010, 2020)]
    shown = {line["year"]: (line["state"], line["findings"], line["held"]) for line in rows}
    assert shown["2012"] == ("bites", "withheld:2012-06-01:two", "300000000 USD")
    assert shown["2014"] == ("bites", "", "300000000 USD")
    assert shown["2019"] == ("set aside", "", "")


def test_the_docket_costs_as_many_queries_for_one_condition_as_for_many(client, bar):
    for number in range(30):
        make_condition(key=f"many-{number}", programmes=make_programme().key if number % 2 else "", in_force="2010/..")
        make_assessment(
            condition=f"many-{number}", date="2012", finding="withheld", amount_affected="5", currency="USD"
        )
    for query in ("", "on=2013-01-01", "by=programme&open=all"):
        with CaptureQueriesContext(connection) as few:
            client.get(f"/conditions/?{query}&q=bar")
        with CaptureQueriesContext(connection) as many:
            client.get(f"/conditions/?{query}")
        assert len(many) <= len(few) + 1 < 30, query


def test_the_tally_adds_up_and_counts_the_money_held(client, bar):
    make_condition(key="other", in_force="2000/..")
    box = words(part(client.get("/conditions/?on=2013-01-01"), '<div class="in-force"', "</div>"))
    assert "2 in force on 1 January 2013" in box
    assert "1 Imposed, withheld or not met" in box and "1 no finding on record" in box
    assert "$300m held back on that day" in box


def test_without_a_day_the_docket_is_of_today(client, bar):
    answer = client.get("/conditions/")
    assert "0 in force on 1 July 2026" in words(answer)
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
    page = words(client.get("/conditions/?open=all"))
    assert page.index("Older laws") < page.index("Standing bars") < page.index("Bills")
    assert page.index("Bar − parts") < page.index("A part") and "proposed, never law" in page


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
    assert "Findings contradict: certified, not certified" in answer(client, "2011-06-01")
    assert "Certified, 5 May 2011" in answer(client, "2011-06-01"), "both are steps"
    assert "Not certified, 5 May 2011" in answer(client, "2011-06-01")


def test_a_doubtful_date_is_shown_as_possibly(client):
    make_condition(key="bar", in_force="2010/..")
    make_assessment(condition="bar", finding="certified", date="2011?")
    assert "satisfied, possibly; else in force, no finding" in answer(client, "2011-06-01")


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
    assert "People vaccinated 1.5 80 percent 2015 at first reset to 2016 reset to Jun 2017" in table
    assert "2014: 62.5 by survey Paper" in table


def test_what_it_binds_and_the_events_of_its_findings_are_linked(client, bar):
    make_programme(key="fund", title="The fund")
    condition = make_condition(key="other", programmes="fund")
    make_transaction(key="cut", programme="fund", kind="suspension")
    make_assessment(key="four", condition=condition.key, transactions="cut")
    make_event(key="2012-cut", assessments="four")
    assert {"/aid/fund/", "/events/2012-cut/"} <= set(links(client.get("/conditions/other/")))


def test_the_page_says_whether_an_act_or_the_rule_of_its_parts_decides_and_what_the_parts_alone_would(client, bar):
    make_condition(key="whole", rule="all", parts_effect="satisfy", in_force="2010/..")
    make_condition(key="first", parent="whole", in_force="2010/..")
    make_assessment(condition="first", finding="not-met", date="2011-01-01")
    assert "Now Not met 1 Jan 2011 · by rule of its parts" in words(client.get("/conditions/whole/"))
    make_assessment(condition="whole", finding="waived", date="2012-01-01")
    page = words(client.get("/conditions/whole/"))
    assert "Now Waived 1 Jan 2012 · by act" in page
    assert "As they stand now, they alone make it: bites. A later act on the whole decides instead." in page


def test_what_was_measured_is_a_small_chart_with_baseline_target_and_deadlines(client):
    make_condition(key="bar")
    values = [{"date": f"201{n}", "value": str(10 * n), "note": "", "sources": make_source().key} for n in range(1, 4)]
    make_benchmark(
        key="target",
        condition="bar",
        baseline="0",
        target="40",
        deadline="2012",
        deadline_reset="2014",
        measurements=values,
    )
    row = part(client.get("/conditions/bar/"), 'id="target"', "</tr>")
    assert row.count("measured__point") == 3 and "target 40" in row
    assert "measured__level--baseline" in row and row.count('class="measured__deadline') == 2
    assert "2012 at first reset to 2014" in words(row)


def test_what_is_next_is_said_for_a_condition_and_its_parts(client):
    make_condition(key="whole", title="The whole", in_force="2020-01-01/2026-12-31")
    make_condition(key="part", title="The part", parent="whole", in_force="2020/..")
    make_benchmark(key="ahead", condition="part", title="A law passed", target="done", deadline="2026-09")
    make_assessment(key="yearly", condition="whole", date="2025-11-01", finding="certified", period_covered="US-FY2026")
    section = part(client.get("/conditions/whole/"), 'id="next"', "</section>")
    said = words(section)
    assert "A law passed Deadline: Sep 2026 · The part · Target: done" in said
    assert "“Certified” runs out: a new finding is due 30 Sep 2026" in said
    assert "Last day in force 31 Dec 2026" in said
    assert "/conditions/whole/calendar.ics" in links(section) and "/conditions/whole/feed/" in links(section)


def test_a_deadline_that_passed_without_a_finding_is_public_as_no_finding_recorded(client):
    make_condition(key="bar", in_force="2020/..")
    make_benchmark(
        key="late", condition="bar", title="A law passed", deadline="2025-06-30", deadline_reset="2026-03-31"
    )
    make_assessment(condition="bar", date="2025-07-01", finding="not-met")
    page = client.get("/conditions/bar/")
    assert "No finding recorded: the deadline was 31 Mar 2026" in words(part(page, 'id="next"', "</section>"))
    assert "passed, no finding recorded" in words(part(page, 'id="late"', "</tr>"))
    make_assessment(condition="bar", date="2026-04-02", finding="met")
    assert "no finding recorded" not in words(client.get("/conditions/bar/")).lower()


def test_what_falls_due_is_a_calendar(client):
    make_condition(key="bar", title="To pass laws", short_title="Laws", in_force="2020/..")
    make_condition(key="other", group="Elsewhere", in_force="2020/..")
    make_benchmark(key="law", condition="bar", title="A law; passed, by all", target="done", deadline="2026-09")
    make_benchmark(key="day", condition="other", title="A day", deadline="2026-08-01")
    answer = client.get("/conditions/calendar.ics")
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    events = {str(event["uid"]): event for event in Calendar.from_ical(answer.content).walk("VEVENT")}
    assert sorted(events) == ["deadline-day@127.0.0.1", "deadline-law@127.0.0.1"]
    law = events["deadline-law@127.0.0.1"]
    assert (law["dtstart"].dt, law["dtend"].dt) == (date(2026, 9, 1), date(2026, 10, 1))
    assert str(law["summary"]) == "Laws: A law; passed, by all"
    assert str(law["url"]).endswith("/conditions/bar/#law")
    assert answer.content == client.get("/conditions/calendar.ics").content, "the same record, the same file"
    assert b"deadline-law" not in client.get("/conditions/calendar.ics?group=Elsewhere").content
    assert b"deadline-day" not in client.get("/conditions/bar/calendar.ics").content
    assert client.get("/conditions/nobody/calendar.ics").status_code == 404
    assert client.get("/conditions/bar/calendar.ics?q=1").status_code == 400


def test_what_is_found_of_a_condition_and_its_parts_is_a_feed(client):
    make_condition(key="whole", title="The whole")
    make_condition(key="part", title="The part", parent="whole")
    make_assessment(condition="whole", finding="waived")
    make_assessment(condition="part", finding="met")
    make_assessment(finding="imposed")
    feed = client.get("/conditions/whole/feed/").content.decode()
    assert feed.count("<entry>") == 2 and "The part: met" in feed
    assert client.get("/conditions/nobody/feed/").status_code == 404


def test_the_api_says_how_conditions_stood_on_a_day_and_by_which_steps(client, bar):
    source = make_source(key="paper")
    make_condition(key="other", in_force="2010/..")
    make_assessment(
        key="late",
        condition="other",
        date="2013-02",
        finding="imposed",
        amount_affected="5",
        currency="USD",
        citations=[{"source": source.key}],
    )
    found = client.get("/api/v1/conditions/?on=2013-02-10").json()
    assert (found["on"], found["in_force"], found["count"]) == ("2013-02-10", 2, 2)
    assert found["states"]["bites"] == 2
    assert (found["held"], found["held_certainly"]) == ({"USD": "300000005"}, {"USD": "300000000"})
    by_key = {row["key"]: row for row in found["results"]}
    assert by_key["other"]["standing"]["otherwise"] == ["in force, no finding"]
    [step] = by_key["other"]["steps"]
    assert (step["assessment"], step["finding"], step["sources"]) == ("late", "imposed", ["paper"])
    assert client.get("/api/v1/conditions/?on=2020-01-01").json()["not_released"] == {}
    assert client.get("/api/v1/conditions/?on=2013").status_code == 400
    assert client.get("/api/v1/conditions/?q=nothing").json()["results"] == []
