"""What is answered where there is no page: 400, 403, 404, 410 and 500, each with what would be right.

A file (JSON, CSV, BibTeX, a feed) is refused in JSON or in plain text, a page by a page.
"""

from django.http import HttpResponse, JsonResponse, QueryDict
from django.shortcuts import render
from django.template import loader
from django.urls import reverse
from django.utils.translation import gettext as _

from relations.filters import BadQuery

TEXT_FILES = ("csv", "bibtex", "feed")
JSON_FILES = ("json", "jsonld")


def _wanted(request) -> str:
    """Return json, text or html: what the address asks for."""
    last = request.path.strip("/").rpartition("/")[2]
    if last in JSON_FILES or last.endswith(".json") or request.path.startswith("/api/v1/"):
        return "json"
    return "text" if last in TEXT_FILES or last.endswith((".csv", ".xml", ".txt")) else "html"


def _answer(request, status: int, template: str, title: str, details: str = "", context: dict | None = None, **members):
    wanted = _wanted(request)
    if wanted == "json":
        body = {"status": status, "title": title, **({"detail": details} if details else {}), **members}
        response = JsonResponse(body, status=status, json_dumps_params={"ensure_ascii": False, "indent": 2})
    elif wanted == "text":
        text = "\n".join(filter(None, (title, details)))
        response = HttpResponse(f"{text}\n", status=status, content_type="text/plain; charset=utf-8")
    else:
        page = {"noindex": True, "title": title}
        response = render(
            request,
            template,
            {"title": title, "details": details, "page": page, **(context or {})},
            status=status,
        )
    response.headers["Cache-Control"] = "no-cache"
    return response


def bad_query(request, fault: BadQuery) -> HttpResponse:
    """Answer an address that asks what cannot be read: each value, what would be right, and the rest kept."""
    kept = QueryDict(mutable=True)
    for name, value in fault.kept:
        kept.appendlist(name, value)
    rest = f"{request.path}?{kept.urlencode()}" if kept else request.path
    known = set(fault.known)
    return _answer(
        request,
        400,
        "timeline/400.html",
        _("This address asks what cannot be read."),
        "\n".join(f"{item.name}: {item.message}" for item in fault.faults),
        {
            "faults": fault.faults,
            "mended": [item for item in fault.faults if item.name in known],
            "kept": fault.kept,
            "rest": rest,
        },
        errors=[{"parameter": f.name, "value": f.value, "message": f.message} for f in fault.faults],
        rest=rest,
    )


def not_found(request, exception=None) -> HttpResponse:
    """Answer an address where nothing is, in the same words whether there is a draft or not."""
    words = request.path.strip("/").split("/")[1:2] or request.path.strip("/").split("/")[:1]
    return _answer(
        request,
        404,
        "timeline/404.html",
        _("There is no page here."),
        _("Search the record: %(address)s") % {"address": reverse("timeline:search")},
        {"words": " ".join(words).replace("-", " ")[:200]},
    )


def gone(request, reason: str) -> HttpResponse:
    """Answer the address of a record that was public once."""
    return _answer(request, 410, "timeline/410.html", _("This record was withdrawn."), reason, {"reason": reason})


def bad_request(request, exception=None) -> HttpResponse:
    return _answer(request, 400, "timeline/400.html", _("This request cannot be read."))


def forbidden(request, exception=None) -> HttpResponse:
    return _answer(request, 403, "timeline/403.html", _("This page is not for you."))


def server_error(request) -> HttpResponse:
    """Answer after a fault of the program; asks the database nothing, for it may be what failed."""
    if _wanted(request) == "json":
        return JsonResponse({"status": 500, "title": _("Something went wrong here.")}, status=500)
    return HttpResponse(loader.render_to_string("timeline/500.html"), status=500)
