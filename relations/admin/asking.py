"""What forms ask while they are filled in: what a text may mean, what a date reads as, what is there already."""

from django.contrib import admin
from django.contrib.admin.templatetags.admin_urls import admin_urlname
from django.core.exceptions import PermissionDenied
from django.http import Http404, JsonResponse
from django.urls import path, reverse

from .. import addresses, dates, doubles, keys, places
from ..models import Keyed, Placed, Source, State
from ..resources.base import SEPARATOR, registry
from ..writing import keyed_models
from .fields import candidates, key_in, label_of, named, understood

MOST_OFFERED = 12
LONGEST_ASKED = 1000  # characters of one answer


def paths(site) -> list:
    """Return the addresses that forms ask, each for whoever may see the model."""
    return [
        path("find/<str:model>/", site.admin_view(find), name="find"),
        path("understand-date/", site.admin_view(understand_date), name="understand-date"),
        path("propose-key/<str:model>/", site.admin_view(propose_key), name="propose-key"),
        path("find-place/<str:model>/", site.admin_view(find_place), name="find-place"),
        path("find-doubles/", site.admin_view(find_doubles), name="find-doubles"),
    ]


def find(request, model: str):
    """Answer {"results": [{"value", "label", "hint"}]}: the records of a model that ?q= may mean.

    An address that no source has is answered with {"new": {…}} besides: the cells of a source that it suggests.
    """
    model_admin = _admin_of(request, model)
    text = _asked(request, "q").strip()
    near = candidates(model_admin.model, text)
    near = near.exclude(state=State.WITHDRAWN).select_related(*model_admin.hint_needs)[:MOST_OFFERED]
    results = [{"value": named(item), "label": label_of(item), "hint": _hint(model_admin, item)} for item in near]
    if model_admin.model is Source and not results and addresses.is_address(text):
        return JsonResponse({"results": results, "new": addresses.source_from(text)})
    return JsonResponse({"results": results})


def understand_date(request):
    """Answer {"understood": …} or {"error": …} of ?text=."""
    return JsonResponse(understood(request.GET.get("text", "")[:200]))


def propose_key(request, model: str):
    """Answer {"key": …}: a free key for a new record of which the columns are given as its form has them."""
    model = _admin_of(request, model).model
    cells = {name: _asked(request, name) for name in keys.parts_of(model)}
    read = {name: key_in(text) if model._meta.get_field(name).is_relation else text for name, text in cells.items()}
    return JsonResponse({"key": keys.propose(model, read)})


def find_place(request, model: str):
    """Answer {"results": [{"value", "label", "hint", "cells"}]}: places used before that ?q= may mean."""
    model = _admin_of(request, model).model
    found = places.used(model, _asked(request, "q")) if issubclass(model, Placed) else []
    results = [{"value": it["place"], "label": it["place"], "hint": places.in_words(it), "cells": it} for it in found]
    return JsonResponse({"results": results})


def find_doubles(request):
    """Answer {"results": [{"title", "date", "url", "state"}]}: events that may be that of ?title=, ?date=, ?actor=."""
    _admin_of(request, registry["events"]._meta.model._meta.label_lower)
    pk = _asked(request, "pk")
    actors = SEPARATOR.join(f"{key_in(text)}:" for text in request.GET.getlist("actor")[:50])
    cells = {"title": _asked(request, "title"), "date": _asked(request, "date"), "actors": actors}
    found = doubles.likely_doubles(cells, pk=int(pk) if pk.isascii() and pk.isdigit() and len(pk) < 19 else None)
    results = [
        {
            "title": label_of(item.event),
            "date": dates.parse(item.event.date).short(),
            "url": reverse(admin_urlname(item.event._meta, "change"), args=[item.event.pk]),
            "state": item.event.get_state_display(),
        }
        for item in found
    ]
    return JsonResponse({"results": results})


def _admin_of(request, label: str):
    """Return the admin of a keyed model for whoever may see its records."""
    model = next((item for item in keyed_models() if item._meta.label_lower == label), None)
    if model is None:
        raise Http404
    model_admin = admin.site.get_model_admin(model)
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    return model_admin


def _asked(request, name: str) -> str:
    return request.GET.get(name, "").replace("\0", "")[:LONGEST_ASKED]


def _hint(model_admin, record: Keyed) -> str:
    state = "" if record.state == State.PUBLISHED else record.get_state_display()
    return ", ".join(str(part) for part in (model_admin.hint(record), state) if part)
