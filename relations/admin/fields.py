"""Form fields that take what a cell can hold: relations by name, dates with what they mean, numbers as written.

Fields say nothing about rules: the writer reads every cell and its refusals come back to the fields. Only a relation is
found here, for a form knows names where a cell knows keys.
"""

import re

from django import forms
from django.db import models
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from .. import addresses, codelists, dates, keys, search
from ..models import Actor, Keyed, Source
from ..resources.base import KEY

IN_BRACKETS = re.compile(r"\[([a-z0-9-]{1,80})\]$")
LONGEST_LABEL = 90
MOST_CANDIDATES = 8


def label_of(record: Keyed) -> str:
    """Return what a record is called in lists and fields, on one line."""
    label = record.label if isinstance(record, Actor) else str(record)
    return Truncator(" ".join(label.split())).chars(LONGEST_LABEL)


class Named(str):
    """A record as a relation's field shows it and reads it again: `State Department [us-state-department]`.

    `hint` is what stands beneath it, such as the publisher and date of a source.
    """

    hint = ""


def named(record: Keyed | None) -> Named:
    """Return a record as the text of a field; nothing for none."""
    text = Named(f"{label_of(record)} [{record.key}]" if record else "")
    if isinstance(record, Source):
        text.hint = source_hint(record)
    return text


def source_hint(source: Source) -> str:
    """Return publisher and date of a source."""
    published = dates.parse(source.published).short() if source.published else ""
    return ", ".join(text for text in (source.publisher, published) if text)


def names_of(record: Keyed) -> list[str]:
    """Return every text that names a record, besides its key."""
    if isinstance(record, Actor):
        return [record.name, record.short_name, *record.alias_list]
    if isinstance(record, Source):
        return [record.title, record.url, record.archived_url]
    return [str(record), label_of(record)]


def key_in(text: str) -> str:
    """Return the key that a relation's field holds: `Name [key]` or a key alone; nothing of other texts."""
    bracket = IN_BRACKETS.search(text.strip())
    key = bracket[1] if bracket else text.strip()
    return key if KEY.match(key) else ""


def beginnings(text: str) -> str:
    """Return a search for records that have a word beginning with each word of a text."""
    words = (word.strip("-*") for word in text.replace('"', " ").split())
    return " ".join(f"{word}*" for word in words if word)


def candidates(model: type[Keyed], text: str) -> models.QuerySet:
    """Return the records that a text may mean, the likeliest first: by key, name, short name, alias, or any word."""
    text = text.strip()[:200]
    if not text:
        return model.objects.none()
    title = model.title_field
    begins = models.Q(key__startswith=text.lower()) | models.Q(**{f"{title}__istartswith": text})
    if model is Actor:
        begins |= models.Q(short_name__istartswith=text)
    if model is Source and addresses.is_address(text):
        return addresses.sources_at(text)
    found = begins | models.Q(pk__in=search.matching(model, beginnings(text)))
    rank = models.Case(models.When(key=text, then=0), models.When(begins, then=1), default=2)
    return model.objects.filter(found).annotate(rank=rank).order_by("rank", title, "key")


def find(model: type[Keyed], text: str) -> Keyed:
    """Return the one record that a text names: `Name [key]`, a key, a name, a short name or an alias.

    Raises ValidationError naming those that it may mean.
    """
    bracket = IN_BRACKETS.search(text)
    key = bracket[1] if bracket else text
    if KEY.match(key) and (record := model.objects.filter(key=key).first()):
        return record
    near = list(candidates(model, text)[:50]) if not bracket else []
    same = [record for record in near if search.fold(text) in {search.fold(name) for name in names_of(record) if name}]
    if len(same) == 1:
        return same[0]
    values = {"text": text[:100], "model": model._meta.verbose_name}
    right = _(" or ").join(named(record) for record in (same or near)[:MOST_CANDIDATES])
    if len(same) > 1:
        message = _("“%(text)s” is the name of several; write %(right)s")
    elif right:
        message = _("no %(model)s is called “%(text)s”; write %(right)s")
    else:
        message = _("no %(model)s is called “%(text)s”; write a name or a key, or enter it first")
    raise forms.ValidationError(message % {**values, "right": right})


