"""Tables in and out of the admin: upload, a preview of what would happen, apply or discard; and export.

A plan is private to who made it: to everybody else its address is not there.
"""

import errno
from dataclasses import dataclass, field

from django import forms
from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters, csrf_protect_m
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import DatabaseError
from django.db.models import Case, Value, When
from django.http import Http404, HttpResponseRedirect, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import dates, exporting, importing, package, settling, tables
from ..models import Change, Plan, PlanRow, State
from ..models.history import new_token
from ..reading import LARGE, LIMITS, Unreadable
from ..resources import CitationResource, Fault, RecordResource, registry
from ..resources.base import ChoiceWidget, EdtfWidget
from ..writing import Refused, may

ROWS_A_PAGE = 100
DOUBLES_A_PAGE = 20
MOST_MOVED = 50
MOST_FAULTS = 1000
# In the order in which a preview shows them; what is left alone stands at the end, folded.
VERDICTS = {
    PlanRow.Verdict.REFUSED: gettext_lazy("refused"),
    PlanRow.Verdict.CHANGED: gettext_lazy("to be changed"),
    PlanRow.Verdict.NEW: gettext_lazy("to be created"),
    PlanRow.Verdict.SAME: gettext_lazy("left alone, same as stored"),
    PlanRow.Verdict.OUT: gettext_lazy("left out by you"),
}
DOUBLES = "doubles"  # beside the verdicts: rows of any of them that may be stored already
COMPARED = ("title", "date", "kind", "importance", "place", "actors", "themes", "sources", "summary")
FULL = "is full"  # what both databases say where the disk is


