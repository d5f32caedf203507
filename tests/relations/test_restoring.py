"""Versions beside each other, and an old one restored as a new one."""

from html import unescape

import pytest
from django.urls import reverse

from relations.admin.history import revision_of
from relations.models import Plan, Revision, Theme
from relations.restoring import edit_to
from relations.writing import Edit, snapshots, write
from tests.factories import make_actor, make_event, make_package, make_source, make_theme
from timeline.models import Event

pytestmark = pytest.mark.django_db


def address(record, page, *args) -> str:
    return reverse(f"admin:{record._meta.app_label}_{record._meta.model_name}_{page}", args=[record.pk, *args])


def change(record, by, **cells):
    record.refresh_from_db()
    write([Edit(type(record), pk=record.pk, seen=record.version, cells=cells)], by=by)
    record.refresh_from_db()


def told(response) -> str:
    return " ".join(str(message) for message in response.context["messages"])


def test_any_two_versions_are_compared_whichever_is_named_first(client, analyst):
    theme = make_theme(state="draft", by=analyst, name="One", description="First.")
    for name in ("Two", "Three", "Four"):
        change(theme, analyst, name=name)
    change(theme, analyst, description="Last.")
    client.force_login(analyst)
    for query in ("from=2&to=5", "from=5&to=2"):
        page = client.get(f"{address(theme, 'compare')}?{query}")
        found = {item.label: (item.before, item.after) for item in page.context["differences"]}
        assert found == {"name": ("Two", "Four"), "description": ("First.", "Last.")}, query
    assert 'name="from"' in client.get(address(theme, "history")).text


@pytest.mark.parametrize("query", ["", "from=1", "from=1&to=9", "from=0&to=1", "from=x&to=1", "from=99999999999&to=1"])
def test_versions_that_there_are_not_are_refused_with_those_that_there_are(client, analyst, query):
    theme = make_theme(state="draft", by=analyst)
    client.force_login(analyst)
    assert "from 1 to 1" in told(client.get(f"{address(theme, 'compare')}?{query}", follow=True))


def test_a_draft_is_restored_as_a_new_version_by_who_restores_it(client, analyst, editor):
    source = make_source()
    event = make_event(state="draft", by=analyst, title="First", place="Kabul", citations=[{"source": source.key}])
    first = snapshots(Event, [event.pk])[event.pk]
    write([Edit(Event, pk=event.pk, seen=1, cells={"title": "Second"}, children={"citations": []})], by=analyst)
    client.force_login(editor)
    page = client.get(address(event, "restore", 1))
    assert [item.label for item in page.context["differences"]] == ["title", "citations"]
    done = client.post(address(event, "restore", 1), {"version": "2"}, follow=True)
    assert "It says again what that version said." in told(done)
    event.refresh_from_db()
    assert snapshots(Event, [event.pk])[event.pk] == first
    latest = revision_of(event, 3)
    assert (event.version, latest.author, latest.reason) == (3, editor, "Version 1 restored.")


def test_a_published_record_is_restored_by_a_proposal(client, analyst):
    theme = make_theme(name="First")
    change_of_package = Edit(Theme, pk=theme.pk, seen=1, cells={"name": "Second"})
    write([change_of_package], by=make_package())
    client.force_login(analyst)
    url = address(theme, "restore", 1)
    unexplained = client.post(url, {"version": "2", "reason": ""})
    assert "Say why the published record changes" in unescape(unexplained.text)
    done = client.post(url, {"version": "2", "change": "correction", "reason": "The second was wrong."}, follow=True)
    plan = Plan.objects.get()
    assert done.redirect_chain == [(plan.get_absolute_url(), 302)]
    assert (plan.author, plan.rows.get().cells) == (analyst, {"name": "First"})
    theme.refresh_from_db()
    assert theme.name == "Second"


def test_a_version_from_before_keys_changed_is_restored_under_the_keys_of_today(analyst):
    actor = make_actor(key="old-actor", name="Actor")
    event = make_event(state="draft", by=analyst, key="2020-old", title="First", actors="old-actor:source")
    change(event, analyst, key="2020-new", title="Second", actors=f"{make_actor().key}:source")
    write([Edit(type(actor), pk=actor.pk, seen=1, cells={"key": "new-actor"})], by=make_package())
    edit = edit_to(event, revision_of(event, 1))
    write([edit], by=analyst)
    now = snapshots(Event, [event.pk])[event.pk]["cells"]
    assert (now["key"], now["title"], now["actors"]) == ("2020-new", "First", "new-actor:source")


def test_a_version_under_other_columns_restores_what_there_still_is(analyst):
    theme = make_theme(state="draft", by=analyst, name="First", description="Kept.")
    change(theme, analyst, name="Second", description="New.")
    old = Revision.objects.filter(object_id=theme.pk, version=1, content_type__model="theme").get()
    old.data = {"cells": {"key": theme.key, "name": "First", "colour": "red"}, "children": {"stakes": []}}
    write([edit_to(theme, old)], by=analyst)
    theme.refresh_from_db()
    assert (theme.name, theme.description) == ("First", "New.")


def test_a_restore_of_what_was_overtaken_is_refused_and_shown_anew(client, analyst, editor):
    theme = make_theme(state="draft", by=analyst, name="First")
    change(theme, analyst, name="Second")
    client.force_login(analyst)
    change(theme, editor, name="Third")
    page = client.post(address(theme, "restore", 1), {"version": "2"})
    assert f"{editor} saved version 3" in unescape(page.text)
    assert [(item.before, item.after) for item in page.context["differences"]] == [("Third", "First")]


def test_what_cannot_be_restored_any_more_says_why(client, analyst, editor):
    theme = make_theme(state="draft", by=analyst, key="gone-theme")
    event = make_event(state="draft", by=analyst, themes=theme.key, title="First")
    change(event, analyst, themes=make_theme().key)
    change(theme, analyst, key="another-key")
    client.force_login(analyst)
    page = client.post(address(event, "restore", 1), {"version": "2"})
    assert "no theme has the key “gone-theme”" in unescape(page.text)
    make_theme(state="withdrawn", by=analyst, key="withdrawn")
    withdrawn = Theme.objects.get(key="withdrawn")
    assert client.get(address(withdrawn, "restore", 1)).status_code == 403
    assert client.get(address(event, "restore", 99)).status_code == 404
