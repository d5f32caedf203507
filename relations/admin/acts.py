"""What can be done to records besides editing them: submit, publish, return, withdraw, reopen, export.

One record from its form, at once; or many from a list, as a batch (`relations.admin.bulk`). The rules are those of
`relations.publishing`, and its refusals become messages.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from .. import exporting, publishing
from ..joining import can_be_merged
from ..models import Keyed, State
from ..resources import Fault
from ..writing import Edit, Refused, Stored, may, writers
from .bulk import action_of, chosen_or_none, data_changes, planned
from .gathering import refusal_in_words
from .impact import goes_with, left_uncited, links
from .importing import download
from .joining import address

LONGEST_REASON = 1000
MOST_SHOWN = 50


@dataclass(frozen=True)
class Act:
    """Something done to records in certain states by whoever has a right; `asks` is the question for its reason."""

    name: str
    label: str
    right: str
    states: tuple[str, ...]
    do: Callable
    done: str
    asks: str = ""
    is_grave: bool = False


ACTS = {
    act.name: act
    for act in (
        Act(
            "submit",
            gettext_lazy("Ask for review"),
            "change",
            (State.DRAFT,),
            publishing.submit,
            ngettext_lazy("%(count)s record waits for review.", "%(count)s records wait for review.", "count"),
        ),
        Act(
            "publish",
            gettext_lazy("Publish"),
            "publish",
            (State.SUBMITTED,),
            publishing.publish,
            ngettext_lazy("%(count)s record is public.", "%(count)s records are public.", "count"),
        ),
        Act(
            "return",
            gettext_lazy("Return"),
            "publish",
            (State.SUBMITTED,),
            publishing.send_back,
            ngettext_lazy("%(count)s record is returned.", "%(count)s records are returned.", "count"),
            asks=gettext_lazy("What is to be mended?"),
        ),
        Act(
            "withdraw",
            gettext_lazy("Withdraw"),
            "publish",
            (State.DRAFT, State.SUBMITTED, State.PUBLISHED),
            publishing.withdraw,
            ngettext_lazy("%(count)s record is withdrawn.", "%(count)s records are withdrawn.", "count"),
            asks=gettext_lazy("Why is it withdrawn? Readers of an address that was public are told."),
            is_grave=True,
        ),
        Act(
            "reopen",
            gettext_lazy("Reopen"),
            "publish",
            (State.WITHDRAWN,),
            publishing.reopen,
            ngettext_lazy("%(count)s record is a draft again.", "%(count)s records are drafts again.", "count"),
        ),
    )
}


def states_of(act: Act) -> tuple[str, ...]:
    """Return the states in which an act is possible; a desk without a second person publishes drafts."""
    return (*act.states, State.DRAFT) if act.name == "publish" and not settings.SECOND_PERSON else act.states


def why_not(act: Act, record: Keyed, person) -> str:
    """Return why a person cannot do this to a record now, and what would be right; nothing where it is possible."""
    if record.state not in states_of(act):
        return _("it is %(state)s.") % {"state": record.get_state_display()}
    if not may(person, act.right, type(record)):
        return _("only an editor can.")
    if act.name == "publish":
        wrote = writers([record])[type(record), record.pk]
        if settings.SECOND_PERSON and person.pk in wrote:
            return _("you wrote this, so a second person does it.")
    return ""


class ActsMixin:
    """For a ModelAdmin: acts as actions of the list and as buttons of the form, each behind its right."""

    def get_urls(self):
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        view = self.admin_site.admin_view(self.act_view)
        return [path("<path:object_id>/act/<str:act>/", view, name=f"{name}_act"), *super().get_urls()]

    def has_publish_permission(self, request):
        """Whether the person publishes, returns and withdraws."""
        return may(request.user, "publish", self.model)

    def has_export_permission(self, request, *args):
        """Whether the person takes records away as a file."""
        return may(request.user, "export", self.model)

    def get_actions(self, request):
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        if not actions:
            return actions  # as where a record is chosen in a window of its own
        if can_be_merged(self.model) and self.has_change_permission(request):
            name = merge_selected.__name__
            actions[name] = (merge_selected, name, merge_selected.short_description)
        for bulk in data_changes(self.resource):
            action = action_of(bulk)
            if all(getattr(self, f"has_{right}_permission")(request) for right in action.allowed_permissions):
                actions[action.__name__] = (action, action.__name__, action.short_description)
        return actions

    # ------------------------------------------------------------------------------------------------ one record

    def act_view(self, request, object_id, act):
        """Ask, and on POST do it: `<pk>/act/submit/`."""
        if act not in ACTS:
            raise Http404
        act = ACTS[act]
        if not may(request.user, act.right, self.model):
            raise PermissionDenied
        record = self.get_object(request, object_id)
        if record is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        own = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[record.pk])
        if request.method == "POST":
            posted = request.POST.get("version", "")
            record.version = int(posted) if posted.isascii() and posted.isdigit() and len(posted) < 10 else 0
            if self.act(request, act, [record]) or not act.asks:
                return HttpResponseRedirect(own)
            record.refresh_from_db()
        elif reason := why_not(act, record, request.user):
            self.message_user(request, f"{act.label}: {reason}", messages.ERROR)
            return HttpResponseRedirect(own)
        return self._ask(request, act, record, back=own)

    def act(self, request, act: Act, records: list[Keyed]) -> bool:
        """Do it to all of the records or to none, and say so; returns whether it was done."""
        reason = request.POST.get("reason", "").strip()[:LONGEST_REASON]
        extra = {"reason": reason} if act.asks or act.name == "reopen" else {}
        try:
            act.do(records, by=request.user, **extra)
        except Refused as refused:
            self._say_refused(request, refusal_in_words(refused.faults))
        except PermissionDenied as denied:
            self._say_refused(request, [str(denied)])
        else:
            self.message_user(request, act.done % {"count": len(records)}, messages.SUCCESS)
            return True
        return False

    def _say_refused(self, request, sentences: list[str]) -> None:
        shown = format_html_join("", "<li>{}</li>", ((sentence,) for sentence in sentences[:MOST_SHOWN]))
        more = len(sentences) - MOST_SHOWN
        rest = format_html("<li>{}</li>", _("and %(count)s more") % {"count": more}) if more > 0 else ""
        text = format_html("{}<ul>{}{}</ul>", _("Nothing was done."), shown, rest)
        self.message_user(request, text, messages.ERROR)

    def _ask(self, request, act: Act, record: Keyed, *, back: str):
        """The page between: what it is about, what goes with it, and a field for the reason."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": act.label,
            "act": act,
            "original": record,
            "goes_with": links(goes_with([record])) if act.name == "withdraw" else [],
            "left_uncited": links(left_uncited([record])) if act.name == "withdraw" else [],
            "reason": request.POST.get("reason", ""),
            "back": back,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/desk/act.html", context)


