"""A form as a browser reads it from a page and sends it: what is in it, with what a test types over."""

from html.parser import HTMLParser


class _Reader(HTMLParser):
    def __init__(self, form_id: str):
        super().__init__()
        self.form_id, self.data = form_id, {}
        self.inside, self.template, self.select, self.text = False, 0, None, None

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "form":
            self.inside = attributes.get("id") == self.form_id
        if tag == "template":
            self.template += 1
        # A field elsewhere on the page belongs to the form that it names.
        if self.template or not (self.inside or attributes.get("form") == self.form_id):
            return
        name = attributes.get("name")
        if tag == "input" and name:
            kind = attributes.get("type", "text")
            if kind in ("submit", "button") or (kind in ("checkbox", "radio") and "checked" not in attributes):
                return
            self.data.setdefault(name, []).append(attributes.get("value", "on" if kind == "checkbox" else ""))
        elif tag == "textarea" and name:
            self.text = name
            self.data.setdefault(name, []).append("")
        elif tag == "select" and name:
            self.select = [name, None]
        elif tag == "option" and self.select and (self.select[1] is None or "selected" in attributes):
            self.select[1] = attributes.get("value", "")

    def handle_endtag(self, tag):
        if tag == "form":
            self.inside = False
        elif tag == "template":
            self.template -= 1
        elif tag == "textarea":
            self.text = None
        elif tag == "select" and self.select:
            if self.select[1] is not None:
                self.data.setdefault(self.select[0], []).append(self.select[1])
            self.select = None

    def handle_data(self, text):
        if self.text:
            self.data[self.text][-1] += text


def form_of(response, form_id: str) -> dict[str, list[str]]:
    """Return what the form of a page would send, by name; templates of rows are left out, as in a browser."""
    reader = _Reader(form_id)
    reader.feed(response.text)
    for name, values in reader.data.items():
        # Browsers drop the first line end of a text area, and send the others as CR LF.
        reader.data[name] = [value.removeprefix("\n").replace("\n", "\r\n") for value in values]
    return reader.data
