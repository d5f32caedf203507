"""The counts of the strip are kept with every write: they equal a fresh count, whatever was edited in between."""

import random

import pytest

from relations.models import Actor, State, Theme
from relations.publishing import agree, propose, refuse
from relations.writing import Edit, Refused, supposed, write
from tests.factories import make_actor, make_event, make_package, make_theme, make_user
from timeline import counts
from timeline.counts import Of
from timeline.filters import EventFilter
from timeline.models import Event, EventCount
from timeline.summaries import counts_by_year

STATES = [State.PUBLISHED, State.PUBLISHED, State.PUBLISHED, State.WITHDRAWN, State.DRAFT, ""]
DATES = ["1950", "1971-12-03", "1985~", "1990-10/..", "../1998", "199X", "2001-09-11", "2009/2013"]
KINDS = ["aid", "consult", "assault", "accuse", "other"]


def fresh() -> dict[tuple, int]:
    """Count all anew, by the filters that a page has."""
    found = dict(_cells((Of.ALL, 0), Event.objects.published()))
    for of, model in ((Of.THEME, Theme), (Of.ACTOR, Actor)):
        name = model._meta.model_name
        for row in model.objects.published():
            events = EventFilter({name: [row.key]}, Event.objects.published()).filters[name]
            found |= _cells((of, row.pk), events.filter(Event.objects.published(), [row]))
    return found


def _cells(of: tuple, events):
    return {(*of, year, family): n for (year, family), n in counts_by_year(events).items()}


def kept() -> dict[tuple, int]:
    """Return what is kept of what a page can ask for."""
    rows = {tuple(row): n for *row, n in EventCount.objects.values_list("of", "of_id", "year", "family", "n")}
    hidden = {(of, pk) for of, model in ((Of.THEME, Theme), (Of.ACTOR, Actor)) for pk in _hidden(model)}
    return {cell: n for cell, n in rows.items() if cell[:2] not in hidden}


def _hidden(model) -> list[int]:
    return list(model.objects.filter(is_public=False).values_list("pk", flat=True))


@pytest.mark.django_db
@pytest.mark.parametrize("seed", [1, *(pytest.param(n, marks=pytest.mark.prove) for n in range(2, 12))])
def test_counts_equal_a_fresh_count_after_every_edit(seed):
    chance = random.Random(seed)  # noqa: S311
    package = make_package()
    themes = [make_theme().key for _n in range(3)]
    actors = [make_actor().key for _n in range(5)]
    events = [make_event(themes=themes[0], actors=f"{actors[n % 5]}:source").key for n in range(4)]
    done = 0
    for _step in range(40):
        edits = [_edit(chance, themes, actors, events) for _n in range(chance.choice((1, 1, 3)))]
        edits = list({(edit.model, edit.pk): edit for edit in edits}.values())
        try:
            done += len(write(edits, by=package))
        except Refused:
            continue  # such as a body that would be part of itself
        assert kept() == fresh()
        assert not EventCount.objects.filter(n__lte=0).exists()
    assert done > 25
    before = kept()
    counts.refresh()
    assert kept() == before


def _edit(chance, themes, actors, events) -> Edit:
    model = chance.choice((Event, Event, Event, Actor, Actor, Theme))
    keys = {Event: events, Actor: actors, Theme: themes}[model]
    row = model.objects.get(key=chance.choice(keys))
    edit = Edit(model, pk=row.pk, seen=row.version, state=chance.choice(STATES), note="For the test.")
    if model is Event:
        parts = dict.fromkeys(chance.sample(actors, chance.randint(1, 3)), "source")
        edit.cells = chance.choice(
            (
                {"date": chance.choice(DATES)},
                {"kind": chance.choice(KINDS)},
                {"themes": "|".join(sorted(chance.sample(themes, chance.randint(1, 2))))},
                {"actors": "|".join(f"{key}:{role}" for key, role in parts.items())},
            )
        )
    elif model is Actor:
        above = chance.choice([*(key for key in actors if key != row.key), ""])
        edit.cells = {chance.choice(("parent", "serves")): above}
    return edit


@pytest.mark.django_db
def test_what_is_proposed_or_supposed_counts_nowhere_until_it_is_agreed_to():
    event = make_event(date="1950", kind="aid")
    edit = Edit(Event, pk=event.pk, seen=event.version, cells={"date": "1960"})
    author, editor = make_user(role="analyst"), make_user(role="editor")

    with supposed([edit]):
        assert counts.counts() == {(1960, "coop-deed"): 1}
    assert counts.counts() == {(1950, "coop-deed"): 1}
    refuse(propose([edit], by=author, change="correction", reason="Wrong."), by=editor, comment="It is right.")
    assert counts.counts() == {(1950, "coop-deed"): 1}
    agree(propose([edit], by=author, change="correction", reason="Wrong."), by=editor)
    assert counts.counts() == {(1960, "coop-deed"): 1}
