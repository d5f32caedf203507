from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("contenttypes", "0002_remove_content_type_name"),
        ("relations", "0015_totals_read_from_an_index"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="need",
            name="need_kind_is_a_choice",
        ),
        migrations.AlterField(
            model_name="need",
            name="kind",
            field=models.CharField(
                choices=[
                    ("finish", "a draft to be finished"),
                    ("mend", "returned, to be mended"),
                    ("check", "waits for a second person"),
                    ("cite", "cites no source yet"),
                    ("source", "published, and something in it has no source"),
                    ("publisher", "published, and rests on one publisher"),
                    ("answer", "has an open comment of somebody else"),
                ],
                max_length=9,
            ),
        ),
        migrations.AddIndex(
            model_name="revision",
            index=models.Index(
                condition=models.Q(("published_by__isnull", False)),
                fields=["published_at", "id"],
                name="revision_by_colleagues",
            ),
        ),
        migrations.AddIndex(
            model_name="revision",
            index=models.Index(fields=["act", "id"], name="revision_by_act"),
        ),
        migrations.AddIndex(
            model_name="revision",
            index=models.Index(fields=["change", "id"], name="revision_by_change"),
        ),
        migrations.AddIndex(
            model_name="source",
            index=models.Index(fields=["earliest", "key"], name="source_by_date"),
        ),
        migrations.AddConstraint(
            model_name="need",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["finish", "mend", "check", "cite", "source", "publisher", "answer"])),
                name="need_kind_is_a_choice",
            ),
        ),
    ]
