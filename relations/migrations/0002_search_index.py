from django.db import migrations

from relations.search import create_index, drop_index


class Migration(migrations.Migration):
    """The full-text index, which each database makes in its own way."""

    dependencies = [("relations", "0001_initial")]

    operations = [migrations.RunPython(create_index, drop_index)]
