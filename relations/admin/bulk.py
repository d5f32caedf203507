"""Many at once: what the actions of a list do to the records chosen, as a batch that is looked at first.

Chosen is what was ticked, or all that the filters of the list find, at most 10,000. Nothing is written here: each
action makes a plan, whose page shows every cell before and after, asks for one reason, and applies it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from django import forms
from django.contrib import messages
from django.contrib.admin import helpers
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import batches
from ..models import Actor, Plan, State, Theme
from ..models.base import Citation
from ..naming import renamed
from ..resources import Fault, RecordResource
from ..resources.base import SEPARATOR, ChoiceWidget
from ..writing import Edit, Stored
from .fields import RecordField

Changes = tuple[dict[str, str], dict[str, list[dict[str, str]]]]  # cells and children


@dataclass(frozen=True)
class Bulk:
    """A change of many records: the question it asks first, if any, and what becomes of each record."""

    name: str
    label: str
    right: str
    change: Callable[[RecordResource, dict, dict], Changes]
    form: type[forms.Form] | None = None


# ------------------------------------------------------------------------------------------------ what becomes of one


def _set(column: str, resource: RecordResource, record: dict, answers: dict) -> Changes:
    return {column: answers[column]}, {}


def _with_theme(resource: RecordResource, record: dict, answers: dict) -> Changes:
    keys = {*_items(record["cells"]["themes"]), answers["theme"].key}
    return {"themes": SEPARATOR.join(sorted(keys))}, {}


def _without_theme(resource: RecordResource, record: dict, answers: dict) -> Changes:
    keys = [key for key in _items(record["cells"]["themes"]) if key != answers["theme"].key]
    return {"themes": SEPARATOR.join(keys)}, {}


def _with_other_actor(resource: RecordResource, record: dict, answers: dict) -> Changes:
    """Name another actor wherever the record names one, but for who claims what a source states."""
    old, new = answers["actor"].key, answers["other"].key
    cells = renamed(resource, record["cells"], Actor, old, new)
    children = {}
    for child in resource.children:
        if not issubclass(child._meta.model, Citation):
            rows = record["children"][child.name]
            changed = [row | renamed(child(), row, Actor, old, new) for row in rows]
            if changed != rows:
                children[child.name] = changed
    return cells, children


def _items(text: str) -> list[str]:
    return text.split(SEPARATOR) if text else []


# ------------------------------------------------------------------------------------------------- what is asked for


def _form(**fields: forms.Field) -> type[forms.Form]:
    return type("Form", (forms.Form,), fields)


def data_changes(resource: RecordResource) -> list[Bulk]:
    """Return what can be changed in many records of a model: as its columns say."""
    found = []
    model = resource._meta.model
    columns = resource.cell_names
    if "importance" in columns and isinstance(resource.fields["importance"].widget, ChoiceWidget):
        choices = [(str(value), f"{value}, {label}") for value, label in model._meta.get_field("importance").choices]
        asked = _form(importance=forms.ChoiceField(label=gettext_lazy("Importance"), choices=choices))
        found.append(
            Bulk("set_importance", gettext_lazy("Set importance…"), "change", partial(_set, "importance"), asked)
        )
    if "themes" in columns:
        asked = _form(theme=RecordField(model=Theme, label=gettext_lazy("Theme")))
        found.append(Bulk("add_theme", gettext_lazy("Add a theme…"), "change", _with_theme, asked))
        found.append(Bulk("remove_theme", gettext_lazy("Remove a theme…"), "change", _without_theme, asked))
    if _names_actors(resource):
        asked = _form(
            actor=RecordField(model=Actor, label=gettext_lazy("Actor to be replaced")),
            other=RecordField(model=Actor, label=gettext_lazy("By")),
        )
        found.append(Bulk("replace_actor", gettext_lazy("Replace an actor…"), "change", _with_other_actor, asked))
    return found


def _names_actors(resource: RecordResource) -> bool:
    children = [child() for child in resource.children if not issubclass(child._meta.model, Citation)]
    tables = [(resource, resource.cell_names), *((child, child.child_columns) for child in children)]
    return any(getattr(table.fields[name].widget, "model", None) is Actor for table, names in tables for name in names)


# ------------------------------------------------------------------------------------------------------ as actions


def chosen_or_none(modeladmin, request, queryset) -> list[int] | None:
    """Return the ids of the chosen records; None where they are too many, which is said."""
    pks = list(queryset.order_by("pk").values_list("pk", flat=True)[: batches.MOST + 1])
    if len(pks) > batches.MOST:
        message = _("At most %(most)s records are changed at once. Narrow the list by its filters. Nothing was done.")
        modeladmin.message_user(request, message % {"most": f"{batches.MOST:,}"}, messages.ERROR)
        return None
    return pks


def planned(modeladmin, request, pks: Iterable[int], edits_of: Callable[[Stored], Edit | Fault]):
    """Make a plan of what becomes of each record, and go to its page."""
    model = modeladmin.model
    found = batches.loaded((model, pk) for pk in pks)
    edits, wrong = [], {}
    for target, item in sorted(found.items(), key=lambda entry: entry[1].record["cells"]["key"]):
        made = edits_of(item)
        if isinstance(made, Fault):
            wrong[target] = [made]
            made = Edit(model, item.row.pk, item.row.version)
        edits.append(made)
    plan = batches.prepare(Plan.Kind.BULK, edits, by=request.user, model=model, found=found, wrong=wrong)
    return HttpResponseRedirect(reverse("admin:batch", args=[plan.pk]))


def action_of(bulk: Bulk):
    """Return a change of many as an action of lists."""

    def action(modeladmin, request, queryset):
        pks = chosen_or_none(modeladmin, request, queryset)
        if pks is None:
            return None
        form = bulk.form(request.POST if "confirmed" in request.POST else None, label_suffix="")
        if not form.is_valid():
            return asked(modeladmin, request, bulk, form, len(pks))
        resource = modeladmin.resource

        def edit(item: Stored) -> Edit | Fault:
            if item.row.state == State.WITHDRAWN:
                return Fault("state", item.row.state, _("it is withdrawn; reopen it first"))
            cells, children = bulk.change(resource, item.record, form.cleaned_data)
            return Edit(modeladmin.model, item.row.pk, item.row.version, cells, children)

        return planned(modeladmin, request, pks, edit)

    action.__name__ = f"{bulk.name}_of_selected"
    action.short_description = bulk.label
    action.allowed_permissions = (bulk.right,)
    return action


def asked(modeladmin, request, bulk: Bulk, form, count: int):
    """The page between: what is to be set or replaced, of what was chosen."""
    context = {
        **modeladmin.admin_site.each_context(request),
        "opts": modeladmin.opts,
        "title": bulk.label,
        "action": f"{bulk.name}_of_selected",
        "form": form,
        "count": count,
        "media": modeladmin.media + form.media,
        "select_across": request.POST.get("select_across", "0"),
        "checkbox_name": helpers.ACTION_CHECKBOX_NAME,
        "chosen": request.POST.getlist(helpers.ACTION_CHECKBOX_NAME),
        "back": request.get_full_path(),
    }
    request.current_app = modeladmin.admin_site.name
    return TemplateResponse(request, "admin/desk/bulk.html", context)
