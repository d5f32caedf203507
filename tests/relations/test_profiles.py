"""Foreign tables by a profile: what each cell becomes, what is asked before anything is planned, what is lost."""

import csv
import io
from pathlib import Path

import pytest

from relations import profiles
from relations.profiles import BadProfile, Pattern, apply, checked, guess, losses, read_day, ready_made, slug
from relations.reading import read_raw
from tests.factories import make_actor, make_theme

pytestmark = pytest.mark.django_db

FOREIGN = Path(__file__).parent / "foreign"


def raw_of(name: str, document: dict):
    return read_raw((FOREIGN / name).read_bytes(), name=name, **profiles.reading(document))


def mapped(name: str, document: dict):
    return apply(document, raw_of(name, document))


def of_text(text: str, fields: dict, **members):
    """A profile of these rules at work on a CSV."""
    document = {"form": 1, "table": "events", "fields": fields} | members
    return apply(document, read_raw(text.encode(), name="foreign.csv"))


def cells_of(found, column: str) -> list[str]:
    return [cells[column] for _number, cells in found.table.rows]


def lost(name: str, document: dict) -> list[dict]:
    return list(csv.DictReader(io.StringIO("".join(losses(document, raw_of(name, document))))))


# --------------------------------------------------------------------------------------------------------- rules


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{Town}[, {Country}]", "Eastport, Aland"),
        ("{Town}[, {Nothing}]", "Eastport"),
        ("{Year}[-{Month}[-{Nothing}]]", "2021-8"),
        ("[{Nothing}: ]a constant", "a constant"),
        (r"\[{Town}\]", "[Eastport]"),
    ],
)
def test_a_pattern_leaves_out_what_stands_in_brackets_with_an_empty_cell(text, filled):
    cells = {"Town": "Eastport", "Country": "Aland", "Year": "2021", "Month": "8", "Nothing": ""}
    assert Pattern.read(text).fill(cells) == filled


@pytest.mark.parametrize("text", ["{Town", "Town}", "[{Town}", "{Town}]", "{}"])
def test_a_bracket_that_does_not_close_is_refused(text):
    with pytest.raises(BadProfile, match="does not close"):
        Pattern.read(text)


@pytest.mark.parametrize(
    ("text", "formats", "read"),
    [
        ("3/4/2025", ["D/M/YYYY"], "2025-04-03"),
        ("3/4/2025", ["M/D/YYYY"], "2025-03-04"),
        ("14 May 2021", ["D MMMM YYYY"], "2021-05-14"),
        ("May 2021", ["D MMMM YYYY", "MMMM YYYY"], "2021-05"),
        ("2011,12,10", ["YYYY,M,D"], "2011-12-10"),
        ("1985", ["YYYY"], "1985"),
    ],
)
def test_a_date_is_read_as_it_is_declared(text, formats, read):
    assert read_day(text, formats).text() == read


@pytest.mark.parametrize(
    ("text", "formats", "said"),
    [
        ("3/4/2025", ["D/M/YYYY", "M/D/YYYY"], "two dates"),
        ("30/2/2025", ["D/M/YYYY"], "no date"),
        ("3/4/25", ["D/M/YYYY"], "no date"),
        ("14 Mai 2021", ["D MMMM YYYY"], "no date"),
        ("٣/4/2025", ["D/M/YYYY"], "no date"),
    ],
)
def test_a_date_that_is_none_or_two_is_refused(text, formats, said):
    with pytest.raises(ValueError, match=said):
        read_day(text, formats)


def test_a_key_is_made_from_a_text_and_stays_one_where_it_is_cut():
    assert slug("Élan of the Naï’s, 2021!") == "elan-of-the-nais-2021"
    long = [slug("word " * 30 + end) for end in ("one", "two")]
    assert all(len(key) <= 80 for key in long)
    assert long[0] != long[1]


def test_several_columns_make_one_and_a_cell_makes_a_list():
    make_theme(key="trade")
    make_theme(key="water")
    codes = {"Commerce": "trade", "Rivers": "water", "Other": ""}
    found = of_text(
        "y,m,d,town,land,about\n2021,8,15,Eastport,Aland,Rivers; Commerce;Other\n1999,,,Westport,,Commerce\n",
        {
            "date": {"text": "{y}[-{m}[-{d}]]", "dates": ["YYYY-M-D", "YYYY"]},
            "place": "{town}[, {land}]",
            "themes": {"text": "{about}", "split": ";", "codes": codes},
        },
    )
    assert cells_of(found, "date") == ["2021-08-15", "1999"]
    assert cells_of(found, "place") == ["Eastport, Aland", "Westport"]
    assert cells_of(found, "themes") == ["trade|water", "trade"]
    assert not found.unmapped


