"""What the measurements share: a sandbox with models, and the shipped command run as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tmi_issue_sync.sandbox.tmi.rules import Dialect
from tmi_issue_sync.sandbox.world import World

Model = dict[str, Any]
COMMAND = (sys.executable, "-m", "tmi_issue_sync")
BEGIN = datetime(2026, 1, 5, 9, tzinfo=UTC)
SEVERITIES = ("critical", "high", "medium", "low", "informational")


def invented(models: int, threats: int) -> list[Model]:
    """So many models with so many threats each; every fourth threat is mitigated already."""
    return [_model(m, threats) for m in range(models)]


def _model(m: int, threats: int) -> Model:
    rows = [
        {
            "id": str(uuid.UUID(int=(0x0472 << 112) | (m << 32) | n | 1 << 31)),
            "name": f"Threat {n} of model {m}",
            "description": f"Somebody does thing {n} to part {m}.",
            "severity": SEVERITIES[n % len(SEVERITIES)],
            "status": "open",
            "threat_type": ["Tampering"],
            "mitigated": n % 4 == 3,
            "created_at": (BEGIN + timedelta(minutes=n)).isoformat(),
        }
        for n in range(threats)
    ]
    model_id = str(uuid.UUID(int=(0x0472 << 112) | (m << 32)))
    return {"id": model_id, "name": f"Model {m}", "created_at": BEGIN.isoformat(), "threats": rows}


def given(path: Path | None, models: int, threats: int) -> list[Model]:
    """The models of a file, or invented ones."""
    if path is None:
        return invented(models, threats)
    found: list[Model] = json.loads(path.read_text(encoding="utf-8"))
    return found


@dataclass(frozen=True, slots=True)
class Stage:
    """A sandbox that serves, and a place for the command's config and state."""

    world: World
    place: Path

    def command(self, *arguments: str) -> list[str]:
        return [*COMMAND, "--config", str(self.place / "config.toml"), "--state", str(self.place), *arguments]

    def sync(self, *arguments: str) -> None:
        """One pass, as a user starts it."""
        subprocess.run(
            self.command("sync", "--once", *arguments), env=environment(), check=True, capture_output=True
        )


def environment() -> dict[str, str]:
    """Nothing of the user's own configuration, and no proxy in between."""
    own = ("TMI_ISSUE_SYNC", "STATE_DIRECTORY")
    return {k: v for k, v in os.environ.items() if not k.startswith(own) and not k.lower().endswith("_proxy")}


@contextmanager
def stage(
    models: Sequence[Model], dialect: Dialect = "1.8.22", trackers: Sequence[str] = ("github",)
) -> Iterator[Stage]:
    """A fresh sandbox with these models."""
    with TemporaryDirectory(prefix="tmi-issue-sync-bench-") as name, World(trackers, dialect=dialect) as world:
        world.load(models)
        caps = "[sync]\nmax_new_tickets = { per_pass = 100000, per_day = 100000 }"
        config = world.config().replace("[sync]", caps)
        (Path(name) / "config.toml").write_text(config, encoding="utf-8")
        yield Stage(world, Path(name))
