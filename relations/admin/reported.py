"""A reader's report on its way to a correction: ?report= names it in the form of its record."""

from .. import reporting
from ..models import Keyed, Plan, Report

LONGEST_REASON = 1000


def reported(request, record: Keyed | None) -> Report | None:
    """Return the open report on this record that the address names, or that the named proposal should mend.

    None for a person who may not see reports.
    """
    if record is None or not request.user.has_perm("relations.view_report"):
        return None
    for name, column in (("report", "pk"), ("plan", "plan")):
        number = request.GET.get(name, "")
        if number.isascii() and number.isdigit() and len(number) < 18:
            report = Report.objects.filter(**{column: number}, state=Report.State.OPEN).order_by("pk").first()
            return report if report and reporting.about(report) == record else None
    return None


def begin(form, report: Report) -> None:
    """Begin a form that nobody has filled in yet with why the record changes."""
    if not form.is_bound:
        form.initial |= {"change": "correction", "reason": reporting.reason_of(report)[:LONGEST_REASON]}


def link(request, record: Keyed, plan: Plan | None) -> None:
    """Say that a proposal mends what the address names."""
    if plan and (report := reported(request, record)):
        reporting.link(report, plan, by=request.user)
