"""Tables in and out of the admin: upload, a preview of what would happen, apply or discard; and export.

A plan is private to who made it: to everybody else its address is not there.
"""

from dataclasses import dataclass, field

from django import forms
from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters, csrf_protect_m
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import DatabaseError
from django.db.models import Case, Value, When
from django.http import Http404, HttpResponseRedirect, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import dates, exporting, importing, package
from ..models import Change, Plan, PlanRow, State
from ..reading import Unreadable
from ..resources import CitationResource, Fault, RecordResource, registry
from ..resources.base import ChoiceWidget, EdtfWidget
from ..writing import Refused, may

ROWS_A_PAGE = 100
MOST_BYTES = 5 * 2**20  # in the browser; larger files go by command
MOST_FAULTS = 1000
# In the order in which a preview shows them; what is left alone stands at the end, folded.
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
        allow_empty_file=True,  # the reader says what it lacks
    )

    def __init__(self, *args, model, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["table"].choices = [(name, f"{name}.csv") for name in importing.tables_of(model)]

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            message = _("The file has %(size)s bytes; in the browser at most %(most)s. Larger ones go by import_csv.")
            raise forms.ValidationError(message % {"size": file.size, "most": MOST_BYTES})
        return file


class ApplyForm(forms.Form):
    """Why; and of which kind, where published records change."""

    change = forms.ChoiceField(
        label=gettext_lazy("Kind of change"),
        choices=Change.of_cells(),
        initial=Change.CORRECTION,
    )
    reason = forms.CharField(
        label=gettext_lazy("Note for the history"),
        max_length=1000,
        required=False,
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )

    def __init__(self, *args, is_public: bool, **kwargs):
        super().__init__(*args, **kwargs)
        if is_public:
            self.fields["reason"].required = True
            self.fields["reason"].label = _("Reason, shown to readers")
        else:
            del self.fields["change"]


@dataclass(frozen=True)
class Section:
    """The rows of one verdict on a page of a preview, with the columns that are shown of what is new."""

    verdict: str
    label: str
    count: int
    rows: list["Shown"]
    columns: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Shown:
    """A row of a plan as it is shown: its record, what differs as (column, stored, in the file), and, of a
    new one, what it is in short as (column, text).

    `becomes` says what becomes of a change to a published record.
    """

    row: PlanRow
    url: str
    becomes: str
    changes: list[tuple[str, str, str]]
    short: list[tuple[str, str]]


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

    def _answer(self, request, template: str, title: str, status: int = 200, **context):
        shared = {**self.admin_site.each_context(request), "opts": self.opts, "title": title}
        request.current_app = self.admin_site.name
        return TemplateResponse(request, f"admin/desk/{template}", {**shared, **context}, status=status)

    def _check(self, request, act: str) -> None:
        if not may(request.user, act, self.model):
            raise PermissionDenied

    def _plan(self, request, token: str) -> Plan:
        mine = Plan.objects.filter(token=token, kind=Plan.Kind.IMPORT, author=request.user)
        plan = mine.select_related("upload").first()
        # A plan is whole when its upload is stored; one that was discarded has none any more.
        if plan is None or not (hasattr(plan, "upload") or plan.state == Plan.State.DISCARDED):
            raise Http404
        return plan

    # ------------------------------------------------------------------------------------------------- import

    @csrf_protect_m
    def import_view(self, request):
        """Take a file and show what it would do."""
        self._check(request, "import")
        form = UploadForm(
            request.POST or None, request.FILES or None, model=self.model, initial={"table": request.GET.get("table")}
        )
        faults, status = [], 200
        if request.method == "POST" and form.is_valid():
            file, table = form.cleaned_data["file"], form.cleaned_data["table"]
            try:
                plan = importing.plan(file.name, file.read(), resource_name=table, by=request.user)
                return HttpResponseRedirect(self._url("preview", plan.token))
            except Unreadable as error:
                faults, status = error.faults, 400
            except DatabaseError:
                faults, status = [Fault("file", "", _("the database failed; send the file again"))], 503
        return self._answer(
            request,
            "import.html",
            _("Import"),
            status,
            form=form,
            faults=faults[:MOST_FAULTS],
            more=len(faults) - MOST_FAULTS,
            tables={name: package.files()[name] for name in importing.tables_of(self.model)},
        )

    @csrf_protect_m
    def preview_view(self, request, token):
        """Show a plan row by row; POST applies or discards it."""
        self._check(request, "import")
        plan = self._plan(request, token)
        act = request.POST.get("act", "")
        if plan.state == Plan.State.DISCARDED:
            messages.info(request, _("That import was discarded."))
            return HttpResponseRedirect(self._url("import"))
        if act and plan.state == Plan.State.APPLIED:
            messages.info(request, _("Already done: what it did stands below."))
            return HttpResponseRedirect(request.path)
        if act == "discard":
            importing.discard(plan, by=request.user)
            messages.success(request, _("The import was discarded; nothing was written."))
            return HttpResponseRedirect(self._url("import"))
        public = importing.public_targets(plan) if plan.state == Plan.State.WAITING else 0
        form = ApplyForm(request.POST if act else None, is_public=bool(public))
        faults, status = [], 200
        if act == "apply" and form.is_valid():
            faults, status = self._apply(request, plan, form)
            if not faults:
                return HttpResponseRedirect(request.path)
        return self._preview(request, plan, form, public, faults, status)

    def _apply(self, request, plan: Plan, form) -> tuple[list[Fault], int]:
        """Apply a plan; return why it was not, with the status to answer, or no faults.

        Where the database fails, it is asked itself whether the import has happened.
        """
        change, reason = form.cleaned_data.get("change", ""), form.cleaned_data["reason"]
        try:
            importing.apply(plan, by=request.user, change=change, reason=reason)
        except Refused as error:
            faults, status = error.faults, 409
        except DatabaseError:
            faults, status = [Fault("file", "", _("the database failed; try again"))], 503
        else:
            return [], 302
        if Plan.objects.filter(pk=plan.pk, state=Plan.State.APPLIED).exists():
            messages.info(request, _("Already done: what it did stands below."))
            return [], 302
        return faults, status

    def _preview(self, request, plan: Plan, form, public: int, faults: list[Fault], status: int):
        totals = importing.totals(plan)
        chosen = request.GET.get("verdict", "")
        chosen = chosen if chosen in VERDICTS else ""
        shown = [chosen] if chosen else [verdict for verdict in VERDICTS if verdict != PlanRow.Verdict.SAME]
        order = Case(*(When(verdict=verdict, then=Value(place)) for place, verdict in enumerate(VERDICTS)))
        rows = plan.rows.filter(verdict__in=shown).select_related("content_type").order_by(order, "number", "pk")
        pages = Paginator(rows, ROWS_A_PAGE)
        pages.count = sum(getattr(totals, verdict) for verdict in shown)  # one query less
        page = pages.get_page(request.GET.get("p"))
        is_waiting = plan.state == Plan.State.WAITING
        return self._answer(
            request,
            "preview.html",
            _("Preview of the import") if is_waiting else _("What the import did"),
            status,
            plan=plan,
            upload=plan.upload,
            kept_until=plan.created_at + importing.KEPT,
            totals=totals,
            tally=[(verdict, getattr(totals, verdict), label) for verdict, label in VERDICTS.items()],
            chosen=chosen,
            page=page,
            sections=self._sections(plan, list(page), totals),
            left_out=[name for name in package.files()[plan.upload.table] if name not in plan.upload.columns],
            public=public,
            form=form,
            faults=faults[:MOST_FAULTS],
            more=len(faults) - MOST_FAULTS,
            report=importing.report(plan) if plan.state == Plan.State.APPLIED else None,
            import_url=f"{self._url('import')}?table={plan.upload.table}",
            refused_url=self._url("refused", plan.token),
        )

    def _sections(self, plan: Plan, rows: list[PlanRow], totals) -> list[Section]:
        """Return the rows of a page by verdict, each with its record as it is now, in one query a model."""
        columns = short_columns(plan.upload.table)
        published = _published(rows)
        proposed = set()
        for proposal in plan.proposals.all():
            wanted = [row.object_id for row in rows if row.object_id]
            found = proposal.rows.filter(object_id__in=wanted)
            proposed.update(found.values_list("content_type", "object_id"))
        sections = []
        for verdict, label in VERDICTS.items():
            own = [
                self._shown(row, columns, published, proposed if plan.state == Plan.State.APPLIED else None)
                for row in rows
                if row.verdict == verdict
            ]
            if own:
                sections.append(Section(verdict, label, getattr(totals, verdict), own, list(columns)))
        return sections

    def _shown(self, row: PlanRow, columns: dict[str, bool], published: set, proposed: set | None) -> Shown:
        target = (row.content_type_id, row.object_id)
        becomes = ""
        if row.verdict != PlanRow.Verdict.SAME and proposed is None and target in published:
            becomes = _("Public: becomes a correction")
        elif row.verdict != PlanRow.Verdict.SAME and proposed and target in proposed:
            becomes = _("Public: waits in the proposal")
        url = ""
        if row.object_id:
            model = row.content_type.model_class()._meta
            url = reverse(f"admin:{model.app_label}_{model.model_name}_change", args=[row.object_id])
        before = row.before.get("cells", {})
        changes = [(column, before.get(column, ""), text) for column, text in row.cells.items()]
        short = [
            (column, dates.parse(text).short() if is_date and text else text)
            for column, is_date in columns.items()
            if row.verdict == PlanRow.Verdict.NEW
            for text in [row.cells.get(column, "")]
        ]
        return Shown(row, url, becomes, changes, short)

    def refused_view(self, request, token):
        """The refused rows as CSV, with a column that says what is wrong, to be mended and sent again."""
        self._check(request, "import")
        plan = self._plan(request, token)
        if plan.state == Plan.State.DISCARDED:
            raise Http404
        lines = (exporting.csv_line(line) for line in importing.refused_lines(plan))
        return download(lines, f"refused-{plan.upload.table}", "csv")

    # ------------------------------------------------------------------------------------------------- export

    def export_view(self, request):
        """Stream a table of what the list shows, or all its tables as a package; without ?table ask which, and how.

        What is published, or with ?drafts=yes all.
        """
        self._check(request, "export")
        asked = request.GET.copy()
        for name in ("p", "o", "all"):
            asked.pop(name, None)
        table, drafts = asked.pop("table", [""])[-1], asked.pop("drafts", [""])[-1] == "yes"
        form, tables = asked.pop("format", ["csv"])[-1], importing.tables_of(self.model)
        if table not in tables or form not in exporting.FORMS:
            return self._answer(
                request,
                "export.html",
                _("Export"),
                tables=tables,
                forms=exporting.FORMS,
                asked=list(asked.items()),
            )
        request.GET = asked
        try:
            listed = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:
            return HttpResponseRedirect(self._url("changelist") + "?e=1")
        records = self.model.objects.filter(pk__in=listed.order_by().values("pk"))
        if form == "zip":
            return download(exporting.bundle(tables, drafts=drafts, queryset=records), table, form)
        return download(exporting.table(table, form, drafts=drafts, queryset=records), table, form)


def _published(rows: list[PlanRow]) -> set[tuple[int, int]]:
    """Return (content type, row) of the published records among those that rows of a plan are about."""
    found = set()
    for pk in {row.content_type_id for row in rows}:
        model = ContentType.objects.get_for_id(pk).model_class()
        wanted = [row.object_id for row in rows if row.content_type_id == pk and row.object_id]
        own = model._base_manager.filter(pk__in=wanted, state=State.PUBLISHED)
        found.update((pk, target) for target in own.values_list("pk", flat=True))
    return found


def short_columns(table: str) -> dict[str, bool]:
    """Return the columns by which a new row is known at a glance, and whether each is a date.

    Of a record they are its date, its title and two choices; of children and citations the first five.
    """
    resource = registry[table]() if table in registry else CitationResource()
    if not isinstance(resource, RecordResource):
        names = [name for name in resource.columns if name != resource.owner_column]
        return {name: table in registry and _is_date(resource, name) for name in names[:5]}
    names = resource.cell_names
    dated = [name for name in names if _is_date(resource, name)][:1]
    titled = [name for name in (resource._meta.model.title_field, "amount", "finding") if name in names][:1]
    chosen = [name for name in names if isinstance(resource.fields[name].widget, ChoiceWidget) and name != "country"]
    return {name: name in dated for name in dict.fromkeys([*dated, *titled, *chosen[:2]])}


def _is_date(resource, name: str) -> bool:
    return isinstance(resource.fields[name].widget, EdtfWidget)


def download(pieces, name: str, form: str) -> StreamingHttpResponse:
    """Return the answer that sends a file of a form, a piece at a time."""
    response = StreamingHttpResponse(pieces, content_type=exporting.FORMS[form].media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}{exporting.FORMS[form].ending}"'
    response.headers["Cache-Control"] = "no-store"
    return response
