"""Keeps our webhook subscription alive: TMI drops what is unused for 90 days, or fails for a week (tmi-api 8)."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog

from ..clock import SystemClock
from ..config import Settings
from ..errors import SyncError, TmiError
from ..tmi import webhooks
from ..tmi.caller import Caller
from ..tmi.wire import Lost
from ..wiring import Forgetful, Places, open_tmi
from .receiver import EVENTS
from .subscription import Subscription, SubscriptionFile

FIRST = 60.0
"""Seconds after the start: whoever starts the service wants a pass first."""
EVERY = 86400.0
UNUSED = timedelta(days=30)
"""After that a test delivery counts as use."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Installed:
    """What `install` found or made."""

    found: webhooks.Registered
    made: bool
    removed: tuple[webhooks.Registered, ...] = ()
    """Those that it replaces."""
    others: tuple[webhooks.Registered, ...] = ()
    """Those of our name that send elsewhere: another installation's, or ours of which nothing is known here."""


def install(caller: Caller, file: SubscriptionFile, tmi: str, url: str, ours: Subscription | None) -> Installed:
    """Have one subscription for this url, and its secret. Again is harmless. `ours` is what the file says, None
    where it says nothing.

    The secret is stored before TMI hears of it: the challenge may come before TMI's answer does.
    """
    there = webhooks.all_of(caller)
    same = [each for each in there if each.url == url and each.name == webhooks.NAME]
    before = next((each for each in there if ours and ours.tmi == tmi and each.id == ours.id), None)
    if before in same and before is not None and before.status != "pending_delete":
        return Installed(before, made=False)
    for old in same:  # made by us, and nobody knows its secret; first, because TMI allows ten of them
        webhooks.remove(caller, old.id)
    elsewhere = before is not None and before not in same
    try:
        made = _made(caller, file, Subscription.fresh(tmi, url), sure=elsewhere)
    except TmiError as error:
        if same:
            gone = ", ".join(old.id for old in same)
            again = f"Before that, {gone} was removed: run `webhook install --url {url}` to have one again."
            error.todo = f"{again} {error.todo}".strip()
        raise
    if before is not None and elsewhere:
        webhooks.remove(caller, before.id)
        same.append(before)
    others = (each for each in there if each.name == webhooks.NAME and each not in same)
    return Installed(made, made=True, removed=tuple(same), others=tuple(others))


def _made(caller: Caller, file: SubscriptionFile, fresh: Subscription, *, sure: bool) -> webhooks.Registered:
    """What was there before is put back where TMI makes none; where only its answer was lost, if `sure` to work."""
    before = file.content()
    file.store(fresh)
    try:
        made = webhooks.create(caller, fresh.url, EVENTS, fresh.secret)
    except TmiError as error:
        if sure or not isinstance(error, Lost):
            file.put_back(before)
        raise
    file.store(fresh.known_as(made.id))
    return made


def keep(caller: Caller, file: SubscriptionFile, tmi: str, now: datetime) -> str:
    """Make a lost subscription again, and have an unused one used. Gives what was done, empty for nothing."""
    ours = file.load()
    if ours is None:
        return ""
    if not ours.id:
        install(caller, file, tmi, ours.url, ours)
        return "the answer to an earlier try was lost: the webhook subscription was made again"
    found = webhooks.one(caller, ours.id)
    if found is None or found.status == "pending_delete":
        install(caller, file, tmi, ours.url, ours)
        return "TMI had dropped the webhook subscription; it was made again"
    since = found.used_at or found.created_at
    if found.status == "active" and since is not None and now - since > UNUSED:
        webhooks.test(caller, ours.id)
        return "asked TMI for a test delivery, so that the webhook subscription counts as used"
    return ""


class Keeper:
    """A thread that looks once a day; only where there is a subscription and somebody who writes."""

    def __init__(self, settings: Settings, places: Places, file: SubscriptionFile) -> None:
        self._settings = settings
        self._state: Path = places.state
        self._file = file
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)

    def __enter__(self) -> Self:
        if self._settings.tmi.write is not None:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """A call that is on its way is left behind: nothing depends on it."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(0.5)

    def _run(self) -> None:
        pause = FIRST
        while not self._stop.wait(pause):
            pause = EVERY
            try:
                self._look()
            except SyncError as error:
                _log.warning("the webhook subscription was not looked after", error=str(error))

    def _look(self) -> None:
        if self._file.load() is None:
            return
        with open_tmi(self._settings.tmi, self._state, SystemClock(), Forgetful()) as tmi:
            assert tmi.writer is not None
            did = keep(tmi.writer, self._file, self._settings.tmi.url.rstrip("/"), datetime.now(UTC))
        if did:
            _log.warning(did)
