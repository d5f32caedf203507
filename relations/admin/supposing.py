"""What a form would change, shown before it is saved: the state of a condition, or a running total."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from django.db.models import Sum
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from .. import dates, pair, states
from ..models import AidCondition, Keyed, State, Transaction
from ..writing import Edit, Refused, supposed
from .gathering import edit_of_form, new_sources_of

Look = Callable[[], list[tuple[str, str]]]  # how things stand: (what, words) of each
NOTHING = "–"


@dataclass(frozen=True)
class Supposed:
    """A line of the comparison: what it is about, and how that stands before and after, in words."""

    about: str
    before: str
    after: str

    @property
    def differs(self) -> bool:
        return self.before != self.after


class SupposingMixin:
    """For a ModelAdmin: the button that shows what a form would change, and saves nothing.

    `looks` returns for what was read of the form a function that says how things stand, asked before and after; None
    where too little is known.
    """

    change_form_template = "admin/desk/supposing_form.html"
    supposed_after = 1  # the number of the fieldset beneath which it stands

    def looks(self, read: dict) -> Look | None:
        raise NotImplementedError

    def save_related(self, request, form, formsets, change):
        if "_suppose" not in request.POST:
            return super().save_related(request, form, formsets, change)
        edits = [edit_of_form(form, formsets), *new_sources_of(formsets)]
        if look := self.looks(form.cleaned_data):
            request.supposed = compare(look, edits)
        # The same form again, with what would be: nothing is saved, and nothing is wrong.
        raise Refused([])

    def render_change_form(self, request, context, **kwargs):
        obj = kwargs.get("obj")
        context |= {
            "supposed": getattr(request, "supposed", None),
            "is_supposing": "_suppose" in request.POST,
            "may_suppose": self.has_change_permission(request, obj) if obj else self.has_add_permission(request),
            "supposed_after": self.supposed_after,
        }
        return super().render_change_form(request, context, **kwargs)


def compare(look: Look, edits: list[Edit]) -> list[Supposed]:
    """Return how things stand before and after these edits, as if they were public. Raises Refused and Stale."""
    before = look()
    with supposed([replace(edit, state=State.PUBLISHED) for edit in edits]):
        after = look()
    lines = [Supposed(about, was, would) for (about, was), (_about, would) in zip(before, after, strict=True)]
    return [line for line in lines if (line.before, line.after) != (NOTHING, NOTHING)]


def standings_of(condition: AidCondition, days: list[date]) -> list[tuple[str, str]]:
    """Return (what, words) of how a condition stands on days, and of the money that it holds then.

    Of one that is not public yet drafts count too.
    """
    docket = states.load(AidCondition.objects.filter(pk=condition.pk), published=condition.is_public)
    lines = []
    for day in days:
        standing = docket.standing(condition.key, day)
        words = str(states.ConditionState(standing.state).label)
        if not standing.is_certain:
            words = _("possibly %(state)s") % {"state": words}
        shown = _in_words(day)
        lines.append((shown, words))
        held = states.total(standing.held)
        money = ", ".join(f"{number_format(held[code], force_grouping=True)} {code}" for code in sorted(held))
        lines.append((_("held on %(day)s") % {"day": shown}, money or NOTHING))
    return lines


def _in_words(day: date) -> str:
    return dates.parse(day.isoformat()).short()


def days_of(text: str) -> list[date]:
    """Return the days to look at for a finding of a date: the last that it can mean, and today."""
    today = pair.current().today()
    try:
        day = dates.parse(text).latest
    except ValueError:
        return [today]
    return [day, today] if day not in (today, date.max) else [today]


def total_of(owner: Keyed, kind: str, currency: str) -> tuple[str, str]:
    """Return (what, words) of the total of an owner's amounts of a kind; of one that is not public with drafts."""
    field = "programme" if owner._meta.model_name == "aidprogramme" else "investment"
    rows = Transaction.objects.filter(**{field: owner}, kind=kind, currency=currency)
    if owner.is_public:
        rows = rows.counted()
    else:
        rows = rows.exclude(state=State.WITHDRAWN).filter(counts_in_totals=True, part_of=None)
    total = rows.order_by().aggregate(total=Sum("amount"))["total"] or 0
    about = _("%(kind)s, all together") % {"kind": Transaction.Kind(kind).label}
    return about, f"{number_format(total, force_grouping=True)} {currency}"
