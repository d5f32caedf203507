"""Entering a finding from its condition and an amount from its programme, with what each would change."""

from html import unescape

import pytest

from relations.models import Assessment, PublicRevision, Transaction
from tests.factories import (
    make_actor,
    make_assessment,
    make_condition,
    make_programme,
    make_source,
    make_transaction,
)
from tests.forms import form_of

pytestmark = pytest.mark.django_db

FINDING, AMOUNT = "/admin/relations/assessment/add/", "/admin/relations/transaction/add/"


def supposed(answer) -> list[list[str]]:
    """Return the lines of the comparison that a page shows: what, before, after."""
    assert answer.status_code == 200
    return [[line.about, line.before, line.after] for line in answer.context["supposed"] or ()]


@pytest.fixture
def condition(client, analyst):
    """A condition on a programme with two amounts, certified for the fiscal year 2010."""
    client.force_login(analyst)
    secretary = make_actor(key="secretary", name="Secretary of State")
    make_programme(key="funds", title="The funds")
    make_transaction(key="held", programme="funds", kind="suspension", amount="800000000", date="2011-07-09")
    make_transaction(key="other", kind="suspension")
    made = make_condition(key="bar", programmes="funds", certifier=secretary.key, in_force="2009-10-15/..")
    make_assessment(
        key="certified", condition="bar", date="2010-03", period_covered="US-FY2010", decided_by="secretary"
    )
    make_source(key="wire", url="https://wire.example/a")
    return made


def begin(client, address: str, record) -> dict:
    field = "condition" if address is FINDING else "programme"
    name = "assessment" if address is FINDING else "transaction"
    return form_of(client.get(f"{address}?{field}={record.pk}"), f"{name}_form")


def test_the_page_of_a_condition_leads_to_a_finding_that_begins_as_usual(client, condition):
    page = client.get(f"/admin/relations/aidcondition/{condition.pk}/change/")
    assert f'href="{FINDING}?condition={condition.pk}"' in page.text
    form = begin(client, FINDING, condition)
    assert form["condition"] == ["Condition bar [bar]"]
    assert form["decided_by"] == ["Secretary of State [secretary]"]
    assert form["period_covered"] == ["US-FY2011"]


def test_the_amounts_of_its_programmes_are_there_to_be_picked_and_no_others(client, condition):
    page = client.get(f"{FINDING}?condition={condition.pk}")
    assert 'value="suspension, 800,000,000 USD [held]"' in page.text
    assert "2011-07-09, The funds" in page.text
    assert "[other]" not in page.text


def test_the_state_before_and_after_is_shown_and_nothing_is_saved(client, condition):
    form = begin(client, FINDING, condition)
    form |= {"finding": "withheld", "date": "2011-07-09", "transactions": ["suspension, 800,000,000 USD [held]"]}
    form |= {"period_covered": ""}
    before = PublicRevision.objects.get().number
    answer = client.post(FINDING, form | {"_suppose": "1"})
    assert supposed(answer) == [
        ["9 Jul 2011", "in force, no finding", "bites"],
        ["held on 9 Jul 2011", "–", "800,000,000 USD"],
        ["1 Jul 2026", "in force, no finding", "bites"],
        ["held on 1 Jul 2026", "–", "800,000,000 USD"],
    ]
    assert Assessment.objects.count() == 1
    assert PublicRevision.objects.get().number == before
    assert "Not saved." not in answer.text
    # What was typed and picked is still there, and saves as it stands.
    again = form_of(answer, "assessment_form")
    assert again["transactions"][0] == "suspension, 800,000,000 USD [held]"
    again |= {"citations-0-source": "wire", "citations-0-support": "stated"}
    assert client.post(FINDING, again).status_code == 302
    saved = Assessment.objects.get(finding="withheld")
    assert [row.key for row in saved.transactions.all()] == ["held"]
    assert (saved.decided_by.key, saved.state) == ("secretary", "draft")


def test_what_says_too_little_or_is_wrong_is_told_and_not_supposed(client, condition):
    form = begin(client, FINDING, condition)
    answer = client.post(FINDING, form | {"finding": "waived", "_suppose": "1"})
    assert supposed(answer) == []
    assert "Too little is known yet" in answer.text
    answer = client.post(FINDING, form | {"finding": "waived", "date": "31 May", "_suppose": "1"})
    assert supposed(answer) == []
    assert "31 May" in unescape(answer.text)
    assert Assessment.objects.count() == 1


def test_of_a_condition_that_is_not_public_drafts_count(client, analyst):
    client.force_login(analyst)
    bar = make_condition(key="draft-bar", state="draft", by=analyst)
    make_assessment(state="draft", condition="draft-bar", date="2012", finding="certified", by=analyst)
    form = begin(client, FINDING, bar) | {"finding": "not-certified", "date": "2013-01-02"}
    form |= {"decided_by": make_actor(key="judge").key}
    answer = client.post(FINDING, form | {"_suppose": "1"})
    assert supposed(answer)[0] == ["2 Jan 2013", "satisfied", "bites"]


def test_an_amount_begins_as_usual_for_its_programme_and_shows_the_running_total(client, condition):
    funds = condition.programmes.get()
    make_transaction(key="paid", programme="funds", kind="disbursement", amount="100.5", date="2009", instrument="loan")
    make_transaction(programme="funds", kind="disbursement", date="2008", part_of="paid")
    page = client.get(f"/admin/relations/aidprogramme/{funds.pk}/change/")
    assert f'href="{AMOUNT}?programme={funds.pk}"' in page.text
    form = begin(client, AMOUNT, funds)
    assert (form["programme"], form["kind"], form["instrument"]) == (["The funds [funds]"], ["disbursement"], ["loan"])
    form |= {"amount": "50", "date": "2013"}
    assert supposed(client.post(AMOUNT, form | {"_suppose": "1"})) == [
        ["disbursement, all together", "100.5 USD", "150.5 USD"]
    ]
    part = form | {"part_of": "paid", "_suppose": "1"}
    assert supposed(client.post(AMOUNT, part)) == [["disbursement, all together", "100.5 USD", "100.5 USD"]]
    assert not Transaction.objects.filter(amount=50).exists()


def test_the_change_of_a_published_finding_is_supposed_too(client, condition):
    finding = Assessment.objects.get(key="certified")
    address = f"/admin/relations/assessment/{finding.pk}/change/"
    form = form_of(client.get(address), "assessment_form") | {"finding": "not-certified", "_suppose": "1"}
    assert supposed(client.post(address, form))[0] == ["31 Mar 2010", "satisfied", "bites"]
    finding.refresh_from_db()
    assert (finding.finding, finding.version) == ("certified", 1)


def test_who_may_not_enter_findings_is_not_let_in(client, condition, outsider):
    outsider.is_staff = True
    outsider.save()
    client.force_login(outsider)
    for address in (f"{FINDING}?condition={condition.pk}", f"{AMOUNT}?programme=1"):
        assert client.get(address).status_code == 403
        assert client.post(address, {"_suppose": "1"}).status_code == 403


@pytest.mark.parametrize("pk", ["0", "x", "99999999999999999999", "-1", "²"])
def test_an_address_that_names_nothing_begins_an_empty_form(client, condition, pk):
    form = form_of(client.get(FINDING, {"condition": pk}), "assessment_form")
    assert form["condition"] == [""]
