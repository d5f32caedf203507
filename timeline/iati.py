"""Aid programmes as IATI activities, version 2.03, and such a file read back into records.

    activities(programmes, edition, losses=…)   # text in pieces
    losses(programmes, edition)                 # what IATI cannot say, as CSV in pieces
    read(file)                                  # {table: {key: {"cells": …, "children": …}}}

One programme is one activity. What IATI has an element for stands there: titles, laws, days, themes, appropriations of
a year as budgets, amounts as transactions, conditions, benchmarks as indicators, events with a place as locations. All
else stands beside it in the namespace of this project: a `record` with the cells that IATI's elements do not give back
and its children, and each `state` of a condition with its days. Who knows IATI alone passes over it; the losses say
cell by cell what such a reader does not get, and why.

Budgets and transactions are what totals count, so that whoever adds up the file counts nothing twice; all other amounts
stand in our namespace. Source: https://iatistandard.org/en/iati-standard/203/activity-standard/ and its code lists.
"""

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date
from itertools import islice
from xml.sax.saxutils import escape, quoteattr

from defusedxml.ElementTree import iterparse
from django.db.models import Min, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from relations import dates, pair, states
from relations.models import Actor, AidCondition, AidProgramme, Assessment, Benchmark, Transaction
from relations.models.base import EVER
from relations.resources import public_cells, resource_of

from .citing import SITE, absolute
from .models import Event

VERSION = "2.03"
NAMESPACE = "urn:bilateral:iati:1"
CHUNK = 50  # programmes whose conditions are in memory at a time
ROWS = 500  # amounts at a time
CONDITION_TYPES = {"policy": "1", "performance": "2", "fiduciary": "3"}
# Kinds that are a type of transaction in IATI. An obligation of the United States is what IATI calls a commitment.
TRANSACTION_TYPES = {
    "commitment": "2",
    "obligation": "2",
    "disbursement": "3",
    "repayment": "6",
    "reimbursement": "7",
    "guarantee": "10",
    "pledge": "12",
}
KINDS = {code: kind for kind, code in reversed(TRANSACTION_TYPES.items())}
BUDGETED = Transaction.Kind.APPROPRIATION
ORGANISATION_TYPES = {
    Actor.Kind.STATE: "10",
    Actor.Kind.GOVERNMENT_BODY: "10",
    Actor.Kind.ARMED_FORCES: "10",
    Actor.Kind.INTERGOVERNMENTAL: "40",
    Actor.Kind.COMPANY: "70",
}
OTHER = "90"
NUMBER = re.compile(r"-?\d+(\.\d+)?")
NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
YEAR = 366  # days: IATI takes no budget of a longer period


@dataclass(frozen=True)
class Loss:
    """A cell of a record that IATI has no element for, or whose element says something else."""

    table: str
    record: str
    field: str
    value: str
    why: str


@dataclass
class _Piece:
    """Some text of the file, and what is lost in it."""

    text: str
    losses: list[Loss] = field(default_factory=list)


# ---------------------------------------------------------------------------------------------------------- writing


def activities(programmes, edition, *, losses: str) -> Iterator[str]:
    """Yield an IATI activity file of public programmes, a queryset, in pieces; `losses` is where its losses are."""
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    attributes = {"version": VERSION, "xmlns:b": NAMESPACE, "b:losses": losses}
    if moment := edition.changed_at or edition.loaded_at:
        attributes["generated-datetime"] = _moment(moment)
    yield f"<iati-activities{_attributes(attributes)}>\n"
    for piece in _walk(programmes, edition.pair):
        yield piece.text
    yield "</iati-activities>\n"


COLUMNS = ("table", "record", "field", "value", "why")


def losses(programmes, edition) -> Iterator[str]:
    """Yield what IATI does not say of the same programmes as CSV: table, record, field, value, why."""
    yield ",".join(COLUMNS) + "\n"
    for piece in _walk(programmes, edition.pair):
        if piece.losses:
            buffer = io.StringIO()
            writer = csv.writer(buffer, lineterminator="\n")
            writer.writerows([loss.table, loss.record, loss.field, loss.value, loss.why] for loss in piece.losses)
            yield buffer.getvalue()


