"""The door to TMI, opened over HTTP."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

from ..clock import Clock
from ..errors import ConfigError, TmiDenied, TmiError
from ..model import ModelRead, Threat, ThreatModel
from ..retry import retry_after
from . import reads
from .auth import Identity, ServiceAccount, StaticToken
from .caller import Caller
from .door import Prepared, Receipt
from .link import Links
from .model_link import ModelLinks
from .options import ClientCredentials, Login, TmiOptions, Token
from .sending import Memory, Sender
from .session import Session, SessionFile
from .wire import Lost, Unreached, Wire

Read = ModelRead | tuple[ThreatModel, TmiError]


IN_VAIN = 8
"""Models in a row that TMI did not answer for, after which a pass reads no further."""


class _Patience:
    """With a TMI that hangs in the middle of a pass. Threads share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._in_vain = 0
        self._last = TmiError("")

    def over(self) -> TmiError | None:
        """Why nothing more is asked."""
        with self._lock:
            if self._in_vain < IN_VAIN:
                return None
            why = f"not read, as TMI did not answer for {IN_VAIN} models in a row: {self._last.why}"
            return TmiError(why, todo=self._last.todo)

    def ended(self, error: TmiError | None) -> None:
        """A 500 is an answer, and may be about that model alone: it must not hide those behind it."""
        silent = isinstance(error, Lost | Unreached) or (error is not None and retry_after(error) is not None)
        with self._lock:
            self._in_vain = self._in_vain + 1 if silent else 0
            self._last = error or self._last


class TmiClient:
    """Implements `door.Tmi`. Opens no connection before the first call; safe to use from one thread."""

    def __init__(
        self, options: TmiOptions, *, clock: Clock, memory: Memory, state_dir: Path, user_agent: str
    ) -> None:
        if options.read is None and options.write is None:
            raise ConfigError("[tmi] names nobody to read as", todo="Add write = { login = true } or read = {...}.")
        self.options = options
        self.clock = clock
        self._memory = memory
        self._wire = Wire(options, clock, user_agent)
        self._info_lock = threading.Lock()
        self._info: reads.Info | None = None
        self.session_file = SessionFile(state_dir, self._wire.url)
        self.writer = self._caller("the writer", options.write) if options.write else None
        reader = self._caller("the reader", options.read) if options.read else self.writer
        assert reader is not None
        self.reader = reader

    def _caller(self, name: str, option: Token | ClientCredentials | Login) -> Caller:
        identity: Identity
        match option:
            case Token():
                identity = StaticToken(name, option)
            case ClientCredentials():
                identity = ServiceAccount(name, option, self._wire)
            case Login():
                identity = Session(name, self.session_file, self._wire)
        return Caller(self._wire, identity)

    def info(self) -> reads.Info:
        """The server's version and health; asked once per process."""
        with self._info_lock:
            if self._info is None:
                self._info = reads.info(self._wire)
            return self._info

    def me(self) -> reads.Me:
        """Who the reader is."""
        return reads.me(self.reader)

    def threat_models(self) -> list[ThreatModel]:
        return reads.threat_models(self.reader)

    def threat_model(self, model_id: str) -> ThreatModel | None:
        return reads.threat_model(self.reader, model_id)

    def read(self, models: Sequence[ThreatModel]) -> Iterator[Read]:
        """Few models ahead of the consumer at most: a row must be fresh when it is used (protocol Cr1).

        When TMI has stopped answering, the rest fails at once: each would wait for its timeouts in vain.
        """
        ahead: deque[Future[Read]] = deque()
        patience = _Patience()
        pool = ThreadPoolExecutor(self.options.workers, thread_name_prefix="tmi")
        try:
            for model in models:
                ahead.append(pool.submit(self._read, model, patience))
                if len(ahead) > 2 * self.options.workers:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _read(self, model: ThreatModel, patience: _Patience) -> Read:
        if (over := patience.over()) is not None:
            return model, over
        try:
            found = reads.threats(self.reader, model)
        except TmiError as error:
            patience.ended(error)
            return model, error
        patience.ended(None)
        return found

    def is_confidential(self, model: ThreatModel) -> bool:
        return reads.is_confidential(self.reader, model)

    def metadata(self, model: ThreatModel) -> tuple[tuple[str, str], ...]:
        return reads.metadata(self.reader, model)

    def probe(self, threat: Threat) -> None:
        Links(*self._sender()).probe(threat)

    def prepare(self, threat: Threat) -> Prepared:
        return self._links(threat).prepare(threat)

    def write(self, prepared: Prepared, url: str) -> Receipt:
        return self._links(prepared.threat).write(prepared, url)

    def _links(self, threat: Threat) -> Links | ModelLinks:
        sender, version = self._sender()
        return ModelLinks(sender) if threat.whole_model else Links(sender, version)

    def _sender(self) -> tuple[Sender, str]:
        if self.writer is None:
            raise TmiDenied(
                "no writer is configured, so no link can be written to TMI",
                todo="Add write = { login = true } to [tmi], then run: tmi-issue-sync login",
            )
        version = self.info().version
        return Sender(self.writer, self._memory, version), version

    @property
    def calls(self) -> int:
        """Requests sent so far."""
        return self._wire.calls

    def keep_session(self) -> None:
        """Renew a session that nobody used for a day: its refresh token dies of old age, too. Raises TmiError."""
        if self.writer is None or not isinstance(self.options.write, Login):
            return
        saved = self.session_file.load()
        if saved is not None and not saved.over and saved.idle(self.clock.now()):
            self.writer.identity.token()

    def close(self) -> None:
        self._wire.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
