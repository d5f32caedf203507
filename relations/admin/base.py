"""What the admin of every record shares: a form that saves through the writer, lists, acts and history."""

import re
from dataclasses import replace
from functools import cached_property

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.core.paginator import Paginator
from django.db import IntegrityError, OperationalError
from django.db.models import Count, OuterRef, Subquery
from django.forms.widgets import Script
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.formats import date_format, number_format
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import dates, publishing, search, writing
from ..doubles import likely_doubles
from ..models import Plan, State
from ..models.base import Support
from ..resources import CitationResource, Fault, resource_of
from ..writing import Refused, Stale
from .acts import ActsMixin
from .fields import LinesField, beginnings, named
from .filters import EvidenceFilter, StateFilter
from .forms import (
    CellFields,
    ChildForm,
    ChildFormSet,
    CitationForm,
    CitationFormSet,
    OrderedChildForm,
    RecordForm,
)
from .gathering import edit_of_form, new_sources_of, spread
from .history import HistoryMixin
from .impact import links
from .importing import ImportExportMixin
from .merging import begin, choose, fill, meet, met, row_in_address
from .panel import panel_of, show_evidence
from .reported import begin as begin_with_report
from .reported import link as link_report
from .reported import reported
from .review import ReviewMixin, to_next
from .worklists import ArrangedMixin

KEPT = re.compile(r"[a-z0-9]{1,40}")  # the name under which a browser keeps what is typed into a form
BUSY = "is locked"  # what SQLite says where somebody else has written for too long
MODULES = forms.Media(js=[Script("relations/js/desk.js", type="module")])


class CappedPaginator(Paginator):
    """Pages that count no further than they lead: a table of a million rows is never counted as a whole."""

    cap = 10_000

    @cached_property
    def count(self):
        return min(self._counted, self.cap)

    @property
    def is_cut(self):
        """Whether there are more than were counted."""
        return self._counted > self.cap

    @property
    def count_in_words(self) -> str:
        """The count as people read it: `12`, `9,876`, `10,000+`."""
        return f"{number_format(self.count, force_grouping=True)}{'+' if self.is_cut else ''}"

    @cached_property
    def _counted(self):
        # By key alone: what a list shows beside its rows is not asked for what is only counted.
        return self.object_list.order_by().values("pk")[: self.cap + 1].count()


class ChildInline(CellFields, admin.TabularInline):
    """The children of one kind as rows; `child` is their Resource. `details` are the columns behind “More”.

    `new` are fields by which a row enters a record that it names.
    """

    template = "admin/desk/children.html"
    form = ChildForm
    formset = ChildFormSet
    child = None
    details: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    about_new = ""
    extra = 2
    add_words = gettext_lazy("Add a row")

    @property
    def shown(self) -> list[str]:
        """The columns of its table."""
        return [name for name in self.fields if name not in self.details]

    @property
    def width(self) -> int:
        """How many columns its table has, the one for removing a row among them."""
        return len(self.shown) + 1

    def get_fieldsets(self, request, obj=None):
        new = self.new if self.has_change_permission(request, obj) else ()
        return [
            (None, {"fields": self.shown}),
            *([(gettext_lazy("A new source"), {"fields": new, "classes": ["new"]})] if new else []),
            *([(gettext_lazy("More"), {"fields": self.details})] if self.details else []),
        ]

    def get_formset(self, request, obj=None, **kwargs):
        formset = super().get_formset(request, obj, **kwargs)
        formset.child = self.child and self.child()
        formset.columns = tuple(name for name in self.fields if name != "place")
        formset.form.details = self.details
        return formset

    def rows(self, record) -> list[dict]:
        """Return the children of a loaded record as the initial values of their forms."""
        children = getattr(record, self.child.related_name).all()
        return [self.row(child, place) for place, child in enumerate(children, 1)]

    def rows_like(self, record) -> list[dict]:
        """Return the rows that the next record like a loaded one begins with."""
        return []

    def row(self, child, place: int) -> dict:
        """Return the initial values of one child's form."""
        values = forms.model_to_dict(child, fields=self.fields)
        for name in self.fields:
            if name != "place" and (field := child._meta.get_field(name)).is_relation and not field.many_to_many:
                values[name] = named(getattr(child, name))
        return values | {"place": place}

    @property
    def media(self):
        return MODULES

    # Children have no permissions of their own: they are written with their record.

    def has_add_permission(self, request, obj=None):
        return (
            self._owner_admin.has_change_permission(request, obj)
            if obj
            else self._owner_admin.has_add_permission(request)
        )

    def has_change_permission(self, request, obj=None):
        return self.has_add_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        return self.has_add_permission(request, obj)

    def has_view_permission(self, request, obj=None):
        return self._owner_admin.has_view_permission(request, obj)

    @property
    def _owner_admin(self):
        return self.admin_site.get_model_admin(self.parent_model)


