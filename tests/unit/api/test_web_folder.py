"""The console's files: one digest of all in every address, and nothing of the folder but what browsers may have."""

import gzip
import os
import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from services.api.app import create_app
from services.api.console_paths import PATHS
from services.api.web_folder import MEDIA_TYPES, WebFolder, web_folder
from services.core.settings import Settings

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self';"
    " base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


@pytest.fixture(scope="module")
def client() -> TestClient:
    """The API without a database: none is asked for the console itself."""
    return TestClient(create_app(Settings()), base_url="http://127.0.0.1:8000")


@pytest.fixture
def folder(tmp_path: Path) -> WebFolder:
    """A folder with a page and two files, beside one that nobody is to have."""
    root = tmp_path / "web"
    (root / "lib").mkdir(parents=True)
    (root / "index.html").write_text('<script src="/web/{digest}/app.js" type="module"></script>')
    (root / "app.js").write_text('import "./lib/api.js";')
    (root / "lib" / "api.js").write_text("export const a = 1;")
    (tmp_path / "secret.js").write_text("export const secret = 1;")
    return WebFolder(root)


def page_at(path: str) -> str:
    """The page of the console, with the view of this path."""
    files = web_folder().files()
    return files.page("index.html", ["app.js", *files.views_at(path)])


def test_page_names_the_digest_of_all_files(folder: WebFolder) -> None:
    files = folder.files()
    assert re.fullmatch(r"[0-9a-f]{20}", files.digest)
    assert files.page("index.html") == f'<script src="/web/{files.digest}/app.js" type="module"></script>'


def test_page_names_all_that_its_modules_import(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "index.html").write_text("{modules}")
    (tmp_path / "app.js").write_text(
        'import { a } from "./lib/a.js";\nexport { c } from "./gone.js";\nimport("./late.js");'
    )
    (tmp_path / "late.js").write_text("")
    (tmp_path / "lib" / "a.js").write_text('import {\n  b,\n} from "./b.js";')
    (tmp_path / "lib" / "b.js").write_text('import { a } from "../lib/a.js";')
    files = WebFolder(tmp_path).files()
    named = ("app.js", "lib/a.js", "lib/b.js")
    links = [f'<link rel="modulepreload" href="/web/{files.digest}/{name}">' for name in named]
    assert files.page("index.html", ["app.js"]).split("\n") == links


@pytest.mark.parametrize(
    ("path", "views"),
    [
        ("/", ["today"]),
        ("/area/150600", ["area"]),
        ("/alerts/7", ["alerts", "alert"]),
        ("/print/area/150600/2026-10", ["bulletin"]),
    ],
)
def test_page_names_the_view_that_is_shown_first(client: TestClient, path: str, views: list[str]) -> None:
    page = client.get(path).text
    named = re.findall(r'modulepreload" href="/web/[^/]+/(?:views/(\w+)\.js)"', page)
    assert named == views
    assert "{" not in page


@pytest.mark.parametrize("name", ["app.js", "index.html", "lib/api.js"])
def test_change_of_any_file_changes_the_address_of_all(folder: WebFolder, name: str) -> None:
    before = folder.files()
    assert folder.files() is before
    path = folder.path / name
    path.write_text(path.read_text() + " ")
    after = folder.files(before.digest + "x")
    assert after.digest != before.digest
    path.rename(path.with_suffix(".old"))
    assert folder.files().digest not in (before.digest, after.digest)


def test_files_last_read_are_not_looked_at_again(folder: WebFolder) -> None:
    before = folder.files()
    (folder.path / "app.js").unlink()
    assert folder.files(before.digest) is before
    assert folder.files().file("app.js") is None


@pytest.mark.parametrize(
    "name",
    ["../secret.js", "lib/../../secret.js", "lib/../app.js", "/app.js", "lib", "", "index.html", "app.JS", "%61pp.js"],
)
def test_only_the_files_of_the_folder_are_found(folder: WebFolder, name: str) -> None:
    assert folder.files().file(name) is None
    assert folder.files().file("app.js") is not None


