"""A harness over the sandbox's server: trouble, time and counting come with it; a tracker adds its own verbs."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import ClassVar, Generic, Self, TypeVar

from tmi_issue_sync.sandbox.faults import Fault, Faults, Kind
from tmi_issue_sync.sandbox.log import Log
from tmi_issue_sync.sandbox.server import Server
from tmi_issue_sync.sandbox.wire import App, Clock, Reply, Request, utcnow
from tmi_issue_sync.testing.contract import connect
from tmi_issue_sync.testing.drafts import draft, marker
from tmi_issue_sync.testing.harness import Harness, Trouble

S = TypeVar("S", bound=App)
LONG = 20.0
"""Seconds that are longer than any `wait`; closing the server ends them."""


@dataclass(frozen=True, slots=True)
class Call:
    """A kind of request: its method, and a regular expression that is found in its path."""

    method: str
    path: str

    def matches(self, request: Request) -> bool:
        return request.method == self.method and re.search(self.path, request.path) is not None


class SandboxHarness(Harness, Generic[S]):
    """A site of the sandbox behind its fault plane; all of its time is virtual."""

    posting: ClassVar[Call]
    """The request that makes a ticket."""
    listing: ClassVar[Call]
    """The request that lists or searches tickets, page by page."""
    making: ClassVar[str] = "issue.created"
    """The name of the commit by which a ticket becomes durable."""

    def __init__(self) -> None:
        self.url = ""
        self.log = Log()
        self.faults = Faults()
        self._ahead = timedelta()
        self.site = self.build(self.log, self.now)
        self._front = _Front(self.site, self.posting, self.listing)
        self._server: Server | None = None
        self._port = 0

    @abstractmethod
    def build(self, log: Log, clock: Clock) -> S:
        """The site, with a target and our account; it keeps this clock and commits to this log."""

    def __enter__(self) -> Self:
        self._start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    # -- what the server has seen ------------------------------------------------------------------------------

    def requests(self) -> int:
        return len(self.log.requests())

    def creates(self) -> int:
        return len(self.log.requests(method=self.posting.method, path_re=self.posting.path))

    def made(self) -> int:
        return len(self.log.commits(kind=self.making))

    def changes(self) -> int:
        return len(self.log.commits())

    def fill(self, count: int) -> None:
        """One ticket as the adapter makes it; the others are the same request with another threat in it."""
        pattern = marker(f"fill-{0:06}")
        connect(self).create(draft(self, pattern.threat_id))
        sent = self._front.posted
        if sent is None:
            raise RuntimeError(f"no create went by {self.posting}")
        for number in range(1, count):
            ours = marker(f"fill-{number:06}")
            body = sent.body.decode()
            for old, new in ((pattern.word, ours.word), (pattern.threat_id, ours.threat_id)):
                body = body.replace(old, new)
            again = Request(sent.method, sent.path, sent.query, sent.headers, body.encode(), sent.base)
            if self.site(again).status >= 300:
                raise RuntimeError(f"the site refused ticket {number} of {count}")

    # -- time --------------------------------------------------------------------------------------------------

    def now(self) -> datetime:
        return utcnow() + self._ahead

    def advance(self, seconds: float) -> None:
        self._ahead += timedelta(seconds=seconds)

    # -- bad luck ----------------------------------------------------------------------------------------------

    def fault(self, trouble: Trouble, *, everywhere: bool = False) -> None:
        match trouble:
            case Trouble.REFUSED:
                self._stop()
            case Trouble.REDIRECT:
                self._front.redirects = True
            case _:
                where = None if everywhere else self.posting
                self.faults.add(_fault(trouble, self.site.name, where, self.wait))

    def calm(self) -> None:
        self.faults.clear()
        self._front.redirects, self._front.action = False, None
        if self._server is None:
            self._start()
        else:
            self._server.drain()

    def restart(self) -> None:
        self._stop()
        self._start()

    def between_pages(self, action: Callable[[], None]) -> None:
        self._front.action, self._front.listed = action, False

    def _start(self) -> None:
        self._server = Server(self._front, log=self.log, faults=self.faults, port=self._port).start()
        self.url = self._server.url
        self._port = int(self.url.rpartition(":")[2])

    def _stop(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None


class _Front:
    """The site, and a hand that gets in between."""

    def __init__(self, site: App, posting: Call, listing: Call) -> None:
        self.name = site.name
        self.clock: Clock = getattr(site, "clock", utcnow)
        self.posted: Request | None = None
        """The last create that came by."""
        self.redirects = False
        self.action: Callable[[], None] | None = None
        self.listed = False
        """Whether a listing was answered since the action was ordered."""
        self._site, self._posting, self._listing = site, posting, listing

    def __call__(self, request: Request) -> Reply:
        if self.action is not None and self.listed:
            action, self.action = self.action, None
            action()
        self.listed = self.listed or self._listing.matches(request)
        if self._posting.matches(request):
            self.posted = request
            if self.redirects:
                return Reply(307, {"message": "Moved"}, {"Location": f"{request.base}{request.path}"})
        return self._site(request)


def _fault(trouble: Trouble, site: str, where: Call | None, wait: float) -> Fault:
    """The sandbox's own fault, for as long as nobody clears it."""
    kind, status, after = KINDS[trouble]
    late = trouble is Trouble.LATE
    return Fault(
        site=site,
        kind=kind,
        method=where.method if where else None,
        path=where.path if where else None,
        times=-1,
        seconds=2 * wait if late else LONG,
        hold=LONG,
        status=status,
        retry_after=after,
    )


KINDS: dict[Trouble, tuple[Kind, int, str | None]] = {
    Trouble.DROP_BEFORE: ("drop-before", 0, None),
    Trouble.DROP_AFTER: ("drop-after", 0, None),
    Trouble.END_AFTER: ("fin-after", 0, None),
    Trouble.HANG_BEFORE: ("hang-before", 0, None),
    Trouble.HANG_AFTER: ("hang-after", 0, None),
    Trouble.STALL: ("stall", 0, None),
    Trouble.TRUNCATED: ("truncate", 0, None),
    Trouble.LATE: ("late", 0, None),
    Trouble.ERROR_BEFORE: ("status-before", 500, None),
    Trouble.ERROR_AFTER: ("status-after", 502, None),
    Trouble.BUSY_AFTER: ("status-after", 503, "7"),
    Trouble.NONSENSE_AFTER: ("status-after", 200, None),
    Trouble.HTML: ("html", 200, None),
}
