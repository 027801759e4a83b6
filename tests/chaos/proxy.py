"""A TCP proxy on loopback whose line can be cut, held still, or refused."""

import asyncio
import socket
import struct
import threading
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from typing import Any

_CHUNK = 65_536
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Proxy:
    """Hands connections on to 127.0.0.1:target(). All methods may be called from any thread."""

    def __init__(self, target: Callable[[], int]) -> None:
        self._target = target
        self._loop = asyncio.new_event_loop()
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self._flows = asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.port = 0
        self._do(self._open())

    def cut(self) -> None:
        """Break every connection with a reset; new ones are taken."""
        self._do(self._cut())

    def stall(self) -> None:
        """Hold every byte still, both ways; nobody is told."""
        self._do(self._still())

    def flow(self) -> None:
        """Let the bytes that were held go on."""
        self._do(self._flow())

    def refuse(self) -> None:
        """Break every connection and take no new one."""
        self._do(self._refuse())

    def accept(self) -> None:
        """Take connections again."""
        self._do(self._open())

    def close(self) -> None:
        """End everything."""
        self._do(self._refuse())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _open(self) -> None:
        self._flows.set()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _still(self) -> None:
        self._flows.clear()

    async def _flow(self) -> None:
        self._flows.set()

    async def _cut(self) -> None:
        for writer in list(self._writers):
            _reset(writer)
        self._flows.set()

    async def _refuse(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        await self._cut()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target())
        except OSError:
            self._writers.discard(writer)
            _reset(writer)
            return
        self._writers.add(far_writer)
        await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer))
        self._writers -= {writer, far_writer}

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(_CHUNK):
                await self._flows.wait()
                writer.write(data)
                await writer.drain()
        with suppress(OSError):
            writer.close()


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close with a RST, as a line that is gone."""
    sock: Any = writer.get_extra_info("socket")
    with suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    writer.transport.abort()


@dataclass(frozen=True)
class Proxies:
    """The lines that can be hurt."""

    gateways: Proxy
    ingest_broker: Proxy
    ingest_database: Proxy
    rollup_database: Proxy
    api_database: Proxy
    monitors: Proxy
    end_devices: Proxy
    doors: Proxy
    """To the API, for gateways."""

    @classmethod
    def of(cls, *, broker: Callable[[], int], database: Callable[[], int], ports: Mapping[str, int]) -> "Proxies":
        """To the broker, to the database, and to the ports of the servers that gateways reach by themselves."""
        return cls(
            gateways=Proxy(broker),
            ingest_broker=Proxy(broker),
            ingest_database=Proxy(database),
            rollup_database=Proxy(database),
            api_database=Proxy(database),
            monitors=Proxy(lambda: ports["monitors"]),
            end_devices=Proxy(lambda: ports["end_devices"]),
            doors=Proxy(lambda: ports["api"]),
        )

    def all(self) -> list[Proxy]:
        return [getattr(self, field.name) for field in fields(self)]
