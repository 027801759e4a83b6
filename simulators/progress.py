"""How a run is going: a bar for people, JSON lines for programs."""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from simulators.counts import Counts


@dataclass(frozen=True)
class State:
    """phase: history (much is unanswered) or live; remaining: readings due and not answered; connected: gateways."""

    phase: str
    remaining: int
    connected: int
    gateways: int
    counts: Counts

    @property
    def fraction(self) -> float:
        """Share of the readings due that is answered, over all runs on this state."""
        whole = self.counts.answered + self.remaining
        return self.counts.answered / whole if whole else 1.0


class ProgressView(Protocol):
    def show(self, state: State) -> None: ...

    def close(self) -> None: ...


class JsonProgress:
    """One JSON object a line on standard output: phase, fraction, readings (answered), remaining, rate and counts."""

    def __init__(self) -> None:
        self._last = time.monotonic()
        self._answered: int | None = None

    def show(self, state: State) -> None:
        now = time.monotonic()
        counts = state.counts
        before = counts.answered if self._answered is None else self._answered
        rate = (counts.answered - before) / max(now - self._last, 1e-9)
        self._last, self._answered = now, counts.answered
        line = {
            "phase": state.phase,
            "fraction": round(state.fraction, 4),
            "readings": counts.answered,
            "remaining": state.remaining,
            "readings_per_s": round(rate),
            "stored": counts.stored,
            "duplicate": counts.duplicate,
            "rejected": counts.rejected,
            "connected": state.connected,
            "gateways": state.gateways,
        }
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()

    def close(self) -> None:
        """Nothing is open."""


class BarProgress:
    """A bar while the backlog is sent, then a line with the counts."""

    def __init__(self) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
        self._progress = Progress(*columns, TextColumn("{task.fields[note]}"), console=Console(stderr=True))
        self._task = self._progress.add_task("history", total=1.0, note="")
        self._progress.start()

    def show(self, state: State) -> None:
        counts = state.counts
        note = f"{counts.answered:,} answered, {state.remaining:,} to go, {state.connected}/{state.gateways} gateways"
        if counts.rejected:
            note += f", {counts.rejected:,} rejected"
        self._progress.update(self._task, completed=state.fraction, description=state.phase, note=note)

    def close(self) -> None:
        self._progress.stop()


class NoProgress:
    def show(self, state: State) -> None:
        """Nothing is shown."""

    def close(self) -> None:
        """Nothing is open."""


def progress_of(name: str) -> ProgressView:
    """json, bar or none."""
    kinds: dict[str, Callable[[], ProgressView]] = {"json": JsonProgress, "bar": BarProgress, "none": NoProgress}
    return kinds[name]()
