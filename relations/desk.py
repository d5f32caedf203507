"""The desk: Django's admin under the name of the pair.

It is made before the models are registered with it, so that it names them only when it is asked for a page.
"""

from django.contrib.admin import AdminSite
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from . import pair

# The first page lists what is entered in the order in which work goes, then what only grows, then who works here.
SECTIONS = (
    (
        gettext_lazy("The record"),
        [
            "event",
            "actor",
            "source",
            "investment",
            "aidprogramme",
            "transaction",
            "aidcondition",
            "assessment",
            "benchmark",
            "judgement",
            "theme",
        ],
    ),
    (gettext_lazy("What waited and what happened"), ["plan", "revision", "packageversion"]),
)


class DeskSite(AdminSite):
    """The admin of one pair of countries."""

    site_header = "Bilateral"
    site_title = "Bilateral"
    index_title = gettext_lazy("The desk")
    enable_nav_sidebar = False
    empty_value_display = "–"

    def each_context(self, request):
        return {
            **super().each_context(request),
            "pair": pair.current(),
            "roles": [group.name for group in request.user.groups.all()] if request.user.is_active else [],
        }

    def get_urls(self):
        from .admin import asking

        return [
            path("find/<str:model>/", self.admin_view(asking.find), name="find"),
            path("understand-date/", self.admin_view(asking.understand_date), name="understand-date"),
            *super().get_urls(),
        ]

    def get_app_list(self, request, app_label=None):
        apps = super().get_app_list(request, app_label)
        if app_label is not None:
            return apps
        listed = {model["object_name"].lower(): (model, app) for app in apps for model in app["models"]}
        sections = []
        for name, order in SECTIONS:
            found = [listed.pop(model) for model in order if model in listed]
            if found:
                sections.append(found[0][1] | {"name": name, "models": [model for model, _app in found]})
        left = [model for model, _app in listed.values()]
        rest = [app | {"models": models} for app in apps if (models := [m for m in app["models"] if m in left])]
        return [*sections, *rest]

    def index(self, request, extra_context=None):
        return super().index(request, {"waiting": self._waiting(request), **(extra_context or {})})

    def _waiting(self, request) -> list[tuple[str, str, int]]:
        """Return what waits for somebody, as (words, address, count)."""
        from .models import Plan, State
        from .writing import keyed_models, may

        if not request.user.has_perm("relations.view_plan"):
            return []
        proposals = Plan.objects.filter(kind=Plan.Kind.PROPOSAL, state=Plan.State.WAITING).count()
        waiting = [(_("Proposals to change what is public"), reverse("admin:relations_plan_changelist"), proposals)]
        for model in keyed_models():
            if not may(request.user, "view", model) or not self.is_registered(model):
                continue
            url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
            for words, query, rows in (
                (_("%(models)s that wait for review"), "state=submitted", {"state": State.SUBMITTED}),
                (_("My drafts: %(models)s"), "state=mine", {"state": State.DRAFT, "entered_by": request.user}),
            ):
                if count := model._base_manager.filter(**rows).count():
                    name = model._meta.verbose_name_plural
                    waiting.append((words % {"models": name}, f"{url}?{query}", count))
        return waiting