def _walk(programmes, about: pair.Pair) -> Iterator[_Piece]:
    rows = resource_of(AidProgramme).with_relations(programmes.published().order_by("key")).iterator(chunk_size=CHUNK)
    while chunk := list(islice(rows, CHUNK)):
        beside = _Beside(chunk, about)
        for programme in chunk:
            yield from _activity(programme, beside)


class _Beside:
    """What belongs to some programmes: conditions, their findings and benchmarks, places; and amounts as they come."""

    def __init__(self, programmes: list[AidProgramme], about: pair.Pair):
        self.about = about
        pks = [programme.pk for programme in programmes]
        conditions = _conditions(pks)
        self.docket = states.load(AidCondition.objects.filter(pk__in=list(conditions)))
        self.conditions: dict[int, list[AidCondition]] = defaultdict(list)
        for condition in sorted(conditions.values(), key=lambda row: row.key):
            for pk in _programmes_of(condition, conditions):
                self.conditions[pk].append(condition)
        self.benchmarks = _by_condition(Benchmark, conditions)
        self.assessments = _by_condition(Assessment, conditions)
        placed = Event.programmes.through.objects.filter(
            aidprogramme__in=pks, event__is_public=True, event__latitude__isnull=False
        )
        self.events: dict[int, list[Event]] = defaultdict(list)
        for link in placed.select_related("event").order_by("event__earliest", "event__key"):
            self.events[link.aidprogramme_id].append(link.event)
        amounts = Transaction.objects.published().filter(programme__in=pks)
        dated = amounts.exclude(earliest=EVER[0]).order_by().values("programme").annotate(first=Min("earliest"))
        self.first = {row["programme"]: row["first"] for row in dated}
        counted = Transaction.objects.counted().filter(programme__in=pks).exclude(earliest=EVER[0])
        counted = counted.exclude(latest=EVER[1])
        moved = counted.filter(kind__in=list(TRANSACTION_TYPES))
        budgeted = counted.filter(kind=BUDGETED).exclude(fiscal_period="").exclude(fiscal_period__contains="/")
        said = Q(pk__in=moved.order_by().values("pk")) | Q(pk__in=budgeted.order_by().values("pk"))
        self.budgets, self.transactions, self.others = (
            _Stream(rows) for rows in (budgeted, moved, amounts.exclude(said))
        )


class _Stream:
    """The amounts of several programmes, handed out programme by programme in the order of their keys."""

    def __init__(self, queryset):
        rows = resource_of(Transaction).with_relations(queryset.order_by("programme__key", "key"))
        self._rows = rows.iterator(chunk_size=ROWS)
        self._ahead = next(self._rows, None)

    def of(self, programme: AidProgramme) -> Iterator[Transaction]:
        while self._ahead is not None and self._ahead.programme_id == programme.pk:
            yield self._ahead
            self._ahead = next(self._rows, None)


def _conditions(pks: list[int]) -> dict[int, AidCondition]:
    """Return the public conditions of programmes by id, with the parts that name no programme of their own."""
    resource = resource_of(AidCondition)
    found = {
        row.pk: row for row in resource.with_relations(AidCondition.objects.published().filter(programmes__in=pks))
    }
    new = list(found)
    while new:
        parts = AidCondition.objects.published().filter(parent__in=new, programmes=None).exclude(pk__in=list(found))
        new = [row.pk for row in parts]
        found |= (
            {row.pk: row for row in resource.with_relations(AidCondition.objects.filter(pk__in=new))} if new else {}
        )
    return found


def _programmes_of(condition: AidCondition, conditions: dict[int, AidCondition]) -> list[int]:
    while not (own := [programme.pk for programme in condition.programmes.all()]) and condition.parent_id in conditions:
        condition = conditions[condition.parent_id]
    return own


