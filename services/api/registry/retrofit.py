"""Until when a unit that is listed for retrofit must be retrofitted."""

from datetime import date

from services.api.reasons import Fault

LONGEST = "retrofit_longest"
"""The parameter that says how many years a retrofit may take."""


def latest_due(listed_on: date, *, longest_years: int) -> date:
    """The last day on which a retrofit may be done that was asked for on `listed_on`."""
    try:
        return listed_on.replace(year=listed_on.year + longest_years)
    except ValueError:  # listed on 29 February
        return listed_on.replace(year=listed_on.year + longest_years, day=28)


def retrofit_faults(listed_on: date | None, due_on: date | None, *, longest_years: int) -> list[Fault]:
    """What is wrong with the days of a retrofit.

    Source: plan for energy saving of Inner Mongolia 2021-2025, 000 L308-316: what is not retrofitted in time is given
    up within three years at most.
    """
    if due_on is None:
        return []
    if listed_on is None:
        return [Fault("retrofit_due_on", "retrofit_not_listed")]
    mentions = {"listed": listed_on.isoformat()}
    if due_on <= listed_on:
        return [Fault("retrofit_due_on", "retrofit_due_too_early", mentions)]
    latest = latest_due(listed_on, longest_years=longest_years)
    if due_on > latest:
        mentions |= {"latest": latest.isoformat(), "years": str(longest_years)}
        return [Fault("retrofit_due_on", "retrofit_due_too_late", mentions)]
    return []
