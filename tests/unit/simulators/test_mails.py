"""The mail catcher of the demonstration: every mail is kept and shown, to this machine alone."""

import http.client
import json
import smtplib
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from simulators.receiver.arrivals import Arrivals
from simulators.receiver.mail_page import MailPage
from simulators.receiver.mail_sink import MailSink
from simulators.receiver.mails_command import MailBook


class Catcher:
    """A server and its page on free ports."""

    def __init__(self, file: Path) -> None:
        self.book = MailBook(file)
        self.sink = MailSink(Arrivals(self.book.take), port=0)
        self.page = MailPage(self.book.mails, port=0)
        self.sink.start()
        self.page.start()

    def stop(self) -> None:
        self.page.stop()
        self.sink.stop()
        self.book.close()

    def send(self, to: str, subject: str) -> None:
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = "enermon@localhost", to, subject
        mail.set_content(f"<b>{subject}</b>")
        with smtplib.SMTP("127.0.0.1", self.sink.port) as connection:
            connection.send_message(mail)

    def ask(self, path: str, *, host: str | None = None) -> tuple[int, str]:
        where = urlsplit(self.page.url)
        connection = http.client.HTTPConnection(where.hostname or "", where.port)
        connection.request("GET", path, headers={"Host": host or where.netloc})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


@pytest.fixture
def catcher(tmp_path: Path) -> Iterator[Catcher]:
    running = Catcher(tmp_path / "mails.jsonl")
    yield running
    running.stop()


def test_mails_are_shown_newest_first_and_by_recipient(catcher: Catcher) -> None:
    catcher.send("jnjc-150600@enermon.example", "预警一")
    catcher.send("jnjc-150000@enermon.example", "预警二")
    status, page = catcher.ask("/")
    assert status == 200
    assert page.index("预警二") < page.index("预警一")
    assert "&lt;b&gt;预警一&lt;/b&gt;" in page
    mails = json.loads(catcher.ask("/mails.json?to=jnjc-150600")[1])["data"]
    assert [(mail["to"], mail["subject"]) for mail in mails] == [(["jnjc-150600@enermon.example"], "预警一")]


def test_a_page_under_another_name_does_not_read_them(catcher: Catcher) -> None:
    assert catcher.ask("/mails.json", host="evil.example:80")[0] == 421


def test_the_next_start_shows_them_too_though_the_last_line_was_cut(tmp_path: Path) -> None:
    file = tmp_path / "mails.jsonl"
    first = Catcher(file)
    first.send("a@enermon.example", "before")
    first.stop()
    with file.open("a", encoding="utf-8") as cut:
        cut.write('{"at": "2026-')
    second = Catcher(file)
    second.send("a@enermon.example", "after")
    assert [mail["subject"] for mail in second.book.mails()] == ["before", "after"]
    second.stop()
    assert len(file.read_text(encoding="utf-8").splitlines()) == 2
