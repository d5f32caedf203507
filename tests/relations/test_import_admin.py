"""Import and export in the admin: upload, preview, apply, and who may."""

import re
from contextlib import contextmanager
from itertools import count

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, connections
from django.test import Client
from django.urls import reverse

from relations.models import Investment, Plan, PlanRow, Revision
from relations.reading import LIMITS
from relations.writing import Edit, write
from tests.factories import make_actor, make_event, make_investment, make_source, make_theme, make_user
from tests.forms import form_of
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
    assert client.get(response.url).status_code == client.get(f"{response.url}refused.csv").status_code == 404
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
    for address in (IMPORT, f"{IMPORT}some-token/", f"{IMPORT}some-token/refused.csv", "/admin/timeline/event/export/"):
        assert client.get(address).status_code == client.post(address).status_code == 403
    assert client.get("/admin/timeline/event/").status_code == 403


def test_an_export_holds_what_the_list_shows_published_alone_or_drafts_too(desk):
    make_event(key="2020-open", importance="5"), make_event(key="2020-minor", importance="1")
    make_event(key="2020-draft", state="draft", importance="5")
    address = reverse("admin:timeline_event_export")
    assert desk.get("/admin/timeline/event/").text.count(address) == 1
    published = desk.get(f"{address}?table=events").getvalue().decode()
    assert "2020-open" in published
    assert "2020-draft" not in published
    drafts = desk.get(f"{address}?table=events&drafts=yes&importance__exact=5").getvalue().decode()
    assert "2020-draft" in drafts
    assert "2020-minor" not in drafts
    assert "Drafts too" in desk.get(address).text


def header(*rows: str) -> str:
    return "key,title,date,kind,summary,actors,themes,sources\n" + "".join(rows)


def new(key: str, title: str = "Talks") -> str:
    return f"{key},{title},2021-08,consult,They met.,us:source,aid,dawn\n"


def test_the_preview_shows_every_verdict_and_totals_that_add_up(desk, analyst):
    make_event(key="2020-open", title="As it was", actors="us:source", themes="aid")
    make_event(key="2020-draft", state="draft", by=analyst, place="Alton", actors="us:source", themes="aid")
    make_event(key="2020-same", state="draft", by=analyst, title="Same", actors="us:source", themes="aid")
    rows = "2020-open,As it is,\n2020-draft,Event 2020-draft,\n2020-same,Same,\n2020-draft-2,Bad,\n"
    page = desk.get(sent(desk, f"key,title,place\n{rows}").url)
    tally = [int(number) for number in re.findall(r"<b>(\d+)</b>", page.text)]
    assert tally == [1, 2, 0, 1, 4]
    assert "Public: becomes a correction" in page.text
    assert "<del>As it was</del>" in page.text and "<ins>As it is</ins>" in page.text
    assert "<del>Alton</del>" in page.text and "(empty)" in page.text
    assert "this column is missing, and a new record needs it" in page.text
    assert "Not in the file:</span>" not in page.text and "latitude, longitude" in page.text
    assert "2020-same" not in page.text
    same = desk.get(f"{page.request['PATH_INFO']}?verdict=same")
    assert "2020-same" in same.text and "As it was" not in same.text


def test_a_preview_comes_in_pages_and_costs_the_same_for_2_and_for_250_rows(desk, django_assert_max_num_queries):
    few = sent(desk, header(new("2021-a"), new("2021-b"))).url
    many = sent(desk, header(*(new(f"2021-{number}") for number in range(250)))).url
    desk.get(few)
    for url in (few, many):
        with django_assert_max_num_queries(20):
            page = desk.get(url)
    assert page.text.count('<th scope="row">') == 100 and "1–100 of 250" in page.text
    last = desk.get(f"{many}?verdict=new&p=3")
    assert last.text.count('<th scope="row">') == 50 and "201–250 of 250" in last.text


def test_the_report_leads_to_every_record(desk, analyst):
    make_event(key="2020-draft", state="draft", by=analyst, actors="us:source", themes="aid")
    url = sent(desk, header(new("2021-talks"), new("2020-draft"))).url
    done = desk.post(url, {"act": "apply", "reason": ""}, follow=True)
    assert "1 created as drafts, 1 drafts changed." in done.text
    for event in Event.objects.all():
        address = reverse("admin:timeline_event_change", args=[event.pk])
        assert f'<a href="{address}">{event.key}</a>' in done.text
        assert desk.get(address).status_code == 200
    assert Plan.objects.get().upload.digest in done.text


def test_what_stays_because_it_is_not_public_is_said(desk, analyst):
    make_theme(key="secrets", state="draft")
    make_event(key="2020-draft", state="draft", by=analyst, actors="us:source", themes="aid|secrets")
    page = desk.get(sent(desk, "key,themes,place\n2020-draft,aid,Alton\n").url)
    assert "<code>secrets</code>" in page.text
    assert "stays, because it is not public" in page.text


