"""What the pages name exists: commands, links, addresses, variables, tables and their writers, metrics."""

import re
from functools import cache
from pathlib import Path

import pytest
import typer
import typer.main
from typer.core import TyperGroup

import services.cli
import simulators.cli
from services.core.settings import Settings
from tests.integration.served import document

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
TEXTS = {page.relative_to(ROOT).as_posix(): page.read_text("utf-8") for page in PAGES}
ARCHITECTURE = TEXTS["ARCHITECTURE.md"]
MIGRATIONS = sorted((ROOT / "services/core/db/migrations/versions").glob("*.sql"))
SCHEMA = "\n".join(file.read_text("utf-8") for file in MIGRATIONS)
TABLES = {*re.findall(r"CREATE TABLE (\w+)", SCHEMA)} - {*re.findall(r"DROP TABLE (\w+)", SCHEMA)}

WRITERS: dict[str, str | tuple[str, ...]] = {
    "migrate": "services/core/data",
    "api": "services/api",
    "intake": "services/ingest",
    "roll-up": ("services/energy", "services/provenance/sealing"),
    "alerts": "services/alerts",
    "quality": "services/quality",
    "upward": "services/upward",
    "retain": ("services/retention", "services/core/db/reading_edge"),
    "nobody": (),
}
# Queues are emptied by their reader; what the data files changed counts as a change of the registry; shipped rules are
# written by the service that is shipped with them, and tests of an address by those who ask for one; a subscription
# whose receiver says that it is gone is switched off by who hears it; a point that was said to be something is unknown
# no longer. The quality process puts into the queues what has ended, and what is to be booked anew; the API, the days
# of which other readings are expected now. Of gateways whose rule it is, the intake takes later values as corrections.
# Of readings that are dropped those are put back from which others are counted.
OTHER_HANDS = {
    ("dirty_slot", "DELETE FROM", "roll-up"),
    ("meter_change", "DELETE FROM", "roll-up"),
    ("dirty_slot", "INSERT INTO", "roll-up"),
    ("late_slot", "DELETE FROM", "roll-up"),
    ("late_slot", "INSERT INTO", "roll-up"),
    ("meter_change", "INSERT INTO", "roll-up"),
    ("registry_revision", "UPDATE", "migrate"),
    ("rule_version", "INSERT INTO", "alerts"),
    ("message", "INSERT INTO", "api"),
    ("dirty_slot", "INSERT INTO", "api"),
    ("seal_due", "INSERT INTO", "api"),
    ("seal_due", "DELETE FROM", "roll-up"),
    ("step_due", "DELETE FROM", "alerts"),
    ("quality_due", "DELETE FROM", "quality"),
    ("quality_due", "INSERT INTO", "quality"),
    ("quality_due", "INSERT INTO", "api"),
    ("dirty_slot", "INSERT INTO", "quality"),
    ("subscription", "UPDATE", "alerts"),
    ("unknown_point", "DELETE FROM", "api"),
    ("correction", "INSERT INTO", "intake"),
    ("reading", "INSERT INTO", "retain"),
}
BY_TRIGGER = {"audit", "audited"}
"""Written by no statement of a service: with the changes of other tables, or of the schema."""
KEPT = {"corrector"}
"""Not written any more; what was written once stays to be read."""

each_page = pytest.mark.parametrize("page", TEXTS)


