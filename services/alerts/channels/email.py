"""E-mail by SMTP, with TLS and login, as HTML and as text."""

import base64
import re
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Literal
from urllib.parse import SplitResult, unquote, urlsplit
from uuid import UUID

from services.alerts.channels.address import email_fault
from services.alerts.channels.contract import Channel, ChannelKind, DeliveryFailed, Destination, Rendered
from services.core.clock import utc_now
from services.core.settings import Settings

Security = Literal["none", "starttls", "tls"]
SCHEMES: dict[str, tuple[Security, int]] = {
    "smtp": ("none", 25),
    "smtp+starttls": ("starttls", 587),
    "smtps": ("tls", 465),
}
TIMEOUT_S = 20.0
SENDER = "Enermon"
_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
MOST_ADDRESS, MOST_LOCAL_PART = 254, 64


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where mail is handed over, and who we are there."""

    host: str
    port: int
    security: Security
    user: str | None = None
    password: str | None = field(default=None, repr=False)


def parse_smtp_url(url: str) -> MailServer:
    """Read smtp[s|+starttls]://user:password@host:port. Raises ValueError that says what is wrong, without the URL."""
    form = "ENERMON_SMTP_URL must look like smtps://user:password@host:465, smtp+starttls://… or smtp://host:25"
    parts = _split(url, form)
    if parts.scheme not in SCHEMES or not parts.hostname or parts.path not in ("", "/") or parts.query:
        raise ValueError(form)
    security, port = SCHEMES[parts.scheme]
    user = unquote(parts.username) if parts.username else None
    password = unquote(parts.password) if parts.password else None
    if (user is None) != (password is None):
        raise ValueError("ENERMON_SMTP_URL names a user or a password, and not the other")
    if not f"{user}{password}".isascii():
        # SMTP AUTH as Python speaks it
        raise ValueError("user and password in ENERMON_SMTP_URL must be of ASCII characters")
    return MailServer(host=parts.hostname, port=parts.port or port, security=security, user=user, password=password)


