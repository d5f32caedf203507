"""The list of programmes, and the page of one: money that does not lie, and on what terms."""

from decimal import Decimal

import pytest

from tests.factories import (
    make_actor,
    make_assessment,
    make_condition,
    make_event,
    make_programme,
    make_source,
    make_transaction,
)
from tests.timeline.reading import links, part, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def fund():
    make_actor(key="aland", name="Aland")
    return make_programme(key="fund", title="The fund", provider="aland", start="2001", end="2004")


def totals(client) -> str:
    return words(part(client.get("/aid/fund/"), '<div class="totals"', "</div>"))


def amounts(client) -> str:
    return words(part(client.get("/aid/fund/"), 'id="amounts"', "</section>"))


def test_the_list_shows_kind_period_and_who_gives_to_whom(client, fund):
    make_actor(key="borland", name="Borland")
    make_programme(title="Other fund", provider="aland", recipient="borland", category="military")
    page = words(client.get("/aid/"))
    assert "The fund Economic 2001 – 2004" in page
    assert "Other fund Aland to Borland Military not recorded" in page


def test_totals_are_of_a_kind_and_a_currency_each_and_never_added(client, fund):
    make_transaction(programme="fund", kind="commitment", amount="300000000", fiscal_period="US-FY2001", date="")
    make_transaction(programme="fund", kind="commitment", amount="200000000", fiscal_period="US-FY2003", date="")
    make_transaction(programme="fund", kind="disbursement", amount="50000000")
    make_transaction(programme="fund", kind="disbursement", amount="7000000", currency="XDR")
    shown = totals(client)
    assert "$500m commitment, FY2001–FY2003 2 rows that add up" in shown
    assert "$50m disbursement, 2020 1 row" in shown and "SDR 7m disbursement" in shown
    assert "$550m" not in shown and "These kinds are never added to each other" in shown


def test_a_part_and_what_does_not_count_are_shown_and_say_why_they_are_in_no_total(client, fund):
    make_transaction(key="whole", programme="fund", amount="100000000", date="2001")
    make_transaction(key="part", programme="fund", amount="40000000", date="2002", part_of="whole")
    make_transaction(
        key="again", programme="fund", amount="90000000", date="2003", counts_in_totals="no", note="It repeats the law."
    )
    assert "$100m commitment, 2001 1 row" in totals(client)
    table = amounts(client)
    assert "2003 Commitment grant $90,000,000 no It repeats the law." in table
    assert "2002 Commitment grant $40,000,000 no Part of $100m commitment, 2001." in table
    assert "2001 Commitment grant $100,000,000 yes" in table
    assert "/aid/fund/#whole" in links(client.get("/aid/fund/"))


def test_a_part_of_what_is_not_public_counts_as_if_there_were_no_whole(client, fund):
    make_transaction(key="whole", programme="fund", amount="100000000", state="draft")
    make_transaction(key="part", programme="fund", amount="40000000", date="2002", part_of="whole")
    assert "$40m commitment, 2002 1 row" in totals(client)
    assert "2002 Commitment grant $40,000,000 yes" in amounts(client)


def test_a_total_of_which_sources_differ_has_its_range(client, fund):
    make_transaction(programme="fund", amount="30000000", amount_low="20000000", amount_high="35000000")
    make_transaction(programme="fund", amount="10000000")
    assert "$40m commitment, 2020 2 rows that add up sources give $30m to $45m" in totals(client)


def test_totals_are_exact(client, fund):
    cents = [Decimal("0.10"), Decimal("0.20"), Decimal("99999999999999.99")]
    for cent in cents:
        make_transaction(programme="fund", amount=f"{cent.normalize():f}")
    value = part(client.get("/aid/fund/"), '<div class="totals"', "</div>").split('value="')[1].split('"')[0]
    assert Decimal(value) == sum(cents)


def test_every_amount_has_an_anchor_and_its_evidence_claim_by_claim(client, fund):
    paper = make_source(key="paper", title="Paper report", publisher="Paper")
    make_transaction(
        key="paid",
        programme="fund",
        citations=[
            {"source": paper.key, "field": "amount", "locator": "p. 3", "states_instead": "it was 900"},
        ],
    )
    row = part(client.get("/aid/fund/"), 'id="paid"', "</tr>")
    assert "Amount: stated, Paper report, p. 3; it says instead: it was 900" in words(row)


def test_the_chart_shows_what_counts_by_fiscal_year(client, fund):
    make_transaction(key="paid", programme="fund", fiscal_period="US-FY2003", date="", kind="disbursement")
    make_transaction(key="dated", programme="fund", date="2004-11-01", kind="disbursement", amount="2000")
    chart = words(part(client.get("/aid/fund/"), '<details class="chart__table"', "</details>"))
    assert "FY2003 disbursement $1,000" in chart
    assert "FY2005 disbursement $2,000" in chart  # the first of November lies in the next fiscal year


def test_an_amount_of_a_calendar_year_stands_in_one_fiscal_year_of_the_two_that_it_can_lie_in(client, fund):
    make_transaction(key="awarded", programme="fund", date="2019", kind="award", amount="5840")
    make_transaction(key="spent", programme="fund", date="2002/2004-03", kind="disbursement", amount="6000")
    chart = words(part(client.get("/aid/fund/"), 'id="money"', "</section>"))
    assert "FY2019 or FY2020 award $5,840" in chart
    assert "FY2002–FY2004 disbursement $6,000" in chart  # a sum over an interval is of all its years
    assert "the years it can lie in" in chart


def test_its_terms_show_what_was_last_found_where_a_law_has_ended(client, fund):
    make_condition(key="bar", title="The bar", programmes="fund", in_force="2010/2012")
    make_assessment(condition="bar", date="2011-02-03", finding="withheld")
    make_condition(key="now", title="Still so", programmes="fund", in_force="2010/..")
    terms = words(part(client.get("/aid/fund/"), 'id="conditions"', "</section>"))
    assert "The bar 3 Feb 2011 · no longer in force Withheld" in terms
    assert "Still so No finding on record" in terms


def test_its_events_are_on_its_page(client, fund):
    make_event(key="2020-a", programmes="fund")
    assert "/events/2020-a/" in links(client.get("/aid/fund/"))
