"""Outside vocabularies: PLOVER, IATI, DAC, the Admiralty scale, ISO 3166 and ISO 4217.

Each is a CSV file beside this module with the columns vocabulary, code, name, description and source_url; the
address of a row names the version that it was taken from. Choices that only this project knows stay in their model.
"""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.utils.translation import gettext_lazy as _

__all__ = ["Code", "FAMILIES", "codelist", "choices", "event_kinds", "event_words", "family_of", "sectors"]


@dataclass(frozen=True)
class Code:
    """One row of a codelist."""

    code: str
    name: str
    description: str
    source_url: str


@cache
def codelist(name: str) -> dict[str, Code]:
    """Return the codes of the file `name`.csv by code, in the order of the file. Raises FileNotFoundError."""
    with (Path(__file__).parent / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["code"]: Code(row["code"], row["name"], row["description"], row["source_url"])
            for row in csv.DictReader(file)
        }


def choices(name: str, *, lower: bool = False) -> list[tuple[str, str]]:
    """Return (code, name) pairs of a codelist for a form field, the codes in small letters if `lower`."""
    return [(code.lower() if lower else code, item.name) for code, item in codelist(name).items()]


# PLOVER's quads under the names that the pages show, each with the event classes that belong to it.
FAMILIES = {
    "coop-words": (_("Cooperation, in words"), ("agree", "consult", "support", "concede")),
    "coop-deed": (_("Cooperation, in deed"), ("cooperate", "aid", "retreat")),
    "conflict-words": (_("Conflict, in words"), ("request", "accuse", "reject", "threaten")),
    "conflict-deed": (_("Conflict, in deed"), ("protest", "sanction", "mobilize", "coerce", "assault")),
    "other": (_("Other"), ("other",)),
}
_FAMILY_OF = {kind: family for family, (_label, kinds) in FAMILIES.items() for kind in kinds}


def family_of(kind: str) -> str:
    """Return the family (a key of FAMILIES) of a PLOVER event class in small letters."""
    return _FAMILY_OF[kind]


def event_kinds() -> list[tuple[str, str]]:
    """Return the PLOVER event classes and `other`, in small letters, as (value, label) pairs."""
    return [(code.lower(), code.capitalize()) for code in codelist("plover_event")] + [("other", _("Other"))]


@cache
def event_words() -> dict[str, list[str]]:
    """Return {class in small letters: words that people use for it}, from `plover_event_words.csv`, which is ours."""
    with (Path(__file__).parent / "plover_event_words.csv").open(encoding="utf-8", newline="") as file:
        return {row["code"].lower(): row["words"].split("|") for row in csv.DictReader(file)}


def countries() -> list[tuple[str, str]]:
    """Return ISO 3166-1 alpha-2 codes and names."""
    return choices("iso_country")


def currencies() -> list[tuple[str, str]]:
    """Return ISO 4217 codes and names."""
    return choices("iso_currency")


def sectors() -> list[tuple[str, str]]:
    """Return the three-digit DAC sectors."""
    return choices("dac_sector_3digit")


def reliabilities() -> list[tuple[str, str]]:
    """Return the Admiralty letters for a source, a to f."""
    return choices("admiralty_source_reliability", lower=True)


def credibilities() -> list[tuple[str, str]]:
    """Return the Admiralty digits for a claim, 1 to 6."""
    return choices("admiralty_information_credibility")
