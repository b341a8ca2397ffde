"""One request of httpx: a connection of its own, one deadline for everything, and nothing that happens twice.

httpx repeats and follows nothing by itself, but its time limit counts anew with every byte that arrives. So a
`_Watch` holds the connection's socket and ends it when the time for all is over.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Mapping
from typing import Any

from tmi_issue_sync.http import HTTPError, InvalidURL, Response, Timeout, client
from tmi_issue_sync.secret import blotted

from .line import CONNECT_SECONDS, MAX_REPLY, RESET, confidences
from .reach import Reach
from .reply import Reply, words_of

USER_AGENT = "tmi-issue-sync"
_FAILURES = (HTTPError, InvalidURL, OSError, ValueError)
"""All that httpx raises for a request without a whole answer; ValueError for what can't be sent at all."""


class Unanswered(Exception):
    """No whole answer came. `sent`: a first byte may have left; before that surely nothing happened."""

    def __init__(self, why: str, *, sent: bool) -> None:
        super().__init__(why)
        self.sent = sent


class Plain:
    """The way to a server. Raises ConfigError for options that can't work."""

    def __init__(self, options: Reach, what: str) -> None:
        self._client = client(options, what, user_agent=USER_AGENT)

    def send(
        self,
        verb: str,
        url: str,
        *,
        seconds: float,
        headers: Mapping[str, str],
        body: bytes | None = None,
        reset: bool = False,
        secrets: tuple[str, ...] = (),
    ) -> Reply:
        """The answer, once all of it is there; a redirect is an answer. Raises Unanswered.

        `seconds` is the time for everything after the connect. `reset` throws away what is unsent when there is no
        answer: for what must not arrive after we gave up. `secrets` are what the body says in confidence; neither
        they nor the request's own credential get through in an answer or an error.
        """
        hidden = (*confidences(headers), *secrets)
        told = {"Accept-Encoding": "identity", "Connection": "close", **headers}
        if not all(value.isascii() and value.isprintable() for value in told.values()):
            raise Unanswered("a header is no plain text", sent=False)  # httpx would quote it
        limits = Timeout(seconds, connect=min(CONNECT_SECONDS, seconds))
        self._client.cookies.clear()  # none of one answer is for another request
        with _Watch(seconds, reset=reset) as watch:
            try:
                with self._client.stream(
                    verb, url, content=body, headers=told, timeout=limits, extensions={"trace": watch.trace}
                ) as response:
                    data = _whole(response)
            except _FAILURES as error:
                why = f"no whole answer within {seconds:g} s" if watch.over else words_of(error)
                raise Unanswered(blotted(why, *hidden), sent=watch.sent) from None
        shown = {name.lower(): blotted(value, *hidden) for name, value in response.headers.items()}
        return Reply(response.status_code, shown, blotted(data.decode("utf-8", "replace"), *hidden))


def _whole(response: Response) -> bytes:
    data = bytearray()
    for chunk in response.iter_bytes():
        data += chunk
        if len(data) > MAX_REPLY:
            raise OSError(f"an answer of more than {MAX_REPLY} bytes")
    return bytes(data)


class _Watch:
    """Follows one request by the events that httpx tells, and ends its connection when the time is over."""

    def __init__(self, seconds: float, *, reset: bool) -> None:
        self.sent = False
        self.over = False
        self._reset = reset
        self._sock: socket.socket | None = None
        self._way = socket.SHUT_RDWR
        """Which way to shut: once all is sent, the other would say a polite goodbye before the reset."""
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> _Watch:
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        if self._timer.is_alive():
            self._timer.join()

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """httpx's `trace` extension."""
        match event.partition(".")[2]:
            case "connect_tcp.complete":
                self._sock = info["return_value"].get_extra_info("socket")
                self._linger(reset=self._reset)
                self._timer.start()
            case "start_tls.complete":
                self._sock = info["return_value"].get_extra_info("socket")
            case "send_request_headers.started":  # to a proxy, CONNECT is the way to the server, and no request
                self.sent = self.sent or info["request"].method != b"CONNECT"
            case "send_request_body.complete":
                self._way = socket.SHUT_RD
            case "receive_response_body.complete":
                self._linger(reset=False)

    def _linger(self, *, reset: bool) -> None:
        if self._sock is not None and self._reset:
            with contextlib.suppress(OSError):  # some systems refuse it once the other end has gone
                self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET if reset else bytes(len(RESET)))

    def _end(self) -> None:
        self.over = True
        if self._sock is not None:
            with contextlib.suppress(OSError):  # closed meanwhile
                # The plain socket's own: that of TLS would also change what the other thread reads from.
                socket.socket.shutdown(self._sock, self._way)
