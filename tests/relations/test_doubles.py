"""Which events may be one: a rule over time, words and actors, and its price in a large record."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from relations.doubles import doubles_of, likely_doubles
from tests.factories import make_actor, make_event
from timeline.models import Event

pytestmark = pytest.mark.django_db

KABUL = {"title": "Taliban take Kabul", "date": "2021-08-15", "actors": "taliban:source|ghani:target"}


@pytest.fixture
def kabul():
    make_actor(key="taliban", name="Taliban")
    make_actor(key="ghani", name="Ashraf Ghani")
    return make_event(key="kabul", **{**KABUL, "title": "The Taliban take Kabul, and President Ghani flees"})


def keys(**cells) -> list[str]:
    return [double.event.key for double in likely_doubles(KABUL | cells)]


@pytest.mark.parametrize(
    ("date", "is_near"),
    [
        ("2021-08-15", True),
        ("2021-08-12", True),
        ("2021-08-18", True),
        ("2021-08-11", False),
        ("2021-08-19", False),
        ("2021-08~", True),
        ("2021-09", False),
        ("2021-08-14/2021-12-31", True),
        ("2021-05-01/2021-12-31", False),
    ],
)
def test_three_days_around_what_the_date_means_are_near(kabul, date, is_near):
    assert bool(keys(date=date)) is is_near


@pytest.mark.parametrize("date", ["2021-08", "2021", "2021-08-13/2021-09-30"])
def test_what_is_dated_by_month_or_year_is_near_every_day_of_it(kabul, date):
    make_event(key="coarse", **{**KABUL, "date": date})
    assert set(keys(date="2021-08-16")) == {"kabul", "coarse"}


@pytest.mark.parametrize(
    ("cells", "is_like"),
    [
        ({}, True),
        ({"actors": ""}, True),  # the same title is enough
        ({"title": "TALIBAN took the city of Kabul", "actors": ""}, False),  # two words of four
        ({"title": "TALIBAN took the city of Kabul"}, True),  # and the same actors
        ({"title": "TALIBAN took the city of Kabul", "actors": "ghani:source"}, True),
        ({"title": "Airport of Kabul closes"}, False),
        ({"title": "The of and"}, False),
        ({"title": ""}, False),
        ({"date": ""}, False),
        ({"date": "August 2021"}, False),
        ({"actors": "not a key|:|nobody:source"}, True),
    ],
)
def test_words_of_the_titles_and_actors_decide(kabul, cells, is_like):
    assert bool(keys(**cells)) is is_like


def test_an_event_is_no_double_of_itself_and_neither_is_what_was_withdrawn(kabul, analyst):
    assert likely_doubles(kabul) == []
    assert likely_doubles(KABUL, pk=kabul.pk) == []
    draft = make_event(key="draft", state="draft", by=analyst, **KABUL)
    make_event(key="gone", state="withdrawn", by=analyst, **KABUL)
    [double] = likely_doubles(kabul)
    assert (double.event, double.likeness, double.actors) == (draft, 1.0, ("ghani", "taliban"))


def test_the_likest_come_first_and_at_most_five(kabul):
    for number in range(6):
        make_event(key=f"same-{number}", **KABUL)
    make_event(key="like", **{**KABUL, "title": "Taliban in Kabul"})
    found = likely_doubles(KABUL | {"title": "Taliban take Kabul and all else"})
    assert len(found) == 5
    assert [double.likeness for double in found] == sorted((double.likeness for double in found), reverse=True)


def test_the_ends_of_the_calendar_are_dates_like_others(kabul):
    assert keys(date="0001-01-01") == keys(date="9999-12-31") == keys(date="../0001") == keys(date="9999/..") == []


def test_it_takes_three_queries_and_reads_events_by_the_index_on_their_first_day(kabul):
    with CaptureQueriesContext(connection) as queries:
        assert keys()
    assert len(queries) == 3
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # A table of one row is read whole unless that is forbidden.
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute(f"EXPLAIN {queries[0]['sql']}")
        else:
            cursor.execute(f"EXPLAIN QUERY PLAN {queries[0]['sql']}")
        plan = "\n".join(str(row) for row in cursor.fetchall())
    assert "event_by_date" in plan, plan
    assert not any(word in plan for word in ("Seq Scan", f"SCAN {Event._meta.db_table}\n")), plan


def test_many_events_are_compared_at_once_with_what_one_finds_alone(kabul, django_assert_num_queries):
    for number, date in enumerate(["2021-08-14", "2021-08", "2021", "2021-09-01", "1999-01-02"]):
        make_event(key=f"other-{number}", **{**KABUL, "date": date})
    make_event(key="elsewhere", **{**KABUL, "title": "Airport of Kabul closes"})
    events = list(Event.objects.order_by("pk"))
    with django_assert_num_queries(3):
        together = doubles_of(events)
    assert together == {event.pk: found for event in events if (found := likely_doubles(event))}
    assert len(together) == 4
    assert doubles_of([]) == {}
