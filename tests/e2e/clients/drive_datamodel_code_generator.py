"""Asks with httpx, and writes and reads bodies by the models that datamodel-code-generator has made.

python drive_datamodel_code_generator.py MODULE DOCUMENT ADDRESS
"""

import base64
import importlib
import json
import sys
from pathlib import Path
from typing import Any

import httpx

_REFERENCE = "#/components/schemas/"


class Driver:
    """Finds the models of an operation."""

    def __init__(self, module: str, document: dict[str, Any], address: str) -> None:
        sys.path.insert(0, str(Path.cwd()))
        self._models = {_bare(name): kind for name, kind in vars(importlib.import_module(module)).items()}
        self._paths: dict[str, Any] = document["paths"]
        self._api = httpx.Client(base_url=address, timeout=60)

    def call(self, call: dict[str, Any]) -> dict[str, Any]:
        """What the models have read of an answer, beside what was sent."""
        operation = self._paths[call["path"]][call["method"]]
        headers = call["headers"] | ({"Authorization": f"Bearer {call['token']}"} if call["token"] else {})
        content: str | bytes | None = None
        if call["file"] is not None:
            content, headers["Content-Type"] = base64.b64decode(call["file"]), "text/csv"
        elif call["body"] is not None:
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            content, headers["Content-Type"] = json.dumps(self._through(schema, call["body"])), "application/json"
        path = call["path"].format(**call["places"])
        answer = self._api.request(call["method"].upper(), path, params=call["query"], content=content, headers=headers)
        if not answer.content or not answer.headers["content-type"].startswith("application/json"):
            return {"status": answer.status_code, "sent": None, "read": answer.text if answer.is_error else None}
        schema = operation["responses"][str(answer.status_code)]["content"]["application/json"]["schema"]
        return {"status": answer.status_code, "sent": answer.json(), "read": self._through(schema, answer.json())}

    def _through(self, schema: dict[str, Any], value: Any) -> Any:
        """The value as the model reads and writes it."""
        if "anyOf" in schema:
            faults = []
            for option in schema["anyOf"]:
                try:
                    return self._through(option, value)
                except ValueError as fault:
                    faults.append(str(fault))
            raise ValueError("; ".join(faults))
        if schema.get("type") == "array" and isinstance(value, list):
            return [self._through(schema["items"], each) for each in value]
        if "$ref" not in schema:
            return value
        model: Any = self._models[_bare(schema["$ref"].removeprefix(_REFERENCE))]
        return model.model_validate(value).model_dump(mode="json", by_alias=True, exclude_unset=True)


def _bare(name: str) -> str:
    return "".join(letter for letter in name if letter.isalnum()).lower()


def main() -> None:
    """Answer each line of the standard input."""
    module, document, address = sys.argv[1:]
    driver = Driver(module, json.loads(Path(document).read_text("utf-8")), address)
    for line in sys.stdin:
        print(json.dumps(driver.call(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
