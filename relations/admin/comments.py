"""Comments of the desk: those that are open as a list, and the doors by which one is written and marked as done."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..commenting import comment, finish
from ..models import Comment, Keyed
from ..writing import Refused, keyed_models, may
from .fields import label_of
from .gathering import refusal_in_words
from .plans import Watched, moment


class DoneFilter(admin.SimpleListFilter):
    """What is open, unless something else is asked for."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [("done", _("done")), ("all", _("all"))]

    def choices(self, changelist):
        first, *others = super().choices(changelist)
        yield first | {"display": _("open")}
        yield from others

    def queryset(self, request, queryset):
        if self.value() == "all":
            return queryset
        return queryset.filter(done_at__isnull=self.value() != "done")


@admin.register(Comment)
class CommentAdmin(Watched):
    """What the desk says of records, the oldest first; each leads to its record."""

    list_display = ("record", "kind_of_record", "text", "written_by", "written", "done")
    list_filter = (DoneFilter,)
    list_select_related = ("content_type", "written_by", "done_by")
    list_display_links = None
    ordering = ("written_at", "pk")
    sortable_by = ()

    def get_urls(self):
        wrap = self.admin_site.admin_view
        return [
            path("write/<str:model>/<int:pk>/", wrap(self.write_view), name="relations_comment_write"),
            path("<int:pk>/done/", wrap(self.done_view), name="relations_comment_done"),
            *super().get_urls(),
        ]

    def get_queryset(self, request):
        seen = [model._meta.model_name for model in keyed_models() if may(request.user, "view", model)]
        return super().get_queryset(request).filter(content_type__model__in=seen)

    def get_changelist_instance(self, request):
        changelist = super().get_changelist_instance(request)
        by_model: dict[type[Keyed], list[Comment]] = {}
        for item in changelist.result_list:
            by_model.setdefault(item.content_type.model_class(), []).append(item)
        for model, items in by_model.items():
            found = model._base_manager.in_bulk([item.object_id for item in items])
            for item in items:
                item.about = found.get(item.object_id)
        return changelist

    @admin.display(description=gettext_lazy("record"))
    def record(self, item):
        """What it is said of."""
        place = f"admin:{item.content_type.app_label}_{item.content_type.model}_change"
        return format_html('<a href="{}">{}</a>', reverse(place, args=[item.object_id]), label_of(item.about))

    @admin.display(description=gettext_lazy("kind"))
    def kind_of_record(self, item):
        """What kind of record it is said of."""
        return item.content_type.name

    @admin.display(description=gettext_lazy("written"), ordering="written_at")
    def written(self, item):
        """When it was written."""
        return moment(item.written_at)

    @admin.display(description=gettext_lazy("done"))
    def done(self, item):
        """Who marked it as done, and when."""
        return f"{item.done_by}, {moment(item.done_at)}" if item.done_at else None

    def change_view(self, request, object_id, form_url="", extra_context=None):
        item = self.get_object(request, object_id)
        if not self.has_view_permission(request, item):
            raise PermissionDenied
        if item is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return HttpResponseRedirect(_form_of(item.content_type.model_class(), item.object_id))

    def write_view(self, request, model, pk):
        """Keep a comment on a record: POST `text`."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        found = next((item for item in keyed_models() if item._meta.label_lower == model), None)
        if found is None or pk >= 2**63:
            raise Http404
        if not may(request.user, "view", found):
            raise PermissionDenied
        record = found._base_manager.filter(pk=pk).first()
        if record is None:
            raise Http404
        try:
            comment([record], request.POST.get("text", ""), by=request.user)
        except Refused as refused:
            self.message_user(request, " ".join(refusal_in_words(refused.faults)), messages.ERROR)
        return self._back(request, _form_of(found, pk))

    def done_view(self, request, pk):
        """Mark a comment as done."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.has_view_permission(request):
            raise PermissionDenied
        item = self.get_queryset(request).filter(pk=min(pk, 2**63 - 1)).select_related("content_type").first()
        if item is None:
            raise Http404
        finish(item, by=request.user)
        return self._back(request, _form_of(item.content_type.model_class(), item.object_id))

    def _back(self, request, otherwise: str) -> HttpResponseRedirect:
        """Go back to where it was written."""
        to = request.POST.get("to", "")
        is_ours = url_has_allowed_host_and_scheme(to, allowed_hosts={request.get_host()}) and to.startswith("/")
        return HttpResponseRedirect(f"{to if is_ours else otherwise}#comments")


def _form_of(model: type[Keyed], pk: int) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[pk])
