from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("timeline", "0007_counts_of_events"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="event", name="event_public_by_date"),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=models.Q(is_public=True), fields=["earliest", "key", "latest"], name="event_public_by_date"
            ),
        ),
    ]
