"""Aid in the admin: programmes, amounts, conditions, benchmarks and findings."""

import re
from functools import partial

from django.contrib import admin
from django.db.models import Count
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ..models import AidCondition, AidProgramme, Assessment, Benchmark, Measurement, State, Transaction
from ..resources import registry
from ..writing import may
from .base import ChildInline, CitationInline, CitedAdmin, DatedDisplay
from .fields import PicksInput, key_in, label_of, named
from .filters import EvidenceFilter, NamedFilter, PeriodFilter, StateFilter
from .supposing import SupposingMixin, days_of, standings_of, total_of

MOST_PICKS = 50  # of the amounts that a finding may have held or released, the latest first
FISCAL_YEAR = re.compile(r"([A-Z]{2}-FY)(\d{4})")


class BeginsMixin:
    """For a ModelAdmin: a record of another kind, which names this one by a field, begins on the page of this one."""

    begins_model = None
    begins_field = ""
    begins_words = ""

    def change_view(self, request, object_id, form_url="", extra_context=None):
        begins = []
        if may(request.user, "add", self.begins_model) and object_id.isdigit():
            opts = self.begins_model._meta
            place = f"admin:{opts.app_label}_{opts.model_name}_add"
            begins = [(reverse(place, query={self.begins_field: object_id}), self.begins_words)]
        return super().change_view(request, object_id, form_url, (extra_context or {}) | {"begins": begins})


class BegunMixin:
    """For a ModelAdmin: a new record begins as usual for the one that `?begun_field=` names by its id."""

    begun_field = ""
    begun_at = ""  # the field that one types first

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        if obj is None and request.method == "GET" and self.begun_from(request):
            form.base_fields[self.begun_at].widget.attrs["autofocus"] = True
        return form

    def get_changeform_initial_data(self, request):
        initial = super().get_changeform_initial_data(request)
        owner = self.begun_from(request)
        return {**self.usual(owner), **initial} if owner else initial

    def begun_from(self, request):
        """Return the record that the address names; None where it names none."""
        pk = request.GET.get(self.begun_field, "")
        model = self.model._meta.get_field(self.begun_field).related_model
        if not (pk.isascii() and pk.isdigit() and len(pk) < 19) or not may(request.user, "view", model):
            return None
        return model.objects.exclude(state=State.WITHDRAWN).filter(pk=pk).first()


@admin.register(AidProgramme)
class AidProgrammeAdmin(BeginsMixin, DatedDisplay, CitedAdmin):
    """Aid under one legal basis or decision."""

    begins_model, begins_field, begins_words = Transaction, "programme", _("Add an amount")

    fieldsets = [
        (_("What it is"), {"fields": ["title", ("category", "account"), "key", "legal_basis", "description"]}),
        (_("From whom, to whom, when"), {"fields": [("provider", "recipient"), ("start", "end")]}),
        (_("What it is about"), {"fields": ["themes"]}),
    ]
    inlines = [CitationInline.of(AidProgramme)]
    list_display = (
        "date_phrase",
        "title",
        "category",
        "provider",
        "state_mark",
        "source_count",
        "version_number",
        "changed",
    )
    list_display_links = ("title",)
    list_select_related = ("provider",)
    list_filter = (
        StateFilter,
        PeriodFilter,
        "category",
        NamedFilter.by("provider", "provider", _("from whom")),
        NamedFilter.by("recipient", "recipient", _("to whom")),
        EvidenceFilter,
    )
    ordering = ("-earliest", "-key")
    date_column = "start"
    examples = {
        "title": _("As it is known: “Coalition Support Funds”."),
        "key": _("Such as “coalition-support-funds”; part of the address, for good."),
        "legal_basis": _("Act and section: “Foreign Assistance Act of 1961, section 620E(e)”."),
        "start": _("When it began: “2001-10”. Leave empty what no source says."),
        "end": _("When it ended; empty while it goes on."),
    }

    def hint(self, programme):
        return programme.get_category_display()


