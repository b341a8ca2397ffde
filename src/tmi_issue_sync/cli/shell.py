"""What the options before the command say, and what most commands begin with."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from ..config import Settings
    from ..log import Redactor
    from ..sync import Scope
    from ..tmi.options import TmiOptions
    from ..wiring import Places


Asked = tuple[list[str], list[str], int | None]
"""--model, --threat and --limit, as given."""


def scope_of(asked: Asked) -> Scope:
    """The part of TMI that a pilot looks at."""
    from ..sync import Scope

    models, threats, limit = asked
    return Scope(frozenset(models), frozenset(threats), limit)


@dataclass(slots=True)
class Shell:
    """The global options; made by `main`, filled while the command line is read."""

    config: Path | None = None
    state: Path | None = None
    log_format: str | None = None
    verbose: bool = False
    redactor: Redactor | None = field(default=None, repr=False)
    """Knows the secrets of the configuration, once that was read."""

    def settings(self, *, secrets: bool = True) -> Settings:
        """Read the whole configuration and begin to log as it says; `secrets` as in `load_settings`. Raises
        ConfigError."""
        from ..config import load_settings
        from ..log import secrets_in

        settings = load_settings(self.config, secrets=secrets)
        tracked = [secret for tracker in settings.trackers.values() for secret in secrets_in(tracker.options)]
        self._log(
            [*secrets_in(settings.tmi), *secrets_in(settings.notify), *secrets_in(settings.web), *tracked],
            settings.log.format,
            settings.log.level,
        )
        return settings

    def tmi(self) -> TmiOptions:
        """Read `[tmi]` alone."""
        from ..config import load_tmi
        from ..log import secrets_in

        options = load_tmi(self.config)
        self._log(list(secrets_in(options)), "text", "info")
        return options

    def places(self, settings: Settings) -> Places:
        from ..wiring import Places

        return Places.of(settings, self.state)

    def _log(self, secrets: list[str], style: str, level: str) -> None:
        from ..log import Redactor, configure

        self.redactor = Redactor(secrets)
        configure(self.log_format or style, "debug" if self.verbose else level, self.redactor)

    @property
    def machine(self) -> bool:
        """Whether the log is for machines: then nothing is drawn."""
        return self.log_format == "json"


def shell_of(context: typer.Context) -> Shell:
    """The one shell of this run of the program."""
    return context.ensure_object(Shell)
