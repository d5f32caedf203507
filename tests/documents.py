"""The tables of docs/importing.md, made from the Resources: `python -m tests.documents` writes them into the page."""

import os
import re
from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "importing.md"
MOST_WORDS = 20  # of a choice; longer lists stand in the dictionary of the site


def parts(text: str) -> dict[str, str]:
    """Return what stands between the marks of a page, by the words of the mark."""
    return {name: body.strip() for name, body in re.findall(r"<!-- (?!end)(.+?) -->\n(.*?)<!-- end -->", text, re.S)}


def with_part(text: str, name: str, body: str) -> str:
    """Return a page with something else between the marks of a name."""
    pattern = rf"(<!-- {re.escape(name)} -->\n).*?(<!-- end -->)"
    return re.sub(pattern, lambda found: f"{found[1]}\n{body}\n\n{found[2]}", text, count=1, flags=re.S)


def rows_of(table: str) -> list[list[str]]:
    """Return the cells of a table of a page, without its head; `\\|` in a cell is an upright stroke."""
    lines = [re.split(r"(?<!\\)\|", line)[1:-1] for line in table.splitlines()[2:]]
    return [[cell.replace("\\|", "|").removeprefix(" ").removesuffix(" ") for cell in line] for line in lines]


def tables() -> str:
    """Return what each column of each table holds, as Markdown."""
    from relations import package
    from timeline.dictionary import ROWS, columns_of

    found = []
    for name in package.files():
        lines = [f"### {name}.csv", "", str(ROWS[name]), "", "| column | what stands there | written as | needed |"]
        lines.append("|---|---|---|---|")
        lines += [_line(name, column) for column in columns_of(name)]
        found.append("\n".join(lines))
    return "\n\n".join(found)


def _line(file: str, column) -> str:
    said = column.help.replace("|", "\\|")
    return f"| `{column.name}` | {said} | {_written(column)} | {_needed(file, column)} |"


def _written(column) -> str:
    from timeline.dictionary import vocabularies

    written, words = column.form.replace("|", "`\\|`"), [value for value, _label in column.choices]
    if column.file:
        keys = f"of [{column.file}](#{column.file}csv)"
        written = re.sub(r"^(a key|keys|key:role pairs)", rf"\1 {keys}", written)
    if column.vocabulary:
        codes = next(found for found in vocabularies() if found.name == column.vocabulary)
        written += f" the {codes.title}"
        words = [value for value, _name, _meaning in codes.codes]
    shown = [f"`{word}`" for word in words] if len(words) <= MOST_WORDS else [f"`{word}`" for word in words[:4]] + ["…"]
    return f"{written}: {', '.join(shown)}" if shown else written


def _needed(file: str, column) -> str:
    from relations.package import CITATIONS
    from relations.resources import ChildResource, CitationResource, registry, resource_of

    if file == CITATIONS:
        table = CitationResource.of(registry["events"]._meta.model)()
        if column.name in ("record_type", "record"):
            return "yes, names the row"
    else:
        table = registry[file]()
    if isinstance(table, ChildResource) and column.name in (table.owner_column, *table.natural_key):
        return "yes, names the row" if column.is_required else "names the row"
    if column.name == "key":
        return "yes, names the row"
    if column.name == "sources" and hasattr(table, "record_type"):
        return "to be published" if resource_of(table._meta.model).children else ""
    usual = table.default_text(column.name) if column.is_required or column.form == "yes or no" else ""
    return f"usual: `{usual}`" if usual else "yes" if column.is_required else ""


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    page = PAGE.read_text(encoding="utf-8")
    name = next(name for name in parts(page) if name.startswith("tables"))
    PAGE.write_text(with_part(page, name, tables()), encoding="utf-8")
