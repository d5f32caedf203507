"""The lists of the desk: what waits for whom, each with an address, a count on the first page and a next step.

To add a list, write a class in the module of its subject and register it; nothing else names it:

    @register
    class ReaderReports(DeskList):
        name = "reports"                                    # desk/reports/
        title = gettext_lazy("Errors that readers report")
        about = gettext_lazy("What readers say is wrong, the oldest first.")
        empty = gettext_lazy("No reader waits for an answer.")
        place = 25                                          # among the others; see `LISTS` for theirs

        def queryset(self, person):                         # in a total order, by an index: it may have a million rows
            return Report.objects.filter(state="open").order_by("made_at", "pk")

        def rows(self, found, person):                      # of one page, in a constant number of queries
            return [Row(...) for report in found]

`is_for` says who sees it, by default whoever may see records; others get 403 by address. `section` is where it stands
on the first page. `leads` says whether its first row can be what the first page names as next. `template` can be
another one for the page. The module must be one that `relations.admin` or an app’s `admin` imports.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Min, Q
from django.http import Http404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import deadlines, doubles, pair, states
from ..deadlines import Due, DueKind
from ..models import (
    AidCondition,
    Assessment,
    Benchmark,
    Comment,
    Keyed,
    Need,
    Plan,
    PlanRow,
    PublicRevision,
    Revision,
)
from ..resources.base import registry
from ..writing import keyed_models, may, writers
from .base import CappedPaginator
from .fields import label_of
from .joining import address as merging

ROWS_A_PAGE = 50
YOURS, DESK, NEWS = gettext_lazy("Yours"), gettext_lazy("The desk’s"), gettext_lazy("What happened")
LISTS: dict[str, "DeskList"] = {}


@dataclass(frozen=True)
class Row:
    """One line of a list: what it is about, why it stands there, and what the person does next, where.

    `since` is the moment or day that it is ordered by, or that day in words; `note` what somebody said, in their words.
    """

    title: str
    kind: str
    url: str
    step: str
    since: datetime | date | str = ""
    who: str = ""
    note: str = ""
    is_late: bool = False

    @property
    def day(self) -> str:
        """The day of `since` in words."""
        if isinstance(self.since, datetime):
            return date_format(timezone.localtime(self.since), "j M Y")
        return date_format(self.since, "j M Y") if isinstance(self.since, date) else self.since


class OrderedPaginator(CappedPaginator):
    """Pages of what an index has in order: counted in that order, so that the index is what is read."""

    @cached_property
    def _counted(self):
        return self.object_list.values("pk")[: self.cap + 1].count()


class DeskList:
    """One list of the desk; see the module for how to add one."""

    name = ""
    title = ""
    about = ""
    empty = ""
    section = DESK
    place = 100
    leads = True
    template = "admin/desk/waiting.html"
    since_words = gettext_lazy("since")

    def is_for(self, person) -> bool:
        """Whether a person sees the list at all."""
        return any(may(person, "view", model) for model in keyed_models())

    def queryset(self, person):
        """Return what is in the list, in a total order that an index gives."""
        raise NotImplementedError

    def rows(self, found: list, person) -> list[Row]:
        """Return a page of the queryset as lines."""
        raise NotImplementedError

    def paginator(self, person) -> CappedPaginator:
        """Return its pages, counted up to the cap."""
        return OrderedPaginator(self.queryset(person), ROWS_A_PAGE)

    @property
    def url(self) -> str:
        """Its address."""
        return reverse("admin:desk-list", args=[self.name])


def register(kind: type[DeskList]) -> type[DeskList]:
    """Add a list to the desk. Class decorator."""
    assert kind.name not in LISTS, kind.name
    LISTS[kind.name] = kind()
    for name in sorted(LISTS, key=lambda name: (LISTS[name].place, name)):
        LISTS[name] = LISTS.pop(name)
    return kind


def lists_of(person) -> list[DeskList]:
    """Return the lists that a person sees, in their order."""
    return [item for item in LISTS.values() if item.is_for(person)]


@dataclass(frozen=True)
class Shown:
    """A list as the first page shows it."""

    list: DeskList
    pages: CappedPaginator


@dataclass(frozen=True)
class Overview:
    """The first page: what is next, and all lists by section; one query counts a list."""

    sections: list[tuple[str, list[Shown]]]
    person: object

    @cached_property
    def next(self) -> tuple[DeskList, Row] | None:
        """The first row of the first list that has one and asks for something."""
        for _words, lists in self.sections:
            for shown in lists:
                if shown.list.leads and shown.pages.count:
                    rows = shown.list.rows(list(shown.pages.object_list[:1]), self.person)
                    if rows:
                        return shown.list, rows[0]
        return None


def overview(person) -> Overview:
    """Return what the first page shows a person."""
    sections: dict[str, list[Shown]] = {YOURS: [], DESK: [], NEWS: []}
    for item in lists_of(person):
        sections[item.section].append(Shown(item, item.paginator(person)))
    return Overview([(words, lists) for words, lists in sections.items() if lists], person)


def page_view(site, request, name):
    """One list by its address: `desk/returned/`, and `?p=2` for its second page."""
    item = LISTS.get(name)
    if item is None:
        raise Http404
    if not item.is_for(request.user):
        raise PermissionDenied
    pages = item.paginator(request.user)
    page = pages.get_page(request.GET.get("p"))
    context = {
        **site.each_context(request),
        "title": capfirst(item.title),
        "list": item,
        "page": page,
        "rows": item.rows(list(page.object_list), request.user),
    }
    request.current_app = site.name
    return TemplateResponse(request, item.template, context)


# ------------------------------------------------------------------------------------- what records need next


class NeedList(DeskList):
    """What records and proposals need next, as the writer keeps it."""

    kind = ""
    right = "view"
    page = "change"  # of the record, where it is done
    newest_first = False

    def is_for(self, person) -> bool:
        return any(may(person, self.right, model) for model in keyed_models())

    def queryset(self, person):
        needs = Need.objects.filter(kind=self.kind)
        # Most people may see every kind of record; then nothing is asked, and the count reads the index alone.
        if hidden := [model for model in keyed_models() if not may(person, self.right, model)]:
            needs = needs.exclude(content_type__in=ContentType.objects.get_for_models(*hidden).values())
        if not person.has_perm("relations.view_plan"):
            needs = needs.exclude(content_type=ContentType.objects.get_for_model(Plan))
        return needs.order_by("-since", "-pk") if self.newest_first else needs.order_by("since", "pk")

    def rows(self, found, person):
        subjects = subjects_of((need.content_type_id, need.object_id) for need in found)
        pairs = [(need, subjects.get((need.content_type_id, need.object_id))) for need in found]
        return self.lines([(need, subject) for need, subject in pairs if subject is not None], person)

    def lines(self, pairs: list[tuple[Need, Keyed | Plan]], person) -> list[Row]:
        """Return the lines of needs, each with the record or proposal that has it."""
        return [self.line(need, subject) for need, subject in pairs]

    def line(self, need: Need, subject, *, step: str = "", **more) -> Row:
        """Return one line; without a `step` it is `step_words`."""
        title, kind = words_of(subject)
        url = address_of(subject, self.page)
        return Row(title, kind, url, step or self.step_words(need, subject), need.since, **more)

    def step_words(self, need: Need, subject) -> str:
        """Return what is to be done next."""
        raise NotImplementedError


class OwnNeedList(NeedList):
    """What records and proposals need of the person who entered or made them."""

    section = YOURS

    def queryset(self, person):
        return super().queryset(person).filter(person=person)


@register
class Returned(OwnNeedList):
    """Drafts that an editor sent back, and proposals that were refused."""

    name, kind, place = "returned", Need.Kind.MEND, 10
    title = gettext_lazy("Returned to me")
    about = gettext_lazy("What a colleague read and sent back, with what is to be mended; the oldest first.")
    empty = gettext_lazy("Nothing came back. What you sent either waits for a colleague or is public.")

    def lines(self, pairs, person):
        who = _who_returned([(need.content_type_id, need.object_id) for need, _subject in pairs])
        return [
            self.line(
                need,
                subject,
                who=str(
                    subject.decided_by if isinstance(subject, Plan) else who.get((need.content_type_id, subject.pk), "")
                ),
                note=subject.comment if isinstance(subject, Plan) else subject.state_note,
            )
            for need, subject in pairs
        ]

    def step_words(self, need, subject):
        return (
            _("Read why, and propose it anew") if isinstance(subject, Plan) else _("Mend it and ask for review again")
        )


@register
class ToCheck(NeedList):
    """What waits for an editor who did not write it."""

    name, kind, right, page, place, section = "check", Need.Kind.CHECK, "publish", "review", 20, YOURS
    title = gettext_lazy("Waiting for a second person")
    about = gettext_lazy("Submitted records and proposals of colleagues, the oldest first.")
    empty = gettext_lazy("Nobody waits for you: everything that was submitted is decided.")

    def queryset(self, person):
        needs = super().queryset(person)
        return needs.exclude(person=person) if settings.SECOND_PERSON else needs

    def lines(self, pairs, person):
        authors = {user.pk: str(user) for user in _people(need.person_id for need, _subject in pairs)}
        wrote = writers([subject for _need, subject in pairs if isinstance(subject, Keyed)])
        lines = []
        for need, subject in pairs:
            # Who mended a word of it is one of its writers, though another entered it.
            is_mine = settings.SECOND_PERSON and person.pk in wrote.get((type(subject), subject.pk), ())
            step = _("You wrote part of it, so another editor publishes it") if is_mine else ""
            lines.append(self.line(need, subject, step=step, who=authors.get(need.person_id, "")))
        return lines

    def step_words(self, need, subject):
        if isinstance(subject, Plan):
            return _("Compare, then agree or refuse")
        return _("Read it beside its sources, then publish or return it")


@register
class Drafts(OwnNeedList):
    """What a person began."""

    name, kind, place = "drafts", Need.Kind.FINISH, 30
    title = gettext_lazy("My drafts")
    about = gettext_lazy("What you entered and nobody else is asked to read yet; the oldest first.")
    empty = gettext_lazy("You have no drafts: all that you entered is with a colleague or public.")

    def step_words(self, need, subject):
        return _("Finish it and ask for review")


@register
class Sent(OwnNeedList):
    """What a person handed on."""

    name, kind, place, leads = "sent", Need.Kind.CHECK, 40, False
    title = gettext_lazy("Mine, with a second person")
    about = gettext_lazy("What you submitted or proposed and nobody has decided yet; the oldest first.")
    empty = gettext_lazy("None of your work waits for a colleague.")

    def step_words(self, need, subject):
        if isinstance(subject, Plan):
            return _("Nothing: a second person decides. You can take it back")
        return _("Nothing: a second person decides. You can still mend it")


@register
class WithoutSource(NeedList):
    """Public texts, dates and figures that no source stands for."""

    name, kind, place, newest_first = "without-source", Need.Kind.SOURCE, 60, True
    title = gettext_lazy("Published without a source")
    about = gettext_lazy(
        "Public records with a text, a date or a figure for which no source is cited, the latest changed first. "
        "A source of the whole record stands for every field."
    )
    empty = gettext_lazy("Every public text, date and figure has a source.")
    since_words = gettext_lazy("changed")

    def step_words(self, need, subject):
        names = [str(subject._meta.get_field(name).verbose_name) for name in need.fields.split("|")]
        return _("Cite a source for: %(fields)s") % {"fields": ", ".join(names)}


@register
class OnePublisher(NeedList):
    """Public records that one publisher alone attests."""

    name, kind, place, newest_first = "one-publisher", Need.Kind.PUBLISHER, 70, True
    title = gettext_lazy("Resting on one publisher")
    about = gettext_lazy(
        "Public records whose sources all come from one publisher, copies counted as what they copy, "
        "the latest changed first."
    )
    empty = gettext_lazy("Every public record has sources of two publishers at least.")
    since_words = gettext_lazy("changed")

    def step_words(self, need, subject):
        return _("Find a source of another publisher")


# ------------------------------------------------------------------------------------------------- other lists


@register
class LikelyDoubles(DeskList):
    """Events entered lately, and not public yet, that may be another one."""

    name, place = "doubles", 65
    title = gettext_lazy("Likely doubles")
    about = gettext_lazy(
        "Of the fifty events that came into work last, those that are near to another one in date, title and actors."
    )
    empty = gettext_lazy("None of the events in work looks like another one.")
    most = 50

    def is_for(self, person):
        return may(person, "view", registry["events"]._meta.model)

    def paginator(self, person):
        model = registry["events"]._meta.model
        waiting = Need.objects.filter(
            kind__in=(Need.Kind.FINISH, Need.Kind.MEND, Need.Kind.CHECK),
            content_type=ContentType.objects.get_for_model(model),
        )
        pks = waiting.order_by("-since", "-pk").values_list("object_id", flat=True)[: self.most]
        events = {event.pk: event for event in model._base_manager.filter(pk__in=pks).order_by("earliest", "key")}
        pairs = [(events[pk], likely[0]) for pk, likely in doubles.doubles_of(events.values()).items()]
        return CountedPaginator(pairs, ROWS_A_PAGE)

    def rows(self, found, person):
        step = _("Compare the two, then merge them or keep both")
        return [
            Row(*words_of(event), merging(double.event, event), step, event.changed_at, note=str(double.event))
            for event, double in found
        ]


@register
class OpenComments(OwnNeedList):
    """What colleagues said of records that a person entered, and nobody has marked as done."""

    name, kind, place = "comments", Need.Kind.ANSWER, 25
    title = gettext_lazy("Comments on my work")
    about = gettext_lazy(
        "Records that you entered and a colleague said something of, the latest of it; the oldest first."
    )
    empty = gettext_lazy("Every comment on your work is done.")

    def lines(self, pairs, person):
        last = {}
        for comment in _open_comments([(need.content_type_id, need.object_id) for need, _subject in pairs], person):
            last[comment.content_type_id, comment.object_id] = comment
        found = [(need, subject, last.get((need.content_type_id, subject.pk))) for need, subject in pairs]
        return [
            self.line(need, subject, who=str(comment.written_by), note=comment.text)
            for need, subject, comment in found
            if comment
        ]

    def step_words(self, need, subject):
        return _("Answer or mend it, and mark it as done")


class CountedPaginator(CappedPaginator):
    """The pages of what was read as a whole."""

    @cached_property
    def _counted(self):
        return len(self.object_list)


@register
class Deadlines(DeskList):
    """What falls due on the conditions of the public record, and deadlines that passed without a finding."""

    name, place = "deadlines", 50
    title = gettext_lazy("Deadlines of conditions")
    about = gettext_lazy(
        "What falls due in the next 90 days, the nearest first; then deadlines that passed and no finding is recorded, "
        "the latest first."
    )
    empty = gettext_lazy("Nothing falls due in the next 90 days, and no deadline has passed without a finding.")
    since_words = gettext_lazy("due")
    ahead = timedelta(days=90)

    def is_for(self, person):
        return all(may(person, "view", model) for model in (AidCondition, Assessment, Benchmark))

    def paginator(self, person):
        edition = PublicRevision.objects.values_list("number", "changed_at").first()
        return CountedPaginator(_dues(edition, pair.current().today(), self.ahead), ROWS_A_PAGE)

    def rows(self, found, person):
        return [self._row(due, condition) for due, condition in found]

    def _row(self, due: Due, condition: AidCondition) -> Row:
        subject = due.benchmark or (due.finding.record if due.kind == DueKind.RENEWAL else condition)
        title, kind = words_of(subject)
        is_late = due.is_unanswered(pair.current().today())
        steps = {
            DueKind.DEADLINE: _("Look out for a finding by then"),
            DueKind.RENEWAL: _("Look for a new finding: this one runs out"),
            DueKind.END: _("Find out what follows: it ends"),
        }
        step = _("Look for the finding: none is recorded") if is_late else steps[due.kind]
        about = condition.short_title or condition.title
        who = "" if subject is condition else about
        return Row(
            title, kind, address_of(subject), step, due.known.short() if due.known else due.last, who, is_late=is_late
        )


@lru_cache(maxsize=2)
def _dues(edition: tuple, today: date, ahead: timedelta) -> list[tuple[Due, AidCondition]]:
    """Return what falls due within days from today, then what is overdue, each with its condition.

    It follows from the public record, so that it is read once for each edition of it and each day.
    """
    asked = Benchmark.objects.published().filter(latest__lt=today + ahead).values("condition")
    docket = states.load(AidCondition.objects.filter(Q(latest__gte=today) | Q(pk__in=asked)))
    benchmarks = Benchmark.objects.published().select_related("condition")
    found = deadlines.dues(docket, benchmarks)
    coming = [due for due in found if due.is_ahead(today) and due.first <= today + ahead]
    overdue = [due for due in reversed(found) if due.is_unanswered(today)]
    return [(due, docket.conditions[due.condition].record) for due in (*coming, *overdue)]


@register
class Imports(DeskList):
    """What a person imported."""

    name, place, section, leads = "imports", 80, NEWS, False
    title = gettext_lazy("My imports")
    about = gettext_lazy("The tables that you brought in, the latest first.")
    empty = gettext_lazy("You have imported nothing yet. Each list of records has an import.")
    since_words = gettext_lazy("on")

    def is_for(self, person):
        return any(may(person, "import", model) for model in keyed_models())

    def queryset(self, person):
        plans = Plan.objects.filter(author=person, kind=Plan.Kind.IMPORT, upload__isnull=False)
        return plans.exclude(state=Plan.State.DISCARDED).order_by("-created_at", "-pk")

    def rows(self, found, person):
        names = dict(Plan.objects.filter(pk__in=[plan.pk for plan in found]).values_list("pk", "upload__name"))
        steps = {
            Plan.State.WAITING: _("See what it would do, then apply or discard it"),
            Plan.State.APPLIED: _("See what it did"),
        }
        return [
            Row(
                names[plan.pk],
                _("import of %(models)s")
                % {
                    "models": ContentType.objects.get_for_id(plan.content_type_id)
                    .model_class()
                    ._meta.verbose_name_plural
                },
                plan.get_absolute_url(),
                steps.get(plan.state, plan.get_state_display()),
                plan.created_at,
                note=plan.reason,
            )
            for plan in found
        ]


@register
class ThisWeek(DeskList):
    """What colleagues made public, changed in public or withdrew."""

    name, place, section, leads = "this-week", 90, NEWS, False
    title = gettext_lazy("Published by colleagues this week")
    about = gettext_lazy("What others made public, corrected or withdrew in the last seven days, the latest first.")
    empty = gettext_lazy("No colleague published anything in the last seven days.")
    since_words = gettext_lazy("on")
    days = 7

    def is_for(self, person):
        return person.has_perm("relations.view_revision")

    def queryset(self, person):
        since = timezone.now() - timedelta(days=self.days)
        by_people = Revision.objects.filter(published_by__isnull=False, published_at__gte=since)
        return by_people.exclude(published_by=person).defer("data").order_by("-published_at", "-pk")

    def rows(self, found, person):
        subjects = subjects_of((revision.content_type_id, revision.object_id) for revision in found)
        people = {user.pk: str(user) for user in _people(revision.published_by_id for revision in found)}
        rows = []
        for revision in found:
            if subject := subjects.get((revision.content_type_id, revision.object_id)):
                url = f"{address_of(subject, 'history')}#version-{revision.version}"
                step = _("See what is new: %(act)s") % {"act": revision.get_act_display()}
                title, kind = words_of(subject)
                who = people[revision.published_by_id]
                rows.append(Row(title, kind, url, step, revision.published_at, who, revision.reason))
        return rows


# ---------------------------------------------------------------------------------------- records by their ids


def subjects_of(pairs: Iterable[tuple[int, int]]) -> dict[tuple[int, int], Keyed | Plan]:
    """Return the records and proposals of (content type, id) pairs, in one query a model; three more for proposals."""
    ids: dict[int, set[int]] = defaultdict(set)
    for content_type, pk in pairs:
        ids[content_type].add(pk)
    found = {}
    for content_type, pks in ids.items():
        model = ContentType.objects.get_for_id(content_type).model_class()
        rows = model._base_manager.filter(pk__in=pks)
        if model is Plan:
            rows = rows.select_related("author", "decided_by")
        for row in rows:
            found[content_type, row.pk] = row
        if model is Plan:
            _tell_what_changes([found[content_type, pk] for pk in pks if (content_type, pk) in found])
    return found


def _tell_what_changes(plans: list[Plan]) -> None:
    """Set `first` and `records` of proposals: what the first record that they change is called, and how many."""
    rows = PlanRow.objects.filter(plan__in=plans).order_by()
    told = {row["plan"]: row for row in rows.values("plan").annotate(records=Count("pk"), first=Min("number"))}
    first = Q(pk__in=[])
    for row in told.values():
        first |= Q(plan=row["plan"], number=row["first"])
    changed = {row.plan_id: row for row in rows.filter(first).only("plan", "content_type", "object_id", "key")}
    records = subjects_of((row.content_type_id, row.object_id) for row in changed.values())
    for plan in plans:
        row = changed.get(plan.pk)
        record = row and records.get((row.content_type_id, row.object_id))
        plan.first = label_of(record) if record else row.key if row else ""
        plan.records = told.get(plan.pk, {"records": 0})["records"]


def words_of(subject: Keyed | Plan) -> tuple[str, str]:
    """Return what a record or proposal is called, and what kind it is."""
    if isinstance(subject, Plan):
        model = ContentType.objects.get_for_id(subject.content_type_id).model_class()
        more = _(" and %(count)s more") % {"count": subject.records - 1} if subject.records > 1 else ""
        return f"{subject.first}{more}", _("proposal: %(model)s") % {"model": model._meta.verbose_name}
    return label_of(subject), str(subject._meta.verbose_name)


def address_of(subject: Keyed | Plan, page: str = "change") -> str:
    """Return where a proposal is decided, or a record worked on: its form, or another `page` of it."""
    if isinstance(subject, Plan):
        return subject.get_absolute_url()
    return reverse(f"admin:{subject._meta.app_label}_{subject._meta.model_name}_{page}", args=[subject.pk])


def _people(pks: Iterable[int | None]):
    from django.contrib.auth import get_user_model

    return get_user_model().objects.filter(pk__in={pk for pk in pks if pk})


def _of_any(pairs: list[tuple[int, int]]) -> Q:
    """Return the condition that a row is about one of (content type, id) pairs."""
    ids: dict[int, list[int]] = defaultdict(list)
    for content_type, pk in pairs:
        ids[content_type].append(pk)
    asked = Q(pk__in=[])
    for content_type, pks in ids.items():
        asked |= Q(content_type=content_type, object_id__in=pks)
    return asked


def _open_comments(pairs: list[tuple[int, int]], person) -> Iterable[Comment]:
    """Return the open comments of others on records, the oldest first."""
    found = Comment.objects.filter(_of_any(pairs), done_at=None).exclude(written_by=person)
    return found.select_related("written_by").order_by("written_at", "pk")


def _who_returned(pairs: list[tuple[int, int]]) -> dict[tuple[int, int], str]:
    """Return who sent each record back last."""
    returned = (
        Revision.objects.filter(_of_any(pairs), act=Revision.Act.RETURN).defer("data").select_related("written_by")
    )
    return {(row.content_type_id, row.object_id): str(row.author) for row in returned.order_by("version")}
