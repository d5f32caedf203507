"""Review: what is submitted or proposed as the public would see it, each claim beside its source, and the next one."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from csp.constants import SELF
from csp.decorators import csp_replace, csp_update
from django.conf import settings
from django.contrib import messages
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import path, resolve, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.clickjacking import xframe_options_sameorigin

from .. import publishing
from ..comparing import differences, references
from ..marking import marked
from ..models import Keyed, Need, Plan, Record, Revision, Source, State
from ..resources import resource_of
from ..restoring import edit_to
from ..writing import Edit, Refused, keyed_models, may, snapshots, supposed, writers
from .acts import ACTS, why_not
from .claims import claims_of
from .gathering import refusal_in_words
from .history import revisions_of
from .panel import remarks_on

MOST_WAITING = 200  # beyond which the queue does not look
MAIN = re.compile(r"(<main\b[^>]*>)(.*)(</main>)", re.DOTALL)
LINK = re.compile(r'<a (?![^>]*\bhref="#)')

framing = csp_update({"frame-src": [SELF]})  # for a page with a frame
framed = csp_replace({"frame-ancestors": [SELF]})  # for the page within it


# ------------------------------------------------------------------------------------------------------- the queue


@dataclass(frozen=True)
class Waiting:
    """A record or a proposal that waits for a second person, and where it is decided on."""

    model: type
    pk: int
    url: str


def queue(person) -> list[Waiting]:
    """Return what waits for this person to decide on, the longest first: not what the person wrote."""
    needs = Need.objects.filter(kind=Need.Kind.CHECK).order_by("since", "pk")
    if settings.SECOND_PERSON:
        needs = needs.exclude(person=person)
    order = [(need.content_type_id, need.object_id) for need in needs[:MOST_WAITING]]
    found: dict[tuple[int, int], Waiting] = {}
    for content_type in ContentType.objects.get_for_models(*keyed_models(), Plan).values():
        model, pks = content_type.model_class(), [pk for of, pk in order if of == content_type.pk]
        if pks:
            found |= {(content_type.pk, item.pk): item for item in _decided_by(person, model, pks)}
    return [found[place] for place in order if place in found]


def _decided_by(person, model: type, pks: list[int]) -> Iterator[Waiting]:
    """Yield those records, or proposals, that a person may decide on."""
    if model is Plan:
        for plan in Plan.objects.filter(pk__in=pks).select_related("content_type"):
            if may(person, "publish", plan.content_type.model_class()):
                yield Waiting(Plan, plan.pk, plan.get_absolute_url())
    elif may(person, "publish", model):
        rows = list(model._base_manager.filter(pk__in=pks).only("pk"))
        wrote = writers(rows) if settings.SECOND_PERSON else {}
        for row in rows:
            if person.pk not in wrote.get((model, row.pk), ()):
                yield Waiting(model, row.pk, _address(row, "review"))


@dataclass(frozen=True)
class Place:
    """Where something stands in the queue: how many others wait, and the address of the next."""

    others: int
    next_url: str


def place_of(subject: Keyed | Plan, person) -> Place:
    """Return the place of what one person decides on."""
    waiting = queue(person)
    at = next((n for n, item in enumerate(waiting) if (item.model, item.pk) == (type(subject), subject.pk)), None)
    others = [item for n, item in enumerate(waiting) if n != at]
    after = others[at or 0 :] or others
    return Place(len(others), after[0].url if after else "")


def start(request):
    """Go to what waits longest: `review/`."""
    return to_next(request)


def to_next(request) -> HttpResponseRedirect:
    """Go to what waits longest for this person, or to the first page, and say how much waits besides."""
    waiting = queue(request.user)
    if not waiting:
        messages.info(request, _("Nothing more waits for you."))
        return HttpResponseRedirect(reverse("admin:index"))
    if more := len(waiting) - 1:
        words = ngettext("After this %(count)s more waits.", "After this %(count)s more wait.", more)
        messages.info(request, words % {"count": more})
    return HttpResponseRedirect(waiting[0].url)


# --------------------------------------------------------------------------------------- as the public would see it


def public_page(address: str) -> str:
    """Return the public page at an address, as it is now; nothing where the public finds none."""
    path_only = address.partition("#")[0]
    match = resolve(path_only)
    asked = HttpRequest()
    asked.method, asked.path, asked.path_info, asked.resolver_match = "GET", path_only, path_only, match
    response = match.func(asked, *match.args, **match.kwargs)
    return response.text if response.status_code == 200 else ""


def page_if(record: Keyed, edits: Iterable[Edit]) -> str:
    """Return the public page of a record as it would be after some edits. Raises Refused."""
    with supposed(edits):
        return public_page(type(record)._base_manager.get(pk=record.pk).get_absolute_url())


def framed_page(mark: str, text: str, make: Callable[[], tuple[str, str]]) -> HttpResponse:
    """Answer with a page as the public would see it, under a ribbon; `make` returns it as it was, and as it would be.

    Its links open in a window of their own.
    """
    try:
        before, after = make()
        faults = [] if after else [_("The public finds no page of it: what it belongs to is not public.")]
    except Refused as refused:
        after, faults = "", refusal_in_words(refused.faults)
    if faults:
        return HttpResponse(render_to_string("admin/desk/review_none.html", {"faults": faults}))
    if before:
        old, new = MAIN.search(before), MAIN.search(after)
        after = f"{after[: new.start(2)]}{marked(old[2], new[2])}{after[new.end(2) :]}"
    ribbon = render_to_string("admin/desk/_ribbon.html", {"mark": mark, "text": text})
    sheet = format_html('<link rel="stylesheet" href="{}">', static("relations/review_frame.css"))
    after = LINK.sub('<a target="_blank" rel="noopener" ', after)
    for place, more in (("</head>", sheet), ("<main ", ribbon)):
        after = after.replace(place, f"{more}{place}", 1)
    return HttpResponse(after)


def _address(record: Keyed, page: str, *args) -> str:
    return reverse(f"admin:{record._meta.app_label}_{record._meta.model_name}_{page}", args=[record.pk, *args])


# ---------------------------------------------------------------------------------------------------- one record


@dataclass(frozen=True)
class Companion:
    """A record that is named and not public: whether it is published with it, or why it cannot be."""

    record: Keyed
    url: str
    why_not: str
    is_chosen: bool

    @property
    def name(self) -> str:
        """What the box is called that chooses it."""
        return f"{self.record._meta.label_lower}:{self.record.pk}:{self.record.version}"


def companions_of(record: Keyed, data: dict, person) -> list[Companion]:
    """Return the drafts and submitted records that a version names; sources, which are seen with it, are chosen."""
    keys: dict[type[Keyed], set[str]] = {}
    for model, key in references(resource_of(type(record)), data):
        keys.setdefault(model, set()).add(key)
    found = []
    for model, named in keys.items():
        hidden = model._base_manager.filter(key__in=named, state__in=(State.DRAFT, State.SUBMITTED)).order_by("key")
        for other in hidden:
            if (model, other.pk) == (type(record), record.pk):
                continue
            act = ACTS["publish"]
            reason = why_not(replace(act, states=(State.DRAFT, State.SUBMITTED)), other, person)
            found.append(Companion(other, _address(other, "review"), reason, model is Source and not reason))
    return found


def baseline_of(record: Keyed) -> Revision | None:
    """Return the version that a draft or submitted record is compared with: what was public, else what was returned."""
    past = revisions_of(record).filter(version__lt=record.version)
    return past.filter(published_at__isnull=False).first() or past.filter(act=Revision.Act.RETURN).first()


def reasons_against(record: Keyed, data: dict, companions: list[Companion]) -> list[str]:
    """Return what stands in the way of publishing a record, beside who may."""
    reasons = []
    if isinstance(record, Record) and not data["children"]["citations"]:
        reasons.append(_("It cites no source; a public record needs one."))
    chosen = {(type(item.record), item.record.pk) for item in companions if not item.why_not}
    for name in record.requires:
        required = getattr(record, name)
        if required is not None and not required.is_public and (type(required), required.pk) not in chosen:
            reasons.append(
                _("It belongs to “%(title)s”, which is not public: publish that first.") % {"title": required}
            )
    return reasons


class ReviewMixin:
    """For a ModelAdmin: the page on which a second person decides, and the frame in it."""

    def get_urls(self):
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        wrap = self.admin_site.admin_view
        return [
            path("<path:object_id>/review/", wrap(self.review_view), name=f"{name}_review"),
            path("<path:object_id>/review/page/", wrap(self.review_page_view), name=f"{name}_review_page"),
            *super().get_urls(),
        ]

    @method_decorator(framing)
    def review_view(self, request, object_id):
        """Show a record with its claims; on POST publish it or return it, and go to the next."""
        record = self._seen(request, object_id)
        if record is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        data = snapshots(self.model, [record.pk])[record.pk]
        companions = companions_of(record, data, request.user) if record.state in (State.DRAFT, State.SUBMITTED) else []
        if request.method == "POST" and self._decide(request, record, companions):
            return to_next(request)
        if request.method == "POST":
            record = self.get_object(request, object_id)
        before = baseline_of(record) if record.state in (State.DRAFT, State.SUBMITTED) else None
        context = {
            "title": _("Review") if record.state == State.SUBMITTED else _("As the public would see it"),
            "record": record,
            "claims": claims_of(self.model, data, before and before.data),
            "before": before,
            "differences": differences(before.data, data) if before else [],
            "companions": companions,
            "against": reasons_against(record, data, companions),
            "latest": revisions_of(record).first(),
            "why_not_publish": why_not(ACTS["publish"], record, request.user),
            "why_not_return": why_not(ACTS["return"], record, request.user),
            "is_submitted": record.state == State.SUBMITTED,
            "is_editor": may(request.user, "publish", self.model),
            "place": place_of(record, request.user),
            "frame": f"{_address(record, 'review_page')}{_fragment(record)}",
            "edit_url": _address(record, "change"),
            "typed": request.POST.get("reason", ""),
            "remarks": remarks_on(record, request.user),
        }
        return self._about(request, record, "admin/desk/review.html", context)

    def _decide(self, request, record: Keyed, companions: list[Companion]) -> bool:
        """Do what was asked for; returns whether it was done."""
        name = request.POST.get("act", "")
        if name not in ("publish", "return"):
            raise Http404
        act = ACTS[name]
        if not may(request.user, act.right, self.model):
            raise PermissionDenied
        posted = request.POST.get("version", "")
        record.version = int(posted) if posted.isascii() and posted.isdigit() and len(posted) < 10 else 0
        if name == "return":
            return self.act(request, act, [record])
        chosen = set(request.POST.getlist("with"))
        others = [item.record for item in companions if item.name in chosen and not item.why_not]
        return self.act(request, replace(act, do=partial(_publish_with, others)), [record])

    @method_decorator(xframe_options_sameorigin)
    @method_decorator(framed)
    def review_page_view(self, request, object_id):
        """Answer with the page of a record as the public would see it, and what changed marked."""
        record = self._seen(request, object_id)
        if record is None:
            raise Http404
        if record.is_public:
            page = public_page(record.get_absolute_url())
            return framed_page(_("Public"), _("This is what the public sees."), lambda: ("", page))
        data = snapshots(self.model, [record.pk])[record.pk]
        shown = [Edit(self.model, pk=record.pk, seen=record.version, state=State.PUBLISHED)]
        shown += _edits_of(item.record for item in companions_of(record, data, request.user) if item.is_chosen)
        shown += _edits_of(getattr(record, name) for name in record.requires if getattr(record, name) is not None)
        before = baseline_of(record)

        def make() -> tuple[str, str]:
            after = page_if(record, _once(shown))
            if before is None:
                return "", after
            old = replace(edit_to(record, before), state=State.PUBLISHED)
            return page_if(record, _once([old, *shown[1:]])), after

        return framed_page(record.get_state_display(), _("As the public would see it."), make)


def _publish_with(others: list[Keyed], records: list[Keyed], *, by):
    return publishing.publish_with(records[0], others, by=by)


def _edits_of(records: Iterable[Keyed]) -> list[Edit]:
    """Return the edits by which records that are not public would be."""
    return [
        Edit(type(record), pk=record.pk, seen=record.version, state=State.PUBLISHED)
        for record in records
        if not record.is_public
    ]


def _once(edits: list[Edit]) -> list[Edit]:
    return list({(edit.model, edit.pk): edit for edit in reversed(edits)}.values())


def _fragment(record: Keyed) -> str:
    """Return the anchor of a record on the page of what it belongs to."""
    _path, mark, anchor = record.get_absolute_url().partition("#")
    return mark + anchor
