"""How well a record is attested: sources and publishers, copies collapsed into what they copy."""

from collections.abc import Iterable
from dataclasses import dataclass

from .models.base import Citation
from .models.source import Source

OFFICIAL = (Source.Kind.LEGISLATION, Source.Kind.OFFICIAL, Source.Kind.TREATY, Source.Kind.COURT)


@dataclass(frozen=True)
class Evidence:
    """How many sources and publishers stand behind a record, and whether an official source is among them."""

    sources: int = 0
    publishers: int = 0
    is_official: bool = False


def origin_of(source: Source) -> Source:
    """Return the public source that this one copies, over at most two steps, or itself.

    The citation is to be loaded by `CitationQuerySet.with_sources`, which counts in the same way.
    """
    for _step in range(2):
        if source.origin_id is None or not source.origin.is_public:
            break
        source = source.origin
    return source


def weigh(citations: Iterable[Citation]) -> Evidence:
    """Return the evidence of citations that were loaded by `CitationQuerySet.with_sources`."""
    cited = [citation.source for citation in citations]
    origins = {origin.pk: origin for origin in map(origin_of, cited)}
    return Evidence(
        sources=len(origins),
        publishers=len({origin.publisher or origin.key for origin in origins.values()}),
        is_official=any(source.kind in OFFICIAL for source in cited),
    )
