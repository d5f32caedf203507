from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("contenttypes", "0002_remove_content_type_name"),
        ("relations", "0012_reports_of_readers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="actor",
            name="actor_public_by_key",
        ),
        migrations.RemoveIndex(
            model_name="aidcondition",
            name="condition_public_by_date",
        ),
        migrations.RemoveIndex(
            model_name="aidprogramme",
            name="programme_public_by_date",
        ),
        migrations.RemoveIndex(
            model_name="assessment",
            name="assessment_public_by_date",
        ),
        migrations.RemoveIndex(
            model_name="benchmark",
            name="benchmark_public_by_date",
        ),
        migrations.RemoveIndex(
            model_name="investment",
            name="investment_public_by_date",
        ),
        migrations.RemoveIndex(
            model_name="judgement",
            name="judgement_public_by_date",
        ),
        migrations.RemoveIndex(
            model_name="source",
            name="source_public_by_date",
        ),
        migrations.RemoveIndex(
            model_name="transaction",
            name="transaction_public_by_date",
        ),
        migrations.AddIndex(
            model_name="actor",
            index=models.Index(condition=models.Q(("is_public", True)), fields=["key"], name="actor_public_by_key"),
        ),
        migrations.AddIndex(
            model_name="aidcondition",
            index=models.Index(
                condition=models.Q(("is_public", True)), fields=["earliest", "key"], name="condition_public_by_date"
            ),
        ),
        migrations.AddIndex(
            model_name="aidprogramme",
            index=models.Index(
                condition=models.Q(("is_public", True)), fields=["earliest", "key"], name="programme_public_by_date"
            ),
        ),
        migrations.AddIndex(
            model_name="assessment",
            index=models.Index(
                condition=models.Q(("is_public", True)), fields=["earliest", "key"], name="assessment_public_by_date"
            ),
        ),
        migrations.AddIndex(
            model_name="assessment",
            index=models.Index(
                condition=models.Q(("is_public", True)),
                fields=["published_at", "earliest", "key"],
                name="assessment_public_since",
            ),
        ),
        migrations.AddIndex(
            model_name="benchmark",
            index=models.Index(
                condition=models.Q(("is_public", True)), fields=["earliest", "key"], name="benchmark_public_by_date"
            ),
        ),
        migrations.AddIndex(
            model_name="investment",
            index=models.Index(
                condition=models.Q(("is_public", True)), fields=["earliest", "key"], name="investment_public_by_date"
            ),
        ),
        migrations.AddIndex(
            model_name="judgement",
            index=models.Index(
                condition=models.Q(("is_public", True)), fields=["earliest", "key"], name="judgement_public_by_date"
            ),
        ),
        migrations.AddIndex(
            model_name="judgement",
            index=models.Index(
                condition=models.Q(("is_public", True)),
                fields=["published_at", "earliest", "key"],
                name="judgement_public_since",
            ),
        ),
        migrations.AddIndex(
            model_name="revision",
            index=models.Index(
                condition=models.Q(("published_at__isnull", False), models.Q(("change", ""), _negated=True)),
                fields=["-published_at", "id"],
                name="revision_corrections",
            ),
        ),
        migrations.AddIndex(
            model_name="source",
            index=models.Index(
                condition=models.Q(("is_public", True)), fields=["earliest", "key"], name="source_public_by_date"
            ),
        ),
        migrations.AddIndex(
            model_name="transaction",
            index=models.Index(
                condition=models.Q(("is_public", True)), fields=["earliest", "key"], name="transaction_public_by_date"
            ),
        ),
    ]
