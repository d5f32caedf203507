"""The desk: Django's admin under the name of the pair.

It is made before the models are registered with it, so that it names them only when it is asked for a page.
"""

from functools import update_wrapper

from django.contrib.admin import AdminSite
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponseRedirect
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache

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
    (gettext_lazy("What waited and what happened"), ["report", "comment", "plan", "revision", "packageversion"]),
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

    def admin_view(self, view, cacheable=False):
        """Ask whoever needs a second factor and has none for it, before any other page but the way out."""
        guarded = super().admin_view(view, cacheable)
        if view == self.logout or getattr(view, "comes_first", False):
            return guarded

        def asked(request, *args, **kwargs):
            from .second_factor import is_missing

            if self.has_permission(request) and is_missing(request.user):
                return HttpResponseRedirect(reverse("admin:second-factor"))
            return guarded(request, *args, **kwargs)

        return update_wrapper(asked, guarded)

    @method_decorator(never_cache)
    @login_not_required
    def login(self, request, extra_context=None):
        """The sign-in of Django's admin, of which a second factor is the second step; `?again` asks once more."""
        from django.contrib.admin.forms import AdminAuthenticationForm

        from .admin.second_factor import SignIn

        if request.method == "GET" and self.has_permission(request) and "again" not in request.GET:
            return HttpResponseRedirect(reverse("admin:index"))
        context = {
            **self.each_context(request),
            "title": _("Sign in"),
            "app_path": request.get_full_path(),
            "username": request.user.get_username(),
            **(extra_context or {}),
        }
        if REDIRECT_FIELD_NAME not in request.GET and REDIRECT_FIELD_NAME not in request.POST:
            context[REDIRECT_FIELD_NAME] = reverse("admin:index")
        request.current_app = self.name
        return SignIn.as_view(
            extra_context=context, authentication_form=AdminAuthenticationForm, template_name="admin/login.html"
        )(request)

    def get_urls(self):
        from .admin import (
            asking,
            batches,
            helping,
            joining,
            profiles,
            redaction,
            review,
            second_factor,
            sessions,
            worklists,
        )

        return [
            path("second-step/", second_factor.second_step, name="second-step"),
            path("second-factor/", self.admin_view(second_factor.overview), name="second-factor"),
            path("second-factor/app/", self.admin_view(second_factor.add_app), name="add-app"),
            path("second-factor/app/key.svg", self.admin_view(second_factor.app_drawing), name="app-drawing"),
            path("second-factor/passkey/", self.admin_view(second_factor.add_passkey), name="add-passkey"),
            path("sessions/", self.admin_view(sessions.own), name="sessions"),
            path("sign-ins/", self.admin_view(sessions.all_sign_ins), name="sign-ins"),
            path("review/", self.admin_view(review.start), name="next-review"),
            *asking.paths(self),
            *batches.paths(self),
            *joining.paths(self),
            *profiles.paths(self),
            *redaction.paths(self),
            *helping.paths(self),
            path("desk/<slug:name>/", self.admin_view(self.desk_list), name="desk-list"),
            *worklists.paths(self),
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
        from .admin import waiting, worklists

        context = {"overview": waiting.overview(request.user), "work_lists": worklists.counted(self, request)}
        return super().index(request, context | (extra_context or {}))

    def desk_list(self, request, name):
        """One list of what waits."""
        from .admin import waiting

        return waiting.page_view(self, request, name)
