"""“Report an error”: what readers see of it, and what is taken from them. Nothing of a report is shown to others."""

from urllib.parse import urlsplit

from axes.helpers import get_client_ip_address
from django import forms
from django.conf import settings
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from relations import reporting
from relations.filters import BadQuery, unknown_names
from relations.resources.base import TextWidget

from .. import citing
from .base import PublishedMixin
from .records import SECTIONS, address_of, crumbs

MOST_BYTES = 32_768  # of a form: its texts in the longest letters, and as much again
SENT = "sent"


class PlainText(forms.CharField):
    """Text without control characters and invisible ones, as in the record."""

    def __init__(self, *, lines: bool = False, **kwargs):
        super().__init__(**kwargs)
        self.lines = lines

    def clean(self, value):
        text = super().clean(value).replace("\r\n", "\n")
        try:
            return TextWidget(lines=self.lines).read(text) if text else ""
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error


class ErrorForm(forms.Form):
    """What is wrong in one record."""

    field = forms.ChoiceField(label=gettext_lazy("What is wrong"), required=False)
    right = PlainText(
        label=gettext_lazy("What would be right?"),
        max_length=2000,
        lines=True,
        widget=forms.Textarea({"rows": 5, "dir": "auto"}),
        help_text=gettext_lazy("“The visit was on 4 May, not on 5 May.”"),
        error_messages={"required": gettext_lazy("Say what would be right.")},
    )
    source = PlainText(
        label=gettext_lazy("Which document says so?"),
        max_length=500,
        widget=forms.TextInput({"dir": "auto"}),
        help_text=gettext_lazy("An address, or title, publisher and date. Page or paragraph help."),
        error_messages={"required": gettext_lazy("Name the document that says so.")},
    )
    credit = PlainText(
        label=gettext_lazy("Your name, to be thanked in public"),
        max_length=100,
        required=False,
        widget=forms.TextInput({"autocomplete": "name", "dir": "auto"}),
        help_text=gettext_lazy("Stands beside the correction, if there is one. Leave it empty to stay unnamed."),
    )
    email = forms.EmailField(
        label=gettext_lazy("E-mail address, for an answer"),
        max_length=254,
        required=False,
        widget=forms.EmailInput({"autocomplete": "email"}),
        help_text=gettext_lazy("Never shown, used for the answer alone, and deleted 90 days after it."),
    )
    website = forms.CharField(
        label=gettext_lazy("Leave this empty"),
        required=False,
        max_length=200,
        widget=forms.TextInput({"tabindex": "-1", "autocomplete": "off"}),
    )

    def __init__(self, *args, model, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)
        columns = [(name, capfirst(name.replace("_", " "))) for name in reporting.fields_of(model)]
        self.fields["field"].choices = [("", _("Something else, or the record as a whole")), *columns]
        for name, field in self.fields.items():
            described = [f"{name}-help"] if field.help_text else []
            if self.is_bound and name in self.errors:
                described.insert(0, f"{name}-error")
                field.widget.attrs["aria-invalid"] = "true"
            if described:
                field.widget.attrs["aria-describedby"] = " ".join(described)

    @property
    def is_from_a_robot(self) -> bool:
        """Whether the field is filled that no reader sees."""
        return bool(self.data.get("website"))


class ReportError(PublishedMixin, View):
    """The form about one record; on POST a report of it."""

    def get(self, request, key):
        if faults := unknown_names(request.GET, (SENT,)):
            raise BadQuery(faults, request.GET, (SENT,))
        record = self.get_record(key)
        return self._page(record, ErrorForm(model=self.model), is_sent=SENT in request.GET)

    def post(self, request, key):
        record = self.get_record(key)
        if not is_from_here(request):
            refused = _(
                "Your browser did not say that this form is from our page. Open the page again, and send it from there."
            )
            return self._page(record, ErrorForm(model=self.model), refused=refused, status=403)
        if not 0 < int(request.META.get("CONTENT_LENGTH") or 0) <= MOST_BYTES:
            refused = _("That is more than a report can hold: say it in 2,000 letters, and name the document.")
            return self._page(record, ErrorForm(model=self.model), refused=refused, status=413)
        form = ErrorForm(request.POST, model=self.model)
        if not form.is_valid():
            return self._page(record, form, status=400)
        if not form.is_from_a_robot:
            told = {name: form.cleaned_data[name] for name in ("field", "right", "source", "credit", "email")}
            try:
                reporting.take(record, address=get_client_ip_address(request), **told)
            except reporting.TooMany:
                refused = _(
                    "More came in than we can read. What you typed is still here: send it in an hour or tomorrow."
                )
                return self._page(record, form, refused=refused, status=429)
        response = HttpResponseRedirect(f"{request.path}?{SENT}")
        response.status_code = 303
        return response

    def _page(self, record, form, *, refused: str = "", is_sent: bool = False, status: int = 200) -> TemplateResponse:
        section, label = SECTIONS[self.model._meta.model_name]
        title = _("Report an error")
        context = {
            "section": section,
            "crumbs": crumbs(
                (address_of(self.model, "list"), label),
                (record.get_absolute_url(), Truncator(citing.title_of(record)).chars(32)),
                ("", title),
            ),
            "record": record,
            "record_title": citing.title_of(record),
            "form": form,
            "refused": refused,
            "is_sent": is_sent,
            "page": {
                "title": title,
                "canonical": citing.absolute(address_of(self.model, "report", record.key)),
                "noindex": True,
            },
        }
        return TemplateResponse(self.request, "timeline/report.html", context, status=status)


def is_from_here(request) -> bool:
    """Whether a form was sent from a page of this site: what the browser says in Origin, else in Referer."""
    said = request.headers.get("Origin") or request.headers.get("Referer", "")
    parts = urlsplit(said)
    here = f"{request.scheme}://{request.get_host()}"
    return f"{parts.scheme}://{parts.netloc}" in (here, settings.PUBLIC_URL)
