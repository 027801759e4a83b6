"""The servers of other protocols run where their ports are set."""

from services.up.parts import ARCHIVE, BESIDE_API, HJ212, NECC, UPWARD, beside_api


def test_servers_of_other_protocols_run_where_their_ports_are_set() -> None:
    assert beside_api({}) == BESIDE_API
    assert beside_api({"ENERMON_HJ212_PORT": "10212"}) == (*BESIDE_API, HJ212)
    assert beside_api({"ENERMON_NECC_PORT": "10213"}) == (*BESIDE_API, NECC)
    assert beside_api({"ENERMON_UPWARD_NECC_URL": "https://p.example/register"}) == (*BESIDE_API, UPWARD)
    assert beside_api({"ENERMON_BACKUP_DIR": "/backups"}) == (*BESIDE_API, ARCHIVE)
    assert beside_api({"ENERMON_BACKUP_DIR": "/backups", "ENERMON_ARCHIVE": "false"}) == BESIDE_API
