"""Errors that readers report: taken within bounds, answered by the desk, settled by a correction, and then forgotten.

Nothing of a report is public before the desk has looked at it. Where it leads to a correction, and its reader gave a
name for it, the correction thanks them.
"""

from collections.abc import Iterable
from datetime import timedelta
from ipaddress import ip_network
from smtplib import SMTPException

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from . import pair
from .models import Keyed, OldKey, Plan, Report, Revision
from .resources import Fault, resource_of
from .writing import Refused

AN_HOUR, A_DAY, OF_ALL = 5, 15, 300  # reports taken of one sender in an hour and a day, and of all in a day
KEPT_DAYS = 90  # addresses, after the answer
UNANSWERED_DAYS = 365  # addresses, where there is none


class TooMany(Exception):
    """A sender, or all together, reported more than anybody could answer."""


def fields_of(model: type[Keyed]) -> list[str]:
    """Return what a report can be about: the columns of a record and the lists of its children."""
    resource = resource_of(model)
    return [name for name in (*resource.cell_names, *(child.name for child in resource.children)) if name != "key"]


def sender_of(address: str | None) -> str:
    """Return what tells one sender from another: a keyed digest of the address, of its network for IPv6."""
    if not address:
        return ""
    network = ip_network(f"{address}/{64 if ':' in address else 32}", strict=False)
    return salted_hmac("relations.reporting", str(network), algorithm="sha256").hexdigest()


def take(record: Keyed, *, field: str, right: str, source: str, credit: str, email: str, address: str | None) -> Report:
    """Keep a report on a public record. Raises TooMany."""
    forget()
    sender, now = sender_of(address), timezone.now()
    today = Report.objects.filter(made_at__gte=now - timedelta(days=1))
    theirs = list(today.filter(sender=sender).values_list("made_at", flat=True)[:A_DAY])
    last_hour = sum(made_at >= now - timedelta(hours=1) for made_at in theirs)
    if last_hour >= AN_HOUR or len(theirs) >= A_DAY or today.count() >= OF_ALL:
        raise TooMany
    return Report.objects.create(
        content_type=ContentType.objects.get_for_model(record),
        object_id=record.pk,
        version=record.version,
        field=field,
        right=right,
        source=source,
        credit=credit,
        email=email,
        sender=sender,
        made_at=now,
    )


def about(report: Report) -> Keyed:
    """Return the record that a report is about; where that was merged, the one that stays."""
    model, pk = report.content_type.model_class(), report.object_id
    versions = Revision.objects.filter(content_type=report.content_type).order_by("-version")
    for _step in range(OldKey.LONGEST_WAY):
        into = versions.filter(object_id=pk).values_list("into", flat=True).first()
        if into is None:
            break
        pk = into
    return model._base_manager.get(pk=pk)


def reason_of(report: Report) -> str:
    """Return the reason with which a correction begins; who proposes it makes it their own words."""
    return _("A reader reported it: %(right)s") % {"right": " ".join(report.right.split())}


def forget(**kwargs) -> None:
    """Delete addresses whose time is over: of mail 90 days after the answer, of the sender a day after the report.

    What nobody answered loses the address after a year. A name that no correction thanks goes with the address.
    Receiver of `user_logged_in` too: where anybody works, it happens every day.
    """
    now = timezone.now()
    answered = Report.objects.filter(answered_at__lt=now - timedelta(days=KEPT_DAYS))
    answered.exclude(email="").update(email="")
    answered.exclude(credit="").exclude(plan__state=Plan.State.APPLIED).update(credit="")
    Report.objects.filter(made_at__lt=now - timedelta(days=UNANSWERED_DAYS), state=Report.State.OPEN).exclude(
        email="", credit=""
    ).update(email="", credit="")
    Report.objects.filter(made_at__lt=now - timedelta(days=1)).exclude(sender="").update(sender="")


