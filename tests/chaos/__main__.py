"""`python -m tests.chaos`: the long form, with a seed and a report."""

import argparse
import dataclasses
import json
import os
import platform
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from tests.chaos.play import LONG, SHORT, Outcome, Play
from tests.chaos.stage import staged
from tests.chaos.world import World


def main() -> int:
    """Play, write the report, and give 0 if nothing was wrong."""
    ask = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    ask.add_argument(
        "--seed", type=int, default=int(time.time()) % 100_000, help="decides everything that is left to chance"
    )
    ask.add_argument("--minutes", type=float, default=LONG.again_until_s / 60, help="faults go on so long")
    ask.add_argument("--hold", type=float, default=LONG.hold_s, metavar="S", help="a lasting fault is held so long")
    ask.add_argument("--store", choices=("native", "embedded"), default="native")
    ask.add_argument("--short", action="store_true", help="the form of the tests")
    ask.add_argument("--report", type=Path, default=Path("chaos.json"), help="JSON; a page beside it ends in .md")
    given = ask.parse_args()
    length = dataclasses.replace(LONG, again_until_s=given.minutes * 60, hold_s=given.hold)
    if given.short:
        length = SHORT
    world = World(seed=given.seed, began_ms=int(time.time() * 1000))
    print(f"seed {given.seed}", flush=True)
    with (
        tempfile.TemporaryDirectory(prefix="enermon-chaos-") as folder,
        staged(given.store, Path(folder), world, disk_mb=1000 if given.short else 8000, in_memory=given.short) as stage,
    ):
        Path(folder).chmod(0o755)
        outcome = Play(stage, length, lambda line: print(line, flush=True)).run()
    facts = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}",
        "held_s": length.hold_s,
        **dataclasses.asdict(outcome),
    }
    given.report.write_text(json.dumps(facts, indent=2, ensure_ascii=False) + "\n", "utf-8")
    text = page(outcome, held_s=length.hold_s, date=str(facts["date"]), machine=str(facts["machine"]))
    given.report.with_suffix(".md").write_text(text, "utf-8")
    print(text)
    return 1 if outcome.wrong else 0


def page(outcome: Outcome, *, held_s: float, date: str, machine: str) -> str:
    """The report for people."""
    verdict = "Nothing was wrong." if not outcome.wrong else "WRONG:\n\n" + "\n".join(f"- {w}" for w in outcome.wrong)
    lines = [
        f"Seed {outcome.seed}, {outcome.store} store, {date}, {machine}. Lasting faults were held {held_s:g} s.",
        "",
        verdict,
        "",
        "| at, s | fault | what | lasted, s | answered after, s | rolled up after, s |",
        "| ---: | --- | --- | ---: | ---: | ---: |",
        *(
            f"| {s.at_s:.0f} | {s.name} | {s.what} | {s.lasted_s:.1f} | {s.answered_s:.1f} | {_cell(s.rolled_up_s)} |"
            for s in outcome.scenes
        ),
        "",
        *(f"- {skipped}" for skipped in outcome.skipped),
        *(f"- {name}: {value:,.12g}" for name, value in outcome.numbers.items()),
        *(f"- refused as `{code}`: {number:,}" for code, number in sorted(outcome.refused.items())),
        *(f"- most memory of {name}: {peak:,.0f} MB" for name, peak in outcome.peak_mb.items()),
        *(
            f"- answers, {name}: p50 {took['p50']:.2f} s, p99 {took['p99']:.2f} s, of {took['messages']:.0f}"
            for name, took in outcome.latency_s.items()
        ),
    ]
    return "\n".join(lines) + "\n"


def _cell(found: float | None) -> str:
    return "" if found is None else f"{found:.1f}"


if __name__ == "__main__":
    sys.exit(main())
