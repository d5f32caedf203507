"""Events in the admin, and the forms of the whole data set."""

from html import unescape

import pytest
from django.urls import reverse

from relations.models import Plan, Revision, Source
from relations.writing import keyed_models
from tests.forms import form_of
from timeline.models import Event

pytestmark = pytest.mark.usefixtures("us_pakistan", "db")

ADD = "admin:timeline_event_add"


def test_an_event_with_two_actors_and_three_citations_is_entered_as_one_draft(client, analyst):
    client.force_login(analyst)
    data = form_of(client.get(reverse(ADD)), "event_form")
    # Two rows of citations are there without script; the third is one that script adds.
    data["citations-TOTAL_FORMS"] = ["3"]
    typed = {
        "title": "Munir visits Washington",
        "date": "2026-06-25~",
        "kind": "consult",
        "importance": "3",
        "summary": "The field marshal meets the Secretary of State.\r\nThey speak of minerals.",
        "key": "2026-munir-washington",
        "themes": ["Diplomacy", "minerals", ""],
        "place": "Washington",
        "country": "US",
        "latitude": "38.9072",
        "longitude": "-77.0369",
        "place_precision": "city",
        "participations-0-actor": "Asim Munir [asim-munir]",
        "participations-0-role": "source",
        "participations-0-place": "2",
        "participations-1-actor": "united states",
        "participations-1-role": "host",
        "participations-1-place": "1",
        "citations-0-support": "stated",
        "citations-1-field": "date",
        "citations-1-support": "inferred",
        "citations-1-states_instead": "2026-06-24",
        "citations-1-claimant": "Pakistan",
        "citations-2-field": "actors",
        "citations-2-support": "disputed",
        "citations-2-locator": "p. 3",
    }
    source = Source.objects.order_by("key").first()
    typed |= {f"citations-{place}-source": source.key for place in range(3)}
    response = client.post(reverse(ADD), data | typed | {"_save": "1"})
    assert response.status_code == 302, unescape(response.text)
    event = Event.objects.get(key="2026-munir-washington")
    assert (event.state, event.version, event.entered_by) == ("draft", 1, analyst)
    assert [(item.actor.key, item.role) for item in event.participations.all()] == [
        ("us", "host"),
        ("asim-munir", "source"),
    ]
    assert {(item.field, item.support, item.states_instead) for item in event.citations.all()} == {
        ("", "stated", ""),
        ("date", "inferred", "2026-06-24"),
        ("actors", "disputed", ""),
    }
    assert event.citations.get(field="date").claimant.key == "pakistan"
    assert event.summary == "The field marshal meets the Secretary of State.\nThey speak of minerals."
    revision = Revision.objects.get(content_type__model="event", object_id=event.pk)
    assert (revision.act, revision.written_by, revision.published_at) == ("create", analyst, None)
    assert revision.data["cells"]["actors"] == "us:host|asim-munir:source"
    assert len(revision.data["children"]["citations"]) == 3


def test_the_classes_stand_under_their_families_with_their_meaning(client, analyst):
    client.force_login(analyst)
    page = unescape(client.get(reverse(ADD)).text)
    assert '<optgroup label="Conflict, in deed">' in page
    assert "Meeting, visit, call, talks." in page


def test_the_date_says_what_it_means(client, analyst):
    client.force_login(analyst)
    event = Event.objects.filter(date="1985~").first() or Event.objects.filter(date__endswith="~").first()
    page = unescape(client.get(reverse("admin:timeline_event_change", args=[event.pk])).text)
    assert "approximate</b>" in page


@pytest.mark.parametrize("most", [1, pytest.param(9, marks=pytest.mark.prove)])
def test_every_kind_of_record_comes_back_from_its_form_as_it_was(client, administrator, most):
    """A form loses no cell of a real record; those with most words are looked at."""
    client.force_login(administrator)
    for model in keyed_models():
        name = model._meta.model_name
        for record in sorted(model.objects.all(), key=lambda item: (len(item.search_text()), item.key))[-most:]:
            url = reverse(f"admin:{model._meta.app_label}_{name}_change", args=[record.pk])
            data = form_of(client.get(url), f"{name}_form")
            response = client.post(url, data | {"change": "clarification", "reason": "Looked at.", "_continue": "1"})
            assert response.status_code == 302, (record.key, unescape(response.text))
            assert not Plan.objects.exists(), record.key
