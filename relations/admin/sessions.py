"""Who is signed in and who was: one's own sessions, those of another, and the sign-ins of all."""

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .. import sessions

SHOWN = 30  # sign-ins beneath the sessions of a person
PAGE_SIZE = 50
LAST_PAGE = 200


def own(request):
    """One's own sessions and sign-ins; on POST end one session, or all but this one."""
    return page(request, request.user)


def page(request, person: User):
    """The sessions and sign-ins of a person; on POST end the session that is named, or all but the asking one."""
    open_now = sessions.of(person)
    if request.method == "POST":
        named = request.POST.get("end", "")
        chosen = [item for item in open_now if named in ("others", item.handle)]
        if named == "others":
            chosen = [item for item in chosen if item.key != request.session.session_key]
        count = sessions.end(chosen)
        words = ngettext("%(count)s session has ended.", "%(count)s sessions have ended.", count)
        messages.success(request, words % {"count": count})
        return HttpResponseRedirect(request.path)
    return _answer(
        request,
        "sessions",
        _("Sessions and sign-ins") if person == request.user else _("Sessions of %(who)s") % {"who": person},
        person=person,
        sessions=open_now,
        here=sessions.handle_of(request.session.session_key),
        sign_ins=readable(sessions.sign_ins(username=person.get_username())[:SHOWN]),
        days=sessions.KEPT_DAYS,
    )


def all_sign_ins(request):
    """Every sign-in, of names that nobody has too, for those who keep accounts: ?p=2, ?q=the name."""
    if not request.user.has_perm("auth.change_user"):
        raise PermissionDenied
    asked = request.GET.get("p", "1")
    number = min(int(asked), LAST_PAGE) if asked.isascii() and asked.isdigit() and 0 < len(asked) < 5 else 1
    number = max(number, 1)
    name = request.GET.get("q", "").replace("\0", "").strip()[:150]
    first = (number - 1) * PAGE_SIZE
    found = list(sessions.sign_ins(**({"username": name} if name else {}))[first : first + PAGE_SIZE + 1])
    return _answer(
        request,
        "sign_ins",
        _("Sign-ins"),
        sign_ins=readable(found[:PAGE_SIZE]),
        q=name,
        before=number - 1,
        after=number + 1 if len(found) > PAGE_SIZE and number < LAST_PAGE else 0,
        days=sessions.KEPT_DAYS,
    )


def readable(rows) -> list[dict]:
    """Return sign-ins with their browser in few words, and whether it was the second step that failed."""
    return [
        row
        | {
            "agent": sessions.in_words(row["user_agent"]),
            "is_second_step": row["failed"] and row["path_info"].endswith("/second-step/"),
        }
        for row in rows
    ]


def _answer(request, template: str, title: str, **context) -> TemplateResponse:
    request.current_app = admin.site.name
    shown = {**admin.site.each_context(request), "title": title, **context}
    return TemplateResponse(request, f"admin/desk/{template}.html", shown)
