import csv
import io
import re
from datetime import date
from xml.etree import ElementTree

import pytest
from defusedxml import DTDForbidden
from django.db import connection
from django.test.utils import CaptureQueriesContext

from relations import codelists
from relations.models import AidProgramme
from relations.resources import public_cells, resource_of
from tests.factories import (
    make_actor,
    make_assessment,
    make_benchmark,
    make_condition,
    make_event,
    make_package,
    make_programme,
    make_source,
    make_theme,
    make_transaction,
)
from timeline import iati
from timeline.views.base import read_edition

pytestmark = pytest.mark.django_db

OWN = f"{{{iati.NAMESPACE}}}"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
DAY = r"\d{4}-\d\d-\d\d"
MOMENT = DAY + r"T\d\d:\d\d:\d\dZ"
NUMBER = r"-?\d+(\.\d+)?"
ANY = ".+"


def one_of(codes) -> str:
    return "|".join(re.escape(code) for code in codes)


CURRENCY = one_of(codelists.codelist("iso_currency"))
# By element: what it holds, in this order, as (name, least, most); and its attributes, `!` before those that it needs.
TEXT = [("narrative", 1, 1)]
RULES = {
    "iati-activities": ([("iati-activity", 1, None)], {"!version": r"2\.03", "generated-datetime": MOMENT}),
    "iati-activity": (
        [
            ("iati-identifier", 1, 1),
            ("reporting-org", 1, 1),
            ("title", 1, 1),
            ("description", 1, None),
            ("participating-org", 1, None),
            ("activity-status", 1, 1),
            ("activity-date", 1, None),
            ("recipient-country", 0, None),
            ("location", 0, None),
            ("sector", 1, None),
            ("tag", 0, None),
            ("budget", 0, None),
            ("transaction", 0, None),
            ("document-link", 0, None),
            ("conditions", 0, 1),
            ("result", 0, None),
        ],
        {"!" + XML_LANG: "en", "last-updated-datetime": MOMENT, "linked-data-uri": "https?://.+", "humanitarian": "1"},
    ),
    "reporting-org": (TEXT, {"!ref": ANY, "!type": "90", "secondary-reporter": "1"}),
    "description": (TEXT, {"type": "[1-4]"}),
    "participating-org": (TEXT, {"!role": "1", "type": "10|40|70|90"}),
    "activity-status": ([], {"!code": "[1-6]"}),
    "activity-date": ([], {"!type": "[1-4]", "!iso-date": DAY}),
    "recipient-country": ([], {"!code": one_of(codelists.codelist("iso_country"))}),
    "location": (
        [
            ("location-reach", 0, 1),
            ("name", 0, 1),
            ("activity-description", 0, 1),
            ("point", 0, 1),
            ("exactness", 0, 1),
        ],
        {"ref": ANY},
    ),
    "location-reach": ([], {"!code": "1"}),
    "point": ([("pos", 1, 1)], {"!srsName": ANY}),
    "exactness": ([], {"!code": "[12]"}),
    "sector": (TEXT, {"!code": "[A-Za-z-]+", "!vocabulary": "9[89]", "!vocabulary-uri": ANY}),
    "tag": (TEXT, {"!code": ANY, "!vocabulary": "99", "!vocabulary-uri": ANY}),
    "budget": ([("period-start", 1, 1), ("period-end", 1, 1), ("value", 1, 1)], {"type": "1", "status": "2"}),
    "period-start": ([], {"!iso-date": DAY}),
    "period-end": ([], {"!iso-date": DAY}),
    "value": ([], {"!value-date": DAY, "!currency": CURRENCY}),
    "transaction": (
        [
            ("transaction-type", 1, 1),
            ("transaction-date", 1, 1),
            ("value", 1, 1),
            ("description", 0, 1),
            ("provider-org", 0, 1),
            ("receiver-org", 0, 1),
            ("finance-type", 0, 1),
        ],
        {"!ref": ANY},
    ),
    "transaction-type": ([], {"!code": one_of(codelists.codelist("iati_transaction_type"))}),
    "transaction-date": ([], {"!iso-date": DAY}),
    "provider-org": (TEXT, {"type": "10|40|70|90"}),
    "receiver-org": (TEXT, {"type": "10|40|70|90"}),
    "finance-type": ([], {"!code": one_of(codelists.codelist("iati_finance_type"))}),
    "document-link": ([("title", 1, 1), ("category", 1, None)], {"!url": "https?://.+", "!format": "text/html"}),
    "category": ([], {"!code": "A12"}),
    "conditions": ([("condition", 0, None)], {"!attached": "[01]"}),
    "condition": (TEXT, {"!type": one_of(codelists.codelist("iati_condition_type"))}),
    "result": ([("title", 1, 1), ("indicator", 1, None)], {"!type": "9"}),
    "indicator": (
        [("title", 1, 1), ("description", 0, 1), ("baseline", 0, None), ("period", 0, None)],
        {"!measure": "[125]"},
    ),
    "baseline": ([], {"!year": r"[1-9]\d{0,3}", "value": NUMBER}),
    "period": (
        [("period-start", 1, 1), ("period-end", 1, 1), ("target", 0, None), ("actual", 0, None)],
        {},
    ),
    "target": ([("comment", 0, 1)], {"value": NUMBER}),
    "actual": ([("comment", 0, 1)], {"value": NUMBER}),
}
RULES |= dict.fromkeys(("title", "name", "activity-description", "comment"), (TEXT, {}))
RULES |= dict.fromkeys(("iati-identifier", "narrative", "pos"), ([], {}))
# Of these IATI's schema lets no attribute of others stand.
CLOSED = ("condition", "target", "actual")


