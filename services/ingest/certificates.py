"""The private CA of the broker: one folder with its key and certificate, and those of the broker itself.

Keys are of the curve P-256. Only the owner of the folder can read them; a gateway's key is not kept at all.
"""

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from services.core.secret_files import read_secret_file
from services.ingest.broker_users import write_private
from services.ingest.credentials import Certified

CA_LASTS = timedelta(days=3650)
SERVER_LASTS = timedelta(days=730)
GATEWAY_LASTS = timedelta(days=1095)
REVOCATIONS_LAST = timedelta(days=365)
"""The list is written anew at each start, each revocation and each day."""
_CLOCKS_DIFFER = timedelta(hours=1)
"""A certificate begins so long before it was made: a device's clock may be behind."""
_LEAST_RSA_BITS = 2048
_MOST_REQUEST = 20_000

_SigningKey = ec.EllipticCurvePrivateKey
_PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey | ed25519.Ed25519PublicKey


class CertificateError(Exception):
    """A certificate cannot be made or read; the message says why and how to mend it."""


class RequestError(CertificateError):
    """A request for a certificate is faulty."""


@dataclass(frozen=True, slots=True)
class Files:
    """A certificate and its key."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Dated:
    """Until when a certificate of the folder is good."""

    file: Path
    subject: str
    expires_at: datetime


class PrivateCa:
    """The CA in a folder. All methods raise CertificateError."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.own = Files(folder / "ca.pem", folder / "ca.key")
        self.server = Files(folder / "server.pem", folder / "server.key")

    @property
    def there(self) -> bool:
        """Whether it was made."""
        return self.own.certificate.exists() and self.own.key.exists()

    def make(self, name: str, *, now: datetime) -> None:
        """Make key and certificate of the CA; what is there is never written over."""
        if self.own.key.exists() or self.own.certificate.exists():
            raise CertificateError(f"{self.folder} has a CA already; every gateway trusts that one")
        key, subject = ec.generate_private_key(ec.SECP256R1()), _named(name)
        draft = _draft(subject, subject, key.public_key(), now=now, until=now + CA_LASTS)
        draft = draft.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        draft = draft.add_extension(_usage(signs_certificates=True), critical=True)
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_private(self.own.key, _key_text(key))
        write_private(self.own.certificate, _text(draft.sign(key, hashes.SHA256())), mode=0o644)

    def certify_server(self, names: Sequence[str], *, now: datetime) -> Dated:
        """Make key and certificate of the broker, for these host names and addresses, in place of earlier ones."""
        if not names:
            raise CertificateError("name the host names and addresses at which gateways reach the broker")
        key = ec.generate_private_key(ec.SECP256R1())
        until = self._until(now + SERVER_LASTS)
        draft = self._draft(_named(names[0]), key.public_key(), now=now, until=until)
        draft = draft.add_extension(x509.SubjectAlternativeName([_alternative(name) for name in names]), critical=False)
        draft = draft.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        write_private(self.server.key, _key_text(key))
        write_private(self.server.certificate, _text(draft.sign(self._key(), hashes.SHA256())), mode=0o644)
        return Dated(self.server.certificate, names[0], until)

    def certify_gateway(self, user: str, *, now: datetime, request: str | None = None) -> Certified:
        """A certificate that lets in this user, for the key of a request (PEM), or with a key made here."""
        key = ec.generate_private_key(ec.SECP256R1()) if request is None else None
        public = _requested_key(request) if request is not None else None
        until = self._until(now + GATEWAY_LASTS)
        draft = self._draft(_named(user), public or _public(key), now=now, until=until)
        draft = draft.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        made = draft.sign(self._key(), hashes.SHA256())
        return Certified(made.serial_number, until, _text(made), None if key is None else _key_text(key))

    def revocations(self, revoked: Iterable[tuple[int, datetime]], *, now: datetime) -> str:
        """The list of certificates that are not to be taken, by serial number and time, in PEM."""
        draft = x509.CertificateRevocationListBuilder().issuer_name(self.certificate().subject)
        draft = draft.last_update(now - _CLOCKS_DIFFER).next_update(now + REVOCATIONS_LAST)
        for serial_number, at in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(serial_number).revocation_date(at)
            draft = draft.add_revoked_certificate(entry.build())
        return draft.sign(self._key(), hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()

    def certificate(self) -> x509.Certificate:
        """The CA's own."""
        return _read_certificate(self.own.certificate)

    def text(self) -> str:
        """The CA's own certificate in PEM, by which a gateway knows the broker."""
        return _text(self.certificate())

    def dated(self) -> list[Dated]:
        """The certificates of the folder, and until when each is good."""
        files = [file for file in (self.own.certificate, self.server.certificate) if file.exists()]
        found = [(file, _read_certificate(file)) for file in files]
        return [Dated(file, _common_name(made), made.not_valid_after_utc) for file, made in found]

    def _until(self, wanted: datetime) -> datetime:
        """No certificate outlives that of the CA. To the second, as certificates are."""
        return min(wanted, self.certificate().not_valid_after_utc).replace(microsecond=0)

    def _draft(self, subject: x509.Name, key: _PublicKey, *, now: datetime, until: datetime) -> x509.CertificateBuilder:
        own = self.certificate()
        draft = _draft(subject, own.subject, key, now=now, until=until)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(_own_key(own))
        draft = draft.add_extension(issuer, critical=False)
        draft = draft.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        return draft.add_extension(_usage(signs_certificates=False), critical=True)

    def _key(self) -> _SigningKey:
        try:
            key = serialization.load_pem_private_key(read_secret_file(self.own.key), password=None)
        except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise CertificateError(f"{self.own.key}: the key of the CA cannot be read: {_said(error)}") from error
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise CertificateError(f"{self.own.key}: not a key of an elliptic curve")
        return key


def _draft(
    subject: x509.Name, issuer: x509.Name, key: _PublicKey, *, now: datetime, until: datetime
) -> x509.CertificateBuilder:
    draft = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    draft = draft.serial_number(x509.random_serial_number())
    draft = draft.not_valid_before(now - _CLOCKS_DIFFER).not_valid_after(until)
    return draft.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)


