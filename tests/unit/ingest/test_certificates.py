"""The private CA: what it makes, for whom, until when, and who can read it."""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from services.ingest.certificates import CertificateError, PrivateCa, RequestError

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.fixture
def ca(tmp_path: Path) -> PrivateCa:
    made = PrivateCa(tmp_path / "ca")
    made.make("CA of the tests", now=NOW)
    return made


def request_of(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, name: str = "whoever") -> str:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM).decode()


def name_of(certificate: x509.Certificate) -> object:
    return certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value


def test_keys_can_be_read_by_their_owner_alone(ca: PrivateCa) -> None:
    ca.certify_server(["localhost"], now=NOW)
    assert stat.S_IMODE(ca.folder.stat().st_mode) == 0o700
    for key in (ca.own.key, ca.server.key):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_authority_is_never_made_over_another(ca: PrivateCa) -> None:
    before = ca.own.certificate.read_bytes()
    with pytest.raises(CertificateError, match="has a CA already"):
        ca.make("another", now=NOW)
    assert ca.own.certificate.read_bytes() == before


def test_certificate_of_the_broker_is_for_its_names_and_addresses(ca: PrivateCa) -> None:
    made = ca.certify_server(["broker.example.cn", "10.0.0.7"], now=NOW)
    certificate = x509.load_pem_x509_certificate(ca.server.certificate.read_bytes())
    certificate.verify_directly_issued_by(ca.certificate())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["broker.example.cn"]
    assert [str(each) for each in names.get_values_for_type(x509.IPAddress)] == ["10.0.0.7"]
    assert made.expires_at == certificate.not_valid_after_utc == NOW + timedelta(days=730)
    assert [each.file.name for each in ca.dated()] == ["ca.pem", "server.pem"]


def test_renewed_certificate_of_the_broker_stands_in_place_of_the_one_before(ca: PrivateCa) -> None:
    ca.certify_server(["localhost"], now=NOW)
    before = ca.server.certificate.read_bytes()
    ca.certify_server(["localhost"], now=NOW + timedelta(days=700))
    assert ca.server.certificate.read_bytes() != before
    assert ca.dated()[1].expires_at == NOW + timedelta(days=1430)


def test_gateway_is_named_by_its_user_and_can_neither_serve_nor_sign(ca: PrivateCa) -> None:
    made = ca.certify_gateway("GW-1@2", now=NOW)
    certificate = x509.load_pem_x509_certificate(made.certificate.encode())
    certificate.verify_directly_issued_by(ca.certificate())
    assert name_of(certificate) == "GW-1@2"
    assert made.serial_number == certificate.serial_number
    usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usages) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert made.key is not None
    key = serialization.load_pem_private_key(made.key.encode(), password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert key.public_key() == certificate.public_key()
    assert "PRIVATE" not in repr(made)


def test_device_that_keeps_its_key_gets_a_certificate_for_it_under_its_own_user(ca: PrivateCa) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    made = ca.certify_gateway("GW-1", now=NOW, request=request_of(key, name="enermon-ingest-0"))
    certificate = x509.load_pem_x509_certificate(made.certificate.encode())
    assert (name_of(certificate), made.key) == ("GW-1", None)
    assert certificate.public_key() == key.public_key()


@pytest.mark.parametrize("request_text", ["", "nonsense", "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n", "A" * 30_000])
def test_what_is_no_request_is_refused(ca: PrivateCa, request_text: str) -> None:
    with pytest.raises(RequestError):
        ca.certify_gateway("GW-1", now=NOW, request=request_text)


def test_weak_key_is_refused(ca: PrivateCa) -> None:
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    with pytest.raises(RequestError, match="RSA of 2048 bits"):
        ca.certify_gateway("GW-1", now=NOW, request=request_of(weak))


def test_no_certificate_outlives_the_authority(ca: PrivateCa) -> None:
    late = NOW + timedelta(days=3600)
    assert ca.certify_gateway("GW-1", now=late).expires_at == NOW + timedelta(days=3650)


def test_revoked_certificates_are_listed_and_signed(ca: PrivateCa) -> None:
    listed = x509.load_pem_x509_crl(ca.revocations([(4711, NOW)], now=NOW).encode())
    assert listed.is_signature_valid(ca.certificate().public_key())  # type: ignore[arg-type]
    assert listed.get_revoked_certificate_by_serial_number(4711) is not None
    assert listed.get_revoked_certificate_by_serial_number(4712) is None


def test_folder_without_an_authority_says_what_is_missing(tmp_path: Path) -> None:
    none = PrivateCa(tmp_path)
    assert not none.there
    assert none.dated() == []
    with pytest.raises(CertificateError, match=r"ca\.pem: no certificate can be read there"):
        none.certify_gateway("GW-1", now=NOW)


def test_a_key_that_others_may_read_signs_nothing(ca: PrivateCa) -> None:
    ca.own.key.chmod(0o644)
    with pytest.raises(
        CertificateError, match=r"ca\.key: the key of the CA cannot be read: others may read .*chmod o-rwx"
    ):
        ca.certify_gateway("GW-1", now=NOW)
