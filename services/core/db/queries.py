"""Named SQL: each `-- name:` of a .sql file becomes a function of the connection and its parameters."""

from pathlib import Path
from typing import Any

import aiosql


def load(beside: str, name: str) -> Any:
    """The queries of file `name` that lies beside the module `beside` (its __file__)."""
    return aiosql.from_path(Path(beside).with_name(name), "psycopg", mandatory_parameters=False)
