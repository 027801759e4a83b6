"""One end device: registers, asks for versions, downloads, and sends days. What is not answered with `0` it keeps."""

import datetime as dt
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

SHANGHAI = dt.timezone(dt.timedelta(hours=8))
TIME = "%Y-%m-%d %H:%M:%S"
ENCRYPTED = ("dataCode", "dataValue", "inputType", "statType", "statDate", "scope", "valid")
_STORED_CODE = "0"


class NotTakenError(Exception):
    """The platform said another code than 0; the device would try again in a later run."""


def encrypted(cipher: str, key: bytes, text: str) -> str:
    """A field as provinces want it: ECB, PKCS#7, lower-case hexadecimal digits."""
    padder = padding.PKCS7(128).padder()
    padded = padder.update(text.encode()) + padder.finalize()
    algorithm = algorithms.AES(key) if cipher == "aes" else algorithms.SM4(key)
    encryptor = Cipher(algorithm, modes.ECB()).encryptor()  # noqa: S305 - what provinces prescribe
    return (encryptor.update(padded) + encryptor.finalize()).hex()


@dataclass(slots=True)
class DeviceCounts:
    """What became of what was sent."""

    uploads: int = 0
    records: int = 0
    again: int = 0
    unsent: int = 0


@dataclass(slots=True)
class SimulatedEndDevice:
    """A device of one enterprise. `register_url` is all that it is set to; the other addresses it is told."""

    register_url: str
    enterprise: str
    region: str
    codes: tuple[str, ...]
    client: httpx.Client
    cipher: str = "none"
    serial: str = ""
    dashes: bool = True
    lower_case_id: bool = False
    period_min: int = 15
    kwh_a_period: float = 2.0
    by_hand: frozenset[str] = frozenset()
    registered: dict[str, Any] = field(default_factory=dict)
    unsent: list[list[dict[str, Any]]] = field(default_factory=list)
    counts: DeviceCounts = field(default_factory=DeviceCounts)

    def register(self) -> str:
        """Register, as at every start: the id. Raises NotTakenError."""
        asked = {"enterpriseCode": self.enterprise, "region": self.region}
        if self.serial:
            asked["serialNumber"] = self.serial
        self.registered = self._post(self.register_url, asked)
        return str(self.registered["deviceId"])

    def versions(self) -> tuple[str, str]:
        """Of registration and dictionaries."""
        told = self._post(self.registered["loadDicVersionURL"], self._whose())
        return str(told["regVersion"]), str(told["dicVersion"])

    def download(self) -> dict[str, Any]:
        """The dictionaries."""
        return dict(self._post(self.registered["loadConfigURL"], self._whose())["data"])

    def upload_info(self) -> None:
        """Say what will be collected."""
        items = [
            {
                "name": code,
                "processCode": code[0:2],
                "processUnitCode": code[2:4],
                "equipmentCode": code[4:6],
                "equipmentUnitCode": code[6:8],
                "energyClassCode": code[8:10],
                "energyTypeCode": code[10:14],
                "dataUsageCode": code[14:16],
                "inputType": self._input_type(code),
                "statType": "0",
                "scope": "1",
            }
            for code in self.codes
        ]
        about = {"enterprise": {"code": self.enterprise, "regionCode": self.region}, "collectItemConfig": items}
        self._post(self.registered["centerInfoURL"], self._whose() | about)

    def day(self, day: dt.date) -> Iterator[dict[str, Any]]:
        """The records of a day: its periods and their sum, of each code."""
        start = dt.datetime.combine(day, dt.time(), SHANGHAI)
        for number, code in enumerate(self.codes):
            total = 0.0
            for place in range(24 * 60 // self.period_min):
                at = start + dt.timedelta(minutes=place * self.period_min)
                value = round(self.kwh_a_period * (1.5 + number + math.sin(place / 7)), 3)
                total += value
                yield self._record(code, 0, at, value)
            yield self._record(code, 1, start, round(total, 3))

    def month(self, first: dt.date, value: float) -> Iterator[dict[str, Any]]:
        """The records of a month."""
        for code in self.codes:
            yield self._record(code, 2, dt.datetime.combine(first, dt.time(), SHANGHAI), value)

    def send(self, records: list[dict[str, Any]]) -> bool:
        """Send records; those that are not taken are kept for `send_again`."""
        self.counts.uploads += 1
        self.counts.records += len(records)
        name = "deviceid" if self.lower_case_id else "deviceId"
        body = {name: self.registered["deviceId"], "enterpriseCode": self.enterprise}
        try:
            self._post(self.registered["centerDataURL"], body | {"data": [self._sealed(each) for each in records]})
        except NotTakenError:
            self.unsent.append(records)
            self.counts.unsent = len(self.unsent)
            return False
        return True

    def send_again(self) -> bool:
        """A later run: all that was not taken."""
        waiting, self.unsent = self.unsent, []
        self.counts.again += len(waiting)
        sent = [self.send(records) for records in waiting]
        self.counts.unsent = len(self.unsent)
        return all(sent)

    def _record(self, code: str, stat_type: int, at: dt.datetime, value: float) -> dict[str, Any]:
        written = f"{code[:2]}-{code[2:4]}-{code[4:8]}-{code[8:14]}-{code[14:]}" if self.dashes else code
        return {
            "dataCode": written,
            "dataValue": repr(value),
            "inputType": self._input_type(code),
            "statType": str(stat_type),
            "statDate": at.strftime(TIME),
            "uploadDate": (at + dt.timedelta(days=1)).strftime(TIME),
            "scope": "1",
            "valid": "1",
        }

    def _input_type(self, code: str) -> str:
        return "5" if code in self.by_hand else "4"

    def _sealed(self, record: dict[str, Any]) -> dict[str, Any]:
        if self.cipher == "none":
            return record
        key = bytes.fromhex(self.registered["secretKey"])
        return record | {name: encrypted(self.cipher, key, record[name]) for name in ENCRYPTED if name in record}

    def _whose(self) -> dict[str, Any]:
        return {"deviceId": self.registered["deviceId"], "enterpriseCode": self.enterprise}

    def _post(self, url: str, body: dict[str, Any]) -> dict[str, Any]:
        """Raises NotTakenError."""
        try:
            answer = self.client.post(url, json=body)
            told = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise NotTakenError(f"{url}: {type(error).__name__}: {error}") from None
        if answer.status_code != 200 or told.get("responseCode") != _STORED_CODE:
            raise NotTakenError(f"{url}: {answer.status_code}, {told.get('responseMessage')}")
        return dict(told)
