"""Aid as a whole: every total opens as the rows that make it, and they add up to it; charts as pages and as files."""

import csv
import io
import subprocess
from decimal import Decimal
from xml.etree import ElementTree

import jsonschema
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from relations.models import AidProgramme, Transaction
from tests.factories import make_investment, make_package, make_programme, make_transaction
from tests.timeline.reading import links, part, words
from timeline.totals import one_of, totals, within, years_of

pytestmark = pytest.mark.django_db
# The second program knows no more than that a CSV has columns; no cell here has a comma before the amount.
AWK = r"""
NR == 1 { for (n = 1; n <= NF; n++) if ($n == "amount") column = n; next }
{ total += $column }
END { printf "%d", total }
"""


@pytest.fixture
def funds():
    make_programme(key="arms", title="Arms fund", category="military")
    make_programme(key="food", title="Food fund", category="economic")
    for key, cells in {
        "a": {"programme": "arms", "amount": "1", "kind": "appropriation", "date": "", "fiscal_period": "US-FY2011"},
        "b": {"programme": "food", "amount": "20", "kind": "appropriation", "date": "2011-02", "amount_high": "25"},
        "c": {"programme": "food", "amount": "300", "kind": "appropriation", "date": "2001/2005"},
        "d": {"programme": "food", "amount": "4000", "kind": "disbursement", "date": "2011-02-03"},
        "e": {"programme": "food", "amount": "50000", "kind": "disbursement", "date": "2011", "currency": "XDR"},
        "f": {"programme": "arms", "amount": "600000", "kind": "disbursement", "date": ""},
        "of-a": {"programme": "food", "amount": "1", "kind": "appropriation", "date": "2011", "part_of": "a"},
        "again": {
            "programme": "arms",
            "amount": "9",
            "date": "2011",
            "counts_in_totals": "no",
            "note": "It repeats a.",
        },
    }.items():
        make_transaction(key=key, **cells)
    make_transaction(key="unseen", programme="food", amount="7000000", state="draft")
    make_transaction(key="mine", investment=make_investment().key, amount="80000000")


def text(response) -> str:
    return b"".join(response.streaming_content).decode()


def table(client, address: str) -> list[dict]:
    return list(csv.DictReader(io.StringIO(text(client.get(address)))))


def as_file(address: str) -> str:
    return address.replace("/totals/", "/totals.csv").removeprefix("http://127.0.0.1:8000")


@pytest.mark.parametrize("by", ["year", "year&years=calendar", "programme", "category"])
def test_every_total_is_an_address_whose_rows_add_up_to_it(client, funds, by):
    found = table(client, f"/aid/chart.csv?by={by}")
    assert sum(Decimal(row["amount"]) for row in found) == 654321
    for row in found:
        rows = table(client, as_file(row["address"]))
        assert len(rows) == int(row["rows"])
        assert {(item["kind"], item["currency"]) for item in rows} == {(row["kind"], row["currency"])}
        assert sum(Decimal(item["amount"]) for item in rows) == Decimal(row["amount"])
        page = client.get(row["address"].removeprefix("http://127.0.0.1:8000"))
        assert f'value="{row["amount"]}"' in part(page, '<div class="totals"', "</div>")
    shown = links(client.get(f"/aid/?by={by}"))
    assert {row["address"].removeprefix("http://127.0.0.1:8000") for row in found} <= set(shown)


def test_a_second_program_adds_the_file_to_the_same_total(client, funds):
    file = text(client.get("/aid/totals.csv?kind=appropriation&currency=USD"))
    done = subprocess.run(["awk", "-F", ",", AWK], input=file, capture_output=True, text=True, check=True)  # noqa: S607
    assert done.stdout == "321"
    assert "$321 appropriation 3 rows that add up" in words(client.get("/aid/totals/?kind=appropriation"))


def test_what_counts_in_no_total_is_shown_with_the_reason(client, funds):
    others = words(part(client.get("/aid/totals/?period=2011&years=calendar"), 'id="others"', "</section>"))
    assert "2011 Commitment Arms fund $9 It repeats a." in others
    assert "2011 Appropriation Food fund $1 Part of a larger amount." in others


def test_a_year_has_what_lies_within_it_and_says_that_it_is_covered_only_in_part(client, funds):
    rows = {(row["period"], row["kind"], row["currency"]): row for row in table(client, "/aid/chart.csv")}
    year = rows["US-FY2011", "appropriation", "USD"]
    assert (year["amount"], year["amount_low"], year["amount_high"]) == ("21", "21", "26")
    block = rows["US-FY2001/US-FY2006", "appropriation", "USD"]
    assert block["amount"] == "300" and block["in_part"] == "appropriation of FY2001–FY2006 is not divided by year"
    assert rows["undated", "disbursement", "USD"]["amount"] == "600000"
    page = words(client.get("/aid/"))
    assert "FY2001–FY2006: appropriation of FY2001–FY2006 is not divided by year" in page
    assert "Not on the chart, for their years are not known: $600,000 disbursement" in page


def test_currencies_and_kinds_stand_side_by_side_and_filters_narrow_the_totals(client, funds):
    page = words(part(client.get("/aid/"), 'id="totals"', "</details>"))
    assert "Appropriation $321 $321 to $326 3" in page and "SDR 50,000" in page
    narrowed = words(part(client.get("/aid/?category=military"), 'id="totals"', "</details>"))
    assert "Appropriation $1" in narrowed and "Disbursement $600,000" in narrowed and "SDR" not in narrowed
    assert "/aid/totals/?category=military&kind=appropriation&currency=USD" in links(
        client.get("/aid/?category=military")
    )


