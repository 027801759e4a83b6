"""TimescaleDB for PostgreSQL: the distribution's package, or built from Debian 13's source package.

Debian 12 and the Ubuntu releases of its time have no package. Debian 13's source builds against their PostgreSQL in
seconds. Only the compiler comes from packages; the server's headers are unpacked in the build folder, because
postgresql-server-dev would bring 600 MB of LLVM. The result is installed as a package, so that apt can remove it.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from native.steps import InstallError, answer, run_logged

if TYPE_CHECKING:
    from collections.abc import Callable

    from native.debian import Apt

SOURCE_SUITE = "trixie"
MIRROR_VARIABLE = "ENERMON_DEBIAN_MIRROR"
DEBIAN_KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
BUILD_TOOLS = ("gcc", "libc6-dev", "make", "cmake", "dpkg-dev")
HEADER_PACKAGES = ("postgresql-server-dev-{major}", "libpq-dev", "libssl-dev", "libkrb5-dev", "krb5-multidev")
BUILDABLE_MAJORS = range(14, 18)
BUILD_ADVICE = "Without it: ENERMON_STORE=embedded uses plain PostgreSQL from the Python packages."
CMAKE_OPTIONS = (
    "-DCMAKE_BUILD_TYPE=Release",
    "-DAPACHE_ONLY=1",
    "-DREGRESS_CHECKS=OFF",
    "-DTAP_CHECKS=OFF",
    "-DUSE_TELEMETRY=OFF",
    "-DSEND_TELEMETRY_DEFAULT=OFF",
    "-DWARNINGS_AS_ERRORS=OFF",
)


def installed_majors() -> list[int]:
    """PostgreSQL majors whose server is installed by packages, newest first."""
    return sorted(
        (int(p.parent.parent.name) for p in Path("/usr/lib/postgresql").glob("[0-9]*/bin/postgres")), reverse=True
    )


def majors_with_timescaledb() -> list[int]:
    """Installed majors that have TimescaleDB, newest first."""
    return [m for m in installed_majors() if Path(f"/usr/share/postgresql/{m}/extension/timescaledb.control").exists()]


def package_name(apt: Apt, major: int) -> str | None:
    """The distribution's TimescaleDB package for this PostgreSQL, None where it has none."""
    name = f"postgresql-{major}-timescaledb"
    return name if apt.available(name) else None


def wanted_major(apt: Apt) -> int:
    """The PostgreSQL to use: an installed one for which there is TimescaleDB, or the distribution's own."""
    for major in installed_majors():
        if major in BUILDABLE_MAJORS or package_name(apt, major):
            return major
    for dependency in apt.depends("postgresql"):
        found = re.fullmatch(r"postgresql-(\d+)", dependency)
        if found:
            return int(found.group(1))
    raise InstallError("The package sources of this system offer no package 'postgresql'. " + BUILD_ADVICE)


def source_entry(index_targets: str, *, codename: str, keyring_exists: Callable[[str], bool], mirror: str = "") -> str:
    """A deb822 source entry for Debian 13's sources, on the mirror of the system's own Debian release.

    ``index_targets`` has a line per package list: repository, origin, codename and keyring, parted by tabs.
    ``mirror`` is asked instead where it is given. Raises InstallError where there is neither.
    """
    uri, keyring = mirror, DEBIAN_KEYRING
    for line in index_targets.splitlines():
        repository, origin, name, signed_by = line.split("\t")
        if origin == "Debian" and name == codename and not mirror:
            uri, keyring = repository, signed_by if signed_by.startswith("/") else DEBIAN_KEYRING
            break
    if not uri:
        raise InstallError(
            f"TimescaleDB is built from Debian's source package, but this system knows no Debian mirror. Name one in "
            f"{MIRROR_VARIABLE}. {BUILD_ADVICE}"
        )
    signed = f"Signed-By: {keyring}\n" if keyring_exists(keyring) else ""
    return f"Types: deb-src\nURIs: {uri}\nSuites: {SOURCE_SUITE}\nComponents: main\n{signed}"


def _codename(os_release: str) -> str:
    found = re.search(r"^VERSION_CODENAME=(\S+)", os_release, re.MULTILINE)
    return found.group(1) if found else ""


