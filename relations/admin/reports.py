"""What readers report: the list, and each report beside its record, to be answered, rejected or made a proposal."""

from smtplib import SMTPException

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import reporting
from ..models import Keyed, Plan, Report
from ..resources import PartsWidget, RecordResource, ReferencesWidget, resource_of
from ..resources.base import SEPARATOR
from ..writing import Refused, may
from .fields import label_of
from .gathering import refusal_in_words
from .plans import Watched, moment
from .waiting import DeskList, Row, register, subjects_of, words_of


class ReportStateFilter(admin.SimpleListFilter):
    """What is open, unless something else is asked for."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        closed = [(value, label) for value, label in Report.State.choices if value != Report.State.OPEN]
        return [*closed, ("all", _("all"))]

    def choices(self, changelist):
        first, *others = super().choices(changelist)
        yield first | {"display": _("open")}
        yield from others

    def queryset(self, request, queryset):
        if self.value() == "all":
            return queryset
        return queryset.filter(state=self.value() if self.value() in Report.State.values else Report.State.OPEN)


@admin.register(Report)
class ReportAdmin(Watched):
    """Errors that readers reported, the oldest first."""

    list_display = ("text", "record", "column", "state", "reported", "answered")
    list_filter = (ReportStateFilter,)
    list_select_related = ("content_type", "answered_by")
    ordering = ("made_at", "pk")
    sortable_by = ()

    def get_changelist_instance(self, request):
        changelist = super().get_changelist_instance(request)
        by_model: dict[type[Keyed], list[Report]] = {}
        for item in changelist.result_list:
            by_model.setdefault(item.content_type.model_class(), []).append(item)
        for model, items in by_model.items():
            found = model._base_manager.in_bulk([item.object_id for item in items])
            for item in items:
                item.about = found.get(item.object_id)
        return changelist

    @admin.display(description=gettext_lazy("what would be right"))
    def text(self, item):
        """The beginning of what the reader says."""
        return format_html(
            '<span dir="auto">{}</span>', item.right if len(item.right) < 120 else f"{item.right[:119]}…"
        )

    @admin.display(description=gettext_lazy("record"))
    def record(self, item):
        """What it is about."""
        return label_of(item.about)

    @admin.display(description=gettext_lazy("about"))
    def column(self, item):
        """Which column or list is said to be wrong."""
        return item.field.replace("_", " ") or None

    @admin.display(description=gettext_lazy("reported"), ordering="made_at")
    def reported(self, item):
        """When it came in."""
        return moment(item.made_at)

    @admin.display(description=gettext_lazy("answered"))
    def answered(self, item):
        """By whom and when; whether the answer still has to go out."""
        if not item.answered_at:
            return None
        unsent = f" ({_('not sent')})" if item.email and not item.sent_at else ""
        return f"{item.answered_by}, {moment(item.answered_at)}{unsent}"

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """Show a report with its record; on POST answer, reject, or send the answer again."""
        report = self.get_object(request, object_id) if len(str(object_id)) < 18 else None
        if not self.has_view_permission(request, report):
            raise PermissionDenied
        if report is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        typed = request.POST.get("answer", "")[:2000].replace("\0", "")
        if request.method == "POST":
            if not reporting.may_answer(request.user):
                raise PermissionDenied
            if self._act(request, report, typed):
                return HttpResponseRedirect(report.get_absolute_url())
        return self._page(request, report, typed)

    def _act(self, request, report: Report, answer: str) -> bool:
        act = request.POST.get("act", "")
        if act == "thank":
            reporting.thank(report, by=request.user, credit=request.POST.get("credit", "").replace("\0", ""))
            return True
        if act != "send":
            try:
                reporting.answer(report, by=request.user, state=act, words=answer)
            except Refused as refused:
                self.message_user(request, " ".join(refusal_in_words(refused.faults)), messages.ERROR)
                return False
            report.refresh_from_db()
        if report.email and report.answered_at and not report.sent_at:
            self._send(request, report)
        elif act != "send":
            self.message_user(request, _("Kept. No address was given, so no answer goes out."), messages.SUCCESS)
        return True

    def _send(self, request, report: Report) -> None:
        try:
            reporting.send(report)
        except (OSError, SMTPException) as error:
            words = _("The answer is kept, but could not be sent (%(error)s). Send it again from this page.")
            self.message_user(request, words % {"error": error}, messages.ERROR)
        else:
            self.message_user(request, _("The answer is on its way to the reader."), messages.SUCCESS)

    def _page(self, request, report: Report, typed: str) -> TemplateResponse:
        model = report.content_type.model_class()
        resource = resource_of(model)
        record = resource.with_relations(model._base_manager.filter(pk=reporting.about(report).pk)).get()
        own = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[record.pk])
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Reported by a reader"),
            "report": report,
            "record": record,
            "record_url": own,
            "merged": None if record.pk == report.object_id else model._base_manager.get(pk=report.object_id),
            "proposal_url": f"{own}?report={report.pk}"
            if record.is_public and may(request.user, "change", model)
            else "",
            "cells": cells_of(resource, resource.snapshot(record)),
            "field": report.field.replace("_", " "),
            "may_answer": reporting.may_answer(request.user),
            "is_refused": bool(report.plan and report.plan.state == Plan.State.REFUSED),
            "typed": typed,
            "days": reporting.KEPT_DAYS,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/desk/report.html", context)


@register
class ReaderReports(DeskList):
    """What readers say is wrong."""

    name, place = "reports", 45
    title = gettext_lazy("Errors that readers reported")
    about = gettext_lazy("What readers say is wrong in a public record, and nobody has answered yet; the oldest first.")
    empty = gettext_lazy("No reader waits for an answer.")

    def is_for(self, person):
        return person.has_perm("relations.view_report")

    def queryset(self, person):
        return Report.objects.filter(state=Report.State.OPEN).order_by("made_at", "pk")

    def rows(self, found, person):
        subjects = subjects_of((report.content_type_id, report.object_id) for report in found)
        step = _("Look into it: propose the correction, or answer")
        rows = []
        for report in found:
            title, kind = words_of(subjects[report.content_type_id, report.object_id])
            rows.append(Row(title, kind, report.get_absolute_url(), step, report.made_at, note=report.right[:300]))
        return rows


def cells_of(resource: RecordResource, record: dict) -> list[tuple[str, str, list[str]]]:
    """Return (column, label, texts) of what a record says: its filled cells, then the rows of its children."""
    found = []
    for name, text in record["cells"].items():
        is_list = isinstance(resource.fields[name].widget, PartsWidget | ReferencesWidget)
        found.append((name, text.split(SEPARATOR) if is_list else [text]))
    for name, rows in record["children"].items():
        found.append((name, [", ".join(filter(None, row.values())) for row in rows]))
    return [(name, capfirst(name.replace("_", " ")), texts) for name, texts in found if any(texts)]
