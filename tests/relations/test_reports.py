"""Errors that readers report: taken within bounds, seen by the desk alone, answered, settled, thanked, forgotten."""

import re
from datetime import timedelta
from smtplib import SMTPServerDisconnected

import pytest
import time_machine
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from relations import publishing, reporting
from relations.models import Plan, Report
from relations.writing import Edit
from tests.factories import MAKERS, make_event, make_theme
from tests.forms import form_of
from tests.relations.test_joining import merge
from timeline.models import Event

pytestmark = pytest.mark.django_db

HERE = {"Origin": "http://testserver"}
TOLD = {
    "field": "date",
    "right": "It was on 4 May, not on 5 May.",
    "source": "Dawn, 5 May 2021, p. 1",
    "credit": "Ayesha Q.",
    "email": "ayesha@reader.example",
    "website": "",
}


def address(record) -> str:
    return reverse(f"timeline:{record._meta.model_name}-report", args=[record.key])


def send(record, *, client=None, headers=HERE, whence="192.0.2.7", **told):
    """Send the form of a record as a reader's browser does."""
    headers = headers | {"X-Forwarded-For": whence}
    return (client or Client()).post(address(record), TOLD | told, headers=headers)


@pytest.fixture(autouse=True)
def behind_a_proxy(settings):
    settings.PROXIES = 1


@pytest.fixture
def event(static_files):
    return make_event(key="2021-visit", title="A visit", date="2021-05-05")


@pytest.fixture
def report(event) -> Report:
    assert send(event).status_code == 303
    return Report.objects.get()


def act(client, report, name, **typed):
    return client.post(report.get_absolute_url(), {"act": name, "answer": ""} | typed, follow=True)


# ------------------------------------------------------------------------------------------------ what comes in


def test_a_reader_reports_an_error_without_script_or_cookie(client, event):
    page = client.get(event.get_absolute_url())
    assert f'href="{address(event)}"' in page.text
    form = client.get(address(event))
    assert not form.cookies and "<script" not in form.text.partition("<main")[2].partition("</main")[0]
    assert 'method="post"' in form.text
    sent = client.post(address(event), TOLD, headers=HERE, follow=True)
    assert "Thank you" in sent.text
    assert not sent.cookies and not client.cookies
    report = Report.objects.get()
    assert (report.field, report.right, report.version) == ("date", TOLD["right"], event.version)
    assert (report.state, report.email, report.credit) == ("open", TOLD["email"], TOLD["credit"])


@pytest.mark.parametrize("model", MAKERS, ids=lambda model: model.__name__)
def test_every_page_of_a_record_leads_to_its_form(client, model):
    record = MAKERS[model]()
    page = client.get(record.get_absolute_url()).text
    found = re.search(r'href="([^"]+/report/)"', page)[1]
    answer = client.get(found)
    assert answer.status_code == 200
    assert 'name="right"' in answer.text


def test_only_what_is_needed_need_be_given(event):
    assert send(event, field="", credit="", email="").status_code == 303
    assert Report.objects.get().email == ""


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"right": ""}, "Say what would be right"),
        ({"source": "  "}, "Name the document"),
        ({"right": "x" * 2001}, "at most 2000"),
        ({"source": "x" * 501}, "at most 500"),
        ({"credit": "x" * 101}, "at most 100"),
        ({"email": "no address"}, "valid email"),
        ({"field": "password"}, "valid choice"),
        ({"right": "abc\u202edef"}, "invisible"),
        ({"credit": "abc\u200bdef"}, "invisible"),
        ({"right": "nul\0nul"}, "Null characters"),
        ({"source": "two\nlines"}, "line"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_would_be_right(event, told, words):
    answer = send(event, **told)
    assert answer.status_code == 400
    assert words in answer.text
    assert not Report.objects.exists()
    if "right" not in told:
        assert TOLD["right"] in answer.text  # what was typed stays


def test_urdu_and_several_lines_are_taken(event):
    right = "یہ ملاقات ۴ مئی کو ہوئی۔\nWith ZWNJ: می‌خواهم"
    assert send(event, right=right).status_code == 303
    assert Report.objects.get().right == right


def test_a_report_that_is_too_large_is_not_even_read(event):
    answer = send(event, right="x" * 40_000)
    assert answer.status_code == 413
    assert not Report.objects.exists()


def test_a_robot_that_fills_what_nobody_sees_is_thanked_and_not_kept(event):
    assert send(event, website="https://spam.example").status_code == 303
    assert not Report.objects.exists()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Referer": "https://elsewhere.example/http://testserver/"},
        {"Origin": "http://testserver.elsewhere.example"},
        {"Origin": "https://elsewhere.example", "Referer": "http://testserver/"},
    ],
)
def test_another_site_cannot_send_reports_through_its_readers(event, headers):
    answer = send(event, headers=headers)
    assert answer.status_code == 403
    assert "send it from there" in answer.text
    assert not Report.objects.exists()


