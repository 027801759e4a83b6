#!/usr/bin/env python3
"""What `make release` does: wheel, image, SBOM and licences of a version, each made twice and compared.

    python deploy/release.py                    into build/release/VERSION; needs Docker, PyPI and a clean checkout
    python deploy/release.py --no-image         without the image
    python deploy/release.py --draft            of a checkout with changes, or without the version in the changelog
    python deploy/release.py --version 0.8.0    give the project another version, everywhere it stands; makes nothing
    python deploy/release.py --licences         write docs/licences.md anew from the lock file; makes nothing else

Run by the Python of the environment for tests. Exit code 1 and the reason where something cannot be made, or is not the
same twice.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from audit import AuditError, faults_of_sbom, sbom_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

CHECKOUT = Path(__file__).resolve().parent.parent
LOCK = CHECKOUT / "requirements.lock"
VENDORED = CHECKOUT / "services/api/web/vendor"
PAGE = CHECKOUT / "docs/licences.md"
NAMED_IN = ("docker-compose.yml", ".env.example", "deploy/docker/Dockerfile")
"""Files that name the image of this version."""
IMAGE = re.compile(r"\benermon:\d+\.\d+\.\d+\b")
PAGE_HEAD = """# Licences of what is shipped

Written by `python deploy/release.py --licences` from what the lock file installs and what `make vendor` took in; a test
holds it to both. The texts are in the file `LICENSES.txt` of a [release](release.md), with those of the packages of
Debian in the image. Fonts are not shipped: the console uses those of the machine.

