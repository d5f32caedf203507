"""Batches: what would be done to many records at once, what was done, by whom and when; and taking it back."""

from dataclasses import dataclass

from django import forms
from django.contrib import admin, messages
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Case, Q, Value, When
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import batches, undoing
from ..models import Change, Plan, PlanRow, State
from ..resources import Fault
from ..writing import Refused
from .gathering import refusal_in_words
from .impact import goes_with, left_uncited, links
from .plans import proposed
from .waiting import NEWS, DeskList, Row, register

ROWS_A_PAGE = 50
BATCHES_A_PAGE = 50
MOST_SAID = 50
# In the order in which they are shown, before and after.
VERDICTS = {
    PlanRow.Verdict.REFUSED: (gettext_lazy("refused, and left out"), gettext_lazy("refused, and left out")),
    PlanRow.Verdict.NEW: (gettext_lazy("to be created"), gettext_lazy("created")),
    PlanRow.Verdict.CHANGED: (gettext_lazy("to be changed"), gettext_lazy("changed")),
    PlanRow.Verdict.SAME: (gettext_lazy("left as they are"), gettext_lazy("left as they were")),
}


class ApplyForm(forms.Form):
    """Why; and of which kind, where published records change."""

    change = forms.ChoiceField(
        label=gettext_lazy("Kind of change"), choices=Change.of_cells(), initial=Change.CORRECTION
    )
    reason = forms.CharField(
        label=gettext_lazy("Note for the history"), max_length=1000, widget=forms.TextInput(attrs={"dir": "auto"})
    )

    def __init__(self, *args, outlook: batches.Outlook, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)
        self.fields["reason"].required = outlook.needs_reason
        if outlook.needs_reason:
            self.fields["reason"].label = _("Reason, shown to whoever it concerns")
        if not outlook.waiting:
            del self.fields["change"]


@dataclass(frozen=True)
class Section:
    """The rows of one verdict on a page."""

    verdict: str
    label: str
    rows: list


@register
class MyBatches(DeskList):
    """What I did to many records at once, or prepared."""

    name, place, section, leads = "batches", 85, NEWS, False
    title = gettext_lazy("My changes of many, merges and takings back")
    about = gettext_lazy("What you did to many records at once or prepared, the latest first; each can be taken back.")
    empty = gettext_lazy("You have changed no records many at once. Choose some in a list, and an action.")
    since_words = gettext_lazy("on")

    def is_for(self, person):
        return person.has_perm("relations.view_plan")

    def queryset(self, person):
        mine = Plan.objects.filter(author=person, kind__in=batches.KINDS).exclude(state=Plan.State.DISCARDED)
        return mine.order_by("-created_at", "-pk")

    def rows(self, found, person):
        steps = {Plan.State.WAITING: _("See what it would do, then apply it or give it up")}
        return [
            Row(
                str(plan).capitalize(),
                plan.get_kind_display(),
                address(plan),
                steps.get(plan.state, _("See what it did, or take it back")),
                plan.created_at,
                note=plan.reason,
            )
            for plan in found
        ]


def paths(site) -> list:
    """Return the addresses of these pages."""
    return [
        path("batches/", site.admin_view(overview), name="batches"),
        path("batches/<int:number>/", site.admin_view(batch), name="batch"),
    ]


def address(plan: Plan) -> str:
    """Return the address of the page of a batch."""
    return reverse("admin:batch", args=[plan.pk])


def _answer(request, template: str, status: int = 200, **context):
    request.current_app = admin.site.name
    context = {**admin.site.each_context(request), "opts": Plan._meta, **context}
    return TemplateResponse(request, f"admin/desk/{template}.html", context, status=status)


# --------------------------------------------------------------------------------------------------------- the list


