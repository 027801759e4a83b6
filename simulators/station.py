"""One gateway's messages: numbered, kept, under way, answered. No sockets and no clock here; time is given."""

import heapq
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from simulators.counts import Counts
from simulators.feed import DraftFilter, Feed
from simulators.outbox import Message, Outbox, Position
from simulators.wire import REGISTRY_CODES, Answer, Draft, Reading, decode_readings, encode

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Rules:
    """window: messages under way at once; resend_after_s: wait for an answer; registry_*: see `Station.take_answer`."""

    window: int = 20
    resend_after_s: float = 60.0
    registry_retry_s: float = 30.0
    registry_patience_s: float = 300.0


class Station:
    """window and waiting together hold everything that is in the outbox for this gateway."""

    def __init__(self, *, feed: Feed, outbox: Outbox, rules: Rules, counts: Counts, faults: DraftFilter | None) -> None:
        self.gateway = feed.gateway
        self.feed = feed
        self._outbox = outbox
        self._rules = rules
        self._counts = counts
        self._faults = faults
        self._under_way: dict[int, tuple[Message, float]] = {}
        self._waiting: list[tuple[int, int, Message]] = []
        self._not_before: dict[int, float] = {}
        self._unknown_since: dict[str, float] = {}
        position = outbox.position(self.gateway)
        if position.cursor is not None:
            feed.seek(position.cursor)
        self._next_seq = position.next_seq
        for message in outbox.unanswered(self.gateway):
            self._wait(message)

    @property
    def unanswered_readings(self) -> int:
        waiting = sum(message.readings for _, _, message in self._waiting)
        return waiting + sum(message.readings for message, _ in self._under_way.values())

    @property
    def drained(self) -> bool:
        return self.feed.finished and not self._under_way and not self._waiting

    def _wait(self, message: Message) -> None:
        heapq.heappush(self._waiting, (message.after_seq, message.seq, message))

    def to_publish(self, *, now_ms: int, monotonic_s: float) -> list[Message]:
        """Messages that may leave now, as far as the window goes. Commit the outbox before publishing them."""
        leaving: list[Message] = []
        while len(self._under_way) < self._rules.window:
            message = self._next_waiting(monotonic_s)
            if message is None:
                if self._not_before or not self._draw(now_ms):
                    break
                continue
            self._under_way[message.seq] = (message, monotonic_s)
            leaving.append(message)
        return leaving

    def _next_waiting(self, monotonic_s: float) -> Message | None:
        if not self._waiting:
            return None
        after_seq, seq, message = self._waiting[0]
        held = after_seq >= self._next_seq and not self.feed.finished
        if held or self._not_before.get(seq, 0.0) > monotonic_s:
            return None
        heapq.heappop(self._waiting)
        self._not_before.pop(seq, None)
        return message

    def _draw(self, now_ms: int) -> bool:
        draft = self.feed.next_draft(now_ms)
        if draft is None:
            return False
        drafts = self._faults(draft) if self._faults else [draft]
        self._keep([self._number(each) for each in drafts])
        return True

    def _number(self, draft: Draft) -> Message:
        seq = self._next_seq
        self._next_seq += 1
        return Message(
            gateway=self.gateway,
            seq=seq,
            payload=encode(seq=seq, readings=draft.readings),
            readings=len(draft.readings),
            after_seq=seq + draft.hold if draft.hold else 0,
            copies=draft.copies,
            cut_after_s=draft.cut_after_s,
        )

    def _keep(self, messages: Sequence[Message]) -> None:
        position = Position(next_seq=self._next_seq, cursor=self.feed.cursor)
        self._outbox.append(messages, gateway=self.gateway, position=position)
        for message in messages:
            self._wait(message)

    def line_lost(self) -> None:
        """All that is under way is to be sent again, oldest first. A fault strikes once: else a message after which the
        line is cut would be cut off for ever."""
        for message, _ in self._under_way.values():
            heapq.heappush(self._waiting, (0, message.seq, replace(message, copies=1, cut_after_s=0.0)))
        self._under_way.clear()

    def overdue(self, monotonic_s: float) -> list[Message]:
        """Messages without an answer for too long; they count as sent now."""
        limit = monotonic_s - self._rules.resend_after_s
        late = [message for message, sent_at in self._under_way.values() if sent_at <= limit]
        for message in late:
            self._under_way[message.seq] = (message, monotonic_s)
        return late

    def take_answer(self, answer: Answer, *, monotonic_s: float) -> None:
        """An answer ends its message. Readings that the registry did not know are put into a new message after
        registry_retry_s, for registry_patience_s at most; meanwhile the gateway draws nothing new."""
        if answer.seq is None:
            self._counts.messages_refused += 1
            log.warning("%s: a message was refused whole: %s", self.gateway, answer.rejected)
            return
        message = self._answered_message(answer.seq)
        if message is None:
            self._counts.answers_repeated += 1
            return
        self._outbox.forget(self.gateway, answer.seq)
        self._count(answer, message)
        unknown = {rejection.meter or "" for rejection in answer.rejected if rejection.code in REGISTRY_CODES}
        if unknown:
            self._try_again(unknown, message, monotonic_s)
        else:
            self._unknown_since.clear()

    def _answered_message(self, seq: int) -> Message | None:
        entry = self._under_way.pop(seq, None)
        if entry is not None:
            return entry[0]
        for index, (_, waiting_seq, message) in enumerate(self._waiting):
            if waiting_seq == seq:  # answered on an earlier connection
                del self._waiting[index]
                heapq.heapify(self._waiting)
                return message
        return None

    def _count(self, answer: Answer, message: Message) -> None:
        counts = self._counts
        counts.messages_answered += 1
        counts.answered += message.readings
        counts.stored += answer.stored
        counts.duplicate += answer.duplicate
        whole = [rejection for rejection in answer.rejected if rejection.meter is None]
        counts.messages_refused += bool(whole)
        counts.rejected += message.readings if whole else len(answer.rejected)
        counts.by_code.update(rejection.code for rejection in answer.rejected)

    def _try_again(self, unknown: set[str], message: Message, monotonic_s: float) -> None:
        again: list[Reading] = []
        for reading in decode_readings(message.payload):
            if reading.meter not in unknown:
                continue
            since = self._unknown_since.setdefault(reading.meter, monotonic_s)
            if monotonic_s - since >= self._rules.registry_patience_s:
                self._counts.given_up += 1
            else:
                again.append(reading)
        if again:
            log.warning("%s: %d readings of meters the registry does not know wait", self.gateway, len(again))
            self._not_before[self._next_seq] = monotonic_s + self._rules.registry_retry_s
            self._keep([self._number(Draft(gateway=self.gateway, readings=again))])