def may_answer(person) -> bool:
    """Whether a person answers readers in the name of the desk."""
    return person.has_perm("relations.change_report")


def thank(report: Report, *, by, credit: str) -> None:
    """Set whom a correction thanks, while the report is open: readers see the name as it stands there."""
    if not may_answer(by):
        raise PermissionDenied(_("Only an editor answers readers."))
    Report.objects.filter(pk=report.pk, state=Report.State.OPEN).update(credit=credit.strip()[:100])


def answer(report: Report, *, by, state: str, words: str) -> None:
    """Answer a report or reject it, once. Raises Refused."""
    if not may_answer(by):
        raise PermissionDenied(_("Only an editor answers readers."))
    if state not in (Report.State.ANSWERED, Report.State.REJECTED):
        raise Refused([Fault("state", state, _("choose one of %(states)s") % {"states": "answered, rejected"})])
    if report.email and not words.strip():
        raise Refused([Fault("answer", "", _("write what the reader is to be told; it goes to the address given"))])
    _close([report.pk], by=by, state=state, answer=words.strip()[:2000])


def link(report: Report, plan: Plan, *, by) -> None:
    """Say that a proposal mends what was reported, in the record that it is about now; agreeing to it settles it."""
    open_ = Report.objects.filter(pk=report.pk, state=Report.State.OPEN)
    open_.update(plan=plan, object_id=about(report).pk)
    plan.refresh_from_db()
    if plan.state == Plan.State.APPLIED:  # a desk of one person has agreed to it already
        settle(plan, by=by)


def settle(plan: Plan, *, by) -> None:
    """Mark the reports as answered that a proposal mends, when somebody agrees to it, and tell their readers."""
    found = list(Report.objects.filter(plan=plan, state=Report.State.OPEN).values_list("pk", flat=True))
    if found:
        words = _("Thank you: the record is corrected. The change stands on our page of corrections.")
        _close(found, by=by, state=Report.State.ANSWERED, answer=words)
        transaction.on_commit(lambda: _send_all(found))


def _close(pks: list[int], *, by, state: str, **fields) -> None:
    closed = Report.objects.filter(pk__in=pks, state=Report.State.OPEN).update(
        state=state, answered_by=by, answered_at=timezone.now(), **fields
    )
    if closed != len(pks):
        raise Refused([Fault("state", state, _("somebody has answered it already; nothing was sent"))])


def _send_all(pks: Iterable[int]) -> None:
    for report in Report.objects.filter(pk__in=pks).exclude(email=""):
        try:
            send(report)
        except (OSError, SMTPException):
            pass  # its page says that the answer is not sent, and sends it again


def send(report: Report) -> None:
    """Mail the answer to the reader. Raises OSError and SMTPException."""
    record = about(report)
    context = {
        "report": report,
        "record": record,
        "url": f"{settings.PUBLIC_URL}{record.get_absolute_url()}",
        "pair": pair.current(),
        "days": KEPT_DAYS,
    }
    subject = _("Your report on “%(title)s”") % {"title": str(record)[:100]}
    send_mail(subject, render_to_string("registration/report_answer.txt", context), None, [report.email])
    Report.objects.filter(pk=report.pk).update(sent_at=timezone.now())


def credits(revisions: Iterable[Revision]) -> dict[int, list[str]]:
    """Return whom corrections thank, as {pk of a revision: names}, in one query."""
    revisions = {(item.plan_id, item.content_type_id, item.object_id): item.pk for item in revisions if item.plan_id}
    found: dict[int, list[str]] = {}
    if not revisions:
        return found
    rows = Report.objects.filter(plan__in={key[0] for key in revisions}, state=Report.State.ANSWERED).exclude(credit="")
    for *key, name in rows.order_by("made_at", "pk").values_list("plan", "content_type", "object_id", "credit"):
        if tuple(key) in revisions:
            found.setdefault(revisions[tuple(key)], []).append(name)
    return found
