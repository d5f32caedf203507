from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("relations", "0013_indexes_of_what_is_public"),
        ("timeline", "0003_events_by_place"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="event",
            name="event_public_by_date",
        ),
        migrations.RemoveIndex(
            model_name="event",
            name="event_public_by_importance",
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=models.Q(("is_public", True)), fields=["earliest", "key"], name="event_public_by_date"
            ),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=models.Q(("is_public", True)),
                fields=["importance", "earliest", "key"],
                name="event_public_by_importance",
            ),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=models.Q(("is_public", True)),
                fields=["published_at", "earliest", "key"],
                name="event_public_since",
            ),
        ),
    ]
