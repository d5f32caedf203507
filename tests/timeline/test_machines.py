"""What machines ask for beside the record: whether the site is well, and what may be crawled."""

import pytest
from django.db import connection
from django.test import override_settings

from tests.databases import connected_to
from tests.factories import make_source


@override_settings(PUBLIC_URL="https://record.example")
def test_robots_keep_away_from_the_desk_and_find_the_sitemap(client, db):
    lines = client.get("/robots.txt").text.splitlines()
    assert lines == ["User-agent: *", "Disallow: /admin/", "Sitemap: https://record.example/sitemap.xml"]
    assert client.get("/robots.txt?for=all").status_code == 400


def test_health_tells_database_migrations_and_revision(client, db):
    make_source()
    response = client.get("/healthz")
    assert response.status_code == 200
    assert response.json() == {"status": "ok", "database": True, "migrations": True, "revision": 1}
    assert response["Cache-Control"] == "no-store"
    assert not response.cookies
    assert client.head("/healthz").status_code == 200
    assert client.post("/healthz").status_code == 405


def test_health_is_not_well_before_all_migrations_are_applied(client, db):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'timeline'")
    response = client.get("/healthz")
    assert response.status_code == 503
    assert response.json() == {"status": "unwell", "database": True, "migrations": False, "revision": 0}


def test_health_is_not_well_without_its_database_and_tells_no_secret(client, django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), connected_to("/no-such-folder/database"):
        response = client.get("/healthz")
    assert response.status_code == 503
    assert response.json() == {"status": "unwell", "database": False, "migrations": False, "revision": None}


@pytest.mark.django_db
def test_health_of_an_empty_site_is_well(client):
    assert client.get("/healthz").json()["revision"] == 0
