"""Evidence at a glance: what stands behind each field, what rests on a source, and what it would leave uncited."""

import re
from html import unescape

import pytest
from django.urls import reverse

from relations.evidence import by_field, weigh
from tests.factories import make_actor, make_condition, make_event, make_source
from tests.forms import form_of

pytestmark = pytest.mark.django_db


def address(record, page, *args) -> str:
    return reverse(f"admin:{record._meta.app_label}_{record._meta.model_name}_{page}", args=[record.pk, *args])


def citations_of(event):
    return list(event.citations.with_sources())


def help_of(page: str, name: str) -> str:
    """What stands beneath a field of a form, as text."""
    found = re.search(rf'id="id_{name}_helptext"[^>]*>(.*?)</div>\s*</div>', page, re.DOTALL)
    return " ".join(re.sub(r"<[^>]*>", " ", unescape(found[1])).split())


def test_what_is_cited_for_the_whole_record_stands_behind_each_field():
    for key in ("whole", "date", "copy"):
        make_source(key=key, publisher=f"Publisher of {key}", **({"origin": "whole"} if key == "copy" else {}))
    rows = [{"source": "whole"}, {"source": "date", "field": "date"}, {"source": "copy", "field": "place"}]
    found = by_field(citations_of(make_event(citations=rows)))
    assert {name: (item.sources, item.publishers) for name, item in found.items()} == {
        "": (1, 1),
        "date": (2, 2),
        "place": (1, 1),
    }


def test_independent_are_publishers_whose_sources_and_their_origins_were_all_examined():
    make_source(key="wire", publisher="Agency")
    make_source(key="copy", publisher="Daily", origin="wire", origin_examined="yes")
    make_source(key="own", publisher="Gazette", origin_examined="yes")
    assert weigh(citations_of(make_event(citations=[{"source": "own"}]))).independent == 1
    # It was examined that the one copies the other, but not whether that one copies a third.
    assert weigh(citations_of(make_event(citations=[{"source": "own"}, {"source": "copy"}]))).independent == 0
    assert weigh([]).independent == 0


def test_the_form_says_at_each_field_what_stands_behind_it_and_marks_where_nothing_does(client, analyst):
    make_source(key="one", publisher="One")
    make_source(key="two", publisher="Two")
    rows = [{"source": "one", "field": "date"}, {"source": "two", "field": "date"}]
    event = make_event(state="draft", by=analyst, place="Kabul", citations=rows)
    client.force_login(analyst)
    page = client.get(address(event, "change")).text
    assert help_of(page, "date").endswith("2 sources, 2 publishers")
    assert help_of(page, "summary").endswith("no source")
    assert "source" not in help_of(page, "importance")
    data = form_of(client.get(address(event, "change")), "event_form")
    refused = client.post(address(event, "change"), data | {"title": [""], "_save": ["1"]})
    assert help_of(refused.text, "date").endswith("2 sources, 2 publishers")
    whole = make_event(state="draft", by=analyst, citations=[{"source": "one"}])
    assert help_of(client.get(address(whole, "change")).text, "summary").endswith("1 source, 1 publisher")


def test_the_page_of_a_source_lists_all_that_rests_on_it(client, analyst):
    make_source(key="paper", title="Paper")
    make_source(key="other")
    alone = make_event(title="Rests on it alone", citations=[{"source": "paper", "field": "date", "locator": "p. 3"}])
    both = make_condition(title="Rests on two", citations=[{"source": "paper"}, {"source": "other"}], state="draft")
    client.force_login(analyst)
    paper = alone.citations.get().source
    page = client.get(address(paper, "impact"))
    rows = {row.words: (row.state, row.said, row.is_alone) for _kind, rows in page.context["resting"] for row in rows}
    assert rows == {
        alone.title: ("published", ["date: stated, p. 3"], True),
        both.title: ("draft", ["the whole record: stated"], False),
    }
    assert "its only source" in page.text


def test_withdrawing_a_source_lists_what_it_would_leave_uncited_before_it_happens(client, editor):
    make_source(key="paper")
    make_source(key="other")
    alone = make_event(title="Alone", citations=[{"source": "paper"}])
    make_event(title="On two", citations=[{"source": "paper"}, {"source": "other"}])
    make_event(title="A draft alone", state="draft", citations=[{"source": "paper"}])
    paper = alone.citations.get().source
    client.force_login(editor)
    page = client.get(address(paper, "act", "withdraw"))
    assert [words for words, _url in page.context["left_uncited"]] == ["Alone"]
    refused = client.post(address(paper, "act", "withdraw"), {"version": 1, "reason": "A forgery."}, follow=True)
    assert "would be left without a citation" in " ".join(str(message) for message in refused.context["messages"])
    claimant = make_actor(key="claimant")
    claimed = make_event(title="Claimed", citations=[{"source": "other", "claimant": "claimant"}])
    assert claimed.is_public
    page = client.get(address(claimant, "act", "withdraw"))
    assert [words for words, _url in page.context["left_uncited"]] == ["Claimed"]
