"""Foreign spreadsheets in the admin: a file is mapped column by column, the profile saved by name, the import shown.

A file that is being mapped is an import without rows, private to who uploaded it; once it is mapped the preview of the
import takes its place.
"""

from copy import deepcopy
from dataclasses import dataclass, field
from itertools import islice

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError
from django.http import Http404, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import importing, profiles
from ..models import Plan, Profile
from ..package import column_help
from ..profiles import BadProfile, NotMapped
from ..reading import Unreadable, read_raw
from ..resources import Fault, PartsWidget, RecordResource, ReferencesWidget, registry
from ..resources.base import SEPARATOR, ChoiceWidget, EdtfWidget, KeyWidget
from ..writing import may, required

TABLES = ("events", "actors", "sources", "themes")  # what others' spreadsheets hold
MOST_BYTES = 5 * 2**20
SAMPLE = 50  # rows that guesses are made from
SHOWN = 5
MOST_UNMAPPED = 200
BLANK_ROWS = 2
HOWS = {
    "is": gettext_lazy("is"),
    "is_not": gettext_lazy("is not"),
    "begins": gettext_lazy("begins with"),
    "empty": gettext_lazy("is empty"),
}
CITED = ("title", "publisher", "url", "kind")


class FileForm(forms.Form):
    """A foreign file, what its rows are, and the profile to begin with."""

    table = forms.ChoiceField(label=gettext_lazy("Each row is one of"))
    profile = forms.ChoiceField(label=gettext_lazy("Begin with"), required=False)
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("CSV, XLSX, JSON or JSON Lines with any columns. Nothing is written yet."),
        allow_empty_file=True,
    )
    sheet = forms.CharField(
        label=gettext_lazy("Sheet or list, where the file has several"), max_length=200, required=False
    )

    def __init__(self, *args, person, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)
        tables = [name for name in TABLES if may(person, "import", registry[name]._meta.model)]
        self.fields["table"].choices = [(name, registry[name]._meta.model._meta.verbose_name) for name in tables]
        ready = [(name, document["name"]) for name, document in profiles.ready_made().items()]
        saved = [(f"={item.name}", item.name) for item in Profile.objects.all()]
        self.fields["profile"].choices = [
            ("", _("guesses, from the names of the columns")),
            *([(_("Saved"), saved)] if saved else []),
            (_("Ready-made"), ready),
        ]

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            message = _("The file has %(size)s bytes; in the browser at most %(most)s. Larger ones go by import_csv.")
            raise forms.ValidationError(message % {"size": file.size, "most": MOST_BYTES})
        return file


class BringForm(forms.Form):
    """A profile that somebody exported."""

    profile = forms.FileField(label=gettext_lazy("Profile, a JSON file"))


@dataclass
class Line:
    """One of our columns on the page: what it takes, and what that gives in the first row."""

    name: str
    label: str
    help: str
    is_needed: bool
    text: str = ""
    dates: str | None = None
    split: str | None = None
    codes: str = ""
    words: list[str] = field(default_factory=list)
    makes: bool | None = None
    example: str = ""
    more: str = ""


@dataclass
class Part:
    """One of those who took part: what names it, its role, and of which kind a new one is."""

    text: str = ""
    role: str = ""
    kind: str = ""
    split: str = ""
    codes: str = ""


def paths(site) -> list:
    """Return the addresses of these pages."""
    view = site.admin_view
    return [
        path("profiles/", view(overview), name="profiles"),
        path("profiles/<slug:name>.json", view(exported), name="profile"),
        path("profiles/map/<str:token>/", view(mapping), name="map"),
        path("profiles/losses/<str:token>.csv", view(lost), name="losses"),
    ]


def _answer(request, template: str, status: int = 200, **context):
    request.current_app = admin.site.name
    context = {**admin.site.each_context(request), "opts": Plan._meta, **context}
    return TemplateResponse(request, f"admin/desk/{template}.html", context, status=status)