def _split(url: str, form: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        # its text would show what stands where a port is expected, which may be a password
        raise ValueError(form) from None
    return parts


def checked_address(text: str) -> str:
    """An e-mail address as it goes to the server; a domain in other letters becomes its ASCII form.

    Raises ValueError. Only the plain form local@domain is taken: no display name, quotes, comments or line ends.
    """
    local, at, domain = text.rpartition("@")
    try:
        domain = domain if domain.isascii() else domain.encode("idna").decode("ascii")
    except UnicodeError:
        at = ""
    labels = domain.split(".")
    plain = at and _LOCAL_PART.fullmatch(local) and all(_LABEL.fullmatch(label) for label in labels)
    if not plain or len(local) > MOST_LOCAL_PART or len(local) + 1 + len(domain) > MOST_ADDRESS:
        raise ValueError("is not an e-mail address like name@example.cn")
    return f"{local}@{domain}"


class EmailChannel:
    """One connection a message. Certificates are checked, also after STARTTLS, which is never left out silently."""

    def __init__(
        self,
        server: MailServer,
        *,
        sender: str,
        tls: ssl.SSLContext | None = None,
        timeout_s: float = TIMEOUT_S,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        """Raises ValueError when `sender` is no address."""
        try:
            self._sender = checked_address(sender)
        except ValueError as error:
            raise ValueError(f"ENERMON_SMTP_FROM {error}") from None
        self._server = server
        self._tls = tls or ssl.create_default_context()
        self._timeout_s = timeout_s
        self._clock = clock
        # once: without a name server the question takes seconds
        self._own_name = socket.getfqdn()

    def send(self, target: Destination, message: Rendered) -> None:
        """Return when the server has taken the mail. Raises DeliveryFailed."""
        try:
            recipient = checked_address(target.address)
        except ValueError as error:
            raise DeliveryFailed(f"the address {error}", permanent=True) from None
        mail = self._mail(recipient, message)
        with self._told():
            self._hand_over(mail, recipient)

    def try_login(self) -> None:
        """Connect and sign in as for a mail, and send none. Raises DeliveryFailed."""
        with self._told(), self._connected() as connection:
            connection.noop()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except smtplib.SMTPException as error:
            raise self._failed(error) from None
        except OSError as error:
            raise DeliveryFailed(self._without_secrets(f"mail server: {error}"), permanent=False) from None

    def close(self) -> None:
        """Nothing is open between messages."""

    def _hand_over(self, mail: EmailMessage, recipient: str) -> None:
        connection = self._connected()
        try:
            connection.send_message(mail, from_addr=self._sender, to_addrs=[recipient])
            # the mail is taken: how the server says good-bye no longer matters
            with suppress(smtplib.SMTPException, OSError):
                connection.quit()
        finally:
            connection.close()

    def _connected(self) -> smtplib.SMTP:
        server = self._server
        if server.security == "tls":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, self._own_name, timeout=self._timeout_s, context=self._tls
            )
        else:
            connection = smtplib.SMTP(server.host, server.port, self._own_name, timeout=self._timeout_s)
        try:
            if server.security == "starttls":
                connection.starttls(context=self._tls)
            if server.user is not None and server.password is not None:
                connection.login(server.user, server.password)
        except BaseException:
            connection.close()
            raise
        return connection

    def _mail(self, recipient: str, message: Rendered) -> EmailMessage:
        """The same Message-ID at every attempt, so that servers and readers can fold a repeat."""
        mail = EmailMessage(policy=SMTP)
        mail["From"] = Address(SENDER, addr_spec=self._sender)
        mail["To"] = Address(addr_spec=recipient)
        mail["Subject"] = " ".join(message.subject.split())
        mail["Date"] = format_datetime(self._clock())
        mail["Message-ID"] = self._mail_id(message.message_id)
        if message.earlier:
            # RFC 5322, 3.6.4: by these a reader shows what was said of an alert as one thread
            mail["In-Reply-To"] = self._mail_id(message.earlier[-1])
            mail["References"] = " ".join(map(self._mail_id, message.earlier))
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.text, cte="base64")
        mail.add_alternative(message.html, subtype="html", cte="base64")
        return mail

    def _mail_id(self, message_id: UUID) -> str:
        return f"<{message_id}@{self._sender.rpartition('@')[2]}>"

    def _failed(self, error: smtplib.SMTPException) -> DeliveryFailed:
        """Permanent is what the server says of this recipient or this mail for ever; the rest an operator can mend."""
        if isinstance(error, smtplib.SMTPAuthenticationError):
            return DeliveryFailed(f"the mail server refused the login ({error.smtp_code})", permanent=False)
        if isinstance(error, smtplib.SMTPRecipientsRefused):
            code, said = next(iter(error.recipients.values()))
            return self._answered("the recipient", code, said, permanent=_for_ever(code))
        if isinstance(error, smtplib.SMTPSenderRefused):
            return self._answered("the sender", error.smtp_code, error.smtp_error, permanent=False)
        if isinstance(error, smtplib.SMTPDataError):
            return self._answered("the mail", error.smtp_code, error.smtp_error, permanent=_for_ever(error.smtp_code))
        if isinstance(error, smtplib.SMTPResponseException):
            return self._answered("to talk", error.smtp_code, error.smtp_error, permanent=False)
        if isinstance(error.__context__, TimeoutError):
            return DeliveryFailed(f"no answer from the mail server in {self._timeout_s:g} s", permanent=False)
        return DeliveryFailed(self._without_secrets(f"mail server: {error}"), permanent=False)

    def _answered(self, what: str, code: int, said: bytes | str, *, permanent: bool) -> DeliveryFailed:
        words = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
        return DeliveryFailed(
            self._without_secrets(f"the mail server refused {what}: {code} {words}"), permanent=permanent
        )

    def _without_secrets(self, text: str) -> str:
        """A server may repeat what was said to it."""
        user, password = self._server.user, self._server.password
        if user is None or password is None:
            return text
        plain = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
        for secret in (plain, base64.b64encode(password.encode()).decode(), password):
            text = text.replace(secret, "***")
        return text


def _for_ever(code: int) -> bool:
    """5xx, RFC 5321 section 4.2.1, except where the mailbox is full (552) or the server asks for a login (530)."""
    return 500 <= code < 600 and code not in {530, 552}


class NoMailServer:
    """Stands for e-mail where no mail server is set; mails wait, as the setting may come within the day."""

    def send(self, target: Destination, message: Rendered) -> None:  # noqa: ARG002 - as every channel
        """Raises DeliveryFailed."""
        raise DeliveryFailed("no mail server is set: ENERMON_SMTP_URL is empty", permanent=False)

    def close(self) -> None:
        """Nothing is open."""


def _connect(settings: Settings) -> Channel:
    url = settings.smtp_url.get_secret_value() if settings.smtp_url else ""
    return EmailChannel(parse_smtp_url(url), sender=settings.smtp_from) if url else NoMailServer()


KIND = ChannelKind(
    name="email",
    owners=("body", "enterprise"),
    connect=_connect,
    address_fault=lambda address, _settings: email_fault(address),
    most_under_way=4,  # one login after the other to one mail server is slow
)
