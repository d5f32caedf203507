"""Who acts: states, their bodies, forces, groups, companies and persons."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from .. import codelists
from ..querysets import ActorQuerySet
from .base import Citation, Record, public_index, ruled


@ruled
class Actor(Record):
    """Somebody who acts: a state, a body, a force, a group, a company, a person."""

    class Kind(models.TextChoices):
        STATE = "state", _("state")
        GOVERNMENT_BODY = "government-body", _("government body")
        ARMED_FORCES = "armed-forces", _("armed forces")
        ARMED_GROUP = "armed-group", _("armed group")
        INTERGOVERNMENTAL = "intergovernmental", _("intergovernmental body")
        COMPANY = "company", _("company")
        POLITICAL_PARTY = "political-party", _("political party")
        PERSON = "person", _("person")
        CIVIL_SOCIETY = "civil-society", _("civil society")

    name = models.CharField(max_length=200, help_text=_("In full: “United States Department of State”."))
    short_name = models.CharField(max_length=60, blank=True, help_text=_("As lists show it: “State Department”."))
    kind = models.CharField(max_length=17, choices=Kind.choices)
    country = models.CharField(max_length=2, blank=True, choices=codelists.countries)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="bodies",
        help_text=_("The body that it belongs to; persons have none."),
    )
    serves = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="servants",
        help_text=_("The body that a person serves in this record."),
    )
    aliases = models.CharField(
        max_length=1000, blank=True, help_text=_("Other names, sorted and separated by “|”: “Al-Qaeda|al-Qaida”.")
    )
    outside_ids = models.CharField(
        max_length=1000, blank=True, help_text=_("Identifiers elsewhere as scheme:id: “wikidata:Q889”.")
    )
    description = models.TextField(max_length=2000, blank=True)

    objects = ActorQuerySet.as_manager()
    title_field = "name"

    class Meta(Record.Meta):
        indexes = [public_index("key", name="actor_public_by_key")]
        constraints = [
            models.CheckConstraint(
                name="actor_a_person_has_no_parent", condition=~Q(kind="person") | Q(parent__isnull=True)
            ),
            models.CheckConstraint(name="actor_only_a_person_serves", condition=Q(kind="person") | Q(serves=None)),
            models.CheckConstraint(name="actor_is_not_its_own_parent", condition=~Q(parent=F("id")) | Q(parent=None)),
        ]

    def get_absolute_url(self):
        return reverse("timeline:actor-detail", args=[self.key])

    @property
    def label(self) -> str:
        """The short name where there is one."""
        return self.short_name or self.name

    @property
    def alias_list(self) -> list[str]:
        """The other names."""
        return self.aliases.split("|") if self.aliases else []

    def clean(self):
        if self.kind == self.Kind.PERSON and self.parent_id:
            raise ValidationError({"parent": _("A person has no parent body; name the body under “serves”.")})
        if self.kind != self.Kind.PERSON and self.serves_id:
            raise ValidationError({"serves": _("Only a person serves; name the body under “parent”.")})
        if self.parent_id and self.parent_id == self.pk:
            raise ValidationError({"parent": _("A body cannot be its own parent.")})

    def search_text(self):
        return f"{self.name} {self.short_name} {self.aliases.replace('|', ' ')} {self.description}"


@ruled
class ActorCitation(Citation):
    """A source for an actor."""

    record = models.ForeignKey(Actor, models.PROTECT, related_name="citations")
