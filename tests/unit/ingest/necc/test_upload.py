"""What an upload of an end device brings, and what of it cannot be read."""

from typing import Any

import pytest

from services.ingest.foreign import Flag, StandsFor
from services.ingest.message import MOST_READINGS, UnreadableMessage, Why
from services.ingest.necc.cipher import CipherTextError, opener, sealer
from services.ingest.necc.data_code import data_code, energy_name
from services.ingest.necc.keep import records_as_sent
from services.ingest.necc.upload import MOST_RECORDS, NeccUpload, ReadBy, StatType, period_start_us, upload_of
from services.ingest.points import GatewayPoints, KnownPoint, MeterUnit, to_meters

KEY = bytes.fromhex("00112233445566778899aabbccddeeff")
POWER = "0000000002330011"
DAY_US = 1_795_017_600_000_000  # 2026-11-19 00:00 in Asia/Shanghai
MAPPED = GatewayPoints({f"{POWER}/0": KnownPoint("E", (MeterUnit(0, "kWh", 900_000_000),), "MWh")})


def record(**given: Any) -> dict[str, Any]:
    return {
        "dataCode": "00-00-0000-023300-11",
        "dataValue": "2.137",
        "inputType": "4",
        "statType": "0",
        "statDate": "2026-11-19 00:00:00",
        "uploadDate": "2026-11-20 08:30:02",
        "scope": "1",
        "valid": "1",
        **given,
    }


def read(*records: Any, points: GatewayPoints = MAPPED, **by: Any) -> NeccUpload:
    return upload_of({"data": list(records)}, ReadBy(gateway="G", opened=opener("none", KEY), points=points, **by))


def test_times_are_starts_of_periods_in_local_time() -> None:
    (foreign,) = read(record(), record(statDate="2026-11-19 00:15:00", dataValue=7)).points
    assert list(foreign.points) == [f"{POWER}/0"] * 2
    assert list(foreign.times_us) == [DAY_US, DAY_US + 900_000_000]
    assert list(foreign.values) == [2.137, 7.0]
    assert (foreign.stands_for, foreign.flags) == (StandsFor.START, ())


@pytest.mark.parametrize("code", [POWER, "00-00-0000-023300-11", "00-00-0000023300-11", "00 00 0000 0233 0011"])
def test_data_codes_are_the_same_however_written(code: str) -> None:
    assert list(read(record(dataCode=code)).points[0].points) == [f"{POWER}/0"]


def test_parts_of_a_data_code() -> None:
    assert energy_name("023300") == "电力"
    assert energy_name("010000") == "综合能源消费"
    found = data_code("0001020301150010")
    assert found is not None
    assert (found.process, found.unit, found.equipment, found.data_class, found.use) == ("00", "01", "0203", "01", "10")
    assert found.scope == 4
    assert [data_code(each) for each in ("023300", "00000000023300110", "00000000023300١1")] == [None] * 3


def test_one_level_is_booked_and_the_others_are_kept() -> None:
    starts = (("1", "2026-11-19"), (2, "2026-11-01"), ("3", "2026-01-01"))
    sent = [record(statType=each, statDate=f"{day} 00:00:00") for each, day in starts]
    upload = read(*sent, record(statType="1", dataCode="0000000001150011"))
    assert list(upload.points[0].points) == ["0000000001150011/1"]
    assert upload.points[0].dropped == {"check": 3}
    assert [(each.code, each.stat_type) for each in upload.kept] == [
        (POWER, 1),
        (POWER, 2),
        (POWER, 3),
        ("0000000001150011", 1),
    ]


def test_coefficients_and_indicators_are_no_points() -> None:
    upload = read(record(dataCode="00-00-0000-052300-10"), record(dataCode="00-00-0000-080100-10", statType="1"))
    assert [each.stat_type for each in upload.kept] == [0, 1]
    assert list(upload.points[0].points) == []


@pytest.mark.parametrize(
    ("given", "flag"),
    [
        ({"inputType": "5"}, Flag.MANUAL),
        ({"inputType": 5, "scope": "2"}, Flag.MANUAL),
        ({"scope": "2"}, Flag.BAD),
        ({"scope": ""}, Flag.GOOD),
        ({"valid": "0"}, Flag.GOOD),
        ({"valid": False}, Flag.GOOD),
    ],
)
def test_flags(given: dict[str, Any], flag: Flag) -> None:
    (foreign,) = read(record(**given)).points
    assert (foreign.flags or ("",))[0] == flag


def test_valid_is_judged_as_the_province_has_it() -> None:
    sent = [record(valid=each) for each in ("1", "0", "true", "")]
    assert read(*sent, valid_means="1").points[0].flags == ["", "bad", "", ""]
    assert read(*sent, valid_means="0").points[0].flags == ["bad", "", "", ""]


