"""A stage for stories that are told by hand; what they break is seen when they end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from proof.stage import Stage


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Callable[..., Stage]]:
    made: list[Stage] = []

    def opened(**terms: Any) -> Stage:
        made.append(Stage(tmp_path, **terms))
        return made[-1]

    yield opened
    for each in made:
        each.machine.stop()
        assert not each.world.broken
