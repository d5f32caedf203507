"""Aid programmes as IATI activities, one or those that a filter asks for, and the list of what IATI cannot say."""

from django.http import Http404, StreamingHttpResponse
from django.utils.translation import gettext as _
from django.views import View

from relations.models import AidProgramme

from .. import iati
from ..citing import absolute
from .base import PublishedMixin, no_parameters
from .records import FilteredMixin, address_of, csv_answer, with_query


class ListIati(FilteredMixin, View):
    """The programmes that a list shows, all its pages, as one file."""

    model = AidProgramme
    page_parameters = ()

    def get(self, request):
        found, programmes = self.filtered()
        if not programmes.exists():
            raise Http404(_("No programme matches this, and IATI has no file without an activity."))
        asked = with_query(address_of(self.model, "list-iati-losses"), found.asked())
        return iati_answer(programmes, request.edition, asked, "aid")


class ListLosses(FilteredMixin, View):
    """What IATI cannot say of the programmes that a list shows."""

    model = AidProgramme
    page_parameters = ()

    def get(self, request):
        _found, programmes = self.filtered()
        return csv_answer(iati.losses(programmes, request.edition), "aid-iati-losses")


class ProgrammeIati(PublishedMixin, View):
    """One programme as a file."""

    model = AidProgramme

    def get(self, request, key):
        no_parameters(request)
        programme = self.get_record(key)
        losses = address_of(self.model, "iati-losses", key)
        return iati_answer(self.get_queryset().filter(pk=programme.pk), request.edition, losses, key)


class ProgrammeLosses(PublishedMixin, View):
    """What IATI cannot say of one programme."""

    model = AidProgramme

    def get(self, request, key):
        no_parameters(request)
        programme = self.get_record(key)
        return csv_answer(
            iati.losses(self.get_queryset().filter(pk=programme.pk), request.edition), f"{key}-iati-losses"
        )


def iati_answer(programmes, edition, losses: str, name: str) -> StreamingHttpResponse:
    pieces = iati.activities(programmes, edition, losses=absolute(losses))
    response = StreamingHttpResponse(pieces, content_type="application/xml; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.iati.xml"'
    return response
