"""A text file is read in the encoding its words are written in, or the sender is asked."""

import pytest

from services.api.errors import Refused
from services.api.registry.files.encoding import Encoding, decoded, encoding_named

HEAD = "code,name_zh\nU-1,"


def read(text: str, codec: str, said: Encoding | None = None) -> str:
    """What is read of a file with this text in its last cell."""
    return decoded((HEAD + text + "\n").encode(codec), said).removeprefix(HEAD).strip()


def refusal(text: str, codec: str, said: Encoding | None = None) -> str:
    with pytest.raises(Refused) as refused:
        read(text, codec, said)
    return refused.value.detail


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("name", ["准格尔焦化有限公司", "1#焦炉", "计量点（总表）", "鑫磊", "磴口", "A"])
def test_names_are_read_however_the_file_was_saved(name: str, codec: str) -> None:
    assert read(name, codec) == name


@pytest.mark.parametrize("name", ["洗煤", "煤", "路", "洗煤,煤"])
def test_chinese_words_in_gbk_that_are_right_in_utf_8_too_are_read_as_chinese(name: str) -> None:
    (HEAD + name).encode("gbk").decode("utf-8")
    assert read(name, "gbk") == name


@pytest.mark.parametrize("name", ["Société Générale", "m³", "Nm³/h", "ᠮᠣᠩᠭᠣᠯ", "5℃,kW·h"])
def test_words_and_signs_in_utf_8_that_are_right_in_gbk_too_are_read_as_they_are(name: str) -> None:
    assert read(name, "utf-8") == name


@pytest.mark.parametrize(
    ("name", "codec", "one", "other"),
    [("P煤", "gbk", "reads ú", "reads 煤"), ("喆堃", "utf-8", "reads 喆堃", "reads 鍠嗗")],
)
def test_where_both_readings_are_as_likely_the_sender_is_asked(name: str, codec: str, one: str, other: str) -> None:
    detail = refusal(name, codec)
    assert detail.startswith("line 2: ")
    assert one in detail
    assert other in detail
    assert "encoding=" in detail
    assert read(name, codec, encoding_named(codec)) == name


@pytest.mark.parametrize(("name", "codec"), [("鋼鐵廠", "big5"), ("コークス", "shift-jis"), ("Café", "latin-1")])
def test_text_in_another_encoding_is_refused(name: str, codec: str) -> None:
    assert "UTF-8" in refusal(name, codec)


def test_text_whose_characters_were_lost_is_refused() -> None:
    assert "characters were lost" in refusal("\ufffd\ufffd", "utf-8")


def test_a_mark_outweighs_nothing_that_was_said_but_may_not_contradict_it() -> None:
    assert read("煤", "utf-8-sig", Encoding.UTF_8) == "煤"
    assert "marked as utf-8" in refusal("煤", "utf-8-sig", Encoding.GB18030)


def test_text_that_is_not_in_the_encoding_said_is_refused() -> None:
    assert refusal("焦炉", "gbk", Encoding.UTF_8) == "line 2: the text is not utf-8"


@pytest.mark.parametrize(("name", "encoding"), [("GBK", Encoding.GB18030), ('"utf-8"', Encoding.UTF_8)])
def test_encodings_go_by_their_usual_names(name: str, encoding: Encoding) -> None:
    assert encoding_named(name) is encoding


def test_an_encoding_that_is_not_read_is_named() -> None:
    with pytest.raises(Refused, match="text in big5 is not read here"):
        encoding_named("big5")
