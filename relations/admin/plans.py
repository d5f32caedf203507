"""What waits for a second person: proposals to change public records, to agree to, to return, or to take back."""

from dataclasses import dataclass

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import OuterRef, Q, Subquery
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.clickjacking import xframe_options_sameorigin

from .. import publishing
from ..comparing import Difference, differences
from ..models import Keyed, Plan, PlanRow, Revision
from ..writing import Edit, Refused, may
from .base import MODULES, CappedPaginator
from .claims import claims_of
from .gathering import refusal_in_words
from .impact import links
from .panel import remarks_on
from .review import companions_of, framed, framed_page, framing, page_if, place_of, to_next

ROWS_A_PAGE = 50


def moment(at) -> str:
    """Return a moment as lists show it."""
    return date_format(localtime(at), "j M Y H:i")


@dataclass(frozen=True)
class Proposed:
    """One record of a proposal: what changes in it, and whether somebody has saved it since."""

    row: PlanRow
    record: Keyed | None
    url: str
    after: dict
    differences: list[Difference]
    is_overtaken: bool


def proposed(rows: list[PlanRow]) -> list[Proposed]:
    """Return the rows of a plan with their records as they are now, in one query a model."""
    now: dict[tuple[int, int], Keyed] = {}
    for content_type in {row.content_type for row in rows}:
        pks = [row.object_id for row in rows if row.content_type == content_type and row.object_id]
        for record in content_type.model_class()._base_manager.filter(pk__in=pks):
            now[content_type.pk, record.pk] = record
    found = []
    for row in rows:
        record = now.get((row.content_type_id, row.object_id))
        after = {
            "cells": row.before.get("cells", {}) | row.cells,
            "children": row.before.get("children", {}) | row.children,
        }
        place = f"admin:{row.content_type.app_label}_{row.content_type.model}_change"
        url = reverse(place, args=[record.pk]) if record else ""
        overtaken = record is not None and record.version != row.version_seen
        found.append(
            Proposed(row, record, url, after, [*differences(row.before, after), *_move(row, record)], overtaken)
        )
    return found


def _move(row: PlanRow, record: Keyed | None) -> list[Difference]:
    """Return how the state of a record changes, and into which record it is merged, as a difference."""
    if not row.state:
        return []
    before, after = record.get_state_display() if row.plan.state == Plan.State.WAITING else "", row.get_state_display()
    if row.into:
        into = type(record)._base_manager.filter(pk=row.into).first()
        after = _("merged into %(record)s") % {"record": into}
    return [Difference("state", before, after)]


def offered(plan: Plan, person) -> set[str]:
    """Return what a person can do with a plan: `agree`, `refuse`, `take-back`."""
    if plan.state != Plan.State.WAITING or plan.kind != Plan.Kind.PROPOSAL:
        return set()
    if plan.author_id == person.pk and settings.SECOND_PERSON:
        return {"take-back"}
    types = plan.rows.order_by().values_list("content_type", flat=True).distinct()
    models = [
        PlanRow._meta.get_field("content_type").related_model.objects.get_for_id(pk).model_class() for pk in types
    ]
    return {"agree", "refuse"} if models and all(may(person, "publish", model) for model in models) else set()


class Watched(admin.ModelAdmin):
    """The admin of what nobody edits: it is looked at."""

    change_list_template = "admin/desk/record_list.html"
    paginator = CappedPaginator
    show_full_result_count = False
    list_per_page = 50
    list_max_show_all = 0
    show_facets = admin.ShowFacets.NEVER
    actions = None

    @property
    def media(self):
        return MODULES

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def history_view(self, request, object_id, extra_context=None):
        raise PermissionDenied  # what nobody edits has no history


