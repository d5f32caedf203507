"""What may be asked of each model, and what an address is told that asks otherwise."""

from datetime import date

import pytest
from django.http import QueryDict

from relations.filters import BadQuery, RecordFilterSet
from relations.models import (
    Actor,
    AidCondition,
    AidProgramme,
    Assessment,
    Benchmark,
    Investment,
    Judgement,
    Source,
    Transaction,
)
from relations.models.base import Keyed
from relations.writing import keyed_models
from tests.factories import (
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
)
from timeline.filters import EventFilter, asked_day, filter_of
from timeline.models import Event

pytestmark = pytest.mark.django_db


def found(query: str, model: type[Keyed] = Event) -> set[str]:
    """Return the keys of what an address finds."""
    records = filter_of(model)(QueryDict(query), model.objects.published()).valid_or_400()
    return set(records.values_list("key", flat=True))


def faults(query: str, model: type[Keyed] = Event) -> dict[str, str]:
    """Return what an address is told, by parameter."""
    with pytest.raises(BadQuery) as caught:
        found(query, model)
    return {fault.name: fault.message for fault in caught.value.faults}


def test_every_keyed_model_has_a_filter_set_and_each_can_be_asked_for_words():
    for model in keyed_models():
        assert issubclass(filter_of(model), RecordFilterSet)
        assert found("q=nothing-has-this-word", model) == set()


def test_an_unknown_parameter_is_refused_with_the_nearest_that_there_is():
    assert "write “theme”" in faults("themes=aid")["themes"]
    assert "importance" in faults("x=1")["x"]


@pytest.mark.parametrize(
    ("query", "name", "right"),
    [
        ("importance=abc", "importance", "1, 2, 3, 4, 5"),
        ("importance=6", "importance", "1, 2, 3, 4, 5"),
        ("kind=assult", "kind", "assault"),
        ("family=war", "family", "conflict-deed"),
        ("country=Pakistan", "country", "PK"),
        ("certainty=maybe", "certainty", "possibly, certainly"),
        ("evidence=good", "evidence", "official"),
        ("from=1990-13", "from", "1990"),
        ("from=03/04/2025", "from", "2025-04-03"),
        ("from=1985~", "from", "1985"),
        ("to=1990/1992", "to", "1990 or 1992"),
        ("from=1999&to=1990", "to", "from=1990 and to=1999"),
        ("importance=4&importance=5", "importance", "4, 5"),
        ("q=" + "a" * 201, "q", "200"),
        ("q=a%00b", "q", "no text has"),
        ("theme=no-such-theme", "theme", "its list has them all"),
        ("actor=%F0%9F%98%80", "actor", "its list has them all"),
    ],
)
def test_a_wrong_value_is_refused_with_what_would_be_right(query, name, right):
    assert right in faults(query)[name]


def test_many_wrong_values_cost_no_more_than_some(django_assert_max_num_queries):
    query = "&".join(f"actor=nobody-{number}" for number in range(50))
    with django_assert_max_num_queries(20):
        assert "nobody-49" in faults(query)["actor"]
    assert "at most 50" in faults(query + "&actor=one-more")["actor"]


def test_what_can_be_read_is_kept_beside_what_cannot():
    with pytest.raises(BadQuery) as caught:
        found("importance=9&from=1990&foo=1&to=")
    assert caught.value.kept == [("from", "1990")]
    assert {fault.name for fault in caught.value.faults} == {"importance", "foo"}


def test_no_record_is_shown_where_an_address_is_refused():
    make_event()
    filters = EventFilter(QueryDict("importance=abc"), Event.objects.published())
    with pytest.raises(BadQuery):
        filters.valid_or_400()


def test_empty_parameters_and_those_of_pages_narrow_nothing():
    make_event(key="2020-a")
    assert found("q=&from=&to=&theme=&importance=&after=2020-01-01~2020-a") == {"2020-a"}


def test_a_draft_is_neither_found_nor_a_value_and_is_refused_like_what_is_not_known():
    make_theme(key="hidden-theme", state="draft")
    actor = make_actor(key="hidden-actor", state="draft", citations=[])
    make_event(key="2020-draft", title="Canary", state="draft", actors=f"{actor.key}:source")
    assert found("q=canary") == set()
    told = faults("theme=hidden-theme")["theme"].replace("hidden-theme", "no-such-theme")
    assert told == faults("theme=no-such-theme")["theme"]
    assert "hidden-actor" not in faults("actor=hidden")["actor"]


