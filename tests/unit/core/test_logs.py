"""A line of the log shows no secret, wherever it comes from."""

import io
import json
import logging

import pytest

from services.core import logs


def logged(monkeypatch: pytest.MonkeyPatch, message: str, *arguments: object, **extra: object) -> dict[str, str]:
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    before = logging.getLogger().handlers[:]
    try:
        logs.set_up()
        try:
            raise ValueError(message % arguments)
        except ValueError:
            logging.getLogger("part").exception(message, *arguments, extra=extra)
    finally:
        logging.getLogger().handlers[:] = before
    line: dict[str, str] = json.loads(stream.getvalue())
    return line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("cannot reach postgresql://u:hidden@db/x", "cannot reach postgresql://***@db/x"),
        ("'mqtts://u:hid/d@en@broker:8883'", "'mqtts://***@broker:8883'"),
        ("host=db user=u password=hidden dbname=x", "host=db user=u password=*** dbname=x"),
        ("secret whsec_aGlkZGVuCg== of 7", "secret whsec_*** of 7"),
        ("row (7, $argon2id$v=19$m=32,t=3,p=1$c2FsdA$aGlkZGVu, x)", "row (7, $argon2id$***, x)"),
        ("key enk_hidden-hidden_hid", "key enk_***"),
        ("Authorization: Bearer hidden.hidden", "Authorization: Bearer ***"),
        ("authorization Basic aGlkZGVuOg==", "authorization Basic ***"),
        ("https://mail.example.cn:465/ by a@b.cn", "https://mail.example.cn:465/ by a@b.cn"),
    ],
)
def test_secrets_are_hidden_in_message_fields_and_errors(
    text: str, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = logged(monkeypatch, "%s", text, reason=text)
    assert line["event"] == line["reason"] == shown
    assert f"ValueError: {shown}" in line["error"]
    assert line["level"] == "error"


def test_what_a_line_is_about_is_in_every_line_within_and_in_none_after(monkeypatch: pytest.MonkeyPatch) -> None:
    with logs.about(request="a1"), logs.about(gateway="G-1"):
        line = logged(monkeypatch, "within", gateway="G-2")
    assert (line["request"], line["gateway"]) == ("a1", "G-2")
    assert "request" not in logged(monkeypatch, "after")
