"""The picture of a timeline elsewhere: within a page of another site, and as a file."""

from csp.decorators import csp_replace
from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_exempt

from relations import pair

from .. import citing, paging
from ..drawing.files import pictures_as_file
from .amounts import source_of
from .records import crumbs
from .timeline import View, _title, _window

AROUND = 210  # pixels of an embedded page above and below its drawings
LEAST_HEIGHT = 320


def framed(view):
    """Let pages of any site show this one in a frame, and loosen nothing else. It goes around `public`: a 304 too."""
    return xframe_options_exempt(csp_replace({"frame-ancestors": ["*"]})(view))


def _picture(request) -> tuple[View, dict]:
    """Return the view, and what draws it: `strip`, `picture` and `total`; nothing where there is no event."""
    view = View(request, page_parameters=())
    if not view.window:
        return view, {}
    total = paging.total_of(view.events)
    return view, {"total": total, **_window(view, total)}


def _whole_title(view: View) -> str:
    asked = [item.words for item in view.active() if item.name != "from"]
    return ", ".join([f"{pair.current().title}: {_title(view)}", *asked])


def embedded(request):
    """Answer a timeline to be shown in a frame: it needs no script, and its links open beside the page around it."""
    view, drawn = _picture(request)
    context = {
        **drawn,
        "title": _title(view),
        "active": [item for item in view.active() if item.name != "from"],
        "href": citing.absolute(view.address()),
        "source": source_of(request),
    }
    page = render_to_string("timeline/embed_timeline.html", context, request)
    return HttpResponse(page.replace("<a ", '<a target="_blank" rel="noopener" '))


def embed(request):
    """Answer how to show a view in a page of another site: the snippet."""
    view, drawn = _picture(request)
    height = LEAST_HEIGHT
    if drawn:
        height = round(AROUND + drawn["strip"].wide.height + drawn["picture"].wide.height)
    title = _whole_title(view)
    query = view.address().partition("?")[2]
    address = citing.absolute(reverse("timeline:embed-timeline") + (f"?{query}" if query else ""))
    context = {
        "section": "timeline",
        "crumbs": crumbs((view.address(), _("Timeline")), ("", _("Embed"))),
        "title": title,
        "snippet": render_to_string("timeline/_snippet.html", {"address": address, "height": height, "title": title}),
        "address": address,
        "page": {"title": _("Embed"), "noindex": True},
    }
    return render(request, "timeline/timeline_embed.html", context)


def picture_svg(request):
    """Answer the strip and the lanes as an SVG document with title, source and date in it."""
    view, drawn = _picture(request)
    drawings = [(drawn["strip"].wide, "strip"), (drawn["picture"].wide, "lanes_window")] if drawn else []
    body = pictures_as_file(drawings, title=_whole_title(view), source=source_of(request))
    response = HttpResponse(body, content_type="image/svg+xml; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="timeline.svg"'
    return response