class RecordInput(forms.TextInput):
    """A text that names a record; script offers those that it may mean."""

    template_name = "relations/widgets/record.html"

    def __init__(self, model: type[Keyed], attrs=None):
        super().__init__({"autocomplete": "off", "spellcheck": "false", **(attrs or {})})
        self.model = model

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        context["url"] = reverse("admin:find", args=[self.model._meta.label_lower])
        context["hint"] = getattr(value, "hint", "")
        context["shows_hint"] = self.model is Source
        return context


class RecordsInput(RecordInput):
    """Such texts, each in a box of its own, and empty boxes for more."""

    template_name = "relations/widgets/records.html"
    empty_boxes = 2
    label = ""  # of the field: the boxes after the first are read out by it, with their number

    def get_context(self, name, value, attrs):
        context = super().get_context(name, "", attrs)
        boxes = [*(value or []), *[""] * self.empty_boxes]
        own = context["widget"]["attrs"].get("id", name)
        context["boxes"] = []
        for place, text in enumerate(boxes):
            more = {"id": f"{own}_{place}", "aria-label": f"{self.label} {place + 1}"} if place else {}
            context["boxes"].append(
                {**context["widget"], "value": text, "attrs": {**context["widget"]["attrs"], **more}}
            )
        return context

    def value_from_datadict(self, data, files, name):
        values = data.getlist(name) if hasattr(data, "getlist") else data.get(name, [])
        return [value.strip() for value in values if value.strip()]

    def format_value(self, value):
        return value


class PicksInput(RecordsInput):
    """Such texts, those that are likely as boxes to check; `picks` are (record as text, what tells it from others)."""

    template_name = "relations/widgets/picks.html"
    picks: tuple[tuple[str, str], ...] = ()

    def get_context(self, name, value, attrs):
        given, offered = value or [], {text for text, _hint in self.picks}
        context = super().get_context(name, [text for text in given if text not in offered], attrs)
        context["picks"] = [(text, hint, text in given) for text, hint in self.picks]
        context["label"] = self.label
        return context


class RecordField(forms.CharField):
    """A relation to one record, found by any of its names; cleans to the record."""

    def __init__(self, *, model: type[Keyed], **kwargs):
        self.model = model
        super().__init__(widget=RecordInput(model), **kwargs)

    def prepare_value(self, value):
        if isinstance(value, int):
            value = self.model._base_manager.filter(pk=value).first()
        return named(value) if isinstance(value, models.Model) else value

    def to_python(self, value):
        text = super().to_python(value)
        return find(self.model, text) if text else None

    def validate(self, value):
        forms.Field.validate(self, value)

    def run_validators(self, value):
        pass

    def has_changed(self, initial, data):
        return (self.prepare_value(initial) or "") != (data or "")


class NewSource:
    """A source that a citation needs and that nobody has entered: its address, and once confirmed its cells."""

    def __init__(self, url: str):
        self.url = addresses.without_tracking(url)
        self.cells: dict[str, str] = {}
        self.row = 0  # of the citations, in which it was confirmed

    @property
    def key(self) -> str:
        """The key under which it will be."""
        return self.cells.get("key", "")


class SourceField(RecordField):
    """The source of a citation: named as every record, or by its address; of a new address cleans to a NewSource."""

    def to_python(self, value):
        text = forms.CharField.to_python(self, value)
        if not addresses.is_address(text):
            return super().to_python(value)
        found = list(addresses.sources_at(text)[:MOST_CANDIDATES])
        if len(found) > 1:
            right = _(" or ").join(named(source) for source in found)
            raise forms.ValidationError(_("several sources have this address; write %(right)s") % {"right": right})
        return found[0] if found else NewSource(text)


