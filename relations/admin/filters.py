"""What a list of the admin can be narrowed by, drafts included: state, period, relations, evidence."""

from datetime import date

from django.contrib import admin
from django.contrib.admin import ListFilter
from django.contrib.contenttypes.models import ContentType
from django.db.models import Exists, F, OuterRef, Q
from django.forms import ValidationError
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import dates
from ..models import Actor, Need, State
from .fields import find, named

MANY = 10_000


class StateFilter(admin.SimpleListFilter):
    """Drafts, submitted, published, withdrawn, and what I entered myself."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [*State.choices, ("mine", _("my drafts"))]

    def queryset(self, request, queryset):
        if self.value() == "mine":
            return queryset.filter(state=State.DRAFT, entered_by=request.user)
        return queryset.filter(state=self.value()) if self.value() in State.values else queryset


class FormFilter(ListFilter):
    """A filter that is typed: a small form of its own beside the list. A value that cannot be read finds nothing."""

    template = "admin/desk/form_filter.html"
    names: tuple[str, ...] = ()

    def __init__(self, request, params, model, model_admin):
        super().__init__(request, params, model, model_admin)
        self.request, self.model, self.error = request, model, ""
        for name in self.names:
            if values := params.pop(name, None):
                self.used_parameters[name] = values[-1].strip()[:200]

    def expected_parameters(self):
        return list(self.names)

    def has_output(self):
        return True

    def value(self, name: str = "") -> str:
        """Return what was typed."""
        return self.used_parameters.get(name or self.names[0], "")

    def choices(self, changelist):
        # The one choice is the form: its fields, and what else the address says.
        kept = QueryDict(changelist.get_query_string(remove=[*self.names, "p"]).lstrip("?"))
        yield {
            "fields": self.fields(),
            "kept": [(name, value) for name, values in kept.lists() for value in values],
            "is_asked": bool(self.used_parameters),
            "without": f"?{kept.urlencode()}",
            "error": self.error,
        }

    def fields(self) -> list[dict]:
        """Return the fields of the form: `name`, `label`, `value`, and `options` or the `url` that suggests."""
        raise NotImplementedError


class PeriodFilter(FormFilter):
    """From and to, possibly or certainly; any EDTF date stands for its first or last day."""

    title = gettext_lazy("period")
    names = ("from", "to", "certainty")

    def fields(self):
        return [
            {"name": "from", "label": _("From"), "value": self.value("from"), "hint": "1990-10"},
            {"name": "to", "label": _("To"), "value": self.value("to"), "hint": "1991"},
            {
                "name": "certainty",
                "label": _("Dates in doubt"),
                "value": self.value("certainty"),
                "options": [("", _("possibly in it")), ("certainly", _("certainly in it"))],
            },
        ]

    def queryset(self, request, queryset):
        first, last = self.value("from"), self.value("to")
        if not (first or last):
            return queryset
        try:
            start = dates.parse(first).earliest if first else date.min
            end = dates.parse(last).latest if last else date.max
        except ValueError as error:
            self.error = str(error)
            return queryset.none()
        # As what begins within the period and what lasts into it: each is a range of an index, which their sum is not.
        lasting = Q(earliest__lt=start, latest__gte=start, latest__gt=F("earliest"))
        queryset = queryset.filter(Q(earliest__gte=start, earliest__lte=end) | lasting)
        # What is certain is possible too; said so, a list by date is read from the end of the period on.
        queryset = queryset.during(start, end)
        return queryset.during(start, end, certainly=True) if self.value("certainty") == "certainly" else queryset


class NamedFilter(FormFilter):
    """Records that name another: `actor` through `lookup`; by key, name, short name or alias."""

    related = Actor
    lookup = ""

    def fields(self):
        url = reverse("admin:find", args=[self.related._meta.label_lower])
        return [{"name": self.names[0], "label": self.title, "value": self.value(), "url": url}]

    def queryset(self, request, queryset):
        if not self.value():
            return queryset
        try:
            record = find(self.related, self.value())
        except ValidationError as error:
            self.error = error.messages[0]
            return queryset.none()
        self.used_parameters[self.names[0]] = named(record)
        # A subquery, so that a record that names another twice is listed once.
        return queryset.filter(pk__in=self.model._base_manager.filter(**{self.lookup: record}).values("pk"))

    @classmethod
    def by(cls, name: str, lookup: str, title: str, related=Actor) -> type["NamedFilter"]:
        """Return a filter by a relation: `NamedFilter.by("actor", "participations__actor", _("actor"))`."""
        fields = {"names": (name,), "lookup": lookup, "title": title, "related": related}
        return type(f"{name.title()}Filter", (cls,), fields)


class LinkFilter(admin.SimpleListFilter):
    """Records that name one of a few others, such as themes: `LinkFilter.to("themes", Theme)`."""

    related = None
    link = ""

    def lookups(self, request, model_admin):
        return [
            (str(record.pk), str(record)) for record in self.related.objects.order_by(self.related.title_field, "key")
        ]

    def queryset(self, request, queryset):
        value = self.value() or ""
        if not (value.isascii() and value.isdigit() and len(value) < 18):
            return queryset
        # A subquery, so that no row comes twice and has to be told from itself; of the links alone.
        many = queryset.model._meta.get_field(self.link)
        links = many.remote_field.through._base_manager.filter(**{many.m2m_reverse_field_name(): int(value)})
        return queryset.filter(pk__in=links.values(many.m2m_field_name()))

    @classmethod
    def to(cls, link: str, related) -> type["LinkFilter"]:
        """Return a filter by a many-to-many relation."""
        fields = {
            "link": link,
            "related": related,
            "title": related._meta.verbose_name,
            "parameter_name": f"{link}__id__exact",
        }
        return type(f"{related.__name__}Filter", (cls,), fields)


class EvidenceFilter(admin.SimpleListFilter):
    """Records that cite nothing yet; public ones that lack a source, or rest on one publisher: what `Need` keeps."""

    title = gettext_lazy("evidence")
    parameter_name = "evidence"
    kinds = {"none": Need.Kind.CITE, "gaps": Need.Kind.SOURCE, "one": Need.Kind.PUBLISHER}

    def lookups(self, request, model_admin):
        return [
            ("none", _("no source")),
            ("gaps", _("public, a field without source")),
            ("one", _("public, one publisher only")),
        ]

    def queryset(self, request, queryset):
        if kind := self.kinds.get(self.value()):
            content_type = ContentType.objects.get_for_model(queryset.model)
            needs = Need.objects.filter(kind=kind, content_type=content_type).order_by()
            if needs[: MANY + 1].count() > MANY:
                # Then nearly each record in the order of the list has it: to look costs less than to gather them.
                return queryset.filter(Exists(needs.filter(object_id=OuterRef("pk"))))
            return queryset.filter(pk__in=needs.values("object_id"))
        return queryset
