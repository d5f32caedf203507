"""Which key a new record is proposed, from what is known of it; whoever enters it may write another."""

import re
import unicodedata
from collections.abc import Collection

from django.contrib.contenttypes.models import ContentType

from . import dates
from .fields import RESERVED_KEYS, EdtfField
from .models import Keyed, OldKey
from .resources.base import KEY

MOST_WORDS = 7
LONGEST = 60  # of 80, so that there is room for a suffix, and an address can be read out
MOST_SUFFIXES = 1000
LITTLE_WORDS = re.compile(r"(an?|and|as|at|by|for|from|in|into|its|of|on|or|over|the|their|to|with)\Z")

# What a key is made of, in order, by model: of a date its year, of a relation its key, of all else its words. Other
# models have their title alone.
PARTS = {
    "event": ("date", "title"),
    "source": ("publisher", "title", "published"),
    "transaction": ("programme", "investment", "kind", "fiscal_period", "date"),
    "assessment": ("condition", "date", "finding"),
    "benchmark": ("title", "deadline"),
    "judgement": ("made_on", "statement"),
}


def parts_of(model: type[Keyed]) -> tuple[str, ...]:
    """Return the columns that a key of this model is made of, in order."""
    return PARTS.get(model._meta.model_name, (model.title_field,))


def propose(model: type[Keyed], cells: dict[str, str], *, taken: Collection[str] = ()) -> str:
    """Return a key that no record of the model has or had: `2021-taliban-take-kabul`; nothing where nothing is known.

    `cells` holds the columns of `parts_of`, those that are known; `taken` keys that are given besides. Little words
    are left out, letters lose their marks, and what is not of the Latin alphabet is left out too. A key that is taken
    gets `-2`, `-3` and so on.
    """
    words = [word for name in parts_of(model) for word in _words(model, name, cells.get(name, "").strip())]
    if not words:
        return ""
    key = words[0]
    for word in words[1:MOST_WORDS]:
        if len(key) + 1 + len(word) <= LONGEST:
            key += f"-{word}"
    return _free(model, key[:LONGEST].strip("-"), taken)


def _words(model: type[Keyed], name: str, text: str) -> list[str]:
    field = model._meta.get_field(name)
    if field.is_relation:
        return [text] if KEY.match(text) else []
    if isinstance(field, EdtfField):
        return _year(text)
    letters = unicodedata.normalize("NFKD", re.sub(r"[.'’]", "", text).casefold())
    words = re.findall(r"[a-z0-9]+", "".join(letter for letter in letters if not unicodedata.combining(letter)))
    return [word for word in words if not LITTLE_WORDS.match(word)] or words


def _year(text: str) -> list[str]:
    try:
        known = dates.parse(text)
    except ValueError:
        return []
    return [f"{(known.latest if known.is_open_start else known.earliest).year:04}"]


def _free(model: type[Keyed], key: str, taken: Collection[str]) -> str:
    """Return the key with the first suffix under which it is free; keys that were public once are not."""
    old = OldKey.objects.filter(content_type=ContentType.objects.get_for_model(model))
    for number in range(1, MOST_SUFFIXES):
        wanted = key if number == 1 else f"{key}-{number}"
        if wanted in RESERVED_KEYS or wanted in taken:
            continue
        if not model._base_manager.filter(key=wanted).exists() and not old.filter(key=wanted).exists():
            return wanted
    return ""
