"""Who is signed in and who was: what is kept and shown to whom; how sessions end, and what an account did."""

from datetime import timedelta

import pytest
from axes.models import AccessFailureLog, AccessLog
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from relations import second_factor, sessions
from relations.models import Plan, Theme
from relations.writing import Edit, write
from tests.factories import make_theme, make_user
from tests.forms import form_of

PASSWORD = "seven quiet boats sail"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.0 Mobile/15E148 Safari/604.1"
)
OWN = reverse("admin:sessions")
INDEX = reverse("admin:index")


@pytest.fixture
def analyst(analyst, settings):
    settings.PROXIES = 1
    analyst.set_password(PASSWORD)
    analyst.save()
    return analyst


def sign_in(person, *, address="192.0.2.7", agent=FIREFOX, password=PASSWORD) -> Client:
    """Sign somebody in from an address with a browser, and return that browser."""
    client = Client()
    form = {"username": person.get_username(), "password": password, "next": "/admin/"}
    client.post(reverse("admin:login"), form, headers={"X-Forwarded-For": address, "User-Agent": agent})
    return client


def test_one_sees_one_s_own_sessions_with_place_and_browser_and_no_key_of_them(static_files, analyst):
    here, phone = sign_in(analyst), sign_in(analyst, address="203.0.113.5", agent=PHONE)
    page = here.get(OWN).text
    for words in ("Firefox, Linux", "192.0.2.7", "Safari, iPhone", "203.0.113.5", "this one", "1 Jul 2026"):
        assert words in page
    for key in Session.objects.values_list("session_key", flat=True):
        assert key not in page
    assert phone.get(OWN).text.count('name="end"') == 2  # one other, and all others


def test_one_session_is_ended_at_once_and_the_others_stay(static_files, analyst):
    here, phone = sign_in(analyst), sign_in(analyst, agent=PHONE)
    handle = sessions.handle_of(phone.session.session_key)
    assert here.post(OWN, {"end": handle}, follow=True).text.count("1 session has ended") == 1
    assert phone.get(INDEX).url.startswith(reverse("admin:login"))
    assert here.get(INDEX).status_code == 200


def test_all_others_are_ended_at_once(static_files, analyst):
    here, *others = [sign_in(analyst) for _ in range(3)]
    here.post(OWN, {"end": "others"})
    assert [client.get(INDEX).status_code for client in others] == [302, 302]
    assert here.get(INDEX).status_code == 200


def test_nobody_ends_the_session_of_another_by_its_handle(static_files, analyst, editor):
    mine = sign_in(analyst)
    other = Client()
    other.force_login(make_user())
    for named in (sessions.handle_of(mine.session.session_key), mine.session.session_key, "others", "", "x" * 300):
        other.post(OWN, {"end": named})
    assert mine.get(INDEX).status_code == 200
    page = reverse("admin:auth_user_sessions", args=[analyst.pk])
    assert other.get(page).status_code == other.post(page, {"end": "others"}).status_code == 403


def test_an_administrator_ends_those_of_another_and_it_is_on_record(client, analyst, administrator):
    theirs = sign_in(analyst)
    client.force_login(administrator)
    page = reverse("admin:auth_user_sessions", args=[analyst.pk])
    assert "Firefox, Linux" in client.get(page).text
    client.post(page, {"end": "others"})
    assert theirs.get(INDEX).status_code == 302
    assert client.get(INDEX).status_code == 200
    assert LogEntry.objects.get().get_change_message() == "Ended sessions."


def test_an_administrator_does_not_touch_who_stands_above(client, administrator):
    root = make_user("root", role="administrator", is_superuser=True)
    client.force_login(administrator)
    for page in ("sessions", "without_factor"):
        assert client.post(reverse(f"admin:auth_user_{page}", args=[root.pk]), {"end": "others"}).status_code == 403
    assert root.factors.exists()


def test_an_account_that_is_stopped_loses_its_sessions_for_good(client, analyst, administrator):
    theirs = sign_in(analyst)
    client.force_login(administrator)
    page = reverse("admin:auth_user_change", args=[analyst.pk])
    form = form_of(client.get(page), "user_form")
    form.pop("is_active")
    assert client.post(page, form).status_code == 302
    assert theirs.get(INDEX).status_code == 302
    assert client.post(page, form | {"is_active": ["on"]}).status_code == 302
    assert theirs.get(INDEX).status_code == 302
    assert sign_in(analyst).get(INDEX).status_code == 200


def test_nobody_stops_their_own_account(client, administrator):
    client.force_login(administrator)
    page = reverse("admin:auth_user_change", args=[administrator.pk])
    form = form_of(client.get(page), "user_form")
    form.pop("is_active")
    assert "another administrator does" in client.post(page, form).text
    administrator.refresh_from_db()
    assert administrator.is_active


def test_a_new_password_ends_the_sessions_before_it(static_files, analyst):
    sign_in(analyst)
    analyst.set_password("nine green tractors hum")
    analyst.save()
    assert sessions.of(analyst) == []


def test_whoever_lost_the_second_factor_is_freed_of_it_and_told(client, editor, administrator, mailoutbox):
    second_factor.new_codes(editor)
    theirs = Client()
    theirs.force_login(editor)
    client.force_login(administrator)
    assert "Authenticator app" in client.get(reverse("admin:auth_user_change", args=[editor.pk])).text
    client.post(reverse("admin:auth_user_without_factor", args=[editor.pk]))
    assert not editor.factors.exists()
    assert theirs.get(INDEX).url.startswith(reverse("admin:login"))
    assert mailoutbox[0].to == ["editor@desk.example"]
    assert "administrator removed the second factor" in mailoutbox[0].body
    assert LogEntry.objects.get().get_change_message() == "Removed the second factor."