def _may_import(person) -> bool:
    return any(may(person, "import", registry[name]._meta.model) for name in TABLES)


def _check(request) -> None:
    if not _may_import(request.user):
        raise PermissionDenied


# ------------------------------------------------------------------------------------------------------- profiles


def overview(request):
    """All profiles, the way to map a file, and to bring a profile from elsewhere."""
    _check(request)
    act = request.POST.get("act", "") if request.method == "POST" else ""
    form = FileForm(
        request.POST if act == "map" else None,
        request.FILES if act == "map" else None,
        person=request.user,
        initial={"table": request.GET.get("table")},
    )
    bring = BringForm(request.POST if act == "bring" else None, request.FILES if act == "bring" else None)
    faults, status = [], 200
    try:
        if act == "map" and form.is_valid():
            token = _begin(form.cleaned_data, request.user)
            return HttpResponseRedirect(reverse("admin:map", args=[token]))
        if act == "bring" and bring.is_valid():
            document = profiles.read_document(bring.cleaned_data["profile"].read(profiles.MOST_BYTES + 1))
            _save(document, document.get("name", ""), request)
            return HttpResponseRedirect(reverse("admin:profiles"))
        if act == "remove":
            gone = Profile.objects.filter(pk=_number(request.POST.get("profile"))).first()
            if gone is None:
                raise Http404
            _check_own(gone, request.user)
            Profile.objects.filter(pk=gone.pk).delete()
            messages.success(request, _("The profile “%(name)s” is removed.") % {"name": gone.name})
            return HttpResponseRedirect(reverse("admin:profiles"))
    except Unreadable as error:
        faults, status = error.faults, 400
    except (BadProfile, LookupError) as error:
        faults, status = [Fault("profile", "", str(error.args[0]))], 400
    except DatabaseError:
        faults, status = [Fault("file", "", _("the database failed; send the file again"))], 503
    return _answer(
        request,
        "profiles",
        status,
        title=_("Foreign spreadsheets"),
        form=form,
        bring=bring,
        faults=faults[:100],
        ready=profiles.ready_made(),
        saved=Profile.objects.select_related("saved_by"),
    )


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0


def _check_own(profile: Profile, person) -> None:
    if profile.saved_by_id != person.pk and not person.has_perm("timeline.publish_event"):
        raise PermissionDenied(_("Who saved a profile removes or replaces it, or an editor."))


def _save(document: dict, name: str, request) -> None:
    """Save a profile by name, in place of one's own of that name. Raises BadProfile."""
    name = name.strip()
    if not name or len(name) > 100:
        raise BadProfile(_("a profile has a name of at most 100 letters; write one into “name”"))
    if name in profiles.ready_made():
        raise BadProfile(_("“%(name)s” is the name of a ready-made profile; choose another one") % {"name": name})
    old = Profile.objects.filter(name=name).first()
    if old:
        _check_own(old, request.user)
    now = {"document": document | {"name": name}, "saved_by": request.user, "saved_at": timezone.now()}
    Profile.objects.update_or_create(name=name, defaults=now)
    messages.success(request, _("The profile “%(name)s” is saved.") % {"name": name})


