from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("relations", "0008_sources_with_examined_origins")]

    operations = [
        migrations.AddIndex(
            model_name="investment",
            index=models.Index(fields=["place", "id"], name="investment_by_place"),
        ),
    ]
