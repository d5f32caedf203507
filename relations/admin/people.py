"""Accounts: administrators invite people by e-mail and give them roles; nobody sets the password of somebody else."""

from datetime import UTC, datetime
from smtplib import SMTPException

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as StockUserAdmin
from django.contrib.auth.models import Group, User
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import PermissionDenied
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import F
from django.http import HttpResponseRedirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import pair, second_factor, sessions, undoing
from ..models import Factor
from ..writing import Refused
from . import batches
from . import sessions as session_pages
from .plans import Watched
from .second_factor import tell

LAST = 20  # of what an account did, as a help to say since when

admin.site.unregister(User)
admin.site.unregister(Group)


def invite(person: User, *, by: User) -> None:
    """Send somebody the link by which they choose a password; it holds for as long as PASSWORD_RESET_TIMEOUT says."""
    token = default_token_generator.make_token(person)
    uid = urlsafe_base64_encode(force_bytes(person.pk))
    context = {
        "person": person,
        "by": by,
        "pair": pair.current(),
        "desk": f"{settings.PUBLIC_URL}{reverse('admin:index')}",
        "link": f"{settings.PUBLIC_URL}{reverse('password_reset_confirm', args=[uid, token])}",
        "days": settings.PASSWORD_RESET_TIMEOUT // (24 * 60 * 60),
    }
    subject = _("Your account at %(desk)s") % {"desk": pair.current().title}
    send_mail(subject, render_to_string("registration/invitation.txt", context), None, [person.email])


class AccountForm(forms.ModelForm):
    """An account; the address is needed, for the link to a password goes there."""

    class Meta:
        model = User
        fields = ("username", "email", "first_name", "last_name", "groups", "is_active")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "email" in self.fields:
            self.fields["email"].required = True

    def clean_email(self):
        email = self.cleaned_data["email"]
        if User.objects.filter(email__iexact=email).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("Another account has this address; each person has one account."))
        return email

    def clean_is_active(self):
        if self.instance.pk == self.asked_by and not self.cleaned_data["is_active"]:
            raise forms.ValidationError(_("You cannot stop your own account; another administrator does."))
        return self.cleaned_data["is_active"]

    asked_by = None  # whose form it is


class SinceForm(forms.Form):
    """Since when what an account did is taken back."""

    since = forms.DateTimeField(
        label=gettext_lazy("Since (UTC)"),
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={"invalid": gettext_lazy("Write a day and a time, such as 2026-06-30 14:00.")},
    )


