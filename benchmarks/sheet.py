"""A table of figures, for the terminal and for a page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.table import Table


@dataclass(frozen=True)
class Sheet:
    """A table: the first column are words, the others figures."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]

    def markdown(self) -> Iterator[str]:
        """Its lines."""
        yield f"**{self.title}**"
        yield ""
        yield f"| {' | '.join(self.head)} |"
        yield f"| --- |{' --: |' * (len(self.head) - 1)}"
        for row in self.rows:
            yield f"| {' | '.join(row)} |"
        yield ""

    def table(self) -> Table:
        """For the terminal."""
        shown = Table(title=self.title, title_justify="left")
        for number, name in enumerate(self.head):
            shown.add_column(name, justify="right" if number else "left")
        for row in self.rows:
            shown.add_row(*row, style="red" if "not reached" in row else "")
        return shown