class UploadForm(forms.Form):
    """A file, and which table it is."""

    table = forms.ChoiceField(label=gettext_lazy("Table"))
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(
            "CSV, XLSX, JSON, JSON Lines or a data package, with columns as an export has them. Nothing is written yet."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.tsv,.xlsx,.json,.jsonl,.zip"}),
        allow_empty_file=True,  # the reader says what it lacks
    )

    def __init__(self, *args, model, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["table"].choices = [(name, name) for name in importing.tables_of(model)]

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > LIMITS.bytes:
            message = _("The file has %(size)s bytes; in the browser at most %(most)s. Larger ones go by import_csv.")
            raise forms.ValidationError(message % {"size": file.size, "most": LIMITS.bytes})
        return file

    @property
    def limits(self) -> dict[str, int]:
        """How many rows are read in the browser, and how many by command."""
        return {"browser": LIMITS.rows, "command": LARGE.rows}

    @property
    def new_token(self) -> str:
        """The address that the plan of this file will have, so that its progress can be asked for."""
        return new_token()


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
class Likely:
    """A row that may be stored already, beside the records that it resembles: (id, key, address, state) of each.

    `lines` are (column, text of the file, [(text of the record, whether it differs), …]); `answer` is what was said.
    """

    row: PlanRow
    records: list[tuple[int, str, str, str]]
    lines: list[tuple[str, str, list[tuple[str, bool]]]]
    answer: str


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
            path("import/<str:token>/progress/", view(self.progress_view), name=name("progress")),
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
                token = request.POST.get("token", "")
                plan = importing.plan(file.name, file.read(), resource_name=table, by=request.user, token=token)
                return HttpResponseRedirect(self._url("preview", plan.token))
            except Unreadable as error:
                faults, status = error.faults, 400
            except (DatabaseError, OSError) as error:
                faults, status = [_failed(error, _("the database failed; send the file again"))], 503
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
        if importing.is_unmapped(plan):
            return HttpResponseRedirect(reverse("admin:map", args=[token]))
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
        if act == "again":
            return self._again(request, plan)
        if act in ("settle", "rest"):
            return self._settle(request, plan, act)
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
        except (DatabaseError, OSError) as error:
            faults, status = [_failed(error, _("the database failed; try again"))], 503
        else:
            return [], 302
        if Plan.objects.filter(pk=plan.pk, state=Plan.State.APPLIED).exists():
            messages.info(request, _("Already done: what it did stands below."))
            return [], 302
        return faults, status

    def _again(self, request, plan: Plan):
        """Make a plan again from its file, as things are now."""
        try:
            made = settling.again(plan, by=request.user)
        except (Refused, Unreadable) as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(request.path)
        messages.success(request, _("Made again from the same file, against what is stored now."))
        return HttpResponseRedirect(self._url("preview", made.token))

    def _settle(self, request, plan: Plan, act: str):
        """Keep what was said of likely doubles, and go on where some are left."""
        if act == "rest" and request.POST.get("answer") in (settling.NEW, settling.OUT):
            settling.settle_the_rest(plan, request.POST["answer"], by=request.user)
        else:
            said = {}
            for name, answer in request.POST.items():
                if name.startswith("row-") and name[4:].isdecimal() and len(name) < 24:
                    said[int(name[4:])] = answer
            settling.settle(plan, said, by=request.user)
        left = importing.totals(plan).asked
        if not left:
            messages.success(request, _("All likely doubles are settled."))
        return HttpResponseRedirect(f"{request.path}?verdict={DOUBLES}" if left else request.path)

    def progress_view(self, request, token):
        """Say how many rows of a file were looked at so far, for who sent it."""
        self._check(request, "import")
        plan = get_object_or_404(Plan, token=token, kind=Plan.Kind.IMPORT, author=request.user)
        response = JsonResponse({"rows": plan.rows.count()})
        response.headers["Cache-Control"] = "no-store"
        return response

    def _preview(self, request, plan: Plan, form, public: int, faults: list[Fault], status: int):
        totals = importing.totals(plan)
        chosen = request.GET.get("verdict", "")
        chosen = chosen if chosen in (*VERDICTS, DOUBLES) else ""
        is_waiting = plan.state == Plan.State.WAITING
        folded = (PlanRow.Verdict.SAME, PlanRow.Verdict.OUT)
        shown = [chosen] if chosen else [verdict for verdict in VERDICTS if verdict not in folded]
        order = Case(*(When(verdict=verdict, then=Value(place)) for place, verdict in enumerate(VERDICTS)))
        rows = plan.rows.select_related("content_type")
        if chosen == DOUBLES:
            # What is still asked about comes first.
            pages = Paginator(rows.exclude(doubles="").order_by("-is_asked", "number", "pk"), DOUBLES_A_PAGE)
        else:
            pages = Paginator(rows.filter(verdict__in=shown).order_by(order, "number", "pk"), ROWS_A_PAGE)
        pages.count = sum(getattr(totals, verdict) for verdict in shown)  # one query less
        page = pages.get_page(request.GET.get("p"))
        return self._answer(
            request,
            "preview.html",
            _("Preview of the import") if is_waiting else _("What the import did"),
            status,
            plan=plan,
            upload=plan.upload,
            kept_until=plan.created_at + importing.KEPT,
            totals=totals,
            tally=[
                (verdict, getattr(totals, verdict), label)
                for verdict, label in VERDICTS.items()
                if verdict != PlanRow.Verdict.OUT or totals.out
            ],
            likely=_likely(list(page)) if chosen == DOUBLES else [],
            moved=settling.moved(plan, MOST_MOVED) if is_waiting else [],
            chosen=chosen,
            page=page,
            sections=self._sections(plan, list(page), totals) if chosen != DOUBLES else [],
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


def _failed(error: Exception, otherwise: str) -> Fault:
    """Say what failed in words; of a full disk, what helps."""
    is_full = FULL in str(error) or getattr(error, "errno", None) == errno.ENOSPC or "No space left" in str(error)
    full = _("the disk is full, so nothing was written; whoever runs this site makes room, then try again")
    return Fault("file", "", full if is_full else otherwise)


def _likely(rows: list[PlanRow]) -> list[Likely]:
    """Return rows beside the records that they may be, in a constant number of queries."""
    model = registry["events"]._meta.model
    wanted = {int(pk) for row in rows for pk in row.doubles.split("|")}
    found = tables.records(model, wanted)
    states = {item.pk: item for item in model._base_manager.filter(pk__in=wanted).only("pk", "state")}
    likely = []
    for row in rows:
        kept = row.before.get("in_file", {"cells": row.cells})["cells"]
        pks = [pk for pk in map(int, row.doubles.split("|")) if pk in found]
        lines = []
        for column in COMPARED:
            texts = [_cell(found[pk], column) for pk in pks]
            mine = kept.get(column, "")
            lines.append((column, mine, [(text, text != mine) for text in texts]))
        is_same = "in_file" in row.before
        answer = settling.OUT if row.verdict == PlanRow.Verdict.OUT else str(row.object_id) if is_same else settling.NEW
        records = [
            (
                pk,
                found[pk]["cells"]["key"],
                reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[pk]),
                states[pk].get_state_display(),
            )
            for pk in pks
        ]
        likely.append(Likely(row, records, lines, "" if row.is_asked else answer))
    return likely


def _cell(record: dict, column: str) -> str:
    if column == "sources":
        return "|".join(sorted({item["source"] for item in record["children"]["citations"]}))
    return record["cells"].get(column, "")


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
