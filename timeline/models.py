"""What happened: events, who took part in them, and how one led to another."""

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from relations import codelists
from relations.fields import EdtfField
from relations.models import Child, Citation, Dated, Placed, Record
from relations.models.base import public_index, ruled
from relations.querysets import ChildQuerySet, DatedQuerySet


class EventQuerySet(DatedQuerySet):
    """Events, with what a list shows of each."""

    def for_list(self):
        """With who took part, in order, and the evidence: what `_event_row.html` shows, in two more queries."""
        parts = Participation.objects.published().select_related("actor").order_by("position", "pk")
        return self.with_evidence().prefetch_related(models.Prefetch("participations", parts))


@ruled
class Event(Dated, Placed, Record):
    """Something that happened at a date."""

    class PlacePrecision(models.TextChoices):
        EXACT = "exact", _("exact")
        CITY = "city", _("city")
        REGION = "region", _("region")
        COUNTRY = "country", _("country")

    class Importance(models.IntegerChoices):
        MINOR = 1, _("minor")
        ROUTINE = 2, _("routine")
        NOTABLE = 3, _("notable")
        MAJOR = 4, _("major")
        TURNING_POINT = 5, _("turning point")

    title = models.CharField(max_length=200, help_text=_("Who did what, in a line: “The Taliban take Kabul”."))
    date = EdtfField(help_text=_("EDTF: “2021-08-15”, “2021-08”, “1985~”, “2025-05-07/2025-05-10”."))
    kind = models.CharField(max_length=10, choices=codelists.event_kinds, help_text=_("PLOVER class."))
    importance = models.PositiveSmallIntegerField(
        choices=Importance.choices, default=2, validators=[MinValueValidator(1), MaxValueValidator(5)]
    )
    place_precision = models.CharField(max_length=7, choices=PlacePrecision.choices, blank=True)
    place_disputed = models.BooleanField(default=False, help_text=_("Whether it lies in disputed territory."))
    summary = models.TextField(max_length=2000, help_text=_("Two or three sentences; each needs a source below."))
    themes = models.ManyToManyField("relations.Theme", related_name="events")
    investments = models.ManyToManyField("relations.Investment", blank=True, related_name="events")
    programmes = models.ManyToManyField("relations.AidProgramme", blank=True, related_name="events")
    assessments = models.ManyToManyField("relations.Assessment", blank=True, related_name="events")
    judgements = models.ManyToManyField("relations.Judgement", blank=True, related_name="events")
    actors = models.ManyToManyField("relations.Actor", through="Participation", related_name="events")

    objects = EventQuerySet.as_manager()

    class Meta(Record.Meta):
        ordering = ("earliest", "key")
        indexes = [
            public_index("earliest", "key", name="event_public_by_date"),
            public_index("importance", "earliest", "key", name="event_public_by_importance"),
            public_index("published_at", "earliest", "key", name="event_public_since"),
            models.Index(fields=["state", "earliest", "key"], name="event_by_state"),
            models.Index(fields=["earliest", "key"], name="event_by_date"),
            models.Index(fields=["importance", "earliest", "key"], name="event_by_importance"),
            models.Index(fields=["kind", "earliest", "key"], name="event_by_kind"),
            models.Index(fields=["changed_at", "earliest", "key"], name="event_by_change"),
            models.Index(fields=["latest"], condition=Q(latest__gt=F("earliest")), name="event_that_lasts"),
            models.Index(fields=["place", "id"], name="event_by_place"),
        ]
        constraints = [*Placed.Meta.constraints]

    def get_absolute_url(self):
        return reverse("timeline:event-detail", args=[self.key])

    @property
    def family(self) -> str:
        """The family of its class: a key of `codelists.FAMILIES`."""
        return codelists.family_of(self.kind)

    def derive(self):
        self.set_bounds(self.date)

    def search_text(self):
        return f"{self.title} {self.place} {self.summary}"


@ruled
class EventCitation(Citation):
    """A source for an event."""

    record = models.ForeignKey(Event, models.PROTECT, related_name="citations")


@ruled
class Participation(Child):
    """An actor's part in an event, in order."""

    class Role(models.TextChoices):
        SOURCE = "source", _("source")
        TARGET = "target", _("target")
        MEDIATOR = "mediator", _("mediator")
        HOST = "host", _("host")
        SIGNATORY = "signatory", _("signatory")
        PARTICIPANT = "participant", _("participant")
        PERPETRATOR = "perpetrator", _("perpetrator")
        VICTIM = "victim", _("victim")

    event = models.ForeignKey(Event, models.PROTECT, related_name="participations")
    position = models.PositiveIntegerField(default=0)
    actor = models.ForeignKey("relations.Actor", models.PROTECT, related_name="participations")
    role = models.CharField(max_length=11, choices=Role.choices, default=Role.PARTICIPANT)

    objects = ChildQuerySet.as_manager()
    requires = ("event", "actor")

    class Meta(Child.Meta):
        ordering = ("position", "id")
        constraints = [models.UniqueConstraint(fields=["event", "actor"], name="participation_stands_once")]

    def __str__(self):
        return f"{self.actor.label}, {self.get_role_display()}"


@ruled
class EventLink(Child):
    """How one event stands to another: it reads as a sentence, from_event caused to_event."""

    class Kind(models.TextChoices):
        CAUSED = "caused", _("caused")
        ANSWERED = "answered", _("answered")
        PART_OF = "part-of", _("is part of")
        FOLLOWS = "follows", _("follows")

    from_event = models.ForeignKey(Event, models.PROTECT, related_name="links")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    to_event = models.ForeignKey(Event, models.PROTECT, related_name="backlinks")

    objects = ChildQuerySet.as_manager()
    requires = ("from_event", "to_event")

    class Meta(Child.Meta):
        ordering = ("from_event__key", "to_event__key")
        constraints = [
            models.UniqueConstraint(fields=["from_event", "to_event", "kind"], name="event_link_stands_once"),
            models.CheckConstraint(name="event_link_joins_two", condition=~Q(from_event=F("to_event"))),
        ]

    def __str__(self):
        return f"{self.from_event} {self.get_kind_display()} {self.to_event}"

    def clean(self):
        if self.to_event_id and self.from_event_id == self.to_event_id:
            raise ValidationError({"to_event": _("An event cannot be linked to itself.")})
