import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("relations", "0016_indexes_of_the_desk"),
        ("timeline", "0005_indexes_of_the_desk"),
    ]

    operations = [
        migrations.CreateModel(
            name="Figure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "counts",
                    models.CharField(
                        choices=[
                            ("killed", "killed"),
                            ("injured", "injured"),
                            ("missing", "missing"),
                            ("detained", "detained or captured"),
                            ("displaced", "displaced"),
                            ("evacuated", "evacuated"),
                            ("affected", "affected"),
                            ("present", "present"),
                            ("destroyed", "damaged or destroyed"),
                        ],
                        help_text="What became of them.",
                        max_length=9,
                    ),
                ),
                (
                    "of_whom",
                    models.CharField(
                        blank=True, help_text="A group of them: “soldiers”. Empty: all of them.", max_length=200
                    ),
                ),
                (
                    "low",
                    models.BigIntegerField(
                        blank=True,
                        help_text="The lowest that sources state, or “at least”: 30.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(1000000000000),
                        ],
                    ),
                ),
                (
                    "best",
                    models.BigIntegerField(
                        blank=True,
                        help_text="The figure that the desk prefers: 38.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(1000000000000),
                        ],
                    ),
                ),
                (
                    "high",
                    models.BigIntegerField(
                        blank=True,
                        help_text="The highest that sources state, or “up to”: 42.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(1000000000000),
                        ],
                    ),
                ),
                (
                    "unit",
                    models.CharField(
                        choices=[
                            ("people", "people"),
                            ("families", "families"),
                            ("buildings", "buildings"),
                            ("vehicles", "vehicles"),
                            ("aircraft", "aircraft"),
                        ],
                        default="people",
                        max_length=9,
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=500)),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="figures", to="timeline.event"
                    ),
                ),
                (
                    "sources",
                    models.ManyToManyField(help_text="Who states it.", related_name="figures", to="relations.source"),
                ),
            ],
            options={
                "ordering": ("event", "counts", "unit", "of_whom"),
                "abstract": False,
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("event", "counts", "of_whom", "unit"), name="figure_stands_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("low__isnull", False), ("best__isnull", False), ("high__isnull", False), _connector="OR"
                        ),
                        name="figure_says_a_number",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("low__isnull", True),
                            ("best__isnull", True),
                            ("low__lte", models.F("best")),
                            _connector="OR",
                        ),
                        name="figure_low_is_at_most_best",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("best__isnull", True),
                            ("high__isnull", True),
                            ("best__lte", models.F("high")),
                            _connector="OR",
                        ),
                        name="figure_best_is_at_most_high",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("low__isnull", True),
                            ("high__isnull", True),
                            ("low__lte", models.F("high")),
                            _connector="OR",
                        ),
                        name="figure_low_is_at_most_high",
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.LessThanOrEqual(
                            django.db.models.functions.text.Length(models.F("counts")), 9
                        ),
                        name="figure_counts_has_at_most_9",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "counts__in",
                                [
                                    "killed",
                                    "injured",
                                    "missing",
                                    "detained",
                                    "displaced",
                                    "evacuated",
                                    "affected",
                                    "present",
                                    "destroyed",
                                ],
                            )
                        ),
                        name="figure_counts_is_a_choice",
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.LessThanOrEqual(
                            django.db.models.functions.text.Length(models.F("of_whom")), 200
                        ),
                        name="figure_of_whom_has_at_most_200",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("low__gte", 0), ("low__isnull", True), _connector="OR"),
                        name="figure_low_is_not_below_0",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("low__lte", 1000000000000), ("low__isnull", True), _connector="OR"),
                        name="figure_low_is_not_above_1000000000000",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("best__gte", 0), ("best__isnull", True), _connector="OR"),
                        name="figure_best_is_not_below_0",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("best__lte", 1000000000000), ("best__isnull", True), _connector="OR"),
                        name="figure_best_is_not_above_1000000000000",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("high__gte", 0), ("high__isnull", True), _connector="OR"),
                        name="figure_high_is_not_below_0",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("high__lte", 1000000000000), ("high__isnull", True), _connector="OR"),
                        name="figure_high_is_not_above_1000000000000",
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.LessThanOrEqual(
                            django.db.models.functions.text.Length(models.F("unit")), 9
                        ),
                        name="figure_unit_has_at_most_9",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("unit__in", ["people", "families", "buildings", "vehicles", "aircraft"])),
                        name="figure_unit_is_a_choice",
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.LessThanOrEqual(
                            django.db.models.functions.text.Length(models.F("note")), 500
                        ),
                        name="figure_note_has_at_most_500",
                    ),
                ],
            },
        ),
    ]