@pytest.mark.parametrize(
    "address",
    ["/aid/chart.svg", "/aid/chart.svg?by=programme&currency=XDR", "/aid/chart.svg?programme=arms&years=calendar"],
)
def test_a_chart_is_a_file_with_title_source_and_date_and_without_a_stylesheet(client, funds, address):
    response = client.get(address)
    assert response["Content-Type"].startswith("image/svg+xml") and "attachment" in response["Content-Disposition"]
    body = response.content.decode()
    root = ElementTree.fromstring(body)  # noqa: S314
    shown = " ".join(root.itertext())
    assert "Aland–Borland: Aid by" in shown and "Bilateral, http://127.0.0.1:8000/, revision" in shown
    assert "class=" not in body and "style" not in body and 'href="/' not in body


def test_a_chart_of_nothing_has_its_title_all_the_same(client):
    make_package()
    assert "Aid by fiscal year" in client.get("/aid/chart.svg").content.decode()
    assert "No amount on record" in words(client.get("/aid/totals/"))


def test_each_total_of_a_programme_and_of_an_investment_opens_as_its_rows(client, funds):
    [address] = [link for link in links(client.get("/aid/arms/")) if "totals" in link and "appropriation" in link]
    assert address == "/aid/totals/?programme=arms&kind=appropriation&currency=USD"
    assert [row["key"] for row in table(client, as_file(address))] == ["a"]
    key = Transaction.objects.get(key="mine").investment.key
    [address, of_instrument] = [link for link in links(client.get(f"/investments/{key}/")) if "/totals/" in link]
    for link in (address, of_instrument):
        assert [row["key"] for row in table(client, as_file(link))] == ["mine"]


@pytest.mark.parametrize(
    ("query", "right"),
    [
        ("by=yeer", "write year"),
        ("years=lunar", "write calendar"),
        ("kind=pledges", "write pledge"),
        ("currency=usd", "write USD"),
        ("period=US-FY11", "US-FY2011"),
        ("period=2011", "US-FY2011"),
        ("years=calendar&period=US-FY2011", "write 2011"),
        ("years=calendar&period=2013/2011", "the earlier one first"),
        ("programme=unseen-fund", "unseen-fund"),
        ("knid=pledge", "write “kind”"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_would_be_right(client, query, right):
    make_package()
    for address in ("/aid/totals/", "/aid/totals.csv", "/aid/chart.svg", "/aid/chart.csv", "/aid/"):
        response = client.get(f"{address}?{query}")
        assert response.status_code == 400, address
        assert right in words(response), address


def test_fiscal_and_calendar_years_are_both_on_the_page_of_a_programme(client, funds):
    fiscal, calendar = client.get("/aid/food/"), client.get("/aid/food/?years=calendar")
    assert "FY2001–FY2006 appropriation $300" in words(fiscal)
    assert "2001–2005 appropriation $300" in words(calendar) and "FY20" not in words(
        part(calendar, 'id="money"', "</section>")
    )
    assert client.get("/aid/food/?years=lunar").status_code == 400
    # Each currency is a chart of its own.
    assert "SDR 50,000" in words(part(fiscal, 'id="money"', "</section>"))


def test_the_total_of_a_year_reads_an_index_and_no_row_of_the_table(db):
    programme = AidProgramme.objects.get(key=make_programme().key)
    base = Transaction.objects.get(key=make_transaction(programme=programme.key).key)
    base.key = ""
    copies = []
    for number in range(3000):
        period = f"US-FY{1950 + number % 70}" if number % 2 else ""
        copy = Transaction(
            **{
                field.attname: getattr(base, field.attname)
                for field in Transaction._meta.concrete_fields
                if field.name != "id"
            }
        )
        copy.key, copy.fiscal_period, copy.date = f"row-{number}", period, ""
        copy.earliest = copy.latest = base.earliest.replace(year=1950 + number % 70)
        copies.append(copy)
    Transaction._base_manager.bulk_create(copies)
    years = years_of()
    rows = Transaction.objects.counted().filter(programme__isnull=False)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE relations_transaction")
    with CaptureQueriesContext(connection) as captured:
        [total] = totals(within(rows, years, "US-FY2001"))
    assert total.rows == one_of(rows, years, "US-FY2001").count() > 20
    assert len(captured) == 2
    for query in within(rows, years, "US-FY2001"):
        plan = query.order_by().explain()
        # PostgreSQL joins the wholes, of which no row here has one, as it likes: a table of 3,000 rows is small.
        scans = ("SCAN relations_transaction", "Seq Scan on relations_transaction  (")
        assert "counted_by" in plan, plan
        assert not any(scan in plan for scan in scans), plan


@pytest.mark.parametrize("by", ["year", "programme", "category"])
def test_the_api_has_the_totals_of_the_charts_and_answers_as_its_document_says(client, funds, by):
    answer = client.get(f"/api/v1/totals/?by={by}&currency=USD").json()
    assert answer["by"] == by and answer["years"] == "fiscal"
    shown = [(row["kind"], row["amount"], row["address"]) for row in answer["results"]]
    assert shown == [
        (row["kind"], row["amount"], row["address"]) for row in table(client, f"/aid/chart.csv?by={by}&currency=USD")
    ]
    assert sum(Decimal(amount) for _kind, amount, _address in shown) == 604321
    document = client.get("/api/v1/openapi.json").json()
    content = document["paths"]["/api/v1/totals/"]["get"]["responses"]["200"]["content"]
    schema = content["application/json"]["schema"] | {"components": document["components"]}
    jsonschema.Draft202012Validator(schema).validate(answer)
    assert client.get("/api/v1/totals/?by=week").status_code == 400
    assert client.get("/api/v1/").json()["totals"] == "http://127.0.0.1:8000/api/v1/totals/"
