"""How long each step of handling may take. Pure."""

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingDays:
    """Monday to Friday, but for the days the State Council's notice of the year moves."""

    holidays: frozenset[date] = frozenset()
    worked_weekends: frozenset[date] = frozenset()

    def after(self, day: date, number: int) -> date:
        """The day `number` working days after `day`."""
        while number > 0:
            day += timedelta(days=1)
            free = day.weekday() >= 5 and day not in self.worked_weekends
            number -= not (free or day in self.holidays)
        return day


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """How long each step may take. The days are our own choice."""

    acknowledge_severe_days: int = 1
    acknowledge_days: int = 3
    explain_working_days: int = 3
    plan_working_days: int = 5
    plan_most_years: int = 3
    """How far ahead the date of a plan may lie: 淘汰时限不超过3年 (内政发〔2022〕17号, 000 L308-316)."""
    verify_working_days: int = 5
    """After the plan's own date."""
    close_working_days: int = 5
    """After it was verified."""
    escalate_again_days: int = 2
    """A step that stays late this much longer is told to the level after, to the highest again and again."""
    working_days: WorkingDays = WorkingDays()

    def last_day_of_plan(self, today: date) -> date:
        """The latest date that a plan made `today` may have."""
        day = 28 if (today.month, today.day) == (2, 29) else today.day
        return today.replace(year=today.year + self.plan_most_years, day=day)


STANDARD = Deadlines()
