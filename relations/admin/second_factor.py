"""Signing in with a second factor, and keeping one: the pages of `relations.second_factor`."""

import re
from functools import wraps

from axes.handlers.proxy import AxesProxyHandler
from axes.helpers import get_credentials, get_lockout_response
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import REDIRECT_FIELD_NAME, get_user_model, login
from django.contrib.auth.signals import user_login_failed
from django.contrib.auth.views import LoginView
from django.core.exceptions import PermissionDenied
from django.core.mail import send_mail
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters

from .. import pair, second_factor, sessions
from ..models import Factor

PENDING = "second_step"  # in a session: who gave the right password and has still to show the second factor
PENDING_SECONDS = 10 * 60
SECRET, STATE = "new_app", "passkey_state"


# ------------------------------------------------------------------------------------------------------- sign-in


class SignIn(LoginView):
    """The first step, Django's; who has a second factor is signed in by the second."""

    def form_valid(self, form):
        person = form.get_user()
        if not second_factor.enrolled(person).exists():
            return super().form_valid(form)
        self.request.session[PENDING] = {
            "person": person.pk,
            "proof": person.get_session_auth_hash(),
            "backend": person.backend,
            "at": timezone.now().timestamp(),
            "next": self.get_success_url(),
        }
        return HttpResponseRedirect(reverse("admin:second-step"))


def _pending(request):
    """Return the account and what is kept of the first step; None where there was none, or too long ago."""
    kept = request.session.get(PENDING)
    if not kept or timezone.now().timestamp() - kept["at"] > PENDING_SECONDS:
        return None, None
    person = get_user_model().objects.filter(pk=kept["person"], is_active=True).first()
    if person is None or not constant_time_compare(person.get_session_auth_hash(), kept["proof"]):
        return None, None
    person.backend = kept["backend"]
    return person, kept


@sensitive_post_parameters("code", "credential")
@never_cache
@csrf_protect
def second_step(request):
    """Ask for a code or a passkey, and sign in whoever shows a right one; failures count with wrong passwords."""
    person, kept = _pending(request)
    if person is None:
        return HttpResponseRedirect(reverse("admin:login"))
    credentials = get_credentials(person.get_username())
    if not AxesProxyHandler.is_allowed(request, credentials):
        return get_lockout_response(request, HttpResponse(), credentials)
    error = ""
    if request.method == "POST":
        if answer := request.POST.get("credential"):
            is_right = second_factor.check_passkey(request, person, request.session.pop(STATE, None), answer)
        else:
            is_right = second_factor.check_code(person, request.POST.get("code", ""))
        if is_right:
            del request.session[PENDING]
            login(request, person, backend=person.backend)
            return HttpResponseRedirect(resolve_url(kept["next"]))
        user_login_failed.send(sender=__name__, credentials=credentials, request=request)
        error = _wrong(person)
    factors = {factor.kind for factor in person.factors.all()}
    context = {
        **admin.site.each_context(request),
        "title": _("Second step"),
        "error": error,
        "has_app": Factor.Kind.APP in factors,
        "has_codes": Factor.Kind.CODE in factors,
    }
    if Factor.Kind.PASSKEY in factors and second_factor.takes_passkeys(request):
        context["passkey"], request.session[STATE] = second_factor.ask_passkey(request, person)
    return TemplateResponse(request, "admin/desk/second_step.html", context)


def _wrong(person) -> str:
    if second_factor.is_guessed_at(person):
        return _(
            "Too many codes were tried for this account, so codes of the app are not taken for an hour. Use a passkey "
            "or a recovery code, and choose a new password: somebody else knows the one that you have."
        )
    return _(
        "That code is not right. A code of the app holds for half a minute and once; wait for the next one. "
        "A recovery code has 16 letters and figures and holds once."
    )


# ------------------------------------------------------------------------------------------- keeping one's own


def comes_first(view):
    """Let a page be asked for before there is a second factor: it is where one gets it."""
    view.comes_first = True
    return view


def freshly(view):
    """Ask for the password and the second factor again where that is long ago: an open desk is not its owner."""

    @wraps(view)
    def asked(request):
        if sessions.is_fresh(request):
            return view(request)
        messages.info(request, _("Sign in once more: the second factor is changed by its owner alone."))
        query = urlencode({"again": "", REDIRECT_FIELD_NAME: request.path})
        return HttpResponseRedirect(f"{reverse('admin:login')}?{query}")

    return asked


def _page(request, template: str, title: str, **context) -> TemplateResponse:
    request.current_app = admin.site.name
    shown = {**admin.site.each_context(request), "title": title, **context}
    return TemplateResponse(request, f"admin/desk/{template}.html", shown)


