"""How the work of a function grows with what it is given: a ratio, never a time."""

import gc
import time
from collections.abc import Callable

TIMES_MORE = 8
_ROUNDS = 3


def growth(work: Callable[[int], Callable[[], object]], size: int) -> float:
    """CPU time of the work on eight times as much, over that on `size`; the least of several rounds of each.

    About 8 where each reading costs the same, 64 where each is compared with all others. `work` gives for a size what
    is to be done; making it ready is not measured.
    """
    return _least_s(work(TIMES_MORE * size)) / _least_s(work(size))


def is_linear(ratio: float) -> bool:
    """Whether it is nearer to each reading costing the same, by far, than to each being compared with all others."""
    return ratio < 3 * TIMES_MORE


def _least_s(work: Callable[[], object]) -> float:
    rounds = []
    gc.collect()
    gc.disable()
    try:
        for _ in range(_ROUNDS):
            started_s = time.thread_time()
            work()
            rounds.append(time.thread_time() - started_s)
    finally:
        gc.enable()
    return min(rounds)
