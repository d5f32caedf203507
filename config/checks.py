"""What production refuses to start with, beyond what `check --deploy` looks for."""

from django.conf import settings
from django.contrib.auth.hashers import get_hashers
from django.core.checks import Error, Tags, register, run_checks
from django.core.exceptions import ImproperlyConfigured

STRONG_HASHERS = {"argon2", "bcrypt_sha256", "pbkdf2_sha256", "scrypt"}
LEAST_HSTS_SECONDS = 30 * 24 * 60 * 60


@register(Tags.security)
def debug_stays_on_this_machine(app_configs, **kwargs):
    hosts = [host for host in settings.ALLOWED_HOSTS if host not in settings.LOOPBACK]
    if settings.PRODUCTION or not hosts:
        return []
    return [
        Error(
            f"BILATERAL_DEBUG is on, and BILATERAL_ALLOWED_HOSTS names {', '.join(hosts)}.",
            hint="Set BILATERAL_DEBUG=0, or leave BILATERAL_ALLOWED_HOSTS out.",
            id="bilateral.E001",
        )
    ]


@register(Tags.security)
def production_is_safe(app_configs, **kwargs):
    if not settings.PRODUCTION:
        return []
    errors = []
    if settings.DEBUG:
        errors.append(Error("DEBUG is on in production.", hint="Leave DEBUG to BILATERAL_DEBUG.", id="bilateral.E002"))
    if not settings.SECOND_FACTOR:
        hint = "Leave SECOND_FACTOR as it is: whoever can publish needs one."
        errors.append(Error("SECOND_FACTOR is off in production.", hint=hint, id="bilateral.E009"))
    if len(settings.SECRET_KEY) < 50 or len(set(settings.SECRET_KEY)) < 10:
        errors.append(
            Error(
                "BILATERAL_SECRET_KEY is shorter than 50 characters or made of fewer than 10 different ones.",
                hint='python -c "import secrets; print(secrets.token_urlsafe(50))" makes one.',
                id="bilateral.E003",
            )
        )
    if wild := [host for host in settings.ALLOWED_HOSTS if host.startswith((".", "*"))]:
        errors.append(
            Error(
                f"BILATERAL_ALLOWED_HOSTS has a wildcard: {', '.join(wild)}.",
                hint="Name each host: a wildcard lets a visitor choose the links in our mails.",
                id="bilateral.E004",
            )
        )
    if settings.SECURE_HSTS_SECONDS < LEAST_HSTS_SECONDS:
        errors.append(
            Error(
                f"BILATERAL_HSTS_SECONDS is {settings.SECURE_HSTS_SECONDS}.",
                hint=f"Set at least {LEAST_HSTS_SECONDS}, 30 days, or leave it out for a year.",
                id="bilateral.E005",
            )
        )
    if weak := [hasher.algorithm for hasher in get_hashers() if hasher.algorithm not in STRONG_HASHERS]:
        errors.append(
            Error(
                f"PASSWORD_HASHERS has {', '.join(weak)}.",
                hint=f"Use {', '.join(sorted(STRONG_HASHERS))}.",
                id="bilateral.E006",
            )
        )
    if settings.SIGN_INS_FILE.exists():
        errors.append(
            Error(
                f"{settings.SIGN_INS_FILE.name} is here: its sign-ins were made for trying Bilateral out.",
                hint="Start production with a database of its own, and delete the file.",
                id="bilateral.E007",
            )
        )
    return errors


def static_files_are_collected():
    """Not registered: migrate and collectstatic come before the files do."""
    if not settings.PRODUCTION or (settings.STATIC_ROOT / "staticfiles.json").exists():
        return []
    return [Error("The static files are not collected.", hint="python manage.py collectstatic", id="bilateral.E008")]


def refuse_when_unsafe() -> None:
    """Raise ImproperlyConfigured with every error of the security checks, and if static files are missing."""
    messages = [*run_checks(tags=[Tags.security]), *static_files_are_collected()]
    if errors := [message for message in messages if message.is_serious()]:
        raise ImproperlyConfigured("\n".join(["Bilateral does not start like this.", *map(str, errors)]))
