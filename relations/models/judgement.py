"""What sources say it means or expect, and the briefing that the project began with."""

from django.core.validators import MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ..fields import EdtfField
from ..querysets import DatedQuerySet
from .base import Child, Citation, Dated, Record, public_index, ruled


@ruled
class Judgement(Dated, Record):
    """What a source says it means or expects; never mixed with what happened."""

    class Kind(models.TextChoices):
        FINDING = "finding", _("finding")
        STAKE = "stake", _("stake")
        EXPECTATION = "expectation", _("expectation")
        RECOMMENDATION = "recommendation", _("recommendation")
        RISK = "risk", _("risk")
        SCENARIO = "scenario", _("scenario")

    class Status(models.TextChoices):
        OPEN = "open", _("open")
        BORNE_OUT = "borne-out", _("borne out")
        PARTLY = "partly", _("partly borne out")
        NOT_BORNE_OUT = "not-borne-out", _("not borne out")
        CONTESTED = "contested", _("contested by the record")

    statement = models.TextField(max_length=2000)
    kind = models.CharField(max_length=14, choices=Kind.choices)
    made_on = EdtfField(blank=True)
    horizon = EdtfField(blank=True, help_text=_("Until when it should show."))
    status = models.CharField(max_length=13, choices=Status.choices, default=Status.OPEN)
    status_note = models.CharField(max_length=1000, blank=True, help_text=_("Why the status is so."))
    actors = models.ManyToManyField("relations.Actor", blank=True, related_name="judgements")
    investments = models.ManyToManyField("relations.Investment", blank=True, related_name="judgements")
    programmes = models.ManyToManyField("relations.AidProgramme", blank=True, related_name="judgements")
    conditions = models.ManyToManyField("relations.AidCondition", blank=True, related_name="judgements")
    themes = models.ManyToManyField("relations.Theme", blank=True, related_name="judgements")

    objects = DatedQuerySet.as_manager()
    title_field = "statement"

    class Meta(Record.Meta):
        indexes = [
            public_index("earliest", "key", name="judgement_public_by_date"),
            public_index("published_at", "earliest", "key", name="judgement_public_since"),
        ]

    def get_absolute_url(self):
        return reverse("timeline:judgement-detail", args=[self.key])

    def derive(self):
        self.set_bounds(self.made_on)

    def search_text(self):
        return f"{self.statement} {self.status_note}"


@ruled
class JudgementCitation(Citation):
    """A source for a judgement."""

    record = models.ForeignKey(Judgement, models.PROTECT, related_name="citations")


@ruled
class BriefingStatement(Child):
    """Section and sentence of the briefing that a judgement carries, ordered by the section names of the package."""

    judgement = models.ForeignKey(Judgement, models.PROTECT, related_name="briefing")
    section = models.CharField(max_length=100)
    sentence = models.PositiveIntegerField(validators=[MinValueValidator(1)])

    requires = ("judgement",)

    class Meta(Child.Meta):
        ordering = ("section", "sentence", "id")
        constraints = [
            models.UniqueConstraint(fields=["judgement", "section", "sentence"], name="briefing_statement_stands_once")
        ]

    def __str__(self):
        return f"{self.section} {self.sentence}"
