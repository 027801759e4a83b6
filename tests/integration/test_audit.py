"""`make audit` finds what is known against a package, by the real pip-audit, and passes over nothing unsaid."""

import importlib.util
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
TODAY = date(2026, 11, 30)
KNOWN = {
    "id": "PYSEC-2099-1",
    "aliases": ["CVE-2099-0001"],
    "summary": "An attribute leaves the sandbox",
    "affected": [
        {
            "package": {"name": "jinja2", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "3.1.99"}]}],
            "versions": ["3.1.6"],
        }
    ],
}
LOCK = f"jinja2==3.1.6 \\\n    --hash=sha256:{'a' * 64}\nidna==3.20 \\\n    --hash=sha256:{'b' * 64}\n"
ENTRY = """
[[ignored]]
id = "CVE-2099-0001"
package = "jinja2"
reason = "no template comes from outside"
since = 2026-11-01
until = 2026-12-01
"""


class Advisories(BaseHTTPRequestHandler):
    """A service of advisories that knows one, and answers as osv.dev does."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        body = json.dumps({"vulns": [KNOWN]} if asked["package"]["name"] == "jinja2" else {}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def audit() -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit", ROOT / "deploy" / "audit.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["audit"] = module
    spec.loader.exec_module(module)
    return module


@contextmanager
def advisories() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Advisories)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/query"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def report(audit: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What pip-audit says of a lock file with one package that is known to be vulnerable."""
    folder = tmp_path_factory.mktemp("audit")
    (folder / "some.lock").write_text(LOCK)
    with advisories() as url:
        return dict(audit.vulnerabilities(folder / "some.lock", folder, ["-s", "osv", "--osv-url", url]))


def test_a_known_vulnerability_fails_the_audit(audit: ModuleType, report: dict[str, Any]) -> None:
    assert [package["name"] for package in report["dependencies"]] == ["jinja2", "idna"]
    assert audit.faults_in(report, [], today=TODAY) == ["jinja2 3.1.6: PYSEC-2099-1, mended in 3.1.99"]


def test_one_that_is_listed_with_its_reason_passes_until_its_day(audit: ModuleType, report: dict[str, Any]) -> None:
    ignored = audit.ignored_in(ENTRY)
    assert audit.faults_in(report, ignored, today=TODAY) == []
    assert audit.faults_in(report, ignored, today=date(2026, 12, 2)) == [
        "jinja2 3.1.6: PYSEC-2099-1, mended in 3.1.99; it was let pass until 2026-12-01"
    ]


def test_an_entry_of_nothing_that_was_found_fails_the_audit(audit: ModuleType, report: dict[str, Any]) -> None:
    ignored = audit.ignored_in(ENTRY + ENTRY.replace("jinja2", "idna"))
    assert audit.faults_in(report, ignored, today=TODAY) == ["CVE-2099-0001 of idna is let pass and was not found"]


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (ENTRY.replace("no template comes from outside", " "), "needs a reason"),
        (ENTRY.replace("2026-12-01", '"some day"'), "days as 2026-11-30"),
        (ENTRY.replace("until = 2026-12-01", ""), "until"),
    ],
)
def test_an_entry_without_reason_or_day_is_refused(audit: ModuleType, entry: str, said: str) -> None:
    with pytest.raises(audit.AuditError, match=said):
        audit.ignored_in(entry)


def test_what_could_not_be_looked_up_is_no_audit(audit: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "some.lock").write_text(LOCK)
    with pytest.raises(audit.AuditError, match="is the service reachable"):
        audit.vulnerabilities(tmp_path / "some.lock", tmp_path, ["-s", "osv", "--osv-url", "http://127.0.0.1:9/"])


def test_the_sbom_holds_what_is_locked_and_every_licence(audit: ModuleType) -> None:
    part = {"name": "Jinja2", "version": "3.1.6", "licenses": [{"license": {"id": "BSD-3-Clause"}}]}
    whole = {"components": [part, {"name": "idna", "version": "3.20", "licenses": [{"license": {"id": "MIT"}}]}]}
    assert audit.faults_of_sbom(whole, LOCK) == []
    assert audit.faults_of_sbom({"components": [part]}, LOCK) == ["idna 3.20 is locked and not in the SBOM"]
    assert audit.faults_of_sbom({"components": [{**part, "licenses": []}, *whole["components"][1:]]}, LOCK) == [
        "jinja2 3.1.6 has no licence"
    ]
    assert audit.faults_of_sbom(whole, LOCK.replace("idna==3.20", "idna==3.21")) == [
        "idna 3.21 is locked and not in the SBOM",
        "idna 3.20 is in the SBOM and not locked",
    ]


def test_what_is_let_pass_says_why_and_until_when(audit: ModuleType) -> None:
    for each in audit.ignored_in((ROOT / "deploy" / "audit-ignored.toml").read_text("utf-8")):
        assert len(each.reason) > 20
        assert (each.until - each.since).days <= 180


def test_make_audit_has_its_parts_and_is_no_part_of_make_test() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = dict(re.findall(r"^(\w[\w-]*):(.*(?:\n\t.*)+)", makefile, re.MULTILINE))
    assert "deploy/bootstrap.py --dev" in targets["audit"]
    assert "deploy/audit.py" in targets["audit"]
    assert "audit" not in targets["test"] + targets["lint"]
    dev = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]["dev"]
    locked = (ROOT / "requirements-dev.lock").read_text("utf-8")
    for tool in ("pip-audit", "cyclonedx-bom"):
        assert any(each.startswith(tool) for each in dev)
        assert re.search(rf"^{tool}==", locked, re.MULTILINE)