def test_a_unit_is_never_assumed() -> None:
    without = GatewayPoints({f"{POWER}/0": KnownPoint("E", (MeterUnit(0, "kWh", 900_000_000),))})
    unknown, known = read(record(), points=without), read(record(), points=without, units={"023300": "10MWh"})
    assert [each.points[0].units for each in (unknown, known)] == [["?"], ["10MWh"]]
    of_gateway = {"G": without}
    assert [
        (each.value, each.why) for each in to_meters(unknown.points[0], of_gateway, accept_flags=True).beside.held
    ] == [(2.137, Why.NO_UNIT)]
    assert list(to_meters(known.points[0], of_gateway).values) == [21370.0]
    assert list(to_meters(unknown.points[0], {"G": MAPPED}).values) == [2137.0]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"dataValue": "--"}, "dataValue is '--'"),
        ({"dataValue": "1e999"}, "dataValue"),
        ({"dataValue": True}, "dataValue is 'true'"),
        ({"dataValue": {}}, "neither text nor number"),
        ({"dataValue": None}, "datavalue is missing"),
        ({"statType": "4"}, "statType is '4'"),
        ({"statDate": "2026-11-31 00:00:00"}, "statDate"),
        ({"statDate": "2026-11-19T00:00:00+00:00"}, "statDate"),
        ({"statDate": "2026-11-19 12:00:00", "statType": "1"}, "not the start of a day"),
        ({"statDate": "2026-11-15 00:00:00", "statType": "2"}, "not the start of a month"),
        ({"dataCode": "9" * 41}, "dataCode"),
    ],
)
def test_records_that_cannot_be_read_are_told_with_the_reason(given: dict[str, Any], says: str) -> None:
    upload = read(record(**given), record())
    assert [says in each.reason for each in upload.unread] == [True]
    assert len(upload.points[0].points) == 1


@pytest.mark.parametrize(
    ("payload", "kept"),
    [
        (b'{"Data": [{"v": 1}, {"v": 1e400, "t":"\\u00e4"}, 7.10 ,"x"]}', b'[{"v": 1e400, "t":"\\u00e4"},7.10]'),
        (b'{"data": [1, NaN, 3]}', b'{"data": [1, NaN, 3]}'),
    ],
)
def test_records_that_cannot_be_read_are_kept_to_the_byte(payload: bytes, kept: bytes) -> None:
    assert records_as_sent(payload, [1, 2]) == kept


def test_a_day_may_be_off_by_a_minute_and_a_month_by_a_day() -> None:
    assert period_start_us("2026-11-18 23:59:30", StatType.DAY) == DAY_US
    month = period_start_us("2026-11-01 00:00:00", StatType.MONTH)
    assert period_start_us("2026-10-31 12:00:00", StatType.MONTH) == month
    assert period_start_us("2100-12-31 00:00:00", StatType.YEAR) == period_start_us(
        "2101-01-01 00:00:00", StatType.YEAR
    )
    assert period_start_us("2025-12-31 08:00:00", StatType.YEAR) == period_start_us(
        "2026-01-01 00:00:00", StatType.YEAR
    )


def test_a_field_is_encrypted_as_provinces_have_it() -> None:
    sealed = sealer("aes", bytes.fromhex("00112233445566778899aabbccddeeff"))
    assert sealed("8412.6") == "d5082b49e54959924548478ce4818f21"
    assert sealed("00-00-0000-023300-11") == "ef8c2580ed2b5b81e14b60338a68f284e703befde94ff739b3a15fa5af2f1179"
    assert opener("sm4", KEY)(sealer("sm4", KEY)("2026-11-20 00:00:00")) == "2026-11-20 00:00:00"


@pytest.mark.parametrize("cipher", ["aes", "sm4"])
def test_ciphers_refuse_what_is_none_and_what_is_of_another_key(cipher: Any) -> None:
    opened = opener(cipher, KEY)
    for text in ("", "8412.6", "zz" * 16, "00" * 15, "00" * 16):
        with pytest.raises(CipherTextError):
            opened(text)


def test_fields_of_the_specification_are_opened() -> None:
    opened = opener("aes", KEY)
    assert opened("ef8c2580ed2b5b81e14b60338a68f284e703befde94ff739b3a15fa5af2f1179") == "00-00-0000-023300-11"
    assert opened("D5082B49E54959924548478CE4818F21") == "8412.6"
    assert opened("57e50300f93dafff342fa1145cd8eb1fde351e191fcd41fdae2ffbb1371eb9ba") == "2026-11-20 00:00:00"
    assert opened("07b68fdd83ae0aa199ffbdd3325180bd") == "1"


def test_upload_of_which_nothing_can_be_opened_is_sealed() -> None:
    by = ReadBy(gateway="G", opened=opener("aes", KEY), points=MAPPED)
    assert upload_of({"data": [record()]}, by).is_sealed
    assert not upload_of({"data": []}, by).is_sealed
    encrypted = record(dataCode="ef8c2580ed2b5b81e14b60338a68f284e703befde94ff739b3a15fa5af2f1179")
    assert read(encrypted, encrypted).is_sealed


def test_large_uploads_are_several_messages_and_too_large_ones_none() -> None:
    upload = read(*[record()] * (MOST_READINGS + 1), record(statType="1"))
    assert [len(each.points) for each in upload.points] == [MOST_READINGS, 1]
    assert [dict(each.dropped) for each in upload.points] == [{"check": 1}, {}]
    refused: tuple[Any, ...] = (None, {}, [record()] * (MOST_RECORDS + 1))
    for data in refused:
        with pytest.raises(UnreadableMessage):
            upload_of({"data": data}, ReadBy(gateway="G", opened=opener("none", KEY), points=MAPPED))
