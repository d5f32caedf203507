"""The sources of many records on one page, numbered in the order in which they are first cited."""

from relations.models import Record, Source


class Footnotes:
    """`sources` are those that were asked for so far; the number of one is its place among them, from 1."""

    def __init__(self):
        self._numbers: dict[int, int] = {}
        self.sources: list[Source] = []

    def of(self, record: Record) -> list[int]:
        """Return the numbers of the sources of a record, loaded `with_evidence`."""
        return sorted({self._number(citation.source) for citation in record.shown_citations})

    def _number(self, source: Source) -> int:
        if source.pk not in self._numbers:
            self.sources.append(source)
            self._numbers[source.pk] = len(self.sources)
        return self._numbers[source.pk]
