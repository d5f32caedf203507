"""People at the desk, by keyboard alone: a second factor enrolled, used and recovered; sessions ended."""

import re
import time

import pytest
from django.urls import reverse

from relations import second_factor
from tests.factories import make_theme, make_user

PASSWORD = "seven quiet boats sail"


@pytest.fixture
def newcomer(db):
    """An editor who has no second factor yet."""
    person = make_user("newcomer", role="editor", has_app=False)
    person.set_password(PASSWORD)
    person.save()
    return person


def code_of(secret: str, later: int = 0) -> str:
    return second_factor.code_at(secret, int(time.time()) // 30 + later)


def press_until(page, words: str) -> None:
    """Go on by Tab to what says this, and press Enter on it."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.innerText || document.activeElement.value || ''").strip() == words:
            page.keyboard.press("Enter")
            return
    raise AssertionError(f"no Tab leads to “{words}” on {page.url}")


def type_at_once(page, name: str, text: str) -> None:
    """Type into the field that the page gives the focus to, as soon as it has it."""
    page.wait_for_function("name => document.activeElement.name === name", arg=name)
    page.keyboard.type(text)


def sign_in_by_keyboard(page, person) -> None:
    page.goto(reverse("admin:login"))
    type_at_once(page, "username", person.get_username())
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")


def sign_out_by_keyboard(page) -> None:
    press_until(page, "Log out")
    page.wait_for_url("**/admin/logout/")


@pytest.fixture
def passkeys(page):
    """A device that makes passkeys and shows them, as a laptop's fingerprint reader does."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def test_an_app_is_enrolled_used_and_replaced_by_a_recovery_code(page, newcomer, barriers):
    sign_in_by_keyboard(page, newcomer)
    page.wait_for_url("**/admin/second-factor/")
    assert "before anything else" in page.inner_text("[role=alert]")
    assert barriers(page) == []
    press_until(page, "Add an app")
    page.wait_for_url("**/admin/second-factor/app/")
    assert page.evaluate("document.querySelector('.qr').naturalWidth") > 0
    assert barriers(page) == []
    secret = page.inner_text(".key").replace(" ", "")
    type_at_once(page, "code", code_of(secret))
    page.keyboard.press("Enter")
    page.wait_for_selector(".codes")
    codes = page.locator(".codes code").all_inner_texts()
    assert len(codes) == 8
    assert barriers(page) == []
    press_until(page, "I have kept them: to the desk")
    page.wait_for_url("**/admin/")
    sign_out_by_keyboard(page)

    sign_in_by_keyboard(page, newcomer)
    page.wait_for_url("**/admin/second-step/")
    assert barriers(page) == []
    type_at_once(page, "code", "000000")
    page.keyboard.press("Enter")
    assert "not right" in page.inner_text("[role=alert]")
    type_at_once(page, "code", code_of(secret, 1))
    page.keyboard.press("Enter")
    page.wait_for_url("**/admin/")
    sign_out_by_keyboard(page)

    sign_in_by_keyboard(page, newcomer)
    page.wait_for_url("**/admin/second-step/")
    type_at_once(page, "code", codes[3])
    page.keyboard.press("Enter")
    page.wait_for_url("**/admin/")
    assert newcomer.factors.filter(kind="code").count() == 7


def test_a_passkey_is_enrolled_and_signs_in(page, newcomer, passkeys, barriers):
    sign_in_by_keyboard(page, newcomer)
    page.wait_for_url("**/admin/second-factor/")
    press_until(page, "Add a passkey")
    page.wait_for_url("**/admin/second-factor/passkey/")
    assert barriers(page) == []
    type_at_once(page, "name", "Laptop")
    page.keyboard.press("Enter")
    page.wait_for_selector(".codes")
    press_until(page, "I have kept them: to the desk")
    page.wait_for_url("**/admin/")
    sign_out_by_keyboard(page)

    for _ in range(2):  # it counts how often it has signed
        sign_in_by_keyboard(page, newcomer)
        page.wait_for_url("**/admin/second-step/")
        assert barriers(page) == []
        press_until(page, "Use a passkey")
        page.wait_for_url("**/admin/")
        sign_out_by_keyboard(page)
    passkey = newcomer.factors.get(kind="passkey")
    assert passkey.name == "Laptop"
    assert passkey.used_at


def test_a_copy_of_a_passkey_is_refused(page, newcomer, passkeys):
    sign_in_by_keyboard(page, newcomer)
    page.wait_for_url("**/admin/second-factor/")
    press_until(page, "Add a passkey")
    page.wait_for_url("**/passkey/")
    page.keyboard.press("Enter")
    page.wait_for_selector(".codes")
    newcomer.factors.filter(kind="passkey").update(counter=1000)  # the other one has signed since
    press_until(page, "I have kept them: to the desk")
    page.wait_for_url("**/admin/")
    sign_out_by_keyboard(page)
    sign_in_by_keyboard(page, newcomer)
    page.wait_for_url("**/admin/second-step/")
    press_until(page, "Use a passkey")
    page.wait_for_selector(".errornote")
    assert page.url.endswith("/second-step/")


def test_where_no_passkey_is_made_the_page_says_what_to_do(page, newcomer):
    sign_in_by_keyboard(page, newcomer)
    page.wait_for_url("**/admin/second-factor/")
    press_until(page, "Add a passkey")
    page.wait_for_url("**/passkey/")
    page.evaluate("() => { navigator.credentials.create = () => Promise.reject(new DOMException()); }")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Try again, or add an authenticator app")


def test_another_session_is_ended_by_keyboard(page, browser, live_server, db, sign_in, barriers):
    other = browser.new_context(base_url=live_server.url)
    elsewhere = other.new_page()
    analyst = make_user("ayesha")
    analyst.set_password(PASSWORD)
    analyst.save()
    sign_in_by_keyboard(elsewhere, analyst)
    elsewhere.wait_for_url("**/admin/")
    sign_in(analyst)
    page.goto(reverse("admin:sessions"))
    assert barriers(page) == []
    assert re.search(r"Chrome, Linux.*127\.0\.0\.1", page.inner_text(".keys"), re.DOTALL)
    press_until(page, "End all others")
    page.wait_for_selector("text=1 session has ended")
    elsewhere.goto(reverse("admin:index"))
    assert "/admin/login/" in elsewhere.url
    other.close()


def test_no_page_about_people_has_a_barrier(page, db, look, sign_in, barriers):
    administrator, analyst = make_user(role="administrator"), make_user("ayesha")
    make_theme(state="draft", by=analyst)
    sign_in(administrator)
    for name, arguments in {
        "second-factor": [],
        "sessions": [],
        "sign-ins": [],
        "auth_user_change": [administrator.pk],
        "auth_user_sessions": [analyst.pk],
        "auth_user_undo": [analyst.pk],
    }.items():
        page.goto(reverse(f"admin:{name}", args=arguments))
        assert barriers(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"], name
