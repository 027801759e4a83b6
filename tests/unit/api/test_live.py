"""What many watch is computed once; how many may."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from services.api.errors import Refused
from services.api.live import shared
from services.api.live.places import StreamPlaces
from services.api.live.shared import Watched, Watching

MANY = 150


class Bookings:
    """A broadcast that tells when the test says so."""

    def __init__(self) -> None:
        self.events: set[asyncio.Event] = set()

    def join(self, event: asyncio.Event) -> None:
        self.events.add(event)

    def leave(self, event: asyncio.Event) -> None:
        self.events.discard(event)

    def book(self) -> None:
        for event in self.events:
            event.set()


class Energy:
    """What is computed, and how often it was."""

    def __init__(self) -> None:
        self.booked = 0
        self.computed = 0
        self.failure: Exception | None = None

    def state(self) -> dict[str, Any]:
        self.computed += 1
        if self.failure is not None:
            raise self.failure
        return {"hour": self.booked, "day": 0}


def run(story: Callable[[Watching, Bookings], Coroutine[Any, Any, None]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared, "LEAST_PAUSE_S", 0.0)
    bookings = Bookings()
    asyncio.run(story(Watching(bookings), bookings))  # type: ignore[arg-type]


async def next_of(states: Any) -> Any:
    return (await anext(states))["hour"]


def test_what_many_watch_is_computed_once_for_each_booking(monkeypatch: pytest.MonkeyPatch) -> None:
    energy = Energy()

    async def story(watching: Watching, bookings: Bookings) -> None:
        watched = [watching.join("area:150000", energy.state) for _ in range(MANY)]
        told = [each.states(for_s=60) for each in watched]
        for booking in range(4):
            assert await asyncio.gather(*map(next_of, told)) == [booking] * MANY
            assert energy.computed == booking + 1
            waiting = [asyncio.ensure_future(next_of(states)) for states in told]
            await asyncio.sleep(0)
            energy.booked = booking + 1
            bookings.book()
            assert await asyncio.gather(*waiting) == [booking + 1] * MANY
            told = [each.states(for_s=60) for each in watched]

    run(story, monkeypatch)


def test_scopes_and_reaches_are_computed_each_for_itself_and_no_longer_than_watched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one, other = Energy(), Energy()

    async def story(watching: Watching, bookings: Bookings) -> None:
        first, second = (
            watching.join(("all", "area:150000"), one.state),
            watching.join(("own", "area:150000"), other.state),
        )
        await first.first()
        await second.first()
        assert (one.computed, other.computed) == (1, 1)
        watching.leave(first)
        while len(bookings.events) != 1:
            await asyncio.sleep(0)
        again = watching.join(("all", "area:150000"), one.state)
        await again.first()
        assert one.computed == 2
        for watched in (second, again):
            watching.leave(watched)
        while bookings.events:
            await asyncio.sleep(0)

    run(story, monkeypatch)


def test_a_failure_ends_all_streams_and_the_next_reader_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    energy = Energy()

    async def failed(watched: Watched) -> str:
        try:
            async for _ in watched.states(for_s=60):
                pass
        except ConnectionError as error:
            return str(error)
        return "ended"

    async def story(watching: Watching, bookings: Bookings) -> None:
        watched = [watching.join("area:150000", energy.state) for _ in range(3)]
        await watched[0].first()
        ends = [asyncio.ensure_future(failed(each)) for each in watched]
        await asyncio.sleep(0)
        energy.failure = ConnectionError("gone")
        bookings.book()
        assert await asyncio.gather(*ends) == ["gone"] * 3
        energy.failure = None
        fresh = watching.join("area:150000", energy.state)
        assert await fresh.first() == {"hour": 0, "day": 0}

    run(story, monkeypatch)


def test_a_stream_ends_after_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    energy = Energy()

    async def story(watching: Watching, _: Bookings) -> None:
        watched = watching.join("area:150000", energy.state)
        assert [state["hour"] async for state in watched.states(for_s=0.01)] == [0]

    run(story, monkeypatch)


def test_streams_are_bounded_of_an_account_and_of_all() -> None:
    places = StreamPlaces(most=3, most_of_account=2)

    def refused(account: str) -> tuple[str, int | None]:
        with pytest.raises(Refused) as refusal:
            places.take(account)
        return refusal.value.kind.code, refusal.value.retry_after_s

    places.take("ordos")
    places.take("ordos")
    assert refused("ordos") == ("too_many_streams", 10)
    places.take("baotou")
    assert refused("baotou") == ("too_many_streams", 10)
    places.leave("ordos")
    places.take("baotou")
    assert refused("ordos") == ("too_many_streams", 10)
