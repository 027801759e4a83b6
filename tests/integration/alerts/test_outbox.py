"""What waits in the outbox is sent, whatever one endpoint does; every attempt is a row."""

import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from services.alerts.channels.contract import DeliveryFailed
from services.alerts.notify.outbox import INTERRUPTED, LONGEST_WAIT_S, Deliver, Outbox, Outgoing
from tests.integration.registered import JUNGAR
from tests.integration.running import wait_until

pytestmark = pytest.mark.store

Rows = list[tuple[Any, ...]]


class Post:
    """Bodies with subscriptions, and messages that wait for them."""

    def __init__(self, database: psycopg.Connection) -> None:
        self.database = database
        database.execute(
            "INSERT INTO supervision_body (code, name_zh, area_code) VALUES ('jungar', '准格尔旗监察', %s)", [JUNGAR]
        )

    def subscription(self, address: str = "https://one.example/hook", channel: str = "webhook", **given: Any) -> int:
        row = self.database.execute(
            "INSERT INTO subscription (body_code, channel, address, enabled) VALUES ('jungar', %s, %s, %s)"
            " RETURNING subscription_id",
            [channel, address, given.get("enabled", True)],
        ).fetchone()
        assert row is not None
        return int(row[0])

    def message(
        self, subscription_id: int, *, kind: str = "fired", due: timedelta = timedelta(0), alerts: Sequence[int] = ()
    ) -> uuid.UUID:
        message_id = uuid.uuid4()
        now = datetime.now(UTC)
        self.database.execute(
            "INSERT INTO message (message_id, subscription_id, channel, address, body_code, kind, group_key, alert_ids,"
            " content, created_at, not_before)"
            " SELECT %s, subscription_id, channel, address, body_code, %s, '', %s, %s, %s, %s"
            " FROM subscription WHERE subscription_id = %s",
            [message_id, kind, list(alerts), Jsonb({"kind": kind}), now, now + due, subscription_id],
        )
        return message_id

    def statuses(self) -> Counter[str]:
        return Counter(status for (status,) in self.database.execute("SELECT status FROM message"))

    def deliveries(self, message_id: uuid.UUID) -> Rows:
        return self.database.execute(
            "SELECT outcome, detail FROM delivery WHERE message_id = %s ORDER BY delivery_id", [message_id]
        ).fetchall()


@pytest.fixture
def post(database: psycopg.Connection) -> Post:
    return Post(database)


class Receiver:
    """Takes what is sent; refuses as often as it is told to."""

    def __init__(self, *refusals: DeliveryFailed) -> None:
        self.taken: list[Outgoing] = []
        self.asked = 0
        self._refusals = list(refusals)
        self._lock = threading.Lock()

    def __call__(self, outgoing: Outgoing) -> None:
        with self._lock:
            self.asked += 1
            if self._refusals:
                raise self._refusals.pop(0)
            self.taken.append(outgoing)


