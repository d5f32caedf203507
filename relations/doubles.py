"""Events that may be one: the same thing entered twice."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date, timedelta

from django.db.models import Q

from . import dates, search
from .models import Keyed, State
from .resources import resource_of
from .resources.base import SEPARATOR, registry

NEAR = timedelta(days=3)
LONGEST_SPAN = timedelta(days=31)
MOST_READ = 2_000  # events of one time that are compared
MOST_FOUND = 5
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
        fields = resource_of(type(event)).fields
        pk, event = event.pk, {name: fields[name].export(event) for name in ("title", "date", "actors")}
    words = _words(event.get("title", ""))
    span = _span(event.get("date", ""))
    if not words or span is None:
        return []
    actors = set(_keys(event.get("actors", "")))
    model = registry["events"]._meta.model
    rows = model._base_manager.filter(_in_time(*span)).exclude(pk=pk).exclude(state=State.WITHDRAWN)
    titles = rows.order_by("earliest", "key").values_list("pk", "title")[:MOST_READ]
    alike = {}
    for other, title in titles:
        common, share = _common(words, _words(title))
        if common >= LIKE_WORDS and share >= LIKE_TITLE:
            alike[other] = common, share
    theirs = _actors_of(model, alike)
    found = [
        (-share, other)
        for other, (common, share) in alike.items()
        if (common >= SAME_WORDS and share >= SAME_TITLE) or _common(actors, theirs[other])[1] >= SAME_ACTORS
    ]
    best = sorted(found)[:MOST_FOUND]
    events = model._base_manager.in_bulk([other for _share, other in best])
    return [Double(events[other], -share, tuple(sorted(actors & theirs[other]))) for share, other in best]


def _in_time(first: date, last: date) -> Q:
    end = last if last - first <= LONGEST_SPAN else first
    by_day = Q(earliest__gte=_moved(first, -NEAR), earliest__lte=_moved(end, NEAR))
    by_month_or_year = Q(earliest__in=[first.replace(day=1), first.replace(month=1, day=1)], latest__gte=first)
    return by_day | by_month_or_year


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
