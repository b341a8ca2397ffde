"""`login` and `logout`: a person's session with TMI."""

from __future__ import annotations

from ..clock import SystemClock
from ..config_file import state_directory
from ..tmi import login as room
from ..wiring import USER_AGENT
from .shell import Shell
from .show import say


def login(shell: Shell, *, browser: bool, provider: str | None) -> int:
    """Needs `[tmi]` alone, so that it works before there is any tracker."""
    options, state = shell.tmi(), state_directory(shell.state)
    person = room.Person(say=say, ask=_ask)
    room.login(
        options,
        person,
        clock=SystemClock(),
        state_dir=state,
        user_agent=USER_AGENT,
        no_browser=not browser,
        provider=provider,
    )
    say(f"kept in {state}")
    return 0


def _ask(question: str) -> str:
    try:
        return input(question)
    except EOFError:
        raise KeyboardInterrupt from None


def logout(shell: Shell) -> int:
    """End the session at TMI too, as far as it can be reached."""
    options, state = shell.tmi(), state_directory(shell.state)
    existed = room.logout(options, clock=SystemClock(), state_dir=state, user_agent=USER_AGENT)
    say("Logged out." if existed else "Nobody was logged in.")
    return 0
