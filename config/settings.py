"""Everything that can be set, read from the environment; with no environment at all, a desk on this machine.

README.md lists the variables. What is wrong or missing is refused by name and value, all of it at once.
"""

import os
import secrets
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from config import checks  # noqa: F401  importing it registers the system checks

BASE_DIR = Path(__file__).resolve().parent.parent

# Readers of the environment. Each adds to `variables` what it was asked for and to `refusals` what is wrong.

variables: set[str] = set()
refusals: list[str] = []


def text(name: str, default: str = "", *, needed: str = "") -> str:
    """Return the variable; where it is empty and `needed` says what it is for, that is a refusal."""
    variables.add(name)
    value = os.environ.get(name, "").strip() or default
    if needed and not value:
        refusals.append(f"{name} is not set; it is {needed}.")
    return value


def truth(name: str, default: bool) -> bool:
    value = text(name, "1" if default else "0")
    if value not in ("0", "1"):
        refusals.append(f"{name}: “{value}” is neither 1 (yes) nor 0 (no).")
    return value == "1"


def number(name: str, default: int, *, least: int = 0) -> int:
    value = text(name, str(default))
    if not (value.isascii() and value.isdigit() and int(value) >= least):
        refusals.append(f"{name}: “{value}” is not a whole number of {least} or more.")
        return default
    return int(value)


def choice(name: str, default: str, choices: tuple[str, ...]) -> str:
    value = text(name, default)
    if value not in choices:
        refusals.append(f"{name}: “{value}” is none of {', '.join(choices)}.")
    return value


def words(name: str, *, needed: str = "") -> list[str]:
    """Return the variable's parts, which commas separate."""
    return [word.strip() for word in text(name, needed=needed).split(",") if word.strip()]


def address(name: str, default: str = "", *, schemes: tuple[str, ...], needed: str = ""):
    """Return the URL as `urlsplit` takes it apart; a refusal shows it without its password."""
    value = text(name, default, needed=needed)
    try:
        parts = urlsplit(value)
        shown = value.replace(f":{parts.password}@", ":…@") if parts.password else value
        parts.port  # noqa: B018  raises ValueError where it is no number
    except ValueError as error:
        refusals.append(f"{name}: not a URL: {error}.")
        return urlsplit("")
    if value and parts.scheme not in schemes:
        refusals.append(f"{name}: “{shown}” begins with none of {', '.join(f'{scheme}://' for scheme in schemes)}.")
    return parts


