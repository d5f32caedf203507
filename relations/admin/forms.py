"""The form of a record and the rows of its children: they show, and hand on what was typed; the writer decides."""

from django import forms
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from ..fields import EdtfField, ExactDecimalField
from ..models import Change, Keyed, State
from .fields import EdtfInput, RecordField, RecordsField, RecordsInput

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
            return kind(model=db_field.related_model, **given)
        if isinstance(db_field, EdtfField):
            return forms.CharField(widget=EdtfInput, **given)
        if isinstance(db_field, ExactDecimalField | models.IntegerField) and not db_field.choices:
            widget = forms.TextInput({"inputmode": "decimal", "size": 16, "autocomplete": "off"})
            return forms.CharField(widget=widget, **given)
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

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        record = self.instance
        for name, field in self.fields.items():
            if record.pk and isinstance(field, RecordField) and not isinstance(field, RecordsField):
                # The record is loaded with its relations; its form by itself would ask for each of them.
                self.initial[name] = getattr(record, name)
        self.initial["version"] = record.version
        reason = self.fields["reason"]
        if record.state == State.PUBLISHED:
            reason.label = _("Reason, shown to readers")
            reason.help_text = _("Stands on the page of corrections once a second person agrees.")
        else:
            del self.fields["change"]
            reason.required = False
            reason.label = _("Note for the history")
            reason.widget = forms.TextInput()

    def is_valid(self):
        return super().is_valid() and self.refusal is None


class ChildForm(CellForm):
    """A row of one child; `details` are the columns that are shown where they say something."""

    details: tuple[str, ...] = ()
    rows_of_text = 2

    @property
    def has_more(self) -> bool:
        """Whether one of the columns behind “More” is filled in, or wrong."""
        return any(self[name].value() or self[name].errors for name in self.details)


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
