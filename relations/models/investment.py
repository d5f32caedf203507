"""Projects with money in them, and who holds what in them since when."""

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from .. import codelists
from ..fields import EdtfField, ExactDecimalField
from ..querysets import DatedQuerySet
from .base import Child, Citation, Dated, Record, public_index, ruled


class Placed(models.Model):
    """A record with a place; `country` is the administering state where the territory is disputed."""

    place = models.CharField(max_length=200, blank=True, help_text=_("As the sources name it: “Abbottabad”."))
    country = models.CharField(max_length=2, blank=True, choices=codelists.countries)
    latitude = ExactDecimalField(
        decimal_places=6, null=True, blank=True, validators=[MinValueValidator(-90), MaxValueValidator(90)]
    )
    longitude = ExactDecimalField(
        decimal_places=6, null=True, blank=True, validators=[MinValueValidator(-180), MaxValueValidator(180)]
    )

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                name="%(class)s_coordinates_come_in_pairs",
                condition=Q(latitude__isnull=True, longitude__isnull=True)
                | Q(latitude__isnull=False, longitude__isnull=False),
            )
        ]

    def clean(self):
        super().clean()
        if (self.latitude is None) != (self.longitude is None):
            missing = "latitude" if self.latitude is None else "longitude"
            raise ValidationError({missing: _("Latitude and longitude come in pairs: give both or neither.")})


@ruled
class Investment(Dated, Placed, Record):  # noqa: DJ008 - Keyed has it
    """A project with money in it."""

    class Status(models.TextChoices):
        PROPOSED = "proposed", _("proposed")
        ANNOUNCED = "announced", _("announced")
        COMMITTED = "committed", _("committed")
        UNDER_WAY = "under-way", _("under way")
        OPERATIONAL = "operational", _("operational")
        SUSPENDED = "suspended", _("suspended")
        CANCELLED = "cancelled", _("cancelled")
        COMPLETED = "completed", _("completed")

    name = models.CharField(max_length=200)
    sector_code = models.CharField(max_length=3, choices=codelists.sectors, help_text=_("DAC sector, three digits."))
    status = models.CharField(max_length=11, choices=Status.choices)
    status_as_of = EdtfField(blank=True, help_text=_("When the status was so: EDTF, such as “2024-06”."))
    announced = EdtfField(blank=True)
    start = EdtfField(blank=True)
    end = EdtfField(blank=True)
    description = models.TextField(max_length=2000, blank=True)
    themes = models.ManyToManyField("relations.Theme", blank=True, related_name="investments")

    objects = DatedQuerySet.as_manager()
    title_field = "name"

    class Meta(Record.Meta):
        indexes = [
            public_index("earliest", "key", name="investment_public_by_date"),
            models.Index(fields=["place", "id"], name="investment_by_place"),
        ]
        constraints = [*Placed.Meta.constraints]

    def get_absolute_url(self):
        return reverse("timeline:investment-detail", args=[self.key])

    def clean(self):
        super().clean()
        self.refuse_dead_code("sector_code", "dac_sector_3digit")

    def derive(self):
        if self.start or self.end:
            self.set_span(self.start or self.announced, self.end)
        else:
            self.set_bounds(self.announced, self.status_as_of)

    def search_text(self):
        return f"{self.name} {self.place} {self.description}"


@ruled
class InvestmentCitation(Citation):
    """A source for an investment."""

    record = models.ForeignKey(Investment, models.PROTECT, related_name="citations")


@ruled
class Stake(Child):
    """What an actor holds in an investment since when."""

    class Role(models.TextChoices):
        OWNER = "owner", _("owner")
        OPERATOR = "operator", _("operator")
        LENDER = "lender", _("lender")
        GUARANTOR = "guarantor", _("guarantor")
        INSURER = "insurer", _("insurer")
        CONTRACTOR = "contractor", _("contractor")
        FUNDER = "funder", _("funder")
        BORROWER = "borrower", _("borrower")
        REGULATOR = "regulator", _("regulator")

    investment = models.ForeignKey(Investment, models.PROTECT, related_name="stakes")
    position = models.PositiveIntegerField(default=0)
    actor = models.ForeignKey("relations.Actor", models.PROTECT, related_name="stakes")
    role = models.CharField(max_length=10, choices=Role.choices)
    since = EdtfField(blank=True)
    share_percent = ExactDecimalField(
        decimal_places=4, null=True, blank=True, validators=[MinValueValidator(0), MaxValueValidator(Decimal(100))]
    )

    requires = ("investment", "actor")

    class Meta(Child.Meta):
        ordering = ("position", "id")
        constraints = [
            models.UniqueConstraint(fields=["investment", "actor", "role", "since"], name="stake_stands_once")
        ]

    def __str__(self):
        return f"{self.actor}, {self.get_role_display()}"
