"""Lists as people arrange them: columns chosen by person, sorted by several, and saved by name with their filters.

What is sorted is kept by the names of columns, so that a list means the same to whoever has chosen other columns.
"""

from copy import copy
from dataclasses import dataclass
from functools import cached_property

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import label_for_field
from django.contrib.admin.views.main import ORDER_VAR, PAGE_VAR, ChangeList
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import models
from django.db.models import Q
from django.http import Http404, HttpResponseNotAllowed, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from ..models import Keyed, ListColumns, WorkList
from ..writing import keyed_models, may

SORT = "sort"  # the names of columns, as the form of a list asks for them
MOST_SORTED = 3
MOST_COUNTED = 30  # lists on the first page
LONGEST_NAME = WorkList._meta.get_field("name").max_length
LONGEST_QUERY = WorkList._meta.get_field("query").max_length
NO_COLUMN = "action_checkbox"


@dataclass(frozen=True)
class Column:
    """A column that a list can have; `is_fixed` where it leads to the record, so that it stays."""

    name: str
    label: str
    is_shown: bool
    is_fixed: bool
    is_sorted: bool


# ------------------------------------------------------------------------------------------------------- one list


class ArrangedList(ChangeList):
    """A change list that says how it is sorted, and sorts more records than it counts by what an index gives alone."""

    is_too_long = False  # to be sorted as was asked

    def get_queryset(self, request, **kwargs):
        queryset = super().get_queryset(request, **kwargs)
        if self.params.get(ORDER_VAR) and not served(self.model, queryset.query.order_by):
            self.is_too_long = self.model_admin.get_paginator(request, queryset, self.list_per_page).is_cut
            if self.is_too_long:
                default = self.model_admin.get_ordering(request) or self._get_default_ordering()
                queryset = queryset.order_by(*self._get_deterministic_ordering(default))
        return queryset

    def get_ordering(self, request, queryset):
        """Go on, after the columns that were chosen, in the order of the list, so that one index gives them all."""
        if not self.params.get(ORDER_VAR):
            return super().get_ordering(request, queryset)
        asked = super().get_ordering(request, queryset.order_by())
        chosen = [item for item in asked if item not in ("pk", "-pk")]
        default = list(self.model_admin.get_ordering(request) or self._get_default_ordering())
        if not chosen:
            return self._get_deterministic_ordering(default)
        names = {str(item).lstrip("-") for item in chosen}
        sign = "-" if str(chosen[-1]).startswith("-") else ""
        rest = [f"{sign}{name}" for item in default if (name := str(item).lstrip("-")) not in names]
        return self._get_deterministic_ordering([*chosen, *rest])

    @cached_property
    def columns(self) -> list[Column]:
        """All columns that the list can have."""
        fixed = self.list_display_links or self.list_display[1:2]
        return [
            Column(name, self.label_of(name), name in self.list_display, name in fixed, self.is_sortable(name))
            for name in self.model_admin.offered_columns()
        ]

    def label_of(self, name: str) -> str:
        """Return what a column is called."""
        return capfirst(str(label_for_field(name, self.model, self.model_admin)))

    def is_sortable(self, name: str) -> bool:
        """Whether the list can be sorted by a column."""
        return name in self.list_display and bool(self.get_ordering_field(name))

    @cached_property
    def sort(self) -> list[str]:
        """The columns that the list is sorted by, “-” before those that go down."""
        if not self.params.get(ORDER_VAR) or self.is_too_long:
            return []
        places = self.get_ordering_field_columns()
        return [f"{'-' if way == 'desc' else ''}{self.list_display[place]}" for place, way in places.items()]

    @property
    def sort_in_words(self) -> str:
        """How the list is sorted: “date, falling; then class, rising”; empty for the order that it has by itself."""
        words = [
            (_("%(column)s, falling") if name.startswith("-") else _("%(column)s, rising"))
            % {"column": label_for_field(name.lstrip("-"), self.model, self.model_admin)}
            for name in self.sort
        ]
        return _("; then ").join(words)

    @property
    def sort_fields(self) -> list[dict]:
        """The fields of the form that sorts: `label`, and `options` as (value, words, is_chosen)."""
        chosen = [*self.sort, *[""] * MOST_SORTED][:MOST_SORTED]
        names = [column for column in self.columns if column.is_sorted]
        ways = [("", _("rising")), ("-", _("falling"))]
        return [
            {
                "label": _("Sort by") if place == 0 else _("then by"),
                "options": [
                    ("", "–", not value),
                    *(
                        (f"{sign}{column.name}", f"{column.label}, {way}", value == f"{sign}{column.name}")
                        for column in names
                        for sign, way in ways
                    ),
                ],
            }
            for place, value in enumerate(chosen)
        ]

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What the list is narrowed to, as (name, value) pairs of its address."""
        return [(name, value) for name, values in QueryDict(self.narrowed).lists() for value in values]

    @property
    def narrowed(self) -> str:
        """What the list is narrowed to, as its address has it."""
        return self.get_query_string(remove=[ORDER_VAR, PAGE_VAR]).lstrip("?")

    @cached_property
    def work_lists(self) -> list[WorkList]:
        """The saved lists of this kind of record that the person sees."""
        return list(seen_by(self.person).filter(content_type=ContentType.objects.get_for_model(self.model)))

    @property
    def person(self):
        """Who looks at it."""
        return self._person

    def __init__(self, request, *args, **kwargs):
        self._person = request.user
        super().__init__(request, *args, **kwargs)


def served(model: type[models.Model], ordering) -> bool:
    """Whether an index of the model gives its rows in an order, forwards or backwards, without sorting any."""
    names = [str(item).lstrip("-") for item in ordering]
    signs = {str(item).startswith("-") for item in ordering}
    if len(signs) != 1:
        return False
    whole = [index.fields for index in model._meta.indexes if index.condition is None]
    return any(fields[: len(names)] == names for fields in (*whole, ["key"], ["pk"], ["id"]))


class ArrangedMixin:
    """For a ModelAdmin of records: columns by person, a form that sorts, and lists saved by name."""

    def get_urls(self):
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        view = self.admin_site.admin_view
        return [
            path("columns/", view(self.columns_view), name=f"{name}_columns"),
            path("save-list/", view(self.save_list_view), name=f"{name}_save_list"),
            *super().get_urls(),
        ]

    def get_changelist(self, request, **kwargs):
        return ArrangedList

    def offered_columns(self) -> list[str]:
        """Return the columns that the list can have: its own, then the short fields that they do not show."""
        own = list(self.list_display)
        shown = {*own, getattr(self, "date_column", ""), "state"}
        more = [
            field.name
            for field in self.opts.concrete_fields
            if (field.editable or field.name == "entered_by")
            and field.name not in shown
            and not field.primary_key
            and not isinstance(field, models.TextField)
        ]
        return [*own, *more]

    def get_list_display(self, request):
        if not hasattr(request, "columns"):
            asked = ListColumns.objects.filter(person=request.user.pk, content_type=self._content_type)
            chosen = asked.values_list("columns", flat=True).first()
            names = chosen.split("|") if chosen else self.list_display
            request.columns = tuple(name for name in self.offered_columns() if name in names)
        return request.columns

    def get_list_select_related(self, request):
        fields = {field.name: field for field in self.opts.concrete_fields if field.is_relation}
        return [*(self.list_select_related or ()), *(name for name in self.get_list_display(request) if name in fields)]

    @property
    def _content_type(self):
        return ContentType.objects.get_for_model(self.model)

    def changelist_view(self, request, extra_context=None):
        if SORT in request.GET:
            asked = request.GET.copy()
            names = [name for name in asked.pop(SORT) if name]
            if order := self.places_of(request, names):
                asked[ORDER_VAR] = order
            return HttpResponseRedirect(f"{request.path}?{asked.urlencode()}")
        may_save = may(request.user, "publish", self.model)
        return super().changelist_view(request, {"may_save_for_desk": may_save, **(extra_context or {})})

    def places_of(self, request, names: list[str]) -> str:
        """Return the columns named, as the address of the list has them for this person; unknown ones are left out."""
        first = [NO_COLUMN] if self.get_actions(request) else []
        shown = [*first, *self.get_list_display(request)]
        found = [name for name in names if name.lstrip("-") in shown][:MOST_SORTED]
        return ".".join(f"{'-' if name.startswith('-') else ''}{shown.index(name.lstrip('-'))}" for name in found)

    def _back(self, request) -> HttpResponseRedirect:
        asked = QueryDict(request.POST.get("query", "")[:LONGEST_QUERY], mutable=True)
        if order := self.places_of(request, request.POST.getlist("sorted")):
            asked[ORDER_VAR] = order
        url = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        return HttpResponseRedirect(f"{url}?{asked.urlencode()}" if asked else url)

    def _check_post(self, request) -> HttpResponseNotAllowed | None:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return None if request.method == "POST" else HttpResponseNotAllowed(["POST"])

    def columns_view(self, request):
        """Keep the columns that a person chose; with `standard` those of the desk again."""
        if refused := self._check_post(request):
            return refused
        fixed = self.list_display_links or self.list_display[:1]
        wanted = {*request.POST.getlist("column"), *fixed}
        names = [name for name in self.offered_columns() if name in wanted]
        if "standard" in request.POST or names == list(self.list_display):
            ListColumns.objects.filter(person=request.user, content_type=self._content_type).delete()
        else:
            ListColumns.objects.update_or_create(
                person=request.user, content_type=self._content_type, defaults={"columns": "|".join(names)}
            )
        return self._back(request)

    def save_list_view(self, request):
        """Save what the list is narrowed and sorted to, under a name."""
        if refused := self._check_post(request):
            return refused
        is_desks = "desk" in request.POST
        if is_desks and not may(request.user, "publish", self.model):
            raise PermissionDenied
        query, sort = request.POST.get("query", ""), request.POST.getlist("sorted")
        offered = self.offered_columns()
        known = [name for name in sort if name.lstrip("-") in offered][:MOST_SORTED]
        made = WorkList(
            owner=None if is_desks else request.user, content_type=self._content_type, query=query, sort=",".join(known)
        )
        fault = _fault_of_name(made, request.POST.get("name", "")) or self._fault_of_query(request, query)
        if fault:
            messages.error(request, fault)
            return self._back(request)
        WorkList.objects.bulk_create([made])
        messages.success(request, _("Saved as “%(name)s”; it stands on the first page.") % {"name": made.name})
        return HttpResponseRedirect(reverse("admin:work-list", args=[made.pk]))

    def _fault_of_query(self, request, query: str) -> str:
        if len(query) > LONGEST_QUERY or "\0" in query or list_as_asked(self, request, query) is None:
            return _("This list cannot be saved: its address is not one that the filters make.")
        return ""


def _fault_of_name(item: WorkList, name: str) -> str:
    """Give a list its name; return what is wrong with it, and what would be right."""
    item.name = " ".join(name.split())
    if not item.name or len(item.name) > LONGEST_NAME or "\0" in item.name:
        return _("Give the list a name of at most %(longest)s characters.") % {"longest": LONGEST_NAME}
    others = WorkList.objects.filter(owner=item.owner, content_type=item.content_type, name=item.name)
    if others.exclude(pk=item.pk).exists():
        return _("There is a list “%(name)s” already; choose another name.") % {"name": item.name}
    return ""


def list_as_asked(model_admin, request, query: str) -> ArrangedList | None:
    """Return the list that an address asks for, counted and not yet read; None where it cannot be read."""
    asked = copy(request)
    asked.GET = QueryDict(query)
    try:
        return model_admin.get_changelist_instance(asked)
    except (IncorrectLookupParameters, SuspiciousOperation):
        return None


# ------------------------------------------------------------------------------------------------------ all lists


def seen_by(person):
    """Return the saved lists that a person sees: own ones and the desk's, of records that the person may see."""
    seen = [model for model in keyed_models() if may(person, "view", model)]
    types = ContentType.objects.get_for_models(*seen).values()
    return WorkList.objects.filter(Q(owner=person) | Q(owner=None), content_type__in=types).select_related(
        "content_type"
    )