class PartsInline(ChildInline):
    """Children that one cell of their record holds, in order: the column `cell`."""

    form = OrderedChildForm
    cell = ""

    def get_formset(self, request, obj=None, **kwargs):
        formset = super().get_formset(request, obj, **kwargs)
        formset.cell = self.cell
        formset.parts = resource_of(self.parent_model).fields[self.cell].widget
        return formset

    def rows(self, record):
        related = resource_of(self.parent_model).fields[self.cell].attribute
        return [self.row(child, place) for place, child in enumerate(getattr(record, related).all(), 1)]


class CitationInline(ChildInline):
    """The evidence of a record, claim by claim."""

    form = CitationForm
    formset = CitationFormSet
    new = CitationForm.NEW
    fields = (
        "field",
        "source",
        "locator",
        "support",
        "states_instead",
        "claimant",
        "quotation",
        "credibility",
        "note",
    )
    details = ("claimant", "quotation", "credibility", "note")
    fk_name = "record"
    verbose_name = gettext_lazy("citation")
    verbose_name_plural = gettext_lazy("Evidence, claim by claim")
    add_words = gettext_lazy("Add a citation")
    about_new = gettext_lazy("Paste an address to find a source, or to enter it together with this record.")

    @classmethod
    def of(cls, record_model) -> type["CitationInline"]:
        """Return the inline of the citations of one kind of record."""
        table = record_model._meta.get_field("citations").related_model
        return type(f"{table.__name__}Inline", (cls,), {"model": table, "child": CitationResource.of(record_model)})

    def rows_like(self, record):
        sources = {citation.source_id: citation.source for citation in record.citations.all()}
        return [{"source": named(source), "support": Support.STATED} for source in sources.values()]

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name == "field":
            choices = [("", _("the whole record")), *((name, name.replace("_", " ")) for name in self._citable())]
            return forms.ChoiceField(choices=choices, required=False)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def _citable(self) -> list[str]:
        resource = resource_of(self.parent_model)
        children = [child.name for child in resource.children if child.name != CitationResource.name]
        return [name for name in (*resource.cell_names, *children) if name != "key"]