def test_children_and_citations_come_in_beside_the_records_that_they_belong_to(desk, analyst):
    make_investment(key="dam", state="draft", by=analyst)
    address = "/admin/relations/investment/import/"
    page = desk.get(address).text
    assert all(f"{name}.csv" in page for name in ("investments", "stakes", "citations"))
    file = SimpleUploadedFile("s.csv", b"investment,actor,role,since\ndam,us,owner,2001\n")
    preview = desk.post(address, {"table": "stakes", "file": file})
    assert "to be created" in desk.get(preview.url).text
    desk.post(preview.url, {"act": "apply"})
    file = SimpleUploadedFile("c.csv", b"record_type,record,field,source,claimant\ninvestment,dam,stakes,dawn,us\n")
    preview = desk.post(address, {"table": "citations", "file": file})
    done = desk.post(preview.url, {"act": "apply"}, follow=True)
    assert reverse("admin:relations_investment_change", args=[Investment.objects.get().pk]) in done.text
    assert Investment.objects.get().stakes.count() == 1
    assert Investment.objects.get().citations.filter(field="stakes", claimant__key="us").exists()


def test_an_empty_a_foreign_and_a_large_file_are_refused_in_words(desk):
    assert "the first row is empty" in sent(desk, "").text
    response = desk.post(IMPORT, {"table": "events", "file": SimpleUploadedFile("a.csv", b"key\n\xe9\n")})
    assert response.status_code == 400 and "(0xE9), in line 2, is not UTF-8" in response.text
    large = SimpleUploadedFile("a.csv", b"x" * (LIMITS.bytes + 1))
    assert "Larger ones go by import_csv" in desk.post(IMPORT, {"table": "events", "file": large}).text
    assert "Select a valid choice" in desk.post(IMPORT, {"table": "users"}).text
    assert not Plan.objects.exists()


def test_no_other_site_can_send_apply_or_discard(desk, analyst):
    url = sent(desk, NEW).url
    stranger = Client(enforce_csrf_checks=True)
    stranger.force_login(analyst)
    for address in (IMPORT, url):
        assert stranger.post(address, {"act": "apply"}).status_code == 403
    assert not Event.objects.exists()


def test_an_export_of_children_and_citations_follows_the_filters_too(desk):
    stakes = [{"actor": "us", "role": "owner"}]
    make_investment(key="dam", stakes=stakes, status="operational")
    make_investment(key="port", stakes=stakes, status="proposed")
    make_event(key="2020-open")
    address = "/admin/relations/investment/export/"
    found = desk.get(f"{address}?table=stakes&status__exact=proposed").getvalue().decode()
    assert found.splitlines()[1:] == ["port,us,owner,,"]
    found = desk.get(f"{address}?table=citations").getvalue().decode()
    assert [line.split(",")[1] for line in found.splitlines()[1:]] == ["dam", "port"]
    assert desk.get(f"{address}?table=stakes&nonsense=1").status_code == 302
    assert desk.get(f"{address}?table=events").status_code == 200


def told(client, url: str) -> tuple[int, str]:
    """What somebody is told who presses the button: where it leads to, or the page that comes back."""
    response = client.post(url, {"act": "apply", "change": "correction", "reason": "So it was."})
    return response.status_code, "" if response.status_code == 302 else response.text


@pytest.mark.django_db(transaction=True)
def test_whichever_call_of_the_database_fails_the_truth_is_told(client, analyst):
    client.force_login(analyst)
    make_theme(key="aid"), make_actor(key="us"), make_source(key="dawn")
    make_event(key="2019-pact", actors="us:source", themes="aid", citations=[{"source": "dawn"}])
    client.raise_request_exception = False
    unavailable = 0
    for number in count(1):
        key = f"{2100 + number}"
        url = sent(client, header(new(f"{key}-a"), new(f"{key}-b"), new("2019-pact", f"The pact of {key}"))).url
        calls = count(1)

        def fails(execute, sql, params, many, context, calls=calls, number=number):
            if next(calls) == number:
                raise DatabaseError("The disk is full.")
            return execute(sql, params, many, context)

        with connection.execute_wrapper(fails):
            status, page = told(client, url)
        rows = Event.objects.filter(key__startswith=f"{key}-").count()
        proposed = PlanRow.objects.filter(plan__kind=Plan.Kind.PROPOSAL, cells__title=f"The pact of {key}").count()
        assert (rows, proposed) == ((2, 1) if status == 302 else (0, 0)), (number, status)
        assert status in (302, 403, 404, 500, 503), status
        if status == 503:
            unavailable += 1
            assert "Not imported: nothing has changed" in page and "the disk is full, so nothing was written" in page
        if next(calls) <= number:
            break
    assert unavailable > 30


