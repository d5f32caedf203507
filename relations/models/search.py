"""The words by which records are found; `relations.search` writes and asks them."""

from django.contrib.contenttypes.models import ContentType
from django.db import models

from .base import Plain


class SearchEntry(Plain):
    """The folded words of one record, as `relations.search` stores them for both databases."""

    content_type = models.ForeignKey(ContentType, models.PROTECT, related_name="+")
    object_id = models.PositiveBigIntegerField()
    words = models.TextField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["content_type", "object_id"], name="search_entry_is_of_one_record")
        ]

    def __str__(self):
        return self.words
