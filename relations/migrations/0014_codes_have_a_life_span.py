import django.db.models.functions.text
import django.db.models.lookups
from django.conf import settings
from django.db import migrations, models

import relations.codelists


class Migration(migrations.Migration):
    dependencies = [
        ("relations", "0013_indexes_of_what_is_public"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="aidprogramme",
            name="account",
            field=models.CharField(
                blank=True,
                choices=relations.codelists.military_accounts,
                help_text="The account of military aid: “FMF”, “IMET”, “CSF”.",
                max_length=5,
            ),
        ),
        migrations.AddField(
            model_name="transaction",
            name="finance_type",
            field=models.CharField(
                blank=True,
                choices=relations.codelists.finance_types,
                help_text="DAC type of finance that was in use then: “410” for a loan of 1982, “421” for one of 2020.",
                max_length=4,
            ),
        ),
        migrations.AddConstraint(
            model_name="aidprogramme",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.LessThanOrEqual(
                    django.db.models.functions.text.Length(models.F("account")), 5
                ),
                name="aidprogramme_account_has_at_most_5",
            ),
        ),
        migrations.AddConstraint(
            model_name="aidprogramme",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("account__in", ["CSF", "EDA", "FMF", "FMS", "FMSCR", "IMET", "MAP", "PCCF", "PCF"]),
                    ("account", ""),
                    _connector="OR",
                ),
                name="aidprogramme_account_is_a_choice",
            ),
        ),
        migrations.AddConstraint(
            model_name="transaction",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.LessThanOrEqual(
                    django.db.models.functions.text.Length(models.F("finance_type")), 4
                ),
                name="transaction_finance_type_has_at_most_4",
            ),
        ),
    ]
