"""Redaction: the text is in no table afterwards, whatever held it; what stays is a tombstone; and who may."""

import io
import json
import zipfile
import zlib

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import override_settings
from django.urls import reverse

from relations import commenting, importing, package, publishing, redacting, search
from relations.models import Actor, PackageVersion, Plan, Redaction, Revision, State
from relations.writing import Edit, Refused, keyed_models, snapshots, write
from tests.factories import make_actor, make_event, make_source, make_theme, make_user
from timeline.models import Event

pytestmark = pytest.mark.django_db

NAME, KEY, OTHER = "Zyxcan Arythmé", "zyxcan-arythme", "ZYXCAN “the” A. & Söhne"
CANARY = b"zyxcan"
TEXTS = [NAME, KEY, OTHER]


def openings(value) -> list[bytes]:
    """What a value of a table may be read as: as it is, unpacked, and member by member."""
    if value is None or isinstance(value, bool | int | float):
        return []
    if isinstance(value, memoryview | bytes | bytearray):
        data = bytes(value)
        found = [data, data.replace(b"\0", b"")]
        try:
            found += openings(zlib.decompress(data))
        except zlib.error:
            pass
        if data[:2] == b"PK":
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                found += [
                    part for name in archive.namelist() for part in (name.encode(), *openings(archive.read(name)))
                ]
        return found
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return [text.encode()]


def where_it_stands() -> set[str]:
    """Every table and column of the database in which the canary stands, those that no model knows too."""
    found = set()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            names = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                for name, value in zip(names, row, strict=True):
                    if any(CANARY in data.lower() for data in openings(value)):
                        found.add(f"{table}.{name}")
    return found


@pytest.fixture
def world(analyst, editor):
    """A record of a person in every place that holds text, in every state, and with a past."""
    source = make_source(key="paper", title=f"Interview with {NAME}", note=OTHER)
    actor = make_actor(key=KEY, name=NAME, kind="person", aliases=f"Azz|{OTHER}|[aka]")
    make_event(
        key=f"2020-{KEY}-visit",
        title=f"{NAME} visits",
        summary=f"It was said that {OTHER} came.\n{NAME} left.",
        actors=f"{KEY}:source",
        citations=[{"source": "paper", "quotation": f"So {NAME} said.", "locator": OTHER, "claimant": KEY}],
    )
    draft = make_event(key="2020-draft", state="draft", by=analyst, title=f"A draft of {NAME}", actors=f"{KEY}:source")
    write([Edit(Event, draft.pk, 1, cells={"title": "A draft of somebody"})], by=analyst)  # it stands in the past alone
    make_event(key=f"2020-{KEY}-gone", state="withdrawn", by=analyst, title=f"{NAME}, withdrawn", summary=OTHER)
    renamed = make_theme(key=f"{KEY}-affair", name="The affair")
    plan = publishing.propose(
        [Edit(type(renamed), renamed.pk, 1, cells={"key": "affair"})], by=analyst, change="correction", reason=NAME
    )
    publishing.agree(plan, by=editor)  # so that an old key tells it
    publishing.propose(
        [Edit(Actor, actor.pk, 1, cells={"description": f"{NAME} is known."})],
        by=analyst,
        change="addition",
        reason=f"As {OTHER} asked.",
    )
    rows = f'key,name,description\nnew,New,"It says ""{NAME}"" and {OTHER}"\n{KEY},{NAME},\n'
    importing.plan(f"{KEY}.csv", rows.encode(), resource_name="themes", by=analyst)
    commenting.comment([draft], f"Ask {NAME}.", by=editor)
    contents = dict(package_of_today())
    about = {"name": "old", "version": "1", "loaded_at": source.changed_at, "descriptor": {"title": OTHER}}
    PackageVersion.objects.create(**about, archive=package.pack(contents))
    return actor


def package_of_today():
    for name, pieces in package.dump(drafts=True):
        text = "".join(pieces)
        if name == package.DESCRIPTOR:
            text = json.dumps(json.loads(text) | {"description": f"With {OTHER}"}, ensure_ascii=False, indent=2)
        yield name, text.encode()


