"""What a room needs of a setup, without a ledger on disk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from rig import Rig
from tmi_issue_sync.render import Renderer
from tmi_issue_sync.tmi.client import TmiClient
from tmi_issue_sync.tmi.options import TmiOptions
from tmi_issue_sync.wiring import Forgetful


@dataclass(frozen=True, slots=True)
class Light:
    """The doors, and what a draft is made with."""

    tmi: TmiClient
    tracker: Any
    renderer: Renderer
    instance: str
    default: Any


@contextmanager
def light(rig: Rig) -> Iterator[Light]:
    """Both doors opened as the service opens them."""
    options = TmiOptions.model_validate({"url": rig.tmi_url, "write": {"token": rig.bot}, "workers": 1})
    destination, site = rig.destination()
    client = TmiClient(options, clock=rig.clock, memory=Forgetful(), state_dir=rig.state, user_agent="fuzz")
    with client:
        yield Light(client, site.tracker, Renderer(options.instance, None), options.instance, destination)