def test_likely_doubles_stand_beside_what_they_resemble_and_are_settled(desk, analyst):
    title = "The two sides hold talks in Alton"
    event = make_event(key="2021-alton", state="draft", by=analyst, title=title, date="2021-08-04", actors="us:source")
    storm = new("2021-storm", "A storm closes the port of Alton")
    url = sent(desk, header(new("2021-talks", title).replace("2021-08,", "2021-08-05,"), storm)).url
    page = desk.get(url).text
    assert "1 new row may be a record that is stored already" in page and 'value="apply"' not in page
    shown = desk.get(f"{url}?verdict=doubles").text
    assert "The same as 2021-alton" in shown and f"<mark>{event.date}</mark>" in shown and "2021-storm" not in shown
    row = PlanRow.objects.get(key="2021-talks")
    refused = desk.post(url, {"act": "apply"})
    assert refused.status_code == 409 and "say of each what it is first" in refused.text
    settled = desk.post(url, {"act": "settle", f"row-{row.pk}": str(event.pk)}, follow=True).text
    assert "All likely doubles are settled" in settled and "<del>2021-08-04</del>" in settled
    done = desk.post(url, {"act": "apply"}, follow=True).text
    assert "1 created as drafts, 1 drafts changed." in done
    event.refresh_from_db()
    assert (event.key, event.date, Event.objects.count()) == ("2021-alton", "2021-08-05", 2)


def test_what_a_colleague_changed_since_is_shown_and_one_button_makes_the_plan_again(desk, analyst, editor):
    event = make_event(key="2020-visit", state="draft", by=analyst, title="As it was")
    url = sent(desk, "key,title\n2020-visit,Mine\n").url
    assert "changed by somebody since" not in desk.get(url).text
    write([Edit(Event, pk=event.pk, seen=1, cells={"title": "Theirs"})], by=editor)
    page = desk.get(url).text
    assert "1 of these records was changed by somebody since" in page and "editor saved version 2" in page
    assert re.search(r"<del[^>]*>As it was</del> <ins[^>]*>Theirs</ins>", page)
    again = desk.post(url, {"act": "again"})
    assert again.url != url and "<del>Theirs</del>" in desk.get(again.url).text
    assert "was discarded" in desk.get(url, follow=True).text
    desk.post(again.url, {"act": "apply"})
    event.refresh_from_db()
    assert event.title == "Mine"


def test_how_far_a_file_is_read_is_told_to_who_sent_it_alone(desk, client):
    token = re.search(r'name="token" value="([^"]+)"', desk.get(IMPORT).text)[1]
    file = SimpleUploadedFile("file.csv", header(new("2021-a"), new("2021-b")).encode())
    assert token in desk.post(IMPORT, {"table": "events", "file": file, "token": token}).url
    assert desk.get(f"{IMPORT}{token}/progress/").json() == {"rows": 2}
    client.force_login(make_user(name="somebody-else"))
    assert client.get(f"{IMPORT}{token}/progress/").status_code == 404
    assert "50,000 rows" in client.get(IMPORT).text and "1,000,000" in client.get(IMPORT).text


@contextmanager
def full_disk():
    """Within it the database has no room for more: SQLite by its own limit, PostgreSQL as it says it."""

    def fails(execute, sql, params, many, context):
        if sql.startswith("INSERT"):
            raise DatabaseError("could not extend file: No space left on device")
        return execute(sql, params, many, context)

    if connection.vendor == "postgresql":
        with connection.execute_wrapper(fails):
            yield
        return
    with connection.cursor() as cursor:
        [most] = cursor.execute("PRAGMA max_page_count").fetchone()
        cursor.execute("PRAGMA max_page_count = 1")  # which is taken as the number that there are
        yield
        cursor.execute(f"PRAGMA max_page_count = {most}")


@pytest.mark.django_db(transaction=True)
def test_a_full_disk_is_told_in_words_and_once_there_is_room_the_same_plan_is_applied(client, analyst):
    client.force_login(analyst)
    make_theme(key="aid"), make_actor(key="us"), make_source(key="dawn")
    url = sent(client, header(*(new(f"2021-{number}", f"Talks {number} " + "x" * 150) for number in range(300)))).url
    with full_disk():
        page = client.post(url, {"act": "apply"})
    assert page.status_code == 503
    assert "Not imported: nothing has changed" in page.text and "the disk is full" in page.text
    assert not Event.objects.exists()
    assert "300 created as drafts" in client.post(url, {"act": "apply"}, follow=True).text


@pytest.mark.django_db(transaction=True)
def test_who_saves_while_a_long_import_holds_the_database_is_told_so_and_keeps_what_was_typed(client, analyst):
    client.force_login(analyst)
    event = make_event(key="2020-visit", state="draft", by=analyst)
    address = reverse("admin:timeline_event_change", args=[event.pk])
    typed = form_of(client.get(address), "event_form") | {"title": "What I typed"}
    other = connections.create_connection(DEFAULT_DB_ALIAS)
    is_sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        if is_sqlite:
            cursor.execute("PRAGMA busy_timeout = 50")  # 20 s in life
    with holding(other):
        page = client.post(address, typed)
    other.close()
    if is_sqlite:
        assert page.status_code == 503
        assert "somebody imports very many records just now" in page.text and 'value="What I typed"' in page.text
        page = client.post(address, typed)
    assert page.status_code == 302  # on PostgreSQL at once: there nobody waits for what others write elsewhere
    event.refresh_from_db()
    assert event.title == "What I typed"


@contextmanager
def holding(other):
    """Write from another connection, and do not end."""
    other.cursor().execute("BEGIN IMMEDIATE" if other.vendor == "sqlite" else "BEGIN")
    yield
    other.rollback()
