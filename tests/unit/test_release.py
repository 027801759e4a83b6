"""The version stands in one place, and everything that is shipped has its licence on one page."""

import importlib.util
import json
import re
import shutil
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module", name="release")
def release_program() -> ModuleType:
    sys.path.insert(0, str(ROOT / "deploy"))
    spec = importlib.util.spec_from_file_location("release", ROOT / "deploy" / "release.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_image_that_is_named_is_that_of_the_version(release: ModuleType) -> None:
    for name in release.NAMED_IN:
        named = release.IMAGE.findall((ROOT / name).read_text("utf-8"))
        assert set(named) == {f"enermon:{release.version()}"}, name


def test_no_other_file_names_an_image_of_a_version(release: ModuleType) -> None:
    folders = (ROOT / "deploy", ROOT / "docs", ROOT / "services", ROOT / "tests")
    files = [file for folder in folders for kind in ("*.sh", "*.md", "*.yml", "*.py") for file in folder.rglob(kind)]
    named = [file.relative_to(ROOT).as_posix() for file in files if release.IMAGE.search(file.read_text("utf-8"))]
    assert named == []


def test_the_changelog_begins_with_the_version_or_what_is_not_released(release: ModuleType) -> None:
    first, second = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)[:2]
    assert release.version() in ((first, second) if first == "Unreleased" else (first,))


def test_another_version_is_written_wherever_it_stands(
    release: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("pyproject.toml", *release.NAMED_IN):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, tmp_path / name)
    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n\n## Unreleased\n\n- more\n\n## 0.0.1\n", "utf-8")
    monkeypatch.setattr(release, "CHECKOUT", tmp_path)
    wanted = "9.8.7"
    release.give_version(wanted)
    assert release.version() == wanted
    for name in release.NAMED_IN:
        assert f"enermon:{wanted}" in (tmp_path / name).read_text("utf-8")
    assert (tmp_path / "CHANGELOG.md").read_text("utf-8").startswith("# Changelog\n\n## 9.8.7\n")
    with pytest.raises(release.ReleaseError, match=r"CHANGELOG\.md: nothing there"):
        release.give_version("9.8.8")
    with pytest.raises(release.ReleaseError, match="is no version"):
        release.give_version("next")


def test_the_page_of_licences_has_what_is_locked_and_what_is_vendored(release: ModuleType) -> None:
    rows = [line.strip("| ").split(" | ") for line in release.PAGE.read_text("utf-8").splitlines() if " | " in line]
    listed = {(of, name.lower().replace("_", "-"), version) for of, name, version, _ in rows[2:] if of != "---"}
    lock = re.findall(r"^([\w.-]+)==([\w.!+-]+)", release.LOCK.read_text("utf-8"), re.MULTILINE)
    npm = {("npm", each["name"], each["version"]) for each in release.vendored()}
    assert listed == {("Python", name.lower(), version) for name, version in lock} | npm
    assert all(licence.strip() for *_, licence in rows)


def test_the_whole_sbom_has_what_the_console_loads_and_what_the_image_holds(release: ModuleType) -> None:
    of_python: dict[str, Any] = {"bomFormat": "CycloneDX", "components": [{"name": "idna", "version": "3.20"}]}
    sbom = json.loads(json.dumps(release.whole_sbom(of_python, [("libc6", "2.36-9+deb12u14")])))
    names = [part["name"] for part in sbom["components"]]
    assert names[0] == "idna"
    assert names[-1] == "libc6"
    assert {each["name"] for each in release.vendored()} == set(names[1:-1])
    assert sbom["components"][-1]["purl"] == "pkg:deb/debian/libc6@2.36-9+deb12u14"
    refs = [part["bom-ref"] for part in sbom["components"][1:]]
    assert len(refs) == len(set(refs))


def test_licences_are_told_as_they_are_given(release: ModuleType) -> None:
    given = [{"license": {"id": "MIT"}}, {"expression": "Apache-2.0 OR BSD-3-Clause"}, {"license": {"name": "MIT"}}]
    assert release.licence_of({"licenses": given}) == "MIT, Apache-2.0 OR BSD-3-Clause"
