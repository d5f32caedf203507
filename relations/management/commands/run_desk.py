from urllib.parse import urlsplit

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    """All in one process, since to start Django once for each step would take longer than the steps."""

    help = "Prepare what is missing, tables, a data package and sign-ins, and serve on this machine."

    def add_arguments(self, parser):
        parser.add_argument("folder", help="the data package of an empty database")

    def handle(self, *, folder: str, **options):
        if settings.PRODUCTION:
            raise CommandError("A desk for trying out runs with BILATERAL_DEBUG=1 only; README.md says how to deploy.")
        self.stdout.write("Bringing the tables up to date")
        call_command("migrate", verbosity=0)
        call_command("load_package", folder, once=True)
        call_command("make_sign_ins")
        call_command("runserver", urlsplit(settings.PUBLIC_URL).netloc, use_reloader=False)
