"""Full-text search: the same words find the same records on SQLite and on PostgreSQL.

Neither database decides what a word is, for their parsers and their tables of letters differ. Texts are folded
here, and each word is stored as a token of ASCII letters and digits, twice: first all words stemmed (`s…`), in
their order, then all of them whole (`w…`). A word beyond ASCII is stored as the hexadecimal digits of its UTF-8.
FTS5 and a `'simple'` tsvector index these tokens.

A query has words (`sanctions` finds “sanctioned”), beginnings (`sanct*`), exact words (`"aid was cut"`) and what
must not be there (`-drone`, `-"cross-border"`). Parts that punctuation joins, as in `F-16`, must follow each other.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from django.contrib.contenttypes.models import ContentType
from django.db import connection, models, transaction
from django.db.models import BooleanField, F, Func, QuerySet
from snowballstemmer.english_stemmer import EnglishStemmer

from .models.search import SearchEntry
from .tables import insert

MOST_WORDS = 12  # of a query
LONGEST_QUERY = 1000
LONGEST_WORD = 64
# A tsvector knows 16,383 places and 255 of each token; what lies beyond would be found on SQLite alone.
MOST_PLACES = 8000
MOST_REPEATS = 250
FILLER = "0"  # holds the place of what is not stored; no query asks for it
BATCH = 500

WORD = re.compile(r"[a-z0-9]+(?:'[a-z0-9]+)*|(?:[^\W_](?<![a-z0-9]))+")
TERM = re.compile(r'(?P<minus>-?)(?:"(?P<exact>[^"]*)"?|(?P<plain>[^\s"]+))')
QUOTES = str.maketrans("“”„«»", '"""""')
# The same letter on keyboards of Arabic and of Urdu (kaf, yeh, heh), and the one apostrophe.
SAME_LETTERS = str.maketrans(
    "\u0643\u064a\u0649\u06c1\u06c3\u0629\u06d5\u2019\u02bc",
    "\u06a9\u06cc\u06cc\u0647\u0647\u0647\u0647''",
)
TATWEEL = "\u0640"  # draws a word out and means nothing


def fold(text: str) -> str:
    """Return the words of a text as they are compared: small letters, no marks, stems of English, one space between.

    `Élan’s F-16s` → `elan f 16s`; Urdu keeps its letters, and digits of every script become 0 to 9.
    """
    return " ".join(map(_stem, words_of(text)))


def words_of(text: str) -> list[str]:
    """Return the words of a text, whole, without marks and case."""
    letters = text.lower() if text.isascii() else "".join(_plain_letters(text))
    return [word[:LONGEST_WORD] for word in WORD.findall(letters)]


def _plain_letters(text: str) -> Iterator[str]:
    for letter in unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold()).translate(SAME_LETTERS):
        category = unicodedata.category(letter)
        if category == "Nd":
            yield str(unicodedata.decimal(letter))
        elif category[0] != "M" and category != "Cf" and letter != TATWEEL:
            yield letter


@lru_cache(maxsize=50_000)
def _stem(word: str) -> str:
    # A stemmer holds the word that it works on, so that threads cannot share one.
    return _bare(EnglishStemmer().stemWord(word) if word.isascii() else word)


def _bare(word: str) -> str:
    return word.replace("'", "")


@lru_cache(maxsize=50_000)
def _token(kind: str, word: str) -> str:
    """Return a word as stored. The second letter keeps ASCII words and hexadecimal ones apart."""
    return f"{kind}a{word}" if word.isascii() else f"{kind}x{word.encode().hex()}"


def _stems(words: Iterable[str]) -> list[str]:
    return [_token("s", _stem(word)) for word in words]


def _wholes(words: Iterable[str]) -> list[str]:
    return [_token("w", _bare(word)) for word in words]


def _stored(text: str) -> str:
    """Return the tokens of a text with one space between: all stems, then all whole words."""
    words = words_of(text)[:MOST_PLACES]
    tokens = _stems(words) + _wholes(words)
    if len(words) <= MOST_REPEATS:
        return " ".join(tokens)
    said, seen = tokens, Counter()
    tokens = []
    for token in said:
        seen[token] += 1
        tokens.append(token if seen[token] <= MOST_REPEATS else FILLER)
    return " ".join(tokens)


@dataclass(frozen=True)
class Term:
    """Tokens that follow each other; of a prefix the last need only begin so."""

    tokens: tuple[str, ...]
    is_prefix: bool = False
    is_excluded: bool = False

    def for_fts5(self) -> str:
        return f'"{" ".join(self.tokens)}"' + (" *" if self.is_prefix else "")

    def for_tsquery(self) -> str:
        return "(" + " <-> ".join(f"'{token}'" for token in self.tokens) + (":*)" if self.is_prefix else ")")


@dataclass(frozen=True)
class Query:
    """What somebody looks for: every term that is wanted, and none that is excluded."""

    terms: tuple[Term, ...]

    @classmethod
    def parse(cls, text: str) -> "Query":
        """Return what a text asks for; no text is wrong. After the twelfth word the rest is left out."""
        return cls(tuple(_terms(text[:LONGEST_QUERY].translate(QUOTES))))

    @property
    def wanted(self) -> tuple[Term, ...]:
        return tuple(term for term in self.terms if not term.is_excluded)

    @property
    def excluded(self) -> tuple[Term, ...]:
        return tuple(term for term in self.terms if term.is_excluded)


