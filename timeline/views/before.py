"""What happened within some days before each suspension, finding or event of a class: as a page, as CSV and as JSON."""

import csv
import io
import json
from collections.abc import Iterator
from functools import cached_property

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views import View

from relations.filters import BadQuery, QueryFault

from .. import before, citing, paging
from ..models import Event
from ..window import Period
from .records import _pager, crumbs, csv_answer, said, with_query

SIZE = 10  # moments a page
MOST_IN_FILE = 2000  # moments
PANEL = ("of", "days", "importance", "family", "theme", "actor", "from", "to", "certainty")
COLUMNS = (
    "of",
    "moment",
    "moment_date",
    "moment_title",
    "moment_address",
    "event",
    "event_date",
    "event_title",
    "event_address",
    "days_before_least",
    "days_before_most",
    "certainty",
)


class BeforeMixin:
    """The moments and events that the parameters of the address ask for."""

    page_parameters: tuple[str, ...] = ()

    @cached_property
    def found(self) -> before.BeforeFilter:
        found = before.BeforeFilter(
            self.request.GET, Event.objects.published(), request=self.request, page_parameters=self.page_parameters
        )
        found.valid_or_400()
        return found

    def value(self, name: str):
        return self.found.form.cleaned_data[name]

    @property
    def of(self) -> str:
        return self.value("of") or before.SUSPENDED

    @property
    def days(self) -> int:
        return self.value("days") or before.DAYS

    @property
    def certainly(self) -> bool:
        return self.value("certainty") == "certainly"

    @property
    def events(self) -> QuerySet:
        events = Event.objects.published()
        for name, item in self.found.filters.items():
            if name not in before.PERIOD:
                events = item.filter(events, self.value(name))
        return events

    @property
    def moments(self) -> QuerySet:
        return before.moments_of(self.of, self.found.period(), certainly=self.certainly)

    def every(self) -> Iterator[tuple[before.Moment, list[before.Found]]]:
        """Return all moments, newest first, each with the events before it. Raises BadQuery for too many."""
        if self.moments.order_by()[: MOST_IN_FILE + 1].count() > MOST_IN_FILE:
            message = _("there are more than %(most)s of them; ask for a shorter period by from and to")
            faults = [QueryFault("of", self.of, message % {"most": MOST_IN_FILE})]
            raise BadQuery(faults, self.request.GET, self.found.known)
        moments = self.moments.order_by("-earliest", "-key")
        return before.every(self.events, moments, self.days, certainly=self.certainly)

    def in_timeline(self, moment: before.Moment) -> str:
        """Return the address of the timeline of the days before a moment, narrowed as here."""
        kept = [pair for pair in self.found.asked() if pair[0] not in ("of", "days", "from", "to")]
        first, last = Period(*moment.window(self.days)).texts
        return with_query(reverse("timeline:timeline"), [*kept, ("from", first), ("to", last)])


class Before(BeforeMixin, View):
    page_parameters = ("after", "before")

    def get(self, request):
        page = paging.page(self.moments, {"newest": paging.NEWEST}, request.GET, size=SIZE)
        moments = [before.moment(record) for record in page.rows]
        of_moments = before.nearest(self.events, moments, self.days, certainly=self.certainly)
        here = reverse("timeline:timeline-before")
        asked = self.found.asked()
        files = {form: with_query(reverse(f"timeline:timeline-before-{form}"), asked) for form in ("csv", "json")}
        what = capfirst(dict(before.moments())[self.of])
        title = ngettext(
            "What happened within %(n)s day before each", "What happened within %(n)s days before each", self.days
        ) % {"n": self.days}
        context = {
            "section": "timeline",
            "crumbs": crumbs((reverse("timeline:timeline"), _("Timeline")), ("", _("Before each"))),
            "title": title,
            "what": what,
            "asked": said(self.found, [pair for pair in asked if pair[0] not in ("of", "days")]),
            "fields": self._fields(),
            "here": here,
            "groups": [
                {
                    "moment": moment,
                    "href": moment.record.get_absolute_url(),
                    "timeline": self.in_timeline(moment),
                    "window": Period(*moment.window(self.days)).words,
                    "events": [(item, item.words(self.days)) for item in found[: before.SHOWN]],
                    "is_cut": len(found) > before.SHOWN,
                }
                for moment, found in zip(moments, of_moments, strict=True)
            ],
            "total": page.total,
            "pager": _pager(here, asked, page),
            "files": files,
            "page": {"title": title, "canonical": citing.absolute(with_query(here, asked)), **files, "noindex": True},
        }
        return TemplateResponse(request, "timeline/timeline_before.html", context)

    def _fields(self) -> list[dict]:
        fields = self.found.panel(PANEL)
        for field in fields:
            if field["name"] == "of":
                field["choices"] = [
                    {**choice, "is_chosen": choice["value"] == self.of}
                    for choice in field["choices"]
                    if choice["value"]
                ]
            elif field["name"] == "days":
                field |= {"value": self.days, "input_type": "number", "help": ""}
            elif field["name"] == "from":
                field["help"] = _("Of the moments: a day, a month or a year.")
        return fields


class BeforeCsv(BeforeMixin, View):
    """A row for each event before each moment; a moment before which nothing happened has a row without an event."""

    def get(self, request):
        return csv_answer(self._rows(self.every()), f"before-{self.of}")

    def _rows(self, every) -> Iterator[str]:
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow(COLUMNS)
        for moment, found in every:
            record = moment.record
            head = [self.of, record.key, moment.words, moment.title, citing.absolute(record.get_absolute_url())]
            for item in found:
                event, certainty = item.event, "certainly" if item.is_certain else "possibly"
                address = citing.absolute(event.get_absolute_url())
                writer.writerow([*head, event.key, event.date, event.title, address, item.least, item.most, certainty])
            if not found:
                writer.writerow([*head, *[""] * 7])
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
        yield buffer.getvalue()


class BeforeJson(BeforeMixin, View):
    """The moments, each with the events before it, the nearest first."""

    def get(self, request):
        pieces = self._pieces(self.every())
        return StreamingHttpResponse(pieces, content_type="application/json; charset=utf-8")

    def _pieces(self, every) -> Iterator[str]:
        head = {"revision": self.request.edition.number, "of": self.of, "days": self.days}
        yield json.dumps(head, indent=2)[:-2] + ',\n  "moments": ['
        for n, (moment, found) in enumerate(every):
            text = json.dumps(self._moment(moment, found), ensure_ascii=False, indent=2).replace("\n", "\n    ")
            yield (",\n    " if n else "\n    ") + text
        yield "\n  ]\n}\n"

    def _moment(self, moment: before.Moment, found: list[before.Found]) -> dict:
        first, last = moment.window(self.days)
        return {
            "key": moment.record.key,
            "title": moment.title,
            "url": citing.absolute(moment.record.get_absolute_url()),
            "earliest": moment.first.isoformat(),
            "latest": moment.last.isoformat(),
            "from": first.isoformat(),
            "to": last.isoformat(),
            "events": [
                {
                    "key": item.event.key,
                    "title": item.event.title,
                    "url": citing.absolute(item.event.get_absolute_url()),
                    "date": item.event.date,
                    "days_before": [item.least, item.most],
                    "certainty": "certainly" if item.is_certain else "possibly",
                }
                for item in found
            ],
        }
