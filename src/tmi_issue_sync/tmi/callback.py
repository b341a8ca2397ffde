"""Where the browser comes back to: one request on a loopback port, or a URL that a person pastes."""

from __future__ import annotations

import hmac
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

from ..errors import ConfigError, NeedsPerson, UsageError
from ..urls import split

_PAGE = "<!doctype html><meta charset=utf-8><title>tmi-issue-sync</title><p>{}</p>"


def code_of(url: str, state: str) -> str:
    """The authorization code of a callback URL. Raises UsageError where it is not the answer to our question."""
    parts = split(url.strip())
    found = {key: values[0] for key, values in parse_qs(parts.query if parts else "").items()}
    if not hmac.compare_digest(found.get("state", "").encode(), state.encode()):
        raise UsageError("that is not the URL this login ends at", todo="Copy the whole URL, or begin again.")
    if "error" in found:
        said = " ".join(found.get("error_description", found["error"]).split())[:200]
        raise NeedsPerson(f"the login was refused: {said}", todo="Run: tmi-issue-sync login")
    if not found.get("code"):
        raise UsageError("the callback brought no code", todo="Run: tmi-issue-sync login")
    return found["code"]


class Waiter:
    """The first callback with our state wins; everything else gets a 400 and is forgotten."""

    def __init__(self, state: str) -> None:
        self.state = state
        self.url: str | None = None
        self._arrived = threading.Event()

    def offer(self, url: str) -> bool:
        try:
            code_of(url, self.state)
        except UsageError:
            return False
        except NeedsPerson:  # a refusal is an answer too
            pass
        self.url = self.url or url
        self._arrived.set()
        return True

    def code(self, timeout: float) -> str:
        """Raises NeedsPerson where nobody came back in time."""
        if not self._arrived.wait(timeout) or self.url is None:
            raise NeedsPerson(
                f"no browser came back from the login within {timeout:.0f} s",
                todo="Run: tmi-issue-sync login --no-browser",
            )
        return code_of(self.url, self.state)


@contextmanager
def listening(port: int, state: str) -> Iterator[Waiter]:
    """A server for one callback. Raises ConfigError where the port is taken."""
    waiter = Waiter(state)

    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self) -> None:
            parts = split(self.path)
            taken = parts is not None and parts.path == "/callback" and waiter.offer(self.path)
            text = "Done. You can close this page." if taken else "This is no answer to the login."
            body = _PAGE.format(text).encode()
            self.send_response(200 if taken else 400)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing: the path carries the code."""

    try:
        server = _Server(("127.0.0.1", port), Handler)
    except OSError as error:
        raise ConfigError(
            f"the callback's port {port} can't be used ({error.strerror})",
            todo="Set another in [tmi]: write = { login = true, port = ... }; TMI's allow-list must name it too.",
        ) from error
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="login-callback")
    thread.start()
    try:
        yield waiter
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
