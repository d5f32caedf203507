"""The first page. Tests of a small site come first: once the data set is there, it stays for the rest of the module."""

import pytest
import time_machine
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from relations import pair, states
from relations.models import AidCondition, BriefingStatement, Judgement
from tests.factories import (
    make_actor,
    make_assessment,
    make_condition,
    make_event,
    make_judgement,
    make_programme,
    make_source,
    make_theme,
    make_transaction,
    make_user,
)
from tests.timeline.reading import links, part, words
from timeline.models import Event

OTHER_PAIR = settings.BASE_DIR / "tests" / "relations" / "northland-southland"


def test_a_site_without_a_record_says_so_and_leads_on(client, db):
    response = client.get("/")

    assert response.status_code == 200
    assert "The record is empty." in words(response)
    assert {"/about/", "/data/", "/timeline/"} <= set(links(response))


def test_another_pair_opens_with_its_own_title_briefing_and_calendar(client, db):
    call_command("load_package", OTHER_PAIR, verbosity=0)

    text = words(client.get("/"))

    assert "Northland–Southland Two lands and a river between them." in text
    assert "What is now" in text
    assert "What is later" in text
    assert "United States" not in text and "Pakistan" not in text


def test_drafts_change_nothing_on_the_first_page(client, db):
    source, actor, theme, programme = make_source().key, make_actor().key, make_theme().key, make_programme().key
    condition = make_condition(in_force="2010/..").key
    make_event(title="Seen", importance="5", themes=theme, actors=f"{actor}:source")
    common = {"citations": [{"source": source}], "state": "draft", "by": make_user()}
    before = client.get("/")

    make_event(title="Canary", importance="5", date="1901", themes=theme, actors=f"{actor}:source", **common)
    make_judgement(statement="Canary.", briefing=[{"section": "One", "sentence": "1"}], **common)
    make_assessment(condition=condition, decided_by=actor, finding="imposed", **common)
    make_condition(title="Canary", in_force="2010/..", **common)
    make_transaction(programme=programme, fiscal_period="US-FY2010", date="", **common)

    assert "Seen" in words(before)
    assert client.get("/").content == before.content


def test_what_is_happening_names_notable_events_newest_first(client, db):
    make_event(title="Older", date="2019-01-01", importance="3")
    make_event(title="Newer", date="2020-01-01", importance="4")
    make_event(title="Routine", date="2021-01-01", importance="2")

    happening = words(part(client.get("/"), "What is happening", "</section>"))

    assert happening.index("Newer") < happening.index("Older")
    assert "Routine" not in happening


def test_money_shows_what_was_given_and_not_what_was_only_promised(client, db):
    paid, promised = make_programme(title="Paid"), make_programme(title="Promised")
    make_transaction(
        programme=paid.key, kind="disbursement", amount="5", currency="USD", fiscal_period="US-FY2010", date=""
    )
    make_transaction(
        programme=promised.key, kind="pledge", amount="900", currency="USD", fiscal_period="US-FY2010", date=""
    )
    make_transaction(
        programme=paid.key,
        kind="disbursement",
        amount="70",
        currency="USD",
        fiscal_period="US-FY2010",
        date="",
        counts_in_totals="no",
        note="Repeats the other.",
    )

    money = part(client.get("/"), "<h2>Money</h2>", "</section>")

    assert "Paid" in words(money) and "Promised" not in words(money)
    assert "$5" in words(money) and "$75" not in words(money)
    assert "never added together" in words(money)


def test_an_amount_whose_whole_is_not_public_stands_for_itself(client, db):
    programme = make_programme(title="Aid").key
    common = {"programme": programme, "kind": "disbursement", "fiscal_period": "US-FY2010", "date": ""}
    whole = make_transaction(amount="90", state="draft", **common)
    make_transaction(amount="40", part_of=whole.key, **common)

    assert "$40" in words(part(client.get("/"), "<h2>Money</h2>", "</section>"))


# ------------------------------------------------------------------------------------------------- the data set


@pytest.fixture
def home(client, us_pakistan, db):
    return client.get("/")


