"""Facts about many records; the only place that knows how state is stored."""

from datetime import date

from django.db import connection, models
from django.db.models import Case, F, Prefetch, Q, Value, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce, NullIf


class RecordQuerySet(models.QuerySet):
    """What all keyed records share."""

    def published(self):
        """The records that the public may see; every public surface starts here.

        `is_public` is kept by the writer: published itself, and all that it requires is public too.
        """
        return self.filter(is_public=True)

    def with_evidence(self):
        """With the citations that the public may see as `shown_citations`, for `evidence`."""
        cited = self.model._meta.get_field("citations").related_model.objects.published().with_sources()
        return self.prefetch_related(Prefetch("citations", cited, to_attr="shown_citations"))

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


class TransactionQuerySet(DatedQuerySet):
    """Amounts, and which of them totals add up."""

    LONGEST_WAY = 3  # from a part up to the whole

    def counted(self):
        """The public amounts that totals add up: none that repeats another's money, no part of a whole of its kind.

        Totals are of one kind and one currency each, so that a part counts where every public whole above it is of
        another: what was reprogrammed out of a suspension. One that is further down than `LONGEST_WAY` never counts.
        """
        free = None
        for level in range(self.LONGEST_WAY, 0, -1):
            whole = "__".join(["part_of"] * level)
            is_last = Q(**{whole: None}) | Q(**{f"{whole}__is_public": False})
            is_alike = Q(**{f"{whole}__kind": F("kind"), f"{whole}__currency": F("currency")})
            free = is_last if free is None else is_last | (~is_alike & free)
        return self.published().filter(free, counts_in_totals=True)


class ChildQuerySet(models.QuerySet):
    """Children of a record: public with their owner, where all that they name is public too."""

    def published(self):
        """The children that the public may see."""
        return self.filter(**{f"{name}__is_public": True for name in self.model.requires})


class CitationQuerySet(ChildQuerySet):
    """Citations; a claimant that is not public vanishes with its citation's claim, see `published`."""

    def published(self):
        """The citations of public records by public sources, claimed by no one or by a public actor."""
        return super().published().by_public_sources()

    def by_public_sources(self):
        """The citations by public sources, claimed by no one or by a public actor, whether or not the record is."""
        return self.filter(Q(claimant=None) | Q(claimant__is_public=True), source__is_public=True)

    def with_sources(self):
        """With source, its origins and claimant, in the order in which a record numbers its sources."""
        return self.select_related("source__origin__origin", "claimant").order_by("field", "source__key", "pk")

    def with_origins(self):
        """With `origin_source`, the id of the source that the cited one copies, and `origin_publisher`."""
        first = Q(source__origin__is_public=True)
        second = first & Q(source__origin__origin__is_public=True)

        def of_origin(column: str) -> Case:
            return Case(
                When(second, then=F(f"source__origin__origin__{column}")),
                When(first, then=F(f"source__origin__{column}")),
                default=F(f"source__{column}"),
            )

        named = NullIf(of_origin("publisher"), Value(""))
        publisher = Coalesce(named, of_origin("key"), output_field=models.CharField())
        return self.annotate(origin_source=of_origin("pk"), origin_publisher=publisher)


class ActorQuerySet(RecordQuerySet):
    """Actors, with the bodies that they are part of."""

    def beneath(self, actors):
        """The ids of the given actors and of all that is publicly part of them or serves them, as a subquery."""
        table, quote = self.model._meta.db_table, connection.ops.quote_name
        given = ", ".join(["%s"] * len(actors)) or "NULL"
        return RawSQL(  # noqa: S611 - the ids are parameters
            f"""WITH RECURSIVE beneath(id) AS (
                SELECT id FROM {quote(table)} WHERE id IN ({given})
                UNION SELECT a.id FROM {quote(table)} a JOIN beneath b ON a.parent_id = b.id OR a.serves_id = b.id
                WHERE a.is_public) SELECT id FROM beneath""",  # noqa: S608
            [actor.pk for actor in actors],
        )
