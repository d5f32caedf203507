"""The pages that say what belongs in a record, a page a model, with good examples from the record itself."""

from dataclasses import dataclass

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import render
from django.urls import path
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from ..models import Dated, Keyed
from ..resources import PartsWidget, RecordResource, registry, resource_of
from ..resources.base import SEPARATOR
from ..writing import may

MOST_READ = 40  # published records of which the examples are the fullest
EXAMPLES = 3


@dataclass(frozen=True)
class Example:
    """A published record, its filled cells in words, and what is cited for it."""

    record: Keyed
    cells: list[tuple[str, str]]
    citations: list[dict[str, str]]


def paths(site) -> list:
    """Return the addresses of help."""
    return [path("help/<str:file>/", site.admin_view(help_page), name="help")]


def help_page(request, file: str):
    """Answer `help/events/`: what belongs in an event, for whoever may see events."""
    resource = registry.get(file)
    if resource is None or not issubclass(resource, RecordResource):
        raise Http404
    model = resource._meta.model
    if not may(request.user, "view", model):
        raise PermissionDenied
    context = {
        **admin.site.each_context(request),
        "title": _("%(models)s: what belongs in them") % {"models": capfirst(model._meta.verbose_name_plural)},
        "opts": model._meta,
        "examples": examples(model),
    }
    return render(request, f"admin/desk/help/{file}.html", context)


def examples(model: type[Keyed]) -> list[Example]:
    """Return three published records, of the latest forty those of which most is said and most is cited."""
    resource = resource_of(model)
    order = ("-earliest", "-key") if issubclass(model, Dated) else ("-key",)
    found = []
    for record in resource.with_relations(model.objects.published().order_by(*order)[:MOST_READ]):
        said = resource.snapshot(record)
        filled = {name: text for name, text in said["cells"].items() if text not in ("", "no")}
        cells = [(name.replace("_", " "), _in_words(resource, name, text)) for name, text in filled.items()]
        found.append(Example(record, cells, said["children"].get("citations", [])))
    # Each claim counts, but three sources of one record are example enough.
    found.sort(key=lambda example: -len(example.cells) - min(6, len(example.citations)))
    return found[:EXAMPLES]


def _in_words(resource: RecordResource, name: str, text: str) -> str:
    if isinstance(resource.fields[name].widget, PartsWidget):
        pairs = (item.partition(":") for item in text.split(SEPARATOR))
        return ", ".join(f"{key} ({word})" for key, _colon, word in pairs)
    return text.replace(SEPARATOR, ", ")
