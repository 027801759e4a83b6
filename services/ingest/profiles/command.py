"""The command `enermon profile`: lists the shipped profiles, and tries one on a message."""

import json
import sys
import tomllib
from pathlib import Path
from typing import Annotated, Any

import typer

from services.core.calendar import SHANGHAI, from_us, to_us
from services.core.clock import utc_now
from services.ingest.message import UnreadableMessage
from services.ingest.profiles.access import ProfileError
from services.ingest.profiles.decode import Came
from services.ingest.profiles.shipped import shipped_profiles
from services.ingest.profiles.trial import ProfileTrial, tried

app = typer.Typer(no_args_is_help=True, help="Profiles: how the messages of a product are read.")


@app.command("list")
def names() -> None:
    """The profiles that Enermon is shipped with."""
    for name, shipped in shipped_profiles().items():
        typer.echo(f"{name:22}{shipped.document['title']['en']}")


@app.command("try")
def try_profile(
    profile: Annotated[str, typer.Argument(metavar="FILE|NAME", help="A file (.toml or .json), or a shipped profile")],
    message: Annotated[Path, typer.Argument(metavar="MESSAGE", help="File of a message; - for what comes in")],
    topic: Annotated[str | None, typer.Option(help="Topic by which it came; left out: by HTTP")] = None,
    gateway: Annotated[str, typer.Option(help="Code of the gateway")] = "GW",
    retained: Annotated[bool, typer.Option(help="The broker had kept it")] = False,
) -> None:
    """Show what a message says by a profile, and what of it is left out and why. Nothing is stored."""
    try:
        document = _document(profile)
        payload = sys.stdin.buffer.read() if str(message) == "-" else message.read_bytes()
        trial = tried(document, gateway, payload, Came(to_us(utc_now()), topic, retained))
    except ProfileError as error:
        _fail(f"the profile is wrong at {error.place or 'its root'}: {error.problem.en}")
    except UnreadableMessage as reason:
        _fail(f"the message cannot be read ({reason.code}): {reason.detail}")
    except (OSError, ValueError) as error:
        _fail(str(error))
    else:
        _show(trial)


def _document(profile: str) -> Any:
    if profile in shipped_profiles():
        return dict(shipped_profiles()[profile].document)
    file = Path(profile)
    if not file.exists():
        raise ProfileError(
            "",
            f"{profile} is neither a file nor a shipped profile; see: enermon profile list",
            f"{profile} 既不是文件，也不是随附的解析模板；见 enermon profile list",
        )
    text = file.read_text("utf-8")
    document = json.loads(text) if file.suffix == ".json" else tomllib.loads(text)
    if isinstance(document, dict):
        document.pop("version", None)
    return document


def _show(trial: ProfileTrial) -> None:
    for each in trial.values:
        at = from_us(each.at_us).astimezone(SHANGHAI).isoformat()
        more = "  ".join(part for part in (each.unit, each.flag) if part)
        typer.echo(f"{each.point}  {at}  {each.value!r}  {more}".rstrip())
    for reason in trial.rejected:
        typer.echo(f"rejected {reason.meter}: {reason.value} ({reason.code}: {reason.detail})")
    for why, count in trial.dropped.items():
        typer.echo(f"left out {count}: {why}")
    if trial.ack is not None:
        typer.echo(f"answer to {trial.ack[0]}: {trial.ack[1]}")
    if trial.nothing:
        _fail(f"the message yields nothing: {trial.nothing}")


def _fail(why: str) -> None:
    typer.echo(why, err=True)
    raise typer.Exit(1)
