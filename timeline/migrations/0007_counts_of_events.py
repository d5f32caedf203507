from collections import Counter
from datetime import date

from django.db import migrations, models

from relations.codelists import family_of


def count(apps, schema_editor):
    """Count the public events of every year: all, of each theme, and of each actor with the bodies beneath it."""
    Event, Actor = apps.get_model("timeline", "Event"), apps.get_model("relations", "Actor")
    ups = {
        pk: {up for up in (parent, serves) if up and is_public}
        for pk, is_public, parent, serves in Actor.objects.values_list("pk", "is_public", "parent", "serves")
    }
    cells, reached = Counter(), {}
    public = Event.objects.filter(is_public=True)
    of_event = {}
    for pk, earliest, latest, kind in public.values_list("pk", "earliest", "latest", "kind").iterator():
        of_event[pk] = (latest if earliest == date.min else earliest).year, family_of(kind)
    cells.update((0, 0, *cell) for cell in of_event.values())
    for event, theme in Event.themes.through.objects.values_list("event", "theme").iterator():
        if event in of_event:
            cells[(1, theme, *of_event[event])] += 1
    bodies = {}
    parts = apps.get_model("timeline", "Participation").objects.order_by("event").values_list("event", "actor")
    for event, actor in parts.iterator():
        if event in of_event:
            if actor not in reached:
                seen, near = {actor}, {actor}
                while near:
                    near = set().union(*(ups[pk] for pk in near)) - seen
                    seen |= near
                reached[actor] = seen
            bodies.setdefault(event, set()).update(reached[actor])
    for event, actors in bodies.items():
        cells.update((2, actor, *of_event[event]) for actor in actors)
    EventCount = apps.get_model("timeline", "EventCount")
    EventCount.objects.bulk_create(
        (EventCount(of=of, of_id=pk, year=year, family=family, n=n) for (of, pk, year, family), n in cells.items()),
        batch_size=500,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("timeline", "0006_figures_of_events"),
    ]

    operations = [
        migrations.CreateModel(
            name="EventCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("of", models.SmallIntegerField(choices=[(0, "All"), (1, "Theme"), (2, "Actor")])),
                ("of_id", models.BigIntegerField(default=0)),
                ("year", models.SmallIntegerField()),
                ("family", models.CharField(max_length=14)),
                ("n", models.IntegerField()),
            ],
            options={"ordering": ("of", "of_id", "year", "family"), "default_permissions": ()},
        ),
        migrations.AddConstraint(
            model_name="eventcount",
            constraint=models.UniqueConstraint(
                fields=("of", "of_id", "year", "family"), name="event_count_stands_once"
            ),
        ),
        migrations.RunPython(count, migrations.RunPython.noop),
    ]
