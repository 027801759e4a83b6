"""The home folder, the choice of the store, and what is shown of addresses."""

from pathlib import Path

import pytest

from services.up.child import describe_exit
from services.up.errors import StartError
from services.up.external import check_mqtt, without_user
from services.up.home import LOG_ROTATE_BYTES, Home
from services.up.stack import choose_store


@pytest.fixture
def home(tmp_path: Path) -> Home:
    place = Home(tmp_path / "home")
    place.prepare()
    return place


def test_second_start_on_the_same_home_is_refused(home: Home) -> None:
    with home.only_one(), pytest.raises(StartError, match="already runs on this home") as error, home.only_one():
        pass
    assert error.value.code == "already_running"


def test_home_is_free_again_after_the_first(home: Home) -> None:
    runs = []
    for run in ("first", "second"):
        with home.only_one():
            runs.append(run)
    assert runs == ["first", "second"]


def test_large_log_is_set_aside_and_the_last_three_are_kept(home: Home) -> None:
    for number in range(5):
        path = home.log_file("api")
        path.write_text(f"run {number}" + " " * LOG_ROTATE_BYTES)
    assert sorted(p.name for p in home.logs.iterdir()) == ["api.log", "api.log.1", "api.log.2", "api.log.3"]
    assert (home.logs / "api.log.1").read_text().startswith("run 3")


def test_small_log_goes_on(home: Home) -> None:
    home.log_file("api").write_text("run 1")
    assert home.log_file("api").read_text() == "run 1"


def test_choices_are_remembered_beside_each_other(home: Home) -> None:
    home.remember(database_port="15440")
    home.remember(store="native")
    assert home.remembered() == {"database_port": "15440", "store": "native"}
    assert home.remembered_port("database_port") == 15440
    assert home.remembered_port("mqtt_port") is None


def test_home_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StartError, match="cannot be written"):
        Home(tmp_path / "file" / "home").prepare()


@pytest.mark.parametrize(
    ("wanted", "last", "native", "embedded", "chosen"),
    [
        ("auto", None, True, True, "native"),
        ("auto", None, False, True, "embedded"),
        ("auto", "embedded", True, True, "embedded"),
        ("auto", "native", False, True, "embedded"),
        ("native", "embedded", True, True, "native"),
        ("embedded", "native", True, True, "embedded"),
    ],
)
def test_store_is_the_wanted_one_else_the_last_else_the_native(
    wanted: str, last: str | None, native: bool, embedded: bool, chosen: str
) -> None:
    assert choose_store(wanted, last=last, native=native, embedded=embedded) == chosen


def test_no_store_at_all_is_an_error() -> None:
    with pytest.raises(StartError, match="Neither store is installed"):
        choose_store("auto", last=None, native=False, embedded=False)


def test_address_is_shown_without_password() -> None:
    assert without_user("mqtt://enermon:secret@10.0.0.1:1883") == "mqtt://10.0.0.1:1883"


def test_broker_address_of_another_kind_is_an_error_that_hides_the_password() -> None:
    with pytest.raises(StartError, match="must look like") as error:
        check_mqtt("http://enermon:secret@10.0.0.1")
    assert "secret" not in str(error.value)


def test_end_of_a_process_is_said_in_words() -> None:
    assert describe_exit(3) == "exit code 3"
    assert describe_exit(-9) == "killed by SIGKILL"
