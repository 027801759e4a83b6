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
SOURCE = ROOT / "deploy/vendor"
FOLDERS = {"web": ROOT / "services/api/web/vendor", "tests": ROOT / "tests/console/vendor"}
LOCK: dict[str, Any] = json.loads((SOURCE / "package-lock.json").read_text("utf-8"))["packages"]
LICENCES = {"web": {"MIT", "Apache-2.0", "BSD-3-Clause", "0BSD"}, "tests": {"MPL-2.0"}}

each_folder = pytest.mark.parametrize("name", sorted(FOLDERS))


def listed(name: str) -> dict[str, Any]:
    """What a folder's list says is in it."""
    said: dict[str, Any] = json.loads((FOLDERS[name] / "VERSIONS.json").read_text("utf-8"))
    return said


def packages(name: str) -> list[dict[str, str]]:
    """Every package whose code is in one of the files of a folder."""
    return [package for file in listed(name)["files"].values() for package in file["packages"]]


@each_folder
def test_files_are_those_of_the_list(name: str) -> None:
    files = listed(name)["files"]
    assert {path.name for path in FOLDERS[name].iterdir()} == {*files, "VERSIONS.json", "LICENSES.txt"}
    for file, said in files.items():
        content = (FOLDERS[name] / file).read_bytes()
        assert (len(content), hashlib.sha512(content).hexdigest()) == (said["bytes"], said["sha512"]), file


@each_folder
def test_packages_are_those_of_the_lock_file(name: str) -> None:
    for package in (listed(name)["with"], *packages(name)):
        locked = LOCK[f"node_modules/{package['name']}"]
        assert {key: locked[key] for key in ("version", "integrity", "license")} == {
            key: package[key] for key in ("version", "integrity", "license")
        }
    assert LOCK[""]["dependencies"] == json.loads((SOURCE / "package.json").read_text("utf-8"))["dependencies"]


@each_folder
def test_every_package_came_with_terms_that_allow_its_use(name: str) -> None:
    terms = (FOLDERS[name] / "LICENSES.txt").read_text("utf-8")
    for package in packages(name):
        assert package["license"] in LICENCES[name]
        assert f"\n{package['name']} {package['version']} ({package['license']})\n" in f"\n{terms}"


@pytest.mark.parametrize("name", ["preact.js", "echarts.js", "qr.js"])
def test_files_of_the_console_ask_nothing_of_the_internet(name: str) -> None:
    text = (FOLDERS["web"] / name).read_text("utf-8")
    for call in ("XMLHttpRequest", "fetch(", "importScripts", "new Function", "eval(", "sourceMappingURL"):
        assert call not in text, call


@pytest.mark.skipif(
    not os.environ.get("ENERMON_TEST_VENDOR") or shutil.which("npm") is None,
    reason="needs node, npm and its registry; ENERMON_TEST_VENDOR=1 asks for it",
)
def test_npm_makes_the_same_files_byte_for_byte(tmp_path: Path) -> None:
    for path in SOURCE.iterdir():
        if path.is_file():
            shutil.copy(path, tmp_path)
    install = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    made = {name: tmp_path / name for name in FOLDERS}
    for command in (install, ["node", "build.mjs", str(made["web"]), str(made["tests"])]):
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    for name, folder in FOLDERS.items():
        assert {path.name: path.read_bytes() for path in made[name].iterdir()} == {
            path.name: path.read_bytes() for path in folder.iterdir()
        }
