"""The receiver of alerts: takes webhooks and mail as they come on the wire, checks, counts and fails as told."""

import base64
import hashlib
import hmac
import http.client
import json
import smtplib
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from simulators.cli import app
from simulators.receiver.arrivals import Arrival, Arrivals
from simulators.receiver.mail_sink import MailSink
from simulators.receiver.show import Screen
from simulators.receiver.signature import SignatureError, key_of, sign, verify
from simulators.receiver.webhook_sink import WebhookSink

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
KEY = key_of(SECRET)
BODY = b'{"test": 2432232314}'
AT = "1614265330"
SIGNED = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": AT,
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}


class Taking:
    """Both sinks on free ports, and what they showed."""

    def __init__(self, *, fail_first: int = 0, keys: tuple[bytes, ...] = ()) -> None:
        self.shown: list[Arrival] = []
        self.arrivals = Arrivals(self.shown.append, fail_first=fail_first)
        self.webhooks = WebhookSink(self.arrivals, port=0, keys=keys)
        self.mails = MailSink(self.arrivals, port=0)

    def start(self) -> "Taking":
        self.webhooks.start()
        self.mails.start()
        return self

    def stop(self) -> None:
        self.webhooks.stop()
        self.mails.stop()

    def post(self, message_id: str, body: bytes = BODY, *, key: bytes = KEY, timestamp: str | None = None) -> int:
        """Call the webhook as a sender does; the status of the answer."""
        at = timestamp or str(int(time.time()))
        digest = hmac.new(key, b".".join((message_id.encode(), at.encode(), body)), hashlib.sha256).digest()
        headers = {
            "webhook-id": message_id,
            "webhook-timestamp": at,
            "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
        }
        connection = http.client.HTTPConnection("127.0.0.1", int(self.webhooks.url.rstrip("/").rsplit(":", 1)[1]))
        connection.request("POST", "/any/path", body, headers)
        status = connection.getresponse().status
        connection.close()
        return status

    def mail(self, message_id: str = "<one@example.cn>", *, login: bool = False) -> None:
        """Send a mail as a sender does. Raises smtplib.SMTPException."""
        mail = EmailMessage()
        mail["Subject"], mail["From"], mail["To"], mail["Message-ID"] = "预警", "a@b.cn", "c@d.cn", message_id
        mail.set_content("PUE 为 1.42\n.\n完\n")
        mail.add_alternative("<p>PUE 为 1.42</p>", subtype="html")
        with smtplib.SMTP("127.0.0.1", self.mails.port, timeout=10) as connection:
            if login:
                connection.login("anyone", "anything")
            connection.send_message(mail)


@pytest.fixture
def taking() -> Iterator[Taking]:
    running = Taking(keys=(KEY,)).start()
    yield running
    running.stop()


def test_the_signature_is_that_of_the_specification() -> None:
    """The example that libraries of Standard Webhooks are tested with."""
    assert sign(KEY, SIGNED["webhook-id"], AT, BODY) == SIGNED["webhook-signature"]
    verify([KEY], SIGNED, BODY, now_s=1614265330.0)


def test_one_right_signature_among_several_is_enough() -> None:
    several = SIGNED | {"webhook-signature": f"v1,AAAA v2,BBBB v1é {SIGNED['webhook-signature']}"}
    verify([b"another key", KEY], several, BODY, now_s=1614265330.0)
    with pytest.raises(SignatureError, match="no signature is by a secret"):
        verify([b"another key"], several, BODY, now_s=1614265330.0)


@pytest.mark.parametrize(
    ("changed", "now_s", "reason"),
    [
        ({"webhook-id": "msg_other"}, 1614265330, "no signature is by a secret"),
        ({"webhook-timestamp": "1614265331"}, 1614265330, "no signature is by a secret"),
        ({"webhook-signature": SIGNED["webhook-signature"].replace("v1", "v2")}, 1614265330, "no signature"),
        ({"webhook-signature": ""}, 1614265330, "is missing"),
        ({"webhook-timestamp": "soon"}, 1614265330, "not a number"),
        ({}, 1614265330 + 301, "more than five minutes off"),
        ({}, 1614265330 - 301, "more than five minutes off"),
    ],
)
def test_what_does_not_verify(changed: dict[str, str], now_s: float, reason: str) -> None:
    with pytest.raises(SignatureError, match=reason):
        verify([KEY], SIGNED | changed, BODY, now_s=now_s)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_&&&", "whsec_é"])
def test_what_is_no_secret_is_refused(secret: str) -> None:
    with pytest.raises(ValueError, match="must be whsec_ and base64"):
        key_of(secret)


def test_a_signed_webhook_is_taken_and_a_repeat_is_counted(taking: Taking) -> None:
    assert [taking.post("m1"), taking.post("m1"), taking.post("m2"), taking.post("m1")] == [204] * 4
    assert [(one.message_id, one.repeat, one.verified) for one in taking.shown] == [
        ("m1", 0, True),
        ("m1", 1, True),
        ("m2", 0, True),
        ("m1", 2, True),
    ]
    assert (taking.arrivals.messages, taking.arrivals.duplicates) == (2, 2)


