"""The HTTP side: bodies within their bounds, one thread at the database, answers as the protocol has them."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Network, IPv6Network, ip_address

import msgspec
import psycopg
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from services.core.db.failures import PASSING, warn_of
from services.ingest.database import IngestDatabase
from services.ingest.message import MessageCode, UnreadableMessage
from services.ingest.necc import keep, metrics
from services.ingest.necc.answers import NOT_NOW, DeviceReply
from services.ingest.necc.requests import DeviceRequest, NeccRequests
from services.ingest.validate import KnownRegistry

log = logging.getLogger("necc")

_BODIES_AT_ONCE = 16
_WAIT_S = 30.0
_BODY_S = 300.0
_SEEN = "/enterprise"
"""Where provinces serve some of them, for devices that do not take the addresses of the answer to register."""

Handler = Callable[[psycopg.Connection, KnownRegistry, DeviceRequest], DeviceReply]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceBounds:
    """Who may ask, and how much."""

    allowed: Sequence[IPv4Network | IPv6Network]
    body_bytes: int


class DeviceServer:
    """The web application; `close` ends its thread."""

    def __init__(self, requests: NeccRequests, database: IngestDatabase, bounds: DeviceBounds) -> None:
        self._database = database
        self._bounds = bounds
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="storing")
        self._room = asyncio.Semaphore(_BODIES_AT_ONCE)
        handlers: dict[str, tuple[Handler, tuple[str, ...]]] = {
            "register": (requests.register, ("/necc/register", f"{_SEEN}/register")),
            "version": (requests.version, ("/necc/version", f"{_SEEN}/versionCheck")),
            "config": (requests.config, ("/necc/config", f"{_SEEN}/downloadConfigData")),
            "info": (requests.info, ("/necc/info",)),
            "info_back": (requests.info_back, ("/necc/info/get", "/necc/base", f"{_SEEN}/downloadBaseData")),
            "data": (requests.data, ("/necc/data", f"{_SEEN}/uploadEnergyData")),
            "data_back": (requests.data_back, ("/necc/data/get",)),
        }
        self.app = Starlette(
            routes=[
                Route(path, self._endpoint(name, handler), methods=["POST"])
                for name, (handler, paths) in handlers.items()
                for path in paths
            ]
        )

    def close(self) -> None:
        """Let what is at the database end, and no more begin."""
        self._thread.shutdown()
        self._database.close()

    def _endpoint(self, name: str, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        async def answered(request: Request) -> Response:
            try:
                reply = await self._reply(request, handler)
            except ClientDisconnect:
                reply = DeviceReply(NOT_NOW, "it did not come whole", status=400)
            except Exception:
                log.exception("request failed", extra={"request": name})
                reply = DeviceReply(NOT_NOW, "this platform has failed; send again later", status=500)
            metrics.REQUESTS.labels(reply.gateway, name, reply.code if reply.status == 200 else reply.status).inc()
            return Response(
                msgspec.json.encode(reply.as_json()),
                reply.status,
                media_type="application/json; charset=utf-8",
            )

        return answered

    async def _reply(self, request: Request, handler: Handler) -> DeviceReply:
        address = request.client.host if request.client else ""
        if not self._is_allowed(address):
            return DeviceReply(NOT_NOW, "this address is not allowed", status=403)
        try:
            async with asyncio.timeout(_WAIT_S):
                await self._room.acquire()
        except TimeoutError:
            return DeviceReply(NOT_NOW, "too many requests at once", status=503)
        try:
            return await self._within_room(request, address, handler)
        finally:
            self._room.release()

    async def _within_room(self, request: Request, address: str, handler: Handler) -> DeviceReply:
        try:
            async with asyncio.timeout(_BODY_S):
                payload = await self._body(request)
        except TimeoutError:
            return DeviceReply(NOT_NOW, f"the body did not come within {_BODY_S:.0f} s", status=408)
        if len(payload) > self._bounds.body_bytes:
            detail = f"the body is longer than {self._bounds.body_bytes} bytes (ENERMON_NECC_BODY_BYTES)"
            refused = DeviceReply(NOT_NOW, detail, status=413)
            return await self._attempt(partial(_not_read, refused, "too_large", payload, address))
        return await self._attempt(partial(_answered, handler, payload, address))

    async def _body(self, request: Request) -> bytes:
        """The body; of one that is longer than the bound so much that this is seen."""
        parts, size = [], 0
        async for part in request.stream():
            size += len(part)
            parts.append(part)
            if size > self._bounds.body_bytes:
                break
        return b"".join(parts)

    async def _attempt(self, work: Callable[[psycopg.Connection, KnownRegistry], DeviceReply]) -> DeviceReply:
        """Do work at the database, once; where the database is away, an answer that lets the device send again."""

        def attempt() -> DeviceReply:
            known = self._database.registry_now()
            return work(self._database.connection(), known)

        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, attempt)
        except PASSING as error:
            warn_of(error, log)
            return DeviceReply(NOT_NOW, "the database does not answer; send again later", status=503)

    def _is_allowed(self, address: str) -> bool:
        try:
            given = ip_address(address)
        except ValueError:
            return False
        given = getattr(given, "ipv4_mapped", None) or given
        return any(given in network for network in self._bounds.allowed)


def _answered(
    handler: Handler, payload: bytes, address: str, connection: psycopg.Connection, known: KnownRegistry
) -> DeviceReply:
    """Of one body at a time: what is read of it takes many times its size."""
    body = _read(payload)
    if not isinstance(body, dict):
        refused = DeviceReply(NOT_NOW, "it is no JSON object", status=400)
        return _not_read(refused, "undecodable", payload, address, connection, known)
    return handler(connection, known, DeviceRequest({n.lower(): v for n, v in body.items()}, payload, address))


def _read(payload: bytes) -> object:
    """A body as JSON; None where it is none. NaN and numbers beyond all bounds spoil their records, and not a day."""
    try:
        return msgspec.json.decode(payload)
    except (msgspec.DecodeError, RecursionError):
        pass
    try:
        return json.loads(payload)
    except (ValueError, RecursionError):
        return None


def _not_read(
    reply: DeviceReply,
    code: MessageCode,
    payload: bytes,
    address: str,
    connection: psycopg.Connection,
    _known: KnownRegistry,
) -> DeviceReply:
    """Keep a body that is not read, for the operator: nobody is proven."""
    keep.keep_refused(connection, None, address, payload, UnreadableMessage(code, reply.message))
    return reply
