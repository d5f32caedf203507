from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("relations", "0003_required_choices"),
    ]

    operations = [
        migrations.AddField(
            model_name="planrow",
            name="notes",
            field=models.JSONField(default=list, help_text="What stays although the file lacks it."),
        ),
        migrations.AddField(
            model_name="upload",
            name="table",
            field=models.CharField(
                default="", help_text="The file of a package that it is like: “events”.", max_length=40
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="upload",
            name="columns",
            field=models.JSONField(default=list, help_text="The columns that it has."),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="upload",
            name="changed_cells",
            field=models.PositiveIntegerField(default=0, help_text="How many cells of stored rows it changes."),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="upload",
            name="content",
            field=models.BinaryField(help_text="Packed by zlib."),
        ),
    ]
