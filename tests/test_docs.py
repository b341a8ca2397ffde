"""The documents say what is so: commands, options, files, exit codes."""

from __future__ import annotations

import os
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import typer

from tmi_issue_sync import errors
from tmi_issue_sync.cli.commands import app
from tmi_issue_sync.config import load_settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
_NAMES = ("README.md", "CHANGELOG.md", "SECURITY.md")
PAGES = [*(ROOT / name for name in _NAMES), *sorted((ROOT / "docs").glob("*.md"))]
NAME = "tmi-issue-sync"
HOSTS = ("example.com", "example.atlassian.net", "dev.azure.com", "127.0.0.1", "keepachangelog.com", "semver.org")
"""Documents name no other: examples are examples."""


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def _commands() -> Iterator[list[str]]:
    """Every command line of ours: in code blocks and in the text."""
    shown = [line for block in _blocks(".*?") for line in block.splitlines()]
    for line in [*shown, *re.findall(r"`([^`\n]+)`", README)]:
        words = shlex.split(line.partition(" >")[0], comments=True)
        if words and words[0] == NAME:
            yield words[1:]
        elif NAME in line and (words[:2] == ["docker", "run"] or words[:1] == ["*/5"]):
            last = max(n for n, word in enumerate(words) if word.rpartition("/")[2] == NAME)
            yield words[last + 1 :]


def _parse(words: list[str]) -> Any:
    """As the command line parses it, up to the point where it would run."""
    group: Any = typer.main.get_command(app)
    context = group.make_context(NAME, list(words), resilient_parsing=not words)
    rest = [*context._protected_args, *context.args]
    while rest:
        name, command, rest = group.resolve_command(context, rest)
        context = command.make_context(name, rest, parent=context)
        if not hasattr(command, "resolve_command"):
            return command
        group, rest = command, [*context._protected_args, *context.args]
    return group


def _names() -> Iterator[str]:
    group: Any = typer.main.get_command(app)
    for name, command in group.commands.items():
        yield from [f"{name} {inner}" for inner in getattr(command, "commands", {})] or [name]


@pytest.mark.parametrize("words", list(_commands()), ids=" ".join)
def test_commands_of_the_readme_are_real(words: list[str]) -> None:
    _parse(words)


def test_a_command_that_is_not_real_is_found() -> None:
    for words in (["synchronise"], ["sync", "--twice"], ["--loud", "plan"], ["config", "burn"], ["explain"]):
        with pytest.raises(Exception, match=r"No such|Missing"):
            _parse(words)


def test_the_readme_names_every_command() -> None:
    assert len(list(_commands())) >= 15
    assert [name for name in _names() if f"{name} " not in README and f"{name}`" not in README] == []


def test_the_readme_keeps_its_order() -> None:
    heads = re.findall(r"^## (.+)$", README, re.MULTILINE)
    assert heads == ["Two commands", "To production", "The promise", "Evidence", "Exit codes", "Read on"]


def test_scripts_of_the_readme_run_here() -> None:
    for name in re.findall(r"^\./(\w+)", "\n".join(_blocks("sh")), re.MULTILINE):
        assert os.access(ROOT / name, os.X_OK), name


def test_the_configs_of_the_readme_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first is whole; each of the others is another tracker in its place."""
    first, *others = _blocks("toml")
    assert len(tomllib.loads(first)) == 2
    tmi = first.partition("[trackers.")[0]
    for text in (first, *(tmi + other for other in others)):
        assert len(text.splitlines()) <= 12
        for name in re.findall(r'env = "(\w+)"', text):
            monkeypatch.setenv(name, "invented")
        (tmp_path / "config.toml").write_text(text, encoding="utf-8")
        assert load_settings(tmp_path / "config.toml").default is not None


def test_exit_codes_are_told() -> None:
    told = {int(code) for code in re.findall(r"^\| (\d+) \|", README, re.MULTILINE)}
    classes = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    assert {kind.exit_code for kind in classes if issubclass(kind, errors.SyncError)} <= told


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        assert urlsplit(link).scheme or (page.parent / link).exists(), link
    for url in re.findall(r"https?://[^\s)\"'`]+", text):
        host = urlsplit(url).hostname or ""
        assert any(host == known or host.endswith(f".{known}") for known in HOSTS), url


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_page_knows_the_machine_it_was_written_on(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert not re.search(r"(?<![\w/.])/(home|root|work|Users|tmp)/", text)
    assert ".." not in re.sub(r"\.\.\.", "", text)


def test_the_architecture_names_every_room() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    layers = next(each for each in contracts["contracts"] if each["id"] == "layers")["layers"]
    table = ARCHITECTURE.partition("## The rooms")[2].partition("Beside the core")[0]
    for layer in layers:
        for room in layer.split(" | "):
            assert re.search(rf"`{room}/?`", table), room


def test_the_architecture_names_real_files() -> None:
    table = ARCHITECTURE.partition("## Where each rule lives")[2].partition("## How to add")[0]
    core, github = ROOT / "src" / "tmi_issue_sync", ROOT / "adapters" / "tmi_issue_sync_adapters"
    found = re.findall(r"`([a-z_/]+\.py)`", table.partition("| rule |")[2])
    assert len(found) > 40
    assert [name for name in found if not ((core / name).exists() or (github / name).exists())] == []
