"""The public site with drafts in the database is, byte for byte, the site without them.

Every public URL pattern is crawled, in every format and with every parameter; a pattern that is not known here fails.
"""

import re

import pytest
from django.test import override_settings
from django.urls import reverse

from relations import commenting, plans, publishing, reporting
from relations.admin.review import page_if
from relations.models import Actor, AidCondition, AidProgramme, Judgement, Keyed, Source, State, Theme
from relations.resources import resource_of
from relations.writing import Edit, keyed_models
from tests.factories import (
    MAKERS,
    make_actor,
    make_assessment,
    make_benchmark,
    make_condition,
    make_event,
    make_investment,
    make_judgement,
    make_programme,
    make_source,
    make_theme,
    make_transaction,
    make_user,
)
from tests.invariants.addresses import addresses, keys_for, patterns
from timeline.filters import FILTERS
from timeline.models import Event

pytestmark = pytest.mark.django_db

CANARY = "zyxcanary"


class Canaries:
    """Texts that stand in drafts only, each another, so that a leak names its place."""

    def __init__(self):
        self.count = 0

    def __call__(self) -> str:
        self.count += 1
        return f"{CANARY}{self.count}x"


def hidden_world(canary) -> dict[type, Keyed]:
    """A draft of every model, that published records point to from the beginning."""
    hidden = {}
    for model in (Theme, Source, Actor):
        hidden[model] = MAKERS[model](key=f"{canary()}", state="draft", **_texts(model, canary))
    hidden[AidProgramme] = make_programme(key=canary(), state="draft", **_texts(AidProgramme, canary))
    hidden[AidCondition] = make_condition(key=canary(), state="draft", **_texts(AidCondition, canary))
    hidden[Judgement] = make_judgement(key=canary(), state="draft", **_texts(Judgement, canary))
    hidden[Event] = make_event(key=canary(), state="draft", **_texts(Event, canary))
    return hidden


def _texts(model, canary) -> dict[str, str]:
    names = {"title", "name", "statement", "summary", "description", "requirement", "publisher", "short_name", "note"}
    return {name: f"{canary()} words" for name in resource_of(model).cell_names if name in names}


