"""The head of the chain goes out by mail and by signed webhook, when it is time and on demand."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from aiosmtpd.controller import Controller
from pydantic import SecretStr
from typer.testing import CliRunner

from services.alerts.channels.kinds import channels_of
from services.alerts.heads import AGAIN_AFTER, HeadSending, recipients_of
from services.cli import app
from services.core.clock import utc_now
from services.core.db.connections import connect
from services.core.db.roles import DatabaseRole
from services.core.settings import Settings
from services.energy.rollup.adapt import adapt
from services.provenance.heads import noted_head
from services.provenance.sealing import Sealing
from services.provenance.verify import verify
from tests.integration.alerts.test_channels_email import Mailbox
from tests.integration.alerts.test_service import SECRET, Sink
from tests.integration.ports import free_port

pytestmark = pytest.mark.store

DAY = timedelta(days=1)


class Keepers:
    """A webhook and a mailbox that keep heads, and the settings that name them."""

    def __init__(self, database_url: str, sink: Sink, smtp_port: int) -> None:
        self.given: dict[str, Any] = {
            "database_url": database_url,
            "seal_head_mail": "keeper@example.cn",
            "seal_head_webhook": SecretStr(f"{sink.url}?token=known"),
            "seal_head_secret": SecretStr(SECRET),
            "smtp_url": SecretStr(f"smtp://127.0.0.1:{smtp_port}"),
            "webhook_allow_private": True,
            "webhook_allow_http": True,
        }

    def settings(self, **given: Any) -> Settings:
        return Settings(**self.given | given)

    def sending(self, **given: Any) -> HeadSending:
        settings = self.settings(**given)
        return HeadSending(channels_of(settings), recipients_of(settings), every=DAY)


@pytest.fixture
def sink() -> Iterator[Sink]:
    found = Sink()
    yield found
    found.close()


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def keepers(database_url: str, sink: Sink, mailbox: Mailbox) -> Iterator[Keepers]:
    controller = Controller(mailbox, hostname="127.0.0.1", port=free_port())
    controller.start()
    with connect(database_url, role=DatabaseRole.ROLLUP, application_name="test-sealing") as connection:
        adapt(connection)
        Sealing(connection).when_due()
    yield Keepers(database_url, sink, controller.port)
    controller.stop()


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection]:
    with connect(database_url, role=DatabaseRole.ALERTS, application_name="test-heads") as connection:
        connection.autocommit = True
        yield connection


def test_it_is_sent_by_signed_webhook_and_mail_and_can_be_verified(
    keepers: Keepers, connection: psycopg.Connection, database_url: str, sink: Sink, mailbox: Mailbox
) -> None:
    keepers.sending().send_due(connection, utc_now())
    ((_, payload),) = sink.taken
    assert (payload["type"], payload["data"]["seal"]) == ("seal.head", 1)
    (mail,) = mailbox.mails
    text = mail.get_body(("plain",))
    assert text is not None
    head = noted_head(text.get_content().splitlines()[0])
    assert head.chain.hex() == payload["data"]["head"]
    assert verify(database_url, noted=[head]).well


def test_it_is_sent_again_when_it_is_time_also_by_a_service_that_began_anew(
    keepers: Keepers, connection: psycopg.Connection, sink: Sink
) -> None:
    now = utc_now()
    for moment in (now, now + DAY / 2):
        keepers.sending().send_due(connection, moment)
    assert len(sink.taken) == 1
    keepers.sending().send_due(connection, now + 2 * DAY)
    assert len(sink.taken) == 2


def test_that_it_was_sent_stands_in_the_audit_without_the_token_of_the_address(
    keepers: Keepers, connection: psycopg.Connection, database: psycopg.Connection
) -> None:
    keepers.sending().send_due(connection, utc_now())
    rows = database.execute(
        "SELECT subject, detail::text FROM audit WHERE kind = 'seal_head' ORDER BY subject"
    ).fetchall()
    assert [subject.partition(":")[0] for subject, _ in rows] == ["127.0.0.1", "keeper@example.cn"]
    assert "token" not in str(rows)


def test_what_was_not_taken_is_tried_again_some_minutes_later(
    keepers: Keepers, connection: psycopg.Connection, mailbox: Mailbox
) -> None:
    mailbox.refusals["DATA"] = "451 later"
    now, sending = utc_now(), keepers.sending()
    sending.send_due(connection, now)
    mailbox.refusals.clear()
    sending.send_due(connection, now + AGAIN_AFTER / 2)
    assert mailbox.mails == []
    sending.send_due(connection, now + AGAIN_AFTER)
    assert len(mailbox.mails) == 1


def test_on_demand_it_is_sent_at_once(keepers: Keepers, sink: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in keepers.given.items():
        text = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        monkeypatch.setenv(f"ENERMON_{name.upper()}", text)
    for _ in range(2):
        published = CliRunner().invoke(app, ["head", "--publish"])
        assert published.exit_code == 0, published.output
    assert len(sink.taken) == 2
    assert "known" not in published.output


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"seal_head_secret": None}, "ENERMON_SEAL_HEAD_SECRET is needed"),
        ({"seal_head_mail": "nobody"}, "ENERMON_SEAL_HEAD_MAIL: nobody is no address"),
        ({"seal_head_webhook": SecretStr("ftp://x/known")}, "ENERMON_SEAL_HEAD_WEBHOOK: x"),
    ],
)
def test_a_wrong_setting_is_named_at_the_start(keepers: Keepers, given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said) as raised:
        recipients_of(keepers.settings(**given))
    assert "known" not in str(raised.value)
