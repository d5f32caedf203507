"""Fiscal periods: `US-FY1990`, `US-FY1976TQ`, `US-FY2002/US-FY2007`, by calendars that are data.

A package's descriptor describes each fiscal calendar by the days on which its years end, in order of time:

    {
        "code": "US",
        "name": "United States",
        "years": [
            {"ends": "06-30", "until": 1976, "transition": "TQ"},
            {"ends": "09-30"},
        ],
    }

A fiscal year bears the number of the calendar year in which it ends, and starts on the day after the one
before it ended. `until` is the last year of that rule; only the last rule has none. Between two rules
`transition` names the days left over where the first year of the next rule is to have twelve months: here
1 July to 30 September 1976, `US-FY1976TQ`. Without it those days belong to that first year. So a calendar
has neither gap nor overlap, whatever it says.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _

CODE = re.compile(r"[A-Z]{2}")
ENDS = re.compile(r"(?P<month>[0-9]{2})-(?P<day>[0-9]{2})")
PERIOD = re.compile(r"(?P<code>[A-Z]{2})-FY(?P<year>[0-9]{4})(?P<transition>[A-Z]{2})?")
NEARLY = re.compile(
    r"(?:(?P<code>[A-Za-z]{2})[ -]?)?(?:FY|fy)?[ -]?(?P<year>[0-9]{4}|[0-9]{2})"
    r"(?: ?[-–/] ?(?:[A-Za-z]{2}-)?(?:FY|fy)?(?P<last>[0-9]{4}|[0-9]{2}))?"
)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Rule:
    """On which day the fiscal years end, up to and including the year `until`."""

    month: int
    day: int
    until: int | None
    transition: str

    def end_of(self, year: int) -> date:
        return date(year, self.month, self.day)


@dataclass(frozen=True)
class Calendar:
    """The fiscal years of one state. `code` is the two letters that its periods begin with."""

    code: str
    name: str
    rules: tuple[Rule, ...]

    @classmethod
    def from_descriptor(cls, described: dict) -> "Calendar":
        """Return the calendar of the shape above; raise ValueError saying what would be right."""
        code, name, years = (described.get(member) for member in ("code", "name", "years"))
        if not (isinstance(code, str) and CODE.fullmatch(code)):
            raise ValueError(_("Fiscal calendar: the code “%(code)s” is not two capital letters.") % {"code": code})
        if not (isinstance(name, str) and name.strip()):
            raise ValueError(_("Fiscal calendar %(code)s has no name.") % {"code": code})
        if not (isinstance(years, list) and years and all(isinstance(rule, dict) for rule in years)):
            raise ValueError(
                _('Fiscal calendar %(code)s has no years; write "years": [{"ends": "06-30"}].') % {"code": code}
            )
        rules = tuple(_rule(code, rule, is_last=rule is years[-1]) for rule in years)
        for rule, later in zip(rules, rules[1:], strict=False):
            if later.until is not None and later.until <= rule.until:
                raise ValueError(
                    _("Fiscal calendar %(code)s: %(later)s does not come after %(until)s.")
                    % {"code": code, "later": later.until, "until": rule.until}
                )
            if rule.transition and (later.month, later.day) <= (rule.month, rule.day):
                raise ValueError(
                    _("Fiscal calendar %(code)s: no days are left for the transition after %(until)s.")
                    % {"code": code, "until": rule.until}
                )
        return cls(code, name, rules)

    def year(self, number: int) -> tuple[date, date]:
        """Return the first and last day of a fiscal year from 1 to 9999."""
        rule, before = self._rule_of(number), self._rule_of(number - 1)
        if number == 1:
            return date.min, rule.end_of(number)
        end_before = (rule if before.transition and before is not rule else before).end_of(number - 1)
        return end_before + DAY, rule.end_of(number)

    def transition(self, number: int) -> tuple[str, date, date] | None:
        """Return name, first and last day of the transition that follows a fiscal year, where one does."""
        rule = self._rule_of(number)
        if not rule.transition or rule.until != number:
            return None
        return rule.transition, rule.end_of(number) + DAY, self.year(number + 1)[0] - DAY

    def periods(self, number: int) -> list[tuple[str, date, date]]:
        """Return (code, first day, last day) of a fiscal year and of the transition after it, if any."""
        code = f"{self.code}-FY{number:04}"
        periods = [(code, *self.year(number))]
        if transition := self.transition(number):
            name, first, last = transition
            periods.append((code + name, first, last))
        return periods

    def _rule_of(self, number: int) -> Rule:
        return next(rule for rule in self.rules if rule.until is None or number <= rule.until)


def _rule(code: str, described: dict, *, is_last: bool) -> Rule:
    ends, until, transition = (described.get(member) for member in ("ends", "until", "transition"))
    match = ENDS.fullmatch(ends) if isinstance(ends, str) else None
    try:
        # 2001 is no leap year: a fiscal year ends on a day that every year has.
        day = match and date(2001, int(match["month"]), int(match["day"]))
    except ValueError:
        day = None
    if not day:
        raise ValueError(
            _("Fiscal calendar %(code)s: “%(ends)s” is not the last day of its years; write month-day: 06-30.")
            % {"code": code, "ends": ends}
        )
    if is_last and (until is not None or transition is not None):
        raise ValueError(_("Fiscal calendar %(code)s: the last rule goes on, without “until”.") % {"code": code})
    if not is_last and (type(until) is not int or not 1 <= until < 9999):
        raise ValueError(
            _("Fiscal calendar %(code)s: “%(until)s” is not the last year of a rule; write a number: 1976.")
            % {"code": code, "until": until}
        )
    if transition is not None and not (isinstance(transition, str) and CODE.fullmatch(transition)):
        raise ValueError(
            _("Fiscal calendar %(code)s: the transition “%(name)s” is not two capital letters; write TQ.")
            % {"code": code, "name": transition}
        )
    return Rule(day.month, day.day, until, transition or "")


def parse_period(text: str, calendars: Mapping[str, Calendar]) -> tuple[date, date]:
    """Return the first and last day of a fiscal period or of a range of them, both inclusive.

    `calendars` are by their code. Raises ValueError saying what would be right.
    """
    start_text, slash, end_text = text.partition("/")
    start = _period(start_text, calendars)
    end = _period(end_text, calendars) if slash else start
    if not start or not end or (slash and (start_text[:2] != end_text[:2] or end[0] <= start[1])):
        raise ValueError(_refusal(text, calendars))
    return start[0], end[1]


def _period(text: str, calendars: Mapping[str, Calendar]) -> tuple[date, date] | None:
    match = PERIOD.fullmatch(text)
    if not match or match["code"] not in calendars or match["year"] == "0000":
        return None
    periods = calendars[match["code"]].periods(int(match["year"]))
    return next(((first, last) for code, first, last in periods if code == text), None)


def periods_of(calendar: Calendar, first: date, last: date) -> list[tuple[str, date, date]]:
    """Return (code, first day, last day) of every fiscal period that the days touch, in order of time."""
    years = range(first.year, min(last.year + 1, date.max.year) + 1)
    return [
        (code, start, end)
        for number in years
        for code, start, end in calendar.periods(number)
        if start <= last and end >= first
    ]


def phrase(text: str) -> str:
    """Return it in words: `fiscal year 1990`, `fiscal years 2002–2007`, `transition quarter 1976`."""
    start, end = _ends(text)
    if not end:
        return _in_words(start)
    if start["transition"] or end["transition"]:
        return _("%(start)s – %(end)s") % {"start": _in_words(start), "end": _in_words(end)}
    return _("fiscal years %(first)s–%(last)s") % {"first": start["year"], "last": end["year"]}


def short(text: str) -> str:
    """Return it in few letters: `FY1990`, `FY2002–2007`, `FY1976TQ`."""
    start, end = _ends(text)
    words = f"FY{start['year']}{start['transition'] or ''}"
    return f"{words}–{end['year']}{end['transition'] or ''}" if end else words


def _ends(text: str) -> tuple[re.Match, re.Match | None]:
    """Return the parts of a period that was read before, and of the second of a range."""
    start_text, slash, end_text = text.partition("/")
    start, end = PERIOD.fullmatch(start_text), PERIOD.fullmatch(end_text)
    if not start or (slash and not end):
        raise ValueError(_refusal(text, {}))
    return start, end


def _in_words(period: re.Match) -> str:
    year = {"year": period["year"]}
    if not period["transition"]:
        return _("fiscal year %(year)s") % year
    return _("transition quarter %(year)s") % year if period["transition"] == "TQ" else _("transition %(year)s") % year


def _refusal(text: str, calendars: Mapping[str, Calendar]) -> str:
    """Return why a text is no fiscal period, and what would be right."""
    shown = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text[:64])
    right = _suggestions(text, calendars) or [f"{code}-FY1990" for code in calendars or ("CODE",)]
    match = PERIOD.match(text)
    if match and calendars and match["code"] not in calendars:
        reason = _("there is no fiscal calendar %(code)s here") % {"code": match["code"]}
    elif match and match["transition"]:
        reason = _("there is no such transition")
    elif PERIOD.fullmatch(text.partition("/")[0]) and PERIOD.fullmatch(text.partition("/")[2]):
        reason = _("a range is of one calendar, the earlier period first")
    else:
        reason = _("it is written CODE-FYyear")
    return _("“%(text)s” is not a fiscal period: %(reason)s; write %(right)s") % {
        "text": shown,
        "reason": reason,
        "right": _(" or ").join(right[:4]),
    }


def _suggestions(text: str, calendars: Mapping[str, Calendar]) -> list[str]:
    """Return the periods that a text may have meant."""
    match = PERIOD.fullmatch(text)
    if match and match["transition"] and match["code"] in calendars:
        calendar = calendars[match["code"]]
        transitions = [f"{calendar.code}-FY{rule.until}{rule.transition}" for rule in calendar.rules if rule.transition]
        return [text.removesuffix(match["transition"]), *transitions]
    match = NEARLY.fullmatch(text.strip()[:64])
    if not match:
        return []
    year, last = match["year"], match["last"]
    if len(year) == 2:
        year = ("19" if year >= "50" else "20") + year
    if last and len(last) == 2:
        last = year[:2] + last if last > year[2:] else None
    years = sorted({year, last} - {None, "0000"})
    codes = [match["code"].upper()] if match["code"] and match["code"].upper() in calendars else calendars
    return ["/".join(f"{code}-FY{year}" for year in years) for code in codes if years]
