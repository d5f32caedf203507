"""Settings as an operator meets them: the file is run with an environment, as Django runs it."""

import os
import re
import runpy
import stat

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

PRODUCTION = {
    "BILATERAL_DEBUG": "0",
    "BILATERAL_SECRET_KEY": "n0t-a-Secret-but-Long-enough-to-be-one-0123456789abcdef",
    "BILATERAL_ALLOWED_HOSTS": "bilateral.example.org",
    "BILATERAL_PUBLIC_URL": "https://bilateral.example.org",
    "BILATERAL_PROXIES": "1",
    "BILATERAL_EMAIL_URL": "smtp+starttls://desk:pass%40word@mail.example.org",
    "BILATERAL_EMAIL_FROM": "desk@example.org",
}


@pytest.fixture
def read(monkeypatch):
    """A function: run the settings with this environment and return what they define."""

    def read(environment):
        for name in [name for name in os.environ if name.startswith(("BILATERAL_", "DATABASE_URL"))]:
            monkeypatch.delenv(name)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        return runpy.run_path(str(settings.BASE_DIR / "config" / "settings.py"))

    return read


def test_with_no_environment_it_is_a_desk_on_this_machine_with_sqlite(read):
    found = read({})
    assert found["DEBUG"] is True
    assert found["ALLOWED_HOSTS"] == ["127.0.0.1", "localhost", "[::1]"]
    assert found["DATABASES"]["default"]["NAME"] == settings.BASE_DIR / "db.sqlite3"
    assert found["PUBLIC_URL"] == "http://127.0.0.1:8000"
    assert found["SECOND_PERSON"] is True
    assert found["SECOND_FACTOR"] is False  # offered
    assert found["SESSION_COOKIE_SECURE"] is False


def test_the_secret_of_a_desk_is_made_once_and_its_owner_alone_can_read_it(read, tmp_path):
    kept_secret = read({})["kept_secret"]
    secret = kept_secret(tmp_path / "secret-key.txt")
    assert len(secret) > 50
    assert kept_secret(tmp_path / "secret-key.txt") == secret
    assert stat.S_IMODE((tmp_path / "secret-key.txt").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret-key.txt"]


def test_production_has_secure_cookies_a_second_factor_hsts_and_a_redirect_to_tls(read):
    found = read(PRODUCTION)
    assert found["DEBUG"] is False
    assert found["SESSION_COOKIE_SECURE"] is found["CSRF_COOKIE_SECURE"] is True
    assert found["SECOND_FACTOR"] is True
    assert found["SECURE_HSTS_SECONDS"] == 31_536_000
    assert found["SECURE_SSL_REDIRECT"] is True
    assert found["SECURE_PROXY_SSL_HEADER"] == ("HTTP_X_FORWARDED_PROTO", "https")
    assert found["CSRF_TRUSTED_ORIGINS"] == ["https://bilateral.example.org"]


def test_the_word_of_a_proxy_that_was_not_declared_is_not_believed(read):
    found = read(PRODUCTION | {"BILATERAL_PROXIES": "0"})
    assert "SECURE_PROXY_SSL_HEADER" not in found
    assert found["SECURE_SSL_REDIRECT"] is False


def test_production_names_all_that_it_misses_at_once(read):
    with pytest.raises(ImproperlyConfigured) as refusal:
        read({"BILATERAL_DEBUG": "0"})
    missing = re.findall(r"^(\w+) is not set; it is ", str(refusal.value), re.MULTILINE)
    assert sorted(missing) == [
        "BILATERAL_ALLOWED_HOSTS",
        "BILATERAL_EMAIL_FROM",
        "BILATERAL_EMAIL_URL",
        "BILATERAL_PUBLIC_URL",
        "BILATERAL_SECRET_KEY",
    ]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("BILATERAL_DEBUG", "maybe", "“maybe” is neither 1 (yes) nor 0 (no)"),
        ("BILATERAL_SECOND_PERSON", "false", "“false” is neither 1 (yes) nor 0 (no)"),
        ("BILATERAL_PROXIES", "-1", "“-1” is not a whole number of 0 or more"),
        ("BILATERAL_PROXIES", "١", "“١” is not a whole number of 0 or more"),
        ("BILATERAL_HSTS_SECONDS", "1e6", "“1e6” is not a whole number of 0 or more"),
        ("BILATERAL_LOG_LEVEL", "info", "“info” is none of DEBUG, INFO, WARNING, ERROR"),
        ("BILATERAL_PUBLIC_URL", "http://bilateral.example.org", "begins with none of https://"),
        ("BILATERAL_PUBLIC_URL", "https://example.org/desk/", "has more than a host; write https://example.org."),
        ("BILATERAL_EMAIL_URL", "mail.example.org:587", "begins with none of smtp://, smtps://, smtp+starttls://"),
        ("BILATERAL_EMAIL_URL", "smtp://mail.example.org:many", "not a URL"),
        ("DATABASE_URL", "mysq://desk@localhost/bilateral", "“mysq://desk@localhost/bilateral” begins with none of"),
        ("DATABASE_URL", "sqlite://db.sqlite3", "“sqlite://db.sqlite3” is neither sqlite:///FILE nor"),
        ("DATABASE_URL", "postgresql://localhost:54x2/bilateral", "not a URL"),
        ("BILATERAL_ALOWED_HOSTS", "example.org", "is no setting; there are BILATERAL_ALLOWED_HOSTS, "),
    ],
)
def test_a_wrong_value_is_refused_by_name_and_value(read, name, value, words):
    with pytest.raises(ImproperlyConfigured) as refusal:
        read(PRODUCTION | {name: value})
    lines = str(refusal.value).splitlines()[1:]
    assert [line.split(":")[0].split(" ")[0] for line in lines] == [name]
    assert words in lines[0]


