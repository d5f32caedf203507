import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("contenttypes", "0002_remove_content_type_name"),
        ("relations", "0010_batches_are_taken_back"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ListColumns",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("columns", models.CharField(max_length=1000)),
                (
                    "content_type",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="contenttypes.contenttype"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("person", "content_type"), name="columns_are_chosen_once"),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.LessThanOrEqual(
                            django.db.models.functions.text.Length(models.F("columns")), 1000
                        ),
                        name="listcolumns_columns_has_at_most_1000",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("columns", ""), _negated=True), name="listcolumns_columns_is_given"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Need",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("object_id", models.PositiveBigIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("finish", "a draft to be finished"),
                            ("mend", "returned, to be mended"),
                            ("check", "waits for a second person"),
                            ("source", "published, and something in it has no source"),
                            ("publisher", "published, and rests on one publisher"),
                        ],
                        max_length=9,
                    ),
                ),
                ("since", models.DateTimeField()),
                (
                    "fields",
                    models.CharField(
                        blank=True, help_text="What has no source: names of columns, separated by “|”.", max_length=1000
                    ),
                ),
                (
                    "content_type",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="contenttypes.contenttype",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        help_text="Whose work it is: who entered the record or made the proposal.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("since", "pk"),
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["kind", "since", "id"], name="need_by_kind"),
                    models.Index(fields=["person", "kind", "since", "id"], name="need_by_person"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("content_type", "object_id", "kind"), name="need_stands_once"),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.LessThanOrEqual(
                            django.db.models.functions.text.Length(models.F("kind")), 9
                        ),
                        name="need_kind_has_at_most_9",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["finish", "mend", "check", "source", "publisher"])),
                        name="need_kind_is_a_choice",
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.LessThanOrEqual(
                            django.db.models.functions.text.Length(models.F("fields")), 1000
                        ),
                        name="need_fields_has_at_most_1000",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="WorkList",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80)),
                ("query", models.CharField(blank=True, help_text="The parameters of its address.", max_length=2000)),
                (
                    "sort",
                    models.CharField(blank=True, help_text="Columns, “-” before those that go down.", max_length=300),
                ),
                (
                    "content_type",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="contenttypes.contenttype"
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty: all.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("name", "pk"),
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("owner", "content_type", "name"), name="work_list_name_is_its_owners"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("owner", None)),
                        fields=("content_type", "name"),
                        name="work_list_name_is_the_desks",
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.LessThanOrEqual(
                            django.db.models.functions.text.Length(models.F("name")), 80
                        ),
                        name="worklist_name_has_at_most_80",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True), name="worklist_name_is_given"
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.LessThanOrEqual(
                            django.db.models.functions.text.Length(models.F("query")), 2000
                        ),
                        name="worklist_query_has_at_most_2000",
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.LessThanOrEqual(
                            django.db.models.functions.text.Length(models.F("sort")), 300
                        ),
                        name="worklist_sort_has_at_most_300",
                    ),
                ],
            },
        ),
    ]
