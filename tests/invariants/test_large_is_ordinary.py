"""A page's cost follows what it shows: at many events a list, a feed or an API page is read from an index, in order."""

import re

import pytest
from django.db import connection

from benchmarks.generator import AT, fill
from relations.models import AidCondition, Assessment, Judgement, Revision
from tests.factories import content_type, make_package
from timeline.models import Event

MANY = 2000
MIDDLE = "1986-06-15~1986-event-1"

# What is asked of public addresses, the table whose rows each shows, and the index that they come from in order. Of
# sources the desk has one like it over all rows, and where all are public a database may take either.
# The timeline asks for its list by date and for its lanes by importance.
IN_VIEW = "event_(public_)?by_(date|importance)"
ADDRESSES = {
    "/events/": ("timeline_event", "event_public_by_date"),
    "/events/?order=oldest": ("timeline_event", "event_public_by_date"),
    f"/events/?after={MIDDLE}": ("timeline_event", "event_public_by_date"),
    f"/events/?before={MIDDLE}": ("timeline_event", "event_public_by_date"),
    "/events/?from=1986&to=1987": ("timeline_event", "event_public_by_date"),
    "/events/feed/": ("timeline_event", "event_public_since"),
    "/timeline/": ("timeline_event", IN_VIEW),
    "/timeline/?order=newest": ("timeline_event", IN_VIEW),
    f"/timeline/?after={MIDDLE}": ("timeline_event", IN_VIEW),
    "/timeline/?from=1986&to=1987": ("timeline_event", IN_VIEW),
    "/timeline/feed/": ("timeline_event", "event_public_since"),
    "/api/v1/events/": ("timeline_event", "event_public_by_date"),
    "/api/v1/events/?order=newest": ("timeline_event", "event_public_by_date"),
    f"/api/v1/events/?after={MIDDLE}": ("timeline_event", "event_public_by_date"),
    "/sources/": ("relations_source", "source_(public_)?by_date"),
    "/api/v1/sources/": ("relations_source", "source_(public_)?by_date"),
    "/actors/": ("relations_actor", "actor_public_by_key"),
    "/api/v1/actors/": ("relations_actor", "actor_public_by_key"),
    "/judgements/feed/": ("relations_judgement", "judgement_public_since"),
    "/conditions/feed/": ("relations_assessment", "assessment_public_since"),
    "/corrections/": ("relations_revision", "revision_corrections"),
    "/corrections/feed/": ("relations_revision", "revision_corrections"),
}


PUBLIC = {"state": "published", "is_public": True, "was_public": True, "changed_at": AT, "published_at": AT}


@pytest.fixture
def large(db):
    """Thousands of rows of what feeds and lists show."""
    fill(MANY)
    text = {"title": "To certify", "kind": "policy", "stage": "enacted", "requirement": "To certify."}
    [condition] = AidCondition.objects.bulk_create([AidCondition(key="to-certify", **text, **PUBLIC)])
    numbers, package = range(1, MANY + 1), make_package()
    Judgement.objects.bulk_create(
        Judgement(pk=n, key=f"judgement-{n}", statement="It matters.", kind="finding", **PUBLIC) for n in numbers
    )
    Assessment.objects.bulk_create(
        Assessment(
            pk=n, key=f"finding-{n}", condition=condition, decided_by_id=1, date="2012", finding="waived", **PUBLIC
        )
        for n in numbers
    )
    Revision.objects.bulk_create(
        Revision(
            content_type=content_type(Event),
            object_id=n,
            version=1,
            act="change",
            state="published",
            data={"cells": {}, "children": {}},
            at=AT,
            written_by_package=package,
            published_by_package=package,
            published_at=AT,
            change="" if n % 20 else "correction",
        )
        for n in numbers
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def rows_asked(client, address: str, table: str) -> list[tuple[str, tuple]]:
    """Return the queries that ask for a page of rows of a table: in an order, so many and no more."""
    pattern = rf'SELECT [^(]*FROM "{table}" .*ORDER BY .*LIMIT \d+$'
    found = []

    def watch(execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        if re.match(pattern, sql, re.S):
            found.append((sql, params))
        return result

    with connection.execute_wrapper(watch):
        response = client.get(address)
    assert response.status_code == 200, address
    return found


def plan_of(sql: str, params) -> list[str]:
    """Return the steps by which the database would answer."""
    explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN (COSTS OFF)"
    with connection.cursor() as cursor:
        cursor.execute(f"{explain} {sql}", params)
        return [str(row[-1]).strip() for row in cursor.fetchall()]


@pytest.mark.usefixtures("large")
def test_pages_come_from_an_index_in_order(client):
    wrong = []
    for address, (table, index) in ADDRESSES.items():
        asked = rows_asked(client, address, table)
        assert asked, f"{address} asks {table} for no rows"
        for sql, params in asked:
            plan = plan_of(sql, params)
            read = [step for step in plan if re.search(rf"\b{index}\b", step)]
            sorted_or_scanned = [
                step for step in plan if re.search(rf"ORDER BY|Sort|Seq Scan on {table}|SCAN {table}$", step)
            ]
            if not read or sorted_or_scanned:
                wrong.append(f"{address}: {plan}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.django_db
def test_a_scan_and_a_sort_would_be_found():
    table = Event.objects.published()
    for rows in (table.order_by("title", "key")[:51], table.filter(summary="").order_by("changed_at", "key")[:51]):
        plan = " ".join(plan_of(*rows.query.sql_with_params()))
        assert re.search("ORDER BY|Sort", plan), plan