def kept_secret(path: Path) -> str:
    """Return the secret in the file, made at the first start; only its owner can read it."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    if not path.exists():
        with open(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(50))
        try:
            os.link(draft, path)  # of two that start at once, one succeeds and both read the same
        except FileExistsError:
            pass
        draft.unlink()
    return path.read_text()


# Who may reach it

DEBUG = truth("BILATERAL_DEBUG", True)
PRODUCTION = not DEBUG  # stays as it is where a test sets DEBUG
LOOPBACK = ["127.0.0.1", "localhost", "[::1]"]

if PRODUCTION:
    SECRET_KEY = text("BILATERAL_SECRET_KEY", needed="50 random characters or more that sign sessions and mails")
    ALLOWED_HOSTS = words("BILATERAL_ALLOWED_HOSTS", needed="the names of the site, separated by commas")
else:
    SECRET_KEY = text("BILATERAL_SECRET_KEY") or kept_secret(BASE_DIR / "secret-key.txt")
    ALLOWED_HOSTS = words("BILATERAL_ALLOWED_HOSTS") or LOOPBACK

public = address(
    "BILATERAL_PUBLIC_URL",
    "" if PRODUCTION else "http://127.0.0.1:8000",
    schemes=("https",) if PRODUCTION else ("http", "https"),
    needed="the address of the site, such as https://bilateral.example.org",
)
PUBLIC_URL = f"{public.scheme}://{public.netloc}"
if public.path.strip("/") or public.query or public.fragment:
    refusals.append(f"BILATERAL_PUBLIC_URL: “{public.geturl()}” has more than a host; write {PUBLIC_URL}.")

# How many proxies stand in front. Each must set X-Forwarded-Proto and append to X-Forwarded-For;
# with none, both headers are a visitor's word and are not believed.
PROXIES = number("BILATERAL_PROXIES", 0)

SIGN_INS_FILE = BASE_DIR / "sign-ins.txt"  # of `make run`; production refuses to start beside it

# A desk of one person may switch it off; the public pages then say so.
SECOND_PERSON = truth("BILATERAL_SECOND_PERSON", True)

# Whoever can publish needs a second factor; a desk that answers this machine alone only offers it.
SECOND_FACTOR = PRODUCTION

# What it is made of

INSTALLED_APPS = [
    "relations",
    "timeline",
    "config.apps.DeskConfig",  # django.contrib.admin
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",  # before staticfiles: runserver leaves static files to whitenoise too
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "csp",
    "axes",
    "import_export",
    "django_filters",
    "django.contrib.sitemaps",
]

MIDDLEWARE = [
    *([] if PRODUCTION else ["config.middleware.loopback_only"]),
    "django.middleware.security.SecurityMiddleware",
    "config.middleware.permissions_policy",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",  # last: it turns a refused sign-in into a 429
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "timeline.context_processors.site",
            ],
        },
    },
]

# Database

database = address(
    "DATABASE_URL",
    "sqlite:///db.sqlite3",
    schemes=("sqlite", "postgresql", "postgres"),
)
if database.scheme == "sqlite":
    # sqlite:///db.sqlite3 lies in the project's folder, sqlite:////var/lib/bilateral.sqlite3 elsewhere.
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": BASE_DIR / unquote(database.path.removeprefix("/")),
            "OPTIONS": {
                # Without IMMEDIATE, of eight writers four in five meet “database is locked”.
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            },
            # To open the file takes as long as an unchanged page does.
            "CONN_MAX_AGE": 60,
        }
    }
    if database.netloc or database.query or not database.path.strip("/"):
        refusals.append(f"DATABASE_URL: “{database.geturl()}” is neither sqlite:///FILE nor sqlite:////FOLDER/FILE.")
else:
    # postgresql://USER:PASSWORD@HOST:PORT/NAME, or postgresql://USER@/NAME?host=FOLDER for a socket.
    options = {name: values[-1] for name, values in parse_qs(database.query).items()}
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(database.path.removeprefix("/")),
            "USER": unquote(database.username or ""),
            "PASSWORD": unquote(database.password or ""),
            "HOST": options.pop("host", database.hostname or ""),
            "PORT": database.port or "",
            "OPTIONS": options,
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": True,
        }
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Signing in

AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
SESSION_COOKIE_AGE = 12 * 60 * 60  # a working day

# Five wrong passwords for one account from one address close that pair for an hour;
# the account's owner still gets in from another address.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 1
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_CLIENT_IP_CALLABLE = "config.middleware.client_address"
AXES_VERBOSE = False
AXES_ENABLE_ACCESS_FAILURE_LOG = True  # sign-ins that failed are listed beside the others
AXES_SENSITIVE_PARAMETERS = ["code", "credential"]  # of the second step: never written down
AXES_ENABLE_ADMIN = False  # the desk has pages of its own for them
AXES_LOCKOUT_TEMPLATE = "admin/locked.html"

# What browsers are told

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
hsts_seconds = number("BILATERAL_HSTS_SECONDS", 31_536_000)
SECURE_HSTS_SECONDS = hsts_seconds if PRODUCTION else 0
# Whether the other names of the domain speak TLS is not this site's to say.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
if PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# With no proxy declared nothing tells HTTP from HTTPS, and a redirect could run in a circle.
SECURE_SSL_REDIRECT = PRODUCTION and PROXIES > 0
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if PRODUCTION else []

# Static files; nothing is uploaded to a folder, uploads lie in the database

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "config.storage.StaticStorage"},
}
WHITENOISE_MAX_AGE = 3600  # of what has no digest in its name

# What a file may be that is imported: the bytes of it and of all that is unpacked from it, how many times larger that
# is, its parts, rows and columns, the characters of a cell; and the seconds and the bytes of memory that reading 5 MB
# of it may take

IMPORT_LIMITS = {
    "bytes": 16 * 2**20,
    "unpacked": 96 * 2**20,
    "ratio": 100,
    "parts": 1_000,
    "rows": 50_000,
    "columns": 200,
    "cell": 50_000,
    "seconds": 4,
    "memory": 384 * 2**20,
}
LARGE_IMPORT_LIMITS = IMPORT_LIMITS | {  # by command
    "bytes": 2**30,
    "unpacked": 2**31,
    "rows": 1_000_000,
}

# Language, time and mail

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
TIME_ZONE = "UTC"  # the pair's own time zone is data, in the package's descriptor
USE_TZ = True

mail = address(
    "BILATERAL_EMAIL_URL",
    schemes=("smtp", "smtps", "smtp+starttls"),
    needed="the mail server, such as smtp+starttls://USER:PASSWORD@HOST:587" if PRODUCTION else "",
)
if mail.scheme:
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST = mail.hostname or "localhost"
    EMAIL_PORT = mail.port or {"smtps": 465, "smtp+starttls": 587}.get(mail.scheme, 25)
    EMAIL_HOST_USER = unquote(mail.username or "")
    EMAIL_HOST_PASSWORD = unquote(mail.password or "")
    EMAIL_USE_SSL = mail.scheme == "smtps"
    EMAIL_USE_TLS = mail.scheme == "smtp+starttls"
    EMAIL_TIMEOUT = 10
else:
    EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
DEFAULT_FROM_EMAIL = SERVER_EMAIL = text(
    "BILATERAL_EMAIL_FROM",
    "" if PRODUCTION else "desk@localhost",
    needed="the address that mails come from",
)

# Logs, all to standard error

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"standard_error": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {
        "handlers": ["standard_error"],
        "level": choice("BILATERAL_LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR")),
    },
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        # Whoever scans the network would fill the log with hosts and pages that there are not.
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        "django.request": {"level": "ERROR"},
        "django.server": {"handlers": ["standard_error"], "level": "INFO", "propagate": False},
    },
}

for name in sorted(os.environ.keys() - variables):
    if name.startswith("BILATERAL_"):
        refusals.append(f"{name} is no setting; there are {', '.join(sorted(variables))}.")
if refusals:
    raise ImproperlyConfigured("\n".join(["The environment is not right.", *refusals]))
