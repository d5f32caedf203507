from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("relations", "0007_second_factors"),
    ]

    operations = [
        migrations.AddField(
            model_name="source",
            name="origin_examined",
            field=models.BooleanField(
                default=False,
                help_text="Whether somebody looked where it has what it says from; if no origin is named, it copies none.",
            ),
        ),
    ]
