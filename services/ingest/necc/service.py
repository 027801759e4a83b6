"""`enermon necc`: the platform's side of the national protocol of key energy-using units, over HTTPS."""

import asyncio
import contextlib
import logging
import socket
import ssl
import threading
from collections.abc import Iterator

import uvicorn
from prometheus_client import start_http_server

from services.core.settings import BadSettingError, Settings
from services.ingest.database import IngestDatabase
from services.ingest.necc import metrics
from services.ingest.necc.answers import Platform
from services.ingest.necc.dictionaries import Dictionaries, DictionaryError, read_dictionaries
from services.ingest.necc.identity import LEAST_KEY_CHARACTERS, DeviceIds
from services.ingest.necc.requests import NeccRequests
from services.ingest.necc.server import DeviceBounds, DeviceServer

log = logging.getLogger("necc")

_STARTING_S = 0.02
_ANY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104 - compared with, not listened at


def run(settings: Settings) -> None:
    """Serve end devices in the foreground until SIGTERM or SIGINT. Raises BadSettingError."""
    ids = DeviceIds(_key(settings))
    if settings.necc_host in _ANY_ADDRESS and not settings.necc_url:
        raise BadSettingError(
            f"ENERMON_NECC_URL must be set where ENERMON_NECC_HOST is {settings.necc_host}: devices are told it"
        )
    dictionaries = _dictionaries(settings)
    with _metrics(settings), _listening(settings) as listening:
        port = listening.getsockname()[1]
        asyncio.run(_serve(settings, listening, ids, dictionaries, port))


def _key(settings: Settings) -> str:
    key = settings.necc_key.get_secret_value() if settings.necc_key else ""
    if len(key) < LEAST_KEY_CHARACTERS:
        raise BadSettingError(
            f"ENERMON_NECC_KEY must be a secret of {LEAST_KEY_CHARACTERS} characters or more, such as what"
            " `openssl rand -hex 32` prints; ids and keys of end devices are made by it, so it stays as it is"
        )
    return key


def _dictionaries(settings: Settings) -> Dictionaries:
    try:
        return read_dictionaries(settings.necc_dictionaries)
    except (DictionaryError, OSError) as error:
        raise BadSettingError(f"ENERMON_NECC_DICTIONARIES: {error}") from None


@contextlib.contextmanager
def _listening(settings: Settings) -> Iterator[socket.socket]:
    host, port = settings.necc_host, settings.necc_port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family, backlog=256)
    except OSError as error:
        where = f"{host}:{port}"
        raise BadSettingError(f"ENERMON_NECC_HOST and _PORT: {where}: {error.strerror or error}") from None
    with listening:
        yield listening


async def _serve(
    settings: Settings, listening: socket.socket, ids: DeviceIds, dictionaries: Dictionaries, port: int
) -> None:
    database = IngestDatabase(
        settings.database_url.get_secret_value(), stopping=threading.Event(), application_name="enermon-necc"
    )
    tls = settings.necc_tls_certificate is not None
    host = f"[{settings.necc_host}]" if ":" in settings.necc_host else settings.necc_host
    requests = NeccRequests(
        ids=ids,
        platform=Platform(
            url=settings.necc_url.rstrip("/") or f"{'https' if tls else 'http'}://{host}:{port}",
            upload_time=settings.necc_upload_time,
            reg_version=settings.necc_reg_version,
            dic_version=settings.necc_dic_version,
        ),
        dictionaries=dictionaries,
        cipher=settings.necc_cipher,
        valid_means=settings.necc_valid,
        serial_field=settings.necc_serial,
    )
    devices = DeviceServer(
        requests, database, DeviceBounds(allowed=settings.necc_allowed, body_bytes=settings.necc_body_bytes)
    )
    try:
        server = uvicorn.Server(_served(settings, devices))
    except (OSError, ssl.SSLError) as error:
        raise BadSettingError(f"ENERMON_NECC_TLS_CERTIFICATE, _KEY and _CLIENT_CA: {error}") from None
    ready = asyncio.create_task(_say_ready(server, port))
    try:
        await server.serve(sockets=[listening])
    finally:
        metrics.LISTENING.set(0)
        ready.cancel()
        devices.close()


def _served(settings: Settings, devices: DeviceServer) -> uvicorn.Config:
    config = uvicorn.Config(
        devices.app,
        proxy_headers=False,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        limit_concurrency=settings.necc_connections,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=5,
        ssl_certfile=settings.necc_tls_certificate,
        ssl_keyfile=settings.necc_tls_key,
        ssl_ca_certs=str(settings.necc_tls_client_ca) if settings.necc_tls_client_ca else None,
        ssl_cert_reqs=ssl.CERT_REQUIRED if settings.necc_tls_client_ca else ssl.CERT_NONE,
    )
    config.load()
    return config


async def _say_ready(server: uvicorn.Server, port: int) -> None:
    while not server.started:
        await asyncio.sleep(_STARTING_S)
    metrics.LISTENING.set(1)
    log.info("ready", extra={"port": port})


@contextlib.contextmanager
def _metrics(settings: Settings) -> Iterator[None]:
    if not settings.necc_metrics_port:
        yield
        return
    served, _ = start_http_server(settings.necc_metrics_port, addr=settings.metrics_host)
    try:
        yield
    finally:
        served.shutdown()
