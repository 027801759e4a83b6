"""What a device says that it will collect, as points."""

from services.ingest.necc.data_code import announced_points


def test_items_are_points_by_their_parts_or_by_their_code() -> None:
    parts = {
        "processCode": "00",
        "processUnitCode": "00",
        "equipmentCode": "00",
        "equipmentUnitCode": "00",
        "energyClassCode": "02",
        "energyTypeCode": "3300",
        "dataUsageCode": "11",
        "statType": 0,
    }
    items = [parts, {"dataCode": "00-00-0000-011500-10", "statType": "1"}, parts, {"name": "x"}, {"statType": "0"}, 7]
    assert announced_points({"collectitemconfig": items}) == ["0000000002330011/0", "0000000001150010/1"]
    assert announced_points({"collectitemconfig": {}}) == announced_points({}) == []
