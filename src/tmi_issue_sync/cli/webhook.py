"""`webhook install|status|remove`: the subscription at TMI that wakes the service."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import SecretStr

from ..clock import SystemClock
from ..errors import ConfigError, NeedsPerson, UsageError
from ..tmi import webhooks
from ..tmi.auth import StaticToken
from ..tmi.caller import Caller
from ..tmi.options import Token
from ..tmi.wire import Wire
from ..urls import is_url
from ..web.keeper import install as have
from ..web.receiver import EVENTS
from ..web.subscription import Damaged, SubscriptionFile
from ..wiring import USER_AGENT, Forgetful, open_tmi
from .shell import Shell
from .show import say


def install(shell: Shell, url: str | None, token_file: Path | None) -> int:
    """Have a subscription that sends to `url`; by default to where it sent before, where that is known."""
    with _opened(shell, token_file) as (caller, file, tmi):
        try:
            ours = file.load()
        except Damaged:
            if not url:
                raise
            ours = None
        target = url or (ours.url if ours else "")
        if not target:
            raise UsageError("nothing says where TMI should send to", todo="Give --url https://HOST/webhook.")
        if not is_url(target):
            raise UsageError(f"{target!r} is no url", todo="Write it like https://sync.example.com/webhook.")
        did = have(caller, file, tmi, target, ours)
    found = did.found
    words = "was made" if did.made else "is there already"
    say(f"The subscription {found.id} {words}: {found.status}. Its secret is in {file.path}.")
    for old in did.removed:
        say(f"It replaces {old.id}, to {old.url}, which was removed.")
    for other in did.others:
        say(f"TMI also sends to {other.url}, for {other.id}: have that removed at TMI where nobody uses it.")
    if found.status == "pending_verification":
        say("TMI asks the running service within 30 seconds whether it wants this: see `webhook status`.")
    say("TMI 1.8.22 sends word of threat models alone, never of threats, and only of models that the")
    say("subscriber owns. All else is found by the clock's passes.")
    return 0


def status(shell: Shell, token_file: Path | None) -> int:
    """What TMI says of it."""
    with _opened(shell, token_file) as (caller, file, _):
        ours = file.load()
        if ours is None:
            say("There is no subscription. Make one: tmi-issue-sync webhook install --url https://HOST/webhook")
            return 0
        found = webhooks.one(caller, ours.id) if ours.id else None
    say(f"url: {ours.url}")
    if found is None:
        say("TMI has it no more. Make it again: tmi-issue-sync webhook install")
        return 0
    say(f"id: {found.id}")
    say(f"status: {found.status}")
    say(f"last delivery taken: {f'{found.used_at:%Y-%m-%d %H:%M}Z' if found.used_at else 'none yet'}")
    say(f"failures in a row: {found.failures}")
    say(f"events: {', '.join(found.events)}")
    if missing := set(EVENTS) - set(found.events):
        say(f"not subscribed to: {', '.join(sorted(missing))}. Run `webhook remove`, then `webhook install`.")
    return 0


def remove(shell: Shell, token_file: Path | None) -> int:
    """Remove it at TMI and here; with it go the add-ons that use it."""
    with _opened(shell, token_file) as (caller, file, _):
        ours = file.load()
        if ours is None:
            say("There is no subscription.")
            return 0
        existed = bool(ours.id) and webhooks.remove(caller, ours.id)
        file.delete()
    say("Removed." if existed else "TMI had it no more; its secret is removed here.")
    return 0


@contextmanager
def _opened(shell: Shell, token_file: Path | None) -> Iterator[tuple[Caller, SubscriptionFile, str]]:
    """As the writer, or as the person whose token is in the file."""
    settings = shell.settings()
    file = SubscriptionFile(shell.places(settings).state)
    tmi, clock = settings.tmi.url.rstrip("/"), SystemClock()
    if token_file is not None:
        administrator = StaticToken("the administrator", _token(token_file))
        with Wire(settings.tmi, clock, USER_AGENT) as wire:
            yield Caller(wire, administrator), file, tmi
        return
    with open_tmi(settings.tmi, shell.places(settings).state, clock, Forgetful()) as client:
        if client.writer is None:
            raise NeedsPerson("no writer is configured, who could be an administrator", todo="Give --token-file.")
        yield client.writer, file, tmi


def _token(path: Path) -> Token:
    """`-` is stdin: no token on a command line, where others read it."""
    try:
        text = sys.stdin.readline() if str(path) == "-" else path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the token file {path} can't be read: {error}") from error
    return Token(token=SecretStr(text.strip()))
