"""Redaction: an administrator asks for a text to go, a second person looks at where it stands and agrees or refuses."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import redacting
from ..models import Plan, Redaction
from ..writing import Refused, keyed_models
from .gathering import refusal_in_words
from .plans import proposed
from .waiting import DeskList, Row, register

A_PAGE = 50


class AskForm(forms.Form):
    """What is to go: as it is written, or all that a column of a record says and has said."""

    texts = forms.CharField(
        label=gettext_lazy("Exact texts, one spelling a line"),
        required=False,
        widget=forms.Textarea({"rows": 4, "dir": "auto", "autocomplete": "off"}),
        help_text=gettext_lazy("Small and capital letters count. The key of a record is a spelling of its own."),
    )
    kind = forms.ChoiceField(label=gettext_lazy("Or: kind of record"), required=False)
    key = forms.CharField(label=gettext_lazy("Key"), max_length=80, required=False)
    column = forms.CharField(
        label=gettext_lazy("Column"),
        max_length=40,
        required=False,
        help_text=gettext_lazy(
            "As in its file: “summary”. All that stood there in any version goes, wherever it stands."
        ),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason, shown to readers; it stays"),
        max_length=1000,
        widget=forms.Textarea({"rows": 2, "dir": "auto"}),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)
        kinds = [(model._meta.label_lower, model._meta.verbose_name) for model in keyed_models()]
        self.fields["kind"].choices = [("", "–"), *kinds]

    def clean(self):
        read = super().clean()
        read["wanted"] = (read.get("texts") or "").splitlines()
        if read.get("key") or read.get("column"):
            model = next((item for item in keyed_models() if item._meta.label_lower == read.get("kind")), None)
            record = model and model._base_manager.filter(key=read.get("key", "")).first()
            try:
                read["wanted"] += redacting.texts_of(record, read.get("column", "")) if record else []
            except LookupError:
                record = None
            if record is None:
                raise forms.ValidationError(_("There is no such record, or it has no such column."))
        return read


@register
class RedactionsAskedFor(DeskList):
    """What an administrator asked to be gone."""

    name, place = "redactions", 15
    title = gettext_lazy("Redactions that are asked for")
    about = gettext_lazy("Texts that law or safety demands to be gone, the oldest first; a second person agrees.")
    empty = gettext_lazy("Nobody asks for a redaction.")

    def is_for(self, person):
        return person.has_perm("relations.publish_redaction")

    def queryset(self, person):
        waiting = Plan.objects.filter(state=Plan.State.WAITING, kind=Plan.Kind.REDACT)
        return waiting.select_related("author").order_by("created_at", "pk")

    def rows(self, found, person):
        return [
            Row(
                _("Redaction"),
                _("redaction"),
                plan.get_absolute_url(),
                _("See where it stands") if redacting.may_decide(plan, person) else _("A second person decides"),
                plan.created_at,
                who=str(plan.author),
                note=plan.reason,
            )
            for plan in found
        ]


def paths(site) -> list:
    """Return the addresses of these pages."""
    return [
        path("redactions/", site.admin_view(redactions), name="redactions"),
        path("redactions/<int:number>/", site.admin_view(redaction), name="redaction"),
    ]


def _answer(request, template: str, status: int = 200, **context):
    request.current_app = admin.site.name
    context = {**admin.site.each_context(request), "opts": Plan._meta, **context}
    return TemplateResponse(request, f"admin/desk/{template}.html", context, status=status)


def redactions(request):
    """List the tombstones, the latest first; an administrator asks for another."""
    if not request.user.has_perm("relations.view_redaction"):
        raise PermissionDenied
    can_ask = request.user.has_perm("relations.add_redaction")
    if request.method == "POST" and not can_ask:
        raise PermissionDenied
    form = AskForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            plan = redacting.ask(form.cleaned_data["wanted"], by=request.user, reason=form.cleaned_data["reason"])
            return HttpResponseRedirect(reverse("admin:redaction", args=[plan.pk]))
        except Refused as refused:
            for sentence in refusal_in_words(refused.faults):
                form.add_error(None, sentence)
    found = Redaction.objects.select_related("plan__author", "plan__decided_by").order_by("-pk")
    page = Paginator(found, A_PAGE).get_page(request.GET.get("p"))
    status = 400 if form.errors else 200
    return _answer(request, "redactions", status, title=_("Redactions"), form=form if can_ask else None, page=page)


def redaction(request, number: int):
    """Show where the texts stand, and what becomes of each record; on POST agree, refuse or take back."""
    if not request.user.has_perm("relations.view_redaction"):
        raise PermissionDenied
    found = Plan.objects.filter(pk=min(number, 2**63 - 1), kind=Plan.Kind.REDACT)
    plan = found.select_related("author", "decided_by", "redaction").first()
    if plan is None:
        raise Http404
    if request.method == "POST":
        return _decided(request, plan)
    page = Paginator(plan.rows.select_related("content_type").order_by("number"), A_PAGE).get_page(request.GET.get("p"))
    is_waiting = plan.state == Plan.State.WAITING
    return _answer(
        request,
        "redaction",
        title=_("Redaction"),
        plan=plan,
        tombstone=plan.redaction,
        page=page,
        rows=proposed(list(page.object_list)),
        can_decide=is_waiting and redacting.may_decide(plan, request.user),
        is_author=is_waiting and plan.author_id == request.user.pk,
    )


def _decided(request, plan: Plan):
    try:
        if request.POST.get("act") == "agree":
            redacting.agree(plan, by=request.user)
            messages.success(
                request, _("Gone from everything here. Backups and copies elsewhere are yours to look after.")
            )
        else:
            redacting.refuse(plan, by=request.user, comment=request.POST.get("comment", ""))
            messages.success(request, _("Refused: what waited keeps nothing of the text."))
    except Refused as refused:
        words = " ".join(refusal_in_words(refused.faults))
        messages.error(request, f"{_('Nothing was done.')} {words}")
    return HttpResponseRedirect(reverse("admin:redaction", args=[plan.pk]))
