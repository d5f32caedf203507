"""The desk's own rows: what records need next, lists that were saved by name, and the columns that people chose."""

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .base import Plain, ruled


@ruled
class Need(Plain):
    """What a record or a proposal needs next, and from whom; `relations.needs` keeps it with every write.

    One narrow table for all kinds of record, so that a list of the desk and its count are a range of one index. It
    holds no text of a record. `since` is the moment from which it is needed without a break.
    """

    class Kind(models.TextChoices):
        FINISH = "finish", _("a draft to be finished")
        MEND = "mend", _("returned, to be mended")
        CHECK = "check", _("waits for a second person")
        CITE = "cite", _("cites no source yet")
        SOURCE = "source", _("published, and something in it has no source")
        PUBLISHER = "publisher", _("published, and rests on one publisher")
        ANSWER = "answer", _("has an open comment of somebody else")

    content_type = models.ForeignKey(ContentType, models.PROTECT, related_name="+", db_index=False)
    object_id = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=9, choices=Kind.choices)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        help_text=_("Whose work it is: who entered the record or made the proposal."),
    )
    since = models.DateTimeField()
    fields = models.CharField(
        max_length=1000, blank=True, help_text=_("What has no source: names of columns, separated by “|”.")
    )

    class Meta:
        default_permissions = ()
        ordering = ("since", "pk")
        indexes = [
            models.Index(fields=["kind", "since", "id"], name="need_by_kind"),
            models.Index(fields=["person", "kind", "since", "id"], name="need_by_person"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["content_type", "object_id", "kind"], name="need_stands_once"),
        ]

    def __str__(self):
        return self.get_kind_display()


@ruled
class WorkList(Plain):
    """What a list of the desk was narrowed and sorted to, saved under a name: one person's, or the whole desk's."""

    name = models.CharField(max_length=80)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", help_text=_("Empty: all.")
    )
    content_type = models.ForeignKey(ContentType, models.PROTECT, related_name="+")
    query = models.CharField(max_length=2000, blank=True, help_text=_("The parameters of its address."))
    sort = models.CharField(max_length=300, blank=True, help_text=_("Columns, “-” before those that go down."))

    class Meta:
        default_permissions = ()
        ordering = ("name", "pk")
        constraints = [
            models.UniqueConstraint(fields=["owner", "content_type", "name"], name="work_list_name_is_its_owners"),
            models.UniqueConstraint(
                fields=["content_type", "name"], condition=Q(owner=None), name="work_list_name_is_the_desks"
            ),
        ]

    def __str__(self):
        return self.name


@ruled
class ListColumns(Plain):
    """The columns that a person chose for the list of one kind of record, in their order."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    content_type = models.ForeignKey(ContentType, models.PROTECT, related_name="+")
    columns = models.CharField(max_length=1000)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["person", "content_type"], name="columns_are_chosen_once")]

    def __str__(self):
        return self.columns


@ruled
class Profile(Plain):
    """How a foreign spreadsheet is read: a JSON document, saved by name; `relations.profiles` says what it holds."""

    name = models.CharField(max_length=100, unique=True, help_text=_("Such as “Incidents of the ministry”."))
    document = models.JSONField()
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    saved_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        ordering = ("name",)

    def __str__(self):
        return self.name
