"""The record as files: the package, each of its tables, and the page with the dictionary of every column."""

from collections.abc import Iterable, Iterator

from django.http import Http404, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from relations import package
from relations.exporting import zipped
from relations.models import PublicRevision

from ..dictionary import dictionary, vocabularies
from .base import no_parameters


class Changed(Exception):
    """The record changed while its package was written, so that the files would not fit each other."""


def _unchanged(files: Iterable[tuple[str, Iterable[str]]]) -> Iterator[tuple[str, Iterable[str]]]:
    """Yield files as they are; raise Changed at the end if a public record changed meanwhile.

    A download that breaks off is a fault that everybody sees; files of two states of the record are not.
    """
    before = _revision()
    yield from files
    if _revision() != before:
        raise Changed


def _revision() -> int | None:
    return PublicRevision.objects.values_list("number", flat=True).first()


def data(request):
    no_parameters(request)
    edition = request.edition
    context = {
        "section": "data",
        "files": dictionary(),
        "vocabularies": vocabularies(),
        "caveats": [text.split("`") for text in edition.pair.caveats],  # every second part is a name of the data
        "calendars": [(code, calendar.name) for code, calendar in edition.pair.calendars.items()],
        "package": edition.pair,
        "page": {"title": _("Data"), "description": _("Downloads, dictionary, licence and caveats of the data.")},
    }
    return render(request, "timeline/data.html", context)


def data_package(request):
    """Answer the whole package as a zip, file after file."""
    no_parameters(request)
    name = request.edition.pair.name or "bilateral"
    return _file(zipped(_unchanged(package.dump())), "application/zip", f"{name}.zip")


def data_file(request, name: str):
    """Answer one file of the package as CSV."""
    no_parameters(request)
    if name not in package.files():
        raise Http404
    return _file(package.table_text(name), "text/csv; charset=utf-8", f"{name}.csv")


def data_descriptor(request):
    """Answer `datapackage.json`."""
    no_parameters(request)
    return _file([package.descriptor_text()], "application/json", package.DESCRIPTOR)


def _file(pieces: Iterable[bytes | str], content_type: str, name: str) -> StreamingHttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(pieces, content_type=content_type, headers=headers)
