"""Registers a simulator's enterprises, meters and statistics through the REST API; leaves out what is there already."""

import csv
import io
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx

from simulators.registry import Registry, Row, fields_of

log = logging.getLogger(__name__)

# What names one of a kind. Of a statistic it is all that its value belongs to.
_KEY_FIELDS = {
    "parks": ("code",),
    "enterprises": ("credit_code",),
    "units": ("code",),
    "gateways": ("code",),
    "meters": ("code",),
    "statistics": ("owner", "kind", "period", "price_base"),
    "heat-values": ("enterprise", "carrier", "month"),
}
_PAGE = 1000
_ROWS_A_FILE = 20_000
_ERRORS_SHOWN = 5


class RegistrationError(Exception):
    """The API cannot be reached, or refuses; the message says what, where, and what it answered."""


class RegistryApi:
    """The API at base_url, for example http://127.0.0.1:8000; `key` is that of an account that may register."""

    def __init__(
        self,
        base_url: str,
        *,
        key: str | None = None,
        timeout_s: float = 60.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        self._client = httpx.Client(
            base_url=base_url.rstrip("/"), headers=headers, timeout=timeout_s, transport=transport
        )
        self._base_url = base_url

    def wait_until_ready(self, wait_s: float) -> None:
        """Ask /health/ready until it says yes; raises RegistrationError after wait_s."""
        deadline = time.monotonic() + wait_s
        while True:
            try:
                response = self._client.get("/health/ready")
                if response.status_code == httpx.codes.OK:
                    return
                reason = f"it answers {response.status_code}"
            except httpx.TransportError as error:
                reason = str(error)
            if time.monotonic() >= deadline:
                raise RegistrationError(f"{self._base_url} is not ready: {reason}. Is `enermon api` running there?")
            time.sleep(0.5)

    def known(self, kind: str) -> set[str]:
        """Codes that are registered; of statistics owner, kind, period and price base with a blank between."""
        return {_key_of(kind, row) for row in self.rows(f"/api/v1/{kind}")}

    def rows(self, path: str) -> Iterator[dict[str, Any]]:
        """All rows of a list, over its pages. Raises RegistrationError."""
        cursor: str | None = None
        while True:
            params: dict[str, str | int] = {"limit": _PAGE}
            if cursor:
                params["cursor"] = cursor
            page = self._json(self._send("GET", path, params=params))
            yield from page["data"]
            cursor = page["next"]
            if not cursor:
                return

    def get(self, path: str) -> dict[str, Any]:
        """What the API answers. Raises RegistrationError."""
        return self._json(self._send("GET", path))

    def post(self, path: str, entry: Mapping[str, Any]) -> dict[str, Any]:
        """What the API answers to something that it takes. Raises RegistrationError."""
        return self._json(self._send("POST", path, json=dict(entry)))

    def send_as_gateway(self, gateway: str, login: tuple[str, str], readings: Sequence[Mapping[str, Any]]) -> None:
        """Send readings by HTTP with what the gateway enters the broker; what is refused of them is so be it."""
        body = {"seq": 0, "readings": list(readings)}
        self._send("POST", f"/api/v1/readings?gateway={gateway}", json=body, auth=login)

    def register(self, registry: Registry) -> dict[str, int]:
        """Import what is missing, kind by kind; gives the number of new rows by kind. Raises RegistrationError."""
        created = {}
        for kind, rows in registry.by_kind().items():
            known = self.known(kind) if rows else set()
            missing = [row for row in rows if _key_of(kind, asdict(row)) not in known]
            if missing:
                self._import(kind, missing)
            created[kind] = len(missing)
        return created

    def _import(self, kind: str, rows: Sequence[Row]) -> None:
        for first in range(0, len(rows), _ROWS_A_FILE):
            self._send(
                "POST",
                f"/api/v1/import/{kind}",
                params={"dry_run": "false"},
                content=csv_of(rows[first : first + _ROWS_A_FILE]).encode(),
                headers={"Content-Type": "text/csv"},
            )

    def record_replacement(self, meter: str, *, ts: str, final_value: float, first_value: float, note: str) -> None:
        """Record that the meter was replaced; one that is recorded already is left as it is."""
        body = {"ts": ts, "final_value": final_value, "first_value": first_value, "note": note}
        path = f"/api/v1/meters/{meter}/replacements"
        answer = self._send("POST", path, json=body, accept=(httpx.codes.CONFLICT,))
        if answer.status_code == httpx.codes.ACCEPTED:
            log.warning("meter %s: its replacement changes a closed month and waits for a second person", meter)

    def users_of(self, gateway: str) -> set[str]:
        """The broker's users as whom a gateway may come now."""
        listed = self._json(self._send("GET", f"/api/v1/gateways/{gateway}/credentials"))
        return {each["user"] for each in listed["data"] if each["works"]}

    def new_password(self, gateway: str) -> tuple[str, str]:
        """User and password of a new credential; those before it end."""
        body = {"overlap_hours": 0}
        given = self._json(self._send("POST", f"/api/v1/gateways/{gateway}/credentials", json=body))
        return given["user"], given["password"]

    def _send(self, method: str, path: str, *, accept: tuple[int, ...] = (), **request: Any) -> httpx.Response:
        try:
            response = self._client.request(method, path, **request)
        except httpx.TransportError as error:
            raise RegistrationError(f"{method} {self._base_url}{path}: {error}") from error
        if response.is_error and response.status_code not in accept:
            raise RegistrationError(f"{method} {self._base_url}{path}: {response.status_code} {_problem(response)}")
        return response

    @staticmethod
    def _json(response: httpx.Response) -> dict[str, Any]:
        body: dict[str, Any] = response.json()
        return body

    def close(self) -> None:
        self._client.close()


def _key_of(kind: str, row: Mapping[str, Any]) -> str:
    return " ".join(str(row.get(name) or "") for name in _KEY_FIELDS[kind]).strip()


def _problem(response: httpx.Response) -> str:
    """The problem details of an answer, shortened."""
    try:
        body = response.json()
    except ValueError:
        return response.text[:300]
    errors = body.get("errors") or []
    shown = "; ".join(str(error) for error in errors[:_ERRORS_SHOWN])
    more = f" and {len(errors) - _ERRORS_SHOWN} more" if len(errors) > _ERRORS_SHOWN else ""
    return f"{body.get('code', '')} {body.get('detail') or body.get('title', '')} {shown}{more}".strip()


def csv_of(rows: Sequence[Row]) -> str:
    """The rows as a file for the bulk import."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(fields_of(rows[0])), lineterminator="\n")
    writer.writeheader()
    writer.writerows(fields_of(row) for row in rows)
    return text.getvalue()


def write_csv_files(registry: Registry, folder: Path) -> list[Path]:
    """One file a kind, named and ordered as they are to be imported."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, (kind, rows) in enumerate(registry.by_kind().items(), start=1):
        if rows:
            path = folder / f"{number}-{kind}.csv"
            path.write_text(csv_of(rows), encoding="utf-8")
            paths.append(path)
    return paths