def test_a_browser_that_names_only_the_page_before_is_believed(event):
    assert send(event, headers={"Referer": f"http://testserver{address(event)}"}).status_code == 303


@pytest.fixture
def later():
    """A function: go to so many hours after now."""
    start, travels = timezone.now(), []

    def go(hours: float):
        for travel in travels:
            travel.stop()
        travels[:] = [time_machine.travel(start + timedelta(hours=hours), tick=True)]
        travels[0].start()

    yield go
    for travel in travels:
        travel.stop()


def test_five_an_hour_and_fifteen_a_day_are_taken_from_one_address(event, later):
    for hour, taken in enumerate([5, 5, 5, 0]):
        later(hours=hour * 1.5)
        answers = [send(event).status_code for _ in range(6)]
        assert answers == [303] * taken + [429] * (6 - taken), hour
    assert send(event, whence="203.0.113.5").status_code == 303
    later(hours=30)
    assert send(event).status_code == 303


def test_a_network_of_ipv6_is_one_sender(event):
    for number in range(5):
        assert send(event, whence=f"2001:db8:1:2::{number + 1}").status_code == 303
    assert send(event, whence="2001:db8:1:2:ffff::9").status_code == 429
    assert send(event, whence="2001:db8:1:3::1").status_code == 303


def test_what_was_typed_stays_where_too_many_came_in(event):
    for _ in range(5):
        send(event)
    answer = send(event, right="The sixth report.")
    assert answer.status_code == 429
    assert "The sixth report." in answer.text and "in an hour" in answer.text


def test_all_together_are_bounded_too(event, monkeypatch):
    monkeypatch.setattr(reporting, "OF_ALL", 3)
    answers = [send(event, whence=f"192.0.2.{number}").status_code for number in range(4)]
    assert answers == [303, 303, 303, 429]


def test_the_address_that_somebody_connects_from_is_not_kept(report):
    assert "192.0.2.7" not in str(Report.objects.values())
    assert len(report.sender) == 64


@pytest.mark.parametrize("state", ["draft", "submitted", "withdrawn"])
def test_what_is_not_public_takes_no_report(state, static_files):
    theme = make_theme(state=state)
    unknown = address(theme).replace(theme.key, "x" * len(theme.key))
    assert Client().get(address(theme)).status_code == Client().get(unknown).status_code == 404
    assert send(theme).status_code == Client().post(unknown, TOLD, headers=HERE).status_code == 404
    assert not Report.objects.exists()


def test_a_withdrawn_record_takes_no_report_and_says_why(event, editor):
    publishing.withdraw([event], by=editor, reason="It did not happen.")
    assert send(event).status_code == 410
    assert not Report.objects.exists()


def test_nothing_but_get_and_post_is_answered_and_no_cache_keeps_it(client, event):
    assert client.put(address(event)).status_code == 405
    assert client.put(address(event))["Allow"] == "GET, HEAD, POST"
    for told in ({}, {"right": ""}):
        assert send(event, **told)["Cache-Control"] == "no-store"
    assert client.get(address(event), {"x": "1"}).status_code == 400


