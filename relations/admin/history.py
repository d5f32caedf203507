"""Every version of a record: who, when, why, and what changed, field by field; and what leans on it."""

from dataclasses import dataclass, replace

from django.contrib import messages
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from .. import publishing, writing
from ..comparing import Difference, differences
from ..models import Keyed, Plan, Revision, Source, State
from ..restoring import edit_to
from .forms import KINDS_OF_CHANGE
from .gathering import refusal_in_words
from .impact import leanings, resting_on

VERSIONS_A_PAGE = 30
MOST_CHOICES = 500  # versions that a list offers for comparison; the address takes any
LONGEST_REASON = 1000


@dataclass(frozen=True)
class Entry:
    """One version with what it changed; `is_shown` says that it is the one that the public sees now."""

    revision: Revision
    differences: list[Difference]
    is_shown: bool = False


def revisions_of(record: Keyed):
    """Return the revisions of a record, newest first, with their people."""
    found = Revision.objects.filter(content_type=ContentType.objects.get_for_model(record), object_id=record.pk)
    people = ("written_by", "written_by_package", "published_by", "published_by_package", "plan")
    return found.select_related(*people).order_by("-version")


def revision_of(record: Keyed, version: int) -> Revision | None:
    """Return one version of a record."""
    return revisions_of(record).filter(version=version).first()


def entries(record: Keyed, revisions: list[Revision], older: Revision | None = None) -> list[Entry]:
    """Return revisions, newest first, each compared with the one before it; `older` comes before the last."""
    found = []
    for revision, before in zip(revisions, [*revisions[1:], older], strict=False):
        # The first version is new as a whole: to list every cell would say nothing more.
        changed = differences(before.data, revision.data) if before else []
        found.append(Entry(revision, changed, record.is_public and revision.version == record.version))
    return found


def _version(text: str) -> int:
    """Return the number of a version as an address or a form has it; 0 for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _place(record: Keyed, page: str) -> str:
    return reverse(f"admin:{record._meta.app_label}_{record._meta.model_name}_{page}", args=[record.pk])


class HistoryMixin:
    """For a ModelAdmin: the history of a record from its revisions, in place of Django's log."""

    def get_urls(self):
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        wrap = self.admin_site.admin_view
        return [
            path("<path:object_id>/impact/", wrap(self.impact_view), name=f"{name}_impact"),
            path("<path:object_id>/compare/", wrap(self.compare_view), name=f"{name}_compare"),
            path("<path:object_id>/restore/<int:version>/", wrap(self.restore_view), name=f"{name}_restore"),
            *super().get_urls(),
        ]

    def history_view(self, request, object_id, extra_context=None):
        record = self._seen(request, object_id)
        if record is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        page = Paginator(revisions_of(record), VERSIONS_A_PAGE).get_page(request.GET.get("p"))
        shown = list(page.object_list)
        older = revision_of(record, shown[-1].version - 1) if shown else None
        context = {
            "title": _("History"),
            "page": page,
            "entries": entries(record, shown, older),
            "versions": list(revisions_of(record)[:MOST_CHOICES]) if page.has_other_pages() else shown,
            "can_restore": self._can_restore(request, record),
        }
        return self._about(request, record, "admin/desk/history.html", context | (extra_context or {}))

    def compare_view(self, request, object_id):
        """Compare two versions, whichever is older first: `<pk>/compare/?from=2&to=5`."""
        record = self._seen(request, object_id)
        if record is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        asked = sorted(_version(request.GET.get(name, "")) for name in ("from", "to"))
        before, after = (revision_of(record, version) for version in asked)
        if before is None or after is None:
            words = _("Choose two of its versions, from 1 to %(latest)s.") % {"latest": record.version}
            self.message_user(request, words, messages.ERROR)
            return HttpResponseRedirect(_place(record, "history"))
        context = {
            "title": _("Versions %(before)s and %(after)s") % {"before": before.version, "after": after.version},
            "before": before,
            "after": after,
            "differences": differences(before.data, after.data),
            "can_restore": self._can_restore(request, record),
        }
        return self._about(request, record, "admin/desk/compare.html", context)

    def restore_view(self, request, object_id, version):
        """Show what would change if the record said again what a version said; on POST make it so, or propose it."""
        record = self._seen(request, object_id)
        if record is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self._can_restore(request, record):
            raise PermissionDenied
        revision = revision_of(record, min(version, 10**9))
        if revision is None:
            raise Http404
        is_public = record.state == State.PUBLISHED
        edit, faults = edit_to(record, revision), []
        if request.method == "POST":
            edit = replace(edit, seen=_version(request.POST.get("version", "")))
            reason = request.POST.get("reason", "").strip()[:LONGEST_REASON]
            try:
                return self._restored(request, record, self._restore(request, edit, revision, reason, is_public))
            except writing.Refused as refused:
                faults = refusal_in_words(refused.faults)
        now = writing.snapshots(self.model, [record.pk])[record.pk]
        after = {"cells": now["cells"] | edit.cells, "children": now["children"] | edit.children}
        context = {
            "title": _("Restore version %(version)s") % {"version": revision.version},
            "revision": revision,
            "record": record,
            "differences": differences(now, after),
            "faults": faults,
            "kinds": KINDS_OF_CHANGE if is_public else [],
            "typed": request.POST,
        }
        return self._about(request, record, "admin/desk/restore.html", context)

    def _restore(self, request, edit: writing.Edit, revision: Revision, reason: str, is_public: bool):
        """Write the edit as a new version, or propose it where the public would see it."""
        if is_public:
            change = request.POST.get("change", "")
            return publishing.propose([edit], by=request.user, change=change, reason=reason)
        reason = reason or _("Version %(version)s restored.") % {"version": revision.version}
        return writing.write([edit], by=request.user, reason=reason)

    def _restored(self, request, record: Keyed, made):
        """Say what became of it, and go on."""
        if isinstance(made, Plan) and made.state == Plan.State.WAITING:
            self.message_user(request, _("It is proposed, and waits for a second person."), messages.SUCCESS)
            return HttpResponseRedirect(made.get_absolute_url())
        words = _("It says again what that version said.") if made else _("Nothing differs, so nothing was saved.")
        self.message_user(request, words, messages.SUCCESS if made else messages.INFO)
        return HttpResponseRedirect(_place(record, "change"))

    def _can_restore(self, request, record: Keyed) -> bool:
        return record.state != State.WITHDRAWN and writing.may(request.user, "change", self.model)

    def impact_view(self, request, object_id):
        """List who names the record: `<pk>/impact/`."""
        record = self._seen(request, object_id)
        if record is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        context = {"title": _("What points here"), "leanings": leanings(record)}
        if isinstance(record, Source):
            context |= {"title": _("What rests on it"), "resting": resting_on(record)}
        return self._about(request, record, "admin/desk/impact.html", context)

    def _seen(self, request, object_id) -> Keyed | None:
        # Its lists and children are read from its versions, so none is fetched here.
        is_number = object_id.isascii() and object_id.isdigit() and len(object_id) <= 18
        record = self.get_queryset(request).filter(pk=object_id).first() if is_number else None
        if not self.has_view_or_change_permission(request, record):
            raise PermissionDenied
        return record

    def _about(self, request, record: Keyed, template: str, context: dict):
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": record,
            "preserved_filters": self.get_preserved_filters(request),
            **context,
        }
        return TemplateResponse(request, template, context)
