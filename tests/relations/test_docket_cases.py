"""What the law and the record say of conditions on chosen days, and the docket derived a second time, slowly.

`docket_cases.csv` is written from the laws and from what sources say, not from what the program derives. The second
derivation follows the section “States of a condition” of the design and knows nothing of the first: it tries every day
that a doubtful date can be, and asks of each such world one day at a time.
"""

import csv
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as trial
from hypothesis import strategies as st

from relations import states
from relations.models import AidCondition, Assessment
from relations.states import ConditionRow, Docket, FindingRow

CASES = Path(__file__).parent / "docket_cases.csv"
DAY = timedelta(days=1)


def cases() -> list[dict[str, str]]:
    with CASES.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def docket(us_pakistan, django_db_blocker):
    with django_db_blocker.unblock():
        return states.load(AidCondition.objects.all())


def written(holds) -> str:
    return "|".join(f"{amount:f} {currency}" for currency, amount in states.total(holds).items())


def test_conditions_stand_as_the_law_has_it(docket):
    wrong = []
    for case in cases():
        standing = docket.standing(case["condition"], date.fromisoformat(case["date"]))
        derived = {
            "state": str(standing.state),
            "certainty": standing.certainty,
            "by": standing.by,
            "finding": "|".join(finding.key for finding in standing.finding),
            "held": written(standing.held),
            "not_released": written(standing.not_released),
        }
        wrong += [
            f"{case['condition']} on {case['date']}: {name} is {derived[name]!r}, not {case[name]!r}: {case['why']}"
            for name in derived
            if derived[name] != case[name]
        ]
    assert wrong == []


def test_the_cases_are_many_and_of_every_kind():
    found = defaultdict(list)
    for case in cases():
        found[case["condition"].split("-")[0]].append(case)
    assert len(cases()) >= 100
    assert {"pressler", "symington", "glenn", "section", "klb", "ndaa", "suspension", "imf24", "fatf"} <= found.keys()
    # Two states are of texts that bind nobody: one case is enough for them.
    assert {case["state"] for case in cases()} == set(states.ConditionState.values)
    pressler = {case["date"]: case["state"] for case in found["pressler"] if case["condition"] == "pressler"}
    assert pressler["1984-06-01"] == "not in force" and pressler["1990-10-31"] == "bites"


@pytest.mark.django_db
def test_the_source_of_each_case_is_cited_for_the_step_or_for_the_text(us_pakistan):
    wrong = []
    for case in cases():
        keys = case["finding"].split("|") if case["finding"] else []
        steps = Assessment.objects.published().filter(key__in=keys, citations__source__key=case["source"])
        texts = AidCondition.objects.published().filter(key=case["condition"], citations__source__key=case["source"])
        if not (steps.exists() or texts.exists()):
            wrong.append((case["condition"], case["date"], case["source"]))
    assert wrong == []


def test_money_is_counted_once_over_all_conditions(docket):
    # The $400 million of the act for 2017 lie within the $900 million of the suspension.
    assert docket.held_on(date(2018, 2, 1)) == {"USD": Decimal(1_155_000_000)}
    assert docket.not_released_on(date(2018, 2, 1)) == {"USD": Decimal(149_000_000)}
    # The rest of the $900 million was reprogrammed in September.
    assert docket.held_on(date(2018, 9, 1)) == {"USD": Decimal(255_000_000)}


# ------------------------------------------------------------------------------- the same, slowly and from the design

SATISFIED = ["certified", "met"]
SET_ASIDE = ["waived", "lifted"]
BITES = ["withheld", "imposed", "not-certified", "not-met"]
OPEN = ["partly-met", "pending", "lapsed"]
GRAVEST_FIRST = [("bites", BITES), ("open", OPEN), ("set aside", SET_ASIDE), ("satisfied", SATISFIED)]
NO_FINDING = "in force, no finding"
START = date(2001, 2, 1)
WORLDS = 150


def group_of(word: str) -> str:
    return next((name for name, words in GRAVEST_FIRST if word in words), "")


