from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("relations", "0016_indexes_of_the_desk"),
        ("timeline", "0004_indexes_of_what_is_public"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["importance", "earliest", "key"], name="event_by_importance"),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["kind", "earliest", "key"], name="event_by_kind"),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["changed_at", "earliest", "key"], name="event_by_change"),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=models.Q(("latest__gt", models.F("earliest"))), fields=["latest"], name="event_that_lasts"
            ),
        ),
    ]
