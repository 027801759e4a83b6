"""Keeps what monitors sent, each batch of frames in one transaction."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import psycopg

from services.core.calendar import from_us
from services.core.db.statements import Statements
from services.ingest.hj212.admission import without_password
from services.ingest.hj212.doubt import doubt_of
from services.ingest.hj212.emissions import Emission, MonitorValues, values_of
from services.ingest.hj212.segment import DataSegment, Edition
from services.ingest.hj212.stream import FrameCounts
from services.ingest.intake import ForeignMessage, store_foreign
from services.ingest.message import UnreadableMessage
from services.ingest.points import NO_POINTS
from services.ingest.rejected import storable
from services.ingest.validate import KnownRegistry

_sql = Statements.beside(__file__, "keep.sql")

_EMITTED = ("mean", "least", "greatest", "mean_converted", "least_converted", "greatest_converted", "amount")


@dataclass(frozen=True, slots=True)
class MonitorFrame:
    """A frame as it came and as it was read, or why it is not taken.

    `gateway`: who sent it; None: nobody knows. `named`: the file of monitors names that gateway. `claimed`: where
    nobody knows, the gateway of the MN that it has.
    """

    gateway: str | None
    address: str
    data: bytes
    read: DataSegment | UnreadableMessage
    named: bool = False
    claimed: str | None = None


@dataclass(frozen=True, slots=True)
class MonitorNote:
    """How a monitor speaks, with the counts since the last note."""

    gateway: str
    address: str
    edition: Edition
    connected: bool
    counts: FrameCounts


def keep_frames(
    connection: psycopg.Connection, known: KnownRegistry, frames: Sequence[MonitorFrame], *, now_us: int, writer: str
) -> list[UnreadableMessage | None]:
    """Commit frames; of each None if it is kept, or why it is not taken: then it is kept whole, without its password.

    Values of a pollutant are emissions, all others are points. Raises psycopg.Error with nothing stored.
    """
    frames = [_admitted(frame, known) for frame in frames]
    read = [_values(frame, known, now_us) for frame in frames]
    messages = [
        ForeignMessage(
            frame.gateway,
            f"hj212 {frame.address}",
            without_password(frame.data),
            each.foreign if isinstance(each, MonitorValues) else each,
            frame.claimed,
        )
        for frame, each in zip(frames, read, strict=True)
    ]
    with connection.transaction():
        told = store_foreign(connection, known, messages, now_us=now_us, writer=writer)
        taken = [
            emission
            for each, answer in zip(read, told, strict=True)
            if isinstance(each, MonitorValues) and not isinstance(answer, UnreadableMessage)
            for emission in each.emissions
        ]
        keep_emissions(connection, taken)
    return [answer if isinstance(answer, UnreadableMessage) else None for answer in told]


def _admitted(frame: MonitorFrame, known: KnownRegistry) -> MonitorFrame:
    """The frame, refused where its gateway is registered and no monitor: an MN alone proves nothing.

    Else whoever may connect could speak for any gateway. That of an outlet, or of a line in the file, is a monitor.
    """
    gateway = frame.gateway
    if gateway is None or frame.named or gateway not in known.gateways or gateway in known.monitors:
        return frame
    reason = UnreadableMessage(
        "unknown_gateway",
        f"gateway {gateway!r} is registered, and is no monitor: name it as the gateway of an outlet"
        " (PUT /api/v1/outlets/CODE), or give its MN a line in the file of ENERMON_HJ212_MONITORS",
    )
    return replace(frame, gateway=None, read=reason, claimed=gateway)


def _values(frame: MonitorFrame, known: KnownRegistry, now_us: int) -> MonitorValues | UnreadableMessage:
    if isinstance(frame.read, UnreadableMessage) or frame.gateway is None:
        assert isinstance(frame.read, UnreadableMessage)
        return frame.read
    metered = known.points.get(frame.gateway, NO_POINTS).mapped
    return values_of(frame.read, frame.gateway, now_us=now_us, metered=metered)


def keep_emissions(connection: psycopg.Connection, emissions: Sequence[Emission]) -> Mapping[str, int]:
    """Keep emissions; how many were new, stood already, and came later than others. Raises psycopg.Error.

    Of one factor and time the first stays; what differs is kept beside it.
    """
    if not emissions:
        return {}
    seen: set[tuple[str, str, str, int]] = set()
    # Each round holds a factor and time once: what a later frame says is held against what an earlier one has said.
    rounds: list[list[Emission]] = [[]]
    for emission in emissions:
        key = (emission.gateway, emission.grain, emission.factor, emission.at_us)
        if key in seen:
            rounds.append([])
            seen.clear()
        seen.add(key)
        rounds[-1].append(emission)
    counts = Counter[str]()
    for each in rounds:
        row = _sql.run(
            connection,
            "keep_emissions",
            gateways=[emission.gateway for emission in each],
            factors=[emission.factor for emission in each],
            grains=[str(emission.grain) for emission in each],
            times=[from_us(emission.at_us) for emission in each],
            flags=[storable(emission.flag)[:20] for emission in each],
            doubts=[doubt_of(emission) for emission in each],
            sent_factors=[emission.sent_factor for emission in each],
            resents=[emission.resent for emission in each],
            **{_PARAMETERS[name]: [getattr(emission, name) for emission in each] for name in _EMITTED},
        ).one()
        counts.update({"new": row.new, "later": row.later, "stood": len(each) - row.new - row.later})
    return counts


_PARAMETERS = {
    "mean": "means",
    "least": "leasts",
    "greatest": "greatests",
    "mean_converted": "means_converted",
    "least_converted": "leasts_converted",
    "greatest_converted": "greatests_converted",
    "amount": "amounts",
}


def note_monitors(connection: psycopg.Connection, notes: Sequence[MonitorNote]) -> None:
    """Keep how monitors speak, each once. Raises psycopg.Error."""
    with connection.transaction():
        _sql.run(
            connection,
            "note_monitors",
            gateways=[note.gateway for note in notes],
            addresses=[note.address for note in notes],
            editions=[note.edition for note in notes],
            connected=[note.connected for note in notes],
            frames=[note.counts.frames for note in notes],
            odd_lengths=[note.counts.odd_length for note in notes],
            bad_crcs=[note.counts.bad_crc for note in notes],
            no_keys=[note.counts.no_key for note in notes],
            unfinished=[note.counts.unfinished for note in notes],
            noise_bytes=[note.counts.noise_bytes for note in notes],
        )


def nobody_connected(connection: psycopg.Connection) -> None:
    """Say that no monitor is connected. Raises psycopg.Error."""
    with connection.transaction():
        _sql.run(connection, "nobody_connected")


def drop_moments(connection: psycopg.Connection, before: datetime) -> None:
    """Drop real-time values of before this moment. Raises psycopg.Error."""
    with connection.transaction():
        _sql.run(connection, "drop_moments", before=before)


def missing_hours(
    connection: psycopg.Connection,
    *,
    gateways: Sequence[str],
    from_ts: datetime,
    to_ts: datetime,
    into: dict[str, list[datetime]],
) -> None:
    """Put the hours that are due and of which nothing came, in their order, by gateway. Raises psycopg.Error."""
    with connection.transaction():
        rows = _sql.run(connection, "missing_hours", gateways=list(gateways), from_ts=from_ts, to_ts=to_ts).all()
    into.clear()
    for row in rows:
        into.setdefault(row.gateway, []).append(row.ts)