# --------------------------------------------------------------------------------------------------- the desk


def test_the_desk_sees_what_is_open_with_the_record_beside(client, report, analyst):
    client.force_login(analyst)
    listed = client.get(reverse("admin:relations_report_changelist")).text
    assert TOLD["right"] in listed and "A visit" in listed
    page = client.get(report.get_absolute_url()).text
    for words in (TOLD["right"], TOLD["source"], TOLD["credit"], TOLD["email"], "2021-05-05"):
        assert words in page
    assert "An editor answers" in page


def test_an_outsider_sees_no_report(client, report, outsider):
    client.force_login(outsider)
    for url in (reverse("admin:relations_report_changelist"), report.get_absolute_url()):
        assert client.get(url).status_code == 302
    assert act(client, report, "rejected").status_code == 200
    report.refresh_from_db()
    assert report.state == "open"


def test_an_analyst_answers_nobody(client, report, analyst, mailoutbox):
    client.force_login(analyst)
    for name in ("answered", "rejected", "send"):
        assert act(client, report, name, answer="Yes.").status_code == 403
    assert not mailoutbox


def test_an_editor_answers_by_mail(client, report, editor, mailoutbox):
    client.force_login(editor)
    told = act(client, report, "answered", answer="You are right; we look into it.").text
    assert "on its way" in told
    [mail] = mailoutbox
    assert mail.to == [TOLD["email"]]
    for words in ("You are right; we look into it.", TOLD["right"], "/events/2021-visit/", "90 days"):
        assert words in mail.body
    report.refresh_from_db()
    assert (report.state, report.answered_by) == ("answered", editor)
    assert report.sent_at
    assert TOLD["right"] not in client.get(reverse("admin:relations_report_changelist")).text
    assert TOLD["right"] in client.get(reverse("admin:relations_report_changelist"), {"state": "answered"}).text


def test_a_rejection_says_why_where_somebody_waits_for_it(client, report, editor, mailoutbox):
    client.force_login(editor)
    assert "write what the reader is to be told" in act(client, report, "rejected").text
    act(client, report, "rejected", answer="The document says 5 May.")
    report.refresh_from_db()
    assert report.state == "rejected"
    assert "The document says 5 May." in mailoutbox[0].body


def test_without_an_address_no_answer_goes_out(client, event, editor, mailoutbox):
    send(event, email="")
    client.force_login(editor)
    assert "no answer goes out" in act(client, Report.objects.get(), "rejected").text
    assert not mailoutbox


def test_a_report_is_answered_once(client, report, editor, mailoutbox):
    client.force_login(editor)
    act(client, report, "answered", answer="First.")
    assert "somebody has answered it already" in act(client, report, "rejected", answer="Second.").text
    act(client, report, "send")
    report.refresh_from_db()
    assert (report.state, report.answer, len(mailoutbox)) == ("answered", "First.", 1)


class Refusing(EmailBackend):
    """A mail server that takes nothing."""

    def send_messages(self, messages):
        raise SMTPServerDisconnected("gone away")


def test_an_answer_that_could_not_be_sent_is_kept_and_sent_again(client, report, editor, settings, mailoutbox):
    client.force_login(editor)
    settings.EMAIL_BACKEND = f"{__name__}.Refusing"
    assert "could not be sent" in act(client, report, "answered", answer="You are right.").text
    report.refresh_from_db()
    assert (report.state, report.sent_at) == ("answered", None)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    act(client, report, "send")
    assert "You are right." in mailoutbox[0].body


@pytest.mark.parametrize("number", ["0", "999999", "x", "9" * 30])
def test_a_report_that_there_is_not_is_no_error(client, analyst, number):
    client.force_login(analyst)
    assert client.get(f"/admin/relations/report/{number}/change/").status_code == 302


def test_the_list_asks_as_often_for_few_as_for_many(client, event, analyst):
    client.force_login(analyst)

    def counted() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse("admin:relations_report_changelist")).status_code == 200
        return len(queries)

    send(event)
    few = counted()
    for number in range(12):
        send(make_event(), whence=f"192.0.2.{number}")
    assert counted() == few


