"""Every month since 1947, asked at the doors: the answers are those that the files of the package alone give.

The files are read here without a database, so that both databases are held against the same. And the docket at the
size that it must bear.
"""

import csv
import gzip
from contextlib import contextmanager
from datetime import date
from decimal import Decimal

import pytest
from django.conf import settings
from django.db import connection

from relations import dates, pair
from relations.fields import plain
from relations.models import AidCondition, Assessment
from relations.states import CANCELLING, ConditionRow, Docket, FindingRow, TransactionRow
from relations.writing import Edit, write
from tests.factories import make_actor, make_package, make_source

PACKAGE = settings.BASE_DIR / "fixtures" / "us-pakistan"
MOST_QUERIES = 30


def rows_of(name: str) -> list[dict[str, str]]:
    with (PACKAGE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def docket_of_files() -> Docket:
    """The docket of the package's files: all of it is public."""
    amounts = {row["key"]: row for row in rows_of("transactions")}

    def transaction(key: str) -> TransactionRow:
        row, wholes = amounts[key], []
        while amounts[(wholes or [key])[-1]]["part_of"]:
            wholes.append(amounts[(wholes or [key])[-1]]["part_of"])
        known = dates.parse(row["date"]) if row["date"] else None
        first, last = (known.earliest, known.latest) if known else pair.current().period(row["fiscal_period"])
        is_sure = not (known and known.is_qualified)
        return TransactionRow(
            key, row["kind"], Decimal(row["amount"]), row["currency"], first, last, is_sure, tuple(wholes)
        )

    findings = []
    for row in rows_of("assessments"):
        text = row["period_covered"]
        known = dates.parse(text) if text and "-FY" not in text else None
        findings.append(
            FindingRow(
                row["key"],
                row["condition"],
                row["date"],
                row["finding"],
                pair.current().period(text) if text else None,
                not known or not (known.is_qualified or known.start.is_unknown or known.end.is_unknown),
                Decimal(row["amount_affected"]) if row["amount_affected"] else None,
                row["currency"],
                tuple(transaction(key) for key in row["transactions"].split("|") if key),
            )
        )
    suspended = {row.key for finding in findings for row in finding.transactions if row.kind == "suspension"}
    return Docket(
        [
            ConditionRow(row["key"], row["in_force"], row["stage"], row["parent"], row["rule"], row["parts_effect"])
            for row in rows_of("aid_conditions")
        ],
        findings,
        cancellations=[
            transaction(key)
            for key, row in amounts.items()
            if row["kind"] in CANCELLING and row["part_of"] in suspended
        ],
    )


@contextmanager
def counted():
    """The queries of a block, as a list that grows: Django's own log keeps no more than 9,000."""
    queries = []

    def count(execute, sql, params, many, context):
        queries.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        yield queries


def sums(found: dict) -> dict[str, str]:
    return {currency: f"{plain(amount):f}" for currency, amount in found.items()}


def expected(docket: Docket, day: date) -> dict:
    return {
        "held": sums(docket.held_on(day)),
        "held_certainly": sums(docket.held_on(day, certainly=True)),
        "not_released": sums(docket.not_released_on(day)),
        "conditions": {
            key: (
                str(standing.state),
                standing.is_certain,
                [str(state) for state in standing.otherwise],
                standing.by or None,
                [finding.key for finding in standing.finding],
                [(f"{plain(hold.amount):f}", hold.assessment.key) for hold in standing.held],
                [(f"{plain(hold.amount):f}", hold.assessment.key) for hold in standing.not_released],
            )
            for key, standing in docket.on(day).items()
        },
    }


def answered(client, day: date) -> dict:
    with counted() as queries:
        found = client.get(f"/api/v1/conditions/?on={day}&limit=200").json()
    assert len(queries) < MOST_QUERIES, day
    assert found["next"] is None
    return {
        **{name: found[name] for name in ("held", "held_certainly", "not_released")},
        "conditions": {
            row["key"]: (
                standing["state"],
                standing["is_certain"],
                standing["otherwise"],
                standing["by"],
                standing["assessments"],
                [(hold["amount"], hold["assessment"]) for hold in standing["held"]],
                [(hold["amount"], hold["assessment"]) for hold in standing["not_released"]],
            )
            for row in found["results"]
            for standing in [row["standing"]]
        },
    }


def months() -> list[date]:
    return [date(year, month, 1) for year in range(1947, 2027) for month in range(1, 13)]


def ask(client, days: list[date], pages: list[date]) -> None:
    docket = docket_of_files()
    assert len(docket.keys) > 150
    for day in days:
        assert answered(client, day) == expected(docket, day), day
    for day in pages:
        with counted() as queries:
            page = client.get(f"/conditions/?on={day}")
        assert page.status_code == 200 and len(queries) < MOST_QUERIES, day


@pytest.mark.usefixtures("us_pakistan", "db")
def test_chosen_months_are_answered_as_the_files_have_it(client):
    days = [date(1947, 8, 1), date(1979, 5, 1), date(1990, 10, 1), date(1999, 1, 1), date(2008, 4, 1), date(2018, 2, 1)]
    ask(client, days, [date(1990, 10, 1)])


@pytest.mark.prove
@pytest.mark.usefixtures("us_pakistan", "db")
def test_every_month_since_1947_is_answered_as_the_files_have_it(client):
    ask(client, months(), months()[::12])


def large(conditions: int, first: int, last: int) -> None:
    """So many conditions of these years, a third of them parts, each with five findings, written as a package is."""
    source, actor = make_source().key, make_actor().key
    cited = [
        dict.fromkeys(["field", "locator", "quotation", "credibility", "states_instead", "claimant", "note"], "")
        | {"source": source, "support": "stated"}
    ]
    words = [word for word in Assessment.Finding.values if word != "extended"]
    laws, findings = [], []
    for n in range(conditions):
        begins = first + (n * 37) % (last - first - 20)
        key = f"condition-{n:04}"
        laws.append(
            Edit(
                AidCondition,
                cells={
                    "key": key,
                    "title": f"Condition number {n} on the aid of programme {n % 90}",
                    "short_title": f"Condition {n} of {begins}",
                    "group": f"Group {n % 12}",
                    "kind": "policy",
                    "stage": "enacted",
                    "requirement": "To certify every year.",
                    "in_force": f"{begins}-{n % 12 + 1:02}/{begins + 5 + n % 30}-09-30",
                    "parent": f"condition-{n - 1:04}" if n % 3 == 2 else "",
                },
                children={"citations": cited},
                state="published",
            )
        )
        findings += [
            Edit(
                Assessment,
                cells={
                    "key": f"finding-{n:04}-{m}",
                    "condition": key,
                    "date": f"{begins + m * 2}-{(n * m) % 12 + 1:02}",
                    "finding": words[(n + m) % len(words)],
                    "decided_by": actor,
                },
                children={"citations": cited},
                state="published",
            )
            for m in range(5)
        ]
    write(laws, by=make_package())
    write(findings, by=make_package())


@pytest.mark.prove
@pytest.mark.django_db
def test_two_thousand_conditions_in_eighty_years_are_a_page_of_less_than_300_kilobytes(client):
    large(2000, 1947, 2027)
    sizes = {}
    for query in ("", "?open=all", "?by=programme", "?on=1990-10-02"):
        with counted() as queries:
            page = client.get(f"/conditions/{query}")
        assert page.status_code == 200 and len(queries) < MOST_QUERIES, query
        sizes[query] = len(gzip.compress(page.content, 6))
    assert max(sizes.values()) < 300_000, sizes
