"""Lists as people arrange them: columns by person, several columns to sort by, and lists saved by name."""

from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from relations.admin import worklists
from relations.admin.base import CappedPaginator
from relations.models import ListColumns, Theme, WorkList
from tests.factories import MAKERS, content_type, make_event, make_theme, make_user
from timeline.models import Event

pytestmark = pytest.mark.django_db

EVENTS = "admin:timeline_event"


def shown(client, query: str = "", model: str = EVENTS):
    """The change list that an address shows, followed where it leads."""
    response = client.get(f"{reverse(f'{model}_changelist')}?{query}", follow=True)
    assert response.status_code == 200, response
    return response.context["cl"]


def titles(client, query: str = "") -> list[str]:
    return [event.title for event in shown(client, query).result_list]


def choose(client, *columns: str, **more):
    return client.post(reverse(f"{EVENTS}_columns"), {"column": columns, **more}, follow=True)


def save(client, name: str, query: str = "", **more):
    return client.post(reverse(f"{EVENTS}_save_list"), {"name": name, "query": query, **more}, follow=True)


def messages(response) -> str:
    return " ".join(str(message) for message in response.context["messages"])


def make_list(owner=None, name: str = "Notable", query: str = "importance__exact=3", sort: str = "", model=Event):
    return WorkList.objects.create(owner=owner, name=name, query=query, sort=sort, content_type=content_type(model))


def counts(client) -> dict[str, str]:
    """What the first page says of saved lists."""
    lists = client.get(reverse("admin:index")).context["work_lists"]
    return {entry.item.name: entry.count for entry in lists}


# ------------------------------------------------------------------------------------------------ sorted by several


def test_a_list_is_sorted_by_several_columns_in_words(client, analyst):
    make_event(title="B", importance="3", date="2001")
    make_event(title="C", importance="2", date="2003")
    make_event(title="A", importance="3", date="2002")
    client.force_login(analyst)
    assert titles(client) == ["C", "A", "B"]
    assert titles(client, "sort=-importance&sort=title") == ["A", "B", "C"]
    assert titles(client, "sort=importance&sort=-date_phrase&sort=") == ["C", "A", "B"]
    page = client.get(reverse(f"{EVENTS}_changelist"), {"sort": ["-importance", "title"]}, follow=True)
    assert "Sorted by importance, falling; then title, rising." in unescape(page.text)


def test_the_form_that_sorts_keeps_what_the_list_is_narrowed_to(client, analyst):
    make_event(title="A", importance="3")
    make_event(title="B", importance="2")
    client.force_login(analyst)
    assert titles(client, "importance__exact=3&sort=-title") == ["A"]
    assert ("importance__exact", "3") in shown(client, "importance__exact=3&sort=-title").kept


def test_a_column_that_there_is_not_sorts_nothing(client, analyst):
    make_event(title="A", date="2001")
    make_event(title="B", date="2002")
    client.force_login(analyst)
    assert titles(client, "sort=password&sort=version_number") == ["B", "A"]


def test_what_ties_goes_on_in_the_order_of_the_list(client, analyst):
    for title, date in (("A", "2001"), ("B", "2003"), ("C", "2002")):
        make_event(title=title, date=date)
    client.force_login(analyst)
    assert titles(client, "sort=importance") == ["A", "C", "B"]
    assert titles(client, "sort=-importance") == ["B", "C", "A"]


def test_more_records_than_are_counted_are_sorted_by_what_an_index_gives_alone(client, analyst, monkeypatch):
    for title, date in (("B", "2001"), ("A", "2002"), ("C", "2003")):
        make_event(title=title, date=date)
    client.force_login(analyst)
    monkeypatch.setattr(CappedPaginator, "cap", 2)
    assert titles(client, "sort=date_phrase") == ["B", "A", "C"]
    page = client.get(reverse(f"{EVENTS}_changelist"), {"sort": "title"}, follow=True)
    assert [event.title for event in page.context["cl"].result_list] == ["C", "A", "B"]
    assert "too many to be sorted by that" in page.text
    assert titles(client, "sort=title&to=2002") == ["A", "B"]