TARGETS = {
    "submit": State.SUBMITTED,
    "publish": State.PUBLISHED,
    "return": State.DRAFT,
    "withdraw": State.WITHDRAWN,
    "reopen": State.DRAFT,
}


def _action(act: Act):
    """Return an act as an action of lists."""

    def action(modeladmin, request, queryset):
        pks = chosen_or_none(modeladmin, request, queryset)
        if pks is None:
            return None

        def edit(item: Stored) -> Edit | Fault:
            if item.row.state not in states_of(act):
                return Fault("state", item.row.state, _("it is %(state)s.") % {"state": item.row.get_state_display()})
            return Edit(modeladmin.model, item.row.pk, item.row.version, state=TARGETS[act.name])

        return planned(modeladmin, request, pks, edit)

    action.__name__ = f"{act.name}_selected"
    action.short_description = act.label
    action.allowed_permissions = (act.right,)
    return action


@admin.action(description=gettext_lazy("Merge two…"), permissions=["change"])
def merge_selected(modeladmin, request, queryset):
    """Go to the page that shows two records side by side; the older one stays unless the person turns them round."""
    pair = list(queryset.order_by("pk")[:3])
    if len(pair) == 2:
        goes_first = pair[1].was_public and not pair[0].is_public
        return HttpResponseRedirect(address(*(reversed(pair) if goes_first else pair)))
    modeladmin.message_user(request, _("Choose two records that are the same, and no more."), messages.ERROR)
    return None


@admin.action(description=gettext_lazy("Export as CSV"), permissions=["export"])
def export_selected(modeladmin, request, queryset):
    """Send the chosen records as one file, drafts included."""
    file = modeladmin.resource.file
    return download(exporting.table(file, "csv", drafts=True, queryset=queryset.order_by("key")), file, "csv")


ActsMixin.actions = [*map(_action, ACTS.values()), export_selected]
