"""What waits and what happened: plans, revisions, package versions, old keys, and the number of public changes."""

import secrets

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ..fields import KeyField
from .base import Plain, State, ruled


class Change(models.TextChoices):
    """What kind a change to a published record is."""

    ADDITION = "addition", _("addition")
    CORRECTION = "correction", _("correction")
    CLARIFICATION = "clarification", _("clarification")
    WITHDRAWAL = "withdrawal", _("withdrawal")
    REDACTION = "redaction", _("redaction")

    @classmethod
    def of_cells(cls) -> list[tuple[str, str]]:
        """Return those that somebody chooses who changes cells, with their labels; the others are acts of their own."""
        return [(kind.value, kind.label) for kind in (cls.ADDITION, cls.CORRECTION, cls.CLARIFICATION)]


def new_token() -> str:
    """Return an address for a plan that cannot be guessed."""
    return secrets.token_urlsafe(16)


class PackageVersion(models.Model):
    """A version of a data package that was loaded, with its files as they came, byte for byte."""

    name = models.CharField(max_length=80)
    version = models.CharField(max_length=40)
    loaded_at = models.DateTimeField()
    descriptor = models.JSONField()
    archive = models.BinaryField(editable=False)

    class Meta:
        default_permissions = ("view",)
        constraints = [models.UniqueConstraint(fields=["name", "version"], name="package_version_is_loaded_once")]

    def __str__(self):
        return f"{self.name} {self.version}"


@ruled
class Plan(Plain):
    """What waits to be written: records, the versions seen, cells and children; its rows are PlanRows.

    A proposal changes published records, a redaction takes text out of everything: both wait for a second person. The
    others are looked at by their author before they are applied; what they change of published records waits as a
    proposal beneath them. No public code reads plans.
    """

    class Kind(models.TextChoices):
        PROPOSAL = "proposal", _("proposal")
        IMPORT = "import", _("import")
        BULK = "bulk", _("change of many")
        MERGE = "merge", _("merge")
        UNDO = "undo", _("taking back")
        REDACT = "redact", _("redaction")

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        APPLIED = "applied", _("applied")
        REFUSED = "refused", _("refused")
        DISCARDED = "discarded", _("discarded")

    token = models.CharField(max_length=32, unique=True, default=new_token, editable=False)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    content_type = models.ForeignKey(ContentType, models.PROTECT, related_name="+")
    state = models.CharField(max_length=9, choices=State.choices, default=State.WAITING, db_index=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="plans")
    created_at = models.DateTimeField()
    change = models.CharField(max_length=13, choices=Change.choices, blank=True)
    reason = models.CharField(max_length=1000, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    comment = models.CharField(max_length=1000, blank=True)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="proposals", help_text=_("The batch it came with.")
    )
    undoes = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="undone_by", help_text=_("The batch it takes back.")
    )

    class Meta:
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                name="plan_who_decided_has_its_moment",
                condition=Q(decided_by__isnull=True, decided_at__isnull=True)
                | Q(decided_by__isnull=False, decided_at__isnull=False),
            ),
            models.CheckConstraint(
                name="plan_is_decided_or_waits",
                condition=Q(state="waiting", decided_at__isnull=True)
                | (~Q(state="waiting") & Q(decided_at__isnull=False)),
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} of {self.created_at:%Y-%m-%d %H:%M}"

    def get_absolute_url(self):
        page = "admin:redaction" if self.kind == self.Kind.REDACT else "admin:relations_plan_change"
        return reverse(page, args=[self.pk])


@ruled
class PlanRow(Plain):
    """One record of a plan; before it is applied also the rows that are the same or refused.

    `state` and `into` are those of the Edit that it holds. A new event may be another one that is stored: `doubles`
    names those, and `is_asked` says that nobody has said yet what it is.
    """

    class Verdict(models.TextChoices):
        NEW = "new", _("new")
        CHANGED = "changed", _("changed")
        SAME = "same", _("same")
        REFUSED = "refused", _("refused")
        OUT = "out", _("left out")

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField(help_text=_("The row as a spreadsheet counts, or the place in the plan."))
    verdict = models.CharField(max_length=7, choices=Verdict.choices)
    content_type = models.ForeignKey(ContentType, models.PROTECT, related_name="+")
    object_id = models.PositiveBigIntegerField(null=True, blank=True)
    key = models.CharField(max_length=200, blank=True)
    version_seen = models.PositiveIntegerField(default=0)
    before = models.JSONField(default=dict)
    cells = models.JSONField(default=dict)
    children = models.JSONField(default=dict)
    state = models.CharField(max_length=9, choices=State.choices, blank=True)
    into = models.PositiveBigIntegerField(null=True, blank=True)
    faults = models.JSONField(default=list)
    notes = models.JSONField(default=list, help_text=_("What stays as it is, and why."))
    doubles = models.CharField(
        max_length=120, blank=True, help_text=_("Ids of records that it may be, the likeliest first, separated by “|”.")
    )
    is_asked = models.BooleanField(default=False, help_text=_("Whether its author is still to say what it is."))

    class Meta:
        default_permissions = ()
        ordering = ("number", "pk")
        indexes = [
            models.Index(fields=["plan", "verdict", "number"], name="planrow_by_verdict"),
            models.Index(fields=["content_type", "object_id"], name="planrow_by_record"),
        ]

    def __str__(self):
        return self.key


