"""Aid: programmes, every amount, the conditions on it, what measures them and what was found of them."""

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from .. import codelists, dates, pair
from ..fields import EdtfField, ExactDecimalField
from ..querysets import ChildQuerySet, DatedQuerySet, TransactionQuerySet
from .base import Child, Citation, Dated, Record, public_index, ruled


@ruled
class AidProgramme(Dated, Record):
    """Aid under one legal basis or decision."""

    class Category(models.TextChoices):
        ECONOMIC = "economic", _("economic")
        MILITARY = "military", _("military")
        HUMANITARIAN = "humanitarian", _("humanitarian")
        REIMBURSEMENT = "reimbursement", _("reimbursement")
        BALANCE_OF_PAYMENTS = "balance-of-payments", _("balance of payments")
        MULTILATERAL = "multilateral", _("multilateral")
        ARMS_SALE = "arms-sale", _("arms sale")
        TRADE_PREFERENCE = "trade-preference", _("trade preference")
        REGULATORY = "regulatory", _("regulatory")

    title = models.CharField(max_length=200)
    provider = models.ForeignKey("relations.Actor", models.PROTECT, null=True, blank=True, related_name="provides")
    recipient = models.ForeignKey("relations.Actor", models.PROTECT, null=True, blank=True, related_name="receives")
    category = models.CharField(max_length=19, choices=Category.choices)
    account = models.CharField(
        max_length=5,
        blank=True,
        choices=codelists.military_accounts,
        help_text=_("The account of military aid: “FMF”, “IMET”, “CSF”."),
    )
    legal_basis = models.CharField(max_length=500, blank=True, help_text=_("Act and section."))
    start = EdtfField(blank=True)
    end = EdtfField(blank=True)
    description = models.TextField(max_length=2000, blank=True)
    themes = models.ManyToManyField("relations.Theme", blank=True, related_name="programmes")

    objects = DatedQuerySet.as_manager()

    class Meta(Record.Meta):
        verbose_name = _("aid programme")
        indexes = [public_index("earliest", "key", name="programme_public_by_date")]

    def get_absolute_url(self):
        return reverse("timeline:aidprogramme-detail", args=[self.key])

    def derive(self):
        self.set_span(self.start, self.end)

    def clean(self):
        self.refuse_dead_code("account", "military_aid")

    def search_text(self):
        return f"{self.title} {self.legal_basis} {self.description}"


@ruled
class AidProgrammeCitation(Citation):
    """A source for an aid programme."""

    record = models.ForeignKey(AidProgramme, models.PROTECT, related_name="citations")


SUMMED = ("kind", "currency", "programme", "amount", "amount_low", "amount_high", "part_of")
COUNTED = {"is_public": True, "counts_in_totals": True}