def faults(element, path: str = "") -> list[str]:
    """Return what is wrong with an element of IATI by the rules above, and with all in it."""
    path = f"{path}/{element.tag}"
    allowed, attributes = RULES[element.tag]
    found = []
    names = [name for name, _least, _most in allowed]
    children = [child.tag for child in element]
    standard = [tag for tag in children if not tag.startswith(OWN)]
    if children != standard + [tag for tag in children if tag.startswith(OWN)]:
        found.append(f"{path}: what is ours does not come last")
    if unknown := set(standard) - set(names):
        return [*found, f"{path}: {unknown} may not stand here"]
    if [names.index(tag) for tag in standard] != sorted(names.index(tag) for tag in standard):
        found.append(f"{path}: {standard} is out of order")
    for name, least, most in allowed:
        if not least <= standard.count(name) <= (most or 10**9):
            found.append(f"{path}: {standard.count(name)} of {name}")
    forms = {name.removeprefix("!"): form for name, form in attributes.items()}
    for name, text in element.attrib.items():
        if name.startswith(OWN) and element.tag not in CLOSED:
            continue
        if not re.fullmatch(forms.get(name, "(?!)"), text):
            found.append(f"{path}: {name}={text}")
    found += [f"{path}: no {name}" for name in attributes if name[0] == "!" and name[1:] not in element.attrib]
    if element.tag in ("narrative", "iati-identifier") and not (element.text or "").strip():
        found.append(f"{path}: no text")
    if element.tag == "value" and not re.fullmatch(NUMBER, element.text or ""):
        found.append(f"{path}: {element.text}")
    if element.tag in ("budget", "period"):
        first, last = (date.fromisoformat(element.find(f"period-{end}").get("iso-date")) for end in ("start", "end"))
        if first > last or element.tag == "budget" and (last - first).days > 366:
            found.append(f"{path}: {first} to {last}")
    return found + [fault for child in element if not child.tag.startswith(OWN) for fault in faults(child, path)]


def as_stored(model, keys) -> dict[str, dict]:
    resource = resource_of(model)
    with public_cells():
        rows = resource.with_relations(model.objects.published().filter(key__in=keys))
        return {row.key: resource.snapshot(row) for row in rows}


def tree(client, address: str):
    answer = client.get(address)
    assert answer.status_code == 200, address
    assert answer["Content-Type"] == "application/xml; charset=utf-8"
    return ElementTree.fromstring(b"".join(answer.streaming_content))