# ------------------------------------------------------------------------------------------------------- columns


def test_each_person_has_the_columns_that_were_chosen(client, analyst, editor):
    make_event(place="Islamabad")
    client.force_login(analyst)
    choose(client, "date_phrase", "place")
    assert shown(client).list_display == ["action_checkbox", "date_phrase", "title", "place"]
    client.force_login(editor)
    assert "place" not in shown(client).list_display


def test_other_columns_leave_the_list_narrowed_and_sorted_as_it_was(client, analyst):
    for title, importance in (("A", "2"), ("B", "4"), ("C", "3")):
        make_event(title=title, importance=importance)
    client.force_login(analyst)
    page = choose(client, "place", "importance", query="state=published", sorted=["importance"])
    assert [event.title for event in page.context["cl"].result_list] == ["A", "C", "B"]


def test_the_usual_columns_come_back_with_one_button(client, analyst):
    client.force_login(analyst)
    choose(client, "place")
    choose(client, "place", standard="1")
    assert not ListColumns.objects.exists()
    assert "importance" in shown(client).list_display


def test_a_column_that_there_is_not_is_not_shown(client, analyst):
    client.force_login(analyst)
    choose(client, "date_phrase", "entered_by__password", "no_such")
    assert shown(client).list_display == ["action_checkbox", "date_phrase", "title"]


@pytest.mark.parametrize("model", MAKERS, ids=lambda model: model.__name__)
def test_every_column_that_a_list_offers_is_shown_at_the_same_cost_for_one_row_and_for_many(client, analyst, model):
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    MAKERS[model]()
    client.force_login(analyst)
    offered = [column.name for column in shown(client, model=name).columns]
    client.post(reverse(f"{name}_columns"), {"column": offered})
    url = reverse(f"{name}_changelist")
    assert client.get(url).context["cl"].list_display == ["action_checkbox", *offered]
    with CaptureQueriesContext(connection) as few:
        client.get(url)
    for _number in range(3):
        MAKERS[model]()
    with CaptureQueriesContext(connection) as many:
        client.get(url)
    assert len(few) == len(many)


# -------------------------------------------------------------------------------------------------- saved by name


def test_a_list_is_saved_with_its_filters_and_order_and_stands_on_the_first_page_with_its_count(client, analyst):
    make_event(title="A", importance="3", date="2001")
    make_event(title="B", importance="3", date="2002")
    make_event(title="C", importance="2")
    client.force_login(analyst)
    response = save(client, "Notable", "importance__exact=3", sorted=["date_phrase"])
    assert "Saved as “Notable”" in messages(response)
    assert [event.title for event in response.context["cl"].result_list] == ["A", "B"]
    assert counts(client) == {"Notable": "2"}


def test_a_list_means_the_same_to_whoever_has_other_columns(client, analyst, editor):
    for title, importance in (("A", "2"), ("B", "4"), ("C", "3")):
        make_event(title=title, importance=importance)
    item = make_list(query="", sort="-importance,title")
    client.force_login(editor)
    choose(client, "importance", "place")
    page = client.get(reverse("admin:work-list", args=[item.pk]), follow=True)
    assert [event.title for event in page.context["cl"].result_list] == ["B", "C", "A"]


def test_mine_are_mine_and_the_desks_are_everybodys(client, analyst, editor):
    mine, desks = make_list(owner=analyst, name="Mine"), make_list(name="The desk")
    other = make_user()
    client.force_login(other)
    assert list(counts(client)) == ["The desk"]
    assert client.get(reverse("admin:work-list", args=[mine.pk])).status_code == 404
    assert client.get(reverse("admin:work-list", args=[desks.pk])).status_code == 302
    assert client.post(reverse("admin:work-lists"), {"list": mine.pk, "act": "remove"}).status_code == 404
    client.force_login(editor)
    assert client.post(reverse("admin:work-lists"), {"list": mine.pk, "act": "remove"}).status_code == 404
    assert WorkList.objects.count() == 2


