"""On which ports the mail catcher listens."""

import socket
from contextlib import ExitStack
from pathlib import Path

import pytest

from services.up.home import Home
from services.up.mails import MailCatcher


def _taken(*ports: int) -> ExitStack:
    held = ExitStack()
    for port in ports:
        listening = held.enter_context(socket.socket())
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(("127.0.0.1", port))
        except OSError:
            # Another one holds it, which is as good.
            continue
        listening.listen()
    return held


def test_beside_another_catcher_mails_and_their_page_have_a_port_each(tmp_path: Path) -> None:
    with _taken(9025, 9026):
        catcher = MailCatcher.of(Home(tmp_path), {})
    assert catcher is not None
    assert catcher.smtp_port != catcher.page_port
    assert {catcher.smtp_port, catcher.page_port}.isdisjoint({9025, 9026})


@pytest.mark.parametrize("name", ["ENERMON_SMTP_URL", "ENERMON_SMTP_URL_FILE"])
def test_nothing_is_caught_where_a_mail_server_is_named(tmp_path: Path, name: str) -> None:
    assert MailCatcher.of(Home(tmp_path), {name: "smtp://mail.example"}) is None
