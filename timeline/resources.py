"""The columns of events, of their figures and of the links between them."""

from import_export.fields import Field

from relations.resources import (
    ChildResource,
    CitationResource,
    PartsWidget,
    RecordResource,
    TableResource,
    register,
    sources_column,
)

from .models import Event, EventLink, Figure, Participation


class EventLinkResource(ChildResource):
    """One row reads as a sentence: from_event caused, answered, follows or is part-of to_event."""

    file = "event_links"
    name = "links"
    related_name = "links"
    owner_column = "from_event"
    natural_key = ("to_event", "kind")

    class Meta(TableResource.Meta):
        model = EventLink
        fields = ("kind", "from_event", "to_event")


class FigureResource(ChildResource):
    """One row what an event counts: killed, displaced, present."""

    file = "figures"
    name = "figures"
    related_name = "figures"
    owner_column = "event"
    natural_key = ("counts", "of_whom", "unit")

    class Meta(TableResource.Meta):
        model = Figure
        fields = ("event", "counts", "of_whom", "low", "best", "high", "unit", "sources", "note")

    # The packages of before had no figures.
    later = Meta.fields

    def is_public_child(self, child) -> bool:
        return any(source.is_public for source in child.sources.all())


@register
class EventResource(RecordResource):
    """One row an event. The columns are public: people's files depend on their names."""

    file = "events"
    children = (CitationResource.of(Event), EventLinkResource, FigureResource)
    actors = Field(attribute="participations", column_name="actors", widget=PartsWidget(Participation, "actor", "role"))
    sources = sources_column()

    class Meta(RecordResource.Meta):
        model = Event
        fields = (
            "key",
            "title",
            "date",
            "kind",
            "importance",
            "place",
            "country",
            "latitude",
            "longitude",
            "place_precision",
            "place_disputed",
            "summary",
            "actors",
            "themes",
            "investments",
            "programmes",
            "assessments",
            "judgements",
            "sources",
        )


register(EventLinkResource)
register(FigureResource)
