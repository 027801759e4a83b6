"""The platform above, asked as an end device asks it: register, versions, values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import time
from typing import Any
from urllib.parse import urlsplit

import httpx

from services.ingest.necc.answers import RECEIVED
from services.ingest.necc.cipher import KEY_BYTES, CipherName, sealer

TIMEOUT_S = 10.0
_ANSWER_CHARACTERS = 200
_UPLOAD_TIME = time(8, 30)


class NotTakenUpwardError(Exception):
    """The platform did not answer, or with another code than 0; the message says what it said."""


@dataclass(frozen=True, slots=True)
class UpwardRegistration:
    """What the platform told an enterprise's device."""

    device_id: str
    data_url: str
    version_url: str
    upload_time: time
    sealed: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class UpwardPlatform:
    """The address of registration is all that is set; the others are told."""

    register_url: str
    cipher: CipherName
    client: httpx.Client

    def register(self, credit_code: str, region: str) -> UpwardRegistration:
        """Register the device of an enterprise; `region`: 6 digits. Raises NotTakenUpwardError."""
        told = self._post(self.register_url, {"enterpriseCode": credit_code, "region": region})
        return UpwardRegistration(
            device_id=_text(told, "deviceId"),
            data_url=self._address(told, "centerDataURL"),
            version_url=self._address(told, "loadDicVersionURL"),
            upload_time=_time(told.get("uploadTime")),
            sealed=self._sealer(told),
        )

    def versions(self, credit_code: str, registered: UpwardRegistration) -> tuple[str, str]:
        """Of registration and of dictionaries. Raises NotTakenUpwardError."""
        told = self._post(registered.version_url, {"deviceId": registered.device_id, "enterpriseCode": credit_code})
        return str(told.get("regVersion", "")), str(told.get("dicVersion", ""))

    def send(self, credit_code: str, registered: UpwardRegistration, records: list[dict[str, str]]) -> None:
        """Hand over records; they are taken when it returns. Raises NotTakenUpwardError."""
        whose = {"deviceId": registered.device_id, "enterpriseCode": credit_code}
        self._post(registered.data_url, {**whose, "data": records})

    def _post(self, url: str, body: Mapping[str, Any]) -> dict[str, Any]:
        try:
            answer = self.client.post(url, json=body)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise NotTakenUpwardError(f"{type(error).__name__}: {error}"[:_ANSWER_CHARACTERS]) from None
        if answer.status_code != httpx.codes.OK:
            raise NotTakenUpwardError(f"HTTP {answer.status_code}: {answer.text}"[:_ANSWER_CHARACTERS])
        try:
            told = answer.json()
        except ValueError:
            raise NotTakenUpwardError(f"it is no JSON: {answer.text}"[:_ANSWER_CHARACTERS]) from None
        if not isinstance(told, dict):
            raise NotTakenUpwardError(f"it is no object: {answer.text}"[:_ANSWER_CHARACTERS])
        if str(told.get("responseCode")) != RECEIVED:
            said = f"{told.get('responseCode')}: {told.get('responseMessage')}"
            raise NotTakenUpwardError(said[:_ANSWER_CHARACTERS])
        return told

    def _address(self, told: Mapping[str, Any], name: str) -> str:
        """An address that was told; by TLS where registration is."""
        url = _text(told, name)
        allowed = ("https",) if urlsplit(self.register_url).scheme == "https" else ("http", "https")
        if urlsplit(url).scheme not in allowed:
            raise NotTakenUpwardError(
                f"{name} is {url!r}: it must begin with {' or '.join(allowed)}"[:_ANSWER_CHARACTERS]
            )
        return url

    def _sealer(self, told: Mapping[str, Any]) -> Callable[[str], str]:
        key = b""
        if self.cipher != "none":
            try:
                key = bytes.fromhex(_text(told, "secretKey"))
            except ValueError:
                key = b""
            if len(key) != KEY_BYTES:
                raise NotTakenUpwardError(
                    f"secretKey is not {2 * KEY_BYTES} hexadecimal digits, and fields are encrypted"
                )
        return sealer(self.cipher, key)


def _text(told: Mapping[str, Any], name: str) -> str:
    value = told.get(name)
    if not isinstance(value, str) or not value:
        raise NotTakenUpwardError(f"the answer to register has no {name}")
    return value


def _time(given: object) -> time:
    """When values of a period that is over may be sent, on the day after it."""
    try:
        return time.fromisoformat(str(given))
    except ValueError:
        return _UPLOAD_TIME
