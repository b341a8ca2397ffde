"""A TMI and a GitHub on loopback, and a config that works with them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from service.served import Config
from tmi_issue_sync.sandbox.samples import MODELS
from tmi_issue_sync.sandbox.world import World


@pytest.fixture(autouse=True)
def log_as_before() -> Iterator[None]:
    """Commands that run in this process set the log up for good."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def world() -> Iterator[World]:
    with World() as made:
        made.load(MODELS)
        yield made


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def config(world: World, tmp_path: Path) -> Config:
    """Write the sandbox's config with other words in it, and more tables."""

    def written(*more: str, every: str = "5s", **words: str) -> Path:
        text = world.config().replace('every = "5s"', f'every = "{every}"')
        for old, new in words.items():
            assert f"{old} = " in text
            text = "\n".join(
                f"{old} = {new}" if line.startswith(f"{old} = ") else line for line in text.splitlines()
            )
        path = tmp_path / "config.toml"
        path.write_text("\n".join([text, *more]) + "\n", encoding="utf-8")
        return path

    return written
