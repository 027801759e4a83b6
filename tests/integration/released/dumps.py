"""Dumps of released versions: a script for psql, and beside it what the version answered.

The hypertables are made by the script, and hold what is copied in: so it stands on any version of TimescaleDB, which
a dump with chunks does not, and on PostgreSQL without it.
"""

import json
import lzma
import re
import subprocess
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

FOLDER = Path(__file__).parent / "dumps"
NOT_OURS = ("-N", "_timescaledb_*", "-N", "timescaledb_*", "-e", "plpgsql")
NOT_FOR_A_SCRIPT = re.compile(r"^\\(un)?restrict .*\n|^CREATE TRIGGER ts_insert_blocker [^;]*;\n", re.MULTILINE)
BETWEEN_STATEMENTS = re.compile(r"^--\n-- Name: .*\n--\n|(?<=;)\n(?=GRANT|REVOKE)", re.MULTILINE)
HYPERTABLES = """
SELECT
    format('%I.%I', hypertable_schema, hypertable_name) AS name,
    column_name AS column,
    extract(epoch FROM time_interval)::bigint AS chunk_s
FROM timescaledb_information.dimensions
ORDER BY 1
"""
TABLES = """
SELECT
    format('%I.%I', namespace.nspname, class.relname) AS name,
    (
        SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum)
        FROM pg_attribute
        WHERE attrelid = class.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
    ) AS columns
FROM pg_class AS class
JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace
WHERE class.relkind = 'r' AND namespace.nspname IN ('public', 'open')
ORDER BY 1
"""
SEQUENCES = (
    "SELECT format('%I.%I', schemaname, sequencename) AS name, last_value FROM pg_sequences WHERE last_value > 0"
)
SUMS = {
    "meters by month": """
        SELECT kept.meter_id, meter.code, kept.month::text, kept.quantity_pico::text, kept.measured_s::text
        FROM energy_month AS kept JOIN meter ON meter.meter_id = abs(kept.meter_id)
        WHERE kept.slot_count > 0 ORDER BY 1, 3
    """,
    "meters by day": """
        SELECT kept.meter_id, meter.code, kept.day::text, kept.quantity_pico::text, kept.measured_s::text
        FROM energy_day AS kept JOIN meter ON meter.meter_id = abs(kept.meter_id)
        WHERE kept.slot_count > 0 ORDER BY 1, 3
    """,
    "places by day": """
        SELECT ledger.place_kind, ledger.place_code, ledger.carrier, ledger.flow, kept.day::text,
            kept.quantity_pico::text, kept.measured_s::text
        FROM ledger_day AS kept JOIN ledger ON ledger.ledger_id = kept.ledger_id
        WHERE kept.slot_count > 0 ORDER BY 1, 2, 3, 4, 5
    """,
    "readings": "SELECT meter_id, ts::text, value::text FROM reading ORDER BY 1, 2",
}


def answers_of(connection: psycopg.Connection) -> dict[str, list[list[Any]]]:
    """Sums by meter and place, and every reading, in the form in which they are kept beside a dump."""
    return {name: [list(row) for row in connection.execute(asked).fetchall()] for name, asked in SUMS.items()}


def take(database_url: str, version: str, folder: Path, programs: Path) -> Path:
    """Write `version`.sql.xz and `version`.json.xz into `folder`; nothing may write to the database meanwhile."""
    with psycopg.connect(database_url, options="-c timezone=UTC", row_factory=dict_row) as connection:
        made = [
            f"SELECT public.create_hypertable('{table['name']}', '{table['column']}', create_default_indexes => false,"
            f" chunk_time_interval => {table['chunk_s']} * interval '1 s');\n"
            for table in connection.execute(HYPERTABLES)
        ]
        rows = [_copied(connection, table["name"], table["columns"]) for table in connection.execute(TABLES).fetchall()]
        numbers = [
            f"SELECT pg_catalog.setval('{sequence['name']}', {sequence['last_value']});\n"
            for sequence in connection.execute(SEQUENCES)
        ]
    script = [
        _schema(database_url, "pre-data", programs),
        *("\\if :timescale\nCREATE EXTENSION timescaledb SCHEMA public;\n", *made, "\\endif\n"),
        *rows,
        *numbers,
        _schema(database_url, "post-data", programs),
    ]
    folder.mkdir(exist_ok=True)
    with psycopg.connect(database_url, options="-c timezone=UTC") as connection:
        kept = json.dumps(answers_of(connection), ensure_ascii=False, indent=0)
    _write(folder / f"{version}.json.xz", kept)
    _write(folder / f"{version}.sql.xz", "".join(script))
    return folder / f"{version}.sql.xz"


def restore(database_url: str, dump: Path, programs: Path, *, timescale: bool) -> None:
    """Run the script in an empty database. Raises CalledProcessError at its first fault."""
    subprocess.run(
        [
            *(str(programs / "psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-1"),
            *("-v", f"timescale={'on' if timescale else 'off'}", database_url),
        ],
        input=lzma.decompress(dump.read_bytes()),
        stdout=subprocess.DEVNULL,
        check=True,
    )


def schema_of(database_url: str, programs: Path) -> list[str]:
    """What makes the schema, with rights and comments, sorted."""
    text = "".join(_schema(database_url, section, programs) for section in ("pre-data", "post-data"))
    return sorted(
        made.strip() for made in re.split(r"^--\n-- Name: .*\n--\n|(?<=;)\n(?=GRANT|REVOKE)", text, flags=re.MULTILINE)
    )


def _copied(connection: psycopg.Connection[Any], table: str, columns: str) -> str:
    with connection.cursor().copy(f"COPY (SELECT {columns} FROM {table}) TO STDOUT".encode()) as lines:
        text = b"".join(lines).decode()
    return f"COPY {table} ({columns}) FROM stdin;\n{text}\\.\n" if text else ""


def _schema(database_url: str, section: str, programs: Path) -> str:
    dumped = subprocess.run(
        [str(programs / "pg_dump"), "--schema-only", f"--section={section}", "--no-owner", *NOT_OURS, database_url],
        capture_output=True,
        check=True,
        text=True,
    )
    return NOT_FOR_A_SCRIPT.sub("", dumped.stdout).replace("\nALTER TABLE ONLY ", "\nALTER TABLE ")


def _write(path: Path, text: str) -> None:
    path.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))
