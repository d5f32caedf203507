"""Themes: the list, and one with all that belongs to it."""

from collections import Counter

from django.db.models import Count
from django.utils.translation import gettext_lazy

from relations.codelists import FAMILIES, family_of
from relations.models import Theme

from .. import paging
from ..models import Event
from .records import RecordDetail, RecordList, judgements_on, lanes_of, own_events


class ThemeList(RecordList):
    model = Theme
    template_name = "timeline/theme_list.html"
    lead = gettext_lazy("The subjects of the record, and why each matters.")
    orders = {"key": paging.BY_KEY}
    panel = ("q",)

    def more(self, found, page):
        events = Event.objects.published().filter(themes__in=page.rows).order_by()
        counts = dict(events.values_list("themes").annotate(n=Count("pk")))
        return {"rows": [(theme, counts.get(theme.pk, 0)) for theme in page.rows]}


class ThemeDetail(RecordDetail):
    model = Theme
    template_name = "timeline/theme_detail.html"
    takes_parameters = True

    def context(self, record):
        events = record.events.published()
        kinds = dict(events.order_by().values_list("kind").annotate(n=Count("pk")))
        families = Counter()
        for kind, n in kinds.items():
            families[family_of(kind)] += n
        return {
            **own_events(self.request, events),
            "lanes": lanes_of(events, f"theme={record.key}"),
            "families": [(name, label, families[name]) for name, (label, _kinds) in FAMILIES.items()],
            "most": max(families.values(), default=1),
            "investments": record.investments.published().order_by("key"),
            "programmes": record.programmes.published().order_by("key"),
            "judgements": judgements_on(record.judgements),
        }
