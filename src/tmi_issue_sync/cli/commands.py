"""Every command's name, options and help. What a command does is imported when it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .groups import config, webhook
from .shell import shell_of

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Makes exactly one ticket per threat of a TMI server, and links it in TMI.",
)
app.add_typer(config, name="config")
app.add_typer(webhook, name="webhook")

Models = Annotated[list[str] | None, typer.Option("--model", help="Only this threat model (id or name).")]
Threats = Annotated[list[str] | None, typer.Option("--threat", help="Only this threat (id or name).")]
Limit = Annotated[int | None, typer.Option("--limit", min=0, help="Make at most so many tickets.")]
TRACKER = "github, jira (Cloud), jira-dc or another that the sandbox has."
Json = Annotated[bool, typer.Option("--json", help="For machines, on stdout.")]


def _version(wanted: bool) -> None:
    if wanted:
        from .. import __version__

        typer.echo(f"tmi-issue-sync {__version__}")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    config: Annotated[Path | None, typer.Option("--config", help="The config file.")] = None,
    state: Annotated[
        Path | None,
        typer.Option("--state", help="Where the ledger and the session are kept."),
    ] = None,
    log_format: Annotated[str | None, typer.Option("--log-format", help="text or json.")] = None,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="More in the log; tracebacks.")] = False,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show it.")] = False,  # noqa: ARG001
) -> None:
    """Makes exactly one ticket per threat of a TMI server, and links it in TMI."""
    if log_format not in (None, "text", "json"):
        raise typer.BadParameter("--log-format is text or json")
    shell = shell_of(context)
    shell.config, shell.state, shell.log_format, shell.verbose = config, state, log_format, verbose


@app.command()
def demo(
    keep: Annotated[bool, typer.Option("--keep", help="Go on serving, so that the links open.")] = False,
    tracker: Annotated[str, typer.Option("--tracker", help=TRACKER)] = "github",
) -> int:
    """See it work, with a TMI and a tracker of its own."""
    from ..sandbox.demo import run

    return run(keep=keep, tracker=tracker)


@app.command()
def sandbox(
    tracker: Annotated[list[str] | None, typer.Option("--tracker", help=f"{TRACKER} Again for several.")] = None,
    load: Annotated[Path | None, typer.Option("--load", help="Models to serve, as JSON.")] = None,
    port: Annotated[int, typer.Option("--port", min=0, max=65534, help="TMI's; the trackers' are the next.")] = 0,
    dialect: Annotated[str, typer.Option("--dialect", help="1.8.22 or documented.")] = "1.8.22",
    write_config: Annotated[
        Path | None,
        typer.Option("--write-config", help="Write a config that works with it."),
    ] = None,
) -> int:
    """Serve a TMI and a tracker, to try a config offline."""
    from ..sandbox.run import run

    return run(trackers=tracker or ["github"], load=load, port=port, dialect=dialect, write_config=write_config)


@app.command()
def login(
    context: typer.Context,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Paste the address back by hand.")] = False,
    provider: Annotated[str | None, typer.Option("--provider", help="TMI's identity provider.")] = None,
) -> int:
    """Begin a session with TMI, for writing links."""
    from .session import login

    return login(shell_of(context), browser=not no_browser, provider=provider)


@app.command()
def logout(context: typer.Context) -> int:
    """End the session with TMI."""
    from .session import logout

    return logout(shell_of(context))


@app.command()
def check(context: typer.Context, json: Json = False) -> int:
    """Check config, TMI, trackers, templates and routes."""
    from .check import run

    return run(shell_of(context), json=json)


@app.command()
def plan(
    context: typer.Context,
    model: Models = None,
    threat: Threats = None,
    limit: Limit = None,
    check: Annotated[bool, typer.Option("--check", help="Exit 3 where something is to do.")] = False,
    json: Json = False,
) -> int:
    """Show what a pass would do and why. Makes and links nothing; a new ledger begins to settle."""
    from .plan import run

    return run(shell_of(context), (model or [], threat or [], limit), check=check, json=json)


@app.command()
def sync(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="One pass, then end.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="With --once: until nothing waits for time.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Agree to a first run of more than ten tickets.")] = False,
    new_install: Annotated[
        bool, typer.Option("--new-install", help="There never was another ledger: need not settle.")
    ] = False,
    model: Models = None,
    threat: Threats = None,
    limit: Limit = None,
    json: Json = False,
) -> int:
    """Make and link the tickets: as a service, or once."""
    from .sync import once as run_once
    from .sync import serve

    if (wait or json) and not once:
        raise typer.BadParameter("--wait and --json need --once.")
    scope = (model or [], threat or [], limit)
    if once:
        return run_once(shell_of(context), scope, wait=wait, yes=yes, new_install=new_install, json=json)
    return serve(shell_of(context), scope, yes=yes, new_install=new_install)


@app.command()
def status(
    context: typer.Context,
    alive: Annotated[bool, typer.Option("--alive", help="Only: exit 1 where passes have stopped.")] = False,
    json: Json = False,
) -> int:
    """What is pending, parked, blocked or in doubt, and why."""
    from . import alive as life
    from . import status

    return life.run(shell_of(context)) if alive else status.run(shell_of(context), json=json)


@app.command()
def explain(
    context: typer.Context,
    what: Annotated[str, typer.Argument(help="A threat's id or name, a ticket's number or URL.")],
    json: Json = False,
) -> int:
    """One threat's whole story."""
    from .explain import run

    return run(shell_of(context), what, json=json)


@app.command()
def retry(
    context: typer.Context,
    threat: Annotated[str, typer.Argument(help="The threat's id.")],
    new_ticket: Annotated[
        bool, typer.Option("--new-ticket", help="Another ticket, where the old is gone.")
    ] = False,
) -> int:
    """Try a parked, blocked, skipped or unlinked threat again."""
    from .hand import retry

    return retry(shell_of(context), threat, new_ticket=new_ticket)


@app.command()
def skip(context: typer.Context, threat: Annotated[str, typer.Argument(help="The threat's id.")]) -> int:
    """No ticket for this threat, please."""
    from .hand import skip

    return skip(shell_of(context), threat)


@app.command()
def adopt(
    context: typer.Context,
    threat: Annotated[str | None, typer.Argument(help="The threat's id.")] = None,
    url: Annotated[str | None, typer.Argument(help="The URL of its ticket.")] = None,
    csv: Annotated[Path | None, typer.Option("--csv", help="A file of threat ids and URLs.")] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Do it; else it is only shown.")] = False,
) -> int:
    """Make tickets that exist already the links of their threats; makes no new one."""
    from .adopt import run

    return run(shell_of(context), threat, url, csv, apply=apply)


@app.command()
def audit(
    context: typer.Context,
    since: Annotated[str | None, typer.Option("--since", help="A day, a time, or how long ago (24h).")] = None,
    threat: Annotated[str | None, typer.Option("--threat", help="Only this threat (id).")] = None,
    json: Json = False,
    csv: Annotated[bool, typer.Option("--csv", help="For spreadsheets, on stdout.")] = False,
) -> int:
    """Everything that was written to TMI and to trackers."""
    from .audit import run

    return run(shell_of(context), since, threat, json=json, as_csv=csv)


@app.command()
def adapters() -> int:
    """Which trackers are installed."""
    from .configs import adapters

    return adapters()
