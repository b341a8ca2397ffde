"""`login` and `logout`, with a browser that is a function."""

from __future__ import annotations

import socket
import threading
from urllib.parse import parse_qs, urlsplit
from urllib.request import HTTPErrorProcessor, build_opener, urlopen

import pytest
import respx

from tmi_issue_sync.errors import ConfigError, NeedsPerson, SyncError, UsageError
from tmi_issue_sync.tmi.client import TmiClient
from tmi_issue_sync.tmi.login import Person, login, logout
from tmi_issue_sync.tmi.options import TmiOptions

from .conftest import World


class NoRedirect(HTTPErrorProcessor):
    def http_response(self, request, response):  # type: ignore[no-untyped-def]
        return response


def follow(url: str) -> str:
    """Where TMI sends the browser after the login."""
    with build_opener(NoRedirect).open(url) as answer:
        return str(answer.headers["Location"])


class Browser:
    """Logs in at once, in a thread of its own."""

    def __init__(self, mangle: str = "") -> None:
        self.mangle = mangle
        self.thread: threading.Thread | None = None

    def __call__(self, url: str) -> bool:
        self.thread = threading.Thread(target=self.go, args=(url,))
        self.thread.start()
        return True

    def go(self, url: str) -> None:
        target = follow(url)
        for probe in [target.replace("state=", "state=x"), target.replace("/callback", "/")]:
            with build_opener(NoRedirect).open(probe) as answer:
                assert answer.status == 400
        with urlopen(target + self.mangle) as answer:
            assert answer.status == 200


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class Setup:
    def __init__(self, world: World, port: int, *, allowed: bool = True) -> None:
        self.world = world
        callback = f"http://127.0.0.1:{port}/callback"
        world.start(callbacks=(callback,) if allowed else ())
        world.site.add_user("alice")
        self.said: list[str] = []
        self.options = TmiOptions.model_validate({"url": world.url, "write": {"login": True, "port": port}})

    def login(self, browse: object = lambda _: False, ask: object = lambda _: "", **more: object) -> str:
        person = Person(self.said.append, ask, browse)  # type: ignore[arg-type]
        return login(self.options, person, **self.where(), **more)  # type: ignore[arg-type]

    def where(self) -> dict[str, object]:
        return {"clock": self.world.clock, "state_dir": self.world.state_dir, "user_agent": "tests"}

    def client(self) -> TmiClient:
        return self.world.client(write={"login": True})


def test_a_login_by_browser_gives_a_session_that_writes(world: World, port: int) -> None:
    setup = Setup(world, port)
    browser = Browser()
    assert "alice@tmi.local" in setup.login(browser)
    assert browser.thread
    browser.thread.join()
    saved = setup.client().session_file.load()
    assert saved
    assert saved.user == "Alice (TMI User) <alice@tmi.local>"
    assert setup.client().me().email == "alice@tmi.local"
    assert "the session ends 2026-11-08" in setup.said[-1]
    for secret in (saved.access_token, saved.refresh_token):
        assert secret not in "".join(setup.said)


def test_a_login_without_a_browser_takes_the_pasted_address(world: World, port: int) -> None:
    setup = Setup(world, port)

    def ask(_: str) -> str:
        url = next(line.strip() for line in setup.said[0].splitlines() if "/oauth2/authorize" in line)
        assert parse_qs(urlsplit(url).query)["code_challenge_method"] == ["S256"]
        return follow(url)

    setup.login(ask=ask, no_browser=True)
    assert setup.client().me().email == "alice@tmi.local"


@pytest.mark.parametrize(
    ("pasted", "error"),
    [
        ("", UsageError),
        ("http://127.0.0.1/callback?code=x&state=y", UsageError),
        ("not a url", UsageError),
        ("https://[bad?state=y", UsageError),
    ],
)
def test_a_wrong_address_is_told(world: World, port: int, pasted: str, error: type[SyncError]) -> None:
    with pytest.raises(error, match="not the URL"):
        Setup(world, port).login(ask=lambda _: pasted, no_browser=True)


def test_a_callback_that_tmi_does_not_allow_comes_with_the_line_to_add(world: World, port: int) -> None:
    with pytest.raises(NeedsPerson) as caught:
        Setup(world, port, allowed=False).login(Browser())
    assert f"TMI_OAUTH_CLIENT_CALLBACK_ALLOWLIST=...,http://127.0.0.1:{port}/callback" in str(caught.value)


def test_nobody_comes_back(world: World, port: int) -> None:
    with pytest.raises(NeedsPerson, match="no browser came back"):
        Setup(world, port).login(timeout=0.01)


def test_a_taken_port_is_told(world: World, port: int) -> None:
    setup = Setup(world, port)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        with pytest.raises(ConfigError, match=str(port)):
            setup.login()


@pytest.mark.parametrize(
    ("ids", "wanted", "answer", "error"),
    [
        ([], None, "", "no identity provider to log in"),
        (["google", "okta"], None, "nope", "google, okta"),
        (["google", "okta"], "entra", "okta", "no identity provider 'entra'"),
    ],
)
def test_the_provider_is_chosen(
    world: World, port: int, ids: list[str], wanted: str | None, answer: str, error: str
) -> None:
    setup = Setup(world, port)
    with respx.mock(base_url=world.url) as mock:
        mock.get("/oauth2/providers").respond(json={"providers": [{"id": name} for name in ids]})
        with pytest.raises(SyncError, match=error):
            setup.login(ask=lambda _: answer, provider=wanted)


def test_one_of_several_providers(world: World, port: int) -> None:
    setup = Setup(world, port)
    with respx.mock(base_url=world.url) as mock:
        mock.get("/oauth2/providers").respond(json={"providers": [{"id": "google"}, {"id": "okta"}]})
        way = mock.get("/oauth2/authorize").respond(400, json={"error_description": "no such idp"})
        with pytest.raises(SyncError, match="no such idp"):
            setup.login(ask=lambda _: " okta ")
    assert way.calls.last.request.url.params["idp"] == "okta"


def test_logout_revokes_and_deletes(world: World, port: int) -> None:
    setup = Setup(world, port)
    file = world.session()
    saved = file.load()
    assert saved
    assert logout(setup.options, **setup.where())  # type: ignore[arg-type]
    assert file.load() is None
    assert saved.refresh_token not in world.site._tokens._refresh
    assert saved.access_token not in world.site._tokens._access
    assert not logout(setup.options, **setup.where())  # type: ignore[arg-type]


def test_logout_works_without_tmi(world: World, port: int) -> None:
    setup = Setup(world, port)
    file = world.session()
    world.fault("drop-before", times=-1)
    assert logout(setup.options, **setup.where())  # type: ignore[arg-type]
    assert file.load() is None