# -------------------------------------------------------------------------------------------- the correction


def propose(client, report, **cells) -> Plan:
    """Open the record's form from the report, change cells, and propose that."""
    page = client.get(report.get_absolute_url()).text
    url = re.search(r'href="([^"]+\?report=\d+)"', page)[1]
    form = client.get(url)
    typed = form_of(form, f"{report.content_type.model}_form")
    assert typed["reason"] == [f"A reader reported it: {report.right}"]
    assert typed["change"] == ["correction"]
    assert report.source in form.text
    client.post(url, typed | {name: [text] for name, text in cells.items()})
    return Plan.objects.filter(kind="proposal").latest("pk")


def test_a_report_on_what_was_merged_is_about_the_record_that_stays(client, event, report, analyst, editor):
    stays = make_event(key="2021-05-05-visit", title="The visit", date="2021-05-05")
    merge(stays, event, by=analyst)
    client.force_login(analyst)
    assert "2021-visit, which was merged into this one since" in client.get(report.get_absolute_url()).text
    plan = propose(client, report, date="2021-05-04")
    publishing.agree(plan, by=editor)
    stays.refresh_from_db()
    assert stays.date == "2021-05-04"
    assert "Ayesha Q." in client.get(stays.get_absolute_url()).text
    answered = client.get(report.get_absolute_url()).text
    assert "The visit" in answered


def test_a_report_becomes_a_correction_that_thanks_its_reader(client, event, report, analyst, editor, mailoutbox):
    client.force_login(analyst)
    plan = propose(client, report, date="2021-05-04")
    report.refresh_from_db()
    assert (report.plan, report.state) == (plan, "open")
    for url in ("/corrections/", event.get_absolute_url()):
        assert "Ayesha Q." not in client.get(url).text
    client.force_login(editor)
    assert "thanks “Ayesha Q.” in public" in client.get(plan.get_absolute_url()).text
    assert client.post(plan.get_absolute_url(), {"act": "agree"}).status_code == 302
    report.refresh_from_db()
    assert (report.state, report.answered_by) == ("answered", editor)
    for url in ("/corrections/", event.get_absolute_url(), "/corrections/feed/"):
        assert "Ayesha Q." in client.get(url).text, url
        assert TOLD["email"] not in client.get(url).text, url


def test_the_reader_is_told_once_it_is_corrected(
    client, event, report, analyst, editor, mailoutbox, django_capture_on_commit_callbacks
):
    client.force_login(analyst)
    plan = propose(client, report, date="2021-05-04")
    with django_capture_on_commit_callbacks(execute=True):
        publishing.agree(plan, by=editor)
    assert "the record is corrected" in mailoutbox[0].body
    report.refresh_from_db()
    assert report.sent_at


def test_the_desk_decides_how_the_name_stands_there(client, event, report, analyst, editor):
    client.force_login(editor)
    act(client, report, "thank", credit=" Ayesha Qureshi ")
    client.force_login(analyst)
    assert act(client, report, "thank", credit="Buy here").status_code == 403
    publishing.agree(propose(client, report, date="2021-05-04"), by=editor)
    client.force_login(editor)
    act(client, report, "thank", credit="Buy here")
    page = client.get("/corrections/").text
    assert "Ayesha Qureshi" in page and "Buy here" not in page


def test_who_did_not_wish_to_be_named_is_not(client, event, analyst, editor):
    send(event, credit="")
    client.force_login(analyst)
    publishing.agree(propose(client, Report.objects.get(), date="2021-05-04"), by=editor)
    assert "Reported by" not in client.get("/corrections/").text
    assert "A reader reported it" in client.get("/corrections/").text


def test_a_proposal_that_is_returned_leaves_the_report_open(client, report, analyst, editor):
    client.force_login(analyst)
    publishing.refuse(propose(client, report, date="2021-05-04"), by=editor, comment="The page says 5 May.")
    report.refresh_from_db()
    assert report.state == "open"
    assert "was returned" in client.get(report.get_absolute_url()).text


