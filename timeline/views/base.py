"""What all public pages share: the published queryset, the answer to what is unknown, gone or moved, and 304.

Every address of the public site passes `public` (in `timeline.urls`). Pages are the same for everybody: they touch no
session, so that whoever is signed in sees what the public sees.
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from functools import cache, wraps
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.contrib.staticfiles.storage import staticfiles_storage
from django.db import connection
from django.http import (
    Http404,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseNotModified,
    HttpResponsePermanentRedirect,
)
from django.urls import reverse
from django.utils import timezone
from django.utils.http import http_date, parse_etags, parse_http_date_safe

from relations import pair
from relations.addresses import is_tracking
from relations.filters import BadQuery, unknown_names
from relations.models import Keyed, OldKey, PackageVersion, PublicRevision, Revision, State

from . import errors

# ------------------------------------------------------------------------------------------------- the edition


@dataclass(frozen=True)
class Edition:
    """The record as the public has it at a moment: what a page is dated by, and what its ETag is made of."""

    number: int
    changed_at: datetime | None
    package: tuple[int, str, str] | None  # id, name and version
    loaded_at: datetime | None
    pair: "pair.Pair" = field(compare=False)

    def etag(self, *, is_of_today: bool) -> str:
        day = f".{self.pair.today():%Y%m%d}" if is_of_today else ""
        return f'"{self.number}.{self.package[0] if self.package else 0}.{made_of()[0]}{day}"'

    def last_modified(self, *, is_of_today: bool) -> int | None:
        """Return a moment in seconds since which a page is the same; None within the second of a change."""
        moments = [made_of()[1], *filter(None, (self.changed_at, self.loaded_at))]
        if is_of_today:
            moments.append(datetime.combine(self.pair.today(), time(), ZoneInfo(self.pair.time_zone)))
        # A second later: two changes within one second would have one date.
        moment = max(moments).replace(microsecond=0) + timedelta(seconds=1)
        return int(moment.timestamp()) if moment <= timezone.now() else None


# Every request asks this, and where nothing changed this alone: Django's own way to it takes longer than the database.
_EDITION = (
    "SELECT package.id, package.name, package.version, package.loaded_at, revision.number, revision.changed_at"  # noqa: S608
    " FROM (SELECT 1) AS one"
    f" LEFT JOIN {PublicRevision._meta.db_table} AS revision ON revision.id = 1"
    f" LEFT JOIN {PackageVersion._meta.db_table} AS package"
    f" ON package.id = (SELECT MAX(id) FROM {PackageVersion._meta.db_table})"
)


def read_edition() -> Edition:
    """Return the edition of this moment: one query."""
    with connection.cursor() as cursor:
        cursor.execute(_EDITION)
        *package, loaded_at, number, changed_at = cursor.fetchone()
    package = tuple(package) if package[0] else None
    held = pair.of_version(*package) if package else pair.Pair()
    return Edition(number or 0, _moment(changed_at), package, _moment(loaded_at), held)


def _moment(value: datetime | None) -> datetime | None:
    """Return a moment of the database, which SQLite gives without saying that it is of UTC."""
    return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value


def made_of() -> tuple[str, datetime]:
    """Return a digest of the code, templates and settings that pages are made of, and when they last changed."""
    return _made_of.__wrapped__() if settings.DEBUG else _made_of()


@cache
def _made_of() -> tuple[str, datetime]:
    digest = zlib.crc32(repr((settings.PUBLIC_URL, settings.SECOND_PERSON, settings.LANGUAGE_CODE)).encode())
    digest = zlib.crc32(str(getattr(staticfiles_storage, "manifest_hash", "")).encode(), digest)
    newest = 0.0
    for folder in ("config", "relations", "timeline", "locale"):
        for path in sorted((settings.BASE_DIR / folder).rglob("*")):
            if path.suffix in (".py", ".html", ".csv", ".mo"):
                digest = zlib.crc32(path.read_bytes(), digest)
                newest = max(newest, path.stat().st_mtime)
    return f"{digest:08x}", datetime.fromtimestamp(newest, UTC)


# ------------------------------------------------------------------------------------------------- every answer


def public(view: Callable, *, is_of_today: bool = False, takes_post: bool = False) -> Callable:
    """Wrap a view of the public site.

    It answers GET and HEAD alone, and POST where the view takes it, of which no cache keeps the answer. It sends an
    address with tracking parameters to the clean one, answers 304 where the reader has this edition already (on the
    same day, if the page depends on it), at the cost of one query, and holds the pair for the request. The view may
    raise BadQuery, Gone, Moved and Http404. `request.edition` is the Edition.
    """

    @wraps(view)
    def answer(request, *args, **kwargs):
        methods = ["GET", "HEAD", *(["POST"] if takes_post else [])]
        if request.method not in methods:
            return HttpResponseNotAllowed(methods)
        if clean := without_tracking(request):
            return HttpResponsePermanentRedirect(clean)
        request.edition = edition = read_edition()
        with pair.held(edition.pair):
            if request.method == "POST":
                response = _answered(view, request, args, kwargs)
                response.headers["Cache-Control"] = "no-store"
                return response
            etag, modified = edition.etag(is_of_today=is_of_today), edition.last_modified(is_of_today=is_of_today)
            if _has_it(request, etag, modified):
                response = HttpResponseNotModified()
            else:
                response = _answered(view, request, args, kwargs)
        if response.status_code in (200, 304):
            response.headers.setdefault("ETag", etag)
            if modified:
                response.headers.setdefault("Last-Modified", http_date(modified))
        response.headers.setdefault("Cache-Control", "no-cache")
        return response

    # Nobody is signed in here, so that no other site can act as a reader who is: a request that is no GET is told so
    # (405), not asked for a token (403), which would need a cookie. What takes POST asks where it comes from.
    answer.csrf_exempt = True
    return answer


def _answered(view: Callable, request, args, kwargs) -> HttpResponse:
    try:
        response = view(request, *args, **kwargs)
        # Within `held`: a template asks what the pair is called.
        return response.render() if hasattr(response, "render") else response
    except BadQuery as fault:
        return errors.bad_query(request, fault)
    except Gone as gone:
        return errors.gone(request, gone.reason)
    except Moved as moved:
        return HttpResponsePermanentRedirect(moved.address)
    except Http404 as missing:
        return errors.not_found(request, missing)


def _has_it(request, etag: str, modified: int | None) -> bool:
    if "If-None-Match" in request.headers:
        seen = {text.removeprefix("W/") for text in parse_etags(request.headers["If-None-Match"])}
        return etag in seen
    since = request.headers.get("If-Modified-Since")
    since = since and parse_http_date_safe(since)
    return bool(since and modified and since >= modified)


def without_tracking(request) -> str:
    """Return the address without tracking parameters; "" where it has none."""
    names = [name for name in request.GET if is_tracking(name)]
    if not names:
        return ""
    kept = request.GET.copy()
    for name in names:
        del kept[name]
    # A path that begins with two slashes would name another host.
    path = "/" + request.path.lstrip("/")
    return f"{path}?{kept.urlencode()}" if kept else path


def no_parameters(request) -> None:
    """Refuse every parameter: for pages that take none. Raises BadQuery."""
    if faults := unknown_names(request.GET, ()):
        raise BadQuery(faults, request.GET, ())


# --------------------------------------------------------------------------------------------------- one record


class Gone(Exception):
    """What was here was public once and is no more; `reason` is what readers are told."""

    def __init__(self, reason: str):
        self.reason = reason
        super().__init__(reason)


class Moved(Exception):
    """What was here has another address now."""

    def __init__(self, address: str):
        self.address = address
        super().__init__(address)


class PublishedMixin:
    """The published queryset of a model, and one record of it by its key."""

    model: type[Keyed] = None

    def get_queryset(self):
        return self.model.objects.published()

    def get_record(self, key: str):
        """Return the public record of that key. Raises Http404, Gone, or Moved to its address under its new key."""
        record = self.get_queryset().filter(key=key).first()
        if record is None:
            self.refuse(key)
        return record

    def refuse(self, key: str):
        """Raise what answers a key that is not public: the same whether a draft has it or nothing."""
        row = self._led_to(key) or self.model.objects.once_public().filter(key=key).first()
        if row is None:
            raise Http404
        if row.is_public:
            match = self.request.resolver_match
            raise Moved(reverse(f"timeline:{match.url_name}", kwargs=match.kwargs | {"key": row.key}))
        raise Gone(why_gone(row))

    def _led_to(self, key: str) -> Keyed | None:
        """Return the record to which a key leads that the public knew, over all the records it was merged into."""
        old = OldKey.objects.filter(content_type=ContentType.objects.get_for_model(self.model), was_public=True)
        row = None
        for _step in range(OldKey.LONGEST_WAY):
            found = self.model._base_manager.filter(pk__in=old.filter(key=key).values("object_id"), was_public=True)
            if not (found := found.first()):
                break
            row, key = found, found.key
        return row


def why_gone(row: Keyed) -> str:
    """Return the reason for which a record that was public is no more, its own or that of what it requires."""
    seen = set()
    while row is not None and (type(row), row.pk) not in seen:
        seen.add((type(row), row.pk))
        if row.state == State.WITHDRAWN:
            return row.state_note
        if row.state != State.PUBLISHED:
            # It is being written anew: what is said of that is the desk's, the reason of its withdrawal is public.
            content_type = ContentType.objects.get_for_model(row)
            withdrawn = Revision.objects.filter(
                content_type=content_type, object_id=row.pk, act=Revision.Act.WITHDRAW
            ).order_by("-version")
            return withdrawn.values_list("reason", flat=True).first() or ""
        required = [getattr(row, name) for name in row.requires if getattr(row, f"{name}_id")]
        row = next((item for item in required if not item.is_public), None)
    return ""