def redact(by, second) -> Redaction:
    plan = redacting.ask(TEXTS, by=by, reason="A court of law demands it.")
    return redacting.agree(plan, by=second)


# ----------------------------------------------------------------------------------------------------- what is gone


def test_afterwards_no_table_of_the_database_holds_the_text(world, administrator, editor):
    before = where_it_stands()
    assert len(before) > 20, sorted(before)
    tombstone = redact(administrator, editor)
    assert where_it_stands() == set()
    assert tombstone.texts == []
    assert [len(digest) for digest in tombstone.digests] == [64] * 3
    assert tombstone.plan.reason == "A court of law demands it."
    assert (tombstone.plan.author, tombstone.plan.decided_by) == (administrator, editor)
    assert sum(tombstone.places.values()) > 20


def test_records_and_their_history_go_on_and_can_be_read_and_restored(world, administrator, editor):
    redact(administrator, editor)
    for model in keyed_models():
        for row in model.objects.all():
            past = Revision.objects.filter(content_type__model=model._meta.model_name, object_id=row.pk)
            assert sorted(past.values_list("version", flat=True)) == list(range(1, row.version + 1)), row
            assert past.get(version=row.version).data == snapshots(model, [row.pk])[row.pk], row
    event = Event.objects.get(key__endswith="-visit")
    assert event.title == "[redacted] visits"
    assert event.is_public
    actor = Actor.objects.get(pk=world.pk)
    assert actor.key.startswith("redacted-") and event.key == f"2020-{actor.key}-visit"
    assert (actor.name, actor.aliases) == ("[redacted]", "Azz|[aka]|[redacted]")
    assert [part.actor for part in event.participations.all()] == [actor]
    assert not search.matching(Actor, "Arythmé").exists()
    texts = {name: "".join(pieces) for name, pieces in package.dump(drafts=True)}
    assert "redacted" in texts["events.csv"]
    archive = package.unpack(bytes(PackageVersion.objects.get(name="old").archive))
    package.parse(archive)  # what was kept of a package can still be read


def test_the_public_is_told_that_something_was_redacted_and_not_what(client, world, administrator, editor):
    redact(administrator, editor)
    page = client.get("/corrections/")
    kinds = [entry.kind for entry in page.context["entries"]]
    assert "redaction" in kinds
    assert "A court of law demands it." in page.text
    entry = next(entry for entry in page.context["entries"] if entry.kind == "redaction")
    assert all(
        "[redacted]" in (change.before + change.after) or "redacted-" in change.before for change in entry.changes
    )
    assert client.get(f"/actors/{KEY}/").status_code == 404


def test_a_form_that_was_open_meanwhile_does_not_bring_it_back(world, administrator, editor):
    seen = world.version
    redact(administrator, editor)
    world.refresh_from_db()
    with pytest.raises(Refused, match="saved version"):
        write([Edit(Actor, world.pk, seen, cells={"name": NAME})], by=editor, publisher=make_user(role="editor"))


def test_words_that_are_like_a_choice_or_a_date_touch_no_such_column(administrator, editor, analyst):
    event = make_event(state="draft", by=analyst, title="They consult", summary="They consult in 2020-05-04.")
    redacting.agree(redacting.ask(["consult", "2020-05-04"], by=administrator, reason="By law."), by=editor)
    event.refresh_from_db()
    assert (event.kind, event.date, event.state) == ("consult", "2020-05-04", "draft")
    assert "consult" not in event.title and "2020-05-04" not in event.summary


def test_what_a_column_says_and_has_said_is_taken_out(administrator, editor, analyst):
    theme = make_theme(state="draft", by=analyst, description="The first words of it.")
    write([Edit(type(theme), theme.pk, 1, cells={"description": "Other words of it."})], by=analyst)
    theme.refresh_from_db()
    texts = redacting.texts_of(theme, "description")
    assert texts == ["The first words of it.", "Other words of it."]
    redacting.agree(redacting.ask(texts, by=administrator, reason="By law."), by=editor)
    said = Revision.objects.filter(object_id=theme.pk, content_type__model="theme").values_list("data", flat=True)
    assert {data["cells"]["description"] for data in said} == {"[redacted]"}
    with pytest.raises(LookupError):
        redacting.texts_of(theme, "colour")