def exported(request, name):
    """A profile as its JSON file: a ready-made one by name, one that was saved by number."""
    _check(request)
    document = profiles.ready_made().get(name)
    if document is None:
        saved = Profile.objects.filter(pk=_number(name)).first()
        if saved is None:
            raise Http404
        document = saved.document
    response = HttpResponse(profiles.as_text(document), content_type="application/json; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{profiles.slug(document["name"])}.json"'
    return response


# -------------------------------------------------------------------------------------------------------- mapping


def _begin(read: dict, person) -> str:
    """Keep a file that is to be mapped, with the profile to begin with, and return its token."""
    file, table, chosen = read["file"], read["table"], read["profile"]
    data = file.read()
    document = profiles.named(chosen.removeprefix("=")) if chosen else {"sheet": read["sheet"]}
    if read["sheet"]:
        document = document | {"sheet": read["sheet"]}
    raw = read_raw(data, name=file.name, **profiles.reading(document))
    if not chosen:
        rows = [dict(zip(raw.header, cells, strict=True)) for _number, cells in islice(raw.rows, SAMPLE)]
        document = profiles.guess(table, raw.header, rows) | document
        document = {name: value for name, value in document.items() if value != ""}
    return importing.keep_unmapped(file.name, data, columns=raw.header, profile=document, by=person).token


def _own(request, token: str) -> Plan:
    mine = Plan.objects.filter(token=token, kind=Plan.Kind.IMPORT, author=request.user, upload__isnull=False)
    plan = mine.select_related("upload").first()
    if plan is None or not plan.upload.profile:
        raise Http404
    return plan


def lost(request, token):
    """What the profile drops or lowers of a file, as CSV."""
    _check(request)
    plan = _own(request, token)
    profile = plan.upload.profile
    raw = read_raw(importing.content(plan), name=plan.upload.name, **profiles.reading(profile))
    try:
        pieces = list(profiles.losses(profile, raw))
    except BadProfile as error:
        raise Http404(str(error)) from error
    response = StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="losses.csv"'
    response.headers["Cache-Control"] = "no-store"
    return response


def mapping(request, token):
    """The columns of a file beside ours; POST tries the profile, saves it, or shows the import."""
    _check(request)
    plan = _own(request, token)
    if plan.state != Plan.State.WAITING:
        raise Http404
    upload, document, act = plan.upload, plan.upload.profile, request.POST.get("act", "")
    faults, unmapped, status = [], [], 200
    data = importing.content(plan)
    raw = read_raw(data, name=upload.name, **profiles.reading(document))
    if request.method == "POST":
        try:
            document = profiles.checked(_posted(request.POST, document, raw.header))
            importing.map_anew(plan, document, by=request.user)
            if act == "save":
                _save(document, request.POST.get("name", ""), request)
                return HttpResponseRedirect(request.path)
            if act == "show":
                made = importing.plan_foreign(upload.name, data, profile=document, by=request.user)
                importing.discard(plan, by=request.user)
                opts = made.content_type.model_class()._meta
                return HttpResponseRedirect(
                    reverse(f"admin:{opts.app_label}_{opts.model_name}_preview", args=[made.token])
                )
            found = profiles.apply(document, read_raw(data, name=upload.name, **profiles.reading(document)))
            faults, unmapped = found.faults, found.unmapped
            if not faults and not unmapped:
                words = _("%(rows)s rows can be read so, %(skipped)s are left out.")
                messages.info(request, words % {"rows": len(found.table.rows), "skipped": found.skipped})
        except NotMapped as error:
            unmapped, status = error.values, 409
        except BadProfile as error:
            faults, status = [Fault("profile", "", str(error))], 400
        except Unreadable as error:
            faults, status = error.faults, 400
        except DatabaseError:
            faults, status = [Fault("file", "", _("the database failed; try again"))], 503
    rows = list(islice(raw.rows, SHOWN))
    table = registry[document["table"]]()
    lines, parts = _lines(document, table), _parts(document, table)
    _exemplify(lines, document, raw.header, rows)
    return _answer(
        request,
        "map",
        status,
        title=_("Map a foreign spreadsheet"),
        plan=plan,
        upload=upload,
        document=document,
        header=raw.header,
        rows=rows,
        beside=raw.beside,
        lines=lines,
        parts=parts,
        roles=_words(table, "actors") if parts is not None else [],
        kinds=registry["actors"]._meta.model._meta.get_field("kind").flatchoices,
        figures=_figures(document, table),
        counts=_choices(table, "figures", "counts"),
        units=_choices(table, "figures", "unit"),
        cited=_cited(document),
        source_kinds=registry["sources"]._meta.model._meta.get_field("kind").flatchoices,
        skips=[*_skips(document), *[{"column": "", "how": "is", "values": ""}] * BLANK_ROWS],
        hows=HOWS.items(),
        faults=faults[:100],
        more=len(faults) - 100,
        unmapped=unmapped[:MOST_UNMAPPED],
        more_unmapped=len(unmapped) - MOST_UNMAPPED,
        formats=profiles.FORMATS,
        is_guess=request.method != "POST",
    )


# What the page shows of a document


def _lines(document: dict, table: RecordResource) -> list[Line]:
    needed, fields = required(table) - {"position"}, document.get("fields", {})
    found = []
    for name in table.cell_names:
        widget = table.fields[name].widget
        if isinstance(widget, PartsWidget):
            continue
        rule = _first(fields.get(name, ""))
        is_list = isinstance(widget, ReferencesWidget)
        line = Line(
            name,
            capfirst(name.replace("_", " ")),
            column_help(table, name),
            name in needed,
            text=rule.get("text", ""),
            dates=SEPARATOR.join(rule.get("dates", [])) if isinstance(widget, EdtfWidget) else None,
            split=rule.get("split", "") if is_list else None,
            codes=_as_lines(rule.get("codes", {})),
            words=list(widget.values) if isinstance(widget, ChoiceWidget) and len(widget.values) < 40 else [],
            makes="make" in rule if is_list and _makes_by_name(widget.model) else None,
            more=_more(rule),
        )
        found.append(line)
    return found


def _makes_by_name(model) -> bool:
    """Whether a key and a name are all that a new record of a model needs."""
    table = next(item() for item in registry.values() if item._meta.model is model)
    return required(table) <= {"key", model.title_field}


def _first(rules) -> dict:
    rule = (rules or [""])[0] if isinstance(rules, list) else rules
    return {"text": rule} if isinstance(rule, str) else rule


def _more(rule: dict) -> str:
    """Return in words what else a rule does that the page does not show."""
    said = {
        "until": _("until “%(value)s”"),
        "precision": _("exact as %(value)s says"),
        "instead": _("else “%(value)s”"),
        "otherwise": _("others become “%(value)s”"),
        "places": _("%(value)s places"),
        "most": _("at most %(value)s letters"),
    }
    words = [text % {"value": _told(rule[name])} for name, text in said.items() if name in rule]
    words += [_("as a key")] if rule.get("key") else []
    words += [_("without tags")] if rule.get("html") else []
    return "; ".join(words)


def _told(value) -> str:
    return value["text"] if isinstance(value, dict) else str(value)


def _as_lines(codes: dict[str, str]) -> str:
    return "\n".join(f"{value} = {code}" for value, code in codes.items())


def _read_lines(text: str) -> dict[str, str]:
    pairs = [line.rpartition(" =") for line in text.replace("\r", "").split("\n") if line.strip()]
    if torn := next((code for value, mark, code in pairs if not mark), ""):
        raise BadProfile(_("“%(text)s” is no line of codes; write “value = code”") % {"text": torn[:100]})
    return {value.strip(): code.strip() for value, _mark, code in pairs}


def _parts(document: dict, table: RecordResource) -> list[Part] | None:
    if "actors" not in table.fields or not isinstance(table.fields["actors"].widget, PartsWidget):
        return None
    rules = document.get("fields", {}).get("actors", [])
    found = []
    for rule in rules if isinstance(rules, list) else [rules]:
        rule = _first(rule)
        kind = rule.get("make", {}).get("kind", "")
        made = "*" if isinstance(kind, dict) else kind
        split, codes = rule.get("split", ""), _as_lines(rule.get("codes", {}))
        found.append(Part(rule.get("text", ""), rule.get("role", ""), made, split, codes))
    return [*found, *(Part() for _place in range(BLANK_ROWS))]


def _words(table: RecordResource, name: str) -> list[str]:
    return table.fields[name].widget.words


def _choices(table: RecordResource, child: str, column: str) -> list[tuple[str, str]]:
    found = next((item for item in table.children if item.name == child), None)
    return found._meta.model._meta.get_field(column).flatchoices if found else []


def _figures(document: dict, table: RecordResource) -> list[dict] | None:
    if not any(child.name == "figures" for child in table.children):
        return None
    rows = [
        {name: _first(rule).get("text", "") for name, rule in row.items()}
        for row in document.get("children", {}).get("figures", [])
    ]
    return [*rows, *[{}] * BLANK_ROWS]


def _cited(document: dict) -> dict:
    rule = next(iter(document.get("children", {}).get("citations", [])), {})
    source = _first(rule.get("source", ""))
    made = {name: _first(source.get("make", {}).get(name, "")).get("text", "") for name in CITED}
    return {"source": source.get("text", ""), "locator": _first(rule.get("locator", "")).get("text", "")} | made


def _skips(document: dict) -> list[dict]:
    found = []
    for skip in document.get("skip", []):
        how = next(name for name in HOWS if name in skip)
        values = "" if how == "empty" else skip[how] if how == "begins" else SEPARATOR.join(skip[how])
        found.append({"column": skip["column"], "how": how, "values": values})
    return found


def _exemplify(lines: list[Line], document: dict, header: list[str], rows) -> None:
    """Say beside each column what it has of the first row that is not left out."""
    try:
        mapper = profiles.Mapper(document, header)
        found = next((cells for line, cells, _children in mapper.lines(_Some(header, rows)) if not line.is_skipped), {})
    except BadProfile:
        return
    for line in lines:
        line.example = found.get(line.name, "")


@dataclass
class _Some:
    """The first rows of a file, as a table."""

    header: list[str]
    rows: list


# What is posted


def _posted(sent, old: dict, header: list[str]) -> dict:
    """Return the document that the page says; what it does not show stays as it was. Raises BadProfile."""
    document = deepcopy(old)
    table = registry[old["table"]]()
    was = document.get("fields", {})
    fields = {}
    for line in _lines(document, table):
        rule = _of_text(_first(was.get(line.name, "")), sent.get(f"text.{line.name}", ""))
        if not rule:
            continue
        if line.dates is not None:
            _put(
                rule, "dates", [item.strip() for item in sent.get(f"dates.{line.name}", "").split("|") if item.strip()]
            )
        if line.split is not None:
            _put(rule, "split", sent.get(f"split.{line.name}", ""))
        if line.makes is not None:
            _make_by_name(rule, table.fields[line.name].widget.model, bool(sent.get(f"make.{line.name}")))
        _put(rule, "codes", _read_lines(sent.get(f"codes.{line.name}", "")))
        is_key = isinstance(table.fields[line.name].widget, KeyWidget)
        if is_key and "key" not in rule and "{" in rule["text"] and line.name not in was:
            rule["key"] = True
        fields[line.name] = rule
    if (parts := _posted_parts(sent, document, table)) is not None:
        _put(fields, "actors", parts)
    document["fields"] = fields
    children = document.get("children", {})
    _put(children, "citations", _posted_citations(sent, children))
    _put(children, "figures", _posted_figures(sent, children))
    _put(document, "children", children)
    _put(document, "skip", _posted_skips(sent))
    _put_unmapped(sent, document)
    return document


def _put(members: dict, name: str, value) -> None:
    if value:
        members[name] = value
    else:
        members.pop(name, None)


def _of_text(rule: dict, text: str) -> dict:
    """Return a rule with another text; nothing of one without a text."""
    text = text.strip()
    return deepcopy(rule) | {"text": text} if text else {}


def _make_by_name(rule: dict, model, is_made: bool) -> None:
    if is_made and "make" not in rule:
        rule |= {"key": True, "make": {model.title_field: "{value}"}}
    elif not is_made:
        rule.pop("make", None)


def _posted_parts(sent, document: dict, table: RecordResource) -> list[dict] | None:
    old = _parts(document, table)
    if old is None:
        return None
    rules = document.get("fields", {}).get("actors", [])
    rules = rules if isinstance(rules, list) else [rules]
    found = []
    for place in range(len(old)):
        rule = _of_text(_first(rules[place]) if place < len(rules) else {}, sent.get(f"part.{place}.text", ""))
        if not rule:
            continue
        rule["role"] = sent.get(f"part.{place}.role", "") or "participant"
        kind = sent.get(f"part.{place}.kind", "")
        if not kind:
            rule.pop("make", None)
        elif kind != "*":
            rule |= {"key": True, "make": {"name": "{value}", "kind": kind}}
        _put(rule, "split", sent.get(f"part.{place}.split", ""))
        _put(rule, "codes", _read_lines(sent.get(f"part.{place}.codes", "")))
        found.append(rule)
    return found


def _posted_citations(sent, children: dict) -> list[dict]:
    old = deepcopy(children.get("citations", []))
    source = _of_text(_first(old[0].get("source", "")) if old else {}, sent.get("cite.source", ""))
    if not source:
        return []
    made = source.get("make", {})
    for name in CITED:
        _put(made, name, _of_text(_first(made.get(name, "")), sent.get(f"cite.{name}", "")))
    _put(source, "make", made if made.get("title") else {})
    if source.get("make"):
        source["key"] = True
    first = (old[0] if old else {"support": "stated"}) | {"source": source}
    _put(first, "locator", _of_text(_first(first.get("locator", "")), sent.get("cite.locator", "")))
    return [first, *old[1:]]


def _posted_figures(sent, children: dict) -> list[dict]:
    old, found = deepcopy(children.get("figures", [])), []
    for place in range(len(old) + BLANK_ROWS):
        row = old[place] if place < len(old) else {}
        for name in ("counts", "of_whom", "low", "best", "high", "unit"):
            _put(row, name, _of_text(_first(row.get(name, "")), sent.get(f"figure.{place}.{name}", "")))
        if not any(name in row for name in ("low", "best", "high")):
            continue
        if "sources" not in row and children.get("citations"):
            row["sources"] = deepcopy(children["citations"][0]["source"])
        found.append(row)
    return found


def _posted_skips(sent) -> list[dict]:
    found, place = [], 0
    while f"skip.{place}.column" in sent and place < 50:
        column, how = sent.get(f"skip.{place}.column"), sent.get(f"skip.{place}.how", "is")
        text = sent.get(f"skip.{place}.values", "")
        values = {"is": text.split("|"), "is_not": text.split("|"), "begins": text, "empty": True}
        if column and how in values:
            found.append({"column": column, how: values[how]})
        place += 1
    return found


def _put_unmapped(sent, document: dict) -> None:
    """Add the codes of values that were listed as not mapped; what was left empty is asked again."""
    place = 0
    while f"unmapped.{place}.path" in sent and place < MOST_UNMAPPED:
        code, value = sent.get(f"unmapped.{place}.code", "").strip(), sent.get(f"unmapped.{place}.value", "")
        where = sent.get(f"unmapped.{place}.path", "")
        place += 1
        if code:
            for rule in _rules_at(document, where):
                rule.setdefault("codes", {})[value] = "" if code == "-" else code


def _rules_at(document: dict, where: str) -> list[dict]:
    """Return the rules at a place such as `kind`, `actors` or `figures.counts`, as objects."""
    head, _dot, tail = where.partition(".")
    if head in document.get("fields", {}):
        tables, name = [document["fields"]], head
    else:
        tables, name = document.get("children", {}).get(head, []), tail
    found = []
    for table in tables:
        if name in table:
            rules = table[name] if isinstance(table[name], list) else [table[name]]
            rules = [_first(rule) for rule in rules]
            table[name] = rules if isinstance(table[name], list) else rules[0]
            found += rules
    return found
