"""Foreign spreadsheets in the admin: mapped with guesses, saved by name, exported, brought, used, and shown."""

import csv
import io
import json
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from relations import profiles
from relations.models import Plan, PlanRow, Profile
from relations.reading import read_raw
from tests.factories import make_theme, make_user
from tests.forms import form_of
from timeline.models import Event

pytestmark = pytest.mark.django_db

FOREIGN = Path(__file__).parent / "foreign"
OURS = (
    b"When,Headline,Details,Town,Land,Class,Deaths,Paper\n"
    b"14.5.2021,They meet,Talks.,Eastport,Pakistan,Talks,3,Herald\n"
    b"15.5.2021,They part,No more talks.,Westport,India,Talks,,Herald\n"
)


def begin(client, data: bytes = OURS, name: str = "foreign.csv", profile: str = "") -> str:
    """Upload a file and return the address of its mapping."""
    sent = {"act": "map", "table": "events", "profile": profile, "file": SimpleUploadedFile(name, data)}
    answer = client.post(reverse("admin:profiles"), sent)
    assert answer.status_code == 302, answer.text
    return answer.url


def send(client, url: str, act: str, **changed):
    form = form_of(client.get(url), "mapping")
    return client.post(url, form | {name: [text] for name, text in changed.items()} | {"act": [act]})


def rest() -> dict:
    """What the guesses lack: who took part, about what, and the source."""
    return {
        "text.themes": "Talks",
        "make.themes": "on",
        "part.0.text": "Aland",
        "part.0.kind": "state",
        "text.kind": "{Class}",
        "cite.source": "{Paper}",
        "cite.title": "{Paper}",
        "cite.url": "https://herald.example/",
        "cite.kind": "news",
    }


def test_a_file_is_mapped_from_guesses_to_its_preview(client, analyst):
    client.force_login(analyst)
    url = begin(client)
    page = client.get(url)
    assert "guess" in page.text
    form = form_of(page, "mapping")
    assert form["text.date"] == ["{When}"]
    assert form["dates.date"] == ["D.M.YYYY"]
    assert form["figure.0.best"] == ["{Deaths}"]
    asked = send(client, url, "show", **rest())
    assert asked.status_code == 409
    assert form_of(asked, "mapping")["unmapped.0.value"] == ["Talks"]
    assert not Event.objects.exists()
    shown = client.post(url, form_of(asked, "mapping") | {"unmapped.0.code": ["consult"], "act": ["show"]})
    assert shown.status_code == 302, shown.text
    preview = client.get(shown.url)
    assert "2021-14-5-2021" not in preview.text
    plan = Plan.objects.get(upload__isnull=False, state=Plan.State.WAITING)
    events = plan.rows.filter(content_type__model="event", verdict=PlanRow.Verdict.NEW)
    assert [row.cells["date"] for row in events.order_by("number")] == ["2021-05-14", "2021-05-15"]
    assert client.post(shown.url, {"act": "apply"}).status_code == 302
    event = Event.objects.get(date="2021-05-14")
    assert (event.kind, event.country, event.place) == ("consult", "PK", "Eastport")
    assert [figure.best for figure in event.figures.all()] == [3]
    assert [source.key for source in event.figures.get().sources.all()] == ["herald"]


def test_a_profile_is_saved_by_name_exported_brought_and_used(client, analyst):
    client.force_login(analyst)
    send(client, begin(client), "save", **rest(), **{"name": "Incidents", "codes.kind": "Talks = consult"})
    saved = Profile.objects.get()
    assert saved.document["fields"]["kind"] == {"text": "{Class}", "codes": {"Talks": "consult"}}
    exported = client.get(reverse("admin:profile", args=[saved.pk]))
    assert json.loads(exported.content)["name"] == "Incidents"
    client.post(reverse("admin:profiles"), {"act": "remove", "profile": saved.pk})
    assert not Profile.objects.exists()
    brought = {"act": "bring", "profile": SimpleUploadedFile("incidents.json", exported.content)}
    assert client.post(reverse("admin:profiles"), brought).status_code == 302
    assert Profile.objects.get().document == saved.document
    shown = send(client, begin(client, profile="=Incidents"), "show")
    assert shown.status_code == 302
    assert client.get(shown.url).status_code == 200


