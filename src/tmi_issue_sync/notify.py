"""Telling people by a program or an address of theirs; what was told is remembered in the ledger."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog

from . import __version__, http
from .causes import AGAIN, PASS, Cause, Memo, Message, causes, of_session, told, wrote
from .clock import Clock
from .config_tables import NotifyOptions
from .errors import LedgerError
from .ledger import Ledger
from .standing import SessionStanding
from .state import Passed

_log = structlog.get_logger()
VERSION = 1
"""Of the message's shape: a key that changes its meaning or goes away makes another."""
KEPT_ENV = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR", "http_proxy", "https_proxy")
"""What the program sees of our environment: there may be secrets in the rest."""


class Herald:
    """Says what changed since it spoke last. Its memory is in the ledger, so that restarts are no storm."""

    def __init__(
        self,
        options: NotifyOptions,
        ledger: Ledger,
        clock: Clock,
        instance: str,
        *,
        stamp: Path,
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        """`stamp` is a file whose date tells when the ledger's own trouble was last told."""
        self._options = options
        self._ledger = ledger
        self._clock = clock
        self._instance = instance
        self._stamp = stamp
        self._stopping = stopping

    def hear(self, passed: Passed, standing: SessionStanding | None) -> None:
        """After each pass. A woken one saw too little to say that anything began or is over, but of the ledger.

        Raises LedgerError where nothing can be remembered; that was told then.
        """
        broken = isinstance(passed.error, LedgerError)
        if passed.scope.woken and not broken:
            return
        whole = passed.error is None
        try:
            self.tell(causes(passed, of_session(standing)), whole=whole, wrote=wrote(passed))
        except LedgerError as error:
            failed = passed if broken else replace(passed, error=error)
            self._cry(causes(failed, {})[PASS])
            raise

    def tell(self, found: Mapping[str, Cause], *, whole: bool, wrote: bool = True) -> None:
        """Remember that it is tried, send, remember that it was told: a crash in between repeats one message.

        Raises LedgerError.
        """
        before, now = self._memory(), self._clock.now()
        told_all, messages = told(before, found, whole=whole, wrote=wrote, now=now)
        trying = {message.cause: _tried(before.get(message.cause), message) for message in messages}
        memory = told_all | trying
        if memory != before:
            self._remember(memory)
        for message in messages:
            _say(message)
        for index, message in enumerate(messages):
            if self._stopping() or not self._send(message, now):
                late = {each.cause for each in messages[index:]}  # the next pass tries them again
                kept = {name: memo for name, memo in memory.items() if name not in late}
                self._remember(kept | {name: before[name] for name in late & before.keys()})
                break
            memory[message.cause] = told_all[message.cause]
            self._remember(memory)

    def _cry(self, cause: Cause) -> None:
        """The ledger can't remember it: a file's date does, and where there is no such file this process alone."""
        now = self._clock.now()
        with suppress(OSError):
            if abs(now.timestamp() - self._stamp.stat().st_mtime) < AGAIN.total_seconds():
                return
        message = Message(PASS, False, cause.text, cause.todo, now)
        _say(message)
        if self._send(message, now):
            with suppress(OSError):
                self._stamp.touch(0o600)
                os.utime(self._stamp, (now.timestamp(), now.timestamp()))

    def _memory(self) -> dict[str, Memo]:
        raw = json.loads(self._ledger.get("told") or "{}")
        return {name: _memo(values) for name, values in raw.items()}

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


def _tried(before: Memo | None, message: Message) -> Memo:
    memo = before or Memo(message.since)
    return replace(memo, tries=memo.tries + 1)


def _memo(values: dict[str, Any]) -> Memo:
    since, last = (datetime.fromisoformat(values[name]) for name in ("since", "last"))
    return Memo(since, values["text"], values["seen"], values["told"], last, values.get("tries", 0))


def _say(message: Message) -> None:
    if message.over:
        _log.info(message.text, cause=message.cause)
    else:
        _log.warning(message.text, cause=message.cause, todo=message.todo)


def _undelivered(why: str) -> bool:
    _log.warning("[notify] a message was not delivered; the next pass tries again", error=why)
    return False
