"""Pages of alerts for people: the links in messages lead here."""

from typing import Annotated

from fastapi import APIRouter, Header, Query
from fastapi.responses import HTMLResponse

from services.api.alerts import nouns, pages
from services.api.alerts.fields import Id
from services.api.asking import Now
from services.api.database import Db
from services.api.errors import Refused
from services.api.routes.console import HEADERS

router = APIRouter(include_in_schema=False)

Lang = Annotated[str | None, Query(max_length=2)]
Accepted = Annotated[str, Header(alias="accept-language")]


@router.get("/alerts")
def list_page(database: Db, now: Now, lang: Lang = None, accepted: Accepted = "") -> HTMLResponse:
    """The newest alerts that fire."""
    return HTMLResponse(pages.list_page(database, pages.words_for(lang, accepted), now=now), headers=HEADERS)


@router.get("/alerts/{alert_id}")
def alert_page(database: Db, alert_id: Id, now: Now, lang: Lang = None, accepted: Accepted = "") -> HTMLResponse:
    """One alert: what it says, its figures of now, what is to be done, and what happened."""
    words = pages.words_for(lang, accepted)
    try:
        return HTMLResponse(pages.alert_page(database, alert_id, words, now=now), headers=HEADERS)
    except Refused as refusal:
        if refusal.kind is not nouns.ALERT.unknown:
            raise
        return HTMLResponse(pages.unknown_page(alert_id, words), status_code=404, headers=HEADERS)
