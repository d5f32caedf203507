"""Model fields that behave alike on both databases."""

from decimal import Decimal, InvalidOperation

from django import forms
from django.core import validators
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from . import dates

KEY_PATTERN = r"^[a-z0-9]+(-[a-z0-9]+)*$"
# What stands, or may come to stand, where a key stands in the address of a record: `/events/csv/` is a file of the
# list. A key lasts, so that the words are taken before there is a page; a new one needs a migration.
RESERVED_KEYS = (
    "atom",
    "calendar",
    "chart",
    "csv",
    "embed",
    "feed",
    "graph",
    "iati",
    "ics",
    "json",
    "jsonl",
    "matrix",
    "png",
    "print",
    "svg",
    "totals",
    "xlsx",
    "zip",
)


def _check_address(key: str) -> None:
    if key in RESERVED_KEYS:
        message = _("“%(key)s” is an address of the list itself; add a word or a year, such as “%(key)s-2021”.")
        raise ValidationError(message, params={"key": key})


class KeyField(models.CharField):
    """A readable slug, unique in its model: a–z, 0–9 and single hyphens, compared by bytes on both databases."""

    default_validators = [_check_address]

    def __init__(self, **kwargs):
        kwargs.setdefault("max_length", 80)
        kwargs.setdefault("unique", True)
        kwargs.setdefault(
            "validators",
            [
                validators.RegexValidator(
                    KEY_PATTERN.replace("$", r"\Z"),
                    _("A key has only a–z, 0–9 and single hyphens, such as “2021-taliban-take-kabul”."),
                )
            ],
        )
        super().__init__(**kwargs)

    def db_parameters(self, connection):
        parameters = super().db_parameters(connection)
        if connection.vendor == "postgresql":
            parameters["collation"] = "C"
        return parameters


def _check_edtf(text: str) -> None:
    try:
        dates.parse(text)
    except ValueError as error:
        raise ValidationError(str(error)) from error


class EdtfField(models.CharField):
    """One date of EDTF level 0 or 1 as text, at most 64 characters; `relations.dates` reads it."""

    default_validators = [_check_edtf]

    def __init__(self, **kwargs):
        kwargs["max_length"] = 64
        super().__init__(**kwargs)

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        del kwargs["max_length"]
        return name, path, args, kwargs


class ExactDecimalField(models.BigIntegerField):
    """A decimal of at most `decimal_places` places, stored as a whole number of its smallest unit.

    SQLite keeps and adds decimals as floats; whole numbers are exact on both databases, and so are their sums.
    Python sees `Decimal` without trailing zeros. The largest value has 18 digits in all.
    """

    description = _("Exact decimal")

    def __init__(self, *args, decimal_places: int, **kwargs):
        self.decimal_places = decimal_places
        super().__init__(*args, **kwargs)

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        kwargs["decimal_places"] = self.decimal_places
        return name, path, args, kwargs

    @property
    def validators(self):
        # BigIntegerField's own bounds are of the stored number, not of the decimal.
        limit = Decimal(10) ** (18 - self.decimal_places)
        return [
            *self.default_validators,
            *self._validators,
            validators.MinValueValidator(-limit),
            validators.MaxValueValidator(limit),
        ]

    def to_python(self, value):
        if value is None or value == "":
            return None
        try:
            number = Decimal(str(value))
        except InvalidOperation as error:
            raise ValidationError(_("“%(value)s” is not a number."), params={"value": value}) from error
        if not number.is_finite():
            raise ValidationError(_("“%(value)s” is not a finite number."), params={"value": value})
        # Bounds first: a huge exponent must not be expanded.
        if number.adjusted() >= 18 - self.decimal_places + 1:
            raise ValidationError(_("“%(value)s” is too large."), params={"value": value})
        if number != round(number, self.decimal_places):
            raise ValidationError(
                _("“%(value)s” has more than %(places)s decimal places."),
                params={"value": value, "places": self.decimal_places},
            )
        return plain(number)

    def from_db_value(self, value, expression, connection):
        return None if value is None else plain(Decimal(int(value)).scaleb(-self.decimal_places))

    def get_prep_value(self, value):
        value = self.to_python(value) if not hasattr(value, "resolve_expression") else value
        if value is None or hasattr(value, "resolve_expression"):
            return value
        return int(value.scaleb(self.decimal_places))

    def formfield(self, **kwargs):
        return super(models.IntegerField, self).formfield(
            **{"form_class": forms.DecimalField, "decimal_places": self.decimal_places, "max_digits": 18, **kwargs}
        )


def plain(number: Decimal) -> Decimal:
    """Return the same number in its one written form: no exponent, no trailing zeros, no minus zero."""
    number = number.normalize()
    if number == 0:
        return Decimal(0)
    return number.quantize(Decimal(1)) if number.as_tuple().exponent > 0 else number