def _by_condition(model, conditions) -> dict[int, list]:
    found = defaultdict(list)
    rows = model.objects.published().filter(condition__in=list(conditions)).order_by("key")
    for row in resource_of(model).with_relations(rows):
        found[row.condition_id].append(row)
    return found


def _activity(programme: AidProgramme, beside: _Beside) -> Iterator[_Piece]:
    record, about, today = _snapshot(programme), beside.about, beside.about.today()
    cells, publisher = record["cells"], about.name or SITE.lower()
    provider, recipient = _seen(programme.provider), _seen(programme.recipient)
    country = recipient.country if recipient else ""
    said = {"category": cells["category"], "account": cells["account"], "description": cells["description"]}
    said |= {"title": cells["title"], "legal_basis": cells["legal_basis"], "themes": cells["themes"]}
    said |= {"provider": cells["provider"], "recipient": cells["recipient"] if country else ""}
    attributes = {
        "xml:lang": "en",
        "last-updated-datetime": _moment(max(programme.changed_at, programme.published_at)),
        "linked-data-uri": absolute(programme.get_absolute_url()),
        "humanitarian": "1" if programme.category == AidProgramme.Category.HUMANITARIAN else "",
    }
    reporting = _leaf("narrative", about.publisher or SITE)
    lines = [
        _leaf("iati-identifier", f"{publisher}-{programme.key}"),
        _tag("reporting-org", reporting, {"ref": publisher, "type": OTHER, "secondary-reporter": "1"}),
        _tag("title", _leaf("narrative", cells["title"])),
        # IATI needs a description; where there is none, the title stands for it, as another kind of description.
        _narrated(
            "description", cells["description"] or cells["title"], {"type": "1" if cells["description"] else "4"}
        ),
    ]
    if cells["legal_basis"]:
        lines.append(_narrated("description", cells["legal_basis"], {"type": "4", "b:is": "legal_basis"}))
    lines.append(_organisation("participating-org", provider, {"role": "1"}) or _unknown_provider())
    lines.append(_tag("activity-status", "", {"code": _status(programme, today)}))
    lines += _days(programme, beside.first.get(programme.pk), today, said)
    if country:
        lines.append(_tag("recipient-country", "", {"code": country, "b:key": recipient.key}))
        lines += [_location(event) for event in beside.events[programme.pk] if event.country == country]
    uri = absolute(reverse("timeline:data")) + "#aid-programmes"
    sector = {"vocabulary": "99", "vocabulary-uri": uri, "code": cells["category"]}
    lines.append(_narrated("sector", programme.get_category_display().capitalize(), sector))
    if cells["account"]:
        account = {"vocabulary": "98", "vocabulary-uri": uri, "code": cells["account"]}
        lines.append(_narrated("sector", str(programme.get_account_display()), account))
    themes = absolute(reverse("timeline:theme-list"))
    for theme in sorted((row for row in programme.themes.all() if row.is_public), key=lambda row: row.key):
        lines.append(_narrated("tag", theme.name, {"vocabulary": "99", "vocabulary-uri": themes, "code": theme.key}))
    own = _own("aid_programmes", record, said)
    yield _Piece("".join([f"<iati-activity{_attributes(attributes)}>\n", *lines]), own.losses)
    for amount in beside.budgets.of(programme):
        yield _budget(amount, about)
    for amount in beside.transactions.of(programme):
        yield _transaction(amount)
    page = _tag("title", _leaf("narrative", cells["title"])) + _tag("category", "", {"code": "A12"})
    link = {"url": absolute(programme.get_absolute_url()), "format": "text/html"}
    yield _Piece(_tag("document-link", page, link))
    conditions = beside.conditions[programme.pk]
    yield _Piece(f'<conditions attached="{int(bool(conditions))}">\n')
    for condition in conditions:
        yield _condition(condition, beside)
    yield _Piece("</conditions>\n")
    for condition in conditions:
        for benchmark in beside.benchmarks[condition.pk]:
            yield _result(benchmark, condition)
    yield _Piece(own.text)
    for amount in beside.others.of(programme):
        why = _why_no_transaction(amount)
        found = _own("transactions", _snapshot(amount), {"programme": programme.key})
        yield _Piece(found.text, [Loss("transactions", amount.key, "", str(amount), why), *_cited(found.losses)])
    yield _Piece("</iati-activity>\n")


