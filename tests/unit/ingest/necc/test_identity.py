"""Ids of end devices: the same each time, known again, and made by nobody else."""

from services.ingest.necc.identity import DeviceIds

IDS = DeviceIds("0123456789abcdef0123456789abcdef")
ENTERPRISE = "91150622MA0N0000XF"


def test_the_same_device_has_the_same_id() -> None:
    device = IDS.of(ENTERPRISE, "")
    assert device == IDS.of(ENTERPRISE.lower(), "")
    assert len(device.device_id) == 32
    assert device.gateway == f"NECC-{device.device_id[:12]}"
    others = {IDS.of(ENTERPRISE, "1").device_id, IDS.of(ENTERPRISE, "2").device_id, IDS.of("X", "").device_id}
    assert len(others | {device.device_id}) == 4


def test_ids_of_others_are_not_known() -> None:
    device = IDS.of(ENTERPRISE, "")
    assert IDS.known(f" {device.device_id.upper()} ") == device
    of_another_key = DeviceIds("f" * 32).of(ENTERPRISE, "").device_id
    changed = device.device_id[:-1] + ("0" if device.device_id[-1] != "0" else "1")
    for given in ("", "NECC", of_another_key, changed, device.device_id + "0"):
        assert IDS.known(given) is None


def test_keys_of_devices_differ() -> None:
    keys = {IDS.cipher_key(IDS.of(ENTERPRISE, serial)) for serial in ("", "1", "2")}
    assert [len(keys), *{len(key) for key in keys}] == [3, 16]