"""


class ReleaseError(Exception):
    """The release cannot be made; the message says what, why and how to mend it."""


def version() -> str:
    """Of the project: pyproject.toml is the one place where it is said."""
    return str(tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]["version"])


def give_version(wanted: str) -> None:
    """Write another version wherever it stands. Raises ReleaseError."""
    if not re.fullmatch(r"\d+\.\d+\.\d+", wanted):
        raise ReleaseError(f"'{wanted}' is no version: write three numbers, as 0.8.0")
    changes = [
        ("pyproject.toml", re.compile(r'^version = ".*"$', re.MULTILINE), f'version = "{wanted}"'),
        ("CHANGELOG.md", re.compile(r"^## Unreleased$", re.MULTILINE), f"## {wanted}"),
        *((name, IMAGE, f"enermon:{wanted}") for name in NAMED_IN),
    ]
    for name, pattern, text in changes:
        file = CHECKOUT / name
        written, count = pattern.subn(text, file.read_text("utf-8"))
        if not count:
            raise ReleaseError(f"{name}: nothing there matches {pattern.pattern}")
        file.write_text(written, "utf-8")


def vendored() -> list[dict[str, str]]:
    """Packages of npm whose code the console loads, each once: name, version, license."""
    files = json.loads((VENDORED / "VERSIONS.json").read_text("utf-8"))["files"].values()
    found = {(each["name"], each["version"]): each for file in files for each in file["packages"]}
    return [found[key] for key in sorted(found)]


def licence_of(component: Mapping[str, Any]) -> str:
    """The licences of a component of an SBOM, in words: expressions of SPDX, else what it calls them."""
    said = [
        each.get("expression") or each["license"].get("id") or each["license"]["name"] for each in component["licenses"]
    ]
    return ", ".join(dict.fromkeys(" ".join(each.split())[:60] for each in said))


def licences_page(sbom: Mapping[str, Any]) -> str:
    """The page with every package, its version and its licence."""
    rows = [("Python", part["name"], part["version"], licence_of(part)) for part in sbom["components"]]
    rows += [("npm", part["name"], part["version"], part["license"]) for part in vendored()]
    lines = [f"| {' | '.join(row)} |" for row in sorted(rows, key=lambda row: (row[0] != "Python", row[1].lower()))]
    return PAGE_HEAD + "\n".join(["| of | package | version | licence |", "| --- | --- | --- | --- |", *lines, ""])


def whole_sbom(sbom: dict[str, Any], debian: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """The SBOM of the Python packages with those of npm, and those of Debian (name, version) of the image."""
    of_npm = [
        {
            "type": "library",
            "name": part["name"],
            "version": part["version"],
            "bom-ref": (ref := f"pkg:npm/{part['name'].replace('@', '%40')}@{part['version']}"),
            "purl": ref,
            "licenses": [{"license": {"id": part["license"]}}],
        }
        for part in vendored()
    ]
    of_debian = [
        {"type": "library", "name": name, "version": of, "bom-ref": (ref := f"pkg:deb/debian/{name}@{of}"), "purl": ref}
        for name, of in debian
    ]
    return sbom | {"components": [*sbom["components"], *of_npm, *of_debian]}


def run(*words: str | Path, cwd: Path = CHECKOUT, environment: Mapping[str, str] | None = None) -> str:
    """What a command answers. Raises ReleaseError."""
    ended = subprocess.run(  # noqa: S603
        words, cwd=cwd, capture_output=True, text=True, check=False, env={**os.environ, **(environment or {})}
    )
    if ended.returncode:
        raise ReleaseError(f"{' '.join(map(str, words[:4]))} … failed:\n{(ended.stderr or ended.stdout)[-1500:]}")
    return ended.stdout


def sources(folder: Path, *, draft: bool) -> Path:
    """A copy of what is committed (a draft: not ignored), and of the wheels for the image. Raises ReleaseError."""
    listed = ("ls-files", "-z", "--cached", *(("--others", "--exclude-standard") if draft else ()))
    copy = folder / "enermon"
    wheels = (path.relative_to(CHECKOUT).as_posix() for path in (CHECKOUT / "deploy/docker/wheels").glob("*.whl"))
    for name in (*run("git", *listed).split("\0"), *wheels):
        source = CHECKOUT / name
        if name and source.is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, copy / name)
            (copy / name).chmod(0o755 if os.access(source, os.X_OK) else 0o644)
    return copy


def wheel(copy: Path, into: Path, epoch: str) -> Path:
    """Build the wheel of a copy. Raises ReleaseError."""
    options = ("--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--disable-pip-version-check")
    run(sys.executable, "-m", "pip", "wheel", *options, "-w", into, copy, environment={"SOURCE_DATE_EPOCH": epoch})
    (built,) = into.glob("*.whl")
    return built


def image(copy: Path, tag: str, *, anew: bool) -> None:
    """Build the image of a copy, with PYTHON_BASE and the PIP_… of the environment. Raises ReleaseError."""
    names = ("PYTHON_BASE", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST", "PIP_NO_INDEX")
    given = [word for name in names if os.environ.get(name) for word in ("--build-arg", f"{name}={os.environ[name]}")]
    cache = ["--no-cache"] if anew else []
    run("docker", "build", "-q", *cache, *given, "-f", "deploy/docker/Dockerfile", "-t", tag, ".", cwd=copy)


def files_of_image(tag: str, folder: Path) -> dict[str, str]:
    """Every path of an image with its kind, rights, owner and content, but without its times. Raises ReleaseError."""
    container, archive = run("docker", "create", tag).strip(), folder / "image.tar"
    try:
        run("docker", "export", "-o", archive, container)
    finally:
        run("docker", "rm", container)
    found = {}
    with tarfile.open(archive) as tar:
        for member in tar:
            opened = tar.extractfile(member) if member.isreg() else None
            content = hashlib.sha256(opened.read()).hexdigest() if opened else member.linkname
            found[member.name] = f"{member.type!r} {member.mode:o} {member.uid}:{member.gid} {content}"
    archive.unlink()
    return found


def debian_of_image(tag: str) -> tuple[list[tuple[str, str]], str]:
    """Name and version of each package of Debian, and the texts of their copyright files. Raises ReleaseError."""
    inside = ("docker", "run", "--rm", "--network", "none", "--entrypoint", "sh", tag, "-c")
    listed = run(*inside, "dpkg-query -W -f '${Package} ${Version}\\n'").split("\n")
    texts = run(*inside, 'for f in /usr/share/doc/*/copyright; do echo "======== $f"; cat "$f"; done')
    packages = [(name, of) for name, _, of in (line.partition(" ") for line in listed if line)]
    missing = [name for name, _ in packages if f"======== /usr/share/doc/{name}/copyright" not in texts]
    if missing:
        raise ReleaseError(f"the image has no licence of {', '.join(missing)}")
    return packages, texts


def licence_texts(product: Path) -> str:
    """What the installed Python packages and the vendored files say of their terms. Raises ReleaseError."""
    parts = []
    for found in sorted(product.glob("lib/python*/site-packages/*.dist-info")):
        texts = [path for path in sorted(found.rglob("*")) if re.match(r"(?i)(licen[cs]e|copying|notice)", path.name)]
        parts += [
            f"======== {found.name.removesuffix('.dist-info')}: {path.name}\n{path.read_text('utf-8', 'replace')}"
            for path in texts
            if path.is_file()
        ]
    return "\n".join([*parts, (VENDORED / "LICENSES.txt").read_text("utf-8")])


def same_twice(copies: Sequence[Path], folder: Path, tag: str, *, with_image: bool, epoch: str) -> Path:
    """Build wheel and image of both copies and compare. Gives the wheel. Raises ReleaseError."""
    wheels = [wheel(copy, folder / f"wheel-{number}", epoch) for number, copy in enumerate(copies)]
    if wheels[0].read_bytes() != wheels[1].read_bytes():
        raise ReleaseError("two wheels of the same sources differ; is something of them made anew at each build?")
    print(f"wheel: twice the same bytes ({wheels[0].stat().st_size} bytes)", flush=True)
    if with_image:
        seen = []
        for copy in copies:
            image(copy, tag, anew=True)
            seen.append(files_of_image(tag, folder))
        differ = sorted(name for name in seen[0].keys() | seen[1].keys() if seen[0].get(name) != seen[1].get(name))
        if differ:
            raise ReleaseError(
                f"two images of the same sources differ in {len(differ)} files: {', '.join(differ[:5])} …"
            )
        print(f"image: twice the same {len(seen[0])} files, but for their times; its layers and id differ", flush=True)
    return wheels[0]


@contextmanager
def for_the_image_alone(variable: str) -> Iterator[None]:
    """Without this variable, which is meant for the build of the image: its wheels lie in a folder of the checkout."""
    given = os.environ.pop(variable, None)
    try:
        yield
    finally:
        if given is not None:
            os.environ[variable] = given


def make(into: Path, *, draft: bool, with_image: bool) -> None:
    """Make the release. Raises ReleaseError, AuditError."""
    named = re.search(r"^## (.*)$", (CHECKOUT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    if not draft and run("git", "status", "--porcelain"):
        raise ReleaseError("the checkout has changes: commit them, or make a --draft")
    if not draft and (named is None or named[1] != version()):
        raise ReleaseError(
            f"the newest section of CHANGELOG.md is not {version()}: python deploy/release.py --version …"
        )
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    epoch, tag = run("git", "log", "-1", "--format=%ct").strip(), f"enermon:{version()}"
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        copies = [sources(folder / str(number), draft=draft) for number in range(2)]
        built = same_twice(copies, folder, tag, with_image=with_image, epoch=epoch)
        with for_the_image_alone("PIP_NO_INDEX"):
            sbom = sbom_of(LOCK, folder)
        if faults := faults_of_sbom(sbom, LOCK.read_text("utf-8")):
            raise ReleaseError("\n".join(faults))
        debian, texts = debian_of_image(tag) if with_image else ([], "")
        shutil.copyfile(built, into / built.name)
        (into / f"enermon-{version()}.cdx.json").write_text(
            json.dumps(whole_sbom(sbom, debian), indent=2) + "\n", "utf-8"
        )
        (into / "LICENSES.txt").write_text(f"{licence_texts(folder / 'product')}\n{texts}", "utf-8")
        if with_image:
            run("docker", "save", "-o", into / f"enermon-{version()}.image.tar", tag)
    files = sorted(into.iterdir())
    sums = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files]
    (into / "SHA256SUMS").write_text("".join(sums), "utf-8")
    print("".join(sums), end="")


def main() -> int:
    """Do what is asked. Exit code 1 where it cannot be done."""
    parser = argparse.ArgumentParser(description="Wheel, image, SBOM and licences of a version")
    parser.add_argument("--no-image", action="store_true", help="without the image")
    parser.add_argument("--draft", action="store_true", help="of a checkout with changes")
    parser.add_argument("--version", metavar="N.N.N", help="give the project this version, and make nothing")
    parser.add_argument("--licences", action="store_true", help="write docs/licences.md, and make nothing else")
    chosen = parser.parse_args()
    try:
        if chosen.version:
            give_version(chosen.version)
        elif chosen.licences:
            with tempfile.TemporaryDirectory() as made:
                PAGE.write_text(licences_page(sbom_of(LOCK, Path(made))), "utf-8")
        else:
            make(CHECKOUT / "build/release" / version(), draft=chosen.draft, with_image=not chosen.no_image)
    except (ReleaseError, AuditError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
