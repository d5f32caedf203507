"""What an address of the web says of the document behind it. Nothing is fetched."""

import re
from collections import Counter
from datetime import date
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

from .models import Source, State
from .models.source import web_address

IS_ADDRESS = re.compile(r"https?://\S+\Z", re.IGNORECASE)
# What other sites hang on an address to follow a reader: it says nothing to the one that is asked.
TRACKING = frozenset(
    word
    for words in (
        "fbclid gclid gclsrc dclid gbraid wbraid msclkid yclid twclid ttclid li_fat_id igshid igsh srsltid ref_src",
        "mc_cid mc_eid mkt_tok _hsenc _hsmi _ga _gl vero_id wickedid oly_anon_id oly_enc_id s_cid",
    )
    for word in words.split()
)
DAY_IN_PATH = re.compile(r"(?<!\d)((?:19|20)\d\d)[-/]?(0[1-9]|1[0-2])[-/]?([0-2]\d|3[01])(?!\d)")
SAME_HOST = 200  # sources of a host that are asked who publishes it
LONGEST_TITLE = 300


def is_tracking(name: str) -> bool:
    """Whether a parameter of this name only follows readers."""
    return name in TRACKING or name.startswith("utm_")


def is_address(text: str) -> bool:
    """Whether a text is an address of the web, which a source can have."""
    if not IS_ADDRESS.match(text) or len(text) > 1000:
        return False
    try:
        web_address(text)
    except ValidationError:
        return False
    return True


def without_tracking(address: str) -> str:
    """Return an address without what only tells who came from where, and without its fragment."""
    parts = urlsplit(address)
    query = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True)]
    kept = [(name, value) for name, value in query if not is_tracking(name.lower())]
    asked = parts.query if len(kept) == len(query) else urlencode(kept)
    return urlunsplit((parts.scheme.lower(), parts.netloc.lower(), parts.path, asked, ""))


def sources_at(address: str) -> QuerySet:
    """Return the sources that have an address, as their own or that of their copy, but for withdrawn ones.

    However it is written: http or https, with or without `www.`, a slash at the end, a fragment, what tracks readers.
    """
    parts = urlsplit(without_tracking(address))
    host = parts.netloc.removeprefix("www.")
    ends = {parts.path.rstrip("/"), f"{parts.path.rstrip('/')}/"}
    written = {
        urlunsplit((scheme, f"{www}{host}", end, parts.query, ""))
        for scheme in ("http", "https")
        for www in ("", "www.")
        for end in ends
    } | {address}
    found = Source.objects.filter(Q(url__in=written) | Q(archived_url__in=written))
    return found.exclude(state=State.WITHDRAWN).order_by("key")


def source_from(address: str) -> dict[str, str]:
    """Return the cells of a source that an address suggests: host, title and date are to be confirmed by a person.

    Who publishes at that host, of which kind and in which language, is what most sources of the host say; the title is
    made of the last words of the path; a day is taken from the path.
    """
    parts = urlsplit(without_tracking(address))
    host = parts.netloc.removeprefix("www.")
    beginnings = [f"{scheme}://{www}{host}/" for scheme in ("http", "https") for www in ("", "www.")]
    of_host = Q(*[("url__startswith", beginning) for beginning in beginnings], _connector=Q.OR)
    known = list(Source.objects.filter(of_host).order_by("-pk").values("publisher", "kind", "language")[:SAME_HOST])
    return {
        "title": _title(parts.path),
        "publisher": _commonest(known, "publisher") or host,
        "published": _day(parts.path),
        "url": without_tracking(address),
        "kind": _commonest(known, "kind") or Source.Kind.NEWS,
        "language": _commonest(known, "language") or "en",
    }


def _commonest(rows: list[dict], column: str) -> str:
    return Counter(row[column] for row in rows if row[column]).most_common(1)[0][0] if rows else ""


def _title(path: str) -> str:
    """Return the words of the part of a path that has most of them."""
    pieces = [re.sub(r"\.[a-z]{2,5}\Z", "", unquote(piece)) for piece in path.split("/")]
    words = [[word for word in re.split(r"[-_+\s]+", piece) if word and not word.isdigit()] for piece in pieces]
    longest = max(words, key=len, default=[])
    if len(longest) < 2:
        return ""
    text = " ".join(longest)
    return (text[0].upper() + text[1:])[:LONGEST_TITLE]


def _day(path: str) -> str:
    for year, month, day in DAY_IN_PATH.findall(path):
        try:
            return date(int(year), int(month), int(day)).isoformat()
        except ValueError:
            continue
    return ""
