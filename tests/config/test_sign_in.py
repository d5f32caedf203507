"""Signing in: throttled without locking the owner out, and a new password by mail."""

import re

import pytest
from django.urls import reverse

PASSWORD = "seven quiet boats sail"
LOGIN = "/admin/login/"


@pytest.fixture(autouse=True)
def behind_a_proxy(settings):
    settings.PROXIES = 1


@pytest.fixture
def analyst(analyst):
    analyst.set_password(PASSWORD)
    analyst.save()
    return analyst


def sign_in(client, password, *, address="192.0.2.7"):
    """Sign the analyst in from an address, through a proxy."""
    form = {"username": "analyst", "password": password, "next": "/admin/"}
    return client.post(LOGIN, form, headers={"X-Forwarded-For": f"198.51.100.1, {address}"})


def test_the_sixth_guess_is_refused_even_where_it_is_right(client, analyst):
    statuses = [sign_in(client, f"guess {guess}").status_code for guess in range(5)]
    assert statuses == [200, 200, 200, 200, 429]
    assert sign_in(client, PASSWORD).status_code == 429


def test_the_owner_gets_in_from_another_address_while_somebody_guesses(client, analyst):
    for guess in range(6):
        sign_in(client, f"guess {guess}")
    assert sign_in(client, PASSWORD, address="203.0.113.5").status_code == 302


def test_one_success_forgets_the_failures_before(client, analyst):
    for _ in range(2):
        for guess in range(4):
            assert sign_in(client, f"guess {guess}").status_code == 200
        assert sign_in(client, PASSWORD).status_code == 302
        client.logout()


def test_a_forgotten_password_is_replaced_by_mail(client, analyst, mailoutbox):
    assert reverse("admin_password_reset") in client.get(LOGIN).text
    client.post(reverse("admin_password_reset"), {"email": "analyst@desk.example"})
    link = re.search(r"http://testserver(/admin/reset/\S+)", mailoutbox[0].body)[1]
    form = client.get(link, follow=True)
    password = "nine green tractors hum"
    client.post(form.redirect_chain[-1][0], {"new_password1": password, "new_password2": password})
    assert sign_in(client, PASSWORD).status_code == 200
    assert sign_in(client, password).status_code == 302


def test_nobody_learns_from_the_answer_whether_an_account_exists(client, analyst, mailoutbox):
    answers = [
        client.post(reverse("admin_password_reset"), {"email": email}, follow=True).text
        for email in ("analyst@desk.example", "nobody@example.org")
    ]
    assert answers[0] == answers[1]
    assert len(mailoutbox) == 1
