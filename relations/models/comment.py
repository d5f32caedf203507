"""What the desk says of a record among itself. No public code reads comments."""

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q

from .base import Plain, ruled


@ruled
class Comment(Plain):
    """What somebody of the desk said of a record; it is open until somebody marks it as done. Its text stays."""

    content_type = models.ForeignKey(ContentType, models.PROTECT, related_name="+")
    object_id = models.PositiveBigIntegerField()
    text = models.CharField(max_length=1000)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    written_at = models.DateTimeField()
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ("view",)
        ordering = ("written_at", "pk")
        indexes = [
            models.Index(fields=["content_type", "object_id"], name="comment_by_record"),
            models.Index(fields=["done_at", "written_at"], name="comment_by_done"),
        ]
        constraints = [
            models.CheckConstraint(
                name="comment_is_done_by_somebody_at_a_moment",
                condition=Q(done_by__isnull=True, done_at__isnull=True)
                | Q(done_by__isnull=False, done_at__isnull=False),
            ),
        ]

    def __str__(self):
        return self.text
