from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("relations", "0005_keys_are_no_pages_of_lists"),
        ("timeline", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddConstraint(
            model_name="event",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "key__in",
                        (
                            "atom",
                            "calendar",
                            "chart",
                            "csv",
                            "embed",
                            "feed",
                            "graph",
                            "iati",
                            "ics",
                            "json",
                            "jsonl",
                            "matrix",
                            "png",
                            "print",
                            "svg",
                            "totals",
                            "xlsx",
                            "zip",
                        ),
                    ),
                    _negated=True,
                ),
                name="event_key_is_no_page_of_a_list",
            ),
        ),
    ]
