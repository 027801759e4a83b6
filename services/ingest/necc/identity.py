"""Who an end device is: an id that the platform gives, and knows again without having kept it. Pure.

The protocol wants the same id whenever the same device of the same enterprise registers. So it is made of what the
device says of itself by the key of the platform, and its second half proves that the platform made it.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass

from services.ingest.necc.cipher import KEY_BYTES

_NAME_DIGITS, _PROOF_DIGITS = 12, 20
_ID = re.compile(r"[0-9a-f]{32}")
LEAST_KEY_CHARACTERS = 32


@dataclass(frozen=True, slots=True)
class EndDevice:
    """An end device by the id that it has from here: 32 hexadecimal digits."""

    device_id: str

    @property
    def gateway(self) -> str:
        """The code of its gateway."""
        return f"NECC-{self.device_id[:_NAME_DIGITS]}"


class DeviceIds:
    """Gives ids and keys, and knows them again."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()

    def of(self, enterprise: str, serial: str) -> EndDevice:
        """The device of an enterprise (credit code) with this serial number; empty where an enterprise has but one."""
        name = self._digest("device", enterprise.upper(), serial)[:_NAME_DIGITS]
        return EndDevice(name + self._proof(name))

    def known(self, device_id: str) -> EndDevice | None:
        """The device with this id; None where it was not given here."""
        given = device_id.strip().lower()
        if not _ID.fullmatch(given) or not hmac.compare_digest(given[_NAME_DIGITS:], self._proof(given[:_NAME_DIGITS])):
            return None
        return EndDevice(given)

    def cipher_key(self, device: EndDevice) -> bytes:
        """The key by which the device encrypts, 16 bytes."""
        return bytes.fromhex(self._digest("cipher", device.device_id))[:KEY_BYTES]

    def _proof(self, name: str) -> str:
        return self._digest("proof", name)[:_PROOF_DIGITS]

    def _digest(self, *parts: str) -> str:
        return hmac.new(self._key, "\0".join(parts).encode(), hashlib.sha256).hexdigest()
