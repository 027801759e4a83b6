"""A request that waits for a connection keeps its place among those that wait."""

from collections.abc import Callable
from functools import partial
from threading import Thread

from services.api.turnstile import Turnstile
from tests.integration.running import wait_until


def started(work: Callable[[], object]) -> Thread:
    thread = Thread(target=work, daemon=True)
    thread.start()
    return thread


def waits(turnstile: Turnstile, number: int) -> bool:
    return turnstile.waiting == number


def test_who_waits_is_let_in_in_the_order_of_coming() -> None:
    turnstile = Turnstile(2)
    assert turnstile.enter(within_s=0)
    assert turnstile.enter(within_s=0)
    entered: list[int] = []

    def come(number: int) -> None:
        assert turnstile.enter(within_s=60)
        entered.append(number)

    threads = []
    for number in range(5):
        threads.append(started(partial(come, number)))
        wait_until("it waits", partial(waits, turnstile, number + 1))
    for number, thread in enumerate(threads):
        turnstile.leave()
        thread.join(60)
        assert entered == list(range(number + 1))


def test_who_comes_last_does_not_go_before_those_that_wait() -> None:
    turnstile = Turnstile(1)
    assert turnstile.enter(within_s=0)
    thread = started(partial(turnstile.enter, within_s=60))
    wait_until("it waits", partial(waits, turnstile, 1))
    turnstile.leave()
    assert not turnstile.enter(within_s=0)
    thread.join(60)
    turnstile.leave()
    assert turnstile.enter(within_s=0)


def test_who_gives_up_leaves_the_queue_and_takes_no_place() -> None:
    turnstile = Turnstile(1)
    assert turnstile.enter(within_s=0)
    assert not turnstile.enter(within_s=0)
    assert turnstile.waiting == 0
    turnstile.leave()
    assert turnstile.enter(within_s=0)


def test_who_takes_several_places_is_not_passed_by_those_that_take_fewer() -> None:
    turnstile = Turnstile(4)
    assert turnstile.enter(within_s=0, places=3)
    entered: list[int] = []

    def come(places: int) -> None:
        assert turnstile.enter(within_s=60, places=places)
        entered.append(places)

    large = started(partial(come, 2))
    wait_until("it waits", partial(waits, turnstile, 1))
    assert not turnstile.enter(within_s=0)
    small = started(partial(come, 1))
    wait_until("it waits behind", partial(waits, turnstile, 2))
    turnstile.leave()
    large.join(60)
    assert entered == [2]
    turnstile.leave(places=2)
    small.join(60)
    assert entered == [2, 1]


def test_who_gives_up_lets_those_behind_go_on() -> None:
    turnstile = Turnstile(2)
    assert turnstile.enter(within_s=0)
    large = started(lambda: turnstile.enter(within_s=0.5, places=2))
    wait_until("it waits", partial(waits, turnstile, 1))
    assert turnstile.enter(within_s=60), "one place was free all the time"
    large.join(60)
    assert turnstile.waiting == 0
