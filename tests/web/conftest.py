"""The HTTP room over real HTTP on loopback; the service behind it is a note-taker, but in test_service.py."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest

from tmi_issue_sync.config import load_settings
from tmi_issue_sync.state import State
from tmi_issue_sync.web.room import Room
from tmi_issue_sync.wiring import Places

from .fill import Seed, fill

TOKEN = "a token of enough length"
CONFIG = """
[tmi]
url = "https://tmi.example.com"
write = {write}

[web]
listen = "127.0.0.1:0"
{token}

[trackers.work]
adapter = "github"
url = "https://github.example.com"
target = {{ repo = "example/threats" }}
token = "invented"
"""


@dataclass
class Service:
    """What the room asks of the service: a state to show, and ears."""

    shown: State = field(default_factory=lambda: State(datetime.now(UTC) - timedelta(hours=1)))
    woken: list[str | None] = field(default_factory=list)

    def state(self) -> State:
        return self.shown

    def wake(self, model_id: str | None = None) -> None:
        self.woken.append(model_id)


@dataclass
class Opened:
    """A room that serves."""

    room: Room
    service: Service
    places: Places
    client: httpx.Client
    """Shows the token."""
    stranger: httpx.Client
    """Shows none."""

    def page(self, path: str = "/") -> str:
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.text


Open = Callable[..., Opened]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """Opens a room over a ledger with these rows; closed at the end."""
    with ExitStack() as stack:

        def make(seeds: list[Seed] | None = None, *, token: str = TOKEN, write: str = '{ token = "t" }') -> Opened:
            config = tmp_path / "config.toml"
            config.write_text(CONFIG.format(write=write, token=f'token = "{token}"' if token else ""))
            settings = load_settings(config)
            places = Places.of(settings, tmp_path)
            fill(places.ledger, seeds or [])
            service, room = Service(), Room(settings, places)
            stack.enter_context(room.open(service))
            bearer = {"Authorization": f"Bearer {token}"}
            client = stack.enter_context(httpx.Client(base_url=room.url, headers=bearer, trust_env=False))
            stranger = stack.enter_context(httpx.Client(base_url=room.url, trust_env=False))
            return Opened(room, service, places, client, stranger)

        yield make


class Parsed(HTMLParser):
    """A page as a browser takes it: tags, attributes, text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.words: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.words += data.split()


def text_of(page: str) -> str:
    """What a reader sees of it."""
    return " ".join(Parsed(page).words)


def rows_of(page: str) -> list[tuple[str, str]]:
    """Name and state of each threat in the list."""
    found = re.findall(
        r'<th role="rowheader" scope="row"><a [^>]*>(.*?)</a>.*?<span class="badge \w+">(.*?)</span>', page, re.S
    )
    return [(unescape(name), unescape(state)) for name, state in found]