def test_it_opens_with_what_the_package_says_of_itself(home):
    assert "<h1>United States–Pakistan</h1>" in home.content.decode()
    assert pair.current().description in words(home)
    assert "79 years in one line" in words(home)


def test_the_turning_points_are_numbered_on_the_strip_and_below_it(home):
    turning_points = Event.objects.published().filter(importance=5).order_by("earliest")

    strip = part(home, 'class="section home__strip"', 'class="chart__table"')
    listed = part(home, '<ol class="turns">', "</ol>")

    assert turning_points.count() == 16
    for event in turning_points:
        assert event.get_absolute_url() in links(strip), event
        assert f"{event.earliest.year} {event.title}" in words(listed)
    assert links(listed) == [event.get_absolute_url() for event in turning_points]
    assert ">16</text>" in strip and ">17</text>" not in strip


def test_every_bar_of_the_strip_leads_to_the_timeline_of_its_year(home):
    addresses = links(part(home, 'class="section home__strip"', "</section>"))

    for year in Event.objects.published().dates("earliest", "year"):
        assert f"/timeline/?from={year.year}&to={year.year}" in addresses


def test_every_statement_of_the_briefing_stands_in_its_order_with_how_the_record_stands_to_it(home):
    text = words(home)
    order = list(pair.current().sections)
    statements = sorted(
        BriefingStatement.objects.published().select_related("judgement"),
        key=lambda row: (order.index(row.section), row.sentence, row.judgement.key),
    )

    assert len(statements) == 26
    places = [text.index(row.judgement.statement) for row in statements]
    assert places == sorted(places)
    for row in statements:
        judgement = row.judgement
        after = text[text.index(judgement.statement) + len(judgement.statement) :].strip()
        status = judgement.get_status_display().capitalize()
        assert after.startswith(f"{status} {judgement.status_note}".strip()), judgement.key


def test_the_contested_mediation_of_the_ceasefire_is_said_aloud(home):
    contested = Judgement.objects.published().get(status="contested")

    assert contested.key == "briefing-ceasefire-mediation"
    assert "1 contested by the record" in words(home)
    assert f"Contested by the record {contested.status_note}" in words(home)


def test_the_three_accounts_with_the_most_money_are_drawn_apart(home):
    money = part(home, "<h2>Money</h2>", "</section>")

    assert "Coalition Support Funds reimbursements to Pakistan" in words(money)
    assert "Economic Support Fund for Pakistan" in words(money)
    assert "Foreign Military Financing for Pakistan" in words(money)
    assert "3 accounts of 54, USD by fiscal year (United States)" in words(money)
    assert "FY2013 reimbursement: sources give $353m to $1.44bn." in words(money)


def test_the_tally_of_conditions_adds_up_and_agrees_with_the_docket(home):
    standings = states.load(AidCondition.objects.all()).on(pair.current().today()).values()
    in_force = [standing for standing in standings if standing.is_in_force]
    biting = [standing for standing in in_force if standing.state == "bites"]

    section = part(home, "<h2>Conditions</h2>", "</section>")
    tally = part(home, '<ul class="home__states">', "</ul>")

    assert f"{len(in_force)} in force; {len(biting)} of them imposed, withheld or not met" in words(section)
    assert sum(int(word) for word in words(tally).split() if word.isdigit()) == len(in_force)
    assert "Decisive action before security aid resumes" in words(section)


def test_the_first_page_takes_few_queries_and_one_where_nothing_changed(client, home):
    with CaptureQueriesContext(connection) as queries:
        assert client.get("/").status_code == 200
    assert len(queries) < 30

    with CaptureQueriesContext(connection) as queries:
        again = client.get("/", headers={"if-none-match": home["ETag"]})
    assert again.status_code == 304
    assert len(queries) == 1


def test_the_first_page_is_asked_for_again_on_another_day(client, home):
    with time_machine.travel("2030-01-01T12:00Z"):
        again = client.get("/", headers={"if-none-match": home["ETag"]})

    assert again.status_code == 200
    assert "in force" in words(again)


def test_a_parameter_is_refused(client, us_pakistan, db):
    response = client.get("/?year=1990")

    assert response.status_code == 400
    assert "takes no parameter" in words(response)
