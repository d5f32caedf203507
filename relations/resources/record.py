"""One Resource a model of the record, in the order of the files of a package."""

from import_export.fields import Field

from ..models import (
    Actor,
    AidCondition,
    AidProgramme,
    Assessment,
    Benchmark,
    BriefingStatement,
    Investment,
    Judgement,
    Measurement,
    Source,
    Stake,
    Theme,
    Transaction,
)
from .base import (
    ChildResource,
    DatesWidget,
    ListWidget,
    RecordResource,
    SourcesWidget,
    TableResource,
    is_public_citation,
    register,
)


def sources_column() -> Field:
    """Return the column `sources` of a record, which follows from its citations."""
    return Field(attribute="citations", column_name="sources", widget=SourcesWidget(Source))


class CitationResource(ChildResource):
    """One row a citation: which source supports which field of which record.

    All kinds of record share one file, `citations.csv`, in which `record_type` and `record` name the record.
    """

    file = "citations"
    name = "citations"
    related_name = "citations"
    owner_column = "record"
    natural_key = ("field", "source", "claimant")

    class Meta(TableResource.Meta):
        fields = (
            "field",
            "source",
            "locator",
            "quotation",
            "support",
            "credibility",
            "states_instead",
            "claimant",
            "note",
        )

    def is_public_child(self, child) -> bool:
        return is_public_citation(child)

    @classmethod
    def of(cls, record_model) -> type["CitationResource"]:
        """Return the citations of one kind of record as a Resource of its table."""
        table = record_model._meta.get_field("citations").related_model
        meta = type("Meta", (cls.Meta,), {"model": table})
        return type(f"{table.__name__}Resource", (cls,), {"Meta": meta, "__doc__": cls.__doc__})


@register
class ThemeResource(RecordResource):
    """One row a theme."""

    file = "themes"

    class Meta(RecordResource.Meta):
        model = Theme
        fields = ("key", "name", "description")


@register
class SourceResource(RecordResource):
    """One row a published document."""

    file = "sources"
    later = ("origin_examined",)

    class Meta(RecordResource.Meta):
        model = Source
        fields = (
            "key",
            "title",
            "publisher",
            "author",
            "published",
            "url",
            "archived_url",
            "kind",
            "language",
            "origin",
            "origin_examined",
            "reliability",
            "note",
        )


@register
class ActorResource(RecordResource):
    """One row an actor."""

    file = "actors"
    children = (CitationResource.of(Actor),)
    derived = ()
    aliases = Field(attribute="aliases", column_name="aliases", widget=ListWidget())
    outside_ids = Field(attribute="outside_ids", column_name="outside_ids", widget=ListWidget())

    class Meta(RecordResource.Meta):
        model = Actor
        fields = (
            "key",
            "name",
            "short_name",
            "kind",
            "country",
            "parent",
            "serves",
            "aliases",
            "outside_ids",
            "description",
        )


class StakeResource(ChildResource):
    """One row a stake of an actor in an investment, in the order of the investment."""

    file = "stakes"
    name = "stakes"
    related_name = "stakes"
    owner_column = "investment"
    natural_key = ("actor", "role", "since")
    keeps_order = True

    class Meta(TableResource.Meta):
        model = Stake
        fields = ("investment", "actor", "role", "since", "share_percent")


@register
class InvestmentResource(RecordResource):
    """One row an investment."""

    file = "investments"
    children = (CitationResource.of(Investment), StakeResource)
    sources = sources_column()

    class Meta(RecordResource.Meta):
        model = Investment
        fields = (
            "key",
            "name",
            "sector_code",
            "status",
            "status_as_of",
            "announced",
            "start",
            "end",
            "place",
            "country",
            "latitude",
            "longitude",
            "description",
            "themes",
            "sources",
        )


register(StakeResource)


