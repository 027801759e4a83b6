"""``python -m services.up``: the command `enermon up` by itself."""

import typer

from services.up.command import up

if __name__ == "__main__":
    typer.run(up)