class Upload(models.Model):
    """The bytes of an imported file, private, in the database so that one backup holds all."""

    plan = models.OneToOneField(Plan, models.CASCADE, related_name="upload")
    name = models.CharField(max_length=200)
    table = models.CharField(max_length=40, help_text=_("The file of a package that it is like: “events”."))
    columns = models.JSONField(help_text=_("The columns that it has."))
    changed_cells = models.PositiveIntegerField(help_text=_("How many cells of stored rows it changes."))
    digest = models.CharField(max_length=64, help_text=_("SHA-256 in hexadecimal."))
    size = models.PositiveBigIntegerField(help_text=_("In bytes, before packing."))
    content = models.BinaryField(editable=False, help_text=_("Packed by zlib."))
    profile = models.JSONField(default=dict, help_text=_("How a foreign file was read; empty: as a table of ours."))

    class Meta:
        default_permissions = ()

    def __str__(self):
        return self.name


@ruled
class Revision(Plain):
    """One version of one record: who, when, why, in which batch, and the whole record as it then was.

    It points to the row, not to the key. `data` is {"cells": {column: text}, "children": {name: [{column: text}]}}
    under the columns of `schema`, and `state` the state that it had. A version with `published_at` is one that the
    public saw. One that was merged into another says which row.
    """

    SCHEMA = 1

    class Act(models.TextChoices):
        CREATE = "create", _("created")
        CHANGE = "change", _("changed")
        SUBMIT = "submit", _("submitted")
        RETURN = "return", _("returned")
        PUBLISH = "publish", _("published")
        WITHDRAW = "withdraw", _("withdrawn")

    content_type = models.ForeignKey(ContentType, models.PROTECT, related_name="+")
    object_id = models.PositiveBigIntegerField()
    version = models.PositiveIntegerField()
    schema = models.PositiveSmallIntegerField(default=SCHEMA)
    act = models.CharField(max_length=8, choices=Act.choices)
    data = models.JSONField()
    state = models.CharField(max_length=9, choices=State.choices)
    into = models.PositiveBigIntegerField(null=True, blank=True)
    at = models.DateTimeField()
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    written_by_package = models.ForeignKey(PackageVersion, models.PROTECT, null=True, blank=True, related_name="+")
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    published_by_package = models.ForeignKey(PackageVersion, models.PROTECT, null=True, blank=True, related_name="+")
    published_at = models.DateTimeField(null=True, blank=True)
    change = models.CharField(max_length=13, choices=Change.choices, blank=True)
    reason = models.CharField(max_length=1000, blank=True)
    plan = models.ForeignKey(Plan, models.PROTECT, null=True, blank=True, related_name="revisions")

    class Meta:
        default_permissions = ("view",)
        ordering = ("-at", "-pk")
        indexes = [
            models.Index(fields=["published_at"], name="revision_by_publication"),
            models.Index(
                fields=["-published_at", "id"],
                condition=Q(published_at__isnull=False) & ~Q(change=""),
                name="revision_corrections",
            ),
            models.Index(
                fields=["published_at", "id"], condition=Q(published_by__isnull=False), name="revision_by_colleagues"
            ),
            models.Index(fields=["act", "id"], name="revision_by_act"),
            models.Index(fields=["change", "id"], name="revision_by_change"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["content_type", "object_id", "version"], name="revision_a_version_happens_once"
            ),
            models.CheckConstraint(
                name="revision_has_one_writer",
                condition=Q(written_by__isnull=True, written_by_package__isnull=False)
                | Q(written_by__isnull=False, written_by_package__isnull=True),
            ),
            models.CheckConstraint(
                name="revision_who_published_has_its_moment",
                condition=Q(published_at__isnull=True, published_by__isnull=True, published_by_package__isnull=True)
                | Q(published_at__isnull=False, published_by__isnull=False, published_by_package__isnull=True)
                | Q(published_at__isnull=False, published_by__isnull=True, published_by_package__isnull=False),
            ),
        ]

    def __str__(self):
        return f"version {self.version}"

    @property
    def author(self):
        """The person or package version that wrote it or did it."""
        return self.written_by or self.written_by_package

    @property
    def publisher(self):
        """The person or package version that made it public, if it was."""
        return self.published_by or self.published_by_package


@ruled
class OldKey(Plain):
    """A key that a record had in public, or that was merged into another: it leads on for good, and is given to none.

    The public knows only of those that it saw itself.
    """

    LONGEST_WAY = 20  # of keys that lead on and on

    content_type = models.ForeignKey(ContentType, models.PROTECT, related_name="+")
    key = KeyField(unique=False)
    object_id = models.PositiveBigIntegerField()
    was_public = models.BooleanField(default=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["content_type", "key"], name="old_key_leads_to_one_record")]

    def __str__(self):
        return self.key


@ruled
class Redaction(Plain):
    """The tombstone of a text that had to go: the digest of each spelling, and where it stood.

    Date, reason and people are those of its plan. The text itself is here only while the redaction waits.
    """

    plan = models.OneToOneField(Plan, models.PROTECT, related_name="redaction")
    texts = models.JSONField(default=list, help_text=_("What is to go; empty once that is decided."))
    digests = models.JSONField(default=list, help_text=_("SHA-256 of each text in UTF-8, in hexadecimal."))
    mark = models.CharField(max_length=30, help_text=_("What stands in place of it."))
    places = models.JSONField(default=dict, help_text=_("In how many rows of which table it stood."))

    class Meta:
        default_permissions = ("view", "add", "publish")

    def __str__(self):
        return ", ".join(digest[:12] for digest in self.digests)


class PublicRevision(models.Model):
    """The number of public changes so far, in one row: what conditional requests and pages are dated by."""

    number = models.PositiveBigIntegerField(default=0)
    changed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ()

    def __str__(self):
        return str(self.number)
