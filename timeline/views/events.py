"""Events: the list, and one with what led to it, what came of it and what is said of it."""

from itertools import groupby

from django.utils.translation import gettext_lazy

from relations import codelists, dates

from .. import figures
from ..models import Event, EventLink, Participation
from .records import RecordDetail, RecordList, judgements_on

NEIGHBOURS = 1  # on each side

# How another event stands to this one: by the kind of link, where this one is its start and where it is its end.
FROM_THIS = {
    EventLink.Kind.CAUSED: gettext_lazy("caused by this one"),
    EventLink.Kind.ANSWERED: gettext_lazy("this one answered it"),
    EventLink.Kind.PART_OF: gettext_lazy("this one is part of it"),
    EventLink.Kind.FOLLOWS: gettext_lazy("this one follows it"),
}
TO_THIS = {
    EventLink.Kind.CAUSED: gettext_lazy("caused this one"),
    EventLink.Kind.ANSWERED: gettext_lazy("answered this one"),
    EventLink.Kind.PART_OF: gettext_lazy("part of this one"),
    EventLink.Kind.FOLLOWS: gettext_lazy("follows this one"),
}
ROLES = {
    Participation.Role.SOURCE: gettext_lazy("Sources of the act"),
    Participation.Role.TARGET: gettext_lazy("Targets"),
    Participation.Role.MEDIATOR: gettext_lazy("Mediators"),
    Participation.Role.HOST: gettext_lazy("Hosts"),
    Participation.Role.SIGNATORY: gettext_lazy("Signatories"),
    Participation.Role.PARTICIPANT: gettext_lazy("Participants"),
    Participation.Role.PERPETRATOR: gettext_lazy("Perpetrators"),
    Participation.Role.VICTIM: gettext_lazy("Victims"),
}


class EventList(RecordList):
    model = Event
    template_name = "timeline/event_list.html"
    lead = gettext_lazy("What happened, and who took part in it.")
    panel = ("q", "from", "to", "certainty", "importance", "family", "theme", "actor", "country", "evidence")

    def for_list(self, queryset):
        return queryset.for_list()

    def more(self, found, page):
        """Add what the events counted, where it is known how many they are."""
        return {"totals": [] if page.total is None else figures.totals(found.qs)}


class EventDetail(RecordDetail):
    model = Event
    template_name = "timeline/event_detail.html"

    def crumb(self, record):
        return str(record.earliest.year) if record.earliest.year > 1 else str(record)

    def shared(self, record):
        shared = super().shared(record)
        return shared | {"figures": list(figures.of_event(record, shared["claims"]))}

    def context(self, record):
        parts = record.participations.published().select_related("actor").order_by("position", "pk")
        themes = list(record.themes.published().order_by("name", "key"))
        kind = codelists.codelist("plover_event").get(record.kind.upper())
        return {
            "kind_meaning": kind.description if kind else "",
            "place": _place(record),
            "parts": _by_role(parts),
            "themes": themes,
            "steps": (steps := _steps(record, themes)),
            "is_linked": any(step.get("relation") for step in steps),
            "judgements": judgements_on(record.judgements),
            "findings": record.assessments.published().select_related("condition").order_by("earliest", "key"),
            "programmes": record.programmes.published().order_by("key"),
            "investments": record.investments.published().order_by("key"),
        }


def _place(event: Event) -> str:
    parts = [event.place, event.get_country_display() if event.country and event.place_precision != "country" else ""]
    words = ", ".join(dict.fromkeys(filter(None, parts)))
    return words or (event.get_country_display() if event.country else "")


def _by_role(parts) -> list[tuple[str, list[Participation]]]:
    """Return (role in the plural, parts), in the order in which the roles first stand."""
    order = list(dict.fromkeys(part.role for part in parts))
    ordered = sorted(parts, key=lambda part: order.index(part.role))
    return [(str(ROLES[role]), list(found)) for role, found in groupby(ordered, key=lambda part: part.role)]


def _steps(event: Event, themes) -> list[dict]:
    """Return what came before and after: the events that are linked, and the nearest notable ones of its themes."""
    linked: dict[int, dict] = {}
    for link in event.links.published().select_related("to_event"):
        linked[link.to_event_id] = {"event": link.to_event, "relation": FROM_THIS[link.kind]}
    for link in event.backlinks.published().select_related("from_event"):
        linked.setdefault(link.from_event_id, {"event": link.from_event, "relation": TO_THIS[link.kind]})
    near = (
        Event.objects.published()
        .filter(importance__gte=Event.Importance.NOTABLE, pk__in=_of_themes(themes))
        .exclude(pk__in=[event.pk, *linked])
    )
    before = near.filter(earliest__lt=event.earliest).order_by("-earliest", "-key")[:NEIGHBOURS]
    after = near.filter(earliest__gt=event.earliest).order_by("earliest", "key")[:NEIGHBOURS]
    steps = [{"event": other, "relation": ""} for other in (*before, *after)]
    steps += [*linked.values(), {"event": event, "is_here": True}]
    return sorted(steps, key=lambda step: (dates.parse(step["event"].date), step["event"].key))


def _of_themes(themes):
    return Event.themes.through.objects.filter(theme__in=[theme.pk for theme in themes]).values("event")
