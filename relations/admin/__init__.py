"""How a curator sees and edits the record. Nothing here writes: forms and acts end in `relations.writing`."""

from . import actor, aid, comments, investment, judgement, package, people, plans, reports, source
from .base import ChildInline, CitationInline, CitedAdmin, DatedDisplay, PartsInline, RecordAdmin

__all__ = [
    "ChildInline",
    "CitationInline",
    "CitedAdmin",
    "DatedDisplay",
    "PartsInline",
    "RecordAdmin",
    "actor",
    "aid",
    "comments",
    "investment",
    "judgement",
    "package",
    "people",
    "plans",
    "reports",
    "source",
]
