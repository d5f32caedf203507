from pathlib import Path

from django.core.management.base import BaseCommand

from relations import exporting, package


class Command(BaseCommand):
    help = "Write the record as a data package into a folder or a ZIP: what is published, or all with --drafts."

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path, help="or a name that ends in .zip")
        parser.add_argument("--drafts", action="store_true", help="also what is not published")

    def handle(self, *, folder: Path, drafts: bool, **options):
        files = package.dump(drafts=drafts)
        if folder.suffix == ".zip":
            with folder.open("wb") as file:
                file.writelines(exporting.zipped(files))
        else:
            folder.mkdir(parents=True, exist_ok=True)
            for name, pieces in files:
                with (folder / name).open("w", encoding="utf-8", newline="") as file:
                    file.writelines(pieces)
        self.stdout.write(f"Wrote {folder}.")
