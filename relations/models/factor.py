"""What proves, beside the password, who signs in: an authenticator app, passkeys, codes for when both are lost."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .base import Plain, ruled


@ruled
class Factor(Plain):
    """One second factor of one person; `relations.second_factor` makes, asks and removes them.

    `secret` is of an app the key that both sides know, in Base32; of a passkey its credential data with the public
    key, in Base64; of a recovery code the SHA-256 of it. `counter` is of an app the last time step that was used; of
    a passkey how often it has signed, as it says.
    """

    class Kind(models.TextChoices):
        APP = "app", _("authenticator app")
        PASSKEY = "passkey", _("passkey")
        CODE = "code", _("recovery code")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="factors")
    kind = models.CharField(max_length=7, choices=Kind.choices)
    name = models.CharField(max_length=60, blank=True)
    secret = models.TextField(max_length=4000)
    counter = models.PositiveBigIntegerField(default=0)
    added_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ()
        ordering = ("added_at", "pk")
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=Q(kind="app"), name="factor_a_person_has_one_app"),
        ]

    def __str__(self):
        return self.name or self.get_kind_display()
