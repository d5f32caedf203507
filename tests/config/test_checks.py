"""Production starts where it is safe, and says in clear words why it does not."""

import os
import shutil
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.checks import Tags, run_checks

from tests.config.test_settings import PRODUCTION

SAFE = {
    "PRODUCTION": True,
    "SECRET_KEY": PRODUCTION["BILATERAL_SECRET_KEY"],
    "ALLOWED_HOSTS": ["bilateral.example.org"],
    "SECURE_HSTS_SECONDS": 31_536_000,
    "PASSWORD_HASHERS": ["django.contrib.auth.hashers.ScryptPasswordHasher"],
}


@pytest.fixture
def errors(settings, tmp_path):
    """A function: the ids of the errors of the security checks with these settings."""

    def errors(**changes):
        for name, value in ({"SIGN_INS_FILE": tmp_path / "sign-ins.txt"} | SAFE | changes).items():
            setattr(settings, name, value)
        return [message.id for message in run_checks(tags=[Tags.security]) if message.is_serious()]

    return errors


def test_what_is_safe_passes(errors):
    assert errors() == []


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"PRODUCTION": False, "ALLOWED_HOSTS": ["bilateral.example.org"]}, "bilateral.E001"),
        ({"PRODUCTION": False, "ALLOWED_HOSTS": ["*"]}, "bilateral.E001"),
        ({"DEBUG": True}, "bilateral.E002"),
        ({"SECRET_KEY": "short"}, "bilateral.E003"),
        ({"SECRET_KEY": "ab" * 40}, "bilateral.E003"),
        ({"ALLOWED_HOSTS": ["*"]}, "bilateral.E004"),
        ({"ALLOWED_HOSTS": ["bilateral.example.org", ".example.org"]}, "bilateral.E004"),
        ({"SECOND_FACTOR": False}, "bilateral.E009"),
        ({"SECURE_HSTS_SECONDS": 1}, "bilateral.E005"),
        ({"SECURE_HSTS_SECONDS": 0}, "bilateral.E005"),
        ({"PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"]}, "bilateral.E006"),
    ],
)
def test_what_is_unsafe_is_an_error(errors, changes, wanted):
    assert errors(**changes) == [wanted]


def test_the_sign_ins_of_a_trial_keep_production_from_starting(errors, tmp_path):
    (tmp_path / "sign-ins.txt").write_text("analyst password\n")
    assert errors() == ["bilateral.E007"]


@pytest.fixture
def project(tmp_path):
    """A copy of the project without what a trial of it left behind."""
    left = shutil.ignore_patterns(".*", "build", "db.sqlite3*", "sign-ins.txt", "staticfiles")
    return shutil.copytree(settings.BASE_DIR, tmp_path / "project", ignore=left)


def run(*command, environment, folder=settings.BASE_DIR):
    """Run a command of the project in a process with this environment alone; return its exit status and words."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "HOME") if name in os.environ}
    done = subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env=kept | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.returncode, done.stdout + done.stderr


def test_gunicorn_does_not_start_unsafe_and_says_why():
    unsafe = PRODUCTION | {"BILATERAL_HSTS_SECONDS": "60", "BILATERAL_ALLOWED_HOSTS": "*"}
    status, words = run("-m", "gunicorn", "--bind=127.0.0.1:0", "config.wsgi", environment=unsafe)
    assert status != 0
    assert "Bilateral does not start like this." in words
    assert "BILATERAL_HSTS_SECONDS is 60." in words
    assert "BILATERAL_ALLOWED_HOSTS has a wildcard: *." in words


def test_a_command_does_not_run_unsafe_and_says_why():
    status, words = run("manage.py", "migrate", environment=PRODUCTION | {"BILATERAL_SECRET_KEY": "secret"})
    assert status == 1
    assert "BILATERAL_SECRET_KEY is shorter than 50 characters" in words


def test_the_settings_of_production_pass_what_django_checks_for_deployment(project):
    command = ("manage.py", "check", "--deploy", "--fail-level=WARNING")
    status, words = run(*command, environment=PRODUCTION, folder=project)
    assert "no issues" in words
    assert status == 0
