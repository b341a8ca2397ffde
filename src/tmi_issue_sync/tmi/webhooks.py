"""Webhook subscriptions at TMI (tmi-api 8): only an administrator may make, see or remove them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from ..errors import NeedsPerson, TmiDenied, TmiError
from ..model import Json
from .caller import Caller, NotFound, refusal
from .reads import listing
from .values import moment
from .wire import Reply

ALL = "/admin/webhooks/subscriptions"
NAME = "tmi-issue-sync"


class NoAdministrator(TmiDenied, NeedsPerson):
    """TMI's administrators alone may do that."""


@dataclass(frozen=True, slots=True)
class Registered:
    """A subscription as TMI shows it; its secret is shown to nobody."""

    id: str
    name: str
    url: str
    status: str
    """`pending_verification`, `active` or `pending_delete`."""
    events: tuple[str, ...]
    failures: int
    created_at: datetime | None
    used_at: datetime | None
    """The last delivery that was taken."""


def all_of(caller: Caller) -> list[Registered]:
    """Every subscription of this TMI. Raises NoAdministrator, TmiError."""
    try:
        return [_registered(row) for row in listing(caller, ALL, "subscriptions").rows]
    except TmiDenied as error:
        raise _denied(error.why) from error


def one(caller: Caller, subscription_id: str) -> Registered | None:
    """None where TMI has it no more. Raises NoAdministrator, TmiError."""
    try:
        return _registered(caller.get(_path(subscription_id)).table())
    except NotFound:
        return None
    except TmiDenied as error:
        raise _denied(error.why) from error


def create(caller: Caller, url: str, events: Sequence[str], secret: str) -> Registered:
    """Sent once. Raises NoAdministrator, TmiError; then it may exist all the same."""
    body: dict[str, Json] = {"name": NAME, "url": url, "events": list(events), "secret": secret}
    reply = caller.once("POST", ALL, body=body)
    if reply.status == 400:
        raise TmiError(f"TMI refuses the webhook's url {url} ({_words(reply)})", todo=_REACH)
    return _registered(_done(reply, caller, 201).table())


def remove(caller: Caller, subscription_id: str) -> bool:
    """False where TMI had it no more."""
    reply = caller.once("DELETE", _path(subscription_id))
    if reply.status == 404:
        return False
    _done(reply, caller, 204)
    return True


def test(caller: Caller, subscription_id: str) -> None:
    """Ask TMI for a test delivery, which counts as use: unused subscriptions are removed after 90 days."""
    _done(caller.once("POST", f"{_path(subscription_id)}/test", body={}), caller, 202)


_REACH = (
    "It must be an https url that TMI's network reaches; an operator of TMI opens private addresses "
    "(TMI_SSRF_WEBHOOK_ALLOWLIST, and its deny-list of webhook urls)."
)


def _done(reply: Reply, caller: Caller, expected: int) -> Reply:
    if reply.status == expected:
        return reply
    error = refusal(reply, caller.identity.name)
    raise _denied(error.why) if isinstance(error, TmiDenied) else error


def _denied(why: str) -> NoAdministrator:
    todo = "An administrator of TMI must do this: give such a person's token with --token-file."
    return NoAdministrator(why, todo=todo)


def _words(reply: Reply) -> str:
    """Of these refusals the `error` says more than the empty description."""
    return reply.code or reply.words


def _path(subscription_id: str) -> str:
    return f"{ALL}/{quote(subscription_id, safe='')}"


def _registered(row: dict[str, Json]) -> Registered:
    events, failures = row.get("events"), row.get("publication_failures")
    return Registered(
        id=str(row.get("id") or ""),
        name=str(row.get("name") or ""),
        url=str(row.get("url") or ""),
        status=str(row.get("status") or "unknown"),
        events=tuple(map(str, events)) if isinstance(events, list) else (),
        failures=failures if isinstance(failures, int) else 0,
        created_at=moment(row.get("created_at")),
        used_at=moment(row.get("last_successful_use")),
    )
