"""The desk in a browser: without script, for every kind of sight, and two people at one record."""

import pytest
from django.urls import reverse
from django.utils.text import slugify

from relations import publishing
from relations.models import Plan, Theme
from relations.writing import Edit, write
from tests.factories import make_actor, make_event, make_source, make_theme
from timeline.models import Event

pytestmark = pytest.mark.usefixtures("db")


def form_of(event) -> str:
    return reverse("admin:timeline_event_change", args=[event.pk])


def test_an_event_is_entered_without_script(browser, live_server, sign_in, context, analyst):
    make_theme(key="diplomacy", name="Diplomacy")
    make_actor(key="munir", name="Syed Asim Munir", short_name="Munir")
    make_source(key="dawn-visit", title="Visit of the field marshal")
    sign_in(analyst)
    plain = browser.new_context(
        base_url=live_server.url, java_script_enabled=False, storage_state=context.storage_state()
    )
    page = plain.new_page()
    page.goto(reverse("admin:timeline_event_add"))
    page.fill("[name=title]", "A visit")
    page.fill("[name=date]", "2021-08-14")
    page.select_option("[name=kind]", "consult")
    page.fill("[name=summary]", "They met.")
    page.fill("[name=key]", "2021-visit")
    page.fill("[name=themes] >> nth=0", "diplomacy")
    page.fill("[name=participations-0-actor]", "munir")
    page.fill("[name=citations-0-source]", "dawn-visit")
    page.click("[name=_continue]")
    assert "saved as version 1" in page.inner_text(".messagelist")
    assert "on 14 August 2021" in page.inner_text("edtf-input output")
    page.click("text=Ask for review")
    assert "waits for review" in page.inner_text(".messagelist")
    plain.close()


def test_the_second_of_two_editors_sees_what_the_first_changed(page, sign_in, analyst, editor, complaints):
    event = make_event(state="draft", by=analyst, place="Islamabad")
    sign_in(analyst)
    page.goto(form_of(event))
    write([Edit(Event, pk=event.pk, seen=1, cells={"importance": "5"})], by=editor)
    page.fill("[name=place]", "Rawalpindi")
    page.click("[name=_continue]")
    told = page.inner_text(".conflict")
    for words in ("editor saved version 2", "importance", "Islamabad", "Rawalpindi", "yours", "theirs"):
        assert words in told
    assert page.input_value("[name=importance]") == "5"
    page.click("[name=_continue]")
    page.wait_for_selector("text=saved as version 3")
    event.refresh_from_db()
    assert (event.version, event.place, event.importance) == (3, "Rawalpindi", 5)


@pytest.fixture
def desk(analyst, editor, administrator):
    """Something on every page of the desk: addresses by name."""
    draft = make_event(state="draft", by=analyst, title="A draft", place="Islamabad", key="a-draft")
    submitted = make_event(state="submitted", by=analyst, title="Submitted", key="submitted")
    public = make_event(title="Public", key="public")
    theme = make_theme(key="trade", name="Trade")
    gone = make_theme(state="withdrawn", by=analyst, key="gone")
    edit = Edit(Theme, pk=theme.pk, seen=1, cells={"name": "Trade and tariffs"})
    publishing.propose([edit], by=analyst, change="clarification", reason="Tariffs belong here.")
    return {
        "index": reverse("admin:index"),
        "list": reverse("admin:timeline_event_changelist"),
        "list of what is filtered": reverse("admin:timeline_event_changelist") + "?from=2020&state=draft&q=event",
        "new": reverse("admin:timeline_event_add"),
        "draft": form_of(draft),
        "submitted": form_of(submitted),
        "public": form_of(public),
        "withdrawn": reverse("admin:relations_theme_change", args=[gone.pk]),
        "history": reverse("admin:timeline_event_history", args=[draft.pk]),
        "impact": reverse("admin:relations_theme_impact", args=[theme.pk]),
        "act": reverse("admin:timeline_event_act", args=[submitted.pk, "return"]),
        "plans": reverse("admin:relations_plan_changelist"),
        "plan": Plan.objects.get().get_absolute_url(),
        "revisions": reverse("admin:relations_revision_changelist"),
        "actor": reverse("admin:relations_actor_add"),
        "transaction": reverse("admin:relations_transaction_add"),
        "condition": reverse("admin:relations_aidcondition_add"),
        "benchmark": reverse("admin:relations_benchmark_add"),
        "investment": reverse("admin:relations_investment_add"),
        "judgement": reverse("admin:relations_judgement_add"),
        "source": reverse("admin:relations_source_add"),
        "people": reverse("admin:auth_user_changelist"),
        "account": reverse("admin:auth_user_change", args=[analyst.pk]),
        "invitation": reverse("admin:auth_user_add"),
        "roles": reverse("admin:auth_group_changelist"),
        "password": reverse("admin:password_change"),
    }


def test_no_page_of_the_desk_has_a_barrier_or_is_cut(
    page, sign_in, administrator, desk, barriers, screenshot, look, share
):
    sign_in(administrator)
    width, _scheme = look
    found, wide = [], {}
    for name, url in share(desk.items()):
        page.goto(url)
        screenshot(page, f"desk-{slugify(name)}")
        if (needed := page.evaluate("document.documentElement.scrollWidth")) > width:
            wide[name] = needed
        found += [f"{name}: {barrier}" for barrier in barriers(page)]
    assert (found, wide) == ([], {})


def test_the_sign_in_has_no_barrier(page, barriers):
    for name in ("admin:login", "admin_password_reset"):
        page.goto(reverse(name))
        assert barriers(page) == [], name


def test_a_refused_form_and_a_stale_one_have_no_barrier(page, sign_in, analyst, editor, barriers, complaints):
    event = make_event(state="draft", by=analyst)
    sign_in(analyst)
    page.goto(form_of(event))
    page.fill("[name=date]", "14/08/2021")
    page.fill("[name=participations-0-actor]", "Nobody")
    page.click("[name=_continue]")
    assert "2021-08-14" in page.inner_text(".field-date .errorlist")
    assert barriers(page) == []
    page.goto(form_of(event))
    write([Edit(Event, pk=event.pk, seen=1, cells={"importance": "5"})], by=editor)
    page.fill("[name=place]", "Rawalpindi")
    page.click("[name=_continue]")
    page.wait_for_selector(".conflict")
    complaints.clear()
    assert barriers(page) == []


def test_the_form_of_a_full_event_is_not_cut(page, sign_in, analyst, us_pakistan, screenshot, look):
    sign_in(analyst)
    event = Event.objects.get(key="2026-islamabad-mou")
    page.goto(form_of(event))
    page.wait_for_selector("text=Because it is already public")
    screenshot(page, "desk-full-event")
    width, _scheme = look
    assert page.evaluate("document.documentElement.scrollWidth") <= width
