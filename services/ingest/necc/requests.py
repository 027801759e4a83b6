"""What becomes of each request of an end device, with the database at hand."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import psycopg

from services.core.calendar import to_us
from services.core.clock import utc_now
from services.ingest.message import UnreadableMessage
from services.ingest.necc import keep, metrics
from services.ingest.necc.answers import NOT_NOW, DeviceReply, Platform
from services.ingest.necc.cipher import CipherName, opener
from services.ingest.necc.dictionaries import TABLES, Dictionaries
from services.ingest.necc.identity import DeviceIds, EndDevice
from services.ingest.necc.upload import ReadBy, ValidMeans, upload_of
from services.ingest.points import NO_POINTS
from services.ingest.validate import KnownRegistry

_LONGEST_SERIAL = 100
_NO_DATA_BACK = "this platform hands no values back"
_SEALED = "解密失败！ by the key and the cipher of this platform nothing of it can be read"


@dataclass(frozen=True, slots=True)
class DeviceRequest:
    """A request: its body as it came, and as an object with names in lower case."""

    body: Mapping[str, Any]
    payload: bytes
    address: str

    def text(self, name: str) -> str:
        """A field as text; empty where there is none."""
        value = self.body.get(name)
        return str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NeccRequests:
    """Answers requests. Each method may raise psycopg.Error, with nothing stored."""

    ids: DeviceIds
    platform: Platform
    dictionaries: Dictionaries
    cipher: CipherName
    valid_means: ValidMeans
    serial_field: str

    def register(self, connection: psycopg.Connection, known: KnownRegistry, asked: DeviceRequest) -> DeviceReply:
        """Give a device its id, the same each time. It must be registered as a gateway of its enterprise."""
        enterprise, serial = asked.text("enterprisecode").upper(), asked.text(self.serial_field.lower())
        if not enterprise or len(serial) > _LONGEST_SERIAL:
            reason = UnreadableMessage("undecodable", "enterpriseCode is missing, or the serial number is too long")
            keep.keep_refused(connection, None, asked.address, asked.payload, reason)
            return DeviceReply(NOT_NOW, reason.detail, status=400)
        device = self.ids.of(enterprise, serial)
        refused = self._refused(connection, known, asked, device)
        if refused is not None:
            return refused
        keep.note_device(connection, self._heard(asked, device), registered=True)
        key = "" if self.cipher == "none" else self.ids.cipher_key(device).hex()
        return DeviceReply(fields=self.platform.registered(device.device_id, key), gateway=device.gateway)

    def version(self, connection: psycopg.Connection, known: KnownRegistry, asked: DeviceRequest) -> DeviceReply:
        """Which versions of registration and dictionaries there are; the daily sign of life."""

        def answer(device: EndDevice) -> DeviceReply:
            keep.note_device(connection, self._heard(asked, device), registered=False)
            return DeviceReply(fields=self.platform.versions())

        return self._of_device(connection, known, asked, answer)

    def config(self, connection: psycopg.Connection, known: KnownRegistry, asked: DeviceRequest) -> DeviceReply:
        """The dictionaries: the table that `itemIndex` numbers from 1 on, or else all by name."""

        def answer(_device: EndDevice) -> DeviceReply:
            number = asked.text("itemindex")
            if not number:
                data: Any = self.dictionaries.tables
            elif number.isdigit() and 1 <= int(number) <= len(TABLES):
                data = self.dictionaries.tables[TABLES[int(number) - 1]]
            else:
                return DeviceReply(NOT_NOW, f"itemIndex must be 1 to {len(TABLES)}", status=400)
            return DeviceReply(fields={**self.platform.versions(), "data": data})

        return self._of_device(connection, known, asked, answer)

    def info(self, connection: psycopg.Connection, known: KnownRegistry, asked: DeviceRequest) -> DeviceReply:
        """Keep what a device says of its enterprise, processes and meters."""

        def answer(device: EndDevice) -> DeviceReply:
            said = {name: value for name, value in asked.body.items() if name not in ("deviceid", "secretkey")}
            keep.keep_info(connection, self._heard(asked, device), msgspec.json.encode(said).decode())
            return DeviceReply()

        return self._of_device(connection, known, asked, answer)

    def info_back(self, connection: psycopg.Connection, known: KnownRegistry, asked: DeviceRequest) -> DeviceReply:
        """What the device said last of its enterprise."""
        return self._of_device(
            connection,
            known,
            asked,
            lambda device: DeviceReply(fields={"data": keep.info_of(connection, device.gateway)}),
        )

    def data_back(self, connection: psycopg.Connection, known: KnownRegistry, asked: DeviceRequest) -> DeviceReply:
        """Nothing: in which form values go back is not known."""
        return self._of_device(connection, known, asked, lambda _device: DeviceReply(NOT_NOW, _NO_DATA_BACK))

    def data(self, connection: psycopg.Connection, known: KnownRegistry, asked: DeviceRequest) -> DeviceReply:
        """Store an upload of values."""

        def answer(device: EndDevice) -> DeviceReply:
            by = ReadBy(
                gateway=device.gateway,
                opened=opener(self.cipher, self.ids.cipher_key(device)),
                points=known.points.get(device.gateway, NO_POINTS),
                units=self.dictionaries.units,
                valid_means=self.valid_means,
            )
            try:
                upload = upload_of(asked.body, by)
            except UnreadableMessage as reason:
                if reason.code != "too_large":
                    return self._kept_whole(connection, asked, device, reason)
                # It is not kept whole, so the device is not told to forget it.
                keep.keep_refused(connection, device.gateway, asked.address, asked.payload, reason)
                return DeviceReply(NOT_NOW, reason.detail, status=413)
            if upload.is_sealed:
                # A later run can succeed, once the cipher is set as the device has it: it is not told to forget them.
                keep.keep_refused(
                    connection, device.gateway, asked.address, asked.payload, UnreadableMessage("undecodable", _SEALED)
                )
                return DeviceReply(NOT_NOW, _SEALED)
            counts = keep.keep_upload(connection, known, self._heard(asked, device), upload, now_us=to_us(utc_now()))
            for outcome, count in counts.items():
                metrics.RECORDS.labels(device.gateway, outcome).inc(count)
            return DeviceReply()

        return self._of_device(connection, known, asked, answer)

    def _kept_whole(
        self, connection: psycopg.Connection, asked: DeviceRequest, device: EndDevice, reason: UnreadableMessage
    ) -> DeviceReply:
        """Nothing of it is taken, whenever it comes again: it is kept for the operator, and the device may forget."""
        keep.keep_refused(connection, device.gateway, asked.address, asked.payload, reason)
        return DeviceReply()

    def _of_device(
        self,
        connection: psycopg.Connection,
        known: KnownRegistry,
        asked: DeviceRequest,
        answer: Callable[[EndDevice], DeviceReply],
    ) -> DeviceReply:
        device = self.ids.known(asked.text("deviceid"))
        if device is None:
            reason = UnreadableMessage("not_admitted", "deviceId was not given by this platform; register again")
            keep.keep_refused(connection, None, asked.address, asked.payload, reason)
            return DeviceReply(NOT_NOW, reason.detail)
        refused = self._refused(connection, known, asked, device)
        if refused is not None:
            return refused
        try:
            reply = answer(device)
        except psycopg.DataError as error:
            reason = UnreadableMessage("not_stored", f"the database refused it: {type(error).__name__}")
            reply = self._kept_whole(connection, asked, device, reason)
        return DeviceReply(reply.code, reply.message, reply.fields, reply.status, device.gateway)

    def _refused(
        self, connection: psycopg.Connection, known: KnownRegistry, asked: DeviceRequest, device: EndDevice
    ) -> DeviceReply | None:
        """Why a device is not let in, kept for the operator; it sends again, and can be let in then."""
        enterprise = asked.text("enterprisecode").upper()
        owner = keep.enterprise_of(connection, device.gateway) if device.gateway in known.gateways else None
        if owner is None:
            detail = f"gateway {device.gateway!r} is not registered; register it with enterprise {enterprise[:18]!r}"
            reason = UnreadableMessage("unknown_gateway", detail)
        elif enterprise and enterprise != owner:
            detail = f"gateway {device.gateway!r} is registered with enterprise {owner}, not with {enterprise[:18]!r}"
            reason = UnreadableMessage("not_admitted", detail)
        else:
            return None
        keep.keep_refused(connection, device.gateway, asked.address, asked.payload, reason)
        return DeviceReply(NOT_NOW, reason.detail, gateway=device.gateway if owner else "")

    def _heard(self, asked: DeviceRequest, device: EndDevice) -> keep.HeardDevice:
        return keep.HeardDevice(device, asked.address, asked.payload)
