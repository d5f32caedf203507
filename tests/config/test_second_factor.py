"""The second factor, through the doors: who needs one, how it is enrolled, and what does not get in."""

import re
import time

import pytest
import time_machine
from axes.models import AccessAttempt, AccessFailureLog
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from relations import second_factor
from relations.models import Factor
from tests.factories import APP, make_user

PASSWORD = "seven quiet boats sail"
OVERVIEW = reverse("admin:second-factor")
STEP = reverse("admin:second-step")
INDEX = reverse("admin:index")


def code_of(secret: str, later: int = 0) -> str:
    return second_factor.code_at(secret, int(time.time()) // 30 + later)


def sign_in(client, person, password=PASSWORD, follow_to=INDEX, **headers):
    form = {"username": person.get_username(), "password": password, "next": follow_to}
    return client.post(reverse("admin:login"), form, headers=headers)


def with_password(person):
    person.set_password(PASSWORD)
    person.save()
    return person


@pytest.fixture
def editor(db):
    return with_password(make_user("editor", role="editor"))


@pytest.fixture
def newcomer(db):
    """An editor who has no second factor yet."""
    return with_password(make_user("newcomer", role="editor", has_app=False))


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (2000000000, "279037"), (20000000000, "353130")],
)
def test_codes_are_those_of_rfc_6238(seconds, code):
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # “12345678901234567890”
    assert second_factor.code_at(secret, seconds // 30) == code


# ---------------------------------------------------------------------------------------------- who needs one


def test_who_can_publish_is_asked_for_a_second_factor_before_any_page(client, newcomer):
    sign_in(client, newcomer)
    for url in (INDEX, reverse("admin:timeline_event_changelist"), reverse("admin:password_change")):
        assert client.get(url).url == OVERVIEW, url
        assert client.post(url, {"title": "Something"}).url == OVERVIEW, url
    assert "second factor comes before anything else" in client.get(OVERVIEW).text
    assert client.post(reverse("admin:logout")).status_code == 200


@pytest.mark.parametrize("role", ["editor", "administrator"])
def test_each_role_that_publishes_needs_one(client, db, role):
    client.force_login(make_user(role=role, has_app=False))
    assert client.get(INDEX).url == OVERVIEW


def test_an_analyst_needs_none_until_the_day_they_may_publish(client, analyst):
    client.force_login(analyst)
    assert client.get(INDEX).status_code == 200
    analyst.user_permissions.add(Permission.objects.get(codename="publish_event"))
    assert client.get(INDEX).url == OVERVIEW


def test_who_need_not_have_one_is_offered_it(client, analyst):
    client.force_login(analyst)
    assert OVERVIEW in client.get(INDEX).text
    assert reverse("admin:add-app") in client.get(OVERVIEW).text


def test_a_desk_on_this_machine_alone_only_offers_it(client, newcomer, settings):
    settings.SECOND_FACTOR = False
    sign_in(client, newcomer)
    page = client.get(INDEX)
    assert page.status_code == 200
    assert OVERVIEW in page.text


def test_no_passkey_is_offered_where_browsers_know_none(client, editor):
    client.force_login(editor)
    assert "over TLS only" in client.get(OVERVIEW).text  # “testserver”, by HTTP
    assert client.get(reverse("admin:add-passkey")).status_code == 404
    for host, status in (("localhost:8000", 200), ("127.0.0.1:8000", 404), ("[::1]:8000", 404)):
        assert client.get(reverse("admin:add-passkey"), headers={"Host": host}).status_code == status, host


def test_who_has_one_is_asked_for_it_even_there(client, editor, settings):
    settings.SECOND_FACTOR = False
    assert sign_in(client, editor).url == STEP
    assert client.get(INDEX).status_code == 302


# -------------------------------------------------------------------------------------------------- enrolment


def enrol(client) -> tuple[str, list[str]]:
    """Add an app; returns its key and the recovery codes."""
    page = client.get(reverse("admin:add-app"))
    secret = re.search(r'class="key">([A-Z2-7 ]+)<', page.text)[1].replace(" ", "")
    codes = client.post(reverse("admin:add-app"), {"code": code_of(secret)})
    return secret, re.findall(r"<code>([a-z0-9-]{19})</code>", codes.text)


def test_an_app_is_enrolled_and_asked_for_at_the_next_sign_in(client, newcomer, mailoutbox):
    sign_in(client, newcomer)
    secret, codes = enrol(client)
    assert len(set(codes)) == 8
    assert client.get(INDEX).status_code == 200
    assert "An authenticator app was added" in mailoutbox[0].body
    client.post(reverse("admin:logout"))
    assert sign_in(client, newcomer).url == STEP
    assert client.get(INDEX).url.startswith(reverse("admin:login"))
    assert client.post(STEP, {"code": code_of(secret, 1)}).url == INDEX
    assert client.get(INDEX).status_code == 200


def test_the_key_is_drawn_for_its_owner_alone_and_kept_by_no_cache(client, newcomer):
    sign_in(client, newcomer)
    assert client.get(reverse("admin:app-drawing")).status_code == 404
    client.get(reverse("admin:add-app"))
    drawn = client.get(reverse("admin:app-drawing"))
    assert drawn["Content-Type"] == "image/svg+xml"
    assert "no-store" in drawn["Cache-Control"]
    assert "style=" not in drawn.text
    assert Client().get(reverse("admin:app-drawing")).status_code == 302


def test_a_wrong_code_enrols_nothing(client, newcomer):
    sign_in(client, newcomer)
    client.get(reverse("admin:add-app"))
    assert "not right" in client.post(reverse("admin:add-app"), {"code": "000000"}).text
    assert client.get(INDEX).url == OVERVIEW


def test_the_first_factor_ends_the_sessions_that_gave_a_password_alone(client, newcomer):
    elsewhere = Client()
    sign_in(elsewhere, newcomer)
    sign_in(client, newcomer)
    enrol(client)
    assert elsewhere.get(OVERVIEW).url.startswith(reverse("admin:login"))
    assert client.get(OVERVIEW).status_code == 200


def test_an_open_session_of_long_ago_changes_no_factor(client, editor):
    client.force_login(editor)
    factor = editor.factors.get()
    with time_machine.travel(time.time() + 16 * 60, tick=True):
        answer = client.post(OVERVIEW, {"act": "codes"})
        assert answer.url.startswith(reverse("admin:login"))
        again = client.get(answer.url)
        assert "Sign in once more" in again.text
        assert client.post(OVERVIEW, {"remove": factor.pk}).status_code == 302
        assert client.get(reverse("admin:add-app")).status_code == 302
    assert list(editor.factors.all()) == [factor]


def test_signing_in_once_more_makes_it_fresh(client, editor):
    sign_in(client, editor)
    client.post(STEP, {"code": code_of(APP, -1)})
    with time_machine.travel(time.time() + 16 * 60, tick=True):
        sign_in(client, editor, follow_to=OVERVIEW)
        assert client.post(STEP, {"code": code_of(APP)}).url == OVERVIEW
        assert len(re.findall(r"<code>", client.post(OVERVIEW, {"act": "codes"}).text)) == 8


def test_the_last_factor_of_who_publishes_stays(client, editor, analyst):
    client.force_login(editor)
    client.post(OVERVIEW, {"remove": editor.factors.get().pk})
    assert editor.factors.count() == 1
    Factor.objects.create(user=analyst, kind="app", secret=APP, added_at=editor.date_joined)
    second_factor.new_codes(analyst)
    client.force_login(analyst)
    client.post(OVERVIEW, {"remove": second_factor.enrolled(analyst).get().pk})
    assert not analyst.factors.exists()


def test_nobody_removes_the_factor_of_another(client, editor, analyst):
    client.force_login(analyst)
    for number in (editor.factors.get().pk, "0", "²", "-1", "9" * 30, ""):
        assert client.post(OVERVIEW, {"remove": number}).status_code == 403
    assert editor.factors.count() == 1


# ----------------------------------------------------------------------------------------------- second step


def test_the_password_alone_signs_nobody_in(client, editor):
    assert sign_in(client, editor).url == STEP
    for url in (INDEX, OVERVIEW, reverse("admin:add-app")):
        assert client.get(url).url.startswith(reverse("admin:login")), url


def test_a_code_holds_once(client, editor):
    code = code_of(APP)
    for status in (302, 200):
        fresh = Client()
        sign_in(fresh, editor)
        assert fresh.post(STEP, {"code": code}).status_code == status


def test_a_code_of_long_ago_or_of_later_is_refused(client, editor):
    sign_in(client, editor)
    for later in (-2, 2):
        assert client.post(STEP, {"code": code_of(APP, later)}).status_code == 200


def test_a_recovery_code_holds_once_however_it_is_typed(client, editor):
    code = second_factor.new_codes(editor)[0]
    for typed, status in ((f" {code.upper().replace('-', ' ')} ", 302), (code, 200)):
        fresh = Client()
        sign_in(fresh, editor)
        assert fresh.post(STEP, {"code": typed}).status_code == status
    assert editor.factors.filter(kind="code").count() == 7


def test_new_recovery_codes_take_the_place_of_the_old(client, editor):
    old = second_factor.new_codes(editor)
    client.force_login(editor)
    client.post(OVERVIEW, {"act": "codes"})
    assert not second_factor.check_code(editor, old[0])
    assert editor.factors.filter(kind="code").count() == 8


def test_no_recovery_code_stands_in_the_database(editor):
    codes = second_factor.new_codes(editor)
    kept = " ".join(editor.factors.values_list("secret", flat=True))
    assert not any(code in kept or second_factor.compact(code) in kept for code in codes)


def test_wrong_codes_close_the_account_for_that_address_as_wrong_passwords_do(client, editor, settings):
    settings.PROXIES = 1
    there = {"X-Forwarded-For": "192.0.2.7"}
    sign_in(client, editor, **there)
    answers = [client.post(STEP, {"code": "000000"}, headers=there).status_code for _ in range(5)]
    assert answers == [200, 200, 200, 200, 429]
    refused = client.post(STEP, {"code": code_of(APP)}, headers=there)
    assert refused.status_code == 429
    assert "Try again in an hour" in refused.text
    here = {"X-Forwarded-For": "203.0.113.5"}
    sign_in(client, editor, **here)
    assert client.post(STEP, {"code": code_of(APP)}, headers=here).status_code == 302


def test_guesses_from_many_addresses_shut_the_app_and_not_the_owner(client, editor, settings):
    settings.PROXIES = 1
    code = second_factor.new_codes(editor)[0]
    for number in range(second_factor.MOST_GUESSES):
        there = {"X-Forwarded-For": f"192.0.2.{number}"}
        sign_in(client, editor, **there)
        client.post(STEP, {"code": "000000"}, headers=there)
    here = {"X-Forwarded-For": "203.0.113.5"}
    told = client.post(STEP, {"code": code_of(APP)}, headers=here)
    assert told.status_code == 200
    assert "choose a new password" in told.text
    assert client.post(STEP, {"code": code}, headers=here).status_code == 302


def test_what_was_typed_as_a_code_is_written_down_nowhere(client, editor):
    sign_in(client, editor)
    client.post(STEP, {"code": "abcd-efgh-jkmn-pqrx"})
    kept = [str(row) for row in AccessFailureLog.objects.values()]
    kept += [str(row) for row in AccessAttempt.objects.values()]
    assert kept
    assert not any("abcd" in row for row in kept)


def test_the_second_step_waits_ten_minutes_and_not_for_a_new_password(client, editor):
    sign_in(client, editor)
    with time_machine.travel(time.time() + 11 * 60, tick=True):
        assert client.post(STEP, {"code": code_of(APP)}).url == reverse("admin:login")
    sign_in(client, editor)
    editor.set_password("nine green tractors hum")
    editor.save()
    assert client.post(STEP, {"code": code_of(APP)}).url == reverse("admin:login")


def test_an_account_that_was_stopped_gets_no_further(client, editor):
    sign_in(client, editor)
    editor.is_active = False
    editor.save()
    assert client.post(STEP, {"code": code_of(APP)}).url == reverse("admin:login")


def test_the_second_step_leads_to_where_one_was_going_and_to_no_other_site(client, editor):
    there = reverse("admin:timeline_event_changelist")
    sign_in(client, editor, follow_to=there)
    assert client.post(STEP, {"code": code_of(APP, -1)}).url == there
    client.post(reverse("admin:logout"))
    sign_in(client, editor, follow_to="https://elsewhere.example/")
    assert client.post(STEP, {"code": code_of(APP)}).url == INDEX


@pytest.mark.parametrize("answer", ["{}", "[]", "null", "no JSON", '{"id": 1}', '{"rawId": "AA", "response": {}}', "1"])
def test_a_passkey_that_nobody_asked_for_is_refused(client, editor, answer):
    sign_in(client, editor)
    assert client.post(STEP, {"credential": answer}).status_code == 200
    client.force_login(editor)
    assert (
        client.post(reverse("admin:add-passkey"), {"credential": answer}, headers={"Host": "localhost"}).status_code
        == 200
    )
    assert not editor.factors.filter(kind="passkey").exists()
