from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from relations import importing, profiles, settling
from relations.models import Change, Plan, PlanRow
from relations.reading import LARGE, Unreadable, read_raw
from relations.resources import Fault
from relations.writing import Refused

SHOWN = 1000  # faults; then how many more there are


class Command(BaseCommand):
    help = "Import one table from a file, all of it or nothing; new records become drafts."

    def add_arguments(self, parser):
        parser.add_argument("model", help="its file in a package, such as events, or the name of its model")
        parser.add_argument("file", type=Path)
        parser.add_argument("--as", dest="user", metavar="USER", required=True, help="whose import it is")
        parser.add_argument("--profile", help="of a foreign file: its name, or the JSON file of one")
        parser.add_argument("--losses", type=Path, help="where to write what the profile drops or lowers, as CSV")
        parser.add_argument("--dry-run", action="store_true", help="show what would happen, and do nothing")
        parser.add_argument(
            "--doubles",
            choices=[settling.NEW, settling.OUT],
            help="what new rows are that may be stored already; without it nothing is imported where there are some",
        )
        parser.add_argument(
            "--kind",
            choices=[kind for kind, _label in Change.of_cells()],
            default="",
            help="of the change, where published records change",
        )
        parser.add_argument(
            "--reason", default="", help="for the history, and for readers where published records change"
        )

    def handle(self, *, model: str, file: Path, user: str, dry_run: bool, kind: str, reason: str, **options):
        self.plan = None
        try:
            table, profile = importing.table_named(model), self.profile(options["profile"])
            self.plan = self.read(table, file, self.person(user), profile, options["losses"])
            if self.has_something_to_do(dry_run, kind, reason, options["doubles"]):
                importing.apply(self.plan, by=self.plan.author, change=kind, reason=reason)
                self.tell()
        except LookupError as error:
            raise CommandError(error.args[0]) from error
        except profiles.BadProfile as error:
            raise CommandError(f"Nothing was imported: {error}") from error
        except profiles.NotMapped as error:
            for item in error.values[:SHOWN]:
                self.stderr.write(f"{item.path}: “{item.value}”, in {item.rows} rows")
            raise CommandError(f"Nothing was imported from {file}: {error}.") from error
        except PermissionDenied as error:
            raise CommandError(f"Nothing was imported: {error}") from error
        except (Unreadable, Refused) as error:
            self.tell_faults(file, error.faults)
            raise CommandError(f"Nothing was imported from {file}.") from error
        except DatabaseError as error:
            self.tell_failure(error)
        finally:
            # What was not applied leaves nothing behind.
            plan = self.plan
            if plan and plan.state == Plan.State.WAITING:
                plan.delete()

    def person(self, name: str):
        found = get_user_model().objects.filter(username=name, is_active=True).first()
        if found is None:
            raise CommandError(f"There is no active account “{name}”.")
        return found

    def profile(self, name: str | None) -> dict | None:
        if name is None:
            return None
        if (file := Path(name)).suffix == ".json" and file.is_file():
            return profiles.read_document(file.read_bytes())
        return profiles.named(name)

    def read(self, table: str, file: Path, person, profile: dict | None, losses: Path | None) -> Plan:
        try:
            with file.open("rb") as opened:
                data = opened.read(LARGE.bytes + 1)
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
        if profile is None:
            return importing.plan(file.name, data, resource_name=table, by=person, limits=LARGE)
        if profile["table"] != table:
            raise CommandError(f"The profile brings {profile['table']}, not {table}.")
        if losses:
            raw = read_raw(data, name=file.name, limits=LARGE, **profiles.reading(profile))
            with losses.open("w", encoding="utf-8", newline="") as opened:
                opened.writelines(profiles.losses(profile, raw))
        return importing.plan_foreign(file.name, data, profile=profile, by=person, limits=LARGE)

    def has_something_to_do(self, dry_run: bool, kind: str, reason: str, doubles: str | None) -> bool:
        """Say what the plan would do, and whether to go on. Raises Refused with all faults of refused rows."""
        found = importing.totals(self.plan)
        self.stdout.write(
            f"{self.plan.upload.name}: {found.rows} rows: {found.new} new, "
            f"{found.changed} changed ({found.cells} cells), {found.same} same, {found.refused} refused."
        )
        if dry_run:
            self.show()
        if found.refused:
            refused = self.plan.rows.filter(verdict=PlanRow.Verdict.REFUSED)
            raise Refused([Fault(**fault) for row in refused for fault in row.faults])
        if found.asked:
            self.settle(doubles, dry_run)
            found = importing.totals(self.plan)
        if not found.writes:
            self.stdout.write("Nothing to import: all is stored as the file says.")
            return False
        public = importing.public_targets(self.plan)
        if public and not (kind and reason.strip()) and not dry_run:
            raise CommandError(
                f"Nothing was imported: {public} published records would change, as one proposal to a second person. "
                f"Add what readers are told: --kind {Change.CORRECTION} --reason “…”."
            )
        if dry_run:
            self.stdout.write(f"Nothing was done. Of the records that would change {public} are published.")
        return not dry_run

    def settle(self, doubles: str | None, dry_run: bool) -> None:
        """Say what likely doubles are, all of them as one, or name them."""
        if doubles and not dry_run:
            settling.settle_the_rest(self.plan, doubles, by=self.plan.author)
            return
        asked = self.plan.rows.filter(is_asked=True)
        for row in asked[:SHOWN]:
            model = row.content_type.model_class()
            keys = (
                model._base_manager.filter(pk__in=row.doubles.split("|")).order_by("key").values_list("key", flat=True)
            )
            self.stderr.write(f"row {row.number}, {row.key}: may be {', '.join(keys)}")
        if not dry_run:
            raise CommandError(
                f"Nothing was imported: {asked.count()} rows may be stored already. Settle each in the preview of the "
                "admin, or all of them here: --doubles new, or --doubles out to leave them out."
            )

    def show(self) -> None:
        """Print what each row that does something would do, and what stays though the file lacks it."""
        for row in self.plan.rows.exclude(verdict=PlanRow.Verdict.REFUSED).iterator():
            if row.verdict == PlanRow.Verdict.NEW:
                self.stdout.write(f"row {row.number}, {row.key}: new")
            elif row.verdict == PlanRow.Verdict.CHANGED:
                for column, text in row.cells.items():
                    before = row.before["cells"][column]
                    self.stdout.write(f"row {row.number}, {row.key}, {column}: “{before}” becomes “{text}”")
            for note in row.notes:
                self.stdout.write(f"row {row.number}, {row.key}, {note['column']}: “{note['value']}” {note['message']}")

    def tell(self) -> None:
        """Report what was done, from the database."""
        done = importing.report(self.plan)
        self.stdout.write(f"Imported: {done.created} drafts created, {done.changed} drafts changed.")
        if done.proposal:
            address = f"{settings.PUBLIC_URL}{done.proposal.get_absolute_url()}"
            state = done.proposal.get_state_display()
            self.stdout.write(f"{done.proposed} published records: one proposal, {state}: {address}")

    def tell_faults(self, file: Path, faults: list[Fault]) -> None:
        for fault in faults[:SHOWN]:
            where = [f"row {fault.number}"] if fault.number else []
            where += [fault.key] if fault.key and fault.column != "key" else []
            value = f" “{fault.value}”" if fault.value else ""
            self.stderr.write(f"{file}: {', '.join([*where, fault.column])}{value}: {fault.message}")
        if len(faults) > SHOWN:
            self.stderr.write(f"{file}: and {len(faults) - SHOWN} more")

    def tell_failure(self, error: DatabaseError) -> None:
        """Ask the database itself what became of an import in which it failed."""
        try:
            applied = self.plan and Plan.objects.filter(pk=self.plan.pk, state=Plan.State.APPLIED).exists()
        except DatabaseError:
            raise CommandError(f"The database failed, and does not say whether it imported: {error}") from error
        if not applied:
            raise CommandError(f"Nothing was imported, because the database failed: {error}") from error
        self.stdout.write("Imported; the database failed when it was asked for the report.")
