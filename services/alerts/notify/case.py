"""The handling of an alert as its row has it: who must do what until when. Pure."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from services.alerts.rules.rule import Severity
from services.alerts.state.handling import Action, Actor, Case, HandlingStep
from services.alerts.state.lateness import due
from services.core.data.divisions import Level


def case_of(row: Mapping[str, Any], level: Level = "banner") -> Case:
    """What handling needs to know; `level`: of the body that the alert goes to first."""
    return Case(
        severity=Severity(row["severity"]),
        fired_at=row["fired_at"],
        resolved_at=row["resolved_at"],
        reopened_at=row["reopened_at"],
        enterprise_code=row["enterprise_code"],
        level=level,
    )


def steps_of(row: Mapping[str, Any]) -> list[HandlingStep]:
    """The steps taken so far, in their order; their texts apart."""
    return [
        HandlingStep(
            at=datetime.fromisoformat(step["at"]),
            actor=Actor.parse(step["actor"]),
            action=Action(step["action"]),
            due_on=step["due_on"] and date.fromisoformat(step["due_on"]),
        )
        for step in row["steps"] or ()
    ]


def next_step(row: Mapping[str, Any]) -> dict[str, str] | None:
    """What is to be done next and its last day, as messages say it; None where nothing is, or no time is set."""
    waiting = due(case_of(row), steps_of(row))
    if waiting is None or waiting.due_on is None:
        return None
    return {"step": str(waiting.action), "due_on": waiting.due_on.isoformat()}
