"""Events that may be one: the same thing entered twice."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date, timedelta
from itertools import chain, islice

from django.db.models import Q

from . import dates, search
from .models import Keyed, State
from .resources.base import SEPARATOR, registry

NEAR = timedelta(days=3)
LONGEST_SPAN = timedelta(days=31)
MOST_READ = 2_000  # events of one time that are compared
MOST_FOUND = 5
CHUNK = 900  # days or ids in one query
READ = ("pk", "title", "earliest", "latest")
SAME_TITLE, SAME_WORDS = 0.75, 3  # the share of the shorter title that both have, and how many words that is at least
LIKE_TITLE, LIKE_WORDS = 0.5, 2
SAME_ACTORS = 0.5
LITTLE_WORDS = frozenset(search.fold("a an and as at by for from in into its of on or over the their to with").split())


@dataclass(frozen=True)
class Double:
    """An event that may be the same, which share of the shorter title both have, and which of the actors it shares."""

    event: Keyed
    likeness: float
    actors: tuple[str, ...]


@dataclass(frozen=True)
class _Asked:
    """What is known of an event that others are compared with; `actors` are keys, None where the database knows."""

    pk: int | None
    words: set[str]
    first: date
    last: date
    actors: set[str] | None

    @property
    def days(self) -> tuple[date, date]:
        """Between which two days another begins, both inclusive."""
        end = self.last if self.last - self.first <= LONGEST_SPAN else self.first
        return _moved(self.first, -NEAR), _moved(end, NEAR)

    @property
    def starts(self) -> tuple[date, date]:
        """On which days another begins that is dated by the month or year that this one falls into."""
        return self.first.replace(day=1), self.first.replace(month=1, day=1)

    @property
    def in_time(self) -> tuple[Q, Q]:
        """The events of that time, those of either: each by the index on (earliest, key)."""
        by_day = Q(earliest__gte=self.days[0], earliest__lte=self.days[1])
        return by_day, Q(earliest__in=self.starts, latest__gte=self.first)

    def is_near(self, earliest: date, latest: date) -> bool:
        """Say of one event what `in_time` asks of all."""
        by_day = self.days[0] <= earliest <= self.days[1]
        return by_day or (earliest in self.starts and latest >= self.first)


def likely_doubles(event: Keyed | dict[str, str], *, pk: int | None = None) -> list[Double]:
    """Return the events that may be the same as one, the likeliest first, at most five.

    `event` is an event, or the cells of one: `title`, `date` and `actors` are read, and what cannot be read counts as
    unknown; `pk` is that of the event that the cells belong to. Without a date and a title there are none.

    The rule. In time: begins at most three days before or after the span that the date means, of a span longer than a
    month its first day; or is dated by the month or year that this one falls into. And in words: of the shorter title
    three quarters stand in the other too, at least three words; or half of it, at least two words, and half of the
    actors of whichever has fewer. Words are compared as search does, each once, without the little ones. What is
    withdrawn is left out.

    Three queries, whatever the size of the record: one reads the events of that time by the index on (earliest, key),
    at most 2,000 of them, one their actors, one those that are returned.
    """
    if isinstance(event, Keyed):
        asked = _asked_of(event)
    else:
        words, span = _words(event.get("title", "")), _span(event.get("date", ""))
        asked = _Asked(pk, words, *span, set(_keys(event.get("actors", "")))) if words and span else None
    return _doubles([asked])[0] if asked else []


def doubles_of(events: Iterable[Keyed]) -> dict[int, list[Double]]:
    """Return {pk: its likely doubles} of those events that have some, in their order.

    The rule is that of `likely_doubles`; three queries for all of them together, which read at most 2,000 others.
    """
    asked = [found for event in events if (found := _asked_of(event))]
    return {one.pk: doubles for one, doubles in zip(asked, _doubles(asked), strict=True) if doubles}


def doubles_of_cells(rows: Iterable[dict[str, str]]) -> list[list[int]]:
    """Return, for each of many rows of cells of new events, the ids of its likely doubles, the likeliest first.

    The rule is that of `likely_doubles`, in a few queries for hundreds of rows: the events that begin on one of the
    days that any of them asks for are read once, by the index on (earliest, key).
    """
    asked = []
    for cells in rows:
        words, span = _words(cells.get("title", "")), _span(cells.get("date", ""))
        asked.append(_Asked(None, words, *span, set(_keys(cells.get("actors", "")))) if words and span else None)
    model = registry["events"]._meta.model
    begun: dict[date, list[tuple[int, set[str], date]]] = {}
    for chunk in _chunks({day for one in asked if one for day in _days(one)}):
        found = (
            model._base_manager.filter(earliest__in=chunk).exclude(state=State.WITHDRAWN).order_by("earliest", "key")
        )
        for pk, title, earliest, latest in found.values_list(*READ):
            begun.setdefault(earliest, []).append((pk, _words(title), latest))
    alike: list[dict[int, tuple[int, float]]] = [{} for _one in asked]
    for one, like in zip(asked, alike, strict=True):
        if one and begun:
            near = ((day, *event) for day in _days(one) for event in begun.get(day, ()))
            for earliest, pk, words, latest in islice(near, MOST_READ):
                common, share = _common(one.words, words)
                if common >= LIKE_WORDS and share >= LIKE_TITLE and one.is_near(earliest, latest):
                    like[pk] = common, share
    wanted = {*chain.from_iterable(alike)}
    known = {pk: keys for chunk in _chunks(wanted) for pk, keys in _actors_of(model, chunk).items()}
    return [_best(one.actors, like, known) if one else [] for one, like in zip(asked, alike, strict=True)]


def _best(actors: set[str], like: dict[int, tuple[int, float]], known: dict[int, set[str]]) -> list[int]:
    found = [
        (-share, pk)
        for pk, (common, share) in like.items()
        if (common >= SAME_WORDS and share >= SAME_TITLE) or _common(actors, known[pk])[1] >= SAME_ACTORS
    ]
    return [pk for _share, pk in sorted(found)[:MOST_FOUND]]


def _days(one: _Asked) -> list[date]:
    """Return the days on which another may begin."""
    first, last = one.days
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [*days, *(day for day in set(one.starts) if not first <= day <= last)]


def _chunks(items: Iterable) -> Iterator[list]:
    items = sorted(items)
    for start in range(0, len(items), CHUNK):
        yield items[start : start + CHUNK]


def _asked_of(event: Keyed) -> _Asked | None:
    words = _words(event.title)
    return _Asked(event.pk, words, event.earliest, event.latest, None) if words else None


def _doubles(asked: list[_Asked]) -> list[list[Double]]:
    if not asked:
        return []
    model = registry["events"]._meta.model
    # As a union: of what is either the one or the other in order, SQLite would read the whole order.
    first, *others = (model._base_manager.filter(near).order_by().values("pk") for one in asked for near in one.in_time)
    in_time = model._base_manager.filter(pk__in=first.union(*others, all=True))
    rows = in_time.exclude(state=State.WITHDRAWN).order_by("earliest", "key")
    read = [(pk, _words(title), *bounds) for pk, title, *bounds in rows.values_list(*READ)[:MOST_READ]]
    alike: list[dict[int, tuple[int, float]]] = []
    for one in asked:
        alike.append({})
        for pk, words, earliest, latest in read:
            if pk != one.pk and one.is_near(earliest, latest):
                common, share = _common(one.words, words)
                if common >= LIKE_WORDS and share >= LIKE_TITLE:
                    alike[-1][pk] = common, share
    known = _actors_of(model, {*chain.from_iterable(alike), *(one.pk for one in asked if one.actors is None)})
    best = []
    for one, like in zip(asked, alike, strict=True):
        actors = known[one.pk] if one.actors is None else one.actors
        found = [
            (-share, pk, tuple(sorted(actors & known[pk])))
            for pk, (common, share) in like.items()
            if (common >= SAME_WORDS and share >= SAME_TITLE) or _common(actors, known[pk])[1] >= SAME_ACTORS
        ]
        best.append(sorted(found)[:MOST_FOUND])
    events = model._base_manager.in_bulk({pk for found in best for _share, pk, _actors in found})
    return [[Double(events[pk], -share, actors) for share, pk, actors in found] for found in best]


def _moved(day: date, by: timedelta) -> date:
    if MINYEAR < day.year < MAXYEAR:
        return day + by
    return day


def _span(text: str) -> tuple[date, date] | None:
    try:
        known = dates.parse(text)
    except ValueError:
        return None
    return known.earliest, known.latest


def _keys(cell: str) -> Iterator[str]:
    for item in cell.split(SEPARATOR):
        key, _colon, _role = item.partition(":")
        if key:
            yield key


def _actors_of(model: type[Keyed], pks: Iterable[int]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {pk: set() for pk in pks}
    table = model._meta.get_field("actors").remote_field.through
    for pk, key in table._base_manager.filter(event__in=list(found)).values_list("event", "actor__key"):
        found[pk].add(key)
    return found


def _words(title: str) -> set[str]:
    return set(search.fold(title[:500]).split()) - LITTLE_WORDS


def _common(some: set[str], others: set[str]) -> tuple[int, float]:
    """Return how many are in both, and which share of the smaller that is."""
    common = len(some & others)
    return common, common / min(len(some), len(others)) if common else 0.0