class TimescaleBuild:
    """One build of Debian 13's source package, in a folder of its own under the home."""

    def __init__(self, *, apt: Apt, home: Path, major: int) -> None:
        self.apt = apt
        self.major = major
        self.folder = home / "build" / "timescaledb"
        self.log = home / "logs" / "install-timescaledb.log"
        self.headers = self.folder / "headers"

    def fetch(self) -> None:
        """Download and unpack source and headers, apt checking their signatures. Raises InstallError."""
        shutil.rmtree(self.folder, ignore_errors=True)
        for name in ("lists/partial", "cache/archives/partial", "source", "debs", "headers"):
            (self.folder / name).mkdir(parents=True)
        (self.folder / "debian.sources").write_text(self._source_entry())
        private = [
            f"Dir::Etc::sourcelist={self.folder / 'debian.sources'}",
            "Dir::Etc::sourceparts=/dev/null",
            f"Dir::State::lists={self.folder / 'lists'}",
            f"Dir::Cache={self.folder / 'cache'}",
            "Acquire::Languages=none",
            "Acquire::Retries=2",
            "APT::Sandbox::User=root",
        ]
        options = [word for setting in private for word in ("-o", setting)]
        self._run("apt-get", "-q", *options, "update")
        self._run("apt-get", "-q", *options, "source", "--download-only", "timescaledb", cwd=self.folder / "source")

    def fetch_headers(self) -> None:
        """Unpack the server's headers in the build folder. Raises InstallError."""
        headers, *others = (name.format(major=self.major) for name in HEADER_PACKAGES)
        packages = [f"{headers}={self.server_version()}", *others]
        self._run("apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", *packages, cwd=self.folder / "debs")
        for deb in sorted((self.folder / "debs").glob("*.deb")):
            self._run("dpkg-deb", "-x", deb, self.headers)

    def server_version(self) -> str:
        """The server's package version. Headers of another minor version may name functions that the server lacks.

        Raises InstallError when those headers are no longer offered and the server is in use by a system cluster.
        """
        server, headers = f"postgresql-{self.major}", f"postgresql-server-dev-{self.major}"
        version = self.apt.installed(server)
        if version is not None and self.apt.offered(headers, version):
            return version
        if version is not None and any(Path("/etc/postgresql").glob("*/*")):
            raise InstallError(
                f"{server} {version} is older than the headers on offer, and a cluster of this system uses it. Upgrade "
                f"it (apt-get install {server}, which restarts that cluster), then run this again. {BUILD_ADVICE}"
            )
        if version is not None:
            self.apt.install(server, upgrade=True)
        found = self.apt.candidate(server)
        if found is None:
            raise InstallError(f"The package sources offer no {server}. {BUILD_ADVICE}")
        return found

    def build(self) -> Path:
        """Compile and pack. Gives the .deb. Raises InstallError."""
        [description] = (self.folder / "source").glob("*.dsc")
        tree = self.folder / "source" / "timescaledb"
        self._run("dpkg-source", "--no-check", "-x", description, tree)
        pg_config = self._relocated_pg_config()
        build = tree / "build-enermon"
        include = self.headers / "usr" / "include"
        multiarch = answer("gcc", "-print-multiarch").strip()
        paths = [include, include / multiarch, include / "mit-krb5"]
        env = {"CPATH": ":".join(str(path) for path in paths)}
        self._run("cmake", "-S", tree, "-B", build, f"-DPG_CONFIG={pg_config}", *CMAKE_OPTIONS, env=env)
        self._run("make", "-C", build, f"-j{os.cpu_count() or 1}", env=env)
        stage = self.folder / "stage"
        self._run("make", "-C", build, "install", env={**env, "DESTDIR": str(stage)})
        return self._pack(stage, version=description.name.removeprefix("timescaledb_").removesuffix(".dsc"))

    def clean(self) -> None:
        """Remove the build folder: 60 MB that nothing needs any more."""
        shutil.rmtree(self.folder.parent, ignore_errors=True)

    def _relocated_pg_config(self) -> Path:
        """A copy of pg_config among the headers: it names paths relative to where it stands, so it names theirs."""
        system = Path(f"/usr/lib/postgresql/{self.major}/bin")
        copy = self.headers / system.relative_to("/")
        copy.mkdir(parents=True, exist_ok=True)
        for name in ("pg_config", "postgres"):
            shutil.copy(system / name, copy / name)
        return copy / "pg_config"

    def _pack(self, stage: Path, *, version: str) -> Path:
        root = stage / str(self.headers).lstrip("/")
        control = root / "DEBIAN" / "control"
        control.parent.mkdir()
        server = re.sub(r"[^0-9.].*", "", self.apt.installed(f"postgresql-{self.major}") or "")
        architecture = answer("dpkg", "--print-architecture").strip()
        control.write_text(
            f"Package: postgresql-{self.major}-timescaledb\nVersion: {version}~pg{server}\n"
            f"Architecture: {architecture}\nDepends: postgresql-{self.major}\n"
            "Maintainer: this machine <root@localhost>\n"
            "Section: database\nPriority: optional\n"
            "Description: TimescaleDB (Apache edition), built on this machine from Debian's source package\n"
        )
        for folder in [root, *(path for path in root.rglob("*") if path.is_dir())]:
            folder.chmod(0o755)
        deb = self.folder / f"postgresql-{self.major}-timescaledb.deb"
        self._run("dpkg-deb", "--build", "--root-owner-group", root, deb)
        return deb

    def _source_entry(self) -> str:
        """The deb-src entry of Debian 13 on the mirror that the system itself uses."""
        fields = "$(REPO_URI)\t$(ORIGIN)\t$(CODENAME)\t$(SIGNED_BY)"
        asked = answer("apt-get", "indextargets", "--format", fields, "Created-By: Packages")
        release = Path("/etc/os-release").read_text()
        return source_entry(
            asked,
            codename=_codename(release),
            keyring_exists=lambda path: Path(path).exists(),
            mirror=os.environ.get(MIRROR_VARIABLE, ""),
        )

    def _run(self, *words: str | Path, cwd: Path | None = None, env: dict[str, str] | None = None) -> None:
        run_logged(words, log=self.log, advice=BUILD_ADVICE, cwd=cwd, env={"LC_ALL": "C", **(env or {})})
