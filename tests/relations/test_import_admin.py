"""Import and export in the admin: upload, preview, apply, and who may."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from relations.models import Plan, Revision
from relations.writing import Edit, write
from tests.factories import make_actor, make_event, make_source, make_theme, make_user
from timeline.models import Event

pytestmark = pytest.mark.django_db

IMPORT = "/admin/timeline/event/import/"


def sent(client, text: str, table="events"):
    file = SimpleUploadedFile("file.csv", text.encode())
    return client.post(IMPORT, {"table": table, "file": file})


@pytest.fixture
def desk(client, analyst):
    client.force_login(analyst)
    make_theme(key="aid"), make_actor(key="us"), make_source(key="dawn")
    return client


NEW = (
    "key,title,date,kind,summary,actors,themes,sources\n2021-talks,Talks,2021-08,consult,They met.,us:source,aid,dawn\n"
)


def test_a_file_is_previewed_and_nothing_is_written_until_it_is_applied(desk, analyst):
    response = sent(desk, NEW)
    assert response.status_code == 302
    assert not Event.objects.exists()
    page = desk.get(response.url)
    assert "to be created" in page.text
    assert "2021-talks" in page.text
    assert "Import 1 row" in page.text
    done = desk.post(response.url, {"act": "apply", "reason": "Second reading."}, follow=True)
    assert "1 created as drafts" in done.text
    event = Event.objects.get()
    assert (event.key, event.state, event.entered_by) == ("2021-talks", "draft", analyst)
    assert Revision.objects.get(content_type__model="event").reason == "Second reading."
    again = desk.post(response.url, {"act": "apply"}, follow=True)
    assert "Already done" in again.text
    assert Event.objects.count() == 1


def test_a_refused_row_shuts_the_button_and_comes_back_as_csv(desk):
    response = sent(desk, NEW + "2021-bad,Bad,03/04/2021,consult,They met.,nobody:source,aid,dawn\n")
    page = desk.get(response.url)
    assert "1 row is refused, so nothing can be imported yet" in page.text
    assert "03/04/2021" in page.text
    assert "2021-04-03" in page.text
    assert 'value="apply"' not in page.text
    lines = desk.get(f"{response.url}refused.csv").getvalue().decode().splitlines()
    assert lines[0].endswith(",what_is_wrong")
    assert len(lines) == 2
    assert desk.post(response.url, {"act": "apply"}).status_code == 409
    assert not Event.objects.exists()


def test_a_file_that_is_no_table_is_refused_in_words(desk):
    response = sent(desk, "key,colour\n2021-a,red\n")
    assert response.status_code == 400
    assert "colour" in response.text
    assert not Plan.objects.exists()


def test_changes_to_published_records_wait_as_one_proposal_with_a_reason(desk):
    make_event(key="2020-visit", title="As it was")
    response = sent(desk, "key,title\n2020-visit,As it is\n")
    page = desk.get(response.url)
    assert "waits as a proposal" in page.text
    assert desk.post(response.url, {"act": "apply"}).status_code == 200
    assert Plan.objects.filter(kind="proposal").count() == 0
    done = desk.post(response.url, {"act": "apply", "change": "correction", "reason": "Read again."}, follow=True)
    assert "1 change to a published record waits for a second person" in done.text
    assert Event.objects.get().title == "As it was"
    assert Plan.objects.get(kind="proposal").reason == "Read again."


def test_a_colleagues_edit_since_the_preview_is_refused_by_name(desk, analyst, editor):
    event = make_event(key="2020-visit", state="draft", by=analyst)
    response = sent(desk, "key,title\n2020-visit,Mine\n")
    write([Edit(Event, pk=event.pk, seen=1, cells={"title": "Theirs"})], by=editor)
    refused = desk.post(response.url, {"act": "apply"})
    assert refused.status_code == 409
    assert "editor saved version 2" in refused.text
    assert Event.objects.get().title == "Theirs"


def test_a_plan_is_private_and_can_be_discarded(desk, client):
    response = sent(desk, NEW)
    client.force_login(make_user(name="somebody-else"))
    assert client.get(response.url).status_code == 404
    assert client.post(response.url, {"act": "apply"}).status_code == 404
    client.force_login(Plan.objects.get().author)
    client.post(response.url, {"act": "discard"})
    assert Plan.objects.get().state == "discarded"
    assert not Event.objects.exists()


def test_without_the_right_nobody_sees_or_reaches_import_and_export(client, outsider):
    person = make_user(name="visitor", role="")
    person.is_staff = True
    person.save()
    client.force_login(person)
    for page in ("import", "export"):
        assert client.get(reverse(f"admin:timeline_event_{page}")).status_code == 403
    assert client.get("/admin/timeline/event/").status_code == 403


def test_an_export_holds_what_the_list_shows_published_alone_or_drafts_too(desk):
    make_event(key="2020-open", importance="5"), make_event(key="2020-minor", importance="1")
    make_event(key="2020-draft", state="draft", importance="5")
    address = reverse("admin:timeline_event_export")
    assert desk.get("/admin/timeline/event/").text.count(address) == 1
    published = desk.get(f"{address}?go=yes&drafts=").getvalue().decode()
    assert "2020-open" in published
    assert "2020-draft" not in published
    drafts = desk.get(f"{address}?go=yes&drafts=yes&importance__exact=5").getvalue().decode()
    assert "2020-draft" in drafts
    assert "2020-minor" not in drafts
    assert "Drafts too" in desk.get(address).text
