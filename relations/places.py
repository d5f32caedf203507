"""Places that the record has used before, with what was known of them."""

from django.db import connection, models

from . import search
from .resources import resource_of

MOST_PLACES = 20_000  # that are walked; each costs one step in the index
MOST_FOUND = 8
KNOWN = ("country", "latitude", "longitude", "place_precision", "place_disputed")


def used(model: type[models.Model], text: str) -> list[dict[str, str]]:
    """Return what records of a model know of places of which each word of a text begins a word, as cells.

    Each is the newest record's: {"place", "country", "latitude", "longitude", …}, those of `KNOWN` that the model has.
    Places that begin with the text come first, then by name. Needs an index on (place, id).
    """
    wanted = search.words_of(text)
    if not wanted:
        return []
    found = [place for place in _names(model) if _has_each(search.words_of(place), wanted)]
    found.sort(key=lambda place: (not search.words_of(place)[0].startswith(wanted[0]), place))
    resource = resource_of(model)
    known = [name for name in ("place", *KNOWN) if name in resource.cell_names]
    newest = (model._base_manager.filter(place=place).order_by("-pk").first() for place in found[:MOST_FOUND])
    return [{name: resource.fields[name].export(record) for name in known} for record in newest if record]


def _has_each(words: list[str], wanted: list[str]) -> bool:
    return all(any(word.startswith(part) for word in words) for part in wanted)


def _names(model: type[models.Model]) -> list[str]:
    """Return every place once, by steps through the index: a table of a million events is not read."""
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH RECURSIVE used(place) AS (
                SELECT MIN(place) FROM {table} WHERE place > ''
                UNION ALL
                SELECT (SELECT MIN(place) FROM {table} WHERE place > used.place) FROM used WHERE used.place IS NOT NULL
            ) SELECT place FROM used WHERE place IS NOT NULL LIMIT {MOST_PLACES}"""  # noqa: S608 - a name of ours
        )
        return [place for (place,) in cursor.fetchall()]


def in_words(cells: dict[str, str]) -> str:
    """Return what is known of a place on one line: `PK, 33.69, 73.05, city`."""
    return ", ".join(cells[name] for name in KNOWN[:4] if cells.get(name))