class PlanStateFilter(admin.SimpleListFilter):
    """What waits, unless something else is asked for."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [
            *((value, label) for value, label in Plan.State.choices if value != Plan.State.WAITING),
            ("all", _("all")),
        ]

    def choices(self, changelist):
        first, *others = super().choices(changelist)
        yield first | {"display": _("waiting")}
        yield from others

    def queryset(self, request, queryset):
        if self.value() == "all":
            return queryset
        return queryset.filter(state=self.value() if self.value() in Plan.State.values else Plan.State.WAITING)


@admin.register(Plan)
class PlanAdmin(Watched):
    """Proposals, the oldest first."""

    list_display = ("what", "change", "author", "made", "reason", "state")
    list_filter = (PlanStateFilter, "change")
    list_select_related = ("author", "content_type")
    ordering = ("created_at", "pk")
    sortable_by = ("made",)

    @admin.display(description=gettext_lazy("proposed"), ordering="created_at")
    def made(self, plan):
        """When it was proposed."""
        return moment(plan.created_at)

    def get_queryset(self, request):
        # The first rows alone: a proposal that an import left may have 100,000, each with all its cells.
        keys = PlanRow.objects.filter(plan=OuterRef("pk")).order_by("verdict", "number", "pk").values("key")
        first = {f"key_{place}": Subquery(keys[place : place + 1]) for place in range(3)}
        return super().get_queryset(request).filter(kind=Plan.Kind.PROPOSAL).annotate(**first)

    @admin.display(description=gettext_lazy("proposal"))
    def what(self, plan):
        """The records that it changes."""
        keys = [key for key in (plan.key_0, plan.key_1) if key is not None]
        more = _(" and more") if plan.key_2 is not None else ""
        return f"{plan.content_type.name}: {', '.join(keys)}{more}"

    def get_urls(self):
        wrap = self.admin_site.admin_view
        page = path("<path:object_id>/page/<int:row>/", wrap(self.page_view), name="relations_plan_page")
        return [page, *super().get_urls()]

    @method_decorator(framing)
    def change_view(self, request, object_id, form_url="", extra_context=None):
        """Show what would change, or was imported; on POST agree, return or take back."""
        plan = self._seen(request, object_id)
        if not self.has_view_permission(request, plan):
            raise PermissionDenied
        if plan is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if plan.kind == Plan.Kind.IMPORT and plan.author_id == request.user.pk:
            place = f"admin:{plan.content_type.app_label}_{plan.content_type.model}_preview"
            return HttpResponseRedirect(reverse(place, args=[plan.token]))
        if plan.kind == Plan.Kind.REDACT:
            return HttpResponseRedirect(plan.get_absolute_url())
        if plan.kind != Plan.Kind.PROPOSAL:
            return HttpResponseRedirect(reverse("admin:batch", args=[plan.pk]))
        can = offered(plan, request.user)
        if request.method == "POST" and (decided := self._decide(request, plan, can)):
            return decided
        written = [PlanRow.Verdict.NEW, PlanRow.Verdict.CHANGED]
        rows = plan.rows.filter(verdict__in=written).select_related("content_type").order_by("number", "pk")
        page = Paginator(rows, ROWS_A_PAGE).get_page(request.GET.get("p"))
        rows = proposed(list(page.object_list))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": capfirst(plan.get_kind_display()),
            "plan": plan,
            "page": page,
            "rows": rows,
            "can": can,
            "place": place_of(plan, request.user),
            "typed": request.POST.get("comment", ""),
            "reports": list(plan.reports.order_by("made_at", "pk")),
        }
        if shown := self._shown(request, rows):
            context |= self._about(request, plan, shown)
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/desk/plan.html", context)

    def _shown(self, request, rows: list[Proposed]) -> Proposed | None:
        """Return the record of a proposal that is shown as the public would see it: `?row=`, or the first."""
        asked = request.GET.get("row", "")
        found = [item for item in rows if item.record is not None]
        return next((item for item in found if str(item.row.pk) == asked), found[0] if found else None)

    def _about(self, request, plan: Plan, shown: Proposed) -> dict:
        model = type(shown.record)
        is_shown = plan.state == Plan.State.WAITING and not shown.is_overtaken and shown.record.is_public
        anchor = shown.record.get_absolute_url().partition("#")[2]
        own = reverse("admin:relations_plan_page", args=[plan.pk, shown.row.pk])
        is_one = plan.rows.count() == 1
        is_open = plan.state in (Plan.State.WAITING, Plan.State.REFUSED) and may(request.user, "change", model)
        return {
            "shown": shown,
            "claims": claims_of(model, shown.after, shown.row.before),
            "frame": f"{own}#{anchor}" if is_shown else "",
            "hidden": links([item.record for item in companions_of(shown.record, shown.after, request.user)]),
            "mend_url": f"{shown.url}?plan={plan.pk}" if is_one and is_open else "",
            "remarks": remarks_on(shown.record, request.user) if is_one else None,
        }

    @method_decorator(xframe_options_sameorigin)
    @method_decorator(framed)
    def page_view(self, request, object_id, row):
        """Answer with the page of a record as the public would see it, and what would change marked."""
        plan = self._seen(request, object_id)
        if not self.has_view_permission(request, plan):
            raise PermissionDenied
        found = plan and plan.rows.filter(pk=min(row, 2**63 - 1), object_id__isnull=False).first()
        model = found and found.content_type.model_class()
        record = found and model._base_manager.filter(pk=found.object_id, is_public=True).first()
        if not record:
            raise Http404
        if not may(request.user, "view", model):
            raise PermissionDenied
        edit = Edit(type(record), pk=record.pk, seen=found.version_seen, cells=found.cells, children=found.children)
        words = _("As the public would see it once it is agreed to.")
        return framed_page(_("Proposed"), words, lambda: (page_if(record, []), page_if(record, [edit])))

    def _seen(self, request, object_id) -> Plan | None:
        """A proposal; of imports those that were applied, and my own."""
        if not (object_id.isascii() and object_id.isdigit() and len(object_id) < 18):
            return None
        shown = Q(kind=Plan.Kind.PROPOSAL) | Q(state=Plan.State.APPLIED) | Q(author=request.user)
        return Plan.objects.filter(shown, pk=object_id).select_related("content_type", "author").first()

    def _decide(self, request, plan: Plan, can: set[str]) -> HttpResponseRedirect | None:
        """Do what was asked for, and go on; None where nothing was done."""
        act = request.POST.get("act", "")
        if plan.state == Plan.State.WAITING and act not in can:
            raise PermissionDenied
        comment = request.POST.get("comment", "")[:1000]
        try:
            if act == "agree":
                publishing.agree(plan, by=request.user)
                words = _("Agreed: the change is public, and stands on the page of corrections.")
            else:
                publishing.refuse(
                    plan, by=request.user, comment=comment or _("Taken back.") if act == "take-back" else comment
                )
                words = _("Taken back.") if act == "take-back" else _("Returned: its author sees the comment.")
        except Refused as refused:
            sentences = " ".join(refusal_in_words(refused.faults))
            self.message_user(request, format_html("{} {}", _("Nothing was done."), sentences), messages.ERROR)
            plan.refresh_from_db()
            return None
        except PermissionDenied as denied:
            self.message_user(request, str(denied), messages.ERROR)
            return None
        self.message_user(request, words, messages.SUCCESS)
        return HttpResponseRedirect(plan.get_absolute_url()) if act == "take-back" else to_next(request)


@admin.register(Revision)
class RevisionAdmin(Watched):
    """Every version of every record, the latest first; each leads to the history of its record."""

    list_display = ("key", "kind_of_record", "version", "act", "author", "when", "is_public", "reason")
    list_filter = ("act", "change")
    list_select_related = ("content_type", "written_by", "written_by_package")
    list_display_links = None
    ordering = ("-pk",)
    sortable_by = ()

    @admin.display(description=gettext_lazy("record"))
    def key(self, revision):
        """The key that the record had then, leading to its history."""
        place = f"admin:{revision.content_type.app_label}_{revision.content_type.model}_history"
        text = revision.data["cells"].get("key", "")
        return format_html('<a href="{}">{}</a>', reverse(place, args=[revision.object_id]), text)

    @admin.display(description=gettext_lazy("kind"))
    def kind_of_record(self, revision):
        """What it is a version of."""
        return revision.content_type.name

    @admin.display(description=gettext_lazy("when"))
    def when(self, revision):
        """When it was written."""
        return moment(revision.at)

    @admin.display(description=gettext_lazy("public"))
    def is_public(self, revision):
        """Whether the public saw it."""
        return _("yes") if revision.published_at else None

    def change_view(self, request, object_id, form_url="", extra_context=None):
        revision = self.get_object(request, object_id)
        if not self.has_view_permission(request, revision):
            raise PermissionDenied
        if revision is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        place = f"admin:{revision.content_type.app_label}_{revision.content_type.model}_history"
        return HttpResponseRedirect(reverse(place, args=[revision.object_id]))