def may_arrange(item: WorkList, person) -> bool:
    """Whether a person renames and removes a list: an own one, or the desk's as an editor."""
    if item.owner_id is None:
        return may(person, "publish", model_of(item))
    return item.owner_id == person.pk


def model_of(item: WorkList) -> type[Keyed]:
    """Return the kind of record that a list is of."""
    return item.content_type.model_class()


@dataclass(frozen=True)
class Counted:
    """A saved list with its count in words, empty where it can no longer be read."""

    item: WorkList
    url: str
    count: str


def counted(site, request) -> list[Counted]:
    """Return the saved lists that a person sees, own ones first, each counted up to the cap."""
    found = seen_by(request.user).order_by(models.F("owner").asc(nulls_last=True), "name", "pk")[:MOST_COUNTED]
    lists = []
    for item in found:
        asked = list_as_asked(site.get_model_admin(model_of(item)), request, item.query)
        url = reverse("admin:work-list", args=[item.pk])
        lists.append(Counted(item, url, asked.paginator.count_in_words if asked else ""))
    return lists


def paths(site) -> list:
    """Return the addresses of saved lists."""

    def opened(request, pk):
        return open_list(site, request, pk)

    def managed(request):
        return manage(site, request)

    return [
        path("work-lists/", site.admin_view(managed), name="work-lists"),
        path("work-lists/<int:pk>/", site.admin_view(opened), name="work-list"),
    ]


