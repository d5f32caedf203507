"""Two records side by side that are the same: which stays, whose value is taken, and on to what would move."""

from dataclasses import dataclass

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import batches, joining
from ..models import Keyed
from ..writing import Refused, keyed_models, may
from .fields import RecordField, named
from .gathering import refusal_in_words


class OtherForm(forms.Form):
    """Which record is the same."""

    def __init__(self, *args, model: type[Keyed], **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)
        label = gettext_lazy("Which one is the same, and goes?")
        self.fields["with"] = RecordField(model=model, label=label)


@dataclass(frozen=True)
class Choice:
    """A column in which two records differ, and what is chosen of it."""

    column: joining.Column
    chosen: str
    is_claimed: bool


def paths(site) -> list:
    """Return the address of this page."""
    return [path("merge/<str:model>/<int:number>/", site.admin_view(merge), name="merge")]


def address(stays: Keyed, goes: Keyed | None = None) -> str:
    """Return the address of the page on which a record is merged into another."""
    own = reverse("admin:merge", args=[stays._meta.label_lower, stays.pk])
    return f"{own}?with={goes.key}" if goes else own


def merge(request, model: str, number: int):
    """Show two records side by side, `?with=` the one that goes; on POST make the plan of their merge."""
    kind = next((item for item in keyed_models() if item._meta.label_lower == model), None)
    if kind is None or not joining.can_be_merged(kind):
        raise Http404
    if not may(request.user, "change", kind):
        raise PermissionDenied
    stays = kind._base_manager.filter(pk=min(number, 2**63 - 1)).first()
    if stays is None:
        raise Http404
    form = OtherForm(request.GET if "with" in request.GET else None, model=kind)
    goes = form.cleaned_data["with"] if form.is_valid() else None
    if goes is not None and request.method == "POST":
        choices = {
            name.removeprefix("choice-"): value for name, value in request.POST.items() if name.startswith("choice-")
        }
        try:
            plan = joining.join(
                stays, goes, by=request.user, choices=choices, claims=set(request.POST.getlist("claim"))
            )
        except Refused as refused:
            messages.error(request, " ".join(refusal_in_words(refused.faults)))
        else:
            return HttpResponseRedirect(reverse("admin:batch", args=[plan.pk]))
    return _side_by_side(request, stays, goes, form)


def _side_by_side(request, stays: Keyed, goes: Keyed | None, form: OtherForm):
    context = {
        **admin.site.each_context(request),
        "opts": stays._meta,
        "title": _("Merge"),
        "original": stays,
        "stays": stays,
        "goes": goes,
        "form": form,
        "media": admin.site.get_model_admin(type(stays)).media + form.media,
    }
    if goes is not None:
        found = batches.loaded([(type(stays), stays.pk), (type(goes), goes.pk)])
        differing = joining.columns(found[type(stays), stays.pk], found[type(goes), goes.pk])
        context |= {
            "choices": [
                Choice(
                    column,
                    request.POST.get(f"choice-{column.name}", column.chosen),
                    column.claims and (request.method != "POST" or column.name in request.POST.getlist("claim")),
                )
                for column in differing
            ],
            "other_way": address(goes, stays),
            "named": [named(stays), named(goes)],
        }
    request.current_app = admin.site.name
    return TemplateResponse(request, "admin/desk/join.html", context)
