"""The list of investments, and the page of one: who holds what, what was paid."""

import pytest

from tests.factories import (
    make_actor,
    make_event,
    make_investment,
    make_judgement,
    make_source,
    make_transaction,
)
from tests.timeline.reading import links, part, words

pytestmark = pytest.mark.django_db


def test_the_list_shows_status_and_evidence(client):
    make_investment(name="The mine", status="suspended", status_as_of="2024-06")
    page = words(client.get("/investments/"))
    assert "The mine" in page and "Suspended Jun 2024" in page and "1 source only" in page


def test_the_page_shows_stakes_in_their_order_and_says_what_is_not_recorded(client):
    make_actor(key="aland", name="Aland")
    make_actor(key="bank", name="The Bank")
    make_investment(
        key="mine",
        stakes=[
            {"actor": "bank", "role": "lender", "since": "2015", "share_percent": ""},
            {"actor": "aland", "role": "owner", "since": "", "share_percent": "12.5"},
        ],
    )
    stakes = words(part(client.get("/investments/mine/"), 'id="stakes"', "</section>"))
    assert "The Bank Lender 2015 not recorded Aland Owner not recorded 12.5 %" in stakes


def test_status_with_its_date_its_sources_money_and_events_are_on_the_page(client):
    source = make_source(key="paper")
    make_investment(
        key="mine",
        status="under-way",
        status_as_of="2024-06",
        announced="2010",
        citations=[{"source": source.key, "field": "status"}],
    )
    make_transaction(key="lent", investment="mine", amount="2000000", kind="commitment", instrument="loan")
    make_event(key="2020-a", investments="mine")
    answer = client.get("/investments/mine/")
    facts = part(answer, '<dl class="facts"', "</dl>")
    assert "Status Under way as of Jun 2024" in words(facts) and "#source-1" in links(facts)
    assert 'id="lent"' in answer.content.decode() and "$2,000,000" in words(answer)
    assert "/events/2020-a/" in links(answer)


def test_financing_stands_beside_equity_and_never_in_it(client):
    make_actor(key="aland", name="Aland")
    make_actor(key="borland", name="Borland")
    make_investment(
        key="mine",
        stakes=[
            {"actor": "aland", "role": "owner", "since": "2022", "share_percent": "50"},
            {"actor": "borland", "role": "owner", "since": "", "share_percent": "25"},
        ],
    )
    make_transaction(key="lent", investment="mine", amount="300", kind="commitment", instrument="loan")
    make_transaction(key="paid", investment="mine", amount="849", kind="disbursement", instrument="equity")
    page = client.get("/investments/mine/")
    assert "the owners on record hold 75 %" in words(part(page, 'id="stakes"', "</section>"))
    beside = part(page, 'id="financing"', "</section>")
    assert "Equity Disbursement $849 2020 Loan Commitment $300 2020" in words(beside)
    [loans] = [address for address in links(beside) if "loan" in address]
    assert loans == "/investments/totals/?investment=mine&instrument=loan&kind=commitment&currency=USD"
    assert "$300" in words(client.get(loans)) and "$849" not in words(client.get(loans))


def test_events_money_and_risks_stand_on_one_axis(client):
    make_investment(key="mine", announced="2022-03", status="under-way", status_as_of="2026-03")
    make_event(key="2026-attack", investments="mine", title="An attack", date="2026-01-31")
    make_transaction(investment="mine", amount="849", kind="disbursement", instrument="equity", date="../2025-12")
    make_judgement(key="risk", kind="risk", investments="mine", made_on="2025", statement="Attacks put it at risk.")
    timeline = part(client.get("/investments/mine/"), 'id="timeline"', "</section>")
    for title in ("Cooperation", "Project", "Equity", "Risks", "$849 disbursement", "Attacks put it at risk."):
        assert title in timeline
    assert "Financing" not in timeline
    assert {"/events/2026-attack/", "/judgements/risk/"} <= set(links(timeline))
