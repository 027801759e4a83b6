"""The dictionaries that are handed out: the shipped ones, and those of a province before them."""

from pathlib import Path

import pytest

from services.ingest.necc.dictionaries import TABLES, DictionaryError, read_dictionaries


def test_seventeen_tables_are_there_and_those_of_the_folder_go_before(tmp_path: Path) -> None:
    shipped = read_dictionaries(None)
    assert tuple(shipped.tables) == TABLES
    assert len(TABLES) == 17
    assert {"classCode": "02", "code": "3300", "name": "电力"} in shipped.tables["energy"]
    (tmp_path / "regions.json").write_text('[{"code": "150622"}]', "utf-8")
    (tmp_path / "units.csv").write_text("code,unit\n023300,10MWh\n", "utf-8")
    own = read_dictionaries(tmp_path)
    assert (own.tables["regions"], own.units) == ([{"code": "150622"}], {"023300": "10MWh"})


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        ("region.json", "[]", "no table has this name"),
        ("regions.json", "[", "it is no JSON"),
        ("regions.json", "{}", "it must be a list"),
        ("units.csv", "code;unit\n", "line 1: the columns must be code,unit"),
        ("units.csv", "code,unit\n33,kWh\n", "line 2: code must be digits 9 to 14"),
        ("units.csv", "code,unit\n023300,kW·hh\n", "line 2: "),
    ],
)
def test_faulty_files_are_told(tmp_path: Path, file: str, text: str, says: str) -> None:
    (tmp_path / file).write_text(text, "utf-8")
    with pytest.raises(DictionaryError, match=says):
        read_dictionaries(tmp_path)
