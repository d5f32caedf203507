"""What each record needs next: kept as rows of `Need` by whatever writes, so that no list of the desk searches.

A draft is finished by who entered it, or mended where it was returned with a comment; what was submitted or proposed
waits for a second person; what is public may state something without a source, or rest on one publisher. What somebody
else says of a record waits for an answer of who entered it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime

from django.apps import apps
from django.contrib.contenttypes.models import ContentType

from .evidence import attested
from .models import Citation, Comment, Keyed, Need, Plan, PlanRow, Record, Source, State

CHUNK = 900
Kind = Need.Kind


def lacking(values: dict, cited: Iterable[str]) -> list[str]:
    """Return which of the attested columns in `values` are filled and have no source; `cited` are the cited fields."""
    cited = set(cited)
    if "" in cited:
        return []
    return [name for name, value in values.items() if value not in (None, "") and name not in cited]


def refresh(records: dict[type[Keyed], Iterable[int]], *, by=None) -> None:
    """Bring the needs of records to what they are now, in a constant number of queries for 900 of them.

    `by` is who wrote them, whose work is what nobody entered.
    """
    for model, pks in records.items():
        for chunk in _chunks(pks):
            _refresh(model, chunk, by)


def of_new(row: Keyed, *, is_cited: bool) -> list[dict]:
    """Return what a draft needs that is new, as columns of rows of Need; nothing is asked for it."""
    kinds = [Kind.MEND if row.state_note else Kind.FINISH]
    if isinstance(row, Record) and not is_cited and attested(type(row)):
        kinds.append(Kind.CITE)
    content_type = ContentType.objects.get_for_model(row)
    return [
        {
            "content_type_id": content_type.pk,
            "object_id": row.pk,
            "kind": kind,
            "person_id": None if kind == Kind.CITE else row.entered_by_id,
            "since": row.changed_at,
        }
        for kind in kinds
    ]


def leaning(*, sources: Iterable[int] = (), claimants: Iterable[int] = ()) -> dict[type[Keyed], set[int]]:
    """Return the records whose evidence follows from sources, from copies of them, or from claimants."""
    sources = set(sources)
    copies = sources
    for _step in range(2):
        copies = {
            pk
            for chunk in _chunks(copies)
            for pk in Source._base_manager.filter(origin__in=chunk).values_list("pk", flat=True)
        }
        sources |= copies
    found: dict[type[Keyed], set[int]] = defaultdict(set)
    for table in apps.get_models():
        if issubclass(table, Citation):
            for name, pks in (("source", sources), ("claimant", claimants)):
                for chunk in _chunks(pks):
                    cited = table._base_manager.filter(**{f"{name}__in": chunk}).order_by()
                    found[table._meta.get_field("record").related_model].update(cited.values_list("record", flat=True))
    return found


def _refresh(model: type[Keyed], pks: list[int], by) -> None:
    content_type = ContentType.objects.get_for_model(model)
    kept = {
        (need.object_id, need.kind): need
        for need in Need.objects.filter(content_type=content_type, object_id__in=pks).exclude(kind=Kind.ANSWER)
    }
    owners = {need.object_id: need.person_id for need in kept.values()}
    new, changed = [], []
    for row, kind, fields in _needed(model, pks):
        need = kept.pop((row["pk"], kind), None)
        if need is None:
            person = row["entered_by"] or owners.get(row["pk"]) or (by and by.pk)
            new.append(
                Need(
                    content_type=content_type,
                    object_id=row["pk"],
                    kind=kind,
                    person_id=person if kind in (Kind.FINISH, Kind.MEND, Kind.CHECK) else None,
                    since=row["changed_at"],
                    fields=fields,
                )
            )
        elif need.fields != fields:
            need.fields = fields
            changed.append(need)
    if kept:
        Need.objects.filter(pk__in=[need.pk for need in kept.values()]).delete()
    if changed:
        Need.objects.bulk_update(changed, ["fields"])
    if new:
        Need.objects.bulk_create(new, batch_size=500)


def _needed(model: type[Keyed], pks: list[int]) -> Iterator[tuple[dict, str, str]]:
    """Yield (row, kind, names of columns without a source) of all that records need."""
    columns = attested(model) if issubclass(model, Record) else ()
    own = ("pk", "state", "is_public", "state_note", "entered_by", "changed_at")
    rows = list(model._base_manager.filter(pk__in=pks).values(*own, *columns))
    public = [row["pk"] for row in rows if row["is_public"]] if columns else []
    drafts = {row["pk"] for row in rows if columns and row["state"] in (State.DRAFT, State.SUBMITTED)}
    cited, publishers = defaultdict(set), defaultdict(set)
    table = model._meta.get_field("citations").related_model if columns else None
    if drafts:
        cites = set(table._base_manager.filter(record__in=drafts).order_by().values_list("record", flat=True))
        yield from ((row, Kind.CITE, "") for row in rows if row["pk"] in drafts and row["pk"] not in cites)
    if public:
        shown = table.objects.published().with_origins().filter(record__in=public).order_by()
        for pk, field, publisher in shown.values_list("record", "field", "origin_publisher"):
            cited[pk].add(field)
            publishers[pk].add(publisher)
    for row in rows:
        if row["state"] == State.DRAFT:
            yield row, Kind.MEND if row["state_note"] else Kind.FINISH, ""
        elif row["state"] == State.SUBMITTED:
            yield row, Kind.CHECK, ""
        elif row["pk"] in cited:
            if fields := lacking({name: row[name] for name in columns}, cited[row["pk"]]):
                yield row, Kind.SOURCE, "|".join(fields)
            if len(publishers[row["pk"]]) == 1:
                yield row, Kind.PUBLISHER, ""


def hear(model: type[Keyed], pks: Iterable[int]) -> None:
    """Records that somebody else left an open comment on need an answer of who entered them, the others none."""
    content_type = ContentType.objects.get_for_model(model)
    for chunk in _chunks(pks):
        owners = dict(
            model._base_manager.filter(pk__in=chunk, entered_by__isnull=False).values_list("pk", "entered_by")
        )
        said = Comment.objects.filter(content_type=content_type, object_id__in=owners, done_at=None)
        since: dict[int, datetime] = {}
        for pk, who, at in said.order_by("-written_at").values_list("object_id", "written_by", "written_at"):
            if who != owners[pk]:
                since[pk] = at
        Need.objects.filter(content_type=content_type, object_id__in=chunk, kind=Kind.ANSWER).delete()
        Need.objects.bulk_create(
            Need(content_type=content_type, object_id=pk, kind=Kind.ANSWER, person_id=owners[pk], since=at)
            for pk, at in since.items()
        )


# ------------------------------------------------------------------------------------------------- proposals


def propose(plan: Plan, rows: list[PlanRow]) -> None:
    """A proposal waits for a second person; those for the same records that were refused are mended by it."""
    content_type = ContentType.objects.get_for_model(Plan)
    Need.objects.create(
        content_type=content_type,
        object_id=plan.pk,
        kind=Kind.CHECK,
        person=plan.author,
        since=plan.created_at,
    )
    refused = Need.objects.filter(person=plan.author, kind=Kind.MEND, content_type=content_type)
    if refused:
        mended = {(row.content_type_id, row.object_id) for row in rows}
        wrong = PlanRow.objects.filter(plan__in=refused.values("object_id"))
        plans = {pk for pk, *row in wrong.values_list("plan", "content_type", "object_id") if tuple(row) in mended}
        refused.filter(object_id__in=plans).delete()


def decide(plan: Plan) -> None:
    """A proposal waits no more."""
    Need.objects.filter(content_type=ContentType.objects.get_for_model(Plan), object_id=plan.pk).delete()


def send_back(plan: Plan) -> None:
    """A proposal that a second person refused is its author's to mend."""
    Need.objects.create(
        content_type=ContentType.objects.get_for_model(Plan),
        object_id=plan.pk,
        kind=Kind.MEND,
        person=plan.author,
        since=plan.decided_at,
    )


def _chunks(items: Iterable[int]) -> Iterator[list[int]]:
    items = sorted(items)
    for start in range(0, len(items), CHUNK):
        yield items[start : start + CHUNK]
