from django.db import migrations


def create_index(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute(
            "CREATE VIRTUAL TABLE relations_search USING fts5(words, tokenize='unicode61 remove_diacritics 0')"
        )
    else:
        schema_editor.execute(
            "CREATE INDEX relations_search ON relations_searchentry USING gin (to_tsvector('simple', words))"
        )


def drop_index(apps, schema_editor):
    is_sqlite = schema_editor.connection.vendor == "sqlite"
    schema_editor.execute("DROP TABLE relations_search" if is_sqlite else "DROP INDEX relations_search")


class Migration(migrations.Migration):
    """The full-text index, which each database makes in its own way."""

    dependencies = [("relations", "0001_initial")]

    operations = [migrations.RunPython(create_index, drop_index)]
