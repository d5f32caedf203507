"""What search engines are told: every public page, and when it changed last."""

from django.contrib.sitemaps import Sitemap
from django.urls import reverse

from relations.models import Actor, AidCondition, AidProgramme, Investment, Judgement, Source, Theme

from .models import Event

PAGES = ("home", "timeline", "event-list", "actor-list", "investment-list", "aidprogramme-list", "aidcondition-list")
PAGES += ("judgement-list", "theme-list", "source-list", "data", "about", "corrections", "api")


class Pages(Sitemap):
    """The pages that are no record."""

    def items(self):
        return PAGES

    def location(self, name):
        return reverse(f"timeline:{name}")


class Records(Sitemap):
    """The records of a model."""

    limit = 5000

    def __init__(self, model):
        super().__init__()
        self.model = model

    def items(self):
        return self.model.objects.published().order_by("key").only("key", "changed_at", "published_at")

    def lastmod(self, record):
        return max(record.changed_at, record.published_at)


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
