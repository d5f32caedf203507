"""The pages of records on the data set itself, as its readers see them."""

import pytest

from tests.timeline.reading import links, part, words

pytestmark = pytest.mark.usefixtures("us_pakistan", "db")


def test_the_ceasefire_of_2025_says_that_its_brokerage_is_disputed(client):
    answer = client.get("/events/2025-india-pakistan-ceasefire/")
    page = words(answer)
    assert "Sources differ: who took part and how" in page
    assert "Settled directly, no mediator India Hindustan Times" in page
    assert "6 sources · 6 publishers" in page and "12 citations of 6 sources" in page
    aside = words(part(answer, "<aside>", "</aside>"))
    assert "Contested by the record" in aside and "this one follows it India strikes targets" in aside


def test_the_law_of_1985_is_waived_and_its_findings_are_told_from_the_last_to_the_first(client):
    answer = client.get("/conditions/pressler/")
    assert "Now Waived 22 Sep 2001" in words(part(answer, '<dl class="facts"', "</dl>"))
    findings = words(part(answer, 'id="findings"', "</section>"))
    assert findings.index("Waived") < findings.index("Released") < findings.index("Not certified")
    assert "$564,000,000" in words(part(answer, 'id="holds"', "</section>"))


def test_reimbursements_add_up_and_are_kept_from_what_was_suspended(client):
    answer = client.get("/aid/coalition-support-funds/")
    totals = words(part(answer, '<div class="totals"', "</div>"))
    assert "$14.57bn reimbursement, FY2002–FY2016 10 rows that add up" in totals
    assert "$1.2bn suspension" in totals
    assert "no Nearly $1.2 billion of pending claims" in words(part(answer, 'id="amounts"', "</section>"))


def test_congress_acts_takes_part_and_finds(client):
    answer = client.get("/actors/us-congress/")
    drawing = part(answer, '<figure class="lanes"', "</figure>")
    assert all(f">{lane}<" in drawing for lane in ("Acts", "Takes part", "Is acted on", "Hosts", "Finds"))
    assert "/actors/us/" in links(answer)


def test_all_of_the_briefing_rests_on_its_source(client):
    page = words(client.get("/sources/briefing-2025/"))
    assert "Judgements 26" in page and "What's Happening?, sentence 4" in page


def test_every_day_of_the_docket_has_its_answer(client):
    for day in ("1947-08-14", "1990-10-02", "2018-01-05", "0001-01-01", "9999-12-31"):
        assert client.get(f"/conditions/?on={day}").status_code == 200, day
