"""Webhooks to a real HTTP server: signed, to the address that was checked, and what is not followed."""

import base64
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from services.alerts.channels.contract import DeliveryFailed, Destination, Rendered
from services.alerts.channels.webhook import WebhookChannel
from services.alerts.notify.render import render
from tests.integration.certificates import Certificate, certificate
from tests.unit.alerts.notify.contents import MESSAGE_ID, content

__all__ = ["certificate"]

OLD, NEW = (f"whsec_{base64.b64encode(byte * 32).decode()}" for byte in (b"o", b"n"))
GIVEN = content(language="both")


class Receiver:
    """An HTTP server that keeps what it gets and answers as it is told."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.status = 204
        self.headers: dict[str, str] = {}
        self.body: Callable[[Any], None] = lambda _file: None
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.requests.append((self.path, headers, body))
                self.send_response(receiver.status)
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                receiver.body(self.wfile)

            def log_message(self, format: str, *args: Any) -> None:
                """Not shown."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if tls is not None:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    running = Receiver()
    yield running
    running.close()


@pytest.fixture
def message() -> Rendered:
    return render(GIVEN, message_id=MESSAGE_ID)


def channel(**terms: Any) -> WebhookChannel:
    """Lets webhooks go to loopback without TLS, as the tests' receivers need."""
    return WebhookChannel(**{"allow_private": True, "allow_http": True} | terms)


def target_of(receiver: Receiver, *secrets: str, path: str = "/alerts?k=v") -> Destination:
    return Destination(address=f"http://127.0.0.1:{receiver.port}{path}", secrets=secrets or (NEW,))


def test_the_receiver_verifies_the_signature_with_the_standard_library(receiver: Receiver, message: Rendered) -> None:
    channel().send(target_of(receiver), message)
    [(path, headers, body)] = receiver.requests
    assert path == "/alerts?k=v"
    assert headers["host"] == f"127.0.0.1:{receiver.port}"
    assert headers["content-type"] == "application/json"
    assert headers["webhook-id"] == str(MESSAGE_ID)
    assert Webhook(NEW).verify(body, headers) == {
        "id": str(MESSAGE_ID),
        "type": "alert.fired",
        "timestamp": "2026-03-01T00:05:05+00:00",
        "data": GIVEN,
    }


