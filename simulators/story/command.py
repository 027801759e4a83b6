"""`enermon-sim story`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from simulators.options import api_of, clear_errors
from simulators.registration import RegistryApi
from simulators.story.kept import Kept
from simulators.story.script import load_script
from simulators.story.telling import Teller, accounts_of

story_app = typer.Typer(
    no_args_is_help=True, help="The demonstration's story, told through the API to a region of `fleet --story`."
)

Api = Annotated[str, typer.Option("--api", metavar="URL", envvar="ENERMON_SIM_API_URL", help="Where the API is")]
Keys = Annotated[
    Path, typer.Option("--keys", metavar="DIR", help="Keys of administrator and accounts: secrets of ENERMON_HOME")
]
State = Annotated[Path, typer.Option("--state", metavar="DIR", help="That of the region; what was told is kept there")]


@story_app.command()
def prepare(
    api: Api,
    keys: Keys,
    state: State,
    passwords: Annotated[Path, typer.Option("--passwords", metavar="CSV", help="Passwords of the gateways")],
) -> None:
    """Register supervision bodies with their e-mail addresses, send a message that is refused, correct a reading.

    Prints, a line each as JSON, as of when which rules are then to be judged: `enermon judge-past` does it.
    """
    with clear_errors():
        teller = _teller(api, keys, state)
        teller.prepare(passwords)
        for at, rules in teller.moments():
            typer.echo(json.dumps({"at": at, "rules": rules}))


@story_app.command()
def handle(api: Api, keys: Keys, state: State) -> None:
    """Handle the alerts and issue the bulletins as the script says, as the accounts of the demonstration."""
    with clear_errors():
        teller = _teller(api, keys, state)
        teller.handle()
        teller.issue()


def _teller(api: str, keys: Path, state: Path) -> Teller:
    administrator = api_of(api, keys / "administrator.key")
    assert isinstance(administrator, RegistryApi)
    return Teller(load_script(), Kept(state), administrator=administrator, accounts=accounts_of(api, keys))