@admin.register(Transaction)
class TransactionAdmin(BegunMixin, SupposingMixin, DatedDisplay, CitedAdmin):
    """Amounts."""

    begun_field, begun_at = "programme", "amount"
    supposed_after = 2

    fieldsets = [
        (
            _("What it belongs to"),
            {
                "fields": ["programme", "investment", "key"],
                "description": _("One programme or one investment, never both."),
            },
        ),
        (
            _("The amount"),
            {
                "fields": [
                    "kind",
                    ("amount", "currency"),
                    ("amount_low", "amount_high"),
                    "amount_note",
                    ("instrument", "finance_type"),
                ]
            },
        ),
        (_("When, from whom, to whom"), {"fields": [("date", "fiscal_period"), ("provider", "receiver")]}),
        (_("In totals"), {"fields": ["counts_in_totals", "part_of", "note"]}),
    ]
    inlines = [CitationInline.of(Transaction)]
    list_display = (
        "date_phrase",
        "amount_and_currency",
        "kind",
        "belongs_to",
        "counts_in_totals",
        "state_mark",
        "source_count",
        "version_number",
        "changed",
    )
    list_display_links = ("amount_and_currency",)
    list_select_related = ("programme", "investment")
    list_filter = (
        StateFilter,
        PeriodFilter,
        "kind",
        NamedFilter.by("programme", "programme", _("programme"), AidProgramme),
        NamedFilter.by("provider", "provider", _("from whom")),
        NamedFilter.by("receiver", "receiver", _("to whom")),
        "counts_in_totals",
        EvidenceFilter,
    )
    ordering = ("-earliest", "-key")
    hint_needs = ("programme", "investment")
    kept_for_next = ("programme", "investment", "kind", "currency", "provider", "receiver", "instrument")
    examples = {
        "key": _("Such as “csf-fy2011”; part of the address, for good."),
        "amount_low": _("Where sources give a range: its lower end."),
        "amount_high": _("Its upper end."),
        "date": _("The day, month or year; empty where only the fiscal period is known."),
        "counts_in_totals": _("Clear this for what another amount holds already, and say why below."),
        "part_of": _("The larger amount that this one is a part of."),
    }

    def date_phrase(self, transaction):
        return super().date_phrase(transaction) if transaction.date else transaction.fiscal_period or "–"

    date_phrase.short_description = _("date")
    date_phrase.admin_order_field = "earliest"

    @admin.display(description=_("amount"), ordering="amount")
    def amount_and_currency(self, transaction):
        """The amount in full, with its currency."""
        return f"{transaction.amount:,} {transaction.currency}"

    @admin.display(description=_("programme or investment"))
    def belongs_to(self, transaction):
        """What it is an amount of."""
        return label_of(transaction.owner)

    def usual(self, programme) -> dict:
        """Return what is usual for an amount of a programme: as the latest of its commonest kind."""
        found = {"programme": programme, "provider": programme.provider, "receiver": programme.recipient}
        amounts = programme.transactions.exclude(state=State.WITHDRAWN)
        kinds = amounts.order_by().values("kind").annotate(n=Count("pk")).order_by("-n", "kind").values("kind")[:1]
        latest = amounts.filter(kind__in=kinds).order_by("-earliest", "-key").first()
        if latest:
            found |= {
                name: getattr(latest, name) for name in ("kind", "currency", "instrument", "provider", "receiver")
            }
        return found

    def looks(self, read):
        owner = read.get("programme") or read.get("investment")
        if not (owner and read.get("kind") and read.get("currency")):
            return None
        return lambda: [total_of(owner, read["kind"], read["currency"])]

    def hint(self, transaction):
        return f"{label_of(transaction.owner)}, {self.date_phrase(transaction)}"


@admin.register(AidCondition)
class AidConditionAdmin(BeginsMixin, DatedDisplay, CitedAdmin):
    """Requirements attached to aid."""

    begins_model, begins_field, begins_words = Assessment, "condition", _("Add a finding")

    fieldsets = [
        (
            _("What is required"),
            {"fields": ["title", ("short_title", "group"), ("kind", "stage"), "requirement", "key"]},
        ),
        (_("What it is attached to"), {"fields": ["programmes", "recipient"]}),
        (_("Where it stands, and since when"), {"fields": ["legal_citation", "in_force"]}),
        (_("Who certifies, who waives"), {"fields": ["certifier", "waivable", "waiver_standard"]}),
        (
            _("Whole and parts"),
            {
                "fields": ["parent", ("rule", "parts_effect")],
                "description": _("A part names its whole; the whole says how many parts are needed and what they do."),
            },
        ),
    ]
    inlines = [CitationInline.of(AidCondition)]
    list_display = (
        "date_phrase",
        "title",
        "group",
        "kind",
        "stage",
        "state_mark",
        "source_count",
        "version_number",
        "changed",
    )
    list_display_links = ("title",)
    list_filter = (
        StateFilter,
        PeriodFilter,
        "kind",
        "stage",
        NamedFilter.by("programme", "programmes", _("programme"), AidProgramme),
        NamedFilter.by("certifier", "certifier", _("certified by")),
        EvidenceFilter,
    )
    ordering = ("-earliest", "-key")
    date_column = "in_force"
    examples = {
        "title": _("What must be so: “Certify that Pakistan does not possess a nuclear explosive device”."),
        "short_title": _("As the docket shows it: “Pressler amendment”."),
        "group": _("Its group on the docket: “Nuclear”."),
        "key": _("Such as “pressler-amendment”; part of the address, for good."),
        "requirement": _("The requirement in plain words, two or three sentences."),
        "waiver_standard": _("What must be found for a waiver: “in the national security interest”."),
        "parent": _("The condition that this one is a part of."),
    }

    def hint(self, condition):
        return ", ".join(str(text) for text in (condition.short_title, condition.get_stage_display()) if text)


class MeasurementInline(ChildInline):
    """Values of a benchmark by date."""

    model = Measurement
    child = registry["measurements"]
    fields = ("date", "value", "sources", "note")
    verbose_name_plural = _("What was measured")
    add_words = _("Add a value")


