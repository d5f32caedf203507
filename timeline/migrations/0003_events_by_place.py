from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("timeline", "0002_keys_are_no_pages_of_lists")]

    operations = [
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["place", "id"], name="event_by_place"),
        ),
    ]
