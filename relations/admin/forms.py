"""The form of a record and the rows of its children: they show, and hand on what was typed; the writer decides."""

from django import forms
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from .. import addresses, keys
from ..fields import EdtfField, ExactDecimalField
from ..models import Change, Keyed, Placed, Source, State
from .fields import EdtfInput, KeyInput, NewSource, PlaceInput, RecordField, RecordsField, RecordsInput, SourceField

# Withdrawal is an act of its own, with its own page.
KINDS_OF_CHANGE = [
    ("", _("Choose one")),
    *Change.of_cells(),
]


class CellFields:
    """For a ModelAdmin or an inline: every column as a field whose text is what the cell will hold."""

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        given = {
            "label": capfirst(db_field.verbose_name),
            "help_text": db_field.help_text,
            "required": not db_field.blank,
        }
        if db_field.is_relation and issubclass(db_field.related_model, Keyed):
            kind = RecordsField if db_field.many_to_many else RecordField
            if db_field.name == "source":
                kind = SourceField
            return kind(model=db_field.related_model, **given)
        if isinstance(db_field, EdtfField):
            return forms.CharField(widget=EdtfInput, **given)
        if isinstance(db_field, ExactDecimalField | models.IntegerField) and not db_field.choices:
            widget = forms.TextInput({"inputmode": "decimal", "size": 16, "autocomplete": "off"})
            return forms.CharField(widget=widget, **given)
        if db_field.name == "place" and issubclass(db_field.model, Placed):
            return forms.CharField(widget=PlaceInput(db_field.model), **given)
        return super().formfield_for_dbfield(db_field, request, **kwargs)


class CellForm(forms.ModelForm):
    """A form that reads text and validates no rule: what is required, allowed and unique is the writer's to say."""

    rows_of_text = 4

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **{"label_suffix": ""} | kwargs)
        for field in self.fields.values():
            if isinstance(field.widget, forms.Textarea):
                field.widget.attrs["rows"] = self.rows_of_text
            elif isinstance(field.widget, RecordsInput):
                field.widget.label = field.label

    def full_clean(self):
        # What is needed is marked so, and refused by the writer, together with all else that is wrong.
        needed = [field for field in self.fields.values() if field.required]
        for field in needed:
            field.required = False
        super().full_clean()
        for field in needed:
            field.required = True

    def _post_clean(self):
        # Neither does the form change its instance: until it is written, the record is as it was.
        pass


class VersionField(forms.CharField):
    """The version that the form was made of; anything else counts as none, so that the save is stale."""

    widget = forms.HiddenInput

    def clean(self, value):
        return int(value) if value and value.isascii() and value.isdigit() and len(value) < 10 else 0


class RecordForm(CellForm):
    """The form of a record, with the version that it was made of and, of a published record, why it changes."""

    version = VersionField()
    change = forms.ChoiceField(label=_("Kind of correction"), choices=KINDS_OF_CHANGE)
    reason = forms.CharField(max_length=1000, widget=forms.Textarea({"rows": 3}))

    refusal = None  # what the writer said of this same form a moment ago
    filled: dict = {}  # initial values that are not those of the record

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        record = self.instance
        for name, field in self.fields.items():
            if record.pk and isinstance(field, RecordField) and not isinstance(field, RecordsField):
                # The record is loaded with its relations; its form by itself would ask for each of them.
                self.initial[name] = getattr(record, name)
        self.initial |= {"version": record.version, **self.filled}
        if not record.pk:
            self._propose()
        reason = self.fields["reason"]
        if record.state == State.PUBLISHED:
            reason.label = _("Reason, shown to readers")
            reason.help_text = _("Stands on the page of corrections once a second person agrees.")
        else:
            del self.fields["change"]
            reason.required = False
            reason.label = _("Note for the history")
            reason.widget = forms.TextInput()

    def _propose(self):
        """Begin a new record where one types first, and leave its key to the rule."""
        self.fields["key"].widget = KeyInput(self._meta.model)
        self.fields["key"].required = False
        if not self.is_bound and not any("autofocus" in field.widget.attrs for field in self.fields.values()):
            next(iter(self.fields.values())).widget.attrs["autofocus"] = True

    def is_valid(self):
        return super().is_valid() and self.refusal is None


