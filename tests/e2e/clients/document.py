"""Answers held against the OpenAPI document: each field is declared there, and is what it is declared to be."""

import json
from typing import Any

import httpx
from jsonschema_rs import Draft202012Validator

from tests.e2e.clients.story import Call, Json, csv_of


def without_more(part: Any) -> Any:
    """The schema, refusing fields that it does not name."""
    if isinstance(part, list):
        return [without_more(each) for each in part]
    if not isinstance(part, dict):
        return part
    closed = {name: without_more(inner) for name, inner in part.items()}
    if isinstance(part.get("properties"), dict) and "additionalProperties" not in part:
        closed["additionalProperties"] = False
    return closed


class DocumentAsker:
    """Asks with httpx, and holds each answer against the document."""

    def __init__(self, api: httpx.Client, document: dict[str, Any]) -> None:
        self._api = api
        self._document = document
        self._components = without_more(document["components"])

    def ask(self, call: Call) -> Json:
        """The JSON of a good answer that is as the document says."""
        answer = self._api.send(request_of(self._api, call))
        operation = self._document["paths"][call.path][call.method]
        assert answer.is_success, (call, answer.text)
        assert str(answer.status_code) in operation["responses"], (call, answer.status_code)
        content = operation["responses"][str(answer.status_code)].get("content", {})
        declared = {kind.partition(";")[0]: one for kind, one in content.items()}
        kind = answer.headers.get("content-type", "").partition(";")[0]
        if not answer.content:
            assert not declared, call
            return None
        assert kind in declared, (call, kind)
        if kind != "application/json":
            return None
        body = answer.json()
        schema = without_more(declared[kind]["schema"]) | {"components": self._components}
        faults = list(Draft202012Validator(schema, validate_formats=True).iter_errors(body))
        assert faults == [], (call, [(fault.instance_path, fault.message) for fault in faults[:5]])
        return body


def request_of(api: httpx.Client, call: Call) -> httpx.Request:
    """The request as a client sends it that writes it by hand."""
    headers = call.headers | ({"Authorization": f"Bearer {call.token}"} if call.token else {"Authorization": ""})
    content = None
    if call.file is not None:
        content, headers["Content-Type"] = csv_of(call.file), "text/csv"
    elif call.body is not None:
        content, headers["Content-Type"] = json.dumps(call.body).encode(), "application/json"
    return api.build_request(
        call.method.upper(), call.path.format(**call.places), params=call.query, content=content, headers=headers
    )
