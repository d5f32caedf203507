"""How the total of a year grows: asked of the API at 10,000 and at 1,000,000 transactions, in a database of its own.

It fails where the larger is more than three times as slow as the smaller.
"""

import os
import random
import statistics
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SMALL, LARGE, MOST = 10_000, 1_000_000, 3
ADDRESS = "/api/v1/totals/?period=US-FY2001"


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DATABASE_URL"] = f"sqlite:///{folder}/ledger.sqlite3"
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
        sys.path.insert(0, str(ROOT))
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        _publish_a_pair()
        small = _measure(0, SMALL)
        large = _measure(SMALL, LARGE)
    ratio = large / small
    print(f"total of a year: {small * 1000:.1f} ms of {SMALL:,}, {large * 1000:.1f} ms of {LARGE:,}: {ratio:.2f} times")
    return ratio > MOST


def _publish_a_pair() -> None:
    from benchmarks.generator import _insert, _keyed
    from relations.models import AidProgramme
    from tests.factories import make_package

    make_package()
    day = date(1947, 10, 1)
    bounds = dict.fromkeys(("earliest", "latest", "certain_from", "certain_until"), day)
    programmes = (
        _keyed(n, f"programme-{n}", title=f"Programme {n}", category="military", **bounds) for n in range(1, 101)
    )
    _insert(AidProgramme, programmes)


def _measure(start: int, end: int) -> float:
    """Return the seconds in which a year's total is answered, once the rows from `start` to `end` are there."""
    from django.db import connection
    from django.test import Client

    from benchmarks.generator import _insert, _keyed
    from relations.models import Transaction

    chance = random.Random(end)  # noqa: S311
    first, days = date(1947, 10, 1), 28_800
    kinds = list(Transaction.Kind.values)

    def row(number: int) -> dict:
        day = first + timedelta(days=chance.randrange(days))
        fiscal = f"US-FY{day.year + (day.month > 9)}" if number % 2 else ""
        return _keyed(
            number + 1,
            f"amount-{number}",
            programme_id=1 + number % 100,
            kind=chance.choice(kinds),
            amount=chance.randrange(1, 10**9),
            currency="USD",
            instrument="grant",
            date="" if fiscal else day.isoformat(),
            fiscal_period=fiscal,
            earliest=day,
            latest=day,
            certain_from=day,
            certain_until=day,
        )

    _insert(Transaction, (row(number) for number in range(start, end)))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    client = Client(HTTP_HOST="127.0.0.1:8000")
    times = []
    for _n in range(15):
        begun = time.perf_counter()
        response = client.get(ADDRESS)
        times.append(time.perf_counter() - begun)
        assert response.json()["results"], response.content[:300]
    return statistics.median(times)


if __name__ == "__main__":
    sys.exit(main())
