"""`enermon-sim mails`: a mail server that keeps every mail, and a page that shows them."""

import datetime as dt
import json
import threading
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from simulators.options import SHANGHAI, clear_errors
from simulators.receiver.arrivals import Arrival, Arrivals
from simulators.receiver.mail_page import Mail, MailPage
from simulators.receiver.mail_sink import MailSink

MOST_KEPT = 1000


class MailBook:
    """The newest mails, in memory and as lines of a file, from which the next start reads them."""

    def __init__(self, file: Path) -> None:
        """Raises OSError where the file cannot be read or written."""
        file.parent.mkdir(parents=True, exist_ok=True)
        earlier = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        whole = [line for line in earlier if line.endswith("}")]  # a kill may have cut the last one
        self._mails: deque[Mail] = deque((json.loads(line) for line in whole[-MOST_KEPT:]), maxlen=MOST_KEPT)
        self._lock = threading.Lock()
        file.write_text("".join(f"{line}\n" for line in whole[-MOST_KEPT:]), encoding="utf-8")
        self._file = file.open("a", encoding="utf-8")

    def take(self, arrival: Arrival) -> None:
        """Keep a mail that has arrived."""
        mail = {
            "at": dt.datetime.now(SHANGHAI).isoformat(timespec="seconds"),
            "to": arrival.content["to"],
            "subject": arrival.subject,
            "text": arrival.content["text"],
        }
        with self._lock:
            self._mails.append(mail)
            self._file.write(json.dumps(mail, ensure_ascii=False) + "\n")
            self._file.flush()

    def mails(self) -> Sequence[Mail]:
        """The oldest first."""
        with self._lock:
            return list(self._mails)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def mails(
    keep: Annotated[Path, typer.Option(metavar="FILE", help="Where they are kept, a JSON object a line")],
    smtp_port: Annotated[int, typer.Option(min=0, max=65535, help="Port for e-mail; 0: any free one")] = 9025,
    page_port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the page; 0: any free one")] = 9026,
) -> None:
    """Takes e-mail for every address on loopback, lets none of it out, and shows it on a page.

    Example: enermon-sim mails --keep mails.jsonl
    """
    with clear_errors():
        try:
            book = MailBook(keep)
        except OSError as error:
            raise ValueError(f"{keep} cannot be used: {error.strerror}") from error
        sink, page = MailSink(Arrivals(book.take), port=smtp_port), MailPage(book.mails, port=page_port)
        try:
            for server in (sink, page):
                try:
                    server.start()
                except OSError as error:
                    raise ValueError(f"{server.url} cannot be opened: {error.strerror}") from error
            typer.echo(json.dumps({"event": "ready", "smtp": sink.url, "page": page.url}))
            threading.Event().wait()
        finally:
            page.stop()
            book.close()
