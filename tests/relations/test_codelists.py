from datetime import date

import pytest

from relations import codelists, importing, publishing
from relations.models import Investment, Transaction
from relations.writing import Edit, Refused, check
from tests.factories import make_programme, make_transaction

pytestmark = pytest.mark.django_db

SUCCESSOR = "“410” (Aid loan excluding debt reorganisation) was withdrawn on 2015-12-31; write 421 (Standard loan)"


def test_every_successor_is_a_code_of_its_list_and_no_life_ends_before_it_begins():
    for name in ("iati_finance_type", "dac_sector_3digit", "military_aid"):
        codes = codelists.codelist(name)
        for code in codes.values():
            assert not code.successor or code.withdrawn, code
            assert all(other in codes for other in filter(None, code.successor.split("|"))), code
            life = [date.fromisoformat(day) for day in (code.valid_from, code.withdrawn) if day]
            assert life == sorted(life), code


def test_a_withdrawn_code_is_right_on_a_loan_of_1982():
    loan = make_transaction(date="1982-03", instrument="loan", finance_type="410")
    assert loan.finance_type == "410"


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"date": "2020", "finance_type": "410"}, SUCCESSOR),
        ({"fiscal_period": "US-FY2020", "finance_type": "410"}, SUCCESSOR),
        ({"date": "1982", "finance_type": "421"}, "“421” (Standard loan) holds from 2016-01-01; write 410 (Aid loan"),
        ({"date": "1982", "finance_type": "15210"}, "“15210” is not in the list"),
    ],
)
def test_a_code_is_refused_outside_its_life_and_its_successor_is_named(cells, said):
    with pytest.raises(Refused) as refused:
        make_transaction(**({"date": ""} | cells), instrument="loan")
    [fault] = refused.value.faults
    assert (fault.column, fault.value) == ("finance_type", cells["finance_type"])
    assert fault.message.startswith(said)


@pytest.mark.parametrize("date", ["", "2015-12/2016-01", "2015-12-31", "2010/.."])
def test_what_may_lie_within_the_life_of_a_code_is_let_through(date):
    assert make_transaction(date=date, finance_type="410").finance_type == "410"


def test_a_group_of_sectors_that_was_split_names_each_of_its_successors(analyst):
    cells = {"key": "dam", "name": "Dam", "sector_code": "230", "status": "announced", "announced": "2024"}
    with pytest.raises(Refused) as refused:
        check([Edit(Investment, cells=cells)], by=analyst)
    assert "231 (Energy Policy), 232 (Energy generation, renewable sources), 233" in refused.value.faults[0].message
    assert check([Edit(Investment, cells=cells | {"announced": "1968"})], by=analyst)


def test_military_aid_has_accounts_and_no_number_of_the_dac():
    training = make_programme(category="military", account="IMET")
    assert training.get_account_display() == "International Military Education and Training"
    with pytest.raises(Refused) as refused:
        make_programme(category="military", account="15210")
    assert refused.value.faults[0].message == (
        "“15210” is not in the list; write CSF, EDA, FMF, FMS, FMSCR, IMET, MAP, PCCF, PCF"
    )
    with pytest.raises(Refused) as refused:
        make_programme(category="military", account="MAP", start="2005")
    assert refused.value.faults[0].message.endswith("withdrawn on 1990-09-30; write FMF (Foreign Military Financing)")


def test_form_import_and_proposal_refuse_alike(client, analyst):
    loan = make_transaction(key="loan", date="2020", instrument="loan", programme=make_programme(key="power").key)
    edit = Edit(Transaction, pk=loan.pk, seen=loan.version, cells={"finance_type": "410"})
    with pytest.raises(Refused) as refused:
        publishing.propose([edit], by=analyst, change="correction", reason="Its type.")
    assert refused.value.faults[0].message == SUCCESSOR

    table = b"key,date,finance_type\nloan,2020,410\n"
    plan = importing.plan("loans.csv", table, resource_name="transactions", by=analyst)
    assert any(SUCCESSOR in cell for line in importing.refused_lines(plan) for cell in line)

    cells = {"programme": "power", "kind": "disbursement", "amount": "5", "currency": "USD", "date": "2020"}
    cells |= {"instrument": "loan", "finance_type": "410", "counts_in_totals": "on", "key": "next", "version": "0"}
    cells |= {f"citations-{name}_FORMS": "0" for name in ("TOTAL", "INITIAL")}
    client.force_login(analyst)
    answer = client.post("/admin/relations/transaction/add/", cells)
    assert SUCCESSOR in answer.text
    assert not Transaction.objects.filter(key="next").exists()
