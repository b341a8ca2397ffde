"""The command line. `main` is the only place that exits; every error is one line on stderr."""

from __future__ import annotations

import errno
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
INTERRUPTED = "interrupted: nothing more was begun"
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


def main() -> None:
    """The command `tmi-issue-sync`."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """One command; gives its exit code."""
    shell = Shell()
    try:
        code = _invoked(arguments, shell)
        sys.stdout.flush()
    except SyncError as error:
        return _failed(shell, error)
    except KeyboardInterrupt as error:
        return _line(shell, f"interrupted: {error}" if str(error) else INTERRUPTED, 130)
    except BrokenPipeError:  # `plan | head`: whoever read us has seen enough
        _mute()
        return 141
    except USAGE as error:
        return _usage(shell, error)
    except OSError as error:
        return _unwritten(shell, error)
    except Exception as error:  # noqa: BLE001 - the last line of defence: a bug is one line, too
        return _bug(shell, error)
    return code if isinstance(code, int) else 0


def _invoked(arguments: Sequence[str], shell: Shell) -> object:
    """Not by typer's own `main`: that one turns Ctrl-C and a closed pipe into exit codes of its own, in silence."""
    command = typer.main.get_command(app)
    try:
        with command.make_context(NAME, list(arguments), obj=shell) as context:
            return command.invoke(context)
    except typer.Exit as end:  # --help, --version
        return end.exit_code


def _mute() -> None:
    """What is still in the buffer goes nowhere, or Python would fail once more at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _usage(shell: Shell, error: Exception) -> int:
    if type(error).__name__ == "NoArgsIsHelpError":  # typer exports no better way to tell
        print(getattr(error, "message", ""), file=sys.stderr, flush=True)
        return 2
    return _line(shell, f"{_told(error)} See: {NAME} --help", 2)


def _unwritten(shell: Shell, error: OSError) -> int:
    """Files are named by their errors, and are told of where they are opened; stdout has no name."""
    if error.filename is not None or error.errno not in NO_ROOM:
        return _bug(shell, error)
    _mute()
    return _line(shell, f"the output can't be written: {error.strerror}", 74)


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
