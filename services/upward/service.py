"""`enermon upward`: days and months of enterprises, sent to the platform above by the national protocol."""

import contextlib
from collections.abc import Iterator

import httpx
import psycopg
from prometheus_client import start_http_server

from services.core.clock import utc_now
from services.core.db.leading import LockKey, Turn, lead_until_told_to_stop
from services.core.db.roles import DatabaseRole
from services.core.settings import BadSettingError, Settings
from services.ingest.necc.data_code import energy_types
from services.ingest.necc.dictionaries import DictionaryError, read_dictionaries
from services.upward import outbox
from services.upward.items import ItemCodes, energy_codes
from services.upward.outbox import UpwardPlanner
from services.upward.platform import TIMEOUT_S, UpwardPlatform
from services.upward.sender import UpwardSender


def run(settings: Settings) -> None:
    """Send in the foreground until SIGTERM or SIGINT; one process leads, others wait. Raises BadSettingError."""
    url, since = settings.upward_necc_url, settings.upward_necc_since
    if not url:
        raise BadSettingError("ENERMON_UPWARD_NECC_URL must be the address at which end devices register above")
    if since is None:
        raise BadSettingError("ENERMON_UPWARD_NECC_SINCE must be the first day that is sent, such as 2026-12-01")
    try:
        units = read_dictionaries(settings.upward_necc_dictionaries).units
    except (DictionaryError, OSError) as error:
        raise BadSettingError(f"ENERMON_UPWARD_NECC_DICTIONARIES: {error}") from None
    uses = {"input": settings.upward_necc_use_input, "output": settings.upward_necc_use_output}

    with _metrics(settings), httpx.Client(timeout=TIMEOUT_S) as client:
        platform = UpwardPlatform(url, settings.upward_necc_cipher, client)

        @contextlib.contextmanager
        def sending(connection: psycopg.Connection) -> Iterator[Turn]:
            energy = energy_codes(energy_types(), outbox.nbs_codes(connection))
            planner = UpwardPlanner(ItemCodes(energy, uses, units), since)
            yield UpwardSender(connection, planner, platform, poll_s=settings.upward_poll_s, now=utc_now).turn

        lead_until_told_to_stop(
            LockKey.UPWARD, settings.database_url.get_secret_value(), sending, role=DatabaseRole.ALERTS
        )


@contextlib.contextmanager
def _metrics(settings: Settings) -> Iterator[None]:
    if not settings.upward_metrics_port:
        yield
        return
    served, _ = start_http_server(settings.upward_metrics_port, addr=settings.metrics_host)
    try:
        yield
    finally:
        served.shutdown()
