"""A TMI and a GitHub behind pipes: the sandbox's own, one of whose answers is twisted, and canaries for tokens."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from email.utils import format_datetime
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import unquote

import rig
from fuzz.odd import encoded
from fuzz.pipe import Answer, Serve, connected
from fuzz.twist import plain, twisted
from rig import REPO, Rig, TestClock, model, threat
from tmi_issue_sync import http
from tmi_issue_sync.sandbox.faults import Faults
from tmi_issue_sync.sandbox.github import GitHubSite
from tmi_issue_sync.sandbox.log import Log
from tmi_issue_sync.sandbox.tmi import TmiSite
from tmi_issue_sync.sandbox.wire import Reply, Request

TMI, GITHUB = 8001, 8002
CANARIES = {TMI: "CanaryOfTmi-0451-secret", GITHUB: "CanaryOfGithub-0451-secret"}
EXITS = frozenset({0, 1, 2, 3, 69, 75, 77, 78})


@dataclass
class Twists:
    """Which answers are twisted: by their number from when it was armed, at one server or both."""

    rng: Random
    at: frozenset[int] = frozenset()
    always: bool = False
    port: int | None = None
    change: Callable[[Random, Request, Reply, list[tuple[str, str]]], Answer] = twisted
    seen: int = 0
    struck: list[str] = field(default_factory=list)

    def due(self, port: int) -> bool:
        if self.port not in (None, port):
            return False
        self.seen += 1
        return self.always or self.seen in self.at


@dataclass(frozen=True, slots=True)
class Mask:
    """Threats shown otherwise than the sandbox could hold them: by their real id, the fields that differ."""

    fields: Mapping[str, Mapping[str, Any]]

    def real(self, request: Request) -> Request:
        path = unquote(request.path)
        for real, shown in self.fields.items():
            if "id" in shown and path.endswith(f"/threats/{shown['id']}"):
                return replace(request, path=f"{path.removesuffix(str(shown['id']))}{real}")
        return request

    def worn(self, reply: Reply) -> Reply:
        data = reply.payload()
        if not self.fields or not data.startswith((b"{", b"[")):
            return reply
        return replace(reply, body=encoded(self._put_on(json.loads(data))))

    def _put_on(self, data: Any) -> Any:
        if isinstance(data, list):
            return [self._put_on(each) for each in data]
        if not isinstance(data, dict):
            return data
        told = {key: self._put_on(each) for key, each in data.items()}
        shown = {**self.fields.get(str(told.get("id")), {})}
        if told.get("issue_uri"):  # what was written is kept
            shown.pop("issue_uri", None)
        return told | shown


def _asked(site: TmiSite | GitHubSite, request: Request) -> Reply:
    """As the sandbox's server does it: a site that breaks answers 500."""
    try:
        reply = site(request)
        reply.payload()
    except Exception:  # noqa: BLE001 - what it was asked may be hostile too
        return Reply(500, {"message": "broken"})
    return reply


@dataclass
class Stage:
    """The world of one case."""

    rig: Rig
    twists: Twists
    mask: Mask = field(default_factory=lambda: Mask({}))

    def serve(self, port: int, site: TmiSite | GitHubSite, token: str) -> Serve:
        """The site's answer, twisted where one is due."""

        def answer(request: Request) -> Answer:
            shown = request.headers.get("authorization", "")
            known = {**request.headers, "authorization": shown.replace(CANARIES[port], token)}
            reply = _asked(site, replace(self.mask.real(request), headers=known if shown else request.headers))
            reply = self.mask.worn(reply) if port == TMI else reply
            headers = [
                ("Date", format_datetime(self.rig.clock.world(), usegmt=True)),
                ("Content-Type", reply.content_type),
                ("X-GitHub-Request-Id" if port == GITHUB else "X-Request-Id", "AB:12"),
                *reply.headers.items(),
            ]
            if not self.twists.due(port):
                return plain(reply, headers)
            self.twists.struck.append(f"{request.method} {request.path}")
            return self.twists.change(self.twists.rng, request, reply, headers)

        return answer


class Unhurried(TestClock):
    """Every look at the clock takes a millisecond, so that whatever waits by it ends; nothing really waits."""

    def monotonic(self) -> float:
        self.offset += 0.001
        return super().monotonic()


def hurry() -> None:
    """Make a TLS context once, and look for adapters once: both take longer than all else in a case."""
    for room, name in ((http, "tls_context"), (rig, "load")):
        if not hasattr(getattr(room, name), "cache_info"):
            setattr(room, name, functools.cache(getattr(room, name)))


@contextmanager
def stage(state: Path, rng: Random, *threats: dict[str, Any]) -> Iterator[Stage]:
    """A world with one model of these threats, and nothing twisted yet."""
    hurry()
    clock = Unhurried()
    log = Log(clock=clock.world)
    tmi = TmiSite(log=log, clock=clock.world, issue_uri_schemes=("https", "http"))
    tmi.load([model(*(threats or (threat(0), threat(1, metadata=[{"key": "k", "value": "v"}]))))], owner="alice")
    github = GitHubSite(log=log, clock=clock.world, repo=REPO)
    tokens = {TMI: tmi.add_user("bot", groups=("tmi-automation",)), GITHUB: github.add_user("bot")}
    urls = (f"http://127.0.0.1:{TMI}", f"http://127.0.0.1:{GITHUB}")
    made = Rig(state, log, Faults(), clock, tmi, github, *urls, CANARIES[GITHUB], CANARIES[TMI])
    found = Stage(made, Twists(rng))
    servers = {port: found.serve(port, site, tokens[port]) for port, site in ((TMI, tmi), (GITHUB, github))}
    with connected(servers):
        yield found


def leaks(*texts: object) -> list[str]:
    """The canaries that any of these texts or bytes tells."""
    told = b"\n".join(text if isinstance(text, bytes) else str(text).encode("utf-8", "replace") for text in texts)
    return [canary for canary in CANARIES.values() if canary.encode() in told]
