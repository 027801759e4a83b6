"""The parts that `enermon up` runs beside database and broker. A further service is one entry in BESIDE_API."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Literal

from services.core.db.roles import BACKUP, DatabaseRole


class Ready(Enum):
    """How a part says that it is ready."""

    LOG_EVENT = "a log line with event=ready"
    HTTP = "GET /health/ready answers 200, as this instance"
    FLEET_EVENT = "a progress line with phase=live"


@dataclass(frozen=True)
class Part:
    """A program of this project. Filled in: {api}, {key}, {mqtt}, {passwords}, {state}, {history_days}, {mails},
    {smtp_port}, {page_port}.
    """

    name: str
    argv: tuple[str, ...]
    ready: Ready
    role: DatabaseRole | Literal["enermon_backup"] | None
    """As what it works at the database; None: it does not."""
    stop_timeout_s: float = 15.0
    needs_api: bool = False


INGEST = Part("ingest", ("enermon", "ingest"), Ready.LOG_EVENT, DatabaseRole.INGEST)
SPARKPLUG = Part("sparkplug", ("enermon", "sparkplug"), Ready.LOG_EVENT, DatabaseRole.INGEST, stop_timeout_s=30.0)
"""Run where it is asked for."""
ROLLUP = Part("rollup", ("enermon", "rollup"), Ready.LOG_EVENT, DatabaseRole.ROLLUP)
QUALITY = Part("quality", ("enermon", "quality"), Ready.LOG_EVENT, DatabaseRole.QUALITY)
API = Part("api", ("enermon", "api"), Ready.HTTP, DatabaseRole.API)
ALERTS = Part("alerts", ("enermon", "alerts"), Ready.LOG_EVENT, DatabaseRole.ALERTS)
REGION = Part(
    "region",
    (
        *("enermon-sim", "fleet", "--api", "{api}", "--key-file", "{key}", "--mqtt", "{mqtt}"),
        *("--passwords", "{passwords}", "--state", "{state}", "--history-days", "{history_days}", "--progress", "json"),
    ),
    Ready.FLEET_EVENT,
    None,
    needs_api=True,
)
TOLD_REGION = replace(REGION, argv=(*REGION.argv, "--story"))
"""The region with what befalls it in the demonstration."""
MAILS = Part(
    "mails",
    ("enermon-sim", "mails", "--keep", "{mails}", "--smtp-port", "{smtp_port}", "--page-port", "{page_port}"),
    Ready.LOG_EVENT,
    None,
)
HJ212 = Part("hj212", ("enermon", "hj212"), Ready.LOG_EVENT, DatabaseRole.INGEST)
NECC = Part("necc", ("enermon", "necc"), Ready.LOG_EVENT, DatabaseRole.INGEST)
UPWARD = Part("upward", ("enermon", "upward"), Ready.LOG_EVENT, DatabaseRole.ALERTS, stop_timeout_s=30.0)
ARCHIVE = Part("archive", ("enermon", "archive"), Ready.LOG_EVENT, BACKUP, stop_timeout_s=30.0)
BESIDE_API = (INGEST, ROLLUP)
"""Started together, and API with them. REGION starts when these are ready, QUALITY and ALERTS last: what a region that
was off for a while has not sent yet is no alert, and days that are still being booked would be judged again and again.
They are stopped in the reverse order."""


def beside_api(environment: Mapping[str, str]) -> tuple[Part, ...]:
    """BESIDE_API, the servers of HJ 212 and of the national protocol, the sender upward and the archive, where set."""
    archived = environment.get("ENERMON_ARCHIVE", "").lower() not in ("false", "0", "off", "no")
    asked_for = (
        ("ENERMON_HJ212_PORT", HJ212),
        ("ENERMON_NECC_PORT", NECC),
        ("ENERMON_UPWARD_NECC_URL", UPWARD),
        *((("ENERMON_BACKUP_DIR", ARCHIVE),) if archived else ()),
    )
    return (*BESIDE_API, *(part for variable, part in asked_for if environment.get(variable)))