@ruled
class Transaction(Dated, Record):
    """One amount of one investment or programme; kinds are never added to each other."""

    class Kind(models.TextChoices):
        PLEDGE = "pledge", _("pledge")
        AUTHORIZATION = "authorization", _("authorization")
        APPROPRIATION = "appropriation", _("appropriation")
        COMMITMENT = "commitment", _("commitment")
        OBLIGATION = "obligation", _("obligation")
        DISBURSEMENT = "disbursement", _("disbursement")
        REIMBURSEMENT = "reimbursement", _("reimbursement")
        GUARANTEE = "guarantee", _("guarantee")
        SUSPENSION = "suspension", _("suspension")
        CANCELLATION = "cancellation", _("cancellation")
        REPAYMENT = "repayment", _("repayment")
        REQUEST = "request", _("request")
        NOTIFICATION = "notification", _("notification")
        CEILING = "ceiling", _("ceiling")
        RESCISSION = "rescission", _("rescission")
        REPROGRAMMING = "reprogramming", _("reprogramming")
        BUYER_PAYMENT = "buyer-payment", _("buyer's payment")
        AWARD = "award", _("award")
        SETTLEMENT = "settlement", _("settlement")

    class Instrument(models.TextChoices):
        GRANT = "grant", _("grant")
        LOAN = "loan", _("loan")
        EQUITY = "equity", _("equity")
        GUARANTEE = "guarantee", _("guarantee")
        CREDIT_SALE = "credit-sale", _("credit sale")
        INSURANCE = "insurance", _("insurance")
        OTHER = "other", _("other")

    investment = models.ForeignKey(
        "relations.Investment", models.PROTECT, null=True, blank=True, related_name="transactions"
    )
    programme = models.ForeignKey(AidProgramme, models.PROTECT, null=True, blank=True, related_name="transactions")
    kind = models.CharField(max_length=13, choices=Kind.choices)
    amount = ExactDecimalField(
        decimal_places=2, validators=[MinValueValidator(0)], help_text=_("In full units: 12500000, not 12.5m.")
    )
    amount_low = ExactDecimalField(decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)])
    amount_high = ExactDecimalField(decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)])
    amount_note = models.CharField(max_length=500, blank=True, help_text=_("“nearly $1.2 billion”, “at most”."))
    currency = models.CharField(max_length=3, choices=codelists.currencies)
    date = EdtfField(blank=True)
    fiscal_period = models.CharField(max_length=40, blank=True, help_text=_("“US-FY2011”, “US-FY2002/US-FY2007”."))
    provider = models.ForeignKey("relations.Actor", models.PROTECT, null=True, blank=True, related_name="paid")
    receiver = models.ForeignKey("relations.Actor", models.PROTECT, null=True, blank=True, related_name="received")
    instrument = models.CharField(max_length=11, choices=Instrument.choices)
    finance_type = models.CharField(
        max_length=4,
        blank=True,
        choices=codelists.finance_types,
        help_text=_("DAC type of finance that was in use then: “410” for a loan of 1982, “421” for one of 2020."),
    )
    part_of = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="parts")
    counts_in_totals = models.BooleanField(default=True)
    note = models.CharField(max_length=1000, blank=True, help_text=_("Why it does not count, where it does not."))

    objects = TransactionQuerySet.as_manager()
    requires = ("investment", "programme")

    class Meta(Record.Meta):
        indexes = [
            public_index("earliest", "key", name="transaction_public_by_date"),
            # All that the total of a year reads, so that it reads no row of the table.
            models.Index(fields=["fiscal_period", *SUMMED], name="transaction_counted_by_year", condition=Q(**COUNTED)),
            models.Index(
                fields=["earliest", "latest", "fiscal_period", *SUMMED],
                name="transaction_counted_by_date",
                condition=Q(**COUNTED),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="transaction_is_of_one_investment_or_programme",
                condition=Q(investment__isnull=True, programme__isnull=False)
                | Q(investment__isnull=False, programme__isnull=True),
            ),
            models.CheckConstraint(
                name="transaction_low_is_not_above_high",
                condition=Q(amount_low__isnull=True)
                | Q(amount_high__isnull=True)
                | Q(amount_low__lte=F("amount_high")),
            ),
            models.CheckConstraint(
                name="transaction_not_counted_says_why",
                condition=Q(counts_in_totals=True) | Q(part_of__isnull=False) | ~Q(note=""),
            ),
            models.CheckConstraint(
                name="transaction_is_not_its_own_part", condition=~Q(part_of=F("id")) | Q(part_of=None)
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()}, {self.amount:,} {self.currency}"

    @property
    def owner(self):
        """The investment or programme that it belongs to."""
        return self.investment or self.programme

    def get_absolute_url(self):
        return f"{self.owner.get_absolute_url()}#{self.key}"

    def derive(self):
        if self.date or not self.fiscal_period:
            self.set_bounds(self.date)
        else:
            self.earliest, self.latest = pair.current().fiscal_period(self.fiscal_period)
            self.certain_from, self.certain_until = self.latest, self.earliest

    def clean(self):
        if bool(self.investment_id) == bool(self.programme_id):
            raise ValidationError({"programme": _("Name one investment or one programme, not both and not neither.")})
        if self.amount_low is not None and self.amount_high is not None and self.amount_low > self.amount_high:
            raise ValidationError({"amount_low": _("The lower amount is above the higher one.")})
        if not self.counts_in_totals and not self.part_of_id and not self.note:
            raise ValidationError({"note": _("Say why it does not count, or what it is part of.")})
        if self.part_of_id and self.part_of_id == self.pk:
            raise ValidationError({"part_of": _("An amount cannot be part of itself.")})
        if self.fiscal_period:
            try:
                pair.current().fiscal_period(self.fiscal_period)
            except ValueError as error:
                raise ValidationError({"fiscal_period": str(error)}) from error
        self.refuse_dead_code("finance_type", "iati_finance_type")

    def search_text(self):
        return f"{self.key.replace('-', ' ')} {self.amount_note} {self.note}"


@ruled
class TransactionCitation(Citation):
    """A source for an amount."""

    record = models.ForeignKey(Transaction, models.PROTECT, related_name="citations")


@ruled
class AidCondition(Dated, Record):
    """One requirement attached to aid; its state is derived by `relations.states`, never typed in."""

    class Rule(models.TextChoices):
        ALL = "all", _("all")
        ANY = "any", _("any")

    class PartsEffect(models.TextChoices):
        SATISFY = "satisfy", _("satisfy")
        LIFT = "lift", _("lift")

    class Kind(models.TextChoices):
        POLICY = "policy", _("policy")
        PERFORMANCE = "performance", _("performance")
        FIDUCIARY = "fiduciary", _("fiduciary")

    class Stage(models.TextChoices):
        PROPOSED = "proposed", _("proposed")
        AGREED = "agreed", _("agreed")
        ENACTED = "enacted", _("enacted")
        REPEALED = "repealed", _("repealed")

    class Waivable(models.TextChoices):
        YES = "yes", _("yes")
        NO = "no", _("no")
        UNKNOWN = "unknown", _("unknown")

    programmes = models.ManyToManyField(AidProgramme, blank=True, related_name="conditions")
    recipient = models.ForeignKey(
        "relations.Actor",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="bound_by",
        help_text=_("Where it binds the recipient as a whole and no programme is named."),
    )
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="parts")
    rule = models.CharField(max_length=3, choices=Rule.choices, blank=True, help_text=_("How many parts are needed."))
    parts_effect = models.CharField(
        max_length=7, choices=PartsEffect.choices, blank=True, help_text=_("What the parts do to the whole.")
    )
    title = models.CharField(max_length=200)
    short_title = models.CharField(max_length=80, blank=True, help_text=_("As the docket shows it."))
    group = models.CharField(max_length=100, blank=True, help_text=_("Its group on the docket."))
    kind = models.CharField(max_length=11, choices=Kind.choices)
    stage = models.CharField(max_length=8, choices=Stage.choices, help_text=_("What the text is, never its state."))
    requirement = models.TextField(max_length=2000, help_text=_("In plain words."))
    legal_citation = models.CharField(max_length=500, blank=True)
    in_force = EdtfField(
        blank=True, help_text=_("From its first day to its last: “2009-10-15/2014-09-30”, “1985-08/..”.")
    )
    certifier = models.ForeignKey("relations.Actor", models.PROTECT, null=True, blank=True, related_name="certifies")
    waivable = models.CharField(max_length=7, choices=Waivable.choices, default=Waivable.UNKNOWN)
    waiver_standard = models.CharField(max_length=500, blank=True)

    objects = DatedQuerySet.as_manager()
    requires = ("parent",)

    class Meta(Record.Meta):
        verbose_name = _("aid condition")
        indexes = [public_index("earliest", "key", name="condition_public_by_date")]
        constraints = [
            models.CheckConstraint(
                name="aidcondition_rule_and_effect_come_together",
                condition=Q(rule="", parts_effect="") | (~Q(rule="") & ~Q(parts_effect="")),
            ),
            models.CheckConstraint(
                name="aidcondition_proposed_is_never_in_force", condition=~Q(stage="proposed") | Q(in_force="")
            ),
            models.CheckConstraint(
                name="aidcondition_is_not_its_own_parent", condition=~Q(parent=F("id")) | Q(parent=None)
            ),
        ]

    def get_absolute_url(self):
        return reverse("timeline:aidcondition-detail", args=[self.key])

    def derive(self):
        self.set_bounds(self.in_force)

    def clean(self):
        if bool(self.rule) != bool(self.parts_effect):
            field = "parts_effect" if self.rule else "rule"
            raise ValidationError({field: _("A rule for the parts and their effect come together.")})
        if self.stage == self.Stage.PROPOSED and self.in_force:
            raise ValidationError({"in_force": _("A proposed text is never in force: leave this empty.")})
        if self.parent_id and self.parent_id == self.pk:
            raise ValidationError({"parent": _("A condition cannot be its own parent.")})

    def search_text(self):
        return f"{self.title} {self.short_title} {self.requirement} {self.legal_citation}"


