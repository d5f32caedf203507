"""A large record from a seed, written past the writer: for measuring how pages and queries grow, and nothing else."""

import random
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from django.contrib.contenttypes.models import ContentType
from django.db import connection, models, transaction

from relations import codelists
from relations.models import Actor, SearchEntry, Source, Theme
from relations.search import _stored
from timeline import counts
from timeline.models import Event, EventCitation, Participation

PLAIN = {models.BigAutoField, models.BooleanField, models.CharField, models.ForeignKey, models.TextField}
PLAIN |= {models.PositiveIntegerField, models.PositiveSmallIntegerField}
AT = datetime(2026, 1, 1, tzinfo=UTC)
FIRST, DAYS = date(1947, 8, 15), 28_800
WORDS = ["talks", "aid", "visit", "treaty", "border", "drone", "loan", "review", "army", "water", "trade", "speech"]


def fill(events: int, seed: int = 7) -> None:
    """Write so many published events with two actors, a theme and two citations each, 500 actors and 2,000 sources.

    A quarter of the events are acts of the first actor, as those of a state are.
    """
    if connection.vendor == "sqlite":
        # The rules of what is written here are known to hold; to look at each takes longer than to write it.
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA ignore_check_constraints = ON")
    chance = random.Random(seed)  # noqa: S311
    last = Event._base_manager.order_by("-pk").values_list("pk", flat=True).first() or 0
    if not last:
        _insert(Theme, (_keyed(n, f"theme-{n}", name=f"Theme {n}") for n in range(1, 21)))
        _insert(Actor, (_keyed(n, f"actor-{n}", name=f"Actor {n}", kind="person") for n in range(1, 501)))
        _insert(
            Source,
            (
                _keyed(
                    n,
                    f"source-{n}",
                    title=f"Source {n}",
                    publisher=f"Publisher {n % 300}",
                    url=f"https://news.example/{n}",
                    kind="news",
                    language="en",
                )
                for n in range(1, 2001)
            ),
        )
    kinds = [kind for kind, _label in codelists.event_kinds()]
    numbers = range(last + 1, events + 1)
    titles = {n: " ".join(chance.choices(WORDS, k=5)).capitalize() for n in numbers}
    _insert(Event, (_event(n, chance, kinds, titles[n]) for n in numbers))
    _insert(
        Participation,
        (
            {"id": 2 * n + p, "event_id": n, "position": p, "actor_id": actor, "role": role}
            for n in numbers
            for p, (actor, role) in enumerate(zip(_actors(n), ("source", "target"), strict=True))
        ),
    )
    _insert(Event.themes.through, ({"id": n, "event_id": n, "theme_id": 1 + n % 20} for n in numbers))
    _insert(
        EventCitation,
        (
            {
                "id": 2 * n + c,
                "record_id": n,
                "source_id": 1 + (n + c * (1 + n % 1999)) % 2000,
                "support": "stated",
                "field": f,
            }
            for n in numbers
            for c, f in enumerate(("date", "summary"))
        ),
    )
    content_type = ContentType.objects.get_for_model(Event).pk
    _insert(
        SearchEntry,
        ({"id": n, "content_type_id": content_type, "object_id": n, "words": _stored(titles[n])} for n in numbers),
    )
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                "INSERT INTO relations_search (rowid, words) SELECT id, words FROM relations_searchentry WHERE id > %s",
                [last],
            )
            cursor.execute("PRAGMA ignore_check_constraints = OFF")
        cursor.execute("ANALYZE")
    counts.refresh()


def _actors(n: int) -> tuple[int, int]:
    """Return the ids of who acts and on whom."""
    source, target = (1 + (n + p * (1 + n % 499)) % 500 for p in range(2))
    return (1, target) if n % 4 == 0 and target != 1 else (source, target)


def _keyed(pk: int, key: str, **columns) -> dict:
    return {
        "id": pk,
        "key": key,
        "state": "published",
        "is_public": True,
        "was_public": True,
        "version": 1,
        "changed_at": AT,
        "published_at": AT,
        **columns,
    }


def _event(n: int, chance: random.Random, kinds: list[str], title: str) -> dict:
    day = FIRST + timedelta(days=chance.randrange(DAYS))
    return _keyed(
        n,
        f"{day.year}-event-{n}",
        title=title,
        date=day.isoformat(),
        earliest=day,
        latest=day,
        certain_from=day,
        certain_until=day,
        kind=chance.choice(kinds),
        importance=chance.choices((1, 2, 3, 4, 5), (40, 40, 15, 4, 1))[0],
        summary=f"{title}. What is said of it is invented.",
    )


def _insert(model, rows: Iterable[dict]) -> None:
    """Write rows as the database itself is quickest: COPY on PostgreSQL, executemany on SQLite."""
    fields = model._meta.concrete_fields
    names = ", ".join(f'"{field.column}"' for field in fields)
    # What Django's own fields of text and numbers take is stored as it is; to ask each of them takes most of the time.
    prepare = {f.attname: None if type(f) in PLAIN else f.get_db_prep_save for f in fields}
    defaults = {f.attname: f.get_db_prep_save(f.get_default(), connection) for f in fields}

    def stored(row: dict) -> list:
        values = defaults | {
            name: prepare[name](value, connection) if prepare[name] else value for name, value in row.items()
        }
        return list(values.values())

    values = map(stored, rows)
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
                for row in values:
                    copy.write_row(row)
        else:
            marks = ", ".join(["%s"] * len(fields))
            with transaction.atomic():  # or each row would be a transaction
                cursor.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', values)  # noqa: S608
