"""Records with good defaults, made through the writer as everything is."""

import itertools
import json
from dataclasses import replace
from datetime import datetime
from functools import partial

from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone

from relations import package
from relations.models import (
    Actor,
    AidCondition,
    AidProgramme,
    Assessment,
    Benchmark,
    Factor,
    Investment,
    Judgement,
    PackageVersion,
    Source,
    State,
    Theme,
    Transaction,
)
from relations.resources import resource_of
from relations.writing import Edit, write
from timeline.models import Event

_numbers = itertools.count(1)


APP = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # the key of the authenticator app that who publishes has here


def make_user(name: str = "", role: str = "analyst", has_app: bool | None = None, **fields) -> User:
    """A member of staff with a role: analyst, editor, administrator, or "" for none; who publishes has an app."""
    name = name or f"{role or 'outsider'}-{next(_numbers)}"
    user = User.objects.create_user(name, f"{name}@desk.example", password=None, is_staff=bool(role), **fields)
    if role:
        user.groups.add(Group.objects.get(name=role))
    if role in ("editor", "administrator") if has_app is None else has_app:
        Factor.objects.create(user=user, kind=Factor.Kind.APP, secret=APP, added_at=timezone.now())
    return user


def make_package() -> PackageVersion:
    """The package version by which factories publish, so that no second person is needed."""
    found = PackageVersion.objects.filter(name="factory").first()
    if found:
        return found
    descriptor = {
        "name": "factory",
        "version": "1",
        "title": "Aland–Borland",
        "licenses": [{"title": "CC BY 4.0", "path": "https://creativecommons.org/licenses/by/4.0/"}],
        "bilateral": {
            "sides": ["aland", "borland"],
            "time_zone": "UTC",
            "sections": [{"name": "One", "title": "The first"}],
            "calendars": [{"code": "US", "name": "United States", "years": [{"ends": "09-30"}]}],
        },
    }
    return PackageVersion.objects.create(
        name="factory",
        version="1",
        loaded_at=timezone.make_aware(datetime(2026, 1, 1)),
        descriptor=descriptor,
        archive=package.pack({package.DESCRIPTOR: json.dumps(descriptor).encode()}),
    )


def _edits(model, needed: list[Edit], *, citations=None, **cells) -> list[Edit]:
    """Return what makes a record, after what makes the records that it names.

    Cells are text as in CSV. A record without `citations` gets one of the whole record by a source of its own.
    """
    names = [child.name for child in resource_of(model).children]
    children = {name: cells.pop(name) for name in names if name in cells}
    if "citations" in names:
        if citations is None:
            needed = [*needed, *source_edits()]
            citations = [{"source": key_of(needed)}]
        children["citations"] = [_citation(row) for row in citations]
    return [*needed, Edit(model, cells=cells, children=children)]


def key_of(edits: list[Edit]) -> str:
    return edits[-1].cells["key"]


def _make(edits_of, *, state: str = "published", by=None, **cells):
    """Write a record of `edits_of`: published by the factory's package, or in another state by `by`, an analyst.

    What it names is published with it at once.
    """
    *needed, edit = edits_of(**cells)
    published = [replace(item, state=State.PUBLISHED) for item in (needed if state != "published" else [*needed, edit])]
    if published:
        write(published, by=make_package())
    if state != "published":
        by = by or make_user()
        write([edit], by=by)
        record = edit.model.objects.get(key=edit.cells["key"])
        editor = make_user(role="editor") if state != "draft" else None
        if state == "submitted":
            write([Edit(edit.model, pk=record.pk, seen=1, state=State.SUBMITTED)], by=by)
        elif state == "withdrawn":
            write([Edit(edit.model, pk=record.pk, seen=1, state=State.WITHDRAWN, note="Discarded.")], by=editor)
    return edit.model.objects.get(key=edit.cells["key"])


def _citation(row: dict) -> dict:
    blank = dict.fromkeys(
        ["field", "source", "locator", "quotation", "support", "credibility", "states_instead", "claimant", "note"], ""
    )
    return blank | {"support": "stated"} | row


def _named(prefix: str, cells: dict) -> dict:
    cells.setdefault("key", f"{prefix}-{next(_numbers)}")
    return cells


