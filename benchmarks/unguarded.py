"""The API without access control, to measure what that costs: run by the benchmark alone, and no setting."""

from collections.abc import Callable
from functools import partial
from typing import Any
from unittest.mock import patch

import uvicorn
from fastapi import Request

from services.api.access.principal import Principal, SignedBy
from services.api.access.reach import EVERYTHING
from services.api.access.require import require_access
from services.api.access.role import RIGHTS, Role
from services.api.app import create_app
from services.api.serve import served_by, settle_memory
from services.core.db.connections import pool_to_ask
from services.core.settings import Settings

_ANYONE = Principal(
    account_id=None,
    name="anyone",
    display_name="anyone",
    role=Role.ADMINISTRATOR,
    rights=RIGHTS[Role.ADMINISTRATOR],
    reach=EVERYTHING,
    signed_by=SignedBy.KEY,
)


async def _let_in(request: Request) -> None:
    request.state.principal = _ANYONE


def pool_to_ask_as_owner(pooled: Callable[..., Any], database_url: str, **given: Any) -> Any:
    """As the API's pool, but with all rights of its login."""
    return pooled(database_url, **given | {"role": None})


def main() -> None:
    """Serve as the owner of the database, for whom no row is held back, and ask nobody who they are."""
    settings = Settings()
    with (
        patch("services.api.database.pool_to_ask", partial(pool_to_ask_as_owner, pool_to_ask)),
        patch("services.api.database.Database._tell", lambda *_given: None),
    ):
        app = create_app(settings)
        app.dependency_overrides[require_access] = _let_in
        settle_memory()
        uvicorn.Server(served_by(app, settings)).run()


if __name__ == "__main__":
    main()