def test_all_that_is_not_mapped_is_listed_before_anything_runs():
    make_theme(key="trade")
    found = of_text(
        "about,land\ntrade,Pakistan\nRivers,Atlantis\nRivers,India\nwater,\n",
        {"themes": "{about}", "country": "{land}", "kind": "assault"},
    )
    assert [(item.path, item.value, item.rows) for item in found.unmapped] == [
        ("country", "Atlantis", 1),
        ("themes", "Rivers", 2),
        ("themes", "water", 1),
    ]
    assert cells_of(found, "country") == ["PK", "", "IN", ""]


def test_what_is_named_and_not_there_is_made_once_and_what_is_there_stays():
    make_actor(key="border-league")
    who = {"text": "{who}", "key": True, "role": "source", "make": {"name": "{value}", "kind": "armed-group"}}
    found = of_text("who\nBorder League\nSea League\nSea League\n", {"actors": [who]})
    assert cells_of(found, "actors") == ["border-league:source", "sea-league:source", "sea-league:source"]
    assert found.made["actors"].rows == [
        (1, {"key": "sea-league", "name": "Sea League", "kind": "armed-group"}),
    ]


def test_rows_are_skipped_by_what_stands_in_them():
    skip = [{"column": "id", "begins": "#"}, {"column": "land", "is_not": ["Pakistan"]}, {"column": "n", "empty": True}]
    found = of_text("id,land,n\n#tag,Pakistan,1\n1,Pakistan,1\n2,Peru,1\n3,Pakistan,\n", {"key": "{id}"}, skip=skip)
    assert cells_of(found, "key") == ["1"]
    assert found.skipped == 3


def test_a_file_that_lacks_a_column_or_has_one_twice_is_refused():
    with pytest.raises(BadProfile, match="lacks columns that the profile takes: when"):
        of_text("id\n1\n", {"date": "{when}"})
    with pytest.raises(BadProfile, match="twice"):
        of_text("id,id\n1,2\n", {"key": "{id}"})
    assert of_text("id\n1\n", {"key": "{id}", "date": "{when}"}, needs=["id"]).table.rows == [
        (2, {"key": "1", "date": ""})
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"form": 2}, "“form”: 1"),
        ({"table": "stakes"}, "“table” is one of"),
        ({"colour": "red"}, "has no “colour”"),
        ({"fields": {"colour": "red"}}, "has no “colour”"),
        ({"fields": {"title": {"txt": "{a}"}}}, "has no “txt”"),
        ({"fields": {"title": "{a"}}, "does not close"),
        ({"fields": {"date": {"text": "{a}", "dates": ["DMY"]}}}, "is a list such as"),
        ({"fields": {"title": {"codes": ["a"]}}}, "is an object of texts"),
        ({"fields": {"date": {"precision": {"as": {"1": "hour"}}}}}, "one of day, about"),
        ({"skip": [{"column": "a"}]}, "names a “column”"),
        ({"children": {"figures": {}}}, "is a list of rows"),
        ({"children": {"wheels": []}}, "has no “wheels”"),
        ({"fields": []}, "is an object"),
    ],
)
def test_a_document_that_is_no_profile_is_refused_with_what_would_be_right(change, said):
    with pytest.raises(BadProfile, match=said):
        checked({"form": 1, "table": "events", "fields": {}} | change)


# --------------------------------------------------------------------------------------------------- ready-made


