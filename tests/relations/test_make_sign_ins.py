import stat

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command


@pytest.fixture
def make_sign_ins(settings, tmp_path, capsys, db):
    """A function: run the command and return what it prints."""
    settings.PRODUCTION = False
    settings.SIGN_INS_FILE = tmp_path / "sign-ins.txt"

    def make_sign_ins():
        call_command("make_sign_ins")
        return capsys.readouterr().out

    return make_sign_ins


def test_a_sign_in_a_role_is_made_and_told_and_kept_for_the_owner_s_eyes_only(make_sign_ins, settings):
    told = make_sign_ins()
    kept = dict(line.split() for line in settings.SIGN_INS_FILE.read_text().splitlines())
    assert list(kept) == ["analyst", "editor", "administrator"]
    assert stat.S_IMODE(settings.SIGN_INS_FILE.stat().st_mode) == 0o600
    for role, password in kept.items():
        user = User.objects.get(username=role)
        assert user.check_password(password)
        assert user.is_staff
        assert not user.is_superuser
        assert [group.name for group in user.groups.all()] == [role]
        assert password in told


def test_a_second_run_changes_nothing_and_tells_the_same(make_sign_ins):
    first = make_sign_ins()
    before = list(User.objects.order_by("pk").values())
    assert make_sign_ins() == first
    assert list(User.objects.order_by("pk").values()) == before


def test_a_password_that_is_not_in_the_file_is_neither_told_nor_replaced(make_sign_ins):
    owned = User.objects.create_user("editor", password="the editor's own")
    assert "editor        has a password of its own" in make_sign_ins()
    owned.refresh_from_db()
    assert owned.check_password("the editor's own")


def test_production_makes_none(make_sign_ins, settings):
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="createsuperuser"):
        make_sign_ins()
    assert not User.objects.exists()