def _days(programme: AidProgramme, first: date | None, today: date, said: dict) -> list[str]:
    start, end = (dates.parse(text) if text else None for text in (programme.start, programme.end))
    began = start.earliest if start else None
    if began in (None, date.min):
        # IATI needs a day: of the end, of the first amount, or of when the programme was put on record.
        began = None if end else first or programme.published_at.date()
    lines = []
    if began:
        said["start"] = began.isoformat()
        lines.append(_tag("activity-date", "", {"type": "1" if began > today else "2", "iso-date": said["start"]}))
    if end and end.latest != date.max or end and not lines:
        said["end"] = end.latest.isoformat()
        lines.append(_tag("activity-date", "", {"type": "3" if end.latest > today else "4", "iso-date": said["end"]}))
    return lines


def _status(programme: AidProgramme, today: date) -> str:
    if programme.start and programme.earliest > today:
        return "1"
    return "4" if programme.end and programme.latest < today else "2"


def _location(event: Event) -> str:
    parts = [
        _tag("location-reach", "", {"code": "1"}),
        _narrated("name", event.place) if event.place else "",
        _narrated("activity-description", f"{event.date}: {event.title}"),
        _tag(
            "point",
            _leaf("pos", f"{event.latitude} {event.longitude}"),
            {"srsName": "http://www.opengis.net/def/crs/EPSG/0/4326"},
        ),
        _tag("exactness", "", {"code": "1" if event.place_precision == Event.PlacePrecision.EXACT else "2"}),
    ]
    return _tag("location", "".join(parts), {"ref": event.key})


def _organisation(name: str, actor: Actor | None, attributes: dict[str, str]) -> str:
    if actor is None:
        return ""
    kind = ORGANISATION_TYPES.get(actor.kind, OTHER)
    return _narrated(name, actor.name, attributes | {"type": kind, "b:key": actor.key})


def _unknown_provider() -> str:
    return _narrated("participating-org", _("not on record"), {"role": "1"})


def _amount_said(amount: Transaction, cells: dict[str, str]) -> dict[str, str]:
    return {name: cells[name] for name in ("programme", "amount", "currency")} | {"counts_in_totals": "yes"}


def _budget(amount: Transaction, about: pair.Pair) -> _Piece:
    record = _snapshot(amount)
    cells, first, last = record["cells"], *about.fiscal_period(amount.fiscal_period)
    said = _amount_said(amount, cells) | {"kind": BUDGETED}
    own = _own("transactions", record, said)
    value = {"currency": amount.currency, "value-date": first.isoformat()}
    parts = [
        _tag("period-start", "", {"iso-date": first.isoformat()}),
        _tag("period-end", "", {"iso-date": last.isoformat()}),
        _leaf("value", cells["amount"], value),
        own.text,
    ]
    return _Piece(_tag("budget", "".join(parts), {"type": "1", "status": "2"}), own.losses)


def _transaction(amount: Transaction) -> _Piece:
    record = _snapshot(amount)
    cells, day = record["cells"], amount.latest.isoformat()
    said = _amount_said(amount, cells) | {"kind": KINDS[TRANSACTION_TYPES[amount.kind]], "date": day}
    said |= {name: cells[name] for name in ("note", "provider", "receiver", "finance_type")}
    own = _own("transactions", record, said)
    parts = [
        _tag("transaction-type", "", {"code": TRANSACTION_TYPES[amount.kind]}),
        _tag("transaction-date", "", {"iso-date": day}),
        _leaf("value", cells["amount"], {"currency": amount.currency, "value-date": day}),
        _narrated("description", cells["note"]) if cells["note"] else "",
        _organisation("provider-org", _seen(amount.provider), {}),
        _organisation("receiver-org", _seen(amount.receiver), {}),
        _tag("finance-type", "", {"code": cells["finance_type"]}) if cells["finance_type"] else "",
        own.text,
    ]
    return _Piece(_tag("transaction", "".join(parts), {"ref": amount.key}), own.losses)