def in_world(law: dict, steps: list[dict], laws: list[dict], day: date) -> tuple[str, str, date]:
    """How a law stands on a day of a world where every date is known: its state, by what, and since when that is so."""
    if law["proposed"]:
        return "proposed", "", date.min
    if day < law["first"]:
        return "not in force", "", date.min
    if day > law["last"]:
        return "ended", "", date.min

    own = [step for step in steps if step["law"] == law["key"]]
    standing = [step for step in own if group_of(step["word"]) and stands(step, own, day)]
    act = None
    if standing:
        latest = max(step["day"] for step in standing)
        groups = {group_of(step["word"]) for step in standing if step["day"] == latest}
        act = next(name for name, _words in GRAVEST_FIRST if name in groups), latest

    result = None
    parts = [in_world(part, steps, laws, day) for part in laws if part["parent"] == law["key"]]
    parts = [part for part in parts if part[0] not in ("proposed", "not in force", "ended")]
    if law["rule"] and parts:
        word, deciding = judged(law["rule"], parts)
        if law["effect"] == "lift":
            word = "set aside" if word == "good" else ""
        elif word == "good":
            word = "satisfied"
        if word:
            result = word, max(since for state, _by, since in parts if state in deciding)

    if act and result and result[0] != "open":
        return (act[0], "act", act[1]) if act[1] >= result[1] else (result[0], "rule", result[1])
    if act:
        return act[0], "act", act[1]
    if result:
        return result[0], "rule", result[1]
    return NO_FINDING, "", date.min


def judged(rule: str, parts: list[tuple]) -> tuple[str, set[str]]:
    """What parts make of the whole by its rule, and the states of those that decide; "" where there is no result."""
    found = {state for state, _by, _since in parts}
    good = {"satisfied", "set aside"}
    if rule == "all":
        if NO_FINDING in found:
            return "", set()
        if "bites" in found:
            return "bites", {"bites"}
        return ("open", {"open"}) if "open" in found else ("good", good)
    if found & good:
        return "good", good
    if "open" in found:
        return "open", {"open"}
    return ("", set()) if NO_FINDING in found else ("bites", {"bites"})


def stands(step: dict, own: list[dict], day: date) -> bool:
    if step["day"] is None:
        return False
    if step["word"] == "lapsed" and any(
        other["word"] == "extended" and other["day"] and step["day"] <= other["day"] <= day for other in own
    ):
        return False
    if not step["period"]:
        return step["day"] <= day
    first, last = step["period"]
    if step["day"] > last:  # made after its period: it stands at its date and colours the period
        return day == step["day"] or first <= day <= last
    return max(first, step["day"]) <= day <= last


def holds_in_world(law: dict, steps: list[dict], day: date) -> set[str]:
    own = [step for step in steps if step["law"] == law["key"] and step["day"]]
    found = set()
    for step in own:
        starts = max(step["day"], step["period"][0]) if step["period"] else step["day"]
        if step["word"] in BITES and step["amount"] and starts <= day:
            is_freed = any(
                other["word"] in ("released", "lifted", "waived")
                and other["day"] > step["day"]
                and max(other["day"], other["period"][0] if other["period"] else date.min) <= day
                for other in own
            )
            if not is_freed:
                found.add(step["key"])
    return found


