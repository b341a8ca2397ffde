"""Command lines in files for operators are read by the command itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import typer

from tmi_issue_sync.cli.commands import app


@pytest.fixture
def parsed() -> Callable[[list[str]], str]:
    """The name of the command that these words are; fails where they are none."""

    def name_of(words: list[str]) -> str:
        group: Any = typer.main.get_command(app)
        context = group.make_context("tmi-issue-sync", list(words))
        name, command, rest = group.resolve_command(context, [*context._protected_args, *context.args])
        command.make_context(name, rest, parent=context)
        return str(name)

    return name_of