@ruled
class AidConditionCitation(Citation):
    """A source for a condition."""

    record = models.ForeignKey(AidCondition, models.PROTECT, related_name="citations")


@ruled
class Benchmark(Dated, Record):
    """The measurable part of a condition."""

    condition = models.ForeignKey(AidCondition, models.PROTECT, related_name="benchmarks")
    title = models.CharField(max_length=200)
    unit = models.CharField(max_length=60, blank=True, help_text=_("“people”, “percent of GDP”."))
    baseline = ExactDecimalField(decimal_places=4, null=True, blank=True)
    target = models.CharField(max_length=300, blank=True, help_text=_("A number or words."))
    deadline = EdtfField(blank=True)
    deadline_reset = models.CharField(
        max_length=300, blank=True, help_text=_("Later deadlines, separated by “|”: “2025-06-30|2025-12-31”.")
    )

    objects = DatedQuerySet.as_manager()
    requires = ("condition",)

    class Meta(Record.Meta):
        indexes = [public_index("earliest", "key", name="benchmark_public_by_date")]

    def get_absolute_url(self):
        return f"{self.condition.get_absolute_url()}#{self.key}"

    @property
    def resets(self) -> list[str]:
        """The later deadlines, as EDTF texts."""
        return self.deadline_reset.split("|") if self.deadline_reset else []

    def derive(self):
        self.set_bounds(*reversed(self.resets), self.deadline)

    def clean(self):
        for text in self.resets:
            try:
                dates.parse(text)
            except ValueError as error:
                raise ValidationError({"deadline_reset": str(error)}) from error

    def search_text(self):
        return f"{self.title} {self.target} {self.unit}"


