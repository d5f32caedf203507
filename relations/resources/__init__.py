"""One Resource a model: the columns of import, export, package, download, plan and revision."""

from .base import (
    ChildResource,
    Fault,
    PartsWidget,
    RecordResource,
    ReferencesWidget,
    ReferenceWidget,
    TableResource,
    public_cells,
    register,
    registry,
    resource_of,
)
from .record import CitationResource, sources_column

__all__ = [
    "ChildResource",
    "CitationResource",
    "Fault",
    "PartsWidget",
    "RecordResource",
    "ReferenceWidget",
    "ReferencesWidget",
    "TableResource",
    "public_cells",
    "register",
    "registry",
    "resource_of",
    "sources_column",
]
