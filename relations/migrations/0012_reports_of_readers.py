import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("contenttypes", "0002_remove_content_type_name"),
        ("relations", "0011_what_records_need_and_lists"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Report",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("object_id", models.PositiveBigIntegerField()),
                ("version", models.PositiveIntegerField(help_text="The version that the reader saw.")),
                (
                    "field",
                    models.CharField(
                        blank=True, help_text="A column or list of the record; empty: all of it.", max_length=60
                    ),
                ),
                ("right", models.CharField(help_text="What would be right.", max_length=2000)),
                ("source", models.CharField(help_text="What says so.", max_length=500)),
                ("credit", models.CharField(blank=True, help_text="Whom the correction thanks.", max_length=100)),
                ("email", models.EmailField(blank=True, help_text="Where an answer goes.", max_length=254)),
                ("sender", models.CharField(blank=True, editable=False, max_length=64)),
                ("made_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "open"), ("answered", "answered"), ("rejected", "rejected")],
                        default="open",
                        max_length=8,
                    ),
                ),
                ("answer", models.CharField(blank=True, max_length=2000)),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                ("sent_at", models.DateTimeField(blank=True, help_text="When the answer was mailed.", null=True)),
                (
                    "answered_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "content_type",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="contenttypes.contenttype"
                    ),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reports",
                        to="relations.plan",
                    ),
                ),
            ],
            options={
                "verbose_name": "report of a reader",
                "verbose_name_plural": "reports of readers",
                "ordering": ("made_at", "pk"),
                "default_permissions": ("view", "change"),
                "indexes": [
                    models.Index(fields=["state", "made_at"], name="report_by_state"),
                    models.Index(fields=["sender", "made_at"], name="report_by_sender"),
                    models.Index(fields=["made_at"], name="report_by_moment"),
                    models.Index(fields=["content_type", "object_id"], name="report_by_record"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("answered_at__isnull", True), ("answered_by__isnull", True), ("state", "open")),
                            models.Q(
                                models.Q(("state", "open"), _negated=True),
                                ("answered_at__isnull", False),
                                ("answered_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="report_is_open_or_somebody_answered_it",
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.LessThanOrEqual(
                            django.db.models.functions.text.Length(models.F("field")), 60
                        ),
                        name="report_field_has_at_most_60",
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.LessThanOrEqual(
                            django.db.models.functions.text.Length(models.F("right")), 2000
                        ),
                        name="report_right_has_at_most_2000",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("right", ""), _negated=True), name="report_right_is_given"
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.LessThanOrEqual(
                            django.db.models.functions.text.Length(models.F("source")), 500
                        ),
                        name="report_source_has_at_most_500",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("source", ""), _negated=True), name="report_source_is_given"
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.LessThanOrEqual(
                            django.db.models.functions.text.Length(models.F("credit")), 100
                        ),
                        name="report_credit_has_at_most_100",
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.LessThanOrEqual(
                            django.db.models.functions.text.Length(models.F("email")), 254
                        ),
                        name="report_email_has_at_most_254",
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.LessThanOrEqual(
                            django.db.models.functions.text.Length(models.F("sender")), 64
                        ),
                        name="report_sender_has_at_most_64",
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.LessThanOrEqual(
                            django.db.models.functions.text.Length(models.F("state")), 8
                        ),
                        name="report_state_has_at_most_8",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["open", "answered", "rejected"])),
                        name="report_state_is_a_choice",
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.LessThanOrEqual(
                            django.db.models.functions.text.Length(models.F("answer")), 2000
                        ),
                        name="report_answer_has_at_most_2000",
                    ),
                ],
            },
        ),
    ]
