"""Who is signed in, and who signed in or tried to: what is kept of it, for how long, and how a session ends.

Only the desk has sessions, a few dozen at a time, and each knows whose it is: they are read, not kept a second time.
Sign-ins are kept by django-axes: those that succeeded as AccessLog, the others as AccessFailureLog.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from axes.helpers import get_client_ip_address
from axes.models import AccessFailureLog, AccessLog
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db.models import BooleanField, QuerySet, Value
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

KEPT_DAYS = 90  # of sign-ins
FRESH = timedelta(minutes=15)
NOTE = "signed_in"  # in a session: when, whence, and with what
# As browsers name themselves: each after those that name it too.
BROWSERS = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}
SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS X": "Mac",
    "Linux": "Linux",
}


@dataclass(frozen=True)
class SignedIn:
    """One session of a person. `handle` names it on pages; its key is a secret, and stays one."""

    key: str
    handle: str
    at: datetime | None
    address: str
    agent: str
    ends_at: datetime


def note(sender, request, user, **kwargs) -> None:
    """Keep in a new session when, whence and with what somebody signed in. Receiver of `user_logged_in`."""
    request.session[NOTE] = {
        "at": timezone.now().isoformat(),
        "address": get_client_ip_address(request) or "",
        "agent": request.META.get("HTTP_USER_AGENT", "")[:300],
    }
    forget()


def forget() -> None:
    """Delete sessions that ran out, and sign-ins older than KEPT_DAYS."""
    Session.objects.filter(expire_date__lt=timezone.now()).delete()
    since = timezone.now() - timedelta(days=KEPT_DAYS)
    AccessLog.objects.filter(attempt_time__lt=since).delete()
    AccessFailureLog.objects.filter(attempt_time__lt=since).delete()


def is_fresh(request) -> bool:
    """Whether somebody signed in just now, so that it is they who sit there."""
    at = request.session.get(NOTE, {}).get("at")
    return bool(at) and timezone.now() - datetime.fromisoformat(at) < FRESH


def in_words(agent: str) -> str:
    """Return what a browser says that it is, in few words: “Firefox, Linux”."""
    browser = next((name for word, name in BROWSERS.items() if f"{word}/" in agent), "")
    system = next((name for word, name in SYSTEMS.items() if re.search(rf"\b{word}\b", agent)), "")
    return ", ".join(filter(None, (browser, system))) or agent[:40] or _("unknown")


def handle_of(key: str | None) -> str:
    """Return what names a session on pages."""
    return salted_hmac("relations.sessions", key or "").hexdigest()[:20]


def of(person: User) -> list[SignedIn]:
    """Return the sessions of a person that have not ended, the latest first."""
    found, proof = [], person.get_session_auth_hash()
    for session in Session.objects.filter(expire_date__gt=timezone.now()):
        data = session.get_decoded()
        # A new password has ended those before it.
        if data.get(SESSION_KEY) == str(person.pk) and constant_time_compare(data.get(HASH_SESSION_KEY, ""), proof):
            kept, key = data.get(NOTE, {}), session.session_key
            at = datetime.fromisoformat(kept["at"]) if kept else None
            agent = in_words(kept.get("agent", ""))
            found.append(SignedIn(key, handle_of(key), at, kept.get("address", ""), agent, session.expire_date))
    return sorted(found, key=lambda item: (item.ends_at, item.key), reverse=True)


def end(sessions: Iterable[SignedIn]) -> int:
    """End sessions at once: their next request is a stranger's. Returns how many they were."""
    ended, _rows = Session.objects.filter(session_key__in=[session.key for session in sessions]).delete()
    return ended


def end_all(person: User, *, but: str | None = None) -> int:
    """End all the sessions of a person, but the one of that key."""
    return end(session for session in of(person) if session.key != but)


def sign_ins(**only) -> QuerySet:
    """Return sign-ins, the latest first, as dicts: `at`, `who`, `address`, `agent`, `failed`, `place`."""
    columns = ("attempt_time", "username", "ip_address", "user_agent", "failed", "path_info")
    both = [
        model.objects.filter(**only)
        .order_by()
        .annotate(failed=Value(failed, output_field=BooleanField()))
        .values(*columns)
        for model, failed in ((AccessLog, False), (AccessFailureLog, True))
    ]
    return both[0].union(both[1], all=True).order_by("-attempt_time", "username", "failed")
