"""The clock of the services; pure code gets the time as a parameter."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """The time now, aware."""
    return datetime.now(UTC)
