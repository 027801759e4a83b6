"""python -m tests.fuzz: many payloads through decoding, validation and answer; says what became of them."""

import argparse
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat

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


def main() -> int:
    """Run; exit code 1 at the first payload that breaks a promise."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--payloads", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    given = parser.parse_args()
    parts = -(-given.payloads // PART)
    seeds = range(given.seed * 1_000_000, given.seed * 1_000_000 + parts)
    outcomes: Counter[str] = Counter()
    longest_s, began_s = 0.0, time.monotonic()
    with ProcessPoolExecutor(given.processes) as pool:
        for done, (part, part_longest_s) in enumerate(pool.map(_judge_part, seeds, repeat(PART)), start=1):
            outcomes += part
            longest_s = max(longest_s, part_longest_s)
            if sys.stderr.isatty() or done % 10 == 0 or done == parts:
                print(f"{done * PART} payloads, {time.monotonic() - began_s:.0f} s", file=sys.stderr)
    for outcome, number in sorted(outcomes.items()):
        print(f"{outcome:32} {number:>12}")
    print(f"{'longest':32} {longest_s * 1000:>9.1f} ms")
    print(f"{'seed':32} {given.seed:>12}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
