"""A commit that takes long is followed by smaller ones, until they are short again."""

from services.ingest.mqtt.pace import COMMIT_S, CommitPace


def test_readings_of_a_commit_shrink_when_it_is_long_and_grow_again() -> None:
    pace = CommitPace(20_000)
    sizes = [pace.readings]
    for effort_s in (0.1, 2 * COMMIT_S, 20 * COMMIT_S, 20 * COMMIT_S, 0.8 * COMMIT_S, 0.1, 0.1, 0.1, 0.1, 0.1):
        pace.took(effort_s)
        sizes.append(pace.readings)
    assert sizes == [20_000, 20_000, 10_000, 1_000, 1_000, 1_000, 2_000, 4_000, 8_000, 16_000, 20_000]


def test_a_small_commit_stays_what_it_was_set_to() -> None:
    pace = CommitPace(50)
    pace.took(COMMIT_S * 9)
    assert pace.readings == 50