def test_a_period_is_asked_for_possibly_and_certainly():
    make_event(key="1990-day", date="1990-10-01")
    make_event(key="1990-year", date="1990")
    make_event(key="1990-about", date="1990~")
    make_event(key="1989-long", date="1989-12-01/1990-02-01")
    make_event(key="1995-late", date="1995")
    assert found("from=1990&to=1990") == {"1990-day", "1990-year", "1990-about", "1989-long"}
    assert found("from=1990-10&to=1990-10") == {"1990-day", "1990-year", "1990-about"}
    assert found("from=1990-10&to=1990-10&certainty=certainly") == {"1990-day"}
    assert found("from=1990&to=1990&certainty=certainly") == {"1990-day", "1990-year", "1989-long"}
    assert found("from=1991") == {"1995-late"}
    assert found("to=1989") == {"1989-long"}


def test_themes_kinds_and_families_are_each_any_of_several():
    aid, arms = make_theme(key="aid"), make_theme(key="arms")
    make_event(key="2020-aid", themes=aid.key, kind="aid")
    make_event(key="2020-arms", themes=f"{aid.key}|{arms.key}", kind="sanction")
    make_event(key="2020-talk", kind="consult")
    assert found("theme=aid") == {"2020-aid", "2020-arms"}
    assert found("theme=arms&theme=aid&kind=aid") == {"2020-aid"}
    assert found("kind=aid&kind=consult") == {"2020-aid", "2020-talk"}
    assert found("family=coop-deed&family=conflict-deed") == {"2020-aid", "2020-arms"}


def test_an_actor_brings_the_bodies_beneath_it_and_who_serves_them():
    state = make_actor(key="aland", name="Aland", short_name="AL", kind="state", aliases="The Realm")
    army = make_actor(key="aland-army", parent=state.key, kind="armed-forces")
    general = make_actor(key="general", kind="person", serves=army.key)
    make_actor(key="other")
    for number, actor in enumerate((state, army, general), 1):
        make_event(key=f"2020-{number}", actors=f"{actor.key}:source")
    make_event(key="2020-4", actors="other:source")
    assert found("actor=aland") == {"2020-1", "2020-2", "2020-3"}
    assert found("actor=aland-army") == {"2020-2", "2020-3"}
    assert found("actor=general&actor=other") == {"2020-3", "2020-4"}


def test_an_actor_is_asked_for_by_key_name_short_name_or_alias():
    make_actor(key="aland", name="Kingdom of Aland", short_name="AL", aliases="The Realm")
    make_event(key="2020-a", actors="aland:source")
    for text in ("aland", "Kingdom of Aland", "al", "the realm"):
        assert found(f"actor={text}") == {"2020-a"}
    assert "aland (Kingdom of Aland)" in faults("actor=kingdom")["actor"]


def test_a_body_beneath_is_not_reached_through_one_that_is_not_public():
    make_actor(key="aland")
    make_actor(key="secret", parent="aland", state="draft", citations=[])
    make_actor(key="soldier", kind="person", serves="secret")
    make_event(key="2020-a", actors="soldier:source")
    assert found("actor=aland") == set()


def test_evidence_is_counted_with_copies_collapsed_into_their_origin():
    origin = make_source(key="wire", publisher="Wire")
    copy = make_source(key="copy", publisher="Daily", origin="wire")
    law = make_source(key="law", publisher="Parliament", kind="legislation")
    make_event(key="2020-copied", citations=[{"source": origin.key}, {"source": copy.key}])
    make_event(key="2020-two", citations=[{"source": copy.key}, {"source": law.key}])
    third = make_source(key="third", publisher="Third")
    make_event(key="2020-three", citations=[{"source": row.key} for row in (origin, law, third)])
    assert found("evidence=one-publisher") == {"2020-copied"}
    assert found("evidence=two-publishers") == {"2020-two", "2020-three"}
    assert found("evidence=three-sources") == {"2020-three"}
    assert found("evidence=official") == {"2020-two", "2020-three"}
    weighed = {event.key: event.evidence for event in Event.objects.published().for_list()}
    assert (weighed["2020-copied"].sources, weighed["2020-copied"].publishers) == (1, 1)
    assert weighed["2020-two"].sources == 2 and weighed["2020-two"].is_official