def test_no_other_record_is_linked_and_no_answered_report(client, report, analyst, editor):
    other = make_event(key="2022-other")
    client.force_login(analyst)
    form = reverse("admin:timeline_event_change", args=[other.pk])
    for query in (f"?report={report.pk}", "?report=x", "?report=²", f"?report={'9' * 40}", "?report=-1"):
        assert TOLD["right"] not in client.get(f"{form}{query}").text
    reporting.answer(report, by=editor, state="rejected", words="No.")
    own = reverse("admin:timeline_event_change", args=[report.object_id])
    assert TOLD["right"] not in client.get(f"{own}?report={report.pk}").text


def test_a_desk_of_one_settles_the_report_at_once(client, event, report, editor, settings):
    settings.SECOND_PERSON = False
    client.force_login(editor)
    propose(client, report, date="2021-05-04")
    report.refresh_from_db()
    assert report.state == "answered"
    assert "Ayesha Q." in client.get("/corrections/").text


def test_the_thanks_of_one_record_stand_at_no_other(event, report, analyst, editor):
    other = make_event(key="2022-other")
    edits = [
        Edit(Event, pk=item.pk, seen=item.version, cells={"summary": "They met again."}) for item in (event, other)
    ]
    plan = publishing.propose(edits, by=analyst, change="correction", reason="They met twice.")
    reporting.link(report, plan, by=analyst)
    publishing.agree(plan, by=editor)
    assert "Ayesha Q." in Client().get(event.get_absolute_url()).text
    assert "Ayesha Q." not in Client().get(other.get_absolute_url()).text


def test_a_name_in_markup_is_text(client, event, analyst, editor):
    send(event, credit="<b>x</b><script>alert(1)</script>")
    client.force_login(analyst)
    publishing.agree(propose(client, Report.objects.get(), date="2021-05-04"), by=editor)
    for url in ("/corrections/", "/corrections/feed/", event.get_absolute_url()):
        assert "<script>alert" not in client.get(url).text, url


# ------------------------------------------------------------------------------------------- what is forgotten


def test_addresses_are_forgotten_ninety_days_after_the_answer(client, report, editor):
    reporting.answer(report, by=editor, state="rejected", words="No.")
    Report.objects.update(answered_at=timezone.now() - timedelta(days=reporting.KEPT_DAYS - 1))
    reporting.forget()
    assert Report.objects.get().email
    Report.objects.update(answered_at=timezone.now() - timedelta(days=reporting.KEPT_DAYS + 1))
    client.force_login(editor)
    page = client.get(report.get_absolute_url()).text
    kept = Report.objects.get()
    assert (kept.email, kept.credit, kept.right) == ("", "", TOLD["right"])
    assert TOLD["email"] not in page


def test_a_name_that_a_correction_thanks_stays(client, report, analyst, editor):
    client.force_login(analyst)
    publishing.agree(propose(client, report, date="2021-05-04"), by=editor)
    Report.objects.update(answered_at=timezone.now() - timedelta(days=reporting.KEPT_DAYS + 1))
    reporting.forget()
    kept = Report.objects.get()
    assert (kept.email, kept.credit) == ("", "Ayesha Q.")


def test_what_nobody_answered_is_forgotten_after_a_year_and_the_sender_after_a_day(report):
    Report.objects.update(made_at=timezone.now() - timedelta(days=2))
    reporting.forget()
    kept = Report.objects.get()
    assert (kept.sender, kept.email) == ("", TOLD["email"])
    Report.objects.update(made_at=timezone.now() - timedelta(days=366))
    reporting.forget()
    kept = Report.objects.get()
    assert (kept.state, kept.email, kept.credit, kept.right) == ("open", "", "", TOLD["right"])


def test_readers_are_told_how_long_an_address_is_kept(client, event):
    assert "deleted 90 days after" in client.get(address(event)).text
    assert "deleted 90 days after" in client.get("/about/").text