@admin.register(User)
class UserAdmin(StockUserAdmin):
    """Who works at the desk."""

    form = AccountForm
    add_form = AccountForm
    fieldsets = [
        (None, {"fields": ["username", "email", "first_name", "last_name"]}),
        (gettext_lazy("At the desk"), {"fields": ["groups", "is_active"]}),
    ]
    add_fieldsets = [
        (
            None,
            {
                "fields": ["username", "email", "first_name", "last_name", "groups"],
                "description": gettext_lazy("A link by which the person chooses a password goes to the address."),
            },
        )
    ]
    change_form_template = "admin/desk/account.html"
    change_list_template = "admin/desk/record_list.html"
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_display = ("username", "email", "role", "is_active", "last_login")
    list_filter = ("groups", "is_active")
    filter_horizontal = ()
    ordering = ("username",)
    actions = None

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("groups")

    def get_urls(self):
        def page(address: str, view):
            name = address.replace("-", "_")
            return path(f"<int:pk>/{address}/", self.admin_site.admin_view(view), name=f"auth_user_{name}")

        return [
            page("invite", self.invite_view),
            page("sessions", self.sessions_view),
            page("without-factor", self.without_factor_view),
            page("undo", self.undo_view),
            *super().get_urls(),
        ]

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        form.asked_by = request.user.pk
        return form

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        factors = obj.factors.values_list("kind", flat=True).distinct().order_by("kind") if obj else ()
        context["factors"] = [Factor.Kind(kind).label for kind in factors]
        return super().render_change_form(request, context, add=add, change=change, form_url=form_url, obj=obj)

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        if db_field.name == "groups":
            kwargs["widget"] = forms.CheckboxSelectMultiple()
            kwargs["help_text"] = _("Analysts enter; editors also publish; administrators also keep accounts.")
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "groups":
            field.label = _("Roles")
            field.widget = field.widget.widget  # without links to make and change roles, which the code defines
        return field

    @admin.display(description=gettext_lazy("roles"))
    def role(self, person):
        """The roles by name."""
        return ", ".join(group.name for group in person.groups.all()) or "–"

    def has_delete_permission(self, request, obj=None):
        return False  # the history names its people; an account is stopped instead

    def has_change_permission(self, request, obj=None):
        above = obj is not None and obj.is_superuser and not request.user.is_superuser
        return super().has_change_permission(request, obj) and not above

    def user_change_password(self, request, id, form_url=""):
        raise PermissionDenied  # whoever knows another's password could be the second person

    def save_model(self, request, obj, form, change):
        if change:
            super().save_model(request, obj, form, change)
            if not obj.is_active:
                sessions.end_all(obj)
            return
        obj.is_staff = True
        obj.set_unusable_password()
        super().save_model(request, obj, form, change)
        transaction.on_commit(lambda: self._invite(request, obj))

    def invite_view(self, request, pk):
        """Send the link again; by POST alone."""
        person = self._kept(request, pk, needs_post=True)
        self._invite(request, person)
        return HttpResponseRedirect(reverse("admin:auth_user_change", args=[pk]))

    def _kept(self, request, pk: int, *, needs_post: bool = False) -> User:
        """Return the account of that number, if who asks may change it. Raises PermissionDenied."""
        person = self.get_object(request, str(pk)) if pk < 2**63 else None
        if person is None or not self.has_change_permission(request, person):
            raise PermissionDenied
        if needs_post and request.method != "POST":
            raise PermissionDenied
        return person

    def sessions_view(self, request, pk):
        """Show the sessions and sign-ins of a person; on POST end some."""
        person = self._kept(request, pk)
        if request.method == "POST":
            self.log_change(request, person, _("Ended sessions."))
        return session_pages.page(request, person)

    def without_factor_view(self, request, pk):
        """Take the second factor from somebody who has lost it; by POST alone."""
        person = self._kept(request, pk, needs_post=True)
        if person == request.user:
            self.message_user(request, _("Your own is changed on its page, after you sign in."), messages.ERROR)
            return HttpResponseRedirect(reverse("admin:second-factor"))
        second_factor.remove(person)
        sessions.end_all(person)
        self.log_change(request, person, _("Removed the second factor."))
        tell(person, _("%(who)s removed the second factor of your account.") % {"who": request.user})
        words = _("Removed. The password alone signs %(who)s in until there is a new second factor.")
        self.message_user(request, words % {"who": person}, messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:auth_user_change", args=[pk]))

    def undo_view(self, request, pk):
        """Ask since when, and on POST lead to the page that shows what would go back; nothing has happened by then."""
        person = self._kept(request, pk)
        form = SinceForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                plan = undoing.take_back_all_by(person, form.cleaned_data["since"], by=request.user)
            except Refused:
                form.add_error(
                    "since", _("The account has written and published nothing since; take an earlier moment.")
                )
            else:
                return HttpResponseRedirect(batches.address(plan))
        done = undoing.done_by(person, datetime.min.replace(tzinfo=UTC)).defer("data")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Take back what %(who)s did") % {"who": person},
            "person": person,
            "form": form,
            "last": done.select_related("content_type")
            .annotate(key=F("data__cells__key"))
            .order_by("-at", "-pk")[:LAST],
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/desk/undo_account.html", context)

    def _invite(self, request, person: User) -> None:
        try:
            invite(person, by=request.user)
        except (OSError, SMTPException) as error:
            words = _("The mail to %(address)s could not be sent (%(error)s). Send it again from the account's page.")
            self.message_user(request, words % {"address": person.email, "error": error}, messages.ERROR)
        else:
            words = _("A link to choose a password is on its way to %(address)s.") % {"address": person.email}
            self.message_user(request, words, messages.SUCCESS)


@admin.register(Group)
class GroupAdmin(Watched):
    """The roles and what each may do; the code defines them."""

    fields = ("name", "permissions")
    ordering = ("name",)

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("permissions__content_type")