def code_of(text: str) -> str:
    """What stands in fenced and indented blocks and between backticks."""
    fenced = re.findall(r"^ *```\w*\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    rest = re.sub(r"^ *```\w*\n.*?^ *```", "", text, flags=re.MULTILINE | re.DOTALL)
    indented = re.findall(r"^(?: {4}|\t)(.*)$", rest, re.MULTILINE)
    spans = re.findall(r"`([^`\n]+)`", rest)
    return "\n".join([*fenced, *indented, *spans])


def anchors_of(text: str) -> set[str]:
    """The anchors that a page's headings get."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def commands_of(app: typer.Typer) -> set[str]:
    """Names of the commands below an application."""
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    return set(group.commands)


@cache
def source_text(*folders: str) -> str:
    """All program text in these folders and files."""
    files = [
        path for name in folders for path in ([ROOT / name] if (ROOT / name).is_file() else (ROOT / name).rglob("*"))
    ]
    kinds = {".py", ".sh", ".sql", ".yml", ".example", ""}
    return "\n".join(path.read_text("utf-8") for path in files if path.is_file() and path.suffix in kinds)


@each_page
def test_every_link_leads_somewhere(page: str) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", TEXTS[page]):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        found = (ROOT / page).parent / name if name else ROOT / page
        assert found.exists(), target
        if anchor:
            assert anchor in anchors_of(found.read_text("utf-8")), target


@each_page
def test_every_make_target_exists(page: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z][a-z-]*)", code_of(TEXTS[page]))) <= targets


@each_page
@pytest.mark.parametrize(("command", "app"), [("enermon", services.cli.app), ("enermon-sim", simulators.cli.app)])
def test_every_command_exists(page: str, command: str, app: typer.Typer) -> None:
    named = re.findall(rf"(?<![\w:@-]){command} ([a-z][a-z0-9-]+)", code_of(TEXTS[page]))
    assert set(named) <= commands_of(app)


@each_page
def test_every_address_is_one_of_the_api(page: str) -> None:
    known = [re.sub(r"\{\w+\}", "[^/]+", path) for path in [*document()["paths"], "/openapi.json"]]
    code = code_of(TEXTS[page]).replace("$api/", "/api/v1/")
    named = re.findall(r"(?<![\w.}])/(?:api/v1/|health/|metrics|openapi)[^\s\"'`?,;|#]*", code)
    for address in named:
        assert any(re.fullmatch(path, address.rstrip("/")) for path in [*known, "/api/v1"]), address


@each_page
def test_every_variable_is_read_somewhere(page: str) -> None:
    settings = {f"ENERMON_{name.upper()}{end}" for name in Settings.model_fields for end in ("", "_FILE")}
    elsewhere = source_text(
        "services/up", "simulators", "deploy", "tests", "Makefile", "docker-compose.yml", ".env.example"
    )
    read = settings | set(re.findall(r"ENERMON_[A-Z_]+", elsewhere))
    assert set(re.findall(r"ENERMON_[A-Z_]+", TEXTS[page])) <= read


@each_page
def test_every_metric_is_counted(page: str) -> None:
    code = source_text("services")
    for metric in re.findall(r"\benermon_(?:leading|(?:api|ingest|rollup|alerts|quality)_\w+)", TEXTS[page]):
        assert f'"{metric}"' in code, metric


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_is_documented(name: str) -> None:
    assert any(f"`ENERMON_{name.upper()}`" in text for text in TEXTS.values())


def test_every_table_has_exactly_one_writer() -> None:
    listed = re.findall(r"^\| `(\w+)` \| ([\w-]+) \|", ARCHITECTURE, re.MULTILINE)
    assert sorted(table for table, _ in listed) == sorted(TABLES)
    assert {writer for _, writer in listed} == set(WRITERS)


def test_the_flow_names_tables_that_exist() -> None:
    assert set(re.findall(r"(?<!\w)\[([a-z_]+)\](?!\()", ARCHITECTURE)) <= TABLES


def test_no_table_is_written_by_another_than_its_writer() -> None:
    writer_of = dict(re.findall(r"^\| `(\w+)` \| ([\w-]+) \|", ARCHITECTURE, re.MULTILINE))
    written = set()
    for file in (ROOT / "services").rglob("*"):
        if file.suffix not in {".py", ".sql"} or file in MIGRATIONS:
            continue
        text = re.sub(r"(FOR|DO) UPDATE", "", file.read_text("utf-8"))
        for verb, table in re.findall(r"\b(INSERT INTO|UPDATE|DELETE FROM|COPY) (\w+)", text):
            if table in TABLES:
                written.add((table, verb, file.relative_to(ROOT).as_posix()))
        for table in re.findall(r'\bcopy_in\(\w[\w.]*, "(\w+)"', text):
            written.add((table, "COPY", file.relative_to(ROOT).as_posix()))
    strangers = {
        (table, verb, file)
        for table, verb, file in written
        for allowed in [{writer_of[table]} | {who for t, v, who in OTHER_HANDS if (t, v) == (table, verb)}]
        if not any(file.startswith(WRITERS[who]) for who in allowed)
    }
    assert strangers == set()
    assert {table for table, _, _ in written} == TABLES - BY_TRIGGER - KEPT


def test_every_decision_is_listed() -> None:
    pages = {path.name for path in (ROOT / "docs/decisions").glob("0*.md")}
    assert set(re.findall(r"\((0[^)]+)\)", TEXTS["docs/decisions/README.md"])) == pages


def test_both_readmes_give_the_same_commands() -> None:
    english, chinese = (
        re.findall(r"```sh\n(.*?)```", TEXTS[name], re.DOTALL) for name in ("README.md", "README.zh-CN.md")
    )
    assert english == chinese
    assert len(english) == 3