@ruled
class BenchmarkCitation(Citation):
    """A source for a benchmark."""

    record = models.ForeignKey(Benchmark, models.PROTECT, related_name="citations")


@ruled
class Measurement(Dated, Child):
    """A value of a benchmark at a date; its sources are a plain list."""

    benchmark = models.ForeignKey(Benchmark, models.PROTECT, related_name="measurements")
    date = EdtfField()
    value = ExactDecimalField(decimal_places=4)
    note = models.CharField(max_length=500, blank=True)
    sources = models.ManyToManyField("relations.Source", related_name="measurements")

    objects = ChildQuerySet.as_manager()
    requires = ("benchmark",)

    class Meta(Child.Meta):
        ordering = ("earliest", "value", "id")
        constraints = [models.UniqueConstraint(fields=["benchmark", "date", "value"], name="measurement_stands_once")]

    def __str__(self):
        return f"{self.date}: {self.value}"

    def derive(self):
        self.set_bounds(self.date)


@ruled
class Assessment(Dated, Record):
    """What somebody found of a condition."""

    class Finding(models.TextChoices):
        CERTIFIED = "certified", _("certified")
        NOT_CERTIFIED = "not-certified", _("not certified")
        WAIVED = "waived", _("waived")
        MET = "met", _("met")
        PARTLY_MET = "partly-met", _("partly met")
        NOT_MET = "not-met", _("not met")
        WITHHELD = "withheld", _("withheld")
        RELEASED = "released", _("released")
        IMPOSED = "imposed", _("imposed")
        LIFTED = "lifted", _("lifted")
        EXTENDED = "extended", _("extended")
        LAPSED = "lapsed", _("lapsed")
        PENDING = "pending", _("pending")

    condition = models.ForeignKey(AidCondition, models.PROTECT, related_name="assessments")
    date = EdtfField(help_text=_("The day, or the time in which the day lies."))
    finding = models.CharField(max_length=13, choices=Finding.choices)
    decided_by = models.ForeignKey("relations.Actor", models.PROTECT, related_name="decided")
    instrument = models.CharField(max_length=200, blank=True, help_text=_("“memorandum of 14 March 2003”."))
    period_covered = models.CharField(
        max_length=64, blank=True, help_text=_("An EDTF interval or a fiscal period: “US-FY2003”.")
    )
    amount_affected = ExactDecimalField(decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)])
    currency = models.CharField(max_length=3, blank=True, choices=codelists.currencies)
    transactions = models.ManyToManyField(Transaction, blank=True, related_name="assessments")
    note = models.CharField(max_length=1000, blank=True)

    objects = DatedQuerySet.as_manager()
    requires = ("condition",)

    class Meta(Record.Meta):
        indexes = [
            public_index("earliest", "key", name="assessment_public_by_date"),
            public_index("published_at", "earliest", "key", name="assessment_public_since"),
        ]
        constraints = [
            models.CheckConstraint(
                name="assessment_amount_has_its_currency",
                condition=Q(amount_affected__isnull=True, currency="")
                | (Q(amount_affected__isnull=False) & ~Q(currency="")),
            )
        ]

    def __str__(self):
        return f"{self.get_finding_display()}, {self.date}"

    def get_absolute_url(self):
        return f"{self.condition.get_absolute_url()}#{self.key}"

    def derive(self):
        self.set_bounds(self.date)
        # A finding's interval is doubt about its day, not duration.
        if not dates.parse(self.date).is_qualified:
            self.certain_from, self.certain_until = self.latest, self.earliest

    def clean(self):
        if (self.amount_affected is None) != (not self.currency):
            field = "currency" if not self.currency else "amount_affected"
            raise ValidationError({field: _("An amount and its currency come together.")})
        if self.period_covered:
            try:
                pair.current().period(self.period_covered)
            except ValueError as error:
                raise ValidationError({"period_covered": str(error)}) from error

    def search_text(self):
        return f"{self.get_finding_display()} {self.instrument} {self.note}"


@ruled
class AssessmentCitation(Citation):
    """A source for a finding."""

    record = models.ForeignKey(Assessment, models.PROTECT, related_name="citations")
