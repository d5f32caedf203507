"""What led to an event and what came of it: the public links between events, followed from one to the next."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from relations import dates

from .models import Event, EventLink

DEEPEST = 6  # links away from the event
MOST_EVENTS = 60
MOST_LINKS = 300  # that are read of one step

BEFORE, AFTER, WHOLE, PART = "before", "after", "whole", "part"
# How a step of the chain stands to another event, where the link begins with it and where it ends with it.
FROM = {
    EventLink.Kind.CAUSED: _("caused"),
    EventLink.Kind.ANSWERED: _("answered"),
    EventLink.Kind.PART_OF: _("is part of"),
    EventLink.Kind.FOLLOWS: _("follows"),
}
TO = {
    EventLink.Kind.CAUSED: _("was caused by"),
    EventLink.Kind.ANSWERED: _("was answered by"),
    EventLink.Kind.PART_OF: _("has as a part"),
    EventLink.Kind.FOLLOWS: _("was followed by"),
}


@dataclass(frozen=True)
class Step:
    """An event of the chain, how many links away, and its links to those nearer: (how it stands to it, event)."""

    event: Event
    place: str
    away: int
    links: list[tuple[str, Event]]


@dataclass(frozen=True)
class Chain:
    """An event with what is linked to it, over others too, in the order of time; `is_cut` where there is more."""

    event: Event
    steps: list[Step]
    links: list[EventLink]
    is_cut: bool

    def of(self, *places: str) -> list[Step]:
        return [step for step in self.steps if step.place in places]

    @property
    def events(self) -> list[Event]:
        """All events of the chain, this one too, in the order of time."""
        return in_time([self.event, *(step.event for step in self.steps)])


def in_time(events: Iterable[Event]) -> list[Event]:
    return sorted(events, key=lambda event: (dates.parse(event.date), event.key))


def chain_of(event: Event) -> Chain:
    """Return the chain of a public event, each event of it once, where the fewest links lead. Nine queries at most."""
    found: dict[int, tuple[str, int]] = {event.pk: ("", 0)}
    links: dict[int, EventLink] = {}
    edge, is_cut = {event.pk}, False
    for away in range(1, DEEPEST + 2):
        new: dict[int, tuple[str, int]] = {}
        read = _touching(edge)
        is_cut |= len(read) > MOST_LINKS
        for link in read[:MOST_LINKS]:
            links[link.pk] = link
            for here, there, place in _ways(link):
                if here in edge and there not in found and found[here][0] in ("", place):
                    new.setdefault(there, (place, away))
        room = MOST_EVENTS - len(found)
        if away > DEEPEST or len(new) > room:
            is_cut |= bool(new)
            new = dict(list(new.items())[:room]) if away <= DEEPEST else {}
        if not new:
            break
        found |= new
        edge = set(new)
    events = Event.objects.published().in_bulk(found)
    joined = [link for link in links.values() if link.from_event_id in events and link.to_event_id in events]
    steps = [
        Step(events[pk], place, away, _nearer(pk, away, joined, found, events))
        for pk, (place, away) in found.items()
        if pk != event.pk and pk in events
    ]
    steps.sort(key=lambda step: (dates.parse(step.event.date), step.event.key))
    return Chain(event, steps, joined, is_cut)


def _touching(pks: set[int]) -> list[EventLink]:
    rows = EventLink.objects.published().filter(Q(from_event__in=pks) | Q(to_event__in=pks))
    return list(rows.order_by("from_event__key", "to_event__key", "kind")[: MOST_LINKS + 1])


def _ways(link: EventLink) -> list[tuple[int, int, str]]:
    """Return both ways along a link as (from here, to there, where that is seen from here)."""
    one, other = link.from_event_id, link.to_event_id
    if link.kind == EventLink.Kind.PART_OF:
        return [(one, other, WHOLE), (other, one, PART)]
    # Who answers or follows comes after what it answers or follows.
    cause, effect = (one, other) if link.kind == EventLink.Kind.CAUSED else (other, one)
    return [(cause, effect, AFTER), (effect, cause, BEFORE)]


def _nearer(pk: int, away: int, links, found, events) -> list[tuple[str, Event]]:
    said = []
    for link in links:
        if link.from_event_id == pk and found[link.to_event_id][1] < away:
            said.append((str(FROM[link.kind]), events[link.to_event_id]))
        elif link.to_event_id == pk and found[link.from_event_id][1] < away:
            said.append((str(TO[link.kind]), events[link.from_event_id]))
    return sorted(said, key=lambda pair: pair[1].key)
