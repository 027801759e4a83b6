"""What end devices are answered. Pure.

Any other code than `0` means to a device that it is to send all of it again in a later run. So `0` stands for whatever
a later run would not change: stored, stored before, and refused for good.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

RECEIVED, NOT_NOW = "0", "1"
SUCCESS = "RECEIVE SUCCESS"


@dataclass(frozen=True, slots=True)
class DeviceReply:
    """An answer, with the fields beside code and message."""

    code: str = RECEIVED
    message: str = SUCCESS
    fields: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200
    gateway: str = ""
    """Whose request it was; empty where nobody is proven."""

    def as_json(self) -> dict[str, Any]:
        """As it is sent."""
        return {"responseCode": self.code, "responseMessage": self.message, **self.fields}


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """What the answers to register and versionCheck say of the platform."""

    url: str
    """Without a slash at its end."""
    upload_time: str
    reg_version: str
    dic_version: str

    def registered(self, device_id: str, secret_key: str) -> dict[str, str]:
        """The fields of an answer to register; the key only where fields are encrypted."""
        base = f"{self.url}/necc"
        return {
            "deviceId": device_id,
            "loadConfigURL": f"{base}/config",
            "loadDicVersionURL": f"{base}/version",
            "centerInfoURL": f"{base}/info",
            "centerDataURL": f"{base}/data",
            "centerInfoDownloadURL": f"{base}/info/get",
            "centerDataDownloadURL": f"{base}/data/get",
            "downloadBaseDataURL": f"{base}/base",
            "uploadTime": self.upload_time,
            **({"secretKey": secret_key} if secret_key else {}),
        }

    def versions(self) -> dict[str, str]:
        """The fields of an answer to versionCheck."""
        return {"regVersion": self.reg_version, "dicVersion": self.dic_version}
