"""What every answer carries, and who is asking."""

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from config.middleware import client_address, loopback_only

STRICT = {
    "default-src": ["'none'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'"],
    "font-src": ["'self'"],
    "connect-src": ["'self'"],
    "manifest-src": ["'self'"],
    "object-src": ["'none'"],
    "base-uri": ["'none'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
}


def policy(response):
    directives = [directive.split() for directive in response.headers["Content-Security-Policy"].split(";")]
    return {name: sources for name, *sources in directives}


@pytest.mark.parametrize("url", ["/admin/login/", "/static/admin/css/base.css", "/admin/password_reset/"])
def test_every_answer_has_the_strict_policy(client, db, url):
    response = client.get(url)
    response.close()
    assert response.status_code == 200
    assert policy(response) == STRICT
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "same-origin"
    assert "camera=()" in response.headers["Permissions-Policy"]


@pytest.mark.parametrize(("address", "status"), [("127.0.0.1", 200), ("::1", 200), ("192.0.2.7", 403), ("::2", 403)])
def test_with_debug_on_this_machine_alone_is_answered(address, status):
    request = RequestFactory(REMOTE_ADDR=address).get("/")
    assert loopback_only(lambda request: HttpResponse())(request).status_code == status


@pytest.mark.parametrize(
    ("proxies", "forwarded", "wanted"),
    [
        (0, "203.0.113.5", "192.0.2.7"),
        (1, "203.0.113.5", "203.0.113.5"),
        (1, "198.51.100.1, 203.0.113.5", "203.0.113.5"),
        (2, "198.51.100.1, 203.0.113.5, 10.0.0.1", "203.0.113.5"),
        (2, "203.0.113.5", "192.0.2.7"),
        (1, "unknown", "192.0.2.7"),
        (1, None, "192.0.2.7"),
    ],
)
def test_a_visitor_s_address_is_what_the_outermost_declared_proxy_saw(settings, proxies, forwarded, wanted):
    settings.PROXIES = proxies
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    assert client_address(RequestFactory(REMOTE_ADDR="192.0.2.7").get("/", headers=headers)) == wanted