@admin.register(Benchmark)
class BenchmarkAdmin(DatedDisplay, CitedAdmin):
    """The measurable part of conditions."""

    fieldsets = [
        (_("What is measured"), {"fields": ["condition", "title", "unit", "key"]}),
        (_("From where to where"), {"fields": [("baseline", "target")]}),
        (_("By when"), {"fields": ["deadline", "deadline_reset"]}),
    ]
    inlines = [MeasurementInline, CitationInline.of(Benchmark)]
    list_display = (
        "date_phrase",
        "title",
        "condition",
        "target",
        "state_mark",
        "source_count",
        "version_number",
        "changed",
    )
    list_display_links = ("title",)
    list_select_related = ("condition",)
    list_filter = (
        StateFilter,
        PeriodFilter,
        NamedFilter.by("condition", "condition", _("condition"), AidCondition),
        EvidenceFilter,
    )
    ordering = ("-earliest", "-key")
    date_column = "deadline"
    lines = {"deadline_reset": False}
    hint_needs = ("condition",)
    examples = {
        "title": _("What must reach its mark: “Primary balance, share of GDP”."),
        "key": _("Such as “imf-2024-primary-balance”; part of the address, for good."),
        "baseline": _("The value at the start, in the unit: “1.2”."),
        "target": _("A number or words: “at least 2”."),
        "deadline": _("The deadline as it was set first: “2025-06-30”."),
        "deadline_reset": _("Later deadlines, one a line, in their order: “2025-12-31”."),
    }

    def hint(self, benchmark):
        return label_of(benchmark.condition)


@admin.register(Assessment)
class AssessmentAdmin(BegunMixin, SupposingMixin, DatedDisplay, CitedAdmin):
    """Findings."""

    begun_field, begun_at = "condition", "finding"

    fieldsets = [
        (_("What was found"), {"fields": ["condition", ("finding", "date"), "decided_by", "instrument", "key"]}),
        (
            _("What it covers"),
            {
                "fields": ["period_covered"],
                "description": _("With a period the finding holds for it; without, until the next finding."),
            },
        ),
        (_("Money held or released"), {"fields": [("amount_affected", "currency"), "transactions"]}),
        (None, {"fields": ["note"]}),
    ]
    inlines = [CitationInline.of(Assessment)]
    list_display = (
        "date_phrase",
        "finding",
        "condition",
        "decided_by",
        "state_mark",
        "source_count",
        "version_number",
        "changed",
    )
    list_display_links = ("finding",)
    list_select_related = ("condition", "decided_by")
    list_filter = (
        StateFilter,
        PeriodFilter,
        "finding",
        NamedFilter.by("condition", "condition", _("condition"), AidCondition),
        NamedFilter.by("decided_by", "decided_by", _("decided by")),
        EvidenceFilter,
    )
    ordering = ("-earliest", "-key")
    hint_needs = ("condition",)
    kept_for_next = ("condition", "decided_by", "instrument", "currency")
    examples = {
        "key": _("Such as “pressler-1990-not-certified”; part of the address, for good."),
        "decided_by": _("Who found it: “President of the United States”."),
        "amount_affected": _("In full units: 564000000, not 564m. Empty where no source gives it."),
        "transactions": _("The amounts that were held, released or cancelled by it."),
        "note": _("What a reader must know of the finding, in a sentence."),
    }

    def usual(self, condition) -> dict:
        """Return what is usual for a finding of a condition: who certifies, and the fiscal year after the last one."""
        found = {"condition": condition, "decided_by": condition.certifier}
        last = condition.assessments.exclude(state=State.WITHDRAWN).order_by("-latest", "-key").first()
        if last:
            found |= {"decided_by": last.decided_by if condition.certifier is None else condition.certifier}
            if year := FISCAL_YEAR.fullmatch(last.period_covered):
                found["period_covered"] = f"{year[1]}{int(year[2]) + 1:04}"
        return found

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        if "transactions" in form.base_fields:
            field = form.base_fields["transactions"]
            field.widget = PicksInput(Transaction)
            field.widget.picks = self._picks(request, obj)
        return form

    def _picks(self, request, obj) -> tuple[tuple[str, str], ...]:
        """Return the amounts of the programmes that the condition binds, the latest first."""
        if request.method == "POST":
            conditions = AidCondition.objects.filter(key=key_in(request.POST.get("condition", "")))
        else:
            begun = obj.condition if obj else self.begun_from(request)
            conditions = AidCondition.objects.filter(pk=begun.pk if begun else None)
        rows = Transaction.objects.exclude(state=State.WITHDRAWN).filter(programme__conditions__in=conditions)
        rows = rows.select_related("programme").order_by("-earliest", "-key")[:MOST_PICKS]
        return tuple((named(row), f"{self._when(row)}, {label_of(row.programme)}") for row in rows)

    @staticmethod
    def _when(transaction) -> str:
        return transaction.fiscal_period or transaction.date or "–"

    def looks(self, read):
        condition = read.get("condition")
        if not (condition and read.get("finding") and read.get("date")):
            return None
        return partial(standings_of, condition, days_of(read["date"]))

    def hint(self, assessment):
        return label_of(assessment.condition)
