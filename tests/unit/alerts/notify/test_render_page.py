"""The page of alerts prints messages as they are."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.alerts.channels.webhook import signatures
from services.alerts.notify.render import payload_of, render
from tests.unit.alerts.notify.contents import STEP, alert, content

PAGE = (Path(__file__).parents[4] / "docs/alerts.md").read_text("utf-8")
MESSAGES = PAGE[PAGE.index("\n## Messages\n") :]


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", MESSAGES, re.DOTALL)


EXAMPLES: list[dict[str, Any]] = [json.loads(block) for block in blocks("json")]


@pytest.mark.parametrize("example", EXAMPLES, ids=[example["type"] for example in EXAMPLES])
def test_each_payload_on_the_page_is_what_is_sent(example: dict[str, Any]) -> None:
    assert json.loads(payload_of(example["data"], message_id=UUID(example["id"]))) == example


def test_the_examples_have_all_fields_of_a_content() -> None:
    fired, test = EXAMPLES
    assert set(fired["data"]) == set(test["data"]) == set(content())
    assert set(fired["data"]["alerts"][0]) == set(alert())


def test_the_mail_on_the_page_is_what_is_sent() -> None:
    fired = EXAMPLES[0]
    mail = render(fired["data"], message_id=UUID(fired["id"]))
    assert f"Subject: {mail.subject}\n\n{mail.text}" in blocks("text")


def test_the_subjects_on_the_page_are_those_sent() -> None:
    one = content(language="en")
    resolved = content(alert(value=1.29), language="en", kind="resolved")
    contents = [
        one,
        content(alert(reopened_at="2026-03-02T00:05:00+00:00"), language="en"),
        resolved,
        content(language="en", kind="repeat", count=5000, counts={"severe": 12, "warning": 4988, "notice": 0}),
        one | {"kind": "escalated"},
        content(alert(step=STEP), language="en", kind="handled"),
        content(language="en", kind="digest", count=37, counts={"severe": 2, "warning": 30, "notice": 5}),
        one | {"kind": "test", "alerts": [], "count": 0},
    ]
    subjects = [render(each, message_id=UUID(int=1)).subject for each in contents]
    assert "\n".join(subjects) + "\n" in blocks("text")


def test_the_signature_on_the_page_is_that_of_the_example() -> None:
    fired = EXAMPLES[0]
    [request] = blocks("http")
    headers = dict(line.split(": ", 1) for line in request.splitlines() if ": " in line)
    assert headers["webhook-id"] == fired["id"]
    at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    message = render(fired["data"], message_id=UUID(fired["id"]))
    [secret] = set(re.findall(r"whsec_\w+", MESSAGES))
    assert headers["webhook-signature"] == signatures((secret,), message, at)
