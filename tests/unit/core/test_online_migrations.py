"""Changes of the schema pass while a large database works: what would hold it up is refused, or gives its reason.

Forms that read or rewrite a table, or build its index, under a lock that others wait for. Tables that the change itself
makes are empty. A statement that must be so has `-- not online: REASON` in the lines before it.
"""

import re

import pytest

from services.core.db.revision import SCRIPTS

FIRST_HELD = "0057"
"""Those of before are released, or were landed before the rule."""
ESCAPE = re.compile(r"-- not online: \S.{15,}")
MADE = re.compile(r"CREATE TABLE (?:IF NOT EXISTS )?([\w.]+)", re.IGNORECASE)
FORMS = {
    "builds an index while writers wait": (
        r"CREATE (?:UNIQUE )?INDEX (?!CONCURRENTLY).*? ON (?:ONLY )?(?P<table>[\w.]+)"
    ),
    "rewrites the table": r"ALTER TABLE (?P<table>[\w.]+).*?\bALTER (?:COLUMN )?\w+ (?:SET DATA )?TYPE\b",
    "reads the whole table": r"ALTER TABLE (?P<table>[\w.]+).*?\bSET NOT NULL\b",
    "holds each row against a constraint (NOT VALID, then VALIDATE in a further change)": (
        r"ALTER TABLE (?P<table>[\w.]+)(?!.*NOT VALID).*?"
        r"\b(?:CHECK ?\(|REFERENCES|FOREIGN KEY|UNIQUE|PRIMARY KEY|EXCLUDE)"
    ),
    "rewrites the table for a default that is computed": (
        r"ALTER TABLE (?P<table>[\w.]+).*?\bADD (?:COLUMN )?(?!CONSTRAINT)\w+ [^,;]*?\bDEFAULT (?!now\(\))\w+\("
    ),
    "changes the whole table in one transaction": r"^(?:UPDATE|DELETE FROM) (?P<table>[\w.]+)",
    "copies a table in one transaction": r"^INSERT INTO [\w.]+.*?\bFROM (?P<table>[\w.]+)",
    "locks the table": r"(?:LOCK TABLE|VACUUM FULL|CLUSTER|REINDEX TABLE) (?P<table>[\w.]+)",
}


def held_up(script: str) -> list[str]:
    """What of a script holds others up, each with its table."""
    made = {table.lower() for table in MADE.findall(script)}
    found = []
    for statement in re.sub(r"\$\$.*?\$\$", "", script, flags=re.DOTALL).split(";"):
        bare = " ".join(line for line in statement.splitlines() if not line.lstrip().startswith("--")).strip()
        for why, form in FORMS.items():
            match = re.search(form, bare, re.IGNORECASE)
            if match and match["table"].lower() not in made and not ESCAPE.search(statement):
                found.append(f"{match['table']}: {why}")
    return found


def test_what_comes_next_lets_others_work() -> None:
    for path in sorted((SCRIPTS / "versions").glob("[0-9]*.sql")):
        if path.name[:4] >= FIRST_HELD:
            assert held_up(path.read_text("utf-8")) == [], f"{path.name}: see docs/upgrade.md, for maintainers"


def test_scripts_of_changes_stand_in_files_of_sql() -> None:
    for path in sorted((SCRIPTS / "versions").glob("rev_*.py")):
        if path.name.split("_")[1] >= FIRST_HELD:
            assert not re.search(r"\b(?:ALTER|UPDATE|INSERT|INDEX)\b", path.read_text("utf-8")), path.name


@pytest.mark.parametrize(
    ("script", "table"),
    [
        ("CREATE INDEX reading_at ON reading (ts);", "reading"),
        ("CREATE UNIQUE INDEX one ON public.meter (code);", "public.meter"),
        ("ALTER TABLE reading\n    ALTER COLUMN value TYPE numeric;", "reading"),
        ("ALTER TABLE meter ALTER code SET NOT NULL;", "meter"),
        ("ALTER TABLE meter ADD CONSTRAINT above CHECK (multiplier > 0);", "meter"),
        ("ALTER TABLE meter ADD COLUMN park_id integer REFERENCES park (park_id);", "meter"),
        ("ALTER TABLE reading ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid();", "reading"),
        ("UPDATE energy_day SET slot_count = 0;", "energy_day"),
        ("INSERT INTO further\nSELECT * FROM reading;", "reading"),
        ("LOCK TABLE energy_slot IN SHARE MODE;", "energy_slot"),
    ],
)
def test_what_holds_others_up_is_refused(script: str, table: str) -> None:
    (told,) = held_up(script)
    assert told.startswith(f"{table}: ")
    assert held_up(f"-- not online: some hundred rows, written by people\n{script}") == []
    assert held_up(f"-- not online: so\n{script}") != []


def test_what_lets_others_work_passes() -> None:
    script = """
    CREATE TABLE further (id integer PRIMARY KEY, meter_id integer REFERENCES meter);
    CREATE INDEX further_meter ON further (meter_id);
    ALTER TABLE reading ADD COLUMN note text;
    ALTER TABLE energy_day ADD COLUMN changed_at timestamptz DEFAULT now();
    ALTER TABLE meter ADD CONSTRAINT above CHECK (multiplier > 0) NOT VALID;
    CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE reading SET value = 0; END $$;
    """
    assert held_up(script) == []