def test_a_wrong_or_old_signature_is_answered_401(taking: Taking) -> None:
    assert taking.post("m1", key=b"another") == 401
    assert taking.post("m1", timestamp=AT) == 401
    assert [one.note for one in taking.shown] == [
        "no signature is by a secret given here",
        "webhook-timestamp is more than five minutes off",
    ]
    assert (taking.arrivals.messages, taking.arrivals.unverified) == (0, 2)


def test_without_a_secret_nothing_is_checked() -> None:
    running = Taking().start()
    assert running.post("m1", key=b"another") == 204
    running.stop()
    assert running.shown[0].verified is None


def test_the_first_of_each_channel_fail_and_their_repeats_are_no_duplicates() -> None:
    running = Taking(fail_first=2).start()
    try:
        assert [running.post("m1"), running.post("m1"), running.post("m1")] == [500, 500, 204]
        for _ in range(2):
            with pytest.raises(smtplib.SMTPDataError, match="451"):
                running.mail()
        running.mail()
    finally:
        running.stop()
    assert (running.arrivals.messages, running.arrivals.duplicates, running.arrivals.failed) == (2, 0, 4)


@pytest.mark.parametrize("login", [False, True])
def test_a_mail_is_taken_with_its_text(taking: Taking, login: bool) -> None:
    taking.mail(login=login)
    [arrival] = taking.shown
    assert (arrival.channel, arrival.message_id, arrival.subject) == ("email", "one@example.cn", "预警")
    assert arrival.content["to"] == ["c@d.cn"]
    assert arrival.content["text"].replace("\r\n", "\n") == "PUE 为 1.42\n.\n完\n"
    assert arrival.content["html"].strip() == "<p>PUE 为 1.42</p>"


def test_a_mail_with_the_same_message_id_is_a_duplicate(taking: Taking) -> None:
    taking.mail()
    taking.mail()
    taking.mail("<two@example.cn>")
    assert (taking.arrivals.messages, taking.arrivals.duplicates) == (2, 1)
    assert taking.arrivals.summary() == "3 arrived, 2 messages taken, 1 duplicates, 0 refused, 0 with a wrong signature"


def test_several_mails_go_over_one_connection(taking: Taking) -> None:
    with smtplib.SMTP("127.0.0.1", taking.mails.port, timeout=10) as connection:
        for number in range(3):
            connection.sendmail("a@b.cn", ["c@d.cn", "e@f.cn"], f"Message-ID: <{number}@b.cn>\r\n\r\nx")
        assert connection.docmd("DATA")[0] == 503
        assert connection.docmd("VRFY", "a@b.cn")[0] == 502
    assert [one.content["to"] for one in taking.shown] == [["c@d.cn", "e@f.cn"]] * 3


def test_each_arrival_is_a_line_of_the_file_and_shown_without_markup_from_outside(tmp_path: Path) -> None:
    console = Console(record=True, width=200)
    screen = Screen(console, tmp_path / "arrivals.jsonl")
    alert = {"severity": "severe", "title_en": "PUE [red]above[/]", "subject_code": "U1", "value": 1.42, "unit": "1"}
    content = {"type": "alert.fired", "data": {"alerts": [alert] * 7, "count": 9}}
    arrival = Arrival(
        channel="webhook", message_id="m1", answer=204, taken=True, verified=True, note="", subject="alert.fired",
        content=content,
    )  # fmt: skip
    screen.show(arrival)
    screen.close()
    text = console.export_text()
    assert "webhook alert.fired taken signature right\n" in text
    assert text.count("severe PUE [red]above[/]: U1 = 1.42\n") == 5
    assert "and 4 more\n" in text
    [line] = (tmp_path / "arrivals.jsonl").read_text("utf-8").splitlines()
    kept = json.loads(line)
    assert (kept["channel"], kept["message_id"], kept["verified"], kept["content"]) == ("webhook", "m1", True, content)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--secret", "whsec_&"], "the secret must be whsec_ and base64"),
        (["--json-lines", "/"], "Is a directory"),
    ],
)
def test_a_mistaken_option_is_told_in_one_line(options: list[str], reason: str) -> None:
    ended = CliRunner().invoke(app, ["receiver", *options])
    assert ended.exit_code == 2
    assert reason in ended.output
    assert ended.output.count("\n") == 1


def test_a_port_that_is_taken_is_told(taking: Taking) -> None:
    ended = CliRunner().invoke(app, ["receiver", "--webhook-port", "0", "--smtp-port", str(taking.mails.port)])
    assert ended.exit_code == 2
    assert f"smtp://127.0.0.1:{taking.mails.port} cannot be opened" in ended.output