@st.composite
def records(draw):
    """Laws of two levels with steps, as rows for the docket, and all the worlds that their dates allow."""
    offset = st.integers(0, 12).map(lambda n: START + n * DAY)
    left = WORLDS
    laws, rows, choices = [], [], {}
    for key, parent in (("whole", ""), ("a", "whole"), ("b", "whole")):
        first = draw(offset)
        spread = draw(st.sampled_from([0, 0, 0, 2]))
        last = first + (5 + draw(st.integers(0, 12))) * DAY
        proposed = draw(st.integers(0, 11)) == 0
        rule, effect = (
            ("", "") if parent else (draw(st.sampled_from(["all", "any"])), draw(st.sampled_from(["satisfy", "lift"])))
        )
        if proposed or left < spread + 1:
            spread = 0
        left //= spread + 1
        # An interval whose first day may be any of some days: a month whose bounds are narrowed by the end is no help
        # here, so that the days before START in February are what the doubt is of.
        doubtful = "2001-02" if spread and first == START else ""
        days = (
            [first + n * DAY for n in range((min(last, date(2001, 2, 28)) - first).days + 1)] if doubtful else [first]
        )
        if len(days) > left:
            doubtful, days = "", [first]
        left //= len(days)
        choices["first", key] = days
        text = "" if proposed else f"{doubtful or first}/{last}"
        rows.append(ConditionRow(key, text, "proposed" if proposed else "enacted", parent, rule, effect))
        laws.append({"key": key, "parent": parent, "rule": rule, "effect": effect, "proposed": proposed, "last": last})
    steps, found = [], []
    for n in range(draw(st.integers(0, 6))):
        first = draw(offset)
        width = draw(st.sampled_from([0, 0, 1, 3]))
        doubt = draw(st.sampled_from(["", "", "", "?"]))
        if (width + 1 + bool(doubt)) > left:
            width, doubt = 0, ""
        left //= width + 1 + bool(doubt)
        days = [first + extra * DAY for extra in range(width + 1)]
        choices["step", f"s{n}"] = [*days, *([None] if doubt else [])]
        period = None
        if draw(st.booleans()):
            begins = draw(offset)
            period = begins, begins + draw(st.integers(0, 6)) * DAY
        law = draw(st.sampled_from(["whole", "whole", "a", "b"]))
        word = draw(st.sampled_from([*SATISFIED, *SET_ASIDE, *BITES, *OPEN, "released", "extended", "lapsed"]))
        amount = draw(st.sampled_from([None, Decimal(5)]))
        text = f"{first}{doubt}" if width == 0 else f"{first}/{days[-1]}{doubt}"
        found.append(FindingRow(f"s{n}", law, text, word, period, amount=amount, currency="USD" if amount else ""))
        steps.append({"key": f"s{n}", "law": law, "word": word, "period": period, "amount": amount})
    return Docket(rows, found), laws, steps, choices


def worlds_of(laws: list[dict], steps: list[dict], choices: dict):
    names = list(choices)
    for days in product(*choices.values()):
        world = dict(zip(names, days, strict=True))
        yield (
            [law | {"first": world["first", law["key"]]} for law in laws],
            [step | {"day": world["step", step["key"]]} for step in steps],
        )


def compare(record) -> None:
    docket, laws, steps, choices = record
    worlds = list(worlds_of(laws, steps, choices))
    for law in laws:
        for day in (START + n * DAY for n in range(-1, 34)):
            opinions, holds = [], []
            for known_laws, known_steps in worlds:
                known = next(item for item in known_laws if item["key"] == law["key"])
                state, by, _since = in_world(known, known_steps, known_laws, day)
                opinions.append((state, by))
                binds = state not in ("proposed", "not in force", "ended")
                holds.append(holds_in_world(known, known_steps, day) if binds else set())
            standing = docket.standing(law["key"], day)
            possible = {state for state, _by in opinions}
            assert {str(standing.state), *map(str, standing.otherwise)} == possible, (law["key"], day)
            assert standing.is_certain == (len(possible) == 1), (law["key"], day)
            assert (str(standing.state), standing.by) in opinions, (law["key"], day)
            if standing.is_in_force:
                shown = {hold.assessment.key: hold.certainty for hold in standing.held}
                assert shown.keys() == set().union(*holds), (law["key"], day)
                certain = set.intersection(*holds)
                assert {key for key, word in shown.items() if word == "certain"} == certain, (law["key"], day)


@trial(max_examples=60)
@given(records())
def test_random_steps_with_doubtful_dates_stand_as_the_design_says(record):
    compare(record)


@pytest.mark.prove
@trial(max_examples=1500)
@given(records())
def test_many_random_steps_with_doubtful_dates_stand_as_the_design_says(record):
    compare(record)
