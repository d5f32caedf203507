"""Atom feeds: what was published last, each entry under an id that never changes."""

from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext as _

from relations import dates, pair
from relations.models import Assessment, Judgement, Keyed, PublicRevision

from . import citing
from .filters import filter_of
from .models import Event

FEED_SIZE = 50


class SteadyAtom(Atom1Feed):
    """Atom that says when the record changed last, and not what time it is, where it has no entry."""

    def latest_post_date(self):
        if self.items:
            return super().latest_post_date()
        changed_at = PublicRevision.objects.values_list("changed_at", flat=True).first()
        return changed_at or super().latest_post_date()


class RecordFeed(Feed):
    """The records of a model that the parameters ask for, newest published first. Raises BadQuery."""

    feed_type = SteadyAtom
    model: type[Keyed]
    name = ""

    def get_object(self, request):
        rows = filter_of(self.model)(request.GET, self.model.objects.published(), request=request).valid_or_400()
        return request, rows

    def title(self, obj):
        return f"{pair.current().title}: {self.model._meta.verbose_name_plural}"

    def link(self, obj):
        return citing.absolute(obj[0].path.removesuffix("feed/"))

    def feed_url(self, obj):
        return citing.absolute(obj[0].get_full_path())

    def author_name(self, obj):
        return pair.current().publisher or None

    def items(self, obj):
        return self.loaded(obj[1]).order_by("-published_at", "-key")[:FEED_SIZE]

    def loaded(self, rows):
        return rows

    def item_title(self, record):
        return citing.title_of(record)

    def item_description(self, record):
        return citing._description(record)

    def item_link(self, record):
        return citing.absolute(record.get_absolute_url())

    def item_guid(self, record):
        host = urlsplit(settings.PUBLIC_URL).hostname
        return f"tag:{host},{record.published_at:%Y-%m-%d}:{record._meta.model_name}/{record.key}"

    item_guid_is_permalink = False

    def item_pubdate(self, record):
        return record.published_at

    def item_updateddate(self, record):
        return max(record.changed_at, record.published_at)


class EventFeed(RecordFeed):
    model = Event

    def item_description(self, event):
        return f"{dates.parse(event.date).phrase()}. {event.summary}"


class JudgementFeed(RecordFeed):
    model = Judgement


class FindingFeed(RecordFeed):
    """What was found of conditions."""

    model = Assessment

    def loaded(self, rows):
        return rows.select_related("condition")

    def item_title(self, finding):
        return f"{finding.condition}: {finding.get_finding_display()}"

    def item_description(self, finding):
        when = dates.parse(finding.date).phrase()
        return _("%(when)s. %(note)s") % {"when": when, "note": finding.note}