def theme_edits(**cells) -> list[Edit]:
    cells = _named("theme", cells)
    return _edits(Theme, [], **({"name": f"Theme {cells['key']}"} | cells))


def source_edits(**cells) -> list[Edit]:
    cells = _named("source", cells)
    blank = {
        "title": f"Report {cells['key']}",
        "publisher": f"Publisher {cells['key']}",
        "url": f"https://news.example/{cells['key']}",
        "kind": "news",
        "published": "2020-01-02",
    }
    return _edits(Source, [], **(blank | cells))


def actor_edits(**cells) -> list[Edit]:
    cells = _named("actor", cells)
    return _edits(Actor, [], **({"name": f"Actor {cells['key']}", "kind": "government-body"} | cells))


def event_edits(**cells) -> list[Edit]:
    cells, needed = _named("2020-event", cells), []
    blank = {"title": f"Event {cells['key']}", "date": "2020-05-04", "kind": "consult", "summary": "They met."}
    if "actors" not in cells:
        needed += actor_edits()
        cells["actors"] = f"{key_of(needed)}:source"
    if "themes" not in cells:
        needed += theme_edits()
        cells["themes"] = key_of(needed)
    return _edits(Event, needed, **(blank | cells))


def programme_edits(**cells) -> list[Edit]:
    cells = _named("programme", cells)
    return _edits(AidProgramme, [], **({"title": f"Programme {cells['key']}", "category": "economic"} | cells))


def investment_edits(**cells) -> list[Edit]:
    cells = _named("investment", cells)
    blank = {"name": f"Project {cells['key']}", "sector_code": "232", "status": "operational"}
    return _edits(Investment, [], **(blank | cells))


def transaction_edits(**cells) -> list[Edit]:
    cells, needed = _named("amount", cells), []
    blank = {"kind": "commitment", "amount": "1000", "currency": "USD", "date": "2020", "instrument": "grant"}
    if "programme" not in cells and "investment" not in cells:
        needed += programme_edits()
        cells["programme"] = key_of(needed)
    return _edits(Transaction, needed, **(blank | cells))


def condition_edits(**cells) -> list[Edit]:
    cells = _named("condition", cells)
    blank = {"title": f"Condition {cells['key']}", "kind": "policy", "stage": "enacted", "requirement": "To certify."}
    return _edits(AidCondition, [], **(blank | {"in_force": "2010-01-01/2019-12-31"} | cells))


def benchmark_edits(**cells) -> list[Edit]:
    cells, needed = _named("benchmark", cells), []
    if "condition" not in cells:
        needed += condition_edits()
        cells["condition"] = key_of(needed)
    blank = {"title": f"Benchmark {cells['key']}", "target": "12", "deadline": "2030"}
    return _edits(Benchmark, needed, **(blank | cells))


def assessment_edits(**cells) -> list[Edit]:
    cells, needed = _named("finding", cells), []
    if "condition" not in cells:
        needed += condition_edits()
        cells["condition"] = key_of(needed)
    if "decided_by" not in cells:
        needed += actor_edits()
        cells["decided_by"] = key_of(needed)
    return _edits(Assessment, needed, **({"date": "2012-03-04", "finding": "certified"} | cells))


def judgement_edits(**cells) -> list[Edit]:
    cells = _named("judgement", cells)
    return _edits(Judgement, [], **({"statement": f"It matters: {cells['key']}.", "kind": "finding"} | cells))


make_theme = partial(_make, theme_edits)
make_source = partial(_make, source_edits)
make_actor = partial(_make, actor_edits)
make_event = partial(_make, event_edits)
make_programme = partial(_make, programme_edits)
make_investment = partial(_make, investment_edits)
make_transaction = partial(_make, transaction_edits)
make_condition = partial(_make, condition_edits)
make_benchmark = partial(_make, benchmark_edits)
make_assessment = partial(_make, assessment_edits)
make_judgement = partial(_make, judgement_edits)

MAKERS = {
    Theme: make_theme,
    Source: make_source,
    Actor: make_actor,
    Event: make_event,
    AidProgramme: make_programme,
    Investment: make_investment,
    Transaction: make_transaction,
    AidCondition: make_condition,
    Benchmark: make_benchmark,
    Assessment: make_assessment,
    Judgement: make_judgement,
}


def content_type(model) -> ContentType:
    return ContentType.objects.get_for_model(model)
