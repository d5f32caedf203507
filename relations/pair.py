"""The pair of countries that this database is about: all that the package's descriptor says of it."""

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.utils import timezone

from . import dates, fiscal

_held: ContextVar["Pair | None"] = ContextVar("held pair", default=None)


@dataclass(frozen=True)
class Pair:
    """Title, sides, time zone, publisher and fiscal calendars, with the name and version of the package."""

    name: str = ""
    version: str = ""
    title: str = "Bilateral"
    description: str = ""
    sides: tuple[str, ...] = ()
    time_zone: str = "UTC"
    publisher: str = ""
    contact: str = ""
    licence: str = ""
    licence_url: str = ""
    sections: dict = field(default_factory=dict)
    caveats: tuple[str, ...] = ()
    calendars: dict[str, fiscal.Calendar] = field(default_factory=dict)
    complete: str = ""  # the period, such as US-FY2002/US-FY2018, of which the package has all amounts of aid

    def today(self) -> date:
        """Return today's date in the pair's time zone."""
        return timezone.now().astimezone(ZoneInfo(self.time_zone)).date()

    def fiscal_period(self, text: str) -> tuple[date, date]:
        """Return the first and last day of `US-FY1990` or `US-FY2002/US-FY2007`. Raises ValueError saying why not."""
        return fiscal.parse_period(text, self.calendars)

    def period(self, text: str) -> tuple[date, date]:
        """Return the first and last day of a fiscal period or of an EDTF text. Raises ValueError saying why not."""
        if "-FY" in text:
            return self.fiscal_period(text)
        known = dates.parse(text)
        return known.earliest, known.latest


def from_descriptor(descriptor: dict) -> Pair:
    """Return the Pair that a package's descriptor (`datapackage.json`, see docs/package.md) describes.

    Raises ValueError where a calendar or the period `complete` cannot be read.
    """
    about = descriptor.get("bilateral", {})
    licence = (descriptor.get("licenses") or [{}])[0]
    publisher = (descriptor.get("contributors") or [{}])[0]
    found = Pair(
        name=descriptor.get("name", ""),
        version=descriptor.get("version", ""),
        title=descriptor.get("title", "Bilateral"),
        description=descriptor.get("description", ""),
        sides=tuple(about.get("sides", ())),
        time_zone=about.get("time_zone", "UTC"),
        publisher=publisher.get("title", ""),
        contact=publisher.get("email", publisher.get("path", "")),
        licence=licence.get("title", ""),
        licence_url=licence.get("path", ""),
        sections={item["name"]: item["title"] for item in about.get("sections", ())},
        caveats=tuple(about.get("caveats", ())),
        calendars={item["code"]: fiscal.Calendar.from_descriptor(item) for item in about.get("calendars", ())},
        complete=about.get("complete", ""),
    )
    if found.complete:
        found.period(found.complete)
    return found


@lru_cache(maxsize=4)
def of_version(pk: int, name: str, version: str) -> Pair:
    """Return the pair of a package version; its name and version are there so that no other database's is taken."""
    from .models import PackageVersion

    return from_descriptor(PackageVersion.objects.only("descriptor").get(pk=pk).descriptor)


def current() -> Pair:
    """Return the pair of the package version loaded last; one query, none inside `held`."""
    held = _held.get()
    if held is not None:
        return held
    from .models import PackageVersion

    last = PackageVersion.objects.order_by("-pk").values_list("pk", "name", "version").first()
    return of_version(*last) if last else Pair()


@contextmanager
def held(pair: Pair | None = None):
    """Hold one pair, by default the current one, so that a long write or a request asks for it once."""
    token = _held.set(pair or current())
    try:
        yield _held.get()
    finally:
        _held.reset(token)
