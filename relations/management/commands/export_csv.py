import os
import sys
from contextlib import suppress
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from relations import exporting, importing

ENDINGS = ", ".join(form.ending for form in exporting.FORMS.values())


class Command(BaseCommand):
    help = "Write one table of the record to a file, or as CSV to standard output: what is published, or all."

    def add_arguments(self, parser):
        parser.add_argument("model", help="its file in a package, such as events, or the name of its model")
        parser.add_argument("file", type=Path, nargs="?", help=f"whose name says the format: {ENDINGS}")
        parser.add_argument("--drafts", action="store_true", help="also what is not published")

    def handle(self, *, model: str, file: Path | None, drafts: bool, **options):
        try:
            table = importing.table_named(model)
        except LookupError as error:
            raise CommandError(error.args[0]) from error
        if file:
            self.write(exporting.table(table, self.form(file), drafts=drafts), file)
            return
        with suppress(AttributeError):  # a test's output is no file
            self.stdout.reconfigure(encoding="utf-8", newline="\n")
        try:
            for piece in exporting.table(table, "csv", drafts=drafts):
                self.stdout.write(piece.decode(), ending="")
            self.stdout.flush()
        except BrokenPipeError:  # whoever reads has enough, as `head` has
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def form(self, file: Path) -> str:
        for word, form in exporting.FORMS.items():
            if form.ending == file.suffix.lower():
                return word
        raise CommandError(f"The name {file.name} says no format; let it end in one of {ENDINGS}.")

    def write(self, pieces, file: Path) -> None:
        """Write a file whole or not at all: beside it first, and then in its place."""
        draft = file.with_name(f"{file.name}.{os.getpid()}")
        try:
            with draft.open("wb") as opened:
                opened.writelines(pieces)
            draft.replace(file)
        except OSError as error:
            raise CommandError(f"{file} cannot be written: {error.strerror}.") from error
        finally:
            draft.unlink(missing_ok=True)
        self.stdout.write(f"Wrote {file}.")
