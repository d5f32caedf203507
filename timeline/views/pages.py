"""The page about the record: method, rule of inclusion, who runs it, how to cite it."""

from django.conf import settings
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from relations import codelists
from relations.models import Actor

from .base import no_parameters


def about(request):
    no_parameters(request)
    edition = request.edition
    sides = {actor.key: actor for actor in Actor.objects.published().filter(key__in=edition.pair.sides)}
    context = {
        "sides": [sides[key] for key in edition.pair.sides if key in sides],
        "kinds": families(),
        "cite": cite(edition),
        "page": {"title": _("About"), "cite": "#cite"},
    }
    return render(request, "timeline/about.html", context)


def cite(edition) -> dict:
    """Return how to cite the whole record, as `_cite.html` takes it."""
    pair = edition.pair
    moment = edition.changed_at or edition.loaded_at
    day = timezone.localtime(moment).date() if moment else None
    revision = _("revision %(number)s") % {"number": edition.number}
    if day:
        revision = _("revision %(number)s of %(date)s") % {
            "number": edition.number,
            "date": date_format(day, "j F Y"),
        }
    address = f"{settings.PUBLIC_URL}/"
    members = {
        "author": f"{{{pair.publisher}}}" if pair.publisher else "",
        "title": f"{{{pair.title}}}",
        "year": f"{{{day.year}}}" if day else "",
        "version": f"{{{pair.version}}}" if pair.version else "",
        "note": f"{{{revision}}}",
        "url": f"{{{address}}}",
    }
    lines = [f"  {name:<7} = {value}," for name, value in members.items() if value]
    return {
        "title": pair.title,
        "site": "Bilateral",
        "key": pair.name,
        "revision": revision,
        "url": address,
        "bibtex": "\n".join([f"@misc{{{pair.name or 'bilateral'},", *lines, "}"]),
    }


def families() -> list[dict]:
    """Return the families of events, each with its classes and what they mean."""
    # What follows in the vocabulary is its family again, and what its coders need.
    meanings = {
        code.lower(): item.description.partition(" Quad class")[0]
        for code, item in codelists.codelist("plover_event").items()
    }
    labels = dict(codelists.event_kinds())
    return [
        {
            "name": name,
            "label": label,
            "kinds": [{"label": labels[kind], "meaning": meanings.get(kind, "")} for kind in kinds],
        }
        for name, (label, kinds) in codelists.FAMILIES.items()
    ]
