"""python -m tests.fuzz: many payloads through decoding, validation and answer, and frames of HJ 212 from streams.

Says what became of them.
"""

import argparse
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat

from tests.fuzz.hj212_judged import FRAMES_A_STREAM, judge_stream
from tests.fuzz.judged import judge
from tests.fuzz.payloads import payloads

PART = 10_000


def _judge_part(seed: int, number: int) -> tuple[Counter[str], float]:
    """Outcomes of the payloads of one seed, and the longest time one of them took, in seconds."""
    outcomes: Counter[str] = Counter()
    longest_s = 0.0
    for index, payload in enumerate(payloads(seed, number)):
        try:
            verdict = judge(payload)
        except Exception as error:
            raise RuntimeError(f"seed {seed}, payload {index}: {error!r}\n{payload[:2000]!r}") from error
        outcomes[f"message {verdict.code}" if verdict.code else "message read"] += 1
        outcomes["reading taken"] += verdict.taken
        outcomes.update(f"reading {code}" for code in verdict.rejected)
        longest_s = max(longest_s, verdict.took_s)
    return outcomes, longest_s


def _judge_streams(seed: int, frames: int) -> tuple[Counter[str], float]:
    """Outcomes of the frames of one seed, and the longest time a packet took, in seconds."""
    outcomes: Counter[str] = Counter()
    longest_s = 0.0
    for number in range(seed, seed + frames // FRAMES_A_STREAM):
        try:
            verdict = judge_stream(number)
        except Exception as error:
            raise RuntimeError(f"stream {number}: {error!r}") from error
        for name in ("frames", "values", "unread", "missing", "answers", "bad_crc"):
            outcomes[f"hj212 {name}"] += getattr(verdict, name)
        longest_s = max(longest_s, verdict.longest_s)
    return outcomes, longest_s


def main() -> int:
    """Run; exit code 1 at the first payload that breaks a promise."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--payloads", type=int, default=1_000_000)
    parser.add_argument("--frames", type=int, default=1_000_000, help="frames of HJ 212")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    given = parser.parse_args()
    outcomes: Counter[str] = Counter()
    began_s = time.monotonic()
    longest_s = {}
    with ProcessPoolExecutor(given.processes) as pool:
        for name, judge_part, wanted in (
            ("payloads", _judge_part, given.payloads),
            ("frames", _judge_streams, given.frames),
        ):
            parts = -(-wanted // PART)
            seeds = range(given.seed * 1_000_000, given.seed * 1_000_000 + parts * PART, PART)
            if name == "payloads":
                seeds = range(given.seed * 1_000_000, given.seed * 1_000_000 + parts)
            longest_s[name] = 0.0
            for done, (part, part_longest_s) in enumerate(pool.map(judge_part, seeds, repeat(PART)), start=1):
                outcomes += part
                longest_s[name] = max(longest_s[name], part_longest_s)
                if sys.stderr.isatty() or done % 10 == 0 or done == parts:
                    print(f"{done * PART} {name}, {time.monotonic() - began_s:.0f} s", file=sys.stderr)
    for outcome, number in sorted(outcomes.items()):
        print(f"{outcome:32} {number:>12}")
    for name, seconds in longest_s.items():
        print(f"{f'longest of {name}':32} {seconds * 1000:>9.1f} ms")
    print(f"{'seed':32} {given.seed:>12}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
