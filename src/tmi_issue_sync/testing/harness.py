"""What the author of an adapter gives to the suite: a server, and hands to do things to it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from types import TracebackType
from typing import Any, ClassVar, Self

from pydantic import BaseModel

from tmi_issue_sync.model import Ticket
from tmi_issue_sync.tracker import Adapter, Traits, load

_loaded = cache(load)
"""A check asks several times; what is installed stays as it is meanwhile."""


class Lacking(Exception):
    """This tracker has no such thing, and why: the check is skipped, not passed."""


class Trouble(Enum):
    """What can befall a request; in brackets whether a create that it befalls leaves a ticket."""

    REFUSED = "nobody listens", False
    DROP_BEFORE = "the connection is reset before the server did anything", False
    DROP_AFTER = "the connection is reset after the server did it", True
    END_AFTER = "the connection is closed without a byte after the server did it", True
    HANG_BEFORE = "the server does nothing and says nothing for longer than `wait`", False
    HANG_AFTER = "the server does it and says nothing for longer than `wait`", True
    STALL = "the server does it, and its answer stops half-way for longer than `wait`", True
    TRUNCATED = "the server does it, and its answer ends half-way", True
    LATE = "the server says nothing for longer than `wait`, and does it after that", True
    ERROR_BEFORE = "500, and nothing was done", False
    ERROR_AFTER = "502 from something on the way, after the server did it", True
    BUSY_AFTER = "503 with Retry-After, after the server did it", True
    NONSENSE_AFTER = "200 and JSON that is no ticket, after the server did it", True
    HTML = "200 and a sign-in page, and nothing was done", False
    REDIRECT = "307 to the same place again, and nothing was done", False

    def __init__(self, words: str, commits: bool) -> None:
        self.words = words
        self.commits = commits

    @property
    def hangs(self) -> bool:
        """Whether only the end of `wait` ends it."""
        return self in (Trouble.HANG_BEFORE, Trouble.HANG_AFTER, Trouble.STALL, Trouble.LATE)


@dataclass(frozen=True, slots=True)
class Kept:
    """A ticket as its server has it, whatever the adapter says of it."""

    title: str
    labels: frozenset[str]
    open: bool
    comments: int
    confidential: bool = False


class Harness(ABC):
    """One adapter, and one server of its tracker. Made anew for each check, used as a context manager.

    In the beginning the target is empty and private, our account may do everything there, and lists do not lag.
    What a tracker can't do at all raises `Lacking` with a sentence that says so.
    """

    adapter: ClassVar[str]
    """The name of the adapter's entry point."""
    wait: float = 5.0
    """Seconds that a create is given, for `options`; the suite makes it short where it has to wait for its end."""

    def __enter__(self) -> Self:
        return self

    @abstractmethod
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the server."""

    # -- the adapter -------------------------------------------------------------------------------------------

    @abstractmethod
    def options(self) -> dict[str, Any]:
        """The options as a config has them: our account, `self.wait`, no pause between writes."""

    @abstractmethod
    def target(self) -> dict[str, Any]:
        """The target as a config has it."""

    @abstractmethod
    def secrets(self) -> tuple[str, ...]:
        """Every text in the options that nobody may ever see printed."""

    def loaded(self) -> Adapter[Any, Any]:
        return _loaded(self.adapter)

    def set_up(self) -> tuple[BaseModel, BaseModel]:
        """Options and target as the adapter's own models."""
        adapter = self.loaded()
        return adapter.options.model_validate(self.options()), adapter.target.model_validate(self.target())

    def traits(self) -> Traits:
        return self.loaded().traits(self.set_up()[0])

    # -- what the server has seen ------------------------------------------------------------------------------

    @abstractmethod
    def requests(self) -> int:
        """How many requests arrived, of any kind."""

    @abstractmethod
    def creates(self) -> int:
        """How many requests arrived that ask for a new ticket, answered or not."""

    @abstractmethod
    def made(self) -> int:
        """How many tickets the server has made durable."""

    @abstractmethod
    def changes(self) -> int:
        """How many changes of any kind the server has made durable."""

    @abstractmethod
    def kept(self, ticket: Ticket) -> Kept:
        """A ticket as the server has it."""

    @abstractmethod
    def fill(self, count: int) -> None:
        """Tickets of ours for the threats "fill-000000" and so on, put right into the server's store."""

    # -- time --------------------------------------------------------------------------------------------------

    @abstractmethod
    def now(self) -> datetime:
        """The server's own time, aware."""

    @abstractmethod
    def advance(self, seconds: float) -> None:
        """The server's clock goes on by so much (back, where negative); a server by the real clock sleeps."""

    @abstractmethod
    def lag(self, seconds: float) -> None:
        """From now on lists and searches show a ticket only so long after it was made."""

    # -- bad luck ----------------------------------------------------------------------------------------------

    @abstractmethod
    def fault(self, trouble: Trouble, *, everywhere: bool = False) -> None:
        """This befalls every create from now on; every request where `everywhere`."""

    @abstractmethod
    def calm(self) -> None:
        """All trouble is over; what was to be done late is done."""

    def restart(self) -> None:
        """The server goes away and comes back: every connection is cut."""
        raise Lacking("this server does not go away")

    def limit(self, retry_after: int | None) -> None:  # noqa: ARG002
        """The tracker's own rate limit refuses every create, and says for how many seconds, or does not."""
        raise Lacking("this tracker has no rate limit")

    def between_pages(self, action: Callable[[], None]) -> None:  # noqa: ARG002
        """Do this once, after the first page of the next listing was sent, before anything else is answered."""
        raise Lacking("this tracker's lists have one page")

    # -- what operators and administrators do ------------------------------------------------------------------

    @abstractmethod
    def revoke(self) -> None:
        """Our credentials are good for nothing any more."""

    @abstractmethod
    def forbid(self) -> None:
        """Our account may still look, and make nothing."""

    @abstractmethod
    def lose(self) -> None:
        """The target is deleted, or our account does not see it any more."""

    def archive(self) -> None:
        """The target takes no tickets any more."""
        raise Lacking("this tracker archives nothing")

    def publish(self) -> None:
        """Anybody can read the target now."""
        raise Lacking("this tracker shows nothing to the public")

    # -- what people do to a ticket ----------------------------------------------------------------------------

    @abstractmethod
    def rename(self, ticket: Ticket) -> None:
        """A person gives it another title."""

    @abstractmethod
    def close(self, ticket: Ticket) -> None:
        """A person closes it."""

    @abstractmethod
    def delete(self, ticket: Ticket) -> None:
        """A person deletes it."""

    @abstractmethod
    def clone(self, ticket: Ticket) -> None:
        """A person makes another one with the same title, text and labels."""

    def move(self, ticket: Ticket) -> None:  # noqa: ARG002
        """A person moves it to another project that our account sees."""
        raise Lacking("tickets of this tracker stay where they are")

    def hide(self, ticket: Ticket) -> None:  # noqa: ARG002
        """It is still there, and our account can't see it any more."""
        raise Lacking("this tracker hides no single ticket")
