"""The cross checks - those that hold meters, reports, clocks and enterprises against each other - by story and seed."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from benchmarks.cross_arrival import AHEAD, BEHIND, LITTLE_BEHIND, SILENT, clocks, silences
from benchmarks.cross_energy import MONTH, PRODUCT, SUB_METER, balances, months, products
from benchmarks.cross_story import ESTATE, Story
from benchmarks.quality_proof import Judged

CROSS_CHECK_OF = {
    SUB_METER: "balance",
    PRODUCT: "energy_product",
    MONTH: "daily_monthly",
    AHEAD: "clock_drift",
    BEHIND: "clock_drift",
    LITTLE_BEHIND: "clock_drift",
    SILENT: "fleet_silence",
}
"""The cross check that must find each kind of fault."""
_STEEL = "steel_15min"
BEYOND = frozenset({(LITTLE_BEHIND, ESTATE), (BEHIND, _STEEL)})
"""Where a check does not reach the goal by what it is, told so that nobody relies on it there."""
RUNS: Mapping[tuple[str, str], int] = {
    (SUB_METER, ESTATE): 10,
    (PRODUCT, "plant_daily"): 100,
    (MONTH, ESTATE): 10,
    (AHEAD, ESTATE): 5,
    (AHEAD, _STEEL): 50,
    (BEHIND, ESTATE): 5,
    (BEHIND, _STEEL): 50,
    (LITTLE_BEHIND, ESTATE): 5,
    (SILENT, ESTATE): 20,
}
"""How often each is drawn anew: so often that there are a hundred faults or more."""


@dataclass(frozen=True)
class CrossTask:
    """One kind of fault in one series, one seed: all its subjects."""

    kind: str
    series: str
    data_dir: Path
    rate: float
    seed: int
    near: bool = False
    """Judge the silence only around its faults: for recall alone, in a small part of the time."""


def cross_tasks(data_dir: Path, *, rate: float, first_seed: int, most_runs: int | None = None) -> list[CrossTask]:
    """What is to be run to judge every cross check; `most_runs` shortens it, and the silence to its recall."""
    return [
        CrossTask(kind, series, data_dir, rate, seed, near=most_runs is not None)
        for (kind, series), runs in RUNS.items()
        for seed in range(first_seed, first_seed + min(runs, most_runs or runs))
    ]


def run_cross(todo: Sequence[CrossTask], *, processes: int = 1) -> Iterator[list[Judged]]:
    """What each task finds, a subject each, in order."""
    if processes == 1:
        yield from map(judge_cross, todo)
        return
    with ProcessPoolExecutor(processes) as pool:
        yield from pool.map(judge_cross, todo, chunksize=4)


def judge_cross(task: CrossTask) -> list[Judged]:
    """Tell the story and compare what was found with what was wrong. Raises MappingError where the data is absent."""
    return [each.judged() for each in _stories(task)]


def _stories(task: CrossTask) -> Iterator[Story]:
    given = (task.data_dir, task.rate, task.seed)
    if task.kind == SILENT:
        return silences(*given, near=task.near)
    if CROSS_CHECK_OF[task.kind] == "clock_drift":
        return clocks(task.kind, task.series, *given)
    return {SUB_METER: balances, PRODUCT: products, MONTH: months}[task.kind](*given)
