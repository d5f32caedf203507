"""The three roles. Permissions do not exist within a migration, so groups are filled after each `migrate`."""

from django.apps import apps

ANALYST, EDITOR, ADMINISTRATOR = "analyst", "editor", "administrator"


def make_roles(sender=None, using: str = "default", **kwargs) -> None:
    """Make the groups of the roles and give them what each may do. Receiver of `post_migrate`."""
    from django.contrib.auth.models import Group, Permission

    from .models import Keyed

    if sender != [config for config in apps.get_app_configs() if config.models_module][-1]:
        return  # once is enough, when the permissions of the last app exist
    keyed = [model for model in apps.get_models() if issubclass(model, Keyed)]
    curating = _codes(keyed, "view", "add", "change", "import", "export")
    looking = ("plan", "revision", "packageversion", "comment", "report")
    history = [("relations", f"view_{model}") for model in looking]
    accounts = [("auth", f"{act}_{model}") for act in ("view", "add", "change") for model in ("user", "group")]
    # Who publishes answers readers, and is the second person of a redaction.
    redacting = [("relations", f"{act}_redaction") for act in ("view", "publish")]
    publishing = [*_codes(keyed, "publish"), ("relations", "change_report"), *redacting]
    rights = {
        ANALYST: curating + history,
        EDITOR: curating + history + publishing,
        ADMINISTRATOR: curating + history + publishing + accounts + [("relations", "add_redaction")],
    }
    found = {
        (permission.content_type.app_label, permission.codename): permission
        for permission in Permission.objects.using(using).select_related("content_type")
    }
    for name, codes in rights.items():
        group, _created = Group.objects.using(using).get_or_create(name=name)
        group.permissions.set([found[code] for code in codes if code in found])


def _codes(models, *acts: str) -> list[tuple[str, str]]:
    return [(model._meta.app_label, f"{act}_{model._meta.model_name}") for model in models for act in acts]