class RecordsField(RecordField):
    """A relation to several records; cleans to a list of them."""

    def __init__(self, *, model: type[Keyed], **kwargs):
        super().__init__(model=model, **kwargs)
        self.widget = RecordsInput(model)

    def prepare_value(self, value):
        return [RecordField.prepare_value(self, item) for item in value or []]

    def to_python(self, value):
        found, errors = {}, []
        for text in value or []:
            try:
                record = find(self.model, forms.CharField.to_python(self, text))
            except forms.ValidationError as error:
                errors.append(error)
            else:
                found[record.pk] = record
        if errors:
            raise forms.ValidationError(errors)
        return list(found.values())

    def has_changed(self, initial, data):
        return self.prepare_value(initial) != (data or [])


class EdtfInput(forms.TextInput):
    """A date, and beneath it what was understood; script asks again while it is typed."""

    template_name = "relations/widgets/edtf.html"

    def __init__(self, attrs=None):
        super().__init__({"autocomplete": "off", "maxlength": dates.MAX_LENGTH, "size": 24, **(attrs or {})})

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        context["url"] = reverse("admin:understand-date")
        context["understood"] = understood(value or "").get("understood", "")
        return context


def understood(text: str) -> dict[str, str]:
    """Return {"understood": what a date means} or {"error": what would be right}; nothing of an empty text."""
    if not text:
        return {}
    try:
        return {"understood": dates.parse(text).understood()}
    except ValueError as error:
        return {"error": str(error)}


class KeyInput(forms.TextInput):
    """The key of a new record; script proposes one while the fields that it is made of are filled in."""

    template_name = "relations/widgets/key.html"

    def __init__(self, model: type[Keyed]):
        super().__init__({"autocomplete": "off", "spellcheck": "false"})
        self.model = model

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        context["url"] = reverse("admin:propose-key", args=[self.model._meta.label_lower])
        context["parts"] = keys.parts_of(self.model)
        return context


class PlaceInput(forms.TextInput):
    """A place; script offers those used before, and fills in what is known of them."""

    template_name = "relations/widgets/place.html"

    def __init__(self, model: type[Keyed]):
        super().__init__({"autocomplete": "off"})
        self.model = model

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        context["url"] = reverse("admin:find-place", args=[self.model._meta.label_lower])
        return context


class LinesField(forms.CharField):
    """A list that its cell separates by `|`, one item a line; sorted unless its order says something."""

    widget = forms.Textarea

    def __init__(self, *, is_sorted: bool = True, **kwargs):
        self.is_sorted = is_sorted
        super().__init__(**kwargs)

    def prepare_value(self, value):
        return value if value is None or "\n" in value else value.replace("|", "\n")

    def to_python(self, value):
        items = [line.strip() for line in (super().to_python(value) or "").replace("|", "\n").splitlines()]
        items = list(dict.fromkeys(item for item in items if item))
        return "|".join(sorted(items) if self.is_sorted else items)


class KindSelect(forms.Select):
    """The PLOVER classes under their families, with what each means in a list that opens.

    Script finds a class by any word of what it means, and by the words of `plover_event_words.csv`.
    """

    template_name = "relations/widgets/kind.html"

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        meanings, words = codelists.codelist("plover_event"), codelists.event_words()
        context["families"] = [
            {
                "name": family,
                "label": label,
                "kinds": [
                    {
                        "kind": kind,
                        "meaning": meanings[kind.upper()].description if kind.upper() in meanings else "",
                        "words": ", ".join(words[kind]),
                    }
                    for kind in kinds
                ],
            }
            for family, (label, kinds) in codelists.FAMILIES.items()
        ]
        return context


def kinds_by_family() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the PLOVER classes as options under the names of their families."""
    labels = dict(codelists.event_kinds())
    return [(label, [(kind, labels[kind]) for kind in kinds]) for _family, (label, kinds) in codelists.FAMILIES.items()]
