"""Events in the forms of others, TimelineJS and iCalendar, and beside each what it cannot say.

    timelinejs(events, edition)   # JSON in pieces
    calendar(events, edition)     # iCalendar in pieces
    losses(events, FORM)          # CSV in pieces: what was dropped or lowered, cell by cell

Each event is one slide or one entry under the id that its key makes. What is dropped is in the losses whole; what is
lowered stands in the file with less than was recorded. Sources: TimelineJS 3, JSON format; RFC 5545 for iCalendar.
"""

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import QuerySet
from django.utils.html import escape
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from icalendar import Calendar
from icalendar import Event as Entry

from relations import dates, pair
from relations.comparing import in_words
from relations.resources import public_cells, resource_of

from .citing import absolute
from .models import Event

CHUNK = 500
COLUMNS = ("record", "field", "value", "became", "why")
DROPPED, LOWERED = "dropped", "lowered"


@dataclass(frozen=True)
class Loss:
    """What a form cannot say of one event: the field, its value, and whether it is dropped or lowered, and why."""

    record: str
    field: str
    value: str
    became: str
    why: str


# ----------------------------------------------------------------------------------------------------- TimelineJS


def timelinejs(events: QuerySet, edition) -> Iterator[str]:
    """Yield the events as the JSON of a timeline of TimelineJS, oldest first."""
    head = {"headline": escape(edition.pair.title), "text": escape(edition.pair.licence)}
    yield json.dumps({"title": {"text": head}}, ensure_ascii=False)[:-1] + ', "events": ['
    for number, event in enumerate(_loaded(events)):
        yield (",\n" if number else "\n") + json.dumps(_slide(event), ensure_ascii=False)
    yield "\n]}\n"


def _slide(event: Event) -> dict:
    known = dates.parse(event.date)
    start = known.start if known.start.precision else known.end
    slide = {
        "unique_id": event.key,
        "start_date": _parts(start),
        "text": {"headline": escape(event.title), "text": f"<p>{escape(event.summary)}</p>{_more(event)}"},
        "group": str(event.get_kind_display()),
    }
    if known.is_interval and known.start.precision and known.end.precision:
        slide["end_date"] = _parts(known.end)
    if _is_in_words(known):
        slide["display_date"] = capfirst(known.phrase())
    return slide


def _parts(end: dates.End) -> dict[str, int]:
    """Return the year, and month and day where they are known."""
    found = {"year": end.first.year}
    if end.precision in ("month", "day"):
        found["month"] = end.first.month
    if end.precision == "day":
        found["day"] = end.first.day
    return found


def _is_in_words(known: dates.Edtf) -> bool:
    """Whether a date says more than years, months and days."""
    exact = all(end.precision in ("year", "month", "day") for end in (known.start, known.end))
    return known.is_qualified or not exact


def _more(event: Event) -> str:
    address = escape(absolute(event.get_absolute_url()))
    return f'<p><a href="{address}">{escape(_("The record and its sources"))}</a></p>'


def _slide_losses(event: Event) -> Iterator[Loss]:
    known = dates.parse(event.date)
    if _is_in_words(known):
        yield Loss(event.key, "date", event.date, LOWERED, _("the doubt and the open ends stand in words alone"))
    yield Loss(event.key, "kind", event.kind, LOWERED, _("it stands as the group, in words"))


# ------------------------------------------------------------------------------------------------------ iCalendar


def calendar(events: QuerySet, edition) -> Iterator[bytes]:
    """Yield the events as entries of a calendar, whole days, oldest first."""
    frame = Calendar()
    frame.add("prodid", "-//Bilateral//events//EN")
    frame.add("version", "2.0")
    frame.add("x-wr-calname", edition.pair.title)
    head, tail = frame.to_ical().split(b"END:VCALENDAR")
    yield head
    host = urlsplit(settings.PUBLIC_URL).hostname
    # When the record last changed, not when it was asked for: the same record gives the same file.
    stamp = edition.changed_at.astimezone(UTC) if edition.changed_at else datetime(1970, 1, 1, tzinfo=UTC)
    for event in _loaded(events):
        yield _entry(event, host, stamp.replace(microsecond=0)).to_ical()
    yield b"END:VCALENDAR" + tail