@register
class AidProgrammeResource(RecordResource):
    """One row an aid programme: one legal basis or decision."""

    file = "aid_programmes"
    later = ("account",)
    children = (CitationResource.of(AidProgramme),)
    sources = sources_column()

    class Meta(RecordResource.Meta):
        model = AidProgramme
        fields = (
            "key",
            "title",
            "provider",
            "recipient",
            "category",
            "account",
            "legal_basis",
            "start",
            "end",
            "description",
            "themes",
            "sources",
        )


@register
class TransactionResource(RecordResource):
    """One row an amount of one investment or programme."""

    file = "transactions"
    later = ("finance_type",)
    children = (CitationResource.of(Transaction),)
    sources = sources_column()

    class Meta(RecordResource.Meta):
        model = Transaction
        fields = (
            "key",
            "investment",
            "programme",
            "kind",
            "amount",
            "amount_low",
            "amount_high",
            "amount_note",
            "currency",
            "date",
            "fiscal_period",
            "provider",
            "receiver",
            "instrument",
            "finance_type",
            "part_of",
            "counts_in_totals",
            "note",
            "sources",
        )


@register
class AidConditionResource(RecordResource):
    """One row a requirement attached to aid."""

    file = "aid_conditions"
    children = (CitationResource.of(AidCondition),)
    sources = sources_column()

    class Meta(RecordResource.Meta):
        model = AidCondition
        fields = (
            "key",
            "programmes",
            "recipient",
            "parent",
            "rule",
            "parts_effect",
            "title",
            "short_title",
            "group",
            "kind",
            "stage",
            "requirement",
            "legal_citation",
            "in_force",
            "certifier",
            "waivable",
            "waiver_standard",
            "sources",
        )


class MeasurementResource(ChildResource):
    """One row a value of a benchmark at a date."""

    file = "measurements"
    name = "measurements"
    related_name = "measurements"
    owner_column = "benchmark"
    natural_key = ("date", "value")

    class Meta(TableResource.Meta):
        model = Measurement
        fields = ("benchmark", "date", "value", "note", "sources")


@register
class BenchmarkResource(RecordResource):
    """One row the measurable part of a condition."""

    file = "benchmarks"
    children = (CitationResource.of(Benchmark), MeasurementResource)
    sources = sources_column()
    deadline_reset = Field(attribute="deadline_reset", column_name="deadline_reset", widget=DatesWidget())

    class Meta(RecordResource.Meta):
        model = Benchmark
        fields = (
            "key",
            "condition",
            "title",
            "unit",
            "baseline",
            "target",
            "deadline",
            "deadline_reset",
            "sources",
        )


register(MeasurementResource)


@register
class AssessmentResource(RecordResource):
    """One row a finding on a condition."""

    file = "assessments"
    children = (CitationResource.of(Assessment),)
    sources = sources_column()

    class Meta(RecordResource.Meta):
        model = Assessment
        fields = (
            "key",
            "condition",
            "date",
            "finding",
            "decided_by",
            "instrument",
            "period_covered",
            "amount_affected",
            "currency",
            "transactions",
            "note",
            "sources",
        )


class BriefingResource(ChildResource):
    """One row a sentence of the briefing and a judgement that it carries, in the briefing's order."""

    file = "briefing"
    name = "briefing"
    related_name = "briefing"
    owner_column = "judgement"
    natural_key = ("section", "sentence")

    class Meta(TableResource.Meta):
        model = BriefingStatement
        fields = ("section", "sentence", "judgement")


@register
class JudgementResource(RecordResource):
    """One row a judgement of a source."""

    file = "judgements"
    children = (CitationResource.of(Judgement), BriefingResource)
    sources = sources_column()

    class Meta(RecordResource.Meta):
        model = Judgement
        fields = (
            "key",
            "statement",
            "kind",
            "made_on",
            "horizon",
            "status",
            "status_note",
            "actors",
            "investments",
            "programmes",
            "conditions",
            "themes",
            "sources",
        )


register(BriefingResource)
