"""`config init`, `config show` and `adapters`."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from ..config import Settings
from ..config_file import places
from ..errors import ConfigError, UsageError
from ..secret import Absent
from ..tracker import installed, load
from .shell import Shell
from .show import say, table

FIRST = """\
# tmi-issue-sync: exactly one ticket per threat. All options: config.example.toml in the project.

[tmi]
url = "https://tmi.example.com"             # TMI's API
ui_url = "https://tmi-ui.example.com"       # its web pages, for the links in tickets
write = { login = true }                    # then run: tmi-issue-sync login

[trackers.work]
adapter = "github"
target = { repo = "example/threats" }
token = { env = "GITHUB_TOKEN" }            # fine-grained: Issues, read and write, on this repository alone
"""


def init(shell: Shell, given: Path | None) -> int:
    """Write a first configuration; one that exists is never overwritten."""
    path = given or shell.config or places()[0]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise UsageError(f"{path} exists and is not overwritten") from None
    except OSError as error:
        raise ConfigError(f"{path} can't be written: {error.strerror}") from error
    with os.fdopen(file, "w", encoding="utf-8") as out:
        out.write(FIRST)
    say(f"wrote {path}")
    named = "" if path == places()[0] else f" --config {path}"
    say(f"Next: fill it in, then tmi-issue-sync{named} login, check, plan, sync --once --limit 1")
    return 0


def show(shell: Shell) -> int:
    """The configuration as it counts: defaults, environment and file together. Secrets are hidden, or not here."""
    settings = shell.settings(secrets=False)
    text = "\n".join(_toml(_tables(settings)))
    say(f"# from {settings.source or 'the environment alone'}; state in {shell.places(settings).state}")
    say(shell.redactor.text(text) if shell.redactor else text)
    return 0


def _tables(settings: Settings) -> dict[str, Any]:
    trackers = {
        name: {**tracker.table.model_dump(exclude_none=True), **tracker.options.model_dump(exclude_none=True)}
        for name, tracker in settings.trackers.items()
    }
    routes = [
        {
            "name": route.name,
            "tracker": route.to.tracker,
            "when": route.when.model_dump(exclude_defaults=True),
            "target": route.to.target.model_dump(exclude_none=True),
            "public": route.to.public,
            "confidential": route.to.confidential,
            "labels": route.to.labels,
        }
        for route in settings.routes
    ]
    sections = {
        name: getattr(settings, name).model_dump(exclude_none=True)
        for name in ("tmi", "sync", "ledger", "log", "notify", "web")
    }
    return {**sections, "trackers": trackers, "routes": routes}


def _toml(tables: Mapping[str, Any]) -> Iterator[str]:
    for name, value in tables.items():
        if name == "trackers":
            for tracker, options in value.items():
                yield from _table(f"[trackers.{_key(tracker)}]", options)
        elif name == "routes":
            for route in value:
                yield from _table("[[routes]]", route)
        else:
            yield from _table(f"[{name}]", value)


def _table(head: str, values: Mapping[str, Any]) -> Iterator[str]:
    yield head
    yield from (f"{_key(key)} = {_value(value)}" for key, value in values.items())
    yield ""


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _value(name)


def _value(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return f"{value:g}" if isinstance(value, float) else str(value)
        case date():
            return value.isoformat()
        case dict():
            return "{ " + ", ".join(f"{_key(key)} = {_value(each)}" for key, each in value.items()) + " }"
        case list() | tuple():
            return "[" + ", ".join(map(_value, value)) + "]"
        case Absent():
            value = f"not here: {value.why}"
        case SecretStr():
            return '"**********"'
    text = str(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{text}"'


def adapters() -> int:
    """Every adapter that is installed, and whether it can be loaded."""
    rows = []
    for name, point in installed().items():
        try:
            load(name)
            state = "ready"
        except ConfigError as error:
            state = str(error)
        dist = f"{point.dist.name} {point.dist.version}" if point.dist else ""
        rows.append((name, dist, state))
    table(("adapter", "from", "state"), rows)
    return 0
