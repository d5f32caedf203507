"""How well a record is attested: sources and publishers, copies collapsed into what they copy."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from django.db import models

from .fields import EdtfField, ExactDecimalField
from .models.base import Citation, Record
from .models.source import Source

# What the source of another column states with it: of the place, of the amount, of the status.
STATED_WITH_ANOTHER = {"latitude", "longitude", "amount_low", "amount_high", "status_as_of"}
OFFICIAL = (Source.Kind.LEGISLATION, Source.Kind.OFFICIAL, Source.Kind.TREATY, Source.Kind.COURT)


@dataclass(frozen=True)
class Evidence:
    """How many sources and publishers stand behind a record, and whether an official source is among them.

    `independent` is how many independent sources, where a curator examined the origins of each; else 0.
    """

    sources: int = 0
    publishers: int = 0
    is_official: bool = False
    independent: int = 0


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
    publishers = len({origin.publisher or origin.key for origin in origins.values()})
    is_examined = all(source.origin_examined for source in (*cited, *origins.values()))
    return Evidence(
        sources=len(origins),
        publishers=publishers,
        is_official=any(source.kind in OFFICIAL for source in cited),
        independent=publishers if is_examined else 0,
    )


def by_field(citations: Iterable[Citation]) -> dict[str, Evidence]:
    """Return what stands behind each field that is cited; what is cited for the whole record, under "", for all."""
    found: dict[str, list[Citation]] = defaultdict(list)
    for citation in citations:
        found[citation.field].append(citation)
    whole = found.pop("", [])
    return {name: weigh([*own, *whole]) for name, own in found.items()} | {"": weigh(whole)}


@cache
def attested(model: type[Record]) -> tuple[str, ...]:
    """Return the columns that need a source where they are filled: texts, dates and figures.

    Titles, classes and links are the desk's words for what these say.
    """
    kinds = (EdtfField, ExactDecimalField, models.TextField)
    own = [field.name for field in model._meta.local_fields if isinstance(field, kinds) and field.editable]
    return tuple(name for name in own if name not in STATED_WITH_ANOTHER)
