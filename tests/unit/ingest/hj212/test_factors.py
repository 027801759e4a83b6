"""The table of factors is that of annex B."""

from services.ingest.hj212.factors import code_of_2017, factors


def test_factors_of_annex_b() -> None:
    rows = factors()
    assert len(rows) == 377
    seen = {code: (rows[code].code_2005, rows[code].unit, rows[code].emission_unit) for code in ("a21026", "w00000")}
    assert seen == {"a21026": ("02", "mg/m3", "kg"), "w00000": ("B01", "L/s", "m3")}


def test_no_code_of_2005_is_one_of_2017() -> None:
    rows = factors()
    old = [row.code_2005 for row in rows.values() if row.code_2005]
    assert len(old) == len(set(old)) == 93
    assert not set(old) & set(rows)
    assert [code_of_2017(code) for code in ("011", "a21026", "zz9")] == ["w01018", "a21026", "zz9"]
