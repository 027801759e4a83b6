"""The alert service among the others, with a mail server and a web server that take what it tells."""

import email
import email.policy
import http.server
import itertools
import queue
import ssl
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

import httpx
import paho.mqtt.client as mqtt
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope
from paho.mqtt.enums import CallbackAPIVersion

from services.core.calendar import SHANGHAI
from services.ingest.broker_users import ALERTS_USER
from services.up.stack import Stack
from tests.integration.certificates import make_certificate
from tests.integration.ports import free_port
from tests.integration.registered import credit_code
from tests.integration.running import running, running_api
from tests.second_person import ConfirmedTransport
from tests.signed_in import BY_ADMINISTRATOR

MAIL_USER, MAIL_PASSWORD = "enermon", "k3y-of-mail"
PER_DAY = 2400.0
"""What the racks of a centre use in a day, kWh."""

Json = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """A webhook call as it came."""

    headers: dict[str, str]
    body: bytes
    answer: int


class Hooks:
    """A web server that keeps what is posted to it, by path; it answers 500 as often as `failures` of a path says."""

    def __init__(self) -> None:
        self.calls: defaultdict[str, list[Call]] = defaultdict(list)
        self.failures: Counter[str] = Counter()
        hooks = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                fails = hooks.failures[self.path] > 0
                hooks.failures[self.path] -= fails
                answer = 500 if fails else 204
                self.send_response(answer)
                self.end_headers()
                hooks.calls[self.path].append(Call(dict(self.headers.items()), body, answer))

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Mailbox:
    """What a mail server with STARTTLS and login has taken, by recipient."""

    def __init__(self) -> None:
        self.mails: defaultdict[str, list[EmailMessage]] = defaultdict(list)

    async def handle_DATA(  # noqa: N802 - as the library names it
        self, _server: Any, _session: Any, envelope: Envelope
    ) -> str:
        mail = email.message_from_bytes(envelope.original_content or b"", policy=email.policy.default)
        assert isinstance(mail, EmailMessage)
        for recipient in envelope.rcpt_tos:
            self.mails[recipient].append(mail)
        return "250 OK"

    @staticmethod
    def login(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        known = (data.login, data.password) == (MAIL_USER.encode(), MAIL_PASSWORD.encode())
        return AuthResult(success=known, handled=False)

    @contextmanager
    def served(self, tls: ssl.SSLContext) -> Iterator[str]:
        """The mail server at work; its URL as settings name it."""
        port = free_port()
        terms: Json = {"tls_context": tls, "require_starttls": True, "auth_required": True, "authenticator": self.login}
        controller = Controller(self, hostname="127.0.0.1", port=port, **terms)
        controller.start()
        try:
            yield f"smtp+starttls://{MAIL_USER}:{MAIL_PASSWORD}@localhost:{port}"
        finally:
            controller.stop()


@contextmanager
def listening(url: str, topic: str) -> Iterator["queue.Queue[bytes]"]:
    """What comes on a topic of the broker, to the user that `url` names."""
    came: queue.Queue[bytes] = queue.Queue()
    granted: queue.Queue[int] = queue.Queue()
    parts = urlsplit(url)
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    if parts.username is not None:
        client.username_pw_set(unquote(parts.username), unquote(parts.password or ""))
    client.on_message = lambda _c, _u, message: came.put(bytes(message.payload))
    client.on_subscribe = lambda _c, _u, _m, reasons, _p: granted.put(int(reasons[0].value))
    client.on_connect = lambda client, *_: client.subscribe(topic, 1)
    client.connect(parts.hostname or "", parts.port or 1883)
    client.loop_start()
    try:
        assert granted.get(timeout=60) == 1
        yield came
    finally:
        client.disconnect()
        client.loop_stop()


@dataclass(frozen=True)
class Subscription:
    """Where a supervision body is told; `path` is its address at the API."""

    path: str
    secret: str | None


@dataclass(frozen=True)
class Body:
    """A supervision body, told by mail and by webhook."""

    code: str
    address: str
    hook: str
    by_mail: Subscription
    by_webhook: Subscription


@dataclass(frozen=True)
class Centre:
    """A data centre with a meter of what goes in and one of its racks."""

    unit: str
    credit_code: str
    gateway: str
    input_meter: str
    racks_meter: str


@dataclass(frozen=True)
class Watched:
    """The running services as operators and supervision bodies meet them."""

    api: httpx.Client
    mailbox: Mailbox
    hooks: Hooks
    _numbers: Iterator[int] = field(repr=False)

    def ask(self, path: str, **parameters: Any) -> Json:
        """The answer to a question that is answered."""
        return self._json(self.api.get(f"/api/v1/{path}", params=parameters))

    def send(self, method: Literal["POST", "PUT", "PATCH"], path: str, entry: Json | None = None) -> Json:
        """The answer to something that is taken."""
        return self._json(self.api.request(method, f"/api/v1/{path}", json=entry))

    @staticmethod
    def _json(answer: httpx.Response) -> Json:
        assert answer.is_success, answer.text
        found: Json = answer.json()
        return found

    def body(self, area: str, *, language: str = "zh", least_severity: str = "notice") -> Body:
        """The body of an area, subscribed by mail and by webhook to what is at least so severe."""
        code, address, hook = f"SB-{area}", f"energy-{area}@example.gov.cn", f"/{area}"
        self.send("POST", "supervision-bodies", {"code": code, "name_zh": "节能监察大队", "area_code": area})
        mail = {"channel": "email", "address": address, "language": language, "least_severity": least_severity}
        webhook = {"channel": "webhook", "address": self.hooks.url + hook, "least_severity": least_severity}
        return Body(code, address, hook, self._subscribe(code, mail), self._subscribe(code, webhook))

    def _subscribe(self, code: str, entry: Json) -> Subscription:
        path = f"supervision-bodies/{code}/subscriptions"
        made = self.send("POST", path, entry)
        return Subscription(f"{path}/{made['subscription_id']}", made.get("secret"))

    def centre(self, area: str, *, first_day: date, until: date, name_zh: str, name_en: str) -> Centre:
        """An existing data centre whose meters are read from one day up to another."""
        number = next(self._numbers)
        owner, unit, gateway = credit_code(number, area), f"DC-{number}", f"GW-{number}"
        enterprise = {
            "credit_code": owner,
            "name_zh": "云计算公司",
            "name_en": "Cloud computing",
            "trade": "data_centre",
        }
        self.send("POST", "enterprises", enterprise | {"area_code": area, "valid_from": "2020-01-01"})
        described = {"name_zh": name_zh, "name_en": name_en, "process": "data_centre", "status": "existing"}
        self.send("POST", "units", {"code": unit, "credit_code": owner, "measuring_category": 1} | described)
        self.send("POST", "gateways", {"code": gateway, "credit_code": owner})
        centre = Centre(unit, owner, gateway, f"{unit}-IN", f"{unit}-IT")
        meter = {
            "unit_code": unit,
            "gateway_code": gateway,
            "name_zh": "电表",
            "kind": "interval",
            "interval_s": 86_400,
        }
        meter |= {"rated_per_hour": 100 * PER_DAY}
        meter |= {"carrier": "electricity", "unit_of_measure": "kWh", "valid_from": first_day.isoformat()}
        meter |= {"valid_to": until.isoformat()}
        self.send("POST", "meters", meter | {"code": centre.input_meter, "flow": "input"})
        self.send("POST", "meters", meter | {"code": centre.racks_meter, "flow": "it_load"})
        return centre

    def measure(self, centre: Centre, first_day: date, *, days: int, pue: float, per_day: float = PER_DAY) -> None:
        """A reading of each of these days; `per_day`: what the racks use, kWh."""
        start = datetime.combine(first_day, time(), SHANGHAI)
        readings = [
            {"meter": meter, "ts": (start + timedelta(days=day)).isoformat(), "value": value}
            for day in range(days)
            for meter, value in ((centre.input_meter, pue * per_day), (centre.racks_meter, per_day))
        ]
        taken = self.send("POST", f"readings?gateway={centre.gateway}", {"seq": 1, "readings": readings})
        assert (taken["stored"], taken["rejected"]) == (len(readings), [])

    def extend(self, centre: Centre, until: date) -> None:
        """The meters are read up to this day."""
        for meter in (centre.input_meter, centre.racks_meter):
            self.send("PATCH", f"meters/{meter}", {"valid_to": until.isoformat()})


@contextmanager
def watching(
    stack: Stack, database_url: str, folder: Path, *, link: str | None = None, **more: str
) -> Iterator[Watched]:
    """The services at work on a database. Messages lead to `link`, or to the API itself; `more` is told to the API."""
    certificate, mailbox, hooks = make_certificate(folder), Mailbox(), Hooks()
    environment = {
        "ENERMON_DATABASE_URL": database_url,
        "ENERMON_ALERTS_MQTT_URL": stack.mqtt_url(ALERTS_USER),
        "ENERMON_WEBHOOK_ALLOW_PRIVATE": "true",
        "ENERMON_WEBHOOK_ALLOW_HTTP": "true",
    }
    telling = {
        "ENERMON_SMTP_FROM": "alerts@enermon.example",
        "ENERMON_ALERTS_GROUPING_S": "0.5",
        "ENERMON_ALERTS_POLL_S": "0.2",
        "SSL_CERT_FILE": str(certificate.certificate),
    }
    with (
        mailbox.served(certificate.of_server()) as smtp_url,
        running_api(**environment, **more) as address,
        running("rollup", **environment),
        running("alerts", **environment, **telling, ENERMON_ALERTS_LINK=link or address, ENERMON_SMTP_URL=smtp_url),
        httpx.Client(base_url=address, headers=BY_ADMINISTRATOR, timeout=30, transport=ConfirmedTransport()) as api,
    ):
        yield Watched(api, mailbox, hooks, itertools.count(1))
    hooks.close()
    taken = [call.headers["webhook-id"] for calls in hooks.calls.values() for call in calls if call.answer == 204]
    mails = [mail["message-id"] for mails in mailbox.mails.values() for mail in mails]
    assert len(set(taken)) == len(taken)
    assert len(set(mails)) == len(mails)
