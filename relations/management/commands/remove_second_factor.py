from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from relations import second_factor, sessions


class Command(BaseCommand):
    """For the one administrator of a desk who has lost telephone, passkeys and recovery codes."""

    help = "Take the second factor from an account and end its sessions; the next sign-in asks for a new one."

    def add_arguments(self, parser):
        parser.add_argument("user", help="the user name of the account")

    def handle(self, *, user: str, **options):
        person = get_user_model().objects.filter(username=user).first()
        if person is None:
            raise CommandError(f"There is no account “{user}”.")
        if not person.factors.exists():
            raise CommandError(f"“{user}” has no second factor.")
        second_factor.remove(person)
        ended = sessions.end_all(person)
        self.stdout.write(f"“{user}” signs in with the password alone, once; sessions ended: {ended}.")
