"""One way to write: whatever changes a record passes `relations.writing`, which keeps a Revision of each version."""

import ast
import re
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.urls import reverse

from relations import package
from relations.models import Child, Keyed, Plan, Revision, Theme
from relations.writing import keyed_models
from tests.factories import make_event, make_theme
from tests.forms import form_of
from timeline.models import Event

WRITER = "relations/writing.py"
WRITES = {
    "save",
    "save_base",
    "delete",
    "bulk_create",
    "bulk_update",
    "get_or_create",
    "update_or_create",
    "_raw_delete",
}
# On dicts and sets these are no writes; on a manager, a queryset or a list of related rows they are.
WRITES_ON_ROWS = {"create", "update", "add", "set", "remove", "clear"}
ROWS = re.compile(r"objects|_manager|filter\(|queryset|\.all\(|groups|permissions")
# What is not a record, by the name that the call begins with.
NOT_A_RECORD = {
    "Plan",
    "PlanRow",
    "Upload",
    "Profile",
    "Factor",
    "Report",
    "answered",  # reports
    "Session",
    "AccessLog",
    "AccessFailureLog",
    "PackageVersion",
    "Redaction",
    "Comment",
    "open_still",  # comments
    "SearchEntry",
    "Need",
    "WorkList",
    "ListColumns",
    "Group",
    "User",
    "plan",
    "kept",  # an import that waits
    "EventCount",
    "entries",  # of search
    "refused",  # of what proposals need
    "row",  # of an import that waits
    "group",
    "user",
}


def writes(path: Path):
    """Yield (line, call) of each call in a module that writes rows."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            receiver = ast.unparse(node.func.value)
            is_write = node.func.attr in WRITES or node.func.attr in WRITES_ON_ROWS and ROWS.search(receiver)
            if receiver == "tables" and node.func.attr in ("insert", "update"):
                is_write, receiver = True, ast.unparse(node.args[0])
            if is_write and re.match(r"\w*", receiver)[0] not in NOT_A_RECORD:
                yield node.lineno, ast.unparse(node.func)


def test_no_other_module_writes_a_record():
    strays = []
    for folder in ("config", "relations", "timeline"):
        for path in sorted((settings.BASE_DIR / folder).rglob("*.py")):
            name = path.relative_to(settings.BASE_DIR).as_posix()
            if name != WRITER and "/migrations/" not in name:
                strays += [f"{name}:{line}: {call}" for line, call in writes(path)]
    assert strays == []


def test_the_writer_itself_would_be_found():
    found = {call for _line, call in writes(settings.BASE_DIR / WRITER)}
    assert {"tables.update", "OldKey.objects.update_or_create"} <= found


def record_tables() -> set[str]:
    """The tables of records, their children, the lists between them, and their history."""
    models = [model for model in apps.get_models() if issubclass(model, Keyed | Child)] + [Revision]
    between = [many.remote_field.through for model in models for many in model._meta.local_many_to_many]
    return {model._meta.db_table for model in [*models, *between]}


@contextmanager
def watched():
    """Give a list of the statements that write a record while the writer is not at work."""
    tables, found = record_tables(), []

    def watch(execute, sql, params, many, context):
        statement = re.match(r'\s*(?:INSERT(?: OR \w+)? INTO|UPDATE|DELETE FROM) "(\w+)"', sql)
        if statement and statement[1] in tables:
            frame, is_writer = sys._getframe(), False
            while frame and not is_writer:
                is_writer = frame.f_code.co_filename.endswith(WRITER)
                frame = frame.f_back
            if not is_writer:
                found.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        yield found


@pytest.fixture
def no_strays():
    """Fails a test in which a record was written past the writer."""
    with watched() as found:
        yield
    assert found == []


def all_have_revisions() -> None:
    """Each version of each record, from the first to that of its row, has its Revision, and the last says what is."""
    for model in keyed_models():
        for row in model.objects.all():
            past = Revision.objects.filter(content_type__model=model._meta.model_name, object_id=row.pk)
            assert sorted(past.values_list("version", flat=True)) == list(range(1, row.version + 1)), row


@pytest.mark.django_db
def test_the_watch_sees_a_write_past_the_writer():
    theme = make_theme()
    with watched() as found:
        make_theme()
        assert found == []
        Theme.objects.filter(pk=theme.pk).update(name="Past the writer")
    assert len(found) == 1


@pytest.mark.django_db
def test_forms_acts_and_proposals_pass_the_writer(client, analyst, editor, no_strays):
    client.force_login(analyst)
    client.post(reverse("admin:relations_theme_add"), {"name": "Trade", "key": "trade", "version": "0"})
    theme = Theme.objects.get(key="trade")
    own = reverse("admin:relations_theme_change", args=[theme.pk])
    client.post(own, form_of(client.get(own), "theme_form") | {"name": "Trade and tariffs"})
    client.post(reverse("admin:relations_theme_act", args=[theme.pk, "submit"]), {"version": "2"})
    client.force_login(editor)
    client.post(reverse("admin:relations_theme_act", args=[theme.pk, "publish"]), {"version": "3"})
    client.force_login(analyst)
    change = {"name": "Trade", "change": "correction", "reason": "As it was."}
    client.post(own, form_of(client.get(own), "theme_form") | change)
    client.force_login(editor)
    client.post(Plan.objects.get().get_absolute_url(), {"act": "agree"})
    theme.refresh_from_db()
    assert (theme.name, theme.state, theme.version) == ("Trade", "published", 5)
    all_have_revisions()


@pytest.mark.django_db
def test_actions_of_lists_pass_the_writer(client, analyst, editor, no_strays):
    events = [make_event(state="draft", by=analyst) for _ in range(3)]
    client.force_login(editor)
    for act in ("submit", "publish", "withdraw", "reopen"):
        chosen = {"_selected_action": [event.pk for event in events], "index": "0", "action": f"{act}_selected"}
        batch = client.post(reverse("admin:timeline_event_changelist"), chosen).url
        client.post(batch, {"act": "apply", "reason": "All of them."})
    assert set(Event.objects.values_list("state", "version")) == {("draft", 5)}
    undo = client.post(batch, {"act": "undo"}).url
    client.post(undo, {"act": "apply", "reason": "None of them."})
    assert set(Event.objects.values_list("state", "version")) == {("withdrawn", 6)}
    all_have_revisions()


@pytest.mark.django_db
def test_packages_and_imports_pass_the_writer(analyst, no_strays, tmp_path, capsys):
    call_command("load_package", Path(__file__).parent.parent / "relations" / "northland-southland")
    text = "".join(package.table_text("themes", drafts=True))
    file = tmp_path / "themes.csv"
    file.write_text(text + "trade-routes,Trade routes,Who ships what.\n", encoding="utf-8")
    call_command("import_csv", "theme", str(file), "--as", analyst.username)
    assert Theme.objects.get(key="trade-routes").entered_by == analyst
    all_have_revisions()
