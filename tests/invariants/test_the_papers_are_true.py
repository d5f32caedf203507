"""What the papers say is so: columns, dates, refusals, examples, limits, files and commands."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.core.management import get_commands

from relations import dates, importing
from relations.models import PlanRow
from relations.reading import LARGE, LIMITS
from relations.resources import registry
from tests import documents
from tests.factories import make_actor, make_source, make_theme

PAPERS = sorted([*settings.BASE_DIR.glob("*.md"), *settings.BASE_DIR.glob("docs/**/*.md")])
PAGE = documents.PAGE.read_text(encoding="utf-8")
PARTS = documents.parts(PAGE)


def code(cell: str) -> str:
    return re.fullmatch(r"`(.*)`", cell)[1]


def test_the_page_on_importing_has_every_column_of_every_table():
    [name] = [name for name in PARTS if name.startswith("tables")]
    assert PARTS[name] == documents.tables(), "run python -m tests.documents"


def test_dates_mean_what_the_page_says():
    rows = documents.rows_of(PARTS["dates"])
    assert len(rows) > 10
    for text, phrase in rows:
        assert dates.parse(code(text)).phrase() == phrase


def test_what_the_page_calls_refused_is_refused_in_these_words():
    rows = documents.rows_of(PARTS["refusals"])
    assert len(rows) > 10
    for place, cell, words in rows:
        table, column = place.split(".")
        _values, faults = registry[table]().read_cells({column: code(cell)})
        assert [words in fault.message for fault in faults] == [True], (place, cell, faults)


@pytest.mark.django_db
def test_the_examples_of_the_page_do_what_it_says(analyst):
    for key in ("us", "pakistan"):
        make_actor(key=key)
    for key in ("trade", "aid"):
        make_theme(key=key)
    make_source(key="dawn-2021-08")

    def verdicts(part: str) -> list[tuple[str, list]]:
        text = PARTS[part].removeprefix("```csv\n").removesuffix("```")
        plan = importing.plan("example.csv", text.encode(), resource_name=part.split(": ")[1], by=analyst)
        found = [(row.verdict, row.faults or sorted(row.cells)) for row in plan.rows.all()]
        importing.apply(plan, by=analyst)
        return found

    assert [verdict for verdict, _cells in verdicts("new: events")] == [PlanRow.Verdict.NEW] * 2
    assert verdicts("changed: events") == [(PlanRow.Verdict.CHANGED, ["date", "importance"])]


def test_limits_are_those_of_the_page():
    assert f"at most {LIMITS.rows:,} rows and {LIMITS.bytes // 2**20} MB" in PAGE
    assert f"{LARGE.rows:,} rows" in PAGE
    assert f"{importing.KEPT // timedelta(days=1)} days" in PAGE


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: paper.name)
def test_every_file_address_and_command_that_a_paper_names_is_there(paper):
    text = paper.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)\)", text):
        assert target.startswith("https://") or (paper.parent / target).exists(), target
    for command in re.findall(r"manage\.py ([a-z_]+)", text):
        assert command in get_commands(), command
    for target in re.findall(r"`make ([a-z]+)`", text):
        assert f"\n{target}:" in (settings.BASE_DIR / "Makefile").read_text(encoding="utf-8"), target
    for name in re.findall(r"`((?:relations|timeline|tests|docs|fixtures|config|benchmarks)/[\w/.-]*)`", text):
        assert (settings.BASE_DIR / name).exists(), name
