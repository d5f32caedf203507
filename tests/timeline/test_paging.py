"""Pages of a list: every row once, in one order, from the first page to the last and back."""

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from relations.filters import BadQuery
from tests.factories import make_actor, make_event, make_theme
from timeline import paging
from timeline.models import Event

pytestmark = pytest.mark.django_db
ORDERS = {"newest": paging.NEWEST, "oldest": paging.OLDEST}


@pytest.fixture
def events():
    """Eleven events on four days, some of a day, in the order of their dates and keys."""
    common = {"themes": make_theme().key, "actors": f"{make_actor().key}:source"}
    days = ["2020-01-01"] * 4 + ["2020-01-02"] * 3 + ["2020-02"] * 2 + ["2021"] * 2
    for number, day in enumerate(days):
        make_event(key=f"2020-event-{number:02}", date=day, **common)
    return list(Event.objects.by_date())


def page(query: str, **kwargs):
    return paging.page(Event.objects.published(), ORDERS, QueryDict(query), **kwargs)


@pytest.mark.parametrize("order", ["oldest", "newest"])
@pytest.mark.parametrize("size", [1, 3, 4, 11, 12])
def test_forwards_and_backwards_every_row_stands_once_and_in_order(events, order, size):
    wanted = [event.key for event in (events if order == "oldest" else reversed(events))]
    here, forwards, positions = page(f"order={order}", size=size), [], []
    while True:
        forwards.append([row.key for row in here.rows])
        positions += range(here.first, here.last + 1)
        if not here.next:
            break
        here = page(f"order={order}&after={here.next[1]}", size=size)
    assert sum(forwards, []) == wanted
    assert positions == list(range(1, 12))
    backwards = [[row.key for row in here.rows]]
    while here.previous:
        here = page(f"order={order}&before={here.previous[1]}", size=size)
        backwards.insert(0, [row.key for row in here.rows])
    assert backwards == forwards


def test_the_first_of_the_orders_is_taken_where_none_is_named(events):
    assert page("").rows[0] == events[-1]
    assert page("", size=3).total == 11


def test_a_cursor_is_read_by_people_and_holds_when_its_row_is_gone(events):
    here = page("order=oldest", size=3)
    assert here.next == ("after", "2020-01-01~2020-event-02")
    rows = page("order=oldest&after=2020-01-01~2020-event-02x", size=3).rows
    assert [row.key for row in rows] == ["2020-event-03", "2020-event-04", "2020-event-05"]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("after=x", "after"),
        ("after=2020-01-01", "after"),
        ("after=2020-13-01~a", "after"),
        ("after=20200101~a", "after"),
        ("after=2020-01-01~A B", "after"),
        ("before=2020-01-01~a~b", "before"),
        ("after=2020-01-01~a&before=2020-01-01~a", "before"),
        ("order=random", "order"),
    ],
)
def test_a_wrong_place_or_order_is_refused_with_what_would_be_right(events, query, name):
    with pytest.raises(BadQuery) as caught:
        page(query)
    [fault] = caught.value.faults
    assert fault.name == name
    assert any(word in fault.message for word in ("such as 1990-10-01", "newest, oldest", "leave one of them out"))


def test_a_page_beyond_the_end_is_empty_and_says_so(events):
    here = page("order=oldest&after=2030-01-01~a")
    assert (here.rows, here.next, here.previous, here.total) == ([], None, None, 11)


def test_beyond_many_nobody_counts(events, monkeypatch):
    monkeypatch.setattr(paging, "MANY", 10)
    here = page("order=oldest", size=3)
    assert (here.total, here.first, here.last) == (None, None, None)
    assert len(here.rows) == 3 and here.next


def test_a_deep_page_skips_no_rows_to_get_there(events):
    with CaptureQueriesContext(connection) as queries:
        page("order=oldest&after=2020-02-01~2020-event-08", size=2)
    assert not any("OFFSET" in query["sql"] for query in queries)
