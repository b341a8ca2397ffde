"""The commands that come in groups: `config` and `webhook`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .shell import shell_of

config = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Write a first configuration; show it.")
webhook = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="TMI's word that wakes the service.")

TokenFile = Annotated[
    Path | None, typer.Option("--token-file", help="A TMI administrator's token; - is stdin. Never kept.")
]


@config.command("init")
def config_init(
    context: typer.Context,
    path: Annotated[Path | None, typer.Argument(help="Where to write it; by default your own place.")] = None,
) -> int:
    """Write a first configuration."""
    from .configs import init

    return init(shell_of(context), path)


@config.command("show")
def config_show(context: typer.Context) -> int:
    """Show the configuration as it counts, secrets hidden."""
    from .configs import show

    return show(shell_of(context))


@webhook.command("install")
def webhook_install(
    context: typer.Context,
    url: Annotated[str | None, typer.Option("--url", help="Where TMI reaches the service's /webhook.")] = None,
    token_file: TokenFile = None,
) -> int:
    """Make the subscription at TMI, or see that it is there."""
    from .webhook import install

    return install(shell_of(context), url, token_file)


@webhook.command("status")
def webhook_status(context: typer.Context, token_file: TokenFile = None) -> int:
    """What TMI says of the subscription."""
    from .webhook import status

    return status(shell_of(context), token_file)


@webhook.command("remove")
def webhook_remove(context: typer.Context, token_file: TokenFile = None) -> int:
    """Remove the subscription, and the add-ons that use it."""
    from .webhook import remove

    return remove(shell_of(context), token_file)
