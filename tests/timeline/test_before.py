"""What happened within some days before each finding, suspension or event: as a page, as CSV and as JSON."""

import csv
import io
import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import make_assessment, make_condition, make_event, make_programme, make_theme, make_transaction
from tests.timeline.reading import links, part, words

pytestmark = pytest.mark.django_db


def moments(client, query: str) -> dict[str, dict[str, tuple]]:
    """Return {moment: {event: (certainty, least and most days before)}} as the JSON has it."""
    answer = client.get(f"/timeline/before/json/?{query}")
    assert answer.status_code == 200, query
    return {
        moment["key"]: {event["key"]: (event["certainty"], *event["days_before"]) for event in moment["events"]}
        for moment in answer_json(answer)["moments"]
    }


def answer_json(answer) -> dict:
    return json.loads(b"".join(answer.streaming_content))


def finding(key: str, date: str, found: str = "withheld"):
    return make_assessment(key=key, date=date, finding=found, condition=make_condition(key=f"law-{key}").key)


def test_the_days_before_are_counted_without_the_day_itself(client):
    finding("stop", "2011-07-10")
    for day in ("2011-04-10", "2011-04-11", "2011-07-09", "2011-07-10", "2011-07-11"):
        make_event(key=day, date=day)
    assert moments(client, "of=withheld&days=90") == {
        "stop": {"2011-07-09": ("certainly", 1, 1), "2011-04-11": ("certainly", 90, 90)}
    }
    assert moments(client, "of=withheld&days=1") == {"stop": {"2011-07-09": ("certainly", 1, 1)}}


def test_doubtful_dates_are_possibly_before_and_certainly_where_every_day_would_be(client):
    finding("some-day-of-july", "2011-07")
    make_event(key="2011-may", date="2011-05-02/2011-06-30")
    make_event(key="2011-june", date="2011-06-20")
    make_event(key="2011-about", date="2011-06-20~")
    make_event(key="2011-july", date="2011-07-15")
    make_event(key="2011-april", date="2011-04-20")
    found = moments(client, "of=withheld&days=90")["some-day-of-july"]
    assert {key: value[0] for key, value in found.items()} == {
        "2011-may": "certainly",
        "2011-june": "certainly",
        "2011-about": "possibly",
        "2011-july": "possibly",
        "2011-april": "possibly",
    }
    assert found["2011-june"][1:] == (11, 41)
    sure = moments(client, "of=withheld&days=90&certainty=certainly")
    assert set(sure["some-day-of-july"]) == {"2011-may", "2011-june"}
    finding("about", "2012-07-10~")
    make_event(key="2012-june", date="2012-06-20")
    assert moments(client, "of=withheld")["about"] == {"2012-june": ("possibly", 20, 20)}


def test_it_is_asked_of_suspensions_and_of_events_that_do_not_come_before_themselves(client):
    programme = make_programme(key="fund", title="The fund")
    make_transaction(key="cut", programme=programme.key, kind="suspension", date="2011-07-10", amount="5000000")
    make_transaction(key="paid", programme=programme.key, kind="disbursement", date="2011-07-10")
    make_event(key="2011-raid", date="2011-05-02", kind="assault")
    make_event(key="2011-closure", date="2011-05-20/2012-07-03", kind="sanction")
    assert (
        moments(client, "of=suspended")
        == moments(client, "")
        == {"cut": {"2011-closure": ("certainly", 1, 51), "2011-raid": ("certainly", 69, 69)}}
    )
    assert moments(client, "of=sanction&days=30") == {"2011-closure": {"2011-raid": ("certainly", 18, 18)}}
    page = words(client.get("/timeline/before/"))
    assert "5m suspended: The fund, 10 Jul 2011" in page


def test_filters_narrow_the_events_and_the_period_the_moments(client):
    theme = make_theme(key="arms").key
    finding("first", "2001-03-01", "waived")
    finding("second", "2011-03-01", "waived")
    make_event(key="2011-arms", date="2011-02-20", themes=theme)
    make_event(key="2011-other", date="2011-02-20")
    found = moments(client, "of=waived&from=2010&theme=arms")
    assert found == {"second": {"2011-arms": ("certainly", 9, 9)}}
    answer = client.get("/timeline/before/?of=waived&from=2010&theme=arms")
    [href] = links(part(answer, 'class="moment__note"', "</p>"))
    assert href == "/timeline/?theme=arms&from=2010-12&to=2011-02"
    assert words(client.get(href)).count("Event 2011-arms") >= 1


def test_ten_moments_cost_as_many_queries_as_one(client):
    make_event(key="2010-near", date="2010-12-20")
    finding("stop-0", "2011-01-01")

    def queries(address):
        client.get(address)
        with CaptureQueriesContext(connection) as asked:
            answer = client.get(address)
            if answer.streaming:
                b"".join(answer.streaming_content)
        return len(asked)

    addresses = [f"/timeline/before/{form}?of=withheld" for form in ("", "csv/", "json/")]
    one = [queries(address) for address in addresses]
    for number in range(1, 10):
        finding(f"stop-{number}", f"2011-01-{number + 1:02}")
    assert [queries(address) for address in addresses] == one
    assert max(one) < 15


def test_what_cannot_be_asked_is_refused_with_what_would_be_right(client):
    for query, right in {
        "days=0": "write a whole number from 1 to 366",
        "days=400": "write a whole number from 1 to 366",
        "days=soon": "write a whole number from 1 to 366",
        "of=withhold": "write withheld",
        "day=3": "write “days”",
    }.items():
        answer = client.get(f"/timeline/before/?{query}")
        assert answer.status_code == 400 and right in words(answer), query


def test_drafts_are_no_moments_and_come_before_none(client):
    make_assessment(key="hidden", date="2011-07-10", finding="withheld", state="draft", condition=make_condition().key)
    finding("open", "2012-07-10")
    make_event(key="2012-draft", date="2012-07-01", state="draft")
    assert moments(client, "of=withheld") == {"open": {}}


def test_the_page_the_csv_and_the_timeline_agree(client, us_pakistan):
    rows = csv.DictReader(io.StringIO(b"".join(client.get("/timeline/before/csv/?of=withheld")).decode()))
    of_moment: dict[str, set] = {}
    for row in rows:
        of_moment.setdefault(row["moment"], set()).update({row["event"]} - {""})
        assert not row["event"] or row["certainty"] in ("certainly", "possibly")
    page = client.get("/timeline/before/?of=withheld")
    assert len(of_moment) == 11
    seen = 0
    for section in page.content.decode().split('<section class="moment" id="')[1:]:
        key = section.split('"')[0]
        shown = {href.split("/")[2] for href in links(section) if href.startswith("/events/")}
        assert shown == of_moment[key]
        [there] = [href for href in links(section) if href.startswith("/timeline/")][:1]
        listed = csv.DictReader(
            io.StringIO(b"".join(client.get(there.replace("/timeline/", "/timeline/csv/"))).decode())
        )
        assert {row["key"] for row in listed} == shown
        seen += 1
    assert seen == 10 and "1–10 of 11" in words(page)
