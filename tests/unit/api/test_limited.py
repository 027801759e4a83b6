"""Work in a process of its own: its answer, its errors, and what becomes of it when it takes too much."""

import os
import time

import pytest

from services.api.errors import TOO_LARGE, Refused
from services.api.limited import MEGABYTE, FailedElsewhereError, LimitedWork, Limits, OverLimitError
from services.api.reasons import Fault

LIMITS = Limits(memory_bytes=300 * MEGABYTE, processor_s=1, longest_s=20)
WORK = LimitedWork(__name__)


def doubled(number: int) -> tuple[int, int]:
    return os.getpid(), 2 * number


def refusing(detail: str) -> None:
    raise Refused(TOO_LARGE, detail, faults=[Fault("code", "missing")], retry_after_s=3, rows=7)


def failing_oddly() -> None:
    class OddError(Exception):
        def __init__(self, one: int, other: int) -> None:
            super().__init__(f"{one} of {other}")

    raise OddError(1, 2)


def growing() -> int:
    kept = []
    while True:
        kept.append(bytes(10 * MEGABYTE))


def never_done() -> None:
    while True:
        pass


def asleep() -> None:
    time.sleep(60)


def gone() -> None:
    os._exit(1)


def test_the_answer_comes_from_another_process() -> None:
    process, answer = WORK.done(LIMITS, doubled, 21)
    assert answer == 42
    assert process != os.getpid()


def test_a_large_answer_comes_whole() -> None:
    assert len(WORK.done(LIMITS, bytes, 20 * MEGABYTE)) == 20 * MEGABYTE


def test_a_refusal_comes_as_it_was_raised() -> None:
    with pytest.raises(Refused) as raised:
        WORK.done(LIMITS, refusing, "too many rows")
    told = raised.value
    assert (told.kind, told.detail, told.faults) == (TOO_LARGE, "too many rows", [Fault("code", "missing")])
    assert (told.retry_after_s, told.more) == (3, {"rows": 7})


def test_an_error_that_cannot_be_handed_over_says_where_it_was() -> None:
    with pytest.raises(FailedElsewhereError, match=r"(?s)failing_oddly.*1 of 2"):
        WORK.done(LIMITS, failing_oddly)


def test_work_that_takes_too_much_is_ended() -> None:
    with pytest.raises(OverLimitError, match="300 MB of memory"):
        WORK.done(LIMITS, growing)
    with pytest.raises(OverLimitError, match="1 s of the processor"):
        WORK.done(LIMITS, never_done)
    with pytest.raises(OverLimitError, match=r"0\.2 s"):
        WORK.done(Limits(memory_bytes=300 * MEGABYTE, processor_s=1, longest_s=0.2), asleep)
    with pytest.raises(OverLimitError):
        WORK.done(LIMITS, gone)
    assert WORK.done(LIMITS, doubled, 1)[1] == 2
