"""The list of actors, and the page of one: its parts by role, its findings, its money, whom it acts with."""

import pytest

from tests.factories import (
    make_actor,
    make_assessment,
    make_condition,
    make_event,
    make_investment,
    make_judgement,
    make_programme,
    make_theme,
    make_transaction,
)
from tests.timeline.reading import links, part, words

pytestmark = pytest.mark.django_db


def test_the_list_counts_the_events_of_each_and_leaves_drafts_out(client):
    make_actor(key="aland", name="Aland")
    make_actor(key="borland", name="Borland")
    make_event(actors="aland:source|borland:target")
    make_event(actors="aland:source")
    make_event(actors="aland:source", state="draft")
    page = words(client.get("/actors/"))
    assert "Aland government body 2" in page and "Borland government body 1" in page


def test_the_page_says_what_it_is_part_of_what_it_holds_and_who_serves_it(client):
    make_actor(key="aland", name="Aland", kind="state")
    ministry = make_actor(key="ministry", name="Ministry", parent="aland", aliases="The Office", country="PK")
    make_actor(key="bureau", name="Bureau", parent="ministry")
    make_actor(key="clerk", name="The Clerk", kind="person", serves="ministry")
    make_event(date="1953-06-25", actors="ministry:source")
    make_event(date="2026-03", actors="ministry:target")
    facts = words(part(client.get(ministry.get_absolute_url()), '<dl class="facts"', "</dl>"))
    assert "Part of Aland" in facts and "Holds Bureau" in facts and "Persons The Clerk" in facts
    assert "Known as The Office" in facts and "Country Pakistan" in facts
    assert "On record 25 Jun 1953 to 31 Mar 2026" in facts


def test_many_bodies_are_folded_and_few_are_not(client):
    make_actor(key="aland", name="Aland", kind="state")
    for n in range(10):
        make_actor(key=f"body-{n:02}", name=f"Body {n}", parent="aland")
    assert "more" not in words(part(client.get("/actors/aland/"), '<dl class="facts"', "</dl>"))
    make_actor(key="body-10", name="Body 10", parent="aland")
    answer = client.get("/actors/aland/")
    assert "Body 4, Body 5 and 5 more Body 6" in words(part(answer, '<dl class="facts"', "</dl>"))
    assert "/actors/body-10/" in links(part(answer, '<details class="facts__more"', "</details>"))


def test_the_list_names_the_country_of_an_actor(client):
    make_actor(key="clerk", name="The Clerk", kind="person", country="PK")
    assert "The Clerk person, Pakistan 0" in words(client.get("/actors/"))


def test_its_own_timeline_has_a_lane_for_each_part_it_took_and_one_for_what_it_found(client):
    actor = make_actor(key="aland")
    for role in ("source", "signatory", "victim", "host"):
        make_event(title=f"As {role}", actors=f"aland:{role}")
    make_assessment(decided_by=actor.key, condition=make_condition(title="The bar").key)
    answer = client.get("/actors/aland/")
    drawing = part(answer, '<figure class="lanes"', "</figure>")
    for lane in ("Acts", "Takes part", "Is acted on", "Hosts", "Finds"):
        assert f">{lane}<" in drawing, lane
    assert "4 events" in words(answer) and "1 findings on conditions" in words(answer)
    assert "The bar 4 Mar 2012 Certified" in words(answer)


def test_it_names_who_acts_with_it_and_how_often(client):
    for key in ("aland", "borland", "cland"):
        make_actor(key=key, name=key.title())
    make_event(actors="aland:source|borland:target|cland:host")
    make_event(actors="aland:source|borland:target")
    tally = words(part(client.get("/actors/aland/"), '<ul class="tally"', "</ul>"))
    assert tally == "Borland 2 Cland 1"


def test_money_stakes_aid_and_judgements_are_beside_it(client):
    make_actor(key="aland")
    programme = make_programme(key="fund", title="The fund", provider="aland")
    make_transaction(key="paid", programme=programme.key, provider="aland", amount="300000000", kind="disbursement")
    investment = make_investment(
        key="mine",
        name="The mine",
        stakes=[{"actor": "aland", "role": "owner", "since": "2001", "share_percent": "50"}],
    )
    make_judgement(key="said", statement="It will last.", actors="aland")
    answer = client.get("/actors/aland/")
    assert "The fund disbursement, 2020 $300m" in words(answer)
    assert "The mine owner, since 2001 50 %" in words(answer)
    assert {"/aid/fund/#paid", "/aid/fund/", investment.get_absolute_url(), "/judgements/said/"} <= set(links(answer))


def test_its_events_turn_their_pages_on_its_own_page(client):
    common = {"actors": f"{make_actor(key='aland').key}:source", "themes": make_theme().key}
    for number in range(25):
        make_event(key=f"2020-event-{number:02}", date=f"2020-01-{number + 1:02}", **common)
    first = client.get("/actors/aland/")
    assert "1–20 of 25" in words(first)
    [after] = [address for address in links(first) if "after=" in address]
    assert "21–25 of 25" in words(client.get(after))
    assert client.get("/actors/aland/?q=x").status_code == 400
