"""What the record rests on and is sorted by: sources and themes."""

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator, URLValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from .. import codelists
from ..fields import EdtfField
from ..querysets import DatedQuerySet
from .base import Dated, Reference, public_index, ruled

web_address = URLValidator(schemes=["http", "https"])
language_code = RegexValidator(r"\A[a-z]{2,3}\Z", _("An ISO 639 code in small letters, such as “en” or “ur”."))


@ruled
class Theme(Reference):
    """A subject, and why it matters."""

    name = models.CharField(max_length=100, help_text=_("Such as “Nuclear and missiles”."))
    description = models.TextField(max_length=2000, blank=True, help_text=_("Why it matters, in a sentence or two."))

    title_field = "name"

    def get_absolute_url(self):
        return reverse("timeline:theme-detail", args=[self.key])

    def search_text(self):
        return f"{self.name} {self.description}"


@ruled
class Source(Dated, Reference):
    """A published document that records cite."""

    class Kind(models.TextChoices):
        LEGISLATION = "legislation", _("legislation")
        OFFICIAL = "official", _("official")
        TREATY = "treaty", _("treaty")
        COURT = "court", _("court")
        REPORT = "report", _("report")
        DATASET = "dataset", _("data set")
        NEWS = "news", _("news")
        THINK_TANK = "think-tank", _("think tank")
        ACADEMIC = "academic", _("academic")
        REFERENCE = "reference", _("reference")

    title = models.CharField(max_length=300)
    publisher = models.CharField(max_length=200, blank=True)
    author = models.CharField(max_length=200, blank=True)
    published = EdtfField(blank=True, help_text=_("EDTF, such as “2021-08-15” or “2021-08”."))
    url = models.CharField(max_length=1000, validators=[web_address], verbose_name=_("address"))
    archived_url = models.CharField(
        max_length=1000, blank=True, validators=[web_address], help_text=_("Address of a lasting copy.")
    )
    kind = models.CharField(max_length=11, choices=Kind.choices)
    language = models.CharField(max_length=3, default="en", validators=[language_code])
    origin = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="copies",
        help_text=_("The source that this one copies or reprints; the two then count as one."),
    )
    origin_examined = models.BooleanField(
        default=False,
        help_text=_("Whether somebody looked where it has what it says from; if no origin is named, it copies none."),
    )
    reliability = models.CharField(
        max_length=1, choices=codelists.reliabilities, blank=True, help_text=_("Admiralty letter, a to f.")
    )
    note = models.CharField(max_length=1000, blank=True, help_text=_("What kind of copy it is, or “undated”."))

    objects = DatedQuerySet.as_manager()

    class Meta(Reference.Meta):
        indexes = [
            public_index("earliest", "key", name="source_public_by_date"),
            models.Index(fields=["earliest", "key"], name="source_by_date"),
        ]
        constraints = [
            models.CheckConstraint(name="source_is_not_its_own_origin", condition=~Q(origin=F("id")) | Q(origin=None)),
            models.CheckConstraint(
                name="source_url_is_of_the_web", condition=Q(url__startswith="http://") | Q(url__startswith="https://")
            ),
            models.CheckConstraint(
                name="source_archived_url_is_of_the_web",
                condition=Q(archived_url="")
                | Q(archived_url__startswith="http://")
                | Q(archived_url__startswith="https://"),
            ),
        ]

    def get_absolute_url(self):
        return reverse("timeline:source-detail", args=[self.key])

    def derive(self):
        self.set_bounds(self.published)

    def clean(self):
        if self.origin_id and self.origin_id == self.pk:
            raise ValidationError({"origin": _("A source cannot be its own origin.")})

    def search_text(self):
        return f"{self.title} {self.publisher} {self.author}"