def _why_no_transaction(amount: Transaction) -> str:
    if amount.kind not in TRANSACTION_TYPES and amount.kind != BUDGETED:
        return _("IATI has no type of transaction for it")
    if EVER[0] == amount.earliest or EVER[1] == amount.latest:
        return _("IATI needs a day, and none is known")
    if not amount.counts_in_totals or amount.part_of_id:
        return _("another amount holds it, and who adds up the file would count it twice")
    return _("IATI takes no budget that is not of one year")


def _condition(condition: AidCondition, beside: _Beside) -> _Piece:
    record = _snapshot(condition)
    said = {"kind": record["cells"]["kind"], "requirement": record["cells"]["requirement"]}
    own = _own("aid_conditions", record, said)
    found = [own, *(_own("assessments", _snapshot(row), {}) for row in beside.assessments[condition.pk])]
    states_text = "".join(_state(span) for span in beside.docket.line(condition.key))
    text = _leaf("narrative", said["requirement"]) + states_text + "".join(piece.text for piece in found)
    piece = _Piece(_tag("condition", text, {"type": CONDITION_TYPES[condition.kind]}))
    piece.losses = [loss for one in found for loss in one.losses]
    return piece


def _state(span: states.Span) -> str:
    standing = span.standing
    attributes = {
        "first": "" if span.first == date.min else span.first.isoformat(),
        "last": "" if span.last == date.max else span.last.isoformat(),
        "certainty": standing.certainty,
        "otherwise": "|".join(str(state) for state in standing.otherwise),
        "by": standing.by,
        "assessments": " ".join(finding.key for finding in standing.finding),
    }
    return _leaf("b:state", str(standing.state), attributes)


def _result(benchmark: Benchmark, condition: AidCondition) -> _Piece:
    record = _snapshot(benchmark)
    cells, children = record["cells"], record["children"]
    said = {"title": cells["title"], "unit": cells["unit"], "target": ""}
    is_number = bool(NUMBER.fullmatch(cells["target"]))
    deadline = dates.parse((benchmark.resets or [benchmark.deadline])[-1]) if benchmark.deadline else None
    began = condition.earliest if condition.earliest != date.min else None
    parts = [_narrated("title", cells["title"])]
    if cells["unit"]:
        parts.append(_narrated("description", cells["unit"]))
    if cells["baseline"] and began:
        said["baseline"] = cells["baseline"]
        parts.append(_tag("baseline", "", {"year": str(began.year), "value": cells["baseline"]}))
    if deadline and deadline.latest != date.max:
        said |= {"target": cells["target"], "deadline": deadline.latest.isoformat()}
        first = min(began or deadline.earliest, deadline.latest)
        comment = "" if is_number or not cells["target"] else _narrated("comment", cells["target"])
        target = _tag("target", comment, {"value": cells["target"] if is_number else ""}) if cells["target"] else ""
        parts.append(_period(first, deadline.latest, target))
    for row in children["measurements"]:
        day = dates.parse(row["date"])
        if day.earliest != date.min and day.latest != date.max:
            actual = _tag("actual", _narrated("comment", row["note"]) if row["note"] else "", {"value": row["value"]})
            parts.append(_period(day.earliest, day.latest, actual, {"b:is": "measurement"}))
    own = _own("benchmarks", record, said)
    measure = "5" if not is_number else "2" if "percent" in cells["unit"] else "1"
    indicator = _tag("indicator", "".join([*parts, own.text]), {"measure": measure})
    text = _narrated("title", condition.title) + indicator
    return _Piece(_tag("result", text, {"type": "9"}), own.losses)


def _period(first: date, last: date, text: str, attributes: dict[str, str] | None = None) -> str:
    ends = _tag("period-start", "", {"iso-date": first.isoformat()})
    ends += _tag("period-end", "", {"iso-date": last.isoformat()})
    return _tag("period", ends + text, attributes)