@contextmanager
def sending(
    database_url: str, deliver: Deliver, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> Iterator[Outbox]:
    outbox = Outbox(database_url, deliver, clock=clock)
    outbox.start()
    try:
        yield outbox
    finally:
        outbox.stop()


def test_message_is_sent_once_and_its_attempt_is_a_row(post: Post, database_url: str) -> None:
    sent = post.message(post.subscription())
    receiver = Receiver()
    with sending(database_url, receiver):
        wait_until("it is sent", lambda: post.statuses() == {"sent": 1}, within_s=10)
    assert [(o.message_id, o.attempts, o.address) for o in receiver.taken] == [(sent, 1, "https://one.example/hook")]
    assert post.deliveries(sent) == [("sent", "taken")]


def test_message_waits_for_its_time(post: Post, database_url: str) -> None:
    subscription = post.subscription()
    later = post.message(subscription, due=timedelta(hours=1))
    post.message(subscription)
    receiver = Receiver()
    with sending(database_url, receiver):
        wait_until("the other is sent", lambda: post.statuses() == {"sent": 1, "waiting": 1}, within_s=10)
    assert later not in [o.message_id for o in receiver.taken]


def test_refused_message_is_tried_again_later_with_the_same_id(post: Post, database_url: str) -> None:
    sent = post.message(post.subscription())
    receiver = Receiver(DeliveryFailed("503", permanent=False), DeliveryFailed("timeout", permanent=False))
    ahead = [timedelta(0)]
    with sending(database_url, receiver, clock=lambda: datetime.now(UTC) + ahead[0]) as outbox:
        for attempts in (1, 2):
            wait_until("refused", lambda n=attempts: len(post.deliveries(sent)) == n, within_s=10)  # type: ignore[misc]
            assert post.statuses() == {"waiting": 1}
            ahead[0] += timedelta(minutes=1)
            outbox.poke()
        wait_until("it is sent", lambda: post.statuses() == {"sent": 1}, within_s=10)
    assert post.deliveries(sent) == [("failed", "503"), ("failed", "timeout"), ("sent", "taken")]
    assert [o.message_id for o in receiver.taken] == [sent]


def test_message_is_dead_after_a_day_and_says_why(post: Post, database_url: str) -> None:
    dead = post.message(post.subscription())
    receiver = Receiver(*[DeliveryFailed("connection refused", permanent=False)] * 100)
    ahead = [timedelta(0)]
    with sending(database_url, receiver, clock=lambda: datetime.now(UTC) + ahead[0]) as outbox:
        wait_until("refused", lambda: len(post.deliveries(dead)) == 1, within_s=10)
        ahead[0] = timedelta(hours=25)
        outbox.poke()
        wait_until("given up", lambda: post.statuses() == {"dead": 1}, within_s=10)
    assert post.deliveries(dead) == [("failed", "connection refused"), ("dead", "connection refused")]
    assert post.database.execute("SELECT last_error, attempts FROM message").fetchall() == [("connection refused", 2)]


def test_permanent_refusal_is_not_repeated(post: Post, database_url: str) -> None:
    dead = post.message(post.subscription())
    with sending(database_url, Receiver(DeliveryFailed("410 gone", permanent=True))):
        wait_until("given up", lambda: post.statuses() == {"dead": 1}, within_s=10)
    assert post.deliveries(dead) == [("dead", "410 gone")]


def test_slow_endpoint_holds_up_no_other(post: Post, database_url: str) -> None:
    slow, quick = post.subscription("https://slow.example/a"), post.subscription("https://quick.example/a")
    for _ in range(100):
        post.message(slow)
    for _ in range(20):
        post.message(quick)
    release, most = threading.Event(), Counter[str]()
    under_way, lock = Counter[str](), threading.Lock()

    def deliver(outgoing: Outgoing) -> None:
        with lock:
            under_way[outgoing.address] += 1
            most[outgoing.address] = max(most[outgoing.address], under_way[outgoing.address])
        if "slow" in outgoing.address:
            release.wait(60)
        with lock:
            under_way[outgoing.address] -= 1

    with sending(database_url, deliver):
        wait_until("the quick one has all its messages", lambda: post.statuses()["sent"] == 20, within_s=20)
        release.set()
        wait_until("the slow one too", lambda: post.statuses() == {"sent": 120}, within_s=60)
    assert most == {"https://slow.example/a": 1, "https://quick.example/a": 1}


def test_what_waits_for_its_endpoint_is_not_asked_for_again_and_again(
    post: Post, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting, other = post.subscription(), post.subscription("https://two.example/hook")
    for _ in range(2):
        post.message(waiting)
    claims: list[int] = []
    began, release = threading.Event(), threading.Event()
    claim = Outbox._claim

    def noted(outbox: Outbox, connection: psycopg.Connection) -> Sequence[Outgoing]:
        taken = claim(outbox, connection)
        claims.extend(outgoing.subscription_id for outgoing in taken)
        claims.append(0)
        return taken

    def deliver(outgoing: Outgoing) -> None:
        if outgoing.subscription_id == waiting:
            began.set()
            release.wait(120)

    monkeypatch.setattr(Outbox, "_claim", noted)
    with sending(database_url, deliver):
        assert began.wait(120)
        post.message(other, due=timedelta(seconds=3 * LONGEST_WAIT_S))
        before = len(claims)
        wait_until("what is due meanwhile is sent", lambda: post.statuses() == {"waiting": 2, "sent": 1})
        # one claim after each longest wait, and one more where the clock is a moment before its time
        assert claims[before : claims.index(other)].count(0) <= 3 + 1
        release.set()
        wait_until("both are sent", lambda: post.statuses() == {"sent": 3})


def test_what_tells_of_an_alert_waits_for_what_told_of_it_before(post: Post, database_url: str) -> None:
    subscription, other = post.subscription(), post.subscription("https://two.example/hook")
    fired = post.message(subscription, alerts=[1, 2])
    resolved = post.message(subscription, kind="resolved", alerts=[2])
    unrelated = post.message(subscription, alerts=[3])
    elsewhere = post.message(other, kind="resolved", alerts=[2])
    post.database.execute(
        "UPDATE message SET not_before = now() + interval '1 hour' WHERE message_id = %s", [fired]
    )  # as after a failed attempt
    receiver, ahead = Receiver(), [timedelta(0)]
    with sending(database_url, receiver, clock=lambda: datetime.now(UTC) + ahead[0]) as outbox:
        wait_until("what may go is sent", lambda: post.statuses() == {"sent": 2, "waiting": 2}, within_s=10)
        ahead[0] = timedelta(hours=1)
        outbox.poke()
        wait_until("all are sent", lambda: post.statuses() == {"sent": 4}, within_s=10)
    sent = [outgoing.message_id for outgoing in receiver.taken]
    assert (set(sent[:2]), sent[2:]) == ({unrelated, elsewhere}, [fired, resolved])


def test_what_is_urgent_waits_only_for_what_is_just_being_said_of_its_alert(post: Post, database_url: str) -> None:
    subscription = post.subscription()
    post.message(subscription, kind="resolved", alerts=[1])
    began, release = threading.Event(), threading.Event()
    taken: list[str] = []

    def deliver(outgoing: Outgoing) -> None:
        if outgoing.kind == "resolved":
            began.set()
            release.wait(120)
        taken.append(outgoing.kind)

    with sending(database_url, deliver) as outbox:
        assert began.wait(120)
        # as it is when a severe alert comes back: nothing more is to be said of its end
        post.database.execute("UPDATE message SET status = 'dead'")
        for alert in (1, 2):
            post.message(subscription, alerts=[alert])
        post.database.execute("UPDATE message SET urgent = true WHERE kind = 'fired'")
        outbox.poke()
        wait_until("the other alert is told", lambda: post.statuses() == {"dead": 1, "waiting": 1, "sent": 1})
        assert taken == ["fired"]
        release.set()
        wait_until("all is told", lambda: post.statuses() == {"sent": 3})
    assert taken == ["fired", "resolved", "fired"]


def test_messages_due_at_the_same_time_go_in_the_order_in_which_they_were_written(
    post: Post, database_url: str
) -> None:
    subscription = post.subscription()
    written = [post.message(subscription, alerts=[1]) for _ in range(12)]
    post.database.execute("UPDATE message SET not_before = created_at - interval '1 day'")
    receiver = Receiver()
    with sending(database_url, receiver):
        wait_until("all are sent", lambda: post.statuses() == {"sent": 12}, within_s=20)
    assert [outgoing.message_id for outgoing in receiver.taken] == written


def test_attempt_without_an_outcome_is_made_again_by_the_next_sender(post: Post, database_url: str) -> None:
    sent = post.message(post.subscription())
    post.database.execute("UPDATE message SET attempts = 1, not_before = now() + interval '10 minutes'")
    receiver = Receiver()
    with sending(database_url, receiver):
        wait_until("it is sent", lambda: post.statuses() == {"sent": 1}, within_s=10)
    assert post.deliveries(sent) == [("failed", INTERRUPTED), ("sent", "taken")]
    assert [(o.message_id, o.attempts) for o in receiver.taken] == [(sent, 2)]


def test_fault_of_the_sender_itself_loses_nothing(
    post: Post, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[type[BaseException]] = []
    monkeypatch.setattr(threading, "excepthook", lambda args: seen.append(args.exc_type))
    failed = post.message(post.subscription())

    def deliver(outgoing: Outgoing) -> None:
        raise KeyError("a fault")

    with sending(database_url, deliver):
        wait_until("the attempt is a row", lambda: len(post.deliveries(failed)) == 1, within_s=10)
    assert post.deliveries(failed)[0][0] == "failed"
    assert (post.statuses(), seen) == ({"waiting": 1}, [KeyError])


def test_subscription_that_is_gone_or_off_gets_nothing_but_tests(post: Post, database_url: str) -> None:
    off, gone = post.subscription("https://off.example", enabled=False), post.subscription("https://gone.example")
    post.message(off)
    test = post.message(off, kind="test")
    post.message(gone)
    post.database.execute("DELETE FROM subscription WHERE subscription_id = %s", [gone])
    receiver = Receiver()
    with sending(database_url, receiver):
        wait_until("all are ended", lambda: post.statuses() == {"dead": 2, "sent": 1}, within_s=10)
    assert [o.message_id for o in receiver.taken] == [test]
    reasons = post.database.execute("SELECT last_error FROM message WHERE status = 'dead' ORDER BY 1").fetchall()
    assert reasons == [("the subscription is switched off",), ("the subscription no longer exists",)]


def test_receiver_that_is_gone_is_told_nothing_more(
    post: Post, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    leaving, other = post.subscription("https://leaving.example"), post.subscription("https://other.example")
    for subscription in (leaving, leaving, other):
        post.message(subscription)
    receiver = Receiver(DeliveryFailed("answered 410: the receiver is gone", permanent=True, gone=True))
    with sending(database_url, receiver, clock=lambda: datetime.now(UTC)):
        wait_until("all are ended", lambda: post.statuses() == {"dead": 2, "sent": 1}, within_s=10)
    off = post.database.execute("SELECT address, off_reason FROM subscription WHERE NOT enabled").fetchall()
    assert len(off) == 1
    (reasons,) = zip(
        *post.database.execute("SELECT last_error FROM message WHERE status = 'dead' ORDER BY 1"), strict=True
    )
    assert reasons[0] == "answered 410: the receiver is gone"
    assert reasons[1] == f"the subscription is switched off: {off[0][1]}"
    assert off[0][1].startswith("answered 410: the receiver is gone (20")
    assert "subscription switched off" in caplog.text


def test_new_address_is_not_switched_off_for_the_one_before_that_is_gone(post: Post, database_url: str) -> None:
    moving = post.subscription("https://old.example")
    post.message(moving)

    def move_and_refuse(_: Outgoing) -> None:
        post.database.execute("UPDATE subscription SET address = 'https://new.example'")
        raise DeliveryFailed("answered 410: the receiver is gone", permanent=True, gone=True)

    with sending(database_url, move_and_refuse):
        wait_until("it is dead", lambda: post.statuses() == {"dead": 1}, within_s=10)
    assert post.database.execute("SELECT enabled, off_reason FROM subscription").fetchall() == [(True, None)]


def test_address_that_was_mended_is_used_for_what_waits_and_stays_with_it(post: Post, database_url: str) -> None:
    subscription = post.subscription("https://typo.example")
    waiting = post.message(subscription)
    post.database.execute("UPDATE subscription SET address = 'https://right.example'")
    receiver = Receiver()
    with sending(database_url, receiver):
        wait_until("it is sent", lambda: post.statuses() == {"sent": 1}, within_s=10)
    post.database.execute("DELETE FROM subscription")
    assert [(o.message_id, o.address) for o in receiver.taken] == [(waiting, "https://right.example")]
    told = post.database.execute("SELECT channel, address, body_code FROM message").fetchall()
    assert told == [("webhook", "https://right.example", "jungar")]


def test_sender_stops_within_seconds_while_a_receiver_hangs(post: Post, database_url: str) -> None:
    hanging = post.message(post.subscription())
    began, release = threading.Event(), threading.Event()

    def deliver(outgoing: Outgoing) -> None:
        began.set()
        release.wait(60)

    outbox = Outbox(database_url, deliver)
    outbox.start()
    assert began.wait(10)
    outbox.stop()
    release.set()
    assert (post.statuses(), post.deliveries(hanging)) == ({"waiting": 1}, [])
