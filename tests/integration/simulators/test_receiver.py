"""`enermon-sim receiver` as an operator runs it, told by the channels: each side has the contract on paper alone."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from services.alerts.channels.contract import DeliveryFailed, Destination, Rendered
from services.alerts.channels.email import EmailChannel, parse_smtp_url
from services.alerts.channels.webhook import WebhookChannel
from services.alerts.notify.render import render
from tests.unit.alerts.notify.contents import MESSAGE_ID, content

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_b3RoZXI="
ENDS_WITHIN_S = 120.0


@dataclass
class Receiver:
    """The running command, where it listens, and what it has printed."""

    process: subprocess.Popen[str]
    webhook_url: str
    smtp_url: str

    def send(self, message: Rendered, *secrets: str) -> None:
        channel = WebhookChannel(allow_private=True, allow_http=True)
        channel.send(Destination(address=self.webhook_url, secrets=secrets), message)

    def mail(self, message: Rendered) -> None:
        EmailChannel(parse_smtp_url(self.smtp_url), sender="enermon@example.cn").send(
            Destination(address="body@example.cn"), message
        )

    def stop(self) -> str:
        """As Ctrl-C; what it printed."""
        self.process.send_signal(signal.SIGTERM)
        printed, _ = self.process.communicate(timeout=ENDS_WITHIN_S)
        return printed


@contextmanager
def receiving(*options: str) -> Iterator[Receiver]:
    command = [sys.executable, "-m", "simulators.cli", "receiver", "--webhook-port", "0", "--smtp-port", "0", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    alarm = threading.Timer(ENDS_WITHIN_S, process.kill)
    alarm.start()
    try:
        yield Receiver(process, *_addresses(process))
    finally:
        alarm.cancel()
        process.kill()
        process.communicate()


def _addresses(process: subprocess.Popen[str]) -> list[str]:
    found: list[str] = []
    assert process.stdout is not None
    while len(found) < 2 and (line := process.stdout.readline()):
        if line.startswith("listening"):
            found.append(line.split()[-1])
    return found


@pytest.fixture
def message() -> Rendered:
    return render(content(language="both"), message_id=MESSAGE_ID)


def test_what_the_channels_send_the_receiver_takes_verifies_and_counts(tmp_path: Path, message: Rendered) -> None:
    file = tmp_path / "arrivals.jsonl"
    with receiving("--secret", SECRET, "--fail-first", "1", "--json-lines", str(file)) as receiver:
        senders: list[Callable[[], None]] = [
            lambda: receiver.send(message, OTHER, SECRET),
            lambda: receiver.mail(message),
        ]
        for send in senders:
            with pytest.raises(DeliveryFailed, match=r"500|451") as caught:
                send()
            assert not caught.value.permanent
            send()
            send()
        with pytest.raises(DeliveryFailed, match="answered 401"):
            receiver.send(message, OTHER)
        printed = receiver.stop()
        assert receiver.process.returncode == 130
    assert printed.endswith("7 arrived, 2 messages taken, 2 duplicates, 3 refused, 1 with a wrong signature\n")
    arrivals = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert [(one["channel"], one["answer"], one["verified"], one["repeat"]) for one in arrivals] == [
        ("webhook", 500, True, 0),
        ("webhook", 204, True, 0),
        ("webhook", 204, True, 1),
        ("email", 451, None, 0),
        ("email", 250, None, 0),
        ("email", 250, None, 1),
        ("webhook", 401, False, 2),
    ]
    assert arrivals[0]["content"] == json.loads(message.payload)
    assert arrivals[3]["message_id"] == f"{MESSAGE_ID}@example.cn"
    assert arrivals[3]["subject"] == message.subject


def test_down_for_a_while_it_takes_nothing_and_then_all(message: Rendered) -> None:
    with receiving("--down-for", "0.5") as receiver:
        receiver.send(message, SECRET)
        assert "1 arrived, 1 messages taken" in receiver.stop()
