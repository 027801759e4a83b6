"""Write the certificate that front and broker show: the one that is given, else one of a private CA made here.

    create_certificates.py GIVEN CA TLS NAMES...

GIVEN   a folder with server.pem and server.key (or both in server.pem), or with nothing
CA      the folder of the private CA, which nobody else needs
TLS     where server.pem (certificate and key together) and ca.pem (for who connects) are written
NAMES   host names and addresses at which front and broker are reached, with or without commas between

The own one is made anew when the names have changed and 30 days before its end. Exit code 78: what is given cannot be
used.
"""

import os
import ssl
import sys
from datetime import timedelta
from pathlib import Path

from services.core.clock import utc_now
from services.ingest.certificates import CertificateError, PrivateCa

EXIT_CONFIGURATION = 78
RENEWED_BEFORE_END = timedelta(days=30)


def write(path: Path, content: bytes, *, mode: int) -> bool:
    """Write a file whole or not at all; False if it holds this already. Raises OSError."""
    if path.exists() and path.read_bytes() == content:
        return False
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        os.fchmod(file.fileno(), mode)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
    return True


def own(folder: Path, names: list[str]) -> bytes:
    """Certificate and key by the private CA, which is made where there is none. Raises CertificateError, OSError."""
    ca, made_for = PrivateCa(folder), folder / "names"
    now, wanted = utc_now(), "\n".join(names)
    if not ca.there:
        ca.make("Enermon private CA", now=now)
    end = next((each.expires_at for each in ca.dated() if each.file == ca.server.certificate), now)
    is_for = made_for.read_text() if made_for.exists() else ""
    if is_for != wanted or end - now < RENEWED_BEFORE_END:
        ca.certify_server(names, now=now)
        made_for.write_text(wanted)
    return ca.server.certificate.read_bytes() + ca.server.key.read_bytes()


def given(folder: Path) -> bytes:
    """Certificate and key of the folder. Raises OSError."""
    key = folder / "server.key"
    certificate = (folder / "server.pem").read_bytes()
    return certificate.rstrip() + b"\n" + (key.read_bytes() if key.exists() else b"")


def main(given_folder: Path, ca_folder: Path, tls: Path, *, names: list[str]) -> None:
    """Write what is missing or has changed, and say so."""
    is_given = (given_folder / "server.pem").exists()
    try:
        pair = given(given_folder) if is_given else own(ca_folder, names)
        draft = tls / ".tried.pem"
        write(draft, pair, mode=0o400)
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(draft)
        draft.unlink()
        changed = write(tls / "server.pem", pair, mode=0o440)
        if is_given:
            (tls / "ca.pem").unlink(missing_ok=True)
        else:
            write(tls / "ca.pem", PrivateCa(ca_folder).text().encode(), mode=0o444)
    except (OSError, CertificateError) as error:
        where = given_folder if is_given else ca_folder
        mend = "Group 10001 must be able to read server.pem and server.key, and they must belong together."
        print(f"error: no certificate can be made of what is in {where}: {error}. {mend}", file=sys.stderr)
        raise SystemExit(EXIT_CONFIGURATION) from None
    print(f"{tls / 'server.pem'}: {'written' if changed else 'kept'} ({'given' if is_given else 'by the private CA'})")


if __name__ == "__main__":
    folders, words = map(Path, sys.argv[1:4]), ",".join(sys.argv[4:]).split(",")
    main(*folders, names=[word.strip() for word in words if word.strip()])
