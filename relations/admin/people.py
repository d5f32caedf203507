"""Accounts: administrators invite people by e-mail and give them roles; nobody sets the password of somebody else."""

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
from django.http import HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import pair
from .plans import Watched

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
        view = self.admin_site.admin_view(self.invite_view)
        return [path("<int:pk>/invite/", view, name="auth_user_invite"), *super().get_urls()]

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
            return
        obj.is_staff = True
        obj.set_unusable_password()
        super().save_model(request, obj, form, change)
        transaction.on_commit(lambda: self._invite(request, obj))

    def invite_view(self, request, pk):
        """Send the link again; by POST alone."""
        person = self.get_object(request, str(pk))
        if request.method != "POST" or person is None or not self.has_change_permission(request, person):
            raise PermissionDenied
        self._invite(request, person)
        return HttpResponseRedirect(reverse("admin:auth_user_change", args=[pk]))

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
