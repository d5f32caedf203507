"""What falls due on conditions as an iCalendar file (RFC 5545), each under an id that does not change."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpResponse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from relations import pair
from relations.deadlines import Due, DueKind
from relations.models import Assessment
from relations.states import Docket

from . import citing


def in_words(due: Due, docket: Docket) -> tuple[str, str]:
    """Return what falls due, and what else there is to say of it."""
    record = docket.conditions[due.condition].record
    if due.kind == DueKind.DEADLINE:
        note = _("Target: %(target)s") % {"target": f"{due.benchmark.target} {due.benchmark.unit}".strip()}
        if due.former:
            former = ", ".join(known.short() for known in due.former)
            note += ". " + _("Reset; before: %(dates)s") % {"dates": former}
        return due.benchmark.title, note
    if due.kind == DueKind.RENEWAL:
        word = capfirst(Assessment.Finding(due.finding.finding).label)
        title = _("“%(finding)s” runs out: a new finding is due") % {"finding": word}
        return title, _("Found %(date)s") % {"date": due.finding.known.short()}
    return _("Last day in force"), record.legal_citation


def calendar(title: str, dues: list[Due], docket: Docket, edition) -> HttpResponse:
    """Return the answer: a day, or the days that a deadline can mean, as whole days."""
    found = Calendar()
    found.add("prodid", "-//Bilateral//conditions//EN")
    found.add("version", "2.0")
    found.add("x-wr-calname", title)
    host = urlsplit(settings.PUBLIC_URL).hostname
    # When the record last changed, not when it was asked for: the same record gives the same file.
    stamp = edition.changed_at.astimezone(UTC) if edition.changed_at else datetime(1970, 1, 1, tzinfo=UTC)
    for due in dues:
        record = docket.conditions[due.condition].record
        words, note = in_words(due, docket)
        event = Event()
        event.add("uid", f"{due.kind}-{due.key}@{host}")
        event.add("dtstamp", stamp.replace(microsecond=0))
        event.add("dtstart", due.first)
        if due.last.year < 9999:
            event.add("dtend", due.last + timedelta(days=1))
        event.add("summary", f"{record.short_title or record.title}: {words}")
        event.add("description", note)
        event.add(
            "url", citing.absolute(f"{record.get_absolute_url()}{'#' + due.key if due.key != record.key else ''}")
        )
        event.add("transp", "TRANSPARENT")
        found.add_component(event)
    response = HttpResponse(found.to_ical(), content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{pair.current().name or "conditions"}.ics"'
    return response
