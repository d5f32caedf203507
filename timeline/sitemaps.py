"""What search engines are told: every public page, and when it changed last."""

from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.db.models import Count, Max
from django.db.models.functions import Greatest
from django.urls import reverse

from relations.models import Actor, AidCondition, AidProgramme, Investment, Judgement, Keyed, Source, Theme

from .models import Event
from .serializing import seen_since

PAGES = ("home", "timeline", "event-list", "actor-list", "investment-list", "aidprogramme-list", "aidcondition-list")
PAGES += ("judgement-list", "theme-list", "source-list", "data", "about", "corrections", "api")


class PublicSitemap(Sitemap):
    """Addresses of the site as PUBLIC_URL has them, whatever the host that was asked."""

    def get_protocol(self, protocol=None):
        return urlsplit(settings.PUBLIC_URL).scheme

    def get_domain(self, site=None):
        return urlsplit(settings.PUBLIC_URL).netloc


class Pages(PublicSitemap):
    """The pages that are no record."""

    def items(self):
        return PAGES

    def location(self, name):
        return reverse(f"timeline:{name}")

    def extent(self) -> tuple[int, None]:
        return len(PAGES), None


class Records(PublicSitemap):
    """The pages of the records of a model."""

    # 5,000 addresses took more than a second to write.
    limit = 2000

    def __init__(self, model: type[Keyed]):
        super().__init__()
        self.model = model

    def items(self):
        return self.model.objects.published().order_by("key").only("key", "changed_at", "published_at")

    def lastmod(self, record):
        return seen_since(record)

    def extent(self) -> tuple[int, datetime | None]:
        """Return how many records there are, and when one of them changed last."""
        latest = Max(Greatest("changed_at", "published_at"))
        found = self.model.objects.published().order_by().aggregate(count=Count("pk"), latest=latest)
        return found["count"], found["latest"]


SECTIONS = {"pages": Pages()} | {
    name: Records(model)
    for name, model in {
        "events": Event,
        "actors": Actor,
        "investments": Investment,
        "aid": AidProgramme,
        "conditions": AidCondition,
        "judgements": Judgement,
        "themes": Theme,
        "sources": Source,
    }.items()
}
