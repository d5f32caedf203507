"""Filters two by two: list, strip, counts beside the filters and files agree in number, at a constant cost."""

import csv
import io
from itertools import combinations
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from relations.models import AidCondition, AidProgramme, Investment, Judgement
from tests.timeline.reading import part, words
from timeline import facets
from timeline.filters import EventFilter
from timeline.views.timeline import PERIOD, View

MOST_QUERIES = 30
VALUES = {
    "q": "aid",
    "importance": "3",
    "family": "coop-deed",
    "kind": "consult",
    "theme": "aid",
    "actor": "us",
    "country": "PK",
    "place": "Islamabad",
    "precision": "day",
    "evidence": "two-publishers",
    "money": "aid",
    "finding": "waived",
    "from": "1990",
    "to": "2012-06",
    "certainty": "certainly",
}
REFERENCES = {"investment": Investment, "programme": AidProgramme, "condition": AidCondition, "judgement": Judgement}
NAMES = [*VALUES, *REFERENCES]
PAIRS = list(combinations(NAMES, 2))


def test_every_filter_is_among_those_that_are_tried():
    assert set(NAMES) == set(EventFilter.base_filters) - {"from_"} | {"from"}


@pytest.mark.usefixtures("us_pakistan", "db")
@pytest.mark.parametrize("pairs", [PAIRS[::24], pytest.param(PAIRS, marks=pytest.mark.prove)], ids=["some", "all"])
def test_list_strip_counts_and_files_of_every_pair_agree_under_thirty_queries(client, pairs):
    values = VALUES | {name: _with_events(model) for name, model in REFERENCES.items()}
    for one, other in pairs:
        query = urlencode({one: values[one], other: values[other]})
        with CaptureQueriesContext(connection) as asked:
            page = client.get(f"/timeline/?{query}")
        assert page.status_code == 200, query
        assert len(asked) < MOST_QUERIES, (query, len(asked))
        number = int(words(part(page, 'data-part="count"', "</b>")).split(">")[-1].split()[0])

        lines = b"".join(client.get(f"/timeline/csv/?{query}").streaming_content).decode("utf-8-sig")
        view = View(RequestFactory().get(f"/timeline/?{query}"))
        assert view.events.count() == number, query
        assert _rows(lines) == number, query
        beyond = view.narrowed(*PERIOD).count()
        assert sum(view.counts_by_year().values()) == beyond, query
        counts = view.counts(number)
        for name in {one, other} & {*facets.FACETS, *facets.COLUMNS, "family"}:
            assert counts[name].get(values[name], 0) == number, (query, name)


def _with_events(model) -> str:
    """Return the key of a record that an event names."""
    path = "assessments__events" if model is AidCondition else "events"
    found = model.objects.published().filter(**{f"{path}__is_public": True}).order_by("key")
    return found.values_list("key", flat=True).first()


def _rows(text: str) -> int:
    return sum(1 for _row in csv.DictReader(io.StringIO(text)))
