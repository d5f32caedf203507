import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
from django.conf import settings
from django.db import migrations, models


def say_states(apps, schema_editor):
    """Derive the state of each version from its act; a change keeps the state of the version before it."""
    Revision = apps.get_model("relations", "Revision")
    versions = Revision.objects.using(schema_editor.connection.alias).order_by()
    versions.filter(act="submit").update(state="submitted")
    versions.filter(act="withdraw").update(state="withdrawn")
    versions.exclude(act="withdraw").filter(published_at__isnull=False).update(state="published")
    same = models.Q(content_type=models.OuterRef("content_type"), object_id=models.OuterRef("object_id"))
    before = versions.filter(same, version__lt=models.OuterRef("version")).exclude(act="change").order_by("-version")
    changed = versions.filter(act="change", published_at=None).annotate(last=models.Subquery(before.values("act")[:1]))
    submitted = list(changed.filter(last="submit").values_list("pk", flat=True))
    for start in range(0, len(submitted), 500):
        versions.filter(pk__in=submitted[start : start + 500]).update(state="submitted")


class Migration(migrations.Migration):
    dependencies = [
        ("contenttypes", "0002_remove_content_type_name"),
        ("relations", "0009_investments_by_place"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Redaction",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("texts", models.JSONField(default=list, help_text="What is to go; empty once that is decided.")),
                ("digests", models.JSONField(default=list, help_text="SHA-256 of each text in UTF-8, in hexadecimal.")),
                ("mark", models.CharField(help_text="What stands in place of it.", max_length=30)),
                ("places", models.JSONField(default=dict, help_text="In how many rows of which table it stood.")),
            ],
            options={
                "default_permissions": ("view", "add", "publish"),
            },
        ),
        migrations.RemoveConstraint(
            model_name="plan",
            name="plan_kind_is_a_choice",
        ),
        migrations.RemoveConstraint(
            model_name="plan",
            name="plan_change_is_a_choice",
        ),
        migrations.RemoveConstraint(
            model_name="revision",
            name="revision_change_is_a_choice",
        ),
        migrations.AddField(
            model_name="oldkey",
            name="was_public",
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name="plan",
            name="undoes",
            field=models.ForeignKey(
                blank=True,
                help_text="The batch it takes back.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="undone_by",
                to="relations.plan",
            ),
        ),
        migrations.AddField(
            model_name="planrow",
            name="into",
            field=models.PositiveBigIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="planrow",
            name="state",
            field=models.CharField(
                blank=True,
                choices=[
                    ("draft", "draft"),
                    ("submitted", "submitted"),
                    ("published", "published"),
                    ("withdrawn", "withdrawn"),
                ],
                max_length=9,
            ),
        ),
        migrations.AddField(
            model_name="revision",
            name="into",
            field=models.PositiveBigIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="revision",
            name="state",
            field=models.CharField(
                choices=[
                    ("draft", "draft"),
                    ("submitted", "submitted"),
                    ("published", "published"),
                    ("withdrawn", "withdrawn"),
                ],
                default="draft",
                max_length=9,
            ),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="plan",
            name="change",
            field=models.CharField(
                blank=True,
                choices=[
                    ("addition", "addition"),
                    ("correction", "correction"),
                    ("clarification", "clarification"),
                    ("withdrawal", "withdrawal"),
                    ("redaction", "redaction"),
                ],
                max_length=13,
            ),
        ),
        migrations.AlterField(
            model_name="plan",
            name="kind",
            field=models.CharField(
                choices=[
                    ("proposal", "proposal"),
                    ("import", "import"),
                    ("bulk", "change of many"),
                    ("merge", "merge"),
                    ("undo", "taking back"),
                    ("redact", "redaction"),
                ],
                max_length=8,
            ),
        ),
        migrations.AlterField(
            model_name="plan",
            name="parent",
            field=models.ForeignKey(
                blank=True,
                help_text="The batch it came with.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="proposals",
                to="relations.plan",
            ),
        ),
        migrations.AlterField(
            model_name="planrow",
            name="notes",
            field=models.JSONField(default=list, help_text="What stays as it is, and why."),
        ),
        migrations.AlterField(
            model_name="revision",
            name="change",
            field=models.CharField(
                blank=True,
                choices=[
                    ("addition", "addition"),
                    ("correction", "correction"),
                    ("clarification", "clarification"),
                    ("withdrawal", "withdrawal"),
                    ("redaction", "redaction"),
                ],
                max_length=13,
            ),
        ),
        migrations.RunPython(say_states, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="plan",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["proposal", "import", "bulk", "merge", "undo", "redact"])),
                name="plan_kind_is_a_choice",
            ),
        ),
        migrations.AddConstraint(
            model_name="plan",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("change__in", ["addition", "correction", "clarification", "withdrawal", "redaction"]),
                    ("change", ""),
                    _connector="OR",
                ),
                name="plan_change_is_a_choice",
            ),
        ),
        migrations.AddConstraint(
            model_name="planrow",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.LessThanOrEqual(
                    django.db.models.functions.text.Length(models.F("state")), 9
                ),
                name="planrow_state_has_at_most_9",
            ),
        ),
        migrations.AddConstraint(
            model_name="planrow",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["draft", "submitted", "published", "withdrawn"]), ("state", ""), _connector="OR"
                ),
                name="planrow_state_is_a_choice",
            ),
        ),
        migrations.AddConstraint(
            model_name="revision",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.LessThanOrEqual(
                    django.db.models.functions.text.Length(models.F("state")), 9
                ),
                name="revision_state_has_at_most_9",
            ),
        ),
        migrations.AddConstraint(
            model_name="revision",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["draft", "submitted", "published", "withdrawn"])),
                name="revision_state_is_a_choice",
            ),
        ),
        migrations.AddConstraint(
            model_name="revision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("change__in", ["addition", "correction", "clarification", "withdrawal", "redaction"]),
                    ("change", ""),
                    _connector="OR",
                ),
                name="revision_change_is_a_choice",
            ),
        ),
        migrations.AddField(
            model_name="redaction",
            name="plan",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="redaction", to="relations.plan"
            ),
        ),
        migrations.AddConstraint(
            model_name="redaction",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.LessThanOrEqual(
                    django.db.models.functions.text.Length(models.F("mark")), 30
                ),
                name="redaction_mark_has_at_most_30",
            ),
        ),
        migrations.AddConstraint(
            model_name="redaction",
            constraint=models.CheckConstraint(
                condition=models.Q(("mark", ""), _negated=True), name="redaction_mark_is_given"
            ),
        ),
    ]
