"""The OpenAPI document is what the API answers, and makes clients that work."""

import json
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from services.up.stack import Stack
from tests.e2e.clients.document import DocumentAsker
from tests.e2e.clients.generated import HERE, GeneratedAsker, generate, generators
from tests.e2e.clients.story import ENDLESS, Asker, Story, csv_of, xlsx_of
from tests.e2e.conftest import RunningRegion, running_region

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def region(stack: Stack, server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRegion]:
    """A region of their own: what these tests register and send is not to be in the sums that others look at."""
    with running_region(stack, server_url, tmp_path_factory.mktemp("region")) as region:
        yield region


@pytest.fixture(scope="module")
def document(region: RunningRegion) -> dict[str, Any]:
    """The document as the running API gives it."""
    found: dict[str, Any] = region.api.get("/openapi.json").json()
    return found


@pytest.fixture(scope="module")
def folder(document: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the document, for what is generated."""
    folder = tmp_path_factory.mktemp("clients")
    (folder / "openapi.json").write_text(json.dumps(document, ensure_ascii=False), "utf-8")
    return folder


@pytest.fixture(scope="module")
def commands() -> Path:
    """The commands of the generators."""
    return generators(Path(os.environ.get("ENERMON_HOME", ".enermon")).resolve())


@pytest.fixture(scope="module")
def client_module(commands: Path, folder: Path) -> str:
    """The client made by openapi-python-client, which leaves out what it cannot make and says so."""
    made, config = folder / "enermon_client", HERE / "openapi_python_client.yaml"
    options = ("--config", config, "--meta", "none", "--output-path", made)
    said = generate(commands, "openapi-python-client", "generate", "--path", folder / "openapi.json", *options)
    assert "Warning" not in said, said
    assert "Unable" not in said, said
    return "enermon_client"


@pytest.fixture(scope="module")
def models_module(commands: Path, folder: Path) -> str:
    """The models made by datamodel-code-generator, which refuse fields they do not know."""
    kind = ("--input-file-type", "openapi", "--output-model-type", "pydantic_v2.BaseModel", "--extra-fields", "forbid")
    files = ("--input", folder / "openapi.json", "--output", folder / "enermon_models.py")
    generate(commands, "datamodel-codegen", *kind, *files)
    return "enermon_models"


def tells_everything(asker: Asker, region: RunningRegion, document: dict[str, Any], number: int) -> None:
    story = Story(asker, region, number)
    story.tell()
    operations = {(method, path) for path, methods in document["paths"].items() for method in methods}
    assert operations - story.asked == {ENDLESS}


def test_every_answer_is_as_the_document_says(region: RunningRegion, document: dict[str, Any]) -> None:
    tells_everything(DocumentAsker(region.api, document), region, document, 1)


def test_a_generated_client_asks_everything(
    region: RunningRegion, document: dict[str, Any], commands: Path, folder: Path, client_module: str
) -> None:
    arguments = (client_module, str(folder / "openapi.json"), region.address)
    driver = GeneratedAsker(
        commands / "python", "drive_openapi_python_client.py", *arguments, cwd=folder, file_of=xlsx_of
    )
    with closing(driver) as asker:
        tells_everything(asker, region, document, 2)


def test_generated_models_read_every_answer(
    region: RunningRegion, document: dict[str, Any], commands: Path, folder: Path, models_module: str
) -> None:
    arguments = (models_module, str(folder / "openapi.json"), region.address)
    driver = GeneratedAsker(
        commands / "python", "drive_datamodel_code_generator.py", *arguments, cwd=folder, file_of=csv_of
    )
    with closing(driver) as asker:
        tells_everything(asker, region, document, 3)


def test_no_two_schemas_of_the_document_have_one_title(document: dict[str, Any]) -> None:
    titles = [schema.get("title") for schema in document["components"]["schemas"].values()]
    assert sorted(title for title in set(titles) if titles.count(title) > 1) == []
