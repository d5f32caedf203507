"""What a view of the timeline shows, in the forms of others, and the list of what each cannot say."""

from django.http import StreamingHttpResponse
from django.urls import reverse
from django.views import View

from .. import exchange
from ..citing import absolute
from ..models import Event
from .records import FilteredMixin, csv_answer, with_query


class TimelineForm(FilteredMixin, View):
    """The events of a view in one form; the answer names the list of its losses."""

    model = Event
    page_parameters = ()
    kind = name = ""
    suffix = ""

    def pieces(self, events):
        """Return the file in pieces."""
        raise NotImplementedError

    def get(self, request):
        found, events = self.filtered()
        response = StreamingHttpResponse(self.pieces(events), content_type=f"{self.kind}; charset=utf-8")
        response.headers["Content-Disposition"] = f'attachment; filename="{exchange.file_name(self.suffix)}"'
        lost = absolute(with_query(reverse(f"timeline:timeline-{self.name}-losses"), found.asked()))
        response.headers["Link"] = f'<{lost}>; rel="describedby"; type="text/csv"'
        return response


class TimelineJs(TimelineForm):
    """For TimelineJS."""

    kind, name, suffix = "application/json", "timelinejs", ".timelinejs.json"

    def pieces(self, events):
        return exchange.timelinejs(events, self.request.edition)


class TimelineCalendar(TimelineForm):
    """For calendars."""

    kind, name, suffix = "text/calendar", "ics", ".ics"

    def pieces(self, events):
        return exchange.calendar(events, self.request.edition)


class TimelineLosses(FilteredMixin, View):
    """What a form cannot say of the events of a view."""

    model = Event
    page_parameters = ()
    form: exchange.Form | None = None

    def get(self, request):
        _found, events = self.filtered()
        return csv_answer(exchange.losses(events, self.form), "timeline-losses")
