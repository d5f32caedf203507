"""Entering a finding in a browser: by keyboard alone, in few keystrokes, with the state before and after at once."""

import pytest
from django.urls import reverse

from relations.models import Assessment
from tests.browser.test_entry import Keys
from tests.factories import make_actor, make_condition, make_programme, make_source, make_transaction

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def condition():
    make_actor(key="secretary", name="Secretary of State")
    make_programme(key="funds", title="The funds")
    make_transaction(key="held", programme="funds", kind="suspension", amount="800000000", date="2011-07-09")
    make_source(key="wire", title="Aid is withheld", publisher="Wire", url="https://wire.example/a")
    return make_condition(key="bar", programmes="funds", certifier="secretary", in_force="2009-10-15/..")


def test_a_finding_takes_a_minute_of_keys_and_shows_what_it_changes(page, sign_in, analyst, condition, barriers):
    sign_in(analyst)
    page.goto(reverse("admin:relations_aidcondition_change", args=[condition.pk]))
    page.focus("text=Add a finding")
    keys = Keys(page)
    keys.press("Enter")
    page.wait_for_selector("#assessment_form")
    assert keys.at == "finding"
    keys.type("withh")
    keys.press("Tab")
    keys.type("2011-07-09")
    page.wait_for_selector(".supposed__table >> text=bites")
    assert page.inner_text(".supposed__table tbody tr:first-child th") == "9 Jul 2011"
    while keys.at != "transactions":
        keys.press("Tab")
    keys.press("Space")
    page.wait_for_selector(".supposed__table >> text=800,000,000 USD")
    assert barriers(page) == []
    while keys.at != "citations-0-source":
        keys.press("Tab")
    keys.paste("https://wire.example/a")
    page.wait_for_selector(".offers:not([hidden]) >> text=Aid is withheld")
    keys.press("Tab", "Control+Enter")
    page.wait_for_url("**/assessment/")
    saved = Assessment.objects.get()
    assert (saved.condition, saved.finding, saved.decided_by.key) == (condition, "withheld", "secretary")
    assert [row.key for row in saved.transactions.all()] == ["held"]
    assert [row.source.key for row in saved.citations.all()] == ["wire"]
    assert keys.strokes < 60