def lost(client, address: str) -> list[dict[str, str]]:
    text = b"".join(client.get(address).streaming_content).decode()
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture
def programme():
    """A programme with something of every kind, some of it awkward."""
    make_package()
    giver, taker = make_actor(key="giver", kind="state"), make_actor(key="taker", kind="state", country="PK")
    made = make_programme(
        key="funds",
        title="<Funds> & “more”",
        description="Line one.\nLine two.",
        category="military",
        account="FMF",
        provider=giver.key,
        recipient=taker.key,
        start="2001-10",
        legal_basis="Act, s. 23",
        themes=make_theme(key="aid").key,
    )
    own = {"programme": "funds"}
    make_transaction(key="voted", kind="appropriation", fiscal_period="US-FY2010", date="", amount="100", **own)
    make_transaction(key="voted-part", kind="appropriation", fiscal_period="US-FY2010", date="", part_of="voted", **own)
    make_transaction(key="block", kind="appropriation", fiscal_period="US-FY2002/US-FY2007", date="", **own)
    paid = {"kind": "disbursement", "amount": "12.5", "provider": "giver", "receiver": "taker", "finance_type": "110"}
    make_transaction(key="paid", date="2011-05-06", note="The first <of two>.", **paid, **own)
    make_transaction(key="paid-doubtful", date="2012~", kind="obligation", **own)
    make_transaction(key="undated", kind="pledge", date="", **own)
    make_transaction(key="held", kind="suspension", date="2013-02-03", amount="40", **own)
    bar = make_condition(key="bar", programmes="funds", in_force="2009-10-15/2014-09-30", kind="performance")
    make_condition(key="part", parent=bar.key, requirement="In part.")
    make_assessment(key="not-certified", condition="bar", date="2013-02", finding="not-certified", transactions="held")
    measured = {"date": "2013", "value": "2.5", "sources": "s", "note": "About."}
    make_source(key="s")
    aim = {"target": "15", "baseline": "0", "unit": "percent of GDP", "deadline": "2013-06"}
    aim |= {"deadline_reset": "2014-06-30", "measurements": [measured]}
    make_benchmark(key="share", condition="bar", **aim)
    make_benchmark(key="words", condition="bar", target="done", deadline="")
    make_event(key="2011-flood", programmes="funds", latitude="33.6", longitude="73", country="PK", place="Rawalpindi")
    return made


def test_a_programme_is_an_activity_by_all_the_rules(client, programme):
    found = tree(client, "/aid/funds/iati/")
    assert faults(found) == []
    [activity] = found
    assert activity.findtext("title/narrative") == "<Funds> & “more”"
    assert [(node.get("type"), node.get("iso-date")) for node in activity.findall("activity-date")] == [
        ("2", "2001-10-01")
    ]
    codes = [(node.get("vocabulary"), node.get("code")) for node in activity.findall("sector")]
    assert codes == [("99", "military"), ("98", "FMF")]
    assert activity.find("location/point/pos").text == "33.6 73"


def test_who_adds_up_the_file_counts_nothing_twice(client, programme):
    [activity] = tree(client, "/aid/funds/iati/")
    budgets = [
        (node.find("period-start").get("iso-date"), node.findtext("value")) for node in activity.findall("budget")
    ]
    assert budgets == [("2009-10-01", "100")]
    amounts = {
        node.get("ref"): (node.find("transaction-type").get("code"), node.findtext("value"))
        for node in activity.findall("transaction")
    }
    assert amounts == {"paid": ("3", "12.5"), "paid-doubtful": ("2", "1000")}
    why = {row["record"]: row["why"] for row in lost(client, "/aid/funds/iati/losses.csv") if row["field"] == ""}
    assert why == {
        "block": "IATI takes no budget that is not of one year",
        "held": "IATI has no type of transaction for it",
        "undated": "IATI needs a day, and none is known",
        "voted-part": "another amount holds it, and who adds up the file would count it twice",
    }


def test_the_states_of_a_condition_stand_in_our_namespace(client, programme):
    [activity] = tree(client, "/aid/funds/iati/")
    whole, part = activity.findall("conditions/condition")
    assert (whole.get("type"), part.findtext("narrative")) == ("2", "In part.")
    states = [(node.text, node.get("first"), node.get("last")) for node in whole.findall(f"{OWN}state")]
    assert states[:2] == [("not in force", None, "2009-10-14"), ("in force, no finding", "2009-10-15", "2013-01-31")]
    assert states[-2:] == [("bites", "2013-02-28", "2014-09-30"), ("ended", "2014-10-01", None)]