class ChildForm(CellForm):
    """A row of one child; `details` are the columns that are shown where they say something."""

    details: tuple[str, ...] = ()
    rows_of_text = 2

    @property
    def has_more(self) -> bool:
        """Whether one of the columns behind “More” says what is not usual, or is wrong."""
        usual = {name: self.fields[name].initial for name in self.details}
        return any(self[name].value() not in (None, "", usual[name]) or self[name].errors for name in self.details)


class CitationForm(ChildForm):
    """A row of one citation, in which a source that nobody has entered yet is entered too."""

    new_title = forms.CharField(label=_("Title"), max_length=300, required=False)
    new_publisher = forms.CharField(label=_("Publisher"), max_length=200, required=False)
    new_published = forms.CharField(label=_("Published"), required=False, widget=EdtfInput)
    new_kind = forms.ChoiceField(label=_("Kind"), choices=Source.Kind.choices, initial=Source.Kind.NEWS, required=False)
    NEW = ("new_title", "new_publisher", "new_published", "new_kind")

    @property
    def new_source(self) -> NewSource | None:
        """The source that this row enters."""
        source = getattr(self, "cleaned_data", {}).get("source")
        return source if isinstance(source, NewSource) else None

    @property
    def has_new(self) -> bool:
        """Whether the fields of a new source are shown."""
        return self.new_source is not None or any(name in self.errors for name in self.NEW if self.is_bound)

    def confirm(self, taken: set[str]) -> None:
        """Take what was typed of the new source, and what its address suggests; refuse it without a title."""
        source = self.new_source
        suggested = addresses.source_from(source.url)
        typed = {name.removeprefix("new_"): self.cleaned_data.get(name, "") for name in self.NEW}
        if not typed["title"]:
            # Without script these fields are seen now for the first time.
            self.data = self.data.copy()
            for name in self.NEW:
                self.data[self.add_prefix(name)] = suggested[name.removeprefix("new_")]
            self.add_error("new_title", _("no source has this address yet; confirm title, publisher and date"))
            typed = {"title": suggested["title"] or source.url[:300]}
        cells = suggested | typed
        source.cells = cells | {"key": keys.propose(Source, cells, taken=taken)}


class OrderedChildForm(ChildForm):
    """A row of one child whose order says something."""

    place = forms.IntegerField(
        label=_("Order"),
        min_value=1,
        max_value=9999,
        required=False,
        widget=forms.TextInput({"inputmode": "numeric", "size": 3}),
    )


class ChildFormSet(forms.BaseInlineFormSet):
    """The children of a record as rows of text.

    The writer replaces a list of children as a whole, so that no row is bound to an id: a colleague's save in between
    leaves what was typed readable. `child` is their Resource, or `cell` the column that holds them all as `parts`.
    """

    child = None
    cell = ""
    parts = None
    columns: tuple[str, ...] = ()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.extra += len(self.initial_extra or [])

    def initial_form_count(self):
        # Where a person may only look, the rows are shown from the database as they are.
        return 0 if self.is_bound or self.initial_extra is not None else super().initial_form_count()

    def clean(self):
        pass


class CitationFormSet(ChildFormSet):
    """The citations of a record; a new source that several of them name is entered once, by the first with a title."""

    def clean(self):
        rows = [form for form in self.forms if not self._goes(form) and getattr(form, "new_source", None)]
        rows.sort(key=lambda form: not form.cleaned_data.get("new_title"))
        entered: dict[str, NewSource] = {}
        for form in rows:
            source = form.new_source
            if source.url in entered:
                form.cleaned_data["source"] = entered[source.url]
            else:
                form.confirm(taken={source.key for source in entered.values()})
                source.row = self.forms.index(form)
                entered[source.url] = source
        self.new_sources = list(entered.values())

    def _goes(self, form) -> bool:
        return bool(getattr(form, "cleaned_data", {}).get("DELETE"))
