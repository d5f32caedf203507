"""Tables in and out of the admin: upload, a preview of what would happen, apply or discard; and export.

A plan is private to who made it: to everybody else its address is not there.
"""

import csv

from django import forms
from django.contrib import messages
from django.contrib.admin.options import csrf_protect_m
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponseRedirect, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import importing, package
from ..models import Change, Plan, PlanRow
from ..reading import Unreadable
from ..resources import resource_of
from ..writing import Refused, may

ROWS_A_PAGE = 100
BROWSER_BYTES = 5 * 2**20
VERDICTS = {
    PlanRow.Verdict.REFUSED: gettext_lazy("refused"),
    PlanRow.Verdict.CHANGED: gettext_lazy("to be changed"),
    PlanRow.Verdict.NEW: gettext_lazy("to be created"),
    PlanRow.Verdict.SAME: gettext_lazy("left alone, same as stored"),
}


class UploadForm(forms.Form):
    """A file, and which table it is."""

    table = forms.ChoiceField(label=gettext_lazy("Table"))
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("CSV in UTF-8 with a header row, as an export has it. Nothing is written yet."),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,text/csv"}),
    )

    def __init__(self, *args, model, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["table"].choices = [(name, f"{name}.csv") for name in importing.tables_of(model)]

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > BROWSER_BYTES:
            message = _("The file has %(size)s bytes; in the browser at most %(most)s. Larger ones go by import_csv.")
            raise forms.ValidationError(message % {"size": file.size, "most": BROWSER_BYTES})
        return file


class ApplyForm(forms.Form):
    """Why; and of which kind, where published records change."""

    change = forms.ChoiceField(label=gettext_lazy("Kind of change"), choices=Change.choices, required=False)
    reason = forms.CharField(label=gettext_lazy("Note for the history"), max_length=1000, required=False)

    def __init__(self, *args, is_public: bool, **kwargs):
        super().__init__(*args, **kwargs)
        if is_public:
            self.fields["change"].required = self.fields["reason"].required = True
            self.fields["reason"].label = _("Reason, shown to readers")
        else:
            del self.fields["change"]


class ImportExportMixin:
    """Import and export on the list of a keyed model, for those who have the right."""

    def get_urls(self):
        def name(page: str) -> str:
            return f"{self.opts.app_label}_{self.opts.model_name}_{page}"

        view = self.admin_site.admin_view
        return [
            path("import/", view(self.import_view), name=name("import")),
            path("import/<str:token>/", view(self.preview_view), name=name("preview")),
            path("import/<str:token>/refused.csv", view(self.refused_view), name=name("refused")),
            path("export/", view(self.export_view), name=name("export")),
            *super().get_urls(),
        ]

    def changelist_view(self, request, extra_context=None):
        asked = request.GET.urlencode()
        links = {
            f"{act}_url": self._url(act) + (f"?{asked}" if act == "export" and asked else "")
            for act in ("import", "export")
            if may(request.user, act, self.model)
        }
        return super().changelist_view(request, {**links, **(extra_context or {})})

    def _url(self, page: str, *args) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{page}", args=args)

    def _context(self, request, title: str, **more) -> dict:
        return {**self.admin_site.each_context(request), "opts": self.opts, "title": title, **more}

    def _check(self, request, act: str) -> None:
        if not may(request.user, act, self.model):
            raise PermissionDenied

    def _plan(self, request, token: str) -> Plan:
        mine = Plan.objects.filter(token=token, kind=Plan.Kind.IMPORT, author=request.user)
        plan = mine.select_related("upload").first()
        if plan is None or not hasattr(plan, "upload") and plan.state != Plan.State.DISCARDED:
            raise Http404
        return plan

    # ------------------------------------------------------------------------------------------------- import

    @csrf_protect_m
    def import_view(self, request):
        """Take a file and show what it would do."""
        self._check(request, "import")
        form = UploadForm(request.POST or None, request.FILES or None, model=self.model)
        faults = []
        if request.method == "POST" and form.is_valid():
            file = form.cleaned_data["file"]
            try:
                plan = importing.plan(
                    file.name[-200:], file.read(), resource_name=form.cleaned_data["table"], by=request.user
                )
                return HttpResponseRedirect(self._url("preview", plan.token))
            except Unreadable as error:
                faults = error.faults
        tables = {name: package.files()[name] for name in importing.tables_of(self.model)}
        context = self._context(request, _("Import"), form=form, faults=faults, tables=tables)
        return TemplateResponse(request, "admin/desk/import.html", context, status=400 if faults else 200)

    @csrf_protect_m
    def preview_view(self, request, token):
        """Show a plan row by row; POST applies or discards it."""
        self._check(request, "import")
        plan = self._plan(request, token)
        if plan.state == Plan.State.DISCARDED:
            messages.info(request, _("That import was discarded."))
            return HttpResponseRedirect(self._url("import"))
        public = importing.public_targets(plan) if plan.state == Plan.State.WAITING else 0
        form = ApplyForm(request.POST or None, is_public=bool(public))
        faults = []
        if request.method == "POST":
            if request.POST.get("act") == "discard":
                return self._discard(request, plan)
            if plan.state == Plan.State.APPLIED:
                messages.info(request, _("Already done: what it did stands below."))
                return HttpResponseRedirect(request.path)
            if form.is_valid():
                try:
                    importing.apply(
                        plan,
                        by=request.user,
                        change=form.cleaned_data.get("change", ""),
                        reason=form.cleaned_data["reason"],
                    )
                    return HttpResponseRedirect(request.path)
                except Refused as error:
                    faults = error.faults
        totals = importing.totals(plan)
        chosen = request.GET.get("verdict", "")
        if chosen not in VERDICTS:
            chosen = next((verdict for verdict in VERDICTS if getattr(totals, verdict)), PlanRow.Verdict.SAME)
        rows = plan.rows.filter(verdict=chosen).select_related("content_type")
        page = Paginator(rows, ROWS_A_PAGE).get_page(request.GET.get("p"))
        context = self._context(
            request,
            _("Preview of the import") if plan.state == Plan.State.WAITING else _("What the import did"),
            plan=plan,
            upload=plan.upload,
            totals=totals,
            tally=[(verdict, getattr(totals, verdict), label) for verdict, label in VERDICTS.items()],
            chosen=chosen,
            chosen_label=VERDICTS[chosen],
            page=page,
            rows=[self._shown(row) for row in page],
            left_out=[name for name in package.files()[plan.upload.table] if name not in plan.upload.columns],
            public=public,
            form=form,
            faults=faults,
            is_open=plan.state == Plan.State.WAITING and not totals.refused and bool(totals.writes),
            report=importing.report(plan) if plan.state == Plan.State.APPLIED else None,
            import_url=self._url("import"),
            refused_url=self._url("refused", plan.token),
        )
        return TemplateResponse(request, "admin/desk/preview.html", context, status=409 if faults else 200)

    def _discard(self, request, plan: Plan):
        try:
            importing.discard(plan, by=request.user)
            messages.success(request, _("The import was discarded; nothing was written."))
        except Refused as error:
            messages.error(request, str(error))
        return HttpResponseRedirect(self._url("import"))

    def _shown(self, row: PlanRow) -> dict:
        """A row of a plan as the preview shows it: its record, its faults, what would change."""
        changes = []
        model = row.content_type.model_class()
        if row.verdict in (PlanRow.Verdict.NEW, PlanRow.Verdict.CHANGED):
            for column, text in row.cells.items():
                if text or row.verdict == PlanRow.Verdict.CHANGED:
                    before = row.before.get("cells", {}).get(column, "")
                    changes.append({"column": column, "before": before, "after": text})
            for name, children in row.children.items():
                for child in children:
                    words = ", ".join(f"{column}: {text}" for column, text in child.items() if text)
                    before = row.before.get("children", {}).get(name) or [{}]
                    old = ", ".join(f"{column}: {text}" for column, text in before[0].items() if text)
                    changes.append({"column": name, "before": old, "after": words})
        url = ""
        if row.object_id and model in self.admin_site._registry:
            url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[row.object_id])
        return {"row": row, "url": url, "changes": changes, "notes": row.before.get("notes", ())}

    def refused_view(self, request, token):
        """The refused rows as CSV, with a column that says what is wrong, to be mended and sent again."""
        self._check(request, "import")
        plan = self._plan(request, token)
        writer = csv.writer(_Echo(), lineterminator="\n")
        lines = (writer.writerow(line) for line in importing.refused_lines(plan))
        return _csv(lines, f"refused-{plan.upload.table}")

    # ------------------------------------------------------------------------------------------------- export

    def export_view(self, request):
        """Stream the records that the list shows: what is published, or with ?drafts=yes all of them."""
        self._check(request, "export")
        file = resource_of(self.model).file
        query = request.GET.copy()
        drafts = query.pop("drafts", [""])[-1] == "yes"
        if "go" not in query:
            return TemplateResponse(
                request,
                "admin/desk/export.html",
                self._context(request, _("Export"), file=file, asked=list(request.GET.items())),
            )
        del query["go"]
        request.GET = query
        queryset = self.get_changelist_instance(request).get_queryset(request)
        kept = self.model.objects.filter(pk__in=queryset.order_by().values("pk"))
        return _csv(package.table_text(file, drafts=drafts, queryset=kept), file)


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        return text


def _csv(lines, name: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    response.headers["Cache-Control"] = "no-store"
    return response
