"""``python -m services.up``: the command `enermon up` by itself."""

import typer

from services.up.command import up

if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(up)
    app()
