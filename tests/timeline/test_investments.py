"""The list of investments, and the page of one: who holds what, what was paid."""

import pytest

from tests.factories import make_actor, make_event, make_investment, make_source, make_transaction
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
