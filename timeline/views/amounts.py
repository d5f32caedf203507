"""The totals of aid and of investments: the rows that make one, and the charts, as pages and as files."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

from django.db.models import QuerySet
from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views import View

from relations import exporting, pair
from relations.filters import BadQuery, QueryFault, not_among
from relations.models import AidProgramme, Investment, Transaction

from .. import citing, paging, totals
from ..drawing.files import as_file
from ..filters import KINDS_OF_YEARS, TOTALS_BY, AidTotalsFilter, InvestmentTotalsFilter
from ..ledger import Chart, bars_of, by_instrument, charts_of, entries_of, period_of, totals_of
from ..serializing import written
from ..totals import CATEGORY, PROGRAMME, YEAR, Part
from ..years import FISCAL, Years
from .base import PublishedMixin
from .records import PAGE_SIZE, SECTIONS, _pager, address_of, crumbs, csv_answer, said, with_query

OWN = ("by", "years", "kind", "instrument", "currency", "period")
OWNERS = {AidProgramme: ("programme", AidTotalsFilter), Investment: ("investment", InvestmentTotalsFilter)}
COLUMNS = (
    "title",
    "period",
    "programme",
    "category",
    "kind",
    "currency",
    "amount",
    "amount_low",
    "amount_high",
    "rows",
    "in_part",
    "address",
    "source",
    "as_of",
)


@dataclass(frozen=True)
class Asked:
    """The amounts that an address asks for, and how their totals are arranged.

    `rows` are the counted ones; `others` are public too, and in no total. `parameters` are those of the address that
    choose among amounts, without what arranges them.
    """

    model: type
    parameters: list[tuple[str, str]]
    by: str
    years: Years
    period: str
    rows: QuerySet
    others: QuerySet

    def one(self, rows: QuerySet) -> QuerySet:
        """Return rows of the period that is asked for."""
        return totals.one_of(rows, self.years, self.period) if self.period else rows

    @property
    def querysets(self) -> list[QuerySet]:
        return totals.within(self.rows, self.years, self.period) if self.period else [self.rows]

    def parts(self, by: str = "") -> list[Part]:
        """Return the totals by `by`, else as they are asked for, each with the address of the rows that make it."""
        by = by or self.by
        if by == YEAR:
            found = totals.by_year(self.querysets, self.years)
        elif by == PROGRAMME:
            found = totals.by_programme(self.querysets)
        elif by == CATEGORY:
            found = totals.by_category(self.querysets)
        else:
            found = totals.totals(self.querysets)
        return [replace(part, href=self.address(part, by)) for part in found]

    def address(self, part: Part, by: str) -> str:
        """Return the address of the rows that make a total."""
        own = {"kind": str(part.kind), "currency": part.currency}
        if by == YEAR:
            own["period"] = self.years.text(*part.span) if part.span else totals.UNDATED
        elif part.group:
            own[by] = part.group
        kept = [(name, value) for name, value in self.parameters if name not in own]
        if ("period" in own or self.period) and self.years.name != FISCAL:
            kept.append(("years", self.years.name))
        return with_query(address_of(self.model, "totals"), [*kept, *own.items()])


class TotalsMixin(PublishedMixin):
    """The amounts of the published records that the parameters of the address ask for."""

    model = AidProgramme
    page_parameters: tuple[str, ...] = ()

    def asked(self) -> Asked:
        """Return what is asked for. Raises BadQuery."""
        owner, filter_set = OWNERS[self.model]
        found = filter_set(
            self.request.GET, self.get_queryset(), request=self.request, page_parameters=self.page_parameters
        )
        records = found.valid_or_400()
        cleaned = found.form.cleaned_data
        years = totals.years_of(cleaned["years"] or FISCAL)
        period = cleaned["period"]
        if period and period != totals.UNDATED:
            try:
                years.read(period)
            except ValueError as error:
                faults = [QueryFault("period", period, str(error))]
                raise BadQuery(faults, self.request.GET, found.known) from error
        asked = found.chosen()
        narrowed = {f"{owner}__isnull": False}
        if cleaned[owner]:
            narrowed = {f"{owner}__in": cleaned[owner]}
        if {name for name, _value in asked} - {*OWN, owner}:
            narrowed = {f"{owner}__in": records.order_by().values("pk")}
        narrowed |= {name: cleaned[name] for name in ("kind", "instrument", "currency") if cleaned[name]}
        rows = Transaction.objects.counted().filter(**narrowed)
        others = Transaction.objects.published().filter(**narrowed).exclude(pk__in=rows.values("pk"))
        self.found, self.records = found, records
        return Asked(
            self.model,
            [(name, value) for name, value in asked if name not in ("by", "years")],
            cleaned.get("by") or YEAR,
            years,
            period,
            rows,
            others,
        )


class Amounts(TotalsMixin, View):
    """The rows that make a total, which is said above them, and below them what is on record and in no total."""

    page_parameters = ("after", "before")

    def get(self, request):
        asked = self.asked()
        owner = OWNERS[self.model][0]
        found = asked.one(asked.rows).select_related(owner).with_evidence()
        page = paging.page(found, {"newest": paging.NEWEST}, request.GET, size=PAGE_SIZE)
        here = address_of(self.model, "totals")
        chosen = self.found.chosen()
        files = {"csv": with_query(address_of(self.model, "totals-csv"), chosen)}
        others = asked.one(asked.others).select_related(owner, "part_of").order_by("-earliest", "-key")
        section, label = SECTIONS[self.model._meta.model_name]
        title = _("What makes up the total")
        context = {
            "section": section,
            "crumbs": crumbs((address_of(self.model, "list"), label), ("", _("Amounts"))),
            "title": title,
            "asked": said(self.found, chosen),
            "totals": asked.parts("kind"),
            "rows": page.rows,
            "others": others[:PAGE_SIZE],
            "count": page.total,
            "pager": _pager(here, chosen, page),
            "files": files,
            "page": {"title": title, "canonical": citing.absolute(with_query(here, chosen)), **files, "noindex": True},
        }
        for row in [*context["rows"], *context["others"]]:
            row.years = period_of(row)
            row.low = row.amount if row.amount_low is None else row.amount_low
            row.high = row.amount if row.amount_high is None else row.amount_high
        return TemplateResponse(request, "timeline/amount_list.html", context)


class AmountsCsv(TotalsMixin, View):
    """The rows that make a total, all of them, as the rows of their file: their amounts add up to it."""

    def get(self, request):
        asked = self.asked()
        return csv_answer(exporting.table("transactions", "csv", queryset=asked.one(asked.rows)), "transactions")


# ---------------------------------------------------------------------------------------------------------- charts


def title_of(asked: Asked) -> str:
    """Return the title of a chart: “Aid by fiscal year”."""
    label = SECTIONS[asked.model._meta.model_name][1]
    by = {
        YEAR: _("by fiscal year") if asked.years.calendar else _("by calendar year"),
        PROGRAMME: _("by programme"),
        CATEGORY: _("by category"),
    }[asked.by]
    return _("%(aid)s %(by)s") % {"aid": label, "by": by}


def ledger_of(asked: Asked, chosen: list[tuple[str, str]]) -> list[Chart]:
    """Return the charts of what is asked for, one a currency; `chosen` are the parameters of the address."""
    charts = charts_of(asked.parts(), asked.by, asked.years)
    address = {form: address_of(asked.model, f"chart-{form}") for form in ("svg", "csv")}
    return [
        replace(
            chart,
            **{form: with_query(address[form], _with(chosen, "currency", chart.currency)) for form in address},
        )
        for chart in charts
    ]


def switches_of(asked: Asked, chosen: list[tuple[str, str]]) -> list[list[tuple[str, str, bool]]]:
    """Return the rows of links by which totals are arranged: (address, words, whether it is this one)."""
    here = address_of(asked.model, "list")
    of_years = [(years, label, asked.years.name == years) for years, label in KINDS_OF_YEARS]
    found = [("by", [(by, capfirst(_("by %(what)s") % {"what": label}), asked.by == by) for by, label in TOTALS_BY])]
    if asked.by == YEAR:
        found.append(("years", [(years, capfirst(label), is_here) for years, label, is_here in of_years]))
    return [
        [(with_query(here, _with(chosen, name, value)) + "#ledger", words, is_here) for value, words, is_here in links]
        for name, links in found
    ]


def money_of(request, record) -> dict:
    """Return what the page of a programme or an investment shows of its money. Raises BadQuery."""
    owner, _filter_set = OWNERS[type(record)]
    entries = entries_of(record)
    names = [name for name, _label in KINDS_OF_YEARS]
    chosen = request.GET.get("years") or FISCAL
    if chosen not in names:
        message = not_among(chosen, KINDS_OF_YEARS)
        raise BadQuery([QueryFault("years", chosen, message)], request.GET, ["years", "after", "before"])
    years = totals.years_of(chosen)
    address = {form: address_of(type(record), f"chart-{form}") for form in ("svg", "csv")}
    query = [(owner, record.key), *([("years", chosen)] if chosen != FISCAL else [])]
    charts = [
        replace(
            chart,
            **{form: with_query(address[form], [*query, ("currency", chart.currency)]) for form in address},
        )
        for chart in bars_of(entries, years)
    ]
    href = with_query(address_of(type(record), "totals"), query[:1])
    switch = [
        (
            with_query(request.path, [("years", name)] if name != FISCAL else []) + "#money",
            capfirst(label),
            name == chosen,
        )
        for name, label in KINDS_OF_YEARS
    ]
    return {
        "amounts": entries,
        "totals": totals_of(entries, href),
        "instruments": by_instrument(entries, href),
        "charts": charts,
        "years_switch": switch if charts else [],
        "years_name": years.calendar.name if years.calendar else "",
    }


def _with(pairs, name: str, value: str) -> list[tuple[str, str]]:
    return [*((other, text) for other, text in pairs if other != name), (name, value)]


class ChartSvg(TotalsMixin, View):
    """The chart of totals in one currency, by default that of most rows, with title, source and date in it."""

    def get(self, request):
        asked = self.asked()
        charts = charts_of(asked.parts(), asked.by, asked.years)
        chart = max(charts, key=lambda chart: (chart.rows, chart.currency), default=None)
        body = as_file(
            chart.drawing.wide if chart else None,
            chart.template if chart else "",
            title=_described(asked, self.found, chart.currency if chart else ""),
            source=source_of(request),
        )
        response = HttpResponse(body, content_type="image/svg+xml; charset=utf-8")
        response.headers["Content-Disposition"] = f'attachment; filename="{asked.by}.svg"'
        return response


class ChartCsv(TotalsMixin, View):
    """What a chart shows, a row a total, each with title, source and date and the address of the rows that make it."""

    def get(self, request):
        asked = self.asked()
        return csv_answer(_table(asked, _described(asked, self.found, ""), request), f"totals-by-{asked.by}")


def _described(asked: Asked, found, currency: str) -> str:
    """Return the title of a chart with what was asked for."""
    more = [value for name, value in found.chosen() if name not in ("by", "years", "currency")]
    return ", ".join([f"{pair.current().title}: {title_of(asked)}", *more, *filter(None, [currency])])


def source_of(request) -> str:
    """Return where a chart comes from: the site, its address, the revision and its day, the licence."""
    revision = citing.revision_words(request.edition)
    return ", ".join(filter(None, (citing.SITE, citing.absolute("/"), revision, request.edition.pair.licence)))


def _table(asked: Asked, title: str, request) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in table_of(asked):
        row |= {"title": title, "source": source_of(request), "as_of": _day(request)}
        writer.writerow([row.get(column) or "" for column in COLUMNS])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue()


def _day(request) -> str:
    moment = request.edition.changed_at or request.edition.loaded_at
    return moment.date().isoformat() if moment else ""


def table_of(asked: Asked) -> Iterator[dict]:
    """Yield the totals as rows of texts; of a year, `in_part` says why the record covers it only in part."""
    parts = asked.parts()
    current = pair.current()
    alike = defaultdict(list)
    for part in parts:
        alike[part.kind, part.currency].append(part)
    partial = {}
    if asked.by == YEAR:
        today = current.today()
        partial = {
            place: totals.why_partial(found, asked.years, today, current.complete) for place, found in alike.items()
        }
    for part in parts:
        row = {
            "kind": str(part.kind),
            "currency": part.currency,
            "amount": written(part.amount),
            "amount_low": None if part.low is None else written(part.low),
            "amount_high": None if part.high is None else written(part.high),
            "rows": part.rows,
            "address": citing.absolute(part.href),
        }
        if asked.by == YEAR:
            row["period"] = asked.years.text(*part.span) if part.span else totals.UNDATED
            if part.span:
                years = range(part.span[0], part.span[1] + 1)
                why = partial[part.kind, part.currency]
                row["in_part"] = "; ".join(dict.fromkeys(reason for year in years for reason in why.get(year, ())))
        else:
            row[asked.by] = part.group
        yield row