def open_list(site, request, pk: int) -> HttpResponseRedirect:
    """Lead to a saved list, sorted as it was, by the columns that the person has."""
    item = get_object_or_404(seen_by(request.user), pk=pk)
    model_admin = site.get_model_admin(model_of(item))
    asked = QueryDict(item.query, mutable=True)
    if order := model_admin.places_of(request, item.sort.split(",")):
        asked[ORDER_VAR] = order
    opts = model_admin.opts
    url = reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")
    return HttpResponseRedirect(f"{url}?{asked.urlencode()}" if asked else url)


def manage(site, request):
    """All saved lists; POST renames or removes one."""
    if not any(may(request.user, "view", model) for model in keyed_models()):
        raise PermissionDenied
    if request.method == "POST":
        pk = request.POST.get("list", "")
        if not (pk.isascii() and pk.isdigit() and len(pk) < 18):
            raise Http404
        item = get_object_or_404(seen_by(request.user), pk=pk)
        if not may_arrange(item, request.user):
            raise PermissionDenied
        if request.POST.get("act") == "remove":
            WorkList.objects.filter(pk=item.pk).delete()
            messages.success(request, _("“%(name)s” is removed; the records stay.") % {"name": item.name})
        elif fault := _fault_of_name(item, request.POST.get("name", "")):
            messages.error(request, fault)
        else:
            WorkList.objects.filter(pk=item.pk).update(name=item.name)
            messages.success(request, _("The list is called “%(name)s” now.") % {"name": item.name})
        return HttpResponseRedirect(request.path)
    lists = counted(site, request)
    context = {
        **site.each_context(request),
        "title": _("Work lists"),
        "lists": [(entry, may_arrange(entry.item, request.user)) for entry in lists],
        "longest": LONGEST_NAME,
    }
    request.current_app = site.name
    return TemplateResponse(request, "admin/desk/work_lists.html", context)
