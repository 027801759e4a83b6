"""Keeps what end devices sent, each request in one transaction."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
import psycopg

from services.core.calendar import from_us
from services.core.db.statements import Statements
from services.ingest.intake import ForeignMessage, store_foreign
from services.ingest.message import Answer, UnreadableMessage
from services.ingest.necc.identity import EndDevice
from services.ingest.necc.upload import NeccUpload, NeccValue
from services.ingest.rejected import Unreadable, keep_unreadable, storable
from services.ingest.validate import KnownRegistry

_sql = Statements.beside(__file__, "keep.sql")
WRITER = "necc"


@dataclass(frozen=True, slots=True)
class HeardDevice:
    """A request of a device as it came."""

    device: EndDevice
    address: str
    payload: bytes


def enterprise_of(connection: psycopg.Connection, gateway: str) -> str | None:
    """The credit code of a gateway's enterprise; None where the gateway is not registered. Raises psycopg.Error."""
    with connection.transaction():
        row = _sql.run(connection, "enterprise_of", gateway=gateway).first()
    return None if row is None else str(row.credit_code)


def note_device(connection: psycopg.Connection, heard: HeardDevice, *, registered: bool) -> None:
    """Note that a device was heard. Raises psycopg.Error."""
    with connection.transaction():
        _note(connection, heard, registered=registered)


def _note(connection: psycopg.Connection, heard: HeardDevice, *, registered: bool = False, data: bool = False) -> None:
    _sql.run(
        connection,
        "note_device",
        gateway=heard.device.gateway,
        device_id=heard.device.device_id,
        address=heard.address,
        registered=registered,
        data=data,
    )


def keep_info(connection: psycopg.Connection, heard: HeardDevice, info: str) -> None:
    """Keep what a device says of its enterprise, as JSON, in place of what it said before. Raises psycopg.Error."""
    with connection.transaction():
        _note(connection, heard)
        _sql.run(connection, "keep_info", gateway=heard.device.gateway, info=info)


def info_of(connection: psycopg.Connection, gateway: str) -> Mapping[str, object]:
    """The newest information of a device; empty where it gave none. Raises psycopg.Error."""
    with connection.transaction():
        row = _sql.run(connection, "info_of", gateway=gateway).first()
    return {} if row is None or row.info is None else dict(row.info)


def keep_upload(
    connection: psycopg.Connection, known: KnownRegistry, heard: HeardDevice, upload: NeccUpload, *, now_us: int
) -> Mapping[str, int]:
    """Commit an upload; how many of its records became what. Raises psycopg.Error with nothing stored.

    Records that cannot be read are kept together as one rejected message, to the byte as they came.
    """
    gateway, source = heard.device.gateway, f"necc {heard.address}"
    messages = [ForeignMessage(gateway, source, b"", each) for each in upload.points]
    if upload.unread:
        reasons = Counter(each.reason for each in upload.unread)
        detail = f"{len(upload.unread)} of {upload.records} records: " + "; ".join(list(reasons)[:5])
        payload = records_as_sent(heard.payload, [each.place for each in upload.unread])
        messages.append(ForeignMessage(gateway, source, payload, UnreadableMessage("undecodable", detail)))
    counts = Counter[str](unread=len(upload.unread))
    with connection.transaction():
        told = store_foreign(connection, known, messages, now_us=now_us, writer=WRITER)
        for message, answer in zip(messages, told, strict=True):
            if isinstance(answer, Answer):
                counts.update(
                    stored=answer.stored, duplicate=answer.duplicate, rejected=len(answer.rejected), points=_of(message)
                )
        counts["kept"] += _keep_values(connection, gateway, upload.kept)
        _note(connection, heard, data=True)
    counts["beside"] = max(0, counts.pop("points") - counts["stored"] - counts["duplicate"] - counts["rejected"])
    return counts


def records_as_sent(payload: bytes, places: Sequence[int]) -> bytes:
    """These records of an upload as a JSON list, each to the byte as it came; where it is not quite JSON, all of it.

    A number such as 1e400 would be another one when it is written again.
    """
    try:
        fields = msgspec.json.decode(payload, type=dict[str, msgspec.Raw])
        given = next(raw for name, raw in reversed(fields.items()) if name.lower() == "data")
        records = msgspec.json.decode(given, type=list[msgspec.Raw])
        return b"[" + b",".join(bytes(records[place]) for place in places) + b"]"
    except (msgspec.DecodeError, RecursionError, StopIteration, IndexError):
        return payload


def _of(message: ForeignMessage) -> int:
    return 0 if isinstance(message.read, UnreadableMessage) else len(message.read.points)


def _keep_values(connection: psycopg.Connection, gateway: str, values: list[NeccValue]) -> int:
    if not values:
        return 0
    return int(
        _sql.run(
            connection,
            "keep_values",
            gateway=gateway,
            codes=[storable(each.code) for each in values],
            stat_types=[int(each.stat_type) for each in values],
            times=[from_us(each.at_us) for each in values],
            values=[each.value for each in values],
            units=[each.unit for each in values],
            flags=[str(each.flag) for each in values],
            scopes=[storable(each.scope) for each in values],
        ).scalar()
    )


def keep_refused(
    connection: psycopg.Connection, gateway: str | None, address: str, payload: bytes, reason: UnreadableMessage
) -> None:
    """Keep a request whole that is not taken. Raises psycopg.Error."""
    with connection.transaction():
        keep_unreadable(connection, [Unreadable(gateway, f"necc {address}", payload, reason)])
