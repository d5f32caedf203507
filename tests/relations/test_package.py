"""The data package: the same bytes back, a newer version merged with what people changed, and a second pair."""

import csv
import io
import json
from pathlib import Path

import frictionless
import pytest
from django.core.management import CommandError, call_command

from relations import package, publishing
from relations.models import Actor, PackageVersion, Revision, Source, Theme
from relations.writing import Edit
from timeline.models import Event

pytestmark = pytest.mark.django_db

US_PAKISTAN = Path("fixtures/us-pakistan")
NORTHLAND = Path("tests/relations/northland-southland")


def dumped(folder: Path) -> dict[str, bytes]:
    call_command("dump_package", folder, verbosity=0)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def newer(version: str, **changes) -> dict[str, bytes]:
    """The small package in another version; `changes` are functions over the rows of a file."""
    contents = package.read_folder(NORTHLAND)
    descriptor = json.loads(contents[package.DESCRIPTOR])
    descriptor["version"] = version
    descriptor["bilateral"]["change"] = {"kind": "correction", "reason": f"Read again for {version}."}
    contents[package.DESCRIPTOR] = json.dumps(descriptor).encode()
    for name, change in changes.items():
        rows = list(csv.DictReader(io.StringIO(contents[f"{name}.csv"].decode())))
        buffer = io.StringIO()
        writer = csv.DictWriter(buffer, fieldnames=rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(change(rows))
        contents[f"{name}.csv"] = buffer.getvalue().encode()
    return contents


def with_cell(key: str, column: str, text: str):
    return lambda rows: [row | {column: text} if row["key"] == key else row for row in rows]


@pytest.mark.parametrize("folder", [US_PAKISTAN, NORTHLAND], ids=lambda folder: folder.name)
def test_load_and_dump_give_the_same_bytes(folder, tmp_path):
    package.load(package.read_folder(folder))
    assert dumped(tmp_path) == {path.name: path.read_bytes() for path in folder.iterdir()}
    assert not Event.objects.exclude(is_public=True).exists()


def test_the_same_version_again_writes_nothing():
    package.load(package.read_folder(NORTHLAND))
    before = Revision.objects.count()
    assert package.load(package.read_folder(NORTHLAND)).version is None
    assert Revision.objects.count() == before


@pytest.mark.parametrize("folder", [US_PAKISTAN, NORTHLAND], ids=lambda folder: folder.name)
def test_the_package_is_a_valid_frictionless_data_package(folder):
    report = frictionless.validate(str(folder / "datapackage.json"))
    assert report.valid, report.flatten(["title", "message"])[:5]


def test_a_newer_version_changes_what_nobody_touched_and_keeps_what_people_changed(analyst, editor):
    package.load(package.read_folder(NORTHLAND))
    event = Event.objects.get(key="1990-treaty")
    edit = Edit(Event, pk=event.pk, seen=event.version, cells={"title": "The treaty, by hand"})
    publishing.agree(publishing.propose([edit], by=analyst, change="clarification", reason="Plainer."), by=editor)

    both = lambda rows: with_cell("1990-treaty", "title", "The treaty, by package")(  # noqa: E731
        with_cell("1990-treaty", "importance", "5")(rows)
    )
    loaded = package.load(newer("2", events=both))
    event.refresh_from_db()
    assert (event.title, event.importance, event.is_public) == ("The treaty, by hand", 5, True)
    assert any("The treaty, by hand" in line for line in loaded.kept)
    last = Revision.objects.filter(object_id=event.pk, content_type__model="event").order_by("-version").first()
    assert (str(last.published_by_package), last.change, last.reason) == (
        "northland-southland 2",
        "correction",
        "Read again for 2.",
    )
    # The third version is compared with the second, so the edit by hand stays even though nobody touched it since.
    package.load(newer("3", events=both))
    event.refresh_from_db()
    assert event.title == "The treaty, by hand"


def test_what_is_gone_from_a_newer_version_is_withdrawn_unless_it_was_edited(analyst, editor):
    package.load(package.read_folder(NORTHLAND))
    theme = Theme.objects.get(key="water")
    edit = Edit(Theme, pk=theme.pk, seen=theme.version, cells={"name": "Waters"})
    publishing.agree(publishing.propose([edit], by=analyst, change="clarification", reason="Plainer."), by=editor)
    loaded = package.load(
        newer(
            "2",
            themes=lambda rows: [row for row in rows if row["key"] not in ("water", "idle")],
            events=lambda rows: [row | {"themes": "trade"} for row in rows],
        )
    )
    assert Theme.objects.get(key="water").is_public
    assert any("water" in line for line in loaded.kept)
    assert Theme.objects.get(key="idle").state == "withdrawn"


def test_a_renamed_record_is_followed_by_a_newer_version(analyst, editor):
    package.load(package.read_folder(NORTHLAND))
    actor = Actor.objects.get(key="northland")
    edit = Edit(Actor, pk=actor.pk, seen=actor.version, cells={"key": "north-land"})
    publishing.agree(publishing.propose([edit], by=analyst, change="clarification", reason="Spelling."), by=editor)
    package.load(newer("2", actors=with_cell("northland", "description", "A northern state.")))
    actor.refresh_from_db()
    assert (actor.key, actor.description) == ("north-land", "A northern state.")
    assert not Actor.objects.filter(key="northland").exists()
    treaty = Event.objects.get(key="1990-treaty")
    assert "north-land:signatory" in package.resource_of(Event).export_cells(treaty)["actors"]
    assert treaty.version == 1


def test_a_faulty_package_loads_nothing_and_names_file_row_column_and_value(capsys, tmp_path):
    for path in NORTHLAND.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    events = tmp_path / "events.csv"
    events.write_text(events.read_text().replace("1990-05", "1990-15", 1))
    with pytest.raises(CommandError, match="Nothing was loaded"):
        call_command("load_package", tmp_path)
    errors = capsys.readouterr().err
    assert "1990-treaty" in errors
    assert "1990-15" in errors
    assert not PackageVersion.objects.exists()
    assert not Source.objects.exists()


def test_citations_decide_and_a_sources_cell_is_checked_against_them():
    contents = newer("1", events=with_cell("1990-treaty", "sources", "no-such"))
    with pytest.raises(package.Unreadable, match="citations.csv decides"):
        package.load(contents)


def test_a_package_from_before_a_column_was_added_is_read_with_its_default():
    contents = package.read_folder(NORTHLAND)
    lines = list(csv.reader(io.StringIO(contents["sources.csv"].decode())))
    place = lines[0].index("origin_examined")
    older = io.StringIO()
    csv.writer(older, lineterminator="\n").writerows(line[:place] + line[place + 1 :] for line in lines)
    package.load(contents | {"sources.csv": older.getvalue().encode()})
    assert not Source.objects.filter(origin_examined=True).exists()
