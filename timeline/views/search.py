"""Search over all that is public, with counts by kind of record."""

from dataclasses import dataclass

from django.db.models import CharField, Count, Value
from django.template.response import TemplateResponse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from relations import search as words
from relations.filters import LONGEST_VALUE, BadQuery, QueryFault, unknown_names
from relations.models import (
    Actor,
    AidCondition,
    AidProgramme,
    Assessment,
    Benchmark,
    Investment,
    Judgement,
    Source,
    Theme,
    Transaction,
)

from ..amounts import in_short
from ..models import Event
from .records import SECTIONS, address_of, when, with_query

# In the order of the page: how many of each are shown, and what a record's address needs.
SHOWN = {
    Event: (8, ()),
    Actor: (8, ()),
    AidCondition: (6, ()),
    AidProgramme: (6, ()),
    Investment: (6, ()),
    Transaction: (6, ("programme", "investment")),
    Assessment: (6, ("condition",)),
    Benchmark: (6, ("condition",)),
    Judgement: (6, ()),
    Theme: (6, ()),
    Source: (8, ()),
}


@dataclass(frozen=True)
class Found:
    """What was found of one kind: how many, the first of them, and the address of all, where there is a list."""

    name: str
    label: str
    count: int
    rows: list[tuple[str, str, str]]  # address, words, date
    href: str


def search(request):
    """Return the page of what some words find."""
    faults = unknown_names(request.GET, ("q",))
    if len(request.GET.getlist("q")) > 1:
        faults.append(QueryFault("q", request.GET["q"], _("“q” is asked once; write all words in one")))
    text = request.GET.get("q", "").strip()
    if len(text) > LONGEST_VALUE:
        message = _("the search is too long; write at most %(limit)s characters") % {"limit": LONGEST_VALUE}
        faults.append(QueryFault("q", text[:LONGEST_VALUE], message))
    if "\0" in text:
        faults.append(QueryFault("q", "", _("the search has a character in it that no text has; type it anew")))
    if faults:
        raise BadQuery(faults, request.GET, ("q",))
    found = _found(text) if text else []
    context = {
        "text": text,
        "found": found,
        "total": sum(item.count for item in found),
        "title": _("Search"),
        "page": {"title": _("Search"), "noindex": True},
    }
    return TemplateResponse(request, "timeline/search.html", context)


def _found(text: str) -> list[Found]:
    queries = {
        model: model.objects.published().filter(pk__in=words.matching(model, text)).order_by() for model in SHOWN
    }
    first, *others = (
        queryset.annotate(of=Value(model._meta.label, output_field=CharField())).values("of").annotate(n=Count("pk"))
        for model, queryset in queries.items()
    )
    counts = {row["of"]: row["n"] for row in first.union(*others, all=True)}
    found = []
    for model, (most, needed) in SHOWN.items():
        order = ("-earliest", "-key") if hasattr(model, "earliest") else ("key",)
        queryset = queries[model].select_related(*needed) if needed else queries[model]
        rows = queryset.order_by(*order)[:most]
        count = counts.get(model._meta.label, 0)
        if not count:
            continue
        name = model._meta.model_name
        has_list = name in SECTIONS
        found.append(
            Found(
                name,
                capfirst(str(SECTIONS[name][1] if has_list else model._meta.verbose_name_plural)),
                count,
                [(row.get_absolute_url(), _words_for(row), when(row)) for row in rows],
                with_query(address_of(model, "list"), [("q", text)]) if has_list else "",
            )
        )
    return found


def _words_for(row) -> str:
    """Return what a record is called where it stands alone: what is read on another's page has that one's name."""
    if isinstance(row, Transaction):
        figure = in_short(row.amount, row.currency)
        return _("%(owner)s: %(kind)s of %(figure)s") % {
            "owner": row.owner,
            "kind": row.get_kind_display(),
            "figure": figure,
        }
    if isinstance(row, Assessment):
        return _("%(owner)s: %(finding)s") % {"owner": row.condition, "finding": row.get_finding_display()}
    if isinstance(row, Benchmark):
        return _("%(owner)s: %(benchmark)s") % {"owner": row.condition, "benchmark": row.title}
    return str(row)
