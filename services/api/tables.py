"""The domain numbers, read once when the API starts."""

from typing import Annotated

from fastapi import Depends, Request

from services.judging.data.tables import Tables


async def _tables(request: Request) -> Tables:
    tables: Tables = request.app.state.tables
    return tables


TablesDep = Annotated[Tables, Depends(_tables)]