def overview(request):
    """List what was done to many records at once, the latest first; `?kind=` one kind of it."""
    if not request.user.has_perm("relations.view_plan"):
        raise PermissionDenied
    kinds = dict(Plan.Kind.choices)
    kinds = {kind: kinds[kind] for kind in (Plan.Kind.IMPORT, *batches.KINDS)}
    chosen = request.GET.get("kind", "")
    mine = Q(state=Plan.State.WAITING, author=request.user)
    found = Plan.objects.filter(Q(state=Plan.State.APPLIED) | mine, kind__in=[chosen] if chosen in kinds else kinds)
    people = ("author", "content_type", "upload", "undoes")
    found = found.select_related(*people).defer("upload__content").prefetch_related("undone_by", "proposals")
    page = Paginator(found.order_by("-pk"), BATCHES_A_PAGE).get_page(request.GET.get("p"))
    return _answer(request, "batches", title=_("Batches"), page=page, kinds=kinds, chosen=chosen)


# --------------------------------------------------------------------------------------------------------- one batch


def batch(request, number: int):
    """Show what a batch would do or did; on POST apply it, give it up, or take it back."""
    plan = _seen(request, number)
    if plan.kind == Plan.Kind.PROPOSAL:
        return HttpResponseRedirect(plan.get_absolute_url())
    if request.method == "POST":
        return _decided(request, plan)
    return _shown(request, plan)


def _seen(request, number: int) -> Plan:
    """A batch that was applied, or one of my own."""
    if not request.user.has_perm("relations.view_plan"):
        raise PermissionDenied
    shown = Q(state=Plan.State.APPLIED) | Q(author=request.user)
    found = Plan.objects.filter(shown, pk=min(number, 2**63 - 1)).exclude(kind=Plan.Kind.REDACT)
    plan = found.select_related("content_type", "author", "undoes", "upload").first()
    if plan is None or plan.state == Plan.State.DISCARDED:
        raise Http404
    return plan


def _decided(request, plan: Plan):
    act = request.POST.get("act", "")
    try:
        if act == "undo":
            return HttpResponseRedirect(address(undoing.take_back(plan, by=request.user)))
        if act == "discard" and plan.state == Plan.State.WAITING:
            batches.discard(plan, by=request.user)
            messages.success(request, _("Given up; nothing was written."))
            return HttpResponseRedirect(reverse("admin:batches"))
        if act == "apply" and plan.state == Plan.State.WAITING:
            return _applied(request, plan)
    except Refused as refused:
        _say(request, _("Nothing was done."), refused.faults)
    if act == "apply" and plan.state == Plan.State.APPLIED:
        messages.info(request, _("Already done: what it did stands below."))
    return HttpResponseRedirect(address(plan))


def _applied(request, plan: Plan):
    """Apply a plan. Where single rows are refused by now, they are left out, and the person decides again."""
    form = ApplyForm(request.POST, outlook=batches.outlook(plan, request.user))
    if not form.is_valid():
        return _shown(request, plan, form, status=400)
    change, reason = form.cleaned_data.get("change", ""), form.cleaned_data["reason"]
    try:
        batches.apply(plan, by=request.user, change=change, reason=reason)
    except Refused as refused:
        if batches.leave_out(plan, refused.faults):
            words = _("Nothing was done yet. These are refused by now, and left out if you go on:")
            _say(request, words, refused.faults)
            return _shown(request, plan, form, status=409)
        raise
    messages.success(request, _("Done: what it did stands below."))
    return HttpResponseRedirect(address(plan))


def _say(request, words: str, faults: list[Fault]) -> None:
    sentences = refusal_in_words(faults)
    if len(sentences) > MOST_SAID:
        more = _("and %(count)s more") % {"count": len(sentences) - MOST_SAID}
        sentences = [*sentences[:MOST_SAID], more]
    said = format_html_join("", "<li>{}</li>", ((sentence,) for sentence in sentences))
    messages.error(request, format_html("{}<ul>{}</ul>", words, said))


