"""The SQL of alerts: one file a list beside this module, each statement under its name."""

from pathlib import Path

from services.api.registry import statements


class Statements(statements.Statements):
    """The named statements of one file beside this module."""

    def __init__(self, file: str) -> None:
        super().__init__(str(Path(__file__).with_name(file)))
