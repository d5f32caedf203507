"""Every version of a record: who, when, why, and what changed, field by field; and what leans on it."""

from dataclasses import dataclass

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext as _

from ..comparing import Difference, differences
from ..models import Keyed, Revision
from .impact import leanings

VERSIONS_A_PAGE = 30


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


class HistoryMixin:
    """For a ModelAdmin: the history of a record from its revisions, in place of Django's log."""

    def get_urls(self):
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        view = self.admin_site.admin_view(self.impact_view)
        return [path("<path:object_id>/impact/", view, name=f"{name}_impact"), *super().get_urls()]

    def history_view(self, request, object_id, extra_context=None):
        record = self._seen(request, object_id)
        if record is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        page = Paginator(revisions_of(record), VERSIONS_A_PAGE).get_page(request.GET.get("p"))
        shown = list(page.object_list)
        older = revision_of(record, shown[-1].version - 1) if shown else None
        context = {"title": _("History"), "page": page, "entries": entries(record, shown, older)}
        return self._about(request, record, "admin/desk/history.html", context | (extra_context or {}))

    def impact_view(self, request, object_id):
        """List who names the record: `<pk>/impact/`."""
        record = self._seen(request, object_id)
        if record is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        context = {"title": _("What points here"), "leanings": leanings(record)}
        return self._about(request, record, "admin/desk/impact.html", context)

    def _seen(self, request, object_id) -> Keyed | None:
        record = self.get_object(request, object_id)
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
