"""What was changed after publication, and why: as a page, newest first, and as a feed."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import Q
from django.http import QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from relations.filters import BadQuery, QueryFault, shown, unknown_names
from relations.models import Revision

from .. import citing, history
from ..feeds import SiteFeed
from .base import no_parameters

SIZE = 50
FEED_SIZE = 50
CURSOR = re.compile(r"(?P<moment>\d{8}T\d{6}\.\d{6})\.(?P<place>\d{1,9})")
MOMENT = "%Y%m%dT%H%M%S.%f"
NEWEST, OLDEST = ("-published_at", "pk"), ("published_at", "-pk")


@dataclass(frozen=True)
class Place:
    """A place in the list: a moment, and which change of that moment, counted from 0. No id of the database is told."""

    moment: datetime
    place: int

    def __str__(self):
        return f"{self.moment.astimezone(UTC):{MOMENT}}.{self.place}"

    @classmethod
    def of(cls, revision: Revision) -> "Place":
        before = history.corrections().filter(published_at=revision.published_at, pk__lt=revision.pk)
        return cls(revision.published_at, before.count())

    @classmethod
    def read(cls, text: str) -> Revision:
        """Return the change at a place. Raises ValueError saying what would be right."""
        if match := CURSOR.fullmatch(text):
            try:
                moment = datetime.strptime(match["moment"], MOMENT).replace(tzinfo=UTC)
            except ValueError:
                moment = None
            place = int(match["place"])
            same = history.corrections().filter(published_at=moment).order_by("pk") if moment else ()
            for revision in same[place : place + 1]:
                return revision
        raise ValueError(
            _("“%(text)s” is no place in this list; follow the links of the page, or leave it out")
            % {"text": shown(text)}
        )


def corrections(request):
    revisions, pager = _page(request.GET)
    found = history.entries(revisions)
    context = {
        "entries": found,
        "pager": pager,
        "page": {"title": _("Corrections"), "feed": reverse("timeline:corrections-feed"), "noindex": bool(request.GET)},
    }
    return render(request, "timeline/corrections.html", context)


def _page(data: QueryDict) -> tuple[list[Revision], dict]:
    """Return the changes that `after` and `before` ask for, and the pager. Raises BadQuery."""
    known = ("after", "before")
    faults = unknown_names(data, known)
    after, before = data.get("after"), data.get("before")
    if after and before:
        message = _("“after” and “before” exclude each other; leave one of them out")
        faults.append(QueryFault("before", before, message))
    here = None
    try:
        here = Place.read(after or before) if (after or before) and not faults else None
    except ValueError as error:
        faults.append(QueryFault("after" if after else "before", after or before, str(error)))
    if faults:
        raise BadQuery(faults, data, known)
    rows = history.corrections().order_by(*(OLDEST if before else NEWEST))
    if here:
        rows = rows.filter(_newer(here) if before else _older(here))
    found = list(rows[: SIZE + 1])
    has_more, found = len(found) > SIZE, found[:SIZE]
    if before:
        found.reverse()
    total = history.corrections().count()
    first = history.corrections().filter(_newer(found[0])).count() + 1 if found else None
    has_next = bool(found) and (has_more if not before else first + len(found) - 1 < total)
    address = reverse("timeline:corrections")
    pager = {
        "previous": f"{address}?before={Place.of(found[0])}" if found and first > 1 else "",
        "next": f"{address}?after={Place.of(found[-1])}" if has_next else "",
        "first": first,
        "last": first + len(found) - 1 if found else None,
        "total": total,
        "size": SIZE,
    }
    return found, pager


def _newer(here: Revision) -> Q:
    return Q(published_at__gt=here.published_at) | Q(published_at=here.published_at, pk__lt=here.pk)


def _older(here: Revision) -> Q:
    return Q(published_at__lt=here.published_at) | Q(published_at=here.published_at, pk__gt=here.pk)


class CorrectionsFeed(SiteFeed):
    """The newest corrections as Atom."""

    subtitle = gettext_lazy("What was changed after it was published, and why.")

    def get_object(self, request):
        no_parameters(request)
        return request.edition

    def title(self, edition):
        return _("%(site)s: corrections") % {"site": edition.pair.title}

    def link(self):
        return citing.absolute(reverse("timeline:corrections"))

    def feed_url(self):
        return citing.absolute(reverse("timeline:corrections-feed"))

    def items(self, edition):
        return history.entries(history.corrections().order_by(*NEWEST)[:FEED_SIZE])

    def item_title(self, entry):
        return _("%(kind)s: %(title)s") % {
            "kind": entry.kind.capitalize(),
            "title": entry.record or _("%(noun)s %(key)s") % {"noun": entry.noun, "key": entry.key},
        }

    def item_description(self, entry):
        lines = [entry.reason] if entry.reason else []
        if entry.thanks:
            lines.append(_("Reported by %(names)s") % {"names": ", ".join(entry.thanks)})
        for change in entry.changes:
            child = f" ({change.child})" if change.child else ""
            lines.append(
                _("%(label)s: “%(before)s” → “%(after)s”")
                % {"label": change.label + child, "before": change.before, "after": change.after}
            )
        return "<br>".join(map(escape, lines))

    def item_link(self, entry):
        return citing.absolute(entry.record.get_absolute_url()) if entry.record else self.item_guid(entry)

    def item_guid(self, entry):
        return f"{self.link()}#{entry.anchor}"

    def item_updateddate(self, entry):
        return entry.revision.published_at

    item_pubdate = item_updateddate
