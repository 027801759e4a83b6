"""Calls the client that openapi-python-client has made, in its own environment.

python drive_openapi_python_client.py PACKAGE DOCUMENT ADDRESS
"""

import base64
import enum
import importlib
import inspect
import io
import json
import pkgutil
import sys
import types
import typing
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID


class Driver:
    """Finds the function of an operation, and gives it what it takes."""

    def __init__(self, package: str, document: dict[str, Any], address: str) -> None:
        sys.path.insert(0, str(Path.cwd()))
        self._types: Any = importlib.import_module(f"{package}.types")
        self._client: Any = importlib.import_module(f"{package}.client")
        self._paths: dict[str, Any] = document["paths"]
        self._address = address
        api = importlib.import_module(f"{package}.api")
        found = pkgutil.walk_packages(api.__path__, f"{package}.api.")
        self._modules = {each.name.rpartition(".")[2]: each.name for each in found if not each.ispkg}

    def call(self, call: dict[str, Any]) -> dict[str, Any]:
        """What the client has read of an answer, beside what was sent."""
        operation = self._paths[call["path"]][call["method"]]
        module: Any = importlib.import_module(self._modules[_name(operation["operationId"])])
        ask = module.sync_detailed
        kinds = typing.get_type_hints(ask)
        given = {_name(name): value for name, value in (call["places"] | call["query"]).items()}
        if call["file"] is not None:
            given["body"] = self._types.File(payload=io.BytesIO(base64.b64decode(call["file"])))
        elif call["body"] is not None:
            given["body"] = call["body"]
        arguments = {name: self._fit(value, kinds[name]) for name, value in given.items()}
        answer = ask(client=self._client_of(call["token"], call["headers"]), **arguments)
        if not answer.content or not answer.headers["content-type"].startswith("application/json"):
            return {"status": int(answer.status_code), "sent": None, "read": None}
        return {
            "status": int(answer.status_code),
            "sent": json.loads(bytes(answer.content)),
            "read": self._plain(answer.parsed),
        }

    def _client_of(self, token: str | None, headers: dict[str, str]) -> Any:
        if token is None:
            return self._client.Client(base_url=self._address, headers=headers, timeout=60)
        return self._client.AuthenticatedClient(base_url=self._address, token=token, timeout=60)

    def _fit(self, value: Any, kind: Any) -> Any:
        """The value as the function takes it."""
        union = typing.get_origin(kind) in (typing.Union, types.UnionType)
        for option in typing.get_args(kind) if union else (kind,):
            try:
                return self._fit_one(value, option)
            except (TypeError, ValueError, KeyError, AttributeError):
                continue
        raise ValueError(f"{value!r} is no {kind}")

    def _fit_one(self, value: Any, kind: Any) -> Any:
        if typing.get_origin(kind) is list:
            if not isinstance(value, list):
                raise TypeError(f"{value!r} is no list")
            return [self._fit(each, typing.get_args(kind)[0]) for each in value]
        if kind in (datetime, date):
            return kind.fromisoformat(value)
        if kind is UUID or (inspect.isclass(kind) and issubclass(kind, enum.Enum)):
            return kind(value)
        if kind is int and isinstance(value, str):
            return int(value)
        if hasattr(kind, "from_dict"):
            return kind.from_dict(value)
        if not isinstance(value, (int, float) if kind is float else kind):
            raise TypeError(f"{value!r} is no {kind}")
        return value

    def _plain(self, read: Any) -> Any:
        if isinstance(read, list):
            return [self._plain(each) for each in read]
        return read.to_dict() if hasattr(read, "to_dict") else read


def _name(text: str) -> str:
    """The name as the client has it."""
    return "_".join(part for part in text.lower().split("_") if part)


def main() -> None:
    """Answer each line of the standard input."""
    package, document, address = sys.argv[1:]
    driver = Driver(package, json.loads(Path(document).read_text("utf-8")), address)
    for line in sys.stdin:
        print(json.dumps(driver.call(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
