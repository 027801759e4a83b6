"""mosquitto with TLS: a private CA, passwords and certificates, and what is not let in."""

import queue
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from services.ingest.broker_users import BrokerUser, Holder, HolderKind
from services.ingest.certificates import PrivateCa
from services.ingest.credentials import Certified
from services.ingest.gateway_access import Access, Revoked
from services.up.mosquitto import PrivateMosquitto
from services.up.stack import native_broker
from tests.integration.connecting import ANSWER_S, granted, published
from tests.integration.let_in import password_of, user_of
from tests.integration.ports import free_port, home_in

pytestmark = pytest.mark.store

NOT_AUTHORIZED = 0x87
NOW = datetime.now(UTC)


@dataclass
class Encrypted:
    """A broker with TLS."""

    broker: PrivateMosquitto
    ca: PrivateCa
    folder: Path
    password_port: int
    certificate_port: int

    def trusting(self, ca: PrivateCa | None = None) -> ssl.SSLContext:
        """What a gateway that trusts the CA knows."""
        return ssl.create_default_context(cafile=str((ca or self.ca).own.certificate))

    def with_certificate(self, made: Certified) -> ssl.SSLContext:
        """A gateway that has a certificate."""
        assert made.key is not None
        file = self.folder / f"{made.serial_number}.pem"
        file.write_text(made.certificate + made.key)
        context = self.trusting()
        context.load_cert_chain(file)
        return context


@pytest.fixture
def encrypted(store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Encrypted]:
    if store != "native":
        pytest.skip("the embedded broker has no TLS")
    home = home_in(tmp_path)
    ca = PrivateCa(home.ca)
    ca.make("CA of the tests", now=NOW)
    ca.certify_server(["localhost", "127.0.0.1"], now=NOW)
    by_password, by_certificate = free_port(), free_port()
    monkeypatch.setenv("ENERMON_MQTT_TLS_PORT", str(by_password))
    monkeypatch.setenv("ENERMON_MQTT_CERTIFICATE_PORT", str(by_certificate))
    private = native_broker(home)
    private.let_in(Access((user_of("GW-1"), user_of("GW-2"))))
    private.start()
    yield Encrypted(private, ca, tmp_path, by_password, by_certificate)
    private.stop()


class Gateway:
    """A client with TLS. Raises OSError where the connection is refused below MQTT."""

    def __init__(self, context: ssl.SSLContext, port: int, *, user: str | None = None, password: str = "") -> None:
        self.client = Client(CallbackAPIVersion.VERSION2, "any", protocol=MQTTProtocolVersion.MQTTv5)
        self.client.tls_set_context(context)
        if user is not None:
            self.client.username_pw_set(user, password)
        self.answers: queue.Queue[str] = queue.Queue()
        self.ended: queue.Queue[str] = queue.Queue()
        self.client.on_connect = lambda _c, _u, _f, reason, _p: self.answers.put(str(reason))
        self.client.on_disconnect = lambda _c, _u, _f, reason, _p: self.ended.put(str(reason))
        self.client.connect("localhost", port)
        self.client.loop_start()

    def __enter__(self) -> "Gateway":
        return self

    def __exit__(self, *_: object) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def refused(self) -> bool:
        """Whether the broker ends the connection without letting it in. With TLS 1.3 it says so after the handshake."""
        while True:
            try:
                return self.answers.get(timeout=0.05) != "Success"
            except queue.Empty:
                if not self.ended.empty():
                    return True


def certified(encrypted: Encrypted, user: str) -> tuple[BrokerUser, Certified]:
    holder = Holder(HolderKind.GATEWAY, user.partition("@")[0])
    return BrokerUser(user, holder), encrypted.ca.certify_gateway(user, now=NOW)


def test_password_works_over_tls_and_gives_the_rights_of_the_gateway(encrypted: Encrypted) -> None:
    with Gateway(encrypted.trusting(), encrypted.password_port, user="GW-1", password=password_of("GW-1")) as gateway:
        assert not gateway.refused()
        assert granted(gateway.client, "enermon/v1/GW-1/ack") == 1
        assert granted(gateway.client, "enermon/v1/GW-2/ack") == NOT_AUTHORIZED
    with Gateway(encrypted.trusting(), encrypted.password_port, user="GW-1", password="wrong") as stranger:
        assert stranger.refused()


def test_gateway_does_not_take_a_broker_of_another_authority(encrypted: Encrypted, tmp_path: Path) -> None:
    other = PrivateCa(tmp_path / "other")
    other.make("another CA", now=NOW)
    with pytest.raises(ssl.SSLCertVerificationError):
        Gateway(encrypted.trusting(other), encrypted.password_port)


def test_certificate_gives_the_rights_of_the_gateway_that_it_names(encrypted: Encrypted) -> None:
    user, made = certified(encrypted, "GW-1@2")
    encrypted.broker.let_in(Access((user_of("GW-1"), user)))
    with Gateway(encrypted.with_certificate(made), encrypted.certificate_port, user="GW-2", password="x") as gateway:
        assert not gateway.refused()
        assert granted(gateway.client, "enermon/v1/GW-1/ack") == 1
        assert published(gateway.client, "enermon/v1/GW-1/readings", "{}") in (0, 0x10)
        assert published(gateway.client, "enermon/v1/GW-2/readings", "{}") == NOT_AUTHORIZED
        assert granted(gateway.client, "#") == NOT_AUTHORIZED


def test_without_a_certificate_of_this_authority_nobody_comes_in_there(encrypted: Encrypted, tmp_path: Path) -> None:
    other = PrivateCa(tmp_path / "other")
    other.make("another CA", now=NOW)
    foreign = other.certify_gateway("GW-1", now=NOW)
    login = {"user": "GW-1", "password": password_of("GW-1")}
    for context in (encrypted.trusting(), encrypted.with_certificate(foreign)):
        with Gateway(context, encrypted.certificate_port, **login) as stranger:
            assert stranger.refused()


def test_revoked_certificate_is_cut_off_and_refused_and_another_one_of_the_gateway_goes_on(
    encrypted: Encrypted,
) -> None:
    (first_user, first), (second_user, second) = certified(encrypted, "GW-1"), certified(encrypted, "GW-1@2")
    encrypted.broker.let_in(Access((first_user, second_user)))
    with (
        Gateway(encrypted.with_certificate(first), encrypted.certificate_port) as old,
        Gateway(encrypted.with_certificate(second), encrypted.certificate_port) as new,
    ):
        assert not old.refused()
        assert not new.refused()
        encrypted.broker.let_in(Access((second_user,), (Revoked(first.serial_number, NOW),)))
        assert old.ended.get(timeout=ANSWER_S)
        with Gateway(encrypted.with_certificate(first), encrypted.certificate_port) as again:
            assert again.refused()
        assert new.ended.empty()
        assert granted(new.client, "enermon/v1/GW-1/ack") == 1


def test_certificate_of_a_gateway_that_was_removed_gives_nothing(encrypted: Encrypted) -> None:
    # Its user has no rights, even where the list of revoked certificates does not name it yet.
    _, made = certified(encrypted, "GW-9")
    with Gateway(encrypted.with_certificate(made), encrypted.certificate_port) as gateway:
        assert not gateway.refused()
        assert granted(gateway.client, "enermon/v1/GW-9/ack") == NOT_AUTHORIZED
        assert published(gateway.client, "enermon/v1/GW-9/readings", "{}") == NOT_AUTHORIZED
