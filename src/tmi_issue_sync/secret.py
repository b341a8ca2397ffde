"""Secrets: values that can be read from the environment or a file, and that can't be printed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, SecretStr

LONGEST = 65536
"""Bytes of a secret's file; /dev/zero has no end."""


def _resolve(value: Any) -> Any:
    """`{ env = "X" }`, `{ file = "/run/secrets/x" }`, `{ credential = "x" }` (systemd) or a literal."""
    if not isinstance(value, dict):
        return value
    if len(value) != 1 or (kind := next(iter(value))) not in ("env", "file", "credential"):
        raise ValueError('a secret is { env = "NAME" }, { file = "/path" } or { credential = "name" }')
    name = str(value[kind])
    if kind == "env":
        if not (text := os.environ.get(name, "")):
            raise ValueError(f"the environment variable {name} is not set")
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
        raise ValueError(f"no systemd credential {name!r}: $CREDENTIALS_DIRECTORY is not set")
    return Path(directory) / name


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(LONGEST + 1)
        text = data[:LONGEST].decode("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text"
        raise ValueError(f"the secret file {path} can't be read: {why}") from None
    if len(data) > LONGEST:
        raise ValueError(f"the secret file {path} is longer than 64 KiB: that is no secret")
    if not text:
        raise ValueError(f"the secret file {path} is empty")
    return text


Secret = Annotated[SecretStr, BeforeValidator(_resolve)]
"""A field type for options: never shown by repr, logs or errors; read it with `.get_secret_value()`."""