@pytest.mark.parametrize("name", ["ucdp-ged.csv", "ucdp-ged-tagged.csv"])
def test_ucdp_ged_keeps_its_doubt_and_three_numbers(name):
    document = ready_made()["ucdp-ged"]
    found = mapped(name, document)
    assert not found.unmapped
    assert not found.faults
    assert found.skipped == (name == "ucdp-ged-tagged.csv")
    assert cells_of(found, "date") == ["2011-05-14", "2011-06-01~/2011-06-04~", "2012"]
    assert cells_of(found, "place_precision") == ["exact", "region", "country"]
    assert cells_of(found, "latitude") == ["34.015", "34", "30"]
    assert cells_of(found, "country") == ["PK"] * 3
    assert cells_of(found, "key")[0] == "ucdp-ged-1001"
    figures = next(iter(found.children.values()))["figures"]
    numbers = {row["of_whom"]: (row["low"], row["best"], row["high"]) for row in figures}
    assert numbers == {
        "": ("11", "12", "15"),
        "Government of Aland (side A)": ("", "2", ""),
        "Border League (side B)": ("", "9", ""),
        "civilians": ("", "1", ""),
    }
    kinds = {cells["key"]: cells["kind"] for _number, cells in found.made["actors"].rows}
    assert kinds == {"border-league": "armed-group", "civilians": "civil-society", "government-of-aland": "state"}
    [source] = found.made["sources"].rows
    assert source[1]["kind"] == "dataset"
    told = lost(name, document)
    assert {row["column"] for row in told if row["became"] == "dropped" and not row["row"]} >= {"relid", "geom_wkt"}
    assert any(row["column"] == "latitude" and row["value"] == "34.0150001" for row in told)
    assert any(row["value"] == "2012-01-01 – 2012-12-31" and row["became"] == "lowered" for row in told)


def test_acled_keeps_its_doubt_and_its_deaths():
    document = ready_made()["acled"]
    found = mapped("acled.csv", document)
    assert not found.unmapped
    assert cells_of(found, "date") == ["2021-05-14", "2021-06"]
    assert cells_of(found, "kind") == ["assault", "protest"]
    assert cells_of(found, "place_precision") == ["city", "region"]
    assert [rows.get("figures", [{}])[0].get("best") for rows in found.children.values()] == ["3", None]
    kinds = {cells["name"]: cells["kind"] for _number, cells in found.made["actors"].rows}
    assert kinds["Military Forces of Pakistan (2018-2022)"] == "armed-forces"
    assert found.children[2]["citations"][0]["locator"] == "PAK101; Herald; Post"


@pytest.mark.parametrize(
    ("name", "profile", "dates"),
    [
        ("timelinejs.csv", "timelinejs-sheet", ["2001-09-14", "2003-02/2004"]),
        ("timelinejs.json", "timelinejs-json", ["2001-09-14", "2003-02/2004"]),
        ("timelinejs-old.csv", "timelinejs-sheet-old", ["2001-09-14/2001-09-16"]),
        ("timelinejs-old.json", "timelinejs-json-old", ["2001-09-14/2001-09-16", "2003"]),
    ],
)
def test_timelinejs_in_all_its_forms(name, profile, dates):
    document = ready_made()[profile]
    found = mapped(name, document)
    assert not found.faults
    assert not found.unmapped
    assert cells_of(found, "date") == dates
    assert cells_of(found, "title")[0] == "They meet"
    assert cells_of(found, "themes")[0] == "diplomacy"
    first = next(iter(found.children.values()))
    assert first["citations"][0]["source"] == "https-newsexample-meetingjpg"
    assert found.made["sources"].rows[0][1]["url"] == "https://news.example/meeting.jpg"
    html = "<" in (FOREIGN / name).read_text()
    assert any(row["became"] == "lowered" for row in lost(name, document)) == html


# -------------------------------------------------------------------------------------------------------- guesses


def test_a_known_header_is_guessed_as_its_profile():
    header = read_raw((FOREIGN / "ucdp-ged.csv").read_bytes(), name="x.csv").header
    assert guess("events", header, [])["name"] == "UCDP GED"


def test_an_unknown_header_is_guessed_by_names_and_values():
    rows = [{"When": "14.5.2021", "Headline": "They meet", "Town": "Eastport", "Deaths": "3", "Tags": "a; b"}]
    found = guess("events", list(rows[0]), rows)
    assert found["fields"]["date"] == {"text": "{When}", "dates": ["D.M.YYYY"]}
    assert found["fields"]["title"] == {"text": "{Headline}"}
    assert found["fields"]["place"] == {"text": "{Town}"}
    assert found["fields"]["themes"] == {"text": "{Tags}", "split": ";"}
    assert found["fields"]["key"] == {"text": "{When} {Headline}", "key": True}
    assert found["children"]["figures"] == [{"counts": "killed", "best": "{Deaths}"}]
    assert checked(found)


def test_dates_that_may_be_two_things_are_not_guessed():
    rows = [{"Date": "3/4/2025", "Title": "They meet"}]
    assert "dates" not in guess("events", list(rows[0]), rows)["fields"]["date"]
