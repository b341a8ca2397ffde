"""Secrets: values that can be read from the environment or a file, and that can't be printed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, SecretStr, ValidationInfo

LONGEST = 65536
"""Bytes of a secret's file; /dev/zero has no end."""
ABSENT_OK = {"absent secrets": True}
"""The context of a validation that takes a secret which is kept elsewhere for granted."""


class NotHere(ValueError):
    """The secret is kept in a place that this process does not have, or may not read."""


class Absent(SecretStr):
    """A secret that is not here. It counts as given; whoever asks for its text is told why there is none."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why

    def get_secret_value(self) -> str:
        raise NotHere(self.why)


def at_hand(secret: SecretStr) -> bool:
    """Whether its text can be looked at: a check of the text lets an absent secret pass."""
    return not isinstance(secret, Absent)


def _resolve(value: Any, info: ValidationInfo) -> Any:
    """The one place where secrets are read; `ABSENT_OK` is for those who only look at the rest."""
    try:
        return _found(value)
    except NotHere as error:
        if info.context is not ABSENT_OK:
            raise
        return Absent(str(error))


def _found(value: Any) -> Any:
    """`{ env = "X" }`, `{ file = "/run/secrets/x" }`, `{ credential = "x" }` (systemd) or a literal."""
    if not isinstance(value, dict):
        return value
    if len(value) != 1 or (kind := next(iter(value))) not in ("env", "file", "credential"):
        raise ValueError('a secret is { env = "NAME" }, { file = "/path" } or { credential = "name" }')
    name = str(value[kind])
    if kind == "env":
        if not (text := os.environ.get(name, "")):
            raise NotHere(f"the environment variable {name} is not set")
        return text
    return _read(_credential(name) if kind == "credential" else Path(name))


def blotted(text: str, *secrets: str | None) -> str:
    """What a server said, without what we sent it in confidence: some say the request back in their errors."""
    for secret in secrets:
        if secret and len(secret) >= 4:
            text = text.replace(secret, "**********")
    return text


def _credential(name: str) -> Path:
    directory = os.environ.get("CREDENTIALS_DIRECTORY")
    if not directory:
        raise NotHere(f"no systemd credential {name!r}: $CREDENTIALS_DIRECTORY is not set")
    return Path(directory) / name


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(LONGEST + 1)
        text = data[:LONGEST].decode("utf-8").strip()
    except OSError as error:
        raise NotHere(f"the secret file {path} can't be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError(f"the secret file {path} can't be read: it is not text") from None
    if len(data) > LONGEST:
        raise ValueError(f"the secret file {path} is longer than 64 KiB: that is no secret")
    if not text:
        raise ValueError(f"the secret file {path} is empty")
    return text


Secret = Annotated[SecretStr, BeforeValidator(_resolve)]
"""A field type for options: never shown by repr, logs or errors; read it with `.get_secret_value()`."""