def test_an_administrator_does_not_lose_their_own_by_that_door(client, administrator):
    client.force_login(administrator)
    client.post(reverse("admin:auth_user_without_factor", args=[administrator.pk]))
    assert administrator.factors.count() == 1


def test_sign_ins_are_on_record_failed_ones_and_strangers_too(client, analyst, administrator):
    sign_in(analyst)
    sign_in(analyst, password="a guess", address="198.51.100.9")
    Client().post(reverse("admin:login"), {"username": "nobody-here", "password": "x"})
    client.force_login(administrator)
    page = client.get(reverse("admin:sign-ins")).text
    for words in ("analyst", "192.0.2.7", "signed in", "198.51.100.9", "failed", "nobody-here"):
        assert words in page
    only = client.get(reverse("admin:sign-ins"), {"q": "nobody-here"}).text
    assert "192.0.2.7" not in only and "failed" in only
    own = sign_in(analyst).get(OWN).text
    assert "198.51.100.9" in own and "nobody-here" not in own


def test_a_second_step_that_failed_says_so(client, administrator):
    administrator.set_password(PASSWORD)
    administrator.save()
    sign_in(administrator).post(reverse("admin:second-step"), {"code": "000000"})
    client.force_login(administrator)
    assert "failed at the second step" in client.get(reverse("admin:sign-ins")).text


@pytest.mark.parametrize("asked", ["0", "-1", "x", "²", "99999", "999", ""])
def test_no_page_of_sign_ins_is_an_error(client, administrator, asked):
    client.force_login(administrator)
    assert client.get(reverse("admin:sign-ins"), {"p": asked, "q": "a\0b"}).status_code == 200


def test_sign_ins_come_in_pages(client, administrator):
    now = timezone.now()
    for number in range(60):
        AccessFailureLog.objects.create(username=f"name-{number:02}", user_agent="", path_info="/admin/login/")
        AccessFailureLog.objects.filter(username=f"name-{number:02}").update(attempt_time=now - timedelta(hours=number))
    client.force_login(administrator)
    with CaptureQueriesContext(connection) as queries:
        first = client.get(reverse("admin:sign-ins"))
    assert len(queries) < 15
    assert "name-40" in first.text and "name-55" not in first.text
    second = client.get(reverse("admin:sign-ins"), {"p": "2"}).text
    assert "name-55" in second and "name-40" not in second


def test_sign_ins_are_kept_for_ninety_days_and_sessions_until_they_end(static_files, analyst):
    sign_in(analyst)
    sign_in(analyst, password="a guess")
    long_ago = timezone.now() - timedelta(days=sessions.KEPT_DAYS + 1)
    AccessLog.objects.update(attempt_time=long_ago)
    AccessFailureLog.objects.update(attempt_time=long_ago)
    Session.objects.update(expire_date=long_ago)
    sign_in(analyst)
    assert AccessLog.objects.count() == Session.objects.count() == 1
    assert not AccessFailureLog.objects.exists()


# ------------------------------------------------------------------------------------------ what an account did


def undo(client, person, since: str):
    return client.post(reverse("admin:auth_user_undo", args=[person.pk]), {"since": since}, follow=True)


def test_all_that_an_account_did_since_a_moment_goes_back_in_one_step(client, analyst, administrator):
    before = make_theme(state="draft", by=administrator, key="before")
    write([Edit(Theme, pk=before.pk, seen=before.version, cells={"name": "Vandalised"})], by=analyst)
    make_theme(state="draft", by=analyst, key="planted")
    client.force_login(administrator)
    page = client.get(reverse("admin:auth_user_undo", args=[analyst.pk])).text
    assert "planted" in page and "before" in page
    since = timezone.now() - timedelta(hours=1)
    preview = undo(client, analyst, since.strftime("%Y-%m-%dT%H:%M"))
    assert "Vandalised" in preview.text and "planted" in preview.text
    before.refresh_from_db()
    assert before.name == "Vandalised"  # nothing has happened yet
    plan = Plan.objects.get(kind="undo")
    client.post(reverse("admin:batch", args=[plan.pk]), {"act": "apply", "reason": "A stolen account."})
    before.refresh_from_db()
    assert before.name == "Theme before"
    assert Theme.objects.get(key="planted").state == "withdrawn"


def test_where_an_account_did_nothing_since_it_says_so(client, analyst, administrator):
    make_theme(state="draft", by=analyst)
    client.force_login(administrator)
    assert "take an earlier moment" in undo(client, analyst, "2100-01-01T00:00").text
    for text in ("", "yesterday", "2026-13-01T00:00", "0000-00-00", "9" * 40):
        answer = undo(client, analyst, text)
        assert answer.status_code == 200
    assert not Plan.objects.exists()


def test_only_who_keeps_accounts_takes_back_what_they_did(client, analyst, editor):
    client.force_login(editor)
    address = reverse("admin:auth_user_undo", args=[analyst.pk])
    assert client.get(address).status_code == client.post(address, {"since": "2000-01-01T00:00"}).status_code == 403


def test_an_operator_frees_whoever_nobody_else_can(administrator, capsys):
    second_factor.new_codes(administrator)
    Client().force_login(administrator)
    call_command("remove_second_factor", "administrator")
    assert "sessions ended: 1" in capsys.readouterr().out
    assert not administrator.factors.exists()
    for user, words in (("administrator", "has no second factor"), ("nobody-here", "There is no account")):
        with pytest.raises(CommandError, match=words):
            call_command("remove_second_factor", user)
