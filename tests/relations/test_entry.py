"""Entering a record through requests: what the form proposes, finds, makes on the spot and keeps for the next."""

from html import unescape

import pytest
from django.db import connection
from django.urls import reverse

from relations import addresses, codelists, keys, places, publishing
from relations.models import Actor, Investment, Judgement, Plan, Revision, Source, State, Theme, Transaction
from relations.resources import resource_of
from relations.writing import Edit, keyed_models, write
from tests.factories import (
    make_actor,
    make_event,
    make_investment,
    make_source,
    make_theme,
    make_transaction,
    make_user,
)
from tests.forms import form_of
from timeline.models import Event

pytestmark = pytest.mark.django_db

PAGE = "https://news.example/2021/08/15/kabul-has-fallen"


def add(model) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_add")


def change(record) -> str:
    return reverse(f"admin:{record._meta.app_label}_{record._meta.model_name}_change", args=[record.pk])


@pytest.fixture
def desk(client, analyst):
    """An analyst at a desk that knows an actor and a theme."""
    make_actor(key="munir", name="Syed Asim Munir", short_name="Munir")
    make_theme(key="diplomacy", name="Diplomacy")
    client.force_login(analyst)
    return client


EVENT = {
    "title": "Munir visits Washington",
    "date": "2021-08-14",
    "kind": "consult",
    "summary": "They met.",
    "themes": "diplomacy",
    "participations-0-actor": "munir",
}


def enter(client, url=None, **typed):
    """Send the form of a new event, or that at an address, with what is typed over."""
    url = url or add(Event)
    data = form_of(client.get(url), "event_form")
    return client.post(url, data | EVENT | {"citations-0-source": PAGE} | typed | {"_save": "1"})


def wrong(response) -> dict:
    """Return what a refused form says, by field; of its first citation as `citations-0-…`."""
    formsets = {item.formset.prefix: item.formset for item in response.context["inline_admin_formsets"]}
    of_rows = {f"citations-0-{name}": text for name, text in formsets["citations"].forms[0].errors.items()}
    return dict(response.context["adminform"].form.errors) | of_rows


# -------------------------------------------------------------------------------------------------------------- keys


@pytest.mark.parametrize(
    ("model", "cells", "key"),
    [
        (Event, {"title": "The Taliban take Kabul", "date": "2021-08-15"}, "2021-taliban-take-kabul"),
        (Event, {"title": "U.S.–Pakistan talks on the F-16’s", "date": "1981~"}, "1981-us-pakistan-talks-f-16s"),
        (Event, {"title": "Élan vital", "date": ""}, "elan-vital"),
        (Event, {"title": "", "date": "2021"}, "2021"),
        (Event, {"title": "It ends", "date": "../1990"}, "1990-it-ends"),
        (Event, {"title": "On", "date": "not a date"}, "on"),
        (Event, {"title": "پاکستان", "date": ""}, ""),
        (
            Event,
            {"title": "one two three four five six seven eight", "date": "2021"},
            "2021-one-two-three-four-five-six",
        ),
        (Event, {"title": "x" * 200, "date": "2021"}, "2021"),
        (Theme, {"name": "x" * 100}, "x" * 60),
        (Theme, {"name": "CSV"}, "csv-2"),  # an address of the list itself
        (Source, {"publisher": "Dawn", "title": "Islamabad MoU", "published": "2026-06-18"}, "dawn-islamabad-mou-2026"),
        (
            Transaction,
            {"programme": "csf", "kind": "disbursement", "fiscal_period": "US-FY2011"},
            "csf-disbursement-us-fy2011",
        ),
        (Judgement, {"statement": "Trade comes first", "made_on": "2026"}, "2026-trade-comes-first"),
        (Actor, {"name": "State Department"}, "state-department"),
    ],
)
def test_a_key_is_made_of_what_is_known(model, cells, key):
    assert keys.propose(model, cells) == key


def test_a_key_that_is_or_was_taken_gets_the_next_number(analyst):
    theme = make_theme(key="trade", name="Trade")
    assert keys.propose(Theme, {"name": "Trade"}) == "trade-2"
    edit = Edit(Theme, pk=theme.pk, seen=1, cells={"key": "tariffs"})
    plan = publishing.propose([edit], by=analyst, change="correction", reason="A better word.")
    publishing.agree(plan, by=make_user(role="editor"))
    assert keys.propose(Theme, {"name": "Trade"}) == "trade-2"  # the old key leads to the record for good
    make_theme(key="trade-2")
    assert keys.propose(Theme, {"name": "Trade"}, taken={"trade-3"}) == "trade-4"


