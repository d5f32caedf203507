"""How to cite a record: in a line, as BibTeX, and as linked data of schema.org."""

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from relations import dates, pair
from relations.models import Actor, AidCondition, AidProgramme, Investment, Judgement, Keyed, Source, Theme

from .models import Event

SITE = "Bilateral"
BIBTEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\{",
        "}": r"\}",
        "&": r"\&",
        "%": r"\%",
        "$": r"\$",
        "#": r"\#",
        "_": r"\_",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
    }
)


def absolute(path: str) -> str:
    """Return the whole address of a path of this site."""
    return settings.PUBLIC_URL + path


def title_of(record: Keyed) -> str:
    """Return the title of a record, short enough for a line."""
    return Truncator(str(record)).words(24)


def revision_words(edition) -> str:
    """Return “revision 12 of 22 June 2026”."""
    moment = edition.changed_at or edition.loaded_at
    if moment is None:
        return _("revision %(number)s") % {"number": edition.number}
    return _("revision %(number)s of %(date)s") % {
        "number": edition.number,
        "date": date_format(timezone.localtime(moment), "j F Y"),
    }


def cite(record: Keyed, edition) -> dict:
    """Return what `_cite.html` shows."""
    name = type(record)._meta.model_name
    links = [
        (reverse(f"timeline:{name}-{form}", args=[record.key]), words)
        for form, words in (("bibtex", "BibTeX"), ("json", "JSON"), ("csv", "CSV"), ("jsonld", "JSON-LD"))
    ]
    if isinstance(record, AidProgramme):
        links.append((reverse("timeline:aidprogramme-iati", args=[record.key]), "IATI 2.03"))
    links += [
        ("#history", _("History")),
        (reverse(f"timeline:{name}-report", args=[record.key]), _("Report an error")),
    ]
    return {
        "title": title_of(record),
        "site": _("%(site)s: %(pair)s") % {"site": SITE, "pair": pair.current().title},
        "key": record.key,
        "revision": revision_words(edition),
        "url": absolute(record.get_absolute_url()),
        "links": links,
    }


def bibtex(record: Keyed, edition) -> str:
    """Return a record as a BibTeX entry."""
    about = pair.current()
    moment = edition.changed_at or edition.loaded_at
    name = type(record)._meta.model_name
    fields = {
        "author": about.publisher,
        "title": title_of(record),
        "howpublished": f"{SITE}: {about.title}",
        "year": str(timezone.localtime(moment).year) if moment else "",
        "url": absolute(record.get_absolute_url()),
        "note": f"Record {record.key}, {revision_words(edition)}",
    }
    # In BibTeX's own braces names and titles keep their letters; an address is written as it is.
    lines = [
        f"  {name} = {{{text if name == 'url' else '{' + text.translate(BIBTEX) + '}'}}}"
        for name, text in fields.items()
        if text
    ]
    return f"@misc{{{about.name or 'bilateral'}-{name}-{record.key},\n" + ",\n".join(lines) + "\n}\n"


# --------------------------------------------------------------------------------------------------- linked data

TYPES = {
    Event: "Event",
    Investment: "Project",
    AidProgramme: "MonetaryGrant",
    AidCondition: "CreativeWork",
    Judgement: "Claim",
    Theme: "DefinedTerm",
    Source: "CreativeWork",
}
ACTOR_TYPES = {
    Actor.Kind.PERSON: "Person",
    Actor.Kind.STATE: "Country",
    Actor.Kind.GOVERNMENT_BODY: "GovernmentOrganization",
    Actor.Kind.COMPANY: "Corporation",
    Actor.Kind.POLITICAL_PARTY: "PoliticalParty",
}


def linked_data(record: Keyed, edition) -> dict:
    """Return a record, loaded `with_evidence` where it has citations, in the terms of schema.org as JSON-LD."""
    about = pair.current()
    kind = ACTOR_TYPES.get(record.kind, "Organization") if isinstance(record, Actor) else TYPES[type(record)]
    address = absolute(record.get_absolute_url())
    found = {
        "@context": "https://schema.org",
        "@type": kind,
        "@id": address,
        "url": address,
        "identifier": record.key,
        "name": title_of(record),
        "description": _description(record),
        **_dates(record),
        **_more(record),
    }
    citations = {citation.source_id: citation.source for citation in getattr(record, "shown_citations", ())}
    if citations:
        found["subjectOf" if kind not in ("CreativeWork", "Claim") else "citation"] = [
            {
                "@type": "CreativeWork",
                "@id": absolute(source.get_absolute_url()),
                "name": source.title,
                "url": source.url,
            }
            for source in citations.values()
        ]
    found["mainEntityOfPage"] = {
        "@type": "WebPage",
        "@id": address,
        "version": edition.number,
        "license": about.licence_url,
        "isPartOf": {
            "@type": "Dataset",
            "name": f"{SITE}: {about.title}",
            "url": absolute(reverse("timeline:data")),
            "license": about.licence_url,
            "publisher": {"@type": "Organization", "name": about.publisher},
        },
    }
    return {name: value for name, value in found.items() if value not in ("", None, [])}


def _description(record: Keyed) -> str:
    for name in ("summary", "requirement", "description", "statement", "note"):
        if text := getattr(record, name, ""):
            return text
    return ""


def _dates(record: Keyed) -> dict:
    """Return start and end where they are known as ISO 8601 says them: a year, a month or a day."""
    if isinstance(record, Event):
        known = dates.parse(record.date)
        return {"startDate": _iso(known.start), "endDate": _iso(known.end) if known.is_interval else ""}
    if isinstance(record, Source):
        return {"datePublished": _iso(dates.parse(record.published).start) if record.published else ""}
    return {}


def _iso(end: dates.End) -> str:
    return (
        end.text if end.precision in ("day", "month", "year") and not end.is_qualified and "X" not in end.text else ""
    )


def _more(record: Keyed) -> dict:
    if isinstance(record, Event) and record.place:
        place = {"@type": "Place", "name": record.place}
        if record.country:
            place["address"] = {"@type": "PostalAddress", "addressCountry": record.country}
        if record.latitude is not None:
            place["geo"] = {
                "@type": "GeoCoordinates",
                "latitude": str(record.latitude),
                "longitude": str(record.longitude),
            }
        return {"location": place}
    if isinstance(record, Actor):
        wikidata = [text.partition(":")[2] for text in record.outside_ids.split("|") if text.startswith("wikidata:")]
        same = [f"https://www.wikidata.org/wiki/{identifier}" for identifier in wikidata]
        return {"alternateName": [*filter(None, [record.short_name]), *record.alias_list], "sameAs": same}
    if isinstance(record, Source):
        publisher = {"@type": "Organization", "name": record.publisher} if record.publisher else None
        return {"publisher": publisher, "author": record.author, "sameAs": record.url, "inLanguage": record.language}
    if isinstance(record, AidCondition):
        return {"legislationIdentifier": record.legal_citation}
    return {}
