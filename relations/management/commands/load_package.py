from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from relations import package
from relations.models import PackageVersion
from relations.reading import Unreadable
from relations.writing import Refused


class Command(BaseCommand):
    help = "Load a data package from a folder or a ZIP, or merge a newer version of one that was loaded."

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path)
        parser.add_argument("--once", action="store_true", help="do nothing where a package has been loaded before")

    def handle(self, *, folder: Path, once: bool, **options):
        if once and PackageVersion.objects.exists():
            return
        self.stdout.write(f"Reading {folder} …")
        try:
            loaded = package.load(package.read_folder(folder))
        except (Unreadable, Refused) as error:
            for fault in error.faults[:1000]:
                where = f"{fault.key} " if fault.key else ""
                self.stderr.write(f"{where}{fault} “{fault.value}”" if fault.value else f"{where}{fault}")
            raise CommandError(f"Nothing was loaded: {len(error.faults)} faults.") from error
        for line in loaded.kept:
            self.stdout.write(f"kept: {line}")
        if loaded.version is None:
            self.stdout.write("This version is loaded already; nothing was written.")
        else:
            self.stdout.write(f"Loaded {loaded.version}: {loaded.written} records written.")
