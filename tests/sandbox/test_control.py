"""The plane by which other processes read the log and order faults."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tmi_issue_sync.sandbox.log import Log
from tmi_issue_sync.sandbox.server import Server
from tmi_issue_sync.sandbox.wire import Reply, Request


class Toy:
    """A site that says yes."""

    name = "toy"

    def __call__(self, request: Request) -> Reply:
        return Reply(200, {"ok": True})


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with Server(Toy(), log=Log()) as server, httpx.Client(base_url=server.url) as opened:
        yield opened


def test_the_control_plane(client: httpx.Client) -> None:
    assert client.get("/_sandbox/health").json() == {"site": "toy", "ok": True}
    fault = {"site": "toy", "kind": "status-before", "status": 429, "times": 2}
    assert client.post("/_sandbox/faults", json=fault).status_code == 201
    assert client.get("/a").status_code == 429
    assert client.delete("/_sandbox/faults").status_code == 204
    assert client.get("/b").status_code == 200
    log = client.get("/_sandbox/log").json()
    assert [(entry["event"], entry["kind"]) for entry in log] == [
        ("fault", "status-before"),
        ("request", "GET"),
        ("request", "GET"),
    ]
    assert client.get("/_sandbox/else").status_code == 404


@pytest.mark.parametrize(
    "body",
    ["", "[]", "{}", '{"site": "toy"}', '{"site": "c", "kind": "delay", "action": "rm"}', '{"path": "("}'],
)
def test_the_control_plane_refuses_nonsense(body: str, client: httpx.Client) -> None:
    assert client.post("/_sandbox/faults", content=body).status_code == 400
