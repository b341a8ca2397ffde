"""A user's session: a refresh token that is good for one use, kept on disk for all processes that share it."""

from __future__ import annotations

import fcntl
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from ..clock import Clock
from ..errors import NeedsPerson, TmiDenied, TmiError
from .auth import Grant, granted
from .values import moment
from .wire import Lost, Passing, Reply, Wire

LOGIN = "Run: tmi-issue-sync login"
LOCK_PATIENCE = 120.0
"""Seconds to wait for another process that renews the session; each of its requests ends sooner."""
REFUSED_FOR = 60.0
"""Seconds without a further renewal after one that failed, where TMI does not say how many."""
ROOM = 64 * 1024
"""Bytes written before a renewal, so that a full disk shows before the old token is spent."""


class LoginNeeded(TmiDenied, NeedsPerson):
    """The session is over, or there is none: nothing but a login helps."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What the session file holds. Times are RFC 3339; the wall clock is good enough for their purpose."""

    url: str
    refresh_token: str = field(repr=False)
    access_token: str = field(repr=False)
    access_until: str
    started_at: str
    ends_at: str
    provider: str = ""
    user: str = ""
    over: bool = False
    """TMI refused the refresh token: asking again is of no use."""

    def usable(self, now: datetime, refused: str | None) -> bool:
        until = moment(self.access_until)
        return until is not None and now < until and self.access_token != refused

    def idle(self, now: datetime) -> bool:
        """Whether its last access token ended a day ago."""
        until = moment(self.access_until)
        return until is not None and now - until > timedelta(days=1)

    @property
    def ends(self) -> datetime | None:
        return moment(self.ends_at)

    def renewed(self, grant: Grant, now: datetime) -> Saved:
        until = (now + timedelta(seconds=grant.usable_for)).isoformat()
        refresh = grant.refresh_token or self.refresh_token
        return replace(self, refresh_token=refresh, access_token=grant.access_token, access_until=until)