def public_world(hidden: dict[type, Keyed]) -> dict[type, Keyed]:
    """A published record of every model, each linked to all that is public and all that is hidden."""
    theme, source, actor = make_theme(key="open-theme"), make_source(key="open-source"), make_actor(key="open-actor")
    body = make_actor(key="open-body", parent=hidden[Actor].key)
    cited = [{"source": source.key, "field": "", "locator": "p. 1"}, {"source": hidden[Source].key}]
    claimed = [*cited, {"source": source.key, "field": "date", "claimant": hidden[Actor].key, "states_instead": "2019"}]
    themes = "|".join(sorted([theme.key, hidden[Theme].key]))
    actors = f"{actor.key}:source|{hidden[Actor].key}:host|{body.key}:target"
    copy = make_source(key="open-copy", origin=hidden[Source].key)
    programme = make_programme(key="open-programme", themes=themes, provider=hidden[Actor].key, citations=cited)
    investment = make_investment(
        key="open-investment",
        themes=themes,
        citations=cited,
        stakes=[
            {"actor": hidden[Actor].key, "role": "owner", "share_percent": "30"},
            {"actor": actor.key, "role": "owner"},
        ],
    )
    programmes = "|".join(sorted([programme.key, hidden[AidProgramme].key]))
    amount = make_transaction(key="open-amount", programme=programme.key, provider=hidden[Actor].key, citations=cited)
    make_transaction(key="dependent-amount", programme=hidden[AidProgramme].key, note=f"{CANARY}dependent")
    condition = make_condition(
        key="open-condition", programmes=programmes, certifier=hidden[Actor].key, citations=cited
    )
    make_condition(key="dependent-condition", parent=hidden[AidCondition].key, title=f"{CANARY}dependent")
    finding = make_assessment(
        key="open-finding", condition=condition.key, decided_by=actor.key, transactions=amount.key, citations=claimed
    )
    benchmark = make_benchmark(
        key="open-benchmark",
        condition=condition.key,
        citations=cited,
        measurements=[{"date": "2021", "value": "3", "sources": "|".join(sorted([source.key, hidden[Source].key]))}],
    )
    judgement = make_judgement(
        key="open-judgement",
        actors="|".join(sorted([actor.key, hidden[Actor].key])),
        programmes=programmes,
        conditions="|".join(sorted([condition.key, hidden[AidCondition].key])),
        themes=themes,
        citations=cited,
        briefing=[{"section": "One", "sentence": "1"}],
    )
    make_event(key="2020-open-second", title="The second", citations=cited)
    event = make_event(
        key="2020-open",
        title="The open event",
        actors=actors,
        themes=themes,
        programmes=programmes,
        investments=investment.key,
        assessments=finding.key,
        judgements="|".join(sorted([judgement.key, hidden[Judgement].key])),
        citations=claimed,
        links=[{"kind": "follows", "to_event": hidden[Event].key}, {"kind": "caused", "to_event": "2020-open-second"}],
        figures=[
            {"counts": "killed", "best": "3", "sources": "|".join(sorted([source.key, hidden[Source].key]))},
            {"counts": "injured", "best": "7", "of_whom": f"{CANARY}group", "sources": hidden[Source].key},
        ],
    )
    # A correction, both sides of which name what is hidden.
    cells = {"actors": f"{hidden[Actor].key}:source|{actor.key}:target", "themes": hidden[Theme].key}
    changed = [{"source": source.key, "claimant": hidden[Actor].key}, {"source": source.key, "field": "date"}]
    edit = Edit(Event, pk=event.pk, seen=event.version, cells=cells, children={"citations": changed})
    proposal = publishing.propose([edit], by=make_user(), change="correction", reason="Read again.")
    publishing.agree(proposal, by=make_user(role="editor"))
    event.refresh_from_db()
    records = [theme, body, copy, programme, investment, amount, condition, finding, benchmark, judgement, event]
    return {type(record): record for record in [*records, source]}


def more_drafts(canary, public: dict[type, Keyed]) -> None:
    """What else waits: drafts, submitted and discarded records, proposals, imports, comments, reports of all models."""
    known = {"citations": [{"source": "open-source"}], "themes": "open-theme", "actors": "open-actor:source"}
    known |= {"programme": "open-programme", "condition": "open-condition", "decided_by": "open-actor"}
    for model, maker in MAKERS.items():
        resource = resource_of(model)
        names = {*resource.cell_names, *(child.name for child in resource.children)}
        given = {name: value for name, value in known.items() if name in names}
        if model is Judgement:
            given["actors"] = "open-actor"
        for state in ("draft", "submitted", "withdrawn"):
            record = maker(key=f"{canary()}-{state}", state=state, **_texts(model, canary), **given)
            if state == "submitted":  # and somebody looks at it as it would be
                seen = Edit(model, pk=record.pk, seen=record.version, state=State.PUBLISHED)
                assert CANARY in page_if(record, [seen])
    author = make_user(name="secretive")
    for record in public.values():
        name = next(iter(_texts(type(record), canary)), "note")
        edit = Edit(type(record), pk=record.pk, seen=record.version, cells={name: f"{canary()} proposed"})
        publishing.propose([edit], by=author, change="correction", reason=f"{canary()} reason")
        commenting.comment([record], f"{canary()} comment", by=author)
    editor = make_user(role="editor")
    for number, record in enumerate(public.values()):
        told = {name: f"{canary()} reported" for name in ("right", "source", "credit")}
        told |= {"email": f"{canary()}@reader.example", "address": f"192.0.2.{number}"}
        report = reporting.take(record, field="", **told)
        if number % 2:
            reporting.answer(report, by=editor, state="answered", words=f"{canary()} answer")
    row = plans.row_of(Edit(Event, cells={"key": canary()}), {"cells": {}, "children": {}}, {"title": canary()}, {})
    plans.keep("import", [row], model=Event, author=author, reason=canary())
    make_event(
        state="draft",
        citations=[],
        by=author,
        key=canary(),
        title=canary(),
        date="2020-05-04",
        kind="aid",
        summary=canary(),
        themes="open-theme",
        actors="open-actor:source",
    )


