"""How many public events there are a year: rows kept in the transaction that changes a record, for strips of any size.

Counted are all events, those of each theme, and those of each actor with the bodies beneath it, by year and family.
What a record changes is the difference between what its events counted for before and count for now; where an actor
moves to another body, what is above it is counted anew. A writer of what is public holds the row of the public
revision until it is done, so that two of them never count past each other.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

from django.db import connection

from relations.codelists import family_of
from relations.filters import bodies_beneath
from relations.models import Actor

from .models import Event, EventCount, Participation
from .summaries import counts_by_year, start_of

CHUNK = 900
Of = EventCount.Of
Cell = tuple[int, int, int, str]  # of, id of theme or actor, year, family


def counts(of: int = Of.ALL, pk: int = 0) -> dict[tuple[int, str], int]:
    """Return the number of public events by (year, family): of all, of a theme, or of an actor with its bodies."""
    rows = EventCount.objects.filter(of=of, of_id=pk).values_list("year", "family", "n")
    return {(year, family): n for year, family, n in rows}


class Keeper:
    """Keeps the counts while records are written; see `relations.writing.KEEPERS`."""

    def __init__(self, changing: dict[type, set[int]]):
        self.events = list(_facts(changing.get(Event, ())))
        self.actors = _places(changing.get(Actor, ()))

    def keep(self, changed: dict[type, set[int]]) -> None:
        """Bring the counts to what the changed records are now."""
        after = list(_facts(changed.get(Event, ())))
        if after != self.events:
            ups = above({actor for *_fact, actors in (*self.events, *after) for actor in actors})
            cells = _cells(after, ups)
            cells.subtract(_cells(self.events, ups))
            _add(cells)
        places = _places(self.actors)
        moved = [pk for pk, place in self.actors.items() if places.get(pk) != place]
        if moved:
            seeds = {up for pk in moved for ups, _is_public in (self.actors[pk], places[pk]) for up in ups}
            _recount(set(above(seeds)))


def above(actors: Iterable[int]) -> dict[int, tuple[frozenset[int], bool]]:
    """Return where actors and all that is above them stand, as `_places` does; a query a level."""
    found: dict[int, tuple[frozenset[int], bool]] = {}
    wanted = set(actors)
    while wanted:
        found |= _places(wanted)
        wanted = {up for pk in wanted & found.keys() for up in found[pk][0]} - found.keys()
    return found


def refresh() -> None:
    """Count everything anew: after a data set was written past the writer."""
    EventCount.objects.all().delete()
    cells: Counter[Cell] = Counter()
    ups: dict[int, tuple[frozenset[int], bool]] = _places(Actor._base_manager.values_list("pk", flat=True))
    pks = Event.objects.published().order_by("pk").values_list("pk", flat=True)
    chunk: list[int] = []
    for pk in pks.iterator(chunk_size=10_000):
        chunk.append(pk)
        if len(chunk) == CHUNK:
            cells.update(_cells(_facts(chunk), ups))
            chunk = []
    cells.update(_cells(_facts(chunk), ups))
    _add(cells)


def _facts(pks: Iterable[int]) -> Iterator[tuple[int, int, str, list[int], list[int]]]:
    """Yield (id, year, family, themes, actors) of those events that are public, by id; three queries for 900."""
    for chunk in _chunks(pks):
        rows = list(
            Event.objects.published()
            .filter(pk__in=chunk)
            .order_by("pk")
            .values_list("pk", "earliest", "latest", "kind")
        )
        themes: dict[int, list[int]] = {pk: [] for pk, *_row in rows}
        actors: dict[int, list[int]] = {pk: [] for pk, *_row in rows}
        if rows:
            named = Event.themes.through._base_manager.filter(event__in=themes).order_by("theme")
            for event, theme in named.values_list("event", "theme"):
                themes[event].append(theme)
            parts = Participation._base_manager.filter(event__in=actors).order_by("actor")
            for event, actor in parts.values_list("event", "actor"):
                actors[event].append(actor)
        for pk, earliest, latest, kind in rows:
            yield pk, start_of(earliest, latest).year, family_of(kind), themes[pk], actors[pk]


def _cells(facts: Iterable[tuple], ups: dict[int, tuple[frozenset[int], bool]]) -> Counter[Cell]:
    """Return how often each cell is counted for by events; an actor counts for what is above it if it is public."""
    reached: dict[int, set[int]] = {}
    cells: Counter[Cell] = Counter()
    for _pk, year, family, themes, actors in facts:
        cells[Of.ALL, 0, year, family] += 1
        for theme in themes:
            cells[Of.THEME, theme, year, family] += 1
        for actor in actors:
            if actor not in reached:
                reached[actor] = _reached(actor, ups)
        for actor in set().union(*(reached[actor] for actor in actors)):
            cells[Of.ACTOR, actor, year, family] += 1
    return cells


def _reached(actor: int, ups: dict[int, tuple[frozenset[int], bool]]) -> set[int]:
    seen, near = {actor}, {actor}
    while near:
        near = {up for pk in near if pk in ups and ups[pk][1] for up in ups[pk][0]} - seen
        seen |= near
    return seen


def _places(pks: Iterable[int]) -> dict[int, tuple[frozenset[int], bool]]:
    """Return where actors stand: the ids of what each is part of or serves, and whether it is public."""
    found = {}
    for chunk in _chunks(pks):
        rows = Actor._base_manager.filter(pk__in=chunk).values_list("pk", "is_public", "parent", "serves")
        found.update({pk: (frozenset(up for up in ups if up), is_public) for pk, is_public, *ups in rows})
    return found


def _recount(actors: set[int]) -> None:
    for chunk in _chunks(actors):
        EventCount.objects.filter(of=Of.ACTOR, of_id__in=chunk).delete()
        for actor in Actor._base_manager.filter(pk__in=chunk):
            parts = Participation._base_manager.filter(actor__in=bodies_beneath([actor]))
            found = counts_by_year(Event.objects.published().filter(pk__in=parts.values("event")))
            _add(Counter({(Of.ACTOR, actor.pk, year, family): n for (year, family), n in found.items()}))


def _add(cells: Counter[Cell]) -> None:
    """Add to the counts, in one order whoever does it; what comes to nothing is no row."""
    rows = sorted((cell, n) for cell, n in cells.items() if n)
    table = EventCount._meta.db_table
    with connection.cursor() as cursor:
        for start in range(0, len(rows), CHUNK):
            chunk = rows[start : start + CHUNK]
            marks = ", ".join(["(%s, %s, %s, %s, %s)"] * len(chunk))
            cursor.execute(
                f'INSERT INTO "{table}" ("of", of_id, "year", family, n) VALUES {marks} '  # noqa: S608
                f'ON CONFLICT ("of", of_id, "year", family) DO UPDATE SET n = "{table}".n + excluded.n',
                [value for cell, n in chunk for value in (*cell, n)],
            )
    less: dict[int, set[int]] = {}
    for (of, pk, _year, _family), n in rows:
        if n < 0:
            less.setdefault(of, set()).add(pk)
    for of, pks in less.items():
        for chunk in _chunks(pks):
            EventCount.objects.filter(of=of, of_id__in=chunk, n=0).delete()


def _chunks(items: Iterable[int]) -> Iterator[list[int]]:
    items = sorted(items)
    for start in range(0, len(items), CHUNK):
        yield items[start : start + CHUNK]
