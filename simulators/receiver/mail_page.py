"""A page on loopback that shows the mails that have arrived, newest first."""

import json
from collections.abc import Callable, Sequence
from html import escape
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from simulators.receiver.listening import READ_TIMEOUT_S, LoopbackServer

MOST_SHOWN = 200
_OWN_NAMES = ("127.0.0.1", "localhost")
_STYLE = """
body { font: 15px/1.6 system-ui, "PingFang SC", "Microsoft YaHei", sans-serif; margin: 2rem auto; max-width: 60rem;
  padding: 0 1rem; color: #1c2430; background: #f6f7f9 }
h1 { font-size: 1.25rem } form { margin: 0 0 1rem }
details { background: #fff; border: 1px solid #d5dae1; border-radius: 6px; margin: .5rem 0; padding: .5rem .75rem }
summary { cursor: pointer } summary small { color: #5b6775; margin-left: .5rem }
pre { white-space: pre-wrap; font: inherit; border-top: 1px solid #e3e7ec; padding-top: .5rem }
@media (prefers-color-scheme: dark) { body { color: #e3e8ee; background: #12161c }
  details { background: #1b222b; border-color: #333c48 } }
""".strip()
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

Mail = dict[str, Any]


def page_of(mails: Sequence[Mail], *, to: str) -> str:
    """The mails as HTML; what came from outside is escaped. `to`: whose they are, empty: everyone's."""
    items = "\n".join(_item(mail) for mail in mails) or "<p>尚无邮件 No mail yet</p>"
    return f"""<!DOCTYPE html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>演示邮箱 Mails of the demonstration</title><style>{_STYLE}</style></head>
<body><h1>演示邮箱 <small>Mails of the demonstration</small></h1>
<p>没有一封离开本机。None of them left this machine.</p>
<form><label>收件人 To <input name="to" value="{escape(to)}"></label> <button>筛选 Filter</button></form>
<main>
{items}
</main></body></html>
"""


def _item(mail: Mail) -> str:
    to = ", ".join(mail["to"])
    return (
        f"<details><summary>{escape(mail['subject'])}<small>{escape(mail['at'])} → {escape(to)}</small></summary>"
        f"<pre>{escape(mail['text'])}</pre></details>"
    )


class MailPage(LoopbackServer):
    """Listens from `start` on: `/` is the page, `/mails.json` the same for programs; `?to=` narrows to a recipient."""

    def __init__(self, mails: Callable[[], Sequence[Mail]], *, port: int) -> None:
        super().__init__(port)
        self._mails = mails

    def start(self) -> None:
        """Raises OSError where the port is taken."""
        page = self

        class Handler(BaseHTTPRequestHandler):
            timeout = READ_TIMEOUT_S

            def do_GET(self) -> None:
                status, kind, body = page.answer(self.path, host=self.headers.get("host", ""))
                self.send_response(status)
                self.send_header("content-type", f"{kind}; charset=utf-8")
                self.send_header("content-length", str(len(body)))
                self.send_header("content-security-policy", _POLICY)
                self.send_header("x-content-type-options", "nosniff")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                """Mails are shown instead."""

        self.listen(Handler)

    def answer(self, path: str, *, host: str) -> tuple[int, str, bytes]:
        """Status, kind and body. Another name than this machine's own is refused: a page elsewhere could read along."""
        parts = urlsplit(path)
        if host.rpartition(":")[0] not in _OWN_NAMES:
            return 421, "text/plain", b"ask as 127.0.0.1\n"
        to = parse_qs(parts.query).get("to", [""])[0].strip()
        mails = [mail for mail in reversed(self._mails()) if not to or any(to in each for each in mail["to"])]
        if parts.path == "/mails.json":
            return 200, "application/json", json.dumps({"data": mails}, ensure_ascii=False).encode()
        if parts.path == "/":
            return 200, "text/html", page_of(mails[:MOST_SHOWN], to=to).encode()
        return 404, "text/plain", b"not here: / or /mails.json\n"