def test_a_changed_body_or_another_secret_does_not_verify(receiver: Receiver, message: Rendered) -> None:
    channel().send(target_of(receiver, NEW), message)
    [(_, headers, body)] = receiver.requests
    with pytest.raises(WebhookVerificationError):
        Webhook(NEW).verify(body.replace(b"1.42", b"1.24"), headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(OLD).verify(body, headers)


def test_while_keys_change_both_verify(receiver: Receiver, message: Rendered) -> None:
    channel().send(target_of(receiver, NEW, OLD), message)
    [(_, headers, body)] = receiver.requests
    assert len(headers["webhook-signature"].split(" ")) == 2
    for secret in (OLD, NEW):
        assert Webhook(secret).verify(body, headers)["type"] == "alert.fired"


def test_a_repeat_has_the_same_id_and_body_and_its_own_time(receiver: Receiver, message: Rendered) -> None:
    now = datetime.now(UTC)
    for at in (now - timedelta(minutes=4), now):
        channel(clock=lambda at=at: at).send(target_of(receiver), message)
    (_, first, body), (_, second, again) = receiver.requests
    assert body == again
    assert first["webhook-id"] == second["webhook-id"] == str(MESSAGE_ID)
    assert int(second["webhook-timestamp"]) - int(first["webhook-timestamp"]) == 240
    for headers in (first, second):
        Webhook(NEW).verify(body, headers)


def test_a_redirect_is_not_followed(receiver: Receiver, message: Rendered) -> None:
    other = Receiver()
    receiver.status, receiver.headers = 307, {"location": f"http://127.0.0.1:{other.port}/"}
    with pytest.raises(DeliveryFailed, match="answered 307: redirects are not followed") as caught:
        channel().send(target_of(receiver), message)
    other.close()
    assert caught.value.permanent
    assert (len(receiver.requests), other.requests) == (1, [])


def test_a_private_address_gets_nothing_unless_allowed(receiver: Receiver, message: Rendered) -> None:
    for host in ("127.0.0.1", "localhost", "127.1", "2130706433", "[::ffff:127.0.0.1]"):
        target = Destination(address=f"http://{host}:{receiver.port}/", secrets=(NEW,))
        with pytest.raises(DeliveryFailed, match="is at the private address") as caught:
            channel(allow_private=False).send(target, message)
        assert caught.value.permanent
    assert receiver.requests == []


def test_http_gets_nothing_unless_allowed(receiver: Receiver, message: Rendered) -> None:
    with pytest.raises(DeliveryFailed, match="is not https") as caught:
        channel(allow_http=False).send(target_of(receiver), message)
    assert caught.value.permanent
    assert receiver.requests == []


def test_a_name_is_looked_up_once_and_connected_to_as_it_was_checked(receiver: Receiver, message: Rendered) -> None:
    """The name does not exist: a second look-up would fail."""
    asked: list[tuple[str, int]] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append((host, port))
        return ["127.0.0.1"]

    target = Destination(address=f"http://hooks.example.invalid:{receiver.port}/", secrets=(NEW,))
    channel(resolve=resolve).send(target, message)
    assert asked == [("hooks.example.invalid", receiver.port)]
    assert receiver.requests[0][1]["host"] == f"hooks.example.invalid:{receiver.port}"


def test_the_next_address_is_tried_where_one_takes_no_connection(receiver: Receiver, message: Rendered) -> None:
    target = Destination(address=f"http://hooks.example.invalid:{receiver.port}/", secrets=(NEW,))
    channel(resolve=lambda *_: ["127.0.0.2", "127.0.0.1"]).send(target, message)
    assert len(receiver.requests) == 1


def test_the_certificate_is_held_against_the_name(certificate: Certificate, message: Rendered) -> None:
    receiver = Receiver(certificate.of_server())
    sending = channel(allow_http=False, tls=certificate.of_client(), resolve=lambda *_: ["127.0.0.1"])
    sending.send(Destination(address=f"https://hooks.example.cn:{receiver.port}/", secrets=(NEW,)), message)
    with pytest.raises(DeliveryFailed, match="certificate verify failed: Hostname mismatch") as caught:
        sending.send(Destination(address=f"https://other.example.cn:{receiver.port}/", secrets=(NEW,)), message)
    receiver.close()
    assert not caught.value.permanent
    assert len(receiver.requests) == 1


def test_a_certificate_that_nobody_vouches_for_gets_nothing(certificate: Certificate, message: Rendered) -> None:
    receiver = Receiver(certificate.of_server())
    with pytest.raises(DeliveryFailed, match="certificate verify failed: self-signed certificate"):
        channel().send(Destination(address=f"https://localhost:{receiver.port}/", secrets=(NEW,)), message)
    receiver.close()
    assert receiver.requests == []


@pytest.mark.parametrize(
    ("status", "permanent"),
    [(400, False), (404, False), (408, False), (410, True), (429, False), (500, False), (503, False)],
)
def test_what_is_worth_another_attempt(receiver: Receiver, message: Rendered, status: int, permanent: bool) -> None:
    receiver.status, receiver.headers = status, {"retry-after": "77"}
    with pytest.raises(DeliveryFailed, match=f"answered {status}") as caught:
        channel().send(target_of(receiver), message)
    assert caught.value.permanent is permanent
    assert caught.value.gone is (status == 410)
    assert permanent or caught.value.retry_after_s == 77.0


def test_of_an_endless_answer_only_the_beginning_is_read(receiver: Receiver, message: Rendered) -> None:
    written = []

    def endless(file: Any) -> None:
        try:
            while True:
                file.write(b"no " * 10_000)
                written.append(30_000)
        except OSError:
            return

    receiver.status, receiver.body = 400, endless
    with pytest.raises(DeliveryFailed) as caught:
        channel().send(target_of(receiver), message)
    assert caught.value.detail == "answered 400: " + "no " * 39 + "no"
    assert sum(written) < 20_000_000


def test_an_endless_answer_to_what_was_taken_does_not_matter(receiver: Receiver, message: Rendered) -> None:
    def endless(file: Any) -> None:
        try:
            while True:
                file.write(b"x" * 10_000)
        except OSError:
            return

    receiver.status, receiver.body = 200, endless
    channel().send(target_of(receiver), message)
    assert len(receiver.requests) == 1


def test_a_receiver_that_answers_byte_by_byte_does_not_hold_the_sender(message: Rendered) -> None:
    with dripping() as port:
        target = Destination(address=f"http://127.0.0.1:{port}/", secrets=(NEW,))
        with pytest.raises(DeliveryFailed, match=r"did not answer in 0\.4 s") as caught:
            channel(total_timeout_s=0.4).send(target, message)
    assert not caught.value.permanent


class dripping:  # noqa: N801 - read as a word
    """A server that sends one byte of an endless header each 50 ms."""

    def __enter__(self) -> int:
        self._over = threading.Event()
        self._server = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._serve, daemon=True).start()
        return int(self._server.getsockname()[1])

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._server.close()

    def _serve(self) -> None:
        connection, _ = self._server.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\nx: ")
            while not self._over.wait(0.05):
                try:
                    connection.sendall(b"x")
                except OSError:
                    return


def test_a_receiver_that_is_not_there_is_tried_again(receiver: Receiver, message: Rendered) -> None:
    receiver.close()
    with pytest.raises(DeliveryFailed, match="All connection attempts failed") as caught:
        channel().send(target_of(receiver), message)
    assert not caught.value.permanent


def test_what_is_no_http_is_tried_again(message: Rendered) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def babble() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(100)
                connection.sendall(b"SSH-2.0-OpenSSH\r\n\r\n")

        threading.Thread(target=babble, daemon=True).start()
        target = Destination(address=f"http://127.0.0.1:{server.getsockname()[1]}/", secrets=(NEW,))
        with pytest.raises(DeliveryFailed) as caught:
            channel().send(target, message)
    assert not caught.value.permanent


def test_the_settings_of_a_proxy_are_not_obeyed(
    receiver: Receiver, message: Rendered, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = Receiver()
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
    monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{proxy.port}")
    channel().send(target_of(receiver), message)
    proxy.close()
    assert (len(receiver.requests), proxy.requests) == (1, [])


def test_a_token_in_the_address_does_not_show_in_an_error(receiver: Receiver, message: Rendered) -> None:
    for status in (400, 503):
        receiver.status = status
        with pytest.raises(DeliveryFailed) as caught:
            channel().send(target_of(receiver, path="/T0KEN?key=T0KEN"), message)
        assert "T0KEN" not in caught.value.detail
    receiver.close()
    with pytest.raises(DeliveryFailed) as caught:
        channel().send(target_of(receiver, path="/T0KEN?key=T0KEN"), message)
    assert "T0KEN" not in caught.value.detail
    assert urlsplit(f"//{caught.value.detail.split(': ')[0]}").port == receiver.port