def test_editors_alone_keep_the_lists_of_the_desk(client, analyst, editor):
    desks = make_list(name="The desk")
    change = {"list": desks.pk, "act": "rename", "name": "Other"}
    client.force_login(analyst)
    assert "For the whole desk" not in client.get(reverse(f"{EVENTS}_changelist")).text
    assert save(client, "For all", desk="1").status_code == 403
    assert client.post(reverse("admin:work-lists"), change).status_code == 403
    client.force_login(editor)
    assert "For the whole desk" in client.get(reverse(f"{EVENTS}_changelist")).text
    save(client, "For all", desk="1")
    assert client.post(reverse("admin:work-lists"), change).status_code == 302
    assert set(WorkList.objects.values_list("name", "owner")) == {("For all", None), ("Other", None)}


def test_a_list_is_renamed_and_removed_by_its_owner(client, analyst):
    item = make_list(owner=analyst)
    client.force_login(analyst)
    url = reverse("admin:work-lists")
    response = client.post(url, {"list": item.pk, "act": "rename", "name": "  To   check "}, follow=True)
    assert "“To check” now" in messages(response)
    assert list(counts(client)) == ["To check"]
    client.post(url, {"list": item.pk, "act": "remove"})
    assert not WorkList.objects.exists()


def test_a_name_that_is_empty_long_or_taken_is_refused_with_what_would_be_right(client, analyst):
    make_list(owner=analyst)
    client.force_login(analyst)
    assert "choose another name" in messages(save(client, "Notable"))
    assert "Give the list a name" in messages(save(client, "  "))
    assert "at most 80 characters" in messages(save(client, "x" * 81))
    assert WorkList.objects.count() == 1
    make_list(name="Of the desk")
    save(client, "Of the desk")
    assert WorkList.objects.count() == 3


def test_an_address_that_no_filter_makes_is_not_saved(client, analyst):
    client.force_login(analyst)
    assert "cannot be saved" in messages(save(client, "Odd", "entered_by__password__startswith=a"))
    assert "cannot be saved" in messages(save(client, "Long", f"q={'x' * 2000}"))
    assert not WorkList.objects.exists()


def test_a_list_whose_filter_is_gone_says_so_and_breaks_no_page(client, analyst):
    make_list(owner=analyst, query="no_such_field__exact=3")
    client.force_login(analyst)
    assert counts(client) == {"Notable": ""}
    assert "cannot be read any more" in client.get(reverse("admin:work-lists")).text


def test_who_may_not_see_a_kind_of_record_saves_and_sees_no_lists_of_it(client, outsider):
    from django.contrib.auth.models import Permission

    make_list()
    themes = make_list(name="Themes", query="", model=Theme)
    make_theme()
    outsider.is_staff = True
    outsider.save()
    client.force_login(outsider)
    assert client.get(reverse("admin:work-lists")).status_code == 403
    assert client.post(reverse(f"{EVENTS}_columns"), {"column": ["title"]}).status_code == 403
    assert save(client, "Mine").status_code == 403
    outsider.user_permissions.add(Permission.objects.get(codename="view_theme"))
    outsider = type(outsider).objects.get(pk=outsider.pk)
    client.force_login(outsider)
    assert list(counts(client)) == ["Themes"]
    assert client.get(reverse("admin:work-list", args=[themes.pk])).status_code == 302
    assert client.get(reverse(f"{EVENTS}_columns")).status_code == 403


def test_lists_are_changed_by_sending_a_form_alone(client, analyst):
    client.force_login(analyst)
    for page in ("columns", "save_list"):
        assert client.get(reverse(f"{EVENTS}_{page}")).status_code == 405


def test_an_index_serves_an_order_whole_or_not_at_all():
    assert worklists.served(Event, ["earliest", "key"])
    assert worklists.served(Event, ["-state", "-earliest", "-key"])
    assert not worklists.served(Event, ["-state", "earliest", "key"])
    assert not worklists.served(Event, ["title", "earliest", "key"])
    assert worklists.served(Theme, ["-key"])
