"""The status page: what an operator asks first, then every threat, filtered, searched and in pages. Read-only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined

from .. import __version__
from ..errors import LedgerError
from ..markup.scrub import scrub
from ..standing import SessionStanding
from ..state import State as Service
from ..urls import is_url
from ..words import duration
from .board import Board, Row
from .reading import Look, Story
from .states import GROUPS, Group, State

PER_PAGE = 50
MODELS = 500
"""More than these are not offered in a list: the search finds models by name."""
STYLE = files(__package__).joinpath("style.css").read_bytes()
ICON = files(__package__).joinpath("icon.svg").read_bytes()


@dataclass(frozen=True, slots=True)
class Asked:
    """The filter form, as its GET request has it. What makes no sense asks for everything."""

    state: str = ""
    """A state or a group, in its own words."""
    model: str = ""
    """A model's id."""
    tracker: str = ""
    q: str = ""
    page: int = 1

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Asked:
        page = query.get("page", "")
        return cls(
            query.get("state", ""),
            query.get("model", ""),
            query.get("tracker", ""),
            query.get("q", "").strip()[:200],
            int(page) if page.isascii() and page.isdigit() and len(page) < 7 and int(page) else 1,
        )

    def href(self, **changes: object) -> str:
        """The same question with another page, or another filter; it leads to the list."""
        values = {"q": self.q, "state": self.state, "model": self.model, "tracker": self.tracker, **changes}
        return f"/?{urlencode({name: value for name, value in values.items() if value not in ('', 1)})}#threats"

    @property
    def filtered(self) -> bool:
        return bool(self.state or self.model or self.tracker or self.q)


@dataclass(frozen=True, slots=True)
class Shown:
    """One page of the rows that were asked for."""

    rows: Sequence[Row]
    total: int
    page: int
    pages: int
    first: int

    @classmethod
    def of(cls, board: Board, asked: Asked) -> Shown:
        found = [row for row in board.rows if _fits(row, asked)]
        pages = max(1, -(-len(found) // PER_PAGE))
        page = min(asked.page, pages)
        first = (page - 1) * PER_PAGE
        return cls(found[first : first + PER_PAGE], len(found), page, pages, first)


def _fits(row: Row, asked: Asked) -> bool:
    if asked.state and asked.state not in (row.state, row.group):
        return False
    if asked.model and asked.model != row.model_id:
        return False
    if asked.tracker and asked.tracker != row.tracker:
        return False
    words = asked.q.casefold()
    return not words or any(words in text.casefold() for text in (row.name, row.id, row.model, row.number, row.url))


@dataclass(frozen=True, slots=True)
class Now:
    """What every page says above all else."""

    at: datetime
    service: Service
    session: SessionStanding | None
    instance: str
    per_day: int


def _until(moment: datetime, now: datetime) -> str:
    """`in 4 min`, `4 min ago`."""
    seconds = (moment - now).total_seconds()
    text = duration(abs(seconds), tenths=True)
    return f"in {text}" if seconds > 0 else f"{text} ago"


def _plain(text: object) -> str:
    """Threats are named by strangers: no control, direction or hidden characters, one line."""
    return " ".join(scrub(str(text)).split())


def _link(url: str) -> str:
    """A URL that may be followed, or nothing."""
    return url if is_url(url) else ""


class Pages:
    """Templates with autoescape; they see values, and no value is ever a template."""

    def __init__(self) -> None:
        self._templates = Environment(
            loader=PackageLoader("tmi_issue_sync.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters.update(plain=_plain, link=_link, took=partial(duration, tenths=True))
        self._templates.globals.update(version=__version__, GROUPS=GROUPS, Group=Group)

    def status(self, now: Now, look: Look, asked: Asked) -> str:
        """The page itself."""
        board = look.board
        counts = {group: sum(board.counts[state] for state in states) for group, states in GROUPS.items()}
        models = sorted({(row.model_id, row.model) for row in board.rows}, key=lambda each: each[1].casefold())
        models = [each for each in models if len(models) <= MODELS or each[0] == asked.model]
        trackers = sorted({row.tracker for row in board.rows if row.tracker})
        return self._render(
            "status.html",
            now,
            look=look,
            asked=asked,
            shown=Shown.of(board, asked),
            counts=counts,
            models=models,
            trackers=trackers,
            troubles=troubles(now, look),
        )

    def threat(self, now: Now, story: Story) -> str:
        """One threat's whole story."""
        return self._render("threat.html", now, story=story, row=story.row)

    def login(self, *, wrong: bool, locked: bool) -> str:
        """Where a browser asks for the token."""
        return self._templates.get_template("login.html").render(wrong=wrong, locked=locked)

    def message(self, title: str, text: str) -> str:
        """A page that only says something."""
        return self._templates.get_template("message.html").render(title=title, text=text)

    def _render(self, name: str, now: Now, **values: Any) -> str:
        def ago(moment: datetime) -> str:
            return _until(moment.astimezone(UTC), now.at)

        return self._templates.get_template(name).render(now=now, ago=ago, State=State, **values)


def troubles(now: Now, look: Look) -> list[str]:
    """What a person should know first, one line each."""
    found = []
    if now.session and now.session.soon:
        found.append(now.session.words)
    if look.said.failed is not None:
        found.append(f"The last pass failed: {_said(look.said.failed)}")
    if count := look.said.approval:
        found.append(f"{count} first tickets wait for a person's word: look at `plan`, then start with --yes")
    found += [f"{'TMI' if name == 'tmi' else name}: {why}" for name, why in now.service.closed.items()]
    known = " ".join(found)
    found += [text for alert in look.said.alerts if (text := str(alert)) not in known]
    if now.service.stopping:
        found.append("The service is stopping.")
    return list(dict.fromkeys(found))


def _said(error: Exception) -> str:
    if isinstance(error, LedgerError):
        return str(error)
    return str(error) or type(error).__name__
