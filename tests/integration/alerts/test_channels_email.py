"""E-mail into a real mail server: with TLS and login, and what it refuses."""

import email
import email.policy
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import replace
from email.message import EmailMessage
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope

from services.alerts.channels.contract import DeliveryFailed, Destination, Rendered
from services.alerts.channels.email import EmailChannel, parse_smtp_url
from services.alerts.notify.render import render
from tests.integration.certificates import Certificate, certificate
from tests.integration.ports import free_port
from tests.unit.alerts.notify.contents import MESSAGE_ID, alert, content

__all__ = ["certificate"]

USER, PASSWORD = "alerts@example.cn", "p:w/ 1@"
TO = Destination(address="body@example.gov.cn")

# aiosmtpd within TLS does not know that it is
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")


class Mailbox:
    """What the server has taken; `refusals` is what it says to a command instead of taking it."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.logins: list[tuple[bytes, bytes]] = []
        self.refusals: dict[str, str] = {}

    async def handle_MAIL(  # noqa: N802 - as the library names it
        self, _s: Any, _n: Any, envelope: Envelope, address: str, _o: Any
    ) -> str:
        envelope.mail_from = address
        return self.refusals.get("MAIL", "250 OK")

    async def handle_RCPT(  # noqa: N802
        self, _s: Any, _n: Any, envelope: Envelope, address: str, _o: Any
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self.refusals.get("RCPT", "250 OK")

    async def handle_DATA(  # noqa: N802
        self, _s: Any, _n: Any, envelope: Envelope
    ) -> str:
        if "DATA" not in self.refusals:
            self.envelopes.append(envelope)
        return self.refusals.get("DATA", "250 OK")

    def authenticate(self, _s: Any, _n: Any, _e: Any, _mechanism: str, data: Any) -> AuthResult:
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == PASSWORD.encode(), handled=False)

    @property
    def mails(self) -> list[EmailMessage]:
        parsed = [
            email.message_from_bytes(one.original_content or b"", policy=email.policy.default) for one in self.envelopes
        ]
        return [mail for mail in parsed if isinstance(mail, EmailMessage)]


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


Serve = Callable[..., int]


@pytest.fixture
def serve(mailbox: Mailbox) -> Iterator[Serve]:
    """Starts a mail server with these terms; its port."""
    running: list[Controller] = []

    def start(**terms: Any) -> int:
        port = free_port()
        controller = Controller(mailbox, hostname="127.0.0.1", port=port, **terms)
        controller.start()
        running.append(controller)
        return port

    yield start
    for controller in running:
        controller.stop()


def sending(url: str, tls: ssl.SSLContext | None = None, *, timeout_s: float = 10.0) -> EmailChannel:
    return EmailChannel(parse_smtp_url(url), sender="enermon@example.cn", tls=tls, timeout_s=timeout_s)


def login(password: str = PASSWORD) -> str:
    return f"{quote(USER, safe='')}:{quote(password, safe='')}"


@pytest.fixture
def message() -> Rendered:
    return render(content(alert(), language="both"), message_id=MESSAGE_ID)


def test_an_alert_arrives_as_text_and_as_html_with_its_figures(
    serve: Serve, mailbox: Mailbox, message: Rendered
) -> None:
    sending(f"smtp://127.0.0.1:{serve()}").send(TO, message)
    [envelope], [mail] = mailbox.envelopes, mailbox.mails
    assert (envelope.mail_from, envelope.rcpt_tos) == ("enermon@example.cn", ["body@example.gov.cn"])
    assert mail["subject"] == message.subject
    assert mail["from"] == "Enermon <enermon@example.cn>"
    assert mail["to"] == "body@example.gov.cn"
    assert mail["message-id"] == "<3f2b8c1e-5d34-4a3b-9f6e-1c2d3e4f5a6b@example.cn>"
    assert mail["auto-submitted"] == "auto-generated"
    assert mail.get_content_type() == "multipart/alternative"
    text, html = (part.get_content().replace("\r\n", "\n") for part in mail.iter_parts())
    assert text == message.text
    assert html.rstrip() == message.html
    assert "  限值：1.3\n" in text
    assert 'limit</th><td style="padding:2px 0">1.3</td>' in html
    assert "http://127.0.0.1:8000/alerts/7" in text


def test_a_repeat_has_the_same_message_id(serve: Serve, mailbox: Mailbox, message: Rendered) -> None:
    channel = sending(f"smtp://127.0.0.1:{serve()}")
    channel.send(TO, message)
    channel.send(TO, message)
    assert [mail["message-id"] for mail in mailbox.mails] == [f"<{MESSAGE_ID}@example.cn>"] * 2


def test_what_is_said_of_an_alert_later_answers_what_was_said_before(
    serve: Serve, mailbox: Mailbox, message: Rendered
) -> None:
    earlier = tuple(UUID(int=number) for number in range(1, 21))
    channel = sending(f"smtp://127.0.0.1:{serve()}")
    channel.send(TO, message)
    channel.send(TO, replace(message, earlier=earlier))
    first, last = mailbox.mails
    assert (first["in-reply-to"], first["references"]) == (None, None)
    assert last["in-reply-to"] == f"<{earlier[-1]}@example.cn>"
    assert last["references"].split() == [f"<{each}@example.cn>" for each in earlier]


def test_after_starttls_it_logs_in(serve: Serve, mailbox: Mailbox, message: Rendered, certificate: Certificate) -> None:
    port = serve(
        tls_context=certificate.of_server(),
        require_starttls=True,
        auth_required=True,
        authenticator=mailbox.authenticate,
    )
    sending(f"smtp+starttls://{login()}@localhost:{port}", certificate.of_client()).send(TO, message)
    assert mailbox.logins == [(USER.encode(), PASSWORD.encode())]
    assert len(mailbox.mails) == 1


def test_within_tls_it_logs_in(serve: Serve, mailbox: Mailbox, message: Rendered, certificate: Certificate) -> None:
    port = serve(
        ssl_context=certificate.of_server(),
        auth_require_tls=False,
        auth_required=True,
        authenticator=mailbox.authenticate,
    )
    sending(f"smtps://{login()}@localhost:{port}", certificate.of_client()).send(TO, message)
    assert mailbox.logins == [(USER.encode(), PASSWORD.encode())]
    assert len(mailbox.mails) == 1


@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
def test_a_certificate_that_nobody_vouches_for_gets_no_password(
    serve: Serve, mailbox: Mailbox, message: Rendered, certificate: Certificate, scheme: str
) -> None:
    terms = {"smtps": "ssl_context", "smtp+starttls": "tls_context"}
    port = serve(**{terms[scheme]: certificate.of_server()}, authenticator=mailbox.authenticate, auth_require_tls=False)
    with pytest.raises(DeliveryFailed, match="CERTIFICATE_VERIFY_FAILED") as caught:
        sending(f"{scheme}://{login()}@localhost:{port}").send(TO, message)
    assert not caught.value.permanent
    assert mailbox.logins == []


def test_a_server_without_starttls_gets_neither_password_nor_mail(
    serve: Serve, mailbox: Mailbox, message: Rendered
) -> None:
    port = serve(authenticator=mailbox.authenticate, auth_require_tls=False)
    with pytest.raises(DeliveryFailed, match="STARTTLS extension not supported") as caught:
        sending(f"smtp+starttls://{login()}@127.0.0.1:{port}").send(TO, message)
    assert not caught.value.permanent
    assert (mailbox.logins, mailbox.mails) == ([], [])


def test_a_wrong_password_does_not_show_and_is_tried_again(serve: Serve, mailbox: Mailbox, message: Rendered) -> None:
    port = serve(authenticator=mailbox.authenticate, auth_require_tls=False, auth_required=True)
    with pytest.raises(DeliveryFailed) as caught:
        sending(f"smtp://{login('wr0ng')}@127.0.0.1:{port}").send(TO, message)
    assert caught.value.detail == "the mail server refused the login (535)"
    assert not caught.value.permanent


@pytest.mark.parametrize(
    ("command", "answer", "detail", "permanent"),
    [
        ("RCPT", "550 no such user", "the mail server refused the recipient: 550 no such user", True),
        ("RCPT", "450 greylisted", "the mail server refused the recipient: 450 greylisted", False),
        ("RCPT", "552 mailbox full", "the mail server refused the recipient: 552 mailbox full", False),
        ("MAIL", "553 who are you", "the mail server refused the sender: 553 who are you", False),
        ("DATA", "554 looks like spam", "the mail server refused the mail: 554 looks like spam", True),
        ("DATA", "451 later", "the mail server refused the mail: 451 later", False),
    ],
)
def test_what_the_server_refuses_is_told(
    serve: Serve, mailbox: Mailbox, message: Rendered, command: str, answer: str, detail: str, permanent: bool
) -> None:
    mailbox.refusals[command] = answer
    with pytest.raises(DeliveryFailed) as caught:
        sending(f"smtp://127.0.0.1:{serve()}").send(TO, message)
    assert (caught.value.detail, caught.value.permanent) == (detail, permanent)


def test_a_server_that_repeats_the_password_does_not_bring_it_into_the_log(
    serve: Serve, mailbox: Mailbox, message: Rendered
) -> None:
    mailbox.refusals["MAIL"] = f"550 {PASSWORD} said {USER}"
    port = serve(authenticator=mailbox.authenticate, auth_require_tls=False)
    running = sending(f"smtp://{login()}@127.0.0.1:{port}")
    with pytest.raises(DeliveryFailed) as caught:
        running.send(TO, message)
    assert caught.value.detail == "the mail server refused the sender: 550 *** said alerts@example.cn"


@pytest.mark.parametrize("address", ["a@b.cn\r\nBcc: x@y.cn", "a@b.cn>\r\nRCPT TO:<x@y.cn", "", "body"])
def test_an_address_cannot_bring_in_a_header_or_a_command(
    serve: Serve, mailbox: Mailbox, message: Rendered, address: str
) -> None:
    with pytest.raises(DeliveryFailed, match="the address is not an e-mail address") as caught:
        sending(f"smtp://127.0.0.1:{serve()}").send(Destination(address=address), message)
    assert caught.value.permanent
    assert mailbox.envelopes == []


def test_a_subject_cannot_bring_in_a_header(serve: Serve, mailbox: Mailbox) -> None:
    hostile = Rendered(
        message_id=MESSAGE_ID,
        subject="预警\r\nBcc: x@y.cn\r\n\r\nbody",
        text="t\n.\r\nQUIT\r\n",
        html="h",
        payload=b"{}",
    )
    sending(f"smtp://127.0.0.1:{serve()}").send(TO, hostile)
    [mail] = mailbox.mails
    assert mail["subject"] == "预警 Bcc: x@y.cn body"
    assert mail["bcc"] is None
    assert mailbox.envelopes[0].rcpt_tos == ["body@example.gov.cn"]


def test_a_server_that_is_not_there_is_tried_again(message: Rendered) -> None:
    with pytest.raises(DeliveryFailed, match="Connection refused") as caught:
        sending("smtp://127.0.0.1:1").send(TO, message)
    assert not caught.value.permanent


def test_a_server_that_says_nothing_does_not_hold_the_sender(message: Rendered) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(DeliveryFailed, match=r"no answer from the mail server in 0\.2 s") as caught:
            sending(f"smtp://127.0.0.1:{port}", timeout_s=0.2).send(TO, message)
    assert not caught.value.permanent
