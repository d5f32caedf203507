"""What a reader makes of a page: its words, its links, the text of one of its parts."""

import re
from html import unescape


def words(html) -> str:
    """Return the text of a page or of a part of it: one space between words, without what only pictures say."""
    html = html.content.decode() if hasattr(html, "content") else html
    html = re.sub(r"<(svg|head)\b.*?</\1>", " ", html, flags=re.S)
    text = unescape(re.sub(r"<[^>]+>", " ", html))
    return re.sub(r" (?=[.,;:!?])", "", " ".join(text.split()))


def part(response, start: str, end: str) -> str:
    """Return the HTML of a page from one text to the next other one; both are there, or the test fails."""
    html = response.content.decode()
    assert start in html, start
    html = html[html.index(start) :]
    assert end in html, end
    return html[: html.index(end)]


def links(html) -> list[str]:
    """Return the addresses of all links, in their order."""
    html = html.content.decode() if hasattr(html, "content") else html
    return [unescape(address) for address in re.findall(r"<a\b[^>]*?\shref=\"([^\"]*)\"", html)]