class RecordAdmin(CellFields, ArrangedMixin, ActsMixin, HistoryMixin, ReviewMixin, ImportExportMixin, admin.ModelAdmin):
    """The admin of a keyed model. Nothing here writes: form and rows become one Edit, which the writer may refuse."""

    form = RecordForm
    change_form_template = "admin/desk/record_form.html"
    change_list_template = "admin/desk/record_list.html"
    paginator = CappedPaginator
    show_full_result_count = False
    list_per_page = 50
    list_max_show_all = 0
    show_facets = admin.ShowFacets.NEVER
    search_fields = ("key",)
    search_help_text = gettext_lazy("Words, beginnings of words, or a key.")
    save_on_top = False
    list_filter = (StateFilter,)
    examples: dict[str, str] = {}  # help texts, where the model has none or a form can say more
    lines: dict[str, bool] = {}  # columns that hold a list, one item a line; whether it is sorted
    hint_needs: tuple[str, ...] = ()  # relations that `hint` names
    kept_for_next: tuple[str, ...] = ()  # columns that “the next one like it” begins with
    warns_of_doubles = False

    @property
    def media(self):
        return MODULES

    @cached_property
    def resource(self):
        """The columns of the model."""
        return resource_of(self.model)

    # ------------------------------------------------------------------------------------------- who may what

    def has_delete_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        # A withdrawn record is shown as it was. One that was withdrawn while somebody typed comes back with its form.
        shown_only = obj is not None and obj.state == State.WITHDRAWN and request.method != "POST"
        return super().has_change_permission(request, obj) and not shown_only

    # ----------------------------------------------------------------------------------------------- the form

    def get_object(self, request, object_id, from_field=None):
        if not str(object_id).isascii() or not str(object_id).isdigit() or len(str(object_id)) > 18:
            return None
        return self.resource.with_relations(self.get_queryset(request)).filter(pk=object_id).first()

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name in self.lines:
            field = LinesField(
                is_sorted=self.lines[db_field.name],
                label=capfirst(db_field.verbose_name),
                required=not db_field.blank,
                help_text=db_field.help_text,
            )
        else:
            field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name in self.examples:
            field.help_text = self.examples[db_field.name]
        return field

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        form.refusal = getattr(request, "refusal", None)
        if change and request.method != "POST" and (begun := begin(request, self.resource, obj)):
            request.begun = begun
            request.meeting = begun.meeting if obj.version != begun.meeting.opened else None
            form.filled = begun.initial(form.base_fields)
        return form

    def get_formset_kwargs(self, request, obj, inline, prefix):
        kwargs = super().get_formset_kwargs(request, obj, inline, prefix)
        if request.method != "POST" and inline.has_change_permission(request, obj if obj.pk else None):
            like = self._like(request)
            rows = inline.rows(obj) if obj.pk else inline.rows_like(like) if like else []
            if hasattr(request, "begun"):
                rows = request.begun.rows(inline)
            kwargs |= {"initial": rows, "queryset": inline.model._base_manager.none()}
        return kwargs

    def get_changeform_initial_data(self, request):
        """Begin a new record with what `?like=` one keeps, and with nothing else of the address."""
        like = self._like(request)
        values = {name: getattr(like, name) for name in self.kept_for_next} if like else {}
        return {name: list(value.all()) if hasattr(value, "all") else value for name, value in values.items()}

    def _like(self, request):
        """Return the record that a new one is to be like, loaded once a request."""
        if not hasattr(request, "like"):
            pk = request.GET.get("like", "") if self.kept_for_next and self.has_view_permission(request) else ""
            request.like = self.get_object(request, pk)
        return request.like

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        """Show the form and save it. What the writer refuses comes back in the form, with all that was typed.

        After a refusal, which has undone everything, the same request is answered once more: the form knows the
        refusal by then and is not valid.
        """
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except Refused as refusal:
            request.refusal = refusal
        except OperationalError as error:
            if request.method != "POST" or BUSY not in str(error):
                raise
            # An import of very many rows holds SQLite longer than a save waits for it.
            message = _("somebody imports very many records just now, so nothing was saved yet; save again in a minute")
            request.refusal = Refused([Fault("state", "", message)])
            # Without the transaction that could not begin: the form knows the refusal, and nothing is written.
            response = super()._changeform_view(request, object_id, form_url, extra_context)
            response.status_code = 503
            return response
        response = super().changeform_view(request, object_id, form_url, extra_context)
        if isinstance(request.refusal, Stale):
            response.status_code = 409
        return response

    def save_form(self, request, form, change):
        return form.instance

    def save_model(self, request, obj, form, change):
        """Write nothing: `save_related` has the children too."""

    def save_formset(self, request, form, formset, change):
        """Write nothing: `save_related` has the record too."""

    def delete_model(self, request, obj):
        """Delete nothing: records are withdrawn."""

    def delete_queryset(self, request, queryset):
        """Delete nothing: records are withdrawn."""

    def save_related(self, request, form, formsets, change):
        """Hand the record with its children to the writer, or, where it is published, to a second person."""
        record, read = form.instance, form.cleaned_data
        edit = self._chosen(request, record, edit_of_form(form, formsets))
        edits = [edit, *new_sources_of(formsets)]
        request.plan = request.revision = None
        try:
            if change and record.state == State.PUBLISHED:
                request.plan = publishing.propose(edits, by=request.user, change=read["change"], reason=read["reason"])
                if request.plan and (row := row_in_address(request, record)):
                    publishing.replace_proposal(row.plan, by=request.user)
                link_report(request, record, request.plan)
            else:
                written = writing.write(edits, by=request.user, reason=read["reason"])
                request.revision = written[0] if written else None
        except Stale:
            self._bring_together(request, form, formsets, edit)
            raise
        except IntegrityError as error:
            message = _("somebody saved the same at the same moment; save again")
            raise Refused([Fault("key", edit.cells.get("key", ""), message)]) from error
        if request.revision:
            record.pk = request.revision.object_id
        record.refresh_from_db()

    def _bring_together(self, request, form, formsets, mine: writing.Edit) -> None:
        """Bring what was typed onto the version that came between: as the data of the form, and as what differs."""
        record = self.get_object(request, mine.pk)
        typed = {"cells": mine.cells, "children": mine.children}
        request.meeting = meet(self.resource, record, mine.seen, typed)
        data = request.POST.copy()
        fill(data, self.resource, request.meeting.merged, form, formsets, new_sources_of(formsets))
        data["version"] = str(record.version)
        request.POST = data

    def _chosen(self, request, record, typed: writing.Edit) -> writing.Edit:
        """Return what was typed, with theirs wherever that was chosen. Raises Refused where a choice is missing."""
        request.meeting = met(request, self.resource, record) if record.pk else None
        if request.meeting is None:
            return typed
        if request.meeting.chosen.undecided:
            raise Refused([])
        version = {"cells": typed.cells, "children": typed.children}
        return replace(typed, **choose(self.resource, version, request.meeting.merged, request.meeting.chosen))

    def construct_change_message(self, request, form, formsets, add=False):
        return ""

    # The history is kept by the writer, in the same transaction as the record. A second one could disagree with it.

    def log_addition(self, request, obj, message):
        pass

    def log_change(self, request, obj, message):
        pass

    def log_deletion(self, request, obj, object_repr):
        pass

    def log_deletions(self, request, queryset):
        pass

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        form = context["adminform"].form
        formsets = [inline.formset for inline in context["inline_admin_formsets"]]
        if request.method == "POST":
            spread(self._faults(request, form, formsets), form, formsets)
            context["errors"] = helpers.AdminErrorList(form, formsets)
        if request.method == "POST" and obj and not hasattr(request, "meeting"):
            request.meeting = met(request, self.resource, obj)  # the form did not come as far as to be saved
        if report := reported(request, obj):
            begin_with_report(form, report)
        panel = panel_of(obj, request.user) if obj else None
        if panel:
            show_evidence(form, obj, panel.evidence)
        context |= {
            "report": report,
            "meeting": getattr(request, "meeting", None),
            "panel": panel,
            "help_url": reverse("admin:help", args=[self.resource.file]),
            "doubles_url": reverse("admin:find-doubles") if self.warns_of_doubles else "",
            "can_be_like": bool(self.kept_for_next),
        }
        return super().render_change_form(request, context, add=add, change=change, form_url=form_url, obj=obj)

    def _faults(self, request, form, formsets) -> list[Fault]:
        """Return what the writer said of the form, and what it would say once that is mended."""
        refusal = getattr(request, "refusal", None)
        if isinstance(refusal, Stale):
            return []
        faults = list(refusal.faults) if refusal else []
        try:
            edits = [edit_of_form(form, formsets), *new_sources_of(formsets)]
            writing.check(edits, by=request.user, publisher=publishing.ANYONE)
        except Stale:
            return faults
        except Refused as refused:
            known = {(fault.column, fault.message) for fault in faults}
            faults += [fault for fault in refused.faults if (fault.column, fault.message) not in known]
        return faults

    # ------------------------------------------------------------------------------------------------- the answer

    def response_add(self, request, obj, post_url_continue=None):
        if self.warns_of_doubles:
            self._warn_of_doubles(request, obj)
        return self.response_change(request, obj)

    def response_change(self, request, obj):
        response = self._saved(request, obj)
        if KEPT.fullmatch(kept := request.POST.get("kept", "")):
            # The browser forgets what it has kept of this form.
            home, is_secure = reverse("admin:index"), settings.SESSION_COOKIE_SECURE
            response.set_cookie("desk_saved", kept, max_age=3600, path=home, secure=is_secure, samesite="Strict")
        return response

    def _warn_of_doubles(self, request, record):
        found = links([item.event for item in likely_doubles(record)])
        if found:
            named_with_links = format_html_join(", ", '<a href="{1}">{0}</a>', found)
            text = format_html("{} {}", _("Perhaps it is there already:"), named_with_links)
            self.message_user(request, text, messages.WARNING)

    def _saved(self, request, record):
        """Say what became of what was typed, and go on to where the button leads."""
        own = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[record.pk])
        link = format_html('<a href="{}">{}</a>', own, str(record))
        if request.plan and request.plan.state == Plan.State.WAITING:
            words = _(
                'The change of “{}” is proposed. It waits for a second person: <a href="{}">see the proposal</a>.'
            )
            self.message_user(request, format_html(words, link, request.plan.get_absolute_url()), messages.SUCCESS)
        elif request.plan:
            self.message_user(request, format_html(_("“{}” is changed for readers too."), link), messages.SUCCESS)
        elif request.revision:
            words = _("“{}” is saved as version {} ({}).")
            text = format_html(words, link, record.version, record.get_state_display())
            self.message_user(request, text, messages.SUCCESS)
            if record.state == State.SUBMITTED and settings.SECOND_PERSON and self.has_publish_permission(request):
                words = _("You are one of its writers now, so another editor publishes it.")
                self.message_user(request, words, messages.INFO)
                if "_save" in request.POST:
                    return to_next(request)
        else:
            text = format_html(_("Nothing differs in “{}”, so nothing was saved."), link)
            self.message_user(request, text, messages.INFO)
        if "_continue" in request.POST:
            url = own
        elif "_addanother" in request.POST:
            url = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_add")
        elif "_addlike" in request.POST:
            url = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_add", query={"like": record.pk})
        else:
            return self._response_post_save(request, record)
        kept = {"preserved_filters": self.get_preserved_filters(request), "opts": self.opts}
        return HttpResponseRedirect(add_preserved_filters(kept, url))

    def view_on_site(self, obj):
        """The public page of what is public."""
        return obj.get_absolute_url() if obj.is_public else None

    # -------------------------------------------------------------------------------------------------- the list

    def get_search_results(self, request, queryset, search_term):
        """Search whole words in all their forms, beginnings of words, and keys."""
        text = search_term.strip()[:200]
        if text:
            by_words = search.matching(self.model, text)
            by_beginning = search.matching(self.model, beginnings(text))
            # As a range, which an index gives on both databases; “~” comes after all that keys are made of.
            beginning = text.lower()
            by_key = (
                self.model._base_manager.order_by().filter(key__gte=beginning, key__lt=f"{beginning}~").values("pk")
            )
            queryset = queryset.filter(pk__in=by_words.union(by_beginning, by_key))
        return queryset, False

    def hint(self, record) -> str:
        """Return what tells a record from others of like name, where a form offers it."""
        return ""

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def state_mark(self, record):
        """The state as a mark."""
        return format_html('<span class="state state--{}">{}</span>', record.state, record.get_state_display())

    @admin.display(description=gettext_lazy("version"))
    def version_number(self, record):
        """How often it was written."""
        return record.version

    @admin.display(description=gettext_lazy("changed"), ordering="changed_at")
    def changed(self, record):
        """When it was written last."""
        return date_format(localtime(record.changed_at), "j M Y")


class CitedAdmin(RecordAdmin):
    """The admin of a record, which is cited."""

    list_filter = (StateFilter, EvidenceFilter)

    def get_queryset(self, request):
        cited = self.model._meta.get_field("citations").related_model._base_manager
        sources = cited.filter(record=OuterRef("pk")).order_by().values("record")
        count = sources.annotate(n=Count("source", distinct=True)).values("n")
        return super().get_queryset(request).annotate(number_of_sources=Subquery(count))

    @admin.display(description=gettext_lazy("sources"))
    def source_count(self, record):
        """How many sources it cites."""
        return record.number_of_sources or format_html('<span class="missing">{}</span>', _("none"))


class DatedDisplay:
    """For the admin of a dated model: the date in words."""

    date_column = "date"

    @admin.display(description=gettext_lazy("date"), ordering="earliest")
    def date_phrase(self, record):
        """The date as people write it."""
        text = getattr(record, self.date_column)
        return dates.parse(text).short() if text else "–"
