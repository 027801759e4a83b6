"""Asks the API what a bulletin holds, in the name of whoever issues it, all of it at one moment."""

from collections.abc import Mapping
from typing import Any

import msgspec
from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from services.api.bulletins.content import content_of
from services.api.bulletins.questions import AreaMonth, BulletinQuestion, questions
from services.api.database import MOMENT, Moment
from services.api.within import AnswerWithin, scope_within
from services.judging.data.tables import Tables


class NotAnswered(Exception):  # noqa: N818 - named after the fact
    """A question was refused; `response` is what it was refused with."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response


async def said_now(request: Request, of: AreaMonth) -> dict[str, Any]:
    """The content of the bulletin as the API answers now. Raises NotAnswered."""
    tables: Tables = request.app.state.tables
    carriers = {carrier.code: (carrier.name_zh, carrier.name_en) for carrier in tables.carriers}
    moment = Moment()
    try:
        answers = {name: await _answer(request, question, moment) for name, question in questions(of).items()}
    finally:
        await run_in_threadpool(moment.close)
    return content_of(of, answers, carriers)


async def _answer(request: Request, question: BulletinQuestion, moment: Moment) -> Mapping[str, Any]:
    app: FastAPI = request.app
    answer = AnswerWithin()
    scope = scope_within(request.scope, path=question.path, query=question.query, **{MOMENT: moment})
    await app.router(scope, answer.receive, answer.send)
    if answer.status != 200:
        raise NotAnswered(answer.response())
    found: Mapping[str, Any] = msgspec.json.decode(answer.body())
    return found
