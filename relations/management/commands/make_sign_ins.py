import os
import secrets

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from relations.roles import ADMINISTRATOR, ANALYST, EDITOR

ROLES = (ANALYST, EDITOR, ADMINISTRATOR)


class Command(BaseCommand):
    """Passwords are kept in clear text, so that this is for trying Bilateral out on one's own machine."""

    help = "Make an account a role with a random password, where there is none; print addresses and sign-ins."

    def handle(self, **options):
        if settings.PRODUCTION:
            raise CommandError("Sign-ins are made with BILATERAL_DEBUG=1 only; here use createsuperuser.")
        passwords = self.read()
        for role in ROLES:
            if not User.objects.filter(username=role).exists():
                passwords.setdefault(role, secrets.token_urlsafe(12))
                user = User.objects.create_user(role, password=passwords[role], is_staff=True)
                user.groups.add(Group.objects.get(name=role))
        self.write(passwords)
        self.stdout.write(f"Public pages  {settings.PUBLIC_URL}/")
        self.stdout.write(f"Admin         {settings.PUBLIC_URL}{reverse('admin:index')}")
        for role in ROLES:
            self.stdout.write(f"  {role:<13} {passwords.get(role, 'has a password of its own')}")

    def read(self) -> dict[str, str]:
        """Return the password of each sign-in that the file has."""
        if not settings.SIGN_INS_FILE.exists():
            return {}
        return dict(line.split() for line in settings.SIGN_INS_FILE.read_text().splitlines())

    def write(self, passwords: dict[str, str]) -> None:
        lines = [f"{name} {password}\n" for name, password in passwords.items()]
        descriptor = os.open(settings.SIGN_INS_FILE, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        with open(descriptor, "w") as file:
            file.writelines(lines)