def test_the_form_asks_for_a_key_and_a_save_without_one_gets_it(desk):
    url = reverse("admin:propose-key", args=["timeline.event"])
    asked = {"title": EVENT["title"], "date": EVENT["date"], "summary": "not asked for"}
    assert desk.get(url, asked).json() == {"key": "2021-munir-visits-washington"}
    amounts = reverse("admin:propose-key", args=["relations.transaction"])
    assert desk.get(amounts, {"programme": "Support Funds [csf]", "date": "2011"}).json() == {"key": "csf-2011"}
    make_source(key="known", url=PAGE)
    for _twice in range(2):
        assert enter(desk).status_code == 302
    assert set(Event.objects.values_list("key", flat=True)) == {
        "2021-munir-visits-washington",
        "2021-munir-visits-washington-2",
    }
    assert enter(desk, key="my-own").status_code == 302
    assert Event.objects.filter(key="my-own").exists()


# ------------------------------------------------------------------------------------------------- classes, places


def test_every_class_has_words_by_which_it_is_found(desk):
    words = codelists.event_words()
    assert set(words) == {kind for kind, _label in codelists.event_kinds()}
    assert all(len(set(of_kind)) == len(of_kind) > 3 for of_kind in words.values())
    page = unescape(desk.get(add(Event)).text)
    assert 'data-kind="consult" data-words="talks, meeting' in page
    assert 'data-kind="sanction" data-words="sanctions' in page


def test_a_place_is_known_by_the_newest_record_that_has_it(desk):
    kabul = {"place": "Kabul", "country": "AF", "latitude": "34.5", "longitude": "69.2", "place_precision": "city"}
    make_event(**kabul)
    make_event(**kabul | {"latitude": "34.53", "place_disputed": "no"})
    make_event(place="New Élan, old Kabul", country="FR")
    make_event()
    url = reverse("admin:find-place", args=["timeline.event"])
    found = desk.get(url, {"q": "kab"}).json()["results"]
    assert [item["value"] for item in found] == ["Kabul", "New Élan, old Kabul"]
    assert found[0]["cells"] == kabul | {"latitude": "34.53", "place_disputed": "no"}
    assert found[0]["hint"] == "AF, 34.53, 69.2, city"
    assert [item["value"] for item in desk.get(url, {"q": "ELAN old"}).json()["results"]] == ["New Élan, old Kabul"]
    assert desk.get(url, {"q": "kabulistan"}).json() == desk.get(url, {"q": "\0"}).json() == {"results": []}
    make_investment(place="Reko Diq", country="PK", latitude="29.1", longitude="62.0")
    [mine] = places.used(Investment, "reko")
    assert mine == {"place": "Reko Diq", "country": "PK", "latitude": "29.1", "longitude": "62"}


def test_places_are_walked_through_their_index():
    make_event(place="Kabul")
    for model in (Event, Investment):
        table = model._meta.db_table
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SET LOCAL enable_seqscan = off")
            explain = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
            cursor.execute(f"{explain} SELECT MIN(place) FROM {table} WHERE place > 'K'")
            assert f"{model._meta.model_name}_by_place" in str(cursor.fetchall())


# ------------------------------------------------------------------------------------------------------- new sources


@pytest.mark.parametrize(
    "written",
    [
        "https://news.example/a/b",
        "http://news.example/a/b",
        "https://www.news.example/a/b/",
        "https://News.Example/a/b#part",
        "https://news.example/a/b?utm_source=x&fbclid=1",
        "https://archive.example/1",
    ],
)
def test_a_source_is_found_by_its_address_however_it_is_written(desk, written):
    make_source(key="known", title="Known", url="https://news.example/a/b", archived_url="https://archive.example/1")
    found = desk.get(reverse("admin:find", args=["relations.source"]), {"q": written}).json()
    assert [item["value"] for item in found["results"]] == ["Known [known]"]
    assert "new" not in found
    assert enter(desk, **{"citations-0-source": written}).status_code == 302
    assert Event.objects.get().citations.get().source.key == "known"


