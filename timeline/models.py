"""What happened: events, who took part in them, what they counted, and how one led to another."""

from itertools import pairwise

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils.formats import number_format
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
            public_index("earliest", "key", "latest", name="event_public_by_date"),
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


class FigureQuerySet(ChildQuerySet):
    """Figures of events."""

    def published(self):
        """The figures of public events that a public source states."""
        named = Figure.sources.through.objects.filter(figure=OuterRef("pk"), source__is_public=True)
        return super().published().filter(Exists(named))

    def counted(self, events):
        """The public figures that a total over events adds up.

        Where an event has a figure of all, those of groups are its parts and are left out; so is what an event states
        that is part of another one of `events` with a figure of the same.
        """
        among = events.order_by().values("pk")
        of_all = Figure.objects.published().filter(
            event=OuterRef("event"), counts=OuterRef("counts"), unit=OuterRef("unit"), of_whom=""
        )
        in_whole = EventLink.objects.published().filter(
            from_event=OuterRef("event"),
            kind=EventLink.Kind.PART_OF,
            to_event__in=among,
            to_event__figures__counts=OuterRef("counts"),
            to_event__figures__unit=OuterRef("unit"),
            to_event__figures__sources__is_public=True,
        )
        return self.published().filter(Q(of_whom="") | ~Exists(of_all), ~Exists(in_whole), event__in=among)


@ruled
class Figure(Child):
    """How many an event killed, displaced, brought together: the best figure, and the lowest and highest stated.

    Each stands on its own sources, a plain list; citations of the field `figures` give place and words.
    """

    class Counts(models.TextChoices):
        KILLED = "killed", _("killed")
        INJURED = "injured", _("injured")
        MISSING = "missing", _("missing")
        DETAINED = "detained", _("detained or captured")
        DISPLACED = "displaced", _("displaced")
        EVACUATED = "evacuated", _("evacuated")
        AFFECTED = "affected", _("affected")
        PRESENT = "present", _("present")
        DESTROYED = "destroyed", _("damaged or destroyed")

    class Unit(models.TextChoices):
        PEOPLE = "people", _("people")
        FAMILIES = "families", _("families")
        BUILDINGS = "buildings", _("buildings")
        VEHICLES = "vehicles", _("vehicles")
        AIRCRAFT = "aircraft", _("aircraft")

    # Whom one event counts another may count again: who fled twice, who stayed.
    COUNTED_AGAIN = (Counts.DETAINED, Counts.DISPLACED, Counts.EVACUATED, Counts.AFFECTED, Counts.PRESENT)
    MOST = 10**12

    event = models.ForeignKey(Event, models.PROTECT, related_name="figures")
    counts = models.CharField(max_length=9, choices=Counts.choices, help_text=_("What became of them."))
    of_whom = models.CharField(
        max_length=200, blank=True, help_text=_("A group of them: “soldiers”. Empty: all of them.")
    )
    low = models.BigIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(MOST)],
        help_text=_("The lowest that sources state, or “at least”: 30."),
    )
    best = models.BigIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(MOST)],
        help_text=_("The figure that the desk prefers: 38."),
    )
    high = models.BigIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(MOST)],
        help_text=_("The highest that sources state, or “up to”: 42."),
    )
    unit = models.CharField(max_length=9, choices=Unit.choices, default=Unit.PEOPLE)
    note = models.CharField(max_length=500, blank=True)
    sources = models.ManyToManyField("relations.Source", related_name="figures", help_text=_("Who states it."))

    objects = FigureQuerySet.as_manager()
    requires = ("event",)

    class Meta(Child.Meta):
        ordering = ("event", "counts", "unit", "of_whom")
        constraints = [
            models.UniqueConstraint(fields=["event", "counts", "of_whom", "unit"], name="figure_stands_once"),
            models.CheckConstraint(
                name="figure_says_a_number",
                condition=Q(low__isnull=False) | Q(best__isnull=False) | Q(high__isnull=False),
            ),
            models.CheckConstraint(
                name="figure_low_is_at_most_best",
                condition=Q(low__isnull=True) | Q(best__isnull=True) | Q(low__lte=F("best")),
            ),
            models.CheckConstraint(
                name="figure_best_is_at_most_high",
                condition=Q(best__isnull=True) | Q(high__isnull=True) | Q(best__lte=F("high")),
            ),
            models.CheckConstraint(
                name="figure_low_is_at_most_high",
                condition=Q(low__isnull=True) | Q(high__isnull=True) | Q(low__lte=F("high")),
            ),
        ]

    def __str__(self):
        return f"{self.get_counts_display()}: {self.number} {self.of_whom or self.get_unit_display()}"

    @property
    def number(self) -> str:
        """The figure as it is read: “38 (30–42)”, “at least 30”, “up to 42”."""
        return in_numbers(self.low, self.best, self.high)

    def clean(self):
        named = [(name, getattr(self, name)) for name in ("low", "best", "high")]
        given = [(name, number) for name, number in named if number is not None]
        if not given:
            raise ValidationError({"best": _("A figure needs a number: give low, best or high.")})
        for (lower, less), (_higher, more) in pairwise(given):
            if less > more:
                words = _("%(less)s is more than %(more)s; low is at most best, and best at most high.")
                raise ValidationError({lower: words % {"less": less, "more": more}})


def in_numbers(low: int | None, best: int | None, high: int | None) -> str:
    """Return a figure in numbers: `38 (30–42)`, `38`, `at least 30`, `up to 42`, `30–42`."""
    texts = [None if number is None else number_format(number, force_grouping=True) for number in (low, best, high)]
    least, preferred, most = texts
    if least is not None and least == most:
        return least
    if least is not None and most is not None:
        span = f"{least}–{most}"
    elif least is not None:
        span = "" if least == preferred else _("at least %(number)s") % {"number": least}
    elif most is not None:
        span = "" if most == preferred else _("up to %(number)s") % {"number": most}
    else:
        span = ""
    if preferred is None:
        return span
    return f"{preferred} ({span})" if span else preferred


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


class EventCount(models.Model):
    """How many public events the record, a theme, or an actor with the bodies beneath it has in a year, by family.

    `of_id` is the id of the theme or actor. Kept by `timeline.counts`; what nothing counts for is no row.
    """

    class Of(models.IntegerChoices):
        ALL = 0
        THEME = 1
        ACTOR = 2

    of = models.SmallIntegerField(choices=Of.choices)
    of_id = models.BigIntegerField(default=0)
    year = models.SmallIntegerField()
    family = models.CharField(max_length=14)
    n = models.IntegerField()

    class Meta:
        default_permissions = ()
        ordering = ("of", "of_id", "year", "family")
        constraints = [
            models.UniqueConstraint(fields=["of", "of_id", "year", "family"], name="event_count_stands_once")
        ]

    def __str__(self):
        return f"{self.n} {self.family} {self.year}"