def _own(table: str, record: dict, said: dict[str, str]) -> _Piece:
    """Return the element of our namespace with what IATI's elements do not give back, which is `said`."""
    cells, lost, parts = record["cells"], [], []
    for name, text in cells.items():
        if name != "key" and text != said.get(name, ""):
            parts.append(_leaf("b:cell", text, {"name": name}))
            lost.append(Loss(table, cells["key"], name, text, _why(name, said.get(name, ""))))
    for name, rows in record["children"].items():
        for row in rows:
            filled = {column: text for column, text in row.items() if text}
            inner = "".join(_leaf("b:cell", text, {"name": column}) for column, text in filled.items())
            parts.append(_tag("b:child", inner, {"of": name}))
            if name == "citations":
                lost.append(Loss(table, cells["key"], "citations", row["source"], _("IATI does not say who says so")))
            elif row["sources"] or not NUMBER.fullmatch(row["date"].replace("-", "")):
                lost.append(
                    Loss(table, cells["key"], name, row["date"], _("IATI has no sources and no doubt of dates"))
                )
    return _Piece(_tag("b:record", "".join(parts), {"type": table, "key": cells["key"]}), lost)


def _why(name: str, said: str) -> str:
    if said:
        return _("IATI says “%(said)s” for it") % {"said": said}
    return _("IATI has no element for it")


def _cited(found: Iterable[Loss]) -> list[Loss]:
    return [loss for loss in found if loss.field == "citations"]


def _snapshot(row) -> dict:
    with public_cells():
        return resource_of(type(row)).snapshot(row)


def _seen(actor: Actor | None) -> Actor | None:
    return actor if actor and actor.is_public else None


def _narrated(name: str, text: str, attributes: dict[str, str] | None = None) -> str:
    """Return an element with one narrative."""
    return _tag(name, _leaf("narrative", text), attributes)


def _tag(name: str, content: str, attributes: dict[str, str] | None = None) -> str:
    """Return an element with XML in it; attributes without a value are left out."""
    opening = f"{name}{_attributes(attributes or {})}"
    return f"<{opening}>{content}</{name}>\n" if content else f"<{opening}/>\n"


def _leaf(name: str, text: str, attributes: dict[str, str] | None = None) -> str:
    """Return an element with text in it."""
    return _tag(name, escape(NO_XML.sub("", text)), attributes)


def _attributes(attributes: dict[str, str]) -> str:
    return "".join(f" {name}={quoteattr(NO_XML.sub('', text))}" for name, text in attributes.items() if text)


def _moment(moment) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# ---------------------------------------------------------------------------------------------------------- reading


def read(file) -> dict[str, dict[str, dict]]:
    """Return the records of a file that `activities` made: {table: {key: {"cells": {…}, "children": {name: [{…}]}}}}.

    `file` is open for bytes. Raises ValueError where an element has no record of ours beside it, and what the parser
    raises where it is no XML; entities and external documents are refused.
    """
    found: dict[str, dict[str, dict]] = defaultdict(dict)
    for _event, element in iterparse(file, forbid_dtd=True):
        if element.tag == "iati-activity":
            for table, record in _records(element):
                found[table][record["cells"]["key"]] = record
            element.clear()
    return dict(found)


def _records(activity) -> Iterator[tuple[str, dict]]:
    own = activity.findall(f"{{{NAMESPACE}}}record")
    programme = next((element for element in own if element.get("type") == "aid_programmes"), None)
    if programme is None:
        raise ValueError(_("an activity has no record of this project beside it; only files of its own are read"))
    key = programme.get("key")
    yield _record(programme, _programme_said(activity))
    for budget in activity.findall("budget"):
        value = budget.find("value")
        said = {"kind": BUDGETED, "amount": value.text, "currency": value.get("currency")}
        yield _record(_own_of(budget), said | {"programme": key, "counts_in_totals": "yes"})
    for transaction in activity.findall("transaction"):
        yield _record(_own_of(transaction), _transaction_said(transaction) | {"programme": key})
    for condition in activity.iterfind("conditions/condition"):
        kinds = {code: kind for kind, code in CONDITION_TYPES.items()}
        said = {"kind": kinds[condition.get("type")], "requirement": _narrative(condition)}
        for element in condition.findall(f"{{{NAMESPACE}}}record"):
            yield _record(element, said if element.get("type") == "aid_conditions" else {})
    for indicator in activity.iterfind("result/indicator"):
        yield _record(_own_of(indicator), _benchmark_said(indicator))
    for element in own:
        if element is not programme:
            yield _record(element, {"programme": key})


