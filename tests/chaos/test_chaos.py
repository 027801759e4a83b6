"""What was answered is stored once and added up to the last digit, whatever dies while gateways send."""

import sys
import time
import warnings
from pathlib import Path

import pytest

from tests.chaos.play import SHORT, Play
from tests.chaos.stage import staged
from tests.chaos.world import World

pytestmark = pytest.mark.store

SEED = 1


@pytest.mark.timeout(600)
def test_whatever_dies_what_was_answered_is_stored_once_and_adds_up_to_the_last_digit(
    store: str, tmp_path: Path
) -> None:
    world = World(seed=SEED, began_ms=int(time.time() * 1000))
    with staged(store, tmp_path, world, disk_mb=1000, in_memory=True) as stage:
        outcome = Play(stage, SHORT, lambda line: print(line, file=sys.stderr)).run()
    for each in outcome.skipped:
        warnings.warn(each, stacklevel=1)
    assert outcome.wrong == []
    assert outcome.numbers["readings stored"] > 10_000
    assert all(number > 10 for name, number in outcome.numbers.items() if name.startswith("messages by"))
    assert {"ts_in_future", "conflict", "unknown_meter"} <= outcome.refused.keys()
