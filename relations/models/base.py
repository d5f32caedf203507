"""What all records share: key, state, version, dates, citations, and the constraints that follow from fields."""

from datetime import date

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from .. import codelists, dates
from ..fields import KEY_PATTERN, RESERVED_KEYS, ExactDecimalField, KeyField
from ..querysets import ChildQuerySet, CitationQuerySet, DatedQuerySet, RecordQuerySet

EVER = (date.min, date.max)


class State(models.TextChoices):
    """Where a record stands between its author and the public."""

    DRAFT = "draft", _("draft")
    SUBMITTED = "submitted", _("submitted")
    PUBLISHED = "published", _("published")
    WITHDRAWN = "withdrawn", _("withdrawn")


def ruled(model: type[models.Model]) -> type[models.Model]:
    """Give a model a named database constraint for every rule that its fields state.

    SQLite enforces no length, no range and no choice, and imports do not pass through forms, so lengths, bounds,
    short lists of choices, keys and pairs of bounds are all checked by the database too. Class decorator.
    """
    model_name, rules = model._meta.model_name, []

    def rule(name: str, condition) -> None:
        rules.append(models.CheckConstraint(name=f"{model_name}_{name}", condition=condition))

    for field in model._meta.local_fields:
        if isinstance(field, models.AutoField | models.ForeignKey | models.BooleanField):
            continue
        name = field.name
        empty = Q(**{name: ""}) if not field.null else Q(**{f"{name}__isnull": True})
        values = [value for value, _label in field.choices or ()]
        is_short_list = 0 < len(values) < 40
        if isinstance(field, KeyField):
            rule(f"{name}_is_a_slug", Q(**{f"{name}__regex": KEY_PATTERN}))
            rule(f"{name}_is_no_page_of_a_list", ~Q(**{f"{name}__in": RESERVED_KEYS}))
        if isinstance(field, models.CharField) and field.max_length:
            rule(f"{name}_has_at_most_{field.max_length}", LengthAtMost(name, field.max_length))
            if is_short_list:
                rule(f"{name}_is_a_choice", Q(**{f"{name}__in": values}) | (empty if field.blank else Q()))
        if isinstance(field, models.TextField) and field.max_length:
            rule(f"{name}_has_at_most_{field.max_length}", LengthAtMost(name, field.max_length))
        if isinstance(field, models.IntegerField):
            for validator in field._validators:
                lookup = {MinValueValidator: "gte", MaxValueValidator: "lte"}.get(type(validator))
                if lookup:
                    words = {"gte": "not_below", "lte": "not_above"}[lookup]
                    limit = str(validator.limit_value).replace("-", "minus_")
                    held = Q(**{f"{name}__{lookup}": validator.limit_value})
                    rule(f"{name}_is_{words}_{limit}", held | empty if field.null else held)
            if isinstance(field, ExactDecimalField):
                limit = 10 ** (18 - field.decimal_places)
                held = Q(**{f"{name}__gte": -limit, f"{name}__lte": limit})
                rule(f"{name}_is_in_range", held | empty if field.null else held)
        if not field.blank and isinstance(field, models.CharField | models.TextField) and not is_short_list:
            rule(f"{name}_is_given", ~Q(**{name: ""}))
    if issubclass(model, Dated):
        rule("earliest_is_not_after_latest", Q(earliest__lte=F("latest")))
    if issubclass(model, Keyed):
        rule("is_public_only_when_published", Q(is_public=False) | Q(state=State.PUBLISHED))
        rule("is_public_only_if_it_was", Q(is_public=False) | Q(was_public=True))
        rule("was_public_has_its_moment", Q(was_public=False) | Q(published_at__isnull=False))
    for constraint in rules:
        assert len(constraint.name) <= 63, constraint.name
    model._meta.constraints = [*model._meta.constraints, *rules]
    model._meta.original_attrs["constraints"] = model._meta.constraints
    return model


def LengthAtMost(name: str, length: int):
    """A condition for a CheckConstraint: the text has at most so many characters."""
    from django.db.models.lookups import LessThanOrEqual

    return LessThanOrEqual(Length(F(name)), length)


def public_index(*columns: str, name: str) -> models.Index:
    """Return an index of the rows that the public may see, in the order of some columns.

    It holds these rows alone: SQLite uses no index that begins with `is_public` where a query says just that, and a
    page would read all drafts on its way. What is not public costs it nothing.
    """
    return models.Index(fields=columns, name=name, condition=Q(is_public=True))


class Plain(models.Model):
    """A model whose rules `clean()` says kindly, so that its CheckConstraints are left to the database."""

    class Meta:
        abstract = True

    def validate_constraints(self, exclude=None):
        # One query a constraint and a message that names the constraint: clean_fields() and clean() say it better.
        pass