def test_importance_is_at_least_what_is_asked():
    make_event(key="2020-minor", importance="1")
    make_event(key="2020-major", importance="4")
    assert found("importance=1") == {"2020-minor", "2020-major"}
    assert found("importance=4") == found("importance=2") == {"2020-major"}


def test_events_are_asked_for_by_what_they_touch():
    programme = make_programme(key="fund")
    make_investment(key="mine")
    condition = make_condition(key="bar", programmes=programme.key)
    part = make_condition(key="bar-part", parent="bar")
    finding = make_assessment(key="found", condition=part.key)
    hidden = make_assessment(key="hidden", condition=condition.key, state="draft")
    judgement = make_judgement(key="said")
    make_event(
        key="2020-all",
        programmes="fund",
        investments="mine",
        assessments=finding.key,
        judgements=judgement.key,
        country="PK",
    )
    make_event(key="2020-none", assessments=hidden.key)
    for query in ("programme=fund", "investment=mine", "condition=bar", "judgement=said", "country=PK"):
        assert found(query) == {"2020-all"}, query


def test_the_other_models_are_asked_for_by_their_own_columns():
    state = make_actor(key="aland", kind="state")
    make_actor(key="ministry", parent="aland", country="PK")
    make_actor(key="clerk", kind="person", serves="ministry")
    assert found("parent=aland", Actor) == {"ministry"}
    assert found("serves=ministry", Actor) == {"clerk"}
    assert found("kind=person&country=", Actor) == {"clerk"}
    programme = make_programme(key="fund", provider="ministry", start="2001", end="2003")
    assert found(f"provider={state.key}&category=economic", AidProgramme) == {"fund"}
    assert found("from=2002&to=2002", AidProgramme) == {"fund"}
    make_transaction(key="paid", programme="fund", provider="clerk", kind="disbursement")
    make_transaction(key="again", programme="fund", counts_in_totals="no", note="It repeats the other.")
    assert found("provider=aland", Transaction) == {"paid"}
    assert found("counts_in_totals=no", Transaction) == {"again"}
    assert "yes, no" in faults("counts_in_totals=true", Transaction)["counts_in_totals"]
    make_condition(key="bar", programmes=programme.key, certifier="ministry")
    make_condition(key="bar-part", parent="bar")
    assert found("programme=fund", AidCondition) == found("certifier=aland", AidCondition) == {"bar"}
    make_assessment(key="found", condition="bar-part", decided_by="clerk", finding="waived")
    assert found("condition=bar&finding=waived&decided_by=aland", Assessment) == {"found"}
    make_benchmark(key="target", condition="bar-part")
    assert found("condition=bar", Benchmark) == {"target"}
    make_investment(key="mine", stakes=[{"actor": "ministry", "role": "owner", "since": "", "share_percent": ""}])
    assert found("actor=aland&sector_code=232", Investment) == {"mine"}
    make_judgement(key="said", actors="clerk", conditions="bar", status="contested")
    assert found("actor=aland&condition=bar&status=contested", Judgement) == {"said"}
    make_source(key="paper", publisher="Daily", reliability="b")
    assert found("publisher=Daily&reliability=b", Source) == {"paper"}


def test_the_panel_shows_what_is_chosen_and_sends_nothing_that_narrows_by_itself():
    make_theme(key="aid", name="Aid")
    filters = EventFilter(QueryDict("theme=aid&importance=1&certainty=possibly"), Event.objects.published())
    panel = {field["name"]: field for field in filters.panel(("theme", "importance", "country", "q"), {"theme": {}})}
    [chosen] = [choice for choice in panel["theme"]["choices"] if choice["is_chosen"]]
    assert (chosen["value"], chosen["label"], chosen["count"]) == ("aid", "Aid", 0)
    assert panel["importance"]["kind"] == "radios" and panel["country"]["kind"] == "select"
    assert panel["q"]["kind"] == "text"
    assert filters.asked() == [("theme", "aid")]


def test_a_day_is_a_single_day_or_is_refused_with_one():
    today = date(2026, 7, 1)
    assert asked_day(QueryDict(""), today) == today
    assert asked_day(QueryDict("on=1990-10-02"), today) == date(1990, 10, 2)
    with pytest.raises(BadQuery) as caught:
        asked_day(QueryDict("on=1990-10"), today)
    assert "1990-10-01 or 1990-10-31" in str(caught.value)
