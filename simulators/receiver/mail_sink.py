"""A mail server that takes mail for everyone: as much of SMTP (RFC 5321) as a sender needs, on asyncio."""

import asyncio
import email
import email.policy
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress

from simulators.receiver.arrivals import Arrival, Arrivals

MOST_MAIL_BYTES = 10_000_000
MOST_LINE_BYTES = 64 * 1024
IDLE_S = 60.0


class MailSink:
    """Listens from `start` on, in a thread of its own. Any login is taken."""

    def __init__(self, arrivals: Arrivals, *, port: int, slow_s: float = 0.0) -> None:
        self.arrivals = arrivals
        self.slow_s = slow_s
        self.port = port
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"smtp://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Raises OSError where the port is taken."""
        self._thread.start()
        serving = asyncio.start_server(self._serve, "127.0.0.1", self.port, limit=MOST_LINE_BYTES)
        self._server = asyncio.run_coroutine_threadsafe(serving, self._loop).result()
        self.port = int(self._server.sockets[0].getsockname()[1])

    def stop(self) -> None:
        """Close the port and what is open."""
        if self._server is not None:
            asyncio.run_coroutine_threadsafe(self._close(self._server), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _close(self, server: asyncio.Server) -> None:
        server.close()
        talks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in talks:
            task.cancel()
        await asyncio.gather(*talks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(ConnectionError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                await _Talk(reader, writer, self._take).run()
        finally:
            writer.close()

    async def _take(self, recipients: list[str], data: bytes) -> int:
        """Count one mail; the status to answer."""
        await asyncio.sleep(self.slow_s)
        mail = email.message_from_bytes(data, policy=email.policy.default)
        parts = {
            part.get_content_subtype(): part.get_content()
            for part in mail.walk()
            if part.get_content_maintype() == "text"
        }
        failing = self.arrivals.must_fail("email")
        arrival = Arrival(
            channel="email",
            message_id=str(mail["message-id"] or "").strip("<> "),
            answer=451 if failing else 250,
            taken=not failing,
            verified=None,
            note="refused on purpose" if failing else "",
            subject=str(mail["subject"] or ""),
            content={"from": str(mail["from"]), "to": recipients, "text": parts.get("plain", "")}
            | {"html": parts.get("html", "")},
        )
        return self.arrivals.add(arrival).answer


class _Talk:
    """One connection."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        take: Callable[[list[str], bytes], Awaitable[int]],
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._take = take
        self._recipients: list[str] = []

    async def run(self) -> None:
        await self._say("220 enermon-sim receiver")
        while True:
            line = (await self._line()).decode("utf-8", "replace").strip()
            verb, _, rest = line.partition(" ")
            if not await self._obey(verb.upper(), rest):
                return

    async def _obey(self, verb: str, rest: str) -> bool:
        """Answer one command; False at the end of the talk."""
        match verb:
            case "EHLO":
                await self._say("250-enermon-sim", "250-8BITMIME", "250-SMTPUTF8", f"250-SIZE {MOST_MAIL_BYTES}")
                await self._say("250 AUTH PLAIN LOGIN")
            case "HELO" | "NOOP" | "RSET" | "MAIL":
                self._recipients = []
                await self._say("250 OK")
            case "RCPT":
                self._recipients.append(rest.partition(":")[2].partition(" ")[0].strip("<> "))
                await self._say("250 OK")
            case "AUTH":
                await self._log_in(rest)
            case "DATA":
                await self._data()
            case "QUIT":
                await self._say("221 Bye")
                return False
            case _:
                await self._say("502 not known here")
        return True

    async def _log_in(self, rest: str) -> None:
        """Whatever is said is taken, and not shown."""
        mechanism, _, first = rest.partition(" ")
        questions = {"PLAIN": 1, "LOGIN": 2}.get(mechanism.upper(), 0) - bool(first)
        for _ in range(questions):
            await self._say("334 ")
            await self._line()
        await self._say("235 Welcome")

    async def _data(self) -> None:
        if not self._recipients:
            await self._say("503 no recipient")
            return
        await self._say("354 go on")
        lines: list[bytes] = []
        size = 0
        while (line := await self._line()) != b".\r\n":
            size += len(line)
            if size <= MOST_MAIL_BYTES:
                lines.append(line[1:] if line.startswith(b".") else line)
        status = 552 if size > MOST_MAIL_BYTES else await self._take(self._recipients, b"".join(lines))
        self._recipients = []
        await self._say(f"{status} {'taken' if status == 250 else 'not taken'}")

    async def _line(self) -> bytes:
        """Raises IncompleteReadError when the other side has left, TimeoutError when it is silent."""
        async with asyncio.timeout(IDLE_S):
            return await self._reader.readuntil(b"\r\n")

    async def _say(self, *lines: str) -> None:
        self._writer.write("".join(f"{line}\r\n" for line in lines).encode())
        await self._writer.drain()