def test_every_address_of_the_console_answers_its_page(client: TestClient) -> None:
    for path in PATHS:
        answer = client.get(path.replace("{rest:path}", "150600/2026-11"))
        assert answer.status_code == 200, path
        assert answer.text == page_at(path), path
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.headers["cache-control"] == "no-cache"
        assert answer.headers["content-security-policy"] == POLICY
    assert client.get("/nowhere").json()["code"] == "not_found"


def test_every_view_can_be_opened_by_its_address(client: TestClient) -> None:
    declared = re.findall(r'\{ name: "\w+", path: "([^"]+)"', web_folder().files().page("views.js"))
    assert len(declared) > 10
    for path in declared:
        without = re.sub(r"/:\w+\?", "", path) or "/"
        for address in {re.sub(r":\w+\??", "150600", each) for each in (path, without)}:
            answer = client.get(address)
            assert (answer.status_code, answer.text) == (200, page_at(address)), address


def test_pages_have_no_script_and_no_style_of_their_own(client: TestClient) -> None:
    for path in ("/", "/login", "/reference"):
        text = client.get(path).text
        assert "{digest}" not in text, path
        for tag in re.findall(r"<(?:script|link rel=\"(?:stylesheet|modulepreload)\")[^>]*>", text):
            assert re.search(rf'(src|href)="/web/{web_folder().files().digest}/', tag), tag
        assert not re.search(r"<style| style=| on\w+=|<script[^>]*>[^<]", text), path


def test_file_under_its_digest_may_be_kept_for_good_by_anyone(client: TestClient) -> None:
    digest = web_folder().files().digest
    path = "vendor/preact.js"
    answer = client.get(f"/web/{digest}/{path}", headers={"Accept-Encoding": "identity"})
    assert answer.content == (web_folder().path / path).read_bytes()
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    # It is the same whoever asks: nothing that tells people apart is part of its address.
    assert {name.strip() for name in answer.headers["vary"].split(",")} == {"Accept-Encoding"}


def test_file_of_another_day_is_that_of_today_and_not_to_be_kept(client: TestClient) -> None:
    digest = web_folder().files().digest
    path = "vendor/preact.js"
    answer = client.get(f"/web/{'0' * 20}/{path}")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.content == client.get(f"/web/{digest}/{path}").content


def test_file_is_sent_zipped_once_for_all(client: TestClient) -> None:
    address = f"/web/{web_folder().files().digest}/vendor/echarts.js"
    with client.stream("GET", address, headers={"Accept-Encoding": "gzip"}) as answer:
        sent = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(sent) == (web_folder().path / "vendor/echarts.js").read_bytes()
    assert len(sent) < 250_000


@pytest.mark.parametrize(
    "name",
    [
        "../app.py",
        "..%2fapp.py",
        "%2e%2e/app.py",
        "..%5capp.py",
        "//etc/passwd",
        "vendor",
        "vendor/",
        "login.html.j2",
        "x.js",
    ],
)
def test_nothing_else_of_this_machine_is_sent(client: TestClient, name: str) -> None:
    for digest in (web_folder().files().digest, "0"):
        answer = client.get(f"/web/{digest}/{name}")
        assert (answer.status_code, answer.headers["cache-control"]) == (404, "no-store")


def test_every_file_of_the_folder_is_a_page_or_one_that_is_sent() -> None:
    root = web_folder().path
    kinds = {Path(name).suffix for _, _, names in os.walk(root) for name in names}
    assert kinds <= MEDIA_TYPES.keys() | {".html", ".j2"}


def test_our_own_files_name_no_other_server() -> None:
    for path in web_folder().path.rglob("*"):
        if path.is_file() and path.parent.name != "vendor":
            # Names of XML, and what runs beside this service in the demonstration.
            assert not re.search(r"https?://(?!www\.w3\.org/|127\.0\.0\.1)", path.read_text("utf-8")), path


def test_opening_a_page_uses_up_no_ones_requests() -> None:
    client = TestClient(create_app(Settings(api_requests_per_s=1)), base_url="http://127.0.0.1:8000")
    address = f"/web/{web_folder().files().digest}/vendor/preact.js"
    assert {client.get(address).status_code for _ in range(100)} == {200}
    assert 429 in {client.get("/").status_code for _ in range(100)}
