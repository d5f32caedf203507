"""Records with good defaults, made through the writer as everything is."""

import itertools
import json
from datetime import datetime

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


def make(model, state: str = "published", by=None, citations=None, **cells):
    """Write one record: published by the factory's package, or a draft by `by` (an analyst by default).

    Cells are text as in CSV. A record without `citations` gets one of the whole record by a published source.
    """
    names = [child.name for child in resource_of(model).children]
    children = {name: cells.pop(name) for name in names if name in cells}
    if "citations" in names:
        rows = [{"source": make_source().key}] if citations is None else citations
        children["citations"] = [_citation(row) for row in rows]
    if state == "published":
        write([Edit(model, cells=cells, children=children, state=State.PUBLISHED)], by=make_package())
    else:
        by = by or make_user()
        write([Edit(model, cells=cells, children=children)], by=by)
        record = model.objects.get(key=cells["key"])
        editor = make_user(role="editor") if state != "draft" else None
        if state == "submitted":
            write([Edit(model, pk=record.pk, seen=1, state=State.SUBMITTED)], by=by)
        elif state == "withdrawn":
            write([Edit(model, pk=record.pk, seen=1, state=State.WITHDRAWN, note="Discarded.")], by=editor)
    return model.objects.get(key=cells["key"])


def _citation(row: dict) -> dict:
    blank = dict.fromkeys(
        ["field", "source", "locator", "quotation", "support", "credibility", "states_instead", "claimant", "note"], ""
    )
    return blank | {"support": "stated"} | row


def _named(prefix: str, cells: dict) -> dict:
    cells.setdefault("key", f"{prefix}-{next(_numbers)}")
    return cells


def make_theme(**cells) -> Theme:
    cells = _named("theme", cells)
    return make(Theme, **({"name": f"Theme {cells['key']}"} | cells))


def make_source(**cells) -> Source:
    cells = _named("source", cells)
    blank = {
        "title": f"Report {cells['key']}",
        "publisher": f"Publisher {cells['key']}",
        "url": f"https://news.example/{cells['key']}",
        "kind": "news",
        "published": "2020-01-02",
    }
    return make(Source, **(blank | cells))


def make_actor(**cells) -> Actor:
    cells = _named("actor", cells)
    return make(Actor, **({"name": f"Actor {cells['key']}", "kind": "government-body"} | cells))


def make_event(**cells) -> Event:
    cells = _named("2020-event", cells)
    blank = {"title": f"Event {cells['key']}", "date": "2020-05-04", "kind": "consult", "summary": "They met."}
    if "actors" not in cells:
        cells["actors"] = f"{make_actor().key}:source"
    if "themes" not in cells:
        cells["themes"] = make_theme().key
    return make(Event, **(blank | cells))


def make_programme(**cells) -> AidProgramme:
    cells = _named("programme", cells)
    return make(AidProgramme, **({"title": f"Programme {cells['key']}", "category": "economic"} | cells))


def make_investment(**cells) -> Investment:
    cells = _named("investment", cells)
    blank = {"name": f"Project {cells['key']}", "sector_code": "232", "status": "operational"}
    return make(Investment, **(blank | cells))


def make_transaction(**cells) -> Transaction:
    cells = _named("amount", cells)
    blank = {"kind": "commitment", "amount": "1000", "currency": "USD", "date": "2020", "instrument": "grant"}
    if "programme" not in cells and "investment" not in cells:
        cells["programme"] = make_programme().key
    return make(Transaction, **(blank | cells))


def make_condition(**cells) -> AidCondition:
    cells = _named("condition", cells)
    blank = {"title": f"Condition {cells['key']}", "kind": "policy", "stage": "enacted", "requirement": "To certify."}
    return make(AidCondition, **(blank | {"in_force": "2010-01-01/2019-12-31"} | cells))


def make_benchmark(**cells) -> Benchmark:
    cells = _named("benchmark", cells)
    if "condition" not in cells:
        cells["condition"] = make_condition().key
    return make(Benchmark, **({"title": f"Benchmark {cells['key']}", "target": "12", "deadline": "2030"} | cells))


def make_assessment(**cells) -> Assessment:
    cells = _named("finding", cells)
    if "condition" not in cells:
        cells["condition"] = make_condition().key
    if "decided_by" not in cells:
        cells["decided_by"] = make_actor().key
    return make(Assessment, **({"date": "2012-03-04", "finding": "certified"} | cells))


def make_judgement(**cells) -> Judgement:
    cells = _named("judgement", cells)
    return make(Judgement, **({"statement": f"It matters: {cells['key']}.", "kind": "finding"} | cells))


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
