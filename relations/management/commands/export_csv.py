import os
import sys
from contextlib import suppress

from django.core.management.base import BaseCommand, CommandError

from relations import importing, package


class Command(BaseCommand):
    help = "Write one table of the record as CSV to standard output: what is published, or all with --drafts."

    def add_arguments(self, parser):
        parser.add_argument("model", help="its file in a package, such as events, or the name of its model")
        parser.add_argument("--drafts", action="store_true", help="also what is not published")

    def handle(self, *, model: str, drafts: bool, **options):
        try:
            table = importing.table_named(model)
        except LookupError as error:
            raise CommandError(error.args[0]) from error
        with suppress(AttributeError):  # a test's output is no file
            self.stdout.reconfigure(encoding="utf-8", newline="\n")
        try:
            for piece in package.table_text(table, drafts=drafts):
                self.stdout.write(piece, ending="")
            self.stdout.flush()
        except BrokenPipeError:  # whoever reads has enough, as `head` has
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