def _terms(text: str) -> Iterator[Term]:
    left = MOST_WORDS
    for match in TERM.finditer(text):
        words = words_of(match["exact"] or match["plain"] or "")[:left]
        left -= len(words)
        is_prefix = (match["plain"] or "").endswith("*")
        tokens = _wholes(words) if is_prefix or match["exact"] else _stems(words)
        if tokens:
            yield Term(tuple(tokens), is_prefix, is_excluded=bool(match["minus"]))


class Matches(Func):
    """Whether an entry has all of the terms, or any of them: a condition on SearchEntry."""

    output_field = BooleanField()

    def __init__(self, terms: tuple[Term, ...], *, every: bool):
        super().__init__(F("pk"), F("words"))
        self.terms, self.every = terms, every

    def as_sqlite(self, compiler, connection):
        pk, params = compiler.compile(self.source_expressions[0])
        query = (" AND " if self.every else " OR ").join(term.for_fts5() for term in self.terms)
        found = "SELECT rowid FROM relations_search WHERE relations_search MATCH %s"
        return f"{pk} IN ({found})", [*params, query]

    def as_postgresql(self, compiler, connection):
        words, params = compiler.compile(self.source_expressions[1])
        query = (" & " if self.every else " | ").join(term.for_tsquery() for term in self.terms)
        return f"to_tsvector('simple', {words}) @@ %s::tsquery", [*params, query]


def matching(model: type[models.Model], text: str) -> QuerySet:
    """Return the ids of the records of a model that a text finds, for `filter(pk__in=…)`.

    Drafts are among them: start from `published()`. A text without a word finds nothing.
    """
    query = Query.parse(text)
    entries = SearchEntry.objects.filter(content_type=ContentType.objects.get_for_model(model))
    if not query.terms:
        entries = entries.none()
    if query.wanted:
        entries = entries.filter(Matches(query.wanted, every=True))
    if query.excluded:
        entries = entries.exclude(Matches(query.excluded, every=False))
    return entries.values("object_id")


@transaction.atomic
def index(entries: Iterable[tuple[models.Model, str]]) -> None:
    """Store the words of records, each with its text; what is the same already is not written."""
    entries = iter(entries)
    while batch := list(islice(entries, BATCH)):
        by_type = defaultdict(dict)
        for row, text in batch:
            by_type[ContentType.objects.get_for_model(row)][row.pk] = text
        for content_type, texts in by_type.items():
            store(content_type, texts)


def store(content_type: ContentType, texts: dict[int, str], is_new: bool = False) -> None:
    """Store the words of records of one model, {id: text}, inside the caller's transaction."""
    pks = sorted(texts)
    for start in range(0, len(pks), BATCH):
        _store(content_type, {pk: _stored(texts[pk]) for pk in pks[start : start + BATCH]}, is_new)


def _store(content_type: ContentType, words: dict[int, str], is_new: bool) -> None:
    entries = SearchEntry.objects.filter(content_type=content_type)
    known = {} if is_new else dict(entries.filter(object_id__in=words).values_list("object_id", "words"))
    changed = {pk: text for pk, text in words.items() if known.get(pk) != text}
    if not changed:
        return
    if is_new:
        names = ("content_type_id", "object_id", "words")
        insert(SearchEntry, names, [(content_type.pk, pk, text) for pk, text in changed.items()])
    else:
        SearchEntry.objects.bulk_create(
            [SearchEntry(content_type=content_type, object_id=pk, words=text) for pk, text in changed.items()],
            update_conflicts=True,
            unique_fields=["content_type", "object_id"],
            update_fields=["words"],
        )
    if connection.vendor == "sqlite":
        # The index keeps its own copy of the words: one that read them from the table would be spoiled for good
        # by any change of the table that went past it, such as the flush after a test.
        marks = ", ".join(["%s"] * len(changed))
        with connection.cursor() as cursor:
            found = f"FROM relations_searchentry WHERE content_type_id = %s AND object_id IN ({marks})"
            cursor.execute(
                f"INSERT OR REPLACE INTO relations_search (rowid, words) SELECT id, words {found}",  # noqa: S608
                [content_type.pk, *changed],
            )


def tidy() -> None:
    """Let the index keep nothing of words that no entry has any more."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            # What is deleted stays in the segments of FTS5 until they are merged.
            cursor.execute("INSERT INTO relations_search (relations_search) VALUES ('optimize')")


@transaction.atomic
def forget(model: type[models.Model], pks: Iterable[int]) -> None:
    """Take records out of search, by their ids."""
    entries = SearchEntry.objects.filter(content_type=ContentType.objects.get_for_model(model), object_id__in=list(pks))
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.executemany(
                "DELETE FROM relations_search WHERE rowid = %s",
                [(pk,) for pk in entries.values_list("pk", flat=True)],
            )
    entries.delete()