class SessionFile:
    """`session.json` (0600) in a directory of its own (0700), and the lock beside it."""

    def __init__(self, state_dir: Path, url: str) -> None:
        self._dir = state_dir / "tmi-session"
        self.path = self._dir / "session.json"
        self._url = url
        self._threads = threading.Lock()

    def load(self) -> Saved | None:
        """None where nobody is logged in. Raises LoginNeeded where the file is no session of this TMI."""
        try:
            saved = Saved(**json.loads(self.path.read_text(encoding="utf-8")))
            if not all(isinstance(value, str) for name, value in asdict(saved).items() if name != "over"):
                raise TypeError  # noqa: TRY301 - one handler for every kind of damage
        except FileNotFoundError:
            return None
        except OSError as error:
            raise TmiError(f"the session file {self.path} can't be read: {error.strerror}") from error
        except (ValueError, TypeError):
            raise LoginNeeded(f"the session file {self.path} is damaged", todo=LOGIN) from None
        if saved.url != self._url:
            raise LoginNeeded(f"the session in {self.path} is one with {saved.url}, not {self._url}", todo=LOGIN)
        return saved

    @contextmanager
    def locked(self, clock: Clock) -> Iterator[None]:
        """Alone among all threads and processes that use this file."""
        with self._threads, self._errors():
            self._dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._dir.chmod(0o700)
            lock = os.open(self._dir / "session.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                self._wait_for(lock, clock)
                yield
            finally:
                os.close(lock)

    def _wait_for(self, lock: int, clock: Clock) -> None:
        until = clock.monotonic() + LOCK_PATIENCE
        while not _taken(lock):
            if clock.monotonic() > until:
                raise TmiError(
                    f"another process has held the session file {self.path} for {LOCK_PATIENCE:.0f} s",
                    todo="Is a tmi-issue-sync process suspended?",
                )
            clock.sleep(0.05)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise TmiError(
                f"the session can't be kept in {self._dir}: {error.strerror or error}",
                todo="The directory must be writable and on a disk with space.",
            ) from error

    def make_room(self) -> None:
        """Write as much as a session may need, so that storing can't fail for want of space. Hold the lock."""
        self._write(b" " * ROOM, self._spare)

    def store(self, saved: Saved) -> None:
        """Durable when it returns: written, synced, renamed, directory synced. Hold the lock."""
        with self._errors():
            self._write(json.dumps(asdict(saved), indent=1).encode(), self._spare)
            os.replace(self._spare, self.path)
            directory = os.open(self._dir, os.O_RDONLY)
            try:
                os.fsync(directory)
            finally:
                os.close(directory)

    def delete(self) -> None:
        """Hold the lock. The lock file stays: another process may wait for it."""
        with self._errors():
            self.path.unlink(missing_ok=True)
            self._spare.unlink(missing_ok=True)

    @property
    def _spare(self) -> Path:
        return self._dir / "session.new"

    def _write(self, data: bytes, path: Path) -> None:
        """Overwrites in place, cut afterwards: space that was made stays ours."""
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.fchmod(file, 0o600)
            view = memoryview(data)
            while view:
                view = view[os.write(file, view) :]
            os.ftruncate(file, len(data))
            os.fsync(file)
        finally:
            os.close(file)


class Session:
    """The identity of somebody who logged in. Everything it knows is in the file, so processes can't disagree."""

    def __init__(self, name: str, file: SessionFile, wire: Wire) -> None:
        self.name = name
        self._file = file
        self._wire = wire
        self._again_at = float("-inf")
        self._refusal: TmiError | None = None

    def token(self, refused: str | None = None) -> str:
        saved = self._here(self._file.load())
        if saved.usable(self._wire.clock.now(), refused):
            return saved.access_token
        with self._file.locked(self._wire.clock):
            saved = self._here(self._file.load())  # another process may have renewed it while we waited
            if not saved.usable(self._wire.clock.now(), refused):
                if self._refusal is not None and self._wire.clock.monotonic() < self._again_at:
                    raise TmiError(self._refusal.why, todo=self._refusal.todo)
                self._file.make_room()
                saved = self._renew(saved)
            return saved.access_token

    def _here(self, saved: Saved | None) -> Saved:
        if saved is None:
            raise LoginNeeded("nobody is logged in to TMI", todo=LOGIN)
        if saved.over:
            raise LoginNeeded(f"the session of {saved.user or 'the writer'} with TMI is over", todo=LOGIN)
        return saved

    def _renew(self, saved: Saved) -> Saved:
        """Spend the refresh token and store what comes for it before anybody uses it."""
        reply, doubtful = self._ask(saved)
        if reply.status == 200:
            try:
                renewed = saved.renewed(granted(reply), self._wire.clock.now())
            except TmiError as error:
                raise self._hold(error) from None
            self._file.store(renewed)
            return renewed
        if reply.status in (400, 401) and (reply.status == 401 or reply.code == "invalid_grant"):
            self._file.store(replace(saved, over=True))
            why = "the answer to its renewal got lost" if doubtful else reply.words.rstrip(".")
            raise LoginNeeded(f"the session of {saved.user or 'the writer'} with TMI is over ({why})", todo=LOGIN)
        why = f"TMI did not renew the session (status {reply.status}: {reply.words})"
        todo = f"It is tried again; if it stays so: {LOGIN.lower()}"
        raise self._hold(TmiError(why, todo=todo), reply.retry_after)

    def _hold(self, error: TmiError, seconds: float | None = None) -> TmiError:
        """Keep a failure for a while: all who want a token meanwhile get it instead of asking TMI again."""
        self._again_at = self._wire.clock.monotonic() + (REFUSED_FOR if seconds is None else max(seconds, 1.0))
        self._refusal = error
        return error

    def _ask(self, saved: Saved) -> tuple[Reply, bool]:
        """The answer, and whether an earlier one got lost: then the token may be spent. One more try tells."""
        body = {"grant_type": "refresh_token", "refresh_token": saved.refresh_token}
        doubtful = False
        for last in (False, True):
            try:
                return self._wire.send("POST", "/oauth2/token", body=dict(body)), doubtful
            except Passing as error:
                failed = TmiError(f"TMI did not renew the session: {error.why}", todo=error.todo)
                if last or not isinstance(error, Lost):  # what was not sent costs TMI nothing, and is not kept
                    raise (self._hold(failed) if last else failed) from error
                doubtful = True
        raise AssertionError


def _taken(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def ending(saved: Saved, now: datetime) -> str | None:
    """A warning where the session's end is near or past, by what the login was told of its length."""
    ends = saved.ends
    if ends is None or ends - now >= timedelta(hours=24):
        return None
    hours = (ends - now).total_seconds() / 3600
    when = f"ends in {max(hours, 0):.0f} h" if hours > 0 else "should be over"
    return f"the session of {saved.user or 'the writer'} with TMI {when} ({saved.ends_at[:16]}Z). {LOGIN}"