def test_benchmarks_are_indicators_with_target_and_what_was_measured(client, programme):
    [activity] = tree(client, "/aid/funds/iati/")
    share, words = activity.findall("result/indicator")
    assert share.find("baseline").attrib == {"year": "2009", "value": "0"}
    target, measured = share.findall("period")
    assert (target.find("period-end").get("iso-date"), target.find("target").get("value")) == ("2014-06-30", "15")
    assert measured.find("actual").get("value") == "2.5"
    assert (share.get("measure"), words.get("measure")) == ("2", "5")


def test_what_is_written_is_read_back_as_it_was(client, programme):
    answer = client.get("/aid/funds/iati/")
    found = iati.read(io.BytesIO(b"".join(answer.streaming_content)))
    counts = {table: len(records) for table, records in found.items()}
    assert counts == {"aid_programmes": 1, "transactions": 7, "aid_conditions": 2, "assessments": 1, "benchmarks": 2}
    for table, records in found.items():
        assert records == as_stored(iati.TABLES[table], records), table


def test_the_list_of_losses_says_cell_by_cell_what_iati_does_not(client, programme):
    rows = lost(client, "/aid/funds/iati/losses.csv")
    by_cell = {(row["record"], row["field"]): (row["value"], row["why"]) for row in rows}
    assert by_cell["funds", "start"] == ("2001-10", "IATI says “2001-10-01” for it")
    assert by_cell["paid-doubtful", "date"] == ("2012~", "IATI says “2012-12-31” for it")
    assert by_cell["not-certified", "finding"] == ("not-certified", "IATI has no element for it")
    assert ("funds", "title") not in by_cell
    assert ("paid", "amount") not in by_cell


def test_a_filter_of_the_list_is_a_file_and_names_its_losses(client, programme):
    make_programme(key="grain", category="humanitarian", start="1954", end="1960")
    found = tree(client, "/aid/iati/?category=humanitarian")
    assert faults(found) == []
    assert [node.text for node in found.iter("iati-identifier")] == ["factory-grain"]
    assert found.get(f"{OWN}losses").endswith("/aid/iati/losses.csv?category=humanitarian")
    assert {row["record"] for row in lost(client, "/aid/iati/losses.csv?category=humanitarian")} == {"grain"}
    assert client.get("/aid/iati/?category=none").status_code == 400
    assert client.get("/aid/iati/?category=trade-preference").status_code == 404


def test_a_draft_is_in_no_file(client, programme):
    make_programme(key="secret-programme", state="draft")
    for make, name in ((make_transaction, "programme"), (make_condition, "programmes")):
        make(key=f"secret-{name}", state="draft", citations=[], **{name: "funds"})
    make_assessment(key="secret-finding", state="draft", condition="bar", date="2012", finding="waived")
    for address in ("/aid/iati/", "/aid/iati/losses.csv", "/aid/funds/iati/", "/aid/funds/iati/losses.csv"):
        assert b"secret" not in b"".join(client.get(address).streaming_content), address
    assert client.get("/aid/secret-programme/iati/").status_code == 404


def test_a_file_costs_the_same_for_one_programme_and_for_many(programme):
    edition = read_edition()

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            list(iati.losses(AidProgramme.objects.all(), edition))
        return len(queries)

    one = cost()
    for number in range(5):
        make_programme(key=f"more-{number}")
        make_transaction(programme=f"more-{number}", kind="disbursement")
        make_condition(programmes=f"more-{number}")
    assert cost() == one


def test_what_is_no_file_of_ours_is_refused_and_no_entity_is_resolved(client, programme):
    text = b"".join(client.get("/aid/funds/iati/").streaming_content)
    bomb = text.replace(b"<iati-activities", b'<!DOCTYPE a [<!ENTITY b "c">]><iati-activities', 1)
    with pytest.raises(DTDForbidden):
        iati.read(io.BytesIO(bomb))
    foreign = re.sub(rb"<b:record.*?(</b:record>|/>)", b"", text, flags=re.DOTALL)
    with pytest.raises(ValueError, match="no record of this project"):
        iati.read(io.BytesIO(foreign))


def test_the_data_page_and_a_programme_link_their_files(client, programme):
    assert 'href="/aid/iati/"' in client.get("/data/").text
    assert 'href="/aid/funds/iati/"' in client.get("/aid/funds/").text
    assert 'href="/aid/iati/?category=military"' in client.get("/aid/?category=military").text