def test_a_ready_made_profile_says_what_it_drops_and_lowers(client, analyst):
    client.force_login(analyst)
    url = begin(client, (FOREIGN / "ucdp-ged.csv").read_bytes(), profile="ucdp-ged")
    token = url.rstrip("/").rpartition("/")[2]
    rows = list(csv.DictReader(io.StringIO(client.get(reverse("admin:losses", args=[token])).getvalue().decode())))
    assert {row["became"] for row in rows} == {"dropped", "lowered"}
    shown = send(client, url, "show")
    assert shown.status_code == 302, shown.text
    plan = Plan.objects.get(upload__isnull=False, state=Plan.State.WAITING)
    assert plan.upload.profile["name"] == "UCDP GED"
    assert reverse("admin:losses", args=[plan.token]) in client.get(shown.url).text


@pytest.mark.parametrize("name", sorted(profiles.ready_made()))
def test_a_profile_that_is_sent_back_as_it_is_stays_as_it_is(client, analyst, name):
    client.force_login(analyst)
    files = {"ucdp-ged": "ucdp-ged.csv", "acled": "acled.csv", "timelinejs-sheet": "timelinejs.csv"}
    files |= {"timelinejs-json": "timelinejs.json", "timelinejs-sheet-old": "timelinejs-old.csv"}
    file = files.get(name, "timelinejs-old.json")
    url = begin(client, (FOREIGN / file).read_bytes(), name=file, profile=name)
    send(client, url, "save", name="Mine")
    document = Profile.objects.get().document
    ready = profiles.ready_made()[name]

    def mapped(profile: dict):
        raw = read_raw((FOREIGN / file).read_bytes(), name=file, **profiles.reading(profile))
        return profiles.apply(profile, raw)

    assert mapped(document) == mapped(ready)


def test_a_try_says_what_cannot_be_read_and_keeps_what_was_typed(client, analyst):
    client.force_login(analyst)
    url = begin(client)
    tried = send(client, url, "try", **rest(), **{"dates.date": "M/D/YYYY", "codes.kind": "Talks = consult"})
    assert "is no date as the profile declares them: M/D/YYYY" in tried.text
    assert form_of(client.get(url), "mapping")["dates.date"] == ["M/D/YYYY"]
    torn = send(client, url, "try", **{"text.title": "{Headline"})
    assert torn.status_code == 400
    assert "does not close" in torn.text


def test_rows_are_left_out_as_the_page_says(client, analyst):
    make_theme(key="talks")
    client.force_login(analyst)
    skip = {"skip.0.column": "Land", "skip.0.how": "is", "skip.0.values": "India|Peru"}
    send(client, begin(client), "save", **rest(), **skip, name="Pakistan alone")
    assert Profile.objects.get().document["skip"] == [{"column": "Land", "is": ["India", "Peru"]}]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"a,b\n1\n", "cells"),
        (b"\xe9\n", "UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_before_it_is_kept(client, analyst, data, said):
    client.force_login(analyst)
    sent = {"act": "map", "table": "events", "file": SimpleUploadedFile("foreign.csv", data)}
    answer = client.post(reverse("admin:profiles"), sent)
    assert answer.status_code == 400
    assert said in answer.text
    assert not Plan.objects.exists()


def test_a_foreign_file_and_its_mapping_are_private(client, analyst):
    client.force_login(analyst)
    url = begin(client)
    client.force_login(make_user())
    assert client.get(url).status_code == 404
    assert client.post(url, {"act": "show"}).status_code == 404


def test_a_profile_of_somebody_else_is_neither_removed_nor_replaced_but_by_an_editor(client, analyst, editor):
    document = {"form": 1, "table": "events", "name": "Theirs", "fields": {}}
    theirs = Profile.objects.create(
        name="Theirs", document=document, saved_by=make_user(), saved_at="2026-01-01T00:00Z"
    )
    client.force_login(analyst)
    assert client.post(reverse("admin:profiles"), {"act": "remove", "profile": theirs.pk}).status_code == 403
    assert send(client, begin(client), "save", name="Theirs").status_code == 403
    client.force_login(editor)
    assert client.post(reverse("admin:profiles"), {"act": "remove", "profile": theirs.pk}).status_code == 302


def test_a_file_that_is_not_mapped_yet_leads_from_its_preview_to_its_mapping(client, analyst):
    client.force_login(analyst)
    url = begin(client)
    token = url.rstrip("/").rpartition("/")[2]
    answer = client.get(reverse("admin:timeline_event_preview", args=[token]))
    assert (answer.status_code, answer.url) == (302, url)