@comes_first
def overview(request):
    """What one has, and how to get more or lose some: on POST remove a factor or make new recovery codes."""
    if request.method == "POST":
        return _change(request)
    factors = list(request.user.factors.all())
    return _page(
        request,
        "second_factor",
        _("Second factor"),
        is_missing=second_factor.is_missing(request.user),
        must_have=second_factor.must_have(request.user),
        factors=[factor for factor in factors if factor.kind != Factor.Kind.CODE],
        codes=sum(factor.kind == Factor.Kind.CODE for factor in factors),
        has_app=any(factor.kind == Factor.Kind.APP for factor in factors),
        takes_passkeys=second_factor.takes_passkeys(request),
    )


@freshly
def _change(request):
    person, here = request.user, HttpResponseRedirect(reverse("admin:second-factor"))
    if request.POST.get("act") == "codes" and second_factor.enrolled(person).exists():
        return _codes(request, is_new=False)
    number = request.POST.get("remove", "")
    is_number = number.isascii() and number.isdigit() and len(number) < 18
    factor = second_factor.enrolled(person).filter(pk=number).first() if is_number else None
    if factor is None:
        raise PermissionDenied
    if not second_factor.removable(person, factor):
        words = _("It is the only one, and whoever can publish needs one: add another, then remove this.")
        messages.error(request, words)
        return here
    second_factor.remove(person, factor)
    tell(person, _("%(factor)s was removed from your account.") % {"factor": factor})
    messages.success(request, _("Removed: %(factor)s.") % {"factor": factor})
    return here


@comes_first
@freshly
def add_app(request):
    """Show the key of a new app, and enrol it by its first code."""
    if request.user.factors.filter(kind=Factor.Kind.APP).exists():
        messages.error(request, _("You have an app already; remove it before you add another."))
        return HttpResponseRedirect(reverse("admin:second-factor"))
    secret = request.session.setdefault(SECRET, second_factor.new_secret())
    error = ""
    if request.method == "POST":
        if second_factor.add_app(request.user, secret, request.POST.get("code", "")):
            del request.session[SECRET]
            return _added(request, _("An authenticator app"))
        error = _(
            "That code is not right: type the six figures that the app shows now. Is the clock of the phone right?"
        )
    groups = " ".join(re.findall(".{1,4}", secret))
    return _page(request, "add_app", _("Add an authenticator app"), secret=groups, error=error)


@comes_first
def app_drawing(request):
    """The key of the new app as a QR code."""
    if SECRET not in request.session:
        raise Http404
    address = second_factor.address_of_app(request.user, request.session[SECRET])
    return HttpResponse(second_factor.drawn(address), content_type="image/svg+xml")


@comes_first
@freshly
def add_passkey(request):
    """Ask the browser for a new passkey, and enrol what it answers."""
    if not second_factor.takes_passkeys(request):
        raise Http404
    error = ""
    if request.method == "POST":
        state, answer = request.session.pop(STATE, None), request.POST.get("credential", "")
        name = request.POST.get("name", "").replace("\0", "").strip()[:60] or _("Passkey")
        if second_factor.add_passkey(request, state, answer, name):
            return _added(request, name)
        error = _("The passkey could not be added; try once more.")
    options, request.session[STATE] = second_factor.begin_passkey(request)
    return _page(request, "add_passkey", _("Add a passkey"), passkey=options, error=error)


def _added(request, what: str):
    """Go on after a factor was added: with the first one come recovery codes, and other sessions end."""
    person = request.user
    tell(person, _("%(factor)s was added to your account.") % {"factor": what})
    if not person.factors.filter(kind=Factor.Kind.CODE).exists():
        # Whoever is signed in elsewhere gave the password alone.
        sessions.end_all(person, but=request.session.session_key)
        return _codes(request, is_new=True)
    messages.success(request, _("Added: %(factor)s.") % {"factor": what})
    return HttpResponseRedirect(reverse("admin:second-factor"))


def _codes(request, *, is_new: bool):
    codes = second_factor.new_codes(request.user)
    if not is_new:
        tell(request.user, _("New recovery codes were made for your account; the old ones hold no more."))
    return _page(request, "recovery_codes", _("Recovery codes"), codes=codes, is_new=is_new)


def tell(person, what: str) -> None:
    """Mail the owner what happened to the account; whether the mail server takes it is no reason to undo it."""
    if not person.email:
        return
    context = {"what": what, "person": person, "desk": f"{settings.PUBLIC_URL}{reverse('admin:second-factor')}"}
    subject = _("Second factor at %(desk)s") % {"desk": pair.current().title}
    send_mail(
        subject, render_to_string("registration/second_factor.txt", context), None, [person.email], fail_silently=True
    )
