#!/usr/bin/env python3
"""What `make audit` does: known vulnerabilities of what is shipped, and what that is (an SBOM). Needs the network.

    python deploy/audit.py                    both, by the lock file, into build/audit
    python deploy/audit.py --service osv      advisories of osv.dev instead of PyPI's

Run by the Python of the environment for tests, which holds pip-audit and cyclonedx-bom. Fails when a vulnerability is
known that deploy/audit-ignored.toml does not let pass, when the service does not know every package of the lock file,
and when a part of the SBOM has no licence.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CHECKOUT = Path(__file__).resolve().parent.parent
LOCK = CHECKOUT / "requirements.lock"
IGNORED = Path(__file__).with_name("audit-ignored.toml")

IN_ITS_FILE_ALONE = {"pyrage": "MIT"}
"""Licences of packages whose metadata names none, as the licence file that comes with them says."""


class AuditError(Exception):
    """The audit could not be made; the message says what, why and how to mend it."""


@dataclass(frozen=True)
class Ignored:
    """A vulnerability that may pass from one day to another, and why."""

    id: str
    package: str
    reason: str
    since: date
    until: date


def ignored_in(text: str) -> list[Ignored]:
    """The entries of audit-ignored.toml. Raises AuditError when one lacks a reason or a day."""
    entries = tomllib.loads(text).get("ignored", [])
    try:
        ignored = [Ignored(**entry) for entry in entries]
    except TypeError as error:
        raise AuditError(f"{IGNORED.name}: each entry has id, package, reason, since and until: {error}") from error
    for each in ignored:
        if not str(each.reason).strip() or not isinstance(each.since, date) or not isinstance(each.until, date):
            raise AuditError(f"{IGNORED.name}: {each.id} needs a reason, and days as 2026-11-30")
    return ignored


def faults_in(report: Mapping[str, Any], ignored: Sequence[Ignored], *, today: date) -> list[str]:
    """What of pip-audit's report may not pass, and which entries of the list are over or of nothing, in words."""
    faults: list[str] = []
    used: set[Ignored] = set()
    for package in report["dependencies"]:
        for found in package.get("vulns", []):
            names = {found["id"], *found.get("aliases", [])}
            entry = next((each for each in ignored if each.id in names and each.package == package["name"]), None)
            used |= {entry} if entry else set()
            if entry is None or not entry.since <= today <= entry.until:
                mended = ", ".join(found["fix_versions"]) or "no version yet"
                over = f"; it was let pass until {entry.until}" if entry else ""
                faults.append(f"{package['name']} {package['version']}: {found['id']}, mended in {mended}{over}")
    return faults + [
        f"{each.id} of {each.package} is let pass and was not found" for each in ignored if each not in used
    ]


def faults_of_sbom(sbom: Mapping[str, Any], lock: str) -> list[str]:
    """Where the SBOM and the lock file differ, and which parts have no licence, in words."""
    listed = {f"{_name(part['name'])} {part['version']}": part.get("licenses") for part in sbom["components"]}
    locked = {
        f"{_name(name)} {version}" for name, version in re.findall(r"^([\w.-]+)==([\w.!+-]+)", lock, re.MULTILINE)
    }
    return [
        *(f"{part} is locked and not in the SBOM" for part in sorted(locked - listed.keys())),
        *(f"{part} is in the SBOM and not locked" for part in sorted(listed.keys() - locked)),
        *(f"{part} has no licence" for part, licences in sorted(listed.items()) if not licences),
    ]


def vulnerabilities(lock: Path, into: Path, options: Sequence[str]) -> dict[str, Any]:
    """What pip-audit finds for a lock file. Raises AuditError unless every package of it could be looked up."""
    report = into / "vulnerabilities.json"
    report.unlink(missing_ok=True)
    command: list[str | Path] = [
        "-r",
        lock,
        "--require-hashes",
        "--disable-pip",
        "--strict",
        "--progress-spinner",
        "off",
    ]
    ended = _run(["-m", "pip_audit", *command, "--format", "json", "--output", report, *options])
    if ended.returncode not in (0, 1) or not report.exists():
        raise AuditError(f"advisories could not be had; is the service reachable?\n{_last_line(ended)}")
    return dict(json.loads(report.read_text("utf-8")))


def sbom_of(lock: Path, into: Path) -> dict[str, Any]:
    """The SBOM of what a lock file installs, with licences, written to enermon.cdx.json. Raises AuditError."""
    product, file = into / "product", into / "enermon.cdx.json"
    python = product / "bin" / "python"
    install: list[str | Path] = [
        "-m",
        "pip",
        "--python",
        python,
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-input",
    ]
    describe: list[str | Path] = [
        "--pyproject",
        CHECKOUT / "pyproject.toml",
        "--output-reproducible",
        "--output-file",
        file,
    ]
    steps: list[list[str | Path]] = [
        ["-m", "venv", "--clear", "--without-pip", product],
        [*install, "--require-hashes", "-r", lock],
        ["-m", "cyclonedx_py", "environment", python, *describe],
    ]
    for step in steps:
        ended = _run(step)
        if ended.returncode:
            raise AuditError(f"{step[1]} failed; is the Python package index reachable?\n{_last_line(ended)}")
    sbom = dict(json.loads(file.read_text("utf-8")))
    for part in sbom["components"]:
        if not part.get("licenses") and part["name"] in IN_ITS_FILE_ALONE:
            part["licenses"] = [{"license": {"id": IN_ITS_FILE_ALONE[part["name"]]}}]
    file.write_text(json.dumps(sbom, indent=2) + "\n", "utf-8")
    return sbom


def _run(arguments: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)  # noqa: S603


def _last_line(ended: subprocess.CompletedProcess[str]) -> str:
    """What a command said last: of a Python program that fails, the error itself."""
    return (ended.stderr.strip() or f"exit code {ended.returncode}").splitlines()[-1]


def _name(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def main() -> int:
    """Make both, and say what is wrong. Exit code 1 when something is."""
    parser = argparse.ArgumentParser(description="Known vulnerabilities of what is shipped, and its SBOM")
    parser.add_argument("--service", choices=("pypi", "osv"), default="pypi", help="whose advisories are asked")
    parser.add_argument("--osv-url", help="address of another service that answers as osv.dev does")
    parser.add_argument("--lock", type=Path, default=LOCK, help="lock file that is judged")
    parser.add_argument("--into", type=Path, default=CHECKOUT / "build" / "audit", help="folder of what is written")
    chosen = parser.parse_args()
    options = ["-s", chosen.service, *(["--osv-url", chosen.osv_url] if chosen.osv_url else [])]
    chosen.into.mkdir(parents=True, exist_ok=True)
    faults = []
    try:
        ignored = ignored_in(IGNORED.read_text("utf-8"))
        faults += faults_of_sbom(sbom_of(chosen.lock, chosen.into), chosen.lock.read_text("utf-8"))
        print(f"SBOM: {chosen.into / 'enermon.cdx.json'}", flush=True)
        report = vulnerabilities(chosen.lock, chosen.into, options)
        faults += faults_in(report, ignored, today=datetime.now(UTC).date())
        print(f"Advisories of {chosen.service} on {len(report['dependencies'])} packages", flush=True)
    except AuditError as error:
        faults.append(str(error))
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
