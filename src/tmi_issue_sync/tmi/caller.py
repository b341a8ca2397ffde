"""Requests as somebody: the token, one new token after a 401, patience on reads, and what each status means."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from .. import retry
from ..errors import TmiDenied, TmiError
from ..model import Json
from .auth import Identity
from .wire import Passing, Reply, Wire, origin

SHUT_FOR = 60.0
"""Seconds without a try after even a fresh token got a 401."""

IN_TIME = 2.0
"""Seconds that a new token may take without making the read before a write too old."""


class NotFound(TmiError):
    """A 404. It is overloaded (even a database hiccup gives one), so it proves nothing by itself."""


class Caller:
    """One identity on the wire. Threads may share it."""

    def __init__(self, wire: Wire, identity: Identity) -> None:
        self.wire = wire
        self.identity = identity
        self._lock = threading.Lock()
        self._shut_until = float("-inf")

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Reply:
        """A read, repeated while the trouble may pass. Raises NotFound, TmiDenied, TmiError."""
        return self.harmless("GET", path, params=params)

    def harmless(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Json = None,
        headers: Mapping[str, str] | None = None,
        accept: tuple[int, ...] = (200,),
    ) -> Reply:
        """A request that changes nothing at TMI, whatever its method."""

        def once() -> Reply:
            reply = self.once(method, path, params=params, body=body, headers=headers)
            if reply.status in accept:
                return reply
            raise refusal(reply, self.identity.name)

        return retry.reads(self.wire.clock, Passing)(once)

    def once(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Json = None,
        headers: Mapping[str, str] | None = None,
        hurry: bool = False,
    ) -> Reply:
        """One request, any answer. A 401 refuses before anything happens, so it is followed by one more try.

        In a `hurry` nothing is waited for: a write must follow the read that it is built on (protocol Wr2).
        """
        self._check_open()
        self.wire.wait_turn(0.0 if hurry else retry.LONGEST_WAIT)
        started, refused = self.wire.clock.monotonic(), None
        for _ in range(2):
            token = self.identity.token(refused)
            if hurry and self.wire.clock.monotonic() - started > IN_TIME:
                raise TmiError("a new token for the writer came too late for this write; the next pass tries again")
            reply = self.wire.send(method, path, token=token, params=params, body=body, headers=headers)
            if reply.status != 401:
                break
            refused = token
        else:
            self._shut()
            raise self._stranger()
        if reply.status in (429, 503) and reply.retry_after is not None:
            self.wire.hold(reply.retry_after)
        return reply

    def _check_open(self) -> None:
        with self._lock:
            if self.wire.clock.monotonic() < self._shut_until:
                raise self._stranger()

    def _shut(self) -> None:
        with self._lock:
            self._shut_until = self.wire.clock.monotonic() + SHUT_FOR

    def _stranger(self) -> TmiDenied:
        return TmiDenied(
            f"TMI refuses even a fresh token of {self.identity.name} (401)",
            todo="Was the account disabled, or TMI's signing key changed? Run: tmi-issue-sync check",
        )


def refusal(reply: Reply, who: str) -> TmiError:
    """What a status other than the expected one means for a read."""
    if 300 <= reply.status < 400:
        target = origin(reply.headers.get("location", ""))
        return TmiError(
            f"{reply.asked} is redirected to {target} (status {reply.status})",
            todo="Write the url that TMI answers at into [tmi] url; redirects are not followed with a token.",
        )
    if reply.status == 403:
        return denied(reply, who)
    if reply.status == 404:
        return NotFound(f"TMI has no {reply.asked.partition(' ')[2]} for {who} ({reply.words})")
    if reply.status == 429:
        return Passing(f"TMI limits our rate ({reply.words})", retry_after=reply.retry_after)
    if reply.status >= 500 or reply.status == 408:
        return Passing(
            f"TMI failed at {reply.asked} (status {reply.status}: {reply.words})",
            todo="See TMI's log; the next pass tries again.",
            retry_after=reply.retry_after,
        )
    return TmiError(
        f"TMI refuses {reply.asked} (status {reply.status}: {reply.words})", todo="Is [tmi] url TMI's API?"
    )


def denied(reply: Reply, who: str) -> TmiDenied:
    """A 403, with what to do about it."""
    if "service account" in reply.words.lower():
        return TmiDenied(
            "TMI lets service accounts read only (403)",
            todo="Set write = { login = true } in [tmi] and run: tmi-issue-sync login",
        )
    return TmiDenied(
        f"TMI denies {reply.asked} to {who} (403: {reply.words})",
        todo="Give that account the role writer, or put it into TMI's group tmi-automation and log in again.",
    )
