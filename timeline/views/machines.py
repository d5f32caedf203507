"""What machines ask for: whether the site is well, what may be crawled, and where everything is."""

from math import ceil

from django.core.paginator import EmptyPage
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import Http404, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from relations.filters import BadQuery, QueryFault, shown, unknown_names
from relations.models import PublicRevision

from .. import citing
from ..sitemaps import SECTIONS
from .base import no_parameters


def sitemap_index(request):
    """The sitemaps, at least one a kind of record that there is."""
    no_parameters(request)
    found = []
    for section, sitemap in SECTIONS.items():
        address = citing.absolute(reverse("timeline:sitemap-section", args=[section]))
        count, latest = sitemap.extent()
        for number in range(1, ceil(count / sitemap.limit) + 1):
            location = address if number == 1 else f"{address}?p={number}"
            found.append({"location": location, "last_mod": latest})
    return TemplateResponse(request, "sitemap_index.xml", {"sitemaps": found}, content_type="application/xml")


def sitemap_section(request, section):
    """One sitemap; `p` is its page."""
    if section not in SECTIONS:
        raise Http404
    if faults := unknown_names(request.GET, ("p",)):
        raise BadQuery(faults, request.GET, ("p",))
    text = request.GET.get("p") or "1"
    if not (text.isascii() and text.isdigit() and len(text) < 7 and int(text)):
        message = _("“%(value)s” is no page of a sitemap; write a whole number such as 2") % {"value": shown(text)}
        raise BadQuery([QueryFault("p", text, message)], request.GET, ("p",))
    try:
        addresses = SECTIONS[section].get_urls(int(text))
    except EmptyPage as error:
        raise Http404 from error
    return TemplateResponse(request, "sitemap.xml", {"urlset": addresses}, content_type="application/xml")


def robots(request):
    """What may be crawled: all but the desk."""
    no_parameters(request)
    lines = ["User-agent: *", "Disallow: /admin/", f"Sitemap: {citing.absolute(reverse('timeline:sitemap'))}", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


@require_safe
def healthz(request):
    """Whether the database answers and its tables are of this version; 503 where not."""
    state = {"database": False, "migrations": False, "revision": None}
    try:
        executor = MigrationExecutor(connection)
        state["database"] = True
        state["migrations"] = not executor.migration_plan(executor.loader.graph.leaf_nodes())
        state["revision"] = PublicRevision.objects.values_list("number", flat=True).first() or 0
    except Error:
        pass
    is_well = state["database"] and state["migrations"]
    response = JsonResponse({"status": "ok" if is_well else "unwell", **state}, status=200 if is_well else 503)
    response.headers["Cache-Control"] = "no-store"
    return response
