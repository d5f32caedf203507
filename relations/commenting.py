"""Comments of the desk on records: who may write one, and who marks it as done."""

from collections import defaultdict
from collections.abc import Iterable

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from . import needs
from .models import Comment, Keyed
from .resources import Fault
from .writing import Refused, may

LONGEST = 1000


def comment(records: Iterable[Keyed], text: str, *, by) -> list[Comment]:
    """Say the same of each of some records. Raises PermissionDenied for who may not see one, Refused without a text."""
    records, text = list(records), text.strip().replace("\r\n", "\n")
    if not all(may(by, "view", type(record)) for record in records):
        raise PermissionDenied(_("You may not see this record."))
    if not text or len(text) > LONGEST or "\0" in text:
        message = _("Write what you have to say, in at most %(longest)s characters.")
        raise Refused([Fault("comment", text[:200], message % {"longest": LONGEST})])
    now = timezone.now()
    said: dict[type[Keyed], list[Keyed]] = defaultdict(list)
    for record in records:
        said[type(record)].append(record)
    with transaction.atomic():
        made = Comment.objects.bulk_create(
            [
                Comment(
                    content_type=ContentType.objects.get_for_model(record),
                    object_id=record.pk,
                    text=text,
                    written_by=by,
                    written_at=now,
                )
                for record in records
            ],
            batch_size=500,
        )
        for model, group in said.items():
            needs.hear(model, [record.pk for record in group])
    return made


def may_finish(comment: Comment, person) -> bool:
    """Whether a person may mark a comment as done: who wrote it, or an editor."""
    model = comment.content_type.model_class()
    return comment.written_by_id == person.pk and may(person, "view", model) or may(person, "publish", model)


def finish(comment: Comment, *, by) -> bool:
    """Mark a comment as done; returns False where it was already. Raises PermissionDenied."""
    if not may_finish(comment, by):
        raise PermissionDenied(_("Who wrote a comment or an editor marks it as done."))
    with transaction.atomic():
        done = Comment.objects.filter(pk=comment.pk, done_at=None).update(done_by=by, done_at=timezone.now())
        needs.hear(comment.content_type.model_class(), [comment.object_id])
    return bool(done)


def comments_on(record: Keyed):
    """Return the comments on a record, those that are open first, the oldest first."""
    found = Comment.objects.filter(content_type=ContentType.objects.get_for_model(record), object_id=record.pk)
    people = found.select_related("written_by", "done_by", "content_type")
    return people.order_by(F("done_at").asc(nulls_first=True), "written_at", "pk")
