"""docs/accounts.md says who may what, as the program has it."""

import re
from pathlib import Path

from services.api.access.role import OF_REGION, RIGHTS, Right, Role

PAGE = (Path(__file__).parents[4] / "docs/accounts.md").read_text("utf-8")


def test_the_table_of_roles_is_that_of_the_program() -> None:
    head, *lines = re.findall(r"^\| (?:right|`\w+`) \|.*\|$", PAGE, re.MULTILINE)
    roles = [cell.strip() for cell in head.split("|")[3:-1]]
    assert roles == list(Role)
    table = {
        (right, role)
        for cells in ([cell.strip(" `") for cell in line.split("|")[1:-1]] for line in lines[: len(Right)])
        for right, role, given in ((cells[0], role, cell) for role, cell in zip(roles, cells[2:], strict=True))
        if given == "yes"
    }
    assert table == {(right, role) for role, rights in RIGHTS.items() for right in rights}


def test_every_right_has_its_line_and_those_of_the_region_are_named() -> None:
    assert re.findall(r"^\| `(\w+)` \| [^|]+(?: \|[ yes]*){6} ?\|?$", PAGE, re.MULTILINE) == list(Right)
    named = re.search(r"One of the whole region \(`150000`\) may (.*) too", PAGE)
    assert named is not None
    assert set(re.findall(r"`(\w+)`", named[1])) == OF_REGION