class Keyed(Plain):
    """A reference or record: a key, a state and a history.

    Only `relations.writing` changes a row. `requires` names the foreign keys that must be public for this to be so.
    """

    key = KeyField(help_text=_("Readable and lasting, such as “2021-taliban-take-kabul”; it is part of the address."))
    state = models.CharField(max_length=9, choices=State.choices, default=State.DRAFT, editable=False)
    is_public = models.BooleanField(default=False, editable=False)
    was_public = models.BooleanField(default=False, editable=False)
    version = models.PositiveIntegerField(default=0, editable=False)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    changed_at = models.DateTimeField(editable=False)
    published_at = models.DateTimeField(null=True, blank=True, editable=False)
    state_note = models.CharField(max_length=1000, blank=True, editable=False)

    objects = RecordQuerySet.as_manager()

    requires: tuple[str, ...] = ()
    title_field = "title"

    class Meta:
        abstract = True
        default_permissions = ("view", "add", "change", "import", "export", "publish")
        ordering = ("key",)

    def __str__(self):
        return getattr(self, self.title_field)

    def derive(self) -> None:
        """Set the columns that follow from others. The writer calls it before it validates."""

    def search_text(self) -> str:
        """Return the words by which this record is found."""
        return str(self)


class Reference(Keyed):
    """A keyed row that others point to and that carries no citation: a theme, a source."""

    class Meta(Keyed.Meta):
        abstract = True


class Record(Keyed):
    """A keyed row of the record, each statement of which is cited."""

    class Meta(Keyed.Meta):
        abstract = True

    @cached_property
    def evidence(self):
        """How well it is attested, as a `relations.evidence.Evidence`; of a record loaded `with_evidence`."""
        from ..evidence import weigh

        return weigh(self.shown_citations)


class Dated(models.Model):
    """A record with a principal date: the bounds that sort and filter it.

    Certainly in the days from a to b: `certain_from` ≤ b and `certain_until` ≥ a (see `relations.dates.Edtf`).
    """

    earliest = models.DateField(editable=False, default=date.min)
    latest = models.DateField(editable=False, default=date.max)
    certain_from = models.DateField(editable=False, default=date.max)
    certain_until = models.DateField(editable=False, default=date.min)

    objects = DatedQuerySet.as_manager()

    class Meta:
        abstract = True

    def set_bounds(self, *texts: str) -> None:
        """Take the bounds from the first text that is given: from its first to its last day, both inclusive."""
        for text in texts:
            if text:
                known = dates.parse(text)
                self.earliest, self.latest = known.earliest, known.latest
                self.certain_from, self.certain_until = known.certain_from, known.certain_until
                return
        self.earliest, self.latest = EVER
        self.certain_from, self.certain_until = date.max, date.min

    def set_span(self, start: str, end: str) -> None:
        """Take the bounds from a start and an end that are two columns; either may be empty, and then is open."""
        first, last = (dates.parse(text) if text else None for text in (start, end))
        if first and last and first.earliest > last.latest:
            raise ValidationError({"end": _("The end lies before the start.")})
        self.earliest = first.earliest if first else date.min
        self.latest = last.latest if last else date.max
        doubt = any(known and known.is_qualified for known in (first, last))
        self.certain_from = date.max if doubt or not first else first.latest
        self.certain_until = date.min if doubt or not (first or last) else last.earliest if last else date.max

    def refuse_dead_code(self, field: str, codelist: str) -> None:
        """Refuse a code that was withdrawn before the record, or came after it. Raises ValidationError."""
        if code := getattr(self, field):
            self.derive()
            if why := codelists.out_of_life(codelist, code, self.earliest, self.latest):
                raise ValidationError({field: why})


class Child(Plain):
    """A row that belongs to one record, is written with it, and has its state."""

    objects = ChildQuerySet.as_manager()
    requires: tuple[str, ...] = ()

    class Meta:
        abstract = True
        default_permissions = ()


class Support(models.TextChoices):
    """How a source stands to a field."""

    STATED = "stated", _("stated")
    INFERRED = "inferred", _("inferred")
    DISPUTED = "disputed", _("disputed")


class Citation(Child):
    """This source supports this field of this record; an empty field means the whole record."""

    field = models.CharField(max_length=40, blank=True, help_text=_("Empty: the whole record."))
    source = models.ForeignKey("relations.Source", models.PROTECT, related_name="%(class)ss")
    locator = models.CharField(max_length=300, blank=True, help_text=_("Page, section or paragraph: “p. 14”."))
    quotation = models.TextField(max_length=4000, blank=True)
    support = models.CharField(max_length=8, choices=Support.choices, default=Support.STATED)
    credibility = models.CharField(
        max_length=1, choices=codelists.credibilities, blank=True, help_text=_("Admiralty digit, 1 to 6.")
    )
    states_instead = models.CharField(
        max_length=1000, blank=True, help_text=_("What this source says where it differs from the record.")
    )
    claimant = models.ForeignKey(
        "relations.Actor", models.PROTECT, null=True, blank=True, related_name="+", help_text=_("Who says so.")
    )
    note = models.CharField(max_length=1000, blank=True)

    objects = CitationQuerySet.as_manager()
    requires = ("record", "source")

    class Meta(Child.Meta):
        abstract = True
        ordering = ("field", "source__key", "claimant__key")
        constraints = [
            models.UniqueConstraint(
                fields=["record", "field", "source", "claimant"], name="%(class)s_stands_once_a_claimant"
            ),
            models.UniqueConstraint(
                fields=["record", "field", "source"], condition=Q(claimant=None), name="%(class)s_stands_once"
            ),
        ]

    def __str__(self):
        return f"{self.source}: {self.field or _('the whole record')}"