QUERIES = ["", "q=zyxcanary", "q=zyxcanary*", "q=words", "from=2020&to=2020", "on=2015-01-01"]


def crawl(client, keys, parameters) -> dict[str, tuple[int, bytes, dict]]:
    """Every answer, body as it is before compression, by address; lists with every parameter."""
    answers = {}
    for name, urls in addresses(keys).items():
        for url in urls:
            for query in [*QUERIES, *parameters] if not patterns()[name] else ["", "q=zyxcanary"]:
                address = f"{url}?{query}" if query else url
                response = client.get(address)
                body = b"".join(response.streaming_content) if response.streaming else response.content
                headers = {name: value for name, value in response.items() if name not in ("Date", "Server-Timing")}
                assert response.status_code < 500, address
                answers[address] = (response.status_code, body, headers)
    return answers


def filter_parameters(keys: dict[type, list[str]]) -> list[str]:
    """Each parameter of a FilterSet that names a record, with a public, a hidden and an unknown key."""
    names = {name for filter_set in FILTERS.values() for name in filter_set.base_filters}
    of = {model._meta.model_name.removeprefix("aid"): found for model, found in keys.items()}
    return [f"{name}={key}" for name in sorted(names & of.keys()) for key in of[name]]


@override_settings(PUBLIC_URL="https://record.example")
def test_the_site_with_drafts_is_byte_for_byte_the_site_without_them(client):
    canary = Canaries()
    hidden = hidden_world(canary)
    public = public_world(hidden)
    keys = {
        model: [record.key for record in (public.get(model), hidden.get(model)) if record] + ["unknown-key"]
        for model in keyed_models()
    }
    parameters = filter_parameters(keys)
    without = crawl(client, keys, parameters)
    leaks = [address for address, (_status, body, _headers) in without.items() if leaked(address, body)]
    assert not leaks, f"{len(leaks)} addresses show what is hidden, such as {leaks[:5]}"

    more_drafts(canary, public)
    with_drafts = crawl(client, keys, parameters)
    different = [address for address in without if without[address] != with_drafts[address]]
    assert not different, f"{len(different)} addresses differ, such as {different[:5]}"
    assert len(without) > 300
    assert {status for status, _body, _headers in without.values()} >= {200, 400, 404}


def leaked(address: str, body: bytes) -> bool:
    """Whether a body has a canary that the address did not bring itself."""
    asked = set(re.findall(rf"{CANARY}\w*", address)) | {CANARY}
    return bool(set(re.findall(rf"{CANARY}\w*", body.decode("utf-8", "replace"))) - asked)


def test_an_unpublished_key_and_an_unknown_one_get_the_same_answer(client):
    hidden = {model: maker(state="draft") for model, maker in MAKERS.items()}
    asked = 0
    for name, takes in patterns().items():
        if takes != ["key"]:
            continue
        for model, record in hidden.items():
            if record.key not in keys_for(name, {m: [r.key] for m, r in hidden.items()}):
                continue
            unknown = "x" * len(record.key)
            one = client.get(reverse(name, kwargs={"key": record.key}))
            other = client.get(reverse(name, kwargs={"key": unknown}))
            assert one.status_code == other.status_code == 404, (name, model)
            words = record.key.replace("-", " ").encode()
            masked = one.content.replace(record.key.encode(), unknown.encode()).replace(words, unknown.encode())
            assert masked == other.content, name
            asked += 1
    assert asked >= 8