def test_a_refusal_does_not_tell_the_password(read):
    with pytest.raises(ImproperlyConfigured) as refusal:
        read(PRODUCTION | {"DATABASE_URL": "postgre://desk:Pa55word@localhost/bilateral"})
    assert "“postgre://desk:…@localhost/bilateral”" in str(refusal.value)
    assert "Pa55word" not in str(refusal.value)


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("sqlite:///desk.sqlite3", {"NAME": settings.BASE_DIR / "desk.sqlite3"}),
        ("sqlite:////var/lib/desk.sqlite3", {"NAME": settings.BASE_DIR.__class__("/var/lib/desk.sqlite3")}),
        (
            "postgresql://desk:pass%40word@db.example.org:5433/bilateral?sslmode=require",
            {
                "NAME": "bilateral",
                "USER": "desk",
                "PASSWORD": "pass@word",
                "HOST": "db.example.org",
                "PORT": 5433,
                "OPTIONS": {"sslmode": "require"},
            },
        ),
        (
            "postgres://postgres@/bilateral?host=/run/postgresql",
            {"NAME": "bilateral", "USER": "postgres", "HOST": "/run/postgresql", "OPTIONS": {}},
        ),
    ],
)
def test_the_database_is_read_from_its_url(read, url, wanted):
    database = read(PRODUCTION | {"DATABASE_URL": url})["DATABASES"]["default"]
    assert {name: database[name] for name in wanted} == wanted


def test_the_mail_server_is_read_from_its_url(read):
    found = read(PRODUCTION)
    assert found["EMAIL_HOST"] == "mail.example.org"
    assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == ("desk", "pass@word")
    assert (found["EMAIL_PORT"], found["EMAIL_USE_TLS"], found["EMAIL_USE_SSL"]) == (587, True, False)


def test_the_readme_lists_every_variable_and_no_other(read):
    readme = (settings.BASE_DIR / "README.md").read_text()
    assert set(re.findall(r"^\| `([A-Z_]+)` \|", readme, re.MULTILINE)) == read({})["variables"]
