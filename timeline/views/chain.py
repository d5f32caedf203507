"""The chain of an event: what led to it and what came of it, as a page and as JSON."""

from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views import View

from .. import chains, citing
from ..drawing.chain import draw_chain
from ..models import Event, EventLink
from ..serializing import json_answer
from .base import PublishedMixin, no_parameters
from .records import SECTIONS, address_of, crumbs


class EventChain(PublishedMixin, View):
    model = Event

    def get(self, request, key):
        no_parameters(request)
        event = self.get_record(key)
        chain = chains.chain_of(event)
        section, label = SECTIONS["event"]
        title = _("What led to it, what came of it: %(title)s") % {"title": event.title}
        context = {
            "section": section,
            "crumbs": crumbs(
                (address_of(Event, "list"), label), (event.get_absolute_url(), event.title), ("", _("Chain"))
            ),
            "event": event,
            "title": title,
            "chain": chain,
            "parts": [
                (_("What led to it"), chain.of(chains.BEFORE)),
                (_("What came of it"), chain.of(chains.AFTER)),
                (_("What it is part of, and its own parts"), chain.of(chains.WHOLE, chains.PART)),
            ],
            "drawing": draw_chain(chain.events, in_order(chain.links), event.pk) if chain.steps else None,
            "kinds": EventLink.Kind.choices,
            "page": {
                "title": title,
                "canonical": citing.absolute(address_of(Event, "chain", event.key)),
                "json": address_of(Event, "chain-json", event.key),
            },
        }
        return TemplateResponse(request, "timeline/event_chain.html", context)


class EventChainJson(PublishedMixin, View):
    model = Event

    def get(self, request, key):
        no_parameters(request)
        chain = chains.chain_of(self.get_record(key))
        keys = {event.pk: event.key for event in chain.events}
        steps = [(chain.event, "here", 0), *((step.event, step.place, step.away) for step in chain.steps)]
        return json_answer(
            {
                "revision": request.edition.number,
                "event": chain.event.key,
                "is_cut": chain.is_cut,
                "events": [
                    {
                        "key": event.key,
                        "url": citing.absolute(event.get_absolute_url()),
                        "title": event.title,
                        "date": event.date,
                        "place": place,
                        "away": away,
                    }
                    for event, place, away in steps
                ],
                "links": [
                    {"from": keys[link.from_event_id], "kind": link.kind, "to": keys[link.to_event_id]}
                    for link in chain.links
                ],
            }
        )


def in_order(links) -> list[tuple[int, int, str]]:
    """Return links as (what came first, what came of it, kind); a part comes to its whole."""
    return [
        (link.from_event_id, link.to_event_id, link.kind)
        if link.kind in (EventLink.Kind.CAUSED, EventLink.Kind.PART_OF)
        else (link.to_event_id, link.from_event_id, link.kind)
        for link in links
    ]
