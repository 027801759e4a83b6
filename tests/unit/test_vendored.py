"""What the console loads of others is what its list says, under terms that came along; npm makes the same again."""

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
MADE = ROOT / "services/api/web/vendor"
SOURCE = ROOT / "deploy/vendor"
LISTED: dict[str, Any] = json.loads((MADE / "VERSIONS.json").read_text("utf-8"))
LOCK: dict[str, Any] = json.loads((SOURCE / "package-lock.json").read_text("utf-8"))["packages"]
LICENCES = {"MIT", "Apache-2.0", "BSD-3-Clause", "0BSD"}


def packages() -> list[dict[str, str]]:
    """Every package whose code is in one of the files."""
    return [package for file in LISTED["files"].values() for package in file["packages"]]


def test_files_are_those_of_the_list() -> None:
    assert {path.name for path in MADE.iterdir()} == {*LISTED["files"], "VERSIONS.json", "LICENSES.txt"}
    for name, file in LISTED["files"].items():
        content = (MADE / name).read_bytes()
        assert (len(content), hashlib.sha512(content).hexdigest()) == (file["bytes"], file["sha512"]), name


def test_packages_are_those_of_the_lock_file() -> None:
    for package in (LISTED["with"], *packages()):
        locked = LOCK[f"node_modules/{package['name']}"]
        assert {key: locked[key] for key in ("version", "integrity", "license")} == {
            key: package[key] for key in ("version", "integrity", "license")
        }
    assert LOCK[""]["dependencies"] == json.loads((SOURCE / "package.json").read_text("utf-8"))["dependencies"]


def test_every_package_came_with_terms_that_allow_its_use() -> None:
    terms = (MADE / "LICENSES.txt").read_text("utf-8")
    for package in packages():
        assert package["license"] in LICENCES
        assert f"\n{package['name']} {package['version']} ({package['license']})\n" in f"\n{terms}"


def test_files_ask_nothing_of_the_internet() -> None:
    for name in LISTED["files"]:
        text = (MADE / name).read_text("utf-8")
        for call in ("XMLHttpRequest", "fetch(", "importScripts", "new Function", "eval("):
            assert call not in text, (name, call)


@pytest.mark.skipif(
    not os.environ.get("ENERMON_TEST_VENDOR") or shutil.which("npm") is None,
    reason="needs node, npm and its registry; ENERMON_TEST_VENDOR=1 asks for it",
)
def test_npm_makes_the_same_files_byte_for_byte(tmp_path: Path) -> None:
    for name in SOURCE.iterdir():
        if name.is_file():
            shutil.copy(name, tmp_path)
    made = tmp_path / "made"
    for command in (["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], ["node", "build.mjs", str(made)]):
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    assert {path.name: path.read_bytes() for path in made.iterdir()} == {
        path.name: path.read_bytes() for path in MADE.iterdir()
    }
