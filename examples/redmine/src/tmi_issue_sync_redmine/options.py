"""What an operator writes about a Redmine and a place in it."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from tmi_issue_sync import durations
from tmi_issue_sync.http import Server, base_url
from tmi_issue_sync.model import TrackerKey
from tmi_issue_sync.secret import Secret, at_hand
from tmi_issue_sync.tracker import Traits

ADAPTER = "redmine"
TITLE_MAX = 255
BODY_MAX = 65_536
"""Our own: Redmine has no limit."""
STEPS = 3
"""A create may take so many times `wait`: the client's clock starts anew for the request, for the head of its
answer and for each piece of the text, and only between pieces is it seen that the time is over. A peer that
trickles within the first two could stretch that: one deadline for all of it takes a connection of one's own."""
PORTS = {"https": 443, "http": 80}
Seconds = Annotated[durations.Seconds, Field(le=86_400)]


class Options(Server):
    """How to reach a Redmine, and how much time to give it."""

    key: Secret
    """The account's API access key."""
    marker_field: Annotated[int, Field(ge=1)]
    """The number of the custom field that keeps the marker."""
    timeout: Seconds = 30.0
    """For one read."""
    wait: Seconds = 60.0
    """For each step of a create: to send it, to hear the first of its answer, to hear the next of it."""
    late: Seconds = 120.0
    lag: Seconds = 10.0
    """Lists come from the database."""
    lag_after_errors: Seconds = 60.0

    @field_validator("key")
    @classmethod
    def _one_word(cls, key: Secret) -> Secret:
        if at_hand(key) and not re.fullmatch(r"[!-~]{1,200}", key.get_secret_value()):
            raise ValueError("the key is no key: one word of plain characters is expected")
        return key


class Target(BaseModel):
    """A project and a tracker, as Redmine calls a kind of issue."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    project: Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,100}$")]
    """Its identifier, as in its URL."""
    tracker: Annotated[str, Field(min_length=1, max_length=30)] = "Bug"
    private: bool = False
    """Issues that only their author, their assignee and who may see private issues can see."""


def key(options: Options, target: Target) -> TrackerKey:
    """The project's name for the ledger; an identifier never changes."""
    return TrackerKey(ADAPTER, host(options), target.project)


def traits(options: Options) -> Traits:
    """What the core must know."""
    return Traits(
        wait=STEPS * options.wait,
        late=options.late,
        lag=options.lag,
        lag_after_errors=options.lag_after_errors,
        title_max=TITLE_MAX,
        body_max=BODY_MAX,
        confidential=True,
        hosts=(host(options),),
    )


def host(options: Options) -> str:
    """Where the tickets are. Raises ConfigError."""
    return netloc(base_url(options, ADAPTER))


def netloc(url: str) -> str:
    """Host and port in lower case, the port only where it is not the scheme's own. Raises ValueError."""
    parts = urlsplit(url)
    name = (parts.hostname or "").lower()
    return name if parts.port in (None, PORTS.get(parts.scheme)) else f"{name}:{parts.port}"