def _shown(request, plan: Plan, form: ApplyForm | None = None, status: int = 200):
    is_waiting = plan.state == Plan.State.WAITING
    counts = batches.tally(plan)
    chosen = request.GET.get("verdict", "")
    verdicts = [verdict for verdict in VERDICTS if counts[verdict] and chosen in ("", verdict)]
    rows = plan.rows.filter(verdict__in=verdicts).select_related("content_type")
    if PlanRow.Verdict.SAME in verdicts and chosen != PlanRow.Verdict.SAME:
        rows = rows.exclude(verdict=PlanRow.Verdict.SAME, notes=[])  # there is nothing to say of them
    order = Case(*(When(verdict=verdict, then=Value(place)) for place, verdict in enumerate(VERDICTS)))
    page = Paginator(rows.order_by(order, "number", "pk"), ROWS_A_PAGE).get_page(request.GET.get("p"))
    shown = proposed(list(page.object_list))
    outlook = batches.outlook(plan, request.user) if is_waiting else None
    taken_back = undoing.taken_back_by(plan)
    withdrawn = _withdrawn(plan) if is_waiting else []
    return _answer(
        request,
        "batch",
        status,
        title=_title(plan),
        plan=plan,
        upload=getattr(plan, "upload", None),
        counts=[(verdict, counts[verdict], VERDICTS[verdict][not is_waiting]) for verdict in VERDICTS],
        total=sum(counts.values()),
        chosen=chosen,
        page=page,
        sections=[
            Section(verdict, VERDICTS[verdict][not is_waiting], own)
            for verdict in verdicts
            if (own := [item for item in shown if item.row.verdict == verdict])
        ],
        outlook=outlook,
        form=form or (ApplyForm(outlook=outlook, initial=_initial(plan)) if outlook else None),
        goes_with=links(goes_with(withdrawn)),
        left_uncited=links(left_uncited(withdrawn)),
        proposals=plan.proposals.order_by("pk"),
        taken_back=taken_back,
        waiting=_in_waiting_proposals(plan, shown),
        can_undo=not is_waiting and taken_back is None and undoing.may_take_back(plan, request.user),
    )


def _withdrawn(plan: Plan) -> list:
    """Return the public records that a plan would withdraw, but for those that are merged: what names them moves."""
    rows = plan.rows.filter(verdict=PlanRow.Verdict.CHANGED, state=State.WITHDRAWN, into=None)
    found = []
    for pk in set(rows.order_by().values_list("content_type", flat=True)):
        model = ContentType.objects.get_for_id(pk).model_class()
        own = rows.filter(content_type=pk).values("object_id")
        found += model.objects.published().filter(pk__in=own).order_by("key")[: batches.MOST]
    return found


def _in_waiting_proposals(plan: Plan, shown: list) -> set[int]:
    """Return the ids of those rows whose change still waits for a second person."""
    rows = {(item.row.content_type_id, item.row.object_id): item.row.pk for item in shown}
    waiting = PlanRow.objects.filter(plan__parent=plan, plan__state=Plan.State.WAITING)
    found = waiting.filter(object_id__in=[pk for _kind, pk in rows]).values_list("content_type", "object_id")
    return {rows[target] for target in found if target in rows}


def _initial(plan: Plan) -> dict[str, str]:
    if plan.kind == Plan.Kind.UNDO:
        return {"reason": _("Taken back: %(what)s.") % {"what": plan.undoes or _("what an account did")}}
    if plan.kind == Plan.Kind.MERGE:
        goes = plan.rows.filter(into__isnull=False).select_related("content_type").first()
        stays = goes.content_type.model_class()._base_manager.get(pk=goes.into)
        words = _("“%(goes)s” and “%(stays)s” are the same.")
        return {"reason": words % {"goes": goes.key, "stays": stays.key}}
    return {}


def _title(plan: Plan) -> str:
    if plan.kind == Plan.Kind.UNDO:
        return _("Taking back: %(what)s") % {"what": plan.undoes or _("what an account did")}
    return str(plan).capitalize()
