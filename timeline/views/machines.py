"""What machines ask for: whether the site is well, what may be crawled, and where everything is."""

from django.conf import settings
from django.contrib.sitemaps.views import index
from django.contrib.sitemaps.views import sitemap as section_of
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpResponse, JsonResponse
from django.urls import reverse

from relations.models import PublicRevision

from .. import citing
from ..sitemaps import SECTIONS
from .base import no_parameters


def _in_public(response, request):
    """Write the addresses of a sitemap as PUBLIC_URL has them."""
    response.render()
    asked = f"{request.scheme}://{request.get_host()}"
    response.content = response.content.replace(asked.encode(), settings.PUBLIC_URL.encode())
    response.headers.pop("Last-Modified", None)
    return HttpResponse(response.content, content_type="application/xml")


def sitemap_index(request):
    """The sitemaps, one a kind of record and five thousand records."""
    no_parameters(request)
    return _in_public(index(request, SECTIONS, sitemap_url_name="timeline:sitemap-section"), request)


def sitemap_section(request, section):
    """One sitemap; `p` is its page."""
    return _in_public(section_of(request, SECTIONS, section), request)


def robots(request):
    """What may be crawled: all but the desk and the endless combinations of filters."""
    no_parameters(request)
    lines = ["User-agent: *", "Disallow: /admin/", f"Sitemap: {citing.absolute(reverse('timeline:sitemap'))}", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


def healthz(request):
    """Whether the database answers and its tables are of this version; 503 where not."""
    state = {"database": False, "migrations": False, "revision": None}
    try:
        executor = MigrationExecutor(connection)
        state["database"] = True
        state["migrations"] = not executor.migration_plan(executor.loader.graph.leaf_nodes())
        state["revision"] = PublicRevision.objects.values_list("number", flat=True).first() or 0
    except DatabaseError:
        pass
    is_well = state["database"] and state["migrations"]
    response = JsonResponse({"status": "ok" if is_well else "unwell", **state}, status=200 if is_well else 503)
    response.headers["Cache-Control"] = "no-store"
    return response
