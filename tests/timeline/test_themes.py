"""The list of themes, and the page of one."""

import pytest

from tests.factories import make_event, make_investment, make_judgement, make_programme, make_theme
from tests.timeline.reading import links, part, words

pytestmark = pytest.mark.django_db


def test_the_list_says_why_each_matters_and_how_many_events_it_has(client):
    make_theme(key="aid", name="Aid", description="It is how the two meet.")
    make_event(themes="aid")
    make_event(themes="aid", state="draft")
    assert "Aid It is how the two meet. 1" in words(client.get("/themes/"))


def test_the_page_has_all_that_belongs_to_it(client):
    make_theme(key="aid", name="Aid", description="It is how the two meet.")
    make_event(key="2020-a", themes="aid", kind="assault")
    make_programme(key="fund", themes="aid")
    make_investment(key="mine", themes="aid")
    make_judgement(key="said", themes="aid")
    answer = client.get("/themes/aid/")
    assert {"/events/2020-a/", "/aid/fund/", "/investments/mine/", "/judgements/said/"} <= set(links(answer))
    assert ">Conflict</tspan>" in part(answer, '<figure class="lanes"', "</figure>")
    assert "/timeline/?theme=aid" in links(answer)
    assert "Conflict, in deed 1" in words(answer) and "It is how the two meet." in words(answer)
