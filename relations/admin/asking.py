"""What forms ask while they are filled in: which records a text may mean, and what was understood of a date."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, JsonResponse

from ..models import Keyed, State
from ..writing import keyed_models
from .fields import candidates, label_of, named, understood

MOST_OFFERED = 12


def find(request, model: str):
    """Answer {"results": [{"value", "label", "hint"}]}: the records of a model that ?q= may mean."""
    found = next((item for item in keyed_models() if item._meta.label_lower == model), None)
    if found is None:
        raise Http404
    model_admin = admin.site.get_model_admin(found)
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    near = candidates(found, request.GET.get("q", "").replace("\0", ""))
    near = near.exclude(state=State.WITHDRAWN).select_related(*model_admin.hint_needs)[:MOST_OFFERED]
    results = [{"value": named(item), "label": label_of(item), "hint": _hint(model_admin, item)} for item in near]
    return JsonResponse({"results": results})


def understand_date(request):
    """Answer {"understood": …} or {"error": …} of ?text=."""
    return JsonResponse(understood(request.GET.get("text", "")[:200]))


def _hint(model_admin, record: Keyed) -> str:
    state = "" if record.state == State.PUBLISHED else record.get_state_display()
    return ", ".join(str(part) for part in (model_admin.hint(record), state) if part)
