"""Telling people by a program or an address of theirs; what was told is remembered in the ledger."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime

import structlog

from . import __version__, http
from .causes import Cause, Memo, Message, told
from .clock import Clock
from .config_tables import NotifyOptions
from .ledger import Ledger

_log = structlog.get_logger()
VERSION = 1
"""Of the message's shape: a key that changes its meaning or goes away makes another."""
KEPT_ENV = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR", "http_proxy", "https_proxy")
"""What the program sees of our environment: there may be secrets in the rest."""


class Herald:
    """Says what changed since it spoke last. Its memory is in the ledger, so that restarts are no storm."""

    def __init__(self, options: NotifyOptions, ledger: Ledger, clock: Clock, instance: str) -> None:
        self._options = options
        self._ledger = ledger
        self._clock = clock
        self._instance = instance

    def tell(self, found: Mapping[str, Cause], *, whole: bool) -> None:
        """Remember first, then send: a crash in between loses a message and repeats none. Raises LedgerError."""
        before, now = self._memory(), self._clock.now()
        memory, messages = told(before, found, whole=whole, now=now)
        if memory != before:
            self._remember(memory)
        for message in messages:
            _say(message)
        for index, message in enumerate(messages):
            if not self._send(message, now):
                late = {each.cause for each in messages[index:]}  # the next pass tries them again
                kept = {name: memo for name, memo in memory.items() if name not in late}
                self._remember(kept | {name: before[name] for name in late & before.keys()})
                break

    def _memory(self) -> dict[str, Memo]:
        raw = json.loads(self._ledger.get("told") or "{}")
        return {
            name: Memo(_at(memo["since"]), memo["text"], memo["seen"], memo["told"], _at(memo["last"]))
            for name, memo in raw.items()
        }

    def _remember(self, memory: Mapping[str, Memo]) -> None:
        self._ledger.set("told", json.dumps({name: asdict(memo) for name, memo in memory.items()}, default=str))

    def _send(self, message: Message, now: datetime) -> bool:
        """False where nobody got it."""
        line = f"tmi-issue-sync for {self._instance}: {message.text}{'. ' if message.todo else ''}{message.todo}"
        body = {
            "version": VERSION,
            "text": line,
            "cause": message.cause,
            "state": "over" if message.over else "begun",
            "todo": message.todo,
            "instance": self._instance,
            "since": message.since.isoformat(),
            "at": now.isoformat(),
        }
        if self._options.command:
            return self._command(line, body)
        return self._post(self._options.url.get_secret_value(), body) if self._options.url else True

    def _command(self, line: str, body: Mapping[str, object]) -> bool:
        """Run the program, and not for long; what it prints is not ours to keep."""
        name, timeout = self._options.command[0], self._options.timeout
        env = {key: os.environ[key] for key in KEPT_ENV if key in os.environ}
        nothing = subprocess.DEVNULL
        try:
            process = subprocess.Popen(  # noqa: S603  (the operator's own program)
                [*self._options.command, line],
                stdin=subprocess.PIPE, stdout=nothing, stderr=nothing, env=env, start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            return _undelivered(f"{name} can't be started: {error.strerror}")
        with process:
            try:
                process.communicate(json.dumps(body).encode(), timeout=timeout)
            except subprocess.TimeoutExpired:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)  # its children, too
                return _undelivered(f"{name} took longer than {timeout:g} s")
        return process.returncode == 0 or _undelivered(f"{name} ended with exit code {process.returncode}")

    def _post(self, url: str, body: Mapping[str, object]) -> bool:
        """The address may be a secret: it is named in no line."""
        try:
            agent = f"tmi-issue-sync/{__version__}"
            status = http.post(url, body, timeout=self._options.timeout, user_agent=agent)
        except (http.HTTPError, http.InvalidURL, OSError) as error:
            return _undelivered(f"the address can't be reached ({type(error).__name__})")
        return 200 <= status < 300 or _undelivered(f"the address answered with status {status}")


def _say(message: Message) -> None:
    if message.over:
        _log.info(message.text, cause=message.cause)
    else:
        _log.warning(message.text, cause=message.cause, todo=message.todo)


def _undelivered(why: str) -> bool:
    _log.warning("[notify] a message was not delivered; the next pass tries again", error=why)
    return False


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)
