"""Which assertions of the Sparkplug 3.0 TCK, in its tests of host applications, a test here proves."""

from collections.abc import Callable
from typing import TypeVar

Test = TypeVar("Test", bound=Callable[..., object])


def proves(*ids: str) -> Callable[[Test], Test]:
    """Of a test: the assertions that it proves, without their common `tck-id-`."""

    def marked(test: Test) -> Test:
        test.tck_ids = frozenset(f"tck-id-{each}" for each in ids)  # type: ignore[attr-defined]
        return test

    return marked
