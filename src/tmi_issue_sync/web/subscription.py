"""The file with our webhook subscription and its secret: written by `webhook install`, read by the receiver."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from ..errors import ConfigError

NAME = "webhook.json"


@dataclass(frozen=True, slots=True)
class Subscription:
    """What TMI was told, and what it answered."""

    tmi: str
    """The TMI that it was made at."""
    url: str
    """Where TMI sends to."""
    secret: str = field(repr=False)
    id: str = ""
    """TMI's name for it; empty while its answer has not come."""

    @classmethod
    def fresh(cls, tmi: str, url: str) -> Subscription:
        return cls(tmi, url, secrets.token_hex(32))

    def known_as(self, subscription_id: str) -> Subscription:
        return replace(self, id=subscription_id)


class Damaged(ConfigError):
    """The file is there, and its secret can't be told from it."""


class SubscriptionFile:
    """`webhook.json` (0600) in the state directory; read again only when it was changed."""

    def __init__(self, state: Path) -> None:
        self.path = state / NAME
        self._read: tuple[tuple[int, int, int], Subscription | None] | None = None

    def load(self) -> Subscription | None:
        """None where there is none. Raises ConfigError where the file can't be used, Damaged among others."""
        try:
            found = os.stat(self.path)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ConfigError(f"{self.path} can't be read: {error.strerror}") from error
        stamp = (found.st_ino, found.st_mtime_ns, found.st_size)
        if self._read is None or self._read[0] != stamp:
            self._read = (stamp, self._parse())
        return self._read[1]

    def _parse(self) -> Subscription:
        try:
            values = json.loads(self.path.read_text(encoding="utf-8"))
            subscription = Subscription(**values)
        except OSError as error:
            raise ConfigError(f"{self.path} can't be read: {error.strerror}") from error
        except (ValueError, TypeError, RecursionError):
            raise self._damaged() from None
        if not all(isinstance(value, str) for value in values.values()) or len(subscription.secret) < 16:
            raise self._damaged()
        return subscription

    def _damaged(self) -> Damaged:
        todo = "Run `webhook install --url https://HOST/webhook`: it makes another subscription."
        return Damaged(f"{self.path} is damaged", todo=todo)

    def content(self) -> bytes | None:
        """What is in it, be it damaged, to be put back; None where there is none. Raises ConfigError."""
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ConfigError(f"{self.path} can't be read: {error.strerror}") from error

    def put_back(self, content: bytes | None) -> None:
        """Have that in it again. Raises ConfigError."""
        if content is None:
            self.delete()
        else:
            self._write(content)

    def store(self, subscription: Subscription) -> None:
        """Durable when it returns. Raises ConfigError."""
        self._write(json.dumps(asdict(subscription)).encode())

    def _write(self, content: bytes) -> None:
        spare = self.path.with_suffix(".new")
        try:
            file = os.open(spare, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            with os.fdopen(file, "wb") as out:
                os.fchmod(out.fileno(), 0o600)
                out.write(content)
                out.flush()
                os.fsync(out.fileno())
            os.replace(spare, self.path)
        except OSError as error:
            raise ConfigError(f"{self.path} can't be written: {error.strerror}") from error

    def delete(self) -> None:
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            raise ConfigError(f"{self.path} can't be removed: {error.strerror}") from error
