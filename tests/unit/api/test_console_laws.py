"""The laws of the console's files: who asks, who writes numbers, who imports whom; and both languages are there."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

WEB = Path(__file__).parents[3] / "services/api/web"
OWN = sorted(path.relative_to(WEB).as_posix() for path in WEB.rglob("*.js") if "vendor" not in path.parts)
MODULES = [name for name in OWN if name.split("/")[0] in ("lib", "parts", "views") or name in ("app.js", "views.js")]
WORDS = [name for name in MODULES if name.endswith(".words.js")]
MOST_LINES = 300

_IMPORT = re.compile(r"""(?:^(?:import|export)\b[^;]*?\bfrom |\bimport\()["']([^"']+)["']""", re.MULTILINE)
_KEY = re.compile(r"""^  (?:"([^"]+)"|(\w+)):""", re.MULTILINE)
_USED = re.compile(r"""\bt\(\s*["'](\w+)["']""")


def _read(name: str) -> str:
    return (WEB / name).read_text(encoding="utf-8")


def _imported(name: str) -> Iterator[str]:
    for found in _IMPORT.findall(_read(name)):
        assert found.startswith("."), f"{name} imports {found}: there is no map of names, write the file"
        yield (WEB / name).parent.joinpath(found).resolve().relative_to(WEB).as_posix()


def _keys(name: str) -> dict[str, set[str]]:
    parts = re.split(r"^const (zh|en) = \{$", _read(name), flags=re.MULTILINE)
    return {
        parts[at]: {quoted or plain for quoted, plain in _KEY.findall(parts[at + 1])} for at in range(1, len(parts), 2)
    }


@pytest.mark.parametrize("name", MODULES)
def test_only_one_file_asks_the_api(name: str) -> None:
    if name != "lib/api.js":
        assert not re.search(r"\bfetch\(|XMLHttpRequest", _read(name))
    if name not in ("lib/api.js", "lib/live.js"):
        assert "EventSource" not in _read(name)


@pytest.mark.parametrize("name", [name for name in MODULES if name not in ("lib/format.js", "parts/number.js")])
def test_no_other_file_writes_numbers(name: str) -> None:
    text = _read(name)
    assert not re.search(r"toFixed|toLocaleString|NumberFormat|toPrecision", text)
    if name.startswith("views/"):
        assert not re.search(r"import \{[^}]*\b(shown|percent|changeText|shareCut)\b[^}]*\}", text)


@pytest.mark.parametrize("name", [name for name in MODULES if name.startswith("views/")])
def test_no_view_imports_another(name: str) -> None:
    # A view of several files has a folder of its own name beside it.
    own = name.removeprefix("views/").split("/")[0].split(".")[0]
    for imported in _imported(name):
        if imported.startswith("views/"):
            assert imported.removeprefix("views/").split("/")[0].split(".")[0] == own, f"{name} imports {imported}"


@pytest.mark.parametrize("name", [name for name in MODULES if name.startswith(("lib/", "parts/"))])
def test_what_views_are_made_of_knows_no_view(name: str) -> None:
    floors = ("vendor/", "lib/") if name.startswith("lib/") else ("vendor/", "lib/", "parts/")
    for imported in _imported(name):
        assert imported.startswith(floors), f"{name} imports {imported}"


@pytest.mark.parametrize("name", [name for name in MODULES if name != "views.js"])
def test_what_is_imported_is_there(name: str) -> None:
    assert [each for each in _imported(name) if not (WEB / each).is_file()] == []


@pytest.mark.parametrize(
    "name", [*OWN, *(path.relative_to(WEB).as_posix() for path in sorted(WEB.glob("style/*.css")))]
)
def test_files_stay_short(name: str) -> None:
    assert _read(name).count("\n") <= MOST_LINES


@pytest.mark.parametrize("name", WORDS)
def test_both_languages_have_the_same_words(name: str) -> None:
    keys = _keys(name)
    assert set(keys) == {"zh", "en"}
    assert keys["zh"] == keys["en"]
    assert keys["zh"]


@pytest.mark.parametrize("name", [name for name in MODULES if not name.endswith("words.js")])
def test_words_that_are_said_exist(name: str) -> None:
    known = _keys("lib/common.words.js")["zh"]
    for imported in _imported(name):
        if imported.endswith(".words.js"):
            for words in (imported, *_imported(imported)):
                known = known | _keys(words)["zh"]
    assert set(_USED.findall(_read(name))) - known == set()


@pytest.mark.parametrize("name", MODULES)
def test_nothing_is_used_that_older_browsers_lack(name: str) -> None:
    # Chromium 92: https://chromestatus.com
    assert not re.search(
        r"\.at\(-|structuredClone|Object\.hasOwn|\.findLast\(|\.toSorted\(|Array\.fromAsync|\.toReversed\(|Object\.groupBy",
        _read(name),
    )


@pytest.mark.parametrize("name", sorted(path.name for path in WEB.glob("style/*.css")))
def test_no_style_is_used_that_older_browsers_lack(name: str) -> None:
    text = re.sub(r"/\*.*?\*/", "", (WEB / "style" / name).read_text(encoding="utf-8"), flags=re.DOTALL)
    assert not re.search(
        r"light-dark\(|:has\(|@container|@layer|color-mix\(|\d[sld]vh|text-wrap|accent-color: auto", text
    )
    # Nesting: a rule within a rule, but for those of @media, @page, @supports and @keyframes.
    depth, nested = 0, []
    for line in text.splitlines():
        if "{" in line and depth >= 2 and not line.lstrip().startswith("@"):
            nested.append(line)
        depth += line.count("{") - line.count("}")
    assert nested == []


def test_every_declared_view_has_its_file() -> None:
    declared = re.findall(r'import\("\./(views/\w+\.js)"\)', _read("views.js"))
    assert len(declared) == len(set(declared)) > 0


def test_every_key_of_a_view_is_its_own() -> None:
    keys = re.findall(r'key: "(\w)"', _read("views.js"))
    assert len(keys) == len(set(keys)) > 0