def test_an_address_of_several_sources_names_them_and_one_of_a_withdrawn_source_is_new(desk, analyst):
    for key in ("one", "two"):
        make_source(key=key, title=key.title(), url=PAGE)
    assert "One [one] or Two [two]" in wrong(enter(desk))["citations-0-source"][0]
    gone = make_source(state="withdrawn", by=analyst, url=f"{PAGE}/gone")
    assert list(addresses.sources_at(gone.url)) == []


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (PAGE, {"title": "Kabul has fallen", "publisher": "news.example", "published": "2021-08-15", "url": PAGE}),
        (
            "http://www.dawn.example/news/1234567/imf-board-approves-loan.html?utm_medium=mail",
            {"title": "Imf board approves loan", "publisher": "Dawn", "kind": "official", "language": "ur"},
        ),
        ("https://x.example/20210230/a", {"title": "", "published": "", "kind": "news", "language": "en"}),
        ("https://x.example/12021081512/", {"published": ""}),
    ],
)
def test_an_address_suggests_title_publisher_and_date(address, expected):
    for number in range(2):
        make_source(url=f"https://dawn.example/{number}", publisher="Dawn", kind="official", language="ur")
    suggested = addresses.source_from(address)
    assert {name: suggested[name] for name in expected} == expected


@pytest.mark.parametrize(
    "text", ["ftp://a.example/", "javascript:alert(1)", "https://", "news.example/a", "https://a b"]
)
def test_only_an_address_of_the_web_makes_a_source(desk, text):
    assert not addresses.is_address(text)
    assert "new" not in desk.get(reverse("admin:find", args=["relations.source"]), {"q": text}).json()
    response = enter(desk, **{"citations-0-source": text})
    assert "no source is called" in wrong(response)["citations-0-source"][0]


def test_without_script_a_new_source_is_confirmed_before_it_is_entered(desk, analyst):
    response = enter(desk)
    assert response.status_code == 200
    assert "no source has this address yet" in wrong(response)["citations-0-new_title"][0]
    assert not Source.objects.filter(url=PAGE).exists()
    data = form_of(response, "event_form")
    assert data["citations-0-new_title"] == ["Kabul has fallen"]
    assert data["citations-0-new_published"] == ["2021-08-15"]
    response = desk.post(add(Event), data | {"citations-0-new_publisher": "The News", "_save": "1"})
    assert response.status_code == 302
    event = Event.objects.get()
    source = event.citations.get().source
    assert (source.state, source.key, source.publisher) == (State.DRAFT, "news-kabul-has-fallen-2021", "The News")
    assert (source.title, source.published, source.url, source.kind) == ("Kabul has fallen", "2021-08-15", PAGE, "news")
    revisions = Revision.objects.filter(object_id=source.pk, content_type__model="source")
    assert [(revision.act, revision.written_by) for revision in revisions] == [("create", analyst)]


def test_a_new_source_named_twice_is_entered_once_and_two_of_like_name_get_two_keys(desk):
    other = "https://news.example/2021/08/15/kabul-has-fallen/2"
    rows = {
        "citations-0-source": PAGE,
        "citations-1-source": f"{PAGE}?utm_source=x",
        "citations-1-field": "date",
        "citations-1-new_title": "Kabul has fallen",
        "citations-2-source": other,
        "citations-2-new_title": "Kabul has fallen",
        "citations-2-support": "stated",
        "citations-2-new_kind": "report",
        "citations-TOTAL_FORMS": "3",
    }
    response = enter(desk, **rows)
    assert response.status_code == 302, wrong(response)
    made = {(item.field, item.source.url, item.source.kind) for item in Event.objects.get().citations.all()}
    assert made == {("", PAGE, "news"), ("date", PAGE, "news"), ("", other, "report")}
    assert Source.objects.filter(title="Kabul has fallen").count() == 2


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"citations-0-new_published": "15/08/2021"}, "citations-0-new_published"),
        ({"citations-0-new_title": " x\u202e "}, "citations-0-new_title"),
        ({"date": "yesterday"}, "date"),
        ({"title": ""}, "title"),
    ],
)
def test_event_and_source_are_written_together_or_not_at_all(desk, typed, field):
    response = enter(desk, **{"citations-0-new_title": "Kabul has fallen"} | typed)
    assert response.status_code == 200
    assert set(wrong(response)) == {field}
    assert not Event.objects.exists()
    assert not Source.objects.filter(url=PAGE).exists()
    assert form_of(response, "event_form")["citations-0-source"] == [PAGE]


def test_a_new_source_for_what_is_published_waits_in_the_same_proposal(desk, analyst, editor):
    event = make_event(actors="munir:source", themes="diplomacy", title="As it was")
    data = form_of(desk.get(change(event)), "event_form")
    typed = {
        "citations-1-source": PAGE,
        "citations-1-new_title": "Kabul has fallen",
        "change": "addition",
        "reason": "A better source.",
    }
    assert desk.post(change(event), data | typed | {"_save": "1"}).status_code == 302
    plan = Plan.objects.get()
    assert [row.content_type.model for row in plan.rows.order_by("number")] == ["event", "source"]
    assert not Source.objects.filter(url=PAGE).exists()
    desk.force_login(editor)
    assert "Kabul has fallen" in desk.get(plan.get_absolute_url()).text
    publishing.agree(plan, by=editor)
    assert Source.objects.get(url=PAGE).state == State.DRAFT
    assert event.citations.count() == 2
    assert event.citations.published().count() == 1


