"""`sandbox`: serve TMI and trackers on this machine until somebody says stop."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast, get_args

from tmi_issue_sync.errors import UsageError
from tmi_issue_sync.sandbox.samples import MODELS
from tmi_issue_sync.sandbox.tmi.rules import Dialect
from tmi_issue_sync.sandbox.trackers import TRACKERS
from tmi_issue_sync.sandbox.world import World
from tmi_issue_sync.signals import Signals


def run(*, trackers: Sequence[str], load: Path | None, port: int, dialect: str, write_config: Path | None) -> int:
    """Serve until SIGINT or SIGTERM. Raises UsageError."""
    if dialect not in get_args(Dialect):
        raise UsageError(f"no dialect {dialect!r}", todo=f"There are {' and '.join(get_args(Dialect))}.")
    models = models_of(load) if load else MODELS
    world = _open(trackers, port, cast(Dialect, dialect))
    with world:
        _load(world, models, load)
        config = world.config()
        if write_config:
            _write(write_config, config)
        _tell(world, config, write_config)
        until_signalled()
    return 0


def _open(trackers: Sequence[str], port: int, dialect: Dialect) -> World:
    try:
        return World(tuple(dict.fromkeys(trackers)), port=port, dialect=dialect)
    except OSError as error:
        ports = " or ".join(str(port + place) for place in range(len(trackers) + 1))
        raise UsageError(f"port {ports} can't be used: {error.strerror}") from error


def models_of(path: Path) -> Iterable[Mapping[str, Any]]:
    """A JSON list of models with their threats. Raises UsageError."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is no JSON: {error}") from error
    good = isinstance(found, list) and all(
        isinstance(model, dict)
        and isinstance(model.get("threats") or [], list)
        and all(isinstance(threat, dict) for threat in model.get("threats") or [])
        for model in found
    )
    if not good:
        raise UsageError(f"{path} should hold a list of threat models, each an object with its threats")
    return cast(list[Mapping[str, Any]], found)


def _load(world: World, models: Iterable[Mapping[str, Any]], path: Path | None) -> None:
    try:
        world.load(models)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"{path} holds a model that makes no sense: {type(error).__name__}: {error}") from error


def _write(path: Path, config: str) -> None:
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(file, "w", encoding="utf-8") as out:
            out.write(config)
    except OSError as error:
        raise UsageError(f"{path} can't be written: {error.strerror}") from error


def _tell(world: World, config: str, written: Path | None) -> None:
    threats = world.tmi_site.threats()
    print(f"{'TMI':16}  {world.tmi.url}  ({len(threats)} threats)")
    for name, server in world.servers.items():
        print(f"{TRACKERS[name].title:16}  {server.url}")
    if written:
        print(f"{'config':16}  {written}: try tmi-issue-sync --config {written} --state DIR plan")
    else:
        print(f"\n{config}")
    print("Ctrl-C ends it.", flush=True)


def until_signalled() -> None:
    """Wait for SIGINT or SIGTERM."""
    done = threading.Event()

    def heard(_number: int) -> int:
        done.set()
        return 0

    with Signals(heard):
        done.wait()
