"""A format from outside is its decoder and its name: its messages are stored, answered and kept as any other."""

from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient

from services.ingest.formats.contract import FormatKind
from services.ingest.formats.kinds import FORMATS
from services.ingest.message import Decoded, UnreadableMessage
from tests.integration.registered import Registered
from tests.integration.served import RAW


def _lines(gateway: str, payload: bytes) -> Decoded:
    """A reading a line: meter, seconds since 1970, value."""
    try:
        rows = [line.split() for line in payload.decode("ascii").splitlines()]
        readings = [(meter, int(seconds) * 1_000_000, float(value)) for meter, seconds, value in rows]
    except ValueError:
        raise UnreadableMessage("undecodable", "each line must be: meter, seconds, value") from None
    return Decoded(gateway, None, [m for m, _, _ in readings], [t for _, t, _ in readings], [v for *_, v in readings])


@pytest.fixture(autouse=True)
def lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FORMATS, "lines", FormatKind(name="lines", decode=_lines))


AT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


def test_format_of_another_is_taken_by_http(client: TestClient, registered: Registered) -> None:
    enterprise = registered.enterprise()
    gateway = registered.gateway(enterprise)
    meter = registered.meter(unit_code=registered.unit(enterprise), gateway_code=gateway)
    asked = {"gateway": gateway, "format": "lines"}
    body = f"{meter} {int(AT.timestamp())} 41.5\nnobody {int(AT.timestamp())} 1"
    answer = client.post("/api/v1/readings", params=asked, content=body, headers=RAW).json()
    assert (answer["stored"], [each["code"] for each in answer["rejected"]]) == (1, ["unknown_meter"])
    read = client.get(f"/api/v1/meters/{meter}/readings").json()["data"]
    assert [(each["ts"], each["value"]) for each in read] == [("2026-03-02T10:00:00+08:00", 41.5)]
    refused = client.post("/api/v1/readings", params=asked, content="what", headers=RAW).json()
    assert (refused["status"], refused["code"]) == (422, "undecodable")
    (kept,) = client.get("/api/v1/rejected-messages").json()["data"]
    assert "each line must be" in kept["detail"]


def test_decoder_of_another_that_fails_costs_its_message_only(
    client: TestClient, registered: Registered, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_gateway: str, _payload: bytes) -> Decoded:
        raise ZeroDivisionError

    monkeypatch.setitem(FORMATS, "lines", FormatKind(name="lines", decode=fail))
    gateway = registered.gateway(registered.enterprise())
    refused = client.post(
        "/api/v1/readings", params={"gateway": gateway, "format": "lines"}, content="what", headers=RAW
    ).json()
    assert (refused["status"], refused["code"]) == (422, "undecodable")
    (kept,) = client.get("/api/v1/rejected-messages", params={"gateway": gateway}).json()["data"]
    assert kept["code"] == "undecodable"


def test_format_that_is_not_declared_is_refused_with_those_that_are(client: TestClient) -> None:
    refused = client.post("/api/v1/readings", params={"gateway": "GW", "format": "pigeon"}, content="").json()
    assert [(each["field"], each["code"]) for each in refused["errors"]] == [("format", "literal_error")]
    assert "'lines'" in refused["errors"][0]["reason"]
