"""Vocabularies: PLOVER, IATI, DAC, the Admiralty scale, ISO 3166, ISO 4217, and the accounts of military aid.

Each is a CSV file beside this module with the columns vocabulary, code, name, description and source_url; the
address of a row names the version that it was taken from. Where codes have a life span it has valid_from, withdrawn
(the last day) and successor besides, several separated by `|`. Other choices that only this project knows stay in
their model; military aid has no DAC codes, so that its list is this project's own, each code with the law behind it.
"""

import csv
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

__all__ = [
    "Code",
    "FAMILIES",
    "codelist",
    "choices",
    "event_kinds",
    "event_words",
    "family_of",
    "out_of_life",
    "sectors",
]


@dataclass(frozen=True)
class Code:
    """One row of a codelist."""

    code: str
    name: str
    description: str
    source_url: str
    valid_from: str = ""
    withdrawn: str = ""
    successor: str = ""

    @property
    def label(self) -> str:
        """The name, with the last day of a code that was withdrawn."""
        return (
            gettext("%(name)s (until %(day)s)") % {"name": self.name, "day": self.withdrawn}
            if self.withdrawn
            else self.name
        )


@cache
def codelist(name: str) -> dict[str, Code]:
    """Return the codes of the file `name`.csv by code, in the order of the file. Raises FileNotFoundError."""
    with (Path(__file__).parent / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["code"]: Code(**{name: text for name, text in row.items() if name != "vocabulary"})
            for row in csv.DictReader(file)
        }


def choices(name: str, *, lower: bool = False) -> list[tuple[str, str]]:
    """Return (code, name) pairs of a codelist for a form field, the codes in small letters if `lower`."""
    return [(code.lower() if lower else code, item.label) for code, item in codelist(name).items()]


def out_of_life(name: str, code: str, first: date, last: date) -> str:
    """Return why a code does not fit what lies between two days, and what would be right; "" where it may fit.

    A withdrawn code is right for what was before, and a new one for what came after. What is not known to lie wholly
    outside the life of a code is let through.
    """
    item = codelist(name).get(code)
    if item and item.withdrawn and first > date.fromisoformat(item.withdrawn):
        words = gettext("“%(code)s” (%(name)s) was withdrawn on %(day)s%(hint)s")
        day, right = item.withdrawn, item.successor.split("|")
    elif item and item.valid_from and last < date.fromisoformat(item.valid_from):
        words = gettext("“%(code)s” (%(name)s) holds from %(day)s%(hint)s")
        day, right = (
            item.valid_from,
            [other.code for other in codelist(name).values() if code in other.successor.split("|")],
        )
    else:
        return ""
    named = ", ".join(f"{other} ({codelist(name)[other].name})" for other in right if other)
    hint = gettext("; write %(right)s") % {"right": named} if named else ""
    return words % {"code": code, "name": item.name, "day": day, "hint": hint}


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


def finance_types() -> list[tuple[str, str]]:
    """Return the DAC types of finance, as IATI lists them."""
    return choices("iati_finance_type")


def military_accounts() -> list[tuple[str, str]]:
    """Return the accounts of military aid, which have no DAC code."""
    return choices("military_aid")


def reliabilities() -> list[tuple[str, str]]:
    """Return the Admiralty letters for a source, a to f."""
    return choices("admiralty_source_reliability", lower=True)


def credibilities() -> list[tuple[str, str]]:
    """Return the Admiralty digits for a claim, 1 to 6."""
    return choices("admiralty_information_credibility")