def _entry(event: Event, host: str, stamp: datetime) -> Entry:
    first, last = _days(event)
    entry = Entry()
    entry.add("uid", f"event-{event.key}@{host}")
    entry.add("dtstamp", stamp)
    entry.add("dtstart", first)
    if last < date.max:
        entry.add("dtend", last + timedelta(days=1))
    entry.add("summary", event.title)
    entry.add("description", event.summary)
    if event.place or event.country:
        entry.add("location", ", ".join(filter(None, (event.place, event.country and event.get_country_display()))))
    if event.latitude is not None:
        entry.add("geo", (float(event.latitude), float(event.longitude)))
    themes = sorted(theme.name for theme in event.themes.all() if theme.is_public)
    entry.add("categories", [str(event.get_kind_display()), *themes])
    entry.add("url", absolute(event.get_absolute_url()))
    entry.add("transp", "TRANSPARENT")
    return entry


def _days(event: Event) -> tuple[date, date]:
    """Return the first and the last day that a calendar marks: of an open end the day that is known."""
    known = dates.parse(event.date)
    first = known.earliest if known.start.precision else known.end.first
    return first, known.latest if known.end.precision else known.start.last


def _entry_losses(event: Event) -> Iterator[Loss]:
    known = dates.parse(event.date)
    if known.is_qualified:
        yield Loss(event.key, "date", event.date, LOWERED, _("a calendar has no doubt; the days stand as certain"))
    elif known.is_open_start or known.is_open_end:
        yield Loss(event.key, "date", event.date, LOWERED, _("a calendar has no open end; the known day stands"))
    elif known.precision != "day":
        yield Loss(event.key, "date", event.date, LOWERED, _("a calendar has days alone; all that it can be stand"))
    yield Loss(event.key, "kind", event.kind, LOWERED, _("it stands as a category, in words"))
    if themes := [theme.key for theme in event.themes.all() if theme.is_public]:
        yield Loss(event.key, "themes", "|".join(sorted(themes)), LOWERED, _("they stand as categories, by name"))
    if event.country:
        yield Loss(event.key, "country", event.country, LOWERED, _("it stands with the place, in words"))


# --------------------------------------------------------------------------------------------------------- losses


@dataclass(frozen=True)
class Form:
    """A form of others: the fields that it says exactly, and what it lowers."""

    says: frozenset[str]
    lowered: Callable[[Event], Iterator[Loss]]


TIMELINEJS = Form(frozenset({"key", "title", "summary"}), _slide_losses)
CALENDAR = Form(frozenset({"key", "title", "summary", "place", "latitude", "longitude"}), _entry_losses)


def losses(events: QuerySet, form: Form) -> Iterator[str]:
    """Yield what a form cannot say of the events, as CSV in pieces, in the order of the form and of the columns."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    for event in _loaded(events):
        for loss in _losses(event, form):
            writer.writerow((loss.record, loss.field, loss.value, loss.became, loss.why))
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue()


def _losses(event: Event, form: Form) -> Iterator[Loss]:
    lowered = {loss.field: loss for loss in form.lowered(event)}
    resource = resource_of(Event)
    with public_cells():
        found = resource.snapshot(event)
    why = _("the form has no place for it")
    for name, text in found["cells"].items():
        if name in lowered:
            yield lowered[name]
        elif text and text != resource.default_text(name) and name not in form.says and name != "date":
            yield Loss(event.key, name, text, DROPPED, why)
    for name, rows in found["children"].items():
        for row in rows:
            yield Loss(event.key, name, in_words(name, row), DROPPED, why)


def _loaded(events: QuerySet) -> Iterator[Event]:
    return resource_of(Event).with_relations(events.order_by("earliest", "key")).iterator(chunk_size=CHUNK)


def file_name(suffix: str) -> str:
    """Return the name under which a browser keeps the file."""
    return f"{pair.current().name or 'timeline'}{suffix}"
