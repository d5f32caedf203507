"""Pages of a list by keyset: an address names the row that a page begins after, so that a deep page costs as the first.

A cursor is readable: the columns of the order of that row, joined by `~`, such as `1990-10-01~1990-aid-is-cut-off`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from relations.filters import BadQuery, QueryFault, shown
from relations.resources.base import KEY

PARAMETERS = ("after", "before", "order")
MANY = 50_000  # beyond this nobody counts
SEPARATOR = "~"


@dataclass(frozen=True)
class Order:
    """A total order of rows: `columns` as for `order_by`, with `key` last; all of one direction."""

    name: str
    label: str
    columns: tuple[str, ...]

    @property
    def names(self) -> list[str]:
        return [column.removeprefix("-") for column in self.columns]

    @property
    def is_descending(self) -> bool:
        return self.columns[0].startswith("-")

    @property
    def reverse(self) -> list[str]:
        return [column[1:] if column.startswith("-") else f"-{column}" for column in self.columns]

    def cursor(self, row) -> str:
        """Return the cursor of a row."""
        return SEPARATOR.join(str(getattr(row, name)) for name in self.names)

    def read(self, text: str) -> list:
        """Return the values of a cursor. Raises ValueError saying what would be right."""
        parts = text.split(SEPARATOR)
        if len(parts) != len(self.columns):
            raise ValueError(_("“%(text)s” is no place in this list; %(right)s") % self._right(text))
        return [self._value(name, part, text) for name, part in zip(self.names, parts, strict=True)]

    def _value(self, name: str, part: str, text: str):
        try:
            if name in ("earliest", "latest"):
                if len(part) != 10:
                    raise ValueError(part)
                return date.fromisoformat(part)
            if name == "importance":
                if part not in "12345" or len(part) != 1:
                    raise ValueError(part)
                return int(part)
            if len(part) > 80 or not KEY.match(part):
                raise ValueError(part)
        except ValueError as error:
            raise ValueError(_("“%(text)s” is no place in this list; %(right)s") % self._right(text)) from error
        return part

    def _right(self, text: str) -> dict[str, str]:
        example = {"earliest": "1990-10-01", "latest": "1990-10-01", "importance": "4", "key": "1990-aid-is-cut-off"}
        right = _("write one such as %(example)s, or leave it out") % {
            "example": SEPARATOR.join(example[name] for name in self.names)
        }
        return {"text": shown(text), "right": right}

    def beyond(self, values: list, *, backwards: bool) -> Q:
        """Return the condition of the rows that come after (or before) these values."""
        word = "lt" if self.is_descending != backwards else "gt"
        found = Q()
        for n, name in enumerate(self.names):
            equal = dict(zip(self.names[:n], values[:n], strict=True))
            found |= Q(**equal, **{f"{name}__{word}": values[n]})
        # The first column alone, said again, is what an index can jump to.
        return Q(**{f"{self.names[0]}__{word}e": values[0]}) & found


BY_KEY = Order("key", gettext_lazy("by key"), ("key",))
NEWEST = Order("newest", gettext_lazy("newest first"), ("-earliest", "-key"))
OLDEST = Order("oldest", gettext_lazy("oldest first"), ("earliest", "key"))


@dataclass(frozen=True)
class Page:
    """Some rows of a list. `total` is None where there are more than MANY; `first` and `last`, from 1, then are too.

    `previous` and `next` are parameters (name, cursor) or None.
    """

    rows: list
    order: Order
    size: int
    total: int | None
    first: int | None
    last: int | None
    previous: tuple[str, str] | None
    next: tuple[str, str] | None


def page(queryset: QuerySet, orders: Mapping[str, Order], data: QueryDict, *, size: int = 50) -> Page:
    """Return the page that `order`, `after` and `before` ask for. Raises BadQuery saying what would be right.

    The first of `orders` is the order where none is named. Three queries at most, and what the queryset prefetches.
    """
    order, values, backwards = _asked(orders, data)
    rows = queryset.order_by(*(order.reverse if backwards else order.columns))
    if values is not None:
        rows = rows.filter(order.beyond(values, backwards=backwards))
    found = list(rows[: size + 1])
    has_more = len(found) > size
    found = found[:size]
    if backwards:
        found.reverse()
    plain = queryset.order_by()
    total = total_of(queryset)
    first = None
    if total is not None:
        first = 1
        if values is not None and found:
            first += plain.filter(order.beyond(order.read(order.cursor(found[0])), backwards=True)).count()
    has_previous, has_next = (has_more, True) if backwards else (values is not None, has_more)
    return Page(
        rows=found,
        order=order,
        size=size,
        total=total,
        first=first if found else None,
        last=first + len(found) - 1 if first and found else None,
        previous=("before", order.cursor(found[0])) if found and has_previous and first != 1 else None,
        next=("after", order.cursor(found[-1])) if found and has_next else None,
    )


def total_of(queryset: QuerySet) -> int | None:
    """Return how many rows there are; None where there are more than MANY."""
    total = queryset.order_by()[: MANY + 1].count()
    return total if total <= MANY else None


def _asked(orders: Mapping[str, Order], data: QueryDict) -> tuple[Order, list | None, bool]:
    faults = []
    name = data.get("order") or next(iter(orders))
    order = orders.get(name)
    if order is None:
        message = _("“%(value)s” is no order of this list; write %(right)s")
        right = {"value": shown(name), "right": ", ".join(orders)}
        raise BadQuery([QueryFault("order", name, message % right)], data, list(data))
    after, before = data.get("after"), data.get("before")
    if after and before:
        faults.append(QueryFault("before", before, _("“after” and “before” exclude each other; leave one of them out")))
    try:
        text = after or before
        values = order.read(text) if text else None
    except ValueError as error:
        values = None
        faults.append(QueryFault("after" if after else "before", text, str(error)))
    if faults:
        raise BadQuery(faults, data, list(data))
    return order, values, bool(before and not after)
