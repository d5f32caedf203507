"""Foreign files as imports: previewed, applied, sent again, taken back; by page and by command."""

import csv
import io
import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from relations import batches, importing, profiles
from relations.models import Actor, Plan, PlanRow, Profile, Revision, Source, Theme
from relations.profiles import NotMapped, ready_made
from relations.undoing import take_back
from tests.factories import make_user
from timeline.models import Event, Figure

pytestmark = pytest.mark.django_db

FOREIGN = Path(__file__).parent / "foreign"


def planned(name: str, profile: dict, by) -> Plan:
    return importing.plan_foreign(name, (FOREIGN / name).read_bytes(), profile=profile, by=by)


def test_a_foreign_file_becomes_events_with_figures_and_what_they_name(analyst):
    plan = planned("ucdp-ged.csv", ready_made()["ucdp-ged"], analyst)
    refused = [row.faults for row in plan.rows.filter(verdict=PlanRow.Verdict.REFUSED)]
    assert not refused
    assert not Event.objects.exists()
    importing.apply(plan, by=analyst)
    event = Event.objects.get(key="ucdp-ged-1001")
    assert (event.state, event.date, str(event.latitude)) == ("draft", "2011-05-14", "34.015")
    total = event.figures.get(of_whom="")
    assert (total.low, total.best, total.high) == (11, 12, 15)
    assert [source.key for source in total.sources.all()] == ["ucdp-ged"]
    assert event.citations.get().locator == "id 1001; Herald, 2011-05-15, Twelve dead"
    assert set(Actor.objects.values_list("key", flat=True)) == {"border-league", "civilians", "government-of-aland"}
    assert Source.objects.get().kind == "dataset"
    assert Theme.objects.get().state == "draft"
    assert not plan.rows.filter(object_id=None).exists()
    assert Revision.objects.filter(plan=plan).count() == 8


def test_the_same_file_again_changes_nothing_and_a_newer_one_changes_what_differs(analyst):
    profile = ready_made()["ucdp-ged"]
    importing.apply(planned("ucdp-ged.csv", profile, analyst), by=analyst)
    again = planned("ucdp-ged.csv", profile, analyst)
    assert (importing.totals(again).same, importing.totals(again).writes) == (3, 0)
    data = (FOREIGN / "ucdp-ged.csv").read_bytes().replace(b",12,15,11,", b",13,15,11,")
    newer = importing.plan_foreign("newer.csv", data, profile=profile, by=analyst)
    [row] = newer.rows.filter(verdict=PlanRow.Verdict.CHANGED)
    assert "best: 12" in row.before["cells"]["figures"]
    assert "best: 13" in row.cells["figures"]
    importing.apply(newer, by=analyst)
    event = Event.objects.get(key="ucdp-ged-1001")
    assert sorted(event.figures.values_list("best", flat=True)) == [1, 2, 9, 13]


def test_what_has_no_code_is_listed_and_nothing_is_kept(analyst):
    data = (FOREIGN / "acled.csv").read_bytes().replace(b"Peaceful protest", b"Quiet protest")
    with pytest.raises(NotMapped) as told:
        importing.plan_foreign("acled.csv", data, profile=ready_made()["acled"], by=analyst)
    assert [(item.path, item.value) for item in told.value.values] == [("kind", "Quiet protest")]
    assert not Plan.objects.exists()


def test_a_date_that_is_none_is_refused_in_its_row(analyst):
    data = (FOREIGN / "acled.csv").read_bytes().replace(b"14 May 2021,", b"14.5.2021,")
    plan = importing.plan_foreign("acled.csv", data, profile=ready_made()["acled"], by=analyst)
    [row] = plan.rows.filter(verdict=PlanRow.Verdict.REFUSED)
    assert row.number == 2
    assert "is no date as the profile declares them" in row.faults[0]["message"]
    header, line = importing.refused_lines(plan)
    assert (header[0], header[-1], line[0]) == ("event_id_cnty", importing.WRONG, "PAK101")


def test_a_mapped_import_is_taken_back_as_a_whole(analyst):
    plan = planned("acled.csv", ready_made()["acled"], analyst)
    importing.apply(plan, by=analyst)
    assert Figure.objects.count() == 1
    undo = take_back(plan, by=analyst)
    batches.apply(undo, by=analyst)
    for model in (Event, Actor, Source, Theme):
        assert set(model.objects.values_list("state", flat=True)) == {"withdrawn"}, model


def test_a_person_who_may_not_add_sources_imports_none(analyst):
    outsider = make_user(role="")
    plan = planned("acled.csv", ready_made()["acled"], outsider)
    assert importing.totals(plan).ready == 0


def test_the_command_takes_a_profile_by_name_or_file_and_writes_what_is_lost(tmp_path, analyst):
    out, lost = StringIO(), tmp_path / "losses.csv"
    file = str(FOREIGN / "ucdp-ged-tagged.csv")
    call_command("import_csv", "events", file, user="analyst", profile="ucdp-ged", losses=lost, stdout=out)
    assert "8 drafts created" in out.getvalue()
    rows = list(csv.DictReader(io.StringIO(lost.read_text())))
    assert {row["column"] for row in rows} >= {"country_iso3", "latitude"}
    own = tmp_path / "own.json"
    own.write_text(profiles.as_text(ready_made()["ucdp-ged"]))
    call_command("import_csv", "events", file, user="analyst", profile=str(own), stdout=(again := StringIO()))
    assert "Nothing to import" in again.getvalue()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"profile": "nowhere"}, "choose one of acled"),
        ({"profile": "saved"}, "brings themes, not events"),
        ({"profile": "acled"}, "lacks columns"),
    ],
)
def test_the_command_refuses_a_profile_that_does_not_fit(options, said, analyst):
    document = {"form": 1, "table": "themes", "fields": {"key": "{id}"}}
    Profile.objects.create(name="saved", document=document, saved_by=analyst, saved_at="2026-01-01T00:00Z")
    with pytest.raises(CommandError, match=said):
        call_command("import_csv", "events", str(FOREIGN / "ucdp-ged.csv"), user="analyst", **options)
    assert not Plan.objects.exists()


def test_every_ready_made_profile_is_written_as_it_is_exported():
    for name, document in ready_made().items():
        text = (Path(profiles.__file__).parent / f"{name}.json").read_text(encoding="utf-8")
        assert profiles.as_text(document) == text
        assert json.loads(text)["about"]
