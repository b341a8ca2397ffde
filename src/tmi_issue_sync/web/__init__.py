"""The HTTP room: health, metrics, the status page and the receiver of TMI's webhooks. Nothing in it writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import ConfigError

if TYPE_CHECKING:
    from ..config import Settings
    from ..wiring import Places
    from .room import Room


def room_for(settings: Settings, places: Places) -> Room | None:
    """The room that `[web]` asks for; None where it asks for none. Raises ConfigError without the extra."""
    if settings.web.listen is None:
        return None
    try:
        from .room import Room
    except ImportError as error:
        raise ConfigError(
            f"[web] needs the package {error.name!r}", todo="Install it: pip install 'tmi-issue-sync[web]'."
        ) from error
    return Room(settings, places)
