"""Two versions of a page as one."""

import pytest

from relations.marking import marked


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("<p>a b</p>", "<p>a b</p>", "<p>a b</p>"),
        ("<p>on 4 May</p>", "<p>on 5 May 2020</p>", "<p>on <del>4</del> <ins>5</ins> May <ins>2020</ins></p>"),
        ("<p>a b c</p>", "<p>a c</p>", "<p>a <del>b</del> c</p>"),
        ("<p>a b</p>", "<p>a</p>", "<p>a <del>b</del></p>"),
        ("<p>b</p>", "<p>wholly other words</p>", "<p><del>b</del> <ins>wholly other words</ins></p>"),
        ("<li>A</li>", "<li>A</li> <li>B</li>", "<li>A</li> <li><ins>B</ins></li>"),
        ("<li>A</li><li>B</li><li>C</li>", "<li>A</li><li>C</li>", "<li>A <del>B</del></li><li>C</li>"),
        ("<i>A</i><b>B</b>", "<b>B</b>", "<b> <del>A</del>B</b>"),
        ("", "<p>new</p>", "<p><ins>new</ins></p>"),
        ("<p>old</p>", "<hr>", "<hr>"),
        ("<p>a</p>", '<p class="x">a</p>', '<p class="x">a</p>'),
        ("<p>x &amp; y</p>", "<p>x &lt; y</p>", "<p>x <del>&amp;</del> <ins>&lt;</ins> y</p>"),
        ("<svg><text>1</text></svg>", "<svg><text>2</text><path/></svg>", "<svg><text>2</text><path/></svg>"),
    ],
)
def test_what_is_new_and_what_is_gone_stands_in_its_place(before, after, shown):
    assert marked(before, after) == shown


def test_a_long_page_is_compared_row_by_row():
    rows = [f"<tr><td>{n}</td><td>USD</td><td>paid in the year {n % 40}</td></tr>" for n in range(2000)]
    changed = [*rows[:900], "<tr><td>new</td><td>EUR</td><td>pledged</td></tr>", *rows[901:]]
    page = marked("".join(rows), "".join(changed))
    assert "<ins>EUR</ins>" in page
    assert page.count("<ins>") < 10
