"""The world that a process is killed in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from process import world_of
from rig import Rig


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Rig]:
    with world_of(tmp_path) as found:
        yield found
