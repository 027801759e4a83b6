"""A certificate of one's own for servers on loopback."""

import shutil
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

NAMES = "subjectAltName=DNS:localhost,DNS:hooks.example.cn,IP:127.0.0.1"


@dataclass(frozen=True)
class Certificate:
    """Self-signed, for localhost and hooks.example.cn."""

    certificate: Path
    key: Path

    def of_server(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context

    def of_client(self) -> ssl.SSLContext:
        """Trusts this certificate and no other."""
        return ssl.create_default_context(cafile=str(self.certificate))


def make_certificate(folder: Path) -> Certificate:
    """Skips the test where openssl is not installed."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("SKIPPED: openssl is not installed, no certificate to try TLS with")
    made = Certificate(folder / "server.pem", folder / "server.key")
    subject = ["-subj", "/CN=localhost", "-addext", NAMES, "-days", "2"]
    new = [program, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    files = ["-keyout", str(made.key), "-out", str(made.certificate)]
    subprocess.run([*new, *subject, *files], check=True, capture_output=True)
    return made


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("certificate"))