def _own_key(certificate: x509.Certificate) -> ec.EllipticCurvePublicKey:
    key = certificate.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise CertificateError("the CA's certificate is not of a key of an elliptic curve")
    return key


def _public(key: _SigningKey | None) -> ec.EllipticCurvePublicKey:
    assert key is not None
    return key.public_key()


def _requested_key(request: str) -> _PublicKey:
    """The key that a request is for: whoever made it has the other half. Its subject is not looked at."""
    if len(request) > _MOST_REQUEST:
        raise RequestError("the request is too long")
    try:
        read = x509.load_pem_x509_csr(request.encode())
        key, signed = read.public_key(), read.is_signature_valid
    except (ValueError, UnsupportedAlgorithm, InvalidSignature) as error:
        raise RequestError(f"not a certificate request (PKCS 10) in PEM: {_said(error)}") from error
    if not signed:
        raise RequestError("the request is not signed with the key that it names")
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= _LEAST_RSA_BITS:
        return key
    if isinstance(key, ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey):
        return key
    raise RequestError(f"the key must be of an elliptic curve, Ed25519, or RSA of {_LEAST_RSA_BITS} bits or more")


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _named(name: str) -> x509.Name:
    try:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    except ValueError as error:
        raise CertificateError(f"'{name}' cannot be the name in a certificate: {_said(error)}") from error


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _read_certificate(file: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(file.read_bytes())
    except (OSError, ValueError) as error:
        raise CertificateError(f"{file}: no certificate can be read there: {_said(error)}") from error


def _common_name(certificate: x509.Certificate) -> str:
    (name,) = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(name.value)


def _text(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _key_text(key: _SigningKey) -> str:
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


def _said(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
