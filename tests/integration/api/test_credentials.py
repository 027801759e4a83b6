"""Credentials through the API: given once, listed without secrets, rotated, revoked; and who may."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi.testclient import TestClient

from services.ingest.certificates import PrivateCa
from services.ingest.credentials import SQL, broker_users, gateway_of
from tests.integration.registered import Registered, credit_code
from tests.integration.served import api

pytestmark = pytest.mark.store


@pytest.fixture
def gateway(registered: Registered) -> str:
    return registered.gateway(registered.enterprise())


def address_of(code: str) -> str:
    return f"/api/v1/{'enterprises' if code.startswith('91') else 'gateways'}/{code}/credentials"


def given(client: TestClient, code: str, **entry: object) -> dict[str, Any]:
    answer = client.post(address_of(code), json=entry)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def let_in(database: psycopg.Connection, at: datetime | None = None) -> list[str]:
    return [user.name for user in broker_users(database, now=at or datetime.now(UTC))]


def test_password_is_shown_once_and_kept_as_a_hash(
    client: TestClient, gateway: str, database: psycopg.Connection
) -> None:
    answer = client.post(address_of(gateway))
    assert answer.headers["cache-control"] == "no-store"
    made = answer.json()
    assert (made["generation"], made["user"], made["kind"]) == (1, gateway, "password")
    assert len(made["password"]) == 43
    listed = client.get(address_of(gateway))
    assert made["password"] not in listed.text
    (shown,) = listed.json()["data"]
    assert (shown["user"], shown["created_by"], shown["works"], shown["expires_at"]) == (gateway, "admin", True, None)
    everything = database.execute("SELECT row_to_json(broker_credential)::text FROM broker_credential").fetchone()
    assert everything is not None
    assert made["password"] not in everything[0]
    assert let_in(database) == [gateway]


def test_every_password_is_another(client: TestClient, gateway: str) -> None:
    assert len({given(client, gateway)["password"] for _ in range(5)}) == 5


def test_rotated_password_and_the_one_before_both_work_until_the_overlap_ends(
    client: TestClient, gateway: str, database: psycopg.Connection
) -> None:
    first, second = given(client, gateway), given(client, gateway, overlap_hours=2)
    now = datetime.now(UTC)
    assert second["user"] == f"{gateway}@2"
    for made in (first, second):
        assert gateway_of(database, gateway, made["password"], now=now) == gateway
    later = now + timedelta(hours=2)
    assert let_in(database) == [gateway, f"{gateway}@2"]
    assert let_in(database, later) == [f"{gateway}@2"]
    assert gateway_of(database, gateway, first["password"], now=later) is None
    assert gateway_of(database, gateway, second["password"], now=later) == gateway


def test_third_credential_ends_the_first_at_once(
    client: TestClient, gateway: str, database: psycopg.Connection
) -> None:
    for _ in range(3):
        given(client, gateway)
    assert let_in(database) == [f"{gateway}@2", f"{gateway}@3"]
    listed = client.get(address_of(gateway)).json()["data"]
    assert [(each["generation"], each["works"], each["revoked_by"]) for each in listed] == [
        (3, True, None),
        (2, True, None),
        (1, False, "admin"),
    ]


def test_without_an_overlap_the_one_before_is_revoked(
    client: TestClient, gateway: str, database: psycopg.Connection
) -> None:
    given(client, gateway)
    given(client, gateway, overlap_hours=0)
    assert let_in(database) == [f"{gateway}@2"]


def test_revoked_credential_lets_in_no_more(client: TestClient, gateway: str, database: psycopg.Connection) -> None:
    first, second = given(client, gateway), given(client, gateway)
    assert client.delete(address_of(gateway), params={"generation": 1}).status_code == 204
    assert let_in(database) == [f"{gateway}@2"]
    assert gateway_of(database, gateway, first["password"], now=datetime.now(UTC)) is None
    assert gateway_of(database, gateway, second["password"], now=datetime.now(UTC)) == gateway
    unknown = client.delete(address_of(gateway), params={"generation": 3})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_credential")
    assert client.delete(address_of(gateway)).status_code == 204
    assert client.delete(address_of(gateway)).status_code == 204
    assert let_in(database) == []


def test_gateway_that_was_removed_and_registered_again_has_not_its_old_password(
    client: TestClient, registered: Registered, database: psycopg.Connection
) -> None:
    owner = registered.enterprise()
    gateway = registered.gateway(owner)
    old = given(client, gateway)
    assert client.delete(f"/api/v1/gateways/{gateway}").status_code == 204
    assert let_in(database) == []
    assert gateway_of(database, gateway, old["password"], now=datetime.now(UTC)) is None
    registered.gateway(owner, code=gateway)
    assert let_in(database) == []
    (kept,) = client.get(address_of(gateway)).json()["data"]
    assert kept["revoked_by"] == "removal"
    again = given(client, gateway)
    assert (again["generation"], again["user"]) == (2, f"{gateway}@2")
    assert gateway_of(database, gateway, old["password"], now=datetime.now(UTC)) is None


def test_enterprise_gets_a_credential_under_its_credit_code_and_no_gateway_may_have_such_a_code(
    client: TestClient, registered: Registered, database: psycopg.Connection
) -> None:
    enterprise, other = registered.enterprise(), credit_code(77)
    assert given(client, enterprise)["user"] == enterprise
    assert let_in(database) == [enterprise]
    for code in (enterprise, other):
        refused = client.post("/api/v1/gateways", json={"code": code, "credit_code": enterprise})
        assert refused.status_code == 422
        assert [fault["code"] for fault in refused.json()["errors"]] == ["credit_code_of_gateway"]
    # A gateway that was registered so before gets no credential, and is not let in.
    before = registered.gateway(enterprise)
    database.execute("UPDATE gateway SET code = %s WHERE code = %s", [other, before])
    refused = client.post(f"/api/v1/gateways/{other}/credentials")
    assert (refused.status_code, refused.json()["code"]) == (409, "not_let_in")


def test_wrong_password_name_or_kind_is_no_gateway(
    client: TestClient, registered: Registered, database: psycopg.Connection
) -> None:
    enterprise = registered.enterprise()
    one, another = registered.gateway(enterprise), registered.gateway(enterprise)
    password, now = given(client, one)["password"], datetime.now(UTC)
    of_enterprise = given(client, enterprise)["password"]
    assert gateway_of(database, one, password, now=now) == one
    assert gateway_of(database, f"{one}@2", password, now=now) == one
    for user, given_password in (
        (another, password),
        (one, password[:-1]),
        (one, ""),
        (one, "x" * 10_000),
        ("", password),
        ("enermon-ingest-0", password),
        (enterprise, of_enterprise),
    ):
        assert gateway_of(database, user, given_password, now=now) is None, user


def test_what_is_not_there_has_no_credentials(client: TestClient) -> None:
    for code, unknown in (("GW-none", "unknown_gateway"), (credit_code(9), "unknown_enterprise")):
        for answer in (
            client.get(address_of(code)),
            client.post(address_of(code)),
            client.delete(address_of(code)),
        ):
            assert (answer.status_code, answer.json()["code"]) == (404, unknown)


def test_faulty_wishes_are_refused(client: TestClient, gateway: str, database: psycopg.Connection) -> None:
    for entry in (
        {"kind": "token"},
        {"overlap_hours": -1},
        {"overlap_hours": 721},
        {"password": "of my own"},
        {"certificate_request": "-----BEGIN"},
    ):
        assert client.post(address_of(gateway), json=entry).status_code == 422, entry
    assert let_in(database) == []


@pytest.fixture
def with_ca(database_url: str, tmp_path: Path) -> Iterator[TestClient]:
    ca = PrivateCa(tmp_path / "ca")
    ca.make("CA of the tests", now=datetime.now(UTC))
    with api(database_url=database_url, ca=tmp_path / "ca") as client:
        yield client


def test_certificate_is_made_with_its_key_or_for_that_of_the_device(with_ca: TestClient) -> None:
    registered = Registered(with_ca)
    gateway = registered.gateway(registered.enterprise())
    made = given(with_ca, gateway, kind="certificate")
    assert "BEGIN PRIVATE KEY" in made["private_key"]
    assert x509.load_pem_x509_certificate(made["certificate"].encode()).subject.rfc4514_string() == f"CN={gateway}"
    assert "BEGIN CERTIFICATE" in made["certificate_authority"]
    key = ec.generate_private_key(ec.SECP256R1())
    asked = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
    text = asked.public_bytes(serialization.Encoding.PEM).decode()
    own = given(with_ca, gateway, kind="certificate", certificate_request=text)
    assert own["private_key"] is None
    certificate = x509.load_pem_x509_certificate(own["certificate"].encode())
    assert certificate.public_key() == key.public_key()
    listed = with_ca.get(address_of(gateway)).json()["data"]
    assert (listed[0]["serial_number"], listed[0]["works"]) == (str(certificate.serial_number), True)
    assert listed[1]["expires_at"] < listed[0]["expires_at"]
    refused = with_ca.post(
        address_of(gateway), json={"kind": "certificate", "certificate_request": "-----BEGIN NOTHING"}
    )
    assert [fault["code"] for fault in refused.json()["errors"]] == ["bad_certificate_request"]


def test_certificate_is_on_the_list_of_the_broker_once_its_overlap_has_ended(
    with_ca: TestClient, database: psycopg.Connection
) -> None:
    registered = Registered(with_ca)
    gateway = registered.gateway(registered.enterprise())
    given(with_ca, gateway, kind="certificate")
    given(with_ca, gateway, kind="certificate", overlap_hours=2)
    newest, before = (each["serial_number"] for each in with_ca.get(address_of(gateway)).json()["data"])

    def ended(at: datetime) -> list[str]:
        return [row.serial_number for row in SQL.run(database, "ended_certificates", now=at)]

    now = datetime.now(UTC)
    assert (ended(now), ended(now + timedelta(hours=2))) == ([], [before])
    with_ca.delete(address_of(gateway), params={"generation": 2})
    assert ended(now) == [newest]


def test_without_an_authority_there_are_no_certificates(database_url: str, tmp_path: Path) -> None:
    with api(database_url=database_url, ca=tmp_path / "none") as client:
        registered = Registered(client)
        gateway = registered.gateway(registered.enterprise())
        refused = client.post(address_of(gateway), json={"kind": "certificate"})
        assert (refused.status_code, refused.json()["code"]) == (409, "no_certificate_authority")
