"""Sends the head of the chain of seals to those who keep it elsewhere: by e-mail and by signed webhook.

That it was sent is a note in the audit. What could not be sent is tried again minutes later, with the head of then.
"""

import html
import json
import logging
import threading
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import psycopg

from services.alerts.channels.contract import Channel, DeliveryFailed, Destination, Rendered
from services.alerts.channels.kinds import KINDS
from services.core.clock import utc_now
from services.core.db.connections import connect
from services.core.db.failures import warn_of
from services.core.db.roles import DatabaseRole
from services.core.db.statements import Statements
from services.core.settings import Settings
from services.provenance.found import Head, shanghai_time
from services.provenance.heads import head_text
from services.provenance.notes import NoteKind, note

log = logging.getLogger("alerts")

_sql = Statements.beside(__file__, "heads.sql")

LOOKS_EVERY_S = 60.0
AGAIN_AFTER = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadRecipient:
    """Where the head goes. `name`: in logs and the audit; of a webhook its host, since a URL may hold a token."""

    channel: str
    name: str
    target: Destination = field(repr=False)


def recipients_of(settings: Settings) -> list[HeadRecipient]:
    """Those of the settings. Raises ValueError for an address that is none, or webhooks without a secret."""
    secret = settings.seal_head_secret.get_secret_value() if settings.seal_head_secret else None
    urls = settings.seal_head_webhook.get_secret_value() if settings.seal_head_webhook else ""
    if urls and not secret:
        raise ValueError(
            "ENERMON_SEAL_HEAD_SECRET is needed where ENERMON_SEAL_HEAD_WEBHOOK is set: webhooks are signed"
        )
    found = [
        HeadRecipient(channel="email", name=address, target=Destination(address=address))
        for address in _parts(settings.seal_head_mail)
    ]
    for number, url in enumerate(_parts(urls), start=1):
        host = url.partition("://")[2].partition("/")[0].rpartition("@")[2]
        target = Destination(address=url, secrets=(secret or "",))
        found.append(HeadRecipient(channel="webhook", name=f"{host} ({number})", target=target))
    for each in found:
        if KINDS[each.channel].address_fault(each.target.address, settings) is not None:
            variable = "ENERMON_SEAL_HEAD_MAIL" if each.channel == "email" else "ENERMON_SEAL_HEAD_WEBHOOK"
            raise ValueError(f"{variable}: {each.name} is no address that can be sent to")
    return found


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def rendered(head: Head, *, message_id: uuid.UUID, now: datetime) -> Rendered:
    """The head as it is sent."""
    text = (
        f"{head_text(head)}\n{shanghai_time(head.sealed_at)}\n\n"
        "封存链首。请妥善保存，核验时使用：enermon verify --head 编号:摘要\n"
        "Head of the chain of seals. Keep it; it is verified by: enermon verify --head NUMBER:DIGEST\n"
    )
    payload = {
        "id": str(message_id),
        "type": "seal.head",
        "timestamp": now.isoformat(),
        "data": {"seal": head.seal_id, "head": head.chain.hex(), "sealed_at": head.sealed_at.isoformat()},
    }
    return Rendered(
        message_id=message_id,
        subject=f"Enermon 封存链首 / head of the seals {head.seal_id}",
        text=text,
        html=f"<pre>{html.escape(text)}</pre>",
        payload=json.dumps(payload, separators=(",", ":")).encode(),
    )


def head_of(connection: psycopg.Connection) -> Head | None:
    """The newest seal; None where there is none."""
    return _sql.run(connection, "head").of(Head).first()


class HeadSending:
    """Sends the head to each recipient when it is time."""

    def __init__(
        self, channels: Mapping[str, Channel], recipients: Sequence[HeadRecipient], *, every: timedelta
    ) -> None:
        self._channels = channels
        self._recipients = recipients
        self._every = every
        self._not_before: dict[str, datetime] = {}

    def send_due(self, connection: psycopg.Connection, now: datetime) -> None:
        """Send to those who were not sent one for the time set; what fails is in the log, and tried again later."""
        head = head_of(connection)
        if head is None:
            return
        subjects = [each.name for each in self._recipients]
        last = {row.subject: row.at for row in _sql.run(connection, "last_sent", subjects=subjects)}
        for each in self._recipients:
            before = self._not_before.get(each.name)
            if (each.name in last and last[each.name] + self._every > now) or (before is not None and before > now):
                continue
            failure = self._send(connection, each, head, now)
            if failure is not None:
                self._not_before[each.name] = now + AGAIN_AFTER
                log.error("the head of the seals was not sent", extra={"to": each.name, "reason": failure})

    def send_all(self, connection: psycopg.Connection, head: Head, now: datetime) -> Iterator[tuple[str, str | None]]:
        """Send it to everyone now: the name of each, and why it was not taken."""
        for each in self._recipients:
            yield each.name, self._send(connection, each, head, now)

    def _send(self, connection: psycopg.Connection, to: HeadRecipient, head: Head, now: datetime) -> str | None:
        """Send it to one, and note it in the audit; why it was not taken, None where it was."""
        try:
            self._channels[to.channel].send(to.target, rendered(head, message_id=uuid.uuid4(), now=now))
        except DeliveryFailed as failure:
            return failure.detail
        detail = {"channel": to.channel, "seal": head.seal_id, "head": head.chain.hex()}
        note(connection, NoteKind.SEAL_HEAD, to.name, detail)
        return None


@contextmanager
def sending_heads(settings: Settings, channels: Mapping[str, Channel]) -> Iterator[None]:
    """Send during the block, in a thread of its own. Raises ValueError for a setting that is wrong."""
    recipients = recipients_of(settings)
    if not recipients:
        yield
        return
    sending = HeadSending(channels, recipients, every=timedelta(seconds=settings.seal_head_send_every_s))
    stopping = threading.Event()
    thread = threading.Thread(target=_run, args=(settings, sending, stopping), name="heads", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join(LOOKS_EVERY_S / 2)


def _run(settings: Settings, sending: HeadSending, stopping: threading.Event) -> None:
    database_url = settings.database_url.get_secret_value()
    while not stopping.is_set():
        try:
            with connect(database_url, role=DatabaseRole.ALERTS, application_name="enermon-heads") as connection:
                connection.autocommit = True
                sending.send_due(connection, utc_now())
        except psycopg.OperationalError as error:
            warn_of(error, log)
        stopping.wait(LOOKS_EVERY_S)
