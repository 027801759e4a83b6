"""Steps of an installation, run in parallel where they do not wait for each other, with one progress line."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

BAR_WIDTH = 24
PLAIN_INTERVAL_S = 10.0


class InstallError(Exception):
    """An installation that could not be finished; the message says what, why and how to mend it."""


@dataclass
class Step:
    """One piece of work: ``expected_s`` is what it usually takes and only moves the progress bar."""

    title: str
    run: Callable[[], None]
    expected_s: float
    after: Sequence[Step] = ()
    started_at: float | None = None
    ended_at: float | None = None
    error: BaseException | None = None
    finished: threading.Event = field(default_factory=threading.Event)

    def share_done(self, now: float) -> float:
        """Share of the step that is done, 0 to 1, estimated from the time it usually takes."""
        if self.ended_at is not None:
            return 1.0
        if self.started_at is None:
            return 0.0
        elapsed_s = now - self.started_at
        return 0.95 * elapsed_s / (elapsed_s + 0.5 * self.expected_s)


def percent_done(steps: Sequence[Step], now: float) -> int:
    """Whole percent of all steps together, weighted by what each usually takes."""
    total_s = sum(step.expected_s for step in steps)
    return int(100 * sum(step.expected_s * step.share_done(now) for step in steps) / total_s) if total_s else 100


def run_steps(steps: Sequence[Step]) -> None:
    """Run every step once those named in its ``after`` are done. Raises the first error after all have ended."""
    if not steps:
        return
    threads = [threading.Thread(target=_run_one, args=(step,), daemon=True) for step in steps]
    started_at = time.monotonic()
    for thread in threads:
        thread.start()
    try:
        _show_until_done(steps, threads, started_at)
    except KeyboardInterrupt:
        print("\nStopping: waiting for what must not be cut short", flush=True)
        for step in steps:
            step.error = step.error or (None if step.started_at else _NotReachedError(step.title))
        for thread in threads:
            thread.join()
        raise
    for step in steps:
        if step.error is not None and not isinstance(step.error, _NotReachedError):
            raise step.error


class _NotReachedError(Exception):
    """The step was not run because one before it failed."""


def _run_one(step: Step) -> None:
    for earlier in step.after:
        earlier.finished.wait()
    try:
        if step.error is not None or any(earlier.error is not None for earlier in step.after):
            raise _NotReachedError(step.title)
        step.started_at = time.monotonic()
        step.run()
        step.ended_at = time.monotonic()
    except BaseException as error:  # noqa: BLE001  kept for run_steps, which raises it in the main thread
        step.error = error
    finally:
        step.finished.set()


def _show_until_done(steps: Sequence[Step], threads: Sequence[threading.Thread], started_at: float) -> None:
    interactive = sys.stdout.isatty()
    said: set[str] = set()
    last_plain_at = started_at
    while any(thread.is_alive() for thread in threads):
        for thread in threads:
            thread.join(0.2 / len(threads))
        now = time.monotonic()
        line = _progress_line(steps, started_at, now)
        if interactive:
            width = shutil.get_terminal_size().columns - 1
            sys.stdout.write("\r\x1b[2K" + line[:width])
            sys.stdout.flush()
        else:
            ended = {step.title for step in steps if step.ended_at is not None}
            if ended - said or now - last_plain_at >= PLAIN_INTERVAL_S:
                print(line, flush=True)
                said, last_plain_at = ended, now
    if interactive:
        sys.stdout.write("\r\x1b[2K")
    if all(step.ended_at is not None for step in steps):
        print(
            f"Installed in {time.monotonic() - started_at:.0f} s: {', '.join(step.title for step in steps)}", flush=True
        )


def _progress_line(steps: Sequence[Step], started_at: float, now: float) -> str:
    percent = percent_done(steps, now)
    filled = BAR_WIDTH * percent // 100
    elapsed_s = int(now - started_at)
    running = [s.title for s in steps if s.started_at is not None and s.ended_at is None and s.error is None]
    bar = "#" * filled + "-" * (BAR_WIDTH - filled)
    return f"Installing [{bar}] {percent:3d} %  {elapsed_s // 60}:{elapsed_s % 60:02d}  {'; '.join(running)}"


def run_logged(
    argv: Sequence[str | Path], *, log: Path, advice: str, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> None:
    """Run a command with its output appended to ``log``.

    Raises InstallError with the command, its last lines, the log's path and ``advice`` when it fails.
    """
    command = [str(word) for word in argv]
    with log.open("ab") as output:
        output.write(f"\n$ {' '.join(command)}\n".encode())
        output.flush()
        start = output.tell()
        try:
            code = subprocess.run(  # noqa: S603  our own fixed commands
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=cwd,
                env={**os.environ, **(env or {})},
                check=False,
            ).returncode
        except FileNotFoundError as error:
            raise InstallError(f"{command[0]} is not on this machine. {advice}") from error
    if code != 0:
        last_lines = log.read_bytes()[start:].decode(errors="replace").strip().splitlines()[-12:]
        shown = "\n".join(f"    {line}" for line in last_lines)
        raise InstallError(
            f"'{' '.join(command)[:200]}' failed with exit code {code}:\n{shown}\n  Full log: {log}\n  {advice}"
        )


def answer(*words: str) -> str:
    """What a command prints, in the C locale; empty when it fails."""
    done = subprocess.run(  # noqa: S603  our own fixed commands
        words, capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"}
    )
    return done.stdout
