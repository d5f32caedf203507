"""Sources: the list, and one with all that rests on it."""

from django.db.models import CharField, Count, Value
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from relations import dates
from relations.models import (
    Actor,
    AidCondition,
    AidProgramme,
    Assessment,
    Benchmark,
    Investment,
    Judgement,
    Measurement,
    Source,
    Transaction,
)

from ..claims import label_of
from ..models import Event, Figure
from .records import SECTIONS, RecordDetail, RecordList

MOST = 500  # records of one kind on a page
# Every kind of record that cites, with what its address needs.
CITING = {
    Event: (),
    AidCondition: (),
    Assessment: ("condition",),
    Benchmark: ("condition",),
    AidProgramme: (),
    Transaction: ("programme", "investment"),
    Investment: (),
    Judgement: (),
    Actor: (),
}


class SourceList(RecordList):
    model = Source
    template_name = "timeline/source_list.html"
    lead = gettext_lazy("The published documents that the record rests on.")
    panel = ("q", "from", "to", "kind", "publisher", "language", "reliability")

    def more(self, found, page):
        """Add how many records rest on each source, in one query."""
        pks = [row.pk for row in page.rows]
        first, *others = (
            _table(model)
            .objects.published()
            .filter(source__in=pks)
            .order_by()
            .values("source")
            .annotate(of=Value(model._meta.label, output_field=CharField()), n=Count("record", distinct=True))
            .values_list("source", "of", "n")
            for model in CITING
        )
        counts = dict.fromkeys(pks, 0)
        for source, _of, n in first.union(*others, all=True):
            counts[source] += n
        return {"rows": [(source, counts[source.pk]) for source in page.rows]}


class SourceDetail(RecordDetail):
    model = Source
    template_name = "timeline/source_detail.html"

    def get_queryset(self):
        return super().get_queryset().select_related("origin")

    def context(self, record):
        groups = [group for model in CITING if (group := _resting(record, model))]
        measured = (
            Measurement.objects.published()
            .filter(sources=record)
            .select_related("benchmark__condition")
            .order_by("earliest", "pk")[:MOST]
        )
        return {
            "facts": _facts(record),
            "copies": record.copies.published().order_by("key"),
            "groups": groups,
            "measured": measured,
            "figures": Figure.objects.published()
            .filter(sources=record)
            .select_related("event")
            .order_by("event__earliest", "event__key", "pk")[:MOST],
            "total": sum(len(group["rows"]) for group in groups),
        }


def _table(model):
    return model._meta.get_field("citations").related_model


def _facts(source: Source) -> list[dict]:
    facts = [
        {"label": _("Publisher"), "text": source.publisher},
        {"label": _("Author"), "text": source.author},
        {"label": _("Published"), "text": dates.parse(source.published).phrase() if source.published else ""},
        {"label": _("Kind"), "text": capfirst(source.get_kind_display())},
        {"label": _("Language"), "text": source.language if source.language != "en" else ""},
        {"label": _("Origin"), "text": _origin(source)},
        {"label": _("Reliability"), "text": source.get_reliability_display() if source.reliability else ""},
        {"label": _("Note"), "text": source.note},
    ]
    facts = [fact for fact in facts if fact["text"]]
    if source.origin and source.origin.is_public:
        facts.append({"label": _("Copy of"), "links": [(source.origin.get_absolute_url(), source.origin.title)]})
    return facts


def _origin(source: Source) -> str:
    if not source.origin_examined:
        return ""
    return _("examined") if source.origin_id else _("examined: it copies no other document")


def _resting(source: Source, model) -> dict | None:
    """Return the records of a model that cite a source, each with what of it rests there."""
    needed = [f"record__{name}" for name in CITING[model]]
    citations = (
        _table(model)
        .objects.published()
        .filter(source=source)
        .select_related("record", "claimant", *needed)
        .order_by("record__key", "field", "pk")
    )
    rows: dict[int, dict] = {}
    for citation in citations[: MOST * 4]:
        row = rows.setdefault(citation.record_id, {"record": citation.record, "citations": []})
        row["citations"].append((label_of(model, citation.field), citation))
    if not rows:
        return None
    name = model._meta.model_name
    label = SECTIONS[name][1] if name in SECTIONS else capfirst(str(model._meta.verbose_name_plural))
    return {"name": name, "label": str(label), "rows": list(rows.values())[:MOST]}
