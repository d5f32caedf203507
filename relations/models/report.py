"""What readers report as wrong. No public code reads reports, but the name of whom a correction thanks."""

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from .base import Plain, ruled
from .history import Plan


@ruled
class Report(Plain):
    """An error that a reader reported, until the desk has answered it; `relations.reporting` makes and answers them.

    `sender` is a digest of where it came from, kept for a day to slow down whoever floods. It and `email` are personal
    data and go, as `reporting.forget` says.
    """

    class State(models.TextChoices):
        OPEN = "open", _("open")
        ANSWERED = "answered", _("answered")
        REJECTED = "rejected", _("rejected")

    content_type = models.ForeignKey(ContentType, models.PROTECT, related_name="+")
    object_id = models.PositiveBigIntegerField()
    version = models.PositiveIntegerField(help_text=_("The version that the reader saw."))
    field = models.CharField(
        max_length=60, blank=True, help_text=_("A column or list of the record; empty: all of it.")
    )
    right = models.CharField(max_length=2000, help_text=_("What would be right."))
    source = models.CharField(max_length=500, help_text=_("What says so."))
    credit = models.CharField(max_length=100, blank=True, help_text=_("Whom the correction thanks."))
    email = models.EmailField(blank=True, help_text=_("Where an answer goes."))
    sender = models.CharField(max_length=64, blank=True, editable=False)
    made_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    plan = models.ForeignKey(Plan, models.PROTECT, null=True, blank=True, related_name="reports")
    answer = models.CharField(max_length=2000, blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True, help_text=_("When the answer was mailed."))

    class Meta:
        verbose_name = _("report of a reader")
        verbose_name_plural = _("reports of readers")
        default_permissions = ("view", "change")
        ordering = ("made_at", "pk")
        indexes = [
            models.Index(fields=["state", "made_at"], name="report_by_state"),
            models.Index(fields=["sender", "made_at"], name="report_by_sender"),
            models.Index(fields=["made_at"], name="report_by_moment"),
            models.Index(fields=["content_type", "object_id"], name="report_by_record"),
        ]
        constraints = [
            models.CheckConstraint(
                name="report_is_open_or_somebody_answered_it",
                condition=Q(state="open", answered_by__isnull=True, answered_at__isnull=True)
                | (~Q(state="open") & Q(answered_by__isnull=False, answered_at__isnull=False)),
            ),
        ]

    def __str__(self):
        return self.right[:80]

    def get_absolute_url(self):
        return reverse("admin:relations_report_change", args=[self.pk])
