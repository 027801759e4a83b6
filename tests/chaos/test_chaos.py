"""What was answered is stored once and added up to the last digit, whatever dies while gateways send."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.up.stack import embedded_stack, native_stack
from tests.chaos.stage import Stage, staged
from tests.chaos.world import World


@pytest.fixture
def stage(store: str, tmp_path: Path) -> Iterator[Stage]:
    run = native_stack if store == "native" else embedded_stack
    with run(tmp_path / "home") as stack:
        world = World(seed=1, began_ms=int(time.time() * 1000))
        with staged(stack, tmp_path, world, ingests=2 if store == "native" else 1) as stage:
            yield stage


def test_ingest_killed_again_and_again_loses_nothing_that_was_answered(stage: Stage) -> None:
    world = stage.world
    stage.register(world.registry)
    stage.send(
        "normal", world.normal_gateways, acts_per_s=20.0, faults="duplicates=0.05,shuffle=0.2,lost_connection=0.002"
    )
    for _ in range(3):
        stage.wait_for_answers(2000)
        for ingest in stage.ingests:
            ingest.kill()
    stage.record(world.swaps()[0])
    stage.move(world.moves()[0])
    stage.wait_for_answers(2000)
    stage.finish(within_s=120)
    truth, _, found = stage.judge()
    assert truth.count > 10_000
    assert found == []
    assert stage.deaths() == {}
