"""`enermon hj212`: monitors of pollution sources, by HJ 212 over TCP. It commands none unless told to."""

import asyncio
import contextlib
import logging
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import psycopg
from prometheus_client import start_http_server

from services.core.calendar import to_us
from services.core.clock import utc_now
from services.core.secret_files import read_secret_file
from services.core.settings import BadSettingError, Settings
from services.ingest.database import IngestDatabase
from services.ingest.hj212.admission import Admission, MonitorFileError, read_admission
from services.ingest.hj212.commanding import LOOKS_BACK, SETTLE, Commanding
from services.ingest.hj212.keep import (
    MonitorFrame,
    drop_moments,
    keep_frames,
    missing_hours,
    nobody_connected,
    note_monitors,
)
from services.ingest.hj212.server import MonitorServer, ServerLimits
from services.ingest.message import UnreadableMessage
from services.ingest.statuses import note_statuses

log = logging.getLogger("hj212")

_WRITER = "hj212"
_NOTE_S = 10.0
_DROP_S = 3600.0
_COMMAND_S = 5.0


class MonitorFile:
    """The operator's file of monitors, read again when it has changed; a faulty one leaves what stood."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._read_at = (0, 0)
        self._admission = Admission()
        if file is not None:
            self._admission, self._read_at = _read(file), _stamp(file)

    def admission(self) -> Admission:
        """What the file says now."""
        if self._file is not None:
            try:
                stamp = _stamp(self._file)
                if stamp != self._read_at:
                    self._read_at = stamp
                    self._admission = _read(self._file)
            except (OSError, BadSettingError) as error:
                log.warning("file of monitors cannot be read, the former one holds", extra={"reason": str(error)})
        return self._admission


def _stamp(file: Path) -> tuple[int, int]:
    found = file.stat()
    return found.st_mtime_ns, found.st_size


def _read(file: Path) -> Admission:
    """Raises BadSettingError."""
    try:
        return read_admission(read_secret_file(file).decode("utf-8"))
    except OSError as error:
        raise BadSettingError(f"ENERMON_HJ212_MONITORS: {file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise BadSettingError(f"ENERMON_HJ212_MONITORS: {file} is not UTF-8 text") from None
    except MonitorFileError as error:
        raise BadSettingError(f"ENERMON_HJ212_MONITORS: {file}, {error}") from None


class MonitorService:
    """One process: the server, and one thread with its connection to the database."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stopping = threading.Event()
        self._database = IngestDatabase(
            settings.database_url.get_secret_value(), stopping=self._stopping, application_name="enermon-hj212"
        )
        self._online: set[str] = set()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="storing")
        monitors = MonitorFile(settings.hj212_monitors)
        limits = ServerLimits(
            settings.hj212_allowed, settings.hj212_connections, settings.hj212_first_frame_s, settings.hj212_silence_s
        )
        self.server = MonitorServer(limits, monitors.admission, self._store)

    async def run(self) -> None:
        """Serve until `stop`. Raises BadSettingError where it cannot listen."""
        settings = self._settings
        loop = asyncio.get_running_loop()
        done = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, partial(self._stop, done))
        try:
            await self._in_thread(nobody_connected)
            if done.is_set():
                return
            try:
                await self.server.start(settings.hj212_host, settings.hj212_port)
            except OSError as error:
                where = f"{settings.hj212_host}:{settings.hj212_port}"
                raise BadSettingError(f"ENERMON_HJ212_HOST and _PORT: {where}: {error.strerror or error}") from None
            log.info("ready", extra={"port": self.server.port})
            await self._work_until(done)
        finally:
            self._thread.shutdown()
            self._database.close()

    async def _work_until(self, done: asyncio.Event) -> None:
        works = [self.server.store_for_ever(), self._note_for_ever(), self._drop_for_ever()]
        if self._settings.hj212_commands == "on":
            works.append(self._command_for_ever())
        beside = [asyncio.create_task(work) for work in works]
        stopped = asyncio.create_task(done.wait())
        # A work that ends has failed, or was told to stop.
        await asyncio.wait([*beside, stopped], return_when=asyncio.FIRST_COMPLETED)
        await self.server.stop()
        ended = [task for task in beside if task.done()]
        for task in (*beside, stopped):
            task.cancel()
        await asyncio.gather(*beside, stopped, return_exceptions=True)
        await self._note()
        for task in ended:
            task.result()

    def _stop(self, done: asyncio.Event) -> None:
        self._stopping.set()
        done.set()

    async def _in_thread(self, work: Callable[[psycopg.Connection], object]) -> bool:
        """Do work at the database, waiting while it is away; False if told to stop before it was done."""

        def retried() -> bool:
            return self._database.retry(lambda: work(self._database.connection()))

        return await asyncio.get_running_loop().run_in_executor(self._thread, retried)

    async def _store(self, frames: Sequence[MonitorFrame]) -> Sequence[UnreadableMessage | None] | None:
        told: list[UnreadableMessage | None] = []
        stored = await self._in_thread(partial(self._keep, frames=frames, told=told))
        return told if stored else None

    def _keep(
        self, connection: psycopg.Connection, *, frames: Sequence[MonitorFrame], told: list[UnreadableMessage | None]
    ) -> None:
        """Commit frames; one that is refused by the database does not hold up the others."""
        known = self._database.registry()
        try:
            kept = keep_frames(connection, known, frames, now_us=to_us(utc_now()), writer=_WRITER)
        except psycopg.DataError as error:
            log.exception("frames refused by the database", extra={"frames": len(frames)})
            if len(frames) > 1:
                each: list[list[UnreadableMessage | None]] = [[] for _ in frames]
                for frame, of_frame in zip(frames, each, strict=True):
                    self._keep(connection, frames=[frame], told=of_frame)
                told[:] = [refused for of_frame in each for refused in of_frame]
                return
            reason = UnreadableMessage("not_stored", f"the database refused it: {type(error).__name__}")
            refused_frame = replace(frames[0], read=reason)
            kept = keep_frames(connection, known, [refused_frame], now_us=to_us(utc_now()), writer=_WRITER)
        told[:] = kept

    async def _note_for_ever(self) -> None:
        while True:
            await asyncio.sleep(_NOTE_S)
            await self._note()

    async def _note(self) -> None:
        """Keep how monitors speak, and which came and went."""
        notes = self.server.notes()
        if not notes:
            return
        await self._in_thread(partial(note_monitors, notes=notes))
        changed = {note.gateway: note.connected for note in notes if note.connected != (note.gateway in self._online)}
        if changed:
            await self._in_thread(partial(note_statuses, said=changed))
        self._online ^= changed.keys()

    async def _command_for_ever(self) -> None:
        """Tell monitors the time, and ask for what is missing."""
        commanding = Commanding(self.server)
        while True:
            await asyncio.sleep(_COMMAND_S)
            now = utc_now()
            commanding.set_clocks(now)
            gateways = commanding.to_ask(now)
            if gateways:
                missing: dict[str, list[datetime]] = {}
                hours = partial(
                    missing_hours, gateways=gateways, from_ts=now - LOOKS_BACK, to_ts=now - SETTLE, into=missing
                )
                await self._in_thread(hours)
                commanding.ask(gateways, missing, now)

    async def _drop_for_ever(self) -> None:
        """Drop real-time values that are no longer kept, hourly."""
        while True:
            before = utc_now() - timedelta(days=self._settings.hj212_moment_days)
            await self._in_thread(partial(drop_moments, before=before))
            await asyncio.sleep(_DROP_S)


@contextlib.contextmanager
def _metrics(settings: Settings) -> Iterator[None]:
    if not settings.hj212_metrics_port:
        yield
        return
    served, _ = start_http_server(settings.hj212_metrics_port, addr=settings.metrics_host)
    try:
        yield
    finally:
        served.shutdown()


def run(settings: Settings) -> None:
    """Serve monitors in the foreground until SIGTERM or SIGINT. Raises BadSettingError."""
    service = MonitorService(settings)
    with _metrics(settings):
        asyncio.run(service.run())
