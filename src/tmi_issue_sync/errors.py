"""Everything that can go wrong, as decisions.

SyncError                     a sentence for the user, what to do next, and an exit code
├── UsageError                2   the command line asks for something that makes no sense
├── ConfigError               78  the configuration can't work as written
├── LedgerError               78  the ledger can't be used as it is
├── Locked                    75  another instance holds the ledger
├── Closed                    1   a place takes nothing more in this pass
├── NeedsPerson               77  only a person can mend it (login, permission, approval)
├── TmiError                  69  TMI did not answer, or not with what it promises
│   ├── TmiDenied             77  TMI knows us and says no
│   ├── Changed               69  the threat moved under us: next pass (protocol Wr1)
│   ├── ThreatGone            69  TMI no longer shows the threat (protocol Wr4)
│   ├── LinkRefused           1   TMI refuses this write for good reasons of its own (Wr4)
│   └── LinkUnknown           69  the answer to the write was lost (Wr2)
└── TrackerError              1   what a tracker's refusal means for the next pass
    ├── Rejected              surely no ticket; this draft never will be one
    ├── Denied                surely no ticket; a human must act on this target
    ├── Unavailable           surely no ticket this time; later
    └── Uncertain             the answer was lost: a ticket may exist
"""

from __future__ import annotations


class SyncError(Exception):
    """Root of all errors that we raise. `why` is one sentence; `todo` says what to do next."""

    exit_code = 1

    def __init__(self, why: str, *, todo: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.todo = todo

    def __str__(self) -> str:
        """One line: what, where, why, what next."""
        text = f"{self.why.rstrip('.')}. {self.todo}" if self.todo else self.why
        return " ".join(text.split())


class UsageError(SyncError):
    """The command line asks for something that makes no sense."""

    exit_code = 2


class ConfigError(SyncError):
    """The configuration can't work as written."""

    exit_code = 78


class LedgerError(SyncError):
    """The ledger can't be used as it is; it is never replaced silently (protocol St7)."""

    exit_code = 78


class Locked(SyncError):
    """Another instance holds the ledger (protocol St1)."""

    exit_code = 75


class Closed(SyncError):
    """A place takes nothing more in this pass: no failure of the threat's, an alert told why where one is due.

    `seconds` is when another pass would get further, None where that can't be told.
    """

    def __init__(self, why: str, seconds: float | None = None) -> None:
        super().__init__(why)
        self.seconds = seconds


class NeedsPerson(SyncError):
    """Only a person can mend it: a login, a permission, an approval."""

    exit_code = 77


class TmiError(SyncError):
    """TMI did not answer, or not with what it promises."""

    exit_code = 69


class TmiDenied(TmiError):
    """TMI knows us and says no."""

    exit_code = 77


class Changed(TmiError):
    """The threat changed between our reads; nothing was written (protocol Wr1)."""


class ThreatGone(TmiError):
    """TMI answers 404 for the threat; proves nothing about its ticket (protocol Wr4)."""


class LinkRefused(TmiError):
    """TMI refused the write with a 400. `every_link` is true where any link of this kind would be refused."""

    exit_code = 1

    def __init__(self, why: str, *, todo: str = "", every_link: bool = False) -> None:
        super().__init__(why, todo=todo)
        self.every_link = every_link


class LinkUnknown(TmiError):
    """The answer to the write was lost; the same body is never sent again (protocol Wr2)."""


class TrackerError(SyncError):
    """A tracker did not do what it was asked. `request_id` is the tracker's own, where it gave one."""

    def __init__(self, why: str, *, todo: str = "", request_id: str | None = None) -> None:
        super().__init__(why, todo=todo)
        self.request_id = request_id


class Rejected(TrackerError):
    """Surely no ticket; this draft never will be one (bad field, too long)."""


class Denied(TrackerError):
    """Surely no ticket; a human must act (credentials, permission, target)."""

    exit_code = 77


class Unavailable(TrackerError):
    """Surely no ticket this time. `retry_after` is in seconds, None where the tracker did not say.

    `server_fault` marks a 5xx: trackers that stumble also show new tickets late (protocol 1, lag).
    """

    exit_code = 69

    def __init__(
        self,
        why: str,
        *,
        todo: str = "",
        request_id: str | None = None,
        retry_after: float | None = None,
        server_fault: bool = False,
    ) -> None:
        super().__init__(why, todo=todo, request_id=request_id)
        self.retry_after = retry_after
        self.server_fault = server_fault


class Uncertain(TrackerError):
    """The answer was lost or makes no sense: a ticket may exist (protocol Cr4)."""

    def __init__(
        self, why: str, *, todo: str = "", request_id: str | None = None, server_fault: bool = False
    ) -> None:
        super().__init__(why, todo=todo, request_id=request_id)
        self.server_fault = server_fault
