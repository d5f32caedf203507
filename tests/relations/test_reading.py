from dataclasses import replace

import pytest

from relations.reading import LIMITS, Unreadable, read_table

COLUMNS = ["key", "title", "date"]


def faults_of(data: bytes, **options):
    with pytest.raises(Unreadable) as caught:
        read_table(data, COLUMNS, **options)
    return caught.value


def test_rows_are_counted_as_a_spreadsheet_counts_them():
    table = read_table(b'key,title\na,"two\nlines"\nb,one\n', COLUMNS)
    assert table.columns == ["key", "title"]
    assert table.rows == [(2, {"key": "a", "title": "two\nlines"}), (3, {"key": "b", "title": "one"})]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_and_the_byte_order_mark_change_nothing(end, mark):
    table = read_table(f"{mark}key,title{end}a,Café{end}".encode(), COLUMNS)
    assert table.rows == [(2, {"key": "a", "title": "Café"})]


def test_columns_stand_in_any_order():
    assert read_table(b"date,key\n2020,a\n", COLUMNS).rows == [(2, {"date": "2020", "key": "a"})]


def test_every_bad_row_is_named_and_the_others_are_kept():
    error = faults_of(b"key,title\na\nb,good\n\nc,d,e\n")
    assert [(fault.number, fault.message) for fault in error.faults] == [
        (2, "the row has 1 cells, the header 2"),
        (4, "the row is empty; take it out"),
        (5, "the row has 3 cells, the header 2"),
    ]
    assert error.table.rows == [(3, {"key": "b", "title": "good"})]


def test_every_bad_column_is_named_with_the_one_that_was_meant():
    error = faults_of(b"key,Title,datum,date,date\n")
    assert [str(fault) for fault in error.faults] == [
        "row 1, Title: there is no column “Title”; write “title”",
        "row 1, datum: there is no column “datum”; write “date”",
        "row 1, date: the column stands twice",
    ]
    assert error.table is None


def test_a_package_has_all_columns():
    [fault] = faults_of(b"key,title\n", needed=COLUMNS).faults
    assert (fault.column, fault.message) == ("date", "this column is missing")


def test_an_open_quotation_mark_is_sought_where_it_opens():
    [fault] = faults_of(b'key,title\na,b\nc,"d\ne,f\n').faults
    assert fault.number == 3 and "quotation mark" in fault.message


def test_the_byte_that_is_no_utf_8_is_named():
    [fault] = faults_of("key,title\na,Café\n".encode("latin-1")).faults
    assert "byte 16 (0xE9), in line 2, is not UTF-8" in fault.message


@pytest.mark.parametrize(
    ("limits", "says"),
    [
        (replace(LIMITS, bytes=20), "the file is larger than 20 bytes"),
        (replace(LIMITS, rows=1), "more than 1 rows"),
        (replace(LIMITS, columns=1), "2 columns; at most 1"),
        (replace(LIMITS, cell=5), "longer than 5 characters"),
    ],
)
def test_what_is_too_large_is_refused_by_its_limit(limits, says):
    data = b"key,title\na,longer\nb,c\n"
    assert len(read_table(data, COLUMNS).rows) == 2
    assert says in faults_of(data, limits=limits).faults[0].message


def test_a_cell_that_swallows_the_rest_of_a_large_file_is_refused():
    [fault] = faults_of(b'key,title\na,"' + b"b,c\n" * 100_000).faults
    assert fault.number == 2 and "longer than 50000 characters" in fault.message