# ------------------------------------------------------------------------------------------------------------- who


def test_an_administrator_asks_and_a_second_person_agrees(world, administrator, editor, analyst):
    for person in (analyst, editor):
        with pytest.raises(PermissionDenied):
            redacting.ask(TEXTS, by=person, reason="By law.")
    plan = redacting.ask(TEXTS, by=administrator, reason="By law.")
    for person in (administrator, analyst):
        with pytest.raises(PermissionDenied):
            redacting.agree(plan, by=person)
    redacting.agree(plan, by=editor)
    with pytest.raises(Refused, match="already done"):
        redacting.agree(plan, by=editor)


def test_a_desk_of_one_redacts_alone(world, administrator):
    with override_settings(SECOND_PERSON=False):
        redacting.agree(redacting.ask(TEXTS, by=administrator, reason="By law."), by=administrator)
    assert where_it_stands() == set()


def test_a_redaction_that_is_refused_keeps_nothing_of_the_text(world, administrator, editor):
    before = where_it_stands()
    plan = redacting.ask(TEXTS, by=administrator, reason="By law.")
    assert "relations_redaction.texts" in where_it_stands()
    with pytest.raises(Refused):
        redacting.refuse(plan, by=editor, comment=" ")
    redacting.refuse(plan, by=editor, comment="It is no personal data.")
    assert where_it_stands() == before
    assert Plan.objects.get(pk=plan.pk).state == "refused"
    assert Event.objects.filter(state=State.PUBLISHED, title__contains=NAME).exists()


def test_what_is_too_short_stands_nowhere_or_in_the_reason_is_refused(world, administrator):
    for texts, reason, words in (
        (["the"], "By law.", "has 4 to 4000 letters"),
        (["Nobody at all"], "By law.", "none of these stands anywhere"),
        ([NAME], f"{NAME} asked for it.", "the text itself cannot stand in it"),
        ([NAME], " ", "Say why"),
        ([], "By law.", "one spelling a line"),
    ):
        with pytest.raises(Refused, match=words):
            redacting.ask(texts, by=administrator, reason=reason)
    assert not Redaction.objects.exists()


# ------------------------------------------------------------------------------------------------- through the doors


def test_a_redaction_is_asked_for_and_agreed_to_on_its_pages(client, world, administrator, editor, analyst):
    client.force_login(analyst)
    assert client.get(reverse("admin:redactions")).status_code == 403
    client.force_login(administrator)
    own = reverse("admin:redactions")
    refused = client.post(own, {"texts": "Nobody at all", "reason": "By law."})
    assert "none of these stands anywhere" in refused.text
    told = {"texts": "\r\n".join(TEXTS), "reason": "A court of law demands it."}
    url = client.post(own, told).url
    page = client.get(url)
    assert "It stands in:" in page.text and f"<del>{NAME}</del>" in page.text
    assert client.post(url, {"act": "agree"}).status_code == 403
    client.force_login(editor)
    assert client.post(url, {"act": "agree"}, follow=True).status_code == 200
    page = client.get(url).text
    assert CANARY.decode() not in page.lower()
    assert "A court of law demands it." in page and "SHA-256" in page
    client.force_login(administrator)
    assert where_it_stands() == set()


def test_a_column_of_a_record_is_asked_for_by_name(client, world, administrator):
    client.force_login(administrator)
    own = reverse("admin:redactions")
    told = {"kind": "relations.actor", "key": KEY, "column": "name", "reason": "By law."}
    page = client.get(client.post(own, told).url)
    assert page.context["tombstone"].texts == [NAME]
    wrong = client.post(own, told | {"column": "colour"})
    assert "There is no such record, or it has no such column." in wrong.text
