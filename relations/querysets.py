"""Facts about many records; the only place that knows how state is stored."""

from datetime import date

from django.db import models
from django.db.models import Q


class RecordQuerySet(models.QuerySet):
    """What all keyed records share."""

    def published(self):
        """The records that the public may see; every public surface starts here.

        `is_public` is kept by the writer: published itself, and all that it requires is public too.
        """
        return self.filter(is_public=True)

    def once_public(self):
        """The records that the public saw and sees no more: their address answers 410."""
        return self.filter(is_public=False, was_public=True)


class DatedQuerySet(RecordQuerySet):
    """Records with a principal date, whose bounds are kept as columns."""

    def during(self, first: date, last: date, *, certainly: bool = False):
        """The records that possibly (or certainly) fall into the days from `first` to `last`, both inclusive."""
        if certainly:
            return self.filter(certain_from__lte=last, certain_until__gte=first)
        return self.filter(earliest__lte=last, latest__gte=first)

    def by_date(self):
        """In the total order of lists: first day, then key."""
        return self.order_by("earliest", "key")


class ChildQuerySet(models.QuerySet):
    """Children of a record: public with their owner, where all that they name is public too."""

    def published(self):
        """The children that the public may see."""
        return self.filter(**{f"{name}__is_public": True for name in self.model.requires})


class CitationQuerySet(ChildQuerySet):
    """Citations; a claimant that is not public vanishes with its citation's claim, see `published`."""

    def published(self):
        """The citations of public records by public sources, claimed by no one or by a public actor."""
        return super().published().filter(Q(claimant=None) | Q(claimant__is_public=True))
