"""How a create can be refused: each row of docs/trackers.md has its decision and one clear line."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tmi_issue_sync.errors import TrackerError
from tmi_issue_sync.model import Draft
from tmi_issue_sync.sandbox.faults import Fault, Faults
from tmi_issue_sync.sandbox.log import Log
from tmi_issue_sync.sandbox.server import Server
from tmi_issue_sync.sandbox.trackers import opened
from tmi_issue_sync.sandbox.wire import Reply, Request
from tmi_issue_sync.tracker import Tracker

from . import loopback
from .azure import world as azure
from .gitea import world as gitea
from .gitlab import world as gitlab
from .jira import world as jira
from .loopback import listening

DOCS = Path(__file__).parents[2] / "docs" / "trackers.md"
HEAD = "## How a create can be refused"


@dataclass(frozen=True)
class Kind:
    """A tracker, as far as its refusals differ."""

    name: str
    path: str
    open: Callable[..., Tracker]
    draft: Callable[[], Draft]
    refusal: dict[str, Any]
    """The body of an error in its own form."""
    limited: dict[str, str]
    """Headers of a 429 of its own."""

    def connect(self, url: str, **options: Any) -> Tracker:
        return self.open(url, **({"timeout": 2.0} | options))


def _azure(url: str, **options: Any) -> Tracker:
    return azure.open_tracker(f"{url}/example", {"project": "Threats"}, **options)


def _jira(cloud: bool) -> Callable[..., Tracker]:
    return lambda url, **options: jira.open_tracker(url, cloud=cloud, **options)


KINDS = [
    Kind(
        "azure-devops",
        azure.CREATE,
        _azure,
        lambda: azure.draft(target={"project": "Threats"}),
        azure.error(),
        {"X-RateLimit-Resource": "x", "Retry-After": "7"},
    ),
    Kind(
        "github",
        r"/issues$",
        loopback.open_tracker,
        loopback.draft,
        loopback.GITHUB,
        {"x-ratelimit-remaining": "0", "retry-after": "7"},
    ),
    Kind("gitea", r"/issues$", gitea.open_tracker, gitea.draft, gitea.NO, {}),
    Kind("forgejo", r"/issues$", gitea.open_tracker, gitea.draft, gitea.NO, {}),
    Kind(
        "gitlab",
        r"/issues$",
        gitlab.open_tracker,
        gitlab.draft,
        {"message": {"title": ["No."]}},
        {"RateLimit-Reset": "7"},
    ),
    Kind("jira", r"/issue$", _jira(True), jira.draft, jira.JIRA, {"Retry-After": "7"}),
    Kind("jira-dc", r"/issue$", _jira(False), jira.draft, jira.JIRA, {"X-RateLimit-Remaining": "0"}),
]


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> Kind:
    found: Kind = request.param
    return found


@contextmanager
def site(kind: Kind, *faults: Fault, answer: Reply | None = None) -> Iterator[tuple[str, str, Log]]:
    """The sandbox's tracker, whose creates are answered as the test says; its URL, a token and its log."""
    log, plane = Log(), Faults()
    app = opened(kind.name, log)
    token = app.add_user("bot")
    for fault in faults:
        plane.add(fault)

    class Answering:
        name = kind.name

        def __call__(self, request: Request) -> Reply:
            made = request.method == "POST" and re.search(kind.path, request.path)
            return answer if made and answer is not None else app(request)

    with Server(Answering(), log=log, faults=plane) as server:
        yield server.url, token, log


def told(kind: Kind, tracker: Tracker) -> str:
    """The decision of a create, after its line was found good."""
    with pytest.raises(TrackerError) as raised:
        tracker.create(kind.draft())
    line = str(raised.value)
    assert line == " ".join(line.split())
    assert 20 < len(line) < 400
    assert "Traceback" not in line
    return type(raised.value).__name__


def by_answer(kind: Kind, status: int, body: Any, headers: dict[str, str] | None = None, mime: str = "") -> str:
    reply = Reply(status, body, headers or {}, mime or "application/json; charset=utf-8")
    with site(kind, answer=reply) as (url, token, log):
        decision = told(kind, kind.connect(url, token=token))
        assert len(log.requests(kind.name, "POST", kind.path)) == 1
    return decision


def by_fault(kind: Kind, what: Any) -> str:
    with site(kind, Fault(site=kind.name, kind=what, method="POST", path=kind.path, seconds=1.0)) as (
        url,
        token,
        log,
    ):
        decision = told(kind, kind.connect(url, token=token, wait=0.4))
        assert len(log.requests(kind.name, "POST", kind.path)) == 1
    return decision


def _nobody(kind: Kind) -> str:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    return told(kind, kind.connect(f"http://127.0.0.1:{port}", token="t"))


def _no_tls(kind: Kind) -> str:
    with listening(lambda connection: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as (port, _):
        return told(kind, kind.connect(f"https://127.0.0.1:{port}", token="t"))


def _own(*statuses: int) -> Callable[[Kind], set[str]]:
    return lambda kind: {by_answer(kind, status, kind.refusal) for status in statuses}


def _html(kind: Kind) -> set[str]:
    return {by_answer(kind, status, "<h1>No</h1>", mime="text/html") for status in (400, 403, 404)}


ROWS: dict[str, Callable[[Kind], str | set[str]]] = {
    "no connection: the name is not found, nobody listens": _nobody,
    "no TLS: the certificate is not trusted, or there is none": _no_tls,
    "400, 405, 413, 415, 422 in the tracker's own form": _own(400, 405, 413, 415, 422),
    "401, 403, 404, 410 in the tracker's own form": _own(401, 403, 404, 410),
    "429 in the tracker's own form": lambda kind: by_answer(kind, 429, kind.refusal, kind.limited),
    "a 4xx in HTML, or in the form of something on the way": _html,
    "301, 302, 303, 307, 308": lambda kind: {
        by_answer(kind, status, None, {"Location": "/elsewhere"}) for status in (301, 302, 307, 308)
    },
    "408, 409, 500, 502, 503, 504": _own(408, 409, 500, 502, 503, 504),
    "the connection breaks before the answer": lambda kind: {
        by_fault(kind, what) for what in ("drop-before", "drop-after", "fin-after")
    },
    "no answer in time": lambda kind: {by_fault(kind, what) for what in ("hang-before", "hang-after")},
    "an answer that is cut off, or is no ticket": lambda kind: {
        by_fault(kind, "truncate"),
        by_answer(kind, 201, {}),
        by_answer(kind, 204, None),
    },
    "a sign-in page instead of an answer": lambda kind: by_answer(
        kind, 200, "<html>Sign in</html>", mime="text/html"
    ),
}


def documented() -> dict[str, set[str]]:
    """The table of the docs: what happens, and the decisions that are told of it."""
    part = DOCS.read_text(encoding="utf-8").partition(HEAD)[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines() if line[:1] == "|"]
    return {row[0]: set(re.findall("Rejected|Denied|Unavailable|Uncertain", row[1])) for row in rows[2:]}


def test_the_docs_have_every_row_and_no_other() -> None:
    assert set(documented()) == set(ROWS)


@pytest.mark.parametrize("row", ROWS)
def test_a_row_has_its_decision(kind: Kind, row: str) -> None:
    found = ROWS[row](kind)
    decisions = {found} if isinstance(found, str) else found
    assert decisions
    assert decisions <= documented()[row]
