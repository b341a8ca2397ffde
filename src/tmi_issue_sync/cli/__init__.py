"""The command line. `main` is the only place that exits; every error is one line on stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import typer

from ..errors import SyncError
from .commands import app
from .shell import Shell

NAME = "tmi-issue-sync"
USAGE: type[Exception] = typer.BadParameter.__mro__[1]
"""What typer raises for a command line that makes no sense; it exports only this one's children."""


def main() -> None:
    """The command `tmi-issue-sync`."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """One command; gives its exit code."""
    shell = Shell()
    try:
        command = typer.main.get_command(app)
        code = command.main(list(arguments), prog_name=NAME, standalone_mode=False, obj=shell)
        sys.stdout.flush()
    except SyncError as error:
        return _failed(shell, error)
    except (KeyboardInterrupt, typer.Abort):
        return _line(shell, "interrupted", 130)
    except BrokenPipeError:  # `plan | head`: whoever read us has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 141
    except USAGE as error:
        return _line(shell, f"{_told(error)} See: {NAME} --help", 2)
    except Exception as error:  # noqa: BLE001 - the last line of defence: a bug is one line, too
        return _bug(shell, error)
    return code if isinstance(code, int) else 0


def _failed(shell: Shell, error: SyncError) -> int:
    for problem in getattr(error, "problems", (str(error),)):
        _line(shell, problem, 0)
    if shell.verbose:
        _trace(shell)
    return error.exit_code


def _bug(shell: Shell, error: Exception) -> int:
    if shell.verbose:
        _trace(shell)
    text = " ".join(str(error).split())
    hint = "see above" if shell.verbose else "run with -v for details"
    return _line(shell, f"a bug in {NAME}: {type(error).__name__}: {text}; {hint}", 70)


def _told(error: Exception) -> str:
    message = getattr(error, "format_message", lambda: str(error))()
    return " ".join(str(message).split()).rstrip(".") + "."


def _line(shell: Shell, text: str, code: int) -> int:
    print(f"{NAME}: {_redacted(shell, text)}", file=sys.stderr, flush=True)
    return code


def _trace(shell: Shell) -> None:
    import traceback

    print(_redacted(shell, traceback.format_exc()), file=sys.stderr)


def _redacted(shell: Shell, text: str) -> str:
    from ..log import Redactor

    return (shell.redactor or Redactor()).text(text)
