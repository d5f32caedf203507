"""Atom feeds: what was published last, each entry under an id that never changes."""

from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.contrib.syndication.views import Feed
from django.db.models import QuerySet
from django.db.models.fields.json import KT
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from relations import dates, pair
from relations.models import AidCondition, Assessment, Judgement, Keyed, PublicRevision, Revision

from . import citing
from .filters import filter_of
from .models import Event
from .serializing import seen_since

FEED_SIZE = 50


class SteadyAtom(Atom1Feed):
    """Atom that says when the record changed last, and not what time it is, where it has no entry."""

    def latest_post_date(self):
        if self.items:
            return super().latest_post_date()
        return PublicRevision.objects.values_list("changed_at", flat=True).first() or datetime(1970, 1, 1, tzinfo=UTC)


class SiteFeed(Feed):
    """What all feeds of the site share. Their links are whole addresses, and their descriptions HTML."""

    feed_type = SteadyAtom

    def __call__(self, request, *args, **kwargs):
        response = super().__call__(request, *args, **kwargs)
        # Django's is of the newest entry; `public` compares with that of the edition, and sets it.
        response.headers.pop("Last-Modified", None)
        return response

    def author_name(self):
        return pair.current().publisher or pair.current().title

    def feed_copyright(self):
        return pair.current().licence or None


@dataclass(frozen=True)
class Asked:
    """What a feed is asked for: its records, the filters in words, the path of the list and that of the feed."""

    records: QuerySet
    words: str
    list_path: str
    feed_path: str


class RecordFeed(SiteFeed):
    """The records of a list, with its filters, newest published first."""

    model: type[Keyed]
    listed: type[Keyed]  # the model of the list, where that is another

    def get_object(self, request) -> Asked:
        """Return what is asked for. Raises BadQuery."""
        model = getattr(self, "listed", self.model)
        found = filter_of(model)(request.GET, model.objects.published(), request=request, page_parameters=())
        records = found.valid_or_400()
        words = "; ".join(f"{found.filters[name].label}: {value}" for name, value in found.asked())
        query = f"?{request.GET.urlencode()}" if request.GET else ""
        name = model._meta.model_name
        return Asked(
            records,
            words,
            reverse(f"timeline:{name}-list") + query,
            reverse(f"timeline:{name}-feed") + query,
        )

    def title(self, asked):
        title = f"{pair.current().title}: {self.model._meta.verbose_name_plural}"
        return f"{title} ({asked.words})" if asked.words else title

    def link(self, asked):
        return citing.absolute(asked.list_path)

    def feed_url(self, asked):
        return citing.absolute(asked.feed_path)

    def items(self, asked):
        rows = list(self.loaded(asked.records).order_by("-published_at", "-earliest", "-key")[:FEED_SIZE])
        keys = first_keys(self.model, [row.pk for row in rows])
        for row in rows:
            # What was redacted may have lost its versions.
            row.first_key = keys.get(row.pk, row.key)
        return rows

    def loaded(self, records):
        """Return the records of the feed with what their entries need."""
        return records

    def item_title(self, record):
        return citing.title_of(record)

    def item_description(self, record):
        return escape(self.words(record))

    def words(self, record) -> str:
        """Return what an entry says, as plain text."""
        return str(record)

    def item_link(self, record):
        return citing.absolute(record.get_absolute_url())

    def item_guid(self, record):
        # A tag URI (RFC 4151): the host, a day on which the site had it, and what this site gives to one record alone.
        host = urlsplit(settings.PUBLIC_URL).hostname
        return f"tag:{host},{record.published_at:%Y-%m-%d}:{record._meta.model_name}/{record.first_key}"

    def item_pubdate(self, record):
        return record.published_at

    def item_updateddate(self, record):
        return seen_since(record)


def first_keys(model: type[Keyed], pks: list[int]) -> dict[int, str]:
    """Return {pk: the key under which the record was first published}, in one query: a key may change, that cannot."""
    published = Revision.objects.filter(
        content_type=ContentType.objects.get_for_model(model), object_id__in=pks, published_at__isnull=False
    )
    found: dict[int, str] = {}
    for pk, key in published.order_by("version").values_list("object_id", KT("data__cells__key")):
        found.setdefault(pk, key)
    return found


class EventFeed(RecordFeed):
    """What happened."""

    model = Event

    def words(self, event):
        return f"{capfirst(dates.parse(event.date).phrase())}. {event.summary}"

    def item_categories(self, event):
        return [event.get_kind_display()]


class JudgementFeed(RecordFeed):
    """What sources say that it means or expects."""

    model = Judgement

    def words(self, judgement):
        outcome = capfirst(judgement.get_status_display())
        return f"{judgement.statement} {outcome}. {judgement.status_note}".strip()


class FindingFeed(RecordFeed):
    """What was found of the conditions of a list."""

    model, listed = Assessment, AidCondition

    def get_object(self, request):
        asked = super().get_object(request)
        findings = Assessment.objects.published().filter(condition__in=asked.records)
        return Asked(findings, asked.words, asked.list_path, asked.feed_path)

    def title(self, asked):
        title = _("%(pair)s: findings on conditions") % {"pair": pair.current().title}
        return f"{title} ({asked.words})" if asked.words else title

    def loaded(self, findings):
        return findings.select_related("condition")

    def item_title(self, finding):
        return f"{finding.condition}: {finding.get_finding_display()}"

    def words(self, finding):
        return f"{capfirst(dates.parse(finding.date).phrase())}. {finding.note}".strip()
