"""How a curator sees and edits the record. Nothing here writes: forms and acts end in `relations.writing`."""

from . import actor, aid, batches, comments, investment, judgement, package, people, plans, redaction, reports, source
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
    "batches",
    "comments",
    "investment",
    "judgement",
    "package",
    "people",
    "plans",
    "redaction",
    "reports",
    "source",
]