def _own_of(element):
    own = element.find(f"{{{NAMESPACE}}}record")
    if own is None:
        raise ValueError(_("a %(name)s has no record of this project beside it") % {"name": element.tag})
    return own


def _record(own, said: dict[str, str]) -> tuple[str, dict]:
    """Return the table and the record: what IATI's elements say, and over it the cells of our own."""
    table = own.get("type")
    resource = resource_of(TABLES[table])
    cells = dict.fromkeys(resource.cell_names, "") | said | {"key": own.get("key")}
    cells |= {cell.get("name"): cell.text or "" for cell in own.findall(f"{{{NAMESPACE}}}cell")}
    children = {child.name: [] for child in resource.children}
    blank = {child.name: dict.fromkeys(child().child_columns, "") for child in resource.children}
    for row in own.findall(f"{{{NAMESPACE}}}child"):
        filled = {cell.get("name"): cell.text or "" for cell in row}
        children[row.get("of")].append(blank[row.get("of")] | filled)
    return table, {"cells": cells, "children": children}


TABLES = {resource_of(model).file: model for model in (AidProgramme, Transaction, AidCondition, Assessment, Benchmark)}


def _programme_said(activity) -> dict[str, str]:
    said = {"title": _narrative(activity.find("title")), "provider": "", "recipient": ""}
    for description in activity.findall("description"):
        if description.get("type") == "1":
            said["description"] = _narrative(description)
        elif description.get(f"{{{NAMESPACE}}}is"):
            said["legal_basis"] = _narrative(description)
    for name, element in (("provider", "participating-org"), ("recipient", "recipient-country")):
        said[name] = _key_of(activity.find(element))
    for day in activity.findall("activity-date"):
        said["start" if day.get("type") in ("1", "2") else "end"] = day.get("iso-date")
    codes = {sector.get("vocabulary"): sector.get("code") for sector in activity.findall("sector")}
    themes = sorted(tag.get("code") for tag in activity.findall("tag"))
    return said | {"category": codes["99"], "account": codes.get("98", ""), "themes": "|".join(themes)}


def _transaction_said(transaction) -> dict[str, str]:
    value, finance = transaction.find("value"), transaction.find("finance-type")
    return {
        "kind": KINDS[transaction.find("transaction-type").get("code")],
        "date": transaction.find("transaction-date").get("iso-date"),
        "amount": value.text,
        "currency": value.get("currency"),
        "note": _narrative(transaction.find("description")),
        "provider": _key_of(transaction.find("provider-org")),
        "receiver": _key_of(transaction.find("receiver-org")),
        "finance_type": "" if finance is None else finance.get("code"),
        "counts_in_totals": "yes",
    }


def _benchmark_said(indicator) -> dict[str, str]:
    said = {"title": _narrative(indicator.find("title")), "unit": _narrative(indicator.find("description"))}
    if (baseline := indicator.find("baseline")) is not None:
        said["baseline"] = baseline.get("value")
    for period in indicator.findall("period"):
        if period.get(f"{{{NAMESPACE}}}is"):
            continue
        said["deadline"] = period.find("period-end").get("iso-date")
        if (target := period.find("target")) is not None:
            said["target"] = target.get("value") or _narrative(target.find("comment"))
    return said


def _narrative(element) -> str:
    return "" if element is None else element.findtext("narrative") or ""


def _key_of(element) -> str:
    return "" if element is None else element.get(f"{{{NAMESPACE}}}key", "")
