from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError

from relations import batches, undoing
from relations.comparing import differences
from relations.models import Change, Plan, PlanRow
from relations.writing import Refused


class Command(BaseCommand):
    help = "Take back an import or another batch; what people did since stays, and is named."

    def add_arguments(self, parser):
        parser.add_argument("batch", type=int, help="its number, as its page and the list of batches show it")
        parser.add_argument("--as", dest="user", metavar="USER", required=True, help="who takes it back")
        parser.add_argument("--dry-run", action="store_true", help="show what would go back, and do nothing")
        parser.add_argument(
            "--kind",
            choices=[kind for kind, _label in Change.of_cells()],
            default="",
            help="of the change, where published records change",
        )
        parser.add_argument("--reason", default="", help="for the history, and for readers where they are told")

    def handle(self, *, batch: int, user: str, dry_run: bool, kind: str, reason: str, **options):
        person = get_user_model().objects.filter(username=user, is_active=True).first()
        if person is None:
            raise CommandError(f"There is no active account “{user}”.")
        plan = Plan.objects.filter(pk=batch).select_related("content_type").first()
        if plan is None:
            raise CommandError(f"There is no batch {batch}.")
        undo = None
        try:
            undo = undoing.take_back(plan, by=person)
            self.show(undo)
            if not dry_run:
                batches.apply(undo, by=person, change=kind, reason=reason)
        except PermissionDenied as error:
            raise CommandError(f"Nothing was taken back: {error}") from error
        except Refused as error:
            said = "\n".join(f"{fault.key} {fault.column}: {fault.message}".strip() for fault in error.faults[:1000])
            raise CommandError(f"Nothing was taken back.\n{said}") from error
        finally:
            # What was not applied leaves nothing behind.
            if undo and undo.state == Plan.State.WAITING:
                Plan.objects.filter(pk=undo.pk, state=Plan.State.WAITING).delete()
        if dry_run:
            self.stdout.write("Nothing was done.")
            return
        proposal = undo.proposals.first()
        waits = f"; {proposal.rows.count()} published records wait as a proposal" if proposal else ""
        self.stdout.write(f"Taken back as batch {undo.pk}: {undo.revisions.count()} records written{waits}.")

    def show(self, undo: Plan) -> None:
        """Print what goes back, cell by cell, what is refused, and what stays and why."""
        for row in undo.rows.iterator():
            if row.verdict == PlanRow.Verdict.CHANGED:
                after = {"cells": row.before["cells"] | row.cells, "children": row.before["children"] | row.children}
                for item in differences(row.before, after):
                    self.stdout.write(f"{row.key}, {item.label}: “{item.before}” becomes “{item.after}”")
                if row.state:
                    self.stdout.write(f"{row.key}: becomes {row.get_state_display()}")
            for fault in row.faults:
                self.stdout.write(f"{row.key}, {fault['column']}: refused: {fault['message']}")
            for note in row.notes:
                self.stdout.write(": ".join(part for part in (row.key, note["column"], note["message"]) if part))