def test_a_new_source_stays_typed_when_somebody_saved_in_between(desk, analyst, editor):
    event = make_event(state="draft", by=analyst, actors="munir:source", themes="diplomacy")
    data = form_of(desk.get(change(event)), "event_form")
    write([Edit(Event, pk=event.pk, seen=1, cells={"importance": "5"})], by=editor)
    typed = {"citations-1-source": PAGE, "citations-1-new_title": "Kabul has fallen"}
    response = desk.post(change(event), data | typed | {"_save": "1"})
    assert response.status_code == 409
    again = form_of(response, "event_form")
    assert PAGE in [value for name, values in again.items() if name.endswith("-source") for value in values]
    assert desk.post(change(event), again | {"_save": "1"}).status_code == 302
    assert Source.objects.get(url=PAGE).title == "Kabul has fallen"
    event.refresh_from_db()
    assert (event.importance, event.citations.count()) == (5, 2)


# ----------------------------------------------------------------------------------------------- doubles, the next


def test_likely_doubles_are_named_with_their_state_and_after_a_first_save(desk, analyst):
    make_source(key="known", url=PAGE)
    draft = make_event(state="draft", by=analyst, title="Munir in Washington", date="2021-08-15", actors="munir:source")
    asked = {"title": EVENT["title"], "date": "2021-08-14", "actor": "Munir [munir]"}
    url = reverse("admin:find-doubles")
    assert desk.get(url, asked).json()["results"] == [
        {"title": "Munir in Washington", "date": "15 Aug 2021", "url": change(draft), "state": "draft"}
    ]
    assert desk.get(url, asked | {"pk": draft.pk}).json() == {"results": []}
    assert desk.get(url, {"title": "\0", "date": "x" * 5000, "actor": "[", "pk": "9" * 30}).json() == {"results": []}
    response = enter(desk)
    assert response.status_code == 302
    told = " ".join(str(message) for message in desk.get(response.url).context["messages"])
    assert "Perhaps it is there already" in told
    assert change(draft) in told


def test_the_next_like_it_is_not_like_what_one_may_not_see_or_what_is_not_there(desk):
    for pk in ("0", "x", "9" * 30):
        assert form_of(desk.get(add(Event), {"like": pk}), "event_form")["date"] == [""]
    amount = make_transaction(currency="PKR", amount="5")
    data = form_of(desk.get(add(Transaction), {"like": amount.pk}), "transaction_form")
    assert data["programme"][0].endswith(f"[{amount.programme.key}]")
    assert (data["currency"], data["amount"], data["key"]) == (["PKR"], [""], [""])
    # What stands in the address besides fills in nothing.
    assert form_of(desk.get(add(Event), {"title": "From a link"}), "event_form")["title"] == [""]


def test_a_save_tells_the_browser_what_it_need_not_keep_any_more(desk):
    make_source(key="known", url=PAGE)
    cookie = enter(desk, kept="abc123").cookies["desk_saved"]
    assert (cookie.value, cookie["path"], cookie["samesite"]) == ("abc123", reverse("admin:index"), "Strict")
    desk.cookies.pop("desk_saved")
    assert "desk_saved" not in enter(desk, kept="abc; Path=/").cookies
    assert "desk_saved" not in enter(desk, date="wrong", kept="abc").cookies


# ------------------------------------------------------------------------------------------------------------- help


def test_every_form_leads_to_help_with_three_published_examples(desk, analyst):
    make_theme(key="canary", name="Unpublished canary", state="draft", by=analyst)
    for number in range(4):
        make_theme(name=f"Plain {number}", description="Because." if number else "")
    for model in keyed_models():
        url = reverse("admin:help", args=[resource_of(model).file])
        assert f'href="{url}"' in desk.get(add(model)).text
        page = desk.get(url)
        assert page.status_code == 200
        assert page.text.count("<li>") > 3
        assert "canary" not in page.text
    assert desk.get(reverse("admin:help", args=["themes"])).text.count('class="example"') == 3
    for file in ("citations", "nothing"):
        assert desk.get(reverse("admin:help", args=[file])).status_code == 404
